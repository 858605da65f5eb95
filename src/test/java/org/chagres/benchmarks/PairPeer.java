package org.chagres.benchmarks;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Timer;
import java.util.TimerTask;

/** A Java process of a {@link Pair}: the other end of its lines. */
final class PairPeer {
    /** A batch that takes longer has lost its partner. */
    private static final long PATIENCE_MILLIS = 5_000;

    private PairPeer() {}

    /** Does batches on one CPU until there are no more. */
    static void serve(int cpu, Loop exchanges) throws Throwable {
        Cpus.pin(cpu);
        System.out.println("ready");
        Timer clock = new Timer(true);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println("ready");
            TimerTask end = new EndOfPatience();
            clock.schedule(end, PATIENCE_MILLIS);
            Sample sample = Sample.of(exchanges, Long.parseLong(line));
            end.cancel();
            System.out.println(sample.nanos() + " " + sample.bytes());
        }
    }

    /** Ends a process that spins or sleeps for a partner that is gone. */
    private static final class EndOfPatience extends TimerTask {
        @Override
        public void run() {
            System.err.println("the partner does not answer");
            Runtime.getRuntime().halt(3);
        }
    }
}
