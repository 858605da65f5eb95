package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.internal.resource.SemaphoreWaits.CLOSED;
import static org.chagres.internal.resource.SemaphoreWaits.FOREVER;
import static org.chagres.internal.resource.SemaphoreWaits.NOT_NOW;
import static org.chagres.internal.resource.TestSet.TAKE;
import static org.chagres.internal.resource.WaitingThread.INTERRUPTED;
import static org.chagres.testing.ThreadKind.PLATFORM;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.nio.channels.Selector;
import java.util.Collections;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongPredicate;
import org.chagres.internal.syscall.Errnos;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.internal.syscall.ScriptedAnswers.Answer;
import org.chagres.internal.syscall.SemaphoreCalls;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.testing.Await;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How platform threads are called back from the kernel, and each way known for that to go wrong. */
@ExtendWith(LeakCheck.class)
class WaiterTest {
    private static final long MILLIS = 1_000_000;

    @AfterEach
    void noTestLeavesTheThreadInterrupted() {
        assertThat(Thread.interrupted()).isFalse();
    }

    /** What the JDK calls back. Private, as nobody else has any business there. */
    private static Selector hook(Waiter waiter) {
        try {
            Field field = Waiter.class.getDeclaredField("hook");
            field.setAccessible(true);
            return (Selector) field.get(waiter);
        } catch (ReflectiveOperationException renamed) {
            throw new AssertionError(renamed);
        }
    }

    /** Calls the hook on another thread, as an interrupt does that is late. */
    private static void callHook(Waiter waiter) throws InterruptedException {
        Thread late = Thread.ofPlatform().start(() -> hook(waiter).wakeup());
        late.join();
    }

    // The hook on the waiter itself.

