package org.chagres.waiting;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.chagres.testing.Await;
import org.chagres.testing.ThreadKind;

/** One call of a method that waits, on a thread of its own. */
final class Attempt implements AutoCloseable {
    private final Scene scene;
    private final ThreadKind kind;
    private final Duration timeout;
    private final boolean interruptItself;
    private final CountDownLatch mayStart = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread;
    private volatile String tid = "not known yet";
    private Ending ending; // these three are read after the latch
    private boolean interrupted;
    private Duration time;

    private Attempt(Scene scene, Duration timeout, ThreadKind kind, boolean interruptItself) {
        this.scene = scene;
        this.timeout = timeout;
        this.kind = kind;
        this.interruptItself = interruptItself;
        this.thread = kind.builder().name("attempt").start(this::run);
    }

    /** Calls the method of a scene. */
    static Attempt start(Scene scene, Duration timeout, ThreadKind kind) {
        return prepared(scene, timeout, kind).go();
    }

    /** Calls it with the thread interrupted already. */
    static Attempt startInterrupted(Scene scene, Duration timeout, ThreadKind kind) {
        return new Attempt(scene, timeout, kind, true).go();
    }

    /** Has the thread ready, that its calls can be scripted before it makes them: until {@link #go}. */
    static Attempt prepared(Scene scene, Duration timeout, ThreadKind kind) {
        return new Attempt(scene, timeout, kind, false);
    }

    Attempt go() {
        mayStart.countDown();
        return this;
    }

    private void run() {
        try {
            if (kind == ThreadKind.PLATFORM) {
                tid = Blocked.tid();
            }
            mayStart.await();
            if (interruptItself) {
                Thread.currentThread().interrupt();
            }
            long start = System.nanoTime();
            Ending how;
            try {
                how = Ending.returned(scene.await(timeout));
            } catch (Throwable thrown) {
                how = Ending.of(thrown);
            }
            time = Duration.ofNanos(System.nanoTime() - start);
            interrupted = Thread.currentThread().isInterrupted();
            ending = how;
        } catch (InterruptedException neverStarted) {
            ending = new Ending("was not started");
        } finally {
            ended.countDown();
        }
    }

    Thread thread() {
        return thread;
    }

    /** What the kernel calls a platform thread. */
    String tid() {
        return tid;
    }

    boolean hasEnded() {
        return ended.getCount() == 0;
    }

    /** Whether it waits now; a virtual thread must not do so in the kernel itself. */
    boolean isWaiting() {
        return scene.isWaiting(this) && kind.mayBe(thread.getState());
    }

    /** Until the witness has seen that it waits. */
    Attempt untilWaiting() {
        until(() -> hasEnded() || isWaiting(), "it waits, or has ended");
        if (hasEnded()) {
            throw failure("it did not wait but " + ending());
        }
        return this;
    }

    /** Until it has ended; how it did. */
    Ending ending() {
        try {
            if (!ended.await(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw failure("it did not end in " + Await.PATIENCE);
            }
        } catch (InterruptedException failure) {
            throw new AssertionError(failure);
        }
        return ending;
    }

    /** Whether the thread was interrupted when the method was over. */
    boolean wasLeftInterrupted() {
        ending();
        return interrupted;
    }

    /** How long the method took. */
    Duration time() {
        ending();
        return time;
    }

    /** Until the witness has seen something else of it. */
    void until(BooleanSupplier witness, String what) {
        try {
            Await.until(witness, what);
        } catch (AssertionError late) {
            throw failure(late.getMessage());
        }
    }

    private AssertionError failure(String words) {
        AssertionError failure = new AssertionError(words + "; " + thread.getState() + ", " + scene.state());
        failure.setStackTrace(thread.getStackTrace());
        return failure;
    }

    /** Ends it, should it still wait because a test failed. */
    @Override
    public void close() {
        if (!hasEnded()) {
            thread.interrupt();
        }
    }
}
