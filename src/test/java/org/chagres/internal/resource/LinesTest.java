package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.resource.TestSet.TAKE;
import static org.chagres.internal.resource.Waiter.CLOSED;
import static org.chagres.internal.resource.Waiter.FOREVER;
import static org.chagres.internal.resource.Waiter.TIMED_OUT;
import static org.chagres.internal.resource.WaitingThread.INTERRUPTED;
import static org.chagres.testing.ThreadKind.VIRTUAL;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.internal.syscall.ScriptedAnswers.Answer;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How virtual threads wait: in line, behind helpers of which there are few. */
@ExtendWith(LeakCheck.class)
class LinesTest {
    private static final long MILLIS = 1_000_000;

    /** The lines there are; private, and the same for everything that waits. */
    private static Map<?, ?> linesOf(Lines lines) {
        return (Map<?, ?>) read(Lines.class, "lines", lines);
    }

    private static Lines linesOf(SemaphoreWaits waits) {
        return (Lines) read(SemaphoreWaits.class, "lines", waits);
    }

    private static Object read(Class<?> owner, String name, Object from) {
        try {
            Field field = owner.getDeclaredField(name);
            field.setAccessible(true);
            return field.get(from);
        } catch (ReflectiveOperationException renamed) {
            throw new AssertionError(renamed);
        }
    }

    private static boolean isParked(WaitingThread waiting) {
        Thread.State state = waiting.thread().getState();
        return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
    }

    /** A call that never succeeds by itself; what its helper does is the test's. */
    private interface Awaiting extends Lines.Call {
        @Override
        default int attempt() {
            return TIMED_OUT;
        }
    }

    // Closing, interrupts and time-outs in line.

