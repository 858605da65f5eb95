package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LeakCheck.class)
class MappedMemoryOddCasesTest {
    private static final int PAGE = PageSize.bytes();

    @Test
    void splitAtTheEndIsRefused() throws IOException {
        try (MappedMemory memory = MappedMemory.anonymous(2L * PAGE)) {
            MemorySegment segment = memory.segment();
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> memory.split(2L * PAGE));
            assertThat(segment.get(JAVA_INT, 0)).as("nothing is retired").isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void eachKindSeesWhichPagesAreThere(ThreadKind kind) throws Exception {
        try (MappedMemory memory = MappedMemory.builder().populate().anonymous(2L * PAGE)) {
            FutureTask<BitSet> pages = kind.start(memory::residentPages);
            assertThat(pages.get()).hasToString("{0, 1}");
        }
    }

    @Test
    void anEmptyCopyOfAClosedMappingIsRefusedOnTheHeapToo() throws IOException {
        MappedMemory memory = MappedMemory.anonymous(PAGE);
        memory.close();
        MemorySegment nothing = MemorySegment.ofArray(new byte[0]);
        assertThatIllegalStateException().isThrownBy(() -> memory.get(0, nothing));
        assertThatIllegalStateException().isThrownBy(() -> memory.put(0, nothing));
    }

    /**
     * Of huge pages the kernel tells a byte for each small page in them. By a script, with other memory in their place:
     * the kernel would write behind the library's table.
     */
    @Test
    void ofManyHugePagesNoMoreIsAskedForAtATimeThanThereIsRoomFor() throws IOException {
        long huge = 2 << 20;
        long byteSize = 200 * huge;
        int room = 64 << 10;
        List<Long> asked = new ArrayList<>();
        ScriptedAnswers.Answer noting = arguments -> {
            asked.add(arguments[1] / PAGE);
            return 0;
        };
        try (MappedMemory stands = MappedMemory.builder().noReserve().anonymous(byteSize);
                ScriptedAnswers unmap = ScriptedAnswers.to("munmap", arguments -> 0); // closed after the next two
                ScriptedAnswers map =
                        ScriptedAnswers.to("mmap", arguments -> stands.segment().address());
                MappedMemory memory = MappedMemory.builder().hugePages(huge).anonymous(byteSize)) {
            assertThat(map.remaining()).isZero();
            assertThat(unmap.remaining()).isOne();
            try (ScriptedAnswers look = ScriptedAnswers.to("mincore", noting, noting, noting, noting)) {
                memory.residentPages();
                assertThat(look.remaining()).isLessThan(4);
            }
            assertThat(asked).isNotEmpty().allSatisfy(pages -> assertThat(pages).isLessThanOrEqualTo(room));
            assertThat(asked.stream().mapToLong(pages -> pages).sum()).isEqualTo(byteSize / PAGE);
        }
    }
}
