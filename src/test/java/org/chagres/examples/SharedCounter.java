package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.invoke.VarHandle;
import java.nio.file.attribute.PosixFilePermissions;
import org.chagres.IpcKey;
import org.chagres.memory.Access;
import org.chagres.memory.SharedMemory;

/**
 * Two processes count in one memory. {@code SharedCounter create KEY} makes the counter and removes it once a
 * byte, or the end, comes on its standard input; {@code count KEY TIMES} adds to it; {@code read KEY} looks;
 * {@code hold KEY} stays attached.
 */
public final class SharedCounter {
    private SharedCounter() {}

    // @start region="count"
    private static final VarHandle COUNTER = JAVA_LONG.varHandle();

    static void count(IpcKey key, int times) throws Exception {
        try (SharedMemory memory = SharedMemory.open(key)) {
            for (int i = 0; i < times; i++) {
                COUNTER.getAndAdd(memory.segment(), 0L, 1L); // one atomic instruction, whoever else counts
            }
        }
    }
    // @end

    static void create(IpcKey key) throws Exception {
        // @start region="share"
        try (SharedMemory memory = SharedMemory.create(key, 4096)) {
            memory.segment().set(JAVA_LONG, 0, 42); // any process that opens the key reads 42
            System.out.println("created " + memory);
            System.in.read(); // until it is told to end
            memory.remove(); // the segment outlives its processes otherwise
        }
        // @end
    }

    static long read(IpcKey key) throws Exception {
        // @start region="read-only"
        try (SharedMemory memory =
                SharedMemory.builder().access(Access.READ_ONLY).open(key)) {
            return (long) COUNTER.getAcquire(memory.segment(), 0L);
        }
        // @end
    }

    static SharedMemory createForTheGroup(IpcKey key) throws Exception {
        // @start region="builder"
        return SharedMemory.builder()
                .permissions(PosixFilePermissions.fromString("rw-rw----"))
                .create(key, 4096);
        // @end
    }

    /** Attaches, says so, and stays attached until it is killed. */
    static void hold(IpcKey key) throws Exception {
        try (SharedMemory memory = SharedMemory.open(key)) {
            System.out.println("attached " + memory);
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println("usage: SharedCounter create|count|read|hold KEY [TIMES]");
            System.exit(2);
        }
        IpcKey key = IpcKey.parse(arguments[1]);
        switch (arguments[0]) {
            case "create" -> create(key);
            case "count" -> count(key, Integer.parseInt(arguments[2]));
            case "hold" -> hold(key);
            case "read" -> System.out.println(read(key));
            default -> throw new IllegalArgumentException("no role " + arguments[0]);
        }
    }
}
