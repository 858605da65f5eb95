package org.chagres.semaphore;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Threads that take permits of a semaphore for ever, one that gives them, and one that interrupts the takers all the
 * while, each as soon as it has had the last interrupt: {@code InterruptStorm ID INTERRUPTS}. Prints the sums.
 */
final class InterruptStorm {
    private static final int TAKERS = 6;
    private static final Duration TIMEOUT = Duration.ofMillis(1);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(40);

    private final ProcessSemaphore semaphore;
    private volatile boolean over;

    private InterruptStorm(ProcessSemaphore semaphore) {
        this.semaphore = semaphore;
    }

    public static void main(String[] arguments) throws Exception {
        ProcessSemaphore semaphore = ProcessSemaphore.open(Integer.parseInt(arguments[0]));
        System.out.println(new InterruptStorm(semaphore).run(Long.parseLong(arguments[1])));
    }

    private String run(long interrupts) throws Exception {
        List<Taker> takers = new ArrayList<>();
        for (int i = 0; i < TAKERS; i++) {
            takers.add(new Taker(
                    i % 3 == 2,
                    i >= 4 ? Thread.ofVirtual() : Thread.ofPlatform().daemon()));
        }
        Giver giver = new Giver();
        long sent = 0;
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (sent < interrupts && System.nanoTime() - deadline < 0) {
            for (Taker taker : takers) {
                sent += taker.interruptIfAwake() ? 1 : 0;
            }
        }
        over = true;
        giver.thread.join();
        semaphore.release(TAKERS); // each takes at most one before it sees that it is over
        int stuck = 0;
        for (Taker taker : takers) {
            stuck += taker.thread.join(Duration.ofSeconds(20)) ? 0 : 1;
        }
        long delivered = 0;
        long thrown = 0;
        long taken = semaphore.availablePermits();
        for (Taker taker : takers) {
            delivered += taker.had;
            thrown += taker.thrown;
            taken += taker.taken;
        }
        return "sent=" + sent + " delivered=" + delivered + " thrown=" + thrown + " given=" + (giver.given + TAKERS)
                + " takenOrLeft=" + taken + " stuck=" + stuck;
    }

    private final class Taker {
        private final boolean timed;
        private final Thread thread;
        private long sent; // the interrupting thread's
        private volatile long had;
        private long thrown;
        private long taken;

        Taker(boolean timed, Thread.Builder builder) {
            this.timed = timed;
            this.thread = builder.start(this::take);
        }

        /** Interrupts it unless the last interrupt is still on its way, with which this one would become one. */
        boolean interruptIfAwake() {
            if (had != sent) {
                return false;
            }
            sent++;
            thread.interrupt();
            return true;
        }

        private void take() {
            try {
                while (!over) {
                    takeOne();
                    if (Thread.interrupted()) {
                        had++; // it came with a permit, with the time-out, or later
                    }
                }
                if (Thread.interrupted()) {
                    had++;
                }
            } catch (IOException failure) {
                throw new IllegalStateException(failure);
            }
        }

        private void takeOne() throws IOException {
            try {
                boolean got = true;
                if (timed) {
                    got = semaphore.tryAcquire(TIMEOUT);
                } else {
                    semaphore.acquire();
                }
                taken += got ? 1 : 0;
            } catch (InterruptedException interrupt) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new IllegalStateException("the status was not cleared", interrupt);
                }
                thrown++;
                had++;
            }
        }
    }

    /** Keeps the takers busy, and lets few permits lie, so that they must wait as well. */
    private final class Giver {
        private final Thread thread = Thread.ofPlatform().start(this::give);
        private long given;

        private void give() {
            try {
                while (!over) {
                    if (semaphore.availablePermits() == 0) {
                        semaphore.release();
                        given++;
                    } else {
                        Thread.yield();
                    }
                }
            } catch (IOException failure) {
                throw new IllegalStateException(failure);
            }
        }
    }
}
