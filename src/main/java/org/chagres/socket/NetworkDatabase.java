package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.chagres.internal.resource.Lookups;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DatabaseViews;

/**
 * The databases of hosts, networks, protocols and services: an entry by its name or number, and all of them, with every
 * other name and address they have. Where they are kept <code>/etc/nsswitch.conf</code> says: most often in
 * <code>/etc/hosts</code>, <code>networks</code>, <code>protocols</code> and <code>services</code>, and hosts with name
 * servers too.
 *
 * {@snippet lang = java :
 * int port = NetworkDatabase.service("http", "tcp").port(); // 80
 * try (Stream<ServiceEntry> all = NetworkDatabase.services()) {
 *     all.filter(service -> service.protocol().equals("udp")).forEach(System.out::println);
 * }
 * }
 *
 * <p>For the addresses to connect to {@link AddressQuery} is better: it knows both families, their order and the port.
 *
 * <p><b>Going through a database.</b> The C library keeps one place in each database for all of the process. So there
 * is one stream of a database at a time: {@link #services} waits until no other stream of services is open, and then
 * has the database until its stream has come to the end, or is closed, whichever is first. Close it: one that is
 * forgotten lets the others on only when the collector finds it. A thread that asks for a second stream of the same
 * database while it has the first waits for itself. A stream may be closed by any thread; who reads on
 * after that gets an {@link IllegalStateException}. Code in other languages in this process that goes through the same
 * database moves the same place, and no lock of Java's keeps it off.
 *
 * <p>An entry that cannot be read ends a stream with an {@link java.io.UncheckedIOException} whose cause is a
 * {@link LookupException}. A database that is not there at all has no entries: the C library does not tell the two
 * apart.
 *
 * <p><b>All hosts</b> are those of the file alone, and <b>of IPv4</b>: glibc gives {@code ::1} as {@code 127.0.0.1},
 * leaves out every other line of IPv6 that stands for none of IPv4, and has an entry for each line.
 * {@link #host(String, StandardProtocolFamily)} finds what is left out, and who wants all of it reads
 * <code>/etc/hosts</code>.
 *
 * <p><b>Waiting.</b> Hosts and networks may be asked of name servers, as {@link AddressQuery} tells: the call is made
 * in the background, and its caller is free at once when it is interrupted or its time is over. Protocols and services,
 * and the next entry of a stream, are read from files: that is not interrupted, and on a virtual thread a helper does
 * it.
 *
 * <p><b>Elsewhere.</b> musl can look up hosts and services, and nothing else of this: there the others throw an
 * {@link UnsupportedOperationException} that names the function.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread. A stream is read by one at a time.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/gethostbyname.3.html">gethostbyname(3)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/getnetent.3.html">getnetent(3)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/getprotoent.3.html">getprotoent(3)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/getservent.3.html">getservent(3)</a>
 */
public final class NetworkDatabase {
    private static final int LAST_PORT = 65535;

    private NetworkDatabase() {}

    // Hosts.

