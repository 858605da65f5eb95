package org.chagres.benchmarks;

import java.util.Locale;
import java.util.StringJoiner;

/**
 * What a variant should reach; infinite where nothing is asked. Missing it is shown and fails nothing.
 *
 * @param ratio at most so much of the anchor's time
 * @param bytes at most so many
 * @param other the variant that {@code otherRatio} is of, empty for none
 * @param otherRatio at most so much of its time
 */
record Goal(double ratio, double bytes, String other, double otherRatio) {
    private static final double ANY = Double.POSITIVE_INFINITY;

    static final Goal NONE = new Goal(ANY, ANY, "", ANY);

    /** Among the variants beside the one with the goal. */
    static final String THE_BEST = "the best";

    /** Among the variants that have goal {@link #PEER}. */
    static final String THE_BEST_PEER = "the best peer";

    /** Of another library, which is not ours to set goals for. */
    static final Goal PEER = new Goal(ANY, ANY, "nothing", ANY);

    static Goal ratio(double atMost) {
        return new Goal(atMost, ANY, "", ANY);
    }

    static Goal bytes(double atMost) {
        return NONE.andBytes(atMost);
    }

    Goal andBytes(double atMost) {
        return new Goal(ratio, atMost, other, otherRatio);
    }

    Goal andRatioTo(String variant, double atMost) {
        return new Goal(ratio, bytes, variant, atMost);
    }

    /**
     * Other work on the machine can only make a ratio worse: either of the two below the limit shows that it can be.
     * Half a byte an operation is the batch's own: what allocates does so by 16 bytes at least.
     */
    boolean isMetBy(Result result) {
        return Math.min(result.ratio(), result.minRatio()) <= ratio
                && result.toOther() <= otherRatio
                && result.bytes() <= bytes + 0.5;
    }

    String describe(Result result) {
        if (equals(NONE) || equals(PEER)) {
            return "";
        }
        StringJoiner text = new StringJoiner(", ", "", isMetBy(result) ? "  ok" : "  OVER");
        if (ratio < ANY) {
            text.add(String.format(Locale.ROOT, "<= %.2f", ratio));
        }
        if (otherRatio < ANY) {
            text.add(String.format(Locale.ROOT, "%.3f of %s <= %.2f", result.toOther(), other, otherRatio));
        }
        if (bytes < ANY) {
            text.add(String.format(Locale.ROOT, "<= %.0f B", bytes));
        }
        return text.toString();
    }
}
