package org.chagres.benchmarks;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * What the first call of a process costs: programs that do one thing ({@link StartupCases}), started in turns, each
 * from its start to its end.
 *
 * <p>The number of shapes: for each distinct shape (types and options) that is linked, and for no other reason, the JDK
 * makes a class {@code DowncallStub}; {@code -Xlog:class+load} shows them as they are made.
 */
final class Startup {
    private static final String SHAPE_CLASS = "jdk.internal.foreign.abi.DowncallStub";
    private static final int SHAPES_AT_MOST = 4;

    private final String name;
    private final List<String> command;
    private final double[] millis;

    private Startup(String name, List<String> command, int rounds) {
        this.name = name;
        this.command = command;
        this.millis = new double[rounds];
    }

    static void run(List<String> arguments) throws IOException {
        int rounds = arguments.contains("--quick") ? 3 : 15;
        System.out.println(Machine.describe());
        Path folder = Files.createTempDirectory("chagres-startup");
        try {
            Path jar = jar(folder);
            List<Startup> cases = new ArrayList<>();
            for (Class<?> main : StartupCases.ALL) {
                cases.add(new Startup(StartupCases.describe(main), java(jar, main), rounds));
            }
            if (Runtime.version().feature() >= 25) { // JEP 514
                for (Class<?> main : StartupCases.ALL) {
                    Path cache = folder.resolve(main.getSimpleName() + ".aot");
                    millis(java(jar, main, "-XX:AOTCacheOutput=" + cache));
                    cases.add(new Startup(
                            StartupCases.describe(main) + ", AOT cache",
                            java(jar, main, "-XX:AOTCache=" + cache),
                            rounds));
                }
            }
            for (int round = -1; round < rounds; round++) { // the first is to have the files in memory
                for (int turn = 0; turn < cases.size(); turn++) {
                    Startup one = cases.get((turn + round + 1) % cases.size());
                    double took = millis(one.command);
                    if (round >= 0) {
                        one.millis[round] = took;
                    }
                }
            }
            print(cases, rounds);
            System.out.printf("%nshapes linked:%n");
            for (Class<?> main : StartupCases.ALL) {
                System.out.printf(
                        "  %-56s %d%n", StartupCases.describe(main), shapes(java(jar, main, "-Xlog:class+load")));
            }
            System.out.printf("  (goal: <= %d)%n", SHAPES_AT_MOST);
        } finally {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    private static void print(List<Startup> cases, int rounds) {
        double[] empty = cases.get(0).millis;
        System.out.printf("%n  %-56s %10s %8s %14s%n", "whole process", "median ms", "min ms", "less an empty");
        for (Startup one : cases) {
            double[] more = new double[rounds];
            Arrays.setAll(more, round -> one.millis[round] - empty[round]);
            System.out.printf(
                    Locale.ROOT,
                    "  %-56s %10.1f %8.1f %+14.1f%n",
                    one.name,
                    Comparison.median(one.millis),
                    Arrays.stream(one.millis).min().orElseThrow(),
                    Comparison.median(more));
        }
    }

    private static double millis(List<String> command) throws IOException {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        waitFor(process, command);
        return (System.nanoTime() - start) / 1e6;
    }

    private static long shapes(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        long count = process.inputReader()
                .lines()
                .filter(line -> line.contains(SHAPE_CLASS))
                .count();
        waitFor(process, command);
        return count;
    }

    private static void waitFor(Process process, List<String> command) throws IOException {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(command + " does not end");
            }
            if (process.exitValue() != 0) {
                throw new IOException(command + " ended with status " + process.exitValue());
            }
        } catch (InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    private static List<String> java(Path jar, Class<?> main, String... options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", jar.toString(), main.getName()));
        return command;
    }

    /** The library and the programs as one jar: what users start from, and all that an AOT cache takes. */
    private static Path jar(Path folder) throws IOException {
        Path jar = folder.resolve("startup.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file)) {
            for (String root : System.getProperty("java.class.path").split(File.pathSeparator)) {
                if (Files.isDirectory(Path.of(root))) {
                    add(Path.of(root), out);
                }
            }
        }
        return jar;
    }

    private static void add(Path root, JarOutputStream out) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file :
                    files.filter(name -> name.toString().endsWith(".class")).toList()) {
                String name = root.relativize(file).toString();
                if (!name.equals("module-info.class")) {
                    out.putNextEntry(new JarEntry(name));
                    Files.copy(file, out);
                    out.closeEntry();
                }
            }
        }
    }
}
