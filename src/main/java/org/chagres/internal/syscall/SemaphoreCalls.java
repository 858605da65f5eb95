package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import org.chagres.internal.generated.Linux;

/** System V semaphores: {@code semget}, {@code semop}, {@code semtimedop}, {@code semctl}, and their words. */
public final class SemaphoreCalls {
    // Where nothing can be linked, Linux cannot be initialised either: then these are 0, and a call says why.
    public static final int GETALL = Linkage.POSSIBLE ? Linux.GETALL() : 0;
    public static final int GETNCNT = Linkage.POSSIBLE ? Linux.GETNCNT() : 0;
    public static final int GETPID = Linkage.POSSIBLE ? Linux.GETPID() : 0;
    public static final int GETVAL = Linkage.POSSIBLE ? Linux.GETVAL() : 0;
    public static final int GETZCNT = Linkage.POSSIBLE ? Linux.GETZCNT() : 0;
    public static final int IPC_NOWAIT = Linkage.POSSIBLE ? Linux.IPC_NOWAIT() : 0;
    public static final int SEM_INFO = Linkage.POSSIBLE ? Linux.SEM_INFO() : 0;
    public static final int SEM_STAT_ANY = Linkage.POSSIBLE ? Linux.SEM_STAT_ANY() : 0;
    public static final int SEM_UNDO = Linkage.POSSIBLE ? Linux.SEM_UNDO() : 0;
    public static final int SETALL = Linkage.POSSIBLE ? Linux.SETALL() : 0;
    public static final int SETVAL = Linkage.POSSIBLE ? Linux.SETVAL() : 0;

    /** In a thread's scratch memory: the time-out first, then one operation. */
    private static final int TIMEOUT_BYTE_SIZE = Linkage.POSSIBLE ? Linux.TIMESPEC_BYTE_SIZE() : 0;

    private static final NativeFunction SEMGET = NativeFunction.named("semget");
    private static final NativeFunction SEMOP = NativeFunction.named("semop");
    private static final NativeFunction SEMTIMEDOP = NativeFunction.named("semtimedop");
    private static final NativeFunction SEMCTL = NativeFunction.named("semctl");

    private SemaphoreCalls() {}

    /** The identifier of the set of a key ({@code semget(2)}). */
    public static int semget(int key, int count, int flags) {
        return SEMGET.callInt(key, count, flags);
    }

    /** Does operations in one step, waiting until all can be done ({@code semop(2)}). */
    public static int semop(int id, MemorySegment operations, long count) {
        return SEMOP.callInt(id, operations.address(), count);
    }

    /** {@code semop} of one operation, {@link #sembuf packed}: nothing is allocated. */
    public static int semopOne(int id, long operation) {
        CallState state = CallState.enter();
        try {
            return SEMOP.answerInt(state, id, scratchOperation(state, operation), 1);
        } finally {
            state.exit();
        }
    }

    /** {@code semop} that waits at most for the time at an address ({@code semtimedop(2)}). */
    public static int semtimedop(int id, MemorySegment operations, long count, long timeout) {
        return SEMTIMEDOP.callInt(id, operations.address(), count, timeout);
    }

    /** {@code semtimedop} of operations for a time. */
    public static int semtimedopFor(int id, Sembufs operations, long nanos) {
        CallState state = CallState.enter();
        try {
            long address = operations.segment().address();
            return SEMTIMEDOP.answerInt(state, id, address, operations.count(), state.scratchTimeout(nanos));
        } finally {
            state.exit();
        }
    }

    /** {@code semtimedop} of one operation, {@link #sembuf packed}, for a time: nothing is allocated. */
    public static int semtimedopOne(int id, long operation, long nanos) {
        CallState state = CallState.enter();
        try {
            return SEMTIMEDOP.answerInt(state, id, scratchOperation(state, operation), 1, state.scratchTimeout(nanos));
        } finally {
            state.exit();
        }
    }

    /**
     * Controls a set, or asks about it; {@code argument} is the {@code union semun} of the command: a number or an
     * address ({@code semctl(2)}).
     */
    public static int semctl(int id, int number, int command, long argument) {
        return SEMCTL.callInt(id, number, command, argument);
    }

    /** A {@code struct sembuf} as its six bytes lie in memory. */
    public static long sembuf(int number, int delta, int flags) {
        return field(number, Linux.SEMBUF_SEM_NUM_OFFSET())
                | field(delta, Linux.SEMBUF_SEM_OP_OFFSET())
                | field(flags, Linux.SEMBUF_SEM_FLG_OFFSET());
    }

    /** {@link #sembuf} with a flag more. */
    public static long sembufWith(long operation, int flag) {
        return operation | field(flag, Linux.SEMBUF_SEM_FLG_OFFSET());
    }

    /** Both CPUs are little-endian: what is at a later byte is in a higher one. */
    private static long field(int value, int offset) {
        return (value & 0xffffL) << (offset * Byte.SIZE);
    }

    private static long scratchOperation(CallState state, long operation) {
        return state.putScratch(TIMEOUT_BYTE_SIZE, operation);
    }
}
