package org.chagres.internal.syscall;

import java.lang.invoke.MethodHandle;

/**
 * A linked C function. A record, because the compiler trusts its fields: held in a {@code static final}, the handle
 * inside is a constant and the call compiles to a direct one.
 *
 * <p>Arguments are integers or addresses of memory that the caller keeps alive; absent ones are zero.
 */
record NativeFunction(String name, MethodHandle handle) {

    static NativeFunction named(String name) {
        return new NativeFunction(name, Linkage.link(name, Linkage.SHAPE));
    }

    /** Calls a function that returns {@code int}: its result, or {@code -errno} where it is -1. */
    int callInt(long a, long b, long c) {
        return callInt(a, b, c, 0);
    }

    int callInt(long a, long b, long c, long d) {
        return callInt(a, b, c, d, 0, 0);
    }

    int callInt(long a, long b, long c, long d, long e, long f) {
        CallState state = CallState.enter();
        try {
            int result = (int) invoke(state, a, b, c, d, e, f);
            return result == -1 ? -state.errno() : result;
        } finally {
            state.exit();
        }
    }

    /**
     * Calls a function whose {@code int} has numbers of its own for what went wrong: its result in the lower half, errno
     * in the upper one.
     */
    long callBoth(long a, long b, long c, long d) {
        CallState state = CallState.enter();
        try {
            return both((int) invoke(state, a, b, c, d, 0, 0), state);
        } finally {
            state.exit();
        }
    }

    static long both(int result, CallState state) {
        return (long) state.errno() << Integer.SIZE | Integer.toUnsignedLong(result);
    }

    /** Calls a function that returns an {@code int}: its result, or {@code -errno} where it is 0. */
    int callIntNotZero(long a) {
        CallState state = CallState.enter();
        try {
            int result = (int) invoke(state, a, 0, 0, 0, 0, 0);
            return result == 0 ? -state.errno() : result;
        } finally {
            state.exit();
        }
    }

    /** Calls a function that returns a pointer: its result, or {@code -errno} where it is null. */
    long callLongNotZero(long a, long b, long c, long d) {
        CallState state = CallState.enter();
        try {
            long result = invoke(state, a, b, c, d, 0, 0);
            return result == 0 ? -state.errno() : result;
        } finally {
            state.exit();
        }
    }

    /** Calls a function that returns nothing. */
    void callVoid(long a) {
        CallState state = CallState.enter();
        try {
            invoke(state, a, 0, 0, 0, 0, 0); // what is in the register means nothing
        } finally {
            state.exit();
        }
    }

    /** Calls a function that returns a {@code long} or a pointer: its result, or {@code -errno} where it is -1. */
    long callLong(long a, long b, long c) {
        return callLong(a, b, c, 0);
    }

    long callLong(long a, long b, long c, long d) {
        return callLong(a, b, c, d, 0, 0);
    }

    long callLong(long a, long b, long c, long d, long e, long f) {
        CallState state = CallState.enter();
        try {
            long result = invoke(state, a, b, c, d, e, f);
            return result == -1 ? -state.errno() : result;
        } finally {
            state.exit();
        }
    }

    /**
     * As {@link #callInt}, for a caller that has entered {@code state} itself, to read its scratch memory afterwards.
     */
    int answerInt(CallState state, long a, long b, long c) {
        return answerInt(state, a, b, c, 0);
    }

    int answerInt(CallState state, long a, long b, long c, long d) {
        return answerInt(state, a, b, c, d, 0);
    }

    int answerInt(CallState state, long a, long b, long c, long d, long e) {
        int result = (int) invoke(state, a, b, c, d, e, 0);
        return result == -1 ? -state.errno() : result;
    }

    private long invoke(CallState state, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) handle.invokeExact(state.errnoSegment(), a, b, c, d, e, f);
        } catch (RuntimeException | Error exception) {
            throw exception;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }
}
