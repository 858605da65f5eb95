package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** {@code struct timespec} in native memory. */
public record Timespec(MemorySegment segment) {
    public static final int BYTE_SIZE = Linkage.POSSIBLE ? Linux.TIMESPEC_BYTE_SIZE() : 0;

    public long seconds() {
        return segment.get(ValueLayout.JAVA_LONG, Linux.TIMESPEC_TV_SEC_OFFSET());
    }

    public long nanos() {
        return segment.get(ValueLayout.JAVA_LONG, Linux.TIMESPEC_TV_NSEC_OFFSET());
    }
}
