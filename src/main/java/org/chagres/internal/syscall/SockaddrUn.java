package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/**
 * {@code struct sockaddr_un} in native memory, with room behind it: the kernel tells of a path that fills the struct
 * that it is one byte longer, for the zero that it has no room for.
 */
public record SockaddrUn(MemorySegment segment) {
    /** Where the name begins. */
    public static final int NAME_OFFSET = Linkage.POSSIBLE ? Linux.SOCKADDR_UN_SUN_PATH_OFFSET() : 0;

    /** The longest name, in bytes. */
    public static final int LONGEST_NAME = Linkage.POSSIBLE ? Linux.SOCKADDR_UN_BYTE_SIZE() - NAME_OFFSET : 0;

    /** {@link #LONGEST_NAME}, or the exception that says why nothing can be called here. */
    public static int longestName() {
        Linkage.require();
        return LONGEST_NAME;
    }

    public static SockaddrUn allocate(SegmentAllocator allocator) {
        Linkage.require();
        MemorySegment segment = allocator.allocate(Linux.SOCKADDR_STORAGE_BYTE_SIZE(), Long.BYTES);
        return new SockaddrUn(segment.fill((byte) 0));
    }

    public int family() {
        return segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, Linux.SOCKADDR_UN_SUN_FAMILY_OFFSET());
    }

    public void setFamily(int family) {
        segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, Linux.SOCKADDR_UN_SUN_FAMILY_OFFSET(), (short) family);
    }
}
