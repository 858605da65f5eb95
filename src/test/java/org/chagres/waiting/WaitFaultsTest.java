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
import org.chagres.testing.Helpers;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

/**
 * Calls that fail, before and within every wait: it is told as documented, nothing is taken, and the next wait
 * succeeds.
 */
@ExtendWith(LeakCheck.class)
class WaitFaultsTest {
    @AfterAll
    static void forgetTheNetwork() {
        SilentNetwork.forget();
    }

    /** More calls of one function than a wait makes before it waits. */
    private static final int MOST_CALLS = 4;

    /** How often a thread tries before it waits, or a helper for it. */
    private static int tries(ThreadKind kind) {
        return kind == ThreadKind.VIRTUAL ? 2 : 1;
    }

    /** The thread of an attempt, and those that wait in its stead. */
    private static Predicate<Thread> onBehalfOf(Attempt attempt) {
        return thread -> thread == attempt.thread() || Helpers.isHelper(thread);
    }

    private static ScriptedAnswers script(Attempt attempt, String function, List<Answer> answers) {
        return ScriptedAnswers.toThreads(onBehalfOf(attempt), function, answers.toArray(Answer[]::new));
    }

    // One call refused.

    @TestFactory
    Stream<DynamicTest> aRefusedCallIsToldAndNothingIsTaken() {
        return ofAll((row, kind) -> Stream.concat(row.calls(kind).stream(), row.looks().stream())
                .flatMap(function -> errnos(row, function)
                        .map(errno -> test(row, function + " answers " + errno, kind, () -> {
                            int before = 0;
                            while (before < MOST_CALLS && reaches(row, kind, function, errno, before)) {
                                before++;
                            }
                            assertThat(before > 0 || isNotUsed(row, function)).isTrue();
                        }))));
    }

