package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.chagres.semaphore.TestSemaphores.result;
import static org.chagres.semaphore.TestSemaphores.start;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One semaphore: what its operations do to its value, and for what they wait. */
@ExtendWith(LeakCheck.class)
class ProcessSemaphoreTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(30);

    @Nested
    class Making {
        @Test
        void createGivesASetOfOne() throws IOException {
            try (ProcessSemaphore semaphore = ProcessSemaphore.create(IpcKey.PRIVATE, 3);
                    TestSemaphores set = TestSemaphores.existing(semaphore.set().id())) {
                assertThat(set.values()).containsExactly(3);
                assertThat(semaphore.number()).isZero();
                assertThat(semaphore.set().size()).isEqualTo(1);
                assertThat(semaphore.set().created()).isTrue();
            }
        }

        @Test
        void openByKeyAndByIdentifierGivesTheFirstOfTheSet() throws Exception {
            try (TestSemaphores set = TestSemaphores.withRandomKey(3, 4);
                    ProcessSemaphore byKey = ProcessSemaphore.open(set.key());
                    ProcessSemaphore byId = ProcessSemaphore.open(set.id())) {
                byKey.acquire();
                byId.acquire();
                assertThat(set.values()).containsExactly(1, 4);
                assertThat(List.of(byKey.set().created(), byId.set().created())).containsOnly(false);
            }
        }

        @Test
        void openOrCreateGivesTheFirstValueOnlyOnce() throws Exception {
            IpcKey key = IpcKey.random();
            try (ProcessSemaphore creator = ProcessSemaphore.openOrCreate(key, 3);
                    TestSemaphores set = TestSemaphores.existing(creator.set().id());
                    ProcessSemaphore opener = ProcessSemaphore.openOrCreate(key, 5)) {
                assertThat(creator.set().created()).isTrue();
                assertThat(opener.set().created()).isFalse();
                assertThat(opener.set().id()).isEqualTo(set.id());
                assertThat(set.values()).containsExactly(3);
            }
        }

        @Test
        void saysWhichItIs() throws Exception {
            try (TestSemaphores two = TestSemaphores.of(1, 1)) {
                SemaphoreSet set = two.open();
                ProcessSemaphore second = set.semaphore(1);
                assertThat(second).hasToString("ProcessSemaphore[id=" + two.id() + ", number=1]");
                assertThat(second.withUndo()).hasToString("ProcessSemaphore[id=" + two.id() + ", number=1, undo]");
                set.close();
                assertThat(second).hasToString("ProcessSemaphore[id=" + two.id() + ", number=1, closed]");
            }
        }
    }

    @Nested
    class Taking {
        @Test
        void onePermitTakesOne() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(3);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                semaphore.acquire();
                assertThat(set.values()).containsExactly(2);
                assertThat(semaphore.tryAcquire()).isTrue();
                assertThat(set.values()).containsExactly(1);
                assertThat(semaphore.tryAcquire(LONG)).isTrue();
                assertThat(set.values()).containsExactly(0);
            }
        }

        @Test
        void severalTakesThemAtOnceOrNone() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(10);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                semaphore.acquire(2);
                assertThat(semaphore.tryAcquire(3)).isTrue();
                assertThat(semaphore.tryAcquire(4, LONG)).isTrue();
                assertThat(set.values()).containsExactly(1);
                assertThat(semaphore.tryAcquire(2)).isFalse();
                assertThat(semaphore.tryAcquire(2, SHORT)).isFalse();
                assertThat(set.values()).containsExactly(1);
            }
        }

        @Test
        void allThatThereCanBeTakesAll() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(32767);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                semaphore.acquire(32767);
                assertThat(set.values()).containsExactly(0);
                semaphore.release(32767);
                assertThat(set.values()).containsExactly(32767);
            }
        }

        @Test
        void whatIsNotThereFailsAtOnceOrAfterTheTime() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(0);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                assertThat(semaphore.tryAcquire()).isFalse();
                assertThat(semaphore.tryAcquire(Duration.ZERO)).isFalse();
                assertThat(semaphore.tryAcquire(Duration.ofSeconds(-1))).isFalse();
                assertThat(semaphore.tryAcquire(1, Duration.ofSeconds(Long.MIN_VALUE)))
                        .isFalse();
                long start = System.nanoTime();
                assertThat(semaphore.tryAcquire(SHORT)).isFalse();
                assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(SHORT.toNanos());
                assertThat(set.values()).containsExactly(0);
            }
        }

        @Test
        void whatIsThereNeedsNoTime() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(2);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                assertThat(semaphore.tryAcquire(Duration.ZERO)).isTrue();
                assertThat(semaphore.tryAcquire(Duration.ofNanos(-1))).isTrue();
                assertThat(set.values()).containsExactly(0);
            }
        }

        @ParameterizedTest
        @EnumSource
        void waitsForARelease(ThreadKind kind) throws Exception {
            try (TestSemaphores set = TestSemaphores.of(0);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                FutureTask<String> waiter = start(kind, semaphore::acquire);
                set.awaitWaiters(0, 1);
                semaphore.release();
                assertThat(result(waiter)).isEqualTo("done");
                assertThat(set.values()).containsExactly(0);
            }
        }

        @ParameterizedTest
        @EnumSource
        void waitsForAsManyAsAreWanted(ThreadKind kind) throws Exception {
            try (TestSemaphores set = TestSemaphores.of(0);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                FutureTask<String> waiter = start(kind, () -> semaphore.acquire(3));
                set.awaitWaiters(0, 1);
                semaphore.release(2);
                assertThat(set.values()).containsExactly(2);
                set.awaitWaiters(0, 1);
                semaphore.release();
                assertThat(result(waiter)).isEqualTo("done");
                assertThat(set.values()).containsExactly(0);
            }
        }

        @ParameterizedTest
        @EnumSource
        void waitsForAReleaseForALimitedTime(ThreadKind kind) throws Exception {
            try (TestSemaphores set = TestSemaphores.of(0);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                for (Duration timeout : List.of(LONG, Duration.ofSeconds(Long.MAX_VALUE, 999_999_999))) {
                    FutureTask<Boolean> waiter = kind.start(() -> semaphore.tryAcquire(2, timeout));
                    set.awaitWaiters(0, 1);
                    semaphore.release(2);
                    assertThat(result(waiter)).isTrue();
                }
                assertThat(set.values()).containsExactly(0);
            }
        }

        @Test
        void isLateInLineToo() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(0);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                FutureTask<Boolean> first = ThreadKind.VIRTUAL.start(() -> semaphore.tryAcquire(LONG));
                set.awaitWaiters(0, 1);
                assertThat(result(ThreadKind.VIRTUAL.start(() -> semaphore.tryAcquire(SHORT))))
                        .isFalse();
                semaphore.release();
                assertThat(result(first)).isTrue();
                assertThat(set.values()).containsExactly(0);
            }
        }

        @Test
        void aTryLooksAtNoInterrupt() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(2);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                Thread.currentThread().interrupt();
                assertThat(semaphore.tryAcquire()).isTrue();
                assertThat(semaphore.tryAcquire(2)).isFalse();
                assertThat(semaphore.tryHold()).isPresent();
                semaphore.release();
                assertThat(Thread.interrupted()).isTrue();
                assertThat(set.values()).containsExactly(1);
            }
        }

        @Test
        void fewIsNotHeldUpByOneWhoWantsMany() throws Exception {
            for (ThreadKind kind : ThreadKind.values()) {
                try (TestSemaphores set = TestSemaphores.of(0);
                        ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                    FutureTask<String> many = start(kind, () -> semaphore.acquire(2));
                    set.awaitWaiters(0, 1);
                    FutureTask<String> few = start(kind, () -> semaphore.acquire(1));
                    set.awaitWaiters(0, 2);
                    semaphore.release();
                    assertThat(result(few)).isEqualTo("done");
                    assertThat(many.isDone()).isFalse();
                    semaphore.release(2);
                    assertThat(result(many)).isEqualTo("done");
                }
            }
        }

        @Test
        void onAVirtualThreadLeavesThePlatformItsTurn() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(0);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                FutureTask<String> virtual = start(ThreadKind.VIRTUAL, semaphore::acquire);
                set.awaitWaiters(0, 1);
                FutureTask<String> platform = start(ThreadKind.PLATFORM, semaphore::acquire);
                set.awaitWaiters(0, 2);
                semaphore.release(2);
                assertThat(result(virtual)).isEqualTo("done");
                assertThat(result(platform)).isEqualTo("done");
                assertThat(set.values()).containsExactly(0);
            }
        }
    }

    @Nested
    class Giving {
        @Test
        void addsPermitsThatNobodyTookBefore() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(0);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                semaphore.release();
                semaphore.release(4);
                assertThat(set.values()).containsExactly(5);
                assertThat(semaphore.availablePermits()).isEqualTo(5);
            }
        }

        @Test
        void wakesAsManyAsItGivesFor() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(0);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                List<FutureTask<String>> waiters = List.of(
                        start(ThreadKind.PLATFORM, semaphore::acquire),
                        start(ThreadKind.PLATFORM, semaphore::acquire),
                        start(ThreadKind.PLATFORM, semaphore::acquire));
                set.awaitWaiters(0, 3);
                semaphore.release(2);
                Await.until(() -> waiters.stream().filter(FutureTask::isDone).count() == 2);
                set.awaitWaiters(0, 1);
                semaphore.release();
                for (FutureTask<String> waiter : waiters) {
                    result(waiter);
                }
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 32767})
        void beyondTheGreatestValueIsRefusedAndChangesNothing(int permits) throws Exception {
            try (TestSemaphores set = TestSemaphores.of(32767);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> semaphore.release(permits))
                        .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.ERANGE))
                        .withMessage("semop: ERANGE (34), releasing " + permits
                                + (permits == 1 ? " permit" : " permits") + " of semaphore 0 of semaphore set id="
                                + set.id() + "; a value, and what is to be undone, is at most 32767 (SEMVMX)");
                assertThat(set.values()).containsExactly(32767);
            }
        }
    }

    @Nested
    class AwaitingZero {
        @Test
        void endsAtOnceWhereItIsZeroAndChangesNothing() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(0);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                semaphore.awaitZero();
                assertThat(semaphore.tryAwaitZero(Duration.ZERO)).isTrue();
                assertThat(set.values()).containsExactly(0);
            }
        }

        @Test
        void isFalseAfterTheTime() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(1);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                assertThat(semaphore.tryAwaitZero(Duration.ZERO)).isFalse();
                long start = System.nanoTime();
                assertThat(semaphore.tryAwaitZero(SHORT)).isFalse();
                assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(SHORT.toNanos());
                assertThat(set.values()).containsExactly(1);
            }
        }

        @ParameterizedTest
        @EnumSource
        void endsWhenTheLastPermitIsTaken(ThreadKind kind) throws Exception {
            try (TestSemaphores set = TestSemaphores.of(2);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                FutureTask<String> waiter = start(kind, semaphore::awaitZero);
                set.awaitWaitersForZero(0, 1);
                FutureTask<Boolean> timed = ThreadKind.PLATFORM.start(() -> semaphore.tryAwaitZero(LONG));
                set.awaitWaitersForZero(0, 2);
                semaphore.acquire();
                set.awaitWaitersForZero(0, 2);
                semaphore.acquire();
                assertThat(result(waiter)).isEqualTo("done");
                assertThat(result(timed)).isTrue();
                assertThat(set.values()).containsExactly(0);
            }
        }
    }

    @Nested
    class WithUndo {
        @Test
        void isTheSameSemaphore() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(0, 3);
                    SemaphoreSet opened = set.open()) {
                ProcessSemaphore plain = opened.semaphore(1);
                ProcessSemaphore undoing = plain.withUndo();
                undoing.acquire();
                assertThat(set.values()).containsExactly(0, 2);
                undoing.release();
                assertThat(undoing.number()).isEqualTo(1);
                assertThat(undoing.set()).isSameAs(plain.set());
                assertThat(undoing.withUndo()).isSameAs(undoing);
            }
        }

        /**
         * Each leaves as much to be undone as there can be, so that one more of them is refused unless it was paired.
         */
        @Test
        void pairsLeaveNothingToBeUndone() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(32767);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                ProcessSemaphore undoing = semaphore.withUndo();
                for (int i = 0; i < 3; i++) {
                    undoing.acquire(32767);
                    undoing.release(32767);
                    assertThat(undoing.tryAcquire(32767)).isTrue();
                    undoing.release(32767);
                    assertThat(undoing.tryAcquire(32767, LONG)).isTrue();
                    undoing.release(32767);
                }
                assertThat(set.values()).containsExactly(32767);
            }
        }

        @Test
        void moreToBeUndoneThanTheKernelCanRememberIsRefused() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(32767);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                ProcessSemaphore undoing = semaphore.withUndo();
                undoing.acquire(32767);
                semaphore.release(5);
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(undoing::acquire)
                        .withMessageStartingWith(
                                "semop: ERANGE (34), acquiring 1 permit of semaphore 0 of semaphore set")
                        .withMessageContaining("to be undone");
                assertThat(set.values()).containsExactly(5);
                // Without undo nothing is to be remembered.
                semaphore.acquire();
                assertThat(set.values()).containsExactly(4);
            }
        }

        @Test
        void settingTheValueForgetsWhatWasToBeUndone() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(32767);
                    SemaphoreSet opened = set.open()) {
                ProcessSemaphore undoing = opened.semaphore(0).withUndo();
                undoing.acquire(32767);
                opened.setValue(0, 32767);
                undoing.acquire(32767);
                opened.setValues(32767);
                undoing.acquire(32767);
                assertThat(set.values()).containsExactly(0);
            }
        }
    }

    @Nested
    class Ranges {
        @ParameterizedTest
        @ValueSource(ints = {0, -1, 32768, 65536, Integer.MAX_VALUE, Integer.MIN_VALUE})
        void ofPermitsAreCheckedBeforeTheKernelIsAsked(int permits) throws Exception {
            try (TestSemaphores set = TestSemaphores.of(5);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                String message = "permits must be 1 to 32767, not " + permits;
                TestSemaphores.assertRefused(() -> semaphore.acquire(permits), message);
                TestSemaphores.assertRefused(() -> semaphore.tryAcquire(permits), message);
                TestSemaphores.assertRefused(() -> semaphore.tryAcquire(permits, LONG), message);
                TestSemaphores.assertRefused(() -> semaphore.release(permits), message);
                TestSemaphores.assertRefused(() -> semaphore.hold(permits), message);
                assertThat(set.values()).containsExactly(5);
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, 32768, 65535, 65536, Integer.MIN_VALUE})
        void ofFirstValuesAreCheckedBeforeTheKernelIsAsked(int value) {
            String message = "the value of a semaphore is 0 to 32767, not " + value;
            TestSemaphores.assertRefused(() -> ProcessSemaphore.create(IpcKey.PRIVATE, value), message);
            TestSemaphores.assertRefused(() -> ProcessSemaphore.openOrCreate(IpcKey.random(), value), message);
        }

        @Test
        void aTimeIsNeeded() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(5);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(set.id())) {
                Class<NullPointerException> type = NullPointerException.class;
                TestSemaphores.assertThrownWithoutTheKernel(type, () -> semaphore.tryAcquire(null), "timeout");
                TestSemaphores.assertThrownWithoutTheKernel(type, () -> semaphore.tryAcquire(1, null), "timeout");
                TestSemaphores.assertThrownWithoutTheKernel(type, () -> semaphore.tryHold(null), "timeout");
                TestSemaphores.assertThrownWithoutTheKernel(type, () -> semaphore.tryAwaitZero(null), "timeout");
            }
        }

        @Test
        void aKeyIsNeeded() {
            Class<NullPointerException> type = NullPointerException.class;
            TestSemaphores.assertThrownWithoutTheKernel(type, () -> ProcessSemaphore.create(null, 1), "key");
            TestSemaphores.assertThrownWithoutTheKernel(type, () -> ProcessSemaphore.open(null), "key");
            TestSemaphores.assertThrownWithoutTheKernel(type, () -> ProcessSemaphore.openOrCreate(null, 1), "key");
        }

        @Test
        void aPrivateKeyFindsNothing() {
            TestSemaphores.assertRefused(() -> ProcessSemaphore.open(IpcKey.PRIVATE), "identifier");
            TestSemaphores.assertRefused(() -> ProcessSemaphore.openOrCreate(IpcKey.PRIVATE, 1), "identifier");
        }
    }
}
