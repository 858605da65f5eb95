package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** The answer to {@code SO_MEMINFO} in native memory: unsigned numbers in a row. */
public record SkMeminfo(MemorySegment segment) {
    public static final int BYTE_SIZE = Linkage.POSSIBLE ? Linux.SK_MEMINFO_VARS() * Integer.BYTES : 0;

    public long receiveAllocated() {
        return number(Linux.SK_MEMINFO_RMEM_ALLOC());
    }

    public long receiveBuffer() {
        return number(Linux.SK_MEMINFO_RCVBUF());
    }

    public long sendAllocated() {
        return number(Linux.SK_MEMINFO_WMEM_ALLOC());
    }

    public long sendBuffer() {
        return number(Linux.SK_MEMINFO_SNDBUF());
    }

    public long forwardAllocated() {
        return number(Linux.SK_MEMINFO_FWD_ALLOC());
    }

    public long sendQueued() {
        return number(Linux.SK_MEMINFO_WMEM_QUEUED());
    }

    public long options() {
        return number(Linux.SK_MEMINFO_OPTMEM());
    }

    public long backlog() {
        return number(Linux.SK_MEMINFO_BACKLOG());
    }

    public long drops() {
        return number(Linux.SK_MEMINFO_DROPS());
    }

    private long number(int index) {
        return Integer.toUnsignedLong(segment.getAtIndex(ValueLayout.JAVA_INT, index));
    }
}
