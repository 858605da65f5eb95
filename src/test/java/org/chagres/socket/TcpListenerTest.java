package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.chagres.socket.InetSockets.*;
import static org.chagres.socket.LocalSockets.awaitWaiting;
import static org.chagres.socket.LocalSockets.openSockets;
import static org.chagres.socket.LocalSockets.read;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.Readiness;
import org.chagres.StatusFlag;
import org.chagres.testing.Await;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Addresses to listen at, who waits there, and taking connections. */
@ExtendWith(LeakCheck.class)
class TcpListenerTest {
    private static final SocketSetting<Boolean> NO_REUSE = SocketSetting.set(LinuxSocketOptions.SO_REUSEADDR, false);
    private static final SocketSetting<Boolean> SHARED = sharedPort();

    private static TcpStream accepted(TcpListener listener) throws Exception {
        return listener.tryAccept(LONG).orElseThrow();
    }

    /** Connects, says a word, and hears it back from who accepted; answers whose connection it was. */
    private static InetSocketAddress serve(TcpListener listener, InetSocketAddress address) throws Exception {
        try (TcpStream client = TcpStream.connect(address);
                TcpStream server = accepted(listener)) {
            write(client, "Gatun");
            write(server, read(server));
            assertThat(read(client)).isEqualTo("Gatun");
            assertThat(server.peerAddress()).isEqualTo(client.localAddress());
            assertThat(server.localAddress()).isEqualTo(client.peerAddress());
            return server.peerAddress();
        }
    }

    // Where.

    @ParameterizedTest
    @EnumSource(Version.class)
    void portZeroIsAFreePortThatIsTold(Version version) throws Exception {
        for (InetSocketAddress address : List.of(version.loopback(0), version.any(0))) {
            try (TcpListener listener = TcpListener.bind(address);
                    TcpListener other = TcpListener.bind(address)) {
                InetSocketAddress own = listener.localAddress();
                assertThat(own.getAddress()).isEqualTo(address.getAddress());
                assertThat(own.getPort())
                        .isPositive()
                        .isNotEqualTo(other.localAddress().getPort());
                serve(listener, version.loopback(own.getPort()));
            }
        }
    }

    @Test
    void wildcardOfVersion6TakesBothVersionsWhateverTheSystemSays() throws Exception {
        OwnNetwork.run(() -> {
            for (String only : List.of("0", "1")) {
                OwnNetwork.set("ipv6/bindv6only", only);
                try (TcpListener listener = TcpListener.bind(Version.V6.any(0))) {
                    assertThat(isV6Only(listener)).isFalse();
                    int port = listener.localAddress().getPort();
                    for (Version version : Version.values()) {
                        assertThat(serve(listener, version.loopback(port)).getAddress())
                                .isEqualTo(version.loopback(0).getAddress());
                    }
                }
            }
        });
    }

    @Test
    void wildcardOfVersion4TakesVersion4Alone() throws Exception {
        try (TcpListener listener = TcpListener.bind(new InetSocketAddress(address("0.0.0.0"), 0))) {
            int port = listener.localAddress().getPort();
            serve(listener, Version.V4.loopback(port));
            refused(Errno.ECONNREFUSED, () -> TcpStream.connect(Version.V6.loopback(port)));
        }
    }

