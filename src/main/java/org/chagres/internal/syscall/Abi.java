package org.chagres.internal.syscall;

import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.Optional;
import org.chagres.internal.generated.Linux;

/**
 * What the library may take for granted of the machine, and where machines differ.
 *
 * <p>One generated set of structs and constants (glibc, x86-64) serves glibc and musl on x86-64 and aarch64. What is
 * elsewhere on aarch64 is a constant here, for the rest of L2 to use. Of the C libraries one field differs: musl
 * declares {@code ipc_perm}'s sequence number as an {@code int}, glibc as a {@code short} with padding behind; the
 * kernel writes a short either way, so the short is read everywhere. The tables in {@code jextract/abi} say so, and
 * {@code LayoutTest} compares.
 */
final class Abi {
    private Abi() {}

    /** Why this machine is not supported; empty where it is. */
    static Optional<String> unsupportedBecause() {
        return unsupportedBecause(
                System.getProperty("os.name", ""),
                System.getProperty("os.arch", ""),
                (int) ValueLayout.ADDRESS.byteSize() * Byte.SIZE);
    }

    static Optional<String> unsupportedBecause(String system, String cpu, int wordBits) {
        boolean known = switch (cpu.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64", "aarch64" -> true;
            default -> false;
        };
        if (system.equals("Linux") && known && wordBits == 64) {
            return Optional.empty();
        }
        return Optional.of("Chagres needs Linux on a 64-bit x86-64 or aarch64 CPU; this is " + system + " on " + cpu
                + " with " + wordBits + "-bit addresses");
    }

    /**
     * Numbers that differ between CPUs; a class of its own, as {@link Linux} must not be touched where it cannot be.
     */
    static final class Numbers {
        private static final boolean AARCH64 =
                System.getProperty("os.arch", "").toLowerCase(Locale.ROOT).equals("aarch64");

        static final int EPOLL_EVENT_BYTE_SIZE = AARCH64 ? 16 : Linux.EPOLL_EVENT_BYTE_SIZE();
        static final int EPOLL_EVENT_DATA_OFFSET = AARCH64 ? 8 : Linux.EPOLL_EVENT_DATA_OFFSET();
        static final int O_DIRECT = AARCH64 ? 65536 : Linux.O_DIRECT();
        static final int O_NOFOLLOW = AARCH64 ? 32768 : Linux.O_NOFOLLOW();
        static final int O_TMPFILE = AARCH64 ? 4210688 : Linux.O_TMPFILE();
        static final int SEMID_DS_SEM_CTIME_OFFSET = AARCH64 ? 56 : Linux.SEMID_DS_SEM_CTIME_OFFSET();
        static final int SEMID_DS_SEM_NSEMS_OFFSET = AARCH64 ? 64 : Linux.SEMID_DS_SEM_NSEMS_OFFSET();
        static final int STAT_ST_MODE_OFFSET = AARCH64 ? 16 : Linux.STAT_ST_MODE_OFFSET();
        static final int SYS_FSTAT = AARCH64 ? 80 : Linux.SYS_fstat();
        static final int SYS_GETTID = AARCH64 ? 178 : Linux.SYS_gettid();
        static final int SYS_TGKILL = AARCH64 ? 131 : Linux.SYS_tgkill();

        private Numbers() {}
    }
}
