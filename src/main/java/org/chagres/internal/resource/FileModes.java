package org.chagres.internal.resource;

import static java.util.Objects.requireNonNull;

import java.nio.file.attribute.PosixFilePermission;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** The nine permission bits of a mode word. */
public final class FileModes {
    private static final PosixFilePermission[] ALL = PosixFilePermission.values();

    private FileModes() {}

    public static int toMode(Set<PosixFilePermission> permissions) {
        int mode = 0;
        for (PosixFilePermission permission : requireNonNull(permissions, "permissions")) {
            mode |= bit(permission);
        }
        return mode;
    }

    /** The permissions of a mode word, whatever else is in it. */
    public static Set<PosixFilePermission> toPermissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (PosixFilePermission permission : ALL) {
            if ((mode & bit(permission)) != 0) {
                permissions.add(permission);
            }
        }
        return Collections.unmodifiableSet(permissions);
    }

    private static int bit(PosixFilePermission permission) {
        return switch (permission) {
            case OWNER_READ -> 0400;
            case OWNER_WRITE -> 0200;
            case OWNER_EXECUTE -> 0100;
            case GROUP_READ -> 0040;
            case GROUP_WRITE -> 0020;
            case GROUP_EXECUTE -> 0010;
            case OTHERS_READ -> 0004;
            case OTHERS_WRITE -> 0002;
            case OTHERS_EXECUTE -> 0001;
        };
    }
}
