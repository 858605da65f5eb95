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
     * Whether datagrams may go to all on a network. Off at first. Kept, and without effect, by local sockets.
     */
    public static final SocketOption<Boolean> SO_BROADCAST =
            LinuxSocketOption.of("SO_BROADCAST", SocketNumbers.SO_BROADCAST, OptionValue.BOOLEAN);

    /**
     * How long a receiver that finds nothing asks the network device over and over before it sleeps, in microseconds,
     * rounded up. At first what {@code /proc/sys/net/core/busy_read} says; more than the present value needs
     * {@code CAP_NET_ADMIN} ({@code EPERM}). Kept, and without effect, by local sockets.
     */
    public static final SocketOption<Duration> SO_BUSY_POLL =
            LinuxSocketOption.of("SO_BUSY_POLL", SocketNumbers.SO_BUSY_POLL, OptionValue.MICROSECONDS);

    /**
     * The family of the socket, by its number in C: 1 of {@code AF_UNIX}. Read-only.
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
     * Whether an idle connection is kept up by messages. Off at first. Kept, and without effect, by local sockets.
     */
    public static final SocketOption<Boolean> SO_KEEPALIVE =
            LinuxSocketOption.of("SO_KEEPALIVE", SocketNumbers.SO_KEEPALIVE, OptionValue.BOOLEAN);

    /**
     * How long closing waits until what was sent has gone, in seconds, rounded up; empty if not at all, as at first.
     * Kept, and without effect, by local sockets: what they sent is with the receiver already.
     */
    public static final SocketOption<Optional<Duration>> SO_LINGER =
            LinuxSocketOption.of("SO_LINGER", SocketNumbers.SO_LINGER, OptionValue.LINGER);

    /**
     * The mark of packets for routes and filters. 0 at first; needs {@code CAP_NET_ADMIN} or, since Linux 5.17,
     * {@code CAP_NET_RAW} ({@code EPERM}). Kept, and without effect, by local sockets.
     */
    public static final SocketOption<Integer> SO_MARK =
            LinuxSocketOption.of("SO_MARK", SocketNumbers.SO_MARK, OptionValue.INTEGER);

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
     * The priority of packets, 0 to 6, and beyond that with {@code CAP_NET_ADMIN} ({@code EPERM}). 0 at first. Kept,
     * and without effect, by local sockets.
     */
    public static final SocketOption<Integer> SO_PRIORITY =
            LinuxSocketOption.of("SO_PRIORITY", SocketNumbers.SO_PRIORITY, OptionValue.INTEGER);

    /**
     * The protocol of the socket, by its number in C: 0 of local ones. Read-only.
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
     * How long a call of a C program waits to receive or accept, in microseconds, rounded up; zero, as at first, for
     * ever. The kernel rounds up to its clock tick. It is for others who use the socket: waits of this library take
     * their time-outs as arguments.
     */
    public static final SocketOption<Duration> SO_RCVTIMEO =
            LinuxSocketOption.of("SO_RCVTIMEO", SocketNumbers.SO_RCVTIMEO, OptionValue.TIME);

    /**
     * Whether an address can be bound that was in use until now. Off at first. Kept, and without effect, by local
     * sockets: a socket file that is there is always in use.
     */
    public static final SocketOption<Boolean> SO_REUSEADDR =
            LinuxSocketOption.of("SO_REUSEADDR", SocketNumbers.SO_REUSEADDR, OptionValue.BOOLEAN);

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
     * The type of the socket, by its number in C: 1 of {@code SOCK_STREAM}, 2 of {@code SOCK_DGRAM}, 5 of
     * {@code SOCK_SEQPACKET}. Read-only.
     */
    public static final SocketOption<Integer> SO_TYPE =
            LinuxSocketOption.readOnly("SO_TYPE", SocketNumbers.SO_TYPE, OptionValue.INTEGER);

    private LinuxSocketOptions() {}
}
