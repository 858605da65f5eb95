package org.chagres.benchmarks;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * System calls by JNA's direct mapping, the fastest that JNA has: addresses as {@code long}, nothing checked but the
 * result.
 */
final class Jna {
    private static final boolean PRESENT = register();

    private Jna() {}

    /** Whether JNA is on the class path, where profile {@code bench} puts it. */
    static boolean isPresent() {
        return PRESENT;
    }

    static native int semop(int id, long operations, long count);

    static native long read(int descriptor, long buffer, long count);

    static native long write(int descriptor, long buffer, long count);

    static native long send(int descriptor, long buffer, long count, int flags);

    static native long recv(int descriptor, long buffer, long count, int flags);

    // By name: it is compiled without JNA.
    private static boolean register() {
        try {
            Class<?> jna = Class.forName("com.sun.jna.Native");
            MethodHandles.publicLookup()
                    .findStatic(jna, "register", MethodType.methodType(void.class, Class.class, String.class))
                    .invoke(Jna.class, "c");
            return true;
        } catch (ClassNotFoundException absent) {
            return false;
        } catch (Throwable failure) {
            throw new LinkageError("JNA cannot link libc", failure);
        }
    }
}
