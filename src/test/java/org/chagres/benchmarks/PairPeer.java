package org.chagres.benchmarks;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Timer;
import java.util.TimerTask;

/** A Java process of a {@link Pair}, or a {@link Peer} of its own: the other end of its lines. */
final class PairPeer {
    /** A batch that takes longer has lost its partner. */
    private static final long PATIENCE_MILLIS = 20_000;

    private PairPeer() {}

    /** Does batches on one CPU until there are no more. */
    static void serve(int cpu, Loop exchanges) throws Throwable {
        Cpus.pin(cpu);
        serve(n -> Sample.of(exchanges, n));
    }

    /** The same where both parties are in this process, and have found their CPUs themselves. */
    static void serveBoth(Loop exchanges) throws Throwable {
        serve(n -> Sample.ofAllThreads(exchanges, n));
    }

    @FunctionalInterface
    private interface Batch {
        Sample run(long n) throws Throwable;
    }

    private static void serve(Batch batch) throws Throwable {
        System.out.println("ready");
        Timer clock = new Timer(true);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println("ready");
            TimerTask end = new EndOfPatience();
            clock.schedule(end, PATIENCE_MILLIS);
            Sample sample = batch.run(Long.parseLong(line));
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
