package org.chagres.memory;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;
import org.chagres.IpcKey;
import org.chagres.IpcPermissions;

/**
 * What the kernel knows of a System V shared memory segment at one moment ({@code struct shmid_ds}). Times are whole
 * seconds. Process numbers are 0 where there was no such process yet, or this process's PID namespace does not show it.
 *
 * @param id the identifier: names the segment to every process of the IPC namespace
 * @param key its key; {@link IpcKey#PRIVATE} for one created private, and also <em>once it is marked for removal</em>:
 *     the key is free from then on
 * @param permissions owner, creator and permissions
 * @param byteSize the size its creator asked for; the kernel holds whole pages ({@link PageSize})
 * @param attachCount how many attachments there are now, of all processes
 * @param creatorPid the process that created it
 * @param lastPid the process that attached or detached last
 * @param lastAttached when it was last attached, if ever
 * @param lastDetached when it was last detached, if ever
 * @param lastChanged when it was created or its owner or permissions were last changed
 * @param markedForRemoval whether it was removed while attached: it goes with the last attachment
 * @param locked whether it is locked in memory
 * @see <a href="https://man7.org/linux/man-pages/man2/shmctl.2.html">shmctl(2)</a>
 */
public record SharedMemoryStatus(
        int id,
        IpcKey key,
        IpcPermissions permissions,
        long byteSize,
        long attachCount,
        int creatorPid,
        int lastPid,
        Optional<Instant> lastAttached,
        Optional<Instant> lastDetached,
        Instant lastChanged,
        boolean markedForRemoval,
        boolean locked) {
    /** Refuses nulls. */
    public SharedMemoryStatus {
        requireNonNull(key, "key");
        requireNonNull(permissions, "permissions");
        requireNonNull(lastAttached, "lastAttached");
        requireNonNull(lastDetached, "lastDetached");
        requireNonNull(lastChanged, "lastChanged");
    }
}
