package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** {@code struct servent}: a service, as the C library found it. */
public record Servent(MemorySegment segment) {
    public static MemorySegment allocate(SegmentAllocator allocator) {
        Linkage.require();
        return allocator.allocate(Linux.SERVENT_BYTE_SIZE(), Long.BYTES);
    }

    /** A port as {@code getservbyport_r} takes it: in network byte order in the lower half of an {@code int}. */
    public static int inNetworkOrder(int port) {
        return Short.toUnsignedInt(Short.reverseBytes((short) port));
    }

    /** A pointer to text. */
    public MemorySegment name() {
        return segment.get(ValueLayout.ADDRESS, Linux.SERVENT_S_NAME_OFFSET());
    }

    /** A pointer to an array of pointers to text, with a null pointer at the end. */
    public MemorySegment aliases() {
        return segment.get(ValueLayout.ADDRESS, Linux.SERVENT_S_ALIASES_OFFSET());
    }

    /** The port, in the order of this CPU. */
    public int port() {
        return inNetworkOrder(segment.get(ValueLayout.JAVA_INT, Linux.SERVENT_S_PORT_OFFSET()));
    }

    /** A pointer to text. */
    public MemorySegment protocol() {
        return segment.get(ValueLayout.ADDRESS, Linux.SERVENT_S_PROTO_OFFSET());
    }
}
