package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class SharedMemoryAlignmentTest {

    @Test
    void isRequiredOfAtomicAccess() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory attached = SharedMemory.open(segment.id())) {
            MemorySegment memory = attached.segment();
            List<ThrowingCallable> misaligned = List.of(
                    () -> JAVA_LONG.varHandle().getAndAdd(memory, 4L, 1L),
                    () -> JAVA_LONG.varHandle().compareAndSet(memory, 1L, 0L, 1L),
                    () -> JAVA_LONG.varHandle().getAcquire(memory, 2L),
                    () -> JAVA_LONG.varHandle().setRelease(memory, 12L, 1L),
                    () -> JAVA_INT.varHandle().getAndAdd(memory, 2L, 1),
                    () -> JAVA_INT.varHandle().setVolatile(memory, 1L, 1));
            for (ThrowingCallable access : misaligned) {
                assertThatIllegalArgumentException().isThrownBy(access);
            }
            assertThat(memory.mismatch(MemorySegment.ofArray(new byte[4096]))).isEqualTo(-1);
        }
    }

    @Test
    void isAsTheSegmentBeginsOnAPageAMatterOfTheOffset() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            for (long offset = 0; offset + 8 <= 4096; offset += 8) {
                JAVA_LONG.varHandle().getAndAdd(memory.segment(), offset, offset);
            }
            assertThat((long) JAVA_LONG.varHandle().getAcquire(memory.segment(), 4088L))
                    .isEqualTo(4088);
        }
    }

    @Test
    void isNotRequiredOfPlainAccessInUnalignedLayouts() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory memory = SharedMemory.open(segment.id());
                SharedMemory other = SharedMemory.open(segment.id())) {
            memory.segment().set(JAVA_INT_UNALIGNED, 1, 0x12345678);
            memory.segment().set(JAVA_LONG_UNALIGNED, 4085, -2);
            assertThat(other.segment().get(JAVA_INT_UNALIGNED, 1)).isEqualTo(0x12345678);
            assertThat(other.segment().get(JAVA_LONG_UNALIGNED, 4085)).isEqualTo(-2);
        }
    }
}
