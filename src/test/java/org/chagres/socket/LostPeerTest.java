package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.testing.TwoHosts.RIGHT;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.time.Duration;
import java.util.List;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.Await;
import org.chagres.testing.Host;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.TwoHosts;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A connection whose other side cannot be reached any more, is gone, or has forgotten it. */
@ExtendWith(LeakCheck.class)
class LostPeerTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    /** Two hosts with a connection. */
    private record Connected(TwoHosts hosts, TcpListener listener, TcpStream here, TcpStream there)
            implements AutoCloseable {
        static Connected make() throws Exception {
            TwoHosts hosts = TwoHosts.make();
            try {
                TcpListener listener = hosts.right().call(() -> TcpListener.bind(Host.address(RIGHT, 0)));
                InetSocketAddress address = listener.localAddress();
                TcpStream here = hosts.left()
                        .call(() -> TcpStream.tryConnect(address, SOON))
                        .orElseThrow();
                return new Connected(
                        hosts, listener, here, listener.tryAccept(SOON).orElseThrow());
            } catch (Throwable failure) {
                hosts.close();
                throw failure;
            }
        }

        @Override
        public void close() throws IOException {
            here.close();
            there.close();
            listener.close();
            hosts.close();
        }
    }

    // Silence.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void aWriteEndsWhenTheUserTimeoutIsOver(ThreadKind kind) throws Exception {
        try (Connected connected = Connected.make()) {
            TcpStream here = connected.here();
            here.setOption(LinuxSocketOptions.SO_SNDBUF, 10_000);
            here.setOption(TcpSocketOptions.TCP_USER_TIMEOUT, Duration.ofMillis(800));
            connected.hosts().silence();

            long start = System.nanoTime();
            Waiting<?> writing = Waiting.startAndAwait(kind, () -> {
                here.writeFully(MemorySegment.ofArray(new byte[1_000_000]));
                return null;
            });

            assertThat(errno(writing.failure())).isEqualTo(Errno.ETIMEDOUT);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(700), SOON);
            assertThatThrownBy(() -> here.write(Waiting.memory(1)))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.EPIPE));
            assertThat(here.read(Waiting.memory(1))).isEqualTo(-1); // the error was told once
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void aReadEndsWhenTheKernelsQuestionsStayWithoutAnswer(ThreadKind kind) throws Exception {
        try (Connected connected = Connected.make()) {
            TcpStream here = connected.here();
            here.setOption(TcpSocketOptions.TCP_KEEPIDLE, Duration.ofSeconds(1));
            here.setOption(TcpSocketOptions.TCP_KEEPINTVL, Duration.ofSeconds(1));
            here.setOption(TcpSocketOptions.TCP_KEEPCNT, 1);
            here.setOption(LinuxSocketOptions.SO_KEEPALIVE, true);
            connected.hosts().silence();

            long start = System.nanoTime();
            Waiting<?> reading = Waiting.startAndAwait(kind, () -> here.read(Waiting.memory(10)));

            assertThat(errno(reading.failure())).isEqualTo(Errno.ETIMEDOUT);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(1500), SOON);
        }
    }

    @Test
    void aReadEndsWhenWhatWasSentBeforeStaysWithoutAnswer() throws Exception {
        try (Connected connected = Connected.make()) {
            TcpStream here = connected.here();
            here.setOption(TcpSocketOptions.TCP_USER_TIMEOUT, Duration.ofMillis(500));
            connected.hosts().silence();

            here.writeFully(new byte[10]);
            assertThat(here.unsentBytes()).isEqualTo(10);

            assertThatThrownBy(() -> here.tryReceive(Waiting.memory(10), SOON))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.ETIMEDOUT));
        }
    }

    // A link that is cut.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void aReadWaitsOnWhileTheLinkIsCutAndGoesOnAfterwards(ThreadKind kind) throws Exception {
        try (Connected connected = Connected.make()) {
            TcpStream here = connected.here();
            Waiting<Long> reading = Waiting.startAndAwait(kind, () -> here.read(Waiting.memory(10)));
            cut(connected);
            connected.there().writeFully(new byte[7]); // waits there for the link

            assertThat(connected.there().unsentBytes()).isEqualTo(7);
            assertThat(here.tryReceive(Waiting.memory(1), Duration.ofMillis(20)))
                    .isZero();
            reading.awaitWaiting();
            mend(connected);

            assertThat(reading.get()).isEqualTo(7);
            here.writeFully(new byte[3]);
            assertThat(connected.there().tryReceive(Waiting.memory(10), SOON)).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void whatWaitsForALinkThatIsCutCanBeEnded(ThreadKind kind) throws Exception {
        try (Connected connected = Connected.make()) {
            TcpStream here = connected.here();
            cut(connected);

            Waiting<?> interrupted = Waiting.startAndAwait(kind, () -> here.read(Waiting.memory(10)));
            interrupted.thread().interrupt();
            assertThat(interrupted.failure()).isInstanceOf(InterruptedException.class);

            Waiting<Long> timed = Waiting.start(kind, () -> here.tryReceive(Waiting.memory(10), Duration.ofMillis(50)));
            assertThat(timed.get()).isZero();

            Waiting<?> closed = Waiting.startAndAwait(kind, () -> here.read(Waiting.memory(10)));
            here.close();
            assertThat(closed.failure()).isInstanceOf(AsynchronousCloseException.class);
        }
    }

    /** The kernel sees here that the neighbour is not there, and tells that in place of the time that is over. */
    @Test
    void theUserTimeoutTellsWhatTheKernelKnowsOfALinkThatIsCut() throws Exception {
        try (Connected connected = Connected.make()) {
            TcpStream here = connected.here();
            here.setOption(TcpSocketOptions.TCP_USER_TIMEOUT, Duration.ofSeconds(2));
            connected.hosts().left().set("net/ipv4/neigh/wire/retrans_time_ms", "50");
            cut(connected);

            here.writeFully(new byte[10]);

            assertThatThrownBy(() -> here.tryReceive(Waiting.memory(10), SOON))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.EHOSTUNREACH));
        }
    }

    private static void cut(Connected connected) {
        connected.hosts().right().run("ip link set wire down");
    }

    private static void mend(Connected connected) {
        connected.hosts().right().run("ip link set wire up");
    }

    // A peer that is gone.

    private static final String PYTHON_PEER = """
            import socket, struct, sys
            listener = socket.create_server(('192.0.2.2', 0))
            print(listener.getsockname()[1], flush=True)
            connection, _ = listener.accept()
            if sys.argv[1] == 'reset':
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            if sys.argv[1] == 'read':
                connection.recv(100, socket.MSG_WAITALL)
            print('accepted', flush=True)
            sys.stdin.readline()
            """;

    @Test
    void theEndOfAProcessThatHasReadAllIsTheEndOfItsConnection() throws Exception {
        try (TwoHosts hosts = TwoHosts.make();
                Peer peer = python(hosts, "read");
                TcpStream here = connectedTo(hosts, peer)) {
            here.writeFully(new byte[100]);
            assertThat(peer.hear()).isEqualTo("accepted");

            peer.signal("KILL");

            assertThat(here.tryReceive(Waiting.memory(1), SOON)).isEqualTo(-1);
        }
    }

    @Test
    void theEndOfAProcessThatHasNotReadAllResetsItsConnection() throws Exception {
        try (TwoHosts hosts = TwoHosts.make();
                Peer peer = python(hosts, "nothing");
                TcpStream here = connectedTo(hosts, peer)) {
            here.writeFully(new byte[100]);
            assertThat(peer.hear()).isEqualTo("accepted");
            untilAcknowledged(here);

            peer.signal("KILL");

            assertThatThrownBy(() -> here.tryReceive(Waiting.memory(1), SOON))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.ECONNRESET));
        }
    }

    @Test
    void theEndOfAProcessThatDoesNotLingerResetsItsConnection() throws Exception {
        try (TwoHosts hosts = TwoHosts.make();
                Peer peer = python(hosts, "reset");
                TcpStream here = connectedTo(hosts, peer)) {
            assertThat(peer.hear()).isEqualTo("accepted");
            Waiting<?> reading = Waiting.startAndAwait(ThreadKind.VIRTUAL, () -> here.read(Waiting.memory(1)));

            peer.signal("KILL");

            assertThat(errno(reading.failure())).isEqualTo(Errno.ECONNRESET);
        }
    }

    private static Peer python(TwoHosts hosts, String how) {
        Run.assumeInstalled("python3");
        return hosts.right().program(List.of("python3", "-c", PYTHON_PEER, how));
    }

    private static TcpStream connectedTo(TwoHosts hosts, Peer peer) throws Exception {
        InetSocketAddress address = Host.address(RIGHT, Integer.parseInt(peer.hear()));
        return hosts.left().call(() -> TcpStream.tryConnect(address, SOON)).orElseThrow();
    }

    private static void untilAcknowledged(TcpStream stream) {
        Await.until(() -> {
            try {
                return stream.unsentBytes() == 0;
            } catch (IOException failure) {
                throw new AssertionError(failure);
            }
        });
    }

    @Test
    void whatCameBeforeAResetCanStillBeRead() throws Exception {
        try (Connected connected = Connected.make()) {
            connected.here().writeFully(new byte[10]);
            untilAcknowledged(connected.here());

            connected.here().reset();

            assertThat(connected.there().tryRead(Waiting.memory(20), SOON)).isEqualTo(10);
            assertThatThrownBy(() -> connected.there().tryRead(Waiting.memory(20), SOON))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.ECONNRESET));
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void whoWantedMoreThanCameBeforeAResetIsToldOfItAfterwards(ThreadKind kind) throws Exception {
        try (Connected connected = Connected.make()) {
            connected.here().writeFully(new byte[10]);
            untilAcknowledged(connected.here());
            TcpStream there = connected.there();
            Waiting<Long> receiving =
                    Waiting.startAndAwait(kind, () -> there.receive(Waiting.memory(20), ReceiveOption.WAIT_ALL));

            connected.here().reset();

            assertThat(receiving.get()).isEqualTo(10);
            assertThatThrownBy(() -> there.tryReceive(Waiting.memory(20), SOON))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.ECONNRESET));
        }
    }

    /** As of a host that was switched off and on again. */
    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void whoHasForgottenTheConnectionResetsItAtTheNextWrite(ThreadKind kind) throws Exception {
        try (Connected connected = Connected.make()) {
            TcpStream here = connected.here();
            Waiting<?> reading = Waiting.startAndAwait(kind, () -> here.read(Waiting.memory(1)));
            cut(connected);
            forget(connected.hosts().right(), connected);
            mend(connected);
            reading.awaitWaiting(); // nobody was told

            here.writeFully(new byte[1]);

            assertThat(errno(reading.failure())).isEqualTo(Errno.ECONNRESET);
            assertThatThrownBy(() -> here.write(Waiting.memory(1)))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.EPIPE));
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void aConnectionThatIsDestroyedHereIsAborted(ThreadKind kind) throws Exception {
        try (Connected connected = Connected.make()) {
            Waiting<?> reading =
                    Waiting.startAndAwait(kind, () -> connected.there().read(Waiting.memory(1)));

            forget(connected.hosts().right(), connected);

            assertThat(errno(reading.failure())).isEqualTo(Errno.ECONNABORTED);
            assertThatThrownBy(() -> connected.here().tryReceive(Waiting.memory(1), SOON))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.ECONNRESET));
        }
    }

    /** Has the kernel of a host destroy its side of the connection. */
    private static void forget(Host host, Connected connected) throws IOException {
        Run.assumeInstalled("ss");
        int port = connected.here().localAddress().getPort();
        host.attempt("ss --kill --tcp state established dport = :" + port);
        String left = host.run("ss --no-header --tcp state established dport = :" + port);
        Assumptions.assumeTrue(left.isBlank(), "the kernel destroys no sockets (INET_DIAG_DESTROY)");
    }

    private static Errno errno(Throwable thrown) {
        assertThat(thrown).isInstanceOf(ErrnoException.class);
        return ((ErrnoException) thrown).errno();
    }
}
