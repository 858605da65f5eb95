package org.chagres.testing;

/**
 * How long tests wait for what is to come before they call it missing: {@code CHAGRES_PATIENCE=10} in the environment
 * makes it ten times as long, for machines that are slow, such as emulated ones. In the environment, as the JVMs that
 * tests start are to have it too.
 */
public final class Patience {
    private static final int FACTOR = Integer.parseInt(
            System.getenv().getOrDefault("CHAGRES_PATIENCE", "1").strip());

    private Patience() {}

    /** What takes so long at most where nothing is slow, in whatever unit. */
    public static long of(long usual) {
        return Math.multiplyExact(usual, FACTOR);
    }
}
