package org.chagres.internal.resource;

import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Calls that nothing can end: daemon threads make them, at most {@value #MOST_THREADS} at a time, while their callers
 * wait in Java and are free at once. A call whose caller has gone is made to its end, and what it answers is forgotten;
 * one that had not begun is never made.
 *
 * <p>The call must own all it uses: its caller may be gone.
 */
final class Background {
    private static final int MOST_THREADS = 16;
    private static final long IDLE_SECONDS = 10;

    private Background() {}

    /** What a call answers; empty if the time is over before, and if there is none the call is not made. */
    static <T> Optional<T> await(Supplier<T> call, long nanos) throws InterruptedException {
        Interruption.check();
        if (nanos <= 0) {
            return Optional.empty();
        }
        FutureTask<T> task = new FutureTask<>(call::get);
        Threads.POOL.execute(task);
        try {
            return Optional.of(nanos == Waiter.FOREVER ? task.get() : task.get(nanos, TimeUnit.NANOSECONDS));
        } catch (TimeoutException late) {
            return Optional.empty();
        } catch (ExecutionException failed) {
            throw ofTheCall(failed);
        } finally {
            if (task.cancel(false)) { // it was not done
                Threads.POOL.remove(task);
            }
        }
    }

    private static RuntimeException ofTheCall(ExecutionException failed) {
        if (failed.getCause() instanceof Error error) {
            throw error;
        }
        return failed.getCause() instanceof RuntimeException exception ? exception : new IllegalStateException(failed);
    }

    /** Made when the first is needed; they end when idle. */
    private static final class Threads {
        static final ThreadPoolExecutor POOL = new ThreadPoolExecutor(
                MOST_THREADS,
                MOST_THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform()
                        .daemon()
                        .name("chagres-lookup-", 0)
                        .inheritInheritableThreadLocals(false)
                        .factory());

        static {
            POOL.allowCoreThreadTimeOut(true);
        }
    }
}
