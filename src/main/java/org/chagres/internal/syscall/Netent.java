package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** {@code struct netent}: a network, as the C library found it. */
public record Netent(MemorySegment segment) {
    public static MemorySegment allocate(SegmentAllocator allocator) {
        Linkage.require();
        return allocator.allocate(Linux.NETENT_BYTE_SIZE(), Long.BYTES);
    }

    /** A pointer to text. */
    public MemorySegment name() {
        return segment.get(ValueLayout.ADDRESS, Linux.NETENT_N_NAME_OFFSET());
    }

    /** A pointer to an array of pointers to text, with a null pointer at the end. */
    public MemorySegment aliases() {
        return segment.get(ValueLayout.ADDRESS, Linux.NETENT_N_ALIASES_OFFSET());
    }

    /** The number, unsigned, in the order of this CPU. */
    public int number() {
        return segment.get(ValueLayout.JAVA_INT, Linux.NETENT_N_NET_OFFSET());
    }
}
