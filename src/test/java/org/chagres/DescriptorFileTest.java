package org.chagres;

import static java.nio.file.StandardOpenOption.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.TestDescriptors.*;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Arrays;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.pipe.Pipe;
import org.chagres.testing.Answers;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What only files have: a size, a position, ranges on a disk. */
@ExtendWith(LeakCheck.class)
class DescriptorFileTest {
    /** Of the file systems that files are mostly on; a range to take out or put in is of whole ones. */
    private static final int BLOCK = 4096;

    /** What {@code st_blocks} counts in. */
    private static final int SECTOR = 512;

    /** Beyond what an {@code int} holds. */
    private static final long FAR = 5L << 30;

    // Of fcntl.h and memfd.h, that this library has no use for yet.
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_SEAL_SHRINK = 2;
    private static final int F_SEAL_GROW = 4;

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void writeAFile() throws IOException {
        file = Files.writeString(folder.resolve("file"), "content");
    }

    // Size and position.

    @Test
    void theSizeIsWhatIsInTheFile() throws Exception {
        try (Descriptor descriptor = open(READ, WRITE)) {
            assertThat(descriptor.byteSize()).isEqualTo(7);
            descriptor.setPosition(FAR);
            descriptor.write(text("x"));
            assertThat(descriptor.byteSize()).isEqualTo(FAR + 1).isEqualTo(Files.size(file));
        }
    }

    @Test
    void whatIsNoFileHasNoSize() throws Exception {
        try (Pipe pipe = Pipe.create();
                Descriptor device = Descriptor.open(Path.of("/dev/null"))) {
            pipe.sink().write(text("x"));
            assertThat(pipe.source().descriptor().byteSize()).isZero();
            assertThat(device.byteSize()).isZero();
        }
    }

    @Test
    void readsAndWritesMoveThePosition() throws Exception {
        try (Descriptor descriptor = open(READ, WRITE)) {
            assertThat(descriptor.position()).isZero();
            descriptor.readFully(new byte[3]);
            assertThat(descriptor.position()).isEqualTo(3);
            descriptor.write(text("T"));
            assertThat(descriptor.position()).isEqualTo(4);
            assertThat(info(number(descriptor), "pos")).isEqualTo("4");
        }
        assertThat(file).hasContent("conTent");
    }

    @Test
    void aPositionBeyondTheEndLeavesAHoleOfZeros() throws Exception {
        try (Descriptor descriptor = open(READ, WRITE)) {
            descriptor.setPosition(9);
            assertThat(read(descriptor)).as("nothing there").isEmpty();
            assertThat(descriptor.byteSize()).isEqualTo(7);
            descriptor.write(text("x"));
        }
        assertThat(Files.readString(file)).isEqualTo("content\0\0x");
    }

    @Test
    void aPipeHasNoPositionsAndNoRanges() throws Exception {
        try (Pipe pipe = Pipe.create()) {
            Descriptor source = pipe.source().descriptor();
            Descriptor sink = pipe.sink().descriptor();
            assertRefused(Errno.ESPIPE, "lseek", source::position);
            assertRefused(Errno.ESPIPE, "lseek", () -> sink.setPosition(1));
            assertRefused(Errno.ESPIPE, "pread", () -> source.readAt(text("x"), 0));
            assertRefused(Errno.ESPIPE, "pwrite", () -> sink.writeAt(text("x"), 0));
            assertRefused(Errno.ESPIPE, "fallocate", () -> sink.allocate(FileRange.ALLOCATE, 0, 1));
            assertRefused(Errno.EINVAL, "ftruncate", () -> sink.truncate(1));
            assertThat(pipe.source().available()).isZero();
        }
    }

    @Test
    void negativeNumbersAreRefusedBeforeTheKernelIsAsked() throws Exception {
        try (Descriptor descriptor = open(READ, WRITE);
                ScriptedAnswers seek = ScriptedAnswers.to("lseek", Answers.refusing(Errno.EIO));
                ScriptedAnswers allocate = ScriptedAnswers.to("fallocate", Answers.refusing(Errno.EIO))) {
            for (long negative : new long[] {-1, Long.MIN_VALUE}) {
                assertArgumentRefused("position", negative, () -> descriptor.setPosition(negative));
                assertArgumentRefused("byteSize", negative, () -> descriptor.truncate(negative));
                assertArgumentRefused("offset", negative, () -> descriptor.readAt(text("x"), negative));
                assertArgumentRefused("offset", negative, () -> descriptor.writeAt(text("x"), negative));
                assertArgumentRefused("offset", negative, () -> descriptor.allocate(FileRange.ALLOCATE, negative, 1));
                assertArgumentRefused("byte", negative, () -> descriptor.allocate(FileRange.ALLOCATE, 0, negative));
            }
            assertArgumentRefused("byte", 0, () -> descriptor.allocate(FileRange.ALLOCATE, 0, 0));
            assertThatNullPointerException().isThrownBy(() -> descriptor.allocate(null, 0, 1));
            assertThat(seek.remaining() + allocate.remaining()).isEqualTo(2);
        }
        assertThat(file).hasContent("content");
    }

