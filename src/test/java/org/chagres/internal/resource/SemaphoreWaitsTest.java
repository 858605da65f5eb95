package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.resource.SemaphoreWaits.CLOSED;
import static org.chagres.internal.resource.SemaphoreWaits.FOREVER;
import static org.chagres.internal.resource.SemaphoreWaits.NOT_NOW;
import static org.chagres.internal.resource.SemaphoreWaits.operation;
import static org.chagres.internal.resource.TestSet.GIVE;
import static org.chagres.internal.resource.TestSet.TAKE;
import static org.chagres.internal.resource.WaitingThread.INTERRUPTED;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import org.chagres.internal.syscall.Errnos;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** One operation and several, on both kinds of threads: what ends the wait, and what is answered. */
@ExtendWith(LeakCheck.class)
class SemaphoreWaitsTest {
    private static final long MILLIS = 1_000_000;
    private static final long TAKE_SECOND = operation(1, -1, false, false);

    /** The forms of waiting for one permit of semaphore 0. */
    enum Form {
        ONE {
            @Override
            int await(SemaphoreWaits waits, long nanos) throws InterruptedException {
                return waits.await(TAKE, nanos);
            }

            @Override
            int attempt(SemaphoreWaits waits) {
                return waits.attempt(TAKE);
            }
        },
        SEVERAL {
            @Override
            int await(SemaphoreWaits waits, long nanos) throws InterruptedException {
                return waits.await(new long[] {TAKE, TAKE_SECOND}, nanos);
            }

            @Override
            int attempt(SemaphoreWaits waits) {
                return waits.attempt(new long[] {TAKE, TAKE_SECOND});
            }
        };

        abstract int await(SemaphoreWaits waits, long nanos) throws InterruptedException;

        abstract int attempt(SemaphoreWaits waits);
    }

    static Stream<Arguments> ways() {
        return Stream.of(ThreadKind.values())
                .flatMap(kind -> Stream.of(Form.values()).map(form -> arguments(kind, form)));
    }

    /** Its second semaphore has permits enough. */
    private static TestSet set(int value) {
        return TestSet.of(value, 10);
    }

