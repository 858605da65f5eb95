package org.chagres.process;

import static org.chagres.process.TestChildren.*;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.testing.ThreadKind;

/** What the tests of starting children run in JVMs of their own: other locales, signals, limits. */
final class ChildPrograms {
    /** One letter that is not in ASCII. */
    static final String LETTER = "\u00e9";

    private ChildPrograms() {}

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static String refusal(Callable<?> call) throws Exception {
        try {
            return "no refusal but " + call.call();
        } catch (IllegalArgumentException refused) {
            return refused.getClass().getSimpleName() + ": " + refused.getMessage();
        } catch (ErrnoException refused) {
            return refused.call() + " " + refused.errno();
        }
    }

    /**
     * Gives a letter to a child in each place where there is text. The variable X has the bytes c3 a9 in whatever
     * locale. Argument: a folder.
     */
    static final class Texts {
        public static void main(String[] arguments) throws Exception {
            ChildProcessBuilder shell = ChildProcess.shell("printf %s \"$X\"");
            System.out.println("inherited: " + hex(shell.run().output()));
            System.out.println("inherited beside another: "
                    + attempt(() -> hex(ChildProcess.shell("printf %s \"$X$Y\"")
                            .variable("Y", "y")
                            .run()
                            .output())));
            System.out.println("argument: "
                    + attempt(() -> hex(
                            ChildProcess.command("printf", "%s", LETTER).run().output())));
            System.out.println("variable: "
                    + attempt(() -> hex(ChildProcess.shell("printf %s \"$Y\"")
                            .variable("Y", LETTER)
                            .run()
                            .output())));
            System.out.println("program: "
                    + attempt(() -> ChildProcess.command("./" + LETTER)
                            .directory(Path.of(arguments[0]))
                            .run()
                            .text()));
            System.out.println("beyond a directory: "
                    + attempt(
                            () -> ChildProcess.command("printf", "found").run().text()));
        }

        private static String attempt(Callable<?> call) throws Exception {
            try {
                return String.valueOf(call.call());
            } catch (IllegalArgumentException refused) {
                return "refused: " + refused.getMessage();
            } catch (ErrnoException refused) {
                return refused.call() + " " + refused.errno();
            }
        }
    }

    /** The masks of signals of this process and of children, a line each. */
    static final class Signals {
        public static void main(String[] arguments) throws Exception {
            System.out.println(
                    "here: " + new TreeMap<>(signalMasks(Files.readString(Path.of("/proc/thread-self/status")))));
            for (ThreadKind kind : ThreadKind.values()) {
                System.out.println(kind + ": "
                        + on(
                                kind,
                                () -> new TreeMap<>(
                                        signalMasks(output(ChildProcess.command("cat", "/proc/self/status"))))));
            }
        }
    }

    /** Starts children where numbers for descriptors are few. Arguments: how many this process may have, a folder. */
    static final class Scarce {
        public static void main(String[] arguments) throws Exception {
            int limit = Integer.parseInt(arguments[0]);
            Path folder = Path.of(arguments[1]);
            Path list = folder.resolve("list");
            Path path = Files.createFile(folder.resolve("file"));
            try (Descriptor file = Descriptor.open(path);
                    Descriptor last = file.duplicateOnto(limit - 1)) {
                loadTheLibrary();
                output(ChildProcess.shell("exit 0"));
                System.out.println("0: "
                        + refusal(() -> ChildProcess.command(path.toString()).start()));
                children();

                Map<Integer, String> seen = seen(lister(list).descriptor(limit - 1, Redirect.share(last)), list);
                System.out.println("the last onto itself: " + seen.get(limit - 1));
                seen = seen(
                        lister(list)
                                .descriptor(limit - 1, Redirect.share(file))
                                .descriptor(number(file), Redirect.share(last)),
                        list);
                System.out.println("the last with another: " + seen.size());
                System.out.println("beyond the last: "
                        + refusal(() -> ChildProcess.shell(":")
                                .descriptor(limit, Redirect.share(file))
                                .start()));
                System.out.println("far beyond: "
                        + refusal(() -> ChildProcess.shell(":")
                                .descriptor(Integer.MAX_VALUE, Redirect.share(file))
                                .start()));

                Deque<Descriptor> taken = new ArrayDeque<>();
                try {
                    System.out.println("until: "
                            + refusal(() -> {
                                while (true) {
                                    taken.add(file.duplicate());
                                }
                            }));
                    ChildProcessBuilder plain = ChildProcess.command("/bin/sleep", "1000");
                    ChildProcessBuilder piped =
                            ChildProcess.command("/bin/sleep", "1000").input(Redirect.pipe());
                    System.out.println("none free: " + refusal(plain::start) + ", " + refusal(piped::start));
                    taken.removeLast().close();
                    System.out.println("one free: " + refusal(piped::start));
                    taken.removeLast().close();
                    System.out.println("two free: " + refusal(piped::start));
                    taken.removeLast().close();
                    try (ChildProcess child = piped.start()) {
                        child.signal(Signal.SIGKILL);
                        System.out.println("three free: " + child.await());
                    }
                } finally {
                    taken.forEach(Descriptor::close);
                }
                System.out.println("children: " + children().size());
            }
        }

        /** Class files take numbers: before they are scarce. */
        private static void loadTheLibrary() throws Exception {
            Path root = Path.of(System.getProperty("java.class.path").split(":")[0]);
            try (Stream<Path> files = Files.walk(root.resolve("org"))) {
                for (Path file : files.toList()) {
                    String name = root.relativize(file).toString();
                    if (name.endsWith(".class") && !name.endsWith("-info.class")) {
                        Class.forName(
                                name.replace(".class", "").replace('/', '.'),
                                false,
                                ChildPrograms.class.getClassLoader());
                    }
                }
            }
        }

        private static Map<Integer, String> seen(ChildProcessBuilder lister, Path list) throws Exception {
            try {
                return listed(lister, list);
            } catch (ErrnoException refused) {
                return Map.of(-1, refused.toString());
            }
        }
    }

    /** Starts a child where a standard stream was closed. Argument: a file. */
    static final class Closed {
        public static void main(String[] arguments) throws IOException, InterruptedException {
            Path list = Path.of(arguments[0]);
            System.out.println("before: " + seen(list)); // class files take numbers: before there is one to take
            closeNumber(0);
            System.out.println("after: " + seen(list));
        }

        private static Set<Integer> seen(Path list) throws IOException, InterruptedException {
            try (Descriptor file = Descriptor.open(list, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
                return listed(lister(list).descriptor(7, Redirect.share(file)).descriptor(8, Redirect.pipe()), list)
                        .keySet();
            }
        }
    }
}
