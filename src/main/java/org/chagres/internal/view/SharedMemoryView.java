package org.chagres.internal.view;

import static org.chagres.internal.view.SystemV.*;

import java.time.Instant;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.syscall.ShmidDs;
import org.chagres.memory.SharedMemoryStatus;

/** Reads the kernel's structs of shared memory into records. */
public final class SharedMemoryView {
    private SharedMemoryView() {}

    public static SharedMemoryStatus status(int id, ShmidDs raw) {
        int mode = raw.perm().mode();
        return new SharedMemoryStatus(
                id,
                new IpcKey(raw.perm().key()),
                permissions(raw.perm()),
                raw.segsz(),
                raw.nattch(),
                raw.cpid(),
                raw.lpid(),
                unlessZero(raw.atime()),
                unlessZero(raw.dtime()),
                Instant.ofEpochSecond(raw.ctime()),
                SharedMemoryObject.isMarkedForRemoval(mode),
                SharedMemoryObject.isLocked(mode));
    }
}
