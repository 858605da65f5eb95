package org.chagres.file;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.chagres.file.LockKind.OPEN_FILE_DESCRIPTION;
import static org.chagres.file.LockKind.POSIX;
import static org.chagres.file.LockMode.EXCLUSIVE;
import static org.chagres.file.LockMode.SHARED;

import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A grant that meets an interrupt, a close or the end of the time: nothing is lost, and nothing stays locked. */
@ExtendWith(LeakCheck.class)
class RecordLockRacesTest {
    private static final int ROUNDS = 150;

    @TempDir
    private Path folder;

    private Path path;

    @BeforeEach
    void makeFile() throws Exception {
        path = Files.writeString(folder.resolve("file"), "0123456789", US_ASCII);
    }

    static Stream<Arguments> kinds() {
        return Stream.of(LockKind.values())
                .flatMap(kind -> Stream.of(ThreadKind.values()).map(thread -> Arguments.of(kind, thread)));
    }

    /** What is in the way: of another description, as this process's own POSIX locks are not. */
    private static RecordLock inTheWayOf(LockKind kind, Descriptor other, LockMode mode) throws Exception {
        return RecordLock.builder(other)
                .kind(kind == POSIX ? OPEN_FILE_DESCRIPTION : kind)
                .tryLock(mode)
                .orElseThrow();
    }

    private static <T> T got(FutureTask<T> task) throws Exception {
        return task.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** Both at once, the second after a while that is longer from round to round, and then short again. */
    private static void atOnce(int round, Callable<?> one, Callable<?> two) throws Exception {
        CyclicBarrier start = new CyclicBarrier(2);
        FutureTask<?> first = ThreadKind.PLATFORM.start(() -> {
            start.await();
            return one.call();
        });
        start.await();
        for (int spin = 0; spin < round % 10 * 200; spin++) {
            Thread.onSpinWait();
        }
        two.call();
        got(first);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("kinds")
    void anInterruptThatMeetsAGrantLosesNothing(LockKind kind, ThreadKind thread) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Descriptor other = TestLocks.open(path)) {
            for (int round = 0; round < ROUNDS; round++) {
                RecordLock inTheWay = inTheWayOf(kind, other, EXCLUSIVE);
                FutureTask<String> waiting = new FutureTask<>(() -> {
                    try (RecordLock lock = RecordLock.builder(file).kind(kind).lock(EXCLUSIVE)) {
                        return "locked " + TestLocks.held(path).size() + " " + lock.isOpen();
                    } catch (InterruptedException ended) {
                        return "interrupted " + Thread.currentThread().isInterrupted();
                    }
                });
                Thread waiter = thread.builder().start(waiting);
                TestLocks.awaitWaiters(path, 1);

                atOnce(
                        round,
                        () -> {
                            inTheWay.close();
                            return null;
                        },
                        () -> {
                            waiter.interrupt();
                            return null;
                        });

                assertThat(got(waiting)).isIn("locked 1 true", "interrupted false");
                assertThat(TestLocks.of(path)).as("round %d", round).isEmpty();
            }
        }
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("kinds")
    void theEndOfTheTimeThatMeetsAGrantLosesNothing(LockKind kind, ThreadKind thread) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Descriptor other = TestLocks.open(path)) {
            for (int round = 0; round < ROUNDS / 3; round++) {
                RecordLock inTheWay = inTheWayOf(kind, other, EXCLUSIVE);
                FutureTask<Boolean> waiting = thread.start(() -> {
                    try (RecordLock lock = RecordLock.builder(file)
                            .kind(kind)
                            .tryLock(EXCLUSIVE, Duration.ofMillis(2))
                            .orElse(null)) {
                        return lock == null || TestLocks.held(path).size() == 1 && lock.isOpen();
                    }
                });
                long end = System.nanoTime() + 1_500_000 + round % 10 * 100_000;
                while (System.nanoTime() - end < 0) {
                    Thread.onSpinWait();
                }
                inTheWay.close();

                assertThat(got(waiting)).isTrue();
                assertThat(TestLocks.of(path)).as("round %d", round).isEmpty();
            }
        }
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("kinds")
    void aCloseThatMeetsAGrantLeavesNothingLocked(LockKind kind, ThreadKind thread) throws Exception {
        closeMeetsGrant(kind, thread, false);
    }

    /** The description lives on, so that what was granted in vain would too. */
    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("kinds")
    void aCloseThatMeetsAGrantLeavesNothingLockedEvenIfThereIsADuplicate(LockKind kind, ThreadKind thread)
            throws Exception {
        closeMeetsGrant(kind, thread, true);
    }