    @ParameterizedTest
    @ValueSource(longs = {FOREVER, 600_000 * MILLIS})
    void closeWakesAThousandInLine(long nanos) throws Exception {
        int threads = 1_000;
        try (TestSet set = TestSet.of(0)) {
            SemaphoreWaits waits = set.waits();
            List<WaitingThread> waiting = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                waiting.add(WaitingThread.start(VIRTUAL, () -> waits.await(TAKE, nanos)));
            }
            Await.until(() -> waiting.stream().allMatch(LinesTest::isParked));
            set.awaitWaiters(1); // one alone is in the kernel
            assertThat(linesOf(linesOf(waits))).hasSize(1);

            waits.close();
            for (WaitingThread waiter : waiting) {
                assertThat(waiter.result()).isEqualTo(Integer.toString(CLOSED));
            }
            assertThat(linesOf(linesOf(waits))).isEmpty();
        }
    }

    @Test
    void aThreadInLineIsInterruptedAndGoesOutOfTimeByItself() throws Exception {
        try (TestSet set = TestSet.of(0)) {
            SemaphoreWaits waits = set.waits();
            WaitingThread first = WaitingThread.start(VIRTUAL, () -> waits.await(TAKE, FOREVER));
            set.awaitWaiters(1);
            WaitingThread second = WaitingThread.start(VIRTUAL, () -> waits.await(TAKE, FOREVER));
            Await.until(() -> isParked(second));
            long timeout = 20 * MILLIS;
            WaitingThread third = WaitingThread.start(VIRTUAL, () -> waits.await(TAKE, timeout));

            assertThat(third.result()).isEqualTo(Integer.toString(TIMED_OUT));
            assertThat(third.nanos()).isGreaterThanOrEqualTo(timeout);
            second.interrupt();
            assertThat(second.result()).isEqualTo(INTERRUPTED);
            assertThat(first.isOver()).isFalse();
            set.give();
            assertThat(first.result()).isEqualTo("0");
            assertThat(linesOf(linesOf(waits))).isEmpty();
        }
    }

    @Test
    void whenTheFirstIsInterruptedTheNextComesToTheKernel() throws Exception {
        try (TestSet set = TestSet.of(0)) {
            SemaphoreWaits waits = set.waits();
            WaitingThread first = WaitingThread.start(VIRTUAL, () -> waits.await(TAKE, FOREVER));
            set.awaitWaiters(1);
            WaitingThread second = WaitingThread.start(VIRTUAL, () -> waits.await(TAKE, FOREVER));
            Await.until(() -> isParked(second));
            first.interrupt();
            assertThat(first.result()).isEqualTo(INTERRUPTED);
            set.awaitWaiters(1);
            set.give();
            assertThat(second.result()).isEqualTo("0");
        }
    }

    @Test
    void thoseWhoWaitForDifferentThingsDoNotStandInOneLine() throws Exception {
        try (TestSet set = TestSet.of(0)) {
            SemaphoreWaits waits = set.waits();
            long takeTwo = SemaphoreWaits.operation(0, -2, false, false);
            WaitingThread wantsTwo = WaitingThread.start(VIRTUAL, () -> waits.await(takeTwo, FOREVER));
            set.awaitWaiters(1);
            WaitingThread wantsOne = WaitingThread.start(VIRTUAL, () -> waits.await(TAKE, FOREVER));
            set.awaitWaiters(2);
            assertThat(linesOf(linesOf(waits))).hasSize(2);
            set.give();
            assertThat(wantsOne.result()).isEqualTo("0");
            wantsTwo.interrupt();
            assertThat(wantsTwo.result()).isEqualTo(INTERRUPTED);
            assertThat(linesOf(linesOf(waits))).isEmpty();
        }
    }

    @Test
    void linesAreKeptOnlyWhileSomebodyStandsInThem() throws Exception {
        Lines lines = new Lines();
        Awaiting call = (gate, nanos) -> TIMED_OUT;
        for (int i = 0; i < 100; i++) {
            Integer thing = i;
            assertThat(WaitingThread.start(VIRTUAL, () -> lines.await(new Gate(), thing, call, MILLIS))
                            .result())
                    .isEqualTo(Integer.toString(TIMED_OUT));
        }
        assertThat(linesOf(lines)).isEmpty();
    }

    // The errand and its end.

    /** What the helper had done when it was called back is delivered. */
    @Test
    void aPermitThatCameTogetherWithTheInterruptIsDelivered() throws Exception {
        CountDownLatch atWork = new CountDownLatch(1);
        Awaiting call = (gate, nanos) -> {
            atWork.countDown();
            Await.until(gate::isClosed); // called back, but the permit was taken before
            return 0;
        };
        Lines lines = new Lines();
        WaitingThread waiting = WaitingThread.start(VIRTUAL, () -> lines.await(new Gate(), "thing", call, FOREVER));
        atWork.await();
        waiting.interrupt();
        assertThat(waiting.result()).isEqualTo("0 and " + INTERRUPTED);
    }

    @Test
    void aPermitThatCameTogetherWithTheCloseIsDelivered() throws Exception {
        Gate closing = new Gate();
        CountDownLatch atWork = new CountDownLatch(1);
        Awaiting call = (gate, nanos) -> {
            atWork.countDown();
            Await.until(gate::isClosed);
            return 0;
        };
        Lines lines = new Lines();
        WaitingThread waiting = WaitingThread.start(VIRTUAL, () -> lines.await(closing, "thing", call, FOREVER));
        atWork.await();
        closing.close();
        assertThat(waiting.result()).isEqualTo("0");
    }

    /** By a scripted kernel: the helper's own call is done at the moment of the interrupt. */
    @Test
    void theHelpersCallThatIsDoneAsTheInterruptComesCounts() throws Exception {
        AtomicReference<WaitingThread> sender = new AtomicReference<>();
        CountDownLatch known = new CountDownLatch(1);
        Answer done = arguments -> {
            try {
                known.await();
            } catch (InterruptedException nobody) {
                return -1;
            }
            sender.get().interrupt();
            return 0;
        };
        try (TestSet set = TestSet.of(0);
                ScriptedAnswers script = ScriptedAnswers.toThreads(
                        thread -> thread.getName().startsWith("chagres-helper-"), "semop", done)) {
            sender.set(WaitingThread.start(VIRTUAL, () -> {
                int answer = set.waits().await(TAKE, FOREVER);
                Await.until(() -> Thread.currentThread().isInterrupted());
                return answer;
            }));
            known.countDown();
            assertThat(sender.get().result()).isEqualTo("0 and " + INTERRUPTED);
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void aFailureOnTheHelperIsNoPermit() throws Exception {
        OutOfMemoryError failure = new OutOfMemoryError("of the test's own making");
        Awaiting call = (gate, nanos) -> {
            throw failure;
        };
        Lines lines = new Lines();
        WaitingThread waiting = WaitingThread.start(VIRTUAL, () -> lines.await(new Gate(), "thing", call, FOREVER));
        assertThat(waiting.failure()).isSameAs(failure);
        assertThat(linesOf(lines)).isEmpty();

        Awaiting next = (gate, nanos) -> 0;
        assertThat(WaitingThread.start(VIRTUAL, () -> lines.await(new Gate(), "thing", next, FOREVER))
                        .result())
                .isEqualTo("0");
    }

    /** Who lists all threads and interrupts them means nobody's wait. */
    @ParameterizedTest
    @ValueSource(longs = {FOREVER, 600_000 * MILLIS})
    void aHelperThatIsInterruptedByAStrangerWaitsOn(long nanos) throws Exception {
        try (TestSet set = TestSet.of(0)) {
            WaitingThread waiting =
                    WaitingThread.start(VIRTUAL, () -> set.waits().await(TAKE, nanos));
            set.awaitWaiters(1);
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().startsWith("chagres-helper-")) {
                    thread.interrupt();
                    Await.until(() -> !thread.isInterrupted());
                }
            }
            set.awaitWaiters(1);
            assertThat(waiting.isOver()).isFalse();
            set.give();
            assertThat(waiting.result()).isEqualTo("0");
        }
    }

    /** Permits and interrupts at the same moment, many times: each permit is taken or still there. */
    @Test
    void noPermitIsLostBetweenThePermitAndTheInterrupt() throws Exception {
        int rounds = 300;
        AtomicInteger taken = new AtomicInteger();
        try (TestSet set = TestSet.of(0)) {
            SemaphoreWaits waits = set.waits();
            for (int round = 0; round < rounds; round++) {
                WaitingThread waiting = WaitingThread.start(VIRTUAL, () -> waits.await(TAKE, FOREVER));
                if (round % 2 == 0) {
                    Await.until(() -> waiting.isOver() // by a permit that an interrupt had left over
                            || SemaphoreObject.waitingForIncrease(set.id(), 0) == 1);
                }
                Thread interrupter = Thread.ofPlatform().start(waiting::interrupt);
                set.give();
                interrupter.join();
                if (!waiting.result().equals(INTERRUPTED)) {
                    taken.incrementAndGet();
                }
            }
            assertThat(taken.get() + set.value()).isEqualTo(rounds);
            assertThat(linesOf(linesOf(waits))).isEmpty();
        }
    }

    // Aside.

    @Test
    void onAPlatformThreadACallIsMadeByTheThreadItself() {
        AtomicReference<Thread> by = new AtomicReference<>();
        int answer = Lines.aside(() -> {
            by.set(Thread.currentThread());
            return 4711;
        });
        assertThat(answer).isEqualTo(4711);
        assertThat(by).hasValue(Thread.currentThread());
    }

    @Test
    void forAVirtualThreadACallIsMadeAsideAndNothingEndsItEarly() throws Exception {
        CountDownLatch atWork = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicReference<Thread> by = new AtomicReference<>();
        WaitingThread waiting = WaitingThread.start(
                VIRTUAL,
                () -> Lines.aside(() -> {
                    by.set(Thread.currentThread());
                    atWork.countDown();
                    try {
                        goOn.await();
                    } catch (InterruptedException nobodyMeantTheHelper) {
                        return -1;
                    }
                    return 4711;
                }));
        atWork.await();
        Await.until(() -> isParked(waiting));
        assertThat(by.get().isVirtual()).isFalse();
        waiting.interrupt();
        goOn.countDown();
        assertThat(waiting.result()).isEqualTo("4711 and " + INTERRUPTED);
    }

    // In JVMs of their own.

    @Test
    void withAllHelpersWaitingTheOneWhoReleasesStillComesToDoSo() {
        Run run = program(List.of("-Dorg.chagres.helpers=2"), "crossed");
        assertThat(run.err()).isEmpty();
        assertThat(run.output()).isEqualTo("passed on: 1\nmost helpers: 2\n");
    }

    private static Run program(List<String> options, Object... arguments) {
        List<String> all = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED"));
        all.addAll(options);
        return Run.command(Peer.javaCommand(all, LinesProgram.class, arguments), Map.of());
    }

    @Test
    void whereNoThreadCanBeHadVirtualThreadsTryAgainAndAgain() {
        try (Peer peer = Peer.javaAs(54321, LinesProgram.class, "withoutThreads")) {
            assertThat(own(peer)).isEqualTo("no more threads: true");
            assertThat(own(peer)).isEqualTo("permit: 0");
            assertThat(own(peer)).isEqualTo("time-out: " + TIMED_OUT);
            assertThat(own(peer)).isEqualTo("interrupt: " + INTERRUPTED);
            assertThat(own(peer)).isEqualTo("close: " + CLOSED);
            assertThat(peer.end()).isZero();
        }
    }

    /** The next line that is not the JVM's complaint about the threads it cannot have. */
    private static String own(Peer peer) {
        String line = peer.hear();
        while (line.startsWith("[")) {
            line = peer.hear();
        }
        return line;
    }
}
