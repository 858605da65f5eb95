package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** System V shared memory: {@code shmget}, {@code shmat}, {@code shmdt}, {@code shmctl}, and their words. */
public final class SharedMemoryCalls {
    // Where nothing can be linked, Linux cannot be initialised either: then these are 0, and a call says why.
    public static final int IPC_CREAT = Linkage.POSSIBLE ? Linux.IPC_CREAT() : 0;
    public static final int IPC_EXCL = Linkage.POSSIBLE ? Linux.IPC_EXCL() : 0;
    public static final int IPC_INFO = Linkage.POSSIBLE ? Linux.IPC_INFO() : 0;
    public static final int IPC_RMID = Linkage.POSSIBLE ? Linux.IPC_RMID() : 0;
    public static final int IPC_SET = Linkage.POSSIBLE ? Linux.IPC_SET() : 0;
    public static final int IPC_STAT = Linkage.POSSIBLE ? Linux.IPC_STAT() : 0;
    public static final int SHM_DEST = Linkage.POSSIBLE ? Linux.SHM_DEST() : 0;
    public static final int SHM_HUGETLB = Linkage.POSSIBLE ? Linux.SHM_HUGETLB() : 0;
    public static final int SHM_HUGE_SHIFT = Linkage.POSSIBLE ? Linux.HUGETLB_FLAG_ENCODE_SHIFT() : 0;
    public static final int SHM_INFO = Linkage.POSSIBLE ? Linux.SHM_INFO() : 0;
    public static final int SHM_LOCK = Linkage.POSSIBLE ? Linux.SHM_LOCK() : 0;
    public static final int SHM_LOCKED = Linkage.POSSIBLE ? Linux.SHM_LOCKED() : 0;
    public static final int SHM_NORESERVE = Linkage.POSSIBLE ? Linux.SHM_NORESERVE() : 0;
    public static final int SHM_RDONLY = Linkage.POSSIBLE ? Linux.SHM_RDONLY() : 0;
    public static final int SHM_RND = Linkage.POSSIBLE ? Linux.SHM_RND() : 0;
    public static final int SHM_STAT_ANY = Linkage.POSSIBLE ? Linux.SHM_STAT_ANY() : 0;
    public static final int SHM_UNLOCK = Linkage.POSSIBLE ? Linux.SHM_UNLOCK() : 0;

    private static final NativeFunction SHMGET = NativeFunction.named("shmget");
    private static final NativeFunction SHMAT = NativeFunction.named("shmat");
    private static final NativeFunction SHMDT = NativeFunction.named("shmdt");
    private static final NativeFunction SHMCTL = NativeFunction.named("shmctl");

    private SharedMemoryCalls() {}

    /** The identifier of the segment of a key ({@code shmget(2)}). */
    public static int shmget(int key, long byteSize, int flags) {
        return SHMGET.callInt(key, byteSize, flags);
    }

    /** Attaches a segment; answers its address ({@code shmat(2)}). */
    public static long shmat(int id, long address, int flags) {
        return SHMAT.callLong(id, address, flags);
    }

    /** Detaches the segment at an address ({@code shmdt(2)}). */
    public static int shmdt(long address) {
        return SHMDT.callInt(address, 0, 0);
    }

    /** Controls a segment, or asks about it; {@code buffer} is the struct of the command ({@code shmctl(2)}). */
    public static int shmctl(int id, int command, MemorySegment buffer) {
        return SHMCTL.callInt(id, command, buffer.address());
    }

    /** {@code shm_segsz} of {@code shmctl(id, IPC_STAT)}: on the way of every attachment, so nothing is allocated. */
    public static long shmctlByteSize(int id) {
        CallState state = CallState.enter();
        try {
            MemorySegment buffer = state.scratch();
            int result = SHMCTL.answerInt(state, id, IPC_STAT, buffer.address());
            return result < 0 ? result : buffer.get(ValueLayout.JAVA_LONG, Linux.SHMID_DS_SHM_SEGSZ_OFFSET());
        } finally {
            state.exit();
        }
    }
}
