package org.chagres;

import static java.util.Objects.requireNonNull;

import java.nio.file.attribute.PosixFilePermission;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * Who owns a System V object and who may use it ({@code struct ipc_perm}). User and group numbers are unsigned 32-bit
 * numbers, hence {@code long}, as this process's user namespace shows them.
 *
 * @param ownerUid the owner, who with the creator and a privileged process may change or remove the object
 * @param ownerGid the owner's group
 * @param creatorUid the effective user that created it; never changes
 * @param creatorGid the effective group that created it; never changes
 * @param permissions what owner, group and others may do: read (attach to read, look at the status) and write (attach
 *     to write); execute bits may be there if a C program set them; the library does not use them
 * @param sequence the kernel's count of how often the object's place in its table was used; it is part of the
 *     identifier
 * @see <a href="https://man7.org/linux/man-pages/man7/sysvipc.7.html">sysvipc(7)</a>
 */
public record IpcPermissions(
        long ownerUid,
        long ownerGid,
        long creatorUid,
        long creatorGid,
        Set<PosixFilePermission> permissions,
        int sequence) {

    /** Keeps its own copy of the permissions, in the order of their declaration. */
    public IpcPermissions {
        permissions = requireNonNull(permissions, "permissions").isEmpty()
                ? Set.of()
                : Collections.unmodifiableSet(EnumSet.copyOf(permissions));
    }
}
