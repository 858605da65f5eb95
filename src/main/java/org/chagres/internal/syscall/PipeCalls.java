package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** Pipes, and moving bytes between descriptors inside the kernel. */
public final class PipeCalls {
    public static final int SPLICE_F_NONBLOCK = Linkage.POSSIBLE ? Linux.SPLICE_F_NONBLOCK() : 0;

    private static final NativeFunction PIPE2 = NativeFunction.named("pipe2");
    private static final NativeFunction SENDFILE = NativeFunction.named("sendfile");
    private static final NativeFunction SPLICE = NativeFunction.named("splice");
    private static final NativeFunction TEE = NativeFunction.named("tee");

    private PipeCalls() {}

    /** Makes a pipe; {@code ends} has room for two numbers ({@code pipe2(2)}). */
    public static int pipe2(MemorySegment ends, int flags) {
        return PIPE2.callInt(ends.address(), flags, 0);
    }

    /** {@code pipe2}: both numbers in one, the write end in the upper half. */
    public static long pipe2Ends(int flags) {
        CallState state = CallState.enter();
        try {
            MemorySegment ends = state.scratch();
            int result = PIPE2.answerInt(state, ends.address(), flags, 0);
            return result < 0 ? result : ends.get(ValueLayout.JAVA_LONG, 0);
        } finally {
            state.exit();
        }
    }

    /** Moves bytes from or to a pipe; null for the positions of the descriptors ({@code splice(2)}). */
    public static long splice(int from, long fromOffset, int to, long toOffset, long count, int flags) {
        return SPLICE.callLong(from, fromOffset, to, toOffset, count, flags);
    }

    /** Copies bytes from pipe to pipe, and leaves them to be read ({@code tee(2)}). */
    public static long tee(int from, int to, long count, int flags) {
        return TEE.callLong(from, to, count, flags);
    }

    /** Copies bytes of a file; {@code offset} is the address of where to begin ({@code sendfile(2)}). */
    public static long sendfile(int to, int from, long offset, long count) {
        return SENDFILE.callLong(to, from, offset, count);
    }

    /** {@code sendfile} of what begins at an offset. */
    public static long sendfileAt(int to, int from, long offset, long count) {
        CallState state = CallState.enter();
        try {
            return SENDFILE.callLong(to, from, state.putScratch(0, offset), count);
        } finally {
            state.exit();
        }
    }
}
