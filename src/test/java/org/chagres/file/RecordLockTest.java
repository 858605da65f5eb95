package org.chagres.file;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.chagres.file.LockKind.FLOCK;
import static org.chagres.file.LockKind.OPEN_FILE_DESCRIPTION;
import static org.chagres.file.LockKind.POSIX;
import static org.chagres.file.LockMode.EXCLUSIVE;
import static org.chagres.file.LockMode.SHARED;

import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.file.TestLocks.Other;
import org.chagres.pipe.Pipe;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Taking, asking for and giving up locks, with another process as the witness. */
@ExtendWith(LeakCheck.class)
class RecordLockTest {
    @TempDir
    private Path folder;

    private Path path;

    @BeforeEach
    void makeFile() throws Exception {
        path = Files.writeString(folder.resolve("file"), "0123456789", US_ASCII);
    }

    private static String word(LockKind kind) {
        return switch (kind) {
            case OPEN_FILE_DESCRIPTION -> "OFDLCK";
            case POSIX -> "POSIX";
            case FLOCK -> "FLOCK";
        };
    }

    @Test
    void theDefaultIsAllOfTheFileForTheDescription() throws Exception {
        try (Descriptor file = TestLocks.open(path);
                RecordLock lock = RecordLock.lock(file, EXCLUSIVE)) {
            assertThat(TestLocks.of(path)).containsExactly("OFDLCK WRITE 0 EOF");
            assertThat(lock.kind()).isEqualTo(OPEN_FILE_DESCRIPTION);
            assertThat(lock.mode()).isEqualTo(EXCLUSIVE);
            assertThat(lock.offset()).isZero();
            assertThat(lock.byteSize()).isEqualTo(RecordLock.TO_THE_END);
            assertThat(lock.isOpen()).isTrue();
            assertThat(lock).hasToString("RecordLock[EXCLUSIVE OPEN_FILE_DESCRIPTION, from offset 0 of " + file + "]");
        }
    }

