package org.chagres.testing;

import java.util.function.BooleanSupplier;

/** Makes the collector run until something has come of it. */
public final class Garbage {
    private Garbage() {}

    /** Collects until a witness sees what was to come; fails if it does not come. */
    public static void collectUntil(BooleanSupplier witness) {
        // A collection takes its milliseconds; the cleaner's thread runs meanwhile.
        Await.until(witness, () -> "what the collector was to bring about", System::gc);
    }
}
