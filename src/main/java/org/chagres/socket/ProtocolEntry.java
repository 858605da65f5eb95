package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A protocol of the protocols database ({@code struct protoent}).
 *
 * @param name its name, such as {@code tcp}
 * @param aliases its other names, in the order in which they are kept, such as {@code TCP}
 * @param number as in the header of IP, and for {@link LowSocket#open}, such as 6
 * @see NetworkDatabase
 */
public record ProtocolEntry(String name, List<String> aliases, int number) {
    /** Refuses nulls, and copies the list. */
    public ProtocolEntry {
        requireNonNull(name, "name");
        aliases = List.copyOf(requireNonNull(aliases, "aliases"));
    }
}
