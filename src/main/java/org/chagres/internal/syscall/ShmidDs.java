package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import org.chagres.internal.generated.ipc_perm;
import org.chagres.internal.generated.shmid_ds;

/** {@code struct shmid_ds} in native memory: what {@code IPC_STAT} fills and {@code IPC_SET} reads. */
public record ShmidDs(MemorySegment segment) {

    public static ShmidDs allocate(SegmentAllocator allocator) {
        Linkage.require();
        return new ShmidDs(shmid_ds.allocate(allocator));
    }

    public int key() {
        return ipc_perm.__key(perm());
    }

    public long uid() {
        return Integer.toUnsignedLong(ipc_perm.uid(perm()));
    }

    public long gid() {
        return Integer.toUnsignedLong(ipc_perm.gid(perm()));
    }

    public long cuid() {
        return Integer.toUnsignedLong(ipc_perm.cuid(perm()));
    }

    public long cgid() {
        return Integer.toUnsignedLong(ipc_perm.cgid(perm()));
    }

    public int mode() {
        return ipc_perm.mode(perm());
    }

    public int seq() {
        return Short.toUnsignedInt(ipc_perm.__seq(perm()));
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

    public void setOwner(int uid, int gid) {
        ipc_perm.uid(perm(), uid);
        ipc_perm.gid(perm(), gid);
    }

    public void setMode(int mode) {
        ipc_perm.mode(perm(), mode);
    }

    private MemorySegment perm() {
        return shmid_ds.shm_perm(segment);
    }
}
