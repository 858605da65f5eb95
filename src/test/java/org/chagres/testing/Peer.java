package org.chagres.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A second process that the test talks with, line by line: a JVM, or any program. It is ended, by its pid, when the
 * test is.
 */
public final class Peer implements AutoCloseable {
    private static final long PATIENCE_SECONDS = Patience.of(60);

    private final Process process;
    private final BufferedReader out;
    private final Writer in;

    private final Optional<Path> ownClasses;

    private Peer(List<String> command) {
        this(command, Optional.empty());
    }

    private Peer(List<String> command, Optional<Path> ownClasses) {
        this.ownClasses = ownClasses;
        try {
            this.process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        Children.add(process);
        this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        this.in = process.outputWriter(StandardCharsets.UTF_8);
    }

    public static Peer start(List<String> command) {
        return new Peer(command);
    }

    /** A second JVM with this one's class path, in which the library may call the kernel. */
    public static Peer java(Class<?> main, Object... arguments) {
        return new Peer(javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), main, arguments));
    }

    /**
     * A second JVM that another program starts by becoming it, such as {@code setpriv} or {@code unshare}. Skips the
     * test where that program is not installed or not permitted. The JVM gets a copy of the classes that any user may
     * read.
     */
    public static Peer javaUnder(List<String> starter, Class<?> main, Object... arguments) {
        Run.assumeInstalled(starter.getFirst());
        List<String> trial = new ArrayList<>(starter);
        trial.add("true");
        Run result = Run.command(trial, Map.of());
        Assumptions.assumeTrue(result.status() == 0, () -> starter + " is not permitted: " + result.err());

        Path classes = readableClasses();
        List<String> command = new ArrayList<>(starter);
        for (String word : javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), main, arguments)) {
            command.add(word.equals(classPath()) ? classes.toString() : word);
        }
        return new Peer(command, Optional.of(classes));
    }

    /** A second JVM with the rights of an ordinary user; skips the test where this process may not start one. */
    public static Peer javaAs(long uid, Class<?> main, Object... arguments) {
        List<String> setpriv = List.of("setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups");
        return javaUnder(setpriv, main, arguments);
    }

    /** The command of a JVM of this one's kind and class path. */
    public static List<String> javaCommand(List<String> options, Class<?> main, Object... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath(), main.getName()));
        for (Object argument : arguments) {
            command.add(String.valueOf(argument));
        }
        return command;
    }

    /** Where the library and the tests were compiled to; for programs that need no other library. */
    public static String classPath() {
        Path target =
                Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("target");
        return target.resolve("classes") + ":" + target.resolve("test-classes");
    }

    private static Path readableClasses() {
        try {
            Path folder = Files.createTempDirectory("chagres-classes");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            for (String source : classPath().split(":")) {
                try (Stream<Path> files = Files.walk(Path.of(source))) {
                    for (Path file : files.toList()) {
                        Path copy =
                                folder.resolve(Path.of(source).relativize(file).toString());
                        if (Files.isDirectory(file)) {
                            Files.createDirectories(copy);
                            Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
                        } else if (file.toString().endsWith(".class")) {
                            Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
                            Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-r--r--"));
                        }
                    }
                }
            }
            return folder;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void deleteAll(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public Process process() {
        return process;
    }

    public long pid() {
        return process.pid();
    }

    /** Sends a signal, by its name. */
    public void signal(String name) {
        Run.command("sh", "-c", "kill -" + name + " " + pid()).output(); // the shell's own: there is always one
    }

    /** Whether every thread of it is stopped, as the kernel says. */
    public boolean isStopped() {
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid() + "/task"))) {
            return threads.allMatch(thread -> stateOf(thread) == 'T');
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** A state of {@code proc(5)}. */
    private static char stateOf(Path thread) {
        try {
            String line = Files.readString(thread.resolve("stat"));
            return line.charAt(line.lastIndexOf(')') + 2);
        } catch (IOException gone) {
            return 'X';
        }
    }

    /** Sends a line. */
    public void tell(String line) {
        try {
            in.write(line + "\n");
            in.flush();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Waits for the next line. */
    public String hear() {
        CompletableFuture<String> line = CompletableFuture.supplyAsync(() -> {
            try {
                String read = out.readLine();
                return read == null ? "(the peer has ended)" : read;
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        });
        try {
            return line.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (Exception failure) {
            throw new AssertionError(
                    "no line from " + process.info().commandLine().orElse("the peer"), failure);
        }
    }

    /** Sends a line and waits for the answer. */
    public String ask(String line) {
        tell(line);
        return hear();
    }

    /** Waits for its end; answers the exit status. */
    public int end() {
        try {
            in.close();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the peer did not end in " + PATIENCE_SECONDS + " s");
            }
            return process.exitValue();
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    @Override
    public void close() {
        try {
            process.destroyForcibly().waitFor();
            out.close();
            try {
                in.close(); // else its descriptor goes when the JDK notices the end, some time later
            } catch (IOException unread) {
                // What the peer did not live to read.
            }
            ownClasses.ifPresent(Peer::deleteAll);
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }
}
