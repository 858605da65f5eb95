package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.chagres.socket.InetSockets.*;
import static org.chagres.socket.LocalSockets.bytes;
import static org.chagres.socket.LocalSockets.text;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes with a datagram, what is told of one that came, and what became of one that was sent. */
@ExtendWith(LeakCheck.class)
class DatagramTest {
    private static final int SOL_SOCKET = 1;
    private static final int SO_RXQ_OVFL = 40;
    private static final int IP_TOS = 1;
    private static final int IP_TTL = 2;
    private static final int IP_PKTINFO = 8;
    private static final int IP_MTU_DISCOVER = 10;
    private static final int IP_RECVERR = 11;
    private static final int IP_RECVTTL = 12;
    private static final int IP_RECVTOS = 13;
    private static final int IPV6_RECVERR = 25;
    private static final int IPV6_RECVPKTINFO = 49;
    private static final int IPV6_RECVHOPLIMIT = 51;
    private static final int IPV6_RECVTCLASS = 66;
    private static final int IPPROTO_UDP = 17;
    private static final int UDP_GRO = 104;

    /** Has a socket tell where to, by how many routers and in which class a datagram came. */
    private static void tellAll(UdpSocket socket, Version version) throws Exception {
        if (version == Version.V4 || socket.localAddress().getAddress().isAnyLocalAddress()) {
            turnOn(socket, IPPROTO_IP, IP_PKTINFO);
            turnOn(socket, IPPROTO_IP, IP_RECVTTL);
            turnOn(socket, IPPROTO_IP, IP_RECVTOS);
        }
        if (version == Version.V6) {
            turnOn(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO);
            turnOn(socket, IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
            turnOn(socket, IPPROTO_IPV6, IPV6_RECVTCLASS);
        }
    }

    private static ReceivedDatagram receive(UdpSocket socket) throws Exception {
        return socket.tryReceiveFrom(Waiting.memory(9), LONG).orElseThrow();
    }

    private static int loopbackIndex() throws Exception {
        return NetworkInterface.getByName("lo").getIndex();
    }

    // Bytes.

    @Test
    void bytesOfAnyKindGoInOnePiece() throws Exception {
        try (Arena arena = Arena.ofConfined();
                UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            List<MemorySegment> pieces = new ArrayList<>();
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < 100; i++) { // more than go to the kernel as they are
                pieces.add(arena.allocateFrom("" + i).asSlice(0, ("" + i).length()));
                all.append(i);
            }
            ByteBuffer direct = ByteBuffer.allocateDirect(4)
                    .put("0123".getBytes())
                    .position(1)
                    .limit(3);
            for (Object[] row : new Object[][] {
                {Datagram.of("é"), "é"},
                {Datagram.of(new byte[] {'b'}), "b"},
                {Datagram.of(direct), "12"},
                {Datagram.of(arena.allocateFrom("ab"), bytes("c")), "ab\0c"},
                {
                    Datagram.of(
                            arena.allocateFrom("a").asSlice(0, 1),
                            arena.allocateFrom("b").asSlice(0, 1)),
                    "ab"
                },
                {Datagram.of(pieces.toArray(MemorySegment[]::new)), all.toString()},
            }) {
                client.send((Datagram) row[0]);
                MemorySegment into = Waiting.memory(300);
                assertThat(text(into, server.tryReceive(into, LONG))).isEqualTo(row[1]);
            }
            assertThat(direct.position()).isOne();
        }
    }

    @Test
    void eachMethodAnswersANewOne() {
        Datagram plain = Datagram.of("abc");
        InetSocketAddress address = Version.V4.loopback(9);
        assertThat(plain.to(address)).hasToString("Datagram[3 bytes, to " + address + "]");
        assertThat(plain).hasToString("Datagram[3 bytes]");
    }

    @Test
    void numbersOutOfRangeAreRefused() {
        Datagram plain = Datagram.of("x");
        for (ThrowingCallable wrong : List.<ThrowingCallable>of(
                () -> plain.hopLimit(0),
                () -> plain.hopLimit(256),
                () -> plain.trafficClass(-1),
                () -> plain.trafficClass(256),
                () -> plain.segments(0),
                () -> plain.segments(65_536))) {
            assertThatIllegalArgumentException().isThrownBy(wrong).withMessageMatching(".* not -?\\d+");
        }
        for (ThrowingCallable nothing : List.<ThrowingCallable>of(
                () -> Datagram.of((MemorySegment) null),
                () -> Datagram.of((byte[]) null),
                () -> Datagram.of((String) null),
                () -> Datagram.of((ByteBuffer) null),
                () -> plain.to(null),
                () -> plain.from(null),
                () -> plain.by(null),
                () -> plain.with((SendOption) null))) {
            assertThatExceptionOfType(NullPointerException.class).isThrownBy(nothing);
        }
    }

