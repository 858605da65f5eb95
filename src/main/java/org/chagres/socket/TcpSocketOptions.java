package org.chagres.socket;

import java.net.SocketOption;
import java.time.Duration;
import java.util.Optional;
import org.chagres.internal.syscall.InternetNumbers;
import org.chagres.internal.view.LinuxSocketOption;
import org.chagres.internal.view.OptionValue;

/**
 * The options of TCP, typed ({@code getsockopt(2)}, level {@code IPPROTO_TCP}), the same over IPv4 and IPv6. Sockets
 * that are accepted have those of their listener. Other sockets do not have them ({@code EOPNOTSUPP}, {@code
 * ENOPROTOOPT}).
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/tcp.7.html">tcp(7)</a>
 */
public final class TcpSocketOptions {
    /**
     * The algorithm that decides how much is on its way, by its name of at most 15 bytes. At first what {@code
     * /proc/sys/net/ipv4/tcp_congestion_control} says. Those in {@code tcp_allowed_congestion_control} there can be
     * had by everyone, others of {@code tcp_available_congestion_control} with {@code CAP_NET_ADMIN} ({@code EPERM});
     * {@code ENOENT} if there is none of the name.
     */
    public static final SocketOption<String> TCP_CONGESTION = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_CONGESTION", InternetNumbers.TCP_CONGESTION, OptionValue.NAME);

    /**
     * Whether only full segments are sent, until it is turned off, or for 200 milliseconds. Off at first.
     */
    public static final SocketOption<Boolean> TCP_CORK = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_CORK", InternetNumbers.TCP_CORK, OptionValue.BOOLEAN);

    /**
     * How long a connection waits for its first bytes before it can be accepted, in seconds, rounded up; the kernel
     * counts in repetitions of its answer, at 1, 3, 7, 15, 31, 63 seconds and so on, rounds up to them, and tells what
     * came of it. Zero at first: not at all.
     */
    public static final SocketOption<Duration> TCP_DEFER_ACCEPT = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_DEFER_ACCEPT", InternetNumbers.TCP_DEFER_ACCEPT, OptionValue.SECONDS);