    @Test
    void aThreadInterruptedBeforeDoesNotAskTheKernelAndDoesNotSignalItself() {
        try (TestSet set = TestSet.of(1);
                Kicks kicks = Kicks.counted();
                ScriptedAnswers semop = ScriptedAnswers.to("semop", arguments -> -Errnos.EINVAL)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> set.waits().await(TAKE, FOREVER)).isInstanceOf(InterruptedException.class);

            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(semop.remaining()).as("calls left unmade").isEqualTo(1);
            assertThat(kicks.to(SignalCalls.gettid())).isZero();
            assertThat(set.value()).isEqualTo(1);
        }
    }

    @Test
    void aWaitThatAnInterruptKeptFromBeginningIsNotSignalledLater() throws Exception {
        try (TestSet set = TestSet.of(1);
                Kicks kicks = Kicks.counted()) {
            SemaphoreWaits waits = set.waits();
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> waits.await(TAKE, FOREVER)).isInstanceOf(InterruptedException.class);
            kicks.letWatchRepeat();

            assertThat(waits.await(TAKE, FOREVER)).isZero();
            assertThat(kicks.to(SignalCalls.gettid())).isZero();
        }
    }

    // The hook too late.

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aHookAfterTheEndSignalsNobody(boolean interrupted) throws Exception {
        try (Kicks kicks = Kicks.counted()) {
            CountDownLatch left = new CountDownLatch(1);
            CountDownLatch called = new CountDownLatch(1);
            AtomicReference<Waiter> waiter = new AtomicReference<>();
            WaitingThread idle = WaitingThread.start(PLATFORM, () -> {
                waiter.set(Waiter.enter(new Gate(), FOREVER));
                waiter.get().leave();
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                left.countDown();
                while (called.getCount() > 0) {
                    Thread.onSpinWait(); // a latch would throw, and clear the status
                }
                return 0;
            });
            left.await();
            callHook(waiter.get());
            kicks.letWatchRepeat();

            assertThat(kicks.to(idle.tid())).isZero();
            called.countDown();
            assertThat(idle.result()).isEqualTo(interrupted ? "0 and " + INTERRUPTED : "0");
        }
    }

    @Test
    void aHookOfAnEarlierWaitNeitherEndsNorSignalsTheNext() throws Exception {
        try (TestSet set = TestSet.of(0);
                Kicks kicks = Kicks.counted()) {
            SemaphoreWaits waits = set.waits();
            AtomicReference<Waiter> waiter = new AtomicReference<>();
            WaitingThread next = WaitingThread.start(PLATFORM, () -> {
                waiter.set(Waiter.enter(new Gate(), FOREVER));
                waiter.get().leave();
                return waits.await(TAKE, FOREVER);
            });
            set.awaitWaiters(1);
            callHook(waiter.get());
            kicks.letWatchRepeat();

            assertThat(kicks.to(next.tid())).isZero();
            assertThat(next.isOver()).isFalse();
            set.give();
            assertThat(next.result()).isEqualTo("0");
        }
    }

    @Test
    void aKickMeantForAnEarlierWaitIsNotSent() throws Exception {
        AtomicInteger target = new AtomicInteger();
        try (TestSet set = TestSet.of(0);
                Kicks kicks = Kicks.lostIf(tid -> tid == target.get())) {
            CountDownLatch entered = new CountDownLatch(1);
            AtomicInteger before = new AtomicInteger();
            WaitingThread waiting = WaitingThread.start(PLATFORM, () -> {
                target.set(SignalCalls.gettid());
                Gate closing = new Gate();
                Waiter waiter = Waiter.enter(closing, FOREVER);
                entered.countDown();
                Await.until(() -> kicks.to(target.get()) >= 3); // Watch has its repeats now
                waiter.leave();
                before.set(kicks.to(target.get()));
                Thread.interrupted();
                return set.waits().await(TAKE, FOREVER);
            });
            entered.await();
            waiting.interrupt();
            set.awaitWaiters(1);
            kicks.letWatchRepeat();

            assertThat(kicks.to(target.get())).isEqualTo(before.get());
            set.give();
            assertThat(waiting.result()).isEqualTo("0");
        }
    }

    /** Somebody takes the interrupt back, as the code of a callback may: then there is nothing to signal for. */
    @Test
    void repeatsStopWhenTheInterruptIsTakenBack() throws Exception {
        AtomicInteger target = new AtomicInteger();
        try (TestSet set = TestSet.of(0);
                Kicks kicks = Kicks.lostIf(tid -> tid == target.get())) {
            CountDownLatch entered = new CountDownLatch(1);
            AtomicInteger before = new AtomicInteger();
            WaitingThread waiting = WaitingThread.start(PLATFORM, () -> {
                target.set(SignalCalls.gettid());
                Waiter waiter = Waiter.enter(new Gate(), FOREVER);
                try {
                    entered.countDown();
                    Await.until(() -> kicks.to(target.get()) >= 3);
                    Thread.interrupted();
                    before.set(kicks.to(target.get()));
                    return SemaphoreCalls.semopOne(set.id(), TAKE);
                } finally {
                    waiter.leave();
                }
            });
            entered.await();
            waiting.interrupt();
            set.awaitWaiters(1);
            kicks.letWatchRepeat();

            assertThat(kicks.to(target.get()))
                    .as("one may have been on its way")
                    .isBetween(before.get(), before.get() + 1);
            set.give();
            assertThat(waiting.result()).isEqualTo("0");
        }
    }

    // Kicks that are lost.

    /** The reasons to end a wait, and what it then answers. */
    enum Reason {
        INTERRUPT(INTERRUPTED),
        CLOSE(Integer.toString(CLOSED)),
        DEADLINE(Integer.toString(NOT_NOW));

        private final String result;

        Reason(String result) {
            this.result = result;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aKickThatIsLostIsSentAgainUntilTheWaitHasEndedAndNoLonger(Reason reason) throws Exception {
        AtomicInteger target = new AtomicInteger();
        AtomicInteger lost = new AtomicInteger(3);
        CountDownLatch over = new CountDownLatch(1);
        try (TestSet set = TestSet.of(0);
                Kicks kicks = Kicks.lostIf(tid -> tid == target.get() && lost.getAndDecrement() > 0)) {
            Gate gate = new Gate();
            AtomicInteger atTheEnd = new AtomicInteger();
            CountDownLatch ended = new CountDownLatch(1);
            WaitingThread waiting = WaitingThread.start(PLATFORM, () -> {
                target.set(SignalCalls.gettid());
                try {
                    return UntimedCall.take(set.id(), gate, reason == Reason.DEADLINE ? 50 * MILLIS : FOREVER);
                } finally {
                    atTheEnd.set(kicks.to(target.get()));
                    ended.countDown();
                    over.await();
                }
            });
            if (reason != Reason.DEADLINE) {
                set.awaitWaiters(1);
            }
            switch (reason) {
                case INTERRUPT -> waiting.interrupt();
                case CLOSE -> gate.close();
                case DEADLINE -> {}
            }
            assertThat(ended.await(30, TimeUnit.SECONDS)).as("the wait ended").isTrue();
            kicks.letWatchRepeat();
            int count = kicks.to(target.get());
            over.countDown();

            assertThat(waiting.result()).isEqualTo(reason.result);
            assertThat(atTheEnd.get()).isGreaterThanOrEqualTo(4);
            assertThat(count).as("signals after the wait").isEqualTo(atTheEnd.get());
        } finally {
            over.countDown();
        }
    }

    /** The sender is held back in the middle of it: who leaves meanwhile stays until the signal is sent. */
    @Test
    void leavingWaitsForASignalThatIsBeingSent() throws Exception {
        AtomicInteger target = new AtomicInteger();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch sending = new CountDownLatch(1);
        CountDownLatch leaving = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        AtomicInteger tooLate = new AtomicInteger();
        LongPredicate holdBack = tid -> {
            if (tid == target.get()) {
                sending.countDown();
                Await.until(() -> leaving.getCount() == 0);
                for (int i = 0; i < 1_000 && left.getCount() > 0; i++) {
                    Thread.yield(); // long enough to leave in
                }
                if (left.getCount() == 0) {
                    tooLate.incrementAndGet();
                }
            }
            return false;
        };
        try (Kicks kicks = Kicks.lostIf(holdBack)) {
            WaitingThread waiting = WaitingThread.start(PLATFORM, () -> {
                target.set(SignalCalls.gettid());
                Waiter waiter = Waiter.enter(new Gate(), FOREVER);
                entered.countDown();
                Await.until(() -> sending.getCount() == 0);
                leaving.countDown();
                waiter.leave();
                left.countDown();
                return 0;
            });
            entered.await();
            waiting.interrupt();
            assertThat(waiting.result()).isEqualTo("0 and " + INTERRUPTED);
            assertThat(kicks.to(target.get())).isPositive();
            assertThat(tooLate.get()).as("signals to a thread that had left").isZero();
        }
    }

    /** A thread that enters and leaves all the time while others cancel it: every signal is sent between the two. */
    @Test
    void noSignalIsSentToAThreadThatHasLeft() throws Exception {
        int rounds = 2_000;
        AtomicInteger target = new AtomicInteger();
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger outside = new AtomicInteger();
        LongPredicate look = tid -> {
            if (tid == target.get() && inside.get() == 0) {
                outside.incrementAndGet();
            }
            return false;
        };
        try (Kicks kicks = Kicks.lostIf(look)) {
            AtomicReference<Gate> present = new AtomicReference<>(new Gate());
            WaitingThread waiting = WaitingThread.start(PLATFORM, () -> {
                target.set(SignalCalls.gettid());
                for (int round = 0; round < rounds; round++) {
                    Gate gate = new Gate();
                    present.set(gate);
                    inside.set(1);
                    Waiter waiter = Waiter.enter(gate, FOREVER);
                    while (!Thread.currentThread().isInterrupted() && !gate.isClosed()) {
                        Thread.onSpinWait();
                    }
                    waiter.leave();
                    inside.set(0);
                    Thread.interrupted();
                }
                return 0;
            });
            while (!waiting.isOver()) {
                waiting.interrupt();
                present.get().close();
            }
            assertThat(waiting.result()).startsWith("0");
            assertThat(kicks.to(target.get())).isPositive();
            assertThat(outside.get()).as("signals to a thread that had left").isZero();
        }
    }

    // The time.

    /** An interruptible call begun again with the whole time-out would never end here. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void strayingSignalsNeitherLengthenNorShortenATimedWait(boolean watched) throws Exception {
        long timeout = 150 * MILLIS;
        try (TestSet set = TestSet.of(0)) {
            WaitingThread waiting = WaitingThread.start(
                    PLATFORM,
                    () -> watched
                            ? UntimedCall.take(set.id(), new Gate(), timeout)
                            : set.waits().await(TAKE, timeout));
            set.awaitWaiters(1);
            int sent = 0;
            while (!waiting.isOver()) {
                SignalCalls.tgkill(ProcessCalls.getpid(), waiting.tid(), SignalCalls.SIGURG);
                sent++;
            }
            assertThat(waiting.result()).isEqualTo(Integer.toString(NOT_NOW));
            assertThat(waiting.nanos()).isGreaterThanOrEqualTo(timeout);
            assertThat(sent).isGreaterThan(10);
        }
    }

    @Test
    void afterEveryInterruptionTheCallGetsTheRestOfTheTime() throws Exception {
        int calls = 5;
        AtomicInteger made = new AtomicInteger();
        long[] nanos = new long[calls];
        Answer interrupted = arguments -> {
            long seconds = readLong(arguments[3]);
            nanos[made.getAndIncrement()] = seconds * 1_000_000_000 + readLong(arguments[3] + Long.BYTES);
            return -Errnos.EINTR;
        };
        try (TestSet set = TestSet.of(0);
                ScriptedAnswers script = ScriptedAnswers.to(
                        "semtimedop", Collections.nCopies(calls, interrupted).toArray(Answer[]::new))) {
            assertThat(set.waits().await(TAKE, 50 * MILLIS)).isEqualTo(NOT_NOW);
            assertThat(script.remaining()).isZero();
        }
        for (int i = 0; i < calls; i++) {
            assertThat(nanos[i]).isBetween(1L, i == 0 ? 50 * MILLIS : nanos[i - 1] - 1);
        }
    }

    private static long readLong(long address) {
        return MemorySegment.ofAddress(address).reinterpret(Long.BYTES).get(ValueLayout.JAVA_LONG, 0);
    }

    @Test
    void aCallWithoutATimeoutOfItsOwnEndsAtTheDeadline() throws Exception {
        try (TestSet set = TestSet.of(0)) {
            long timeout = 30 * MILLIS;
            WaitingThread waiting =
                    WaitingThread.start(PLATFORM, () -> UntimedCall.take(set.id(), new Gate(), timeout));
            assertThat(waiting.result()).isEqualTo(Integer.toString(NOT_NOW));
            assertThat(waiting.nanos()).isGreaterThanOrEqualTo(timeout);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE - 1, Long.MAX_VALUE - 854_775_808, Long.MAX_VALUE / 2, FOREVER})
    void aHugeTimeoutIsNoneAndTheWaitEndsForTheOtherReasons(long nanos) throws Exception {
        try (TestSet set = TestSet.of(0)) {
            SemaphoreWaits waits = set.waits();
            Gate gate = new Gate();
            WaitingThread given = WaitingThread.start(PLATFORM, () -> waits.await(TAKE, nanos));
            set.awaitWaiters(1);
            WaitingThread interrupted = WaitingThread.start(PLATFORM, () -> UntimedCall.take(set.id(), gate, nanos));
            set.awaitWaiters(2);
            WaitingThread closed = WaitingThread.start(PLATFORM, () -> UntimedCall.take(set.id(), gate, nanos));
            set.awaitWaiters(3);
            SignalCalls.tgkill(ProcessCalls.getpid(), closed.tid(), SignalCalls.SIGURG);

            interrupted.interrupt();
            assertThat(interrupted.result()).isEqualTo(INTERRUPTED);
            set.give();
            assertThat(given.result()).isEqualTo("0");
            // What is due soon is not behind what is due in 292 years.
            assertThat(WaitingThread.start(PLATFORM, () -> UntimedCall.take(set.id(), gate, 20 * MILLIS))
                            .result())
                    .isEqualTo(Integer.toString(NOT_NOW));
            set.awaitWaiters(1);
            gate.close();
            assertThat(closed.result()).isEqualTo(Integer.toString(CLOSED));
        }
    }

    // Progress wins.

    /** What comes together with the permit. */
    enum Meanwhile {
        AN_INTERRUPT("0 and " + INTERRUPTED),
        A_CLOSE("0"),
        BOTH("0 and " + INTERRUPTED);

        private final String result;

        Meanwhile(String result) {
            this.result = result;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPermitThatIsTakenIsDeliveredWhateverCameMeanwhile(Meanwhile meanwhile) throws Exception {
        try (TestSet set = TestSet.of(0)) {
            assertThat(answered(set, meanwhile, 0)).isEqualTo(meanwhile.result);
        }
    }

    @Test
    void anInterruptThatEndsTheCallTakesNothing() throws Exception {
        try (TestSet set = TestSet.of(0)) {
            assertThat(answered(set, Meanwhile.AN_INTERRUPT, -Errnos.EINTR)).isEqualTo(INTERRUPTED);
            assertThat(answered(set, Meanwhile.A_CLOSE, -Errnos.EINTR)).isEqualTo(Integer.toString(CLOSED));
        }
    }

    private static String answered(TestSet set, Meanwhile meanwhile, long kernelSays) throws Exception {
        SemaphoreWaits waits = set.waits();
        Answer answer = arguments -> {
            if (meanwhile != Meanwhile.A_CLOSE) {
                Thread.currentThread().interrupt();
            }
            if (meanwhile != Meanwhile.AN_INTERRUPT) {
                waits.close();
            }
            return kernelSays;
        };
        Answer vainTry = arguments -> ScriptedAnswers.ASK_THE_KERNEL;
        return WaitingThread.start(PLATFORM, () -> {
                    try (ScriptedAnswers script = ScriptedAnswers.to("semop", vainTry, answer)) {
                        int got = waits.await(TAKE, FOREVER);
                        assertThat(script.remaining()).isZero();
                        return got;
                    }
                })
                .result();
    }

    // Threads that interrupt, and threads that end.

    @Test
    void aVirtualThreadMayInterruptAndClose() throws Exception {
        try (TestSet set = TestSet.of(0)) {
            SemaphoreWaits waits = set.waits();
            WaitingThread first = WaitingThread.start(PLATFORM, () -> waits.await(TAKE, FOREVER));
            WaitingThread second = WaitingThread.start(PLATFORM, () -> waits.await(TAKE, FOREVER));
            set.awaitWaiters(2);
            Thread.ofVirtual().start(first::interrupt).join();
            assertThat(first.result()).isEqualTo(INTERRUPTED);
            Thread.ofVirtual().start(waits::close).join();
            assertThat(second.result()).isEqualTo(Integer.toString(CLOSED));
        }
    }

    @Test
    void theWaiterOfADeadThreadIsCollectedAndNeverSignalled() throws Exception {
        try (TestSet set = TestSet.of(0);
                Kicks kicks = Kicks.counted()) {
            Gate gate = new Gate();
            AtomicReference<WeakReference<Waiter>> waiter = new AtomicReference<>();
            int tid = endedThread(set, gate, waiter);
            int before = kicks.to(tid);
            gate.close();
            kicks.letWatchRepeat();

            assertThat(kicks.to(tid)).isEqualTo(before);
            Garbage.collectUntil(() -> waiter.get().refersTo(null));
        }
    }

    /** Its wait had a deadline at Watch and a cancel; neither keeps it. */
    private static int endedThread(TestSet set, Gate gate, AtomicReference<WeakReference<Waiter>> waiter)
            throws InterruptedException {
        WaitingThread waiting = WaitingThread.start(PLATFORM, () -> {
            Waiter own = Waiter.enter(gate, FOREVER);
            waiter.set(new WeakReference<>(own));
            own.leave();
            return UntimedCall.take(set.id(), gate, 2_000 * MILLIS);
        });
        set.awaitWaiters(1);
        waiting.interrupt();
        assertThat(waiting.result()).isEqualTo(INTERRUPTED);
        waiting.thread().join();
        return waiting.tid();
    }
}
