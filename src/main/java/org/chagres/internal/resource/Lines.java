package org.chagres.internal.resource;

import static org.chagres.internal.resource.Waiter.*;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;

/**
 * How virtual threads wait for what no poll can tell: a semaphore, a lock, the opening of a FIFO. A virtual thread that
 * blocked in the kernel would hold its carrier. So those that wait for the same thing stand in line in Java, and only
 * the first of a line has a daemon thread, a helper, wait in the kernel for it.
 *
 * <p>There are at most {@value #DEFAULT_HELPERS} helpers ({@code -Dorg.chagres.helpers=NUMBER}). Where all are busy,
 * the first of a line tries again and again without waiting, in growing pauses, until it succeeds or a helper is free:
 * never behind the waiters of another line, whose event may depend on ours.
 */
final class Lines {
    private static final int DEFAULT_HELPERS = 64;
    private static final int MOST_HELPERS = Math.max(1, Integer.getInteger("org.chagres.helpers", DEFAULT_HELPERS));
    private static final long IDLE_HELPER_SECONDS = 10;

    private static final long MOST_NANOS_UNTIL_CALLED_BACK = 10_000_000;

    /**
     * One kernel call that waits, in two forms. Answers are {@code >= 0}, {@code -errno}, or as {@link Waiter} has
     * them.
     */
    interface Call {
        /** Without waiting. */
        int attempt();

        /** The same where there is no helper: the next best, if that is what it takes to get on. */
        default int attemptAtCap() {
            return attempt();
        }

        /** On a platform thread, for at most so long, behind a gate. */
        int await(Gate gate, long nanos) throws InterruptedException;
    }

    private static final class Line {
        final ReentrantLock first = new ReentrantLock(true);
        int users; // guarded by the map
    }

    private final ConcurrentMap<Object, Line> lines = new ConcurrentHashMap<>();

    /**
     * Waits on a virtual thread that has tried once without success.
     *
     * @param thing what is waited for: whoever waits for an equal one stands in the same line
     */
    int await(Gate gate, Object thing, Call call, long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos; // not looked at if there is none
        Line line = join(thing);
        try {
            if (nanos == FOREVER) {
                line.first.lockInterruptibly();
            } else if (!line.first.tryLock(nanos, TimeUnit.NANOSECONDS)) {
                return TIMED_OUT;
            }
            try {
                return awaitAsFirst(gate, call, nanos != FOREVER, deadline);
            } finally {
                line.first.unlock();
            }
        } finally {
            part(thing);
        }
    }

    /**
     * Makes a call that waits for nobody, but takes long: on a virtual thread a helper makes it, so that no carrier is
     * held, if there is one. Nothing ends it early.
     */
    static int aside(IntSupplier call) {
        if (!Thread.currentThread().isVirtual()) {
            return call.getAsInt();
        }
        Aside aside = new Aside(call);
        return Helpers.take(aside) ? aside.answer() : call.getAsInt();
    }

    private Line join(Object thing) {
        return lines.compute(thing, (key, line) -> {
            Line joined = line == null ? new Line() : line;
            joined.users++;
            return joined;
        });
    }

    private void part(Object thing) {
        lines.computeIfPresent(thing, (key, line) -> --line.users == 0 ? null : line);
    }

    private static int awaitAsFirst(Gate gate, Call call, boolean timed, long deadline) throws InterruptedException {
        Pause pause = new Pause();
        while (true) {
            Interruption.check();
            if (gate.isClosed()) {
                return CLOSED; // and the next in line, woken by our leaving, sees the same
            }
            int answer = call.attempt();
            if (answer != TIMED_OUT) {
                return answer;
            }
            long rest = timed ? deadline - System.nanoTime() : FOREVER;
            if (rest <= 0) {
                return TIMED_OUT;
            }
            Errand errand = new Errand(gate, call, rest);
            if (Helpers.take(errand)) {
                return errand.answer();
            }
            answer = call.attemptAtCap();
            if (answer != TIMED_OUT) {
                return answer;
            }
            pause.park(errand, rest);
        }
    }

    /** What a helper does for a virtual thread; as a gate it is closed if either of them is. */
    private static final class Errand extends Gate implements Runnable {
        private static final Object NO_FAILURE = new Object();