    /**
     * Looks up a host by its name, waiting until it is known ({@code gethostbyname2_r(3)}).
     *
     * @param name its name, or another one; an address of the family in numbers is answered by itself
     * @param family of the addresses that are wanted, {@link StandardProtocolFamily#INET} or
     *     {@link StandardProtocolFamily#INET6}
     * @return the host, with at least one address; of a file where <code>/etc/host.conf</code> has {@code multi on} those
     *     of all lines with the name, and those of the first one otherwise
     * @throws LookupException {@link LookupError#EAI_NONAME} if there is no such host, {@link LookupError#EAI_NODATA}
     *     if it has no address of the family, {@link LookupError#EAI_AGAIN} if a name server does not answer, and
     *     {@link LookupError#EAI_FAIL} if none can; {@link LookupError#EAI_SYSTEM} with the error of the kernel
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if the family is another one, or the text has a zero character, or others that
     *     the locale of this JVM lacks
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static HostEntry host(String name, StandardProtocolFamily family)
            throws LookupException, InterruptedException {
        return DatabaseViews.host(requireNonNull(name, "name"), family, Lookups.FOREVER)
                .orElseThrow();
    }

    /**
     * Looks up a host by its name, waiting for at most a time.
     *
     * @param name its name, or another one
     * @param family of the addresses that are wanted
     * @param timeout how long; with zero or less nothing is looked up, and one of more than 292 years is for ever
     * @return the host; empty if the time was over
     * @throws LookupException as for {@link #host(String, StandardProtocolFamily)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #host(String, StandardProtocolFamily)}
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static Optional<HostEntry> tryHost(String name, StandardProtocolFamily family, Duration timeout)
            throws LookupException, InterruptedException {
        return DatabaseViews.host(requireNonNull(name, "name"), family, Timeouts.nanos(timeout));
    }

    /**
     * Looks up a host by one of its addresses, waiting until it is known ({@code gethostbyaddr_r(3)}).
     *
     * @param address of either family; its interface is not looked at
     * @return the host
     * @throws LookupException as for {@link #host(String, StandardProtocolFamily)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static HostEntry host(InetAddress address) throws LookupException, InterruptedException {
        return DatabaseViews.host(requireNonNull(address, "address"), Lookups.FOREVER)
                .orElseThrow();
    }

    /**
     * Looks up a host by one of its addresses, waiting for at most a time.
     *
     * @param address of either family; its interface is not looked at
     * @param timeout how long; with zero or less nothing is looked up, and one of more than 292 years is for ever
     * @return the host; empty if the time was over
     * @throws LookupException as for {@link #host(String, StandardProtocolFamily)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static Optional<HostEntry> tryHost(InetAddress address, Duration timeout)
            throws LookupException, InterruptedException {
        return DatabaseViews.host(requireNonNull(address, "address"), Timeouts.nanos(timeout));
    }

    /**
     * Goes through all hosts, waiting until no other stream of them is open ({@code gethostent_r(3)}). They are of
     * IPv4, and from the file: see above.
     *
     * @param options how
     * @return the hosts, in the order in which they are kept; to be closed
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static Stream<HostEntry> hosts(ListingOption... options) throws InterruptedException {
        return DatabaseViews.hosts(Lookups.FOREVER, set(options)).orElseThrow();
    }

    /**
     * Goes through all hosts, waiting for at most a time until no other stream of them is open.
     *
     * @param timeout how long; zero or less is not waited, and more than 292 years are for ever
     * @param options how
     * @return the hosts, to be closed; empty if the time was over
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static Optional<Stream<HostEntry>> tryHosts(Duration timeout, ListingOption... options)
            throws InterruptedException {
        return DatabaseViews.hosts(Timeouts.nanos(timeout), set(options));
    }

    // Networks.

    /**
     * Looks up a network by its name, waiting until it is known ({@code getnetbyname_r(3)}).
     *
     * @param name its name, or another one
     * @return the network
     * @throws LookupException {@link LookupError#EAI_NONAME} if there is no such network; the others as for
     *     {@link #host(String, StandardProtocolFamily)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if the text has a zero character, or others that the locale of this JVM lacks
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static NetworkEntry network(String name) throws LookupException, InterruptedException {
        return DatabaseViews.network(requireNonNull(name, "name"), Lookups.FOREVER)
                .orElseThrow();
    }

    /**
     * Looks up a network by its name, waiting for at most a time.
     *
     * @param name its name, or another one
     * @param timeout how long; with zero or less nothing is looked up, and one of more than 292 years is for ever
     * @return the network; empty if the time was over
     * @throws LookupException as for {@link #network(String)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if the text has a zero character, or others that the locale of this JVM lacks
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static Optional<NetworkEntry> tryNetwork(String name, Duration timeout)
            throws LookupException, InterruptedException {
        return DatabaseViews.network(requireNonNull(name, "name"), Timeouts.nanos(timeout));
    }

    /**
     * Looks up a network by its number, waiting until it is known ({@code getnetbyaddr_r(3)}).
     *
     * @param address the number as an address of IPv4, such as {@code 127.0.0.0}: that of the network, not of a host in
     *     it
     * @return the network
     * @throws LookupException as for {@link #network(String)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if it is of IPv6
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static NetworkEntry network(InetAddress address) throws LookupException, InterruptedException {
        return DatabaseViews.network(requireNonNull(address, "address"), Lookups.FOREVER)
                .orElseThrow();
    }

    /**
     * Looks up a network by its number, waiting for at most a time.
     *
     * @param address the number as an address of IPv4
     * @param timeout how long; with zero or less nothing is looked up, and one of more than 292 years is for ever
     * @return the network; empty if the time was over
     * @throws LookupException as for {@link #network(String)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if it is of IPv6
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static Optional<NetworkEntry> tryNetwork(InetAddress address, Duration timeout)
            throws LookupException, InterruptedException {
        return DatabaseViews.network(requireNonNull(address, "address"), Timeouts.nanos(timeout));
    }

    /**
     * Goes through all networks, waiting until no other stream of them is open ({@code getnetent_r(3)}).
     *
     * @param options how
     * @return the networks, in the order in which they are kept; to be closed
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static Stream<NetworkEntry> networks(ListingOption... options) throws InterruptedException {
        return DatabaseViews.networks(Lookups.FOREVER, set(options)).orElseThrow();
    }

    /**
     * Goes through all networks, waiting for at most a time until no other stream of them is open.
     *
     * @param timeout how long; zero or less is not waited, and more than 292 years are for ever
     * @param options how
     * @return the networks, to be closed; empty if the time was over
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static Optional<Stream<NetworkEntry>> tryNetworks(Duration timeout, ListingOption... options)
            throws InterruptedException {
        return DatabaseViews.networks(Timeouts.nanos(timeout), set(options));
    }

    // Protocols.

    /**
     * Looks up a protocol by its name ({@code getprotobyname_r(3)}).
     *
     * @param name its name, or another one, such as {@code tcp} and {@code TCP}
     * @return the protocol
     * @throws LookupException {@link LookupError#EAI_NONAME} if there is no such protocol, or no protocols database;
     *     {@link LookupError#EAI_SYSTEM} if that cannot be read
     * @throws IllegalArgumentException if the text has a zero character, or others that the locale of this JVM lacks
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static ProtocolEntry protocol(String name) throws LookupException {
        return DatabaseViews.protocol(requireNonNull(name, "name"));
    }

    /**
     * Looks up a protocol by its number ({@code getprotobynumber_r(3)}).
     *
     * @param number as in the header of IP, such as 6; any other is not known
     * @return the protocol
     * @throws LookupException as for {@link #protocol(String)}
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static ProtocolEntry protocol(int number) throws LookupException {
        return DatabaseViews.protocol(number);
    }

    /**
     * Goes through all protocols, waiting until no other stream of them is open ({@code getprotoent_r(3)}).
     *
     * @param options how
     * @return the protocols, in the order in which they are kept; to be closed
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static Stream<ProtocolEntry> protocols(ListingOption... options) throws InterruptedException {
        return DatabaseViews.protocols(Lookups.FOREVER, set(options)).orElseThrow();
    }

    /**
     * Goes through all protocols, waiting for at most a time until no other stream of them is open.
     *
     * @param timeout how long; zero or less is not waited, and more than 292 years are for ever
     * @param options how
     * @return the protocols, to be closed; empty if the time was over
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static Optional<Stream<ProtocolEntry>> tryProtocols(Duration timeout, ListingOption... options)
            throws InterruptedException {
        return DatabaseViews.protocols(Timeouts.nanos(timeout), set(options));
    }

    // Services.

    /**
     * Looks up a service by its name, over whichever protocol comes first ({@code getservbyname_r(3)}).
     *
     * @param name its name, or another one, such as {@code http} and {@code www}; no number
     * @return the service
     * @throws LookupException {@link LookupError#EAI_SERVICE} if there is no such service, or no services database;
     *     {@link LookupError#EAI_SYSTEM} if that cannot be read
     * @throws IllegalArgumentException if the text has a zero character, or others that the locale of this JVM lacks
     */
    public static ServiceEntry service(String name) throws LookupException {
        return DatabaseViews.service(requireNonNull(name, "name"), Optional.empty());
    }

