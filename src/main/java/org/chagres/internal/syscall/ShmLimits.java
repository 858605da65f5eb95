package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import org.chagres.internal.generated.shminfo;

/** {@code struct shminfo} in native memory: the limits, as {@code IPC_INFO} fills it. Numbers are unsigned. */
public record ShmLimits(MemorySegment segment) {

    public static ShmLimits allocate(SegmentAllocator allocator) {
        Linkage.require();
        return new ShmLimits(shminfo.allocate(allocator));
    }

    public long shmmax() {
        return shminfo.shmmax(segment);
    }

    public long shmmin() {
        return shminfo.shmmin(segment);
    }

    public long shmmni() {
        return shminfo.shmmni(segment);
    }

    public long shmall() {
        return shminfo.shmall(segment);
    }
}
