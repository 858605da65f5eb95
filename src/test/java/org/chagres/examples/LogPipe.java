package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSink;

/**
 * Many write, one reads: records of a fixed size, small enough that the kernel never mixes those of two writers.
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

    private LogPipe() {}

    // @start region="write"
    static void write(PipeSink sink, int writer, int records) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(RECORD);
            for (int value = 0; value < records; value++) {
                memory.set(JAVA_LONG, 0, System.nanoTime());
                memory.set(JAVA_INT, WRITER, writer);
                memory.set(JAVA_INT, VALUE, value);
                sink.writeFully(memory); // waits while the pipe is full
            }
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }
    // @end

    /**
     * Collects records of virtual threads until the last has ended; answers how many came, in order for each writer.
     */
    public static int collect(int writers, int records) throws Exception {
        int[] next = new int[writers];
        int count = 0;
        // @start region="read"
        try (Pipe pipe = Pipe.create();
                Arena arena = Arena.ofConfined()) {
            List<Thread> threads = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                int number = writer;
                threads.add(Thread.startVirtualThread(() -> write(pipe.sink(), number, records)));
            }
            Thread.startVirtualThread(() -> closeAfter(threads, pipe.sink())); // the reader's end of the data

            MemorySegment memory = arena.allocate(RECORD);
            while (pipe.source().read(memory) > 0) {
                int writer = memory.get(JAVA_INT, WRITER);
                if (memory.get(JAVA_INT, VALUE) == next[writer]) {
                    next[writer]++;
                    count++;
                }
            }
        }
        // @end
        return count;
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
        System.out.println(collect(4, 1000) + " records, none torn, none out of order");
    }
}
