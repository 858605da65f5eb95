package org.chagres.process;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.ByteSource;
import org.chagres.testing.Await;
import org.chagres.testing.ThreadKind;

/**
 * What the tests of starting children have in common: what the kernel says of a child, of descriptors and of processes.
 * Needs no library of assertions, as child JVMs have none.
 */
final class TestChildren {
    private static final Linker LINKER = Linker.nativeLinker();

    /** Integers and pointers travel in the same registers, and a callee looks only at those that it declared. */
    private static final FunctionDescriptor SHAPE =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private static final Pattern LISTED = Pattern.compile("(?m) (\\d+) -> (.*)$");

    private TestChildren() {}

    /** Runs something on a thread of a kind to its end. */
    static <T> T on(ThreadKind kind, Callable<T> what) throws Exception {
        return kind.start(what).get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** All that a child writes, if it ends well. */
    static String output(ChildProcessBuilder builder) throws IOException, InterruptedException {
        Completed completed = builder.run();
        if (!completed.termination().isSuccess()) {
            throw new AssertionError(builder + ": " + completed + ", "
                    + new String(completed.error(), StandardCharsets.UTF_8) + completed.text());
        }
        return completed.text();
    }

    /**
     * A child, to be told its descriptors, that lists them into a file. The list is that of the shell, which opens none
     * itself; a shell of its own keeps that of the file, and the colon keeps the first from becoming it.
     */
    static ChildProcessBuilder lister(Path list) {
        return ChildProcess.shell("(exec ls -l /proc/$$/fd > '" + list.toAbsolutePath() + "'); :");
    }

    /** Starts that child, and tells what each number of it refers to, in the kernel's words. */
    static Map<Integer, String> listed(ChildProcessBuilder lister, Path list) throws IOException, InterruptedException {
        try (ChildProcess child = lister.start()) {
            Termination termination = child.await();
            if (!termination.isSuccess()) {
                throw new AssertionError(lister + ": " + termination);
            }
        }
        return LISTED.matcher(Files.readString(list))
                .results()
                .collect(Collectors.toMap(
                        one -> Integer.valueOf(one.group(1)), one -> one.group(2), (a, b) -> a, TreeMap::new));
    }

    /** The number here, as the text of a resource tells it. */
    static int number(Object resource) {
        return Integer.parseInt(resource.toString().replaceFirst("(?s).*fd=(\\d+).*", "$1"));
    }

    /** What a number here refers to, in the kernel's words; empty if it is not open. */
    static String target(int number) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number)).toString();
        } catch (IOException none) {
            return "";
        }
    }

    /** Opens nothing itself. */
    static boolean isOpen(int number) {
        return Files.exists(Path.of("/proc/self/fd/" + number), LinkOption.NOFOLLOW_LINKS);
    }

    /** Descriptors as careless code opens them: without close-on-exec. */
    static final class Careless implements AutoCloseable {
        private final List<Integer> numbers = new ArrayList<>();

        Careless(int count) {
            try (Arena arena = Arena.ofConfined()) {
                long path = arena.allocateFrom("/dev/null").address();
                for (int i = 0; i < count; i++) {
                    numbers.add(call("open", path, 0, 0));
                }
            }
            if (numbers.stream().anyMatch(number -> number < 0)) {
                close();
                throw new AssertionError("not so many: " + numbers);
            }
        }

        int count() {
            return numbers.size();
        }

        @Override
        public void close() {
            numbers.stream().filter(number -> number >= 0).forEach(TestChildren::closeNumber);
        }
    }

    static void closeNumber(int number) {
        call("close", number, 0, 0);
    }

    private static int call(String function, long a, long b, long c) {
        MemorySegment symbol = LINKER.defaultLookup().find(function).orElseThrow();
        try {
            return (int) (long) LINKER.downcallHandle(symbol, SHAPE).invokeExact(a, b, c, 0L);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** The processes that this one started and has not waited for, dead or alive. */
    static List<Integer> children() {
        int self = (int) ProcessHandle.current().pid();
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.matches("\\d+"))
                    .map(Integer::valueOf)
                    .filter(pid -> stat(pid).parent() == self)
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Some columns of {@code /proc/PID/stat}; all 0 of a process that is gone. */
    record Stat(int parent, int group, int session) {}

    static Stat stat(int pid) {
        try {
            String line = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            String[] columns = line.substring(line.lastIndexOf(')') + 2).split(" ");
            return new Stat(Integer.parseInt(columns[1]), Integer.parseInt(columns[2]), Integer.parseInt(columns[3]));
        } catch (IOException gone) {
            return new Stat(0, 0, 0);
        }
    }

    static Stat ownStat() {
        return stat((int) ProcessHandle.current().pid());
    }

    /** The masks of {@code /proc/PID/status} of which the names begin with {@code Sig}, without what is pending. */
    static Map<String, String> signalMasks(String status) {
        return Pattern.compile("(?m)^(Sig(?:Blk|Ign|Cgt)):\\s*(\\w+)$")
                .matcher(status)
                .results()
                .collect(Collectors.toMap(one -> one.group(1), (MatchResult one) -> one.group(2)));
    }

    /** All up to the end of the data. */
    static String readAll(ByteSource source) throws IOException {
        return new String(source.inputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** A file that its owner may execute. */
    static Path program(Path file, String text) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
