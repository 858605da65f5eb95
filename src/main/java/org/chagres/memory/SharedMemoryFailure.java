package org.chagres.memory;

import java.lang.foreign.Arena;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.internal.syscall.ShmLimits;
import org.chagres.internal.syscall.ShmUsage;
import org.chagres.internal.syscall.ShmidDs;

/** Puts what the kernel answered into words, with what a user needs to see why. */
final class SharedMemoryFailure {
    private SharedMemoryFailure() {}

    static ErrnoException creating(int errno, IpcKey key, long byteSize, boolean hugePages) {
        String intent = "creating segment key=" + key + " byteSize=" + byteSize;
        String hint = switch (Errno.of(errno)) {
            case EINVAL, ENOSPC -> limits();
            case EPERM -> "huge pages need CAP_IPC_LOCK, or the group in /proc/sys/vm/hugetlb_shm_group";
            case ENOMEM ->
                hugePages
                        ? "there are not enough free huge pages (HugePages_Free in /proc/meminfo)"
                        : "the system does not promise so much memory; noReserve() does not ask it to";
            default -> "";
        };
        return new ErrnoException("shmget", errno, intent, hint);
    }

    static ErrnoException finding(int errno, IpcKey key, long byteSize) {
        String intent = "opening segment key=" + key + (byteSize == 0 ? "" : " byteSize=" + byteSize);
        return new ErrnoException("shmget", errno, intent, errno == Errno.EINVAL.number() ? sizeOf(key) : "");
    }

    static ErrnoException attaching(int errno, int id, Access access, long address) {
        String intent = "attaching segment id=" + id + " " + access
                + (address == 0 ? "" : " at 0x" + Long.toHexString(address));
        String hint = switch (Errno.of(errno)) {
            case EACCES -> who(id);
            case EINVAL ->
                address == 0
                        ? "there is no such segment"
                        : "there is no such segment, or the address is not free: try another";
            default -> "";
        };
        return new ErrnoException("shmat", errno, intent, hint);
    }

    static ErrnoException controlling(int errno, int id, String intent) {
        String hint = switch (Errno.of(errno)) {
            case EPERM, EACCES -> who(id);
            case EINVAL, EIDRM -> "there is no such segment, or no longer";
            case ENOMEM -> "the limit of locked memory (RLIMIT_MEMLOCK) is too small";
            default -> "";
        };
        return new ErrnoException("shmctl", errno, intent + " segment id=" + id, hint);
    }

    /** The limits and what is in use of them; empty where the kernel does not tell. */
    private static String limits() {
        try (Arena arena = Arena.ofConfined()) {
            ShmLimits limits = ShmLimits.allocate(arena);
            ShmUsage usage = ShmUsage.allocate(arena);
            if (SharedMemoryObject.limits(limits) < 0 || SharedMemoryObject.usage(usage) < 0) {
                return "";
            }
            return "SHMMNI is " + Long.toUnsignedString(limits.shmmni()) + " and " + usage.usedIds()
                    + " segments exist, SHMALL is " + Long.toUnsignedString(limits.shmall()) + " pages and "
                    + usage.shmTot() + " are in use, SHMMAX is " + Long.toUnsignedString(limits.shmmax()) + " bytes";
        }
    }

    private static String sizeOf(IpcKey key) {
        int id = SharedMemoryObject.find(key.value(), 0);
        long byteSize = id < 0 ? id : SharedMemoryObject.byteSize(id);
        return byteSize < 0 ? "" : "the segment with this key, id=" + id + ", has only " + byteSize + " bytes";
    }

    /** Who asks, and who would be allowed. Taken from the kernel's table, which tells even where reading is denied. */
    private static String who(int id) {
        String caller = "this process has effective uid " + ProcessCalls.geteuid();
        try (Arena arena = Arena.ofConfined()) {
            ShmidDs raw = ShmidDs.allocate(arena);
            int highest = SharedMemoryObject.limits(ShmLimits.allocate(arena));
            for (int index = 0; index <= highest; index++) {
                if (SharedMemoryObject.statusAt(index, raw) == id) {
                    return caller + ", the segment has owner " + raw.uid() + ", creator " + raw.cuid() + " and mode "
                            + Integer.toOctalString(raw.mode() & 0777);
                }
            }
            return caller;
        }
    }
}
