package org.chagres.benchmarks;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * Many virtual threads that wait for a byte each, on a pipe each, and one platform thread that writes one to all of
 * them: {@code both CPU OTHER_CPU COUNT KIND LIBRARY}, on any CPU. One exchange is a round, from the first byte written to the
 * last read.
 */
final class PipeWaiters {
    private final Conduit[] conduits;
    private volatile CountDownLatch awaited = new CountDownLatch(0);

    private PipeWaiters(Conduit.Kind kind, int count, Path library) throws Throwable {
        conduits = new Conduit[count];
        for (int i = 0; i < count; i++) {
            conduits[i] = kind.open(1, library);
        }
        for (Conduit conduit : conduits) {
            Thread.ofVirtual().start(() -> read(conduit));
        }
    }

    public static void main(String[] arguments) throws Throwable {
        PipeWaiters waiters = new PipeWaiters(
                Conduit.Kind.valueOf(arguments[4]), Integer.parseInt(arguments[3]), Path.of(arguments[5]));
        PairPeer.serveBoth(waiters::rounds);
    }

    private void read(Conduit conduit) {
        try {
            while (true) {
                conduit.receive();
                awaited.countDown();
            }
        } catch (Exception failure) {
            failure.printStackTrace();
            Runtime.getRuntime().halt(3);
        }
    }

    private long rounds(long n) throws Exception {
        for (long i = 0; i < n; i++) {
            awaited = new CountDownLatch(conduits.length);
            for (Conduit conduit : conduits) {
                conduit.send();
            }
            awaited.await();
        }
        return n;
    }
}
