package org.chagres.socket;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.syscall.InternetNumbers;
import org.chagres.internal.view.OptionValue;

/**
 * Whether packets that are too long for their way may be split ({@link IpSocketOptions#IP_MTU_DISCOVER},
 * {@link Ipv6SocketOptions#IPV6_MTU_DISCOVER}).
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/ip.7.html">ip(7)</a>
 */
public enum PathMtuDiscovery {
    /** They may be, by routers too. */
    DONT(InternetNumbers.IP_PMTUDISC_DONT),

    /**
     * This host splits what it knows to be too long for the way, and routers split nothing: they say how much is not
     * too long. So routes may say otherwise.
     */
    WANT(InternetNumbers.IP_PMTUDISC_WANT),

    /** They may not; a datagram that is too long as far as known is refused ({@code EMSGSIZE}). */
    DO(InternetNumbers.IP_PMTUDISC_DO),

    /** They may not, and what is known of the way is disregarded: for programs that find that out themselves. */
    PROBE(InternetNumbers.IP_PMTUDISC_PROBE),

    /**
     * What is known of the way is disregarded and what others tell of it is not believed; a datagram that is longer
     * than the interface takes is refused ({@code EMSGSIZE}). Routers may split it.
     */
    INTERFACE(InternetNumbers.IP_PMTUDISC_INTERFACE),

    /** As {@link #INTERFACE}, but what is longer than the interface takes is split by this host. */
    OMIT(InternetNumbers.IP_PMTUDISC_OMIT),

    /** A way that a newer kernel has and this library does not know; it cannot be set. */
    UNKNOWN(-1);

    static final OptionValue<PathMtuDiscovery> VALUE =
            new OptionValue<>(PathMtuDiscovery.class, Integer.BYTES, PathMtuDiscovery::of, PathMtuDiscovery::put);

    private final int number;

    PathMtuDiscovery(int number) {
        this.number = number;
    }

    private static PathMtuDiscovery of(MemorySegment memory) {
        int number = memory.get(ValueLayout.JAVA_INT, 0);
        for (PathMtuDiscovery one : values()) {
            if (one.number == number) {
                return one;
            }
        }
        return UNKNOWN;
    }

    private static void put(PathMtuDiscovery value, MemorySegment memory) {
        if (value == UNKNOWN) {
            throw new IllegalArgumentException("what is unknown cannot be set");
        }
        memory.set(ValueLayout.JAVA_INT, 0, value.number);
    }
}
