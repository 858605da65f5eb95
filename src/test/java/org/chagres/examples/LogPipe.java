package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSink;

/**
 * Producers and a consumer, with a bound: threads write records of a fixed size into a pipe, small enough that the
 * kernel never mixes those of two writers, and one reads them. Who gets too far ahead waits.
 *
 * <pre>
 *    0         8         12      16
 *    +---------+---------+-------+
 *    | nanos   | writer  | value |   one record
 *    +---------+---------+-------+
 * </pre>
 */
public final class LogPipe {
    private static final MemoryLayout RECORD = MemoryLayout.structLayout(
            JAVA_LONG.withName("nanos"), JAVA_INT.withName("writer"), JAVA_INT.withName("value"));
    private static final long WRITER = 8;
    private static final long VALUE = 12;
    private static final int BOUND = 8192;

    private final AtomicLong written = new AtomicLong();
    private final AtomicLong read = new AtomicLong();
    private final AtomicLong mostAhead = new AtomicLong();

    private LogPipe() {}

    /**
     * How it came out.
     *
     * @param inOrder how many records came whole, and in the order of their writer
     * @param mostAhead how many were written and not yet read, at most
     * @param room how many fit into the pipe
     */
    public record Totals(long inOrder, long mostAhead, long room) {}

    // @start region="write"
    private void write(PipeSink sink, int writer, int records) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(RECORD);
            for (int value = 0; value < records; value++) {
                memory.set(JAVA_LONG, 0, System.nanoTime());
                memory.set(JAVA_INT, WRITER, writer);
                memory.set(JAVA_INT, VALUE, value);
                sink.writeFully(memory); // waits while the pipe is full
                count();
            }
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }
    // @end

    private void count() {
        long ahead = written.incrementAndGet() - read.get();
        mostAhead.accumulateAndGet(ahead, Math::max);
    }

    /** Reads the records of virtual threads until the last has ended. */
    public static Totals run(int writers, int records) throws Exception {
        return new LogPipe().collect(writers, records);
    }

    private Totals collect(int writers, int records) throws Exception {
        int[] next = new int[writers];
        int inOrder = 0;
        long room;
        // @start region="read"
        try (Pipe pipe = Pipe.create();
                Arena arena = Arena.ofConfined()) {
            room = pipe.sink().setCapacity(BOUND) / RECORD.byteSize(); // so far can writers be ahead, all together
            List<Thread> threads = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                int number = writer;
                threads.add(Thread.startVirtualThread(() -> write(pipe.sink(), number, records)));
            }
            Thread.startVirtualThread(() -> closeAfter(threads, pipe.sink())); // the reader's end of the data

            MemorySegment memory = arena.allocate(RECORD);
            while (pipe.source().read(memory) > 0) {
                read.incrementAndGet();
                int writer = memory.get(JAVA_INT, WRITER);
                if (memory.get(JAVA_INT, VALUE) == next[writer]) {
                    next[writer]++;
                    inOrder++;
                }
            }
        }
        // @end
        return new Totals(inOrder, mostAhead.get(), room);
    }

    private static void closeAfter(List<Thread> threads, PipeSink sink) {
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException unexpected) {
            throw new IllegalStateException(unexpected);
        } finally {
            sink.close();
        }
    }

    /** Runs it. */
    public static void main(String[] arguments) throws Exception {
        System.out.println(run(4, 1000));
    }
}
