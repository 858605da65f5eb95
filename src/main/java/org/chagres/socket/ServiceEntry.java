package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A service of the services database ({@code struct servent}).
 *
 * @param name its name, such as {@code http}
 * @param aliases its other names, in the order in which they are kept, such as {@code www}
 * @param port its port, 0 to 65535, as Java counts: nothing is left to be turned round
 * @param protocol the protocol over which it has that port, such as {@code tcp}
 * @see NetworkDatabase
 */
public record ServiceEntry(String name, List<String> aliases, int port, String protocol) {
    /** Refuses nulls, and copies the list. */
    public ServiceEntry {
        requireNonNull(name, "name");
        aliases = List.copyOf(requireNonNull(aliases, "aliases"));
        requireNonNull(protocol, "protocol");
    }
}
