package org.chagres.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.chagres.internal.resource.SemaphoreObject;

/**
 * Looks again and again until a witness has seen what is to come; fails if it does not come. Needs no library of
 * assertions, as some of the JVMs that look have none.
 */
public final class Await {
    /** Less than {@link Run} and {@link Peer} leave a program, which can so still tell what did not come. */
    public static final Duration PATIENCE = Duration.ofSeconds(Patience.of(30));

    private static final long PAUSE_NANOS = 200_000;

    private Await() {}

    /** Where the line that calls says all. */
    public static void until(BooleanSupplier witness) {
        until(witness, "what was to come");
    }

    /** Names what is to be seen, for the complaint. */
    public static void until(BooleanSupplier witness, String what) {
        until(witness, () -> what);
    }

    /** The complaint may tell how things stand when it is made. */
    public static void until(BooleanSupplier witness, Supplier<String> what) {
        until(witness, what, () -> {});
    }

    /** Until so many threads, of whatever process, wait in the kernel for permits of a semaphore. */
    public static void waiters(int id, int number, int count) {
        until(
                () -> SemaphoreObject.waitingForIncrease(id, number) == count,
                () -> count + " waiting for permits of " + number + ", there are "
                        + SemaphoreObject.waitingForIncrease(id, number));
    }

    /** Until so many threads, of whatever process, wait in the kernel for a semaphore to be 0. */
    public static void waitersForZero(int id, int number, int count) {
        until(
                () -> SemaphoreObject.waitingForZero(id, number) == count,
                () -> count + " waiting for zero of " + number + ", there are "
                        + SemaphoreObject.waitingForZero(id, number));
    }

    /** Does something between the looks. */
    static void until(BooleanSupplier witness, Supplier<String> what, Runnable between) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!witness.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not seen in " + PATIENCE.toSeconds() + " s: " + what.get());
            }
            between.run();
            LockSupport.parkNanos(PAUSE_NANOS); // leaves the processor to those who are to bring it about
        }
    }
}
