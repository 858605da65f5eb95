package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** {@code struct timeval} in native memory. */
public record Timeval(MemorySegment segment) {
    public static final int BYTE_SIZE = Linkage.POSSIBLE ? Linux.TIMEVAL_BYTE_SIZE() : 0;

    public long seconds() {
        return segment.get(ValueLayout.JAVA_LONG, Linux.TIMEVAL_TV_SEC_OFFSET());
    }

    public long microseconds() {
        return segment.get(ValueLayout.JAVA_LONG, Linux.TIMEVAL_TV_USEC_OFFSET());
    }

    public void set(long seconds, long microseconds) {
        segment.set(ValueLayout.JAVA_LONG, Linux.TIMEVAL_TV_SEC_OFFSET(), seconds);
        segment.set(ValueLayout.JAVA_LONG, Linux.TIMEVAL_TV_USEC_OFFSET(), microseconds);
    }
}
