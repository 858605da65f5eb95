package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** Locks on files. */
public final class LockCalls {
    public static final int F_GETLK = Linkage.POSSIBLE ? Linux.F_GETLK() : 0;
    public static final int F_OFD_GETLK = Linkage.POSSIBLE ? Linux.F_OFD_GETLK() : 0;
    public static final int F_OFD_SETLK = Linkage.POSSIBLE ? Linux.F_OFD_SETLK() : 0;
    public static final int F_OFD_SETLKW = Linkage.POSSIBLE ? Linux.F_OFD_SETLKW() : 0;
    public static final int F_RDLCK = Linkage.POSSIBLE ? Linux.F_RDLCK() : 0;
    public static final int F_SETLK = Linkage.POSSIBLE ? Linux.F_SETLK() : 0;
    public static final int F_SETLKW = Linkage.POSSIBLE ? Linux.F_SETLKW() : 0;
    public static final int F_UNLCK = Linkage.POSSIBLE ? Linux.F_UNLCK() : 0;
    public static final int F_WRLCK = Linkage.POSSIBLE ? Linux.F_WRLCK() : 0;
    public static final int LOCK_EX = Linkage.POSSIBLE ? Linux.LOCK_EX() : 0;
    public static final int LOCK_NB = Linkage.POSSIBLE ? Linux.LOCK_NB() : 0;
    public static final int LOCK_SH = Linkage.POSSIBLE ? Linux.LOCK_SH() : 0;
    public static final int LOCK_UN = Linkage.POSSIBLE ? Linux.LOCK_UN() : 0;

    private static final NativeFunction FLOCK = NativeFunction.named("flock");

    private LockCalls() {}

    /** Locks or unlocks a file as a whole ({@code flock(2)}). */
    public static int flock(int descriptor, int operation) {
        return FLOCK.callInt(descriptor, operation, 0);
    }

    /** Locks or unlocks a range of a file; to its end if the length is 0 ({@code fcntl(2)}, {@code F_SETLK} &c.). */
    public static int setLock(int descriptor, int command, int type, long start, long length) {
        CallState state = CallState.enter();
        try {
            put(state, type, start, length);
            return DescriptorCalls.fcntlOnScratch(state, descriptor, command);
        } finally {
            state.exit();
        }
    }

    /** Asks which lock is in the way of one ({@code fcntl(2)}, {@code F_GETLK} &c.). */
    public static int getLock(int descriptor, int command, int type, long start, long length, LockInTheWay into) {
        CallState state = CallState.enter();
        try {
            put(state, type, start, length);
            int result = DescriptorCalls.fcntlOnScratch(state, descriptor, command);
            if (result >= 0) {
                MemorySegment flock = state.scratch();
                into.type = flock.get(ValueLayout.JAVA_SHORT, Linux.FLOCK_L_TYPE_OFFSET());
                into.start = flock.get(ValueLayout.JAVA_LONG, Linux.FLOCK_L_START_OFFSET());
                into.length = flock.get(ValueLayout.JAVA_LONG, Linux.FLOCK_L_LEN_OFFSET());
                into.pid = flock.get(ValueLayout.JAVA_INT, Linux.FLOCK_L_PID_OFFSET());
            }
            return result;
        } finally {
            state.exit();
        }
    }

    /** The struct of a request in the scratch memory; from the beginning of the file, and of no process. */
    private static void put(CallState state, int type, long start, long length) {
        MemorySegment flock = state.scratch();
        flock.set(ValueLayout.JAVA_SHORT, Linux.FLOCK_L_TYPE_OFFSET(), (short) type);
        flock.set(ValueLayout.JAVA_SHORT, Linux.FLOCK_L_WHENCE_OFFSET(), (short) FileCalls.SEEK_SET);
        flock.set(ValueLayout.JAVA_LONG, Linux.FLOCK_L_START_OFFSET(), start);
        flock.set(ValueLayout.JAVA_LONG, Linux.FLOCK_L_LEN_OFFSET(), length);
        flock.set(ValueLayout.JAVA_INT, Linux.FLOCK_L_PID_OFFSET(), 0); // of open file descriptions it must be
    }
}