        private final Gate gate;
        private final Call call;
        private final long nanos;
        private final Thread sender = Thread.currentThread();
        private int answer;
        private Object failure = NO_FAILURE;
        private volatile boolean done;

        Errand(Gate gate, Call call, long nanos) {
            this.gate = gate;
            this.call = call;
            this.nanos = nanos;
        }

        @Override
        public boolean isClosed() {
            return super.isClosed() || gate.isClosed();
        }

        @Override
        public void run() {
            long deadline = System.nanoTime() + nanos; // not looked at if there is none
            try {
                while (true) {
                    try {
                        answer = call.await(
                                this, nanos == FOREVER ? FOREVER : Math.max(deadline - System.nanoTime(), 0));
                        return;
                    } catch (InterruptedException ofTheHelper) {
                        // Nobody meant the virtual thread: wait on.
                    }
                }
            } catch (Throwable thrown) {
                failure = thrown;
            } finally {
                done = true;
                LockSupport.unpark(sender);
            }
        }

        /**
         * What the helper came back with. An interrupt calls it back, but what it had done by then counts: the answer
         * is delivered and the thread stays interrupted.
         */
        int answer() throws InterruptedException {
            boolean interrupted = false;
            boolean calledBack = true;
            Object ownFailure = NO_FAILURE;
            while (!done) { // whatever happens: the helper uses memory of this thread's
                try {
                    if (calledBack) {
                        LockSupport.park(this);
                    } else {
                        LockSupport.parkNanos(this, MOST_NANOS_UNTIL_CALLED_BACK);
                    }
                    if (Thread.interrupted()) {
                        interrupted = true;
                        calledBack = false;
                    }
                    calledBack = calledBack || callBack();
                } catch (Error noMemoryOrNoStack) {
                    ownFailure = noMemoryOrNoStack;
                    calledBack = false;
                }
            }
            if (interrupted && answer == CLOSED && failure == NO_FAILURE) {
                throw new InterruptedException();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            throwIfAny(failure);
            throwIfAny(ownFailure);
            return answer;
        }

        private static void throwIfAny(Object failure) {
            if (failure instanceof Error error) {
                throw error;
            }
            if (failure instanceof RuntimeException ofTheCall) { // memory that was freed meanwhile, most likely
                throw ofTheCall;
            }
            if (failure instanceof Throwable unforeseen) {
                throw new AssertionError(unforeseen);
            }
        }

        private boolean callBack() {
            try {
                close();
                return true;
            } catch (OutOfMemoryError later) {
                return false;
            }
        }
    }

    /** A long call that a helper makes for a virtual thread. */
    private static final class Aside implements Runnable {
        private final IntSupplier call;
        private final Thread sender = Thread.currentThread();
        private int answer;
        private Object failure = Errand.NO_FAILURE;
        private volatile boolean done;

        Aside(IntSupplier call) {
            this.call = call;
        }

        @Override
        public void run() {
            try {
                answer = call.getAsInt();
            } catch (Throwable thrown) {
                failure = thrown;
            } finally {
                done = true;
                LockSupport.unpark(sender);
            }
        }

        int answer() {
            boolean interrupted = false;
            Object ownFailure = Errand.NO_FAILURE;
            while (!done) { // whatever happens: the helper uses memory of this thread's
                try {
                    LockSupport.park(this);
                    interrupted |= Thread.interrupted(); // it would not park again
                } catch (Error noMemoryOrNoStack) {
                    ownFailure = noMemoryOrNoStack;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            Errand.throwIfAny(failure);
            Errand.throwIfAny(ownFailure);
            return answer;
        }
    }

    /** Made when the first is needed; they end when idle. */
    private static final class Helpers {
        private static final ThreadPoolExecutor POOL = new ThreadPoolExecutor(
                0,
                MOST_HELPERS,
                IDLE_HELPER_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                Thread.ofPlatform()
                        .daemon()
                        .name("chagres-helper-", 0)
                        .inheritInheritableThreadLocals(false)
                        .factory());

        static boolean take(Runnable errand) {
            try {
                POOL.execute(errand);
                return true;
            } catch (RejectedExecutionException | OutOfMemoryError noHelper) { // all busy, or no thread to be had
                return false;
            }
        }
    }
}
