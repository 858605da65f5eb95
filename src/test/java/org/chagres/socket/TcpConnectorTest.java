package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.chagres.socket.InetSockets.*;
import static org.chagres.socket.LocalSockets.openSockets;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Ways to a connection, and what is left where none leads to one: nothing. */
@ExtendWith(LeakCheck.class)
class TcpConnectorTest {
    /** A port that is free in a network namespace of the test's own. */
    private static final int PORT = 5000;

    /** Fails unless as many sockets are open after something as before. */
    private static void leavingNothing(OwnNetwork.Body body) throws Exception {
        long before = openSockets();
        body.run();
        assertThat(openSockets()).isEqualTo(before);
    }

    /** How often this namespace has begun to connect. */
    private static int tries() throws IOException {
        List<String[]> rows = OwnNetwork.proc("snmp")
                .lines()
                .filter(line -> line.startsWith("Tcp:"))
                .map(line -> line.split(" "))
                .toList();
        return Integer.parseInt(rows.get(1)[Arrays.asList(rows.get(0)).indexOf("ActiveOpens")]);
    }

    // One address.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void connectsFromAnyPortByItself(ThreadKind kind) throws Exception {
        for (Version version : Version.values()) {
            try (TcpListener listener = TcpListener.bind(version.loopback(0))) {
                TcpConnector connector = TcpConnector.to(listener.localAddress());
                for (int i = 0; i < 2; i++) { // one can be used again
                    try (TcpStream client = kind.start(connector::connect).get();
                            TcpStream server = listener.accept()) {
                        assertThat(client.localAddress().getPort()).isPositive();
                        assertThat(server.peerAddress()).isEqualTo(client.localAddress());
                        assertThat(client.peerAddress()).isEqualTo(listener.localAddress());
                    }
                }
            }
        }
    }

    @Test
    void ownPortIsOneOfTheSystemsRange() throws Exception {
        OwnNetwork.run(() -> {
            OwnNetwork.set("ipv4/ip_local_port_range", "41000 41003");
            try (TcpListener listener = TcpListener.bind(Version.V4.loopback(PORT));
                    TcpStream client = TcpStream.connect(listener.localAddress())) {
                assertThat(client.localAddress().getPort()).isBetween(41000, 41003);
            }
        });
    }

    @Test
    void noFreePortIsToldAsSuch() throws Exception {
        OwnNetwork.run(() -> {
            OwnNetwork.set("ipv4/ip_local_port_range", "41000 41000");
            try (TcpListener listener = TcpListener.bind(Version.V4.loopback(PORT));
                    TcpStream client = TcpStream.connect(listener.localAddress())) {
                assertThat(client.localAddress().getPort()).isEqualTo(41000);
                leavingNothing(() -> refused(
                        Errno.EADDRNOTAVAIL, "no port is free", () -> TcpStream.connect(listener.localAddress())));
            }
        });
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void nobodyListensIsARefusal(ThreadKind kind) throws Exception {
        for (Version version : Version.values()) {
            InetSocketAddress nobody;
            try (TcpListener listener = TcpListener.bind(version.loopback(0))) {
                nobody = listener.localAddress();
            }
            leavingNothing(() -> {
                for (int i = 0; i < 2; i++) {
                    Throwable failure =
                            Waiting.start(kind, () -> TcpStream.connect(nobody)).failure();
                    assertThat(failure)
                            .isInstanceOfSatisfying(
                                    ErrnoException.class,
                                    told -> assertThat(told.errno()).isEqualTo(Errno.ECONNREFUSED));
                    assertThat(failure).hasMessageContaining("nobody listens").hasMessageContaining("" + nobody);
                }
                refused(Errno.ECONNREFUSED, () -> TcpStream.tryConnect(nobody, LONG));
            });
        }
    }

    @Test
    void wildcardAddressIsThisMachine() throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V6.any(0))) {
            for (Version version : Version.values()) {
                try (TcpStream client = TcpStream.connect(
                                version.any(listener.localAddress().getPort()));
                        TcpStream server = listener.accept()) {
                    assertThat(client.peerAddress().getAddress())
                            .isEqualTo(version.loopback(0).getAddress());
                    assertThat(server.peerAddress()).isEqualTo(client.localAddress());
                }
            }
        }
    }

    @Test
    void noWayIsToldAsSuch() throws Exception {
        OwnNetwork.runWithInterface(() -> leavingNothing(() -> {
            refused(Errno.ENETUNREACH, "no way", () -> TcpStream.connect(at("203.0.113.1", PORT)));
            refused(Errno.ENETUNREACH, "no way", () -> TcpStream.connect(at("2001:db8:1::1", PORT)));
            OwnNetwork.ip("route add unreachable 203.0.113.0/24");
            refused(Errno.EHOSTUNREACH, "no way", () -> TcpStream.connect(at("203.0.113.1", PORT)));
            OwnNetwork.ip("route add prohibit 198.51.100.0/24");
            refused(Errno.EACCES, "filter", () -> TcpStream.connect(at("198.51.100.1", PORT)));
        }));
    }

    @Test
    void timeEndsWaitingForWhoIsSilent() throws Exception {
        OwnNetwork.runWithInterface(() -> leavingNothing(() -> {
            Duration time = Duration.ofMillis(100);
            long nanos = Waiting.nanosOf(() -> {
                assertThat(TcpStream.tryConnect(at(OwnNetwork.SILENT, PORT), time))
                        .isEmpty();
                return null;
            });
            assertThat(nanos).isGreaterThanOrEqualTo(time.toNanos());
            assertThat(TcpStream.tryConnect(at(OwnNetwork.SILENT, PORT), Duration.ZERO))
                    .isEmpty();
            assertThat(OwnNetwork.proc("tcp").lines()).hasSize(1); // the heading
        }));
    }

    @Test
    void kernelGivesUpByItself() throws Exception {
        OwnNetwork.runWithInterface(() -> leavingNothing(() -> {
            OwnNetwork.set("ipv4/tcp_syn_retries", "1");
            refused(Errno.ETIMEDOUT, "nothing answered", () -> TcpStream.connect(at(OwnNetwork.SILENT, PORT)));
        }));
    }

    @Test
    void interruptEndsConnectingAndLeavesNothing() throws Exception {
        OwnNetwork.runWithInterface(() -> leavingNothing(() -> {
            Waiting<TcpStream> connecting =
                    Waiting.startAndAwait(ThreadKind.PLATFORM, () -> TcpStream.connect(at(OwnNetwork.SILENT, PORT)));
            connecting.thread().interrupt();
            assertThat(connecting.failure()).isInstanceOf(InterruptedException.class);
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class)
                    .isThrownBy(() -> TcpStream.connect(at(OwnNetwork.SILENT, PORT)));
            assertThat(Thread.interrupted()).isFalse();
        }));
    }

    // With itself.

    @Test
    void whoNeverListensIsNotFoundByChanceEither() throws Exception {
        OwnNetwork.run(() -> {
            OwnNetwork.set("ipv4/ip_local_port_range", "40000 40009");
            leavingNothing(() -> {
                for (int i = 0; i < 100; i++) {
                    refused(Errno.ECONNREFUSED, () -> TcpStream.connect(Version.V4.loopback(40004)));
                }
            });
        });
    }

    // Several addresses.

    @Test
    void addressesAreTriedInOrder() throws Exception {
        OwnNetwork.run(() -> {
            List<InetSocketAddress> both = List.of(Version.V6.loopback(PORT), Version.V4.loopback(PORT));
            try (TcpListener later = TcpListener.bind(both.get(1))) {
                leavingNothing(() -> {
                    try (TcpStream client = TcpConnector.to(both).connect()) {
                        assertThat(client.peerAddress()).isEqualTo(later.localAddress());
                    }
                });
                try (TcpListener first = TcpListener.bind(both.get(0));
                        TcpStream client = TcpConnector.to(both).connect()) {
                    assertThat(client.peerAddress()).isEqualTo(first.localAddress());
                    assertThat(waiting(later)).isOne(); // only the earlier one
                }
            }
        });
    }

    @Test
    void whyEachFailedIsTold() throws Exception {
        OwnNetwork.run(() -> leavingNothing(() -> assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> TcpConnector.to(
                                List.of(at("203.0.113.1", 1), Version.V6.loopback(2), Version.V4.loopback(3)))
                        .connect())
                .satisfies(last -> {
                    assertThat(last.errno()).isEqualTo(Errno.ECONNREFUSED);
                    assertThat(last).hasMessageContaining("127.0.0.1:3");
                    assertThat(last.getSuppressed()).hasSize(2);
                    assertThat(last.getSuppressed()[0]).hasMessageContaining("ENETUNREACH");
                    assertThat(last.getSuppressed()[1]).hasMessageContaining("ECONNREFUSED");
                })));
    }

    @Test
    void whoIsSilentHasOnlyItsPartOfTheTime() throws Exception {
        OwnNetwork.runWithInterface(() -> {
            try (TcpListener listener = TcpListener.bind(Version.V4.loopback(PORT))) {
                leavingNothing(() -> {
                    long start = System.nanoTime();
                    try (TcpStream client = TcpConnector.to(
                                    List.of(at(OwnNetwork.SILENT, PORT), listener.localAddress()))
                            .tryConnect(Duration.ofSeconds(1))
                            .orElseThrow()) {
                        assertThat(client.peerAddress()).isEqualTo(listener.localAddress());
                        assertThat(System.nanoTime() - start)
                                .isGreaterThanOrEqualTo(Duration.ofMillis(500).toNanos());
                    }
                });
            }
        });
    }

    // Again and again.

    @Test
    void triesUntilTheTimeIsOverAndSucceedsOnceSomebodyListens() throws Exception {
        OwnNetwork.run(() -> {
            InetSocketAddress address = Version.V4.loopback(PORT);
            TcpConnector connector = TcpConnector.to(List.of(Version.V6.loopback(PORT), address))
                    .retrying(Duration.ofMillis(1), Duration.ofMillis(5));
            leavingNothing(() -> {
                assertThat(connector.tryConnect(Duration.ofMillis(50))).isEmpty();
                assertThat(tries()).isGreaterThan(2);
                try (TcpListener listener = TcpListener.bind(address);
                        TcpStream client = connector.tryConnect(LONG).orElseThrow()) {
                    assertThat(client.peerAddress()).isEqualTo(listener.localAddress());
                }
            });
        });
    }

    @Test
    void listenerThatComesLaterIsFound() throws Exception {
        InetSocketAddress address;
        try (TcpListener gone = TcpListener.bind(Version.V4.loopback(0))) {
            address = gone.localAddress();
        }
        for (ThreadKind kind : ThreadKind.values()) {
            Waiting<Optional<TcpStream>> connecting = Waiting.start(
                    kind,
                    () -> TcpConnector.to(address)
                            .retrying(Duration.ofMillis(5), Duration.ofMillis(20))
                            .tryConnect(LONG));
            Await.until(() -> connecting.thread().getState() == Thread.State.TIMED_WAITING); // in a pause
            try (TcpListener listener = TcpListener.bind(address);
                    TcpStream client = connecting.get().orElseThrow()) {
                assertThat(client.peerAddress()).isEqualTo(listener.localAddress());
            }
        }
    }

    @Test
    void pausesGrowToTheLongest() throws Exception {
        OwnNetwork.run(() -> leavingNothing(() -> {
            TcpConnector connector =
                    TcpConnector.to(Version.V4.loopback(PORT)).retrying(Duration.ofMillis(10), Duration.ofMillis(80));
            long start = System.nanoTime();
            assertThat(connector.tryConnect(Duration.ofMillis(400))).isEmpty();
            assertThat(System.nanoTime() - start)
                    .isGreaterThanOrEqualTo(Duration.ofMillis(400).toNanos());
            // At 0, 10, 30, 70, 150, 230, 310 and 390 ms at the earliest; without growth 40 of them.
            assertThat(tries()).isBetween(2, 8);
        }));
    }

    @Test
    void failureThatStaysEndsTheTries() throws Exception {
        OwnNetwork.runWithInterface(() -> leavingNothing(() -> {
            OwnNetwork.ip("route add prohibit 198.51.100.0/24");
            refused(
                    Errno.EACCES,
                    () -> TcpConnector.to(at("198.51.100.1", PORT))
                            .retrying(MOMENT, MOMENT)
                            .connect());
        }));
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void interruptEndsAPause(ThreadKind kind) throws Exception {
        InetSocketAddress address;
        try (TcpListener gone = TcpListener.bind(Version.V4.loopback(0))) {
            address = gone.localAddress();
        }
        Duration hour = Duration.ofHours(1);
        leavingNothing(() -> {
            Waiting<TcpStream> connecting = Waiting.start(
                    kind, () -> TcpConnector.to(address).retrying(hour, hour).connect());
            Await.until(() -> connecting.thread().getState() == Thread.State.TIMED_WAITING);
            connecting.thread().interrupt();
            assertThat(connecting.failure()).isInstanceOf(InterruptedException.class);
        });
    }

    // From where, and how.

    @Test
    void connectsFromAnAddressOfItsOwn() throws Exception {
        OwnNetwork.run(() -> {
            try (TcpListener listener = TcpListener.bind(Version.V6.any(PORT))) {
                try (TcpStream client = TcpConnector.to(Version.V4.loopback(PORT))
                                .from(at("127.0.0.2", 6000))
                                .connect();
                        TcpStream server = listener.accept()) {
                    assertThat(server.peerAddress()).isEqualTo(at("127.0.0.2", 6000));
                    assertThat(client.localAddress()).isEqualTo(at("127.0.0.2", 6000));
                }
                for (Version version : Version.values()) {
                    try (TcpStream client = TcpConnector.to(version.loopback(PORT))
                            .from(version.any(0))
                            .connect()) {
                        assertThat(client.localAddress().getPort()).isPositive();
                    }
                }
                leavingNothing(() -> {
                    refused(
                            Errno.EADDRNOTAVAIL,
                            "no interface",
                            () -> TcpConnector.to(Version.V4.loopback(PORT))
                                    .from(at("192.0.2.7", 0))
                                    .connect());
                    assertThatIllegalArgumentException()
                            .isThrownBy(() -> TcpConnector.to(Version.V6.loopback(PORT))
                                    .from(Version.V4.loopback(0))
                                    .connect());
                });
            }
        });
    }

    @Test
    void optionsAreSetBeforeItConnects() throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0))) {
            TcpConnector plain = TcpConnector.to(listener.localAddress());
            TcpConnector set = plain.with(
                            SocketSetting.set(LinuxSocketOptions.SO_KEEPALIVE, false),
                            SocketSetting.set(LinuxSocketOptions.SO_RCVBUF, 20_000))
                    .with(SocketSetting.set(LinuxSocketOptions.SO_KEEPALIVE, true));
            try (TcpStream with = set.connect();
                    TcpStream without = plain.connect()) {
                assertThat(with.option(LinuxSocketOptions.SO_KEEPALIVE)).isTrue();
                assertThat(with.option(LinuxSocketOptions.SO_RCVBUF)).isBetween(40_000, 60_000);
                assertThat(without.option(LinuxSocketOptions.SO_KEEPALIVE)).isFalse(); // it is as it was
            }
            leavingNothing(() -> assertThatIllegalArgumentException()
                    .isThrownBy(() -> plain.with(SocketSetting.set(LinuxSocketOptions.SO_TYPE, 1))
                            .connect()));
        }
    }

    @Test
    void wrongArgumentsAreRefusedAtOnce() throws Exception {
        TcpConnector some = TcpConnector.to(Version.V4.loopback(PORT));
        assertThatIllegalArgumentException().isThrownBy(() -> TcpConnector.to(List.of()));
        assertThatExceptionOfType(NullPointerException.class)
                .isThrownBy(() -> TcpConnector.to((InetSocketAddress) null));
        assertThatExceptionOfType(NullPointerException.class)
                .isThrownBy(() -> TcpConnector.to(Arrays.asList((InetSocketAddress) null)));
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> some.from(null));
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> some.with((SocketSetting<?>) null));
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> some.tryConnect(null));
        for (Duration[] pauses :
                new Duration[][] {{Duration.ZERO, MOMENT}, {MOMENT.negated(), MOMENT}, {MOMENT.plusNanos(1), MOMENT}}) {
            assertThatIllegalArgumentException().isThrownBy(() -> some.retrying(pauses[0], pauses[1]));
        }
        leavingNothing(() -> assertThatIllegalArgumentException()
                .isThrownBy(() -> TcpStream.connect(InetSocketAddress.createUnresolved("gatun.invalid", 1)))
                .withMessageContaining("gatun.invalid"));
    }
}
