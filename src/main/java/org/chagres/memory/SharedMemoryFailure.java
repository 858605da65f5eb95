package org.chagres.memory;

import java.lang.foreign.Arena;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.syscall.ShmLimits;
import org.chagres.internal.syscall.ShmUsage;
import org.chagres.internal.syscall.ShmidDs;
import org.chagres.internal.view.SystemV;

/** Puts what the kernel answered into words, with what a user needs to see why. */
final class SharedMemoryFailure {
    private static final String NO_SUCH_SEGMENT = "there is no such segment, or no longer";

    private SharedMemoryFailure() {}

    static ErrnoException creating(int errno, IpcKey key, long byteSize, boolean hugePages) {
        String hint = switch (Errno.of(errno)) {
            case EEXIST -> holderOf(key);
            case EINVAL ->
                hugePages ? "/sys/kernel/mm/hugepages has the sizes of huge pages there are" : limitsAndUsage();
            case ENOSPC -> limitsAndUsage();
            case EPERM ->
                hugePages ? "huge pages need CAP_IPC_LOCK, or the group in /proc/sys/vm/hugetlb_shm_group" : "";
            case ENOMEM ->
                hugePages
                        ? "there are not enough free huge pages (HugePages_Free in /proc/meminfo)"
                        : "the system does not promise so much memory; noReserve() does not ask it to";
            default -> "";
        };
        return new ErrnoException(
                "shmget",
                errno,
                "creating segment key=" + (key.isPrivate() ? "PRIVATE" : key) + " byteSize=" + byteSize,
                hint);
    }

    static ErrnoException finding(int errno, IpcKey key, long byteSize) {
        String intent = "opening segment key=" + key + (byteSize == 0 ? "" : " byteSize=" + byteSize);
        return new ErrnoException("shmget", errno, intent, errno == Errno.EINVAL.number() ? sizeOf(key) : "");
    }

    static ErrnoException attaching(int errno, int id, Access access, long address) {
        String intent = "attaching segment id=" + id + " " + access
                + (address == 0 ? "" : " at 0x" + Long.toHexString(address));
        String hint = switch (Errno.of(errno)) {
            case EACCES -> callerAndOwner(id);
            case EINVAL, EIDRM ->
                address == 0 || SharedMemoryObject.isGone(id)
                        ? NO_SUCH_SEGMENT
                        : "the address is not free, or no multiple of the segment's own page size: try another";
            default -> "";
        };
        return new ErrnoException("shmat", errno, intent, hint);
    }

    static ErrnoException setting(int errno, int id, String intent) {
        return errno == Errno.EINVAL.number() // the segment is there, as it is attached
                ? controlling(errno, id, intent, "this user namespace does not know the owner or the group")
                : controlling(errno, id, intent);
    }

    static ErrnoException locking(int errno, int id) {
        String intent = "locking in memory";
        return switch (Errno.of(errno)) {
            case ENOMEM -> controlling(errno, id, intent, "the limit of locked memory (RLIMIT_MEMLOCK) is too small");
            case EPERM ->
                controlling(
                        errno,
                        id,
                        intent,
                        callerAndOwner(id) + "; these two may lock it if their RLIMIT_MEMLOCK is not 0");
            default -> controlling(errno, id, intent);
        };
    }

    /** Any other {@code shmctl}; {@code intent} ends where the segment is named. */
    static ErrnoException controlling(int errno, int id, String intent) {
        String hint = switch (Errno.of(errno)) {
            case EPERM, EACCES -> callerAndOwner(id);
            case EINVAL, EIDRM -> NO_SUCH_SEGMENT;
            default -> "";
        };
        return controlling(errno, id, intent, hint);
    }

    private static ErrnoException controlling(int errno, int id, String intent, String hint) {
        return new ErrnoException("shmctl", errno, intent + " segment id=" + id, hint);
    }

    /** The limits and what is in use of them; empty where the kernel does not tell. */
    private static String limitsAndUsage() {
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

    /** Often a leftover: the first thing to know is whether anybody uses it. */
    private static String holderOf(IpcKey key) {
        int id = SharedMemoryObject.find(key.value(), 0);
        try (Arena arena = Arena.ofConfined()) {
            ShmidDs raw = ShmidDs.allocate(arena);
            if (id < 0 || SharedMemoryObject.statusOfUnreadable(id, raw) < 0) {
                return "";
            }
            return "segment id=" + id + " has the key, created by process " + raw.cpid() + " and attached "
                    + raw.nattch() + " times now";
        }
    }

    /** Who asks, and who would be allowed. */
    private static String callerAndOwner(int id) {
        try (Arena arena = Arena.ofConfined()) {
            ShmidDs raw = ShmidDs.allocate(arena);
            return SharedMemoryObject.statusOfUnreadable(id, raw) < 0
                    ? SystemV.caller()
                    : SystemV.callerAndOwner("segment", raw.perm());
        }
    }
}
