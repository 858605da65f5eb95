package org.chagres.testing;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Makes the collector run until something has come of it. */
public final class Garbage {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Garbage() {}

    /** Collects until a witness sees what was to come; fails if it does not come. */
    public static void collectUntil(BooleanSupplier witness) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!witness.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("the collector did not bring it about in " + PATIENCE);
            }
            System.gc(); // takes its milliseconds; the cleaner's thread runs meanwhile
            Thread.yield();
        }
    }
}
