package org.chagres.internal.view;

import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.chagres.IpcPermissions;
import org.chagres.internal.resource.FileModes;
import org.chagres.internal.syscall.IpcPerm;
import org.chagres.internal.syscall.ProcessCalls;

/** What segments and semaphore sets have in common. */
public final class SystemV {
    /** The default of what is created. */
    public static final Set<PosixFilePermission> OWNER_ONLY =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private static final Set<PosixFilePermission> EXECUTE = Set.of(
            PosixFilePermission.OWNER_EXECUTE, PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.OTHERS_EXECUTE);

    private SystemV() {}

    static IpcPermissions permissions(IpcPerm raw) {
        return new IpcPermissions(
                raw.uid(), raw.gid(), raw.cuid(), raw.cgid(), FileModes.toPermissions(raw.mode()), raw.seq());
    }

    static Optional<Instant> unlessZero(long seconds) {
        return seconds == 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
    }

    /** For a refusal: who asks. */
    public static String caller() {
        return "this process has effective uid " + ProcessCalls.geteuid();
    }

    /** For a refusal: who asks, and who would be allowed. */
    public static String callerAndOwner(String noun, IpcPerm owner) {
        return caller() + ", the " + noun + " has owner " + owner.uid() + ", creator " + owner.cuid() + " and mode "
                + Integer.toOctalString(owner.mode() & 0777);
    }

    /** Checks permissions as a caller gave them. */
    public static void checkPermissions(Set<PosixFilePermission> permissions) {
        Objects.requireNonNull(permissions, "permissions");
        for (PosixFilePermission permission : permissions) {
            if (EXECUTE.contains(Objects.requireNonNull(permission, "permission"))) {
                throw new IllegalArgumentException(permission
                        + " means nothing here: the library offers no executable memory, and semaphores have no such"
                        + " permission; give read and write only");
            }
        }
    }

    /** Checks a user or group number as a caller gave it. */
    public static int checkedUserNumber(String name, long number) {
        if (number < 0 || number > 0xFFFF_FFFEL) { // 0xFFFFFFFF means "none" to the kernel
            throw new IllegalArgumentException(name + " must be 0 to 4294967294, not " + number);
        }
        return (int) number;
    }
}
