package org.chagres.benchmarks;

import java.util.Locale;

/** What a variant should reach; infinite where nothing is asked. Missing it is shown and fails nothing. */
record Goal(double ratio, double bytes) {
    static final Goal NONE = new Goal(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);

    static Goal ratio(double atMost) {
        return new Goal(atMost, Double.POSITIVE_INFINITY);
    }

    static Goal bytes(double atMost) {
        return NONE.andBytes(atMost);
    }

    Goal andBytes(double atMost) {
        return new Goal(ratio, atMost);
    }

    /**
     * Other work on the machine can only make a ratio worse: either of the two below the limit shows that it can be.
     * Half a byte an operation is the batch's own: what allocates does so by 16 bytes at least.
     */
    boolean isMetBy(Result result) {
        return Math.min(result.ratio(), result.minRatio()) <= ratio && result.bytes() <= bytes + 0.5;
    }

    String describe(Result result) {
        StringBuilder text = new StringBuilder();
        if (Double.isFinite(ratio)) {
            text.append(String.format(Locale.ROOT, "<= %.2f", ratio));
        }
        if (Double.isFinite(bytes)) {
            text.append(text.isEmpty() ? "" : ", ").append(String.format(Locale.ROOT, "<= %.0f B", bytes));
        }
        return text.isEmpty()
                ? ""
                : text.append(isMetBy(result) ? "  ok" : "  OVER").toString();
    }
}
