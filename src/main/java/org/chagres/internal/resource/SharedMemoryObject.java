package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.SharedMemoryCalls.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.chagres.internal.syscall.ShmLimits;
import org.chagres.internal.syscall.ShmUsage;
import org.chagres.internal.syscall.ShmidDs;

/**
 * A System V segment as the kernel has it, by identifier: typed arguments become flag words here. Every answer is
 * {@code >= 0} or {@code -errno}.
 */
public final class SharedMemoryObject {
    /** No huge pages, for {@link #create}. */
    public static final int SMALL_PAGES = -1;

    /** The system's default size of huge pages, for {@link #create}. */
    public static final int DEFAULT_HUGE_PAGES = 0;

    private static final ForeignMemory.Unmap DETACH = new Detach();

    private SharedMemoryObject() {}

    /** Finds the segment of a key that holds at least {@code byteSize} bytes; answers its identifier. */
    public static int find(int key, long byteSize) {
        return shmget(key, byteSize, 0);
    }

    /**
     * Creates the segment of a key, which must have none; answers its identifier.
     *
     * @param hugePageLog2 {@link #SMALL_PAGES}, {@link #DEFAULT_HUGE_PAGES}, or log2 of the size of a huge page
     */
    public static int create(
            int key, long byteSize, Set<PosixFilePermission> permissions, int hugePageLog2, boolean noReserve) {
        int flags = IPC_CREAT | IPC_EXCL | FileModes.toMode(permissions);
        if (hugePageLog2 != SMALL_PAGES) {
            flags |= SHM_HUGETLB | hugePageLog2 << SHM_HUGE_SHIFT;
        }
        if (noReserve) {
            flags |= SHM_NORESERVE;
        }
        return shmget(key, byteSize, flags);
    }

    /** The size its creator asked for. */
    public static long byteSize(int id) {
        return shmctlByteSize(id);
    }

    /** Attaches at {@code address}, or where the kernel likes if it is 0; answers the address. */
    public static long attach(int id, long address, boolean roundDown, boolean readOnly) {
        return shmat(id, address, (roundDown ? SHM_RND : 0) | (readOnly ? SHM_RDONLY : 0));
    }

    public static int detach(long address) {
        return shmdt(address);
    }

    /** Owns what {@link #attach} answered; closing it detaches. */
    public static ForeignMemory own(long address, long byteSize, boolean readOnly, int id) {
        return ForeignMemory.own(address, byteSize, readOnly, DETACH, "shared memory id=", id);
    }

    /** Hands what {@link #attach} answered to the caller's arena, whose close detaches. */
    public static MemorySegment in(Arena arena, long address, long byteSize, boolean readOnly) {
        return ForeignMemory.in(arena, address, byteSize, readOnly, DETACH);
    }

    public static int status(int id, ShmidDs into) {
        return shmctl(id, IPC_STAT, into.segment());
    }

    /**
     * The status of whatever segment sits at a place of the kernel's table, readable or not; answers its identifier.
     */
    public static int statusAt(int index, ShmidDs into) {
        return shmctl(index, SHM_STAT_ANY, into.segment());
    }

    /** As {@link #status}, and where this process may not read the segment by a look through the kernel's table. */
    public static int statusOfUnreadable(int id, ShmidDs into) {
        int answer = status(id, into);
        if (answer != -EACCES) {
            return answer;
        }
        try (Arena arena = Arena.ofConfined()) {
            int highest = limits(ShmLimits.allocate(arena));
            for (int index = 0; index <= highest; index++) {
                if (statusAt(index, into) == id) {
                    return 0;
                }
            }
        }
        return status(id, into); // it may be gone by now
    }

    /** Whether there is no such segment, or no longer; one that may not be read is there. */
    public static boolean isGone(int id) {
        long answer = shmctlByteSize(id);
        return answer == -EINVAL || answer == -EIDRM;
    }

    /** The limits; answers the highest place in use of the kernel's table. */
    public static int limits(ShmLimits into) {
        return shmctl(0, IPC_INFO, into.segment());
    }

    /** What is in use; answers the highest place in use of the kernel's table. */
    public static int usage(ShmUsage into) {
        return shmctl(0, SHM_INFO, into.segment());
    }

    public static void setPermissions(ShmidDs of, Set<PosixFilePermission> permissions) {
        of.perm().setMode(FileModes.toMode(permissions));
    }

    /** Sets owner, group and permissions to those in {@code from}. */
    public static int set(int id, ShmidDs from) {
        return shmctl(id, IPC_SET, from.segment());
    }

    public static int lock(int id) {
        return shmctl(id, SHM_LOCK, MemorySegment.NULL);
    }

    public static int unlock(int id) {
        return shmctl(id, SHM_UNLOCK, MemorySegment.NULL);
    }

    public static int remove(int id) {
        return shmctl(id, IPC_RMID, MemorySegment.NULL);
    }

    public static boolean isMarkedForRemoval(int mode) {
        return (mode & SHM_DEST) != 0;
    }

    public static boolean isLocked(int mode) {
        return (mode & SHM_LOCKED) != 0;
    }

    /** The mode word of a status, put together again. */
    public static int mode(Set<PosixFilePermission> permissions, boolean markedForRemoval, boolean locked) {
        return FileModes.toMode(permissions) | (markedForRemoval ? SHM_DEST : 0) | (locked ? SHM_LOCKED : 0);
    }

    private static final class Detach implements ForeignMemory.Unmap { // no lambda: on the start path
        @Override
        public void accept(MemorySegment segment) {
            detach(segment.address());
        }
    }
}
