package org.chagres.socket;

import java.net.SocketOption;
import org.chagres.internal.syscall.InternetNumbers;
import org.chagres.internal.view.LinuxSocketOption;
import org.chagres.internal.view.OptionValue;

/**
 * The options of raw sockets of ICMP, typed ({@code getsockopt(2)}, levels {@code SOL_RAW} and {@code SOL_ICMPV6}).
 * Other sockets, and the ICMP datagram sockets of {@link RawSocket#icmp}, do not have them ({@code EOPNOTSUPP},
 * {@code ENOPROTOOPT}). What all raw sockets have is among {@link IpSocketOptions} and {@link Ipv6SocketOptions}.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/raw.7.html">raw(7)</a>
 */
public final class IcmpSocketOptions {
    /**
     * Which types a socket of IPv6 does not receive. None at first.
     */
    public static final SocketOption<IcmpFilter> ICMP6_FILTER = LinuxSocketOption.of(
            InternetNumbers.IPPROTO_ICMPV6, "ICMP6_FILTER", InternetNumbers.ICMP6_FILTER, OptionValue.ICMP6_TYPES);

    /**
     * Which types a socket of IPv4 does not receive, of those below 32; the others always pass. None at first.
     */
    public static final SocketOption<IcmpFilter> ICMP_FILTER = LinuxSocketOption.of(
            InternetNumbers.SOL_RAW, "ICMP_FILTER", InternetNumbers.ICMP_FILTER, OptionValue.ICMP_TYPES);

    private IcmpSocketOptions() {}
}
