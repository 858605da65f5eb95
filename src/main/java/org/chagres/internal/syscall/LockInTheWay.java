package org.chagres.internal.syscall;

/** What {@link LockCalls#getLock} tells of a lock. */
public final class LockInTheWay {
    int type;
    long start;
    long length;
    int pid;

    /** {@link LockCalls#F_UNLCK} if there is none. */
    public int type() {
        return type;
    }

    public long start() {
        return start;
    }

    /** 0: to the end of the file. */
    public long length() {
        return length;
    }

    /** -1 of an open file description's. */
    public int pid() {
        return pid;
    }
}
