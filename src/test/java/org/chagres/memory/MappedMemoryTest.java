package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.chagres.Descriptor;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files, and parts of them. */
@ExtendWith(LeakCheck.class)
class MappedMemoryTest {
    private static final int PAGE = PageSize.bytes();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, numbered(3 * PAGE));
    }

    /** The lowest byte of a byte's place, and no two pages alike. */
    private static byte[] numbered(int byteSize) {
        byte[] bytes = new byte[byteSize];
        for (int i = 0; i < byteSize; i++) {
            bytes[i] = at(i);
        }
        return bytes;
    }

    private static byte at(long offset) {
        return (byte) (offset + 7 * (offset / PAGE));
    }

    @Test
    void anExistingFileIsMappedAsAWholeToReadAndWrite() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            assertThat(memory.byteSize()).isEqualTo(3L * PAGE);
            assertThat(memory.segment().byteSize()).isEqualTo(3L * PAGE);
            assertThat(memory.segment().isReadOnly()).isFalse();
            assertThat(memory.segment().toArray(JAVA_BYTE)).isEqualTo(numbered(3 * PAGE));
            assertThat(memory.created()).isFalse();
            assertThat(memory.access()).isEqualTo(Access.READ_WRITE);
            assertThat(memory.sharing()).isEqualTo(Sharing.SHARED);
            assertThat(memory.isOpen()).isTrue();
            assertThat(memory).hasToString("MappedMemory[" + file + ", byteSize=" + 3 * PAGE + ", SHARED READ_WRITE]");
            AddressSpace.Area area = AddressSpace.of(memory);
            assertThat(area.permissions()).isEqualTo("rw-s");
            assertThat(area.name()).isEqualTo(file.toString());
            assertThat(area.byteSize()).isEqualTo(3L * PAGE);
        }
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @Test
    void anOpenDescriptorIsMappedAndStaysOpen() throws IOException {
        try (Descriptor descriptor = Descriptor.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                MappedMemory memory = MappedMemory.map(descriptor)) {
            assertThat(memory.byteSize()).isEqualTo(3L * PAGE);
            assertThat(memory.created()).isFalse();
            memory.segment().set(JAVA_BYTE, 5, (byte) 99);
            assertThat(descriptor.byteSize()).isEqualTo(3L * PAGE);
            assertThat(memory.toString()).contains(descriptor.toString());
        }
        assertThat(Files.readAllBytes(file)[5]).isEqualTo((byte) 99);
    }

    @Test
    void neitherTheDescriptorNorTheNameIsNeededAfterwards() throws IOException {
        Descriptor descriptor = Descriptor.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try (MappedMemory memory = MappedMemory.map(descriptor)) {
            descriptor.close();
            Files.delete(file);
            assertThat(memory.segment().get(JAVA_BYTE, 2 * PAGE)).isEqualTo(at(2 * PAGE));
            memory.segment().set(JAVA_INT, 0, 4711);
            memory.flush();
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            assertThat(AddressSpace.of(memory).name()).isEqualTo(file + " (deleted)");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 258, 4095, 4097, 3 * 4096 - 1})
    void aFileNeedNotEndWithAPage(int byteSize) throws IOException {
        Files.write(file, numbered(byteSize));
        try (MappedMemory memory = MappedMemory.open(file)) {
            assertThat(memory.byteSize()).isEqualTo(byteSize);
            assertThat(memory.segment().toArray(JAVA_BYTE)).isEqualTo(numbered(byteSize));
            assertThatThrownBy(() -> memory.segment().get(JAVA_BYTE, byteSize))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            AddressSpace.Area area = AddressSpace.of(memory);
            assertThat(area.byteSize()).isEqualTo((byteSize + PAGE - 1) / PAGE * (long) PAGE);
        }
    }

    /** The rest of the last page is zero, and what is written there is not the file's. */
    @Test
    void behindTheEndOfTheFileTheLastPageReadsAsZerosAndKeepsNothing() throws IOException {
        Files.write(file, numbered(PAGE + 10));
        try (MappedMemory memory = MappedMemory.builder().byteSize(PAGE + 10).open(file)) {
            memory.resize(2 * PAGE); // the page is there already: nothing of it is behind the mapping
            assertThat(memory.segment().asSlice(PAGE + 10).toArray(JAVA_BYTE))
                    .hasSize(PAGE - 10)
                    .containsOnly(0);
            memory.segment().set(JAVA_BYTE, PAGE + 10, (byte) 1);
            memory.flush();
        }
        assertThat(Files.readAllBytes(file)).isEqualTo(numbered(PAGE + 10));
    }

    /** The kernel takes multiples of the page only; the library rounds and shows the part asked for. */
    @ParameterizedTest
    @CsvSource({"0, 1", "4096, 4096", "4096, 8192", "1, 1", "4095, 2", "5000, 100", "8191, 4097", "12287, 1"})
    void aPartBeginsAtAnyOffset(long offset, long byteSize) throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().offset(offset).byteSize(byteSize).open(file)) {
            assertThat(memory.byteSize()).isEqualTo(byteSize);
            assertThat(memory.segment().byteSize()).isEqualTo(byteSize);
            assertThat(memory.segment().get(JAVA_BYTE, 0)).isEqualTo(at(offset));
            assertThat(memory.segment().get(JAVA_BYTE, byteSize - 1)).isEqualTo(at(offset + byteSize - 1));
            assertThat(memory.segment().address() % PAGE).isEqualTo(offset % PAGE);
            memory.segment().set(JAVA_BYTE, byteSize - 1, (byte) 222);
            AddressSpace.Area area = AddressSpace.of(memory);
            assertThat(area.offset()).isEqualTo(offset / PAGE * PAGE);
            assertThat(area.byteSize()).isLessThan(byteSize + 2L * PAGE);
        }
        byte[] expected = numbered(3 * PAGE);
        expected[(int) (offset + byteSize - 1)] = (byte) 222;
        assertThat(Files.readAllBytes(file)).isEqualTo(expected);
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4096, 5000, 12287})
    void withoutASizeAPartReachesTheEnd(long offset) throws IOException {
        try (MappedMemory memory = MappedMemory.builder().offset(offset).open(file)) {
            assertThat(memory.byteSize()).isEqualTo(3L * PAGE - offset);
            assertThat(memory.segment().get(JAVA_BYTE, memory.byteSize() - 1)).isEqualTo(at(3L * PAGE - 1));
        }
    }

    @Test
    void twoPartsOfOnePageAreTheSameMemory() throws IOException {
        try (MappedMemory one = MappedMemory.builder().offset(10).byteSize(10).open(file);
                MappedMemory other =
                        MappedMemory.builder().offset(15).byteSize(10).open(file)) {
            one.segment().set(JAVA_BYTE, 5, (byte) 123);
            assertThat(other.segment().get(JAVA_BYTE, 0)).isEqualTo((byte) 123);
        }
    }

    @Test
    void anEmptyFileIsAClearError() throws IOException {
        Files.write(file, new byte[0]);
        assertThatThrownBy(() -> MappedMemory.open(file))
                .isInstanceOf(EOFException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("empty");
        assertThatThrownBy(() -> MappedMemory.builder().byteSize(1).open(file)).isInstanceOf(EOFException.class);
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 12289",
        "12288, 1",
        "1, 12288",
        "4096, 9000",
        "9223372036854775807, 1",
        "0, 9223372036854775807",
        "9223372036854775807, 9223372036854775807"
    })
    void whatTheFileDoesNotHaveIsNotMapped(long offset, long byteSize) {
        assertThatThrownBy(() ->
                        MappedMemory.builder().offset(offset).byteSize(byteSize).open(file))
                .isInstanceOf(EOFException.class)
                .hasMessageContaining("has " + 3 * PAGE + " bytes")
                .hasMessageContaining(byteSize + " bytes from offset " + offset);
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {12288, 12289, 1L << 40, Long.MAX_VALUE})
    void theRestBehindTheEndIsNotMapped(long offset) {
        assertThatThrownBy(() -> MappedMemory.builder().offset(offset).open(file))
                .isInstanceOf(EOFException.class)
                .hasMessageContaining("all from offset " + offset);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, -4096, Long.MIN_VALUE})
    void aNegativeOffsetIsRefused(long offset) {
        MappedMemoryBuilder builder = MappedMemory.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.offset(offset))
                .withMessageContaining("is " + offset);
    }

    /** The kernel would say EINVAL. */
    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void aSizeOfLessThanOneIsRefused(long byteSize) {
        MappedMemoryBuilder builder = MappedMemory.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.byteSize(byteSize))
                .withMessageContaining("not " + byteSize);
        assertThatIllegalArgumentException().isThrownBy(() -> MappedMemory.anonymous(byteSize));
        assertThatIllegalArgumentException().isThrownBy(() -> MappedMemory.create(file, byteSize));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MappedMemory.openOrCreate(folder.resolve("none"), byteSize));
        assertThat(folder.resolve("none")).doesNotExist();
    }

    /** The kernel would say EBADF. */
    @Test
    void aClosedDescriptorIsRefused() throws IOException {
        Descriptor descriptor = Descriptor.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        descriptor.close();
        assertThatThrownBy(() -> MappedMemory.map(descriptor)).isInstanceOf(ClosedChannelException.class);
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @Test
    void aBuilderServesAgain() throws IOException {
        MappedMemoryBuilder builder = MappedMemory.builder().offset(1).byteSize(2);
        try (MappedMemory one = builder.open(file);
                MappedMemory other = builder.offset(5).open(file)) {
            assertThat(one.segment().get(JAVA_BYTE, 0)).isEqualTo(at(1));
            assertThat(other.segment().get(JAVA_BYTE, 0)).isEqualTo(at(5));
            assertThat(other.byteSize()).isEqualTo(2);
        }
    }

    @Test
    void anInterruptedThreadMapsAndStaysInterrupted() throws IOException {
        Thread.currentThread().interrupt();
        try (MappedMemory memory = MappedMemory.open(file)) {
            memory.flush();
            assertThat(memory.residentPages().cardinality()).isEqualTo(3);
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        } finally {
            Thread.interrupted();
        }
    }
}