    @Test
    void moreHasTheKernelPutWhatFollowsIntoTheSameDatagram() throws Exception {
        try (UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            client.send(Datagram.of("one ").with(SendOption.MORE));
            assertThat(server.tryReceive(Waiting.memory(9), MOMENT)).isEqualTo(-1);
            client.send(bytes("piece"));
            MemorySegment into = Waiting.memory(20);
            assertThat(text(into, server.tryReceive(into, LONG))).isEqualTo("one piece");
            client.send(Datagram.of("near").with(SendOption.DONT_ROUTE, SendOption.CONFIRM));
            assertThat(receive(server).byteCount()).isEqualTo(4);
        }
    }

    // What is told.

    @Test
    void nothingIsToldThatWasNotAskedFor() throws Exception {
        try (UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            client.send(bytes("x"));
            ReceivedDatagram plain = receive(server);
            assertThat(plain.from()).contains(client.localAddress());
            assertThat(plain.destination()).isEmpty();
            assertThat(plain.interfaceIndex()).isEmpty();
            assertThat(plain.hopLimit()).isEmpty();
            assertThat(plain.trafficClass()).isEmpty();
            assertThat(plain.segmentByteSize()).isEmpty();
            assertThat(plain.dropped()).isEmpty();
            assertThat(plain.time()).isEmpty();
            assertThat(plain.report()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void destinationInterfaceHopsAndClassAreToldOfBothVersions(ThreadKind kind) throws Exception {
        for (Version version : Version.values()) {
            try (UdpSocket server = UdpSocket.bind(version.loopback(0));
                    UdpSocket client = UdpSocket.create(version.family())) {
                tellAll(server, version);
                kind.start(() -> {
                            Datagram plain = Datagram.of("x").to(server.localAddress());
                            for (int number : new int[] {1, 37, 252}) {
                                client.send(plain.hopLimit(number).trafficClass(number & ~3));
                                ReceivedDatagram received = receive(server);
                                assertThat(received.hopLimit()).hasValue(number);
                                assertThat(received.trafficClass()).hasValue(number & ~3);
                                assertThat(received.destination())
                                        .contains(version.loopback(0).getAddress());
                                assertThat(received.interfaceIndex()).hasValue(loopbackIndex());
                            }
                            client.send(plain); // only those were special
                            assertThat(receive(server).hopLimit()).hasValue(64);
                            return null;
                        })
                        .get();
            }
        }
    }

    @Test
    void socketOfVersion6TellsAndDoesTheSameForVersion4() throws Exception {
        try (UdpSocket server = UdpSocket.bind(Version.V6.any(0));
                UdpSocket client = UdpSocket.create(StandardProtocolFamily.INET6)) {
            tellAll(server, Version.V6);
            InetSocketAddress to = Version.V4.loopback(server.localAddress().getPort());
            Datagram datagram = Datagram.of("x")
                    .hopLimit(9)
                    .trafficClass(40)
                    .from(address("127.0.0.3"))
                    .by(NetworkInterface.getByName("lo"));
            for (boolean connected : new boolean[] {false, true}) {
                if (connected) {
                    client.connect(to);
                }
                client.send(connected ? datagram : datagram.to(to));
                ReceivedDatagram received = receive(server);
                assertThat(received.hopLimit()).hasValue(9);
                assertThat(received.trafficClass()).hasValue(40);
                assertThat(received.from().orElseThrow().getAddress()).isEqualTo(address("127.0.0.3"));
                assertThat(received.destination()).contains(to.getAddress());
                assertThat(received.interfaceIndex()).hasValue(loopbackIndex());
            }
        }
    }

    @Test
    void sourceIsAnAddressOfThisMachineAndOfTheSameVersion() throws Exception {
        OwnNetwork.runWithInterface(() -> {
            try (UdpSocket server = UdpSocket.bind(Version.V6.any(5000));
                    UdpSocket v4 = UdpSocket.create(StandardProtocolFamily.INET);
                    UdpSocket v6 = UdpSocket.create(StandardProtocolFamily.INET6)) {
                tellAll(server, Version.V6);
                Datagram to4 = Datagram.of("x").to(at(OwnNetwork.ADDRESS, 5000));
                Datagram to6 = Datagram.of("x").to(at(OwnNetwork.ADDRESS_V6, 5000));
                v4.send(to4.from(address("127.0.0.1")));
                assertThat(receive(server).from().orElseThrow().getAddress()).isEqualTo(address("127.0.0.1"));
                v6.send(to6.from(address("::1")));
                assertThat(receive(server).from().orElseThrow().getAddress()).isEqualTo(address("::1"));
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> v4.send(to4.from(address("192.0.2.7"))))
                        .satisfies(
                                failure -> // later kernels say the latter
                                assertThat(failure.errno()).isIn(Errno.EINVAL, Errno.ENETUNREACH));
                refused(Errno.EINVAL, "none of this machine", () -> v6.send(to6.from(address("2001:db8::7"))));
                assertThatIllegalArgumentException().isThrownBy(() -> v6.send(to6.from(address("127.0.0.1"))));
                assertThatIllegalArgumentException().isThrownBy(() -> v6.send(to4.from(address("::1"))));
                assertThat(server.tryReceive(Waiting.memory(1), MOMENT)).isEqualTo(-1);
            }
        });
    }

    @Test
    void interfaceIsTheOneAskedFor() throws Exception {
        OwnNetwork.runWithInterface(() -> {
            NetworkInterface other = NetworkInterface.getByName(OwnNetwork.INTERFACE);
            try (UdpSocket socket = UdpSocket.create(StandardProtocolFamily.INET)) {
                refused(
                        Errno.ENETUNREACH,
                        "no way",
                        () -> socket.send(Datagram.of("x").to(at("203.0.113.1", 9))));
                // By it no gateway is needed: whoever is there is taken for a neighbour.
                long before = sent();
                socket.send(Datagram.of("x").to(at(OwnNetwork.SILENT, 9)).by(other));
                assertThat(sent()).isGreaterThan(before);
            }
        });
    }

    /** How many packets have left by the interface. */
    private static long sent() throws Exception {
        return Long.parseLong(OwnNetwork.proc("dev")
                .lines()
                .filter(line -> line.contains(OwnNetwork.INTERFACE + ":"))
                .findFirst()
                .orElseThrow()
                .trim()
                .split("[:\\s]+")[10]);
    }

    @Test
    void timeIsToldIfAskedFor() throws Exception {
        try (UdpSocket server = UdpSocket.bind(
                        Version.V4.loopback(0), SocketSetting.set(LinuxSocketOptions.SO_TIMESTAMPNS, true));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            Instant before = Instant.now().minus(Duration.ofSeconds(1));
            client.send(bytes("x"));
            assertThat(receive(server).time().orElseThrow())
                    .isBetween(before, Instant.now().plus(Duration.ofSeconds(1)));
        }
    }

    @Test
    void lossesForLackOfRoomAreCounted() throws Exception {
        try (UdpSocket server =
                        UdpSocket.bind(Version.V4.loopback(0), SocketSetting.set(LinuxSocketOptions.SO_RCVBUF, 4096));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            turnOn(server, SOL_SOCKET, SO_RXQ_OVFL);
            MemorySegment some = Waiting.memory(500);
            int sent = 50;
            for (int i = 0; i < sent; i++) {
                client.send(some);
            }
            int received = 0;
            while (server.tryReceive(some, MOMENT) > 0) {
                received++;
            }
            assertThat(received).isPositive().isLessThan(sent);
            client.send(some);
            assertThat(server.receiveFrom(some).dropped()).hasValue(sent - received);
        }
    }

    // Many in one.

    @ParameterizedTest
    @EnumSource(Version.class)
    void kernelCutsADatagramIntoSegmentsAndPutsThemTogetherAgain(Version version) throws Exception {
        try (UdpSocket server = UdpSocket.bind(version.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            Datagram cut = Datagram.of("aaabbbccc!").segments(3);
            MemorySegment into = Waiting.memory(100);
            client.send(cut);
            for (String part : List.of("aaa", "bbb", "ccc", "!")) {
                ReceivedDatagram received = server.tryReceiveFrom(into, LONG).orElseThrow();
                assertThat(text(into, received.byteCount())).isEqualTo(part);
                assertThat(received.segmentByteSize()).isEmpty();
            }
            turnOn(server, IPPROTO_UDP, UDP_GRO);
            client.send(cut);
            ReceivedDatagram whole = server.tryReceiveFrom(into, LONG).orElseThrow();
            assertThat(text(into, whole.byteCount())).isEqualTo("aaabbbccc!");
            assertThat(whole.segmentByteSize()).hasValue(3);
            client.send(Datagram.of("one").segments(3)); // and no more: it is a datagram like others
            assertThat(server.tryReceiveFrom(into, LONG).orElseThrow().byteCount())
                    .isEqualTo(3);
            client.send(Datagram.of("x".repeat(1000))
                    .segments(1)
                    .to(server.localAddress())
                    .segments(500));
            assertThat(server.tryReceiveFrom(into, LONG).orElseThrow().segmentByteSize())
                    .hasValue(500);
        }
    }

    @Test
    void tooManySegmentsAreRefused() throws Exception {
        try (UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            refused(Errno.EINVAL, () -> client.send(Datagram.of(new byte[1000]).segments(1)));
            assertThat(server.tryReceive(Waiting.memory(1), MOMENT)).isEqualTo(-1);
        }
    }

    // Reports of errors.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void reportTellsWhichDatagramNobodyReceivedAndWhoSaidSo(ThreadKind kind) throws Exception {
        for (Version version : Version.values()) {
            UdpSocket gone = UdpSocket.bind(version.loopback(0));
            InetSocketAddress nobody = gone.localAddress();
            gone.close();
            try (UdpSocket client = UdpSocket.create(version.family())) {
                turnOn(client, IPPROTO_IP, IP_RECVERR);
                if (version == Version.V6) {
                    turnOn(client, IPPROTO_IPV6, IPV6_RECVERR);
                }
                kind.start(() -> {
                            assertThat(client.tryReceiveFrom(Waiting.memory(9), MOMENT, ReceiveOption.ERROR_QUEUE))
                                    .isEmpty();
                            client.send(Datagram.of("lost").to(nobody));
                            MemorySegment into = Waiting.memory(9);
                            ReceivedDatagram received = client.receiveFrom(into, ReceiveOption.ERROR_QUEUE);
                            assertThat(text(into, received.byteCount())).isEqualTo("lost");
                            assertThat(received.from()).contains(nobody);
                            DatagramReport report = received.report().orElseThrow();
                            assertThat(report.errno()).isEqualTo(Errno.ECONNREFUSED);
                            assertThat(report.reporter()).contains(nobody.getAddress());
                            assertThat(report.info()).isZero();
                            boolean isV4 = version == Version.V4;
                            assertThat(report.origin())
                                    .isEqualTo(isV4 ? DatagramReport.Origin.ICMP : DatagramReport.Origin.ICMP6);
                            assertThat(report.type()).isEqualTo(isV4 ? 3 : 1); // destination unreachable
                            assertThat(report.code()).isEqualTo(isV4 ? 3 : 4); // its port
                            assertThat(client.tryReceiveFrom(into, MOMENT, ReceiveOption.ERROR_QUEUE))
                                    .isEmpty();
                            return null;
                        })
                        .get();
            }
        }
    }

    @Test
    void reportOfVersion4ComesToASocketOfVersion6Too() throws Exception {
        UdpSocket gone = UdpSocket.bind(Version.V4.loopback(0));
        InetSocketAddress nobody = gone.localAddress();
        gone.close();
        try (UdpSocket client = UdpSocket.create(StandardProtocolFamily.INET6)) {
            turnOn(client, IPPROTO_IP, IP_RECVERR);
            turnOn(client, IPPROTO_IPV6, IPV6_RECVERR);
            client.send(Datagram.of("lost").to(nobody));
            ReceivedDatagram received = client.receiveFrom(Waiting.memory(9), ReceiveOption.ERROR_QUEUE);
            assertThat(received.from()).contains(nobody);
            DatagramReport report = received.report().orElseThrow();
            assertThat(report.origin()).isEqualTo(DatagramReport.Origin.ICMP);
            assertThat(report.reporter()).contains(nobody.getAddress());
        }
    }

    @Test
    void reportOfTheMachineItselfTellsHowMuchTheWayTakes() throws Exception {
        OwnNetwork.runWithInterface(() -> {
            try (UdpSocket client = UdpSocket.create(StandardProtocolFamily.INET)) {
                turnOn(client, IPPROTO_IP, IP_RECVERR);
                client.setRawOption(IPPROTO_IP, IP_MTU_DISCOVER, number(2)); // never in fragments
                Datagram large = Datagram.of(new byte[5000]).to(at(OwnNetwork.SILENT, 9));
                refused(Errno.EMSGSIZE, "must not be fragmented", () -> client.send(large));
                DatagramReport report = client.receiveFrom(Waiting.memory(9), ReceiveOption.ERROR_QUEUE)
                        .report()
                        .orElseThrow();
                assertThat(report.errno()).isEqualTo(Errno.EMSGSIZE);
                assertThat(report.origin()).isEqualTo(DatagramReport.Origin.LOCAL);
                assertThat(report.info()).isEqualTo(1500);
                assertThat(report.reporter()).isEmpty();
            }
        });
    }

    @Test
    void optionsOfTheSocketHoldForAllItsDatagrams() throws Exception {
        try (UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            tellAll(server, Version.V4);
            client.setRawOption(IPPROTO_IP, IP_TTL, number(5));
            client.setRawOption(IPPROTO_IP, IP_TOS, number(16));
            client.send(bytes("x"));
            ReceivedDatagram received = receive(server);
            assertThat(received.hopLimit()).hasValue(5);
            assertThat(received.trafficClass()).hasValue(16);
        }
    }
}
