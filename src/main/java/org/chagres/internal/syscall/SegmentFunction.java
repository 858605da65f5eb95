package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A linked C function that takes a user's memory as its second argument and returns {@code ssize_t}; otherwise as
 * {@link NativeFunction}. The linker keeps the memory's arena open during the call, and refuses memory of another
 * thread's.
 */
record SegmentFunction(String name, MethodHandle handle) {

    static SegmentFunction named(String name) {
        return new SegmentFunction(name, Linkage.link(name, Linkage.SEGMENT_SHAPE));
    }

    /** Its result, or {@code -errno} where it is -1. */
    long callLong(long a, MemorySegment b, long c, long d) {
        CallState state = CallState.enter();
        try {
            long result = (long) handle.invokeExact(state.errnoSegment(), a, b, c, d, 0L, 0L);
            return result == -1 ? -state.errno() : result;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        } finally {
            state.exit();
        }
    }
}
