package org.chagres.file;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.READ;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.chagres.file.LockKind.FLOCK;
import static org.chagres.file.LockKind.OPEN_FILE_DESCRIPTION;
import static org.chagres.file.LockKind.POSIX;
import static org.chagres.file.LockMode.EXCLUSIVE;
import static org.chagres.file.LockMode.SHARED;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.file.TestLocks.Other;
import org.chagres.process.ChildProcess;
import org.chagres.process.Redirect;
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
import org.junit.jupiter.params.provider.EnumSource;

/** Whose a lock is, and so when it ends. */
@ExtendWith(LeakCheck.class)
class RecordLockOwnersTest {
    @TempDir
    private Path folder;

    private Path path;

    @BeforeEach
    void makeFile() throws Exception {
        path = Files.writeString(folder.resolve("file"), "0123456789", US_ASCII);
    }

    private static RecordLockBuilder builder(Descriptor file, LockKind kind) {
        return RecordLock.builder(file).kind(kind);
    }

    // Of the description.

    @ParameterizedTest
    @EnumSource(names = {"OPEN_FILE_DESCRIPTION", "FLOCK"})
    void aDuplicateSharesTheLockAndKeepsItAfterAClose(LockKind kind) throws Exception {
        try (Descriptor again = TestLocks.open(path)) {
            Descriptor file = TestLocks.open(path);
            RecordLock lock = builder(file, kind).lock(EXCLUSIVE);
            try (Descriptor duplicate = file.duplicate()) {
                builder(duplicate, kind).tryLock(EXCLUSIVE).orElseThrow(); // not in its way

                file.close();
                assertThat(lock.isOpen()).isFalse();
                assertThat(builder(again, kind).tryLock(SHARED)).isEmpty();

                lock.close(); // too late: its file is closed
                assertThat(builder(again, kind).tryLock(SHARED)).isEmpty();
            }
            assertThat(builder(again, kind).tryLock(SHARED)).isPresent();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OPEN_FILE_DESCRIPTION", "FLOCK"})
    void aLockIsGivenUpThroughADuplicate(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Descriptor duplicate = file.duplicate()) {
            builder(file, kind).lock(EXCLUSIVE);
            builder(duplicate, kind).lock(EXCLUSIVE).close();
            assertThat(TestLocks.of(path)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OPEN_FILE_DESCRIPTION", "FLOCK"})
    void closingAnotherDescriptionOfTheFileLeavesIt(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                RecordLock lock = builder(file, kind).lock(EXCLUSIVE)) {
            TestLocks.open(path).close();
            Files.readString(path);
            assertThat(TestLocks.of(path)).hasSize(1);
            assertThat(lock.isOpen()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OPEN_FILE_DESCRIPTION", "FLOCK"})
    void aChildThatIsGivenTheFileKeepsTheLock(LockKind kind) throws Exception {
        try (Descriptor again = TestLocks.open(path)) {
            Descriptor file = TestLocks.open(path);
            builder(file, kind).lock(EXCLUSIVE);
            try (ChildProcess child = ChildProcess.command("cat")
                    .input(Redirect.pipe())
                    .output(Redirect.discard())
                    .descriptor(5, Redirect.take(file))
                    .start()) {
                assertThat(file.isOpen()).isFalse();
                assertThat(builder(again, kind).tryLock(SHARED)).isEmpty();

                FutureTask<RecordLock> waiting =
                        ThreadKind.PLATFORM.start(() -> builder(again, kind).lock(EXCLUSIVE));
                TestLocks.awaitWaiters(path, 1);
                child.input().close();
                child.await();
                waiting.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS).close();
            }
        }
        assertThat(TestLocks.of(path)).isEmpty();
    }

    @Test
    void aChildMayLockForItsParentWhoGoesOnHoldingIt() throws Exception { // flock(1) with a number
        Run.assumeInstalled("flock");
        try (Descriptor file = TestLocks.open(path);
                Descriptor again = TestLocks.open(path)) {
            assertThat(ChildProcess.command("flock", "-n", "9")
                            .descriptor(9, Redirect.share(file))
                            .run()
                            .termination()
                            .isSuccess())
                    .isTrue();
            assertThat(builder(again, FLOCK).tryLock(SHARED)).isEmpty();
            builder(file, FLOCK).lock(EXCLUSIVE).close(); // it is this one's as well
            assertThat(TestLocks.of(path)).isEmpty();
        }
    }

    // Of the process.

    @Test
    void aPosixLockGoesWithAnyDescriptorOfTheFile() throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            RecordLock lock = builder(file, POSIX).lock(EXCLUSIVE);
            TestLocks.open(path).close();
            assertThat(TestLocks.of(path)).isEmpty();
            assertThat(lock.isOpen()).isTrue(); // the object does not know

            builder(file, POSIX).lock(EXCLUSIVE);
            file.duplicate().close();
            assertThat(TestLocks.of(path)).isEmpty();

            builder(file, POSIX).lock(EXCLUSIVE);
            Files.readString(path); // the JDK's
            assertThat(TestLocks.of(path)).isEmpty();
        }
    }

    @Test
    void aPosixLockIsGivenUpThroughAnyDescriptorOfTheFile() throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Descriptor again = Descriptor.open(path, READ)) {
            builder(file, POSIX).lock(EXCLUSIVE);
            builder(again, POSIX).range(0, 4).lock(SHARED);
            assertThat(TestLocks.of(path)).containsExactly("POSIX READ 0 3", "POSIX WRITE 4 EOF");
            builder(again, POSIX).lock(SHARED).close();
            assertThat(TestLocks.of(path)).isEmpty();
        }
    }

    @Test
    void aChildHasNoPosixLockOfItsParents() throws Exception {
        Descriptor file = TestLocks.open(path);
        try (Other other = TestLocks.other(path)) {
            builder(file, POSIX).lock(EXCLUSIVE);
            try (ChildProcess child = ChildProcess.command("cat")
                    .input(Redirect.pipe())
                    .output(Redirect.discard())
                    .descriptor(5, Redirect.share(file))
                    .start()) {
                assertThat(other.asks(POSIX, SHARED, 0, 0))
                        .isEqualTo("EXCLUSIVE 0 0 " + ProcessHandle.current().pid());
                file.close();
                assertThat(TestLocks.of(path)).isEmpty();
                assertThat(other.tries(POSIX, EXCLUSIVE)).isEqualTo("ok");
                child.input().close();
                child.await();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aKilledHolderHoldsNoLonger(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path)) {
            assertThat(other.tries(kind, EXCLUSIVE)).isEqualTo("ok");
            for (ThreadKind thread : ThreadKind.values()) {
                assertThat(thread.start(() -> builder(file, kind).tryLock(SHARED))
                                .get())
                        .isEmpty();
            }
            FutureTask<RecordLock> waiting =
                    ThreadKind.VIRTUAL.start(() -> builder(file, kind).lock(SHARED));
            TestLocks.awaitWaiters(path, 1);

            other.peer().signal("KILL");

            try (RecordLock lock = waiting.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                assertThat(TestLocks.held(path)).hasSize(1);
                assertThat(lock.mode()).isEqualTo(SHARED);
            }
        }
    }

    @Test
    void locksEndWithTheDescriptorThatTheCollectorClosesNot() throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            RecordLock.lock(file, EXCLUSIVE); // forgotten: the object alone holds nothing
            System.gc();
            assertThat(TestLocks.of(path)).containsExactly("OFDLCK WRITE 0 EOF");
        }
        assertThat(TestLocks.of(path)).isEmpty();
    }

