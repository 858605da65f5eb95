package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.testing.TwoHosts.*;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.Await;
import org.chagres.testing.BadWire;
import org.chagres.testing.Host;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.TwoHosts;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Two hosts that reach each other: what each is told of the other, and what comes through a bad wire. */
@ExtendWith(LeakCheck.class)
class TwoHostsTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration NOW = Duration.ZERO;

    /** To be shorter than a test's patience, and longer than it takes if nothing is wrong. */
    private static final long SECONDS = 30;

    // Addresses.

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.2, 192.0.2.2, 192.0.2.1",
        "192.0.2.1, 192.0.2.2, ::, 192.0.2.1",
        "2001:db8::1, 2001:db8::2, ::, 2001:db8::1",
        "fe80::1%11, fe80::2%11, fe80::2%22, fe80::1%22",
        "fe80::1%11, fe80::2%11, ::, fe80::1%22"
    })
    void eachSideIsToldTheOthersAddressWithTheNumberOfItsOwnInterface(
            String client, String server, String listening, String clientThere) throws Exception {
        try (TwoHosts hosts = TwoHosts.make();
                TcpListener listener = hosts.right().call(() -> TcpListener.bind(Host.address(listening, 0)))) {
            int port = listener.localAddress().getPort();
            try (TcpStream here = connected(hosts, Host.address(server, port));
                    TcpStream there = listener.tryAccept(SOON).orElseThrow()) {
                int own = here.localAddress().getPort();

                assertThat(here.localAddress()).isEqualTo(Host.address(client, own));
                assertThat(here.peerAddress()).isEqualTo(Host.address(server, port));
                assertThat(there.peerAddress()).isEqualTo(Host.address(clientThere, own));
                assertThat(scope(here.localAddress())).isEqualTo(scope(Host.address(client, 0)));
                assertThat(scope(there.peerAddress())).isEqualTo(scope(Host.address(clientThere, 0)));

                here.writeFully(bytes("there"));
                there.writeFully(bytes("here"));
                assertThat(text(there, 5)).isEqualTo("there");
                assertThat(text(here, 4)).isEqualTo("here");
            }
        }
    }

    private static int scope(InetSocketAddress address) {
        return address.getAddress() instanceof Inet6Address six ? six.getScopeId() : 0;
    }

    @Test
    void aLinkLocalAddressNeedsItsInterface() throws Exception {
        try (TwoHosts hosts = TwoHosts.make()) {
            assertThatThrownBy(() -> connected(hosts, Host.address(RIGHT_LOCAL, 80)))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
        }
    }

    @Test
    void aConnectionFromAnAddressOfSeveralComesFromThere() throws Exception {
        try (TwoHosts hosts = TwoHosts.make()) {
            hosts.left().give("wire", "192.0.2.11/24");
            try (TcpListener listener = hosts.right().call(() -> TcpListener.bind(Host.address(RIGHT, 0)));
                    TcpStream here = hosts.left()
                            .call(() -> TcpConnector.to(listener.localAddress())
                                    .from(Host.address("192.0.2.11", 0))
                                    .tryConnect(SOON)
                                    .orElseThrow());
                    TcpStream there = listener.tryAccept(SOON).orElseThrow()) {
                assertThat(there.peerAddress()).isEqualTo(here.localAddress());
                assertThat(there.peerAddress().getAddress().getHostAddress()).isEqualTo("192.0.2.11");
            }
        }
    }

    // A bad wire.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void bytesComeWholeAndInOrderByAWireThatLosesAndDelays(ThreadKind kind) throws Exception {
        try (BadWire wire = BadWire.make(0.02, 0, 0.05, 0)) {
            String server = kind == ThreadKind.PLATFORM ? RIGHT : RIGHT_LOCAL + "%" + AT_RIGHT;
            exchange(wire.hosts(), server, kind);
        }
    }

    @Test
    void bytesComeWholeAndInOrderByAnInterfaceThatLosesAndDelays() throws Exception {
        try (TwoHosts hosts = TwoHosts.make()) {
            for (Host host : new Host[] {hosts.left(), hosts.right()}) {
                Run result = host.attempt("tc qdisc add dev wire root netem delay 20ms loss 5%");
                Assumptions.assumeTrue(
                        result.status() == 0,
                        () -> "no netem: " + result.err().lines().findFirst().orElse(""));
            }
            exchange(hosts, RIGHT6, ThreadKind.PLATFORM);
        }
    }

    /** Both sides send at once and receive at once. */
    private static void exchange(TwoHosts hosts, String server, ThreadKind kind) throws Exception {
        try (TcpListener listener = hosts.right().call(() -> TcpListener.bind(Host.address(server, 0)))) {
            int port = listener.localAddress().getPort();
            InetSocketAddress address = Host.address(server.replace("%" + AT_RIGHT, "%" + AT_LEFT), port);
            try (TcpStream here = connected(hosts, address);
                    TcpStream there = listener.tryAccept(SOON).orElseThrow()) {
                byte[] request = random(1, 150_000);
                byte[] answer = random(2, 100_001);
                FutureTask<byte[]> atRight = kind.start(() -> readAll(there));
                FutureTask<byte[]> atLeft = kind.start(() -> readAll(here));
                FutureTask<Void> sending = kind.start(() -> {
                    there.writeFully(MemorySegment.ofArray(answer));
                    there.shutdownOutput();
                    return null;
                });
                here.writeFully(MemorySegment.ofArray(request));
                here.shutdownOutput();

                sending.get(SECONDS, TimeUnit.SECONDS);
                assertThat(atRight.get(SECONDS, TimeUnit.SECONDS)).isEqualTo(request);
                assertThat(atLeft.get(SECONDS, TimeUnit.SECONDS)).isEqualTo(answer);
            }
        }
    }

    private static byte[] readAll(TcpStream stream) throws Exception {
        return stream.inputStream().readAllBytes();
    }

    private static byte[] random(int seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void datagramsComeWholeAsOftenAsTheWireLetThemPass() throws Exception {
        int count = 300;
        try (BadWire wire = BadWire.make(0.005, 0.02, 0.1, 0.1);
                UdpSocket there = wire.hosts().right().call(() -> UdpSocket.bind(Host.address(RIGHT6, 0)));
                UdpSocket here = wire.hosts().left().call(() -> UdpSocket.connectedTo(there.localAddress()))) {
            there.setOption(LinuxSocketOptions.SO_RCVBUFFORCE, 8 << 20); // so that none is lost there
            here.send(numbered(0));
            // Until the neighbour is found few can wait for that, and the wire may drop the question.
            Await.until(() -> wire.counts().get("seen") == 1, "the first datagram");
            for (int i = 1; i < count; i++) {
                here.send(numbered(i));
            }
            Map<String, Integer> counts = new TreeMap<>();
            Await.until(
                    () -> {
                        counts.putAll(wire.counts());
                        return counts.get("seen") == count
                                && counts.get("passed") == count - counts.get("dropped") + counts.get("doubled");
                    },
                    counts::toString);

            Map<Integer, Integer> times = new TreeMap<>();
            int latest = -1;
            boolean overtaken = false;
            MemorySegment into = MemorySegment.ofArray(new byte[1400]);
            for (int i = 0; i < counts.get("passed"); i++) {
                long length = there.tryReceive(into, SOON);
                int number = into.get(ValueLayout.JAVA_INT_UNALIGNED, 0);
                assertThat(into.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(numbered(number).toArray(ValueLayout.JAVA_BYTE));
                overtaken |= number < latest;
                latest = number;
                times.merge(number, 1, Integer::sum);
            }

            assertThat(there.tryReceive(into, NOW)).isEqualTo(-1);
            assertThat(times).hasSize(count - counts.get("dropped"));
            assertThat(times.values().stream().filter(often -> often == 2)).hasSize(counts.get("doubled"));
            assertThat(counts.get("dropped")).isPositive();
            assertThat(counts.get("doubled")).isPositive();
            assertThat(overtaken).isTrue();
        }
    }

    /** Of a length and with bytes that its number tells. */
    private static MemorySegment numbered(int number) {
        byte[] bytes = random(number, 4 + number * 37 % 1300);
        MemorySegment datagram = MemorySegment.ofArray(bytes);
        datagram.set(ValueLayout.JAVA_INT_UNALIGNED, 0, number);
        return datagram;
    }

    // Datagrams to one, to some, and to all.

    @ParameterizedTest
    @CsvSource({
        "INET, 192.0.2.2, 192.0.2.22/24, 192.0.2.22, 192.0.2.22",
        "INET6, 2001:db8::2, 2001:db8::22/64, 2001:db8::22, 2001:db8::22",
        "INET6, fe80::2%11, fe80::22/64, fe80::22%11, fe80::22",
        "INET6, 192.0.2.2, 192.0.2.22/24, 192.0.2.22, 192.0.2.22"
    })
    void anAnswerComesFromTheVeryAddressThatWasAsked(
            StandardProtocolFamily family, String first, String more, String asked, String told) throws Exception {
        try (TwoHosts hosts = TwoHosts.make()) {
            hosts.right().give("wire", more);
            try (UdpSocket there = hosts.right()
                            .call(() ->
                                    UdpSocket.bind(Host.address(family.name().equals("INET") ? "0.0.0.0" : "::", 0)));
                    UdpSocket here = hosts.left().call(() -> UdpSocket.create(family))) {
                there.setOption(IpSocketOptions.IP_PKTINFO, true);
                if (family == StandardProtocolFamily.INET6) {
                    there.setOption(Ipv6SocketOptions.IPV6_RECVPKTINFO, true);
                }
                int port = there.localAddress().getPort();
                MemorySegment into = MemorySegment.ofArray(new byte[100]);

                here.send(Datagram.of("question").to(Host.address(asked, port)));
                ReceivedDatagram question = there.tryReceiveFrom(into, SOON).orElseThrow();
                assertThat(question.destination()).contains(InetAddress.getByName(told));
                assertThat(question.interfaceIndex()).hasValue(AT_RIGHT);

                there.send(Datagram.of("answer")
                        .to(question.from().orElseThrow())
                        .from(question.destination().orElseThrow()));
                ReceivedDatagram answer = here.tryReceiveFrom(into, SOON).orElseThrow();
                assertThat(answer.from()).contains(Host.address(asked, port));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"239.1.2.3, 192.0.2.1", "ff02::4321, fe80::1", "ff0e::4321, 2001:db8::1"})
    void aGroupReceivesWhatIsSentByTheInterfaceItJoined(String group, String sender) throws Exception {
        InetAddress address = InetAddress.getByName(group);
        boolean isV6 = address instanceof Inet6Address;
        StandardProtocolFamily family = isV6 ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
        try (TwoHosts hosts = TwoHosts.make();
                UdpSocket there = hosts.right().call(() -> UdpSocket.bind(Host.address(isV6 ? "::" : "0.0.0.0", 0)));
                UdpSocket here = hosts.left().call(() -> UdpSocket.create(family))) {
            NetworkInterface leftWire = hosts.leftWire();
            NetworkInterface rightWire = hosts.rightWire();
            InetSocketAddress to =
                    new InetSocketAddress(address, there.localAddress().getPort());
            Datagram datagram = Datagram.of("to all of you").to(to).by(leftWire);
            MemorySegment into = MemorySegment.ofArray(new byte[100]);
            there.setOption(isV6 ? Ipv6SocketOptions.IPV6_RECVPKTINFO : IpSocketOptions.IP_PKTINFO, true);
            there.setOption(isV6 ? Ipv6SocketOptions.IPV6_RECVHOPLIMIT : IpSocketOptions.IP_RECVTTL, true);

            there.join(address, rightWire);
            here.send(datagram);
            ReceivedDatagram came = there.tryReceiveFrom(into, SOON).orElseThrow();
            assertThat(came.from().orElseThrow().getAddress().getAddress())
                    .isEqualTo(InetAddress.getByName(sender).getAddress());
            assertThat(came.destination()).contains(address);
            assertThat(came.interfaceIndex()).hasValue(AT_RIGHT);
            assertThat(came.hopLimit()).hasValue(1); // as of a group by default

            there.leave(address, rightWire);
            here.send(datagram);
            InetSocketAddress alone = Host.address(isV6 ? RIGHT6 : RIGHT, to.getPort());
            here.send(Datagram.of("to you").to(alone)); // what comes is in order on this wire
            assertThat(there.tryReceiveFrom(into, SOON).orElseThrow().byteCount())
                    .isEqualTo(6);
        }
    }

    @Test
    void aGroupHearsOnlyTheSenderThatWasChosen() throws Exception {
        try (TwoHosts hosts = TwoHosts.make()) {
            hosts.left().give("wire", "192.0.2.11/24");
            InetAddress group = InetAddress.getByName("232.1.2.3");
            try (UdpSocket there = hosts.right().call(() -> UdpSocket.bind(Host.address("0.0.0.0", 0)));
                    UdpSocket here = hosts.left().call(() -> UdpSocket.create(StandardProtocolFamily.INET))) {
                NetworkInterface wire = hosts.leftWire();
                InetSocketAddress to =
                        new InetSocketAddress(group, there.localAddress().getPort());
                there.join(group, hosts.rightWire(), InetAddress.getByName("192.0.2.11"));
                MemorySegment into = MemorySegment.ofArray(new byte[100]);

                here.send(Datagram.of("not I").to(to).by(wire).from(InetAddress.getByName(LEFT)));
                here.send(Datagram.of("I").to(to).by(wire).from(InetAddress.getByName("192.0.2.11")));
                ReceivedDatagram came = there.tryReceiveFrom(into, SOON).orElseThrow();

                assertThat(came.byteCount()).isEqualTo(1);
                assertThat(came.from().orElseThrow().getAddress()).isEqualTo(InetAddress.getByName("192.0.2.11"));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.255", "255.255.255.255"})
    void whatIsForAllOfANetworkNeedsAnOptionAndComes(String all) throws Exception {
        try (TwoHosts hosts = TwoHosts.make();
                UdpSocket there = hosts.right().call(() -> UdpSocket.bind(Host.address("0.0.0.0", 0)));
                UdpSocket here = hosts.left().call(() -> UdpSocket.bind(Host.address(LEFT, 0)))) {
            InetSocketAddress to = Host.address(all, there.localAddress().getPort());
            Datagram datagram = Datagram.of("to all").to(to).by(hosts.leftWire());
            there.setOption(IpSocketOptions.IP_PKTINFO, true);

            assertThatThrownBy(() -> here.send(datagram))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EACCES))
                    .hasMessageContaining("SO_BROADCAST");
            here.setOption(LinuxSocketOptions.SO_BROADCAST, true);
            here.send(datagram);

            ReceivedDatagram came = there.tryReceiveFrom(MemorySegment.ofArray(new byte[100]), SOON)
                    .orElseThrow();
            assertThat(came.from()).contains(here.localAddress());
            assertThat(came.destination()).contains(to.getAddress());
        }
    }

    @Test
    void aSocketOfADeviceHearsNothingThatComesByAnother() throws Exception {
        SocketSetting<String> ofDevice = SocketSetting.set(LinuxSocketOptions.SO_BINDTODEVICE, "spare");
        try (TwoHosts hosts = TwoHosts.make()) {
            hosts.left().join("spare", 55, hosts.right(), "spare", 66);
            hosts.left().give("spare", "198.51.100.1/24");
            hosts.right().give("spare", "198.51.100.2/24");
            hosts.left().awaitUp("spare");
            hosts.right().awaitUp("spare");
            try (UdpSocket there = hosts.right().call(() -> UdpSocket.bind(Host.address("0.0.0.0", 0), ofDevice))) {
                int port = there.localAddress().getPort();
                try (UdpSocket byWire = hosts.left().call(() -> UdpSocket.connectedTo(Host.address(RIGHT, port)));
                        UdpSocket bySpare =
                                hosts.left().call(() -> UdpSocket.connectedTo(Host.address("198.51.100.2", port)))) {
                    byWire.send(bytes("by wire"));
                    assertThatThrownBy(() -> byWire.tryReceive(Waiting.memory(10), SOON))
                            .isInstanceOfSatisfying(
                                    ErrnoException.class,
                                    e -> assertThat(e.errno()).isEqualTo(Errno.ECONNREFUSED));
                    bySpare.send(bytes("by the other"));

                    assertThat(there.tryReceive(Waiting.memory(100), SOON)).isEqualTo(12);
                    assertThat(there.tryReceive(Waiting.memory(100), NOW)).isEqualTo(-1);
                    assertThat(there.option(LinuxSocketOptions.SO_BINDTODEVICE)).isEqualTo("spare");
                }
            }
        }
    }

    // Aids.

    private static TcpStream connected(TwoHosts hosts, InetSocketAddress address) throws Exception {
        Optional<TcpStream> stream = hosts.left().call(() -> TcpStream.tryConnect(address, SOON));
        return stream.orElseThrow();
    }

    private static MemorySegment bytes(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(TcpStream stream, int byteCount) throws Exception {
        MemorySegment into = MemorySegment.ofArray(new byte[byteCount]);
        long count = stream.tryReceive(into, SOON, ReceiveOption.WAIT_ALL);
        return new String(into.toArray(ValueLayout.JAVA_BYTE), 0, (int) count, StandardCharsets.UTF_8);
    }
}
