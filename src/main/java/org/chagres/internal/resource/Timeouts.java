package org.chagres.internal.resource;

import java.time.Duration;
import java.util.Objects;

/** How long to wait, in the form that waits take it. */
public final class Timeouts {
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private Timeouts() {}

    /**
     * In nanoseconds: 0 if there is nothing to wait, {@link Waiter#FOREVER} if they are more than a {@code long} holds.
     */
    public static long nanos(Duration timeout) {
        Objects.requireNonNull(timeout, "timeout");
        long seconds = timeout.getSeconds();
        if (seconds < 0) {
            return 0;
        }
        return seconds >= Long.MAX_VALUE / NANOS_PER_SECOND
                ? Waiter.FOREVER
                : seconds * NANOS_PER_SECOND + timeout.getNano();
    }
}
