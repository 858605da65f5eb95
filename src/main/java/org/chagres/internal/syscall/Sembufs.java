package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** An array of {@code struct sembuf} in native memory: operations done in one step. */
public record Sembufs(MemorySegment segment) {
    /** No operations. */
    public static final Sembufs NONE = new Sembufs(MemorySegment.NULL);

    public static Sembufs allocate(SegmentAllocator allocator, int count) {
        Linkage.require();
        return new Sembufs(allocator.allocate(count * (long) Linux.SEMBUF_BYTE_SIZE(), Short.BYTES));
    }

    /** How many there are. */
    public int count() {
        return (int) (segment.byteSize() / Linux.SEMBUF_BYTE_SIZE());
    }

    /** Puts one, packed by {@link SemaphoreCalls#sembuf}, into its place. */
    public void set(int index, long operation) {
        long at = index * (long) Linux.SEMBUF_BYTE_SIZE();
        for (int shift = 0; shift < Linux.SEMBUF_BYTE_SIZE() * Byte.SIZE; shift += Short.SIZE) {
            segment.set(ValueLayout.JAVA_SHORT, at + shift / Byte.SIZE, (short) (operation >>> shift));
        }
    }
}
