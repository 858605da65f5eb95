package org.chagres.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** A Java process of a {@link Pair}: the other end of its lines. */
final class PairPeer {
    /** An exchange that takes longer has lost its partner. */
    private static final long PATIENCE_NANOS = 5_000_000_000L;

    private PairPeer() {}

    /** Does batches on one CPU until there are no more. */
    static void serve(int cpu, Loop exchanges) throws Throwable {
        Cpus.pin(cpu);
        System.out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println("ready");
            Sample sample = Sample.of(exchanges, Long.parseLong(line));
            System.out.println(sample.nanos() + " " + sample.bytes());
        }
    }

    /** For a loop that spins, now and then: ends the wait for a partner that is gone. */
    static void checkPatience(long since) throws IOException {
        if (System.nanoTime() - since > PATIENCE_NANOS) {
            throw new IOException("the partner does not answer");
        }
    }
}
