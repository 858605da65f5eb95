package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Huge pages: asked for, missing, and there. */
@ExtendWith(LeakCheck.class)
class MappedMemoryHugePagesTest {
    private static final Path SET_ASIDE = Path.of("/proc/sys/vm/nr_hugepages");

    private static long meminfo(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/meminfo")).stream()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    private interface Action {
        void with(long huge) throws IOException;
    }

    /** Sets some more aside while something is done, and skips the test where that is not possible. */
    private static void withHugePages(int count, Action action) throws IOException {
        long huge = 1024 * meminfo("Hugepagesize");
        assumeTrue(Files.isWritable(SET_ASIDE) && huge > 0, "huge pages may not be set aside");
        // Not readString: it begins with one byte, and a file of /proc/sys ends after the first read.
        String before = Files.readAllLines(SET_ASIDE).getFirst();
        try {
            Files.writeString(SET_ASIDE, Integer.toString(Integer.parseInt(before) + count));
            assumeTrue(meminfo("HugePages_Free") >= count, "there is no memory for huge pages");
            action.with(huge);
        } finally {
            Files.writeString(SET_ASIDE, before);
        }
    }

    @Test
    void thatAreNotFreeAreToldSo() throws IOException {
        long free = meminfo("HugePages_Free") - meminfo("HugePages_Rsvd") + 1;
        long byteSize = (free + 1) * 1024 * meminfo("Hugepagesize");
        assumeTrue(byteSize > 0, "this kernel has no huge pages");
        ErrnoException failure = catchThrowableOfType(
                ErrnoException.class, () -> MappedMemory.builder().hugePages().anonymous(byteSize));
        assertThat(failure.errno()).isEqualTo(Errno.ENOMEM);
        assertThat(failure).hasMessageContaining("huge pages").hasMessageContaining("HugePages_Free");
    }

    @Test
    void ofASizeThisMachineDoesNotHaveAreToldSo() {
        long strange = 2L * PageSize.bytes();
        assumeTrue(
                !Files.exists(Path.of("/sys/kernel/mm/hugepages/hugepages-" + strange / 1024 + "kB")),
                "this machine has huge pages of " + strange + " bytes");
        ErrnoException failure = catchThrowableOfType(
                ErrnoException.class,
                () -> MappedMemory.builder().hugePages(strange).anonymous(strange));
        assertThat(failure.errno()).isEqualTo(Errno.EINVAL);
        assertThat(failure).hasMessageContaining("/sys/kernel/mm/hugepages");
    }

    @Test
    void thatNobodyReservesAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MappedMemory.builder().hugePages().noReserve().anonymous(1))
                .withMessageContaining("huge pages and noReserve");
    }

    @Test
    void thatAreThereAreUsed() throws IOException {
        withHugePages(3, huge -> {
            for (MappedMemoryBuilder builder : List.of(
                    MappedMemory.builder().hugePages(), MappedMemory.builder().hugePages(huge))) {
                for (Sharing sharing : Sharing.values()) {
                    try (MappedMemory memory = builder.sharing(sharing).anonymous(huge + 1)) {
                        assertThat(AddressSpace.of(memory).bytes("KernelPageSize"))
                                .isEqualTo(huge);
                        assertThat(AddressSpace.of(memory).byteSize()).isEqualTo(2 * huge);
                        assertThat(memory.byteSize()).isEqualTo(huge + 1);
                        assertThat(memory.segment().byteSize()).isEqualTo(huge + 1);
                        memory.segment().set(JAVA_BYTE, huge, (byte) 47);
                        assertThat(memory.segment().get(JAVA_BYTE, huge)).isEqualTo((byte) 47);
                    }
                }
            }
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment memory = MappedMemory.builder().hugePages().anonymous(huge + 1, arena);
                memory.set(JAVA_BYTE, huge, (byte) 47);
            }
            assertThat(meminfo("HugePages_Free") - meminfo("HugePages_Rsvd")).isGreaterThanOrEqualTo(3);
        });
    }

    /** Rounded to huge pages, as the kernel wants it of them. */
    @Test
    void areCopiedFlushedLockedAndLookedAtAsSmallOnesAre() throws IOException {
        withHugePages(3, huge -> {
            try (MappedMemory memory = MappedMemory.builder().hugePages().anonymous(3 * huge)) {
                memory.put(2 * huge - 2, MemorySegment.ofArray(new byte[] {1, 2, 3, 4}));
                byte[] back = new byte[4];
                memory.get(2 * huge - 2, MemorySegment.ofArray(back));
                assertThat(back).containsExactly(1, 2, 3, 4);
                assertThat(memory.residentPages()).hasToString("{1, 2}");
                assertThat(memory.residentPages(huge + 5, 1)).hasToString("{0}");
                memory.flush(FlushMode.SYNC, 5, 10);
                memory.lockInMemory(huge + 5, 10);
                memory.unlockFromMemory();
                memory.advise(Advice.DONT_DUMP, 5, 10);
                assertThat(AddressSpace.of(memory).byteSize()).isEqualTo(huge);
                assertThat(AddressSpace.of(memory).flags()).contains("dd", "ht");
            }
        });
    }

    @Test
    void areSplitWhereAHugePageBegins() throws IOException {
        withHugePages(2, huge -> {
            try (MappedMemory memory = MappedMemory.builder().hugePages().anonymous(2 * huge)) {
                memory.segment().set(JAVA_INT, 0, 4711);
                memory.segment().set(JAVA_INT, huge, 815);
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> memory.split(PageSize.bytes()))
                        .withMessageContaining("a page of " + huge + " bytes begins");
                try (MappedMemory rest = memory.split(huge)) {
                    rest.protect(Access.READ_ONLY);
                    assertThat(rest.segment().get(JAVA_INT, 0)).isEqualTo(815);
                    assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                }
            }
        });
    }

    @Test
    void areMadeFewerAndNotMore() throws IOException {
        withHugePages(3, huge -> {
            try (MappedMemory memory = MappedMemory.builder().hugePages().anonymous(2 * huge)) {
                memory.segment().set(JAVA_INT, 0, 4711);
                ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.resize(3 * huge));
                assertThat(failure.errno()).isEqualTo(Errno.EINVAL);
                assertThat(failure).hasMessageContaining("huge pages cannot be made more");
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                memory.resize(10);
                assertThat(AddressSpace.of(memory).byteSize()).isEqualTo(huge);
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        });
    }

    @Test
    void areMovedToWhereAHugePageCanBegin() throws IOException {
        withHugePages(1, huge -> {
            try (MappedMemory memory = MappedMemory.builder().hugePages().anonymous(huge)) {
                memory.segment().set(JAVA_INT, 0, 4711);
                long address = AddressSpace.free() / huge * huge;
                ErrnoException failure =
                        catchThrowableOfType(ErrnoException.class, () -> memory.moveTo(address + PageSize.bytes()));
                assertThat(failure.errno()).isEqualTo(Errno.EINVAL);
                assertThat(AddressSpace.isMapped(address + PageSize.bytes())).isFalse();
                memory.moveTo(address);
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"DONT_NEED", "DONT_NEED_LOCKED", "FREE", "REMOVE"})
    void areNotGivenUp(Advice advice) throws IOException {
        withHugePages(1, huge -> {
            try (MappedMemory memory = MappedMemory.builder().hugePages().anonymous(huge)) {
                memory.segment().set(JAVA_INT, 0, 4711);
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> memory.advise(advice))
                        .withMessageContaining(advice + " would give huge pages back");
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        });
    }
}
