package org.chagres.benchmarks;

/**
 * What the rounds of one variant came to. Times are nanoseconds an operation.
 *
 * @param ratio the median, over the rounds, of this variant's time by the anchor's in the same round
 * @param minRatio the shortest time of all rounds by the anchor's shortest
 * @param plus the median, over the rounds, of this variant's time less the anchor's
 * @param bytes the median of the bytes an operation allocated on the Java heap
 * @param toOther the lower of the two ratios to the variant that the goal names besides the anchor
 */
record Result(
        String row,
        String variant,
        double median,
        double min,
        double ratio,
        double minRatio,
        double plus,
        double bytes,
        Goal goal,
        double toOther) {}
