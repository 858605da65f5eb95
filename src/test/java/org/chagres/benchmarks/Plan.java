package org.chagres.benchmarks;

import java.time.Duration;

/**
 * How long to measure. A variant is warmed up for so many operations, or so long if they are slow.
 *
 * @param rounds how many times each variant gets its turn; odd, so that a median is one of them
 */
record Plan(int rounds, long warmUpOperations, Duration warmUpAtMost) {
    static final Plan FULL = new Plan(21, 300_000, Duration.ofSeconds(4));
    static final Plan QUICK = new Plan(7, 50_000, Duration.ofMillis(500));
}
