package org.chagres;

import static org.chagres.TestDescriptors.*;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.chagres.pipe.Fifo;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSource;
import org.chagres.readiness.Epoll;
import org.chagres.readiness.EventCounter;
import org.chagres.testing.Garbage;
import org.chagres.testing.ThreadKind;

/** What the tests of descriptors run in processes of their own. */
final class DescriptorPrograms {
    private DescriptorPrograms() {}

    /** Creates a file with permissions. */
    static final class Create {
        public static void main(String[] arguments) throws IOException {
            Descriptor.open(
                            Path.of(arguments[0]),
                            PosixFilePermissions.fromString(arguments[1]),
                            StandardOpenOption.WRITE,
                            StandardOpenOption.CREATE_NEW)
                    .close();
        }
    }

    /** Opens what it is told, a line each: a path and options. */
    static final class Open {
        public static void main(String[] arguments) throws IOException {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] words = line.split(" ");
                OpenOption[] options = Arrays.stream(words)
                        .skip(1)
                        .map(StandardOpenOption::valueOf)
                        .toArray(OpenOption[]::new);
                try (Descriptor descriptor = Descriptor.open(Path.of(words[0]), options)) {
                    System.out.println(descriptor.isOpen());
                } catch (ErrnoException refused) {
                    System.out.println(refused.errno());
                }
            }
        }
    }

    /** Opens a terminal, and tells which one the process belongs to: field 7 of {@code proc(5)}. */
    static final class Terminal {
        public static void main(String[] arguments) throws IOException {
            try (Descriptor master =
                            Descriptor.open(Path.of("/dev/ptmx"), StandardOpenOption.READ, StandardOpenOption.WRITE);
                    Descriptor terminal = terminalOf(master)) {
                System.out.println(target(terminal).replaceFirst("/\\d+$", ""));
                String stat = Files.readString(Path.of("/proc/self/stat"));
                System.out.println(
                        "terminal: " + stat.substring(stat.lastIndexOf(')') + 2).split(" ")[4]);
            }
        }
    }

    /** The other side of a {@code /dev/ptmx}. */
    static Descriptor terminalOf(Descriptor master) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(64);
            call("unlockpt", number(master));
            call("ptsname_r", number(master), name.address(), name.byteSize());
            return Descriptor.open(Path.of(name.getString(0)), StandardOpenOption.READ, StandardOpenOption.WRITE);
        }
    }

    /** Sets the status flags of one of its standard streams, by number: those named, and no others. */
    static final class SetFlags {
        public static void main(String[] arguments) throws IOException {
            Set<StatusFlag> flags = EnumSet.noneOf(StatusFlag.class);
            for (String name : List.of(arguments).subList(1, arguments.length)) {
                flags.add(StatusFlag.valueOf(name));
            }
            try (Descriptor descriptor = Descriptor.duplicateOf(Integer.parseInt(arguments[0]))) {
                descriptor.setStatusFlags(flags);
            }
        }
    }

    /** Would not have reading a file be noticed. */
    static final class NoAccessTime {
        public static void main(String[] arguments) throws IOException {
            try (Descriptor descriptor = Descriptor.open(Path.of(arguments[0]))) {
                descriptor.setStatusFlags(Set.of(StatusFlag.NO_ACCESS_TIME));
                System.out.println("set");
            } catch (ErrnoException refused) {
                System.out.println(refused.errno());
            }
        }
    }

    /**
     * Opens everything that this library can open, uses it on both kinds of threads, and tells which numbers are not
     * close-on-exec, and which of them a program sees that is started by fork and exec alone: the JDK's own way closes
     * everything first. Argument: an empty folder.
     */
    static final class Everything {
        /** What a shell has open that opens nothing itself; the semicolon keeps it from becoming the other program. */
        private static final String LIST = "exec > '%s'; ls /proc/$$/fd; :";

        private static Path folder;

        public static void main(String[] arguments) throws Exception {
            folder = Path.of(arguments[0]);
            Set<Integer> before = inheritable();
            List<String> seenBefore = seenByAChild();

            int foreign = callWithText("open", "/dev/null", 0);
            System.out.println("of other code: " + isCloseOnExec(foreign) + " "
                    + seenByAChild().contains(Integer.toString(foreign)));
            Descriptor adopted = Descriptor.adopt(foreign);
            System.out.println(
                    "adopted: " + isCloseOnExec(foreign) + " " + seenByAChild().contains(Integer.toString(foreign)));

            Fifo fifo = Fifo.create(folder.resolve("fifo"));
            Descriptor file =
                    Descriptor.open(folder.resolve("file"), StandardOpenOption.WRITE, StandardOpenOption.CREATE);
            Pipe pipe = Pipe.create();
            Pipe packets = Pipe.createWithPackets();
            PipeSource source = fifo.openForReadingNow();
            Epoll epoll = Epoll.create();
            List<AutoCloseable> all = List.of(
                    adopted,
                    file,
                    pipe,
                    packets,
                    source,
                    epoll,
                    file.duplicate(),
                    Descriptor.duplicateOf(0),
                    file.duplicateOnto(100),
                    fifo.openForWriting(),
                    fifo.openForBoth(),
                    EventCounter.create(),
                    EventCounter.createSemaphore(0),
                    file.redirect(StandardStream.INPUT));
            try {
                epoll.add(pipe.source(), Set.of(Readiness.READABLE));
                for (ThreadKind kind : ThreadKind.values()) {
                    Running.run(kind, () -> waitABit(pipe.source()));
                    Running.run(kind, () -> waitABit(packets.source()));
                    Running.run(kind, () -> waitABit(source));
                    Running.run(kind, () -> packets.sink().write(text("x")));
                    Running.run(kind, () -> read(packets.source()));
                    Running.run(kind, () -> epoll.tryAwait(Duration.ofMillis(1)));
                }
                System.out.println("twins: " + (count(target(packets.source())) - 2));
                Set<Integer> since = inheritable();
                since.removeAll(before);
                System.out.println("inheritable: " + since);
                List<String> seen = new ArrayList<>(seenByAChild());
                seen.removeAll(seenBefore);
                System.out.println("seen by a child: " + seen);
                System.out.println("seen by a child of the JDK's: " + seenByAChildOfTheJdk());
            } finally {
                fifo.remove();
                for (AutoCloseable each : all) {
                    each.close();
                }
            }
        }

        private static long waitABit(ByteSource source) throws Exception {
            return source.tryRead(MemorySegment.ofArray(new byte[1]), Duration.ofMillis(1));
        }

        /** From 3 on. */
        private static Set<Integer> inheritable() {
            Set<Integer> numbers = new TreeSet<>();
            IntStream.range(3, 1024)
                    .filter(number -> isOpen(number) && !isCloseOnExec(number))
                    .forEach(numbers::add);
            return numbers;
        }

        private static List<String> seenByAChild() throws IOException {
            Path list = folder.resolve("list");
            callWithText("system", LIST.formatted(list));
            return lines(list);
        }

        private static List<String> seenByAChildOfTheJdk() throws Exception {
            Path list = folder.resolve("list");
            new ProcessBuilder("sh", "-c", LIST.formatted(list))
                    .inheritIO()
                    .start()
                    .waitFor();
            return lines(list);
        }
    }

    /** Takes numbers until there are none left. Few are allowed to this process. Argument: how many, and a file. */
    static final class Scarce {
        public static void main(String[] arguments) throws Exception {
            int limit = Integer.parseInt(arguments[0]);
            Path path = Path.of(arguments[1]);
            // Class files take numbers: before they are scarce.
            refusal(() -> Descriptor.duplicateOf(-1));
            Descriptor file = Descriptor.open(path);
            file.duplicateOnto(limit - 1).close();
            file.redirect(StandardStream.INPUT).close();
            refusal(() -> file.duplicateOnto(limit));
            isOpen(0);
            int before = open(limit);

            Deque<Descriptor> taken = new ArrayDeque<>();
            System.out.println("until: "
                    + refusal(() -> {
                        while (true) {
                            taken.add(file.duplicate());
                        }
                    }));
            System.out.println("free: " + (limit - open(limit)));
            System.out.println("duplicate: " + refusal(file::duplicate));
            System.out.println("duplicateOf: " + refusal(() -> Descriptor.duplicateOf(0)));
            System.out.println("open: " + refusal(() -> Descriptor.open(path)));
            System.out.println("redirect: " + refusal(() -> file.redirect(StandardStream.INPUT)));
            System.out.println("onto the limit: " + refusal(() -> file.duplicateOnto(limit)));
            taken.removeLast().release(); // it was the last number, as all below it are taken
            System.out.println("onto the last: " + refusal(() -> taken.add(file.duplicateOnto(limit - 1))));
            System.out.println("free: " + (limit - open(limit)));
            taken.forEach(Descriptor::close);
            System.out.println("given back: " + (open(limit) - before));
            System.out.println("position: " + file.position());
            file.close();
        }

        /** Listing them would take one. */
        private static int open(int limit) {
            return (int)
                    IntStream.range(0, limit).filter(TestDescriptors::isOpen).count();
        }

        private interface Call {
            void run() throws Exception;
        }

        private static String refusal(Call call) throws Exception {
            try {
                call.run();
                return "done";
            } catch (ErrnoException refused) {
                return refused.call() + " " + refused.errno();
            }
        }
    }

    /** Forgets descriptors, one after the other: when the second is gone, all has been said of the first. */
    static final class Forgetful {
        public static void main(String[] arguments) throws Exception {
            for (int time = 0; time < 2; time++) {
                int number = forget(Path.of(arguments[0]));
                Garbage.collectUntil(() -> !isOpen(number));
            }
        }

        private static int forget(Path path) throws IOException {
            return number(Descriptor.open(path));
        }
    }
}
