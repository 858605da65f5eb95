package org.chagres.socket;

import java.net.SocketOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.chagres.Errno;
import org.chagres.internal.syscall.SocketNumbers;
import org.chagres.internal.view.LinuxSocketOption;
import org.chagres.internal.view.OptionValue;

/**
 * The options of sockets that are the kernel's, typed ({@code getsockopt(2)}, level {@code SOL_SOCKET}). One that can
 * only be asked, or only be set, is an {@link IllegalArgumentException} the other way round.
 *
 * <p>Those of {@link java.net.StandardSocketOptions} that name the same are taken in their place. What is missing here
 * can be asked and set as bytes.
 *
 * <p>Those of the internet protocols are {@link IpSocketOptions}, {@link Ipv6SocketOptions}, {@link TcpSocketOptions},
 * {@link UdpSocketOptions} and {@link IcmpSocketOptions}. What comes as a control message is for others who use the
 * socket, such as C programs, where no method of this package tells it.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/socket.7.html">socket(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
 */
public final class LinuxSocketOptions {
    /**
     * Whether the socket listens. Read-only.
     */
    public static final SocketOption<Boolean> SO_ACCEPTCONN =
            LinuxSocketOption.readOnly("SO_ACCEPTCONN", SocketNumbers.SO_ACCEPTCONN, OptionValue.BOOLEAN);

    /**
     * The network interface, by its name of at most 15 bytes, that all of the socket's packets go and come through;
     * empty text for any, as at first. {@code ENODEV} if there is none of the name. A socket bound to an interface
     * already is bound to another one, or to none, only with {@code CAP_NET_RAW} ({@code EPERM}); before Linux 5.7 the
     * first time needs that too. {@code EOPNOTSUPP} or without effect of local sockets.
     */
    public static final SocketOption<String> SO_BINDTODEVICE =
            LinuxSocketOption.of("SO_BINDTODEVICE", SocketNumbers.SO_BINDTODEVICE, OptionValue.NAME);

    /**
     * The same by the number of the interface; 0 for any. {@code EINVAL} if negative, otherwise as for {@link
     * #SO_BINDTODEVICE}.
     */
    public static final SocketOption<Integer> SO_BINDTOIFINDEX =
            LinuxSocketOption.of("SO_BINDTOIFINDEX", SocketNumbers.SO_BINDTOIFINDEX, OptionValue.INTEGER);

    /**
     * Whether datagrams may go to all on a network. Off at first. Kept, and without effect, by local sockets.
     */
    public static final SocketOption<Boolean> SO_BROADCAST =
            LinuxSocketOption.of("SO_BROADCAST", SocketNumbers.SO_BROADCAST, OptionValue.BOOLEAN);

    /**
     * Whether the kernel leaves the sizes of the buffers alone: 1 is the send buffer's, 2 the receive buffer's, 3 both
     * ({@code EINVAL} for more). 0 at first; setting {@link #SO_SNDBUF} or {@link #SO_RCVBUF} adds the bit. Linux 5.15
     * ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<Integer> SO_BUF_LOCK =
            LinuxSocketOption.of("SO_BUF_LOCK", SocketNumbers.SO_BUF_LOCK, OptionValue.INTEGER);

    /**
     * How long a receiver that finds nothing asks the network device over and over before it sleeps, in microseconds,
     * rounded up. At first what {@code /proc/sys/net/core/busy_read} says; on older kernels more than the present value
     * needs {@code CAP_NET_ADMIN} ({@code EPERM}). Kept, and without effect, by local sockets.
     */
    public static final SocketOption<Duration> SO_BUSY_POLL =
            LinuxSocketOption.of("SO_BUSY_POLL", SocketNumbers.SO_BUSY_POLL, OptionValue.MICROSECONDS);

    /**
     * How many packets are taken at most each time that {@link #SO_BUSY_POLL} asks the network device, 0 to 65535
     * ({@code EINVAL}). 8 at first; more than the present value needs {@code CAP_NET_ADMIN} ({@code EPERM}).
     * Write-only. Linux 5.11 ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<Integer> SO_BUSY_POLL_BUDGET =
            LinuxSocketOption.writeOnly("SO_BUSY_POLL_BUDGET", SocketNumbers.SO_BUSY_POLL_BUDGET, OptionValue.INTEGER);

    /**
     * A number that no other socket of this kernel has or ever had, as long as the system is up; unsigned. Read-only.
     */
    public static final SocketOption<Long> SO_COOKIE =
            LinuxSocketOption.readOnly("SO_COOKIE", SocketNumbers.SO_COOKIE, OptionValue.LONG);

