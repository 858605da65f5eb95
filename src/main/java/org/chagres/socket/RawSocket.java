package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.util.List;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.InetViews;
import org.chagres.internal.view.InetViews.RawKind;

/**
 * A socket for packets of IP themselves, below TCP and UDP: for protocols that the kernel does not have, and for the
 * messages of ICMP about the network.
 *
 * {@snippet class = "org.chagres.examples.RawPackets" region = "raw"}
 *
 * <p><b>Two kinds.</b> A <em>raw socket</em> ({@link #create}, {@code SOCK_RAW}) has any one protocol and needs
 * {@code CAP_NET_RAW}, in the user namespace that the network namespace is of. An <em>ICMP datagram socket</em>
 * ({@link #icmp}, {@code SOCK_DGRAM}) can ask for echoes alone, and needs a group that
 * {@code net.ipv4.ping_group_range} has.
 *
 * <p><b>What is sent and received</b>, behind the header of IP:
 * <table>
 * <caption>Bytes</caption>
 * <tr><th></th><th>raw, IPv4</th><th>raw, IPv6</th><th>ICMP datagrams</th></tr>
 * <tr><th>received</th><td>the {@link Ipv4Header}, and what is behind it</td><td>what is behind the header</td>
 *     <td>the message of ICMP</td></tr>
 * <tr><th>sent</th><td>what goes behind the header; with {@link IpSocketOptions#IP_HDRINCL} that as well</td>
 *     <td>what goes behind the header; with {@link Ipv6SocketOptions#IPV6_HDRINCL} that as well</td>
 *     <td>the message of ICMP</td></tr>
 * <tr><th>checksum</th><td>the sender's business: {@link Inet#checksum}</td><td>of ICMP the kernel's; else it may be,
 *     by {@link Ipv6SocketOptions#IPV6_CHECKSUM}</td><td>the kernel's, as is the identifier</td></tr>
 * </table>
 *
 * <p><b>Who receives what.</b> Every raw socket of the protocol gets a copy of each packet, as well as the kernel,
 * which answers echoes whether somebody listens or not. {@link #bind} and {@link #connect} choose by address, and
 * {@link IcmpSocketOptions} by type. Protocol 255 only sends, with headers of its own.
 *
 * <p><b>Ports.</b> There are none. A port that is sent to is 0, or for IPv6 the number of the protocol; one that came
 * is 0. {@link #localAddress()} of a raw socket has the number of the protocol for a port, that of an ICMP datagram
 * socket the identifier of its echoes, which {@link #bind} chooses. {@link #peerAddress()} knows only a peer whose port
 * is not 0.
 *
 * <p><b>No room.</b> Only what has a header of its own, and ICMP datagrams, wait for room in {@code SO_SNDBUF}, as all
 * sending does elsewhere. Other packets the kernel takes until twice as much is used, and refuses then
 * ({@code ENOBUFS}): send again when {@link org.chagres.Readiness#WRITABLE} is told.
 *
 * <p><b>Differences of ICMP datagram sockets.</b> The length of what was cut is not told, only that it was; and
 * {@link #available()} and {@link #unsentBytes()} are {@code ENOTTY}.
 *
 * <p><b>Length.</b> At most 65,535 bytes by IPv4 with the header, and as many behind the header by IPv6. What is too
 * long for one packet is sent in fragments, but for packets with a header of their own ({@code EMSGSIZE}).
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/raw.7.html">raw(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/icmp.7.html">icmp(7)</a>
 */
public final class RawSocket implements InetDatagramSocket {
    private static final String KIND = "RawSocket";
    private static final int LAST_PROTOCOL = 255;

    private final Descriptor descriptor;
    private final RawKind kind;

    private RawSocket(Descriptor descriptor, RawKind kind) {
        this.descriptor = descriptor;
        this.kind = kind;
    }

