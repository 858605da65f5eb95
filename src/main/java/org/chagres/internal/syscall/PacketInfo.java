package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** {@code struct in_pktinfo} or {@code struct in6_pktinfo} in native memory: which way a datagram came, or goes. */
public record PacketInfo(MemorySegment segment, boolean isV6) {
    public static final int BYTE_SIZE = Linkage.POSSIBLE ? Linux.IN_PKTINFO_BYTE_SIZE() : 0;
    public static final int BYTE_SIZE_V6 = Linkage.POSSIBLE ? Linux.IN6_PKTINFO_BYTE_SIZE() : 0;

    private static final int ADDRESS_BYTE_SIZE = 4;
    private static final int ADDRESS_BYTE_SIZE_V6 = 16;

    /** The number of the interface. */
    public int interfaceIndex() {
        return segment.get(ValueLayout.JAVA_INT, interfaceOffset());
    }

    public void setInterfaceIndex(int index) {
        segment.set(ValueLayout.JAVA_INT, interfaceOffset(), index);
    }

    /** The address that a datagram was sent to. */
    public byte[] destination() {
        return isV6
                ? segment.asSlice(Linux.IN6_PKTINFO_IPI6_ADDR_OFFSET(), ADDRESS_BYTE_SIZE_V6)
                        .toArray(ValueLayout.JAVA_BYTE)
                : segment.asSlice(Linux.IN_PKTINFO_IPI_ADDR_OFFSET(), ADDRESS_BYTE_SIZE)
                        .toArray(ValueLayout.JAVA_BYTE);
    }

    /** The address that a datagram is to come from. */
    public void setSource(byte[] address) {
        long at = isV6 ? Linux.IN6_PKTINFO_IPI6_ADDR_OFFSET() : Linux.IN_PKTINFO_IPI_SPEC_DST_OFFSET();
        MemorySegment.copy(address, 0, segment, ValueLayout.JAVA_BYTE, at, address.length);
    }

    private long interfaceOffset() {
        return isV6 ? Linux.IN6_PKTINFO_IPI6_IFINDEX_OFFSET() : Linux.IN_PKTINFO_IPI_IFINDEX_OFFSET();
    }
}
