package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** File descriptors of any kind: their flags and numbers, reading and writing. */
public final class DescriptorCalls {
    public static final int F_DUPFD_CLOEXEC = Linkage.POSSIBLE ? Linux.F_DUPFD_CLOEXEC() : 0;
    public static final int F_GETFD = Linkage.POSSIBLE ? Linux.F_GETFD() : 0;
    public static final int F_GETFL = Linkage.POSSIBLE ? Linux.F_GETFL() : 0;
    public static final int F_GETPIPE_SZ = Linkage.POSSIBLE ? Linux.F_GETPIPE_SZ() : 0;
    public static final int F_SETFD = Linkage.POSSIBLE ? Linux.F_SETFD() : 0;
    public static final int F_SETFL = Linkage.POSSIBLE ? Linux.F_SETFL() : 0;
    public static final int F_SETPIPE_SZ = Linkage.POSSIBLE ? Linux.F_SETPIPE_SZ() : 0;
    public static final int FD_CLOEXEC = Linkage.POSSIBLE ? Linux.FD_CLOEXEC() : 0;

    private static final NativeFunction CLOSE = NativeFunction.named("close");
    private static final NativeFunction DUP3 = NativeFunction.named("dup3");
    private static final NativeFunction FCNTL = NativeFunction.named("fcntl");
    private static final NativeFunction IOCTL = NativeFunction.named("ioctl");
    private static final SegmentFunction READ = SegmentFunction.named("read");
    private static final SegmentFunction WRITE = SegmentFunction.named("write");
    private static final SegmentFunction PREAD = SegmentFunction.named("pread");
    private static final SegmentFunction PWRITE = SegmentFunction.named("pwrite");

    private DescriptorCalls() {}

    /** Closes a descriptor ({@code close(2)}): once, as the number is free whatever the answer. */
    public static int close(int descriptor) {
        return CLOSE.callInt(descriptor, 0, 0);
    }

    /** Has a number refer to what another refers to; what it was before is closed ({@code dup3(2)}). */
    public static int dup3(int descriptor, int number, int flags) {
        return DUP3.callInt(descriptor, number, flags);
    }

    /** Asks or changes something of a descriptor ({@code fcntl(2)}). */
    public static int fcntl(int descriptor, int command, long argument) {
        return FCNTL.callInt(descriptor, command, argument);
    }

    /** {@link #fcntl} with a struct in scratch memory, for a caller that has entered {@code state} itself. */
    static int fcntlOnScratch(CallState state, int descriptor, int command) {
        return FCNTL.answerInt(state, descriptor, command, state.scratch().address());
    }

    /** {@link #fcntl} whose answer may be negative: it in the lower half, errno in the upper one. */
    static long fcntlBoth(int descriptor, int command) {
        return FCNTL.callBoth(descriptor, command, 0, 0);
    }

    /** {@link #ioctl} with scratch memory, for a caller that has entered {@code state} itself. */
    static int ioctlOnScratch(CallState state, int descriptor, int request) {
        return IOCTL.answerInt(state, descriptor, request, state.scratch().address());
    }

    /** Asks or changes something of a device ({@code ioctl(2)}). */
    public static int ioctl(int descriptor, long request, long argument) {
        return IOCTL.callInt(descriptor, request, argument);
    }

    /** How many bytes can be read now ({@code FIONREAD}). */
    public static int fionread(int descriptor) {
        return askNumber(descriptor, Linux.FIONREAD());
    }

    /** Of a socket: how much memory what was sent and not received takes ({@code SIOCOUTQ}). */
    public static int siocoutq(int descriptor) {
        return askNumber(descriptor, Linux.SIOCOUTQ());
    }

    /** Of a socket: 1 if the next byte is behind an urgent one ({@code SIOCATMARK}, as {@code sockatmark(3)}). */
    public static int siocatmark(int descriptor) {
        return askNumber(descriptor, Linux.SIOCATMARK());
    }

    /** {@code ioctl} that fills an {@code int}. */
    private static int askNumber(int descriptor, int request) {
        CallState state = CallState.enter();
        try {
            MemorySegment number = state.scratch();
            int result = IOCTL.answerInt(state, descriptor, request, number.address());
            return result < 0 ? result : number.get(ValueLayout.JAVA_INT, 0);
        } finally {
            state.exit();
        }
    }

    /** 0 of a terminal: whether it has the settings of one ({@code TCGETS}, as {@code isatty(3)}). */
    public static int tcgets(int descriptor) {
        CallState state = CallState.enter();
        try {
            return IOCTL.answerInt(
                    state, descriptor, Linux.TCGETS(), state.scratch().address());
        } finally {
            state.exit();
        }
    }

    /** Reads at the position ({@code read(2)}). */
    public static long read(int descriptor, MemorySegment buffer, long count) {
        return READ.callLong(descriptor, buffer, count, 0);
    }

    /** Writes at the position ({@code write(2)}). */
    public static long write(int descriptor, MemorySegment buffer, long count) {
        return WRITE.callLong(descriptor, buffer, count, 0);
    }

    /** Reads at an offset, and leaves the position as it is ({@code pread(2)}). */
    public static long pread(int descriptor, MemorySegment buffer, long count, long offset) {
        return PREAD.callLong(descriptor, buffer, count, offset);
    }

    /** Writes at an offset, and leaves the position as it is ({@code pwrite(2)}). */
    public static long pwrite(int descriptor, MemorySegment buffer, long count, long offset) {
        return PWRITE.callLong(descriptor, buffer, count, offset);
    }
}
