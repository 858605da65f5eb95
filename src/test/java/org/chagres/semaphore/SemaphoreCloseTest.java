package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.chagres.semaphore.SemaphoreOperation.acquire;
import static org.chagres.semaphore.SemaphoreOperation.awaitZero;
import static org.chagres.semaphore.TestSemaphores.failure;
import static org.chagres.semaphore.TestSemaphores.result;
import static org.chagres.semaphore.TestSemaphores.start;

import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What close() ends, and what not. */
@ExtendWith(LeakCheck.class)
class SemaphoreCloseTest {
    private static final String CLOSED = " is closed, here and for this object alone: the set itself is untouched, and"
            + " SemaphoreSet.remove(id) removes it";

    private static final Duration LONG = Duration.ofMinutes(1);

    private interface Use {
        void of(ProcessSemaphore semaphore) throws Exception;
    }

    @ParameterizedTest
    @EnumSource
    void wakesWhoWaitsForPermits(ThreadKind kind) throws Exception {
        try (TestSemaphores one = TestSemaphores.of(0)) {
            ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
            // Different numbers of permits: virtual threads who wait for the same stand in one line.
            List<FutureTask<String>> waiters = List.of(
                    start(kind, semaphore::acquire),
                    start(kind, () -> semaphore.acquire(2)),
                    start(kind, () -> semaphore.tryAcquire(3, LONG)),
                    start(kind, () -> semaphore.hold(4)),
                    start(kind, () -> semaphore.tryHold(LONG).orElseThrow()),
                    start(kind, () -> semaphore.set().apply(acquire(0, 5))),
                    start(kind, () -> semaphore.set().tryApply(LONG, acquire(0, 6))));
            one.awaitWaiters(0, waiters.size());
            semaphore.close();
            for (FutureTask<String> waiter : waiters) {
                assertClosed(failure(waiter), one);
            }
            assertThat(one.values()).containsExactly(0);
            one.awaitWaiters(0, 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void wakesWhoWaitsForZero(ThreadKind kind) throws Exception {
        try (TestSemaphores one = TestSemaphores.of(1)) {
            ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
            List<FutureTask<String>> waiters = new ArrayList<>();
            waiters.add(start(kind, semaphore::awaitZero));
            one.awaitWaitersForZero(0, 1);
            waiters.add(start(ThreadKind.PLATFORM, () -> semaphore.tryAwaitZero(LONG)));
            waiters.add(start(ThreadKind.PLATFORM, () -> semaphore.set().apply(awaitZero(0))));
            one.awaitWaitersForZero(0, 3);
            semaphore.close();
            for (FutureTask<String> waiter : waiters) {
                assertClosed(failure(waiter), one);
            }
        }
    }

    @Test
    void wakesVirtualThreadsWhoStandInLine() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(0)) {
            ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
            List<FutureTask<String>> waiters = Stream.generate(() -> start(ThreadKind.VIRTUAL, semaphore::acquire))
                    .limit(20)
                    .toList();
            one.awaitWaiters(0, 1);
            semaphore.close();
            for (FutureTask<String> waiter : waiters) {
                assertClosed(failure(waiter), one);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void leavesOtherObjectsOfTheSameSetAlone(ThreadKind kind) throws Exception {
        try (TestSemaphores one = TestSemaphores.of(0);
                ProcessSemaphore stays = ProcessSemaphore.open(one.id())) {
            ProcessSemaphore closed = ProcessSemaphore.open(one.id());
            FutureTask<String> staying = start(kind, stays::acquire);
            FutureTask<String> going = start(kind, closed::acquire);
            one.awaitWaiters(0, 2);
            closed.close();
            assertClosed(failure(going), one);
            assertThat(staying.isDone()).isFalse();
            stays.release();
            assertThat(result(staying)).isEqualTo("done");
            assertThat(stays.isOpen()).isTrue();
        }
    }

    @Test
    void leavesTheSetToOthers() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(3)) {
            ProcessSemaphore.open(one.id()).close();
            assertThat(one.exists()).isTrue();
            assertThat(one.values()).containsExactly(3);
        }
    }

    @Test
    void ofAnyOfThemIsOfTheSetAndAllItsSemaphores() throws Exception {
        List<Use> closings = List.of(
                ProcessSemaphore::close,
                semaphore -> semaphore.withUndo().close(),
                semaphore -> semaphore.set().semaphore(1).close(),
                semaphore -> semaphore.set().close());
        for (Use closing : closings) {
            try (TestSemaphores two = TestSemaphores.of(1, 1)) {
                SemaphoreSet set = two.open();
                ProcessSemaphore semaphore = set.semaphore(0);
                ProcessSemaphore undoing = semaphore.withUndo();
                ProcessSemaphore other = set.semaphore(1);
                assertThat(List.of(set.isOpen(), semaphore.isOpen(), undoing.isOpen(), other.isOpen()))
                        .containsOnly(true);
                closing.of(semaphore);
                assertThat(List.of(set.isOpen(), semaphore.isOpen(), undoing.isOpen(), other.isOpen()))
                        .containsOnly(false);
                for (ProcessSemaphore closed : List.of(semaphore, undoing, other, set.semaphore(1))) {
                    assertThatIllegalStateException().isThrownBy(closed::tryAcquire);
                }
            }
        }
    }

    @Test
    void anotherTimeDoesNothing() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(1)) {
            ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
            semaphore.close();
            semaphore.close();
            semaphore.set().close();
            assertThat(semaphore.isOpen()).isFalse();
            assertThat(one.exists()).isTrue();
        }
    }

