package org.chagres.inspect;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.syscall.SemInfo;
import org.chagres.internal.syscall.SemidDs;
import org.chagres.internal.view.SemaphoreView;
import org.chagres.semaphore.SemaphoreSetStatus;

/**
 * The kernel's table of System V semaphore sets, of this IPC namespace: what {@code ipcs -s} shows.
 *
 * <p>All methods may be called from any thread and by any user. They throw {@link IllegalCallerException} if the JVM
 * denies native access, and {@link UnsupportedOperationException} on anything but 64-bit Linux on x86-64 or aarch64.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/semctl.2.html">semctl(2)</a>
 */
public final class SemaphoreTable {
    private SemaphoreTable() {}

    /**
     * Lists every set, readable by this process or not ({@code SEM_STAT_ANY}). Sets that come or go meanwhile may be
     * missing or be there. Linux before 4.17 does not know the question, and the list is empty there.
     *
     * @return one status a set, in the order of the kernel's table
     * @throws ErrnoException {@code ENOSYS} or {@code EPERM} where a sandbox denies the call
     */
    public static List<SemaphoreSetStatus> sets() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            int highest = check(SemaphoreObject.limits(SemInfo.allocate(arena)), "counting the semaphore sets");
            SemidDs raw = SemidDs.allocate(arena);
            List<SemaphoreSetStatus> sets = new ArrayList<>();
            for (int index = 0; index <= highest; index++) {
                int id = SemaphoreObject.statusAt(index, raw);
                if (id >= 0) {
                    sets.add(SemaphoreView.status(id, raw));
                } else if (id != -Errno.EINVAL.number() && id != -Errno.EIDRM.number()) { // those two: nothing there
                    throw failure(-id, "reading the status of the semaphore set at index " + index);
                }
            }
            return List.copyOf(sets);
        }
    }

    /**
     * Asks for the limits ({@code IPC_INFO}).
     *
     * @return the limits
     * @throws ErrnoException as for {@link #sets()}
     */
    public static SemaphoreLimits limits() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            SemInfo raw = SemInfo.allocate(arena);
            check(SemaphoreObject.limits(raw), "reading the limits of semaphores");
            return new SemaphoreLimits(raw.semmni(), raw.semmns(), raw.semmsl(), raw.semopm(), raw.semvmx());
        }
    }

    /**
     * Asks how many there are ({@code SEM_INFO}).
     *
     * @return the usage
     * @throws ErrnoException as for {@link #sets()}
     */
    public static SemaphoreUsage usage() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            SemInfo raw = SemInfo.allocate(arena);
            check(SemaphoreObject.usage(raw), "reading the usage of semaphores");
            return new SemaphoreUsage(raw.semusz(), raw.semaem());
        }
    }

    private static int check(int answer, String intent) throws ErrnoException {
        if (answer < 0) {
            throw failure(-answer, intent);
        }
        return answer;
    }

    private static ErrnoException failure(int errno, String intent) {
        return new ErrnoException("semctl", errno, intent);
    }
}
