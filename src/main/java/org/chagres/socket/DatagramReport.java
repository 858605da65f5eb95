package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.util.Optional;
import org.chagres.Errno;

/**
 * What became of a datagram that was sent ({@code IP_RECVERR}, {@code IPV6_RECVERR}).
 *
 * @param errno the error
 * @param origin who found it
 * @param type of ICMP, its type of message
 * @param code of ICMP, its code
 * @param info of {@link Errno#EMSGSIZE} how many bytes the way takes in one packet; otherwise 0
 * @param reporter the router or host that said so
 * @see <a href="https://man7.org/linux/man-pages/man7/ip.7.html">ip(7)</a>
 */
public record DatagramReport(Errno errno, Origin origin, int type, int code, int info, Optional<InetAddress> reporter) {
    /** Refuses nulls. */
    public DatagramReport {
        requireNonNull(errno, "errno");
        requireNonNull(origin, "origin");
        requireNonNull(reporter, "reporter");
    }

    /** Who found an error. */
    public enum Origin {
        /** This machine. */
        LOCAL,
        /** Another, by ICMP. */
        ICMP,
        /** Another, by ICMP of IPv6. */
        ICMP6,
        /** No error, but a notice of the kernel's. */
        OTHER
    }
}
