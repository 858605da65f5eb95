package org.chagres.internal.view;

import static java.util.Objects.requireNonNull;
import static org.chagres.internal.syscall.LookupNumbers.*;

import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators.AbstractSpliterator;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.chagres.Errno;
import org.chagres.internal.resource.Database;
import org.chagres.internal.resource.Databases;
import org.chagres.internal.resource.Databases.Answer;
import org.chagres.internal.resource.Databases.Entry;
import org.chagres.internal.resource.Listing;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.socket.HostEntry;
import org.chagres.socket.ListingOption;
import org.chagres.socket.LookupException;
import org.chagres.socket.NetworkEntry;
import org.chagres.socket.ProtocolEntry;
import org.chagres.socket.ServiceEntry;

/** Entries of the databases in the user's words: records, streams and exceptions. */
public final class DatabaseViews {
    private DatabaseViews() {}

    /** The host of a name. */
    public static Optional<HostEntry> host(String name, StandardProtocolFamily family, long nanos)
            throws LookupException, InterruptedException {
        Optional<Answer> answer = Databases.host(name, number(family), nanos);
        return entry(answer, "gethostbyname2_r", "looking up host " + name, DatabaseViews::host);
    }

    private static int number(StandardProtocolFamily family) {
        return switch (requireNonNull(family, "family")) {
            case INET -> SocketCalls.AF_INET;
            case INET6 -> SocketCalls.AF_INET6;
            case UNIX -> throw new IllegalArgumentException("no family of Internet addresses: " + family);
        };
    }

    /** The host of an address. */
    public static Optional<HostEntry> host(InetAddress address, long nanos)
            throws LookupException, InterruptedException {
        int family = address instanceof Inet4Address ? SocketCalls.AF_INET : SocketCalls.AF_INET6;
        Optional<Answer> answer = Databases.host(address.getAddress(), family, nanos);
        return entry(
                answer, "gethostbyaddr_r", "looking up the host of " + address.getHostAddress(), DatabaseViews::host);
    }

    /** The network of a name. */
    public static Optional<NetworkEntry> network(String name, long nanos) throws LookupException, InterruptedException {
        Optional<Answer> answer = Databases.network(name, nanos);
        return entry(answer, "getnetbyname_r", "looking up network " + name, DatabaseViews::network);
    }

    /** The network of an address. */
    public static Optional<NetworkEntry> network(InetAddress address, long nanos)
            throws LookupException, InterruptedException {
        if (!(address instanceof Inet4Address)) {
            throw new IllegalArgumentException("networks have addresses of IPv4: " + address);
        }
        Optional<Answer> answer =
                Databases.network(ByteBuffer.wrap(address.getAddress()).getInt(), nanos);
        return entry(
                answer,
                "getnetbyaddr_r",
                "looking up the network of " + address.getHostAddress(),
                DatabaseViews::network);
    }

    /** The protocol of a name. */
    public static ProtocolEntry protocol(String name) throws LookupException {
        return entry(
                Databases.protocol(name),
                "getprotobyname_r",
                "looking up protocol " + name,
                Database.PROTOCOLS,
                DatabaseViews::protocol);
    }

    /** The protocol of a number. */
    public static ProtocolEntry protocol(int number) throws LookupException {
        return entry(
                Databases.protocol(number),
                "getprotobynumber_r",
                "looking up the protocol of number " + number,
                Database.PROTOCOLS,
                DatabaseViews::protocol);
    }

    /** The service of a name. */
    public static ServiceEntry service(String name, Optional<String> protocol) throws LookupException {
        return entry(
                Databases.service(name, protocol),
                "getservbyname_r",
                "looking up service " + name + over(protocol),
                Database.SERVICES,
                DatabaseViews::service);
    }

    /** The service of a port. */
    public static ServiceEntry service(int port, Optional<String> protocol) throws LookupException {
        return entry(
                Databases.service(port, protocol),
                "getservbyport_r",
                "looking up the service of port " + port + over(protocol),
                Database.SERVICES,
                DatabaseViews::service);
    }

    private static String over(Optional<String> protocol) {
        return protocol.map(name -> " over " + name).orElse("");
    }

    /** All hosts; empty if the time is over. */
    public static Optional<Stream<HostEntry>> hosts(long nanos, Set<ListingOption> options)
            throws InterruptedException {
        return entries(Database.HOSTS, "gethostent_r", nanos, options, DatabaseViews::host);
    }