    /**
     * Looks up a service by its name and protocol ({@code getservbyname_r(3)}).
     *
     * @param name its name, or another one; no number
     * @param protocol such as {@code tcp} and {@code udp}
     * @return the service
     * @throws LookupException as for {@link #service(String)}
     * @throws IllegalArgumentException if a text has a zero character, or others that the locale of this JVM lacks
     */
    public static ServiceEntry service(String name, String protocol) throws LookupException {
        return DatabaseViews.service(requireNonNull(name, "name"), Optional.of(requireNonNull(protocol, "protocol")));
    }

    /**
     * Looks up a service by its port, over whichever protocol comes first ({@code getservbyport_r(3)}).
     *
     * @param port as Java counts, 0 to 65535
     * @return the service
     * @throws LookupException as for {@link #service(String)}
     * @throws IllegalArgumentException if it is no port: C would take its lower 16 bits
     */
    public static ServiceEntry service(int port) throws LookupException {
        return DatabaseViews.service(checked(port), Optional.empty());
    }

    /**
     * Looks up a service by its port and protocol ({@code getservbyport_r(3)}).
     *
     * @param port as Java counts, 0 to 65535
     * @param protocol such as {@code tcp} and {@code udp}
     * @return the service
     * @throws LookupException as for {@link #service(String)}
     * @throws IllegalArgumentException if it is no port, or the text has a zero character, or others that the locale of
     *     this JVM lacks
     */
    public static ServiceEntry service(int port, String protocol) throws LookupException {
        return DatabaseViews.service(checked(port), Optional.of(requireNonNull(protocol, "protocol")));
    }

    /**
     * Goes through all services, waiting until no other stream of them is open ({@code getservent_r(3)}).
     *
     * @param options how
     * @return the services, in the order in which they are kept; to be closed
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static Stream<ServiceEntry> services(ListingOption... options) throws InterruptedException {
        return DatabaseViews.services(Lookups.FOREVER, set(options)).orElseThrow();
    }

    /**
     * Goes through all services, waiting for at most a time until no other stream of them is open.
     *
     * @param timeout how long; zero or less is not waited, and more than 292 years are for ever
     * @param options how
     * @return the services, to be closed; empty if the time was over
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws UnsupportedOperationException if this C library has no such function
     */
    public static Optional<Stream<ServiceEntry>> tryServices(Duration timeout, ListingOption... options)
            throws InterruptedException {
        return DatabaseViews.services(Timeouts.nanos(timeout), set(options));
    }

    private static Set<ListingOption> set(ListingOption... options) {
        return Set.copyOf(List.of(requireNonNull(options, "options")));
    }

    private static int checked(int port) {
        if (port < 0 || port > LAST_PORT) {
            throw new IllegalArgumentException("no port: " + port + "; they are 0 to " + LAST_PORT);
        }
        return port;
    }
}
