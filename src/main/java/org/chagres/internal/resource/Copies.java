package org.chagres.internal.resource;

import static org.chagres.internal.syscall.CopyCalls.*;
import static org.chagres.internal.syscall.Errnos.*;

import java.lang.foreign.MemorySegment;
import org.chagres.internal.syscall.ProcessCalls;

/** Copies between pieces of native memory that do not die of a page that is missing. */
public final class Copies {
    /**
     * From here on copying takes so long that a look at the address space does not count. The kernel's copy takes up to
     * several times as long as that of the C library; the JVM's is as fast, but holds up the garbage collector.
     */
    private static final long LARGE = 8 << 20;

    private static final int SELF = ProcessCalls.getpid();

    private Copies() {}

    /** Copies all; {@code -EFAULT} if a page on either side is missing. One side is a user's, the other ours. */
    public static int checked(MemorySegment from, MemorySegment into, MemorySegment users) {
        return checked(from.address(), into.address(), from.byteSize(), users);
    }

    /**
     * The same by addresses, as slices would be garbage.
     *
     * @param users that side which is a user's memory
     */
    static int checked(long from, long into, long size, MemorySegment users) {
        requireApart(from, into, size);
        long done = 0;
        while (done < size) {
            long answer = process_vm_readv(SELF, into + done, from + done, size - done, users);
            if (answer < 0 && answer != -EINTR) {
                return (int) answer;
            }
            done += Math.max(answer, 0); // less than 2 GiB at a time, and up to a page that is missing
        }
        return 0;
    }

    /** The same where our side is known to have all its pages, and the user's may. */
    static int fast(long from, long into, long size, MemorySegment users) {
        if (size < LARGE || !AddressSpace.isMemoryOfOurOwn(users.address(), users.byteSize())) {
            return checked(from, into, size, users);
        }
        requireApart(from, into, size);
        memcpy(into, from, size, users);
        return 0;
    }

    /** Neither the kernel nor memcpy minds the order in which it copies. */
    private static void requireApart(long from, long into, long size) {
        if (Math.abs(from - into) < size) {
            throw new IllegalArgumentException("the two pieces of memory overlap: copy by way of a third");
        }
    }
}
