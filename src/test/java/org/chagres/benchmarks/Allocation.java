package org.chagres.benchmarks;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** {@code com.sun.management.ThreadMXBean.getCurrentThreadAllocatedBytes()}; itself it allocates nothing. */
final class Allocation {
    private static final MethodHandle BYTES = find();

    private Allocation() {}

    static long ofThisThread() {
        try {
            return (long) BYTES.invokeExact();
        } catch (Throwable failure) {
            throw new AssertionError(failure);
        }
    }

    // By name: the tests are compiled as part of the module, which reads java.base and nothing else.
    private static MethodHandle find() {
        try {
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            Class<?> beans = Class.forName("java.lang.management.ManagementFactory");
            Class<?> common = Class.forName("java.lang.management.ThreadMXBean");
            Class<?> ours = Class.forName("com.sun.management.ThreadMXBean");
            Object bean = lookup.findStatic(beans, "getThreadMXBean", MethodType.methodType(common))
                    .invoke();
            return lookup.findVirtual(ours, "getCurrentThreadAllocatedBytes", MethodType.methodType(long.class))
                    .bindTo(bean);
        } catch (Throwable failure) {
            throw new AssertionError("this JVM does not count allocated bytes", failure);
        }
    }
}
