package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.chagres.IpcKey;
import org.chagres.memory.SharedMemory;

/**
 * {@code PriceTable KEY}: one of the processes that start at the same time makes the table, and all of them use it.
 * Prints whether this was the one, and a price.
 */
public final class PriceTable {
    private static final int ENTRIES = 1000;
    private static final VarHandle READY = JAVA_INT.varHandle(); // at 0; the prices follow

    private PriceTable() {}

    // @start region="first-one-fills"
    static int price(IpcKey key, int entry) throws Exception {
        try (SharedMemory memory = SharedMemory.openOrCreate(key, 4 * (1 + ENTRIES))) {
            if (memory.created()) {
                fill(memory.segment());
                READY.setRelease(memory.segment(), 0L, 1); // last: whoever sees 1 sees the prices
            } else {
                awaitReady(memory.segment(), Duration.ofSeconds(10)); // the creator may have died half-way
            }
            return memory.segment().getAtIndex(JAVA_INT, 1 + entry);
        }
    }
    // @end

    private static void fill(MemorySegment segment) {
        for (int entry = 0; entry < ENTRIES; entry++) {
            segment.setAtIndex(JAVA_INT, 1 + entry, 100 + entry);
        }
    }

    private static void awaitReady(MemorySegment segment, Duration patience) throws TimeoutException {
        long deadline = System.nanoTime() + patience.toNanos();
        while ((int) READY.getAcquire(segment, 0L) == 0) {
            if (System.nanoTime() - deadline > 0) {
                throw new TimeoutException("nobody filled the table within " + patience);
            }
            Thread.onSpinWait();
        }
    }

    /** Prints one price. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 1) {
            System.err.println("usage: PriceTable KEY");
            System.exit(2);
        }
        System.out.println(price(IpcKey.parse(arguments[0]), 7));
    }
}
