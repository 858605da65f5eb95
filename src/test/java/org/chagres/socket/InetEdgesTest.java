package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.chagres.socket.InetSockets.*;
import static org.chagres.socket.LocalSockets.bytes;

import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What Internet sockets do where things meet that seldom do. */
@ExtendWith(LeakCheck.class)
class InetEdgesTest {
    private static final int SOCK_DGRAM = 2;
    private static final int IPPROTO_ICMP = 1;

    /** A server whose input was shut down, and its peer. */
    private static UdpSocket shutDown() throws Exception {
        UdpSocket socket = UdpSocket.bind(Version.V4.loopback(0));
        socket.connect(socket.localAddress());
        socket.shutdownInput();
        return socket;
    }

    // Connections with itself.

    @ParameterizedTest
    @EnumSource(Version.class)
    void connectionWithItselfIsARefusal(Version version) throws Exception {
        OwnNetwork.run(() -> {
            OwnNetwork.set("ipv4/ip_local_port_range", "40000 40000");
            InetSocketAddress address = version.loopback(40000);
            refused(Errno.ECONNREFUSED, () -> TcpStream.connect(address));
            refused(
                    Errno.ECONNREFUSED,
                    () -> TcpConnector.to(address).from(version.loopback(0)).connect());
            assertThat(OwnNetwork.proc("tcp").lines()).hasSize(1); // the port is free again
            assertThat(OwnNetwork.proc("tcp6").lines()).hasSize(1);
        });
    }

    @Test
    void connectsToVersion4FromTheWildcardOfVersion6WhateverTheSystemSays() throws Exception {
        OwnNetwork.run(() -> {
            OwnNetwork.set("ipv6/bindv6only", "1");
            try (TcpListener listener = TcpListener.bind(Version.V4.loopback(0));
                    TcpStream client = TcpConnector.to(listener.localAddress())
                            .from(Version.V6.any(0))
                            .connect()) {
                assertThat(client.peerAddress()).isEqualTo(listener.localAddress());
            }
        });
    }

    // Receiving that was shut down.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void receivingFromNobodyIsTheEnd(ThreadKind kind) throws Exception {
        try (UdpSocket socket = shutDown()) {
            ReceivedDatagram end =
                    kind.start(() -> socket.receiveFrom(Waiting.memory(1))).get();
            assertThat(end.byteCount()).isZero();
            assertThat(end.from()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void receivingManyFromNobodyIsTheEnd(ThreadKind kind) throws Exception {
        try (Arena arena = Arena.ofShared();
                UdpSocket socket = shutDown()) {
            DatagramBatch batch = DatagramBatch.allocate(arena, 3, 10);
            int count = kind.start(() -> socket.tryReceiveMany(batch, MOMENT.multipliedBy(10)))
                    .get();
            assertThat(count).isOne();
            assertThat(batch.byteSize(0)).isZero();
            assertThat(batch.address(0)).isEmpty();
        }
    }

    // Batches.

    @Test
    void newBatchHasEmptyDatagrams() throws Exception {
        try (Arena arena = Arena.ofConfined();
                UdpSocket socket = UdpSocket.bind(Version.V4.loopback(0))) {
            socket.connect(socket.localAddress());
            DatagramBatch batch = DatagramBatch.allocate(arena, 2, 10);
            assertThat(batch.byteSize(1)).isZero();
            assertThat(batch.bytes(1).byteSize()).isZero();
            assertThat(socket.sendMany(batch, 0, 1)).isOne();
            assertThat(socket.tryReceive(Waiting.memory(10), LONG)).isZero();
        }
    }

    @Test
    void whatWasInABatchIsGoneOnceItReceives() throws Exception {
        try (Arena arena = Arena.ofConfined();
                UdpSocket socket = UdpSocket.bind(Version.V4.loopback(0))) {
            socket.connect(socket.localAddress());
            DatagramBatch batch = DatagramBatch.allocate(arena, 2, 10);
            batch.setAddress(1, Version.V4.loopback(9));
            batch.setByteSize(1, 5);
            assertThat(socket.tryReceiveMany(batch, MOMENT)).isZero();
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> socket.receiveMany(batch));
            for (int i = 0; i < 2; i++) {
                assertThat(batch.byteSize(i)).isZero();
                assertThat(batch.address(i)).isEmpty();
            }
            socket.send(bytes("one"));
            assertThat(socket.receiveMany(batch)).isOne();
            assertThat(batch.byteSize(0)).isEqualTo(3);
            assertThat(batch.byteSize(1)).isZero();
            assertThat(batch.address(1)).isEmpty();
        }
    }

    // What goes with a datagram.

    @Test
    void datagramForNobodyIsRefusedWhateverGoesWithIt() throws Exception {
        for (Version version : Version.values()) {
            try (UdpSocket socket = UdpSocket.create(version.family())) {
                refused(
                        Errno.EDESTADDRREQ,
                        "no address was given",
                        () -> socket.send(Datagram.of("x").hopLimit(3)));
            }
        }
    }

    @Test
    void sourceOfTheOtherVersionIsRefused() throws Exception {
        try (UdpSocket socket = UdpSocket.create(StandardProtocolFamily.INET)) {
            Datagram datagram = Datagram.of("x").to(Version.V4.loopback(9));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> socket.send(datagram.from(address("::1"))))
                    .withMessageContaining("cannot come from");
        }
    }

    @Test
    void groupMustBeThere() throws Exception {
        NetworkInterface loopback = NetworkInterface.getByName("lo");
        for (Version version : Version.values()) {
            try (UdpSocket socket = UdpSocket.create(version.family())) {
                assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> socket.join(null, loopback));
                assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> socket.leave(null, loopback));
            }
        }
    }

    // Kinds.

    @Test
    void socketOfAnotherProtocolIsNotAdopted() throws Exception {
        OwnNetwork.run(() -> {
            OwnNetwork.set("ipv4/ping_group_range", "0 2147483647");
            try (Descriptor echoes = LowSocket.open(2, SOCK_DGRAM, IPPROTO_ICMP)) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> UdpSocket.of(echoes))
                        .withMessageContaining("UDP socket");
            }
        });
    }
}
