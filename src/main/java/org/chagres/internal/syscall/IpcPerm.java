package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import org.chagres.internal.generated.ipc_perm;

/** {@code struct ipc_perm} at the head of the struct of each System V object: key, owner, creator, mode. */
public record IpcPerm(MemorySegment segment) {

    public int key() {
        return ipc_perm.__key(segment);
    }

    public long uid() {
        return Integer.toUnsignedLong(ipc_perm.uid(segment));
    }

    public long gid() {
        return Integer.toUnsignedLong(ipc_perm.gid(segment));
    }

    public long cuid() {
        return Integer.toUnsignedLong(ipc_perm.cuid(segment));
    }

    public long cgid() {
        return Integer.toUnsignedLong(ipc_perm.cgid(segment));
    }

    public int mode() {
        return ipc_perm.mode(segment);
    }

    public int seq() {
        return Short.toUnsignedInt(ipc_perm.__seq(segment));
    }

    public void setOwner(int uid, int gid) {
        ipc_perm.uid(segment, uid);
        ipc_perm.gid(segment, gid);
    }

    public void setMode(int mode) {
        ipc_perm.mode(segment, mode);
    }
}
