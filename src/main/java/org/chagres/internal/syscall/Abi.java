package org.chagres.internal.syscall;

import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.Optional;

/**
 * What the library may take for granted of the machine, and where machines differ.
 *
 * <p>One generated set of structs and constants (glibc, x86-64) serves glibc and musl on x86-64 and aarch64. Of what is in
 * use today nothing differs but one field: musl declares {@code ipc_perm}'s sequence number as an {@code int}, glibc as a
 * {@code short} with padding behind. The kernel writes a short either way, so the short is read everywhere. The tables
 * in {@code jextract/abi} say so, and {@code LayoutTest} compares.
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
}
