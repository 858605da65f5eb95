package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** Children that run: their descriptors, their ends, signals to them. */
public final class ChildCalls {
    public static final int WEXITED = Linkage.POSSIBLE ? Linux.WEXITED() : 0;
    public static final int WNOHANG = Linkage.POSSIBLE ? Linux.WNOHANG() : 0;
    public static final int P_PID = Linkage.POSSIBLE ? Linux.P_PID() : 0;
    public static final int P_PIDFD = Linkage.POSSIBLE ? Linux.P_PIDFD() : 0;
    public static final int SIGKILL = Linkage.POSSIBLE ? Linux.SIGKILL() : 0;
    public static final int CLD_EXITED = Linkage.POSSIBLE ? Linux.CLD_EXITED() : 0;
    public static final int CLD_DUMPED = Linkage.POSSIBLE ? Linux.CLD_DUMPED() : 0;

    private static final NativeFunction KILL = NativeFunction.named("kill");
    private static final NativeFunction WAITID = NativeFunction.named("waitid");

    private ChildCalls() {}

    /** Opens a descriptor for a process, close-on-exec ({@code pidfd_open(2)}). */
    public static int pidfd_open(int pid, int flags) {
        return (int) SignalCalls.syscall(Linux.SYS_pidfd_open(), pid, flags, 0);
    }

    /** Sends a signal to a process, by its descriptor ({@code pidfd_send_signal(2)}). */
    public static int pidfd_send_signal(int pidfd, int signal) {
        return (int) SignalCalls.syscall(Linux.SYS_pidfd_send_signal(), pidfd, signal, 0);
    }

    /** Sends a signal to a process, or to a group by its negative number ({@code kill(2)}). */
    public static int kill(int pid, int signal) {
        return KILL.callInt(pid, signal, 0);
    }

    /** Waits for a change of a child ({@code waitid(2)}). */
    public static int waitid(int type, int id, MemorySegment info, int options) {
        return WAITID.callInt(type, id, info.address(), options);
    }

    /**
     * {@code waitid} of one that has ended: how in the upper half (CLD_…) and its status in the lower; 0 if it has not,
     * or {@code -errno}.
     */
    public static long waitidEnded(int type, int id, int options) {
        CallState state = CallState.enter();
        try {
            MemorySegment info = state.scratch().fill((byte) 0);
            int result = WAITID.answerInt(state, type, id, info.address(), options);
            if (result < 0) {
                return result;
            }
            long how = info.get(ValueLayout.JAVA_INT, Linux.SIGINFO_SI_CODE_OFFSET());
            int status = info.get(ValueLayout.JAVA_INT, Linux.SIGINFO_SI_STATUS_OFFSET());
            boolean ended = info.get(ValueLayout.JAVA_INT, Linux.SIGINFO_SI_PID_OFFSET()) != 0;
            return ended ? how << Integer.SIZE | Integer.toUnsignedLong(status) : 0;
        } finally {
            state.exit();
        }
    }
}
