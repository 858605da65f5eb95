package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** {@code struct protoent}: a protocol, as the C library found it. */
public record Protoent(MemorySegment segment) {
    public static MemorySegment allocate(SegmentAllocator allocator) {
        Linkage.require();
        return allocator.allocate(Linux.PROTOENT_BYTE_SIZE(), Long.BYTES);
    }

    /** A pointer to text. */
    public MemorySegment name() {
        return segment.get(ValueLayout.ADDRESS, Linux.PROTOENT_P_NAME_OFFSET());
    }

    /** A pointer to an array of pointers to text, with a null pointer at the end. */
    public MemorySegment aliases() {
        return segment.get(ValueLayout.ADDRESS, Linux.PROTOENT_P_ALIASES_OFFSET());
    }

    public int number() {
        return segment.get(ValueLayout.JAVA_INT, Linux.PROTOENT_P_PROTO_OFFSET());
    }
}
