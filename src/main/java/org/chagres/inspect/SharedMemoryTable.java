package org.chagres.inspect;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.syscall.ShmLimits;
import org.chagres.internal.syscall.ShmUsage;
import org.chagres.internal.syscall.ShmidDs;
import org.chagres.internal.view.SharedMemoryView;
import org.chagres.memory.SharedMemoryStatus;

/**
 * The kernel's table of System V shared memory segments, of this IPC namespace: what {@code ipcs -m} shows.
 *
 * <p>All methods may be called from any thread and by any user. They throw {@link IllegalCallerException} if the JVM
 * denies native access, and {@link UnsupportedOperationException} on anything but 64-bit Linux on x86-64 or aarch64.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/shmctl.2.html">shmctl(2)</a>
 */
public final class SharedMemoryTable {
    private SharedMemoryTable() {}

    /**
     * Lists every segment, readable by this process or not ({@code SHM_STAT_ANY}). Segments that come or go meanwhile
     * may be missing or be there. Linux before 4.17 does not know the question, and the list is empty there.
     *
     * @return one status a segment, in the order of the kernel's table
     * @throws ErrnoException {@code ENOSYS} or {@code EPERM} where a sandbox denies the call
     */
    public static List<SharedMemoryStatus> segments() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            int highest = check(SharedMemoryObject.limits(ShmLimits.allocate(arena)), "counting the segments");
            ShmidDs raw = ShmidDs.allocate(arena);
            List<SharedMemoryStatus> segments = new ArrayList<>();
            for (int index = 0; index <= highest; index++) {
                int id = SharedMemoryObject.statusAt(index, raw);
                if (id >= 0) {
                    segments.add(SharedMemoryView.status(id, raw));
                } else if (id != -Errno.EINVAL.number() && id != -Errno.EIDRM.number()) { // those two: nothing there
                    throw failure(-id, "reading the status of the segment at index " + index);
                }
            }
            return List.copyOf(segments);
        }
    }

    /**
     * Lists the segments that no process is attached to at this moment: leftovers, perhaps. Otherwise as
     * {@link #segments()}.
     *
     * <p>That nobody is attached does not prove that nobody needs the segment: a program may be about to attach it, or
     * keep its data there from one run to the next. Nor does {@link SharedMemoryStatus#creatorPid()} prove who left it:
     * the number may be another process's by now, or be one of another PID namespace. So whether to {@linkplain
     * org.chagres.memory.SharedMemory#remove(int) remove} one is to be decided for each.
     *
     * @return one status a segment, in the order of the kernel's table
     * @throws ErrnoException as for {@link #segments()}
     */
    public static List<SharedMemoryStatus> orphans() throws ErrnoException {
        return segments().stream().filter(segment -> segment.attachCount() == 0).toList();
    }

    /**
     * Asks for the limits ({@code IPC_INFO}).
     *
     * @return the limits
     * @throws ErrnoException as for {@link #segments()}
     */
    public static SharedMemoryLimits limits() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            ShmLimits raw = ShmLimits.allocate(arena);
            check(SharedMemoryObject.limits(raw), "reading the limits of shared memory");
            return new SharedMemoryLimits(
                    saturated(raw.shmmni()), saturated(raw.shmmax()), saturated(raw.shmmin()), saturated(raw.shmall()));
        }
    }

    /**
     * Asks how much is in use ({@code SHM_INFO}).
     *
     * @return the usage
     * @throws ErrnoException as for {@link #segments()}
     */
    public static SharedMemoryUsage usage() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            ShmUsage raw = ShmUsage.allocate(arena);
            check(SharedMemoryObject.usage(raw), "reading the usage of shared memory");
            return new SharedMemoryUsage(
                    raw.usedIds(), raw.shmTot(), raw.shmRss(), raw.shmSwp(), raw.swapAttempts(), raw.swapSuccesses());
        }
    }

    private static long saturated(long unsigned) {
        return unsigned < 0 ? Long.MAX_VALUE : unsigned;
    }

    private static int check(int answer, String intent) throws ErrnoException {
        if (answer < 0) {
            throw failure(-answer, intent);
        }
        return answer;
    }

    private static ErrnoException failure(int errno, String intent) {
        return new ErrnoException("shmctl", errno, intent);
    }
}
