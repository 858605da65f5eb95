package org.chagres.internal.resource;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.SemaphoreCalls.*;
import static org.chagres.internal.syscall.SharedMemoryCalls.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.chagres.internal.syscall.SemInfo;
import org.chagres.internal.syscall.SemidDs;

/**
 * A System V semaphore set as the kernel has it, by identifier: typed arguments become flag words here. Every answer is
 * {@code >= 0} or {@code -errno}.
 */
public final class SemaphoreObject {
    private SemaphoreObject() {}

    /** Finds the set of a key that has at least {@code count} semaphores; answers its identifier. */
    public static int find(int key, int count) {
        return semget(key, count, 0);
    }

    /**
     * Creates the set of a key, which must have none; answers its identifier. Its semaphores are 0, and it counts as
     * new.
     */
    public static int create(int key, int count, Set<PosixFilePermission> permissions) {
        return semget(key, count, IPC_CREAT | IPC_EXCL | FileModes.toMode(permissions));
    }

    /** Gives a new set its first values, but for that of semaphore 0. */
    public static int setAllButTheFirst(int id, int[] values) {
        if (values.length == 1) {
            return 0;
        }
        int[] others = values.clone();
        others[0] = 0;
        return setValues(id, others);
    }

    /**
     * Gives semaphore 0 of a new set its first value, which makes the set known as initialised: by the moment of its
     * last operation, which the kernel sets for {@code semop} alone.
     */
    public static int publish(int id, int first) {
        // Adding 0 is waiting for 0, which is what it is.
        int answer;
        do {
            answer = semopOne(id, sembuf(0, first, IPC_NOWAIT));
        } while (answer == -EINTR);
        return answer;
    }

    public static int value(int id, int number) {
        return semctl(id, number, GETVAL, 0);
    }

    public static int lastPid(int id, int number) {
        return semctl(id, number, GETPID, 0);
    }

    public static int waitingForIncrease(int id, int number) {
        return semctl(id, number, GETNCNT, 0);
    }

    public static int waitingForZero(int id, int number) {
        return semctl(id, number, GETZCNT, 0);
    }

    public static int setValue(int id, int number, int value) {
        return semctl(id, number, SETVAL, value);
    }

    /** Reads all values, of one moment. */
    public static int values(int id, int[] into) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment array = arena.allocate(into.length * (long) Short.BYTES, Short.BYTES);
            int answer = semctl(id, 0, GETALL, array.address());
            for (int i = 0; i < into.length && answer >= 0; i++) {
                into[i] = Short.toUnsignedInt(array.getAtIndex(JAVA_SHORT, i));
            }
            return answer;
        }
    }

    /** Sets all values in one step. */
    public static int setValues(int id, int[] values) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment array = arena.allocate(values.length * (long) Short.BYTES, Short.BYTES);
            for (int i = 0; i < values.length; i++) {
                array.setAtIndex(JAVA_SHORT, i, (short) values[i]);
            }
            return semctl(id, 0, SETALL, array.address());
        }
    }

    public static int status(int id, SemidDs into) {
        return semctl(id, 0, IPC_STAT, into.segment().address());
    }

    /** The status of whatever set sits at a place of the kernel's table, readable or not; answers its identifier. */
    public static int statusAt(int index, SemidDs into) {
        return semctl(index, 0, SEM_STAT_ANY, into.segment().address());
    }

    /** As {@link #status}, and where this process may not read the set by a look through the kernel's table. */
    public static int statusOfUnreadable(int id, SemidDs into) {
        int answer = status(id, into);
        if (answer != -EACCES) {
            return answer;
        }
        try (Arena arena = Arena.ofConfined()) {
            int highest = limits(SemInfo.allocate(arena));
            for (int index = 0; index <= highest; index++) {
                if (statusAt(index, into) == id) {
                    return 0;
                }
            }
        }
        return status(id, into); // it may be gone by now
    }

    /** Whether an answer says that there is no such set, or no longer. */
    public static boolean isGone(int answer) {
        return answer == -EINVAL || answer == -EIDRM;
    }

    /** The limits; answers the highest place in use of the kernel's table. */
    public static int limits(SemInfo into) {
        return semctl(0, 0, IPC_INFO, into.segment().address());
    }

    /** What is in use; answers the highest place in use of the kernel's table. */
    public static int usage(SemInfo into) {
        return semctl(0, 0, SEM_INFO, into.segment().address());
    }

    public static void setPermissions(SemidDs of, Set<PosixFilePermission> permissions) {
        of.perm().setMode(FileModes.toMode(permissions));
    }

    /** Sets owner, group and permissions to those in {@code from}. */
    public static int set(int id, SemidDs from) {
        return semctl(id, 0, IPC_SET, from.segment().address());
    }

    public static int remove(int id) {
        return semctl(id, 0, IPC_RMID, 0);
    }
}
