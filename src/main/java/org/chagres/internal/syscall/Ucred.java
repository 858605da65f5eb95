package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** {@code struct ucred} in native memory: a process, its user and its group. */
public record Ucred(MemorySegment segment) {
    public static final int BYTE_SIZE = Linkage.POSSIBLE ? Linux.UCRED_BYTE_SIZE() : 0;

    public int pid() {
        return segment.get(ValueLayout.JAVA_INT, Linux.UCRED_PID_OFFSET());
    }

    public long uid() {
        return Integer.toUnsignedLong(segment.get(ValueLayout.JAVA_INT, Linux.UCRED_UID_OFFSET()));
    }

    public long gid() {
        return Integer.toUnsignedLong(segment.get(ValueLayout.JAVA_INT, Linux.UCRED_GID_OFFSET()));
    }

    public void set(int pid, int uid, int gid) {
        segment.set(ValueLayout.JAVA_INT, Linux.UCRED_PID_OFFSET(), pid);
        segment.set(ValueLayout.JAVA_INT, Linux.UCRED_UID_OFFSET(), uid);
        segment.set(ValueLayout.JAVA_INT, Linux.UCRED_GID_OFFSET(), gid);
    }
}
