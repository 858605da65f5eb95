package org.chagres.pipe;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** Writes numbered records of PIPE_BUF bytes to a FIFO. Arguments: its name, which writer this is, how many. */
final class FifoRecords {
    static final int BYTE_SIZE = 4096;

    private FifoRecords() {}

    public static void main(String[] arguments) throws Exception {
        int writer = Integer.parseInt(arguments[1]);
        try (PipeSink sink = Fifo.open(Path.of(arguments[0])).openForWriting();
                Arena arena = Arena.ofConfined()) {
            MemorySegment record = arena.allocate(BYTE_SIZE);
            for (int number = 0; number < Integer.parseInt(arguments[2]); number++) {
                fill(record, writer, number);
                if (sink.write(record) != BYTE_SIZE) {
                    throw new AssertionError("a part of a record");
                }
            }
        }
    }

    /** Its writer, its number, and then the writer's letter. */
    static void fill(MemorySegment record, int writer, int number) {
        record.fill((byte) ('A' + writer));
        record.set(JAVA_INT_UNALIGNED, 0, writer);
        record.set(JAVA_INT_UNALIGNED, 4, number);
    }
}