    /**
     * How long an acknowledgement is put off at most, in microseconds, rounded up, from the kernel's clock tick to 200
     * milliseconds ({@code EINVAL}), which is also what it is at first. Linux 6.15 ({@code ENOPROTOOPT} before).
     */
    public static final SocketOption<Duration> TCP_DELACK_MAX_US = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP,
            "TCP_DELACK_MAX_US",
            InternetNumbers.TCP_DELACK_MAX_US,
            OptionValue.MICROSECONDS);

    /**
     * How many connections of a listener, opened with data in their first packet, may wait to be acknowledged; at most
     * what {@code /proc/sys/net/core/somaxconn} says. 0 at first: such data are not taken. {@code
     * /proc/sys/net/ipv4/tcp_fastopen} must allow it (2); {@code EINVAL} if negative, or of a connection.
     */
    public static final SocketOption<Integer> TCP_FASTOPEN = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_FASTOPEN", InternetNumbers.TCP_FASTOPEN, OptionValue.INTEGER);

    /**
     * Whether connecting to where a cookie is known of does nothing yet, and the first bytes travel with the first
     * packet. Off at first; {@code EOPNOTSUPP} unless {@code /proc/sys/net/ipv4/tcp_fastopen} allows it (1), {@code
     * EINVAL} if the socket is connected or listens.
     */
    public static final SocketOption<Boolean> TCP_FASTOPEN_CONNECT = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP,
            "TCP_FASTOPEN_CONNECT",
            InternetNumbers.TCP_FASTOPEN_CONNECT,
            OptionValue.BOOLEAN);

    /**
     * Whether data in a first packet are sent, and taken, without a cookie. Off at first; {@code EINVAL} of a
     * connection.
     */
    public static final SocketOption<Boolean> TCP_FASTOPEN_NO_COOKIE = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP,
            "TCP_FASTOPEN_NO_COOKIE",
            InternetNumbers.TCP_FASTOPEN_NO_COOKIE,
            OptionValue.BOOLEAN);

    /**
     * What the kernel knows of the connection. Read-only.
     */
    public static final SocketOption<TcpInfo> TCP_INFO = LinuxSocketOption.readOnly(
            InternetNumbers.IPPROTO_TCP, "TCP_INFO", InternetNumbers.TCP_INFO, TcpInfo.VALUE);

    /**
     * Whether what is received comes with the number of bytes that are there still, as a control message. Off at
     * first.
     */
    public static final SocketOption<Boolean> TCP_INQ =
            LinuxSocketOption.of(InternetNumbers.IPPROTO_TCP, "TCP_INQ", InternetNumbers.TCP_INQ, OptionValue.BOOLEAN);

    /**
     * How many messages in a row that keep a connection up may go unanswered before it fails with {@code ETIMEDOUT}, 1
     * to 127 ({@code EINVAL}). At first what {@code /proc/sys/net/ipv4/tcp_keepalive_probes} says, mostly 9. Heeded
     * with {@link LinuxSocketOptions#SO_KEEPALIVE} on, and without {@link #TCP_USER_TIMEOUT}.
     */
    public static final SocketOption<Integer> TCP_KEEPCNT = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_KEEPCNT", InternetNumbers.TCP_KEEPCNT, OptionValue.INTEGER);

    /**
     * How long a connection is idle before the first of them, in whole seconds, rounded up, 1 to 32767 ({@code
     * EINVAL}). At first what {@code /proc/sys/net/ipv4/tcp_keepalive_time} says, mostly two hours.
     */
    public static final SocketOption<Duration> TCP_KEEPIDLE = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_KEEPIDLE", InternetNumbers.TCP_KEEPIDLE, OptionValue.SECONDS);

    /**
     * How long it is between two of them, in whole seconds, rounded up, 1 to 32767 ({@code EINVAL}). At first what
     * {@code /proc/sys/net/ipv4/tcp_keepalive_intvl} says, mostly 75 seconds.
     */
    public static final SocketOption<Duration> TCP_KEEPINTVL = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_KEEPINTVL", InternetNumbers.TCP_KEEPINTVL, OptionValue.SECONDS);

    /**
     * How long a closed connection waits for the other end to close too (FIN-WAIT-2), in seconds, rounded up, at most
     * 120; empty if not at all. Zero for what {@code /proc/sys/net/ipv4/tcp_fin_timeout} says, mostly 60 seconds, as
     * at first.
     */
    public static final SocketOption<Optional<Duration>> TCP_LINGER2 = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_LINGER2", InternetNumbers.TCP_LINGER2, OptionValue.LIFETIME);

    /**
     * How many bytes a segment has at most, 88 to 32767 ({@code EINVAL}); 0 for as many as the way allows, as at
     * first. What is told is 536 before the socket is connected if nothing was set, and what is used afterwards.
     */
    public static final SocketOption<Integer> TCP_MAXSEG = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_MAXSEG", InternetNumbers.TCP_MAXSEG, OptionValue.INTEGER);

    /**
     * Whether what is sent leaves at once, and small pieces are not gathered while something is unacknowledged
     * (Nagle's algorithm). Off at first.
     */
    public static final SocketOption<Boolean> TCP_NODELAY = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_NODELAY", InternetNumbers.TCP_NODELAY, OptionValue.BOOLEAN);

    /**
     * The socket counts as writable while fewer bytes than this are not sent yet. 0 at first, for what {@code
     * /proc/sys/net/ipv4/tcp_notsent_lowat} says; unsigned.
     */
    public static final SocketOption<Integer> TCP_NOTSENT_LOWAT = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_NOTSENT_LOWAT", InternetNumbers.TCP_NOTSENT_LOWAT, OptionValue.INTEGER);

    /**
     * Whether what comes is acknowledged at once. It is not for long: the kernel turns it on and off by itself. On at
     * first.
     */
    public static final SocketOption<Boolean> TCP_QUICKACK = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_QUICKACK", InternetNumbers.TCP_QUICKACK, OptionValue.BOOLEAN);

    /**
     * How long it is at most from one repetition to the next, in milliseconds, rounded up, 1 to 120 seconds ({@code
     * EINVAL}). At first what {@code /proc/sys/net/ipv4/tcp_rto_max_ms} says, mostly 120 seconds. Linux 6.15 ({@code
     * ENOPROTOOPT} before).
     */
    public static final SocketOption<Duration> TCP_RTO_MAX_MS = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_RTO_MAX_MS", InternetNumbers.TCP_RTO_MAX_MS, OptionValue.MILLISECONDS);

    /**
     * How long it is at least until something unacknowledged is repeated, in microseconds, rounded up, from the
     * kernel's clock tick to 200 milliseconds ({@code EINVAL}), which is also what it is at first. Linux 6.15 ({@code
     * ENOPROTOOPT} before).
     */
    public static final SocketOption<Duration> TCP_RTO_MIN_US = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_RTO_MIN_US", InternetNumbers.TCP_RTO_MIN_US, OptionValue.MICROSECONDS);

    /**
     * Whether a listener keeps the first packet of each connection, which the accepted socket tells once as the bytes
     * of option 28 ({@code TCP_SAVED_SYN}). Off at first; {@code EINVAL} of a connection.
     */
    public static final SocketOption<Boolean> TCP_SAVE_SYN = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_SAVE_SYN", InternetNumbers.TCP_SAVE_SYN, OptionValue.BOOLEAN);

    /**
     * How often connecting is tried again before it fails with {@code ETIMEDOUT}, 1 to 127 ({@code EINVAL}). At first
     * what {@code /proc/sys/net/ipv4/tcp_syn_retries} says, mostly 6, which takes 127 seconds.
     */
    public static final SocketOption<Integer> TCP_SYNCNT = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_SYNCNT", InternetNumbers.TCP_SYNCNT, OptionValue.INTEGER);

    /**
     * Whether a connection with little on its way repeats at equal distances, six times, before the distances double.
     * Off at first.
     */
    public static final SocketOption<Boolean> TCP_THIN_LINEAR_TIMEOUTS = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP,
            "TCP_THIN_LINEAR_TIMEOUTS",
            InternetNumbers.TCP_THIN_LINEAR_TIMEOUTS,
            OptionValue.BOOLEAN);

    /**
     * How long every packet is held back, in microseconds, rounded up: for tests. Zero at first. With {@code
     * CAP_NET_ADMIN} or without.
     */
    public static final SocketOption<Duration> TCP_TX_DELAY = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_TX_DELAY", InternetNumbers.TCP_TX_DELAY, OptionValue.MICROSECONDS);

    /**
     * The protocol that the kernel itself speaks on top of the connection, such as {@code tls}; empty text if there is
     * none. {@code ENOENT} if the kernel has none of the name, {@code ENOTCONN} of {@code tls} before the socket is
     * connected, {@code EEXIST} if there is one already. It cannot be taken off again; its keys are set as bytes.
     */
    public static final SocketOption<String> TCP_ULP =
            LinuxSocketOption.of(InternetNumbers.IPPROTO_TCP, "TCP_ULP", InternetNumbers.TCP_ULP, OptionValue.NAME);

    /**
     * How long something sent may remain unacknowledged before the connection fails with {@code ETIMEDOUT}, in
     * milliseconds, rounded up; of an idle one, how long messages that keep it up ({@link
     * LinuxSocketOptions#SO_KEEPALIVE}) may. Zero at first, for what the system has: about 15 minutes. Where the kernel
     * knows more of the way meanwhile it tells that instead: {@code EHOSTUNREACH}, {@code ENETUNREACH}.
     */
    public static final SocketOption<Duration> TCP_USER_TIMEOUT = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP,
            "TCP_USER_TIMEOUT",
            InternetNumbers.TCP_USER_TIMEOUT,
            OptionValue.MILLISECONDS);

    /**
     * How many bytes the other end may send ahead at most. 0 at first, for no such limit; the kernel raises what is
     * less than half of the least receive buffer, and 0 is for a socket that is not connected only ({@code EINVAL}).
     */
    public static final SocketOption<Integer> TCP_WINDOW_CLAMP = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_TCP, "TCP_WINDOW_CLAMP", InternetNumbers.TCP_WINDOW_CLAMP, OptionValue.INTEGER);

    private TcpSocketOptions() {}
}