    /**
     * The family of the socket, by its number in C: 1 of {@code AF_UNIX}, 2 of {@code AF_INET}, 10 of {@code AF_INET6}.
     * Read-only.
     */
    public static final SocketOption<Integer> SO_DOMAIN =
            LinuxSocketOption.readOnly("SO_DOMAIN", SocketNumbers.SO_DOMAIN, OptionValue.INTEGER);

    /**
     * Whether to send to hosts of the same network only. Off at first. Kept, and without effect, by local sockets.
     */
    public static final SocketOption<Boolean> SO_DONTROUTE =
            LinuxSocketOption.of("SO_DONTROUTE", SocketNumbers.SO_DONTROUTE, OptionValue.BOOLEAN);

    /**
     * The error that is pending, if any; whoever asks takes it away. Read-only.
     */
    public static final SocketOption<Optional<Errno>> SO_ERROR =
            LinuxSocketOption.readOnly("SO_ERROR", SocketNumbers.SO_ERROR, OptionValue.ERROR);

    /**
     * The CPU that the last packet came in on, or -1 if there was none. If set: the CPU whose packets this one, of
     * several sockets with {@link #SO_REUSEPORT}, takes rather than the others; of a connection the kernel sets it
     * anew.
     */
    public static final SocketOption<Integer> SO_INCOMING_CPU =
            LinuxSocketOption.of("SO_INCOMING_CPU", SocketNumbers.SO_INCOMING_CPU, OptionValue.INTEGER);

    /**
     * The receive queue of the network device that the last packet came through, by the kernel's own number; 0 if
     * there was none, as on the loopback. {@code ENOPROTOOPT} of a kernel built without busy polling. Read-only.
     */
    public static final SocketOption<Integer> SO_INCOMING_NAPI_ID =
            LinuxSocketOption.readOnly("SO_INCOMING_NAPI_ID", SocketNumbers.SO_INCOMING_NAPI_ID, OptionValue.INTEGER);

    /**
     * Whether an idle connection is kept up by messages. Off at first. Kept, and without effect, by local sockets.
     */
    public static final SocketOption<Boolean> SO_KEEPALIVE =
            LinuxSocketOption.of("SO_KEEPALIVE", SocketNumbers.SO_KEEPALIVE, OptionValue.BOOLEAN);

    /**
     * How long closing waits until what was sent has gone, in seconds, rounded up; empty if not at all, as at first. It
     * is the last user who waits: if another thread is woken by {@code close()} out of a read, that thread; of a socket
     * that was forgotten the collector's. Nothing ends it early, and a virtual thread holds its carrier.
     * Kept, and without effect, by local sockets: what they sent is with the receiver already.
     */
    public static final SocketOption<Optional<Duration>> SO_LINGER =
            LinuxSocketOption.of("SO_LINGER", SocketNumbers.SO_LINGER, OptionValue.LINGER);

    /**
     * Whether the filter of packets that the socket has can no longer be changed. Off at first; once on it cannot be
     * turned off ({@code EPERM}).
     */
    public static final SocketOption<Boolean> SO_LOCK_FILTER =
            LinuxSocketOption.of("SO_LOCK_FILTER", SocketNumbers.SO_LOCK_FILTER, OptionValue.BOOLEAN);

    /**
     * The mark of packets for routes and filters. 0 at first; needs {@code CAP_NET_ADMIN} or, since Linux 5.17,
     * {@code CAP_NET_RAW} ({@code EPERM}). Kept, and without effect, by local sockets.
     */
    public static final SocketOption<Integer> SO_MARK =
            LinuxSocketOption.of("SO_MARK", SocketNumbers.SO_MARK, OptionValue.INTEGER);

    /**
     * How many bytes a second the socket sends at most; empty for no limit, as at first. TCP keeps to it by itself;
     * datagrams do if the interface has a queue that does ({@code tc-fq(8)}). What is set is positive.
     */
    public static final SocketOption<Optional<Long>> SO_MAX_PACING_RATE =
            LinuxSocketOption.of("SO_MAX_PACING_RATE", SocketNumbers.SO_MAX_PACING_RATE, OptionValue.RATE);

    /**
     * What memory the socket takes, what it may take, and how many packets it dropped. Read-only.
     */
    public static final SocketOption<SocketMemory> SO_MEMINFO =
            LinuxSocketOption.readOnly("SO_MEMINFO", SocketNumbers.SO_MEMINFO, SocketMemory.VALUE);

