package org.chagres.pipe;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.chagres.ErrnoException;
import org.chagres.testing.Await;

/**
 * Makes pipes and uses them where no, one or two numbers are free for descriptors. Tells what was seen, a line each.
 * Argument: how many this process may have.
 */
final class PipeScarcity {
    private static final int CAPACITY = 1 << 16;

    private final int limit;
    private final Deque<Pipe> others = new ArrayDeque<>();

    private PipeScarcity(int limit) {
        this.limit = limit;
    }

    public static void main(String[] arguments) throws Exception {
        loadTheLibrary();
        new PipeScarcity(Integer.parseInt(arguments[0])).run();
    }

    /** Class files take numbers: before they are scarce. */
    private static void loadTheLibrary() throws Exception {
        Path root = Path.of(System.getProperty("java.class.path").split(":")[0]);
        try (Stream<Path> files = Files.walk(root.resolve("org"))) {
            for (Path file : files.toList()) {
                String name = root.relativize(file).toString();
                if (name.endsWith(".class") && !name.endsWith("-info.class")) {
                    Class.forName(
                            name.replace(".class", "").replace('/', '.'), false, PipeScarcity.class.getClassLoader());
                }
            }
        }
        try (Pipe pipe = Pipe.create()) {
            TestPipes.name(pipe.source());
            Await.until(() -> true);
        }
    }

    private void run() throws Exception {
        Pipe read = Pipe.create();
        Pipe written = Pipe.create();
        written.sink().writeFully(MemorySegment.ofArray(new byte[CAPACITY]));
        InputStream odd = free() % 2 == 0 ? InputStream.nullInputStream() : new FileInputStream("/dev/null");
        int before = free();
        while (make().equals("made")) {}

        // Both ends of a pipe, or none.
        System.out.println("0 free: " + make() + ", then " + free());
        others.getFirst().source().close();
        System.out.println("1 free: " + make() + ", then " + free());
        others.getFirst().sink().close();
        System.out.println("2 free: " + make() + ", then " + free());

        // What a virtual thread would like to open.
        System.out.println(transfers(read, written));
        others.forEach(Pipe::close);
        System.out.println(transfers(read, written));
        System.out.println("taken since: " + (before - free()));
        read.close();
        written.close();
        System.out.println("given back: " + (free() - before));
        odd.close();
    }

    private String make() {
        try {
            others.add(Pipe.create());
            return "made";
        } catch (ErrnoException refused) {
            return refused.errno().toString();
        }
    }

    /** How many numbers are free. Listing them would take one. */
    private int free() {
        return (int) IntStream.range(0, limit)
                .filter(number -> Files.notExists(Path.of("/proc/self/fd/" + number), LinkOption.NOFOLLOW_LINKS))
                .count();
    }

    private int descriptors(Pipe pipe) {
        String name = TestPipes.name(pipe.source());
        return (int) IntStream.range(0, limit)
                .filter(number -> {
                    try {
                        return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number))
                                .toString()
                                .equals(name);
                    } catch (IOException none) {
                        return false;
                    }
                })
                .count();
    }

    /** Virtual threads that wait for bytes and for room, and get them. */
    private String transfers(Pipe read, Pipe written) throws Exception {
        FutureTask<Long> reader = new FutureTask<>(() -> read.source().read(MemorySegment.ofArray(new byte[8])));
        FutureTask<Long> writer = new FutureTask<>(() -> written.sink().write(MemorySegment.ofArray(new byte[9])));
        String where = waits(Thread.startVirtualThread(reader)) + " and " + waits(Thread.startVirtualThread(writer));
        read.sink().write(MemorySegment.ofArray(new byte[7]));
        written.source().readFully(MemorySegment.ofArray(new byte[CAPACITY]));
        String moved = "read " + reader.get() + ", wrote " + writer.get();
        // No room again.
        written.sink().writeFully(MemorySegment.ofArray(new byte[CAPACITY - 9]));
        return where + " wait: " + moved + ", with " + descriptors(read) + " and " + descriptors(written)
                + " descriptors";
    }

    /** Where a virtual thread waits, once it does. */
    private static String waits(Thread thread) {
        String[] where = {""};
        Await.until(() -> {
            String stack = Arrays.toString(thread.getStackTrace());
            where[0] = stack.contains("Lines") ? "helper" : stack.contains("Poller") ? "poller" : "";
            return thread.getState() == Thread.State.WAITING && !where[0].isEmpty();
        });
        return where[0];
    }
}
