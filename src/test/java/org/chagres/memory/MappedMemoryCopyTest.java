package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.testing.Answers.KERNEL;
import static org.chagres.testing.Answers.refusing;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Copies in and out that survive whatever became of the file. */
@ExtendWith(LeakCheck.class)
class MappedMemoryCopyTest {
    private static final int PAGE = PageSize.bytes();
    private static final int BYTE_SIZE = 200_000; // more than one buffer of the library's

    @TempDir
    Path folder;

    private Path file;
    private byte[] content;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        content = new byte[BYTE_SIZE];
        new Random(4711).nextBytes(content);
        Files.write(file, content);
    }

    private MappedMemory map(boolean ofFile) throws IOException {
        if (ofFile) {
            return MappedMemory.open(file);
        }
        MappedMemory memory = MappedMemory.anonymous(BYTE_SIZE);
        MemorySegment.copy(content, 0, memory.segment(), JAVA_BYTE, 0, BYTE_SIZE);
        return memory;
    }

    static Stream<Arguments> ranges() {
        int[][] ranges = {
            {0, 0},
            {BYTE_SIZE, 0},
            {0, 1},
            {0, 8},
            {BYTE_SIZE - 1, 1},
            {4095, 2},
            {100, 4096},
            {1, 65_536},
            {3, 65_537},
            {0, BYTE_SIZE}
        };
        return Stream.of(true, false)
                .flatMap(ofFile -> Stream.of(true, false)
                        .flatMap(onHeap ->
                                Arrays.stream(ranges).map(range -> arguments(ofFile, onHeap, range[0], range[1]))));
    }

    @ParameterizedTest(name = "of a file {0}, on the heap {1}, from {2}, {3} bytes")
    @MethodSource("ranges")
    void getFillsAllOfWhatItIsGiven(boolean ofFile, boolean onHeap, int offset, int byteSize) throws IOException {
        try (MappedMemory memory = map(ofFile);
                Arena arena = Arena.ofConfined()) {
            MemorySegment into = onHeap ? MemorySegment.ofArray(new byte[byteSize + 2]) : arena.allocate(byteSize + 2);
            memory.get(offset, into.asSlice(1, byteSize));
            byte[] expected = new byte[byteSize + 2];
            System.arraycopy(content, offset, expected, 1, byteSize);
            assertThat(into.toArray(JAVA_BYTE)).isEqualTo(expected);
        }
    }

    @ParameterizedTest(name = "of a file {0}, on the heap {1}, from {2}, {3} bytes")
    @MethodSource("ranges")
    void putWritesAllOfWhatItIsGiven(boolean ofFile, boolean onHeap, int offset, int byteSize) throws IOException {
        try (MappedMemory memory = map(ofFile);
                Arena arena = Arena.ofConfined()) {
            byte[] data = new byte[byteSize];
            new Random(815).nextBytes(data);
            MemorySegment from = onHeap
                    ? MemorySegment.ofArray(data)
                    : arena.allocate(byteSize).copyFrom(MemorySegment.ofArray(data));
            memory.put(offset, from.asReadOnly());
            System.arraycopy(data, 0, content, offset, byteSize);
            assertThat(memory.segment().toArray(JAVA_BYTE)).isEqualTo(content);
        }
    }

    @Test
    void ofAPartOffsetsCountFromItsBeginning() throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().offset(5000).byteSize(100).open(file)) {
            byte[] ten = new byte[10];
            memory.get(7, MemorySegment.ofArray(ten));
            assertThat(ten).isEqualTo(Arrays.copyOfRange(content, 5007, 5017));
            memory.put(99, MemorySegment.ofArray(new byte[] {47}));
        }
        assertThat(Files.readAllBytes(file)[5099]).isEqualTo((byte) 47);
    }

    @Test
    void arraysOfOtherTypesAreBytesToo() throws IOException {
        try (MappedMemory memory = map(true)) {
            long[] numbers = {4711, 815, -1};
            memory.put(8, MemorySegment.ofArray(numbers));
            long[] back = new long[3];
            memory.get(8, MemorySegment.ofArray(back));
            assertThat(back).isEqualTo(numbers);
            assertThat(memory.segment().get(JAVA_LONG, 16)).isEqualTo(815);
        }
    }

    /** From the page that is missing nothing comes, and nobody dies of it. */
    @Test
    void ofAFileThatBecameShorterIsAnException() throws IOException {
        try (MappedMemory memory = map(true);
                Arena arena = Arena.ofConfined();
                Descriptor descriptor = Descriptor.open(file, StandardOpenOption.WRITE)) {
            descriptor.truncate(PAGE);
            byte[] all = new byte[2 * PAGE];
            MemorySegment outside = arena.allocate(2L * PAGE);
            for (MemorySegment segment : new MemorySegment[] {MemorySegment.ofArray(all), outside}) {
                ErrnoException reading = catchThrowableOfType(ErrnoException.class, () -> memory.get(0, segment));
                assertThat(reading.errno()).isEqualTo(Errno.EFAULT);
                assertThat(reading)
                        .hasMessageStartingWith("process_vm_readv: EFAULT (14), copying ")
                        .hasMessageContaining("has become shorter");
                ErrnoException writing = catchThrowableOfType(ErrnoException.class, () -> memory.put(0, segment));
                assertThat(writing.errno()).isEqualTo(Errno.EFAULT);
                assertThat(writing).hasMessageStartingWith("process_vm_readv: EFAULT (14), copying ");
            }
            memory.get(0, MemorySegment.ofArray(new byte[PAGE]));
            memory.put(PAGE - 1, MemorySegment.ofArray(new byte[] {47}));
            assertThat(Files.readAllBytes(file)[PAGE - 1]).isEqualTo((byte) 47);
        }
    }

    @Test
    void betweenTwoMappingsOneFileThatBecameShorterIsAnException() throws IOException {
        try (MappedMemory whole = map(true);
                MappedMemory shorter = MappedMemory.create(folder.resolve("other"), 2L * PAGE)) {
            try (Descriptor descriptor = Descriptor.open(folder.resolve("other"), StandardOpenOption.WRITE)) {
                descriptor.truncate(0);
            }
            assertThat(catchThrowableOfType(ErrnoException.class, () -> whole.get(0, shorter.segment()))
                            .errno())
                    .isEqualTo(Errno.EFAULT);
            assertThat(catchThrowableOfType(ErrnoException.class, () -> whole.put(0, shorter.segment()))
                            .errno())
                    .isEqualTo(Errno.EFAULT);
        }
    }

    /** The kernel copies less than 2 GiB at a time, and may be interrupted. */
    @Test
    void goesOnAfterAShortCopyAndAnInterruptedOne() throws IOException {
        try (MappedMemory memory = map(true);
                Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate(10_000);
            try (ScriptedAnswers script =
                    ScriptedAnswers.to("process_vm_readv", refusing(Errno.EINTR), arguments -> 0, KERNEL)) {
                memory.get(0, into);
                assertThat(script.remaining()).isZero();
            }
            assertThat(into.toArray(JAVA_BYTE)).isEqualTo(Arrays.copyOf(content, 10_000));
            byte[] before = into.toArray(JAVA_BYTE);
            into.fill((byte) 0);
            try (ScriptedAnswers script =
                    ScriptedAnswers.to("process_vm_readv", arguments -> 4000, refusing(Errno.EINTR), KERNEL)) {
                memory.get(0, into); // the script says that 4000 were copied, and they were not
                assertThat(script.remaining()).isZero();
            }
            Arrays.fill(before, 0, 4000, (byte) 0);
            assertThat(into.toArray(JAVA_BYTE)).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Errno.class,
            names = {"EPERM", "ENOSYS"})
    void aSandboxThatDeniesTheCallIsNamed(Errno errno) throws IOException {
        try (MappedMemory memory = map(true);
                ScriptedAnswers denied = ScriptedAnswers.to("process_vm_readv", refusing(errno))) {
            ErrnoException failure =
                    catchThrowableOfType(ErrnoException.class, () -> memory.get(0, MemorySegment.ofArray(new byte[1])));
            assertThat(failure.errno()).isEqualTo(errno);
            assertThat(failure).hasMessageContaining("a sandbox denies the call");
            assertThat(denied.remaining()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "200000, 1", "199999, 2", "0, 200001", "9223372036854775807, 1", "200001, 0", "-1, 0"})
    void outsideIsRefusedBeforeAnythingIsCopied(long offset, int byteSize) throws IOException {
        for (boolean ofFile : new boolean[] {true, false}) {
            try (MappedMemory memory = map(ofFile);
                    Arena arena = Arena.ofConfined()) {
                MemorySegment outside = arena.allocate(byteSize);
                MemorySegment heap = MemorySegment.ofArray(new byte[byteSize]);
                for (MemorySegment segment : new MemorySegment[] {outside, heap}) {
                    assertThatExceptionOfType(IndexOutOfBoundsException.class)
                            .isThrownBy(() -> memory.get(offset, segment));
                    assertThatExceptionOfType(IndexOutOfBoundsException.class)
                            .isThrownBy(() -> memory.put(offset, segment));
                }
                assertThat(heap.toArray(JAVA_BYTE)).isEqualTo(new byte[byteSize]);
                assertThat(memory.segment().toArray(JAVA_BYTE)).isEqualTo(content);
            }
        }
    }

    @Test
    void intoReadOnlyMemoryIsRefused() throws IOException {
        try (MappedMemory memory = map(true)) {
            for (MemorySegment readOnly : new MemorySegment[] {
                MemorySegment.ofArray(new byte[8]).asReadOnly(),
                Arena.ofAuto().allocate(8).asReadOnly()
            }) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> memory.get(0, readOnly))
                        .withMessageContaining("read-only");
            }
        }
    }

    @Test
    void ofMemoryThatWasFreedOrIsAnotherThreadsIsRefused() throws Exception {
        FutureTask<MemorySegment> others =
                ThreadKind.PLATFORM.start(() -> Arena.ofConfined().allocate(10_000));
        MemorySegment confined = others.get();
        MemorySegment freed;
        try (Arena arena = Arena.ofShared()) {
            freed = arena.allocate(10_000);
        }
        for (boolean ofFile : new boolean[] {true, false}) {
            try (MappedMemory memory = map(ofFile)) {
                for (long byteSize : new long[] {8, 10_000}) {
                    assertThatExceptionOfType(WrongThreadException.class)
                            .isThrownBy(() -> memory.get(0, confined.asSlice(0, byteSize)));
                    assertThatExceptionOfType(WrongThreadException.class)
                            .isThrownBy(() -> memory.put(0, confined.asSlice(0, byteSize)));
                    assertThatIllegalStateException().isThrownBy(() -> memory.get(0, freed.asSlice(0, byteSize)));
                    assertThatIllegalStateException().isThrownBy(() -> memory.put(0, freed.asSlice(0, byteSize)));
                }
                memory.segment().set(JAVA_INT, 0, 4711); // nothing is left locked
                memory.resize(PAGE);
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }
    }

    @Test
    void ofAClosedMappingIsRefused() throws IOException {
        for (boolean ofFile : new boolean[] {true, false}) {
            MappedMemory memory = map(ofFile);
            memory.close();
            MemorySegment heap = MemorySegment.ofArray(new byte[8]);
            MemorySegment outside = Arena.ofAuto().allocate(8);
            for (MemorySegment segment : new MemorySegment[] {heap, outside}) {
                assertThatIllegalStateException()
                        .isThrownBy(() -> memory.get(0, segment))
                        .withMessageContaining("closed");
                assertThatIllegalStateException()
                        .isThrownBy(() -> memory.put(0, segment))
                        .withMessageContaining("closed");
            }
        }
    }

    @Test
    void aSegmentIsRequired() throws IOException {
        try (MappedMemory memory = map(true)) {
            assertThatNullPointerException().isThrownBy(() -> memory.get(0, null));
            assertThatNullPointerException().isThrownBy(() -> memory.put(0, null));
        }
    }

    @ParameterizedTest
    @EnumSource
    void anyThreadCopies(ThreadKind kind) throws Exception {
        try (MappedMemory memory = map(true)) {
            FutureTask<byte[]> copy = kind.start(() -> {
                byte[] all = new byte[BYTE_SIZE];
                memory.get(0, MemorySegment.ofArray(all));
                memory.put(0, MemorySegment.ofArray(new byte[] {47}));
                return all;
            });
            assertThat(copy.get()).isEqualTo(content);
            assertThat(memory.segment().get(JAVA_BYTE, 0)).isEqualTo((byte) 47);
        }
    }
}