    @Test
    void aReleasedNumberKeepsItsLock() throws Exception {
        Descriptor file = TestLocks.open(path);
        RecordLock lock = builder(file, OPEN_FILE_DESCRIPTION).lock(EXCLUSIVE);
        try (Descriptor adopted = Descriptor.adopt(file.release())) {
            assertThat(TestLocks.of(path)).containsExactly("OFDLCK WRITE 0 EOF");
            assertThat(lock.isOpen()).isFalse();
            lock.close();
            assertThat(TestLocks.of(path)).containsExactly("OFDLCK WRITE 0 EOF");
            assertThat(adopted.isOpen()).isTrue();
        }
        assertThat(TestLocks.of(path)).isEmpty();
    }

    @Test
    void whoMayOnlyReadAFileCanKeepItsOwnerFromWriting() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        try (Peer stranger = Peer.javaAs(65534, Stranger.class, path);
                Descriptor file = TestLocks.open(path)) {
            assertThat(stranger.hear()).isEqualTo("writing EACCES");
            assertThat(stranger.hear()).isEqualTo("exclusive EBADF");
            assertThat(stranger.hear()).isEqualTo("locked SHARED");
            assertThat(builder(file, POSIX).tryLock(EXCLUSIVE)).isEmpty();
            assertThat(builder(file, POSIX).holder(EXCLUSIVE).orElseThrow().pid())
                    .hasValue((int) stranger.pid());
            assertThat(builder(file, FLOCK).tryLock(SHARED)).isEmpty(); // which takes exclusive ones of readers, too
            assertThat(stranger.end()).isZero();
            assertThat(builder(file, POSIX).tryLock(EXCLUSIVE)).isPresent();
        }
    }

    /** Locks a file of another user's that it may only read. */
    static final class Stranger {
        private Stranger() {}

        public static void main(String[] arguments) throws Exception {
            Path path = Path.of(arguments[0]);
            try {
                TestLocks.open(path).close();
            } catch (ErrnoException failure) {
                System.out.println("writing " + failure.errno());
            }
            try (Descriptor file = Descriptor.open(path, READ)) {
                try {
                    builder(file, POSIX).lock(EXCLUSIVE);
                } catch (ErrnoException failure) {
                    System.out.println("exclusive " + failure.errno());
                }
                builder(file, FLOCK).lock(EXCLUSIVE);
                RecordLock lock = builder(file, POSIX).lock(SHARED);
                System.out.println("locked " + lock.mode());
                System.in.read();
            }
        }
    }

    @Test
    void aDeadlockOfTwoProcessesIsToldToTheSecond() throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path)) {
            for (ThreadKind thread : ThreadKind.values()) {
                RecordLock own = builder(file, POSIX).range(0, 1).lock(EXCLUSIVE);
                assertThat(other.tries(POSIX, EXCLUSIVE, 1, 1)).isEqualTo("ok");
                other.beginsToLock(POSIX, EXCLUSIVE, 0, 1);
                TestLocks.awaitWaiters(path, 1);

                FutureTask<RecordLock> second =
                        thread.start(() -> builder(file, POSIX).range(1, 1).lock(EXCLUSIVE));
                assertThatExceptionOfType(ExecutionException.class)
                        .isThrownBy(() -> second.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                        .withCauseInstanceOf(ErrnoException.class)
                        .matches(failure -> ((ErrnoException) failure.getCause()).errno() == Errno.EDEADLK)
                        .withMessageContaining("give up what you have and try again");

                own.close();
                assertThat(other.peer().hear()).isEqualTo("ok");
                other.unlocks(POSIX, 0, 0);
            }
        }
    }

    /** One thread has a lock that another process waits for; another thread waits for that process's: no circle. */
    @Test
    void theKernelTakesThreadsForOneAndSoSeesADeadlockThatIsNone() throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path)) {
            FutureTask<RecordLock> oneThread = ThreadKind.PLATFORM.start(
                    () -> builder(file, POSIX).range(0, 1).lock(EXCLUSIVE));
            RecordLock held = oneThread.get();
            assertThat(other.tries(POSIX, EXCLUSIVE, 1, 1)).isEqualTo("ok");
            other.beginsToLock(POSIX, SHARED, 0, 1);
            TestLocks.awaitWaiters(path, 1);

            FutureTask<RecordLock> anotherThread = ThreadKind.PLATFORM.start(
                    () -> builder(file, POSIX).range(1, 1).lock(SHARED));
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(() -> anotherThread.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .matches(failure -> ((ErrnoException) failure.getCause()).errno() == Errno.EDEADLK);
            // A try is never refused so, and of open file descriptions the kernel sees nothing.
            assertThat(builder(file, POSIX).range(1, 1).tryLock(SHARED)).isEmpty();
            assertThat(builder(file, OPEN_FILE_DESCRIPTION).range(1, 1).tryLock(SHARED, Duration.ofMillis(20)))
                    .isEmpty();

            held.close();
            assertThat(other.peer().hear()).isEqualTo("ok");
        }
    }

    @Test
    void twoThatBothWantToUpgradeGetEdeadlkIfPosixAndATimeOutOtherwise() throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path)) {
            for (LockKind kind : new LockKind[] {POSIX, OPEN_FILE_DESCRIPTION}) {
                try (RecordLock lock = builder(file, kind).lock(SHARED)) {
                    assertThat(other.tries(kind, SHARED)).isEqualTo("ok");
                    other.beginsToLock(kind, EXCLUSIVE, 0, 0);
                    TestLocks.awaitWaiters(path, 1);
                    if (kind == POSIX) {
                        assertThatExceptionOfType(ErrnoException.class)
                                .isThrownBy(() -> lock.convert(EXCLUSIVE))
                                .matches(failure -> failure.errno() == Errno.EDEADLK);
                    } else {
                        assertThat(lock.tryConvert(EXCLUSIVE, Duration.ofMillis(50)))
                                .isFalse();
                    }
                    assertThat(lock.mode()).isEqualTo(SHARED);
                    assertThat(TestLocks.held(path)).hasSize(2);
                }
                assertThat(other.peer().hear()).isEqualTo("ok");
                other.unlocks(kind, 0, 0);
            }
        }
    }
}