    /**
     * A number of the network namespace that the socket is in, no other one's as long as the system is up; unsigned, 1
     * of the first one. Read-only. Linux 5.14 ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<Long> SO_NETNS_COOKIE =
            LinuxSocketOption.readOnly("SO_NETNS_COOKIE", SocketNumbers.SO_NETNS_COOKIE, OptionValue.LONG);

    /**
     * Whether UDP datagrams over IPv4 are sent without a checksum. Off at first. For IPv6 see {@link
     * UdpSocketOptions#UDP_NO_CHECK6_TX}.
     */
    public static final SocketOption<Boolean> SO_NO_CHECK =
            LinuxSocketOption.of("SO_NO_CHECK", SocketNumbers.SO_NO_CHECK, OptionValue.BOOLEAN);

    /**
     * Whether a byte sent out of band stays where it was sent in the stream. Off at first: then it is only received
     * with the option {@code OUT_OF_BAND}. Streams of Linux 5.15 and later have such bytes.
     */
    public static final SocketOption<Boolean> SO_OOBINLINE =
            LinuxSocketOption.of("SO_OOBINLINE", SocketNumbers.SO_OOBINLINE, OptionValue.BOOLEAN);

    /**
     * Whether each message received comes with the credentials of its sender. Off at first. A socket that has no name
     * gets one from the kernel ({@linkplain UnixAddress#unnamed() autobind}) when it connects or sends after that.
     */
    public static final SocketOption<Boolean> SO_PASSCRED =
            LinuxSocketOption.of("SO_PASSCRED", SocketNumbers.SO_PASSCRED, OptionValue.BOOLEAN);

    /**
     * Whether each message received comes with a process descriptor of its sender. Off at first. Linux 6.5
     * ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<Boolean> SO_PASSPIDFD =
            LinuxSocketOption.of("SO_PASSPIDFD", SocketNumbers.SO_PASSPIDFD, OptionValue.BOOLEAN);

    /**
     * Whether descriptors can be sent to this socket. On at first; if off, the sender gets {@code EPERM}. Linux 6.16
     * ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<Boolean> SO_PASSRIGHTS =
            LinuxSocketOption.of("SO_PASSRIGHTS", SocketNumbers.SO_PASSRIGHTS, OptionValue.BOOLEAN);

    /**
     * Whether each message received comes with the security label of its sender. Off at first; without a security
     * module that has labels nothing comes.
     */
    public static final SocketOption<Boolean> SO_PASSSEC =
            LinuxSocketOption.of("SO_PASSSEC", SocketNumbers.SO_PASSSEC, OptionValue.BOOLEAN);

    /**
     * From which byte on {@code PEEK} shows what is there, in bytes; it moves on with each peek, and back with what is
     * received. -1, as at first: always from the beginning.
     */
    public static final SocketOption<Integer> SO_PEEK_OFF =
            LinuxSocketOption.of("SO_PEEK_OFF", SocketNumbers.SO_PEEK_OFF, OptionValue.INTEGER);

    /**
     * The process at the other end as it was when it connected, listened, or made the socket pair: that which did so,
     * not whoever has the socket now. Of a socket that is not connected {@code pid} is 0, and {@code uid} and
     * {@code gid} are 4294967295. Read-only.
     */
    public static final SocketOption<Credentials> SO_PEERCRED =
            LinuxSocketOption.readOnly("SO_PEERCRED", SocketNumbers.SO_PEERCRED, OptionValue.CREDENTIALS);

    /**
     * The supplementary groups of that process, as unsigned 32-bit numbers; its group in {@link #SO_PEERCRED} need not
     * be among them. {@code ENODATA} if the socket is not connected. Read-only.
     */
    public static final SocketOption<List<Long>> SO_PEERGROUPS =
            LinuxSocketOption.readOnly("SO_PEERGROUPS", SocketNumbers.SO_PEERGROUPS, OptionValue.GROUPS);

    /**
     * The security label of the other end's socket. {@code ENOPROTOOPT} if there is no security module that has labels.
     * Read-only.
     */
    public static final SocketOption<String> SO_PEERSEC =
            LinuxSocketOption.readOnly("SO_PEERSEC", SocketNumbers.SO_PEERSEC, OptionValue.TEXT);

