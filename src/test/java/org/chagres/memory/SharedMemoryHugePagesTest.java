package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Huge pages: asked for, missing, and there. */
@ExtendWith(LeakCheck.class)
class SharedMemoryHugePagesTest {
    private static final Path SET_ASIDE = Path.of("/proc/sys/vm/nr_hugepages");

    private static long meminfo(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/meminfo")).stream()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    @Test
    void thatAreNotFreeAreToldSo() throws IOException {
        long free = meminfo("HugePages_Free") - meminfo("HugePages_Rsvd") + 1;
        long byteSize = (free + 1) * 1024 * meminfo("Hugepagesize");
        assumeTrue(byteSize > 0, "this kernel has no huge pages");
        ErrnoException failure = catchThrowableOfType(
                ErrnoException.class, () -> SharedMemory.builder().hugePages().create(IpcKey.PRIVATE, byteSize));
        assertThat(failure.errno()).isIn(Errno.ENOMEM, Errno.EPERM);
        assertThat(failure).hasMessageContaining("huge pages");
    }

    @Test
    void ofASizeThisMachineDoesNotHaveAreToldSo() {
        long strange = 2L * PageSize.bytes();
        assumeTrue(
                !Files.exists(Path.of("/sys/kernel/mm/hugepages/hugepages-" + strange / 1024 + "kB")),
                "this machine has huge pages of " + strange + " bytes");
        ErrnoException failure = catchThrowableOfType(
                ErrnoException.class,
                () -> SharedMemory.builder().hugePages(strange).create(IpcKey.PRIVATE, strange));
        assertThat(failure.errno()).isEqualTo(Errno.EINVAL);
        assertThat(failure).hasMessageContaining("/sys/kernel/mm/hugepages");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4096, (2 << 20) - 1, 3 << 20, -(2 << 20), Long.MIN_VALUE})
    void ofASizeThatCannotBeAreRefused(long pageByteSize) {
        SharedMemoryBuilder builder = SharedMemory.builder();
        assertThat(catchThrowableOfType(IllegalArgumentException.class, () -> builder.hugePages(pageByteSize)))
                .hasMessageContaining("not " + pageByteSize);
    }

    @Test
    void thatAreThereAreUsed() throws IOException {
        long huge = 1024 * meminfo("Hugepagesize");
        assumeTrue(Files.isWritable(SET_ASIDE) && huge > 0, "huge pages may not be set aside");
        // Not readString: it begins with one byte, and a file of /proc/sys ends after the first read.
        String before = Files.readAllLines(SET_ASIDE).getFirst();
        try {
            Files.writeString(SET_ASIDE, Integer.toString(Integer.parseInt(before) + 3));
            assumeTrue(meminfo("HugePages_Free") >= 3, "there is no memory for huge pages");
            for (SharedMemoryBuilder builder : List.of(
                    SharedMemory.builder().hugePages(), SharedMemory.builder().hugePages(huge))) {
                try (SharedMemory memory = builder.create(IpcKey.PRIVATE, huge + 1);
                        TestSegment segment = TestSegment.of(memory.id());
                        SharedMemory second = SharedMemory.open(segment.id())) {
                    assertThat(kernelPageSize(memory)).isEqualTo(huge);
                    assertThat(memory.byteSize()).isEqualTo(huge + 1);
                    assertThat(second.byteSize()).isEqualTo(huge + 1);
                    memory.segment().set(JAVA_BYTE, huge, (byte) 47);
                    assertThat(second.segment().get(JAVA_BYTE, huge)).isEqualTo((byte) 47);
                }
            }
            try (SharedMemory small = SharedMemory.create(IpcKey.PRIVATE, huge + 1);
                    TestSegment segment = TestSegment.of(small.id())) {
                assertThat(kernelPageSize(small)).as("%s", segment).isEqualTo(PageSize.bytes());
            }
        } finally {
            Files.writeString(SET_ASIDE, before);
        }
    }

    @Test
    void thatNobodyReservesAreRefused() {
        SharedMemoryBuilder builder = SharedMemory.builder().hugePages().noReserve();
        assertThat(catchThrowableOfType(
                        IllegalArgumentException.class, () -> builder.create(IpcKey.PRIVATE, PageSize.bytes())))
                .hasMessageContaining("hugePages and noReserve");
        assertThat(catchThrowableOfType(
                        IllegalArgumentException.class, () -> builder.openOrCreate(IpcKey.random(), PageSize.bytes())))
                .hasMessageContaining("hugePages and noReserve");
    }

    private static long kernelPageSize(SharedMemory memory) throws IOException {
        String start = Long.toHexString(memory.segment().address()) + "-";
        return 1024
                * Files.readAllLines(Path.of("/proc/self/smaps")).stream()
                        .dropWhile(line -> !line.startsWith(start))
                        .filter(line -> line.startsWith("KernelPageSize:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .findFirst()
                        .orElseThrow();
    }
}
