package org.chagres.benchmarks;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** What {@code com.sun.management.ThreadMXBean} says was allocated on the Java heap; itself it allocates nothing. */
final class Allocation {
    private static final MethodHandle OF_THIS_THREAD = find("getCurrentThreadAllocatedBytes");
    private static final MethodHandle OF_ALL_THREADS = find("getTotalThreadAllocatedBytes");

    private Allocation() {}

    static long ofThisThread() {
        try {
            return (long) OF_THIS_THREAD.invokeExact();
        } catch (Throwable failure) {
            throw new AssertionError(failure);
        }
    }

    /** Also of those that are gone; what a virtual thread allocates counts as its carrier's. */
    static long ofAllThreads() {
        try {
            return (long) OF_ALL_THREADS.invokeExact();
        } catch (Throwable failure) {
            throw new AssertionError(failure);
        }
    }

    // By name: the tests are compiled as part of the module, which reads java.base and nothing else.
    private static MethodHandle find(String method) {
        try {
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            Class<?> beans = Class.forName("java.lang.management.ManagementFactory");
            Class<?> common = Class.forName("java.lang.management.ThreadMXBean");
            Class<?> ours = Class.forName("com.sun.management.ThreadMXBean");
            Object bean = lookup.findStatic(beans, "getThreadMXBean", MethodType.methodType(common))
                    .invoke();
            return lookup.findVirtual(ours, method, MethodType.methodType(long.class))
                    .bindTo(bean);
        } catch (Throwable failure) {
            throw new AssertionError("this JVM does not count allocated bytes", failure);
        }
    }
}
