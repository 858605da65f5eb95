package org.chagres.internal.view;

import static org.chagres.internal.view.SystemV.*;

import java.time.Instant;
import org.chagres.IpcKey;
import org.chagres.internal.syscall.SemidDs;
import org.chagres.semaphore.SemaphoreSetStatus;

/** Reads the kernel's structs of semaphores into records. */
public final class SemaphoreView {
    private SemaphoreView() {}

    public static SemaphoreSetStatus status(int id, SemidDs raw) {
        return new SemaphoreSetStatus(
                id,
                new IpcKey(raw.perm().key()),
                permissions(raw.perm()),
                (int) raw.nsems(),
                unlessZero(raw.otime()),
                Instant.ofEpochSecond(raw.ctime()));
    }
}