    private static void assertArgumentRefused(String name, long value, ThrowingCallable what) {
        assertThatIllegalArgumentException()
                .isThrownBy(what)
                .withMessageContaining(name)
                .withMessageContaining(Long.toString(value));
    }

    // Truncating.

    @Test
    void truncatingCutsOffTheEndAndLeavesThePosition() throws Exception {
        try (Descriptor descriptor = open(READ, WRITE)) {
            descriptor.setPosition(5);
            descriptor.truncate(3);
            assertThat(descriptor.byteSize()).isEqualTo(3);
            assertThat(descriptor.position()).isEqualTo(5);
        }
        assertThat(file).hasContent("con");
    }

    @Test
    void truncatingToMoreAddsZeros() throws Exception {
        try (Descriptor descriptor = open(WRITE)) {
            descriptor.truncate(9);
            assertThat(Files.readString(file)).isEqualTo("content\0\0");
            descriptor.truncate(FAR);
            assertThat(Files.size(file)).isEqualTo(FAR);
            descriptor.truncate(0);
            assertThat(file).isEmptyFile();
        }
    }

    @Test
    void onlyWhatWasOpenedForWritingIsTruncated() throws Exception {
        try (Descriptor descriptor = open(READ)) {
            assertRefused(Errno.EINVAL, "ftruncate", () -> descriptor.truncate(0));
        }
        assertThat(file).hasContent("content");
    }

    @Test
    void efbigIfFilesCannotHaveSoMuch() throws Exception {
        try (Descriptor descriptor = open(WRITE)) {
            try {
                descriptor.truncate(Long.MAX_VALUE);
            } catch (ErrnoException refused) {
                assertThat(refused.errno()).isEqualTo(Errno.EFBIG);
                assertThat(refused).hasMessageContaining("to " + Long.MAX_VALUE + " bytes");
                return;
            }
            abort("files here can have everything");
        }
    }