    /**
     * Whether asking the network device ({@link #SO_BUSY_POLL}) comes before its interrupts. Off at first; to turn it
     * on needs {@code CAP_NET_ADMIN} ({@code EPERM}). Linux 5.11 ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<Boolean> SO_PREFER_BUSY_POLL =
            LinuxSocketOption.of("SO_PREFER_BUSY_POLL", SocketNumbers.SO_PREFER_BUSY_POLL, OptionValue.BOOLEAN);

    /**
     * The priority of packets, 0 to 6, and beyond that with {@code CAP_NET_ADMIN} ({@code EPERM}). 0 at first. Kept,
     * and without effect, by local sockets.
     */
    public static final SocketOption<Integer> SO_PRIORITY =
            LinuxSocketOption.of("SO_PRIORITY", SocketNumbers.SO_PRIORITY, OptionValue.INTEGER);

    /**
     * The protocol of the socket, by its number in C: 0 of local ones, 6 of TCP, 17 of UDP. Read-only.
     */
    public static final SocketOption<Integer> SO_PROTOCOL =
            LinuxSocketOption.readOnly("SO_PROTOCOL", SocketNumbers.SO_PROTOCOL, OptionValue.INTEGER);

    /**
     * The size of the receive buffer, in bytes. The kernel doubles what is set, and tells the doubled value: at least
     * 2304, at most twice {@code /proc/sys/net/core/rmem_max}, without an error in either case. At first what
     * {@code rmem_default} there says. Without effect on local sockets: see {@link #SO_SNDBUF}.
     */
    public static final SocketOption<Integer> SO_RCVBUF =
            LinuxSocketOption.of("SO_RCVBUF", SocketNumbers.SO_RCVBUF, OptionValue.INTEGER);

    /**
     * Sets {@link #SO_RCVBUF}, beyond {@code rmem_max} too. Write-only; needs {@code CAP_NET_ADMIN} ({@code EPERM}).
     */
    public static final SocketOption<Integer> SO_RCVBUFFORCE =
            LinuxSocketOption.writeOnly("SO_RCVBUFFORCE", SocketNumbers.SO_RCVBUFFORCE, OptionValue.INTEGER);

    /**
     * How many bytes a receive of a stream waits for before it answers with fewer than it has room for, and before the
     * socket counts as readable. 1 at first, and at least. {@code poll} of local sockets does not look at it.
     */
    public static final SocketOption<Integer> SO_RCVLOWAT =
            LinuxSocketOption.of("SO_RCVLOWAT", SocketNumbers.SO_RCVLOWAT, OptionValue.INTEGER);

    /**
     * Whether each datagram received comes with its mark ({@link #SO_MARK}), as a control message. Off at first; some
     * older kernels want {@code CAP_NET_RAW} or {@code CAP_NET_ADMIN} ({@code EPERM}). Linux 5.19 ({@code ENOPROTOOPT}
     * before).
     */
    public static final SocketOption<Boolean> SO_RCVMARK =
            LinuxSocketOption.of("SO_RCVMARK", SocketNumbers.SO_RCVMARK, OptionValue.BOOLEAN);

    /**
     * Whether each datagram received comes with its priority ({@link #SO_PRIORITY}), as a control message. Off at
     * first. Linux 6.14 ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<Boolean> SO_RCVPRIORITY =
            LinuxSocketOption.of("SO_RCVPRIORITY", SocketNumbers.SO_RCVPRIORITY, OptionValue.BOOLEAN);

    /**
     * How long a call of a C program waits to receive or accept, in microseconds, rounded up; zero, as at first, for
     * ever. The kernel rounds up to its clock tick. It is for others who use the socket: waits of this library take
     * their time-outs as arguments.
     */
    public static final SocketOption<Duration> SO_RCVTIMEO =
            LinuxSocketOption.of("SO_RCVTIMEO", SocketNumbers.SO_RCVTIMEO, OptionValue.TIME);

    /**
     * How many bytes of memory the kernel keeps ready for the socket: rounded up to whole pages, and charged to its
     * memory cgroup. 0 at first, {@code EINVAL} if negative; {@code EOPNOTSUPP} if the socket is in none, {@code
     * ENOMEM} if there is not so much left. Linux 5.17 ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<Integer> SO_RESERVE_MEM =
            LinuxSocketOption.of("SO_RESERVE_MEM", SocketNumbers.SO_RESERVE_MEM, OptionValue.INTEGER);

    /**
     * Whether an address can be bound that was in use until now. Off at first. Kept, and without effect, by local
     * sockets: a socket file that is there is always in use.
     */
    public static final SocketOption<Boolean> SO_REUSEADDR =
            LinuxSocketOption.of("SO_REUSEADDR", SocketNumbers.SO_REUSEADDR, OptionValue.BOOLEAN);