    private void closeMeetsGrant(LockKind kind, ThreadKind thread, boolean duplicated) throws Exception {
        try (Descriptor other = TestLocks.open(path)) {
            for (int round = 0; round < ROUNDS; round++) {
                Descriptor file = TestLocks.open(path);
                Descriptor duplicate = duplicated ? file.duplicate() : other;
                RecordLock inTheWay = inTheWayOf(kind, other, EXCLUSIVE);
                FutureTask<String> waiting = thread.start(() -> {
                    try {
                        RecordLock.builder(file).kind(kind).lock(EXCLUSIVE);
                        return "locked";
                    } catch (AsynchronousCloseException closed) {
                        return "closed";
                    }
                });
                TestLocks.awaitWaiters(path, 1);

                atOnce(
                        round,
                        () -> {
                            inTheWay.close();
                            return null;
                        },
                        () -> {
                            file.close();
                            return null;
                        });

                String ending = got(waiting);
                assertThat(ending).isIn("locked", "closed");
                boolean mayBeLocked = ending.equals("locked") && duplicated && kind != POSIX;
                if (!mayBeLocked) {
                    assertThat(TestLocks.of(path))
                            .as("%s in round %d", ending, round)
                            .isEmpty();
                }
                if (duplicated) {
                    duplicate.close();
                }
                assertThat(TestLocks.of(path)).as("round %d", round).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCloseEndsAllThatWaitAndLeavesTheOthers(ThreadKind thread) throws Exception {
        try (Descriptor other = TestLocks.open(path);
                Descriptor survivor = TestLocks.open(path)) {
            RecordLock inTheWay = inTheWayOf(OPEN_FILE_DESCRIPTION, other, EXCLUSIVE);
            Descriptor file = TestLocks.open(path);
            List<FutureTask<RecordLock>> waiting = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                waiting.add(thread.start(() -> RecordLock.lock(file, SHARED)));
            }
            FutureTask<RecordLock> surviving = thread.start(() -> RecordLock.lock(survivor, SHARED));
            TestLocks.awaitWaiters(path, 6);

            file.close();

            for (FutureTask<RecordLock> one : waiting) {
                assertThatExceptionOfType(ExecutionException.class)
                        .isThrownBy(() -> got(one))
                        .withCauseInstanceOf(AsynchronousCloseException.class);
            }
            assertThat(TestLocks.of(path)).hasSize(2);
            inTheWay.close();
            got(surviving).close();
        }
    }

    /** Nobody could give up what is locked for an object that was given up before. */
    @ParameterizedTest
    @EnumSource
    void aLockGivenUpWhileItsChangeIsWaitedForStaysGivenUp(ThreadKind thread) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Descriptor other = TestLocks.open(path)) {
            for (LockKind kind : new LockKind[] {OPEN_FILE_DESCRIPTION, POSIX}) {
                RecordLock inTheWay = inTheWayOf(kind, other, SHARED);
                RecordLock lock = RecordLock.builder(file).kind(kind).lock(SHARED);
                FutureTask<Boolean> converting = thread.start(() -> {
                    lock.convert(EXCLUSIVE);
                    return true;
                });
                TestLocks.awaitWaiters(path, 1);

                lock.close();
                inTheWay.close();

                try {
                    got(converting);
                } catch (ExecutionException ended) { // as well as if it had been too late
                    assertThat(ended.getCause()).isInstanceOf(IllegalStateException.class);
                }
                assertThat(TestLocks.of(path)).as("%s", kind).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void manyThatLockAndUnlockMeetOneAtATime(ThreadKind thread) throws Exception {
        int threads = 8;
        int times = 40;
        int[] count = new int[1]; // guarded by the lock
        List<FutureTask<Void>> all = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            all.add(thread.start(() -> {
                try (Descriptor file = TestLocks.open(path)) {
                    for (int time = 0; time < times; time++) {
                        try (RecordLock lock = RecordLock.lock(file, EXCLUSIVE)) {
                            int seen = count[0];
                            Thread.yield();
                            count[0] = lock.isOpen() ? seen + 1 : seen;
                        }
                    }
                }
                return null;
            }));
        }
        for (FutureTask<Void> one : all) {
            got(one);
        }
        assertThat(count[0]).isEqualTo(threads * times);
        assertThat(TestLocks.of(path)).isEmpty();
    }

    @Test
    void anInterruptFromBeforeIsToldBeforeAClosedFile() throws Exception {
        Descriptor file = TestLocks.open(path);
        file.close();
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> RecordLock.lock(file, SHARED));
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> RecordLock.lock(file, SHARED));
    }

    static Stream<List<String>> options() {
        return Stream.of(List.of(), List.of("-Dorg.chagres.helpers=1"), List.of("-Dorg.chagres.signal=0"));
    }

    @ParameterizedTest
    @MethodSource("options")
    void moreVirtualThreadsThanHelpersWaitForOneAnother(List<String> more) {
        List<String> options = Stream.concat(
                        Stream.of("--enable-native-access=ALL-UNNAMED", "-Djdk.virtualThreadScheduler.parallelism=1"),
                        more.stream())
                .toList();
        Run run = Run.command(Peer.javaCommand(options, Crowd.class, folder), Map.of());
        assertThat(run.output()).isEqualTo("100 locked, left []\n");
    }

    /** A hundred virtual threads, each of which needs the lock that the next has: the last lets them all go. */
    static final class Crowd {
        private static final int THREADS = 100;

        private Crowd() {}

        public static void main(String[] arguments) throws Exception {
            Path path = Files.createFile(Path.of(arguments[0], "crowd"));
            List<Descriptor> files = new ArrayList<>();
            List<FutureTask<Void>> waiting = new ArrayList<>();
            RecordLock last = null;
            for (int i = 0; i < THREADS; i++) {
                files.add(TestLocks.open(path));
            }
            for (int i = 0; i < THREADS; i++) {
                RecordLock own = RecordLock.builder(files.get(i)).range(i, 1).lock(EXCLUSIVE);
                if (i == 0) {
                    last = own;
                    continue;
                }
                RecordLockBuilder before = RecordLock.builder(files.get(i)).range(i - 1, 1);
                waiting.add(ThreadKind.VIRTUAL.start(() -> {
                    before.lock(EXCLUSIVE).close();
                    own.close();
                    return null;
                }));
            }
            last.close();
            for (FutureTask<Void> one : waiting) {
                got(one);
            }
            System.out.println(waiting.size() + 1 + " locked, left " + TestLocks.of(path));
            files.forEach(Descriptor::close);
            Files.delete(path);
        }
    }
}
