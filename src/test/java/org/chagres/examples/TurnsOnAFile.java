package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.chagres.IpcKey;
import org.chagres.memory.Access;
import org.chagres.memory.MappedMemory;
import org.chagres.semaphore.Permit;
import org.chagres.semaphore.ProcessSemaphore;

/**
 * Processes take turns on a mapped file. {@code TurnsOnAFile count FILE TIMES} adds to the number that the file begins
 * with; {@code read FILE} prints it; {@code remove FILE} removes the semaphore, and not the file.
 */
public final class TurnsOnAFile {
    private static final int PROJECT = 1; // of the keys that can be made of one path

    private TurnsOnAFile() {}

    static void count(Path file, int times) throws Exception {
        // @start region="turns"
        try (MappedMemory memory = MappedMemory.openOrCreate(file, 8);
                ProcessSemaphore turn = ProcessSemaphore.openOrCreate(IpcKey.ofPath(file, PROJECT), 1)) {
            MemorySegment segment = memory.segment();
            for (int i = 0; i < times; i++) {
                try (Permit mine = turn.hold()) {
                    long number = segment.get(JAVA_LONG, 0); // nobody changes it before the permit is given back,
                    segment.set(JAVA_LONG, 0, number + mine.permits()); // and whoever is next sees this
                }
            }
        }
        // @end
    }

    static long number(Path file) throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().access(Access.READ_ONLY).open(file)) {
            return memory.segment().get(JAVA_LONG, 0);
        }
    }

    /** The semaphore of a file, made by whoever comes first. */
    static ProcessSemaphore turn(Path file) throws Exception {
        return ProcessSemaphore.openOrCreate(IpcKey.ofPath(file, PROJECT), 1);
    }

    static void remove(Path file) throws Exception {
        try (ProcessSemaphore turn = turn(file)) {
            turn.set().remove();
        }
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println("usage: TurnsOnAFile count|read|remove FILE [TIMES]");
            System.exit(2);
        }
        Path file = Path.of(arguments[1]);
        switch (arguments[0]) {
            case "count" -> count(file, Integer.parseInt(arguments[2]));
            case "read" -> System.out.println(number(file));
            case "remove" -> remove(file);
            default -> throw new IllegalArgumentException("no role " + arguments[0]);
        }
    }
}
