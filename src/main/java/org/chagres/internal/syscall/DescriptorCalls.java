package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** File descriptors: opening, closing, reading and writing. */
public final class DescriptorCalls {
    public static final int F_GETFL = Linkage.POSSIBLE ? Linux.F_GETFL() : 0;
    public static final int F_GETPIPE_SZ = Linkage.POSSIBLE ? Linux.F_GETPIPE_SZ() : 0;
    public static final int F_SETPIPE_SZ = Linkage.POSSIBLE ? Linux.F_SETPIPE_SZ() : 0;
    public static final int F_SETFL = Linkage.POSSIBLE ? Linux.F_SETFL() : 0;
    public static final int O_CLOEXEC = Linkage.POSSIBLE ? Linux.O_CLOEXEC() : 0;
    public static final int O_DIRECT = Linkage.POSSIBLE ? Abi.Numbers.O_DIRECT : 0;
    public static final int O_NONBLOCK = Linkage.POSSIBLE ? Linux.O_NONBLOCK() : 0;
    public static final int O_RDWR = Linkage.POSSIBLE ? Linux.O_RDWR() : 0;
    public static final int O_WRONLY = Linkage.POSSIBLE ? Linux.O_WRONLY() : 0;
    public static final int SEEK_CUR = Linkage.POSSIBLE ? Linux.SEEK_CUR() : 0;

    private static final NativeFunction OPEN = NativeFunction.named("open");
    private static final NativeFunction CLOSE = NativeFunction.named("close");
    private static final NativeFunction FCNTL = NativeFunction.named("fcntl");
    private static final SegmentFunction READ = SegmentFunction.named("read");
    private static final SegmentFunction WRITE = SegmentFunction.named("write");
    private static final NativeFunction LSEEK = NativeFunction.named("lseek");
    private static final NativeFunction IOCTL = NativeFunction.named("ioctl");
    private static final NativeFunction PIPE2 = NativeFunction.named("pipe2");

    private DescriptorCalls() {}

    /** Opens the file of a name that ends with a zero byte ({@code open(2)}). */
    public static int open(MemorySegment path, int flags, long mode) {
        return OPEN.callInt(path.address(), flags, mode);
    }

    /** Closes a descriptor ({@code close(2)}): once, as the number is free whatever the answer. */
    public static int close(int descriptor) {
        return CLOSE.callInt(descriptor, 0, 0);
    }

    /** Asks or changes something of a descriptor ({@code fcntl(2)}). */
    public static int fcntl(int descriptor, int command, long argument) {
        return FCNTL.callInt(descriptor, command, argument);
    }

    /** Reads at the position ({@code read(2)}). */
    public static long read(int descriptor, MemorySegment buffer, long count) {
        return READ.callLong(descriptor, buffer, count, 0);
    }

    /** Writes at the position ({@code write(2)}). */
    public static long write(int descriptor, MemorySegment buffer, long count) {
        return WRITE.callLong(descriptor, buffer, count, 0);
    }

    /** Moves or tells the position ({@code lseek(2)}). */
    public static long lseek(int descriptor, long offset, int whence) {
        return LSEEK.callLong(descriptor, offset, whence);
    }

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

    /** Asks or changes something of a device ({@code ioctl(2)}). */
    public static int ioctl(int descriptor, long request, long argument) {
        return IOCTL.callInt(descriptor, request, argument);
    }

    /** How many bytes can be read now ({@code FIONREAD}). */
    public static int fionread(int descriptor) {
        CallState state = CallState.enter();
        try {
            MemorySegment count = state.scratch();
            int result = IOCTL.answerInt(state, descriptor, Linux.FIONREAD(), count.address());
            return result < 0 ? result : count.get(ValueLayout.JAVA_INT, 0);
        } finally {
            state.exit();
        }
    }
}
