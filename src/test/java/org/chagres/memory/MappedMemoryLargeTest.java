package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Beyond 2 and 4 GiB, in a sparse file. */
@ExtendWith(LeakCheck.class)
class MappedMemoryLargeTest {
    private static final long GIB = 1L << 30;
    private static final int PAGE = PageSize.bytes();
    private static final long NUMBER = 0x0102_0304_0506_0708L;

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(5 * GIB);
        }
    }

    private byte[] inTheFile(long offset) throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "r")) {
            byte[] bytes = new byte[Long.BYTES];
            sparse.seek(offset);
            sparse.readFully(bytes);
            return bytes;
        }
    }

    private static byte[] bytesOfTheNumber() {
        MemorySegment bytes = MemorySegment.ofArray(new byte[Long.BYTES]);
        bytes.set(JAVA_LONG_UNALIGNED, 0, NUMBER);
        return bytes.toArray(JAVA_BYTE);
    }

    @ParameterizedTest
    @ValueSource(longs = {2 * GIB, 4 * GIB})
    void dataAcrossTheBorderOfTheWholeFileIsInItsPlace(long border) throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            assertThat(memory.byteSize()).isEqualTo(5 * GIB);
            memory.segment().set(JAVA_LONG_UNALIGNED, border - 4, NUMBER);
            assertThat(inTheFile(border - 4)).isEqualTo(bytesOfTheNumber());
            byte[] copy = new byte[Long.BYTES];
            memory.get(border - 4, MemorySegment.ofArray(copy));
            assertThat(copy).isEqualTo(bytesOfTheNumber());
            memory.flush(FlushMode.SYNC, border - 4, 8);
            assertThat(memory.residentPages(border - 4, 8)).hasToString("{0, 1}");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {2 * GIB, 4 * GIB})
    void dataAcrossTheBorderOfAPartIsInItsPlace(long border) throws IOException {
        for (long offset : List.of(border - 4, border - 4096, border - 5000, border)) {
            try (MappedMemory memory =
                    MappedMemory.builder().offset(offset).byteSize(10_000).open(file)) {
                memory.put(2, MemorySegment.ofArray(bytesOfTheNumber()));
                assertThat(inTheFile(offset + 2)).isEqualTo(bytesOfTheNumber());
                assertThat(memory.segment().get(JAVA_LONG_UNALIGNED, 2)).isEqualTo(NUMBER);
                assertThat(AddressSpace.of(memory).offset()).isEqualTo(offset / PAGE * PAGE);
                memory.put(2, MemorySegment.ofArray(new byte[Long.BYTES]));
            }
        }
    }

    @Test
    void mappingsGrowAndShrinkAcrossTheBorders() throws IOException {
        try (MappedMemory memory = MappedMemory.builder().byteSize(GIB).open(file)) {
            for (long byteSize : List.of(2 * GIB + 1, 4 * GIB + 1, 5 * GIB, 3 * GIB, GIB / 2)) {
                memory.resize(byteSize);
                assertThat(memory.byteSize()).isEqualTo(byteSize);
                assertThat(memory.segment().get(JAVA_BYTE, byteSize - 1)).isZero();
            }
        }
    }

    @Test
    void mappingsAreSplitAndAdvisedBeyondTheBorder() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            memory.segment().set(JAVA_BYTE, 4 * GIB, (byte) 47);
            memory.segment().set(JAVA_BYTE, 4 * GIB + PAGE, (byte) 48);
            memory.advise(Advice.REMOVE, 4 * GIB, PAGE);
            try (MappedMemory rest = memory.split(4 * GIB)) {
                assertThat(rest.byteSize()).isEqualTo(GIB);
                assertThat(rest.segment().get(JAVA_BYTE, 0)).isZero();
                assertThat(rest.segment().get(JAVA_BYTE, PAGE)).isEqualTo((byte) 48);
            }
        }
    }
}
