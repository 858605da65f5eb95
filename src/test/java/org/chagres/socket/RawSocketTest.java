package org.chagres.socket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.socket.InetSockets.address;
import static org.chagres.socket.InetSockets.at;
import static org.chagres.socket.LocalSockets.openSockets;
import static org.chagres.socket.SocketSetting.set;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.socket.InetSockets.Version;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Patience;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Raw sockets and ICMP datagram sockets, each test in a network namespace of its own. */
@ExtendWith(LeakCheck.class)
class RawSocketTest {
    /** For trying out (RFC 3692). */
    private static final int TRIAL = 253;

    private static final int ICMP = 1;
    private static final int ICMP_V6 = 58;
    private static final int ECHO_V4 = 8;
    private static final int ECHO_V6 = 128;
    private static final Duration PATIENCE = Duration.ofSeconds(Patience.of(30));

    private static final StandardProtocolFamily INET = StandardProtocolFamily.INET;
    private static final StandardProtocolFamily INET6 = StandardProtocolFamily.INET6;
    private static final InetSocketAddress HERE = at("127.0.0.1", 0);
    private static final InetSocketAddress HERE_V6 = at("::1", 0);

    /** Tells the first packet of IPv4 of that protocol that goes over the loopback, whoever sent it. */
    private static final String SNIFFER = """
            import socket
            taken = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x800))
            taken.bind(('lo', 0))
            print('ready', flush=True)
            while True:
                packet = taken.recv(65536)
                if packet[9] == 253:
                    print(packet.hex(), flush=True)
                    break
            """;

    private static final String PYTHON_RECEIVER = """
            import socket
            receiver = socket.socket(socket.AF_INET, socket.SOCK_RAW, 253)
            print('ready', flush=True)
            print(receiver.recv(65536).hex(), flush=True)
            """;

    private static final String PYTHON_SENDER = """
            import socket
            sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, 253)
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 9)
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 16)
            sender.sendto(b'from python', ('127.0.0.1', 0))
            """;

    /** Tells the header of one packet, as C has it. */
    private static final String C_RECEIVER = """
            #include <arpa/inet.h>
            #include <netinet/ip.h>
            #include <stdio.h>
            #include <sys/socket.h>

            int main(void) {
                union { struct iphdr header; unsigned char bytes[65536]; } packet;
                int fd = socket(AF_INET, SOCK_RAW, 253);
                puts("ready");
                fflush(stdout);
                long count = recv(fd, &packet, sizeof packet, 0);
                struct iphdr *h = &packet.header;
                printf("%ld: %d %d %d %d %d %d %d %d %d ", count, h->version, h->ihl * 4, h->tos, ntohs(h->tot_len),
                       ntohs(h->id), ntohs(h->frag_off), h->ttl, h->protocol, ntohs(h->check));
                printf("%s ", inet_ntoa((struct in_addr) {h->saddr}));
                printf("%s\\n", inet_ntoa((struct in_addr) {h->daddr}));
                return 0;
            }
            """;

    private static Peer python(String program) throws Exception {
        Run.assumeInstalled("python3");
        Peer peer = Peer.start(List.of("python3", "-c", program));
        assertThat(peer.hear()).isEqualTo("ready");
        return peer;
    }

    private static byte[] received(RawSocket socket) throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(1 << 16);
            long count = socket.tryReceive(memory, PATIENCE);
            assertThat(count).as("bytes of a packet").isGreaterThanOrEqualTo(0);
            return memory.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private static boolean hasMore(RawSocket socket) throws Exception {
        return socket.tryReceive(MemorySegment.ofArray(new byte[1]), Duration.ZERO) >= 0;
    }

    private static byte[] echo(int type, int sequence) {
        byte[] message = new byte[12];
        ByteBuffer.wrap(message)
                .put(0, (byte) type)
                .putShort(4, (short) 0x1914)
                .putShort(6, (short) sequence)
                .putInt(8, 0x63617573);
        return message;
    }