    @ParameterizedTest
    @EnumSource
    void closeGivesItUpAndLeavesTheFileOpen(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            RecordLock lock =
                    RecordLock.builder(file).kind(kind).tryLock(EXCLUSIVE).orElseThrow();
            assertThat(TestLocks.of(path)).containsExactly(word(kind) + " WRITE 0 EOF");

            lock.close();

            assertThat(TestLocks.of(path)).isEmpty();
            assertThat(file.isOpen()).isTrue();
            assertThat(lock.isOpen()).isFalse();
            assertThat(lock.toString()).endsWith(", given up]");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSecondCloseDoesNotTakeWhatWasLockedSince(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            RecordLock first =
                    RecordLock.builder(file).kind(kind).tryLock(EXCLUSIVE).orElseThrow();
            first.close();
            RecordLock second =
                    RecordLock.builder(file).kind(kind).tryLock(SHARED).orElseThrow();

            first.close();

            assertThat(TestLocks.of(path)).containsExactly(word(kind) + " READ 0 EOF");
            assertThat(second.isOpen()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void sharedAllowsSharedAndNothingElse(LockKind kind) throws Exception { // flock04
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path)) {
            RecordLockBuilder all = RecordLock.builder(file).kind(kind);
            String refused = "EAGAIN"; // and not EACCES
            try (RecordLock shared = all.tryLock(SHARED).orElseThrow()) {
                assertThat(other.tries(kind, EXCLUSIVE)).isEqualTo(refused);
                assertThat(other.tries(kind, SHARED)).isEqualTo("ok");
                if (kind != FLOCK) {
                    assertThat(shared.tryConvert(EXCLUSIVE, Duration.ZERO)).isFalse();
                    assertThat(all.tryLock(EXCLUSIVE)).isEmpty();
                }
                other.unlocks(kind, 0, 0);
            }
            try (RecordLock exclusive = all.tryLock(EXCLUSIVE).orElseThrow()) {
                assertThat(exclusive.mode()).isEqualTo(EXCLUSIVE);
                assertThat(other.tries(kind, EXCLUSIVE)).isEqualTo(refused);
                assertThat(other.tries(kind, SHARED)).isEqualTo(refused);
            }
            assertThat(other.tries(kind, EXCLUSIVE)).isEqualTo("ok");
            assertThat(all.tryLock(SHARED)).isEmpty();
            assertThat(all.tryLock(EXCLUSIVE)).isEmpty();
            assertThat(all.tryLock(EXCLUSIVE, Duration.ofMillis(5))).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FLOCK", mode = EnumSource.Mode.EXCLUDE)
    void aFreeRangeHasNoHolder(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path)) {
            assertThat(other.tries(POSIX, EXCLUSIVE, 5, 2)).isEqualTo("ok");

            RecordLockBuilder builder = RecordLock.builder(file).kind(kind);
            assertThat(builder.range(0, 5).holder(EXCLUSIVE)).isEmpty();
            assertThat(builder.range(7, RecordLock.TO_THE_END).holder(EXCLUSIVE))
                    .isEmpty();
            assertThat(builder.range(0, 6).holder(SHARED))
                    .contains(new LockHolder(EXCLUSIVE, 5, 2, OptionalInt.of(other.pid())));
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FLOCK", mode = EnumSource.Mode.EXCLUDE)
    void theHolderIsToldByItsNumberIfAProcessHasIt(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path)) {
            RecordLockBuilder builder = RecordLock.builder(file).kind(kind);

            assertThat(other.tries(POSIX, SHARED, 3, 0)).isEqualTo("ok");
            assertThat(builder.holder(SHARED)).isEmpty();
            assertThat(builder.holder(EXCLUSIVE))
                    .contains(new LockHolder(SHARED, 3, RecordLock.TO_THE_END, OptionalInt.of(other.pid())));
            other.unlocks(POSIX, 0, 0);

            assertThat(other.tries(OPEN_FILE_DESCRIPTION, EXCLUSIVE, 3, 4)).isEqualTo("ok");
            assertThat(builder.holder(SHARED)).contains(new LockHolder(EXCLUSIVE, 3, 4, OptionalInt.empty()));
        }
    }

    @Test
    void ofSeveralInTheWayOneIsTold() throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path);
                Other third = TestLocks.other(path)) {
            assertThat(other.tries(POSIX, EXCLUSIVE, 8, 2)).isEqualTo("ok");
            assertThat(third.tries(POSIX, SHARED, 0, 2)).isEqualTo("ok");

            assertThat(RecordLock.builder(file).holder(EXCLUSIVE))
                    .isIn(
                            Optional.of(new LockHolder(EXCLUSIVE, 8, 2, OptionalInt.of(other.pid()))),
                            Optional.of(new LockHolder(SHARED, 0, 2, OptionalInt.of(third.pid()))));
        }
    }

    @Test
    void locksOfTheSameOwnerAreNotInTheWay() throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Descriptor again = TestLocks.open(path)) {
            try (RecordLock posix =
                    RecordLock.builder(file).kind(POSIX).tryLock(EXCLUSIVE).orElseThrow()) {
                assertThat(RecordLock.builder(again).kind(POSIX).holder(EXCLUSIVE))
                        .isEmpty();
                // Of an open file description the same process is another owner.
                assertThat(RecordLock.builder(again).holder(EXCLUSIVE))
                        .contains(new LockHolder(EXCLUSIVE, 0, RecordLock.TO_THE_END, OptionalInt.of((int)
                                ProcessHandle.current().pid())));
                assertThat(posix.isOpen()).isTrue();
            }
            try (RecordLock lock = RecordLock.lock(file, EXCLUSIVE)) {
                assertThat(RecordLock.builder(file).holder(EXCLUSIVE)).isEmpty();
                assertThat(RecordLock.builder(again).holder(SHARED)).isPresent();
                assertThat(lock.isOpen()).isTrue();
            }
        }
    }

    @Test
    void flockDoesNotTellAndHasNoRangesAndNoConversion() throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            RecordLockBuilder builder = RecordLock.builder(file).kind(FLOCK);
            assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> builder.holder(SHARED));
            try (RecordLock lock = builder.lock(SHARED)) {
                assertThatExceptionOfType(UnsupportedOperationException.class)
                        .isThrownBy(() -> lock.convert(EXCLUSIVE));
                assertThatExceptionOfType(UnsupportedOperationException.class)
                        .isThrownBy(() -> lock.tryConvert(EXCLUSIVE, Duration.ZERO));
                assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> lock.unlock(0, 1));
                assertThat(TestLocks.of(path)).containsExactly("FLOCK READ 0 EOF");
            }
            builder.range(0, 1);
            assertThatIllegalStateException().isThrownBy(() -> builder.lock(SHARED));
            assertThatIllegalStateException().isThrownBy(() -> builder.tryLock(SHARED));
            assertThatIllegalStateException().isThrownBy(() -> builder.tryLock(SHARED, Duration.ZERO));
            assertThat(TestLocks.of(path)).isEmpty();
        }
    }

    /** Its own lock of the same description is given up before the new one is looked at. */
    @Test
    void aSecondFlockThatIsRefusedLosesTheFirst() throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Descriptor again = TestLocks.open(path)) {
            RecordLockBuilder builder = RecordLock.builder(file).kind(FLOCK);
            builder.tryLock(SHARED).orElseThrow();
            RecordLock.builder(again).kind(FLOCK).tryLock(SHARED).orElseThrow();
            assertThat(TestLocks.of(path)).containsExactly("FLOCK READ 0 EOF", "FLOCK READ 0 EOF");

            assertThat(builder.tryLock(EXCLUSIVE)).isEmpty();

            assertThat(TestLocks.of(path)).containsExactly("FLOCK READ 0 EOF");
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FLOCK", mode = EnumSource.Mode.EXCLUDE)
    void theModeTheFileIsOpenInMustFit(LockKind kind) throws Exception {
        try (Descriptor reading = Descriptor.open(path, READ);
                Descriptor writing = Descriptor.open(path, WRITE)) {
            for (RecordLockBuilder exclusive :
                    new RecordLockBuilder[] {RecordLock.builder(reading).kind(kind)}) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> exclusive.lock(EXCLUSIVE))
                        .matches(failure -> failure.errno() == Errno.EBADF)
                        .withMessageContaining("fcntl: EBADF")
                        .withMessageContaining("an exclusive one for writing");
                assertThatExceptionOfType(ErrnoException.class).isThrownBy(() -> exclusive.tryLock(EXCLUSIVE));
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> exclusive.tryLock(EXCLUSIVE, Duration.ofSeconds(1)));
                try (RecordLock lock = exclusive.lock(SHARED)) {
                    assertThatExceptionOfType(ErrnoException.class).isThrownBy(() -> lock.convert(EXCLUSIVE));
                    assertThat(lock.mode()).isEqualTo(SHARED);
                    assertThat(TestLocks.of(path)).containsExactly(word(kind) + " READ 0 EOF");
                }
            }
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> RecordLock.builder(writing).kind(kind).lock(SHARED))
                    .matches(failure -> failure.errno() == Errno.EBADF);
            RecordLock.builder(writing).kind(kind).lock(EXCLUSIVE).close();
            assertThat(TestLocks.of(path)).isEmpty();
        }
    }

    @Test
    void flockTakesAnyModeOfAnyOpenFile() throws Exception {
        try (Descriptor reading = Descriptor.open(path, READ);
                RecordLock exclusive = RecordLock.builder(reading).kind(FLOCK).lock(EXCLUSIVE)) {
            assertThat(TestLocks.of(path)).containsExactly("FLOCK WRITE 0 EOF");
            assertThat(exclusive.mode()).isEqualTo(EXCLUSIVE);
        }
        try (Descriptor writing = Descriptor.open(path, WRITE);
                RecordLock shared = RecordLock.builder(writing).kind(FLOCK).lock(SHARED)) {
            assertThat(TestLocks.of(path)).containsExactly("FLOCK READ 0 EOF");
            assertThat(shared.mode()).isEqualTo(SHARED);
        }
    }

    @Test
    void aDirectoryCanBeLockedForReadingAndByFlock() throws Exception {
        try (Descriptor directory = Descriptor.open(folder, READ)) {
            try (RecordLock lock = RecordLock.lock(directory, SHARED)) {
                assertThat(TestLocks.of(folder)).containsExactly("OFDLCK READ 0 EOF");
                assertThat(lock.isOpen()).isTrue();
            }
            RecordLock.builder(directory).kind(FLOCK).lock(EXCLUSIVE).close();
        }
    }

    @Test
    void aDescriptorOfAnotherKindIsToldOfAsTheKernelDoes() throws Exception {
        try (Pipe pipe = Pipe.create();
                Descriptor source = pipe.source().descriptor().duplicate()) {
            // Locks on a pipe are as good as any; the kernel does not object.
            RecordLock.lock(source, SHARED).close();
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> RecordLock.lock(source, EXCLUSIVE))
                    .matches(failure -> failure.errno() == Errno.EBADF);
        }
    }

    @ParameterizedTest
    @EnumSource
    void ofAClosedFileNothingCanBeLocked(LockKind kind) throws Exception { // flock02, fcntl13: EBADF
        Descriptor file = TestLocks.open(path);
        RecordLock lock = RecordLock.builder(file).kind(kind).lock(SHARED);
        file.close();

        assertThat(lock.isOpen()).isFalse();
        RecordLockBuilder builder = RecordLock.builder(file).kind(kind);
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> builder.lock(SHARED));
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> builder.tryLock(SHARED));
        assertThatExceptionOfType(ClosedChannelException.class)
                .isThrownBy(() -> builder.tryLock(SHARED, Duration.ofSeconds(1)));
        if (kind != FLOCK) {
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> builder.holder(SHARED));
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> lock.convert(SHARED));
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> lock.unlock(0, 1));
        }
        lock.close(); // does nothing
        assertThat(TestLocks.of(path)).isEmpty();
    }

    @Test
    void aLockGivenUpDoesNothingMore() throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            RecordLock lock = RecordLock.lock(file, SHARED);
            lock.close();

            assertThatIllegalStateException()
                    .isThrownBy(() -> lock.convert(EXCLUSIVE))
                    .withMessageContaining("given up");
            assertThatIllegalStateException().isThrownBy(() -> lock.tryConvert(EXCLUSIVE, Duration.ZERO));
            assertThatIllegalStateException().isThrownBy(() -> lock.unlock(0, 1));
            assertThat(TestLocks.of(path)).isEmpty();
        }
    }

    @Test
    void nothingMayBeNull() throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            RecordLockBuilder builder = RecordLock.builder(file);
            assertThatNullPointerException().isThrownBy(() -> RecordLock.builder(null));
            assertThatNullPointerException().isThrownBy(() -> RecordLock.lock(null, SHARED));
            assertThatNullPointerException().isThrownBy(() -> RecordLock.lock(file, null));
            assertThatNullPointerException().isThrownBy(() -> RecordLock.tryLock(file, null));
            assertThatNullPointerException().isThrownBy(() -> builder.kind(null));
            assertThatNullPointerException().isThrownBy(() -> builder.lock(null));
            assertThatNullPointerException().isThrownBy(() -> builder.tryLock(null));
            assertThatNullPointerException().isThrownBy(() -> builder.tryLock(SHARED, null));
            assertThatNullPointerException().isThrownBy(() -> builder.holder(null));
            try (RecordLock lock = builder.lock(SHARED)) {
                assertThatNullPointerException().isThrownBy(() -> lock.convert(null));
                assertThatNullPointerException().isThrownBy(() -> lock.tryConvert(EXCLUSIVE, null));
                assertThat(TestLocks.of(path)).containsExactly("OFDLCK READ 0 EOF");
            }
        }
    }

    @Test
    void aRangeMustBeOne() throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            RecordLockBuilder builder = RecordLock.builder(file);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.range(-1, 1))
                    .withMessageContaining("-1");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.range(0, 0))
                    .withMessageContaining("not 0");
            assertThatIllegalArgumentException().isThrownBy(() -> builder.range(0, -5));
            assertThatIllegalArgumentException().isThrownBy(() -> builder.range(0, Long.MIN_VALUE));
            try (RecordLock all = builder.lock(SHARED)) {
                assertThat(all.byteSize()).isEqualTo(RecordLock.TO_THE_END); // unchanged by what was refused
            }
        }
    }

    @Test
    void anInterruptedThreadTriesAllTheSame() throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            Thread.currentThread().interrupt();
            assertThat(RecordLock.tryLock(file, EXCLUSIVE)).isPresent();
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void theBuilderIsUsedAgain() throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            RecordLockBuilder builder = RecordLock.builder(file);
            RecordLock first = builder.range(0, 2).lock(SHARED);
            RecordLock second = builder.range(4, 2).lock(EXCLUSIVE);

            assertThat(TestLocks.of(path)).containsExactly("OFDLCK READ 0 1", "OFDLCK WRITE 4 5");
            assertThat(first)
                    .hasToString("RecordLock[SHARED OPEN_FILE_DESCRIPTION, 2 bytes at offset 0 of " + file + "]");
            first.close();
            assertThat(TestLocks.of(path)).containsExactly("OFDLCK WRITE 4 5");
            second.close();
        }
    }
}
