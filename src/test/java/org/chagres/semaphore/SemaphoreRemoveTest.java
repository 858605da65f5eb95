package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.semaphore.SemaphoreOperation.acquire;
import static org.chagres.semaphore.TestSemaphores.failure;
import static org.chagres.semaphore.TestSemaphores.isFree;
import static org.chagres.semaphore.TestSemaphores.start;

import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the removal of a set ends, for those who wait and for those who come later. */
@ExtendWith(LeakCheck.class)
class SemaphoreRemoveTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private interface Use {
        void of(SemaphoreSet set) throws Exception;
    }

    /** Those that wait in a set of values 0, 1 and 1: the call, and what the message says of the intent. */
    private static final Map<String, Use> WAITS = Map.of(
            "semop: EIDRM (43), acquiring 1 permit of semaphore 0 of",
            set -> set.semaphore(0).acquire(),
            "semop: EIDRM (43), acquiring 2 permits of semaphore 0 of",
            set -> set.semaphore(0).acquire(2),
            "semop: EIDRM (43), acquiring 3 permits of semaphore 0 of",
            set -> set.semaphore(0).tryAcquire(3, LONG),
            "semop: EIDRM (43), acquiring 4 permits of semaphore 0 of",
            set -> set.semaphore(0).hold(4),
            "semop: EIDRM (43), awaiting zero of semaphore 1 of",
            set -> set.semaphore(1).awaitZero(),
            "semop: EIDRM (43), awaiting zero of semaphore 2 of",
            set -> set.semaphore(2).tryAwaitZero(LONG),
            "semop: EIDRM (43), applying [SemaphoreOperation[number=1, delta=-1, undo=false, noWait=false],"
                    + " SemaphoreOperation[number=0, delta=-1, undo=false, noWait=false]] to",
            set -> set.apply(acquire(1), acquire(0)),
            "semop: EIDRM (43), applying [SemaphoreOperation[number=0, delta=-1, undo=false, noWait=false]] to",
            set -> set.tryApply(LONG, acquire(0)));

    static Stream<Arguments> waitsOnBothKinds() {
        return WAITS.keySet().stream()
                .flatMap(message -> Stream.of(ThreadKind.values()).map(kind -> Arguments.of(message, kind)));
    }

    @ParameterizedTest
    @MethodSource("waitsOnBothKinds")
    void wakesWhoWaits(String message, ThreadKind kind) throws Exception {
        try (TestSemaphores three = TestSemaphores.of(0, 1, 1);
                SemaphoreSet set = three.open()) {
            FutureTask<String> waiter = start(kind, () -> WAITS.get(message).of(set));
            if (message.contains("zero")) {
                three.awaitWaitersForZero(message.contains("semaphore 1") ? 1 : 2, 1);
            } else {
                three.awaitWaiters(0, 1);
            }
            set.remove();
            assertThat(failure(waiter))
                    .isInstanceOf(ErrnoException.class)
                    .hasMessage(message + " semaphore set id=" + three.id()
                            + "; the set was removed while this thread waited");
        }
    }

    /** The others stand behind the first in Java: to them it was removed while they waited just the same. */
    @ParameterizedTest
    @EnumSource
    void wakesAllWhoWaitForTheSame(ThreadKind kind) throws Exception {
        try (TestSemaphores one = TestSemaphores.of(0);
                SemaphoreSet set = one.open()) {
            List<FutureTask<String>> waiters = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                FutureTask<String> waiter = new FutureTask<>(() -> {
                    set.semaphore(0).acquire();
                    return "done";
                });
                waiters.add(waiter);
                threads.add(kind.builder().start(waiter));
            }
            if (kind == ThreadKind.PLATFORM) {
                one.awaitWaiters(0, 5);
            } else {
                one.awaitWaiters(0, 1);
                Await.until(() -> threads.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING));
            }
            set.remove();
            for (FutureTask<String> waiter : waiters) {
                assertThat(TestSemaphores.errnoOf(waiter)).isEqualTo(Errno.EIDRM);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("removals")
    void wakesAllWhoWaitThroughAnyObject(Use removal) throws Exception {
        try (TestSemaphores one = TestSemaphores.of(0);
                SemaphoreSet first = one.open();
                SemaphoreSet second = one.open()) {
            List<FutureTask<String>> waiters = Stream.of(first, second, first, second)
                    .map(set -> start(ThreadKind.PLATFORM, set.semaphore(0)::acquire))
                    .toList();
            List<FutureTask<String>> virtual = Stream.of(first, second, first, second)
                    .map(set -> start(ThreadKind.VIRTUAL, set.semaphore(0)::acquire))
                    .toList();
            one.awaitWaiters(0, 4 + 2); // of virtual threads the first of each object's line
            removal.of(first);
            for (FutureTask<String> waiter : waiters) {
                assertThat(TestSemaphores.errnoOf(waiter)).isEqualTo(Errno.EIDRM);
            }
            for (FutureTask<String> waiter : virtual) { // those in line find no set any more
                assertThat(TestSemaphores.errnoOf(waiter)).isIn(Errno.EIDRM, Errno.EINVAL);
            }
        }
    }

    static Stream<Use> removals() {
        return Stream.of(SemaphoreSet::remove, set -> SemaphoreSet.remove(set.id()), set -> {
            Run.assumeInstalled("ipcrm");
            Run.command("ipcrm", "-s", Integer.toString(set.id())).output();
        });
    }

    @ParameterizedTest
    @MethodSource("removals")
    void endsTheSetAtOnceAndFreesTheKey(Use removal) throws Exception {
        try (TestSemaphores one = TestSemaphores.withRandomKey(1);
                SemaphoreSet set = one.open()) {
            removal.of(set);
            assertThat(one.exists()).isFalse();
            assertThat(isFree(one.key())).isTrue();
            try (SemaphoreSet second = SemaphoreSet.create(one.key(), 1);
                    TestSemaphores anew = TestSemaphores.existing(second.id())) {
                assertThat(anew.id()).isNotEqualTo(one.id());
                assertThat(set.isOpen()).isTrue();
                assertThat(anew.values()).containsExactly(1);
            }
        }
    }

    static Stream<Use> uses() {
        return Stream.of(
                set -> set.semaphore(0).acquire(),
                set -> set.semaphore(0).acquire(2),
                set -> set.semaphore(0).tryAcquire(),
                set -> set.semaphore(0).tryAcquire(Duration.ZERO),
                set -> set.semaphore(0).tryAcquire(LONG),
                set -> set.semaphore(0).release(),
                set -> set.semaphore(0).hold(),
                set -> set.semaphore(0).tryHold(),
                set -> set.semaphore(0).tryHold(LONG),
                set -> set.semaphore(0).awaitZero(),
                set -> set.semaphore(0).tryAwaitZero(LONG),
                set -> set.semaphore(0).withUndo().acquire(),
                set -> set.semaphore(0).availablePermits(),
                set -> set.semaphore(0).status(),
                set -> set.apply(acquire(0)),
                set -> set.tryApply(acquire(0)),
                set -> set.tryApply(LONG, acquire(0)),
                SemaphoreSet::values,
                set -> set.setValue(0, 1),
                set -> set.setValues(1),
                SemaphoreSet::status,
                set -> set.setOwner(0, 0),
                set -> set.setPermissions(PosixFilePermissions.fromString("rw-------")),
                SemaphoreSet::remove,
                set -> SemaphoreSet.remove(set.id()),
                set -> SemaphoreSet.status(set.id()),
                set -> SemaphoreSet.open(set.id()));
    }

    @ParameterizedTest
    @MethodSource("uses")
    void makesEveryLaterUseAnException(Use use) throws Exception {
        for (ThreadKind kind : ThreadKind.values()) {
            try (TestSemaphores one = TestSemaphores.of(1);
                    SemaphoreSet set = one.open()) {
                set.remove();
                assertThat(failure(start(kind, () -> use.of(set))))
                        .isInstanceOfSatisfying(
                                ErrnoException.class,
                                failure -> assertThat(failure.errno()).isEqualTo(Errno.EINVAL))
                        .hasMessageContaining("semaphore set id=" + one.id() + "; there is no such set, or no longer");
            }
        }
    }

    @Test
    void isRefusedTheSecondTime() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(1);
                SemaphoreSet set = one.open()) {
            set.remove();
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, set::remove);
            assertThat(failure.errno()).isEqualTo(Errno.EINVAL);
            assertThat(failure.intent()).isEqualTo("removing semaphore set id=" + one.id());
        }
    }

    @Test
    void isNotWhatCloseDoes() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(1)) {
            one.open().close();
            assertThat(one.exists()).isTrue();
        }
    }
}
