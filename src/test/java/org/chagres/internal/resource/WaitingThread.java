package org.chagres.internal.resource;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.testing.Await;
import org.chagres.testing.Patience;
import org.chagres.testing.ThreadKind;

/** A thread that waits once: what came of it, and how it is seen from outside. */
final class WaitingThread {
    static final String INTERRUPTED = "interrupted";

    private static final long PATIENCE_SECONDS = Patience.of(30);

    /** Something that waits; its answer is as {@link Waiter} has them. */
    interface Wait {
        int answer() throws InterruptedException;
    }

    private final FutureTask<String> task;
    private final Thread thread;
    private volatile int tid;
    private volatile long nanos;

    private WaitingThread(Thread.Builder builder, Wait wait) {
        task = new FutureTask<>(() -> run(wait));
        thread = builder.unstarted(task);
    }

    static WaitingThread start(ThreadKind kind, Wait wait) {
        return start(kind.builder(), wait);
    }

    static WaitingThread start(Thread.Builder builder, Wait wait) {
        WaitingThread waiting = new WaitingThread(builder, wait);
        waiting.thread.start();
        return waiting;
    }

    private String run(Wait wait) {
        tid = SignalCalls.gettid();
        long start = System.nanoTime();
        String result;
        try {
            int answer = wait.answer();
            result = answer + (Thread.currentThread().isInterrupted() ? " and " + INTERRUPTED : "");
        } catch (InterruptedException interrupt) {
            result = INTERRUPTED + (Thread.currentThread().isInterrupted() ? ", status not cleared" : "");
        }
        nanos = System.nanoTime() - start;
        return result;
    }

    Thread thread() {
        return thread;
    }

    void interrupt() {
        thread.interrupt();
    }

    /** The kernel's number of a platform thread that has begun. */
    int tid() {
        Await.until(() -> tid != 0);
        return tid;
    }

    boolean isOver() {
        return task.isDone();
    }

    /** The answer, with "and interrupted" if the thread's status was set; or {@link #INTERRUPTED} for the exception. */
    String result() throws InterruptedException {
        try {
            return task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw new AssertionError("the wait failed", failure.getCause());
        } catch (TimeoutException endless) {
            throw new AssertionError("the wait did not end in " + PATIENCE_SECONDS + " s", endless);
        }
    }

    /** What it threw but for {@link InterruptedException}. */
    Throwable failure() throws InterruptedException, TimeoutException {
        try {
            throw new AssertionError("no failure but " + task.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException failure) {
            return failure.getCause();
        }
    }

    /** How long it took, once it is over. */
    long nanos() {
        return nanos;
    }
}
