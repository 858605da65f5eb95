package org.chagres.waiting;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.testing.Answers.KERNEL;
import static org.chagres.testing.Answers.refusing;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.internal.syscall.ScriptedAnswers.Answer;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Calls that fail, before and within every wait: it is told as documented, nothing is taken, and the next wait
 * succeeds.
 */
@ExtendWith(LeakCheck.class)
class WaitFaultsTest {

    /** More calls of one function than a wait makes before it waits. */
    private static final int MOST_CALLS = 4;

    /** How often a thread tries before it waits, or a helper for it. */
    private static int tries(ThreadKind kind) {
        return kind == ThreadKind.VIRTUAL ? 2 : 1;
    }

    /** The thread of an attempt, and those that wait in its stead. */
    private static Predicate<Thread> onBehalfOf(Attempt attempt) {
        return thread -> thread == attempt.thread() || isHelper(thread);
    }

    private static boolean isHelper(Thread thread) {
        return thread.getName().startsWith("chagres-helper-");
    }

    private static ScriptedAnswers script(Attempt attempt, String function, List<Answer> answers) {
        return ScriptedAnswers.toThreads(onBehalfOf(attempt), function, answers.toArray(Answer[]::new));
    }

    // One call refused.

    @TestFactory
    Stream<DynamicTest> aRefusedCallIsToldAndNothingIsTaken() {
        return Waits.ALL.stream()
                .flatMap(row -> Stream.concat(row.calls().stream(), row.looks().stream())
                        .flatMap(function -> Stream.of(Errno.EINTR, Errno.ENOMEM, Errno.EAGAIN)
                                .flatMap(errno -> ofBothKinds(row, function + " answers " + errno, kind -> {
                                    int before = 0;
                                    while (before < MOST_CALLS && reaches(row, kind, function, errno, before)) {
                                        before++;
                                    }
                                    assertThat(before > 0 || isNotUsed(row, function))
                                            .isTrue();
                                }))));
    }

    /** Refuses one call after so many that were not; answers whether it came to that before the wait. */
    private static boolean reaches(Wait row, ThreadKind kind, String function, Errno errno, int before)
            throws Exception {
        List<Answer> answers = new ArrayList<>(Collections.nCopies(before, KERNEL));
        answers.add(refusing(errno));
        try (Scene scene = row.scene();
                Attempt attempt = Attempt.prepared(scene, Wait.LONG, kind)) {
            String untouched = scene.state();
            boolean looksAgain = row.looks().indexOf(function) == 0;
            boolean reached;
            try (ScriptedAnswers script = script(attempt, function, answers)) {
                attempt.go();
                attempt.until(
                        () -> attempt.hasEnded() || script.remaining() == 0 || !looksAgain && attempt.isWaiting(),
                        "refused, waiting or ended");
                reached = script.remaining() == 0;
            }
            boolean isTry = function.equals("semop") && before < tries(kind);
            if (!reached || !row.calls().isEmpty() && (errno == Errno.EINTR || errno == Errno.EAGAIN && isTry)) {
                attempt.untilWaiting();
                scene.event();
                assertThat(attempt.ending()).isEqualTo(row.success());
                assertThat(scene.state()).isEqualTo(row.stateAfter());
            } else {
                boolean late = !row.calls().isEmpty() && errno == Errno.EAGAIN && row.takesTime();
                Column.endedWith(late ? row.late() : List.of(Ending.threw(errno)), attempt);
                Column.nothingTaken(untouched, scene, attempt);
                Column.staysUsable(row, kind, scene);
            }
            assertThat(attempt.wasLeftInterrupted()).isFalse();
            return reached;
        }
    }

    /** A wait without a time makes no timed call. */
    private static boolean isNotUsed(Wait row, String function) {
        return function.equals("semtimedop") && !row.takesTime();
    }

    // EINTR again and again.

