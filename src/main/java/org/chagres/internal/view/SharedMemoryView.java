package org.chagres.internal.view;

import java.time.Instant;
import java.util.Optional;
import org.chagres.IpcKey;
import org.chagres.IpcPermissions;
import org.chagres.internal.resource.FileModes;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.syscall.ShmidDs;
import org.chagres.memory.SharedMemoryStatus;

/** Reads the kernel's structs of shared memory into records. */
public final class SharedMemoryView {
    private SharedMemoryView() {}

    public static SharedMemoryStatus status(int id, ShmidDs raw) {
        int mode = raw.mode();
        return new SharedMemoryStatus(
                id,
                new IpcKey(raw.key()),
                new IpcPermissions(
                        raw.uid(), raw.gid(), raw.cuid(), raw.cgid(), FileModes.toPermissions(mode), raw.seq()),
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

    private static Optional<Instant> unlessZero(long seconds) {
        return seconds == 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
    }
}
