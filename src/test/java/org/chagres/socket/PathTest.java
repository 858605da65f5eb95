package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.Host;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A way that has a router in it, and what the router and this host tell of what they cannot send on. */
@ExtendWith(LeakCheck.class)
class PathTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    /** What the second half of the way takes in one packet. */
    private static final int NARROW = 1400;

    /** The same in both versions. */
    private enum Version {
        IPV4("192.0.2.1", "192.0.2.254", "198.51.100.254", "198.51.100.1", "198.51.100.0/24", 24, 28),
        IPV6("2001:db8::1", "2001:db8::fe", "2001:db8:1::fe", "2001:db8:1::1", "2001:db8:1::/64", 64, 48);

        private final String here;
        private final String routerHere;
        private final String routerThere;
        private final String there;
        private final String networkThere;
        private final int prefix;

        /** How long the headers of a datagram are. */
        private final int headers;

        Version(
                String here,
                String routerHere,
                String routerThere,
                String there,
                String networkThere,
                int prefix,
                int headers) {
            this.here = here;
            this.routerHere = routerHere;
            this.routerThere = routerThere;
            this.there = there;
            this.networkThere = networkThere;
            this.prefix = prefix;
            this.headers = headers;
        }

        private SocketSetting<Boolean> reports() {
            return SocketSetting.set(this == IPV4 ? IpSocketOptions.IP_RECVERR : Ipv6SocketOptions.IPV6_RECVERR, true);
        }

        private SocketSetting<PathMtuDiscovery> inOnePacket() {
            return SocketSetting.set(
                    this == IPV4 ? IpSocketOptions.IP_MTU_DISCOVER : Ipv6SocketOptions.IPV6_MTU_DISCOVER,
                    PathMtuDiscovery.DO);
        }

        private SocketOption<Integer> mtu() {
            return this == IPV4 ? IpSocketOptions.IP_MTU : Ipv6SocketOptions.IPV6_MTU;
        }

        private DatagramReport.Origin byMessage() {
            return this == IPV4 ? DatagramReport.Origin.ICMP : DatagramReport.Origin.ICMP6;
        }

        private InetAddress router() throws Exception {
            return InetAddress.getByName(routerHere);
        }
    }

    /** Two hosts and the router between them. */
    private record Way(Version version, Host here, Host router, Host there) implements AutoCloseable {
        static Way make(Version version) throws Exception {
            List<Host> hosts = new ArrayList<>();
            try {
                for (int i = 0; i < 3; i++) {
                    hosts.add(Host.make());
                }
                Way way = new Way(version, hosts.get(0), hosts.get(1), hosts.get(2));
                way.configure();
                return way;
            } catch (Throwable failure) {
                hosts.forEach(Host::close);
                throw failure;
            }
        }

        private void configure() throws Exception {
            here.join("wire", 11, router, "near", 22);
            there.join("wire", 33, router, "far", 44);
            String prefix = "/" + version.prefix;
            give(here, "wire", version.here + prefix, 1);
            give(router, "near", version.routerHere + prefix, 2);
            give(router, "far", version.routerThere + prefix, 3);
            give(there, "wire", version.there + prefix, 4);
            here.awaitUp("wire");
            router.awaitUp("near");
            router.awaitUp("far");
            there.awaitUp("wire");
            here.run("ip route add default via " + version.routerHere);
            there.run("ip route add default via " + version.routerThere);
            router.set(version == Version.IPV4 ? "net/ipv4/ip_forward" : "net/ipv6/conf/all/forwarding", "1");
            router.set(version == Version.IPV4 ? "net/ipv4/icmp_ratelimit" : "net/ipv6/icmp/ratelimit", "0");
        }

        private void give(Host host, String name, String address, int number) {
            if (version == Version.IPV4) {
                host.give(name, address);
            } else {
                host.give(name, address, "fe80::" + number + "/64"); // by which it asks who its neighbours are
            }
        }

        /** Narrows the way there, which nobody is told before somebody sends too much. */
        void narrow() {
            router.run("ip link set far mtu " + NARROW);
        }

        UdpSocket receiver() throws Exception {
            return there.call(() -> UdpSocket.bind(Host.address(version.there, 0)));
        }

        UdpSocket sender(InetSocketAddress to, SocketSetting<?>... settings) throws Exception {
            return here.call(() -> UdpSocket.connectedTo(to, settings));
        }

        @Override
        public void close() {
            here.close();
            router.close();
            there.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void aDatagramThatIsTooLongForTheInterfaceIsRefusedWithItsLimit(Version version) throws Exception {
        try (Way way = Way.make(version);
                UdpSocket receiver = way.receiver();
                UdpSocket sender = way.sender(receiver.localAddress(), version.reports(), version.inOnePacket())) {
            int most = 1500 - version.headers;
            assertThat(sender.option(version.mtu())).isEqualTo(1500);

            assertThatThrownBy(() -> sender.send(bytes(most + 1)))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.EMSGSIZE))
                    .hasMessageContaining("no more than the way takes");
            DatagramReport report = report(sender, new byte[0]);
            sender.send(bytes(most));

            assertThat(report.errno()).isEqualTo(Errno.EMSGSIZE);
            assertThat(report.origin()).isEqualTo(DatagramReport.Origin.LOCAL);
            assertThat(report.info()).isEqualTo(1500);
            assertThat(receiver.tryReceive(memory(), SOON)).isEqualTo(most);
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void aRouterTellsThatADatagramIsTooLongForTheRestOfTheWay(Version version) throws Exception {
        try (Way way = Way.make(version);
                UdpSocket receiver = way.receiver();
                UdpSocket sender = way.sender(receiver.localAddress(), version.reports(), version.inOnePacket())) {
            way.narrow();
            byte[] first = new byte[1500 - version.headers];
            new Random(8).nextBytes(first);

            sender.send(MemorySegment.ofArray(first)); // nobody knows yet
            DatagramReport report = report(sender, first);

            assertThat(report.errno()).isEqualTo(Errno.EMSGSIZE);
            assertThat(report.origin()).isEqualTo(version.byMessage());
            assertThat(report.type()).isEqualTo(version == Version.IPV4 ? 3 : 2);
            assertThat(report.code()).isEqualTo(version == Version.IPV4 ? 4 : 0);
            assertThat(report.info()).isEqualTo(NARROW);
            assertThat(report.reporter()).contains(version.router());

            assertThat(sender.option(version.mtu())).isEqualTo(NARROW);
            assertThatThrownBy(() -> sender.send(bytes(NARROW - version.headers + 1)))
                    .satisfies(thrown -> assertThat(errno(thrown)).isEqualTo(Errno.EMSGSIZE));
            assertThat(report(sender, new byte[0]).info()).isEqualTo(NARROW);
            sender.send(bytes(NARROW - version.headers));
            assertThat(receiver.tryReceive(memory(), SOON)).isEqualTo(NARROW - version.headers);
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void aDatagramThatMayBeSplitComesWhole(Version version) throws Exception {
        try (Way way = Way.make(version);
                UdpSocket receiver = way.receiver();
                UdpSocket sender = way.sender(
                        receiver.localAddress(),
                        SocketSetting.set(
                                version == Version.IPV4
                                        ? IpSocketOptions.IP_MTU_DISCOVER
                                        : Ipv6SocketOptions.IPV6_MTU_DISCOVER,
                                PathMtuDiscovery.DONT))) {
            byte[] datagram = new byte[30_000];
            new Random(9).nextBytes(datagram);

            sender.send(MemorySegment.ofArray(datagram));

            MemorySegment into = MemorySegment.ofArray(new byte[40_000]);
            assertThat(receiver.tryReceive(into, SOON)).isEqualTo(30_000);
            assertThat(into.asSlice(0, 30_000).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(datagram);
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void theRoutersOfAWayAreFoundHopByHop(Version version) throws Exception {
        try (Way way = Way.make(version);
                UdpSocket socket = way.here()
                        .call(() -> UdpSocket.bind(
                                Host.address(version == Version.IPV4 ? "0.0.0.0" : "::", 0), version.reports()))) {
            InetSocketAddress nobody = Host.address(version.there, 33_434);
            List<String> found = new ArrayList<>();
            Errno errno;
            do {
                String probe = "probe " + (found.size() + 1);
                socket.send(Datagram.of(probe).to(nobody).hopLimit(found.size() + 1));
                MemorySegment into = memory();
                ReceivedDatagram received = socket.tryReceiveFrom(into, SOON, ReceiveOption.ERROR_QUEUE)
                        .orElseThrow();
                DatagramReport report = received.report().orElseThrow();
                errno = report.errno();
                found.add(report.reporter().orElseThrow().getHostAddress() + " " + report.type() + " " + report.code());

                assertThat(received.from()).contains(nobody);
                assertThat(report.origin()).isEqualTo(version.byMessage());
                assertThat(into.asSlice(0, received.byteCount()).toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(probe.getBytes());
            } while (errno == Errno.EHOSTUNREACH && found.size() < 5);

            assertThat(errno).isEqualTo(Errno.ECONNREFUSED);
            assertThat(found)
                    .containsExactly(
                            version.router().getHostAddress() + (version == Version.IPV4 ? " 11 0" : " 3 0"),
                            InetAddress.getByName(version.there).getHostAddress()
                                    + (version == Version.IPV4 ? " 3 3" : " 1 4"));
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void whatIsLeftOfTheHopsIsTold(Version version) throws Exception {
        try (Way way = Way.make(version);
                UdpSocket receiver = way.receiver();
                UdpSocket sender = way.sender(receiver.localAddress())) {
            receiver.setOption(
                    version == Version.IPV4 ? IpSocketOptions.IP_RECVTTL : Ipv6SocketOptions.IPV6_RECVHOPLIMIT, true);

            sender.send(Datagram.of("by a router").hopLimit(2));

            assertThat(receiver.tryReceiveFrom(memory(), SOON).orElseThrow().hopLimit())
                    .hasValue(1);
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void whatARouterForbidsFailsToConnect(Version version) throws Exception {
        try (Way way = Way.make(version)) {
            way.router().run("ip link set far down; ip route replace prohibit " + version.networkThere);

            assertThatThrownBy(() -> way.here().call(() -> TcpStream.tryConnect(Host.address(version.there, 80), SOON)))
                    .satisfies(thrown -> assertThat(errno(thrown))
                            .isEqualTo(version == Version.IPV4 ? Errno.EHOSTUNREACH : Errno.EACCES));
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void aStreamFindsWhatTheWayTakes(Version version) throws Exception {
        try (Way way = Way.make(version);
                TcpListener listener = way.there().call(() -> TcpListener.bind(Host.address(version.there, 0)))) {
            InetSocketAddress address = listener.localAddress();
            way.narrow();
            try (TcpStream sender = way.here()
                            .call(() -> TcpStream.tryConnect(address, SOON))
                            .orElseThrow();
                    TcpStream receiver = listener.tryAccept(SOON).orElseThrow()) {
                byte[] bytes = new byte[300_000];
                new Random(10).nextBytes(bytes);
                FutureTask<byte[]> reading =
                        ThreadKind.PLATFORM.start(() -> receiver.inputStream().readAllBytes());

                sender.writeFully(bytes);
                sender.shutdownOutput();

                assertThat(Arrays.equals(reading.get(SOON.toSeconds(), TimeUnit.SECONDS), bytes))
                        .isTrue();
                assertThat(sender.option(version.mtu())).isEqualTo(NARROW);
            }
        }
    }

    /** The next report, of a datagram of these bytes as far as the report has them. */
    private static DatagramReport report(UdpSocket socket, byte[] datagram) throws Exception {
        MemorySegment into = memory();
        ReceivedDatagram received =
                socket.tryReceiveFrom(into, SOON, ReceiveOption.ERROR_QUEUE).orElseThrow();
        assertThat(received.from()).contains(socket.peerAddress());
        if (datagram.length > 0) {
            byte[] told = into.asSlice(0, received.byteCount()).toArray(ValueLayout.JAVA_BYTE);
            assertThat(told).isNotEmpty().isEqualTo(Arrays.copyOf(datagram, told.length));
        }
        return received.report().orElseThrow();
    }

    private static MemorySegment memory() {
        return MemorySegment.ofArray(new byte[2000]);
    }

    private static MemorySegment bytes(int count) {
        return MemorySegment.ofArray(new byte[count]);
    }

    private static Errno errno(Throwable thrown) {
        assertThat(thrown).isInstanceOf(ErrnoException.class);
        return ((ErrnoException) thrown).errno();
    }
}