    /**
     * Makes a raw socket.
     *
     * @param family {@link StandardProtocolFamily#INET}, or {@link StandardProtocolFamily#INET6}, which deals with
     *     addresses of IPv6 alone
     * @param protocol its number, 1 to 255, such as 1 for ICMP and 58 for that of IPv6, 2 for IGMP; by its name it is
     *     {@code NetworkDatabase.protocol("icmp").number()}. 253 and 254 are for trying out
     * @param settings options that are set first, in this order
     * @return the socket
     * @throws ErrnoException {@code EPERM}, {@code EACCES} without {@code CAP_NET_RAW}; {@code EAFNOSUPPORT} if this
     *     kernel does not have that version of IP; {@code EMFILE}, {@code ENFILE} if there are as many open files as
     *     may be; and what {@link #setOption} says of the options
     * @throws IOException that
     * @throws IllegalArgumentException if the family is another, or the protocol no number of one
     */
    public static RawSocket create(ProtocolFamily family, int protocol, SocketSetting<?>... settings)
            throws IOException {
        int number = familyOf(family);
        if (protocol < 1 || protocol > LAST_PROTOCOL) {
            throw new IllegalArgumentException("a protocol is 1 to " + LAST_PROTOCOL + ", not " + protocol);
        }
        return made(new RawKind(number, Sockets.RAW, protocol), settings);
    }

    /**
     * Makes an ICMP datagram socket, which sends echo requests ({@code ECHO}, type 8; of IPv6 type 128) and receives
     * what is answered to them. The kernel puts in the checksum and the identifier; the sequence number and the bytes
     * are the sender's.
     *
     * @param family {@link StandardProtocolFamily#INET}, or {@link StandardProtocolFamily#INET6}
     * @param settings options that are set first, in this order
     * @return the socket
     * @throws ErrnoException {@code EACCES} if no group of this process is in {@code net.ipv4.ping_group_range}, as
     *     for everybody, root too, unless the system was set up so; otherwise as for {@link #create}
     * @throws IOException that
     * @throws IllegalArgumentException if the family is another
     */
    public static RawSocket icmp(ProtocolFamily family, SocketSetting<?>... settings) throws IOException {
        int number = familyOf(family);
        int protocol = number == Sockets.INET ? Sockets.ICMP : Sockets.ICMP_V6;
        return made(new RawKind(number, Sockets.DATAGRAM, protocol), settings);
    }

    private static int familyOf(ProtocolFamily family) {
        if (requireNonNull(family, "family") == StandardProtocolFamily.INET) {
            return Sockets.INET;
        }
        if (family == StandardProtocolFamily.INET6) {
            return Sockets.INET6;
        }
        throw new IllegalArgumentException("a raw socket is of INET or INET6, not of " + family.name());
    }

    private static RawSocket made(RawKind kind, SocketSetting<?>... settings) throws IOException {
        return new RawSocket(
                InetViews.createdOf(
                        kind.family(),
                        kind.type(),
                        kind.protocol(),
                        KIND,
                        List.of(requireNonNull(settings, "settings"))),
                kind);
    }

    /**
     * What such a socket can do, of a descriptor that came from elsewhere: received, adopted, inherited.
     *
     * @param descriptor of a raw socket of the Internet, or an ICMP datagram socket; it is the same one, and closing
     *     either closes both
     * @return the socket
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is none
     */
    public static RawSocket of(Descriptor descriptor) throws IOException {
        return new RawSocket(descriptor, InetViews.requireRaw(requireNonNull(descriptor, "descriptor")));
    }

    @Override
    public Descriptor descriptor() {
        return descriptor;
    }

    /**
     * Binds it to an address: only what is sent to that is received, and what is sent comes from there
     * ({@code bind(2)}).
     *
     * @param address an address of this machine; its port is of ICMP datagram sockets the identifier of the echoes, 0
     *     for one that is free, and means nothing otherwise. Others may have the same identifier
     * @throws ErrnoException {@code EADDRNOTAVAIL} if no interface has that address; {@code EINVAL} if it is connected,
     *     or an ICMP datagram socket that has an identifier
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if the address is a name that was not found, or of the other version of IP
     */
    public void bind(InetSocketAddress address) throws IOException {
        InetDatagrams.requireReachable(this, requireNonNull(address, "address"));
        InetViews.bind(DescriptorView.of(this), kind.family(), address);
    }

    /**
     * The number of its protocol.
     *
     * @return 1 to 255
     */
    public int protocol() {
        return kind.protocol();
    }

    /**
     * Whether it is a raw socket, and not an ICMP datagram socket.
     *
     * @return whether it is
     */
    public boolean isRaw() {
        return kind.type() == Sockets.RAW;
    }

    /**
     * Whether what it receives begins with an {@link Ipv4Header}.
     *
     * @return true of raw sockets of IPv4; false of those of IPv6, and of ICMP datagram sockets
     */
    public boolean receivesHeader() {
        return isRaw() && kind.family() == Sockets.INET;
    }

    int family() {
        return kind.family();
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
