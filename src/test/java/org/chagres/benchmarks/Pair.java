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

/**
 * Two processes that talk to each other, a server and a client: C programs ({@code pairs/pair.h}) or JVMs
 * ({@link PairPeer}). Both obey the same lines: told a number they say {@code ready}, do so many exchanges, and say the
 * nanoseconds these took and the bytes they allocated. Between two batches both sleep in reading the next line, so that
 * pairs can take turns.
 *
 * <p>A peer ends when its input does, that is with this process at the latest, and when an exchange takes far too long.
 */
final class Pair implements AutoCloseable {
    private final Peer server;
    private final Peer client;

    private Pair(List<String> server, List<String> client) throws IOException {
        this.server = new Peer(server);
        try {
            this.server.expect("ready"); // so that the client finds what the server makes
            this.client = new Peer(client);
        } catch (Throwable failure) {
            this.server.close();
            throw failure;
        }
        try {
            this.client.expect("ready");
        } catch (Throwable failure) {
            close();
            throw failure;
        }
    }

    /**
     * Two processes of a C program: {@code program server|client CPU ARGUMENT…}.
     *
     * @param placement the CPU of the server and that of the client
     */
    static Pair ofC(Path program, Placement placement, Object... arguments) throws IOException {
        List<String> command = List.of(program.toString());
        return new Pair(
                with(command, "server", placement.server(), arguments),
                with(command, "client", placement.client(), arguments));
    }

    /** Two JVMs of a class whose {@code main} calls {@link PairPeer#serve}: {@code server|client CPU ARGUMENT…}. */
    static Pair ofJava(Class<?> main, Placement placement, Object... arguments) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName());
        return new Pair(
                with(command, "server", placement.server(), arguments),
                with(command, "client", placement.client(), arguments));
    }

    /** Which CPU each of the two runs on. */
    record Placement(int server, int client) {}

    /** One batch of {@code n} exchanges, as the client saw it. */
    Sample time(long n) throws IOException {
        server.tell(n);
        server.expect("ready");
        client.tell(n);
        client.expect("ready");
        Sample sample = client.sample();
        server.sample();
        return sample;
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }

    private static List<String> with(List<String> command, String role, int cpu, Object... arguments) {
        List<String> all = new ArrayList<>(command);
        all.add(role);
        all.add(Integer.toString(cpu));
        for (Object argument : arguments) {
            all.add(String.valueOf(argument));
        }
        return all;
    }

    private static final class Peer {
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

        void close() {
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
}
