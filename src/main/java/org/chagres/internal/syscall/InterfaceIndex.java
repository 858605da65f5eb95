package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** The array of {@code struct if_nameindex} that C makes. */
public record InterfaceIndex(MemorySegment segment) {
    public static InterfaceIndex at(long address) {
        return new InterfaceIndex(MemorySegment.ofAddress(address).reinterpret(Long.MAX_VALUE));
    }

    /** The index of an entry; 0 behind the last one. */
    public int index(int entry) {
        return segment.get(ValueLayout.JAVA_INT, offset(entry) + Linux.IF_NAMEINDEX_IF_INDEX_OFFSET());
    }

    /** A pointer to the name of an entry. */
    public MemorySegment name(int entry) {
        return segment.get(ValueLayout.ADDRESS, offset(entry) + Linux.IF_NAMEINDEX_IF_NAME_OFFSET());
    }

    private static long offset(int entry) {
        return (long) entry * Linux.IF_NAMEINDEX_BYTE_SIZE();
    }
}
