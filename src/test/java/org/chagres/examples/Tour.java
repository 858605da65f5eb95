package org.chagres.examples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.chagres.Errno;
import org.chagres.ErrnoException;

/**
 * A tour of the library, with real second processes: says what it does, does it, and checks that it came out as told.
 * Ends with status 1 if a step did not, and leaves nothing in the kernel. {@code Tour [WORD]}: with a word, only the
 * chapters that have it in their titles.
 */
public final class Tour {
    /**
     * What is to be removed at the end of the chapter, or of the tour, should somebody end it early. Guarded by the
     * class.
     */
    private static final Deque<Removal> REMOVALS = new ArrayDeque<>();

    private static final Set<Errno> GONE = Set.of(Errno.EINVAL, Errno.EIDRM, Errno.ENOENT);

    private static boolean ending; // guarded by the class

    private final String word;
    private int steps;
    private int surprises;

    private Tour(String word) {
        this.word = word;
    }

    /** One mechanism's part of the tour. */
    @FunctionalInterface
    interface Chapter {
        void walk(Tour tour) throws Exception;
    }

    /** Makes something that outlives processes. */
    @FunctionalInterface
    interface Maker<T> {
        T make() throws Exception;
    }

    /** Removes it. */
    @FunctionalInterface
    interface Removal {
        void remove() throws IOException;
    }

    /** Something that may fail. */
    @FunctionalInterface
    interface Attempt {
        void run() throws Exception;
    }

    /** Walks the chapters. */
    public static void main(String[] arguments) {
        Runtime.getRuntime().addShutdownHook(new Thread(Tour::leaveNothing)); // Ctrl-C runs it too
        Tour tour = new Tour(arguments.length == 0 ? "" : arguments[0]);
        tour.chapter("Shared memory: two processes, one memory", new SharedMemoryChapter());
        tour.chapter("Semaphores: two processes take turns", new SemaphoreChapter());
        tour.chapter("Pipes and FIFOs: bytes in order, from writers to readers", new PipeChapter());
        tour.chapter("Descriptors: what is open, and which of it is ready", new DescriptorChapter());
        tour.chapter("Children: programs that are started, and waited for", new ProcessChapter());
        tour.chapter("Mapped memory: files as memory, memory as files", new MappedMemoryChapter());
        tour.chapter("Locks: a file, record by record", new LockChapter());
        tour.chapter("Sockets: two-way, between processes of one machine", new SocketChapter());
        tour.chapter("The Internet: TCP and UDP, here on the loopback", new InetChapter());
        tour.chapter("Urgent data: one byte of a stream, told ahead", new UrgentChapter());
        tour.chapter("Names: services, protocols, networks and hosts", new NamesChapter());
        tour.chapter("Raw sockets: packets of IP, and messages of ICMP", new RawChapter());
        tour.chapter("Signals: a socket tells that it is ready", new SignalChapter());
        System.out.println();
        System.out.println(tour.steps + " steps, " + tour.surprises + " of them not as told.");
        System.exit(tour.surprises == 0 ? 0 : 1);
    }

    private void chapter(String title, Chapter chapter) {
        if (!title.contains(word)) {
            return;
        }
        System.out.println();
        System.out.println("== " + title + " ==");
        try {
            chapter.walk(this);
        } catch (Exception failure) {
            surprises++;
            System.out.println("  !! the chapter ended early:");
            failure.printStackTrace(System.out);
        } finally {
            removeAll();
        }
    }

    /**
     * Makes something in the kernel, and sees to its removal however the tour ends. That it was removed already is as
     * well.
     */
    static <T> T make(Maker<T> maker, Function<T, Removal> removal) throws Exception {
        synchronized (Tour.class) { // Ctrl-C comes before it is made or when its removal is known, not in between
            checkNotEnding();
            T made = maker.make();
            REMOVALS.push(removal.apply(made));
            return made;
        }
    }

    private static void leaveNothing() {
        synchronized (Tour.class) {
            ending = true;
            ProcessHandle.current().children().forEach(child -> {
                child.destroyForcibly();
                child.onExit().join();
            });
            removeAll();
        }
    }

    private static synchronized void removeAll() {
        while (!REMOVALS.isEmpty()) {
            try {
                REMOVALS.pop().remove();
            } catch (IOException failure) {
                if (!(failure instanceof ErrnoException errno && GONE.contains(errno.errno()))) {
                    failure.printStackTrace();
                }
            }
        }
    }

    private static void checkNotEnding() {
        if (ending) {
            throw new CancellationException("the tour was ended");
        }
    }

    /** Says what comes next. */
    void say(String text) {
        System.out.println();
        System.out.println("  " + text);
    }

    /** Shows what was seen, and whether it is what was told. */
    void see(String what, Object seen, Object told) {
        steps++;
        boolean asTold = Objects.equals(seen, told);
        if (!asTold) {
            surprises++;
        }
        System.out.println(
                "    " + (asTold ? "ok  " : "NO  ") + what + ": " + seen + (asTold ? "" : "  (told: " + told + ")"));
    }

    /** What an attempt came to: the error's name or the exception's. */
    static String outcome(Attempt attempt) {
        try {
            attempt.run();
            return "it worked";
        } catch (ErrnoException failure) {
            return failure.errno().toString();
        } catch (Exception failure) {
            return failure.getClass().getSimpleName();
        }
    }

    /** Starts a second JVM with this one's class path. */
    static Process java(Class<?> main, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return start(command);
    }

    /** Starts Python with a program and its arguments. */
    static Process python(String program, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("python3", "-c", program));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return start(command);
    }

    /** Starts a program in the C locale, its words as they are. */
    static synchronized Process start(List<String> command) throws IOException {
        checkNotEnding();
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("LC_ALL", "C");
        return builder.start();
    }

    /** Waits for a process to end; answers what it printed. */
    static String output(Process process) throws IOException, InterruptedException {
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("process " + process.pid() + " did not end");
        }
        return process.exitValue() == 0 ? text.strip() : "status " + process.exitValue() + " " + text.strip();
    }

    static boolean isInstalled(String program) {
        return List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
