package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.syscall.MappingCalls.*;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the kernel answers to what the library above never asks: addresses without a mapping, holes, uneven addresses,
 * lengths of 0, flags that contradict each other.
 */
@ExtendWith(LeakCheck.class)
class MappingCallsTest {
    private static final long PAGE = ProcessCalls.getpagesize();
    private static final int READ_WRITE = PROT_READ | PROT_WRITE;
    private static final int NEW = MAP_PRIVATE | MAP_ANONYMOUS;
    private static final int INVALID = -Errno.EINVAL.number();
    private static final int NOTHING_THERE = -Errno.ENOMEM.number();

    /**
     * Three pages with a hole in the middle. They lie far below the addresses that the kernel hands out next, so that
     * nobody gets the hole meanwhile.
     */
    private long address;

    @BeforeEach
    void map() {
        long usual = mmap(0, PAGE, READ_WRITE, NEW, -1, 0);
        assertThat(usual).isPositive();
        assertThat(munmap(usual, PAGE)).isZero();
        address = mmap(usual - (1L << 36), 3 * PAGE, READ_WRITE, NEW | MAP_FIXED_NOREPLACE, -1, 0);
        assertThat(address).isPositive();
        assertThat(munmap(address + PAGE, PAGE)).isZero();
    }

    @AfterEach
    void unmap() {
        munmap(address, PAGE);
        munmap(address + 2 * PAGE, PAGE);
    }

    @Test
    void mappingNothingOrWithoutAKindIsInvalid() {
        assertThat(mmap(0, 0, READ_WRITE, NEW, -1, 0)).isEqualTo(INVALID);
        assertThat(mmap(0, PAGE, READ_WRITE, MAP_ANONYMOUS, -1, 0)).isEqualTo(INVALID);
    }

    @Test
    void mappingWhatIsNotOpenIsABadDescriptor() {
        assertThat(mmap(0, PAGE, PROT_READ, MAP_SHARED, -1, 0)).isEqualTo(-Errno.EBADF.number());
    }

    @Test
    void mappingFromAnUnevenOffsetOrBeyondAllOffsetsIsRefused(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("file"), new byte[10]);
        try (Descriptor descriptor = Descriptor.open(file, StandardOpenOption.READ)) {
            int number = Integer.parseInt(descriptor.toString().replaceFirst("(?s).*fd=(\\d+).*", "$1"));
            assertThat(mmap(0, PAGE, PROT_READ, MAP_SHARED, number, 1)).isEqualTo(INVALID);
            assertThat(mmap(0, 2 * PAGE, PROT_READ, MAP_SHARED, number, -PAGE))
                    .isIn((long) -Errno.EOVERFLOW.number(), (long) INVALID);
        }
    }

    @Test
    void unmappingUnevenOrNothingIsInvalidAndAHoleIsNoError() {
        assertThat(munmap(address + 1, PAGE)).isEqualTo(INVALID);
        assertThat(munmap(address, 0)).isEqualTo(INVALID);
        assertThat(munmap(Long.MAX_VALUE / PAGE * PAGE, PAGE)).isEqualTo(INVALID);
        assertThat(munmap(address + PAGE, PAGE)).isZero();
    }

    @Test
    void protectingWhatIsNotMappedOrUnevenIsRefused() {
        assertThat(mprotect(address + PAGE, PAGE, PROT_READ)).isEqualTo(NOTHING_THERE);
        assertThat(mprotect(address + 1, PAGE, PROT_READ)).isEqualTo(INVALID);
    }

    @Test
    void flushingInContradictoryWaysIsInvalid() {
        assertThat(msync(address, PAGE, MS_ASYNC | MS_SYNC)).isEqualTo(INVALID);
        assertThat(msync(address, PAGE, 1 << 20)).isEqualTo(INVALID);
        assertThat(msync(address + 1, PAGE, MS_SYNC)).isEqualTo(INVALID);
        assertThat(msync(address, 3 * PAGE, MS_SYNC)).isEqualTo(NOTHING_THERE);
    }

    @Test
    void lockingAndUnlockingOverAHoleFindsNothingThere() {
        assertThat(mlock(address, 3 * PAGE)).isEqualTo(NOTHING_THERE);
        assertThat(mlock2(address, 3 * PAGE, MLOCK_ONFAULT)).isEqualTo(NOTHING_THERE);
        assertThat(munlock(address, 3 * PAGE)).isEqualTo(NOTHING_THERE);
        assertThat(munlock(address, PAGE)).isZero();
        assertThat(munlock(address + 2 * PAGE, PAGE)).isZero();
        assertThat(mlock2(address, PAGE, 1 << 20)).isEqualTo(INVALID);
    }

    @Test
    void advisingWhatIsNotMappedFindsNothingThere() {
        assertThat(madvise(address, 3 * PAGE, MADV_NORMAL)).isEqualTo(NOTHING_THERE);
        assertThat(madvise(address, PAGE, MADV_WILLNEED)).isIn(0, -Errno.EBADF.number()); // EBADF before Linux 3.9
        assertThat(madvise(address, PAGE, 4711)).isEqualTo(INVALID);
        assertThat(madvise(address + 1, PAGE, MADV_NORMAL)).isEqualTo(INVALID);
    }

    @Test
    void lookingAtAHoleFindsNothingThere() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment vector = arena.allocate(3);
            assertThat(mincore(address, 3 * PAGE, vector)).isEqualTo(NOTHING_THERE);
            assertThat(mincore(address + 1, PAGE, vector)).isEqualTo(INVALID);
            assertThat(mincore(address, PAGE, vector)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE})
    void resizingToNothingOrToAllIsRefused(long length) {
        assertThat(mremap(address, PAGE, length, MREMAP_MAYMOVE, 0)).isIn((long) INVALID, (long) NOTHING_THERE);
    }
}
