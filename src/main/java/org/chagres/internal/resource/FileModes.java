package org.chagres.internal.resource;

import java.nio.file.attribute.PosixFilePermission;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** The nine permission bits of a mode word. The enum lists them from the owner's read to the others' execute. */
public final class FileModes {
    private static final PosixFilePermission[] BITS = PosixFilePermission.values();

    private FileModes() {}

    public static int toMode(Set<PosixFilePermission> permissions) {
        int mode = 0;
        for (PosixFilePermission permission : permissions) {
            mode |= bit(permission);
        }
        return mode;
    }

    /** The permissions of a mode word, whatever else is in it. */
    public static Set<PosixFilePermission> toPermissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (PosixFilePermission permission : BITS) {
            if ((mode & bit(permission)) != 0) {
                permissions.add(permission);
            }
        }
        return Collections.unmodifiableSet(permissions);
    }

    private static int bit(PosixFilePermission permission) {
        return 1 << (BITS.length - 1 - permission.ordinal());
    }
}
