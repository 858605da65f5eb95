package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.chagres.socket.InetSockets.*;
import static org.chagres.socket.LocalSockets.text;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.channels.ClosedChannelException;
import org.chagres.Errno;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Groups of receivers, in a network of the test's own. */
@ExtendWith(LeakCheck.class)
class MulticastTest {
    private static final int PORT = 5000;
    private static final int IP_MULTICAST_IF = 32;
    private static final int IP_MULTICAST_TTL = 33;
    private static final int IP_MULTICAST_LOOP = 34;
    private static final int IPV6_MULTICAST_IF = 17;
    private static final int IPV6_MULTICAST_HOPS = 18;
    private static final int IPV6_MULTICAST_LOOP = 19;
    private static final int IP_RECVTTL = 12;
    private static final int IPV6_RECVHOPLIMIT = 51;

    /** A group, its members and a sender, of a version. */
    private static final class Group implements AutoCloseable {
        private final Version version;
        private final InetAddress address;
        private final InetAddress ours;
        private final NetworkInterface by = NetworkInterface.getByName(OwnNetwork.INTERFACE);
        private final UdpSocket member;
        private final UdpSocket sender;

        Group(Version version) throws Exception {
            this.version = version;
            boolean isV4 = version == Version.V4;
            this.address = address(isV4 ? "233.252.0.1" : "ff02::db8:1");
            this.ours = address(isV4 ? OwnNetwork.ADDRESS : OwnNetwork.ADDRESS_V6);
            this.member = UdpSocket.bind(version.any(PORT));
            this.sender = UdpSocket.bind(new InetSocketAddress(ours, 0));
            option(IP_MULTICAST_IF, IPV6_MULTICAST_IF, isV4 ? ours.getAddress() : number(by.getIndex()));
            option(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, number(1));
        }

        private void option(int ofV4, int ofV6, byte[] value) throws Exception {
            boolean isV4 = version == Version.V4;
            sender.setRawOption(isV4 ? IPPROTO_IP : IPPROTO_IPV6, isV4 ? ofV4 : ofV6, value);
        }

        void send(String text) throws Exception {
            sender.send(Datagram.of(text).to(new InetSocketAddress(address, PORT)));
        }

        /** What comes to the member; or nothing. */
        String heard() throws Exception {
            var into = Waiting.memory(100);
            long count = member.tryReceive(into, MOMENT.multipliedBy(3));
            return count < 0 ? "nothing" : text(into, count);
        }

        void assertHears() throws Exception {
            send("heard");
            var into = Waiting.memory(100);
            assertThat(text(into, member.tryReceive(into, LONG))).isEqualTo("heard");
        }

        void assertDoesNotHear() throws Exception {
            send("not heard");
            assertThat(heard()).isEqualTo("nothing");
        }

        @Override
        public void close() {
            member.close();
            sender.close();
        }
    }

    /** What is done with a group. */
    private interface Body {
        void run(Group group) throws Exception;
    }

