package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** {@code struct semid_ds} in native memory: what {@code IPC_STAT} fills and {@code IPC_SET} reads. */
public record SemidDs(MemorySegment segment) {

    public static SemidDs allocate(SegmentAllocator allocator) {
        Linkage.require();
        return new SemidDs(allocator.allocate(Linux.SEMID_DS_BYTE_SIZE(), Long.BYTES)); // aarch64 uses less of it
    }

    public IpcPerm perm() {
        return new IpcPerm(segment);
    }

    public long otime() {
        return segment.get(ValueLayout.JAVA_LONG, Linux.SEMID_DS_SEM_OTIME_OFFSET());
    }

    public long ctime() {
        return segment.get(ValueLayout.JAVA_LONG, Abi.Numbers.SEMID_DS_SEM_CTIME_OFFSET);
    }

    public long nsems() {
        return segment.get(ValueLayout.JAVA_LONG, Abi.Numbers.SEMID_DS_SEM_NSEMS_OFFSET);
    }
}
