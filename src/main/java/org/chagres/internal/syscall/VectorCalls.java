package org.chagres.internal.syscall;

import org.chagres.internal.generated.Linux;

/**
 * Reading and writing several pieces of memory at once. Apart from other calls on descriptors, as these have a shape of
 * their own, which costs start-up time.
 */
public final class VectorCalls {
    public static final int RWF_NOWAIT = Linkage.POSSIBLE ? Linux.RWF_NOWAIT() : 0;

    private static final VectorFunction READV = VectorFunction.named("readv");
    private static final VectorFunction WRITEV = VectorFunction.named("writev");
    private static final VectorFunction PREADV2 = VectorFunction.named("preadv2");
    private static final VectorFunction PWRITEV2 = VectorFunction.named("pwritev2");

    private VectorCalls() {}

    /** Reads into several pieces of memory, one after the other ({@code readv(2)}). */
    public static long readv(int descriptor, Iovecs vector, int count) {
        return READV.callLong(descriptor, vector, count, 0, 0);
    }

    /** Writes several pieces of memory, one after the other ({@code writev(2)}). */
    public static long writev(int descriptor, Iovecs vector, int count) {
        return WRITEV.callLong(descriptor, vector, count, 0, 0);
    }

    /** {@code readv} with flags; at the position if the offset is -1 ({@code preadv2(2)}). */
    public static long preadv2(int descriptor, Iovecs vector, int count, long offset, int flags) {
        return PREADV2.callLong(descriptor, vector, count, offset, flags);
    }

    /** {@code writev} with flags; at the position if the offset is -1 ({@code pwritev2(2)}). */
    public static long pwritev2(int descriptor, Iovecs vector, int count, long offset, int flags) {
        return PWRITEV2.callLong(descriptor, vector, count, offset, flags);
    }
}
