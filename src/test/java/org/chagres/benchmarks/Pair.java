package org.chagres.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

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
                Peer.with(command, List.of("server", placement.server()), arguments),
                Peer.with(command, List.of("client", placement.client()), arguments));
    }

    /** Two JVMs of a class whose {@code main} calls {@link PairPeer#serve}: {@code server|client CPU ARGUMENT…}. */
    static Pair ofJava(Class<?> main, Placement placement, Object... arguments) throws IOException {
        List<String> command = Peer.java(main);
        return new Pair(
                Peer.with(command, List.of("server", placement.server()), arguments),
                Peer.with(command, List.of("client", placement.client()), arguments));
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
}
