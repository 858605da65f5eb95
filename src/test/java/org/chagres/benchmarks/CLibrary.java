package org.chagres.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The C twins: {@code src/test/c/*.c} as a shared library in this process, {@code src/test/c/pairs/*.c} as a program
 * each, compiled by gcc in a folder that goes with this object.
 */
final class CLibrary implements AutoCloseable {
    private static final FunctionDescriptor LOOP =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private final Path folder;
    private final Path sources;
    private final Path file;
    private final SymbolLookup symbols;

    CLibrary() throws IOException {
        this.sources = sources();
        this.folder = Files.createTempDirectory("chagres-bench");
        this.file = folder.resolve("libtwins.so");
        try {
            List<String> arguments = new ArrayList<>(List.of("-shared", "-fPIC", "-o", file.toString()));
            try (Stream<Path> files = Files.list(sources)) {
                files.map(Path::toString).filter(name -> name.endsWith(".c")).forEach(arguments::add);
            }
            gcc(arguments);
            this.symbols = SymbolLookup.libraryLookup(file, Arena.global());
        } catch (Throwable failure) {
            close();
            throw failure;
        }
    }

    /** The library file, for {@link System#load}. */
    Path file() {
        return file;
    }

    private static MemorySegment find(SymbolLookup symbols, String function) {
        return symbols.find(function).orElseThrow(() -> new AssertionError("no C function " + function));
    }

    /**
     * {@code long function(long n, long a, long b, long c)}, a loop of its own; it answers a negative errno if it
     * fails.
     */
    Loop loop(String function, long... arguments) {
        return loop(symbols, function, arguments);
    }

    /** {@link #loop} in another JVM, of {@link #file}. */
    static Loop loop(Path file, String function, long... arguments) {
        return loop(SymbolLookup.libraryLookup(file, Arena.global()), function, arguments);
    }

    private static Loop loop(SymbolLookup symbols, String function, long... arguments) {
        MethodHandle handle = Linker.nativeLinker().downcallHandle(find(symbols, function), LOOP);
        long a = arguments.length > 0 ? arguments[0] : 0;
        long b = arguments.length > 1 ? arguments[1] : 0;
        long c = arguments.length > 2 ? arguments[2] : 0;
        return n -> {
            long answer = (long) handle.invokeExact(n, a, b, c);
            if (answer < 0) {
                throw new IOException(function + " failed: errno " + -answer);
            }
            return answer;
        };
    }

    /** Compiles {@code pairs/name.c}. */
    Path program(String name) throws IOException {
        Path program = folder.resolve(name);
        gcc(List.of(
                "-o",
                program.toString(),
                sources.resolve("pairs").resolve(name + ".c").toString()));
        return program;
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void gcc(List<String> arguments) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-pthread"));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + "\n" + output);
            }
        } catch (InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    /** Beside the classes: {@code target/test-classes} and {@code src/test/c} have the same root. */
    private static Path sources() {
        URI classes = URI.create(CLibrary.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toString());
        return Path.of(classes).resolve("../../src/test/c").normalize();
    }
}
