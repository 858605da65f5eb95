package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Answers;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Larger and smaller. */
@ExtendWith(LeakCheck.class)
class MappedMemoryResizeTest {
    private static final int PAGE = PageSize.bytes();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, new byte[2 * PAGE]);
    }

    private void lengthen(long byteSize) throws IOException {
        try (Descriptor descriptor = Descriptor.open(file, StandardOpenOption.WRITE)) {
            descriptor.truncate(byteSize);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4095, 4096, 4097, 8192, 100_000, 10_000_000})
    void anonymousMemoryTakesAnySizeAndKeepsWhatIsInIt(long byteSize) throws IOException {
        try (MappedMemory memory = MappedMemory.anonymous(2L * PAGE)) {
            memory.segment().fill((byte) 47);
            MemorySegment old = memory.segment();
            memory.resize(byteSize);
            assertThatIllegalStateException().isThrownBy(() -> old.get(JAVA_BYTE, 0));
            assertThat(memory.byteSize()).isEqualTo(byteSize);
            MemorySegment segment = memory.segment();
            assertThat(segment.byteSize()).isEqualTo(byteSize);
            long kept = Math.min(byteSize, 2L * PAGE);
            assertThat(segment.asSlice(0, kept).toArray(JAVA_BYTE)).containsOnly(47);
            if (byteSize > kept) {
                assertThat(segment.asSlice(kept).toArray(JAVA_BYTE)).containsOnly(0);
                segment.set(JAVA_BYTE, byteSize - 1, (byte) 48);
            }
        }
    }

    @Test
    void aSmallerOneGivesItsPagesBack() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            memory.resize(10);
            assertThat(AddressSpace.of(file))
                    .singleElement()
                    .satisfies(area -> assertThat(area.byteSize()).isEqualTo(PAGE));
            assertThat(memory).hasToString("MappedMemory[" + file + ", byteSize=10, SHARED READ_WRITE]");
        }
        assertThat(Files.size(file)).isEqualTo(2L * PAGE);
    }

    @Test
    void aFileThatWasMadeLongerIsSeenAfterwards() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            lengthen(10L * PAGE + 5);
            memory.resize(10L * PAGE + 5);
            memory.segment().set(JAVA_BYTE, 10L * PAGE + 4, (byte) 47);
        }
        assertThat(Files.readAllBytes(file)[10 * PAGE + 4]).isEqualTo((byte) 47);
    }

    @Test
    void aPartThatBeginsWithinAPageKeepsItsPlace() throws IOException {
        lengthen(10L * PAGE);
        try (MappedMemory memory =
                MappedMemory.builder().offset(PAGE + 4).byteSize(4).open(file)) {
            memory.segment().set(JAVA_INT, 0, 4711);
            memory.resize(8L * PAGE + 5);
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            assertThat(memory.segment().address() % PAGE).isEqualTo(4);
            memory.segment().set(JAVA_BYTE, 8L * PAGE + 4, (byte) 47);
            memory.resize(4);
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            assertThat(AddressSpace.of(file).getFirst().byteSize()).isEqualTo(PAGE);
        }
        assertThat(Files.readAllBytes(file)[9 * PAGE + 8]).isEqualTo((byte) 47);
    }

    @ParameterizedTest
    @EnumSource
    void aFileThatIsTooShortIsToldAndNothingChanges(Sharing sharing) throws IOException {
        try (MappedMemory memory = MappedMemory.builder().sharing(sharing).open(file)) {
            MemorySegment old = memory.segment();
            old.set(JAVA_INT, 0, 4711);
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.resize(1000L * PAGE));
            assertThat(failure.errno()).isEqualTo(Errno.EFAULT);
            assertThat(failure.call()).isEqualTo("mremap");
            assertThat(failure)
                    .hasMessageContaining("resizing to " + 1000L * PAGE + " bytes")
                    .hasMessageContaining("a file must be longer first");
            assertThatIllegalStateException().isThrownBy(() -> old.get(JAVA_INT, 0));
            assertThat(memory.byteSize()).isEqualTo(2L * PAGE);
            assertThat(memory.segment().byteSize()).isEqualTo(2L * PAGE);
            assertThat(memory.segment().address()).isEqualTo(old.address());
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            assertThat(AddressSpace.of(file))
                    .singleElement()
                    .satisfies(area -> assertThat(area.byteSize()).isEqualTo(2L * PAGE));
        }
    }

    /** Its size was set when it was made: what is behind it would fault. */
    @Test
    void sharedAnonymousMemoryDoesNotGrow() throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().sharing(Sharing.SHARED).anonymous(2L * PAGE)) {
            memory.segment().set(JAVA_INT, 0, 4711);
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.resize(4L * PAGE));
            assertThat(failure.errno()).isEqualTo(Errno.EFAULT);
            memory.resize(PAGE);
            memory.resize(2L * PAGE);
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"WRITE_ONLY", "NONE"})
    void whatMayNotBeReadDoesNotGrowAndSaysSo(Access access) throws IOException {
        try (MappedMemory memory = MappedMemory.builder().access(access).open(file)) {
            lengthen(4L * PAGE);
            assertThatIllegalStateException()
                    .isThrownBy(() -> memory.resize(4L * PAGE))
                    .withMessageContaining("may not be read");
            memory.resize(PAGE);
            assertThat(memory.byteSize()).isEqualTo(PAGE);
        }
        try (MappedMemory memory = MappedMemory.builder().access(access).anonymous(PAGE)) {
            memory.resize(4L * PAGE);
            assertThat(memory.byteSize()).isEqualTo(4L * PAGE);
        }
    }

    @Test
    void readOnlyMemoryStaysReadOnly() throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().access(Access.READ_ONLY).open(file)) {
            lengthen(100L * PAGE);
            memory.resize(100L * PAGE);
            assertThat(memory.segment().isReadOnly()).isTrue();
            assertThat(memory.access()).isEqualTo(Access.READ_ONLY);
            assertThat(AddressSpace.of(memory).permissions()).isEqualTo("r--s");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void aSizeOfLessThanOneIsRefused(long byteSize) throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            MemorySegment segment = memory.segment();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> memory.resize(byteSize))
                    .withMessageContaining("not " + byteSize);
            assertThat(segment.get(JAVA_INT, 0)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 50, 1L << 62, Long.MAX_VALUE - 4096, Long.MAX_VALUE})
    void aSizeBeyondAllBoundsIsToldAndNothingChanges(long byteSize) throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().offset(10).sharing(Sharing.PRIVATE).open(file)) {
            memory.segment().set(JAVA_INT, 2, 4711);
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.resize(byteSize));
            assertThat(failure.errno()).isIn(Errno.ENOMEM, Errno.EINVAL);
            assertThat(memory.byteSize()).isEqualTo(2L * PAGE - 10);
            assertThat(memory.segment().get(JAVA_INT, 2)).isEqualTo(4711);
        }
    }

    /** Had it to be moved for nothing, and its old place was taken meanwhile, it stays where it is. */
    @Test
    void aFileThatIsTooShortAndAnOldPlaceThatIsTakenLeaveItAtItsNewPlace() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file);
                MappedMemory behind = blockBehind(memory)) {
            memory.segment().set(JAVA_INT, 0, 4711);
            long old = memory.segment().address();
            try (ScriptedAnswers taken = ScriptedAnswers.to("mmap", Answers.refusing(Errno.EEXIST))) {
                ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.resize(3L * PAGE));
                assertThat(failure.errno()).isEqualTo(Errno.EFAULT);
                assertThat(taken.remaining()).isZero();
            }
            assertThat(memory.segment().address()).isNotEqualTo(old);
            assertThat(memory.byteSize()).isEqualTo(2L * PAGE);
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            assertThat(behind.isOpen()).isTrue();
            assertThat(AddressSpace.of(file)).hasSize(1);
        }
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    /** Something directly behind a mapping, unless there is something already. */
    private static MappedMemory blockBehind(MappedMemory memory) throws IOException {
        long address = AddressSpace.free();
        memory.moveTo(address);
        return MappedMemory.builder().at(address + memory.byteSize()).anonymous(PAGE);
    }

    @Test
    void aKernelThatRefusesLeavesANewSegment() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            try (ScriptedAnswers script = ScriptedAnswers.to("mremap", Answers.refusing(Errno.EAGAIN))) {
                ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.resize(PAGE));
                assertThat(failure.errno()).isEqualTo(Errno.EAGAIN);
                assertThat(failure).hasMessageContaining("RLIMIT_MEMLOCK");
                assertThat(script.remaining()).isZero();
            }
            assertThat(memory.byteSize()).isEqualTo(2L * PAGE);
            assertThat(memory.segment().get(JAVA_BYTE, 2L * PAGE - 1)).isZero();
        }
    }
}
