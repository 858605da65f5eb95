package org.chagres.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A second process that the test talks with, line by line: a JVM, or any program. It is ended, by its pid, when the test is.
 */
public final class Peer implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final BufferedReader out;
    private final Writer in;

    private Peer(List<String> command) {
        try {
            this.process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
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

    public Process process() {
        return process;
    }

    public long pid() {
        return process.pid();
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
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }
}
