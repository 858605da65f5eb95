package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.testing.Kernel;

/** A set that several processes use and that is gone after the test, whatever became of it. */
record SharedSet(int id, IpcKey key) implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long PAUSE_NANOS = 200_000;

    static SharedSet create(int... values) throws IOException {
        return create(IpcKey.random(), values);
    }

    static SharedSet create(IpcKey key, int... values) throws IOException {
        return new SharedSet(SemaphoreSet.create(key, values).id(), key);
    }

    /** Takes charge of one that exists. */
    static SharedSet existing(String id) {
        return new SharedSet(Integer.parseInt(id), IpcKey.PRIVATE);
    }

    SemaphoreSet open() throws IOException, InterruptedException {
        return SemaphoreSet.open(id);
    }

    /** Semaphore 0, by an object of its own. */
    ProcessSemaphore semaphore() throws IOException, InterruptedException {
        return open().semaphore(0);
    }

    int[] values() throws IOException, InterruptedException {
        return SemaphoreSet.builder().acceptUninitialized().open(id).values();
    }

    boolean exists() {
        return Kernel.semaphores(id).isPresent();
    }

    /** Begins to take a permit of semaphore 0, on a thread of its own. */
    FutureTask<String> beginAcquiring() throws IOException, InterruptedException {
        ProcessSemaphore semaphore = semaphore();
        return begin(() -> {
            semaphore.acquire();
            return "done";
        });
    }

    /** Begins something that waits, on a thread of its own. */
    static <T> FutureTask<T> begin(Callable<T> wait) {
        FutureTask<T> begun = new FutureTask<>(wait);
        Thread.ofPlatform().daemon().start(begun);
        return begun;
    }

    /** Waits for the end of what was begun. */
    static <T> T end(FutureTask<T> begun) throws Exception {
        return begun.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    static void assertFails(Errno errno, FutureTask<?> begun) {
        assertThatThrownBy(() -> end(begun))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        failure -> assertThat(failure.errno()).isEqualTo(errno));
    }

    /** Comes back when as many threads, of whatever process, wait for an increase of a semaphore. */
    void awaitWaiting(int number, int count) {
        until(() -> SemaphoreObject.waitingForIncrease(id, number) == count, count + " waiting on " + number);
    }

    /** Comes back when as many threads wait until a semaphore is 0. */
    void awaitWaitingForZero(int number, int count) {
        until(() -> SemaphoreObject.waitingForZero(id, number) == count, count + " waiting for zero of " + number);
    }

    void awaitValue(int number, int value) {
        until(() -> SemaphoreObject.value(id, number) == value, "value " + value + " of " + number);
    }

    /** Comes back when a witness has seen it; fails if it does not come. */
    static void until(BooleanSupplier seen, String what) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!seen.getAsBoolean()) {
            assertThat(System.nanoTime()).as("no %s in %s", what, PATIENCE).isLessThan(deadline);
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            SemaphoreSet.remove(id);
        } catch (ErrnoException failure) {
            if (failure.errno() != Errno.EINVAL && failure.errno() != Errno.EIDRM) { // those two: it is gone
                throw failure;
            }
        }
    }
}
