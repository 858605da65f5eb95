package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.util.List;

/**
 * A network of the networks database ({@code struct netent}).
 *
 * @param name its name
 * @param aliases its other names, in the order in which they are kept; most often none
 * @param address its number as an address of IPv4, such as {@code 127.0.0.0}
 * @see NetworkDatabase
 */
public record NetworkEntry(String name, List<String> aliases, InetAddress address) {
    /** Refuses nulls, and copies the list. */
    public NetworkEntry {
        requireNonNull(name, "name");
        aliases = List.copyOf(requireNonNull(aliases, "aliases"));
        requireNonNull(address, "address");
    }
}
