package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A linked C function that takes several pieces of a user's memory, most in an array of {@code struct iovec}, and
 * returns {@code ssize_t} or a pointer; otherwise as {@link NativeFunction}. The memory goes along as surplus
 * arguments, which the C function never looks at: so the linker keeps its arenas open during the call, and refuses
 * memory of another thread's.
 */
record VectorFunction(String name, MethodHandle handle) {

    static VectorFunction named(String name) {
        return new VectorFunction(name, Linkage.link(name, Linkage.VECTOR_SHAPE));
    }

    /** Its result, or {@code -errno} where it is -1. */
    long callLong(long a, Iovecs b, long c, long d, long e) {
        CallState state = CallState.enter();
        try {
            long result = (long) handle.invokeExact(
                    state.errnoSegment(),
                    a,
                    b.address(),
                    c,
                    d,
                    e,
                    0L,
                    b.segment(0),
                    b.segment(1),
                    b.segment(2),
                    b.segment(3));
            return result == -1 ? -state.errno() : result;
        } catch (RuntimeException | Error exception) {
            throw exception;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        } finally {
            state.exit();
        }
    }

    /**
     * The same for a caller that has entered {@code state} itself, with the two pieces of memory whose addresses are
     * among the arguments, or in an array that is.
     */
    long answerLong(
            CallState state, MemorySegment one, MemorySegment other, long a, long b, long c, long d, long e, long f) {
        try {
            long result = (long) handle.invokeExact(
                    state.errnoSegment(), a, b, c, d, e, f, one, other, MemorySegment.NULL, MemorySegment.NULL);
            return result == -1 ? -state.errno() : result;
        } catch (RuntimeException | Error exception) {
            throw exception;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }
}
