package org.chagres.semaphore;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;
import org.chagres.IpcKey;
import org.chagres.IpcPermissions;

/**
 * What the kernel knows of a System V semaphore set at one moment ({@code struct semid_ds}). Times are whole seconds.
 *
 * @param id the identifier: names the set to every process of the IPC namespace
 * @param key its key; {@link IpcKey#PRIVATE} for one created private
 * @param permissions owner, creator and permissions
 * @param size how many semaphores it has
 * @param lastOperation when an operation was last done, if ever: setting values does not count
 * @param lastChanged when it was created, its owner or permissions were last changed, or values were last set
 * @see <a href="https://man7.org/linux/man-pages/man2/semctl.2.html">semctl(2)</a>
 */
public record SemaphoreSetStatus(
        int id,
        IpcKey key,
        IpcPermissions permissions,
        int size,
        Optional<Instant> lastOperation,
        Instant lastChanged) {
    /** Refuses nulls. */
    public SemaphoreSetStatus {
        requireNonNull(key, "key");
        requireNonNull(permissions, "permissions");
        requireNonNull(lastOperation, "lastOperation");
        requireNonNull(lastChanged, "lastChanged");
    }
}