    /** Those that the kernel may answer, or that tell whether the answer is passed on. */
    private static Stream<Errno> errnos(Wait row, String function) {
        return switch (function) {
            case "ppoll" ->
                row.method().contains("oll(") ? Stream.of(Errno.EINTR, Errno.ENOMEM) : Stream.of(Errno.EINTR);
            case "waitid" -> Stream.of(Errno.EINTR);
            case "epoll_wait", "open", "connect" -> Stream.of(Errno.EINTR, Errno.ENOMEM);
            default -> Stream.of(Errno.EINTR, Errno.ENOMEM, Errno.EAGAIN);
        };
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
            boolean isTry = !function.equals("semtimedop") && (!function.equals("semop") || before < tries(kind));
            boolean waits = !row.calls(kind).isEmpty();
            if (!reached || waits && (errno == Errno.EINTR || errno == Errno.EAGAIN && isTry)) {
                attempt.untilWaiting();
                scene.event();
                assertThat(attempt.ending()).isEqualTo(row.success());
                assertThat(scene.state()).isEqualTo(row.stateAfter());
            } else {
                boolean late = waits && errno == Errno.EAGAIN && row.takesTime();
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
        return ofAll((row, kind) -> row.calls(kind).stream()
                .filter(function -> !isNotUsed(row, function) && !(isTriedOnly(function) && row.takesTime()))
                .map(function -> test(row, function + " answers EINTR 500 times in a row", kind, () -> {
                    try (Scene scene = row.scene();
                            Attempt attempt = Attempt.prepared(scene, Wait.LONG, kind);
                            ScriptedAnswers script =
                                    script(attempt, function, Collections.nCopies(500, refusing(Errno.EINTR)))) {
                        attempt.go();
                        attempt.until(() -> script.remaining() == 0 || attempt.isWaiting(), "refused, and waiting");
                        attempt.untilWaiting();
                        assertThat(script.remaining()).isLessThan(500); // all, or those before it parked
                        scene.event();
                        assertThat(attempt.ending()).isEqualTo(row.success());
                        assertThat(scene.state()).isEqualTo(row.stateAfter());
                    }
                })));
    }

    /** What is called once, and then another function. */
    private static boolean isTriedOnly(String function) {
        return function.equals("semop");
    }

    @TestFactory
    Stream<DynamicTest> anInterruptedSystemCallGoesOnWithTheRestOfTheTime() {
        Duration timeout = Duration.ofMillis(50);
        return ofAll((row, kind) -> timedCalls(row, kind)
                .map(call -> test(row, call.function + " answers EINTR until the time is over", kind, () -> {
                    List<Long> rests = Collections.synchronizedList(new ArrayList<>());
                    Answer interrupted = arguments -> {
                        rests.add(nanosAt(arguments[call.time]));
                        LockSupport.parkNanos(1_000_000); // the time that the call takes
                        return -Errno.EINTR.number();
                    };
                    try (Scene scene = row.scene();
                            Attempt attempt = Attempt.prepared(scene, timeout, kind);
                            ScriptedAnswers script =
                                    script(attempt, call.function, Collections.nCopies(1000, interrupted))) {
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
                })));
    }

    /** A function that takes the time to wait, and as which argument. */
    private record TimedCall(String function, int time) {}

    private static Stream<TimedCall> timedCalls(Wait row, ThreadKind kind) {
        if (!row.takesTime()) {
            return Stream.empty();
        }
        if (row.calls(kind).contains("semtimedop")) {
            return Stream.of(new TimedCall("semtimedop", 3));
        }
        boolean polls = kind == ThreadKind.PLATFORM
                && (row.calls(kind).contains("ppoll") || row.calls(kind).contains("epoll_wait"));
        return polls ? Stream.of(new TimedCall("ppoll", 2)) : Stream.empty();
    }

    @TestFactory
    Stream<DynamicTest> aCallWithoutATimeIsEndedInTimeHoweverOftenItIsInterrupted() {
        Duration timeout = Duration.ofMillis(20);
        Answer interrupted = arguments -> {
            LockSupport.parkNanos(1_000_000); // the time that the call takes
            return -Errno.EINTR.number();
        };
        return ofAll((row, kind) -> kind == ThreadKind.VIRTUAL
                        || !row.takesTime()
                        || timedCalls(row, kind).findAny().isPresent()
                ? Stream.empty()
                : row.calls(kind).stream()
                        .map(function -> test(row, function + " answers EINTR until the time is over", kind, () -> {
                            try (Scene scene = row.scene();
                                    Attempt attempt = Attempt.prepared(scene, timeout, kind);
                                    ScriptedAnswers script =
                                            script(attempt, function, Collections.nCopies(1000, interrupted))) {
                                String untouched = scene.state();
                                attempt.go();
                                Column.endedWith(row.late(), attempt);
                                Column.nothingTaken(untouched, scene, attempt);
                                assertThat(attempt.time()).isGreaterThanOrEqualTo(timeout);
                                assertThat(script.remaining()).isPositive();
                            }
                        })));
    }

    private static long nanosAt(long timespec) {
        MemorySegment memory = MemorySegment.ofAddress(timespec).reinterpret(2 * Long.BYTES);
        return Duration.ofSeconds(memory.getAtIndex(JAVA_LONG, 0), memory.getAtIndex(JAVA_LONG, 1))
                .toNanos();
    }

    // The means of virtual threads are missing.

    @TestFactory
    Stream<DynamicTest> aHelperWaitsWhereTheKernelCannotTellWithoutWaiting() {
        return ofAll((row, kind) -> kind == ThreadKind.PLATFORM
                ? Stream.empty()
                : Stream.of("preadv2", "pwritev2")
                        .filter(row.calls(kind)::contains)
                        .flatMap(function -> Stream.of(Errno.EOPNOTSUPP, Errno.ENOSYS)
                                .map(errno -> test(
                                        row,
                                        function + " answers " + errno,
                                        kind,
                                        () -> waitsByAHelper(row, kind, function, errno)))));
    }

    @TestFactory
    Stream<DynamicTest> aHelperWaitsWhereNoSecondDescriptionCanBeOpened() {
        return ofAll((row, kind) -> kind == ThreadKind.PLATFORM || !isOfPipe(row)
                ? Stream.empty()
                : Stream.of(Errno.EMFILE, Errno.EACCES)
                        .map(errno -> test(
                                row, "open answers " + errno, kind, () -> waitsByAHelper(row, kind, "open", errno))));
    }

    private static boolean isOfPipe(Wait row) {
        return Stream.of("read", "readv", "write", "writev").anyMatch(row.calls(ThreadKind.VIRTUAL)::contains)
                && !row.calls(ThreadKind.VIRTUAL).contains("pwritev2");
    }

    private static void waitsByAHelper(Wait row, ThreadKind kind, String function, Errno errno) throws Exception {
        for (boolean interrupted : new boolean[] {false, true}) {
            try (Scene scene = row.scene();
                    Attempt attempt = Attempt.prepared(scene, Wait.LONG, kind);
                    ScriptedAnswers script = script(attempt, function, Collections.nCopies(100, refusing(errno)))) {
                String untouched = scene.state();
                attempt.go().untilWaiting();
                assertThat(attempt.thread().getStackTrace())
                        .as("where it is parked")
                        .anyMatch(frame -> frame.getClassName().endsWith(".Lines$Errand"));
                assertThat(script.remaining()).isLessThan(100);
                if (interrupted) {
                    attempt.thread().interrupt();
                    Column.endedWith(List.of(Ending.threw(InterruptedException.class)), attempt);
                    Column.nothingTaken(untouched, scene, attempt);
                } else {
                    scene.event();
                    assertThat(attempt.ending()).isEqualTo(row.success());
                    assertThat(scene.state()).isEqualTo(row.stateAfter());
                }
            }
        }
    }

    // The signal that ends a wait cannot be sent at first.

    @TestFactory
    Stream<DynamicTest> anInterruptWhoseSignalCouldNotBeSentIsRepeated() {
        return ofAll((row, kind) -> !endsBySignal(row, kind)
                ? Stream.empty()
                : Stream.of(test(row, "interrupted, tgkill answers EAGAIN", kind, () -> {
                    try (Scene scene = row.scene();
                            Attempt attempt =
                                    Attempt.start(scene, Wait.LONG, kind).untilWaiting();
                            ScriptedAnswers script = unsentSignals()) {
                        String untouched = scene.state();
                        attempt.thread().interrupt();
                        Column.endedWith(List.of(Ending.threw(InterruptedException.class)), attempt);
                        Column.nothingTaken(untouched, scene, attempt);
                        assertThat(script.remaining()).isZero();
                        Column.staysUsable(row, kind, scene);
                    }
                })));
    }

    @TestFactory
    Stream<DynamicTest> aCloseWhoseSignalCouldNotBeSentIsRepeated() {
        return ofAll((row, kind) -> !endsBySignal(row, kind) || row.closed().isEmpty()
                ? Stream.empty()
                : Stream.of(test(row, "closed, tgkill answers EAGAIN", kind, () -> {
                    try (Scene scene = row.scene();
                            Attempt attempt =
                                    Attempt.start(scene, Wait.LONG, kind).untilWaiting();
                            ScriptedAnswers script = unsentSignals()) {
                        String untouched = scene.state();
                        scene.closeResource(0);
                        Column.endedWith(row.closed(), attempt);
                        Column.nothingTaken(untouched, scene, attempt);
                        assertThat(script.remaining()).isZero();
                    }
                })));
    }

    /** On virtual threads: if a helper does the waiting. */
    private static boolean endsBySignal(Wait row, ThreadKind kind) {
        List<String> calls = row.calls(kind);
        return !calls.isEmpty()
                && (kind == ThreadKind.PLATFORM
                        || row.isByHelper()
                        || Stream.of("semop", "pwritev2", "open").anyMatch(calls::contains));
    }

    /** While a thread waits already, nothing but the signal goes by this function. */
    private static ScriptedAnswers unsentSignals() {
        return ScriptedAnswers.toThreads(
                thread -> true, "syscall", refusing(Errno.EAGAIN), refusing(Errno.EAGAIN), refusing(Errno.EPERM));
    }

    private interface Tests {
        Stream<DynamicTest> of(Wait row, ThreadKind kind);
    }

    private static Stream<DynamicTest> ofAll(Tests tests) {
        return Waits.possible().flatMap(row -> Stream.of(ThreadKind.values()).flatMap(kind -> tests.of(row, kind)));
    }

    private static DynamicTest test(Wait row, String name, ThreadKind kind, Executable test) {
        return DynamicTest.dynamicTest(row + ": " + name + ", " + kind, test);
    }
}
