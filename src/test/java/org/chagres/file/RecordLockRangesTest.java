package org.chagres.file;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.chagres.file.LockKind.OPEN_FILE_DESCRIPTION;
import static org.chagres.file.LockKind.POSIX;
import static org.chagres.file.LockMode.EXCLUSIVE;
import static org.chagres.file.LockMode.SHARED;
import static org.chagres.file.RecordLock.TO_THE_END;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.file.TestLocks.Other;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Ranges that split, grow and merge, with {@code /proc/locks} and another process as witnesses. */
@ExtendWith(LeakCheck.class)
class RecordLockRangesTest {
    private static final long LAST = Long.MAX_VALUE;

    @TempDir
    private Path folder;

    private Path path;

    @BeforeEach
    void makeFile() throws Exception {
        path = Files.writeString(folder.resolve("file"), "0123456789", US_ASCII);
    }

    private record Range(long offset, long byteSize) {
        @Override
        public String toString() {
            return byteSize + " at " + offset;
        }
    }

    /** A lock on bytes 2 to 7, what is unlocked of it, and what is left: fcntl19 and fcntl20. */
    static Stream<Arguments> parts() {
        return Stream.of(
                        Arguments.of(new Range(2, 6), "........", List.of()),
                        Arguments.of(new Range(2, 2), "....LLLL", List.of("4 7")),
                        Arguments.of(new Range(4, 2), "..LL..LL", List.of("2 3", "6 7")),
                        Arguments.of(new Range(6, 2), "..LLLL..", List.of("2 5")),
                        Arguments.of(new Range(2, 1), "...LLLLL", List.of("3 7")),
                        Arguments.of(new Range(7, 1), "..LLLLL.", List.of("2 6")),
                        Arguments.of(new Range(3, 4), "..L....L", List.of("2 2", "7 7")))
                .flatMap(row -> Stream.of(POSIX, OPEN_FILE_DESCRIPTION)
                        .flatMap(kind -> Stream.of(LockMode.values())
                                .map(mode -> Arguments.of(kind, mode, row.get()[0], row.get()[1], row.get()[2]))));
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @MethodSource("parts")
    void unlockingAPartLeavesTheRest(LockKind kind, LockMode mode, Range part, String map, List<String> left)
            throws Exception {
        try (Descriptor file = TestLocks.open(path);
                RecordLock lock =
                        RecordLock.builder(file).kind(kind).range(2, 6).lock(mode);
                Other other = TestLocks.other(path)) {
            lock.unlock(part.offset(), part.byteSize());

            assertThat(TestLocks.of(path))
                    .containsExactlyElementsOf(left.stream()
                            .map(range -> name(kind) + (mode == SHARED ? " READ " : " WRITE ") + range)
                            .toList());
            assertThat(other.map(kind, 8))
                    .isEqualTo(map.replace('L', mode.name().charAt(0)));
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FLOCK", mode = EnumSource.Mode.EXCLUDE)
    void unlockingBeyondItsRangeIsRefused(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                RecordLock lock =
                        RecordLock.builder(file).kind(kind).range(2, 6).lock(SHARED)) {
            for (Range part : new Range[] {
                new Range(1, 1),
                new Range(1, 7),
                new Range(2, 7),
                new Range(8, 1),
                new Range(7, 2),
                new Range(3, 0),
                new Range(3, -1),
                new Range(-1, 2),
                new Range(2, TO_THE_END),
                new Range(3, TO_THE_END - 1),
                new Range(LAST, 1),
                new Range(Long.MIN_VALUE, TO_THE_END)
            }) {
                assertThatExceptionOfType(IndexOutOfBoundsException.class)
                        .as("%s", part)
                        .isThrownBy(() -> lock.unlock(part.offset(), part.byteSize()));
            }
            assertThat(TestLocks.of(path)).containsExactly(name(kind) + " READ 2 7");
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FLOCK", mode = EnumSource.Mode.EXCLUDE)
    void whatWasUnlockedInPartsIsLockedAgainByAConversion(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                RecordLock lock =
                        RecordLock.builder(file).kind(kind).range(0, 9).lock(SHARED)) {
            lock.unlock(3, 3);
            lock.convert(EXCLUSIVE);
            assertThat(TestLocks.of(path)).containsExactly(name(kind) + " WRITE 0 8");
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FLOCK", mode = EnumSource.Mode.EXCLUDE)
    void neighboursOfOneModeMergeAndOthersDoNot(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            RecordLockBuilder builder = RecordLock.builder(file).kind(kind);
            RecordLock first = builder.range(0, 2).lock(SHARED);
            RecordLock second = builder.range(2, 2).lock(SHARED);
            assertThat(TestLocks.of(path)).containsExactly(name(kind) + " READ 0 3");
            RecordLock third = builder.range(4, 2).lock(EXCLUSIVE);
            assertThat(TestLocks.of(path)).containsExactly(name(kind) + " READ 0 3", name(kind) + " WRITE 4 5");

            second.convert(EXCLUSIVE);
            assertThat(TestLocks.of(path)).containsExactly(name(kind) + " READ 0 1", name(kind) + " WRITE 2 5");

            second.close();
            assertThat(TestLocks.of(path)).containsExactly(name(kind) + " READ 0 1", name(kind) + " WRITE 4 5");
            first.close();
            third.close();
            assertThat(TestLocks.of(path)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FLOCK", mode = EnumSource.Mode.EXCLUDE)
    void aLockWithinOneOfTheSameOwnerChangesItThereAndCloseFreesIt(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            RecordLockBuilder builder = RecordLock.builder(file).kind(kind);
            RecordLock outer = builder.range(0, 9).lock(EXCLUSIVE);
            RecordLock inner = builder.range(3, 3).lock(SHARED);
            assertThat(TestLocks.of(path))
                    .containsExactly(name(kind) + " READ 3 5", name(kind) + " WRITE 0 2", name(kind) + " WRITE 6 8");

            inner.close();
            assertThat(TestLocks.of(path)).containsExactly(name(kind) + " WRITE 0 2", name(kind) + " WRITE 6 8");
            outer.close();
            assertThat(TestLocks.of(path)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FLOCK", mode = EnumSource.Mode.EXCLUDE)
    void upAndDownAgain(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path);
                RecordLock lock =
                        RecordLock.builder(file).kind(kind).range(0, 4).lock(SHARED)) {
            assertThat(other.tries(kind, SHARED, 0, 4)).isEqualTo("ok");
            assertThat(lock.tryConvert(EXCLUSIVE, Duration.ZERO)).isFalse();
            assertThat(lock.tryConvert(EXCLUSIVE, Duration.ofMillis(5))).isFalse();
            assertThat(lock.mode()).isEqualTo(SHARED);
            assertThat(other.asks(kind, EXCLUSIVE, 0, 4)).startsWith("SHARED 0 4 ");
            other.unlocks(kind, 0, 0);

            lock.convert(EXCLUSIVE);
            assertThat(lock.mode()).isEqualTo(EXCLUSIVE);
            lock.convert(EXCLUSIVE); // as it is
            assertThat(other.tries(kind, SHARED, 0, 1)).isEqualTo("EAGAIN");
            assertThat(other.asks(kind, SHARED, 3, 1)).startsWith("EXCLUSIVE 0 4 ");

            assertThat(lock.tryConvert(SHARED, Duration.ofSeconds(-1))).isTrue();
            assertThat(lock.mode()).isEqualTo(SHARED);
            assertThat(other.tries(kind, SHARED, 0, 4)).isEqualTo("ok");
        }
    }

    /** The lock is held while its change is waited for. */
    @ParameterizedTest
    @EnumSource(names = "FLOCK", mode = EnumSource.Mode.EXCLUDE)
    void aDowngradeLetsAWaitingReaderIn(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path);
                RecordLock lock = RecordLock.builder(file).kind(kind).lock(EXCLUSIVE)) {
            other.beginsToLock(kind, SHARED, 0, 0);
            TestLocks.awaitWaiters(path, 1);

            lock.convert(SHARED);

            assertThat(other.peer().hear()).isEqualTo("ok");
            assertThat(TestLocks.of(path)).containsExactly(name(kind) + " READ 0 EOF", name(kind) + " READ 0 EOF");
        }
    }

    // The end of what a file can have.

    @ParameterizedTest
    @EnumSource(names = "FLOCK", mode = EnumSource.Mode.EXCLUDE)
    void theLastByteThereIsCanBeLocked(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path)) {
            RecordLockBuilder builder = RecordLock.builder(file).kind(kind);
            try (RecordLock lock = builder.range(LAST, 1).lock(EXCLUSIVE)) {
                assertThat(lock.byteSize()).isEqualTo(1);
                assertThat(TestLocks.of(path)).containsExactly(name(kind) + " WRITE " + LAST + " EOF");
                assertThat(other.tries(kind, SHARED, LAST, 0)).isEqualTo("EAGAIN");
                assertThat(other.tries(kind, EXCLUSIVE, LAST - 1, 1)).isEqualTo("ok");
                assertThat(builder.range(LAST - 1, 1)
                                .holder(SHARED)
                                .orElseThrow()
                                .offset())
                        .isEqualTo(LAST - 1);
            }
            assertThat(other.tries(kind, EXCLUSIVE, LAST, 1)).isEqualTo("ok");
            // The kernel does not tell one that ends with the last byte from one without an end.
            assertThat(builder.range(0, TO_THE_END).holder(SHARED))
                    .contains(new LockHolder(
                            EXCLUSIVE,
                            LAST - 1,
                            TO_THE_END,
                            kind == POSIX ? OptionalInt.of(other.pid()) : OptionalInt.empty()));
        }
    }

    @Test
    void aRangeUpToTheLastByteIsOneAndALargerOneIsRefused() throws Exception {
        try (Descriptor file = TestLocks.open(path)) {
            RecordLockBuilder builder = RecordLock.builder(file);
            builder.range(1, LAST).lock(SHARED).close(); // TO_THE_END
            builder.range(2, LAST - 1).lock(SHARED).close();
            for (Range range : new Range[] {new Range(3, LAST - 1), new Range(LAST, 2), new Range(LAST - 5, 7)}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> builder.range(range.offset(), range.byteSize()))
                        .withMessageContaining("more than a file can have");
            }
            try (RecordLock lock = builder.range(LAST - 5, 6).lock(SHARED)) {
                assertThat(TestLocks.of(path)).containsExactly("OFDLCK READ " + (LAST - 5) + " EOF");
                lock.unlock(LAST, 1);
                assertThat(TestLocks.of(path)).containsExactly("OFDLCK READ " + (LAST - 5) + " " + (LAST - 1));
            }
            assertThat(TestLocks.of(path)).isEmpty();
        }
    }

    @Test
    void aPartOfARangeToTheEndEndsWithTheLastByteAtMost() throws Exception {
        try (Descriptor file = TestLocks.open(path);
                RecordLock lock = RecordLock.builder(file).range(5, TO_THE_END).lock(SHARED)) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> lock.unlock(10, LAST - 5));
            lock.unlock(10, TO_THE_END);
            assertThat(TestLocks.of(path)).containsExactly("OFDLCK READ 5 9");
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FLOCK", mode = EnumSource.Mode.EXCLUDE)
    void toTheEndIsBeyondTheEndOfTheFileToo(LockKind kind) throws Exception {
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path);
                RecordLock lock =
                        RecordLock.builder(file).kind(kind).range(4, TO_THE_END).lock(EXCLUSIVE)) {
            assertThat(other.tries(kind, SHARED, 1000, 1)).isEqualTo("EAGAIN");
            file.truncate(5000);
            assertThat(other.tries(kind, SHARED, 4999, 1)).isEqualTo("EAGAIN");
            file.truncate(0);
            assertThat(TestLocks.of(path)).containsExactly(name(kind) + " WRITE 4 EOF");
            lock.unlock(100, TO_THE_END);
            assertThat(TestLocks.of(path)).containsExactly(name(kind) + " WRITE 4 99");
            assertThat(other.tries(kind, EXCLUSIVE, 0, 4)).isEqualTo("ok");
        }
    }

    private static String name(LockKind kind) {
        return kind == POSIX ? "POSIX" : "OFDLCK";
    }
}
