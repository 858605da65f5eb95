package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** {@code struct sock_extended_err} in native memory, and behind it the address of who reported the error. */
public record SockExtendedErr(MemorySegment segment) {
    public static final int BYTE_SIZE = Linkage.POSSIBLE ? Linux.SOCK_EXTENDED_ERR_BYTE_SIZE() : 0;

    public int errno() {
        return segment.get(ValueLayout.JAVA_INT, Linux.SOCK_EXTENDED_ERR_EE_ERRNO_OFFSET());
    }

    /** Who found it: 1 this machine, 2 ICMP, 3 ICMPv6. */
    public int origin() {
        return unsigned(Linux.SOCK_EXTENDED_ERR_EE_ORIGIN_OFFSET());
    }

    public int type() {
        return unsigned(Linux.SOCK_EXTENDED_ERR_EE_TYPE_OFFSET());
    }

    public int code() {
        return unsigned(Linux.SOCK_EXTENDED_ERR_EE_CODE_OFFSET());
    }

    /** Of {@code EMSGSIZE}: how many bytes get through. */
    public int info() {
        return segment.get(ValueLayout.JAVA_INT, Linux.SOCK_EXTENDED_ERR_EE_INFO_OFFSET());
    }

    /** The address of who reported it; of family 0 if it is not known. */
    public MemorySegment offender() {
        return segment.asSlice(BYTE_SIZE);
    }

    private int unsigned(long offset) {
        return Byte.toUnsignedInt(segment.get(ValueLayout.JAVA_BYTE, offset));
    }
}