    private static byte[] withChecksum(byte[] icmp) {
        byte[] message = icmp.clone();
        ByteBuffer.wrap(message).putShort(2, (short) Inet.checksum(MemorySegment.ofArray(message)));
        return message;
    }

    private static void allowPings() throws IOException {
        OwnNetwork.set("ipv4/ping_group_range", "0 2147483647");
    }

    private static ErrnoException refused(Errno errno, ThrowingCallable call) {
        ErrnoException failure = catchThrowableOfType(ErrnoException.class, call);
        assertThat(failure).as("a failure").isNotNull();
        assertThat(failure.errno()).isEqualTo(errno);
        return failure;
    }

    // Headers.

    @Test
    void everyReceiverSeesTheSamePacketWithItsHeader() throws Exception {
        OwnNetwork.run(() -> {
            try (Peer sniffer = python(SNIFFER);
                    Peer python = python(PYTHON_RECEIVER);
                    RawSocket receiver = RawSocket.create(INET, TRIAL);
                    RawSocket sender = RawSocket.create(INET, TRIAL)) {
                sender.send(Datagram.of("locks").to(HERE).hopLimit(9).trafficClass(16));
                byte[] packet = received(receiver);
                assertThat(HexFormat.of().formatHex(packet))
                        .isEqualTo(python.hear())
                        .isEqualTo(sniffer.hear());

                Ipv4Header header = Ipv4Header.parse(MemorySegment.ofArray(packet));
                assertThat(header.byteSize()).isEqualTo(20);
                assertThat(header.totalLength()).isEqualTo(25).isEqualTo(packet.length);
                assertThat(header.isChecksumRight()).isTrue();
                assertThat(header.protocol()).isEqualTo(TRIAL);
                assertThat(header.timeToLive()).isEqualTo(9);
                assertThat(header.typeOfService()).isEqualTo(16);
                assertThat(header.source()).isEqualTo(address("127.0.0.1"));
                assertThat(header.destination()).isEqualTo(address("127.0.0.1"));
                assertThat(new String(packet, 20, 5, UTF_8)).isEqualTo("locks");
                assertThat(received(sender)).isEqualTo(packet); // it is of the protocol itself
                assertThat(List.of(python.end(), sniffer.end())).containsOnly(0);
            }
        });
    }

    @Test
    void packetOfPythonsIsReceivedWithItsHeader() throws Exception {
        OwnNetwork.run(() -> {
            Run.assumeInstalled("python3");
            try (RawSocket receiver = RawSocket.create(INET, TRIAL)) {
                Run.command("python3", "-c", PYTHON_SENDER).output();
                byte[] packet = received(receiver);
                Ipv4Header header = Ipv4Header.parse(MemorySegment.ofArray(packet));
                assertThat(header.timeToLive()).isEqualTo(9);
                assertThat(header.typeOfService()).isEqualTo(16);
                assertThat(new String(packet, 20, packet.length - 20, UTF_8)).isEqualTo("from python");
            }
        });
    }

    @Test
    void headerIsWhatCFindsInIt() throws Exception {
        OwnNetwork.run(() -> {
            try (CProgram program = CProgram.compile(C_RECEIVER);
                    Peer c = Peer.start(program.command());
                    RawSocket sender = RawSocket.create(INET, TRIAL, set(IpSocketOptions.IP_HDRINCL, true))) {
                assertThat(c.hear()).isEqualTo("ready");
                Ipv4Header header = Ipv4Header.of(TRIAL, (Inet4Address) address("127.0.0.1"))
                        .source((Inet4Address) address("127.0.0.9"))
                        .identification(0xcafe)
                        .dontFragment(true)
                        .timeToLive(3)
                        .typeOfService(0x28);
                sender.send(Datagram.of(MemorySegment.ofArray(header.toBytes()), MemorySegment.ofArray(new byte[7]))
                        .to(HERE));
                int checksum = header.totalLength(27).withChecksum().checksum();
                assertThat(c.hear()).isEqualTo("27: 4 20 40 27 51966 16384 3 253 " + checksum + " 127.0.0.9 127.0.0.1");
                assertThat(c.end()).isZero();
            }
        });
    }

