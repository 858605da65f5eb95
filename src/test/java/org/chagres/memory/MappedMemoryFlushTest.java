package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.MappingCalls;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Answers;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Writing back to the file. */
@ExtendWith(LeakCheck.class)
class MappedMemoryFlushTest {
    private static final int PAGE = PageSize.bytes();
    private static final FileTime LONG_AGO = FileTime.fromMillis(1_000_000_000_000L);

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, new byte[3 * PAGE]);
    }

    @ParameterizedTest
    @EnumSource
    void theFileHasWhatWasWrittenInThePartThatIsFlushed(FlushMode mode) throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            memory.segment().fill((byte) 47);
            memory.flush(mode, PAGE + 100, 10);
            memory.flush(mode);
            assertThat(Files.readAllBytes(file)).containsOnly(47);
        }
    }

    @Test
    void afterwardsThePageIsClean() throws IOException {
        assumeTrue(Files.isReadable(Path.of("/proc/kpageflags")), "the flags of pages are for root to see");
        try (MappedMemory memory = MappedMemory.open(file)) {
            memory.segment().set(JAVA_INT, PAGE, 4711);
            memory.segment().set(JAVA_INT, 0, 815);
            assertThat(isDirty(memory.segment().address() + PAGE)).isTrue();
            memory.flush();
            assertThat(isDirty(memory.segment().address() + PAGE)).isFalse();
            assertThat(isDirty(memory.segment().address())).isFalse();
        }
    }

    private static boolean isDirty(long address) throws IOException {
        long frame = number("/proc/self/pagemap", address / PAGE) & (1L << 55) - 1;
        assumeTrue(frame != 0, "which page it is may not be seen");
        return (number("/proc/kpageflags", frame) >> 4 & 1) != 0; // KPF_DIRTY
    }

    private static long number(String table, long index) throws IOException {
        try (RandomAccessFile lines = new RandomAccessFile(table, "r")) {
            byte[] line = new byte[Long.BYTES];
            lines.seek(index * Long.BYTES);
            lines.readFully(line);
            return ByteBuffer.wrap(line).order(ByteOrder.nativeOrder()).getLong();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"INVALIDATE", "SYNC_INVALIDATE", "ASYNC_INVALIDATE"})
    void whatIsWrittenThroughTheDescriptorIsSeen(FlushMode mode) throws IOException {
        try (Descriptor descriptor = Descriptor.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                MappedMemory memory = MappedMemory.map(descriptor)) {
            memory.segment().set(JAVA_BYTE, 0, (byte) 1);
            memory.flush(mode);
            Files.write(file, new byte[] {47}, StandardOpenOption.WRITE);
            memory.flush(mode);
            assertThat(memory.segment().get(JAVA_BYTE, 0)).isEqualTo((byte) 47);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"INVALIDATE", "SYNC_INVALIDATE", "ASYNC_INVALIDATE"})
    void pagesLockedInMemoryAreNotInvalidated(FlushMode mode) throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            memory.lockInMemory(PAGE, 1);
            memory.flush(mode, 0, PAGE);
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.flush(mode));
            assertThat(failure.errno()).isEqualTo(Errno.EBUSY);
            assertThat(failure.call()).isEqualTo("msync");
            assertThat(failure)
                    .hasMessageContaining("flushing (" + mode + ") all of " + memory)
                    .hasMessageContaining("locked in memory");
            memory.unlockFromMemory();
            memory.flush(mode);
        }
    }

    /** What contradicts itself cannot be said, so the kernel has no reason for EINVAL. */
    @Test
    void eachModeIsWhatTheKernelKnows() throws IOException {
        int sync = MappingCalls.MS_SYNC;
        int async = MappingCalls.MS_ASYNC;
        int invalidate = MappingCalls.MS_INVALIDATE;
        for (FlushMode mode : FlushMode.values()) {
            List<Long> flags = new ArrayList<>();
            try (MappedMemory memory = MappedMemory.open(file);
                    ScriptedAnswers script = ScriptedAnswers.to("msync", arguments -> {
                        flags.add(arguments[2]);
                        return ScriptedAnswers.ASK_THE_KERNEL;
                    })) {
                memory.flush(mode);
                assertThat(script.remaining()).isZero();
            }
            long expected = switch (mode) {
                case SYNC -> sync;
                case ASYNC -> async;
                case INVALIDATE -> invalidate;
                case SYNC_INVALIDATE -> sync | invalidate;
                case ASYNC_INVALIDATE -> async | invalidate;
            };
            assertThat(flags).as("%s", mode).containsExactly(expected);
        }
    }

    /** From the first page it touches to the last, and no page more. */
    @ParameterizedTest
    @CsvSource({"0, 1, 0, 1", "0, 4096, 0, 1", "4095, 2, 0, 2", "4096, 4097, 1, 2", "8292, 1, 2, 1", "0, 12188, 0, 3"})
    void aRangeReachesThePagesItTouches(long offset, long byteSize, long firstPage, long pages) throws IOException {
        List<Long> asked = new ArrayList<>();
        try (MappedMemory memory = MappedMemory.builder().byteSize(12_188).open(file);
                ScriptedAnswers script = ScriptedAnswers.to("msync", arguments -> {
                    asked.add(arguments[0]);
                    asked.add(arguments[1]);
                    return ScriptedAnswers.ASK_THE_KERNEL;
                })) {
            memory.flush(FlushMode.SYNC, offset, byteSize);
            assertThat(asked).containsExactly(memory.segment().address() + firstPage * PAGE, pages * PAGE);
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void aRangeOfAPartThatBeginsWithinAPageIsRoundedWithinTheFile() throws IOException {
        List<Long> asked = new ArrayList<>();
        try (MappedMemory memory = MappedMemory.builder().offset(4000).open(file);
                ScriptedAnswers script = ScriptedAnswers.to("msync", arguments -> {
                    asked.add(arguments[0]);
                    asked.add(arguments[1]);
                    return ScriptedAnswers.ASK_THE_KERNEL;
                })) {
            memory.flush(FlushMode.SYNC, 95, 2);
            assertThat(asked).containsExactly(memory.segment().address() - 4000, 2L * PAGE);
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void anEmptyRangeIsNothingToDo() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file);
                ScriptedAnswers script = ScriptedAnswers.to("msync", Answers.refusing(Errno.EIO))) {
            memory.flush(FlushMode.SYNC, 0, 0);
            memory.flush(FlushMode.SYNC, 3L * PAGE, 0);
            assertThat(script.remaining()).as("the kernel is not asked").isOne();
        }
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "0, -1", "0, 12289", "12288, 1", "12289, 0", "1, 9223372036854775807"})
    void aRangeOutsideIsRefused(long offset, long byteSize) throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> memory.flush(FlushMode.SYNC, offset, byteSize));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> memory.advise(Advice.NORMAL, offset, byteSize));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> memory.advise(Advice.DONT_NEED, offset, byteSize));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> memory.lockInMemory(offset, byteSize));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> memory.lockInMemoryOnFault(offset, byteSize));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> memory.unlockFromMemory(offset, byteSize));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> memory.residentPages(offset, byteSize));
        }
    }

    @Test
    void aDiskThatFailsIsTold() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file);
                ScriptedAnswers script = ScriptedAnswers.to("msync", Answers.refusing(Errno.EIO))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, memory::flush);
            assertThat(failure.errno()).isEqualTo(Errno.EIO);
            assertThat(failure).hasMessageStartingWith("msync: EIO (5), flushing (SYNC) ");
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void theFileIsModifiedFromTheWriteOnAndAccessedFromTheMapping() throws IOException {
        BasicFileAttributeView times = Files.getFileAttributeView(file, BasicFileAttributeView.class);
        times.setTimes(LONG_AGO, LONG_AGO, null);
        Files.readAllBytes(file);
        boolean readsAreNoted = times.readAttributes().lastAccessTime().compareTo(LONG_AGO) > 0;
        times.setTimes(LONG_AGO, LONG_AGO, null);
        try (MappedMemory memory = MappedMemory.open(file)) {
            assertThat(memory.segment().get(JAVA_INT, 0)).isZero();
            assertThat(times.readAttributes().lastModifiedTime()).isEqualTo(LONG_AGO);
            if (readsAreNoted) { // the file system is mounted so
                assertThat(times.readAttributes().lastAccessTime()).isGreaterThan(LONG_AGO);
            }
            memory.segment().set(JAVA_INT, 0, 4711);
            memory.flush();
            assertThat(times.readAttributes().lastModifiedTime()).isGreaterThan(LONG_AGO);
        }
    }

    @Test
    void memoryWithoutAFileMayBeFlushedToo() throws IOException {
        for (Sharing sharing : Sharing.values()) {
            try (MappedMemory memory = MappedMemory.builder().sharing(sharing).anonymous(5000)) {
                memory.segment().set(JAVA_INT, 0, 4711);
                memory.flush();
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }
    }

    @Test
    void aModeIsRequiredAndAnOpenMapping() throws IOException {
        MappedMemory memory = MappedMemory.open(file);
        assertThatNullPointerException().isThrownBy(() -> memory.flush(null)).withMessage("mode");
        memory.close();
        assertThatIllegalStateException().isThrownBy(memory::flush).withMessageContaining(file + " is closed");
    }
}
