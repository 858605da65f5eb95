package org.chagres.socket;

import static java.util.Objects.requireNonNull;

/**
 * The name of an address and of its port; in numbers where there is none, or where numbers were asked for.
 *
 * @param host the name, or an address such as {@code 127.0.0.1} and {@code fe80::1%eth0}
 * @param service the name, or a port such as {@code 80}
 */
public record NameInfo(String host, String service) {
    /** Refuses nulls. */
    public NameInfo {
        requireNonNull(host, "host");
        requireNonNull(service, "service");
    }
}
