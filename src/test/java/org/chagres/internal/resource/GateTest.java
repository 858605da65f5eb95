package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.resource.SemaphoreWaits.CLOSED;
import static org.chagres.internal.resource.SemaphoreWaits.FOREVER;
import static org.chagres.internal.resource.TestSet.TAKE;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Closing ends the waits behind a gate, and no others. */
@ExtendWith(LeakCheck.class)
class GateTest {
    private static final String CLOSED_ANSWER = Integer.toString(CLOSED);

    @Test
    void aGateIsOpenUntilItIsClosedOnceAndForEver() {
        Gate gate = new Gate();
        assertThat(gate.isClosed()).isFalse();
        gate.close();
        assertThat(gate.isClosed()).isTrue();
        gate.close();
        assertThat(gate.isClosed()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void closingFromManyThreadsAtOnceEndsEveryWait(ThreadKind kind) throws Exception {
        int threads = 8;
        try (TestSet set = TestSet.of(0)) {
            SemaphoreWaits waits = set.waits();
            List<WaitingThread> waiting = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                waiting.add(WaitingThread.start(kind, () -> waits.await(TAKE, FOREVER)));
            }
            set.awaitWaiters(kind == ThreadKind.PLATFORM ? threads : 1); // of virtual threads the first of the line

            CountDownLatch together = new CountDownLatch(1);
            List<WaitingThread> closers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                closers.add(WaitingThread.start(i % 2 == 0 ? ThreadKind.PLATFORM : ThreadKind.VIRTUAL, () -> {
                    together.await();
                    waits.close();
                    return 0;
                }));
            }
            together.countDown();
            for (WaitingThread closer : closers) {
                assertThat(closer.result()).isEqualTo("0");
            }
            for (WaitingThread waiter : waiting) {
                assertThat(waiter.result()).isEqualTo(CLOSED_ANSWER);
            }
            assertThat(set.value()).isZero();
        }
    }

    /** Each waiter comes at its own moment around the close: before it, during it, after it. */
    @ParameterizedTest
    @EnumSource
    void noWaitEscapesACloseThatComesAsItBegins(ThreadKind kind) throws Exception {
        int rounds = 200;
        try (TestSet set = TestSet.of(0)) {
            for (int round = 0; round < rounds; round++) {
                SemaphoreWaits waits = set.waits();
                CountDownLatch together = new CountDownLatch(1);
                WaitingThread waiting = WaitingThread.start(kind, () -> {
                    together.countDown();
                    return waits.await(TAKE, FOREVER);
                });
                together.await();
                waits.close();
                assertThat(waiting.result()).isEqualTo(CLOSED_ANSWER);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoWaitsBehindAnotherGateIsNotDisturbed(ThreadKind kind) throws Exception {
        try (TestSet set = TestSet.of(0);
                Kicks kicks = Kicks.counted()) {
            SemaphoreWaits closing = set.waits();
            SemaphoreWaits staying = set.waits();
            WaitingThread other = WaitingThread.start(kind, () -> staying.await(TAKE, FOREVER));
            set.awaitWaiters(1);
            WaitingThread waiting = WaitingThread.start(kind, () -> closing.await(TAKE, FOREVER));
            set.awaitWaiters(2);
            closing.close();
            assertThat(waiting.result()).isEqualTo(CLOSED_ANSWER);

            assertThat(kicks.to(other.tid())).isZero();
            assertThat(other.isOver()).isFalse();
            set.give();
            assertThat(other.result()).isEqualTo("0");
        }
    }
}