    static Stream<Use> uses() {
        return Stream.of(
                ProcessSemaphore::acquire,
                semaphore -> semaphore.acquire(2),
                ProcessSemaphore::tryAcquire,
                semaphore -> semaphore.tryAcquire(2),
                semaphore -> semaphore.tryAcquire(Duration.ZERO),
                semaphore -> semaphore.tryAcquire(LONG),
                semaphore -> semaphore.tryAcquire(2, LONG),
                ProcessSemaphore::release,
                semaphore -> semaphore.release(2),
                ProcessSemaphore::hold,
                semaphore -> semaphore.hold(2),
                ProcessSemaphore::tryHold,
                semaphore -> semaphore.tryHold(LONG),
                ProcessSemaphore::awaitZero,
                semaphore -> semaphore.tryAwaitZero(Duration.ZERO),
                semaphore -> semaphore.tryAwaitZero(LONG),
                ProcessSemaphore::availablePermits,
                ProcessSemaphore::status,
                semaphore -> semaphore.withUndo().acquire(),
                semaphore -> semaphore.withUndo().release(),
                semaphore -> semaphore.set().apply(acquire(0)),
                semaphore -> semaphore.set().tryApply(acquire(0)),
                semaphore -> semaphore.set().tryApply(Duration.ZERO, acquire(0)),
                semaphore -> semaphore.set().tryApply(LONG, acquire(0)),
                semaphore -> semaphore.set().values(),
                semaphore -> semaphore.set().setValue(0, 1),
                semaphore -> semaphore.set().setValues(1),
                semaphore -> semaphore.set().status(),
                semaphore -> semaphore.set().setOwner(0, 0),
                semaphore -> semaphore.set().setPermissions(PosixFilePermissions.fromString("rw-------")),
                semaphore -> semaphore.set().remove());
    }

    @ParameterizedTest
    @MethodSource("uses")
    void makesEveryMethodThatAsksTheKernelAnExceptionBeforeItIsAsked(Use use) throws Exception {
        try (TestSemaphores one = TestSemaphores.of(9)) {
            ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
            semaphore.close();
            TestSemaphores.assertThrownWithoutTheKernel(
                    IllegalStateException.class, () -> use.of(semaphore), "semaphore set id=" + one.id() + CLOSED);
            assertClosed(failure(start(ThreadKind.VIRTUAL, () -> use.of(semaphore))), one);
            assertThat(one.values()).containsExactly(9);
        }
    }

    @Test
    void leavesWhatTheObjectsKnowByThemselves() throws Exception {
        try (TestSemaphores two = TestSemaphores.of(1, 1)) {
            SemaphoreSet set = two.open();
            ProcessSemaphore semaphore = set.semaphore(1);
            set.close();
            assertThat(set.id()).isEqualTo(two.id());
            assertThat(set.size()).isEqualTo(2);
            assertThat(set.created()).isFalse();
            assertThat(semaphore.number()).isEqualTo(1);
            assertThat(semaphore.set()).isSameAs(set);
        }
    }

    @Test
    void leavesTheStaticMethodsTheirWork() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(1)) {
            one.open().close();
            assertThat(SemaphoreSet.status(one.id()).size()).isEqualTo(1);
            SemaphoreSet.remove(one.id());
            assertThat(one.exists()).isFalse();
        }
    }

    private static void assertClosed(Throwable failure, TestSemaphores set) {
        assertThat(failure)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("semaphore set id=" + set.id() + CLOSED);
    }
}