    @Test
    void headerOfOnesOwnIsSentByteForByte() throws Exception {
        OwnNetwork.run(() -> {
            try (Peer sniffer = python(SNIFFER);
                    RawSocket receiver = RawSocket.create(INET, TRIAL);
                    RawSocket sender = RawSocket.create(INET, TRIAL, set(IpSocketOptions.IP_HDRINCL, true))) {
                assertThat(sender.option(IpSocketOptions.IP_HDRINCL)).isTrue();
                Ipv4Header header = Ipv4Header.of(TRIAL, (Inet4Address) address("127.0.0.1"))
                        .source((Inet4Address) address("127.0.0.9"))
                        .identification(0xcafe)
                        .timeToLive(7)
                        .typeOfService(0xb8)
                        .options(new byte[] {1, 1, 1, 0}); // no operations, and their end
                byte[] payload = "gates".getBytes(UTF_8);
                sender.send(Datagram.of(MemorySegment.ofArray(header.toBytes()), MemorySegment.ofArray(payload))
                        .to(HERE));

                byte[] expected =
                        Arrays.copyOf(header.totalLength(29).withChecksum().toBytes(), 29);
                System.arraycopy(payload, 0, expected, 24, payload.length);
                assertThat(sniffer.hear()).isEqualTo(HexFormat.of().formatHex(expected));
                assertThat(received(receiver)).isEqualTo(expected);
                assertThat(sniffer.end()).isZero();
            }
        });
    }

    @Test
    void kernelFillsInWhatIsZero() throws Exception {
        OwnNetwork.run(() -> {
            try (RawSocket receiver = RawSocket.create(INET, TRIAL);
                    RawSocket sender = RawSocket.create(INET, 255)) {
                assertThat(sender.option(IpSocketOptions.IP_HDRINCL))
                        .as("of protocol 255")
                        .isTrue();
                Ipv4Header header = Ipv4Header.of(TRIAL, (Inet4Address) address("127.0.0.1"));
                sender.send(Datagram.of(header.totalLength(4000).toBytes()).to(HERE));
                Ipv4Header sent = Ipv4Header.parse(MemorySegment.ofArray(received(receiver)));
                assertThat(sent.source()).isEqualTo(address("127.0.0.1"));
                assertThat(sent.identification()).isNotZero();
                assertThat(sent.totalLength()).isEqualTo(20);
                assertThat(sent.isChecksumRight()).isTrue();
                assertThat(sent.timeToLive()).isEqualTo(64);
            }
        });
    }

    @Test
    void headerThatIsNoneIsRefused() throws Exception {
        OwnNetwork.run(() -> {
            try (RawSocket sender = RawSocket.create(INET, TRIAL, set(IpSocketOptions.IP_HDRINCL, true))) {
                ErrnoException failure = refused(
                        Errno.EINVAL, () -> sender.send(Datagram.of("abc").to(HERE)));
                assertThat(failure.hint().orElseThrow()).contains("header");
                byte[] large = Arrays.copyOf(
                        Ipv4Header.of(TRIAL, (Inet4Address) address("127.0.0.1"))
                                .toBytes(),
                        65536);
                assertThat(refused(
                                Errno.EMSGSIZE,
                                () -> sender.send(Datagram.of(large).to(HERE))))
                        .hasMessageContaining("65535");
            }
        });
    }

    // IPv6.

