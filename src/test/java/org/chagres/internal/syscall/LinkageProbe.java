package org.chagres.internal.syscall;

import java.lang.foreign.Arena;
import java.util.concurrent.Callable;

/**
 * Started by {@link LinkageTest} in a JVM that cannot link: tells how each way into L2 fails, and that it fails again
 * so.
 */
final class LinkageProbe {
    private LinkageProbe() {}

    public static void main(String[] arguments) {
        NativeFunction function = NativeFunction.named("getpid");
        System.out.println("linked");
        for (int i = 0; i < 2; i++) {
            tell("call", () -> function.callInt(0, 0, 0));
            tell("flag", () -> SharedMemoryCalls.IPC_CREAT);
            tell("shmget", () -> SharedMemoryCalls.shmget(0x5eed_0002, 0, 0));
            tell("shmctlByteSize", () -> SharedMemoryCalls.shmctlByteSize(-1));
            tell("struct", () -> {
                try (Arena arena = Arena.ofConfined()) {
                    return ShmidDs.allocate(arena);
                }
            });
        }
    }

    private static void tell(String what, Callable<?> step) {
        try {
            step.call();
            System.out.println(what + ": fine");
        } catch (Throwable failure) {
            System.out.println(what + ": " + failure);
        }
    }
}
