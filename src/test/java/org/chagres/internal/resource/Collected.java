package org.chagres.internal.resource;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Makes the collector run until something has come of it. */
final class Collected {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Collected() {}

    /** Collects until the condition holds; answers whether it came to that. */
    static boolean until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            System.gc(); // takes its milliseconds; the cleaner's thread runs meanwhile
            Thread.yield();
        }
        return true;
    }
}
