package org.chagres.pipe;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.testing.Kernel;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;

/** What {@link PipeProcessesTest} runs in processes that are allowed less. */
final class PipeLimits {
    private PipeLimits() {}

    /** Makes pipes until there is no number left. Few are allowed to this process. */
    static final class Descriptors {
        public static void main(String[] arguments) throws Exception {
            loadEverything();
            Pipe.create().close();
            int before = Kernel.descriptors().size();
            Deque<Pipe> pipes = new ArrayDeque<>();
            System.out.println(fill(pipes).errno());
            pipes.removeLast().close(); // the listing takes a number too
            System.out.println((Kernel.descriptors().size() - before) + " for " + pipes.size());
            pipes.forEach(Pipe::close);
            System.out.println((Kernel.descriptors().size() - before) + " left");
        }
    }

    /**
     * A virtual thread waits where as many numbers are free as the argument says, and another one when all are free.
     */
    static final class VirtualThread {
        public static void main(String[] arguments) throws Exception {
            loadEverything();
            try (Pipe loading = Pipe.create()) { // what is used with no number left, as the class path needs one
                TestPipes.write(loading, "x");
                TestPipes.read(loading);
            }
            try (Pipe first = Pipe.create();
                    Pipe second = Pipe.create()) {
                Deque<Pipe> pipes = new ArrayDeque<>();
                fill(pipes);
                Deque<PipeSource> sources = new ArrayDeque<>();
                pipes.forEach(pipe -> {
                    sources.add(pipe.source());
                    pipe.sink().close();
                });
                fill(pipes);
                for (int free = Integer.parseInt(arguments[0]); free > 0; free--) {
                    sources.removeLast().close();
                }
                System.out.println(readOnAVirtualThread(first));
                pipes.forEach(Pipe::close);
                System.out.println(readOnAVirtualThread(second));
            }
        }

        private static String readOnAVirtualThread(Pipe pipe) throws Exception {
            FutureTask<String> reader = new FutureTask<>(() -> TestPipes.read(pipe));
            Thread thread = Thread.startVirtualThread(reader);
            while (!reader.isDone() && thread.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            TestPipes.write(pipe, "read");
            return reader.get();
        }
    }

    /** Asks for more capacity than an ordinary user may have. */
    static final class Capacity {
        public static void main(String[] arguments) throws IOException {
            int most = Integer.parseInt(arguments[0]);
            try (Pipe pipe = Pipe.create()) {
                System.out.println(pipe.sink().setCapacity(most));
                try {
                    System.out.println(pipe.sink().setCapacity(most + 1));
                } catch (ErrnoException refused) {
                    System.out.println(refused.getMessage().replace(pipe.sink().toString(), "the pipe"));
                }
                System.out.println(pipe.sink().capacity());
            }
        }
    }

    /** From folders, which takes numbers: before they are scarce. */
    private static void loadEverything() throws Exception {
        for (String folder : System.getProperty("java.class.path").split(":")) {
            Path root = Path.of(folder);
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.toList()) {
                    String name = root.relativize(file).toString();
                    if (name.matches(
                                    "org/chagres/([A-Z]|internal/(generated|resource|syscall|view)/|pipe/|testing/Kernel).*\\.class")
                            && !name.contains("Test.class")) {
                        load(name.replace(".class", "").replace('/', '.'));
                    }
                }
            }
        }
    }

    private static void load(String name) throws ClassNotFoundException {
        try {
            Class.forName(name, false, PipeLimits.class.getClassLoader());
        } catch (NoClassDefFoundError ofATest) {
            // It needs a library that is not here, and is not needed itself.
        }
    }

    /** Interrupts and closes writers of more than fits; some of it is written by then. */
    static final class LongWrites {
        private static final int CAPACITY = 4096;

        public static void main(String[] arguments) throws Exception {
            System.out.println(endOfAWrite((pipe, writer) -> writer.interrupt()));
            System.out.println(endOfAWrite((pipe, writer) -> pipe.sink().close()));
        }

        private static String endOfAWrite(BiConsumer<Pipe, Thread> ending) throws Exception {
            try (Pipe pipe = Pipe.create()) {
                pipe.sink().setCapacity(CAPACITY);
                FutureTask<String> write = new FutureTask<>(() -> {
                    try {
                        pipe.sink().writeFully(MemorySegment.ofArray(new byte[2 * CAPACITY]));
                        return "written";
                    } catch (IOException failure) {
                        return failure.getClass().getSimpleName();
                    }
                });
                Thread writer = Thread.ofPlatform().daemon().start(write);
                while (pipe.source().available() < CAPACITY) {
                    Thread.onSpinWait();
                }
                ending.accept(pipe, writer);
                return write.get(20, TimeUnit.SECONDS);
            }
        }
    }

    /** Fills up with pipes; answers why it came to an end. */
    private static ErrnoException fill(Deque<Pipe> pipes) {
        try {
            while (true) {
                pipes.add(Pipe.create());
            }
        } catch (ErrnoException full) {
            return full;
        }
    }

    /** Writes more than fits on a thread of a kind, and says when that waits: {@code Filler PATH KIND}. */
    static final class Filler {
        public static void main(String[] arguments) throws Exception {
            ThreadKind kind = ThreadKind.valueOf(arguments[1]);
            try (PipeSink sink = PipeSink.of(Descriptor.open(Path.of(arguments[0]), StandardOpenOption.WRITE))) {
                Waiting<?> writing = Waiting.startAndAwait(kind, () -> {
                    sink.writeFully(Waiting.memory(1 << 20));
                    return null;
                });
                System.out.println("waits");
                writing.get(); // does not come
            }
        }
    }
}
