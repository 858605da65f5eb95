package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** {@code struct hostent}: a host, as the C library found it. */
public record Hostent(MemorySegment segment) {
    public static MemorySegment allocate(SegmentAllocator allocator) {
        Linkage.require();
        return allocator.allocate(Linux.HOSTENT_BYTE_SIZE(), Long.BYTES);
    }

    /** A pointer to text. */
    public MemorySegment name() {
        return segment.get(ValueLayout.ADDRESS, Linux.HOSTENT_H_NAME_OFFSET());
    }

    /** A pointer to an array of pointers to text, with a null pointer at the end. */
    public MemorySegment aliases() {
        return segment.get(ValueLayout.ADDRESS, Linux.HOSTENT_H_ALIASES_OFFSET());
    }

    /** How many bytes each address has. */
    public int addressByteSize() {
        return segment.get(ValueLayout.JAVA_INT, Linux.HOSTENT_H_LENGTH_OFFSET());
    }

    /** A pointer to an array of pointers to addresses, with a null pointer at the end. */
    public MemorySegment addresses() {
        return segment.get(ValueLayout.ADDRESS, Linux.HOSTENT_H_ADDR_LIST_OFFSET());
    }
}
