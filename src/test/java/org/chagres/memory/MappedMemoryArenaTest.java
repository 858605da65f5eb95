package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mappings that belong to an arena of the caller's. */
@ExtendWith(LeakCheck.class)
class MappedMemoryArenaTest {
    private static final int PAGE = PageSize.bytes();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        byte[] content = new byte[3 * PAGE];
        content[PAGE + 5] = 47;
        Files.write(file, content);
    }

    static Stream<Named<Supplier<Arena>>> arenas() {
        return Stream.of(Named.of("confined", Arena::ofConfined), Named.of("shared", Arena::ofShared));
    }

    @ParameterizedTest
    @MethodSource("arenas")
    void holdsTheMappingUntilItIsClosed(Supplier<Arena> kind) throws IOException {
        MemorySegment memory;
        MemorySegment anonymous;
        try (Arena arena = kind.get();
                Descriptor descriptor = Descriptor.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            memory = MappedMemory.map(descriptor, arena);
            anonymous = MappedMemory.builder().anonymous(5000, arena);
            memory.set(JAVA_INT, 0, 4711);
            anonymous.fill((byte) 1);
            assertThat(memory.byteSize()).isEqualTo(3L * PAGE);
            assertThat(anonymous.byteSize()).isEqualTo(5000);
            assertThat(AddressSpace.of(file)).hasSize(1);
        }
        assertThat(AddressSpace.of(file)).isEmpty();
        assertThat(AddressSpace.isMapped(anonymous.address())).isFalse();
        assertThatIllegalStateException().isThrownBy(() -> memory.get(JAVA_INT, 0));
        assertThat(Files.readAllBytes(file)[0]).isEqualTo((byte) 4711);
    }

    @Test
    void ofAPartUnmapsTheWholePages() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory =
                    MappedMemory.builder().offset(PAGE + 5).byteSize(1).open(file, arena);
            assertThat(memory.byteSize()).isOne();
            assertThat(memory.get(JAVA_BYTE, 0)).isEqualTo((byte) 47);
            assertThatThrownBy(() -> memory.get(JAVA_BYTE, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        }
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("arenas")
    void thatIsClosedIsRefusedAndNothingStaysMapped(Supplier<Arena> kind) throws IOException {
        Arena arena = kind.get();
        arena.close();
        try (Descriptor descriptor = Descriptor.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> MappedMemory.map(descriptor, arena))
                    .withMessageContaining("arena");
        }
        assertThatIllegalStateException()
                .isThrownBy(() -> MappedMemory.builder().open(file, arena));
        assertThatIllegalStateException()
                .isThrownBy(() -> MappedMemory.builder().anonymous(1, arena));
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @Test
    void ofAnotherThreadIsRefusedAndNothingStaysMapped() throws Exception {
        FutureTask<Arena> others = ThreadKind.PLATFORM.start(Arena::ofConfined);
        Arena arena = others.get();
        assertThatThrownBy(() -> MappedMemory.builder().open(file, arena)).isInstanceOf(WrongThreadException.class);
        long address = AddressSpace.free();
        assertThatThrownBy(() -> MappedMemory.builder().at(address).anonymous(1, arena))
                .isInstanceOf(WrongThreadException.class);
        assertThat(AddressSpace.of(file)).isEmpty();
        assertThat(AddressSpace.isMapped(address)).isFalse();
    }

    @Test
    void thatIsAutomaticUnmapsWhatIsForgotten() throws IOException {
        forgetInAnAutomaticArena();
        Garbage.collectUntil(() -> AddressSpace.of(file).isEmpty());
    }

    private void forgetInAnAutomaticArena() throws IOException {
        MappedMemory.builder().open(file, Arena.ofAuto()).set(JAVA_INT, 0, 4711);
        assertThat(AddressSpace.of(file)).hasSize(1);
    }

    /** Without an object nobody could ever allow more. */
    @Test
    void takesNothingThatMayNotBeTouched() {
        try (Arena arena = Arena.ofConfined()) {
            MappedMemoryBuilder builder = MappedMemory.builder().access(Access.NONE);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.open(file, arena))
                    .withMessageContaining("without an arena");
            assertThatIllegalArgumentException().isThrownBy(() -> builder.anonymous(1, arena));
        }
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @Test
    void mayHoldWhatMayOnlyBeWritten() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MappedMemory.builder().access(Access.WRITE_ONLY).open(file, arena).set(JAVA_BYTE, 1, (byte) 48);
        }
        assertThat(Files.readAllBytes(file)[1]).isEqualTo((byte) 48);
    }

    @Test
    void isRequired() throws IOException {
        assertThatNullPointerException().isThrownBy(() -> MappedMemory.builder().open(file, null));
        assertThatNullPointerException().isThrownBy(() -> MappedMemory.builder().anonymous(1, null));
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @Test
    void staysUsableWhenAFileCannotBeMapped() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> MappedMemory.builder().offset(3L * PAGE).open(file, arena))
                    .isInstanceOf(EOFException.class);
            assertThat(MappedMemory.builder().open(file, arena).byteSize()).isEqualTo(3L * PAGE);
        }
    }
}
