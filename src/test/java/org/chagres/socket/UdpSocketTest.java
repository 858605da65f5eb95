package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.chagres.socket.InetSockets.*;
import static org.chagres.socket.LocalSockets.bytes;
import static org.chagres.socket.LocalSockets.openSockets;
import static org.chagres.socket.LocalSockets.text;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.Readiness;
import org.chagres.pipe.Pipe;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Datagrams by UDP: whole, to whom they were sent, and with the errors of earlier ones. */
@ExtendWith(LeakCheck.class)
class UdpSocketTest {
    private static final int MOST_BYTES_V4 = 65_507;
    private static final int MOST_BYTES_V6 = 65_527;

    private static String receive(UdpSocket socket) throws Exception {
        MemorySegment into = Waiting.memory(100);
        long count = socket.tryReceive(into, LONG);
        assertThat(count).isNotNegative();
        return text(into, count);
    }

    private static void assertQuiet(UdpSocket socket) throws Exception {
        assertThat(socket.tryReceive(Waiting.memory(1), MOMENT)).isEqualTo(-1);
    }

    private static void sendTo(UdpSocket from, UdpSocket to, String text) throws Exception {
        from.send(Datagram.of(text).to(to.localAddress()));
    }

    // Addresses.

    @ParameterizedTest
    @EnumSource(Version.class)
    void unboundHasTheWildcardAndTheFirstDatagramBindsIt(Version version) throws Exception {
        try (UdpSocket server = UdpSocket.bind(version.loopback(0));
                UdpSocket client = UdpSocket.create(version.family())) {
            assertThat(client.localAddress()).isEqualTo(version.any(0));
            refused(Errno.ENOTCONN, client::peerAddress);
            sendTo(client, server, "first");
            assertThat(client.localAddress().getPort()).isPositive();
            assertThat(client.localAddress().getAddress())
                    .isEqualTo(version.any(0).getAddress());
            MemorySegment into = Waiting.memory(9);
            ReceivedDatagram received = server.receiveFrom(into);
            assertThat(received.from())
                    .contains(version.loopback(client.localAddress().getPort()));
            assertThat(text(into, received.byteCount())).isEqualTo("first");
            server.send(Datagram.of("answer").to(received.from().orElseThrow()));
            assertThat(receive(client)).isEqualTo("answer");
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void boundToAnyAddressReceivesAtEach(Version version) throws Exception {
        try (UdpSocket server = UdpSocket.bind(version.any(0));
                UdpSocket client = UdpSocket.connectedTo(
                        version.loopback(server.localAddress().getPort()))) {
            assertThat(client.localAddress().getAddress())
                    .isEqualTo(version.loopback(0).getAddress());
            assertThat(client.peerAddress().getPort())
                    .isEqualTo(server.localAddress().getPort());
            client.send(bytes("any"));
            assertThat(server.receiveFrom(Waiting.memory(3)).from()).contains(client.localAddress());
        }
    }

    /** Who receives at all addresses answers to the one that a question came from, each time another. */
    @ParameterizedTest
    @EnumSource(Version.class)
    void oneThatReceivesAtEachAddressAnswersToWhereQuestionsAreFrom(Version version) throws Exception {
        try (UdpSocket server = UdpSocket.bind(version.any(0));
                UdpSocket bound = UdpSocket.bind(version.any(0));
                UdpSocket loopback = UdpSocket.bind(version.loopback(0));
                UdpSocket free = UdpSocket.create(version.family())) {
            InetSocketAddress address = version.loopback(server.localAddress().getPort());
            for (UdpSocket client : List.of(bound, loopback, free)) {
                client.send(Datagram.of("question").to(address));
                ReceivedDatagram question =
                        server.tryReceiveFrom(Waiting.memory(8), LONG).orElseThrow();
                assertThat(question.from())
                        .contains(version.loopback(client.localAddress().getPort()));
                server.send(Datagram.of("answer").to(question.from().orElseThrow()));
                MemorySegment into = Waiting.memory(9);
                ReceivedDatagram answer = client.tryReceiveFrom(into, LONG).orElseThrow();
                assertThat(text(into, answer.byteCount())).isEqualTo("answer");
                assertThat(answer.from()).contains(address);
                assertQuiet(client);
            }
            assertQuiet(server);
        }
    }

    @Test
    void socketOfVersion6DealsWithBothWhateverTheSystemSays() throws Exception {
        OwnNetwork.run(() -> {
            for (String only : List.of("0", "1")) {
                OwnNetwork.set("ipv6/bindv6only", only);
                try (UdpSocket both = UdpSocket.bind(Version.V6.any(0));
                        UdpSocket free = UdpSocket.create(StandardProtocolFamily.INET6)) {
                    assertThat(isV6Only(both)).isFalse();
                    int port = both.localAddress().getPort();
                    for (Version version : Version.values()) {
                        try (UdpSocket peer = UdpSocket.connectedTo(version.loopback(port))) {
                            peer.send(bytes("in"));
                            InetSocketAddress from =
                                    both.receiveFrom(Waiting.memory(9)).from().orElseThrow();
                            assertThat(from).isEqualTo(peer.localAddress());
                            both.send(Datagram.of("out").to(from));
                            assertThat(receive(peer)).isEqualTo("out");
                        }
                        free.connect(version.loopback(port));
                        free.send(bytes("connected"));
                        assertThat(receive(both)).isEqualTo("connected");
                        assertThat(free.peerAddress()).isEqualTo(version.loopback(port));
                        free.disconnect();
                    }
                }
            }
        });
    }

    @Test
    void addressesOfVersion6AreNotForASocketOfVersion4() throws Exception {
        try (UdpSocket socket = UdpSocket.create(StandardProtocolFamily.INET)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> socket.send(Datagram.of("x").to(Version.V6.loopback(9))))
                    .withMessageContaining("IPv4");
            assertThatIllegalArgumentException().isThrownBy(() -> socket.connect(Version.V6.loopback(9)));
            refused(Errno.ENOTCONN, socket::peerAddress);
        }
    }

    @Test
    void connectedReceivesOnlyFromItsPeerUntilItIsDisconnected() throws Exception {
        try (UdpSocket server = UdpSocket.create(StandardProtocolFamily.INET);
                UdpSocket friend = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket stranger = UdpSocket.bind(Version.V4.loopback(0))) {
            server.connect(friend.localAddress());
            InetSocketAddress own = server.localAddress();
            stranger.send(Datagram.of("no").to(own));
            friend.send(Datagram.of("yes").to(own));
            assertThat(receive(server)).isEqualTo("yes");
            assertQuiet(server);
            server.connect(stranger.localAddress()); // again, to another
            assertThat(server.peerAddress()).isEqualTo(stranger.localAddress());
            server.send(bytes("hello"));
            assertThat(receive(stranger)).isEqualTo("hello");
            server.send(Datagram.of("aside").to(friend.localAddress())); // an address goes before
            assertThat(receive(friend)).isEqualTo("aside");
            server.disconnect();
            server.disconnect();
            refused(Errno.ENOTCONN, server::peerAddress);
            refused(Errno.EDESTADDRREQ, "no address was given", () -> server.send(bytes("x")));
            refused(Errno.EDESTADDRREQ, "no address was given", () -> server.send(Datagram.of("x")));
        }
    }

    @Test
    void boundToAPortKeepsItWhenItIsDisconnected() throws Exception {
        OwnNetwork.run(() -> {
            try (UdpSocket server = UdpSocket.bind(Version.V4.any(5000));
                    UdpSocket client = UdpSocket.bind(Version.V4.loopback(0))) {
                server.connect(client.localAddress());
                assertThat(server.localAddress()).isEqualTo(Version.V4.loopback(5000));
                server.disconnect();
                assertThat(server.localAddress()).isEqualTo(Version.V4.any(5000));
                client.send(Datagram.of("still there").to(Version.V4.loopback(5000)));
                assertThat(receive(server)).isEqualTo("still there");
            }
        });
    }

    // Refusals to bind.

    @Test
    void takenPortIsRefusedUnlessBothAgree() throws Exception {
        try (UdpSocket first = UdpSocket.bind(Version.V4.loopback(0))) {
            long before = openSockets();
            refused(Errno.EADDRINUSE, "SO_REUSEPORT", () -> UdpSocket.bind(first.localAddress()));
            refused(Errno.EADDRINUSE, () -> UdpSocket.bind(first.localAddress(), sharedPort()));
            assertThat(openSockets()).isEqualTo(before);
        }
        SocketSetting<Boolean> reuse = SocketSetting.set(LinuxSocketOptions.SO_REUSEADDR, true);
        for (SocketSetting<Boolean> agreed : List.of(sharedPort(), reuse)) {
            try (UdpSocket first = UdpSocket.bind(Version.V4.loopback(0), agreed);
                    UdpSocket second = UdpSocket.bind(first.localAddress(), agreed)) {
                assertThat(second.localAddress()).isEqualTo(first.localAddress());
            }
        }
    }

    @Test
    void addressOfNobodyHereIsRefused() throws Exception {
        OwnNetwork.run(() -> {
            refused(Errno.EADDRNOTAVAIL, "no interface", () -> UdpSocket.bind(at("192.0.2.7", 0)));
            refused(Errno.EADDRNOTAVAIL, "no interface", () -> UdpSocket.bind(at("2001:db8::7", 0)));
            refused(Errno.ENETUNREACH, "no way", () -> UdpSocket.connectedTo(at("192.0.2.7", 9)));
        });
    }

    // Datagrams.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void boundariesAreKeptAndEmptyOnesToldFromNothing(ThreadKind kind) throws Exception {
        for (Version version : Version.values()) {
            try (UdpSocket server = UdpSocket.bind(version.loopback(0));
                    UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
                kind.start(() -> {
                            client.send(bytes("one"));
                            client.send(bytes(""));
                            client.send(Datagram.of());
                            client.send(Datagram.of("two"));
                            assertThat(receive(server)).isEqualTo("one");
                            assertThat(server.available()).isZero();
                            assertThat(server.receive(Waiting.memory(5))).isZero();
                            ReceivedDatagram empty = server.receiveFrom(Waiting.memory(5));
                            assertThat(empty.byteCount()).isZero();
                            assertThat(empty.isTruncated()).isFalse();
                            assertThat(empty.from()).contains(client.localAddress());
                            assertThat(server.available()).isEqualTo(3);
                            assertThat(receive(server)).isEqualTo("two");
                            assertThat(server.tryReceive(Waiting.memory(5), MOMENT))
                                    .isEqualTo(-1);
                            assertThat(server.tryReceiveFrom(Waiting.memory(5), MOMENT))
                                    .isEmpty();
                            assertThat(server.tryReceive(Waiting.memory(5), Duration.ZERO))
                                    .isEqualTo(-1);
                            return null;
                        })
                        .get();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void truncationIsSeenAndTheRestIsGone(ThreadKind kind) throws Exception {
        try (Arena arena = Arena.ofShared();
                UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            kind.start(() -> {
                        for (MemorySegment into : List.of(arena.allocate(4), Waiting.memory(4))) {
                            client.send(bytes("truncated"));
                            client.send(bytes("truncated"));
                            client.send(bytes("next"));
                            assertThat(server.receive(into)).isEqualTo(9);
                            assertThat(text(into, 4)).isEqualTo("trun");
                            ReceivedDatagram cut = server.receiveFrom(into);
                            assertThat(cut.byteCount()).isEqualTo(9);
                            assertThat(cut.isTruncated()).isTrue();
                            ReceivedDatagram whole = server.receiveFrom(into);
                            assertThat(whole.byteCount()).isEqualTo(4);
                            assertThat(whole.isTruncated()).isFalse();
                            assertThat(text(into, 4)).isEqualTo("next");
                            client.send(bytes("gone"));
                            assertThat(server.receive(arena.allocate(0))).isEqualTo(4);
                        }
                        assertQuiet(server);
                        return null;
                    })
                    .get();
        }
    }

    @Test
    void longestDatagramArrivesAndALongerOneIsRefused() throws Exception {
        try (Arena arena = Arena.ofConfined();
                UdpSocket v4 = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket v6 = UdpSocket.bind(Version.V6.loopback(0))) {
            MemorySegment much = arena.allocate(128 << 10);
            MemorySegment into = Waiting.memory(MOST_BYTES_V6);
            v4.connect(v4.localAddress());
            v4.send(much.asSlice(0, MOST_BYTES_V4));
            assertThat(v4.receive(into)).isEqualTo(MOST_BYTES_V4);
            for (long byteSize : new long[] {MOST_BYTES_V4 + 1, 128 << 10}) {
                MemorySegment tooMuch = much.asSlice(0, byteSize);
                refused(Errno.EMSGSIZE, "65507", () -> v4.send(tooMuch));
                refused(Errno.EMSGSIZE, "65507", () -> v4.send(Datagram.of(tooMuch)));
                refused(Errno.EMSGSIZE, "65507", () -> v4.trySend(tooMuch, MOMENT));
            }
            v6.connect(v6.localAddress());
            v6.send(much.asSlice(0, MOST_BYTES_V6));
            assertThat(v6.receive(into)).isEqualTo(MOST_BYTES_V6);
            refused(Errno.EMSGSIZE, "65527", () -> v6.send(much.asSlice(0, MOST_BYTES_V6 + 1)));
            assertQuiet(v4);
            assertQuiet(v6);
        }
    }

    @Test
    void peekLeavesTheDatagram() throws Exception {
        try (UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            client.send(bytes("look"));
            for (int i = 0; i < 2; i++) {
                ReceivedDatagram peeked = server.receiveFrom(Waiting.memory(2), ReceiveOption.PEEK);
                assertThat(peeked.byteCount()).isEqualTo(4);
                assertThat(peeked.isTruncated()).isTrue();
            }
            assertThat(receive(server)).isEqualTo("look");
        }
    }

    @Test
    void outOfBandIsNotForDatagrams() throws Exception {
        try (UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            refused(Errno.EOPNOTSUPP, () -> client.send(Datagram.of("x").with(SendOption.OUT_OF_BAND)));
            assertQuiet(server);
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void receiveWaitsForADatagram(ThreadKind kind) throws Exception {
        try (UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            Waiting<String> receiving = Waiting.startAndAwait(kind, () -> receive(server));
            client.send(bytes("woken"));
            assertThat(receiving.get()).isEqualTo("woken");
            assertThat(client.tryPoll(Set.of(Readiness.WRITABLE, Readiness.READABLE), MOMENT))
                    .containsExactly(Readiness.WRITABLE);
            assertThat(client.unsentBytes()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void interruptEndsAReceiveAndTheNextSucceeds(ThreadKind kind) throws Exception {
        try (UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            Waiting<Long> receiving = Waiting.startAndAwait(kind, () -> server.receive(Waiting.memory(1)));
            receiving.thread().interrupt();
            assertThat(receiving.failure()).isInstanceOf(InterruptedException.class);
            client.send(bytes("kept"));
            assertThat(receive(server)).isEqualTo("kept");
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> client.send(bytes("x")));
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> client.send(Datagram.of("x")));
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class)
                    .isThrownBy(() -> server.receiveFrom(Waiting.memory(1)));
            assertThat(Thread.interrupted()).isFalse();
            assertQuiet(server);
        }
    }

    // Errors of earlier datagrams.

    /** Connected to a port where nobody is any more. */
    private static UdpSocket connectedToNobody(Version version) throws Exception {
        UdpSocket gone = UdpSocket.bind(version.loopback(0));
        UdpSocket client = UdpSocket.connectedTo(gone.localAddress());
        gone.close();
        return client;
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void errorOfAnEarlierDatagramIsToldAsSuchAndThisOneMustBeSentAgain(Version version) throws Exception {
        try (UdpSocket client = connectedToNobody(version)) {
            InetSocketAddress peer = client.peerAddress();
            List<ThrowingCallable> sends = List.of(
                    () -> client.send(bytes("lost")),
                    () -> client.send(Datagram.of("lost")),
                    () -> client.trySend(bytes("lost"), MOMENT));
            for (ThrowingCallable send : sends) {
                client.send(bytes("to nobody"));
                refused(Errno.ECONNREFUSED, "sent earlier; this one was not sent", send);
            }
            client.send(bytes("to nobody"));
            try (UdpSocket server = UdpSocket.bind(peer)) {
                refused(Errno.ECONNREFUSED, "send it again", () -> client.send(bytes("not sent")));
                client.send(bytes("again"));
                assertThat(receive(server)).isEqualTo("again");
                assertQuiet(server);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void errorOfAnEarlierDatagramEndsReceivingOnce(ThreadKind kind) throws Exception {
        try (UdpSocket client = connectedToNobody(Version.V4)) {
            kind.start(() -> {
                        client.send(bytes("to nobody"));
                        refused(Errno.ECONNREFUSED, "sent earlier", () -> client.receive(Waiting.memory(1)));
                        client.send(bytes("to nobody"));
                        refused(Errno.ECONNREFUSED, "sent earlier", () -> client.receiveFrom(Waiting.memory(1)));
                        assertQuiet(client);
                        client.send(bytes("to nobody"));
                        assertThat(client.option(LinuxSocketOptions.SO_ERROR)).contains(Errno.ECONNREFUSED);
                        assertThat(client.option(LinuxSocketOptions.SO_ERROR)).isEmpty();
                        return null;
                    })
                    .get();
        }
    }

    @Test
    void unconnectedIsToldOfNoEarlierError() throws Exception {
        try (UdpSocket nobody = connectedToNobody(Version.V4);
                UdpSocket client = UdpSocket.create(StandardProtocolFamily.INET)) {
            for (int i = 0; i < 3; i++) {
                client.send(Datagram.of("to nobody").to(nobody.peerAddress()));
            }
            assertQuiet(client);
        }
    }

    // Broadcast.

    @Test
    void broadcastNeedsItsOption() throws Exception {
        OwnNetwork.runWithInterface(() -> {
            InetSocketAddress all = at(OwnNetwork.BROADCAST, 5000);
            try (UdpSocket receiver = UdpSocket.bind(Version.V4.any(5000));
                    UdpSocket sender = UdpSocket.create(StandardProtocolFamily.INET)) {
                refused(
                        Errno.EACCES,
                        "SO_BROADCAST",
                        () -> sender.send(Datagram.of("no").to(all)));
                refused(Errno.EACCES, "SO_BROADCAST", () -> sender.connect(all));
                refused(Errno.EACCES, "SO_BROADCAST", () -> UdpSocket.connectedTo(all));
                sender.setOption(LinuxSocketOptions.SO_BROADCAST, true);
                sender.send(Datagram.of("to all").to(all));
                MemorySegment into = Waiting.memory(9);
                ReceivedDatagram received = receiver.tryReceiveFrom(into, LONG).orElseThrow();
                assertThat(text(into, received.byteCount())).isEqualTo("to all");
                assertThat(received.from().orElseThrow().getAddress()).isEqualTo(address(OwnNetwork.ADDRESS));
                try (UdpSocket connected =
                        UdpSocket.connectedTo(all, SocketSetting.set(LinuxSocketOptions.SO_BROADCAST, true))) {
                    connected.send(bytes("again"));
                    assertThat(receive(receiver)).isEqualTo("again");
                }
            }
        });
    }

    // The end.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void shutdownOfTheInputEndsReceiving(ThreadKind kind) throws Exception {
        try (UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            server.connect(client.localAddress());
            Waiting<Long> receiving = Waiting.startAndAwait(kind, () -> server.receive(Waiting.memory(1)));
            server.shutdownInput();
            assertThat(receiving.get()).isZero();
            server.send(bytes("still sends"));
            assertThat(receive(client)).isEqualTo("still sends");
        }
    }

    @Test
    void shutdownOfTheOutputEndsSending() throws Exception {
        try (UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            client.shutdownOutput();
            refused(Errno.EPIPE, () -> client.send(bytes("x"))); // and no signal ends this JVM
            refused(Errno.EPIPE, () -> client.send(Datagram.of("x")));
            server.send(Datagram.of("in").to(client.localAddress()));
            assertThat(receive(client)).isEqualTo("in");
        }
    }

    @Test
    void unconnectedIsNotShutDownButReceivingHasEnded() throws Exception {
        try (UdpSocket socket = UdpSocket.bind(Version.V4.loopback(0))) {
            refused(Errno.ENOTCONN, socket::shutdownInput);
            assertThat(socket.receive(Waiting.memory(1))).isZero();
            refused(Errno.ENOTCONN, socket::shutdownOutput);
            refused(Errno.EPIPE, () -> socket.send(Datagram.of("x").to(socket.localAddress())));
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void closeEndsAReceive(ThreadKind kind) throws Exception {
        UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
        Waiting<Long> receiving = Waiting.startAndAwait(kind, () -> server.receive(Waiting.memory(1)));
        server.close();
        assertThat(receiving.failure()).isInstanceOf(AsynchronousCloseException.class);
    }

    @Test
    void closedIsToldByAll() throws Exception {
        UdpSocket closed = UdpSocket.bind(Version.V4.loopback(0));
        InetSocketAddress address = closed.localAddress();
        closed.close();
        closed.close();
        assertThat(closed.isOpen()).isFalse();
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                closed::localAddress,
                closed::peerAddress,
                closed::unsentBytes,
                closed::available,
                closed::shutdown,
                closed::disconnect,
                () -> closed.connect(address),
                () -> closed.send(bytes("x")),
                () -> closed.send(Datagram.of("x").to(address)),
                () -> closed.trySend(Datagram.of("x").to(address).hopLimit(1), MOMENT),
                () -> closed.receive(Waiting.memory(1)),
                () -> closed.tryReceiveFrom(Waiting.memory(1), MOMENT),
                () -> closed.receiveFrom(Waiting.memory(1), ReceiveOption.ERROR_QUEUE),
                () -> UdpSocket.of(closed.descriptor()))) {
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(call);
        }
        assertThat(closed.toString()).contains("UdpSocket");
    }

    @Test
    void forgottenIsClosed() throws Exception {
        long before = openSockets();
        UdpSocket.create(StandardProtocolFamily.INET);
        Garbage.collectUntil(() -> openSockets() == before);
    }

    // Arguments.

    @Test
    void wrongMemoryIsRefusedBeforeADatagramIsTaken() throws Exception {
        MemorySegment freed;
        try (Arena arena = Arena.ofConfined()) {
            freed = arena.allocate(4);
        }
        try (Arena arena = Arena.ofConfined();
                UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            MemorySegment confined = arena.allocate(4);
            client.send(bytes("kept").asReadOnly());
            client.send(Datagram.of(confined.asReadOnly(), bytes("heap").asReadOnly()));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> server.receive(confined.asReadOnly()))
                    .withMessageContaining("read-only");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> server.receiveFrom(bytes("x").asReadOnly()));
            assertThatIllegalStateException().isThrownBy(() -> server.receive(freed));
            assertThatIllegalStateException().isThrownBy(() -> server.receiveFrom(freed));
            assertThatIllegalStateException().isThrownBy(() -> client.send(freed));
            assertThatIllegalStateException().isThrownBy(() -> client.send(Datagram.of(freed)));
            for (ThreadKind kind : ThreadKind.values()) {
                for (var call : List.<java.util.concurrent.Callable<?>>of(
                        () -> server.receive(confined),
                        () -> server.receiveFrom(confined),
                        () -> {
                            client.send(confined);
                            return null;
                        },
                        () -> {
                            client.send(Datagram.of(confined));
                            return null;
                        })) {
                    assertThat(Waiting.start(kind, call).failure()).isInstanceOf(WrongThreadException.class);
                }
            }
            for (ThrowingCallable call : List.<ThrowingCallable>of(
                    () -> client.send((MemorySegment) null),
                    () -> client.send((Datagram) null),
                    () -> server.receive(null),
                    () -> server.receiveFrom(null),
                    () -> server.receiveFrom(confined, (ReceiveOption) null),
                    () -> server.tryReceive(confined, null),
                    () -> client.connect(null),
                    () -> UdpSocket.bind(null),
                    () -> UdpSocket.create(null),
                    () -> UdpSocket.connectedTo(null),
                    () -> UdpSocket.of(null))) {
                assertThatExceptionOfType(NullPointerException.class).isThrownBy(call);
            }
            assertThat(receive(server)).isEqualTo("kept");
            assertThat(receive(server)).isEqualTo("\0\0\0\0heap");
            assertQuiet(server);
        }
    }

    @Test
    void otherFamiliesAndNamesAreRefusedBeforeASocketIsMade() {
        long before = openSockets();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UdpSocket.create(StandardProtocolFamily.UNIX))
                .withMessageContaining("UNIX");
        InetSocketAddress unknown = InetSocketAddress.createUnresolved("gatun.invalid", 9);
        assertThatIllegalArgumentException().isThrownBy(() -> UdpSocket.bind(unknown));
        assertThatIllegalArgumentException().isThrownBy(() -> UdpSocket.connectedTo(unknown));
        assertThat(openSockets()).isEqualTo(before);
    }

    @Test
    void portZeroIsNoReceiver() throws Exception {
        try (UdpSocket socket = UdpSocket.create(StandardProtocolFamily.INET)) {
            refused(Errno.EINVAL, "port 0", () -> socket.send(Datagram.of("x").to(Version.V4.loopback(0))));
        }
    }

    // Adopted.

    @ParameterizedTest
    @EnumSource(Version.class)
    void adoptedSocketDoesAll(Version version) throws Exception {
        try (UdpSocket server = UdpSocket.bind(version.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            UdpSocket same = UdpSocket.of(server.descriptor());
            assertThat(same.descriptor()).isSameAs(server.descriptor());
            client.send(bytes("adopted"));
            assertThat(receive(same)).isEqualTo("adopted");
            same.send(Datagram.of("back").to(client.localAddress()).hopLimit(9));
            assertThat(receive(client)).isEqualTo("back");
        }
    }

    @Test
    void otherKindsAreNotAdopted() throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0));
                Connection both = Connection.make();
                SocketPair<UnixDatagram> local = UnixDatagram.pair();
                Pipe pipe = Pipe.create()) {
            for (Descriptor wrong : List.of(
                    listener.descriptor(),
                    both.client().descriptor(),
                    local.first().descriptor(),
                    pipe.source().descriptor())) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> UdpSocket.of(wrong))
                        .withMessageContaining("UDP socket");
                assertThat(wrong.isOpen()).isTrue();
            }
        }
    }
}
