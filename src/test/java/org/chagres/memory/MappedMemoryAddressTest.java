package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Answers;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chosen addresses, and moving there. */
@ExtendWith(LeakCheck.class)
class MappedMemoryAddressTest {
    private static final int PAGE = PageSize.bytes();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, new byte[3 * PAGE]);
    }

    @Test
    void isExactlyTheOneAskedFor() throws IOException {
        long address = AddressSpace.free();
        try (MappedMemory memory = MappedMemory.builder().at(address).open(file)) {
            assertThat(memory.segment().address()).isEqualTo(address);
            assertThat(AddressSpace.of(file).getFirst().start()).isEqualTo(address);
        }
        assertThat(AddressSpace.isMapped(address)).isFalse();
        try (MappedMemory again = MappedMemory.builder().at(address).anonymous(1)) {
            assertThat(again.segment().address()).isEqualTo(address);
        }
    }

    @Test
    void ofAPartIsWhereItsPageBegins() throws IOException {
        long address = AddressSpace.free();
        try (MappedMemory memory =
                MappedMemory.builder().at(address).offset(PAGE + 10).open(file)) {
            assertThat(memory.segment().address()).isEqualTo(address + 10);
        }
    }

    @Test
    void inTheCallersArenaMayBeChosenToo() throws IOException {
        long address = AddressSpace.free();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = MappedMemory.builder().at(address).open(file, arena);
            MemorySegment next = MappedMemory.builder().at(address + 3L * PAGE).anonymous(1, arena);
            assertThat(memory.address()).isEqualTo(address);
            assertThat(next.address()).isEqualTo(address + 3L * PAGE);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, -1, -2})
    void thatIsOccupiedIsRefusedAndWhatIsThereStays(long pages) throws IOException {
        try (MappedMemory there = MappedMemory.builder().at(AddressSpace.free()).anonymous(3L * PAGE)) {
            there.segment().fill((byte) 47);
            long address = there.segment().address() + pages * PAGE;
            ErrnoException failure = catchThrowableOfType(
                    ErrnoException.class,
                    () -> MappedMemory.builder().at(address).open(file));
            assertThat(failure.errno()).isEqualTo(Errno.EEXIST);
            assertThat(failure).hasMessageContaining("something is at that address");
            assertThat(there.segment().toArray(JAVA_BYTE)).containsOnly(47);
            assertThat(AddressSpace.of(file)).isEmpty();
            ErrnoException anonymous = catchThrowableOfType(
                    ErrnoException.class,
                    () -> MappedMemory.builder().at(address).anonymous(3L * PAGE));
            assertThat(anonymous.errno()).isEqualTo(Errno.EEXIST);
        }
    }

    /** Before Linux 4.17 the address was a wish. */
    @Test
    void thatAnOldKernelDidNotGrantIsRefusedAndNothingStaysMapped() throws IOException {
        long address = AddressSpace.free();
        long[] elsewhere = new long[1];
        try (MappedMemory stands = MappedMemory.anonymous(3L * PAGE);
                ScriptedAnswers old = ScriptedAnswers.to("mmap", arguments -> {
                    elsewhere[0] = stands.segment().address();
                    return elsewhere[0];
                });
                ScriptedAnswers unmap = ScriptedAnswers.to("munmap", arguments -> {
                    assertThat(arguments[0]).isEqualTo(elsewhere[0]);
                    assertThat(arguments[1]).isEqualTo(3L * PAGE);
                    return 0;
                })) {
            ErrnoException failure = catchThrowableOfType(
                    ErrnoException.class,
                    () -> MappedMemory.builder().at(address).open(file));
            assertThat(failure.errno()).isEqualTo(Errno.EEXIST);
            assertThat(old.remaining()).isZero();
            assertThat(unmap.remaining()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 0x7000_0000_0001L, 0x7000_0000_0800L, -1, 0, 0x1000, 0xF000, Long.MIN_VALUE})
    void thatIsNoPagesOrTooLowOrTheKernelsIsRefused(long address) throws IOException {
        MappedMemoryBuilder builder = MappedMemory.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.at(address))
                .withMessageContaining("0x" + Long.toHexString(address));
        try (MappedMemory memory = MappedMemory.open(file)) {
            MemorySegment segment = memory.segment();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> memory.moveTo(address))
                    .withMessageContaining("0x" + Long.toHexString(address));
            assertThat(segment.get(JAVA_INT, 0))
                    .as("a wrong argument retires nothing")
                    .isZero();
        }
    }

    @Test
    void beyondWhatAProcessHasIsTheKernelsNumber() throws IOException {
        long address = Long.MAX_VALUE / PAGE * PAGE;
        ErrnoException failure = catchThrowableOfType(
                ErrnoException.class, () -> MappedMemory.builder().at(address).open(file));
        assertThat(failure.errno()).isIn(Errno.ENOMEM, Errno.EINVAL);
        try (MappedMemory memory = MappedMemory.open(file)) {
            ErrnoException moving = catchThrowableOfType(ErrnoException.class, () -> memory.moveTo(address));
            assertThat(moving.errno()).isIn(Errno.ENOMEM, Errno.EINVAL);
            assertThat(memory.segment().get(JAVA_INT, 0)).isZero();
        }
    }

    // Moving.

    @Test
    void movingKeepsWhatIsInItAndRetiresTheOldSegment() throws IOException {
        long address = AddressSpace.free();
        try (MappedMemory memory = MappedMemory.anonymous(3L * PAGE)) {
            MemorySegment old = memory.segment();
            old.set(JAVA_INT, PAGE, 4711);
            memory.moveTo(address);
            assertThat(memory.segment().address()).isEqualTo(address);
            assertThat(memory.segment().get(JAVA_INT, PAGE)).isEqualTo(4711);
            assertThatIllegalStateException().isThrownBy(() -> old.get(JAVA_INT, PAGE));
            assertThat(AddressSpace.at(address).byteSize()).isEqualTo(3L * PAGE);
            memory.segment().set(JAVA_INT, 0, 815);
        }
        assertThat(AddressSpace.isMapped(address)).isFalse();
    }

    @Test
    void movingAPartOfAFileKeepsThePart() throws IOException {
        long address = AddressSpace.free();
        try (MappedMemory memory =
                MappedMemory.builder().offset(PAGE + 12).byteSize(8).open(file)) {
            memory.segment().set(JAVA_INT, 0, 4711);
            memory.moveTo(address);
            assertThat(memory.segment().address()).isEqualTo(address + 12);
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            assertThat(memory.byteSize()).isEqualTo(8);
            assertThat(AddressSpace.of(file)).hasSize(1);
        }
        assertThat(Files.readAllBytes(file)[PAGE + 12]).isEqualTo((byte) 4711);
    }

    @Test
    void movingToWhereSomethingIsIsRefusedAndLeavesANewSegment() throws IOException {
        try (MappedMemory there = MappedMemory.builder().at(AddressSpace.free()).anonymous(3L * PAGE);
                MappedMemory memory = MappedMemory.open(file)) {
            there.segment().set(JAVA_INT, 0, 815);
            memory.segment().set(JAVA_INT, 0, 4711);
            MemorySegment old = memory.segment();
            long[] occupied = {
                there.segment().address(),
                there.segment().address() + 2L * PAGE,
                there.segment().address() - 2L * PAGE,
                old.address(), // itself
                old.address() + PAGE
            };
            for (long address : occupied) {
                ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.moveTo(address));
                assertThat(failure.errno()).isEqualTo(Errno.EEXIST);
                assertThat(failure)
                        .hasMessageContaining("moving to 0x" + Long.toHexString(address))
                        .hasMessageContaining("something is at that address");
            }
            assertThatIllegalStateException().isThrownBy(() -> old.get(JAVA_INT, 0));
            assertThat(memory.segment().address()).isEqualTo(old.address());
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            assertThat(there.segment().get(JAVA_INT, 0)).isEqualTo(815);
        }
    }

    @Test
    void aMoveTheKernelRefusesLeavesNothingAtTheAddress() throws IOException {
        long address = AddressSpace.free();
        try (MappedMemory memory = MappedMemory.open(file)) {
            try (ScriptedAnswers script = ScriptedAnswers.to("mremap", Answers.refusing(Errno.ENOMEM))) {
                ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.moveTo(address));
                assertThat(failure.errno()).isEqualTo(Errno.ENOMEM);
                assertThat(script.remaining()).isZero();
            }
            assertThat(AddressSpace.isMapped(address)).isFalse();
            memory.moveTo(address);
            assertThat(memory.segment().address()).isEqualTo(address);
        }
    }

    @Test
    void memoryThatMayNotBeTouchedMovesToo() throws IOException {
        long address = AddressSpace.free();
        try (MappedMemory memory = MappedMemory.builder().access(Access.NONE).anonymous(PAGE)) {
            memory.moveTo(address);
            assertThat(AddressSpace.at(address).permissions()).isEqualTo("---p");
            memory.protect(Access.READ_WRITE);
            assertThat(memory.segment().address()).isEqualTo(address);
        }
    }
}
