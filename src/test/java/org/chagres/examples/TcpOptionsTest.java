package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Readiness;
import org.chagres.socket.Inet;
import org.chagres.socket.ReceiveOption;
import org.chagres.socket.SendOption;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Runs each role of {@link TcpOptions}, with a server of this process. */
@ExtendWith(LeakCheck.class)
class TcpOptionsTest {
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");
    private static final Duration LONG = Duration.ofSeconds(30);

    private interface Server {
        void serve(TcpStream stream) throws Exception;
    }

    /** What the role prints while a server serves it. */
    private static String run(String role, Server server) throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
            FutureTask<Void> serving = new FutureTask<>(() -> {
                try (TcpStream stream = listener.tryAccept(LONG).orElseThrow()) {
                    server.serve(stream);
                }
                return null;
            });
            Thread.startVirtualThread(serving);
            Run run = Run.command(
                    Peer.javaCommand(
                            NATIVE_ACCESS,
                            TcpOptions.class,
                            role,
                            "127.0.0.1",
                            listener.localAddress().getPort()),
                    Map.of());
            serving.get(30, TimeUnit.SECONDS);
            return run.output();
        }
    }

    private static void write(TcpStream stream, String text) throws Exception {
        stream.writeFully(text.getBytes(UTF_8));
    }

    private static void awaitEnd(TcpStream stream) throws Exception {
        stream.inputStream().readAllBytes();
    }

    @Test
    void theLastByteThatIsSentOutOfBandIsTheUrgentOne() throws Exception {
        assertThat(run("oob-send", stream -> {
                    stream.poll(Set.of(Readiness.URGENT));
                    byte[] urgent = new byte[1];
                    stream.receive(MemorySegment.ofArray(urgent), ReceiveOption.OUT_OF_BAND);
                    assertThat(new String(urgent, UTF_8)).isEqualTo("!");
                    assertThat(new String(stream.inputStream().readAllBytes(), UTF_8))
                            .isEqualTo("abcdefgh");
                }))
                .isEmpty();
    }

    @Test
    void whatIsReceivedBeforeAndBehindTheUrgentByteIsToldApart() throws Exception {
        assertThat(run("oob-recv", stream -> {
                    write(stream, "before");
                    stream.send(MemorySegment.ofArray("!".getBytes(UTF_8)), SendOption.OUT_OF_BAND);
                    write(stream, "after");
                    stream.shutdownOutput();
                    awaitEnd(stream);
                }))
                .isEqualTo("before\nmark\nurgent !\nafter\n");
    }

    @Test
    void aSignalTellsWhatComes() throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0));
                Peer peer = Peer.java(
                        TcpOptions.class,
                        "sigio",
                        "127.0.0.1",
                        listener.localAddress().getPort());
                TcpStream stream = listener.tryAccept(LONG).orElseThrow()) {
            assertThat(peer.hear()).isEqualTo("armed");
            write(stream, "ping");
            assertThat(List.of(peer.hear(), peer.hear())).containsExactly("sigio", "ping");
            assertThat(peer.end()).isZero();
        }
    }

    @Test
    void aResetIsTold() throws Exception {
        assertThat(run(
                        "reset",
                        stream -> assertThatExceptionOfType(ErrnoException.class)
                                .isThrownBy(() -> stream.read(MemorySegment.ofArray(new byte[1])))
                                .matches(failure -> failure.errno() == Errno.ECONNRESET)))
                .isEmpty();
    }

    @Test
    void itIsFullUntilTheServerReads() throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0));
                Peer peer = Peer.java(
                        TcpOptions.class,
                        "full",
                        "127.0.0.1",
                        listener.localAddress().getPort());
                TcpStream stream = listener.tryAccept(LONG).orElseThrow()) {
            assertThat(peer.hear()).isEqualTo("full");
            assertThat(stream.inputStream().readAllBytes()).hasSizeGreaterThan(100_000);
            assertThat(peer.hear()).isEqualTo("writable");
            assertThat(peer.end()).isZero();
        }
    }

    @Test
    void optionsAreSet() throws Exception {
        assertThat(run("keep", TcpOptionsTest::awaitEnd)).isEqualTo("keepalive 1 nodelay 1 rcvbuf 100000 reuse 1\n");
    }
}
