package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Answers;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which pages are in memory, and keeping them there. */
@ExtendWith(LeakCheck.class)
class MappedMemoryResidencyTest {
    private static final int PAGE = PageSize.bytes();
    private static final int PAGES = 8;

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, new byte[PAGES * PAGE]);
    }

    private static MappedMemory anonymous() throws IOException {
        return MappedMemory.anonymous((long) PAGES * PAGE);
    }

    @Test
    void ofNewMemoryThePagesThatWereTouchedAreThere() throws IOException {
        try (MappedMemory memory = anonymous()) {
            assertThat(memory.residentPages().cardinality()).isZero();
            memory.segment().set(JAVA_INT, PAGE, 1);
            memory.segment().set(JAVA_INT, 3L * PAGE, 1);
            memory.segment().set(JAVA_BYTE, 8L * PAGE - 1, (byte) 1);
            assertThat(memory.residentPages()).hasToString("{1, 3, 7}");
            assertThat(memory.residentPages(2L * PAGE + 5, 2L * PAGE)).hasToString("{1}");
            assertThat(memory.residentPages(2L * PAGE - 1, 2)).hasToString("{0}");
            assertThat(memory.residentPages(3L * PAGE, 0).cardinality()).isZero();
        }
    }

    /** More pages than the kernel is asked for at a time. */
    @Test
    void ofMuchMemoryThePagesAreCountedThrough() throws IOException {
        long pages = 200_000;
        try (MappedMemory memory = MappedMemory.builder().noReserve().anonymous(pages * PAGE)) {
            memory.advise(Advice.NO_HUGE_PAGE);
            for (long page : new long[] {0, 65_535, 65_536, 131_071, 131_072, pages - 1}) {
                memory.segment().set(JAVA_INT, page * PAGE, 1);
            }
            assertThat(memory.residentPages()).hasToString("{0, 65535, 65536, 131071, 131072, 199999}");
            assertThat(memory.residentPages(65_535L * PAGE, 65_538L * PAGE)).hasToString("{0, 1, 65536, 65537}");
        }
    }

    @ParameterizedTest
    @EnumSource
    void populatingHasAllPagesThereAtOnce(Sharing sharing) throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().sharing(sharing).populate().anonymous((long) PAGES * PAGE)) {
            assertThat(memory.residentPages().cardinality()).isEqualTo(PAGES);
        }
        try (MappedMemory memory =
                MappedMemory.builder().sharing(sharing).populate().open(file)) {
            assertThat(memory.residentPages().cardinality()).isEqualTo(PAGES);
            assertThat(AddressSpace.of(memory).bytes("Rss")).isEqualTo((long) PAGES * PAGE);
        }
    }

    @Test
    void mappingLockedCountsAndHasAllPagesThere() throws IOException {
        long before = AddressSpace.locked();
        try (MappedMemory memory = MappedMemory.builder().locked().open(file)) {
            assertThat(AddressSpace.locked() - before).isEqualTo((long) PAGES * PAGE);
            assertThat(AddressSpace.of(memory).flags()).contains("lo");
            assertThat(memory.residentPages().cardinality()).isEqualTo(PAGES);
        }
        assertThat(AddressSpace.locked()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 1024, 1 << 20, 10 << 20})
    void lockingCountsWholePagesUntilItIsUnlocked(long byteSize) throws IOException {
        long before = AddressSpace.locked();
        long pages = (byteSize + PAGE - 1) / PAGE;
        try (MappedMemory memory = MappedMemory.anonymous(byteSize)) {
            memory.lockInMemory();
            assertThat(AddressSpace.locked() - before).isEqualTo(pages * PAGE);
            assertThat(memory.residentPages().cardinality()).isEqualTo((int) pages);
            memory.lockInMemory(); // does not add up
            assertThat(AddressSpace.locked() - before).isEqualTo(pages * PAGE);
            memory.unlockFromMemory();
            assertThat(AddressSpace.locked()).isEqualTo(before);
            memory.unlockFromMemory();
        }
    }

    @Test
    void aRangeIsLockedAndUnlockedByItsPages() throws IOException {
        long before = AddressSpace.locked();
        try (MappedMemory memory = anonymous()) {
            memory.lockInMemory(PAGE - 1, 2);
            assertThat(AddressSpace.locked() - before).isEqualTo(2L * PAGE);
            assertThat(memory.residentPages()).hasToString("{0, 1}");
            memory.lockInMemory(0, 0);
            memory.unlockFromMemory(PAGE, 1);
            assertThat(AddressSpace.locked() - before).isEqualTo(PAGE);
            memory.unlockFromMemory(5L * PAGE, PAGE); // was not locked
            assertThat(AddressSpace.locked() - before).isEqualTo(PAGE);
        }
        assertThat(AddressSpace.locked()).as("after the close").isEqualTo(before);
    }

    @Test
    void lockingOnFaultLocksOnlyWhatIsThere() throws IOException {
        try (MappedMemory memory = anonymous()) {
            memory.segment().set(JAVA_INT, 2L * PAGE, 1);
            memory.lockInMemoryOnFault();
            assertThat(memory.residentPages()).hasToString("{2}");
            assertThat(AddressSpace.of(memory).bytes("Locked")).isEqualTo(PAGE);
            memory.segment().set(JAVA_INT, 5L * PAGE, 1);
            assertThat(AddressSpace.of(memory).bytes("Locked")).isEqualTo(2L * PAGE);
            memory.unlockFromMemory();
            memory.lockInMemoryOnFault(PAGE, 1);
            assertThat(memory.residentPages()).hasToString("{2, 5}");
            memory.lockInMemory();
            assertThat(memory.residentPages().cardinality()).isEqualTo(PAGES);
        }
    }

    @Test
    void whatMayOnlyBeWrittenCanBeLocked() throws IOException {
        long before = AddressSpace.locked();
        try (MappedMemory memory =
                MappedMemory.builder().access(Access.WRITE_ONLY).open(file)) {
            memory.lockInMemory();
            assertThat(AddressSpace.locked() - before).isEqualTo((long) PAGES * PAGE);
        }
    }

    @Test
    void allPagesOfALockedFileAreThere() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            memory.lockInMemory();
            assertThat(memory.residentPages().cardinality()).isEqualTo(PAGES);
            assertThat(memory.residentPages()).hasToString("{0, 1, 2, 3, 4, 5, 6, 7}");
        }
    }

    /** Over a hole the kernel would say ENOMEM; of mappings that are split each reaches its own pages only. */
    @Test
    void besideAHoleEachPartIsUnlockedByItself() throws IOException {
        long before = AddressSpace.locked();
        try (MappedMemory first = anonymous()) {
            first.lockInMemory();
            MappedMemory middle = first.split(2L * PAGE);
            try (MappedMemory last = middle.split(2L * PAGE)) {
                middle.close();
                assertThat(AddressSpace.locked() - before).isEqualTo((PAGES - 2L) * PAGE);
                first.unlockFromMemory();
                assertThat(AddressSpace.locked() - before).isEqualTo((PAGES - 4L) * PAGE);
                last.unlockFromMemory();
                assertThat(AddressSpace.locked()).isEqualTo(before);
            }
        }
    }

    /** ENOMEM for a page that is not there. */
    @Test
    void whatIsBehindTheEndOfTheFileCannotBeLocked() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file);
                Descriptor descriptor = Descriptor.open(file, StandardOpenOption.WRITE)) {
            descriptor.truncate(PAGE);
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, memory::lockInMemory);
            assertThat(failure.errno()).isEqualTo(Errno.ENOMEM);
            assertThat(failure)
                    .hasMessageStartingWith("mlock: ENOMEM (12), locking all")
                    .hasMessageContaining("shorter than what is mapped");
        }
    }

    @Test
    void refusalsNameTheLimit() throws IOException {
        try (MappedMemory memory = anonymous()) {
            for (Errno errno : List.of(Errno.ENOMEM, Errno.EPERM, Errno.EAGAIN)) {
                try (ScriptedAnswers now = ScriptedAnswers.to("mlock", Answers.refusing(errno))) {
                    assertThat(catchThrowableOfType(ErrnoException.class, memory::lockInMemory))
                            .hasMessageContaining("RLIMIT_MEMLOCK");
                    assertThat(now.remaining()).isZero();
                }
                try (ScriptedAnswers later = ScriptedAnswers.to("mlock2", Answers.refusing(errno))) {
                    assertThat(catchThrowableOfType(ErrnoException.class, memory::lockInMemoryOnFault))
                            .hasMessageContaining("RLIMIT_MEMLOCK");
                    assertThat(later.remaining()).isZero();
                }
            }
        }
    }

    /** In a process of an ordinary user, to whom the limit applies. */
    @Test
    void theLimitIsTheKernels() {
        assertThat(underLimit(0)).containsExactly("mlock EPERM", "mlock2 EPERM", "mmap EPERM", "16 pages, locked 0");
        assertThat(underLimit(8L * PAGE))
                .containsExactly("mlock ENOMEM", "mlock2 ENOMEM", "mmap EAGAIN", "mremap EAGAIN", "8 pages, locked 8");
    }

    private static List<String> underLimit(long byteSize) {
        List<String> ordinary = List.of(
                "prlimit",
                "--memlock=" + byteSize + ":" + byteSize,
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "--bounding-set=-all",
                "--inh-caps=-all");
        try (Peer peer = Peer.javaUnder(ordinary, MemoryLockProgram.class, byteSize / PAGE)) {
            String answer = peer.hear();
            assertThat(peer.end()).isZero();
            return List.of(answer.split("; "));
        }
    }

    @Test
    void closedMemoryHasNoPages() throws IOException {
        MappedMemory memory = anonymous();
        memory.close();
        assertThatIllegalStateException().isThrownBy(memory::residentPages);
        assertThatIllegalStateException().isThrownBy(memory::lockInMemory);
        assertThatIllegalStateException().isThrownBy(memory::lockInMemoryOnFault);
        assertThatIllegalStateException().isThrownBy(memory::unlockFromMemory);
    }
}
