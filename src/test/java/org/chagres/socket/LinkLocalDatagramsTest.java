package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.testing.TwoHosts.AT_LEFT;
import static org.chagres.testing.TwoHosts.AT_RIGHT;
import static org.chagres.testing.TwoHosts.LEFT_LOCAL;
import static org.chagres.testing.TwoHosts.RIGHT_LOCAL;

import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import org.chagres.testing.Host;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.TwoHosts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Link-local addresses, which mean something only together with an interface. */
@ExtendWith(LeakCheck.class)
class LinkLocalDatagramsTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void whatComesFromALinkLocalAddressGoesByItsInterface() throws Exception {
        InetAddress group = InetAddress.getByName("ff02::4321");
        try (TwoHosts hosts = TwoHosts.make();
                UdpSocket there = hosts.right().call(() -> UdpSocket.bind(Host.address("::", 0)));
                UdpSocket here = hosts.left().call(() -> UdpSocket.create(StandardProtocolFamily.INET6))) {
            there.join(group, hosts.rightWire());

            here.send(Datagram.of("to the link")
                    .to(new InetSocketAddress(group, there.localAddress().getPort()))
                    .from(Host.address(LEFT_LOCAL + "%" + AT_LEFT, 0).getAddress()));

            assertThat(there.tryReceive(MemorySegment.ofArray(new byte[100]), SOON))
                    .isEqualTo(11);
        }
    }

    @Test
    void aLinkLocalDestinationIsToldWithItsInterface() throws Exception {
        try (TwoHosts hosts = TwoHosts.make();
                UdpSocket there = hosts.right()
                        .call(() -> UdpSocket.bind(
                                Host.address("::", 0), SocketSetting.set(Ipv6SocketOptions.IPV6_RECVPKTINFO, true)))) {
            InetSocketAddress to = Host.address(
                    RIGHT_LOCAL + "%" + AT_LEFT, there.localAddress().getPort());
            try (UdpSocket here = hosts.left().call(() -> UdpSocket.connectedTo(to))) {
                here.send(MemorySegment.ofArray(new byte[1]));

                InetAddress destination = there.tryReceiveFrom(MemorySegment.ofArray(new byte[1]), SOON)
                        .orElseThrow()
                        .destination()
                        .orElseThrow();
                assertThat(destination).isEqualTo(InetAddress.getByName(RIGHT_LOCAL));
                assertThat(((Inet6Address) destination).getScopeId()).isEqualTo(AT_RIGHT);
                // So one can have a socket of one's own for who has written.
                hosts.right()
                        .call(() -> UdpSocket.bind(new InetSocketAddress(destination, 0)))
                        .close();
            }
        }
    }
}