    @Test
    void addressOfVersion6IsNotOneOfVersion4() throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V6.loopback(0))) {
            int port = listener.localAddress().getPort();
            refused(Errno.ECONNREFUSED, () -> TcpStream.connect(Version.V4.loopback(port)));
        }
    }

    @Test
    void portsComeFromTheRangeOfTheSystem() throws Exception {
        OwnNetwork.run(() -> {
            OwnNetwork.set("ipv4/ip_local_port_range", "41000 41001");
            try (TcpListener first = TcpListener.bind(Version.V4.loopback(0));
                    TcpListener second = TcpListener.bind(Version.V4.loopback(0))) {
                assertThat(List.of(
                                first.localAddress().getPort(),
                                second.localAddress().getPort()))
                        .containsExactlyInAnyOrder(41000, 41001);
                refused(Errno.EADDRINUSE, "ip_local_port_range", () -> TcpListener.bind(Version.V4.loopback(0)));
            }
        });
    }

    // Refusals.

    @Test
    void portOfAListenerIsRefusedThoughAddressesAreReused() throws Exception {
        try (TcpListener first = TcpListener.bind(Version.V4.loopback(0))) {
            InetSocketAddress address = first.localAddress();
            long before = openSockets();
            refused(Errno.EADDRINUSE, "SO_REUSEPORT", () -> TcpListener.bind(address));
            refused(Errno.EADDRINUSE, "" + address.getPort(), () -> TcpListener.bind(address, NO_REUSE));
            refused(Errno.EADDRINUSE, () -> TcpListener.bind(address, SHARED)); // the other did not agree
            refused(Errno.EADDRINUSE, () -> TcpListener.bind(Version.V6.any(address.getPort())));
            assertThat(openSockets()).isEqualTo(before);
        }
    }

    @Test
    void listenersThatAgreeShareAPort() throws Exception {
        try (TcpListener first = TcpListener.bind(Version.V4.loopback(0), SHARED);
                TcpListener second = TcpListener.bind(first.localAddress(), SHARED)) {
            assertThat(second.localAddress()).isEqualTo(first.localAddress());
            List<TcpStream> clients = new ArrayList<>();
            int[] byEach = new int[2];
            try {
                // Which one gets it is a hash of the port: 64 times the same has not been seen by anybody.
                for (int i = 0; i < 64; i++) {
                    clients.add(TcpStream.connect(first.localAddress()));
                }
                byEach[0] = waiting(first);
                byEach[1] = waiting(second);
            } finally {
                clients.forEach(TcpStream::close);
            }
            assertThat(byEach[0] + byEach[1]).isEqualTo(64);
            assertThat(byEach).doesNotContain(0);
        }
    }

    @Test
    @SuppressWarnings("try") // the order of the ends is what is tested
    void connectionsThatAreStillEndingStopOnlyWhoDoesNotReuse() throws Exception {
        OwnNetwork.run(() -> {
            InetSocketAddress address = Version.V4.loopback(5000);
            try (TcpListener listener = TcpListener.bind(address);
                    TcpStream client = TcpStream.connect(address);
                    TcpStream server = accepted(listener)) {
                server.close(); // who closes first waits out the time
                assertThat(client.tryRead(Waiting.memory(1), LONG)).isEqualTo(-1);
            }
            Await.until(() -> states(5000).contains("06")); // TIME_WAIT
            refused(Errno.EADDRINUSE, () -> TcpListener.bind(address, NO_REUSE));
            try (TcpListener again = TcpListener.bind(address)) {
                assertThat(again.option(LinuxSocketOptions.SO_REUSEADDR)).isTrue();
                serve(again, address);
            }
        });
    }

    /** The states of the sockets of version 4 that have a port. */
    private static List<String> states(int port) {
        try {
            return OwnNetwork.proc("tcp")
                    .lines()
                    .map(line -> line.trim().split("\\s+"))
                    .filter(words -> words[1].endsWith(String.format(":%04X", port)))
                    .map(words -> words[3])
                    .toList();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void addressOfNobodyHereIsRefused() throws Exception {
        OwnNetwork.run(() -> {
            long before = openSockets();
            refused(Errno.EADDRNOTAVAIL, "no interface", () -> TcpListener.bind(at("192.0.2.7", 0)));
            refused(Errno.EADDRNOTAVAIL, "no interface", () -> TcpListener.bind(at("2001:db8::7", 0)));
            assertThat(openSockets()).isEqualTo(before);
        });
    }

    @Test
    void lowPortOfAnotherUserIsRefusedWithTheFirstFreeOneAndThePrivilege() throws Exception {
        OwnNetwork.run(() -> {
            OwnNetwork.set("ipv4/ip_unprivileged_port_start", "2000");
            try (Peer peer = Peer.javaAs(65534, LowPort.class, 1999, 2000)) {
                assertThat(peer.hear())
                        .contains("EACCES")
                        .contains("ports below 2000")
                        .contains("CAP_NET_BIND_SERVICE");
                assertThat(peer.hear()).isEqualTo("bound to 2000");
                assertThat(peer.end()).isZero();
            }
        });
    }

    @Test
    void refusedSettingLeavesNothingOpen() throws Exception {
        long before = openSockets();
        SocketSetting<Integer> cannotBeSet = SocketSetting.set(LinuxSocketOptions.SO_TYPE, 1);
        assertThatIllegalArgumentException().isThrownBy(() -> TcpListener.bind(Version.V4.loopback(0), cannotBeSet));
        assertThatIllegalArgumentException().isThrownBy(() -> UdpSocket.bind(Version.V4.loopback(0), cannotBeSet));
        assertThatIllegalArgumentException().isThrownBy(() -> UdpSocket.create(Version.V4.family(), cannotBeSet));
        assertThat(openSockets()).isEqualTo(before);
    }

    @Test
    void wrongArgumentsAreRefusedBeforeASocketIsMade() {
        long before = openSockets();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TcpListener.bind(InetSocketAddress.createUnresolved("gatun.invalid", 0)))
                .withMessageContaining("gatun.invalid");
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> TcpListener.bind(null));
        assertThatExceptionOfType(NullPointerException.class)
                .isThrownBy(() -> TcpListener.bind(Version.V4.loopback(0), (SocketSetting<?>) null));
        assertThatExceptionOfType(NullPointerException.class)
                .isThrownBy(() -> SocketSetting.set(LinuxSocketOptions.SO_KEEPALIVE, null));
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> SocketSetting.set(null, true));
        assertThat(openSockets()).isEqualTo(before);
    }

    @Test
    void settingsAreThereBeforeItIsBound() throws Exception {
        try (TcpListener listener = TcpListener.bind(
                        Version.V4.loopback(0), SocketSetting.set(LinuxSocketOptions.SO_RCVBUF, 20_000), NO_REUSE);
                TcpStream client = TcpStream.connect(listener.localAddress());
                TcpStream server = accepted(listener)) {
            int doubled = listener.option(LinuxSocketOptions.SO_RCVBUF);
            assertThat(doubled).isGreaterThanOrEqualTo(40_000).isLessThan(60_000);
            assertThat(server.option(LinuxSocketOptions.SO_RCVBUF)).isEqualTo(doubled); // they are passed on
            assertThat(listener.option(LinuxSocketOptions.SO_REUSEADDR)).isFalse();
            assertThat(listener.option(LinuxSocketOptions.SO_ACCEPTCONN)).isTrue();
            assertThat(client.option(LinuxSocketOptions.SO_ACCEPTCONN)).isFalse();
        }
    }

    // The backlog.

    @Test
    void backlogIsWhatWasAskedForUpToTheLimitOfTheSystem() throws Exception {
        OwnNetwork.run(() -> {
            OwnNetwork.set("core/somaxconn", "3");
            for (int[] row : new int[][] {{0, 0}, {1, 1}, {3, 3}, {4, 3}, {Integer.MAX_VALUE, 3}, {-1, 3}}) {
                try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0), row[0])) {
                    assertThat(listener.backlog()).as("asked for %d", row[0]).hasValue(row[1]);
                    assertThat(mostWaiting(listener)).isEqualTo(row[1]);
                }
            }
            try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0))) {
                assertThat(listener.backlog()).hasValue(3);
                OwnNetwork.set("core/somaxconn", "5"); // tells what was in force when it was made
                assertThat(listener.backlog()).hasValue(3);
                assertThat(mostWaiting(listener)).isEqualTo(3);
            }
        });
    }

    /** The kernel lets one more wait than the backlog says: it refuses to queue when there are more than that. */
    @Test
    void fullBacklogRefusesNobodyAndWhoWaitsIsServed() throws Exception {
        OwnNetwork.run(() -> {
            for (int backlog : new int[] {0, 2}) {
                List<TcpStream> all = new ArrayList<>();
                try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0), backlog)) {
                    InetSocketAddress address = listener.localAddress();
                    for (int i = 0; i <= backlog; i++) {
                        all.add(TcpStream.connect(address));
                    }
                    assertThat(waiting(listener)).isEqualTo(backlog + 1);
                    assertThat(TcpStream.tryConnect(address, MOMENT)).isEmpty(); // and no refusal
                    Waiting<TcpStream> late = Waiting.start(ThreadKind.PLATFORM, () -> TcpStream.connect(address));
                    awaitWaiting(late);
                    assertThat(waiting(listener)).isEqualTo(backlog + 1);
                    for (int i = 0; i <= backlog; i++) {
                        all.add(accepted(listener));
                    }
                    all.add(late.get());
                    all.add(accepted(listener));
                    assertThat(all.getLast().peerAddress())
                            .isEqualTo(all.get(all.size() - 2).localAddress());
                } finally {
                    all.forEach(TcpStream::close);
                }
            }
        });
    }

    // Accepting.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void acceptWaitsForWhoConnects(ThreadKind kind) throws Exception {
        for (Version version : Version.values()) {
            try (TcpListener listener = TcpListener.bind(version.loopback(0))) {
                Waiting<TcpStream> accepting = Waiting.start(kind, listener::accept);
                awaitWaiting(accepting);
                try (TcpStream client = TcpStream.connect(listener.localAddress());
                        TcpStream server = accepting.get()) {
                    assertThat(server.peerAddress()).isEqualTo(client.localAddress());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void timeEndsAnAcceptAndTheNextSucceeds(ThreadKind kind) throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0))) {
            kind.start(() -> {
                        long nanos = Waiting.nanosOf(() -> {
                            assertThat(listener.tryAccept(MOMENT)).isEmpty();
                            return null;
                        });
                        assertThat(nanos).isGreaterThanOrEqualTo(MOMENT.toNanos());
                        assertThat(listener.tryAccept(Duration.ZERO)).isEmpty();
                        assertThat(listener.tryAccept(Duration.ofDays(-1))).isEmpty();
                        serve(listener, listener.localAddress());
                        return null;
                    })
                    .get();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void interruptEndsAnAcceptAndTheListenerStays(ThreadKind kind) throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0))) {
            Waiting<TcpStream> accepting = Waiting.start(kind, listener::accept);
            awaitWaiting(accepting);
            accepting.thread().interrupt();
            assertThat(accepting.failure()).isInstanceOf(InterruptedException.class);
            serve(listener, listener.localAddress());
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    @SuppressWarnings("try") // the close is what is tested
    void closeEndsAnAccept(ThreadKind kind) throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0))) {
            InetSocketAddress address = listener.localAddress();
            Waiting<TcpStream> accepting = Waiting.start(kind, listener::accept);
            awaitWaiting(accepting);
            listener.close();
            assertThat(accepting.failure()).isInstanceOf(AsynchronousCloseException.class);
            refused(Errno.ECONNREFUSED, () -> TcpStream.connect(address));
        }
    }

    @Test
    void whoConnectsIsKnownAtOnceEvenIfItIsGoneAgain() throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V6.any(0))) {
            for (Version version : Version.values()) {
                TcpStream client = TcpStream.connect(
                        version.loopback(listener.localAddress().getPort()));
                InetSocketAddress own = client.localAddress();
                client.reset();
                try (TcpStream server = accepted(listener)) {
                    assertThat(server.peerAddress()).isEqualTo(own);
                    refused(Errno.ECONNRESET, () -> read(server));
                    assertThat(server.peerAddress()).isEqualTo(own);
                }
            }
        }
    }

    @Test
    void acceptedOneBlocksThoughItsListenerDoesNot() throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0));
                TcpStream client = TcpStream.connect(listener.localAddress());
                TcpStream server = accepted(listener)) {
            assertThat(listener.descriptor().statusFlags()).containsExactly(StatusFlag.NON_BLOCKING);
            assertThat(server.descriptor().statusFlags()).isEmpty();
            assertThat(client.descriptor().statusFlags()).isEmpty();
        }
    }

    @Test
    void readinessTellsOfConnections() throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0))) {
            assertThat(listener.tryPoll(Set.of(Readiness.READABLE), Duration.ZERO))
                    .isEmpty();
            try (TcpStream client = TcpStream.connect(listener.localAddress())) {
                assertThat(listener.poll(Set.of(Readiness.READABLE))).containsExactly(Readiness.READABLE);
                assertThat(waiting(listener)).isOne();
                accepted(listener).close();
                assertThat(client.tryRead(Waiting.memory(1), LONG)).isEqualTo(-1);
            }
        }
    }

    @Test
    void connectionsAreAcceptedInTheOrderTheyCame() throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0));
                TcpStream first = TcpStream.connect(listener.localAddress());
                TcpStream second = TcpStream.connect(listener.localAddress());
                TcpStream one = accepted(listener);
                TcpStream two = accepted(listener)) {
            assertThat(one.peerAddress()).isEqualTo(first.localAddress());
            assertThat(two.peerAddress()).isEqualTo(second.localAddress());
        }
    }

    // The end.

    @Test
    @SuppressWarnings("try") // the close is what is tested
    void closeResetsWhoWasNotAcceptedAndKeepsWhoWas() throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0));
                TcpStream served = TcpStream.connect(listener.localAddress());
                TcpStream server = accepted(listener);
                TcpStream waits = TcpStream.connect(listener.localAddress())) {
            Await.until(() -> {
                try {
                    return waiting(listener) == 1;
                } catch (IOException failure) {
                    throw new AssertionError(failure);
                }
            });
            listener.close();
            refused(Errno.ECONNRESET, () -> waits.tryRead(Waiting.memory(1), LONG));
            write(served, "on");
            assertThat(read(server)).isEqualTo("on");
        }
    }

    @Test
    void closedIsToldByAll() throws Exception {
        TcpListener listener = TcpListener.bind(Version.V4.loopback(0), 7);
        listener.close();
        listener.close();
        assertThat(listener.isOpen()).isFalse();
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(listener::accept);
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> listener.tryAccept(MOMENT));
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(listener::localAddress);
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> TcpListener.of(listener.descriptor()));
        assertThat(listener.backlog()).hasValue(7);
        assertThat(listener.toString()).contains("TcpListener");
    }

    @Test
    void forgottenIsClosed() throws Exception {
        long before = openSockets();
        TcpListener.bind(Version.V4.loopback(0));
        Garbage.collectUntil(() -> openSockets() == before);
    }

    // Adopted.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void adoptedListenerAcceptsBothVersions(ThreadKind kind) throws Exception {
        for (Set<StatusFlag> flags : List.of(Set.<StatusFlag>of(), Set.of(StatusFlag.NON_BLOCKING))) {
            try (TcpListener own = TcpListener.bind(Version.V6.any(0))) {
                own.descriptor().setStatusFlags(flags);
                TcpListener adopted = TcpListener.of(own.descriptor());
                assertThat(adopted.backlog()).isEmpty();
                assertThat(adopted.descriptor()).isSameAs(own.descriptor());
                int port = adopted.localAddress().getPort();
                kind.start(() -> {
                            serve(adopted, Version.V4.loopback(port));
                            serve(adopted, Version.V6.loopback(port));
                            assertThat(adopted.tryAccept(MOMENT)).isEqualTo(Optional.empty());
                            return null;
                        })
                        .get();
            }
        }
    }

    @Test
    void otherKindsAreNotAdopted() throws Exception {
        try (UdpSocket datagrams = UdpSocket.bind(Version.V4.loopback(0));
                Connection both = Connection.make();
                Descriptor unconnected = LowSocket.open(10, 1, 0);
                UnixListener<UnixStream> local = UnixListener.bind(UnixAddress.unnamed())) {
            for (Descriptor wrong :
                    List.of(datagrams.descriptor(), both.client().descriptor(), unconnected, local.descriptor())) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> TcpListener.of(wrong))
                        .withMessageContaining("TCP socket that listens");
                assertThat(wrong.isOpen()).isTrue();
            }
        }
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> TcpListener.of(null));
    }
}
