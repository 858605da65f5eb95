package org.chagres.semaphore;

import java.lang.foreign.Arena;
import java.util.function.Function;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.syscall.SemInfo;
import org.chagres.internal.syscall.SemidDs;
import org.chagres.internal.view.SystemV;

/** Puts what the kernel answered into words, with what a user needs to see why. */
final class SemaphoreFailure {
    private static final String NO_SUCH_SET = "there is no such set, or no longer";

    private SemaphoreFailure() {}

    static ErrnoException creating(int errno, IpcKey key, int count) {
        String hint = switch (Errno.of(errno)) {
            case EEXIST -> holderOf(key);
            case EINVAL -> mostInASet();
            case ENOSPC -> limitsAndUsage();
            default -> "";
        };
        return new ErrnoException(
                "semget",
                errno,
                "creating semaphore set key=" + (key.isPrivate() ? "PRIVATE" : key) + " size=" + count,
                hint);
    }

    static ErrnoException finding(int errno, IpcKey key, int count) {
        String intent = "opening semaphore set key=" + key + (count == 0 ? "" : " size=" + count);
        String hint = switch (Errno.of(errno)) {
            case EINVAL -> sizeOrLimit(key);
            case ENOENT -> "no set has this key in this IPC namespace";
            default -> "";
        };
        return new ErrnoException("semget", errno, intent, hint);
    }

    /** The second step of creating: a {@code semctl} or a {@code semop}. */
    static ErrnoException initializing(int errno, String call, int id) {
        return new ErrnoException(
                call, errno, "giving the first values to semaphore set id=" + id, generalHint(errno, id));
    }

    /** A {@code semop}, as which {@code semtimedop} counts; {@code intent} ends where the set is named. */
    static ErrnoException operating(int errno, int id, String intent) {
        String hint = switch (Errno.of(errno)) {
            case E2BIG -> fromLimits(limits -> "SEMOPM, the most operations in one step, is " + limits.semopm());
            case ERANGE -> "a value, and what is to be undone, is at most 32767 (SEMVMX)";
            case ENOSPC -> "the kernel remembers no more undos (SEMMNU)";
            case ENOMEM -> "the kernel has no memory for the operation, or to remember the undo";
            case EIDRM -> "the set was removed while this thread waited";
            case EAGAIN -> "an operation that is not to wait would have to";
            default -> generalHint(errno, id);
        };
        return new ErrnoException("semop", errno, intent + " semaphore set id=" + id, hint);
    }

    /** Any {@code semctl}; {@code intent} ends where the set is named. */
    static ErrnoException controlling(int errno, int id, String intent) {
        return new ErrnoException("semctl", errno, intent + " semaphore set id=" + id, generalHint(errno, id));
    }

    /** An {@code IPC_SET}; {@code intent} ends where the set is named. */
    static ErrnoException setting(int errno, int id, String intent) {
        return errno == Errno.EINVAL.number() && isThere(id)
                ? new ErrnoException(
                        "semctl",
                        errno,
                        intent + " semaphore set id=" + id,
                        "this user namespace does not know the owner or the group")
                : controlling(errno, id, intent);
    }

    private static String generalHint(int errno, int id) {
        return switch (Errno.of(errno)) {
            case EPERM, EACCES -> callerAndOwner(id);
            case EINVAL, EIDRM -> isThere(id) ? "" : NO_SUCH_SET;
            default -> "";
        };
    }

    private static boolean isThere(int id) {
        return !withStatus(id, raw -> "there").isEmpty();
    }

    private static String fromLimits(Function<SemInfo, String> hint) {
        try (Arena arena = Arena.ofConfined()) {
            SemInfo limits = SemInfo.allocate(arena);
            return SemaphoreObject.limits(limits) < 0 ? "" : hint.apply(limits);
        }
    }

    private static String limitsAndUsage() {
        try (Arena arena = Arena.ofConfined()) {
            SemInfo usage = SemInfo.allocate(arena);
            if (SemaphoreObject.usage(usage) < 0) {
                return "";
            }
            return fromLimits(limits -> "SEMMNI is " + limits.semmni() + " and " + usage.semusz()
                    + " sets exist, SEMMNS is " + limits.semmns() + " and they have " + usage.semaem()
                    + " semaphores");
        }
    }

    /** The kernel answers the same for a set that is too small and for a size that none may have, set or not. */
    private static String sizeOrLimit(IpcKey key) {
        String size = sizeOf(key);
        return size.isEmpty() ? mostInASet() : size;
    }

    private static String mostInASet() {
        return fromLimits(limits -> "SEMMSL, the most semaphores in a set, is " + limits.semmsl());
    }

    private static String sizeOf(IpcKey key) {
        int id = SemaphoreObject.find(key.value(), 0);
        return withStatus(
                id,
                raw -> "the set with this key, id=" + id + ", has only " + raw.nsems()
                        + (raw.nsems() == 1 ? " semaphore" : " semaphores"));
    }

    /** Often a leftover: the first thing to know is whose, and since when. */
    private static String holderOf(IpcKey key) {
        int id = SemaphoreObject.find(key.value(), 0);
        return withStatus(
                id,
                raw -> "semaphore set id=" + id + " has the key, created by uid "
                        + raw.perm().cuid() + (raw.otime() == 0 ? ", and nobody has done an operation on it yet" : ""));
    }

    private static String callerAndOwner(int id) {
        String both = withStatus(id, raw -> SystemV.callerAndOwner("set", raw.perm()));
        return both.isEmpty() ? SystemV.caller() : both;
    }

    /** Says something of a set's status; nothing if that cannot be read. */
    private static String withStatus(int id, Function<SemidDs, String> words) {
        try (Arena arena = Arena.ofConfined()) {
            SemidDs raw = SemidDs.allocate(arena);
            return id < 0 || SemaphoreObject.statusOfUnreadable(id, raw) < 0 ? "" : words.apply(raw);
        }
    }
}
