package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.chagres.internal.generated.Linux;

/**
 * {@code struct sockaddr_in6}: an address and a port of IPv6, both in network byte order, and the interface that a
 * link-local address belongs to.
 */
public record SockaddrIn6(MemorySegment segment) {
    public static final int BYTE_SIZE = Linkage.POSSIBLE ? Linux.SOCKADDR_IN6_BYTE_SIZE() : 0;

    /** The bytes of an address. */
    public static final int ADDRESS_BYTE_SIZE = 16;

    private static final ValueLayout.OfShort PORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    public static SockaddrIn6 allocate(SegmentAllocator allocator) {
        Linkage.require();
        return new SockaddrIn6(allocator.allocate(BYTE_SIZE, Long.BYTES).fill((byte) 0));
    }

    public int family() {
        return Short.toUnsignedInt(
                segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, Linux.SOCKADDR_IN6_SIN6_FAMILY_OFFSET()));
    }

    public void setFamily(int family) {
        segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, Linux.SOCKADDR_IN6_SIN6_FAMILY_OFFSET(), (short) family);
    }

    public int port() {
        return Short.toUnsignedInt(segment.get(PORT, Linux.SOCKADDR_IN6_SIN6_PORT_OFFSET()));
    }

    public void setPort(int port) {
        segment.set(PORT, Linux.SOCKADDR_IN6_SIN6_PORT_OFFSET(), (short) port);
    }

    public byte[] address() {
        return segment.asSlice(Linux.SOCKADDR_IN6_SIN6_ADDR_OFFSET(), ADDRESS_BYTE_SIZE)
                .toArray(ValueLayout.JAVA_BYTE);
    }

    public void setAddress(byte[] address) {
        MemorySegment.copy(
                address, 0, segment, ValueLayout.JAVA_BYTE, Linux.SOCKADDR_IN6_SIN6_ADDR_OFFSET(), ADDRESS_BYTE_SIZE);
    }

    /** The index of the interface; 0 for none. */
    public int scopeId() {
        return segment.get(ValueLayout.JAVA_INT_UNALIGNED, Linux.SOCKADDR_IN6_SIN6_SCOPE_ID_OFFSET());
    }

    public void setScopeId(int index) {
        segment.set(ValueLayout.JAVA_INT_UNALIGNED, Linux.SOCKADDR_IN6_SIN6_SCOPE_ID_OFFSET(), index);
    }
}
