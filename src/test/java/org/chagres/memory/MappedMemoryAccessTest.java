package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What may be done with the memory, as it was mapped and as it is changed. */
@ExtendWith(LeakCheck.class)
class MappedMemoryAccessTest {
    private static final int PAGE = PageSize.bytes();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        byte[] content = new byte[2 * PAGE];
        content[0] = 47;
        Files.write(file, content);
    }

    /** How a file may be open, and what the message calls it. */
    private enum Open {
        READING("reading only", StandardOpenOption.READ),
        WRITING("writing only", StandardOpenOption.WRITE),
        BOTH("reading and writing", StandardOpenOption.READ, StandardOpenOption.WRITE);

        private final String words;
        private final OpenOption[] options;

        Open(String words, OpenOption... options) {
            this.words = words;
            this.options = options;
        }
    }

    static Stream<Arguments> combinations() {
        List<Arguments> all = new ArrayList<>();
        for (Open open : Open.values()) {
            for (Sharing sharing : Sharing.values()) {
                for (Access access : Access.values()) {
                    boolean writes = access == Access.READ_WRITE || access == Access.WRITE_ONLY;
                    boolean allowed =
                            open == Open.BOTH || open == Open.READING && !(writes && sharing == Sharing.SHARED);
                    all.add(arguments(open, sharing, access, allowed));
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void isThatOfTheOpenFileAtMost(Open open, Sharing sharing, Access access, boolean allowed) throws IOException {
        MappedMemoryBuilder builder = MappedMemory.builder().sharing(sharing).access(access);
        try (Descriptor descriptor = Descriptor.open(file, open.options)) {
            if (allowed) {
                try (MappedMemory memory = builder.map(descriptor)) {
                    assertThat(memory.access()).isEqualTo(access);
                    assertUsable(memory, access);
                }
            } else {
                ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> builder.map(descriptor));
                assertThat(failure.errno()).isEqualTo(Errno.EACCES);
                assertThat(failure.call()).isEqualTo("mmap");
                assertThat(failure)
                        .hasMessageContaining(sharing + " " + access)
                        .hasMessageContaining("open for " + open.words + ",")
                        .hasMessageContaining("needs it open for reading");
                assertThat(AddressSpace.of(file)).isEmpty();
            }
        }
    }

    private static void assertUsable(MappedMemory memory, Access access) throws IOException {
        boolean reads = access == Access.READ_WRITE || access == Access.READ_ONLY;
        boolean writes = access == Access.READ_WRITE || access == Access.WRITE_ONLY;
        byte[] one = new byte[1];
        if (reads) {
            memory.get(0, MemorySegment.ofArray(one));
            assertThat(one[0]).isEqualTo((byte) 47);
            assertThat(memory.segment().get(JAVA_BYTE, 0)).isEqualTo((byte) 47);
        } else {
            assertThatIllegalStateException()
                    .isThrownBy(() -> memory.get(0, MemorySegment.ofArray(one)))
                    .withMessageContaining("may not be read")
                    .withMessageContaining("protect");
        }
        if (writes) {
            memory.put(1, MemorySegment.ofArray(new byte[] {48}));
            memory.segment().set(JAVA_BYTE, 2, (byte) 49);
        } else {
            assertThatIllegalStateException()
                    .isThrownBy(() -> memory.put(1, MemorySegment.ofArray(one)))
                    .withMessageContaining("may not be written")
                    .withMessageContaining("protect");
        }
        if (reads && !writes) {
            assertThat(memory.segment().isReadOnly()).isTrue();
            assertThatThrownBy(() -> memory.segment().set(JAVA_BYTE, 0, (byte) 1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        if (access == Access.NONE) {
            assertThatIllegalStateException()
                    .isThrownBy(memory::segment)
                    .withMessageContaining("neither read nor written")
                    .withMessageContaining("protect(READ_WRITE)");
        }
    }

    @ParameterizedTest
    @EnumSource
    void opensAPathAsItNeedsTo(Access access) throws IOException {
        try (MappedMemory memory = MappedMemory.builder().access(access).open(file)) {
            assertThat(memory.access()).isEqualTo(access);
            assertUsable(memory, access);
        }
    }

    @ParameterizedTest
    @EnumSource
    void isWhatTheKernelWasTold(Access access) throws IOException {
        try (MappedMemory memory = MappedMemory.builder().access(access).open(file)) {
            assertThat(AddressSpace.of(file))
                    .singleElement()
                    .satisfies(area -> assertThat(area.permissions()).isEqualTo(permissions(access)));
            assertThat(memory.byteSize()).isEqualTo(2L * PAGE);
        }
    }

    private static String permissions(Access access) {
        return switch (access) {
            case READ_WRITE -> "rw-s";
            case READ_ONLY -> "r--s";
            case WRITE_ONLY -> "-w-s";
            case NONE -> "---s";
        };
    }

    static Stream<Arguments> changes() {
        List<Arguments> all = new ArrayList<>();
        for (Access before : Access.values()) {
            for (Access after : Access.values()) {
                all.add(arguments(before, after));
            }
        }
        return all.stream();
    }

    /** What was mapped read-only is made writable; and each other change. */
    @ParameterizedTest
    @MethodSource("changes")
    void canBeChangedFromAnyToAny(Access before, Access after) throws IOException {
        try (Descriptor descriptor = Descriptor.open(file, Open.BOTH.options);
                MappedMemory memory = MappedMemory.builder().access(before).map(descriptor)) {
            memory.protect(after);
            assertThat(memory.access()).isEqualTo(after);
            assertThat(AddressSpace.of(file))
                    .singleElement()
                    .satisfies(area -> assertThat(area.permissions()).isEqualTo(permissions(after)));
            assertUsable(memory, after);
            memory.protect(before);
            assertUsable(memory, before);
        }
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @Test
    void lessMakesTheOldSegmentInvalidAndItsSlicesToo() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            MemorySegment old = memory.segment();
            MemorySegment slice = old.asSlice(PAGE, 8);
            long address = old.address();
            memory.protect(Access.READ_ONLY);
            assertThatIllegalStateException().isThrownBy(() -> old.set(JAVA_BYTE, 0, (byte) 1));
            assertThatIllegalStateException().isThrownBy(() -> slice.get(JAVA_BYTE, 0));
            assertThat(memory.isOpen()).isTrue();
            assertThat(memory.segment().address()).isEqualTo(address);
            assertThat(memory.segment().get(JAVA_BYTE, 0)).isEqualTo((byte) 47);
        }
    }

    @Test
    void moreLeavesTheOldSegmentAsItWas() throws IOException {
        try (Descriptor descriptor = Descriptor.open(file, Open.BOTH.options);
                MappedMemory memory =
                        MappedMemory.builder().access(Access.READ_ONLY).map(descriptor)) {
            MemorySegment old = memory.segment();
            memory.protect(Access.READ_WRITE);
            memory.segment().set(JAVA_INT, 4, 4711);
            assertThat(old.get(JAVA_INT, 4)).isEqualTo(4711);
            assertThat(old.isReadOnly()).isTrue();
            memory.protect(Access.NONE);
            assertThatIllegalStateException().isThrownBy(() -> old.get(JAVA_INT, 4));
        }
    }

    /** The file was opened for reading. */
    @Test
    void toWriteIsRefusedIfTheFileWasNotOpenedForIt() throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().access(Access.READ_ONLY).open(file)) {
            MemorySegment old = memory.segment();
            ErrnoException failure =
                    catchThrowableOfType(ErrnoException.class, () -> memory.protect(Access.READ_WRITE));
            assertThat(failure.errno()).isEqualTo(Errno.EACCES);
            assertThat(failure)
                    .hasMessageContaining("protecting as READ_WRITE")
                    .hasMessageContaining("not opened for writing");
            assertThat(memory.access()).isEqualTo(Access.READ_ONLY);
            assertThat(old.get(JAVA_BYTE, 0)).isEqualTo((byte) 47);
        }
    }

    @Test
    void thatIsLessAndRefusedLeavesANewSegment() throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().access(Access.READ_ONLY).open(file)) {
            MemorySegment old = memory.segment();
            ErrnoException failure =
                    catchThrowableOfType(ErrnoException.class, () -> memory.protect(Access.WRITE_ONLY));
            assertThat(failure.errno()).isEqualTo(Errno.EACCES);
            assertThat(memory.access()).isEqualTo(Access.READ_ONLY);
            assertThatIllegalStateException().isThrownBy(() -> old.get(JAVA_BYTE, 0));
            assertThat(memory.segment().get(JAVA_BYTE, 0)).isEqualTo((byte) 47);
        }
    }

    @Test
    void ofPrivateMemoryCanBeMoreThanTheFiles() throws IOException {
        try (MappedMemory memory = MappedMemory.builder()
                .sharing(Sharing.PRIVATE)
                .access(Access.READ_ONLY)
                .open(file)) {
            memory.protect(Access.READ_WRITE);
            memory.segment().set(JAVA_BYTE, 0, (byte) 1);
        }
        assertThat(Files.readAllBytes(file)[0]).isEqualTo((byte) 47);
    }

    /** No way around it through the caller's arena either. */
    @Test
    void inAnArenaIsTheSame() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory =
                    MappedMemory.builder().access(Access.READ_ONLY).open(file, arena);
            assertThatThrownBy(() -> memory.set(JAVA_BYTE, 0, (byte) 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> memory.reinterpret(10).fill((byte) 1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(memory.get(JAVA_BYTE, 0)).isEqualTo((byte) 47);
        }
    }

    @Test
    void toNothingSetsAddressesAside() throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().access(Access.NONE).noReserve().anonymous(1L << 40)) {
            assertThat(memory.byteSize()).isEqualTo(1L << 40);
            MappedMemory rest = memory.split(PAGE);
            memory.protect(Access.READ_WRITE);
            memory.segment().set(JAVA_INT, 0, 4711);
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            assertThatIllegalStateException().isThrownBy(rest::segment);
            rest.close();
        }
    }
}
