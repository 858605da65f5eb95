package org.chagres.internal.resource;

import java.util.concurrent.locks.LockSupport;

/** What is between two tries where nothing can wake the one who waits: short at first, then longer. */
final class Pause {
    private static final long FIRST_NANOS = 50_000;
    private static final long LAST_NANOS = 10_000_000;

    private long nanos = FIRST_NANOS;

    /** A long one at once, where tries have been in vain for a while. */
    static void parkLong(Object blocker, long rest) {
        LockSupport.parkNanos(blocker, Math.min(LAST_NANOS, rest));
    }

    /** Until an unpark, an interrupt, or the time is over: that of the pause, or the rest there is. */
    void park(Object blocker, long rest) {
        LockSupport.parkNanos(blocker, Math.min(nanos, rest));
        nanos = Math.min(nanos * 2, LAST_NANOS);
    }
}
