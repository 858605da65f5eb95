package org.chagres.memory;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Asks for collections until somebody sees what they were to bring about. */
final class Garbage {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private Garbage() {}

    static void collectUntil(BooleanSupplier witness) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!witness.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not collected in " + PATIENCE);
            }
            System.gc();
        }
    }
}
