package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One mapping made two: parts unmapped and protected by themselves. */
@ExtendWith(LeakCheck.class)
class MappedMemorySplitTest {
    private static final int PAGE = PageSize.bytes();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, new byte[4 * PAGE]);
    }

    @Test
    void nothingMovesAndBothTogetherAreWhatItWas() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            MemorySegment old = memory.segment();
            old.set(JAVA_INT, 0, 1);
            old.set(JAVA_INT, PAGE, 2);
            try (MappedMemory rest = memory.split(PAGE)) {
                assertThatIllegalStateException().isThrownBy(() -> old.get(JAVA_INT, 0));
                assertThatIllegalStateException().isThrownBy(() -> old.get(JAVA_INT, PAGE));
                assertThat(memory.byteSize()).isEqualTo(PAGE);
                assertThat(rest.byteSize()).isEqualTo(3L * PAGE);
                assertThat(memory.segment().address()).isEqualTo(old.address());
                assertThat(rest.segment().address()).isEqualTo(old.address() + PAGE);
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(1);
                assertThat(rest.segment().get(JAVA_INT, 0)).isEqualTo(2);
                assertThat(rest.access()).isEqualTo(memory.access());
                assertThat(rest.sharing()).isEqualTo(Sharing.SHARED);
                assertThat(rest.created()).isFalse();
            }
        }
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    /** Of the kernel's partial unmap here each part is an object. */
    @Test
    void aPartIsUnmappedByClosingIt() throws IOException {
        try (MappedMemory first = MappedMemory.open(file)) {
            MappedMemory middle = first.split(PAGE);
            try (MappedMemory last = middle.split(2L * PAGE)) {
                MemorySegment gone = middle.segment();
                long address = gone.address();
                middle.close();
                assertThat(AddressSpace.isMapped(address)).isFalse();
                assertThat(AddressSpace.isMapped(address + PAGE)).isFalse();
                assertThatIllegalStateException().isThrownBy(() -> gone.get(JAVA_INT, 0));
                first.segment().set(JAVA_INT, PAGE - 4, 4711);
                last.segment().set(JAVA_INT, 0, 815);
                assertThat(AddressSpace.of(file)).hasSize(2);
            }
            assertThat(AddressSpace.of(file)).hasSize(1);
        }
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @Test
    void theFirstPartMayGoBeforeTheOthers() throws IOException {
        MappedMemory first = MappedMemory.open(file);
        try (MappedMemory rest = first.split(3L * PAGE)) {
            long address = first.segment().address();
            first.close();
            assertThat(AddressSpace.isMapped(address)).isFalse();
            rest.segment().set(JAVA_BYTE, PAGE - 1, (byte) 47);
        }
        assertThat(Files.readAllBytes(file)[4 * PAGE - 1]).isEqualTo((byte) 47);
    }

    /** The kernel splits its areas as protections differ, and merges them when they are alike again. */
    @Test
    void partsAreProtectedByThemselves() throws IOException {
        try (MappedMemory first = MappedMemory.open(file);
                MappedMemory middle = first.split(PAGE);
                MappedMemory last = middle.split(PAGE)) {
            middle.protect(Access.NONE);
            last.protect(Access.READ_ONLY);
            assertThat(permissions()).containsExactly("rw-s", "---s", "r--s");
            first.segment().set(JAVA_INT, 0, 4711);
            assertThatIllegalStateException().isThrownBy(middle::segment);
            assertThat(last.segment().get(JAVA_INT, 0)).isZero();
            middle.protect(Access.READ_ONLY);
            assertThat(permissions()).containsExactly("rw-s", "r--s");
            middle.protect(Access.READ_WRITE);
            assertThat(permissions()).containsExactly("rw-s", "r--s");
            middle.segment().set(JAVA_INT, 0, 815);
            first.protect(Access.READ_ONLY);
            middle.protect(Access.READ_ONLY);
            assertThat(permissions()).containsExactly("r--s");
        }
    }

    private List<String> permissions() {
        return AddressSpace.of(file).stream()
                .map(AddressSpace.Area::permissions)
                .toList();
    }

    @Test
    void ofAPartThatBeginsWithinAPagePagesOfTheFileCount() throws IOException {
        try (MappedMemory memory = MappedMemory.builder().offset(100).open(file)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> memory.split(PAGE))
                    .withMessageContaining("not at offset " + PAGE)
                    .withMessageContaining("one begins at " + (2 * PAGE - 100));
            try (MappedMemory rest = memory.split(PAGE - 100)) {
                memory.segment().set(JAVA_BYTE, PAGE - 101, (byte) 1);
                rest.segment().set(JAVA_BYTE, 0, (byte) 2);
                assertThat(rest.byteSize()).isEqualTo(3L * PAGE);
            }
        }
        byte[] content = Files.readAllBytes(file);
        assertThat(content[PAGE - 1]).isEqualTo((byte) 1);
        assertThat(content[PAGE]).isEqualTo((byte) 2);
    }

    @ParameterizedTest
    @ValueSource(longs = {16385, -1, Long.MAX_VALUE})
    void outsideOfItIsRefused(long offset) throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            MemorySegment segment = memory.segment();
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> memory.split(offset));
            assertThat(segment.get(JAVA_INT, 0)).as("nothing is retired").isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4095, 4097, 16383})
    void whereNoPageBeginsIsRefused(long offset) throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            MemorySegment segment = memory.segment();
            assertThatIllegalArgumentException().isThrownBy(() -> memory.split(offset));
            assertThat(segment.get(JAVA_INT, 0)).as("nothing is retired").isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -4096, 5 * 4096, 1L << 62, Long.MIN_VALUE})
    void outsideIsRefused(long offset) throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            MemorySegment segment = memory.segment();
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> memory.split(offset));
            assertThat(segment.get(JAVA_INT, 0)).as("nothing is retired").isZero();
        }
    }

    @Test
    void withinTheLastPageOfAnUnevenMappingIsNothingToCut() throws IOException {
        try (MappedMemory memory = MappedMemory.builder().byteSize(PAGE + 10).open(file)) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> memory.split(2L * PAGE));
            try (MappedMemory rest = memory.split(PAGE)) {
                assertThat(rest.byteSize()).isEqualTo(10);
            }
        }
    }

    @Test
    void partsAreResizedAndMovedByThemselves() throws IOException {
        try (MappedMemory first = MappedMemory.anonymous(2L * PAGE);
                MappedMemory rest = first.split(PAGE)) {
            rest.segment().set(JAVA_INT, 0, 815);
            first.segment().set(JAVA_INT, 0, 4711);
            first.resize(3L * PAGE); // the rest is in the way
            assertThat(first.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            assertThat(rest.segment().get(JAVA_INT, 0)).isEqualTo(815);
            long address = AddressSpace.free();
            rest.moveTo(address);
            assertThat(rest.segment().address()).isEqualTo(address);
            assertThat(rest.segment().get(JAVA_INT, 0)).isEqualTo(815);
        }
    }

    @Test
    void aForgottenPartIsUnmappedByItself() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            long address = memory.segment().address() + PAGE;
            forgetTheRest(memory);
            Garbage.collectUntil(() -> !AddressSpace.isMapped(address));
            memory.segment().set(JAVA_INT, PAGE - 4, 4711);
            assertThat(AddressSpace.of(file)).hasSize(1);
        }
    }

    private static void forgetTheRest(MappedMemory memory) {
        memory.split(PAGE).segment().set(JAVA_INT, 0, 815);
    }

    @Test
    void closedMemoryIsNotSplit() throws IOException {
        MappedMemory memory = MappedMemory.open(file);
        memory.close();
        assertThatIllegalStateException().isThrownBy(() -> memory.split(PAGE)).withMessageContaining("closed");
    }
}
