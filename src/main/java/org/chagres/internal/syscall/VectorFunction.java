package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A linked C function that takes several pieces of a user's memory, most in an array of {@code struct iovec}, and
 * returns {@code ssize_t}, a pointer or a count; otherwise as {@link NativeFunction}. The memory goes along as surplus
 * arguments, which the C function never looks at: so the linker keeps its arenas open during the call, and refuses
 * memory of another thread's.
 */
record VectorFunction(String name, MethodHandle handle) {

    static VectorFunction named(String name) {
        return new VectorFunction(name, Linkage.link(name, Linkage.VECTOR_SHAPE));
    }

    /** Its result, or {@code -errno} where it is -1. */
    long callLong(long a, Iovecs b, long c, long d, long e) {
        return callLong(a, b.address(), c, d, e, b);
    }

    long callLong(long a, Msghdr b, long c) {
        return callLong(a, b.address(), c, 0, 0, b.pieces());
    }

    /** Of a function that returns {@code int}: its result, or {@code -errno} where it is -1. */
    int callInt(long a, Mmsghdrs b, long c, long d, long e) {
        CallState state = CallState.enter();
        try {
            int result = (int) invoke(state, a, b.address(), c, d, e, 0, b.kept());
            return result == -1 ? -state.errno() : result;
        } finally {
            state.exit();
        }
    }

    /**
     * Calls a function of seven arguments that returns an {@code int} with numbers of its own for what went wrong: its
     * result in the lower half, errno in the upper one. The seventh goes where the first piece of memory otherwise
     * does, as it is a place for integers like any other: so this takes no shape of its own.
     */
    long callBoth(long a, long b, long c, long d, long e, long f, long g) {
        CallState state = CallState.enter();
        try {
            MemorySegment seventh = MemorySegment.ofAddress(g);
            MemorySegment none = MemorySegment.NULL;
            int result = (int) invoke(state, a, b, c, d, e, f, seventh, none, none, none);
            return NativeFunction.both(result, state);
        } finally {
            state.exit();
        }
    }

    /** Calls a function of up to eight arguments that returns an {@code int}; the last two go as above. */
    int callInt(long a, long b, long c, long d, long e, long f, long g, long h) {
        CallState state = CallState.enter();
        try {
            MemorySegment seventh = MemorySegment.ofAddress(g);
            MemorySegment eighth = MemorySegment.ofAddress(h);
            MemorySegment none = MemorySegment.NULL;
            int result = (int) invoke(state, a, b, c, d, e, f, seventh, eighth, none, none);
            return result == -1 ? -state.errno() : result;
        } finally {
            state.exit();
        }
    }

    private long callLong(long a, long b, long c, long d, long e, Iovecs kept) {
        CallState state = CallState.enter();
        try {
            long result = invoke(state, a, b, c, d, e, 0, kept);
            return result == -1 ? -state.errno() : result;
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
        long result = invoke(state, a, b, c, d, e, f, one, other, MemorySegment.NULL, MemorySegment.NULL);
        return result == -1 ? -state.errno() : result;
    }

    private long invoke(CallState state, long a, long b, long c, long d, long e, long f, Iovecs kept) {
        return invoke(state, a, b, c, d, e, f, kept.segment(0), kept.segment(1), kept.segment(2), kept.segment(3));
    }

    private long invoke(
            CallState state,
            long a,
            long b,
            long c,
            long d,
            long e,
            long f,
            MemorySegment g,
            MemorySegment h,
            MemorySegment i,
            MemorySegment j) {
        try {
            return (long) handle.invokeExact(state.errnoSegment(), a, b, c, d, e, f, g, h, i, j);
        } catch (RuntimeException | Error exception) {
            throw exception;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }
}
