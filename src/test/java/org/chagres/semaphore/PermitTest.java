package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.chagres.semaphore.TestSemaphores.result;
import static org.chagres.semaphore.TestSemaphores.start;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Permits that are held, and given back once, by whomever and whatever became of the semaphore. */
@ExtendWith(LeakCheck.class)
class PermitTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @Test
    void areTakenAndGivenBack() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(5);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            try (Permit permit = semaphore.hold()) {
                assertThat(permit.permits()).isEqualTo(1);
                assertThat(one.values()).containsExactly(4);
            }
            assertThat(one.values()).containsExactly(5);
            try (Permit permits = semaphore.hold(3)) {
                assertThat(permits.permits()).isEqualTo(3);
                assertThat(one.values()).containsExactly(2);
            }
            assertThat(one.values()).containsExactly(5);
        }
    }

    @Test
    void severalAreTakenAtOnceOrNoneIs() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(3);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            try (Permit two = semaphore.tryHold(2).orElseThrow()) {
                assertThat(two.permits()).isEqualTo(2);
                assertThat(semaphore.tryHold(2)).isEmpty();
                assertThat(semaphore.tryHold(2, Duration.ofMillis(5))).isEmpty();
                assertThat(semaphore.availablePermits()).isOne();
            }
            try (Permit three = semaphore.tryHold(3, LONG).orElseThrow()) {
                assertThat(three.permits()).isEqualTo(3);
                assertThat(semaphore.availablePermits()).isZero();
            }
            assertThat(semaphore.availablePermits()).isEqualTo(3);
            TestSemaphores.assertRefused(() -> semaphore.tryHold(0), "permits must be 1 to 32767, not 0");
            TestSemaphores.assertRefused(() -> semaphore.tryHold(32768, LONG), "not 32768");
        }
    }

    @Test
    void areTriedForNowAndForATime() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(2);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
                Permit first = semaphore.tryHold().orElseThrow();
                Permit second = semaphore.tryHold(LONG).orElseThrow()) {
            assertThat(List.of(first.permits(), second.permits())).containsOnly(1);
            assertThat(one.values()).containsExactly(0);
            assertThat(semaphore.tryHold()).isEmpty();
            assertThat(semaphore.tryHold(Duration.ZERO)).isEmpty();
            assertThat(semaphore.tryHold(Duration.ofMillis(20))).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void areWaitedForAndPassedOn(ThreadKind kind) throws Exception {
        try (TestSemaphores one = TestSemaphores.of(1);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            FutureTask<Optional<Permit>> waiter;
            try (Permit held = semaphore.hold()) {
                waiter = kind.start(() -> semaphore.tryHold(LONG));
                one.awaitWaiters(0, 1);
                assertThat(held.permits()).isEqualTo(1);
            }
            try (Permit passedOn = result(waiter).orElseThrow()) {
                assertThat(passedOn.permits()).isEqualTo(1);
                assertThat(one.values()).containsExactly(0);
            }
            assertThat(one.values()).containsExactly(1);
        }
    }

    @Test
    void areGivenBackOnce() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(1);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            Permit permit = semaphore.hold();
            permit.close();
            permit.close();
            assertThat(one.values()).containsExactly(1);
        }
    }

    @Test
    void areGivenBackOnceByManyThreads() throws Exception {
        int threads = 4;
        try (TestSemaphores one = TestSemaphores.of(1);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            for (int round = 0; round < 100; round++) {
                Permit permit = semaphore.hold();
                CyclicBarrier meeting = new CyclicBarrier(threads);
                List<FutureTask<String>> closers = Stream.generate(() -> start(ThreadKind.PLATFORM, () -> {
                            meeting.await(30, TimeUnit.SECONDS);
                            permit.close();
                        }))
                        .limit(threads)
                        .toList();
                for (FutureTask<String> closer : closers) {
                    result(closer);
                }
                assertThat(semaphore.availablePermits()).isEqualTo(1);
            }
            assertThat(one.values()).containsExactly(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void areGivenBackByAnotherThread(ThreadKind kind) throws Exception {
        try (TestSemaphores one = TestSemaphores.of(2);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            Permit permits = semaphore.hold(2);
            result(start(kind, permits::close));
            assertThat(one.values()).containsExactly(2);
            Permit others = result(kind.start(() -> semaphore.hold(2)));
            others.close();
            assertThat(one.values()).containsExactly(2);
        }
    }

    @Test
    void areGivenBackByAnInterruptedThread() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(1);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            Permit permit = semaphore.hold();
            Thread.currentThread().interrupt();
            permit.close();
            assertThat(Thread.interrupted()).isTrue();
            assertThat(one.values()).containsExactly(1);
        }
    }

    @Test
    void areGivenBackAfterTheSemaphoreIsClosed() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(3)) {
            ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
            Permit permits = semaphore.hold(2);
            semaphore.close();
            assertThat(one.values()).containsExactly(1);
            permits.close();
            assertThat(one.values()).containsExactly(3);
        }
    }

    /** As much as the kernel can remember, so that nothing of it may be left for the next round. */
    @Test
    void leaveNothingToBeUndone() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(32767);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            for (int round = 0; round < 3; round++) {
                semaphore.hold(32767).close();
                semaphore.withUndo().hold(32767).close();
            }
            assertThat(one.values()).containsExactly(32767);
        }
    }

    @Test
    void areToBeUndoneWhileTheyAreHeld() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(32767);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            try (Permit all = semaphore.hold(32767)) {
                semaphore.release();
                assertThatExceptionOfType(ErrnoException.class)
                        .as("beyond %s", all)
                        .isThrownBy(semaphore::hold)
                        .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.ERANGE));
                semaphore.acquire();
            }
            assertThat(one.values()).containsExactly(32767);
        }
    }

    @Test
    void ofASetThatIsGoneAreLostAndItIsTold() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(3)) {
            ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
            Permit permit = semaphore.hold();
            Permit permits = semaphore.hold(2);
            semaphore.set().remove();
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(permit::close)
                    .withMessage("semop: EINVAL (22), giving back 1 permit of semaphore 0 of semaphore set id="
                            + one.id() + "; there is no such set, or no longer");
            semaphore.close();
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(permits::close)
                    .withMessageContaining("giving back 2 permits of semaphore 0 of");
            assertThatCode(permit::close).doesNotThrowAnyException();
            assertThatCode(permits::close).doesNotThrowAnyException();
        }
    }

    @Test
    void thatDoNotFitAnyMoreAreTold() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(1);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            Permit permit = semaphore.hold();
            semaphore.release(32767);
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(permit::close)
                    .withMessageStartingWith("semop: ERANGE (34), giving back 1 permit of semaphore 0 of");
            assertThat(one.values()).containsExactly(32767);
        }
    }

    /** The kernel gives back what a process held at its end: here a process that just ends. */
    @Test
    void areGivenBackByTheKernelWhenTheProcessEnds() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(3);
                Peer forgetful = Peer.java(SemaphoreUser.class)) {
            forgetful.ask("open " + one.id());
            assertThat(forgetful.ask("holdForGood")).isEqualTo("held");
            assertThat(one.values()).containsExactly(2);
            assertThat(forgetful.end()).isZero();
            assertThat(one.values()).containsExactly(3);
        }
    }

    @Test
    void sayWhatTheyAre() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(3);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
                Permit permits = semaphore.hold(2)) {
            assertThat(permits).hasToString("Permit[2 of " + semaphore + "]");
        }
    }
}
