package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** {@code struct linger} in native memory. */
public record Linger(MemorySegment segment) {
    public static final int BYTE_SIZE = Linkage.POSSIBLE ? Linux.LINGER_BYTE_SIZE() : 0;

    public boolean isOn() {
        return segment.get(ValueLayout.JAVA_INT, Linux.LINGER_L_ONOFF_OFFSET()) != 0;
    }

    public int seconds() {
        return segment.get(ValueLayout.JAVA_INT, Linux.LINGER_L_LINGER_OFFSET());
    }

    public void set(boolean on, int seconds) {
        segment.set(ValueLayout.JAVA_INT, Linux.LINGER_L_ONOFF_OFFSET(), on ? 1 : 0);
        segment.set(ValueLayout.JAVA_INT, Linux.LINGER_L_LINGER_OFFSET(), seconds);
    }
}
