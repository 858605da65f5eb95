package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import org.chagres.Descriptor;
import org.chagres.memory.Access;
import org.chagres.memory.Advice;
import org.chagres.memory.MappedMemory;

/**
 * Counts the lines of a large file in two ways, by mapping and by reading. {@code LineCount FILE} prints the number and
 * how long each took; the second to come finds the file in memory.
 */
public final class LineCount {
    private static final int BUFFER = 1 << 16;

    private LineCount() {}

    static long byMapping(Descriptor file) throws IOException {
        if (file.byteSize() == 0) {
            return 0; // there is nothing to map
        }
        // @start region="map"
        // For files that nobody makes shorter meanwhile: touching what is gone ends the JVM.
        try (MappedMemory memory =
                MappedMemory.builder().access(Access.READ_ONLY).map(file)) {
            memory.advise(Advice.SEQUENTIAL); // read ahead, and early
            return lines(memory.segment());
        }
        // @end
    }

    static long byReading(Descriptor file) throws Exception {
        // @start region="read"
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(BUFFER);
            long lines = 0;
            long offset = 0;
            long count = file.readAt(buffer, offset);
            while (count > 0) {
                lines += lines(buffer.asSlice(0, count));
                offset += count;
                count = file.readAt(buffer, offset);
            }
            return lines;
        }
        // @end
    }

    private static long lines(MemorySegment bytes) {
        long lines = 0;
        for (long i = 0; i < bytes.byteSize(); i++) {
            if (bytes.get(JAVA_BYTE, i) == '\n') {
                lines++;
            }
        }
        return lines;
    }

    /** Counts in both ways. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 1) {
            System.err.println("usage: LineCount FILE");
            System.exit(2);
        }
        try (Descriptor file = Descriptor.open(Path.of(arguments[0]), READ)) {
            long begin = System.nanoTime();
            long mapped = byMapping(file);
            long between = System.nanoTime();
            long read = byReading(file);
            long end = System.nanoTime();
            System.out.println(mapped + " lines by mapping, in " + Duration.ofNanos(between - begin));
            System.out.println(read + " lines by reading, in " + Duration.ofNanos(end - between));
        }
    }
}
