package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.testing.Answers.refusing;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory files of huge pages: asked for, missing, and there. */
@ExtendWith(LeakCheck.class)
class MemoryFileHugePagesTest {
    private static final Path SET_ASIDE = Path.of("/proc/sys/vm/nr_hugepages");

    private static long meminfo(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/meminfo")).stream()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    private static long hugePage() throws IOException {
        long bytes = 1024 * meminfo("Hugepagesize");
        assumeTrue(bytes > 0, "this kernel has no huge pages");
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4096, (2 << 20) - 1, 3 << 20, -(2 << 20), Long.MIN_VALUE})
    void ofASizeThatCannotBeAreRefused(long pageByteSize) {
        MemoryFileBuilder builder = MemoryFile.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.hugePages(pageByteSize))
                .withMessageContaining("not " + pageByteSize);
    }

    @Test
    void ofASizeThisMachineDoesNotHaveAreToldSo() {
        long strange = 2L * PageSize.bytes();
        assumeTrue(
                !Files.exists(Path.of("/sys/kernel/mm/hugepages/hugepages-" + strange / 1024 + "kB")),
                "this machine has huge pages of " + strange + " bytes");
        ErrnoException failure = catchThrowableOfType(
                ErrnoException.class,
                () -> MemoryFile.builder().hugePages(strange).create("strange", strange));
        assertThat(failure.errno()).isEqualTo(Errno.ENODEV);
        assertThat(failure).hasMessageContaining("/sys/kernel/mm/hugepages");
    }

    @Test
    void haveToBeWhole() throws Exception {
        long huge = hugePage();
        MemoryFileBuilder builder = MemoryFile.builder().hugePages();
        for (long part : List.of(1L, huge - 1, huge + 1, huge + PageSize.bytes())) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> builder.create("parts", part));
            assertThat(failure.errno()).as("%d bytes", part).isEqualTo(Errno.EINVAL);
        }
        try (MemoryFile file = builder.create("whole", 0)) {
            file.resize(2 * huge); // needs none yet
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> file.resize(huge + 1));
            assertThat(failure.errno()).isEqualTo(Errno.EINVAL);
            assertThat(file.byteSize()).isEqualTo(2 * huge);
        }
    }

    /** Only mapping takes them. */
    @Test
    void thatAreNotFreeAreMissedWhenItIsMapped() throws Exception {
        long huge = hugePage();
        long tooMany = meminfo("HugePages_Total") + 1000;
        try (MemoryFile file = MemoryFile.builder().hugePages().create("many", tooMany * huge)) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, file::map);
            assertThat(failure.errno()).isEqualTo(Errno.ENOMEM);
            assertThat(failure).hasMessageContaining("many");
        }
    }

    @Test
    void thatAreThereAreUsed() throws Exception {
        long huge = hugePage();
        assumeTrue(Files.isWritable(SET_ASIDE), "huge pages may not be set aside");
        // Not readString: it begins with one byte, and a file of /proc/sys ends after the first read.
        String before = Files.readAllLines(SET_ASIDE).getFirst();
        try {
            Files.writeString(SET_ASIDE, Integer.toString(Integer.parseInt(before) + 3));
            assumeTrue(meminfo("HugePages_Free") >= 3, "there is no memory for huge pages");
            for (MemoryFileBuilder builder : List.of(
                    MemoryFile.builder().hugePages(), MemoryFile.builder().hugePages(huge))) {
                try (MemoryFile file = builder.create("huge", 2 * huge)) {
                    file.seal(Seal.SHRINK);
                    // A hole may be punched into it all the same.
                    assertThatExceptionOfType(UntrustedMemoryFileException.class)
                            .isThrownBy(() -> MemoryFile.take(file.descriptor(), 2 * huge, Seal.SHRINK))
                            .withMessageContaining("huge pages");
                    try (MemoryFile taken = MemoryFile.take(file.descriptor().duplicate(), 2 * huge);
                            MappedMemory all = taken.map();
                            MappedMemory part = file.map(
                                    MappedMemory.builder().offset(huge + 5).byteSize(10))) {
                        assertThat(taken.name()).isEqualTo("huge");
                        assertThat(kernelPageSize(all)).isEqualTo(huge);
                        assertThat(all.byteSize()).isEqualTo(2 * huge);
                        all.segment().set(JAVA_BYTE, huge + 5, (byte) 47);
                        assertThat(part.segment().get(JAVA_BYTE, 0)).isEqualTo((byte) 47);
                        assertThat(part.byteSize()).isEqualTo(10);
                        canStillFault(all);
                    }
                }
            }
        } finally {
            Files.writeString(SET_ASIDE, before);
        }
    }

    /** A hole gives a page back for good, and a seal against that is another one: so copies ask the kernel. */
    private static void canStillFault(MappedMemory memory) {
        try (ScriptedAnswers script = ScriptedAnswers.to("process_vm_readv", refusing(Errno.EFAULT))) {
            ErrnoException failure =
                    catchThrowableOfType(ErrnoException.class, () -> memory.get(0, MemorySegment.ofArray(new byte[1])));
            assertThat(failure.errno()).isEqualTo(Errno.EFAULT);
            assertThat(script.remaining()).isZero();
        }
    }

    private static long kernelPageSize(MappedMemory memory) throws IOException {
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
