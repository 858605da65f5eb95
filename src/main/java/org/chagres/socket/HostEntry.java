package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.util.List;

/**
 * A host of the hosts database, or as a name server tells of it ({@code struct hostent}).
 *
 * @param name its name
 * @param aliases its other names, in the order in which they are kept; most often none
 * @param addresses all its addresses, without names; of one family, but where one of IPv4 was in the form of IPv6
 * @see NetworkDatabase
 */
public record HostEntry(String name, List<String> aliases, List<InetAddress> addresses) {
    /** Refuses nulls, and copies the lists. */
    public HostEntry {
        requireNonNull(name, "name");
        aliases = List.copyOf(requireNonNull(aliases, "aliases"));
        addresses = List.copyOf(requireNonNull(addresses, "addresses"));
    }
}