    @Test
    void ofIpv6NoHeaderIsReceived() throws Exception {
        OwnNetwork.run(() -> {
            try (RawSocket socket = RawSocket.create(INET6, TRIAL, set(Ipv6SocketOptions.IPV6_RECVHOPLIMIT, true))) {
                assertThat(socket.receivesHeader()).isFalse();
                socket.send(Datagram.of("locks").to(HERE_V6).hopLimit(9));
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment memory = arena.allocate(100);
                    ReceivedDatagram received =
                            socket.tryReceiveFrom(memory, PATIENCE).orElseThrow();
                    assertThat(received.byteCount()).isEqualTo(5);
                    assertThat(received.from()).contains(HERE_V6);
                    assertThat(received.hopLimit()).hasValue(9);
                    assertThat(memory.getString(0)).isEqualTo("locks");
                }
                socket.send(Datagram.of("x").to(at("::1", TRIAL))); // its number for a port
                assertThat(received(socket)).isEqualTo("x".getBytes(UTF_8));
                assertThat(refused(
                                        Errno.EINVAL,
                                        () -> socket.send(Datagram.of("x").to(at("::1", 9))))
                                .hint()
                                .orElseThrow())
                        .contains("port 0");
            }
        });
    }

    @Test
    void checksumOfIpv6IsPutInAndChecked() throws Exception {
        OwnNetwork.run(() -> {
            try (RawSocket sender = RawSocket.create(INET6, TRIAL, set(Ipv6SocketOptions.IPV6_CHECKSUM, 2));
                    RawSocket careless = RawSocket.create(INET6, TRIAL);
                    RawSocket checking = RawSocket.create(INET6, TRIAL, set(Ipv6SocketOptions.IPV6_CHECKSUM, 2))) {
                assertThat(sender.option(Ipv6SocketOptions.IPV6_CHECKSUM)).isEqualTo(2);
                assertThat(careless.option(Ipv6SocketOptions.IPV6_CHECKSUM)).isEqualTo(-1);
                byte[] message = {1, 2, 0, 0, 5, 6, 7};
                int checksum = Inet.checksum(
                        HERE_V6.getAddress(), HERE_V6.getAddress(), TRIAL, MemorySegment.ofArray(message));
                sender.send(Datagram.of(message).to(HERE_V6));
                ByteBuffer.wrap(message).putShort(2, (short) checksum);
                assertThat(received(checking)).isEqualTo(message);
                assertThat(received(careless)).isEqualTo(message);

                message[6]++; // now it is wrong
                careless.send(Datagram.of(message).to(HERE_V6));
                assertThat(received(careless)).isEqualTo(message);
                assertThat(hasMore(checking)).isFalse();

                refused(Errno.EINVAL, () -> checking.setOption(Ipv6SocketOptions.IPV6_CHECKSUM, 3));
            }
            try (RawSocket icmp = RawSocket.create(INET6, ICMP_V6)) {
                assertThat(icmp.option(Ipv6SocketOptions.IPV6_CHECKSUM)).isEqualTo(2);
                refused(Errno.EINVAL, () -> icmp.setOption(Ipv6SocketOptions.IPV6_CHECKSUM, 4));
            }
        });
    }

    @Test
    void headerOfIpv6OfOnesOwnGoesAsItIs() throws Exception {
        OwnNetwork.run(() -> {
            try (RawSocket receiver = RawSocket.create(
                            INET6,
                            TRIAL,
                            set(Ipv6SocketOptions.IPV6_RECVHOPLIMIT, true),
                            set(Ipv6SocketOptions.IPV6_RECVTCLASS, true));
                    RawSocket sender = RawSocket.create(INET6, TRIAL, set(Ipv6SocketOptions.IPV6_HDRINCL, true))) {
                String header = "6b800000" + "0003" + "fd" + "07" + "0".repeat(31) + "1" + "0".repeat(31) + "1";
                sender.send(
                        Datagram.of(HexFormat.of().parseHex(header + "616263")).to(HERE_V6));
                MemorySegment memory = MemorySegment.ofArray(new byte[100]);
                ReceivedDatagram received =
                        receiver.tryReceiveFrom(memory, PATIENCE).orElseThrow();
                assertThat(received.byteCount()).isEqualTo(3);
                assertThat(received.hopLimit()).hasValue(7);
                assertThat(received.trafficClass()).hasValue(0xb8);
                assertThat(memory.getString(0)).isEqualTo("abc");
            }
        });
    }

    // ICMP.

    @Test
    void echoIsAskedByRawSockets() throws Exception {
        OwnNetwork.run(() -> {
            try (RawSocket v4 =
                            RawSocket.create(INET, ICMP, set(IcmpSocketOptions.ICMP_FILTER, IcmpFilter.passOnly(0)));
                    RawSocket v6 = RawSocket.create(
                            INET6, ICMP_V6, set(IcmpSocketOptions.ICMP6_FILTER, IcmpFilter.passOnly(129)))) {
                v4.send(Datagram.of(withChecksum(echo(ECHO_V4, 7))).to(HERE));
                byte[] packet = received(v4); // and not the question, which comes before
                assertThat(Arrays.copyOfRange(packet, 20, packet.length)).isEqualTo(withChecksum(echo(0, 7)));

                v6.send(Datagram.of(echo(ECHO_V6, 7)).to(HERE_V6)); // the kernel puts the checksum in
                byte[] answer = echo(129, 7);
                int checksum = Inet.checksum(
                        HERE_V6.getAddress(), HERE_V6.getAddress(), ICMP_V6, MemorySegment.ofArray(answer));
                ByteBuffer.wrap(answer).putShort(2, (short) checksum);
                assertThat(received(v6)).isEqualTo(answer);
                assertThat(hasMore(v4)).isFalse();
                assertThat(hasMore(v6)).isFalse();
            }
        });
    }

    @Test
    void filterIsAsItWasSet() throws Exception {
        OwnNetwork.run(() -> {
            try (RawSocket v4 = RawSocket.create(INET, ICMP);
                    RawSocket v6 = RawSocket.create(INET6, ICMP_V6);
                    RawSocket other = RawSocket.create(INET, TRIAL);
                    RawSocket other6 = RawSocket.create(INET6, TRIAL)) {
                assertThat(v4.option(IcmpSocketOptions.ICMP_FILTER)).isEqualTo(IcmpFilter.passAll());
                assertThat(v6.option(IcmpSocketOptions.ICMP6_FILTER)).isEqualTo(IcmpFilter.passAll());

                v4.setOption(IcmpSocketOptions.ICMP_FILTER, new IcmpFilter(Set.of(0, 8, 31, 40)));
                assertThat(v4.option(IcmpSocketOptions.ICMP_FILTER)).isEqualTo(new IcmpFilter(Set.of(0, 8, 31)));
                assertThat(v4.rawOption(255, 1, 4)).containsExactly(1, 1, 0, 0x80); // struct icmp_filter

                v6.setOption(IcmpSocketOptions.ICMP6_FILTER, new IcmpFilter(Set.of(0, 128, 255)));
                assertThat(v6.option(IcmpSocketOptions.ICMP6_FILTER)).isEqualTo(new IcmpFilter(Set.of(0, 128, 255)));
                byte[] bits = new byte[32];
                bits[0] = 1;
                bits[16] = 1;
                bits[31] = (byte) 0x80;
                assertThat(v6.rawOption(ICMP_V6, 1, 32)).isEqualTo(bits);

                refused(Errno.EOPNOTSUPP, () -> other.option(IcmpSocketOptions.ICMP_FILTER));
                refused(Errno.EOPNOTSUPP, () -> other6.setOption(IcmpSocketOptions.ICMP6_FILTER, IcmpFilter.passAll()));
            }
        });
    }

    @Test
    void filtersAreSetsOfTypes() {
        IcmpFilter filter = IcmpFilter.passOnly(0, 255);
        assertThat(filter.blocked()).hasSize(254);
        assertThat(filter.passes(0) && filter.passes(255)).isTrue();
        assertThat(filter.passes(8)).isFalse();
        assertThat(IcmpFilter.passOnly().blocked()).hasSize(256);
        assertThat(IcmpFilter.passAll().passes(8)).isTrue();
        for (int type : new int[] {-1, 256}) {
            assertThatIllegalArgumentException().isThrownBy(() -> filter.passes(type));
            assertThatIllegalArgumentException().isThrownBy(() -> IcmpFilter.passOnly(type));
            assertThatIllegalArgumentException().isThrownBy(() -> new IcmpFilter(Set.of(type)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void echoIsAskedByIcmpDatagramSockets(Version version) throws Exception {
        OwnNetwork.run(() -> {
            allowPings();
            boolean isV4 = version == Version.V4;
            try (RawSocket socket = RawSocket.icmp(version.family())) {
                assertThat(socket.isRaw()).isFalse();
                assertThat(socket.receivesHeader()).isFalse();
                assertThat(socket.protocol()).isEqualTo(isV4 ? ICMP : ICMP_V6);
                socket.bind(version.loopback(4711)); // the identifier
                assertThat(socket.localAddress()).isEqualTo(version.loopback(4711));
                assertThat(refused(Errno.EINVAL, () -> socket.bind(version.loopback(4712))))
                        .hasMessageContaining("an address already");

                socket.send(Datagram.of(echo(isV4 ? ECHO_V4 : ECHO_V6, 7)).to(version.loopback(0)));
                byte[] answer = received(socket);
                ByteBuffer.wrap(answer).putShort(2, (short) 0); // that of IPv6 has the addresses in it
                byte[] expected = echo(isV4 ? 0 : 129, 7);
                ByteBuffer.wrap(expected).putShort(4, (short) 4711);
                assertThat(answer).isEqualTo(expected);

                assertThat(refused(
                                Errno.EINVAL,
                                () -> socket.send(Datagram.of(echo(13, 1)).to(version.loopback(0)))))
                        .hasMessageContaining("no echo");
                refused(Errno.ENOTTY, socket::available);
                refused(Errno.ENOTTY, socket::unsentBytes);

                socket.send(Datagram.of(echo(isV4 ? ECHO_V4 : ECHO_V6, 8)).to(version.loopback(0)));
                ReceivedDatagram cut = socket.tryReceiveFrom(MemorySegment.ofArray(new byte[4]), PATIENCE)
                        .orElseThrow();
                assertThat(cut.byteCount()).isEqualTo(4);
                assertThat(cut.isTruncated()).isTrue();
            }
        });
    }

    // Who may.

    @Test
    void withoutThePrivilegeItIsRefusedClearly() throws Exception {
        OwnNetwork.run(() -> {
            try (Peer peer = Peer.javaAs(65534, RawUser.class)) {
                for (int family = 0; family < 2; family++) {
                    assertThat(peer.hear())
                            .contains("socket: EPERM")
                            .contains("RawSocket of protocol 253")
                            .contains("CAP_NET_RAW");
                    assertThat(peer.hear())
                            .contains("socket: EACCES")
                            .contains("net.ipv4.ping_group_range, which is 1 0");
                }
                assertThat(peer.end()).isZero();
            }
        });
    }

    /** Not even who may make raw sockets may make these: it is the group that counts. */
    @Test
    void icmpDatagramsByNumberAreRefusedClearly() throws Exception {
        OwnNetwork.run(() -> assertThat(refused(Errno.EACCES, () -> LowSocket.open(2, 2, ICMP)))
                .hasMessageContaining("net.ipv4.ping_group_range"));
    }

    @Test
    void groupsThatMayAskForEchoesNeedNoPrivilege() throws Exception {
        OwnNetwork.run(() -> {
            allowPings();
            try (Peer peer = Peer.javaAs(65534, RawUser.class)) {
                assertThat(peer.hear()).contains("EPERM");
                assertThat(peer.hear()).isEqualTo("made one of protocol 1");
                assertThat(peer.hear()).contains("EPERM");
                assertThat(peer.hear()).isEqualTo("made one of protocol 58");
                assertThat(peer.end()).isZero();
            }
        });
    }

    // Making and naming.

    @Test
    void socketsAreTakenForWhatTheyAre() throws Exception {
        OwnNetwork.run(() -> {
            allowPings();
            try (RawSocket raw = RawSocket.create(INET, TRIAL);
                    RawSocket raw6 = RawSocket.create(INET6, TRIAL);
                    RawSocket icmp = RawSocket.icmp(INET);
                    UdpSocket udp = UdpSocket.create(INET);
                    Descriptor local = LowSocket.open(1, 3, 0);
                    Descriptor packets = LowSocket.open(17, 3, 0)) {
                RawSocket same = RawSocket.of(raw.descriptor());
                assertThat(same.descriptor()).isSameAs(raw.descriptor());
                assertThat(same.protocol()).isEqualTo(TRIAL);
                assertThat(same.isRaw()).isTrue();
                assertThat(same.receivesHeader()).isTrue();
                assertThat(RawSocket.of(raw6.descriptor()).receivesHeader()).isFalse();
                assertThat(RawSocket.of(icmp.descriptor()).isRaw()).isFalse();
                for (Descriptor other : List.of(udp.descriptor(), local, packets)) {
                    assertThatIllegalArgumentException()
                            .isThrownBy(() -> RawSocket.of(other))
                            .withMessageContaining("no raw socket");
                }
                for (RawSocket other : List.of(raw, icmp)) {
                    assertThatIllegalArgumentException().isThrownBy(() -> UdpSocket.of(other.descriptor()));
                }
                assertThat(raw).hasToString(raw.descriptor().toString());
            }
            RawSocket closed = RawSocket.create(INET, TRIAL);
            closed.close();
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> RawSocket.of(closed.descriptor()));
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> closed.bind(HERE));
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> closed.connect(HERE));
        });
    }

    @Test
    void bindingAndConnectingChooseByAddress() throws Exception {
        OwnNetwork.run(() -> {
            try (RawSocket bound = RawSocket.create(INET, TRIAL);
                    RawSocket connected = RawSocket.create(INET, TRIAL);
                    RawSocket third = RawSocket.create(INET, TRIAL);
                    RawSocket sender = RawSocket.create(INET, TRIAL)) {
                bound.bind(at("127.0.0.2", 0));
                third.bind(at("127.0.0.3", 0));
                assertThat(bound.localAddress()).isEqualTo(at("127.0.0.2", TRIAL));
                connected.connect(at("127.0.0.3", 0));
                refused(Errno.ENOTCONN, connected::peerAddress);
                connected.connect(at("127.0.0.3", 9));
                assertThat(connected.peerAddress()).isEqualTo(at("127.0.0.3", 9));
                refused(Errno.EINVAL, () -> connected.bind(HERE));
                refused(Errno.EADDRNOTAVAIL, () -> bound.bind(at("192.0.2.77", 0)));

                sender.send(Datagram.of("nobody's").to(at("127.0.0.4", 0)));
                sender.send(Datagram.of("bound").to(at("127.0.0.2", 0)));
                bound.send(Datagram.of("from 2").to(HERE));
                third.send(Datagram.of("from 3").to(HERE));
                assertThat(new String(received(bound), 20, 5, UTF_8)).isEqualTo("bound");
                assertThat(new String(received(connected), 20, 6, UTF_8)).isEqualTo("from 3");

                connected.send(MemorySegment.ofArray("back".getBytes(UTF_8)));
                assertThat(new String(received(third), 20, 4, UTF_8)).isEqualTo("back");
                connected.disconnect();
                refused(Errno.EDESTADDRREQ, () -> connected.send(MemorySegment.ofArray(new byte[1])));
            }
        });
    }

    /** As the kernel does it: only packets with their header wait, of which the table of waits has rows. */
    @Test
    void withoutAHeaderOfItsOwnNothingWaitsForRoom() throws Exception {
        OwnNetwork.runWithInterface(() -> {
            try (RawSocket socket = RawSocket.create(INET, TRIAL, set(LinuxSocketOptions.SO_SNDBUF, 1))) {
                Datagram datagram = Datagram.of(new byte[1000]).to(at("192.0.2.50", 0)); // whom the kernel looks for
                ErrnoException failure = refused(Errno.ENOBUFS, () -> {
                    for (int i = 0; i < 1000; i++) {
                        socket.send(datagram);
                    }
                });
                assertThat(failure.hint().orElseThrow()).contains("raw socket");
                assertThat(socket.unsentBytes()).isGreaterThan(socket.option(LinuxSocketOptions.SO_SNDBUF));
            }
        });
    }

    @Test
    void manyAreSentAndReceivedInOneCall() throws Exception {
        OwnNetwork.run(() -> {
            try (RawSocket socket = RawSocket.create(INET6, TRIAL);
                    Arena arena = Arena.ofConfined()) {
                DatagramBatch batch = DatagramBatch.allocate(arena, 3, 8);
                for (int i = 0; i < 3; i++) {
                    batch.setByteSize(i, i + 1);
                    batch.setAddress(i, HERE_V6);
                }
                assertThat(socket.trySendMany(batch, 0, 3, PATIENCE)).isEqualTo(3);
                assertThat(socket.available()).isEqualTo(1);
                int count = 0;
                while (count < 3) {
                    int some = socket.tryReceiveMany(batch, PATIENCE);
                    assertThat(some).isPositive();
                    assertThat(batch.byteSize(0)).isEqualTo(count + 1);
                    count += some;
                }
            }
        });
    }

    @Test
    void wrongArgumentsAreRefusedBeforeTheKernelIsAsked() throws Exception {
        long before = openSockets();
        for (int protocol : new int[] {Integer.MIN_VALUE, -1, 0, 256}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> RawSocket.create(INET, protocol))
                    .withMessageContaining(String.valueOf(protocol));
        }
        ProtocolFamily local = StandardProtocolFamily.UNIX;
        assertThatIllegalArgumentException().isThrownBy(() -> RawSocket.create(local, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> RawSocket.icmp(local));
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> RawSocket.create(null, 1));
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> RawSocket.of(null));
        OwnNetwork.run(() -> {
            try (RawSocket v4 = RawSocket.create(INET, TRIAL);
                    RawSocket v6 = RawSocket.create(INET6, TRIAL)) {
                Datagram datagram = Datagram.of("x");
                for (ThrowingCallable call : List.<ThrowingCallable>of(
                        () -> v4.send(datagram.to(HERE_V6)),
                        () -> v4.connect(HERE_V6),
                        () -> v4.bind(HERE_V6),
                        () -> v6.send(datagram.to(HERE)),
                        () -> v6.connect(HERE),
                        () -> v6.bind(HERE),
                        () -> v4.send(datagram.to(HERE).segments(1)))) {
                    assertThatIllegalArgumentException().isThrownBy(call);
                }
            }
            SocketSetting<Integer> cannotBeSet = set(LinuxSocketOptions.SO_TYPE, 1);
            assertThatIllegalArgumentException().isThrownBy(() -> RawSocket.create(INET, TRIAL, cannotBeSet));
        });
        assertThat(openSockets()).isEqualTo(before);
    }

    @Test
    void optionsOfRawSocketsAreOfNoOthers() throws Exception {
        List<SocketOption<Boolean>> switches = List.of(IpSocketOptions.IP_HDRINCL, IpSocketOptions.IP_NODEFRAG);
        try (UdpSocket udp = UdpSocket.create(INET);
                UdpSocket udp6 = UdpSocket.create(INET6)) {
            for (SocketOption<Boolean> option : switches) {
                refused(Errno.ENOPROTOOPT, () -> udp.setOption(option, true));
            }
            refused(Errno.ENOPROTOOPT, () -> udp6.setOption(Ipv6SocketOptions.IPV6_HDRINCL, true));
            refused(Errno.ENOPROTOOPT, () -> udp6.option(Ipv6SocketOptions.IPV6_CHECKSUM));
        }
        OwnNetwork.run(() -> {
            try (RawSocket raw = RawSocket.create(INET, TRIAL)) {
                for (SocketOption<Boolean> option : switches) {
                    assertThat(raw.option(option)).isFalse();
                    raw.setOption(option, true);
                    assertThat(raw.option(option)).isTrue();
                }
            }
        });
    }
}