    private static void with(Version version, Body body) throws Exception {
        OwnNetwork.runWithInterface(() -> {
            try (Group group = new Group(version)) {
                // Otherwise a socket at the wildcard hears what any socket of the machine has joined.
                if (version == Version.V4) {
                    group.member.setRawOption(IPPROTO_IP, 49, number(0)); // IP_MULTICAST_ALL
                } else {
                    group.member.setRawOption(IPPROTO_IPV6, 29, number(0)); // IPV6_MULTICAST_ALL
                }
                body.run(group);
            }
        });
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void memberHearsUntilItLeaves(Version version) throws Exception {
        with(version, group -> {
            group.assertDoesNotHear();
            group.member.join(group.address, group.by);
            group.assertHears();
            refused(Errno.EADDRINUSE, "joined already", () -> group.member.join(group.address, group.by));
            group.assertHears();
            group.member.leave(group.address, group.by);
            group.assertDoesNotHear();
            refused(Errno.EADDRNOTAVAIL, "not joined", () -> group.member.leave(group.address, group.by));
            group.member.join(group.address, group.by); // again
            group.assertHears();
        });
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void onlySourcesThatWereJoinedAreHeard(Version version) throws Exception {
        with(version, group -> {
            InetAddress stranger = address(version == Version.V4 ? "192.0.2.50" : "2001:db8::50");
            group.member.join(group.address, group.by, stranger);
            group.assertDoesNotHear();
            group.member.join(group.address, group.by, group.ours);
            group.assertHears();
            refused(Errno.EADDRNOTAVAIL, () -> group.member.join(group.address, group.by, group.ours));
            group.member.leave(group.address, group.by, group.ours);
            group.assertDoesNotHear();
            refused(Errno.EADDRNOTAVAIL, () -> group.member.leave(group.address, group.by, group.ours));
            group.member.leave(group.address, group.by, stranger);
            group.member.join(group.address, group.by);
            group.assertHears();
            group.member.join(group.address, group.by, stranger); // of the whole group that one is left
            group.assertDoesNotHear();
        });
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void blockedSourceIsNotHeardUntilItIsUnblocked(Version version) throws Exception {
        with(version, group -> {
            group.member.join(group.address, group.by);
            group.member.block(group.address, group.by, group.ours);
            group.assertDoesNotHear();
            refused(Errno.EADDRNOTAVAIL, () -> group.member.block(group.address, group.by, group.ours));
            group.member.unblock(group.address, group.by, group.ours);
            group.assertHears();
            refused(Errno.EADDRNOTAVAIL, () -> group.member.unblock(group.address, group.by, group.ours));
            group.member.block(group.address, group.by, group.ours);
            refused(Errno.EINVAL, "joined before", () -> group.member.join(group.address, group.by, group.ours));
        });
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void senderIsHeardHereOnlyWithLoop(Version version) throws Exception {
        with(version, group -> {
            group.member.join(group.address, group.by);
            group.option(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, number(0));
            group.assertDoesNotHear();
            group.option(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, number(1));
            group.assertHears();
        });
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void hopsAreOneUnlessToldOtherwise(Version version) throws Exception {
        with(version, group -> {
            group.member.join(group.address, group.by);
            boolean isV4 = version == Version.V4;
            turnOn(group.member, isV4 ? IPPROTO_IP : IPPROTO_IPV6, isV4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT);
            InetSocketAddress to = new InetSocketAddress(group.address, PORT);
            group.sender.send(Datagram.of("x").to(to));
            assertThat(hops(group.member)).isOne();
            group.option(IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, number(7));
            group.sender.send(Datagram.of("x").to(to));
            assertThat(hops(group.member)).isEqualTo(7);
            group.sender.send(Datagram.of("x").to(to).hopLimit(3));
            assertThat(hops(group.member)).isEqualTo(3);
        });
    }

    private static int hops(UdpSocket member) throws Exception {
        return member.tryReceiveFrom(Waiting.memory(9), LONG)
                .orElseThrow()
                .hopLimit()
                .orElseThrow();
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void datagramGoesByTheInterfaceItIsToldTo(Version version) throws Exception {
        with(version, group -> {
            group.member.join(group.address, group.by);
            try (UdpSocket plain = UdpSocket.create(version.family())) {
                Datagram datagram = Datagram.of("by").to(new InetSocketAddress(group.address, PORT));
                plain.send(datagram.by(group.by));
                assertThat(group.heard()).isEqualTo("by");
                NetworkInterface loopback = NetworkInterface.getByName("lo");
                if (version == Version.V4) {
                    plain.send(datagram.by(loopback));
                } else {
                    refused(Errno.ENETUNREACH, () -> plain.send(datagram.by(loopback))); // it has no groups
                }
                assertThat(group.heard()).isEqualTo("nothing");
            }
        });
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void severalMembersHearTheSame(Version version) throws Exception {
        with(version, group -> {
            group.member.close();
            SocketSetting<Boolean> reuse = SocketSetting.set(LinuxSocketOptions.SO_REUSEADDR, true);
            try (UdpSocket first = UdpSocket.bind(version.any(PORT), reuse);
                    UdpSocket second = UdpSocket.bind(version.any(PORT), reuse)) {
                for (UdpSocket member : new UdpSocket[] {first, second}) {
                    member.join(group.address, group.by);
                }
                group.send("both");
                for (UdpSocket member : new UdpSocket[] {first, second}) {
                    assertThat(member.tryReceive(Waiting.memory(9), LONG)).isEqualTo(4);
                }
            }
        });
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void whatIsNoGroupIsRefused(Version version) throws Exception {
        with(version, group -> {
            refused(Errno.EINVAL, "no address of a group", () -> group.member.join(group.ours, group.by));
            InetAddress other = address(version == Version.V4 ? "ff02::db8:1" : "233.252.0.1");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> group.member.join(other, group.by))
                    .withMessageContaining("IPv");
            InetAddress source = address(version == Version.V4 ? "2001:db8::1" : "192.0.2.1");
            assertThatIllegalArgumentException().isThrownBy(() -> group.member.join(group.address, group.by, source));
            assertThatExceptionOfType(NullPointerException.class)
                    .isThrownBy(() -> group.member.join(group.address, null));
            assertThatExceptionOfType(NullPointerException.class)
                    .isThrownBy(() -> group.member.block(group.address, group.by, null));
            group.member.close();
            assertThatExceptionOfType(ClosedChannelException.class)
                    .isThrownBy(() -> group.member.join(group.address, group.by));
        });
    }

    @Test
    void limitOfGroupsIsToldAsSuch() throws Exception {
        with(Version.V4, group -> {
            OwnNetwork.set("ipv4/igmp_max_memberships", "1");
            group.member.join(group.address, group.by);
            refused(Errno.ENOBUFS, "igmp_max_memberships", () -> group.member.join(address("233.252.0.2"), group.by));
        });
    }

    @Test
    void interfaceThatIsGoneIsRefused() throws Exception {
        with(Version.V4, group -> {
            OwnNetwork.ip("link del " + OwnNetwork.INTERFACE);
            refused(Errno.ENODEV, "interface is gone", () -> group.member.join(group.address, group.by));
        });
    }

    @Test
    void closingLeaves() throws Exception {
        with(Version.V4, group -> {
            group.member.join(group.address, group.by);
            assertThat(OwnNetwork.proc("igmp")).contains("0100FCE9"); // 233.252.0.1, backwards
            group.member.close();
            assertThat(OwnNetwork.proc("igmp")).doesNotContain("0100FCE9");
        });
    }
}
