package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** System V shared memory: {@code shmget}, {@code shmat}, {@code shmdt}, {@code shmctl}, and their words. */
public final class SharedMemoryCalls {
    public static final int IPC_CREAT = Linux.IPC_CREAT();
    public static final int IPC_EXCL = Linux.IPC_EXCL();
    public static final int IPC_INFO = Linux.IPC_INFO();
    public static final int IPC_RMID = Linux.IPC_RMID();
    public static final int IPC_SET = Linux.IPC_SET();
    public static final int IPC_STAT = Linux.IPC_STAT();
    public static final int SHM_DEST = Linux.SHM_DEST();
    public static final int SHM_HUGETLB = Linux.SHM_HUGETLB();
    public static final int SHM_HUGE_SHIFT = Linux.HUGETLB_FLAG_ENCODE_SHIFT();
    public static final int SHM_INFO = Linux.SHM_INFO();
    public static final int SHM_LOCK = Linux.SHM_LOCK();
    public static final int SHM_LOCKED = Linux.SHM_LOCKED();
    public static final int SHM_NORESERVE = Linux.SHM_NORESERVE();
    public static final int SHM_RDONLY = Linux.SHM_RDONLY();
    public static final int SHM_RND = Linux.SHM_RND();
    public static final int SHM_STAT_ANY = Linux.SHM_STAT_ANY();
    public static final int SHM_UNLOCK = Linux.SHM_UNLOCK();

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
            MemorySegment buffer = state.scratch(Linux.SHMID_DS_BYTE_SIZE());
            int result = SHMCTL.answerInt(state, id, IPC_STAT, buffer.address());
            return result < 0 ? result : buffer.get(ValueLayout.JAVA_LONG, Linux.SHMID_DS_SHM_SEGSZ_OFFSET());
        } finally {
            state.exit();
        }
    }
}
