package org.chagres.internal.resource;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Leaves the user of a process no thread more ({@code RLIMIT_NPROC}), which root would not feel; and takes that back.
 */
final class ThreadLimit {
    private static final int RLIMIT_NPROC = 6;

    private ThreadLimit() {}

    /** Answers whether no thread can be had now. */
    static boolean forbid() throws Throwable {
        limit(1);
        try {
            Thread.ofPlatform().start(() -> {}).join();
            return false;
        } catch (OutOfMemoryError noThread) {
            return true;
        }
    }

    static void allow() throws Throwable {
        limit(Long.MAX_VALUE);
    }

    private static void limit(long soft) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment limits = arena.allocate(2 * Long.BYTES, Long.BYTES);
            call("getrlimit", limits);
            long hard = limits.getAtIndex(ValueLayout.JAVA_LONG, 1);
            // The greatest of all is -1.
            limits.set(ValueLayout.JAVA_LONG, 0, Long.compareUnsigned(soft, hard) < 0 ? soft : hard);
            call("setrlimit", limits);
        }
    }

    private static void call(String function, MemorySegment limits) throws Throwable {
        Linker linker = Linker.nativeLinker();
        int answer = (int) linker.downcallHandle(
                        linker.defaultLookup().find(function).orElseThrow(),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS))
                .invokeExact(RLIMIT_NPROC, limits);
        if (answer != 0) {
            throw new IllegalStateException(function + " answered " + answer);
        }
    }
}
