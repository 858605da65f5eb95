package org.chagres.inspect;

import static java.util.Objects.requireNonNull;

import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.Set;

/**
 * A POSIX shared memory object, as {@link PosixSharedMemoryTable} found it.
 *
 * @param name its name, without a slash
 * @param byteSize its size in bytes
 * @param uid the number of the user it belongs to
 * @param gid the number of the group it belongs to
 * @param permissions who may open it
 * @param lastModified when it was last written to by {@code write(2)}, or its size changed; writes through mappings may
 *     show late, or never
 */
public record PosixSharedMemoryStatus(
        String name, long byteSize, long uid, long gid, Set<PosixFilePermission> permissions, Instant lastModified) {
    /** Copies the permissions. */
    public PosixSharedMemoryStatus {
        requireNonNull(name, "name");
        permissions = Set.copyOf(requireNonNull(permissions, "permissions"));
        requireNonNull(lastModified, "lastModified");
    }
}