    @TestFactory
    Stream<DynamicTest> interruptedSystemCallsAreRepeated() {
        return ofAll(row -> !row.calls().isEmpty(), "EINTR 500 times in a row", (row, kind) -> {
            try (Scene scene = row.scene();
                    Attempt attempt = Attempt.prepared(scene, Wait.LONG, kind);
                    ScriptedAnswers semop = script(attempt, "semop", Collections.nCopies(500, refusing(Errno.EINTR)));
                    ScriptedAnswers semtimedop =
                            script(attempt, "semtimedop", Collections.nCopies(500, refusing(Errno.EINTR)))) {
                attempt.go().untilWaiting();
                assertThat(List.of(semop.remaining(), semtimedop.remaining())).contains(0);
                scene.event();
                assertThat(attempt.ending()).isEqualTo(row.success());
                assertThat(scene.state()).isEqualTo(row.stateAfter());
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> anInterruptedSystemCallGoesOnWithTheRestOfTheTime() {
        Duration timeout = Duration.ofMillis(50);
        return ofAll(row -> !row.calls().isEmpty() && row.takesTime(), "EINTR until the time is over", (row, kind) -> {
            List<Long> rests = Collections.synchronizedList(new ArrayList<>());
            Answer interrupted = arguments -> {
                rests.add(nanosAt(arguments[3]));
                LockSupport.parkNanos(1_000_000); // the time that the call takes
                return -Errno.EINTR.number();
            };
            try (Scene scene = row.scene();
                    Attempt attempt = Attempt.prepared(scene, timeout, kind);
                    ScriptedAnswers script = script(attempt, "semtimedop", Collections.nCopies(1000, interrupted))) {
                String untouched = scene.state();
                attempt.go();
                Column.endedWith(row.late(), attempt);
                Column.nothingTaken(untouched, scene, attempt);
                assertThat(attempt.time()).isGreaterThanOrEqualTo(timeout);
                assertThat(script.remaining()).isPositive();
            }
            assertThat(rests)
                    .isNotEmpty()
                    .isSortedAccordingTo(Comparator.reverseOrder())
                    .doesNotHaveDuplicates();
            assertThat(rests.getFirst()).isLessThanOrEqualTo(timeout.toNanos());
        });
    }

    private static long nanosAt(long timespec) {
        MemorySegment memory = MemorySegment.ofAddress(timespec).reinterpret(2 * Long.BYTES);
        return Duration.ofSeconds(memory.getAtIndex(JAVA_LONG, 0), memory.getAtIndex(JAVA_LONG, 1))
                .toNanos();
    }

    // The signal that ends a wait cannot be sent at first.

    @TestFactory
    Stream<DynamicTest> anInterruptWhoseSignalCouldNotBeSentIsRepeated() {
        return ofAll(row -> !row.calls().isEmpty(), "interrupted, tgkill answers EAGAIN", (row, kind) -> {
            try (Scene scene = row.scene();
                    Attempt attempt = Attempt.start(scene, Wait.LONG, kind).untilWaiting();
                    ScriptedAnswers script = unsentSignals()) {
                String untouched = scene.state();
                attempt.thread().interrupt();
                Column.endedWith(List.of(Ending.threw(InterruptedException.class)), attempt);
                Column.nothingTaken(untouched, scene, attempt);
                assertThat(script.remaining()).isZero();
                Column.staysUsable(row, kind, scene);
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> aCloseWhoseSignalCouldNotBeSentIsRepeated() {
        return ofAll(row -> !row.calls().isEmpty(), "closed, tgkill answers EAGAIN", (row, kind) -> {
            try (Scene scene = row.scene();
                    Attempt attempt = Attempt.start(scene, Wait.LONG, kind).untilWaiting();
                    ScriptedAnswers script = unsentSignals()) {
                String untouched = scene.state();
                scene.closeResource();
                Column.endedWith(row.closed(), attempt);
                Column.nothingTaken(untouched, scene, attempt);
                assertThat(script.remaining()).isZero();
            }
        });
    }

    /** While a thread waits already, nothing but the signal goes by this function. */
    private static ScriptedAnswers unsentSignals() {
        return ScriptedAnswers.toThreads(
                thread -> true, "syscall", refusing(Errno.EAGAIN), refusing(Errno.EAGAIN), refusing(Errno.EPERM));
    }

    private interface Test {
        void with(Wait row, ThreadKind kind) throws Exception;
    }

    private interface TestOfKind {
        void with(ThreadKind kind) throws Exception;
    }

    private static Stream<DynamicTest> ofAll(Predicate<Wait> rows, String name, Test test) {
        return Waits.ALL.stream().filter(rows).flatMap(row -> ofBothKinds(row, name, kind -> test.with(row, kind)));
    }

    private static Stream<DynamicTest> ofBothKinds(Wait row, String name, TestOfKind test) {
        return Stream.of(ThreadKind.values())
                .map(kind -> DynamicTest.dynamicTest(row + ": " + name + ", " + kind, () -> test.with(kind)));
    }
}
