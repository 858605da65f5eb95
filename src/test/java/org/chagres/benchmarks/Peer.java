package org.chagres.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process that does batches when told to: one of a {@link Pair}, or one with both parties in it as two threads. */
final class Peer implements AutoCloseable {
    private final List<String> command;
    private final Process process;
    private final BufferedReader out;
    private final Writer in;

    Peer(List<String> command) throws IOException {
        this.command = command;
        this.process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        this.in = process.outputWriter(StandardCharsets.US_ASCII);
    }

    /** A C program with both parties: {@code program both CPU OTHER_CPU ARGUMENT…}; the client is on the first. */
    static Peer ofC(Path program, Pair.Placement placement, Object... arguments) throws IOException {
        return new Peer(with(List.of(program.toString()), both(placement), arguments)).started();
    }

    /** The same as a JVM. */
    static Peer ofJava(Class<?> main, Pair.Placement placement, Object... arguments) throws IOException {
        return new Peer(with(java(main), both(placement), arguments)).started();
    }

    private static List<?> both(Pair.Placement placement) {
        return List.of("both", placement.client(), placement.server());
    }

    /** How a JVM of a class with a {@code main} begins. */
    static List<String> java(Class<?> main) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName());
    }

    static List<String> with(List<String> command, List<?> head, Object... arguments) {
        List<String> all = new ArrayList<>(command);
        head.forEach(argument -> all.add(String.valueOf(argument)));
        for (Object argument : arguments) {
            all.add(String.valueOf(argument));
        }
        return all;
    }

    private Peer started() throws IOException {
        try {
            expect("ready");
            return this;
        } catch (Throwable failure) {
            close();
            throw failure;
        }
    }

    /** One batch of {@code n} exchanges. */
    Sample time(long n) throws IOException {
        tell(n);
        expect("ready");
        return sample();
    }

    void tell(long n) throws IOException {
        in.write(n + "\n");
        in.flush();
    }

    void expect(String word) throws IOException {
        String line = out.readLine();
        if (!word.equals(line)) {
            throw new IOException(command + " said " + line + " and not " + word);
        }
    }

    Sample sample() throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new IOException(command + " has ended in the middle of a batch");
        }
        String[] words = line.split(" ");
        return new Sample(Long.parseLong(words[0]), Long.parseLong(words[1]));
    }

    @Override
    public void close() {
        try {
            in.close();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (IOException | InterruptedException failure) {
            process.destroyForcibly();
        }
    }
}