    /** All networks; empty if the time is over. */
    public static Optional<Stream<NetworkEntry>> networks(long nanos, Set<ListingOption> options)
            throws InterruptedException {
        return entries(Database.NETWORKS, "getnetent_r", nanos, options, DatabaseViews::network);
    }

    /** All protocols; empty if the time is over. */
    public static Optional<Stream<ProtocolEntry>> protocols(long nanos, Set<ListingOption> options)
            throws InterruptedException {
        return entries(Database.PROTOCOLS, "getprotoent_r", nanos, options, DatabaseViews::protocol);
    }

    /** All services; empty if the time is over. */
    public static Optional<Stream<ServiceEntry>> services(long nanos, Set<ListingOption> options)
            throws InterruptedException {
        return entries(Database.SERVICES, "getservent_r", nanos, options, DatabaseViews::service);
    }

    // Entries.

    private static HostEntry host(Entry entry) {
        return new HostEntry(
                entry.name(),
                entry.aliases(),
                entry.addresses().stream()
                        .map(bytes -> InetAddresses.address(bytes, 0))
                        .toList());
    }

    private static NetworkEntry network(Entry entry) {
        byte[] address =
                ByteBuffer.allocate(Integer.BYTES).putInt(entry.number()).array();
        return new NetworkEntry(entry.name(), entry.aliases(), InetAddresses.address(address, 0));
    }

    private static ProtocolEntry protocol(Entry entry) {
        return new ProtocolEntry(entry.name(), entry.aliases(), entry.number());
    }

    private static ServiceEntry service(Entry entry) {
        return new ServiceEntry(entry.name(), entry.aliases(), entry.number(), entry.protocol());
    }

    /** Of those that may ask name servers. */
    private static <E> Optional<E> entry(Optional<Answer> answer, String call, String intent, Function<Entry, E> view)
            throws LookupException {
        if (answer.isPresent() && answer.get().error() != 0) {
            throw failure(answer.get(), call, intent);
        }
        return answer.flatMap(Answer::entry).map(view);
    }

    private static <E> E entry(Answer answer, String call, String intent, Database database, Function<Entry, E> view)
            throws LookupException {
        if (answer.error() != 0) {
            throw answer.error() == EAI_SYSTEM
                    ? failure(answer, call, intent)
                    : new LookupException(call, answer.error(), 0, intent, whyNone(database));
        }
        return view.apply(answer.entry().orElseThrow());
    }

    private static String whyNone(Database database) {
        boolean services = database == Database.SERVICES;
        Path file = Path.of(services ? "/etc/services" : "/etc/protocols");
        String one = services ? "service" : "protocol";
        String all = one + "s database (" + file;
        return Files.exists(file)
                ? "the " + all + ") has no such " + one
                : "no such " + one + "; there is no " + all + "; Debian has it in package netbase)";
    }

    private static LookupException failure(Answer answer, String call, String intent) {
        return answer.error() == EAI_SYSTEM
                ? new LookupException(
                        call,
                        answer.error(),
                        answer.errno(),
                        intent,
                        Errno.of(answer.errno()).text())
                : LookupViews.failure(call, answer.error(), 0, intent);
    }

    // Streams.

    private static <E> Optional<Stream<E>> entries(
            Database database, String call, long nanos, Set<ListingOption> options, Function<Entry, E> view)
            throws InterruptedException {
        return Listing.begin(database, options.contains(ListingOption.STAY_OPEN), nanos)
                .map(listing -> StreamSupport.stream(new Entries<>(listing, call, view), false)
                        .onClose(listing::close));
    }

    /** Those of a listing, which is closed when nobody has the stream any more. */
    private static final class Entries<E> extends AbstractSpliterator<E> {
        private final Listing listing;
        private final String call;
        private final Function<Entry, E> view;

        Entries(Listing listing, String call, Function<Entry, E> view) {
            super(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE);
            this.listing = listing;
            this.call = call;
            this.view = view;
        }

        @Override
        public boolean tryAdvance(Consumer<? super E> action) {
            Answer answer = listing.next();
            if (answer.error() != 0) {
                throw new UncheckedIOException(failure(answer, call, "reading the next entry"));
            }
            answer.entry().map(view).ifPresent(action);
            return answer.entry().isPresent();
        }
    }
}