    @Test
    void epermIfASealForbidsIt() throws Exception {
        int number = callWithText("memfd_create", "sealed", MFD_ALLOW_SEALING);
        try (Descriptor memory = Descriptor.adopt(number)) {
            memory.truncate(2 * BLOCK);
            call("fcntl", number, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
            assertRefused(Errno.EPERM, "ftruncate", () -> memory.truncate(BLOCK));
            assertRefused(Errno.EPERM, "ftruncate", () -> memory.truncate(3 * BLOCK));
            assertRefused(Errno.EPERM, "fallocate", () -> memory.allocate(FileRange.ALLOCATE, 2 * BLOCK, BLOCK));
            assertThat(memory.byteSize()).isEqualTo(2 * BLOCK);
        }
    }

    @Test
    void interruptedCallsAreRepeated() throws Exception {
        try (Descriptor descriptor = open(READ, WRITE);
                ScriptedAnswers truncate = ScriptedAnswers.to("ftruncate", Answers.refusing(Errno.EINTR));
                ScriptedAnswers allocate = ScriptedAnswers.to("fallocate", Answers.refusing(Errno.EINTR));
                ScriptedAnswers read = ScriptedAnswers.to("pread", Answers.refusing(Errno.EINTR));
                ScriptedAnswers write = ScriptedAnswers.to("pwrite", Answers.refusing(Errno.EINTR))) {
            descriptor.truncate(3);
            allocate(descriptor, FileRange.ALLOCATE, 0, 5);
            assertThat(descriptor.writeAt(text("XY"), 3)).isEqualTo(2);
            assertThat(readAt(descriptor, 0, 8)).isEqualTo("conXY");
            assertThat(truncate.remaining() + allocate.remaining() + read.remaining() + write.remaining())
                    .isZero();
        }
    }

    // Ranges: what is on the disk is told by stat.

    @Test
    void allocateGetsSpaceAndGrowsTheFile() throws Exception {
        try (Descriptor descriptor = open(WRITE)) {
            allocate(descriptor, FileRange.ALLOCATE, 4 * BLOCK, 4 * BLOCK);
            assertThat(Files.size(file)).isEqualTo(8 * BLOCK);
            assertThat(blocks()).isBetween(5L, 8L); // the first one was there
            assertThat(Files.readString(file)).startsWith("content\0");
        }
    }

    @Test
    void allocateKeepingSizeGetsSpaceBehindTheEnd() throws Exception {
        try (Descriptor descriptor = open(WRITE)) {
            allocate(descriptor, FileRange.ALLOCATE_KEEPING_SIZE, 0, 8 * BLOCK);
            assertThat(file).hasContent("content");
            assertThat(blocks()).isEqualTo(8);
        }
    }

    @Test
    void aHoleGivesSpaceBackAndReadsAsZeros() throws Exception {
        try (Descriptor descriptor = blocksOf('a', 'b', 'c', 'd')) {
            allocate(descriptor, FileRange.PUNCH_HOLE, BLOCK, 2 * BLOCK);
            assertThat(contents()).isEqualTo("a..d");
            assertThat(blocks()).isEqualTo(2);
        }
    }

    @Test
    void aHoleMayBeAnyRange() throws Exception {
        try (Descriptor descriptor = open(WRITE)) {
            allocate(descriptor, FileRange.PUNCH_HOLE, 1, 5);
            assertThat(Files.readString(file)).isEqualTo("c\0\0\0\0\0t");
            allocate(descriptor, FileRange.PUNCH_HOLE, 6, 100);
            assertThat(Files.readString(file)).isEqualTo("c\0\0\0\0\0\0");
        }
    }

    @Test
    void zeroKeepsTheSpaceAndGrowsTheFile() throws Exception {
        try (Descriptor descriptor = blocksOf('a', 'b', 'c', 'd')) {
            allocate(descriptor, FileRange.ZERO, 3 * BLOCK, 2 * BLOCK);
            assertThat(contents()).isEqualTo("abc..");
            assertThat(blocks()).isEqualTo(5);
        }
    }

    @Test
    void collapseTakesARangeOut() throws Exception {
        try (Descriptor descriptor = blocksOf('a', 'b', 'c', 'd')) {
            allocate(descriptor, FileRange.COLLAPSE, BLOCK, 2 * BLOCK);
            assertThat(contents()).isEqualTo("ad");
            assertThat(blocks()).isEqualTo(2);
        }
    }

    @Test
    void insertPutsARangeOfZerosIn() throws Exception {
        try (Descriptor descriptor = blocksOf('a', 'b', 'c', 'd')) {
            allocate(descriptor, FileRange.INSERT, BLOCK, 2 * BLOCK);
            assertThat(contents()).isEqualTo("a..bcd");
            assertThat(blocks()).isEqualTo(4);
        }
    }

    @Test
    void einvalIfARangeIsNotOfWholeBlocksOrReachesTheEnd() throws Exception {
        try (Descriptor descriptor = blocksOf('a', 'b')) {
            for (FileRange what : new FileRange[] {FileRange.COLLAPSE, FileRange.INSERT}) {
                assertRangeRefused(Errno.EINVAL, descriptor, what, 1, BLOCK);
                assertRangeRefused(Errno.EINVAL, descriptor, what, 0, 1);
                assertRangeRefused(Errno.EINVAL, descriptor, what, 2 * BLOCK, BLOCK);
            }
            assertRangeRefused(Errno.EINVAL, descriptor, FileRange.COLLAPSE, BLOCK, BLOCK);
            assertThat(contents()).isEqualTo("ab");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRangeOfWhatCannotBeWrittenIsRefused(FileRange what) throws Exception {
        try (Descriptor descriptor = open(READ);
                Descriptor device = Descriptor.open(Path.of("/dev/null"), WRITE)) {
            assertRangeRefused(Errno.EBADF, descriptor, what, 0, BLOCK);
            assertRangeRefused(Errno.ENODEV, device, what, 0, BLOCK);
        }
    }

    @Test
    void efbigIfARangeEndsBeyondWhatFilesCanHave() throws Exception {
        try (Descriptor descriptor = open(WRITE)) {
            assertRangeRefused(Errno.EFBIG, descriptor, FileRange.ALLOCATE, Long.MAX_VALUE, 1);
            assertRangeRefused(Errno.EFBIG, descriptor, FileRange.ALLOCATE, 1, Long.MAX_VALUE);
        }
        assertThat(file).hasContent("content");
    }

    /** Skips the test where the file system cannot. */
    private static void allocate(Descriptor descriptor, FileRange what, long offset, long byteSize) throws IOException {
        try {
            descriptor.allocate(what, offset, byteSize);
        } catch (ErrnoException refused) {
            if (refused.errno() == Errno.EOPNOTSUPP) {
                abort("this file system cannot " + what);
            }
            throw refused;
        }
    }

    private static void assertRangeRefused(
            Errno errno, Descriptor descriptor, FileRange what, long offset, long byteSize) {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> allocate(descriptor, what, offset, byteSize))
                .withMessage("fallocate: " + errno + " (" + errno.number() + "), " + what + " of " + byteSize
                        + " bytes at " + offset + " of " + descriptor);
    }

    /** Whole blocks of a letter each, on the disk by now. */
    private Descriptor blocksOf(char... letters) throws Exception {
        Descriptor descriptor = Descriptor.open(file, WRITE, TRUNCATE_EXISTING);
        for (char letter : letters) {
            byte[] block = new byte[BLOCK];
            Arrays.fill(block, (byte) letter);
            descriptor.writeFully(block);
        }
        Run.command("sync", file.toString()).output(); // only then all its blocks are counted
        return descriptor;
    }

    /** A letter for each block; a dot is for zeros. */
    private String contents() throws IOException {
        byte[] all = Files.readAllBytes(file);
        StringBuilder letters = new StringBuilder();
        for (int offset = 0; offset < all.length; offset += BLOCK) {
            byte first = all[offset];
            byte[] block = Arrays.copyOfRange(all, offset, offset + BLOCK);
            for (byte each : block) {
                assertThat(each).isEqualTo(first);
            }
            letters.append(first == 0 ? '.' : (char) first);
        }
        return letters.toString();
    }

    /** How many blocks it has on the disk. */
    private long blocks() {
        Run.command("sync", file.toString()).output();
        return Long.parseLong(Run.command("stat", "-c", "%b", file.toString())
                        .output()
                        .strip())
                * SECTOR
                / BLOCK;
    }

    // At an offset.

    @ParameterizedTest
    @EnumSource
    void transfersAtAnOffsetLeaveThePosition(ThreadKind kind) throws Exception {
        try (Descriptor descriptor = open(READ, WRITE)) {
            descriptor.setPosition(2);
            assertThat(Running.run(kind, () -> readAt(descriptor, 3, 4))).isEqualTo("tent");
            assertThat(Running.run(kind, () -> descriptor.writeAt(text("T"), 3)))
                    .isEqualTo(1);
            assertThat(descriptor.position()).isEqualTo(2);
            assertThat(read(descriptor)).isEqualTo("nTent");
        }
    }

    @Test
    void nativeMemoryAndThatOnTheHeapAreAllTheSame() throws Exception {
        try (Descriptor descriptor = open(READ, WRITE);
                Arena arena = Arena.ofConfined()) {
            for (MemorySegment memory : new MemorySegment[] {
                arena.allocate(4),
                MemorySegment.ofArray(new byte[4]),
                MemorySegment.ofArray(new int[1]),
                MemorySegment.ofBuffer(ByteBuffer.allocateDirect(4)),
                MemorySegment.ofArray(new byte[8]).asSlice(3, 4)
            }) {
                memory.fill((byte) '?');
                assertThat(descriptor.readAt(memory, 5)).isEqualTo(2);
                assertThat(text(memory, 4)).isEqualTo("nt??");
                memory.copyFrom(text("NT"));
                assertThat(descriptor.writeAt(memory.asSlice(0, 2), 5)).isEqualTo(2);
                assertThat(file).hasContent("conteNT");
                descriptor.writeAt(text("nt").asReadOnly(), 5);
            }
        }
    }

    @Test
    void theEndIsToldAndNoRoomIsNothing() throws Exception {
        try (Descriptor descriptor = open(READ, WRITE);
                Arena arena = Arena.ofConfined()) {
            for (MemorySegment memory : new MemorySegment[] {arena.allocate(4), text("four")}) {
                assertThat(descriptor.readAt(memory, 7)).isEqualTo(-1);
                assertThat(descriptor.readAt(memory, FAR)).isEqualTo(-1);
                MemorySegment none = memory.asSlice(0, 0);
                assertThat(descriptor.readAt(none, 0)).isZero();
                assertThat(descriptor.readAt(none, 7)).isZero();
                assertThat(descriptor.writeAt(none, 100)).isZero();
            }
        }
        assertThat(file).hasContent("content");
    }

    @Test
    void aWriteBeyondTheEndLeavesAHole() throws Exception {
        try (Descriptor descriptor = open(READ, WRITE)) {
            assertThat(descriptor.writeAt(text("far"), FAR)).isEqualTo(3);
            assertThat(descriptor.byteSize()).isEqualTo(FAR + 3);
            assertThat(readAt(descriptor, FAR - 2, 8)).isEqualTo("\0\0far");
        }
    }

    @Test
    void inAppendModeLinuxWritesToTheEndWhereverTheOffsetIs() throws Exception {
        try (Descriptor descriptor = open(READ, APPEND)) {
            assertThat(descriptor.writeAt(text("s"), 0)).isEqualTo(1);
            assertThat(readAt(descriptor, 0, 20)).isEqualTo("contents");
        }
    }

    @Test
    void whatWasNotOpenedForItIsRefused() throws Exception {
        try (Descriptor reader = open(READ);
                Descriptor writer = open(WRITE)) {
            assertRefused(Errno.EBADF, "pwrite", () -> reader.writeAt(text("x"), 0));
            assertRefused(Errno.EBADF, "pread", () -> writer.readAt(text("x"), 0));
        }
    }

    @Test
    void aDiskThatIsFullIsTold() throws Exception {
        try (Descriptor full = Descriptor.open(Path.of("/dev/full"), WRITE)) {
            assertRefused(Errno.ENOSPC, "pwrite", () -> full.writeAt(text("x"), 0));
            for (ThreadKind kind : ThreadKind.values()) {
                assertThat(Running.start(kind, () -> full.write(text("x"))).failure())
                        .hasMessageStartingWith("write: ENOSPC (28)");
            }
        }
    }

    @Test
    void memoryThatCannotBeUsedIsRefused() throws Exception {
        Arena gone = Arena.ofShared();
        MemorySegment freed = gone.allocate(4);
        gone.close();
        Descriptor descriptor = open(READ, WRITE);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mine = arena.allocate(4);
            assertThatIllegalArgumentException().isThrownBy(() -> descriptor.readAt(mine.asReadOnly(), 0));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> descriptor.readAt(text("x").asReadOnly(), 0));
            assertThatThrownBy(() -> descriptor.readAt(freed, 0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> descriptor.writeAt(freed, 0)).isInstanceOf(IllegalStateException.class);
            assertThatNullPointerException().isThrownBy(() -> descriptor.readAt(null, 0));
            assertThatNullPointerException().isThrownBy(() -> descriptor.writeAt(null, 0));
            for (ThreadKind kind : ThreadKind.values()) {
                assertThat(Running.start(kind, () -> descriptor.readAt(mine, 0)).failure())
                        .isInstanceOf(WrongThreadException.class);
            }
        } finally {
            descriptor.close();
        }
        assertThat(isOpen(number(descriptor))).as("nobody was left inside").isFalse();
        assertThat(file).hasContent("content");
    }

    @Test
    void muchIsWrittenAtOnce() throws Exception {
        byte[] much = new byte[1 << 20];
        Arrays.fill(much, (byte) 'm');
        try (Descriptor descriptor = open(READ, WRITE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(much.length).copyFrom(MemorySegment.ofArray(much));
            assertThat(descriptor.writeAt(memory, 0)).isEqualTo(much.length);
            assertThat(Files.readAllBytes(file)).isEqualTo(much);
            memory.fill((byte) 0);
            assertThat(descriptor.readAt(memory, 0)).isEqualTo(much.length);
            assertThat(memory.mismatch(MemorySegment.ofArray(much))).isEqualTo(-1);
        }
    }

    private static String readAt(Descriptor descriptor, long offset, int byteSize) throws IOException {
        MemorySegment memory = MemorySegment.ofArray(new byte[byteSize]);
        return text(memory, descriptor.readAt(memory, offset));
    }

    private Descriptor open(OpenOption... options) throws IOException {
        return Descriptor.open(file, options);
    }

    private static void assertRefused(Errno errno, String call, ThrowingCallable what) {
        assertThatExceptionOfType(ErrnoException.class).isThrownBy(what).satisfies(refused -> {
            assertThat(refused.errno()).isEqualTo(errno);
            assertThat(refused.call()).isEqualTo(call);
        });
    }
}
