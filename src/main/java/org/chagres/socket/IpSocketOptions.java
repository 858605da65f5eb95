package org.chagres.socket;

import java.net.Inet4Address;
import java.net.SocketOption;
import org.chagres.internal.syscall.InternetNumbers;
import org.chagres.internal.view.LinuxSocketOption;
import org.chagres.internal.view.OptionValue;

/**
 * The options of IPv4, typed ({@code getsockopt(2)}, level {@code IPPROTO_IP}). Sockets of IPv6 have them too: for
 * what they send to and receive from IPv4 addresses. Local sockets do not ({@code EOPNOTSUPP}).
 *
 * <p>What comes as a control message is for others who use the socket, such as C programs, where no method of this
 * package tells it.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/ip.7.html">ip(7)</a>
 */
public final class IpSocketOptions {
    /**
     * Whether binding to port 0 chooses no port yet: connecting does, which can share it with connections to other
     * addresses. Off at first. Of help to who makes more connections from one address than there are ports.
     */
    public static final SocketOption<Boolean> IP_BIND_ADDRESS_NO_PORT = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP,
            "IP_BIND_ADDRESS_NO_PORT",
            InternetNumbers.IP_BIND_ADDRESS_NO_PORT,
            OptionValue.BOOLEAN);

    /**
     * Whether each UDP datagram received comes with its checksum, as a control message. Off at first.
     */
    public static final SocketOption<Boolean> IP_CHECKSUM = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_CHECKSUM", InternetNumbers.IP_CHECKSUM, OptionValue.BOOLEAN);

    /**
     * Whether the socket can be bound to an address that is none of this host's, or not yet. Off at first.
     */
    public static final SocketOption<Boolean> IP_FREEBIND = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_FREEBIND", InternetNumbers.IP_FREEBIND, OptionValue.BOOLEAN);

    /**
     * Whether what a raw socket sends begins with a header of IPv4 of its own: see {@link Ipv4Header} for what of it
     * the kernel fills in. Off at first, but on of protocol 255; other sockets cannot set it ({@code ENOPROTOOPT}).
     */
    public static final SocketOption<Boolean> IP_HDRINCL = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_HDRINCL", InternetNumbers.IP_HDRINCL, OptionValue.BOOLEAN);

    /**
     * Which ports the kernel chooses from when it chooses one for the socket, within {@code
     * /proc/sys/net/ipv4/ip_local_port_range}: what is outside is as if not set. 0 to 0, as at first, for that range;
     * 0 on one side only for its bound there. Of IPv6 sockets too. Linux 6.3 ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<PortRange> IP_LOCAL_PORT_RANGE = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_LOCAL_PORT_RANGE", InternetNumbers.IP_LOCAL_PORT_RANGE, PortRange.VALUE);

    /**
     * Packets that have a smaller time to live than this are dropped, 0 to 255 ({@code EINVAL}). 0 at first, for none.
     * With 255 only direct neighbours are heard.
     */
    public static final SocketOption<Integer> IP_MINTTL = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_MINTTL", InternetNumbers.IP_MINTTL, OptionValue.INTEGER);

    /**
     * The greatest packet, in bytes with its headers, that gets to whom the socket is connected as far as known.
     * {@code ENOTCONN} if it is not connected. Read-only.
     */
    public static final SocketOption<Integer> IP_MTU = LinuxSocketOption.readOnly(
            InternetNumbers.IPPROTO_IP, "IP_MTU", InternetNumbers.IP_MTU, OptionValue.INTEGER);

    /**
     * Whether packets may be split on their way. At first what {@code /proc/sys/net/ipv4/ip_no_pmtu_disc} says: {@link
     * PathMtuDiscovery#WANT} where that is 0.
     */
    public static final SocketOption<PathMtuDiscovery> IP_MTU_DISCOVER = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_MTU_DISCOVER", InternetNumbers.IP_MTU_DISCOVER, PathMtuDiscovery.VALUE);

    /**
     * Whether datagrams to every group come in that anyone on this host has joined at the socket's interface, and not
     * only those of the socket's own groups. On at first, if the socket is an IPv4 one.
     */
    public static final SocketOption<Boolean> IP_MULTICAST_ALL = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_MULTICAST_ALL", InternetNumbers.IP_MULTICAST_ALL, OptionValue.BOOLEAN);

    /**
     * The interface that datagrams to groups go out on, by an address of its; 0.0.0.0, as at first, for that which
     * routes say. {@code EADDRNOTAVAIL} if the address is none of this host's; {@code EINVAL} of TCP, and if the
     * socket is bound to another interface.
     */
    public static final SocketOption<Inet4Address> IP_MULTICAST_IF = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_MULTICAST_IF", InternetNumbers.IP_MULTICAST_IF, OptionValue.IPV4_ADDRESS);

    /**
     * Whether datagrams sent to a group come to those on this host too who joined it. On at first.
     */
    public static final SocketOption<Boolean> IP_MULTICAST_LOOP = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_MULTICAST_LOOP", InternetNumbers.IP_MULTICAST_LOOP, OptionValue.BOOLEAN);

    /**
     * How many routers a datagram to a group may pass, 0 to 255, and -1 for 1 ({@code EINVAL}, and of TCP). 1 at
     * first: it stays in its network; with 0 on this host.
     */
    public static final SocketOption<Integer> IP_MULTICAST_TTL = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_MULTICAST_TTL", InternetNumbers.IP_MULTICAST_TTL, OptionValue.INTEGER);

    /**
     * Whether packets that a raw socket sends with {@link #IP_HDRINCL} and that are fragments are left alone by filters
     * of packets, which put them together otherwise. Off at first; other sockets cannot set it ({@code ENOPROTOOPT}).
     */
    public static final SocketOption<Boolean> IP_NODEFRAG = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_NODEFRAG", InternetNumbers.IP_NODEFRAG, OptionValue.BOOLEAN);

    /**
     * Whether each datagram received comes with the security label of its sender, as a control message. Off at first;
     * without a security module that labels packets nothing comes.
     */
    public static final SocketOption<Boolean> IP_PASSSEC = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_PASSSEC", InternetNumbers.IP_PASSSEC, OptionValue.BOOLEAN);

    /**
     * Whether each datagram received comes with the address it was sent to and the interface it came in on, as a
     * control message. Off at first.
     */
    public static final SocketOption<Boolean> IP_PKTINFO = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_PKTINFO", InternetNumbers.IP_PKTINFO, OptionValue.BOOLEAN);

    /**
     * Whether errors of what was sent are kept in a queue of their own, each with the address that it is about ({@code
     * MSG_ERRQUEUE}); a socket that is not connected gets to know of them then, too. Off at first; turned off, the
     * queue is emptied.
     */
    public static final SocketOption<Boolean> IP_RECVERR = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_RECVERR", InternetNumbers.IP_RECVERR, OptionValue.BOOLEAN);

    /**
     * Whether errors in that queue come with where in them extensions of RFC 4884 begin. Off at first. Linux 5.9
     * ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<Boolean> IP_RECVERR_RFC4884 = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_RECVERR_RFC4884", InternetNumbers.IP_RECVERR_RFC4884, OptionValue.BOOLEAN);

    /**
     * Whether each datagram that came in parts comes with the size of the greatest of them, as a control message. Off
     * at first; {@code EINVAL} of TCP.
     */
    public static final SocketOption<Boolean> IP_RECVFRAGSIZE = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_RECVFRAGSIZE", InternetNumbers.IP_RECVFRAGSIZE, OptionValue.BOOLEAN);

    /**
     * Whether each datagram received comes with the address and port that it was sent to before this host diverted it,
     * as a control message. Off at first.
     */
    public static final SocketOption<Boolean> IP_RECVORIGDSTADDR = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_RECVORIGDSTADDR", InternetNumbers.IP_RECVORIGDSTADDR, OptionValue.BOOLEAN);

    /**
     * Whether each datagram received comes with its {@link #IP_TOS}, as a control message. Off at first.
     */
    public static final SocketOption<Boolean> IP_RECVTOS = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_RECVTOS", InternetNumbers.IP_RECVTOS, OptionValue.BOOLEAN);

    /**
     * Whether each datagram received comes with its {@link #IP_TTL}, as a control message. Off at first.
     */
    public static final SocketOption<Boolean> IP_RECVTTL = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_RECVTTL", InternetNumbers.IP_RECVTTL, OptionValue.BOOLEAN);

    /**
     * The byte in each packet that asks routers for a kind of service, 0 to 255; the upper six bits are its class
     * (DSCP), the lower two tell congestion (ECN), and TCP leaves those as they are. 0 at first. It sets {@link
     * LinuxSocketOptions#SO_PRIORITY} too.
     */
    public static final SocketOption<Integer> IP_TOS = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_TOS", InternetNumbers.IP_TOS, OptionValue.within(0, 255));

    /**
     * Whether the socket can be bound to any address, and take what this host diverts to it: for proxies. Off at
     * first; to turn it on needs {@code CAP_NET_ADMIN} or {@code CAP_NET_RAW} ({@code EPERM}).
     */
    public static final SocketOption<Boolean> IP_TRANSPARENT = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_TRANSPARENT", InternetNumbers.IP_TRANSPARENT, OptionValue.BOOLEAN);

    /**
     * How many routers a packet may pass, 1 to 255 ({@code EINVAL}), and -1 for {@code
     * /proc/sys/net/ipv4/ip_default_ttl}, as at first.
     */
    public static final SocketOption<Integer> IP_TTL =
            LinuxSocketOption.of(InternetNumbers.IPPROTO_IP, "IP_TTL", InternetNumbers.IP_TTL, OptionValue.INTEGER);

    /**
     * The interface that packets go out on, by its number; unlike {@link LinuxSocketOptions#SO_BINDTODEVICE} it does
     * not matter where they come in. 0 for that which routes say, as at first. {@code EADDRNOTAVAIL} if there is none
     * of the number, {@code EINVAL} if the socket is bound to another one.
     */
    public static final SocketOption<Integer> IP_UNICAST_IF = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_IP, "IP_UNICAST_IF", InternetNumbers.IP_UNICAST_IF, OptionValue.NETWORK_ORDER);

    private IpSocketOptions() {}
}
