package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class SharedMemoryAddressTest {
    private static final long PAGE = PageSize.bytes();

    /**
     * An address with nothing at it, for as long as this process maps nothing more. The kernel hands out addresses from
     * the top, so the JVM's next mapping would go elsewhere: this lies far below the one it has just given.
     */
    private static long freeAddress(TestSegment segment) throws IOException {
        try (SharedMemory memory = SharedMemory.open(segment.id())) {
            return memory.segment().address() - (1L << 36);
        }
    }

    @Test
    void whereTheKernelLikesIsTheDefault() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            assertThat(memory.segment().address()).isPositive();
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
        }
    }

    @Test
    void isExactlyTheOneAskedFor() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            long address = freeAddress(segment);
            try (SharedMemory memory = SharedMemory.builder().at(address).open(segment.id())) {
                assertThat(memory.segment().address()).isEqualTo(address);
                assertThat(Kernel.mappings()).anyMatch(line -> line.startsWith(Long.toHexString(address) + "-"));
            }
        }
    }

    @Test
    void ofACreatedSegmentMayBeChosenToo() throws IOException {
        try (TestSegment other = TestSegment.ofBytes(4096)) {
            long address = freeAddress(other);
            try (SharedMemory memory = SharedMemory.builder().at(address).create(IpcKey.PRIVATE, 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                assertThat(memory.segment().address()).as("%s", segment).isEqualTo(address);
            }
        }
    }

    @Test
    void inTheCallersArenaMayBeChosenToo() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                Arena arena = Arena.ofConfined()) {
            long address = freeAddress(segment);
            MemorySegment memory = SharedMemory.builder().at(address).attach(segment.id(), arena);
            assertThat(memory.address()).isEqualTo(address);
        }
    }

    @Test
    void ofAFirstAttachmentServesAgainOnceItIsDetached() throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(4096)) {
            SharedMemory first = SharedMemory.builder().at(freeAddress(segment)).open(segment.id());
            long address = first.segment().address();
            first.segment().set(JAVA_INT, 0, 4711);
            first.close();
            try (SharedMemory again = SharedMemory.builder().at(address).open(segment.key())) {
                assertThat(again.segment().address()).isEqualTo(address);
                assertThat(again.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }
    }

    @Test
    void twoOfOneSegmentShowTheSameMemory() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            long address = freeAddress(segment);
            try (SharedMemory one = SharedMemory.builder().at(address).open(segment.id());
                    SharedMemory other =
                            SharedMemory.builder().at(address + 16 * PAGE).open(segment.id())) {
                one.segment().set(JAVA_INT, 4, 4711);
                assertThat(other.segment().get(JAVA_INT, 4)).isEqualTo(4711);
                assertThat(other.segment().address() - one.segment().address()).isEqualTo(16 * PAGE);
            }
        }
    }

    @Test
    void roundedDownIsTheBeginningOfThePage() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            long address = freeAddress(segment);
            for (long offset : new long[] {0, 1, PAGE - 1}) {
                try (SharedMemory memory =
                        SharedMemory.builder().atRoundedDown(address + offset).open(segment.id())) {
                    assertThat(memory.segment().address()).isEqualTo(address);
                }
            }
        }
    }

    @Test
    void isRoundedByTheKernelOnlyIfThatWasAskedForLast() throws IOException {
        int roundDown = 020000; // SHM_RND
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            long address = freeAddress(segment);
            List<Long> flags = new ArrayList<>();
            ScriptedAnswers.Answer notingFlags = arguments -> {
                flags.add(arguments[2]);
                return ScriptedAnswers.ASK_THE_KERNEL;
            };
            try (ScriptedAnswers script = ScriptedAnswers.to("shmat", notingFlags, notingFlags)) {
                SharedMemoryBuilder builder = SharedMemory.builder();
                builder.atRoundedDown(address + 1)
                        .at(address)
                        .open(segment.id())
                        .close();
                builder.at(address)
                        .atRoundedDown(address + 1)
                        .open(segment.id())
                        .close();
                assertThat(flags).containsExactly(0L, (long) roundDown);
                assertThat(script.remaining()).isZero();
            }
        }
    }

    @Test
    void thatIsOccupiedIsRefusedWithAHint() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory there = SharedMemory.open(segment.id())) {
            there.segment().set(JAVA_INT, 0, 4711);
            long address = there.segment().address();
            assertThatThrownBy(() -> SharedMemory.builder().at(address).open(segment.id()))
                    .isInstanceOfSatisfying(ErrnoException.class, failure -> {
                        assertThat(failure.errno()).isEqualTo(Errno.EINVAL);
                        assertThat(failure.call()).isEqualTo("shmat");
                        assertThat(failure)
                                .hasMessageContaining("id=" + segment.id())
                                .hasMessageContaining("at 0x" + Long.toHexString(address))
                                .hasMessageContaining("not free");
                    });
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            assertThat(there.segment().get(JAVA_INT, 0)).as("what was there").isEqualTo(4711);
        }
    }

    @Test
    void thatIsOccupiedByTheEndOfALargerSegmentIsRefusedToo() throws IOException {
        try (TestSegment small = TestSegment.ofBytes(PAGE);
                TestSegment large = TestSegment.ofBytes(4 * PAGE)) {
            long address = freeAddress(small);
            try (SharedMemory there = SharedMemory.builder().at(address).open(small.id())) {
                assertThatThrownBy(() ->
                                SharedMemory.builder().at(address - 3 * PAGE).open(large.id()))
                        .isInstanceOfSatisfying(
                                ErrnoException.class,
                                failure -> assertThat(failure.errno()).isEqualTo(Errno.EINVAL));
                assertThat(there.segment().get(JAVA_INT, 0)).isZero();
                assertThat(Kernel.attachCount(large.id())).isZero();
            }
        }
    }

    @Test
    void thatIsOccupiedLeavesNoNewSegmentBehind() throws IOException {
        IpcKey key = IpcKey.random();
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory there = SharedMemory.open(segment.id())) {
            SharedMemoryBuilder builder =
                    SharedMemory.builder().at(there.segment().address());
            assertThatThrownBy(() -> builder.create(key, 4096)).isInstanceOf(ErrnoException.class);
            assertThatThrownBy(() -> builder.openOrCreate(key, 4096)).isInstanceOf(ErrnoException.class);
            assertThat(Kernel.sharedMemory()).noneMatch(row -> row.get("key") == key.value());
        }
    }

    static LongStream unalignedAddresses() {
        return LongStream.of(0x7000_0000_0001L, 0x7000_0000_0000L + PAGE - 1, 0x7000_0000_0000L + PAGE / 2, -1);
    }

    @ParameterizedTest
    @MethodSource("unalignedAddresses")
    void thatIsNotAPagesIsRefused(long address) {
        SharedMemoryBuilder builder = SharedMemory.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.at(address))
                .withMessageContaining("0x" + Long.toHexString(address));
    }

    /** Page 0, were it mapped, would be what compiled code reads through a null reference. */
    @ParameterizedTest
    @ValueSource(longs = {0, 0x1000, 0xF000, Long.MIN_VALUE, 0xFFFF_8000_0000_0000L})
    void thatIsTooLowOrTheKernelsIsRefused(long address) {
        SharedMemoryBuilder builder = SharedMemory.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.at(address))
                .withMessageContaining("0x" + Long.toHexString(address));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.atRoundedDown(address))
                .withMessageContaining("0x" + Long.toHexString(address));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 0x100, 0xFFF, 0xFFFF, -1})
    void thatIsTooLowOnceRoundedIsRefused(long address) {
        SharedMemoryBuilder builder = SharedMemory.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.atRoundedDown(address))
                .withMessageContaining("0x" + Long.toHexString(address));
    }

    @Test
    void thatIsTheLowestIsTaken() {
        assertThatCode(() -> SharedMemory.builder().at(0x1_0000)).doesNotThrowAnyException();
        assertThatCode(() -> SharedMemory.builder().atRoundedDown(0x1_0001)).doesNotThrowAnyException();
    }

    @Test
    void thatWasRefusedDoesNotStayInTheBuilder() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            SharedMemoryBuilder builder = SharedMemory.builder();
            assertThatIllegalArgumentException().isThrownBy(() -> builder.atRoundedDown(0x100));
            try (SharedMemory memory = builder.open(segment.id())) {
                assertThat(memory.segment().address()).isGreaterThan(0x1_0000);
            }
        }
    }
}
