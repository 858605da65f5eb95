package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.chagres.semaphore.SemaphoreOperation.acquire;
import static org.chagres.semaphore.SemaphoreOperation.awaitZero;
import static org.chagres.semaphore.SemaphoreOperation.release;
import static org.chagres.semaphore.TestSemaphores.result;
import static org.chagres.semaphore.TestSemaphores.start;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.inspect.SemaphoreTable;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Several semaphores in one step, and their values. */
@ExtendWith(LeakCheck.class)
class SemaphoreSetTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @Nested
    class OneStep {
        @Test
        void doesAllOfItsOperations() throws Exception {
            try (TestSemaphores four = TestSemaphores.of(0, 0, 0, 0);
                    SemaphoreSet set = four.open()) {
                set.apply(
                        release(1, 1).withUndo(),
                        release(2, 4).withUndo(),
                        release(3, 9).withUndo());
                assertThat(four.values()).containsExactly(0, 1, 4, 9);
                assertThat(set.values()).containsExactly(0, 1, 4, 9);
                assertThat(set.tryApply(acquire(3, 9), release(0))).isTrue();
                assertThat(set.tryApply(LONG, acquire(2, 4), release(0))).isTrue();
                assertThat(four.values()).containsExactly(2, 1, 0, 0);
            }
        }

        @Test
        void doesNoneWhereOneIsNotPossible() throws Exception {
            try (TestSemaphores three = TestSemaphores.of(5, 0, 5);
                    SemaphoreSet set = three.open()) {
                assertThat(set.tryApply(acquire(0), acquire(1), acquire(2))).isFalse();
                assertThat(set.tryApply(Duration.ZERO, release(0), acquire(1))).isFalse();
                assertThat(set.tryApply(Duration.ofMillis(30), release(0), awaitZero(2)))
                        .isFalse();
                assertThat(three.values()).containsExactly(5, 0, 5);
            }
        }

        @ParameterizedTest
        @EnumSource
        void takesNothingUntilAllIsPossible(ThreadKind kind) throws Exception {
            try (TestSemaphores two = TestSemaphores.of(1, 0);
                    SemaphoreSet set = two.open()) {
                FutureTask<String> waiter = start(kind, () -> set.apply(acquire(0), acquire(1)));
                two.awaitWaiters(1, 1);
                assertThat(two.values()).containsExactly(1, 0);
                set.semaphore(0).acquire();
                set.semaphore(1).release();
                assertThat(two.values()).containsExactly(0, 1);
                assertThat(waiter.isDone()).isFalse();
                set.semaphore(0).release();
                assertThat(result(waiter)).isEqualTo("done");
                assertThat(two.values()).containsExactly(0, 0);
            }
        }

        @ParameterizedTest
        @EnumSource
        void waitsForALimitedTimeToo(ThreadKind kind) throws Exception {
            try (TestSemaphores two = TestSemaphores.of(0, 0);
                    SemaphoreSet set = two.open()) {
                FutureTask<Boolean> waiter = kind.start(() -> set.tryApply(LONG, acquire(0), acquire(1)));
                two.awaitWaiters(0, 1);
                set.setValues(1, 1);
                assertThat(result(waiter)).isTrue();
                assertThat(result(kind.start(() -> set.tryApply(Duration.ofMillis(30), release(0), acquire(1)))))
                        .isFalse();
                assertThat(two.values()).containsExactly(0, 0);
            }
        }

        @Test
        void isDoneInTheOrderGiven() throws Exception {
            try (TestSemaphores one = TestSemaphores.of(0);
                    SemaphoreSet set = one.open()) {
                assertThat(set.tryApply(acquire(0), release(0))).isFalse();
                assertThat(set.tryApply(release(0), acquire(0))).isTrue();
                assertThat(set.tryApply(release(0), awaitZero(0))).isFalse();
                // How a counter is made to be 1 if nobody else did: the same semaphore twice.
                assertThat(set.tryApply(awaitZero(0), release(0))).isTrue();
                assertThat(set.tryApply(awaitZero(0), release(0))).isFalse();
                assertThat(one.values()).containsExactly(1);
                assertThat(set.tryApply(acquire(0), awaitZero(0), release(0, 7), acquire(0, 2)))
                        .isTrue();
                assertThat(one.values()).containsExactly(5);
            }
        }

        @Test
        void mayPassTheGreatestValueAtNoMoment() throws Exception {
            try (TestSemaphores one = TestSemaphores.of(32767);
                    SemaphoreSet set = one.open()) {
                assertThat(set.tryApply(acquire(0), release(0))).isTrue();
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> set.apply(release(0), acquire(0)))
                        .withMessageStartingWith("semop: ERANGE (34), applying [")
                        .withMessageContaining("semaphore set id=" + one.id() + "; ")
                        .withMessageEndingWith("at most 32767 (SEMVMX)");
                assertThat(one.values()).containsExactly(32767);
            }
        }

        @Test
        void takesAndGivesTheGreatestDeltasUncut() throws Exception {
            try (TestSemaphores one = TestSemaphores.of(0);
                    SemaphoreSet set = one.open()) {
                assertThat(set.tryApply(new SemaphoreOperation(0, 32767, false, false)))
                        .isTrue();
                assertThat(one.values()).containsExactly(32767);
                // More than there can ever be.
                assertThat(set.tryApply(new SemaphoreOperation(0, -32768, false, false)))
                        .isFalse();
                assertThat(set.tryApply(new SemaphoreOperation(0, -32767, false, false)))
                        .isTrue();
                assertThat(one.values()).containsExactly(0);
            }
        }

        @Test
        void mayChangeMoreThanOnceWhatItUndoes() throws Exception {
            try (TestSemaphores one = TestSemaphores.of(32767);
                    SemaphoreSet set = one.open()) {
                // Taken with undo, twice the greatest: the second is more than can be remembered.
                set.apply(acquire(0, 32767).withUndo(), release(0, 32767));
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> set.apply(acquire(0).withUndo()))
                        .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.ERANGE));
                set.apply(acquire(0, 32767), release(0, 32767).withUndo());
                set.apply(acquire(0).withUndo());
                assertThat(one.values()).containsExactly(32766);
            }
        }

        @Test
        void ofAnOperationThatIsNotToWaitFailsAtOnce() throws Exception {
            try (TestSemaphores two = TestSemaphores.of(0, 0);
                    SemaphoreSet set = two.open()) {
                for (ThreadKind kind : ThreadKind.values()) {
                    FutureTask<String> waiter =
                            start(kind, () -> set.apply(release(1), acquire(0).withNoWait()));
                    assertThat(TestSemaphores.failure(waiter))
                            .isInstanceOf(ErrnoException.class)
                            .hasMessageStartingWith("semop: EAGAIN (11), applying [")
                            .hasMessageEndingWith("; an operation that is not to wait would have to");
                    FutureTask<Boolean> timed = kind.start(
                            () -> set.tryApply(LONG, release(1), acquire(0).withNoWait()));
                    assertThat(result(timed)).isFalse();
                }
                assertThat(two.values()).containsExactly(0, 0);
            }
        }

        /**
         * Which one would have to wait decides: an operation that may wait does, and the other is looked at again after
         * it.
         */
        @ParameterizedTest
        @EnumSource
        void ofBothKindsWaitsForTheOneAndFailsByTheOther(ThreadKind kind) throws Exception {
            try (TestSemaphores two = TestSemaphores.of(0, 1);
                    SemaphoreSet set = two.open()) {
                FutureTask<String> waiter =
                        start(kind, () -> set.apply(acquire(0), acquire(1).withNoWait()));
                two.awaitWaiters(0, 1);
                set.semaphore(1).acquire();
                set.semaphore(0).release();
                assertThat(TestSemaphores.errnoOf(waiter)).isEqualTo(Errno.EAGAIN);
                assertThat(two.values()).containsExactly(1, 0);
            }
        }

        @Test
        void waitsForZeroWhereAsked() throws Exception {
            try (TestSemaphores two = TestSemaphores.of(1, 1);
                    SemaphoreSet set = two.open()) {
                FutureTask<String> waiter = start(ThreadKind.PLATFORM, () -> set.apply(awaitZero(0), acquire(1)));
                two.awaitWaitersForZero(0, 1);
                set.semaphore(0).acquire();
                assertThat(result(waiter)).isEqualTo("done");
                assertThat(two.values()).containsExactly(0, 0);
            }
        }

        @Test
        void mayHaveAsManyOperationsAsTheSystemAllows() throws Exception {
            int most = SemaphoreTable.limits().maxOperations();
            try (TestSemaphores one = TestSemaphores.of(0);
                    SemaphoreSet set = one.open()) {
                assertThat(set.tryApply(gifts(most))).isTrue();
                assertThat(one.values()).containsExactly(most);
                for (int tooMany : new int[] {most + 1, 1024 + most}) {
                    assertThatExceptionOfType(ErrnoException.class)
                            .isThrownBy(() -> set.apply(gifts(tooMany)))
                            .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.E2BIG))
                            .withMessageStartingWith("semop: E2BIG (7), ")
                            .satisfies(
                                    failure -> assertThat(failure.getMessage()).hasSizeLessThan(1000))
                            .withMessageContaining("semaphore set id=" + one.id())
                            .withMessageEndingWith("; SEMOPM, the most operations in one step, is " + most);
                    assertThatExceptionOfType(ErrnoException.class).isThrownBy(() -> set.tryApply(gifts(tooMany)));
                    assertThatExceptionOfType(ErrnoException.class)
                            .isThrownBy(() -> set.tryApply(LONG, gifts(tooMany)))
                            .withMessageStartingWith("semop: E2BIG (7), ");
                }
                assertThat(one.values()).containsExactly(most);
            }
        }

        private static SemaphoreOperation[] gifts(int count) {
            SemaphoreOperation[] gifts = new SemaphoreOperation[count];
            Arrays.fill(gifts, release(0));
            return gifts;
        }

        @Test
        void looksAtNoInterruptIfItNeverWaits() throws Exception {
            try (TestSemaphores one = TestSemaphores.of(1);
                    SemaphoreSet set = one.open()) {
                Thread.currentThread().interrupt();
                assertThat(set.tryApply(acquire(0))).isTrue();
                assertThat(Thread.interrupted()).isTrue();
            }
        }
    }

    @Nested
    class RefusedBeforeTheKernelIsAsked {
        @Test
        void isAStepOfNothing() throws Exception {
            try (TestSemaphores one = TestSemaphores.of(1);
                    SemaphoreSet set = one.open()) {
                String message = "at least one operation";
                TestSemaphores.assertRefused(set::apply, message);
                TestSemaphores.assertRefused(set::tryApply, message);
                TestSemaphores.assertRefused(() -> set.tryApply(LONG), message);
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {2, 3, 65535})
        void isANumberThatTheSetDoesNotHave(int number) throws Exception {
            try (TestSemaphores two = TestSemaphores.of(1, 1);
                    SemaphoreSet set = two.open()) {
                String message = "the set has 2 semaphores, numbered from 0, and none of number " + number;
                TestSemaphores.assertRefused(() -> set.apply(release(0), release(number)), message);
                TestSemaphores.assertRefused(() -> set.tryApply(release(number)), message);
                TestSemaphores.assertRefused(() -> set.tryApply(LONG, release(number)), message);
                TestSemaphores.assertRefused(() -> set.semaphore(number), message);
                TestSemaphores.assertRefused(() -> set.setValue(number, 1), message);
                assertThat(two.values()).containsExactly(1, 1);
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, Integer.MIN_VALUE})
        void isANegativeNumber(int number) throws Exception {
            try (TestSemaphores two = TestSemaphores.of(1, 1);
                    SemaphoreSet set = two.open()) {
                String message = "none of number " + number;
                TestSemaphores.assertRefused(() -> set.semaphore(number), message);
                TestSemaphores.assertRefused(() -> set.setValue(number, 1), message);
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, 32768, 65536, Integer.MAX_VALUE, Integer.MIN_VALUE})
        void isAValueThatASemaphoreCannotHave(int value) throws Exception {
            try (TestSemaphores two = TestSemaphores.of(1, 1);
                    SemaphoreSet set = two.open()) {
                String message = "the value of a semaphore is 0 to 32767, not " + value;
                TestSemaphores.assertRefused(() -> set.setValue(1, value), message);
                TestSemaphores.assertRefused(() -> set.setValues(0, value), message);
                assertThat(two.values()).containsExactly(1, 1);
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 3})
        void isAnotherNumberOfValuesThanTheSetHas(int count) throws Exception {
            try (TestSemaphores two = TestSemaphores.of(1, 1);
                    SemaphoreSet set = two.open()) {
                TestSemaphores.assertRefused(
                        () -> set.setValues(new int[count]),
                        "the set has 2 semaphores, and " + count + " values were given");
            }
        }

        @Test
        void isNothingAtAll() throws Exception {
            try (TestSemaphores two = TestSemaphores.of(1, 1);
                    SemaphoreSet set = two.open()) {
                SemaphoreOperation[] array = null;
                SemaphoreOperation operation = null;
                int[] values = null;
                Class<NullPointerException> type = NullPointerException.class;
                TestSemaphores.assertThrownWithoutTheKernel(type, () -> set.apply(array), "operations");
                TestSemaphores.assertThrownWithoutTheKernel(type, () -> set.tryApply(array), "operations");
                TestSemaphores.assertThrownWithoutTheKernel(type, () -> set.tryApply(LONG, array), "operations");
                TestSemaphores.assertThrownWithoutTheKernel(type, () -> set.apply(release(0), operation), "operation");
                TestSemaphores.assertThrownWithoutTheKernel(
                        type, () -> set.tryApply((Duration) null, release(0)), "timeout");
                TestSemaphores.assertThrownWithoutTheKernel(type, () -> set.setValues(values), "values");
                TestSemaphores.assertThrownWithoutTheKernel(type, () -> set.setPermissions(null), "permissions");
            }
        }
    }

    @Nested
    class Values {
        @Test
        void areThoseOfAllSemaphores() throws Exception {
            try (TestSemaphores many = TestSemaphores.of(4, 0, 32767, 1);
                    SemaphoreSet set = many.open()) {
                assertThat(set.values()).containsExactly(4, 0, 32767, 1);
                assertThat(IntStream.range(0, 4)
                                .map(number -> availablePermits(set, number))
                                .toArray())
                        .containsExactly(4, 0, 32767, 1);
                assertThat(many.values()).containsExactly(4, 0, 32767, 1);
            }
        }

        private static int availablePermits(SemaphoreSet set, int number) {
            try {
                return set.semaphore(number).availablePermits();
            } catch (ErrnoException failure) {
                throw new AssertionError(failure);
            }
        }

        @Test
        void areAllSetInOneStep() throws Exception {
            try (TestSemaphores many = TestSemaphores.of(4, 0, 3);
                    SemaphoreSet set = many.open()) {
                set.setValues(0, 32767, 9);
                assertThat(many.values()).containsExactly(0, 32767, 9);
                int[] poked = set.values();
                poked[1] = 5;
                assertThat(many.values()).containsExactly(0, 32767, 9);
                set.setValues(poked);
                assertThat(many.values()).containsExactly(0, 5, 9);
            }
        }

        @Test
        void areSetOneByOne() throws Exception {
            try (TestSemaphores many = TestSemaphores.of(4, 0, 3);
                    SemaphoreSet set = many.open()) {
                set.setValue(1, 32767);
                assertThat(many.values()).containsExactly(4, 32767, 3);
                set.setValue(0, 0);
                assertThat(many.values()).containsExactly(0, 32767, 3);
            }
        }

        @ParameterizedTest
        @EnumSource
        void thatAreSetWakeWhoWaitedForThem(ThreadKind kind) throws Exception {
            try (TestSemaphores two = TestSemaphores.of(0, 1);
                    SemaphoreSet set = two.open()) {
                FutureTask<String> taker = start(kind, set.semaphore(0)::acquire);
                FutureTask<String> zero = start(kind, set.semaphore(1)::awaitZero);
                two.awaitWaiters(0, 1);
                two.awaitWaitersForZero(1, 1);
                set.setValue(0, 2);
                assertThat(result(taker)).isEqualTo("done");
                assertThat(zero.isDone()).isFalse();
                set.setValue(1, 0);
                assertThat(result(zero)).isEqualTo("done");
                assertThat(two.values()).containsExactly(1, 0);
            }
        }

        @ParameterizedTest
        @EnumSource
        void thatAreSetTogetherWakeWhoWaitedForThem(ThreadKind kind) throws Exception {
            try (TestSemaphores two = TestSemaphores.of(0, 1);
                    SemaphoreSet set = two.open()) {
                FutureTask<String> taker = start(kind, set.semaphore(0)::acquire);
                FutureTask<String> zero = start(kind, set.semaphore(1)::awaitZero);
                two.awaitWaiters(0, 1);
                two.awaitWaitersForZero(1, 1);
                set.setValues(2, 0);
                assertThat(result(taker)).isEqualTo("done");
                assertThat(result(zero)).isEqualTo("done");
                assertThat(two.values()).containsExactly(1, 0);
            }
        }
    }

    @Test
    void saysWhichItIs() throws Exception {
        try (TestSemaphores two = TestSemaphores.of(1, 1)) {
            SemaphoreSet set = two.open();
            assertThat(set).hasToString("SemaphoreSet[id=" + two.id() + ", size=2]");
            set.close();
            assertThat(set).hasToString("SemaphoreSet[id=" + two.id() + ", size=2, closed]");
        }
    }
}
