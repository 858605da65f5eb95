package org.chagres.internal.resource;

import java.lang.ref.WeakReference;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * The library's clock: one daemon thread, started before the first wait. It repeats the signal to waits that were
 * cancelled until they are over, and signals those whose time is over where the call takes no time-out itself.
 *
 * <p>Handing something over takes no lock, as it happens in the hook of {@link Thread#interrupt()}.
 */
final class Watch {
    private static final long FIRST_REPEAT_NANOS = 100_000;
    private static final long LAST_REPEAT_NANOS = 10_000_000;

    private static final Queue<Entry> HANDED_OVER = new ConcurrentLinkedQueue<>();

    private Watch() {}

    /** What to do when it is due; answers after how many nanoseconds to do it again, 0 for never. */
    private abstract static class Entry implements Comparable<Entry> {
        long due;
        private long pause = FIRST_REPEAT_NANOS;

        Entry(long due) {
            this.due = due;
        }

        abstract long run();

        final long nextPause() {
            pause = Math.min(pause * 2, LAST_REPEAT_NANOS);
            return pause;
        }

        @Override
        public final int compareTo(Entry other) {
            return Long.signum(due - other.due);
        }
    }

    /** A wait that was cancelled. */
    private static final class Cancelled extends Entry {
        private final Waiter waiter;
        private final long meant;

        Cancelled(Waiter waiter, long meant) {
            super(System.nanoTime() + FIRST_REPEAT_NANOS);
            this.waiter = waiter;
            this.meant = meant;
        }

        @Override
        long run() {
            return waiter.repeat(meant) ? nextPause() : 0;
        }
    }

    /**
     * The deadlines of a thread's waits, one entry for all; does not keep the thread, which may be long gone when one
     * is due.
     */
    static final class Deadline extends Entry {
        private final WeakReference<Waiter> waiter;

        Deadline(Waiter waiter) {
            super(0);
            this.waiter = new WeakReference<>(waiter);
        }

        @Override
        long run() {
            Waiter present = waiter.get();
            return present == null ? 0 : present.deadlineDue(FIRST_REPEAT_NANOS);
        }
    }

    private static final Thread THREAD = Thread.ofPlatform()
            .daemon()
            .name("chagres-watch")
            .inheritInheritableThreadLocals(false)
            .unstarted(Watch::keep);

    /** Starts the thread, unless it runs; where no thread is to be had, the next wait tries again. */
    static void start() {
        synchronized (THREAD) {
            if (THREAD.getState() == Thread.State.NEW) {
                THREAD.start();
            }
        }
    }

    /** Repeats the signal to a wait that was cancelled a moment ago. */
    static void again(Waiter waiter, long meant) {
        handOver(new Cancelled(waiter, meant));
    }

    /** Looks at the deadline of a thread's present wait now, and then when it comes. */
    static void look(Deadline deadline) {
        handOver(deadline);
    }

    private static void handOver(Entry entry) {
        HANDED_OVER.add(entry);
        LockSupport.unpark(THREAD);
    }

    private static void keep() {
        PriorityQueue<Entry> entries = new PriorityQueue<>();
        while (true) {
            for (Entry entry = HANDED_OVER.poll(); entry != null; entry = HANDED_OVER.poll()) {
                if (entry instanceof Deadline) {
                    entries.remove(entry); // it may be here already, for later
                    entry.due = System.nanoTime();
                }
                entries.add(entry);
            }
            Thread.interrupted(); // is nobody's business here, and would keep it from parking
            Entry next = entries.peek();
            if (next == null) {
                LockSupport.park();
            } else if (next.due - System.nanoTime() > 0) {
                LockSupport.parkNanos(next.due - System.nanoTime());
            } else {
                entries.remove();
                long pause = run(next);
                if (pause > 0) {
                    next.due = System.nanoTime() + pause;
                    entries.add(next);
                }
            }
        }
    }

    private static long run(Entry entry) {
        try {
            return entry.run();
        } catch (RuntimeException | Error failure) { // no memory, most likely: others rely on this thread
            return LAST_REPEAT_NANOS;
        }
    }
}