    /**
     * Whether several sockets can be bound to one address and port, all of which have this on before they are bound,
     * and belong to the same user; the kernel spreads connections and datagrams over them. Off at first. Local sockets
     * do not have it ({@code EOPNOTSUPP} on newer kernels).
     */
    public static final SocketOption<Boolean> SO_REUSEPORT =
            LinuxSocketOption.of("SO_REUSEPORT", SocketNumbers.SO_REUSEPORT, OptionValue.BOOLEAN);

    /**
     * Whether each datagram received comes with the number of those that the socket dropped before it, as a control
     * message. Off at first. {@link #SO_MEMINFO} tells the number at any time.
     */
    public static final SocketOption<Boolean> SO_RXQ_OVFL =
            LinuxSocketOption.of("SO_RXQ_OVFL", SocketNumbers.SO_RXQ_OVFL, OptionValue.BOOLEAN);

    /**
     * How much memory may be taken by what was sent and not received yet, in bytes. The kernel doubles what is set, and
     * tells the doubled value, as its own bookkeeping counts: at least 4608, at most twice
     * {@code /proc/sys/net/core/wmem_max}, without an error in either case. At first what {@code wmem_default} there
     * says. It bounds the size of a datagram or record: 32 bytes less than the doubled value ({@code EMSGSIZE}).
     */
    public static final SocketOption<Integer> SO_SNDBUF =
            LinuxSocketOption.of("SO_SNDBUF", SocketNumbers.SO_SNDBUF, OptionValue.INTEGER);

    /**
     * Sets {@link #SO_SNDBUF}, beyond {@code wmem_max} too. Write-only; needs {@code CAP_NET_ADMIN} ({@code EPERM}).
     */
    public static final SocketOption<Integer> SO_SNDBUFFORCE =
            LinuxSocketOption.writeOnly("SO_SNDBUFFORCE", SocketNumbers.SO_SNDBUFFORCE, OptionValue.INTEGER);

    /**
     * How many bytes are sent at least: 1. Read-only, as Linux cannot change it.
     */
    public static final SocketOption<Integer> SO_SNDLOWAT =
            LinuxSocketOption.readOnly("SO_SNDLOWAT", SocketNumbers.SO_SNDLOWAT, OptionValue.INTEGER);

    /**
     * How long a call of a C program waits to send or connect; otherwise as {@link #SO_RCVTIMEO}.
     */
    public static final SocketOption<Duration> SO_SNDTIMEO =
            LinuxSocketOption.of("SO_SNDTIMEO", SocketNumbers.SO_SNDTIMEO, OptionValue.TIME);

    /**
     * Whether each datagram or record comes with the time it was sent, in microseconds. Off at first; turns
     * {@link #SO_TIMESTAMPNS} off.
     */
    public static final SocketOption<Boolean> SO_TIMESTAMP =
            LinuxSocketOption.of("SO_TIMESTAMP", SocketNumbers.SO_TIMESTAMP, OptionValue.BOOLEAN);

    /**
     * Whether each datagram or record comes with the time it was sent, in nanoseconds. Off at first; turns
     * {@link #SO_TIMESTAMP} off.
     */
    public static final SocketOption<Boolean> SO_TIMESTAMPNS =
            LinuxSocketOption.of("SO_TIMESTAMPNS", SocketNumbers.SO_TIMESTAMPNS, OptionValue.BOOLEAN);

    /**
     * Whether a TCP connection on which nothing gets through tries other routes of equal cost. At first what {@code
     * /proc/sys/net/core/txrehash} says. {@code EOPNOTSUPP} of other sockets. Linux 5.18 ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<Boolean> SO_TXREHASH =
            LinuxSocketOption.of("SO_TXREHASH", SocketNumbers.SO_TXREHASH, OptionValue.BOOLEAN);

    /**
     * The type of the socket, by its number in C: 1 of {@code SOCK_STREAM}, 2 of {@code SOCK_DGRAM}, 5 of
     * {@code SOCK_SEQPACKET}. Read-only.
     */
    public static final SocketOption<Integer> SO_TYPE =
            LinuxSocketOption.readOnly("SO_TYPE", SocketNumbers.SO_TYPE, OptionValue.INTEGER);

    /**
     * Whether {@code MSG_ZEROCOPY} of {@code send(2)} is heeded. Off at first. It is for others who use the socket:
     * this library does not send so. {@code EOPNOTSUPP} of other sockets than TCP, UDP and few more.
     */
    public static final SocketOption<Boolean> SO_ZEROCOPY =
            LinuxSocketOption.of("SO_ZEROCOPY", SocketNumbers.SO_ZEROCOPY, OptionValue.BOOLEAN);

    private LinuxSocketOptions() {}
}
