package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.testing.TwoHosts.RIGHT;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.Await;
import org.chagres.testing.Host;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.TwoHosts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Addresses where nobody answers, in all the ways there are. */
@ExtendWith(LeakCheck.class)
class UnreachableTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(300);

    @ParameterizedTest
    @CsvSource({"192.0.2.77, ipv4", "2001:db8::77, ipv6"})
    void anAddressThatNobodyHasIsUnreachable(String nobody, String version) throws Exception {
        try (TwoHosts hosts = TwoHosts.make()) {
            hosts.left()
                    .set("net/" + version + "/neigh/wire/retrans_time_ms", "50"); // three questions, mostly of a second

            assertThatThrownBy(() -> connect(hosts, Host.address(nobody, 80), SOON))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.EHOSTUNREACH));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "unreachable, 198.51.100.0/24, 198.51.100.7, EHOSTUNREACH",
        "prohibit, 198.51.100.0/24, 198.51.100.7, EACCES",
        "blackhole, 198.51.100.0/24, 198.51.100.7, EINVAL",
        "'', '', 198.51.100.7, ENETUNREACH",
        "unreachable, 2001:db8:1::/64, 2001:db8:1::7, EHOSTUNREACH",
        "prohibit, 2001:db8:1::/64, 2001:db8:1::7, EACCES",
        "blackhole, 2001:db8:1::/64, 2001:db8:1::7, EINVAL",
        "'', '', 2001:db8:1::7, ENETUNREACH"
    })
    void whereARouteLeadsNowhereItTellsWhy(String kind, String network, String address, Errno errno) throws Exception {
        try (TwoHosts hosts = TwoHosts.make()) {
            if (!kind.isEmpty()) {
                hosts.left().run("ip route add " + kind + " " + network);
            }
            InetSocketAddress there = Host.address(address, 80);

            assertThatThrownBy(() -> connect(hosts, there, SOON))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(errno))
                    .hasMessageContaining(there.toString());
            assertThatThrownBy(() -> hosts.left().call(() -> UdpSocket.connectedTo(there)))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(errno));
            try (UdpSocket socket = hosts.left().call(() -> UdpSocket.bind(Inet.any(0)))) {
                assertThatThrownBy(() -> socket.send(Datagram.of("lost").to(there)))
                        .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(errno));
            }
        }
    }

    // A black hole: nothing comes back.

    @Test
    void tryConnectToABlackHoleTakesItsTimeAndLeavesNothing() throws Exception {
        try (TwoHosts hosts = TwoHosts.make()) {
            InetSocketAddress hole = hosts.blackHole(66);

            long start = System.nanoTime();
            Optional<TcpStream> connected = connect(hosts, hole, SHORT);

            assertThat(connected).isEmpty();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(SHORT, SOON);
            assertThat(hosts.left().run("cat /proc/net/tcp")).hasLineCount(1); // its heading
        }
    }

    @Test
    void connectToABlackHoleCanBeInterrupted() throws Exception {
        try (TwoHosts hosts = TwoHosts.make()) {
            InetSocketAddress hole = hosts.blackHole(66);
            AtomicReference<Thread> thread = new AtomicReference<>();
            Future<TcpStream> connecting = hosts.left().start(() -> {
                thread.set(Thread.currentThread());
                return TcpStream.connect(hole);
            });
            untilSynSent(hosts);

            thread.get().interrupt();

            assertThatThrownBy(() -> connecting.get(SOON.toSeconds(), TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(InterruptedException.class);
            assertThat(hosts.left().run("cat /proc/net/tcp")).hasLineCount(1);
        }
    }

    private static void untilSynSent(TwoHosts hosts) {
        Await.until(() -> hosts.left().run("cat /proc/net/tcp").contains(" 02 ")); // SYN_SENT
    }

    @Test
    void connectEndsWhenItWasTriedAsOftenAsItMayBe() throws Exception {
        try (TwoHosts hosts = TwoHosts.make()) {
            InetSocketAddress hole = hosts.blackHole(66);
            hosts.left().attempt("echo 0 > /proc/sys/net/ipv4/tcp_syn_linear_timeouts"); // Linux 6.5

            long start = System.nanoTime();
            assertThatThrownBy(() -> hosts.left()
                            .call(() -> TcpConnector.to(hole)
                                    .with(SocketSetting.set(TcpSocketOptions.TCP_SYNCNT, 1))
                                    .connect()))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.ETIMEDOUT));
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(2500), SOON); // a second, and twice that
        }
    }

    @Test
    void theUserTimeoutLimitsConnectingToo() throws Exception {
        try (TwoHosts hosts = TwoHosts.make()) {
            InetSocketAddress hole = hosts.blackHole(66);
            SocketSetting<Duration> limit =
                    SocketSetting.set(TcpSocketOptions.TCP_USER_TIMEOUT, Duration.ofMillis(500));

            assertThatThrownBy(() -> hosts.left()
                            .call(() -> TcpConnector.to(hole).with(limit).connect()))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.ETIMEDOUT));
        }
    }

    @Test
    void aBlackHoleDoesNotKeepTheNextAddressFromBeingTried() throws Exception {
        try (TwoHosts hosts = TwoHosts.make();
                TcpListener listener = hosts.right().call(() -> TcpListener.bind(Host.address(RIGHT, 0)))) {
            TcpConnector connector =
                    TcpConnector.to(List.of(hosts.blackHole(66), hosts.blackHole(67), listener.localAddress()));
            Duration time = Duration.ofSeconds(3);

            long start = System.nanoTime();
            try (TcpStream stream =
                    hosts.left().call(() -> connector.tryConnect(time)).orElseThrow()) {
                assertThat(stream.peerAddress()).isEqualTo(listener.localAddress());
                assertThat(Duration.ofNanos(System.nanoTime() - start))
                        .isBetween(Duration.ofMillis(1900), time); // a third of it for each
            }
        }
    }

    @Test
    void whatIsUnreachableDoesNotKeepTheNextAddressFromBeingTried() throws Exception {
        try (TwoHosts hosts = TwoHosts.make();
                TcpListener listener = hosts.right().call(() -> TcpListener.bind(Host.address(RIGHT, 0)))) {
            hosts.left().run("ip route add prohibit 198.51.100.0/24");
            TcpConnector connector = TcpConnector.to(List.of(
                    Host.address("198.51.100.7", 80), // EACCES
                    Host.address("203.0.113.7", 80), // ENETUNREACH
                    Host.address(RIGHT, 1), // ECONNREFUSED
                    listener.localAddress()));

            try (TcpStream stream = hosts.left().call(connector::connect)) {
                assertThat(stream.peerAddress()).isEqualTo(listener.localAddress());
            }
        }
    }

    @Test
    void allFailuresAreToldIfNoneOfSeveralAnswers() throws Exception {
        try (TwoHosts hosts = TwoHosts.make()) {
            TcpConnector connector = TcpConnector.to(List.of(Host.address("203.0.113.7", 80), Host.address(RIGHT, 1)));

            assertThatThrownBy(() -> hosts.left().call(() -> connector.tryConnect(SOON)))
                    .satisfies(thrown -> {
                        assertThat(errno(thrown)).isEqualTo(Errno.ECONNREFUSED);
                        assertThat(thrown.getSuppressed())
                                .singleElement()
                                .satisfies(first -> assertThat(errno(first)).isEqualTo(Errno.ENETUNREACH));
                    });
        }
    }

    @Test
    void connectingIsTriedAgainUntilTheLinkIsThere() throws Exception {
        try (TwoHosts hosts = TwoHosts.make();
                TcpListener listener = hosts.right().call(() -> TcpListener.bind(Host.address(RIGHT, 0)))) {
            hosts.left().run("ip link set wire down");
            InetSocketAddress address = listener.localAddress();
            AtomicReference<Thread> thread = new AtomicReference<>(Thread.currentThread());
            Future<TcpStream> connecting = hosts.left().start(() -> {
                thread.set(Thread.currentThread());
                return TcpConnector.to(address)
                        .retrying(Duration.ofMillis(20), Duration.ofMillis(40))
                        .connect();
            });
            Await.until(() -> thread.get().getState() == Thread.State.TIMED_WAITING, "the pause after the first try");
            hosts.left().run("ip link set wire up");

            try (TcpStream stream = connecting.get(SOON.toSeconds(), TimeUnit.SECONDS)) {
                assertThat(stream.peerAddress()).isEqualTo(address);
            }
        }
    }

    @Test
    void virtualThreadsThatConnectInVainHoldNoCarrier() throws Exception {
        try (TwoHosts hosts = TwoHosts.make();
                TcpListener listener = hosts.right().call(() -> TcpListener.bind(Host.address(RIGHT, 0)))) {
            hosts.left().set("net/ipv4/neigh/wire/retrans_time_ms", "50");
            hosts.blackHole(66);
            List<String> options = List.of(
                    "--enable-native-access=ALL-UNNAMED",
                    "-Djdk.virtualThreadScheduler.parallelism=1",
                    "-Djdk.virtualThreadScheduler.maxPoolSize=1");
            String good = RIGHT + ":" + listener.localAddress().getPort();
            try (Peer peer = hosts.left()
                    .program(Peer.javaCommand(
                            options, ConnectsOnVirtualThreads.class, good, "192.0.2.66:80", "192.0.2.77:80"))) {
                assertThat(peer.hear()).isEqualTo("connected");
                assertThat(peer.hear()).isEqualTo("100 in vain");
                assertThat(peer.hear()).isEqualTo("EHOSTUNREACH");
                assertThat(peer.hear()).isEqualTo("connected");
                assertThat(peer.hear()).isEqualTo("interrupted");
                assertThat(peer.end()).isZero();
            }
        }
    }

    private static Optional<TcpStream> connect(TwoHosts hosts, InetSocketAddress address, Duration time)
            throws Exception {
        return hosts.left().call(() -> TcpStream.tryConnect(address, time));
    }

    private static Errno errno(Throwable thrown) {
        assertThat(thrown).isInstanceOf(ErrnoException.class);
        return ((ErrnoException) thrown).errno();
    }
}
