package org.chagres.internal.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/**
 * Threads and the signals that reach them: {@code sigaction}, {@code sigprocmask}, {@code sigtimedwait}, {@code gettid},
 * {@code tgkill}.
 */
public final class SignalCalls {
    public static final int SA_NOCLDWAIT = Linkage.POSSIBLE ? Linux.SA_NOCLDWAIT() : 0;
    public static final int SIGCHLD = Linkage.POSSIBLE ? Linux.SIGCHLD() : 0;
    public static final int SIGIO = Linkage.POSSIBLE ? Linux.SIGIO() : 0;
    public static final int SIGURG = Linkage.POSSIBLE ? Linux.SIGURG() : 0;

    /** What happens by itself ({@code SIG_DFL}); a null pointer in every C library. */
    public static final long DEFAULT_HANDLER = 0;

    /** Nothing happens ({@code SIG_IGN}); 1 in every C library. */
    public static final long IGNORING_HANDLER = 1;

    private static final NativeFunction SIGACTION = NativeFunction.named("sigaction");
    private static final NativeFunction SIGPROCMASK = NativeFunction.named("sigprocmask");
    private static final NativeFunction SIGTIMEDWAIT = NativeFunction.named("sigtimedwait");
    private static final NativeFunction SYSCALL = NativeFunction.named("syscall");

    private SignalCalls() {}

    /** Sets what a signal does, tells what it did before, or both ({@code sigaction(2)}). */
    public static int sigaction(int signal, MemorySegment action, MemorySegment old) {
        return SIGACTION.callInt(signal, action.address(), old.address());
    }

    /** The address of a signal's handler, or {@code -errno}. */
    public static long handler(int signal) {
        CallState state = CallState.enter();
        try {
            MemorySegment old = state.scratch();
            int result = SIGACTION.answerInt(state, signal, 0, old.address());
            return result < 0 ? result : old.get(ValueLayout.JAVA_LONG, Linux.SIGACTION_SA_HANDLER_OFFSET());
        } finally {
            state.exit();
        }
    }

    /** The flags of a signal's action, or {@code -errno}. */
    public static int actionFlags(int signal) {
        CallState state = CallState.enter();
        try {
            MemorySegment old = state.scratch();
            int result = SIGACTION.answerInt(state, signal, 0, old.address());
            return result < 0 ? result : old.get(ValueLayout.JAVA_INT, Linux.SIGACTION_SA_FLAGS_OFFSET());
        } finally {
            state.exit();
        }
    }

    /** Has a signal do what it does by itself. */
    public static int handleByDefault(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            return sigaction(signal, arena.allocate(Linux.SIGACTION_BYTE_SIZE(), Long.BYTES), MemorySegment.NULL);
        }
    }

    /** Has a signal interrupt calls and do nothing else. */
    public static int handleByNothing(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(Linux.SIGACTION_BYTE_SIZE(), Long.BYTES);
            action.set(ValueLayout.JAVA_LONG, Linux.SIGACTION_SA_HANDLER_OFFSET(), nothing());
            action.set(ValueLayout.JAVA_INT, Linux.SIGACTION_SA_FLAGS_OFFSET(), Linux.SA_ONSTACK()); // no SA_RESTART
            return sigaction(signal, action, MemorySegment.NULL);
        }
    }

    /**
     * The address of {@code abs(3)}: pure, with an {@code int} argument as a handler has, so a handler that does
     * nothing.
     */
    public static long nothing() {
        return Linkage.address("abs");
    }

    /**
     * Changes which signals are kept from this thread ({@code sigprocmask(2)}; on Linux it is the calling thread's
     * mask).
     */
    public static int sigprocmask(int how, MemorySegment set, MemorySegment old) {
        return SIGPROCMASK.callInt(how, set.address(), old.address());
    }

    /** Lets a signal reach the calling thread. */
    public static int unblock(int signal) {
        CallState state = CallState.enter();
        try {
            MemorySegment set =
                    state.scratch().asSlice(0, Linux.SIGSET_T_BYTE_SIZE()).fill((byte) 0);
            set.set(ValueLayout.JAVA_LONG, 0, 1L << (signal - 1));
            return SIGPROCMASK.answerInt(state, Linux.SIG_UNBLOCK(), set.address(), 0);
        } finally {
            state.exit();
        }
    }

    /** Keeps several signals from the calling thread, by their {@link #bit}s: they wait to be taken. */
    public static int block(long signals) {
        CallState state = CallState.enter();
        try {
            MemorySegment set =
                    state.scratch().asSlice(0, Linux.SIGSET_T_BYTE_SIZE()).fill((byte) 0);
            set.set(ValueLayout.JAVA_LONG, 0, signals);
            return SIGPROCMASK.answerInt(state, Linux.SIG_BLOCK(), set.address(), 0);
        } finally {
            state.exit();
        }
    }

    /** The bit of a signal in the one word of a {@code sigset_t} that Linux uses. */
    public static long bit(int signal) {
        return 1L << (signal - 1);
    }

    /**
     * Takes a signal out of those of a set that are pending for the calling thread; waits for one if the time-out is
     * null ({@code sigtimedwait(2)}). Answers its number.
     */
    public static int sigtimedwait(MemorySegment set, MemorySegment info, long timeout) {
        return SIGTIMEDWAIT.callInt(set.address(), info.address(), timeout);
    }

    /** {@link #sigtimedwait} without waiting: {@code -EAGAIN} if there is none. */
    public static int sigtimedwaitNow(SignalInfo info) {
        CallState state = CallState.enter();
        try {
            return SIGTIMEDWAIT.answerInt(
                    state, info.set().address(), info.info().address(), state.scratchTimeout(0));
        } finally {
            state.exit();
        }
    }

    /** The kernel's number of the calling thread ({@code gettid(2)}). */
    public static int gettid() {
        return (int) syscall(Abi.Numbers.SYS_GETTID, 0, 0, 0);
    }

    /** Sends a signal to one thread of a process ({@code tgkill(2)}). */
    public static int tgkill(int pid, int tid, int signal) {
        return (int) syscall(Abi.Numbers.SYS_TGKILL, pid, tid, signal);
    }

    /**
     * Calls the kernel by number ({@code syscall(2)}): where the wrapper is younger than some C libraries in use
     * ({@code gettid} and {@code tgkill} than glibc 2.30, {@code fstat} than 2.33), or missing (musl has no
     * {@code tgkill}).
     */
    static long syscall(long number, long a, long b, long c) {
        return SYSCALL.callLong(number, a, b, c);
    }
}
