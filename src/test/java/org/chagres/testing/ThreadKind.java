package org.chagres.testing;

import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/** The two kinds of threads, which wait in different ways. */
public enum ThreadKind {
    PLATFORM,
    VIRTUAL;

    public Thread.Builder builder() {
        return this == PLATFORM ? Thread.ofPlatform().daemon() : Thread.ofVirtual();
    }

    /** Starts what may wait. */
    public <T> FutureTask<T> start(Callable<T> body) {
        FutureTask<T> task = new FutureTask<>(body);
        builder().start(task);
        return task;
    }

    /**
     * How a thread of this kind must look while it waits in the kernel: a virtual one is parked, and holds no carrier.
     */
    public boolean mayBe(Thread.State state) {
        return this == PLATFORM || state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
