package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * An address that was looked up, and the socket that goes with it: {@link LowSocket#open} takes its three numbers.
 *
 * @param address the address and port; one of IPv4 also if it is in the form of IPv6, for a socket of that family
 * @param family {@code AF_INET}, which is 2, or {@code AF_INET6}, which is 10
 * @param type such as {@code SOCK_STREAM}, which is 1, and {@code SOCK_DGRAM}, which is 2
 * @param protocol such as {@code IPPROTO_TCP}, which is 6, and {@code IPPROTO_UDP}, which is 17
 * @param canonicalName the name that the host really has, of the first address and if it was asked for
 */
public record AddressInfo(
        InetSocketAddress address, int family, int type, int protocol, Optional<String> canonicalName) {
    /** Refuses nulls. */
    public AddressInfo {
        requireNonNull(address, "address");
        requireNonNull(canonicalName, "canonicalName");
    }
}
