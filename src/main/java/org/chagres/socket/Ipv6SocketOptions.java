package org.chagres.socket;

import java.net.SocketOption;
import org.chagres.internal.syscall.InternetNumbers;
import org.chagres.internal.view.LinuxSocketOption;
import org.chagres.internal.view.OptionValue;

/**
 * The options of IPv6, typed ({@code getsockopt(2)}, level {@code IPPROTO_IPV6}). Other sockets than those of IPv6 do
 * not have them ({@code EOPNOTSUPP}, or {@code ENOPROTOOPT}). For what such a socket sends to and receives from IPv4
 * addresses there are {@link IpSocketOptions}.
 *
 * <p>What comes as a control message is for others who use the socket, such as C programs, where no method of this
 * package tells it.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/ipv6.7.html">ipv6(7)</a>
 */
public final class Ipv6SocketOptions {
    /**
     * Which of several addresses of this host the kernel would rather send from, as bits: 1 a temporary one, 2 a
     * public one, 0x100 as the system is set up; 4 a care-of address, 0x400 a home address; 8 a generated one, 0x800
     * one that is not ({@code EINVAL} if two of a group are set). 0x500 at first, which what is not said remains.
     */
    public static final SocketOption<Integer> IPV6_ADDR_PREFERENCES = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6,
            "IPV6_ADDR_PREFERENCES",
            InternetNumbers.IPV6_ADDR_PREFERENCES,
            OptionValue.INTEGER);

    /**
     * Whether the kernel gives packets a flow label, so that routers keep those of a connection on one way. On at
     * first, unless {@code /proc/sys/net/ipv6/auto_flowlabels} says otherwise.
     */
    public static final SocketOption<Boolean> IPV6_AUTOFLOWLABEL = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6,
            "IPV6_AUTOFLOWLABEL",
            InternetNumbers.IPV6_AUTOFLOWLABEL,
            OptionValue.BOOLEAN);

    /**
     * Where in what a raw socket sends its checksum belongs, which the kernel then puts in there, and checks of what is
     * received: an even number of bytes ({@code EINVAL}); -1 for nowhere, as at first. Of ICMP it is 2 and cannot be
     * set ({@code EINVAL}); other sockets do not have it ({@code ENOPROTOOPT}).
     */
    public static final SocketOption<Integer> IPV6_CHECKSUM = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_CHECKSUM", InternetNumbers.IPV6_CHECKSUM, OptionValue.INTEGER);

    /**
     * Whether datagrams that are too long for their way are refused ({@code EMSGSIZE}) rather than split by this host.
     * Off at first; without effect on TCP.
     */
    public static final SocketOption<Boolean> IPV6_DONTFRAG = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_DONTFRAG", InternetNumbers.IPV6_DONTFRAG, OptionValue.BOOLEAN);

    /**
     * Whether each datagram received comes with its traffic class and flow label, as a control message. Off at first.
     */
    public static final SocketOption<Boolean> IPV6_FLOWINFO = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_FLOWINFO", InternetNumbers.IPV6_FLOWINFO, OptionValue.BOOLEAN);

    /**
     * Whether the flow label in addresses that are connected or sent to is heeded. Off at first.
     */
    public static final SocketOption<Boolean> IPV6_FLOWINFO_SEND = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6,
            "IPV6_FLOWINFO_SEND",
            InternetNumbers.IPV6_FLOWINFO_SEND,
            OptionValue.BOOLEAN);

    /**
     * Whether the socket can be bound to an address that is none of this host's, or not yet. Off at first.
     */
    public static final SocketOption<Boolean> IPV6_FREEBIND = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_FREEBIND", InternetNumbers.IPV6_FREEBIND, OptionValue.BOOLEAN);

    /**
     * Whether what a raw socket sends begins with a header of IPv6 of its own, all of which goes as it is, the checksum
     * of what is behind it too (Linux 4.5). Off at first, but on of protocol 255; other sockets do not have it
     * ({@code ENOPROTOOPT}).
     */
    public static final SocketOption<Boolean> IPV6_HDRINCL = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_HDRINCL", InternetNumbers.IPV6_HDRINCL, OptionValue.BOOLEAN);

    /**
     * Packets that have a smaller hop limit than this are dropped, 0 to 255 ({@code EINVAL}). 0 at first, for none.
     * With 255 only direct neighbours are heard.
     */
    public static final SocketOption<Integer> IPV6_MINHOPCOUNT = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_MINHOPCOUNT", InternetNumbers.IPV6_MINHOPCOUNT, OptionValue.INTEGER);

    /**
     * The greatest packet, in bytes with its headers, that gets to whom the socket is connected as far as known;
     * {@code ENOTCONN} if it is not connected. If set: how long packets are at most, 1280 and more ({@code EINVAL}),
     * or 0 for as long as can be, as at first; that is not told back.
     */
    public static final SocketOption<Integer> IPV6_MTU = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_MTU", InternetNumbers.IPV6_MTU, OptionValue.INTEGER);

    /**
     * Whether datagrams may be split, which in IPv6 only the sender does. {@link PathMtuDiscovery#WANT} at first.
     */
    public static final SocketOption<PathMtuDiscovery> IPV6_MTU_DISCOVER = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6,
            "IPV6_MTU_DISCOVER",
            InternetNumbers.IPV6_MTU_DISCOVER,
            PathMtuDiscovery.VALUE);

    /**
     * Whether datagrams to every group come in that anyone on this host has joined at the socket's interface, and not
     * only those of the socket's own groups. On at first.
     */
    public static final SocketOption<Boolean> IPV6_MULTICAST_ALL = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6,
            "IPV6_MULTICAST_ALL",
            InternetNumbers.IPV6_MULTICAST_ALL,
            OptionValue.BOOLEAN);

    /**
     * How many routers a datagram to a group may pass, 0 to 255, and -1 for 1 ({@code EINVAL}). 1 at first: it stays
     * in its network; with 0 on this host. TCP has it read-only ({@code ENOPROTOOPT}).
     */
    public static final SocketOption<Integer> IPV6_MULTICAST_HOPS = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6,
            "IPV6_MULTICAST_HOPS",
            InternetNumbers.IPV6_MULTICAST_HOPS,
            OptionValue.INTEGER);

    /**
     * The interface that datagrams to groups go out on, by its number; 0 for that which routes say, as at first.
     * {@code ENODEV} if there is none of the number, {@code EINVAL} if the socket is bound to another one. TCP has it
     * read-only ({@code ENOPROTOOPT}).
     */
    public static final SocketOption<Integer> IPV6_MULTICAST_IF = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_MULTICAST_IF", InternetNumbers.IPV6_MULTICAST_IF, OptionValue.INTEGER);

    /**
     * Whether datagrams sent to a group come to those on this host too who joined it. On at first.
     */
    public static final SocketOption<Boolean> IPV6_MULTICAST_LOOP = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6,
            "IPV6_MULTICAST_LOOP",
            InternetNumbers.IPV6_MULTICAST_LOOP,
            OptionValue.BOOLEAN);

    /**
     * Whether errors of what was sent are kept in a queue of their own, as for {@link IpSocketOptions#IP_RECVERR}. Off
     * at first.
     */
    public static final SocketOption<Boolean> IPV6_RECVERR = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_RECVERR", InternetNumbers.IPV6_RECVERR, OptionValue.BOOLEAN);

    /**
     * Whether errors in that queue come with where in them extensions of RFC 4884 begin. Off at first. Linux 5.9
     * ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<Boolean> IPV6_RECVERR_RFC4884 = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6,
            "IPV6_RECVERR_RFC4884",
            InternetNumbers.IPV6_RECVERR_RFC4884,
            OptionValue.BOOLEAN);

    /**
     * Whether each datagram that came in parts comes with the size of the greatest of them, as a control message. Off
     * at first.
     */
    public static final SocketOption<Boolean> IPV6_RECVFRAGSIZE = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_RECVFRAGSIZE", InternetNumbers.IPV6_RECVFRAGSIZE, OptionValue.BOOLEAN);

    /**
     * Whether each datagram received comes with its hop limit, as a control message. Off at first.
     */
    public static final SocketOption<Boolean> IPV6_RECVHOPLIMIT = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_RECVHOPLIMIT", InternetNumbers.IPV6_RECVHOPLIMIT, OptionValue.BOOLEAN);

    /**
     * Whether each datagram received comes with the address and port that it was sent to before this host diverted it,
     * as a control message. Off at first.
     */
    public static final SocketOption<Boolean> IPV6_RECVORIGDSTADDR = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6,
            "IPV6_RECVORIGDSTADDR",
            InternetNumbers.IPV6_RECVORIGDSTADDR,
            OptionValue.BOOLEAN);

    /**
     * Whether the socket is told, as a control message without a datagram, when packets on a way must become shorter.
     * Off at first.
     */
    public static final SocketOption<Boolean> IPV6_RECVPATHMTU = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_RECVPATHMTU", InternetNumbers.IPV6_RECVPATHMTU, OptionValue.BOOLEAN);

    /**
     * Whether each datagram received comes with the address it was sent to and the interface it came in on, as a
     * control message. Off at first.
     */
    public static final SocketOption<Boolean> IPV6_RECVPKTINFO = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_RECVPKTINFO", InternetNumbers.IPV6_RECVPKTINFO, OptionValue.BOOLEAN);

    /**
     * Whether each datagram received comes with its {@link #IPV6_TCLASS}, as a control message. Off at first.
     */
    public static final SocketOption<Boolean> IPV6_RECVTCLASS = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_RECVTCLASS", InternetNumbers.IPV6_RECVTCLASS, OptionValue.BOOLEAN);

    /**
     * The byte in each packet that asks routers for a kind of service, 0 to 255, and -1 for 0 ({@code EINVAL}); the
     * upper six bits are its class (DSCP), the lower two tell congestion (ECN), and TCP leaves those as they are. 0 at
     * first.
     */
    public static final SocketOption<Integer> IPV6_TCLASS = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_TCLASS", InternetNumbers.IPV6_TCLASS, OptionValue.INTEGER);

    /**
     * Whether the socket can be bound to any address, and take what this host diverts to it: for proxies. Off at
     * first; to turn it on needs {@code CAP_NET_ADMIN} or {@code CAP_NET_RAW} ({@code EPERM}).
     */
    public static final SocketOption<Boolean> IPV6_TRANSPARENT = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_TRANSPARENT", InternetNumbers.IPV6_TRANSPARENT, OptionValue.BOOLEAN);

    /**
     * How many routers a packet may pass, 0 to 255, and -1 for what the interface has ({@code EINVAL}), as at first.
     */
    public static final SocketOption<Integer> IPV6_UNICAST_HOPS = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_UNICAST_HOPS", InternetNumbers.IPV6_UNICAST_HOPS, OptionValue.INTEGER);

    /**
     * The interface that packets go out on, by its number, as {@link IpSocketOptions#IP_UNICAST_IF}. 0 at first.
     */
    public static final SocketOption<Integer> IPV6_UNICAST_IF = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6,
            "IPV6_UNICAST_IF",
            InternetNumbers.IPV6_UNICAST_IF,
            OptionValue.NETWORK_ORDER);

    /**
     * Whether the socket is of IPv6 alone, and not of IPv4 too (by addresses such as {@code ::ffff:127.0.0.1}). At
     * first what {@code /proc/sys/net/ipv6/bindv6only} says, which mostly is off. It cannot be set once the socket is
     * bound ({@code EINVAL}).
     */
    public static final SocketOption<Boolean> IPV6_V6ONLY = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IPV6, "IPV6_V6ONLY", InternetNumbers.IPV6_V6ONLY, OptionValue.BOOLEAN);

    private Ipv6SocketOptions() {}
}