    @ParameterizedTest
    @MethodSource("ways")
    void whatIsThereIsTakenAtOnce(ThreadKind kind, Form form) throws Exception {
        for (long nanos : new long[] {FOREVER, 1, 0, -1, Long.MIN_VALUE}) {
            try (TestSet set = set(1)) {
                assertThat(WaitingThread.start(kind, () -> form.await(set.waits(), nanos))
                                .result())
                        .isEqualTo("0");
                assertThat(set.value()).isZero();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aWaitEndsWithThePermit(ThreadKind kind, Form form) throws Exception {
        for (long nanos : new long[] {FOREVER, 60_000 * MILLIS}) {
            try (TestSet set = set(0)) {
                WaitingThread waiting = WaitingThread.start(kind, () -> form.await(set.waits(), nanos));
                set.awaitWaiters(1);
                set.give();
                assertThat(waiting.result()).isEqualTo("0");
                assertThat(set.value()).isZero();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void noTimeOrLessDoesNotWait(ThreadKind kind, Form form) throws Exception {
        try (TestSet set = set(0)) {
            for (long nanos : new long[] {0, -1, Long.MIN_VALUE}) {
                assertThat(WaitingThread.start(kind, () -> form.await(set.waits(), nanos))
                                .result())
                        .isEqualTo(Integer.toString(NOT_NOW));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aTimeoutIsNeverShort(ThreadKind kind, Form form) throws Exception {
        try (TestSet set = set(0)) {
            for (long nanos : new long[] {1, MILLIS, 30 * MILLIS}) {
                WaitingThread waiting = WaitingThread.start(kind, () -> form.await(set.waits(), nanos));
                assertThat(waiting.result()).isEqualTo(Integer.toString(NOT_NOW));
                assertThat(waiting.nanos()).isGreaterThanOrEqualTo(nanos);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void anInterruptEndsTheWaitAndTakesNothing(ThreadKind kind, Form form) throws Exception {
        for (long nanos : new long[] {FOREVER, 60_000 * MILLIS}) {
            try (TestSet set = set(0)) {
                SemaphoreWaits waits = set.waits();
                WaitingThread waiting = WaitingThread.start(kind, () -> form.await(waits, nanos));
                set.awaitWaiters(1);
                waiting.interrupt();
                assertThat(waiting.result()).isEqualTo(INTERRUPTED);
                set.give();
                assertThat(set.value()).isEqualTo(1);
                assertThat(form.attempt(waits)).as("usable afterwards").isZero();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void whoIsInterruptedBeforeTakesNothingThoughThereIsAPermit(ThreadKind kind, Form form) throws Exception {
        try (TestSet set = set(1)) {
            for (long nanos : new long[] {FOREVER, MILLIS, 0, -1}) {
                WaitingThread waiting = WaitingThread.start(kind, () -> {
                    Thread.currentThread().interrupt();
                    return form.await(set.waits(), nanos);
                });
                assertThat(waiting.result()).isEqualTo(INTERRUPTED);
                assertThat(set.value()).isEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void whoDoesNotWaitDoesNotLookAtTheInterrupt(ThreadKind kind, Form form) throws Exception {
        try (TestSet set = set(1)) {
            WaitingThread trying = WaitingThread.start(kind, () -> {
                Thread.currentThread().interrupt();
                return form.attempt(set.waits());
            });
            assertThat(trying.result()).isEqualTo("0 and " + INTERRUPTED);
            assertThat(form.attempt(set.waits())).isEqualTo(NOT_NOW);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aCloseEndsTheWaitAndThoseToCome(ThreadKind kind, Form form) throws Exception {
        for (long nanos : new long[] {FOREVER, 60_000 * MILLIS}) {
            try (TestSet set = set(0)) {
                SemaphoreWaits waits = set.waits();
                WaitingThread waiting = WaitingThread.start(kind, () -> form.await(waits, nanos));
                set.awaitWaiters(1);
                waits.close();
                assertThat(waiting.result()).isEqualTo(Integer.toString(CLOSED));
                set.give();
                for (long more : new long[] {nanos, 0}) {
                    assertThat(WaitingThread.start(kind, () -> form.await(waits, more))
                                    .result())
                            .isEqualTo(Integer.toString(CLOSED));
                }
                assertThat(set.value()).isEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aRemovalEndsTheWait(ThreadKind kind, Form form) throws Exception {
        for (long nanos : new long[] {FOREVER, 60_000 * MILLIS}) {
            try (TestSet set = set(0)) {
                WaitingThread waiting = WaitingThread.start(kind, () -> form.await(set.waits(), nanos));
                set.awaitWaiters(1);
                assertThat(SemaphoreObject.remove(set.id())).isZero();
                assertThat(waiting.result()).isEqualTo(Integer.toString(-Errnos.EIDRM));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void theKernelsRefusalIsTheAnswer(ThreadKind kind, Form form) throws Exception {
        int gone;
        try (TestSet set = set(0)) {
            gone = set.id();
        }
        SemaphoreWaits waits = new SemaphoreWaits(gone);
        for (long nanos : new long[] {FOREVER, MILLIS, 0}) {
            assertThat(WaitingThread.start(kind, () -> form.await(waits, nanos)).result())
                    .isEqualTo(Integer.toString(-Errnos.EINVAL));
        }
        assertThat(form.attempt(waits)).isEqualTo(-Errnos.EINVAL);
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aTryThatIsInterruptedBySignalIsMadeAgain(ThreadKind kind, Form form) throws Exception {
        try (TestSet set = set(1)) {
            WaitingThread trying = WaitingThread.start(kind, () -> {
                try (ScriptedAnswers script =
                        ScriptedAnswers.to("semop", arguments -> -Errnos.EINTR, arguments -> -Errnos.EINTR)) {
                    int answer = form.attempt(set.waits());
                    assertThat(script.remaining()).isZero();
                    return answer;
                }
            });
            assertThat(trying.result()).isEqualTo("0");
        }
    }

    // Several operations.

    @ParameterizedTest
    @EnumSource
    void severalAreDoneTogetherOrNotAtAll(ThreadKind kind) throws Exception {
        try (TestSet set = TestSet.of(1, 0)) {
            long[] both = {TAKE, TAKE_SECOND};
            WaitingThread waiting = WaitingThread.start(kind, () -> set.waits().await(both, FOREVER));
            Await.until(() -> SemaphoreObject.waitingForIncrease(set.id(), 1) == 1);
            assertThat(set.value()).as("not taken while the other is missing").isEqualTo(1);
            assertThat(set.waits().attempt(new long[] {operation(1, 1, false, false)}))
                    .isZero();
            assertThat(waiting.result()).isEqualTo("0");
            assertThat(set.value()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneThatMustNotWaitKeepsAllFromWaiting(ThreadKind kind) throws Exception {
        try (TestSet set = set(0)) {
            long[] operations = {TAKE_SECOND, operation(0, -1, false, true)};
            assertThat(WaitingThread.start(kind, () -> set.waits().await(operations, FOREVER))
                            .result())
                    .isEqualTo(Integer.toString(NOT_NOW));
        }
    }

    @Test
    void anOperationIsTheSixBytesOfTheKernelsStruct() {
        assertThat(operation(0x1234, -1, false, false)).isEqualTo(0x0000_ffff_1234L);
        assertThat(operation(0xffff, 1, true, true)).isEqualTo(0x1800_0001_ffffL);
        assertThat(List.of(GIVE, TAKE)).containsExactly(0x0000_0001_0000L, 0x0000_ffff_0000L);
    }
}
