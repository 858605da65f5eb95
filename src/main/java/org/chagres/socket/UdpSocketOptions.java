package org.chagres.socket;

import java.net.SocketOption;
import org.chagres.internal.syscall.InternetNumbers;
import org.chagres.internal.view.LinuxSocketOption;
import org.chagres.internal.view.OptionValue;

/**
 * The options of UDP, typed ({@code getsockopt(2)}, level {@code IPPROTO_UDP}), the same over IPv4 and IPv6. Other
 * sockets do not have them ({@code EOPNOTSUPP}, {@code ENOPROTOOPT}).
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/udp.7.html">udp(7)</a>
 */
public final class UdpSocketOptions {
    /**
     * Whether what is sent is gathered in one datagram, which leaves when this is turned off. Off at first.
     */
    public static final SocketOption<Boolean> UDP_CORK = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_UDP, "UDP_CORK", InternetNumbers.UDP_CORK, OptionValue.BOOLEAN);

    /**
     * Whether the kernel hands over several datagrams of one size in one piece, with that size as a control message.
     * Off at first: with it on, a receive that does not look for the size cannot tell them apart.
     */
    public static final SocketOption<Boolean> UDP_GRO =
            LinuxSocketOption.of(InternetNumbers.IPPROTO_UDP, "UDP_GRO", InternetNumbers.UDP_GRO, OptionValue.BOOLEAN);

    /**
     * Whether datagrams over IPv6 without a checksum are taken. Off at first.
     */
    public static final SocketOption<Boolean> UDP_NO_CHECK6_RX = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_UDP, "UDP_NO_CHECK6_RX", InternetNumbers.UDP_NO_CHECK6_RX, OptionValue.BOOLEAN);

    /**
     * Whether datagrams over IPv6 are sent without a checksum. Off at first. For IPv4 see {@link
     * LinuxSocketOptions#SO_NO_CHECK}.
     */
    public static final SocketOption<Boolean> UDP_NO_CHECK6_TX = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_UDP, "UDP_NO_CHECK6_TX", InternetNumbers.UDP_NO_CHECK6_TX, OptionValue.BOOLEAN);

    /**
     * The size of the datagrams that the kernel cuts what is sent into, 0 to 65535 ({@code EINVAL}); 0 if not at all,
     * as at first. At most 64, on newer kernels 128, come of one send; {@code EINVAL} if there were more.
     */
    public static final SocketOption<Integer> UDP_SEGMENT = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_UDP, "UDP_SEGMENT", InternetNumbers.UDP_SEGMENT, OptionValue.INTEGER);

    private UdpSocketOptions() {}
}
