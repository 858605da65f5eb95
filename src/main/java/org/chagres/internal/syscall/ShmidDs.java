package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import org.chagres.internal.generated.shmid_ds;

/** {@code struct shmid_ds} in native memory: what {@code IPC_STAT} fills and {@code IPC_SET} reads. */
public record ShmidDs(MemorySegment segment) {

    public static ShmidDs allocate(SegmentAllocator allocator) {
        Linkage.require();
        return new ShmidDs(shmid_ds.allocate(allocator));
    }

    public IpcPerm perm() {
        return new IpcPerm(shmid_ds.shm_perm(segment));
    }

    public long segsz() {
        return shmid_ds.shm_segsz(segment);
    }

    public long atime() {
        return shmid_ds.shm_atime(segment);
    }

    public long dtime() {
        return shmid_ds.shm_dtime(segment);
    }

    public long ctime() {
        return shmid_ds.shm_ctime(segment);
    }

    public int cpid() {
        return shmid_ds.shm_cpid(segment);
    }

    public int lpid() {
        return shmid_ds.shm_lpid(segment);
    }

    public long nattch() {
        return shmid_ds.shm_nattch(segment);
    }
}
