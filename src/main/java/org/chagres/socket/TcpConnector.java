package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.InetViews;

/**
 * How to connect by TCP: to one address, or to the first of several that answers; from an address of one's own; with
 * options; again and again. Immutable; each method answers a new one, and one can connect many times.
 *
 * {@snippet class = "org.chagres.examples.InetChapter" region = "connector"}
 *
 * <p><b>Tries.</b> The addresses are tried in order, each with a socket of its own, as one that failed to connect
 * cannot be used again. Where a time is given each gets an equal part of what is left, so that one that does not answer
 * does not keep the others from being tried.
 *
 * <p><b>Waiting</b> ends with a connection, when the thread is interrupted ({@link InterruptedException}), and where a
 * time is given when that is over. Nothing is left open then. On virtual threads no carrier is blocked.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/connect.2.html">connect(2)</a>
 */
public final class TcpConnector {
    /** What another try may find otherwise. */
    private static final Set<Errno> PASSING = EnumSet.of(
            Errno.ECONNREFUSED,
            Errno.ECONNRESET,
            Errno.ECONNABORTED,
            Errno.ETIMEDOUT,
            Errno.EHOSTUNREACH,
            Errno.EHOSTDOWN,
            Errno.ENETUNREACH,
            Errno.ENETDOWN,
            Errno.EADDRNOTAVAIL);

    private final Target target;
    private final Optional<InetSocketAddress> from;
    private final List<SocketSetting<?>> settings;
    private final Optional<Retry> retry;

    private TcpConnector(
            Target target, Optional<InetSocketAddress> from, List<SocketSetting<?>> settings, Optional<Retry> retry) {
        this.target = target;
        this.from = from;
        this.settings = settings;
        this.retry = retry;
    }

    /** What leads to the addresses; empty if the time was over. */
    private interface Target {
        Optional<List<InetSocketAddress>> addresses(long nanos) throws IOException, InterruptedException;
    }

    /** The pauses between rounds. */
    private record Retry(long firstNanos, long mostNanos) {}

    /**
     * To an address.
     *
     * @param address whose
     * @return how to connect
     */
    public static TcpConnector to(InetSocketAddress address) {
        return to(List.of(requireNonNull(address, "address")));
    }

    /**
     * To the first of several addresses that answers.
     *
     * @param addresses whose, at least one
     * @return how to connect
     * @throws IllegalArgumentException if there is none
     */
    public static TcpConnector to(List<InetSocketAddress> addresses) {
        Optional<List<InetSocketAddress>> known = Optional.of(List.copyOf(requireNonNull(addresses, "addresses")));
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("there is no address to connect to");
        }
        return new TcpConnector(nanos -> known, Optional.empty(), List.of(), Optional.empty());
    }

    /**
     * To the first address of a host that answers. The name is looked up anew each time, as {@link AddressQuery} does.
     *
     * @param host a name, or an address in numbers
     * @param port the port
     * @return how to connect
     * @throws IllegalArgumentException if the port is not 0 to 65535, or as for {@link #to(String, String)}
     */
    public static TcpConnector to(String host, int port) {
        return to(host, Integer.toString(port));
    }

    /**
     * To the first address of a host that answers, at the port of a service.
     *
     * @param host a name, or an address in numbers
     * @param service a name, such as {@code http}, or a port in numbers
     * @return how to connect
     * @throws IllegalArgumentException as for {@link AddressQuery#of(String, String)}
     */
    public static TcpConnector to(String host, String service) {
        AddressQuery query = AddressQuery.of(host, service).type(SocketType.STREAM);
        return new TcpConnector(nanos -> lookedUp(query, nanos), Optional.empty(), List.of(), Optional.empty());
    }

    private static Optional<List<InetSocketAddress>> lookedUp(AddressQuery query, long nanos)
            throws IOException, InterruptedException {
        Optional<List<AddressInfo>> found;
        try {
            found = Optional.of(query.with(AddressFlag.NUMERIC_HOST).lookup()); // waits for nobody
        } catch (LookupException failure) {
            if (failure.error() != LookupError.EAI_NONAME) {
                throw failure;
            }
            found = query.tryLookup(Duration.ofNanos(nanos));
        }
        return found.map(all -> all.stream().map(AddressInfo::address).toList());
    }

    /**
     * The same from an address of this machine. From one of IPv4 only addresses of IPv4 are tried, if there are any.
     *
     * @param local its own address; of port 0 with any port
     * @return how to connect
     */
    public TcpConnector from(InetSocketAddress local) {
        return new TcpConnector(target, Optional.of(requireNonNull(local, "local")), settings, retry);
    }

    /**
     * The same with options that are set before connecting, in this order.
     *
     * @param more which, behind those there are
     * @return how to connect
     */
    public TcpConnector with(SocketSetting<?>... more) {
        List<SocketSetting<?>> all = new ArrayList<>(settings);
        all.addAll(List.of(requireNonNull(more, "more")));
        return new TcpConnector(target, from, List.copyOf(all), retry);
    }

    /**
     * The same again and again, until it succeeds: after each round of all addresses there is a pause, twice as long
     * each time. A failure that another try would not mend ends it.
     *
     * @param first the first pause, more than zero
     * @param most the longest
     * @return how to connect
     * @throws IllegalArgumentException if the first is not more than zero, or longer than the longest
     */
    public TcpConnector retrying(Duration first, Duration most) {
        requireNonNull(first, "first");
        requireNonNull(most, "most");
        if (first.isNegative() || first.isZero() || first.compareTo(most) > 0) {
            throw new IllegalArgumentException("pauses grow from more than zero, not from " + first + " to " + most);
        }
        return new TcpConnector(
                target, from, settings, Optional.of(new Retry(Timeouts.nanos(first), Timeouts.nanos(most))));
    }

    /**
     * Connects, waiting until somebody answers.
     *
     * @return the connection
     * @throws ErrnoException as {@link TcpStream#connect(InetSocketAddress)} says, of the last address; those of the
     *     others are suppressed
     * @throws LookupException if the name of the host was not found, or that of the service
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if an address is a name that was not found; if all are of IPv6, and its own is of
     *     IPv4
     */
    public TcpStream connect() throws IOException, InterruptedException {
        return connected(OpenDescriptor.FOREVER).orElseThrow();
    }

    /**
     * Connects as {@link #connect} does, waiting for at most a time.
     *
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return the connection; empty if the time was over
     * @throws IOException as for {@link #connect}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #connect}
     */
    public Optional<TcpStream> tryConnect(Duration timeout) throws IOException, InterruptedException {
        return connected(Timeouts.nanos(timeout));
    }

    private Optional<TcpStream> connected(long nanos) throws IOException, InterruptedException {
        Limit limit = new Limit(nanos);
        long pause = retry.map(Retry::firstNanos).orElse(0L);
        while (true) {
            try {
                return firstOf(limit);
            } catch (IOException failure) {
                if (retry.isEmpty() || !mayPass(failure)) {
                    throw failure;
                }
            }
            long rest = limit.rest();
            Thread.sleep(Duration.ofNanos(Math.clamp(rest, 0, pause)));
            if (limit.isOver()) {
                return Optional.empty();
            }
            pause = Math.min(pause * 2, retry.orElseThrow().mostNanos());
        }
    }

    /** Tries all addresses once. */
    private Optional<TcpStream> firstOf(Limit limit) throws IOException, InterruptedException {
        Optional<List<InetSocketAddress>> found = target.addresses(limit.rest());
        if (found.isEmpty()) {
            return Optional.empty();
        }
        List<InetSocketAddress> addresses = reachable(found.get());
        List<IOException> failures = new ArrayList<>();
        for (int i = 0; i < addresses.size(); i++) {
            InetSocketAddress address = requireNonNull(addresses.get(i));
            try {
                Optional<TcpStream> connected = InetViews.connected(
                                address, from, settings, TcpStream.KIND, limit.part(addresses.size() - i))
                        .map(TcpStream::new);
                if (connected.isPresent() || limit.isOver()) {
                    return connected;
                }
            } catch (IOException failure) {
                failures.add(failure);
            }
        }
        if (failures.isEmpty()) {
            return Optional.empty();
        }
        IOException last = failures.removeLast();
        failures.forEach(last::addSuppressed);
        throw last;
    }

    /** An address of one's own that is of IPv4 reaches none of IPv6; if no other is left, the socket tells so. */
    private List<InetSocketAddress> reachable(List<InetSocketAddress> all) {
        if (from.isEmpty() || !(from.get().getAddress() instanceof Inet4Address)) {
            return all;
        }
        List<InetSocketAddress> some = all.stream()
                .filter(address -> !(address.getAddress() instanceof Inet6Address))
                .toList();
        return some.isEmpty() ? all : some;
    }

    private static boolean mayPass(IOException failure) {
        return switch (failure) {
            case ErrnoException known -> PASSING.contains(known.errno());
            case LookupException unknown -> unknown.error() == LookupError.EAI_AGAIN;
            default -> false;
        };
    }

    /** What is left of a time. */
    private static final class Limit {
        private final long nanos;
        private final long start = System.nanoTime();

        Limit(long nanos) {
            this.nanos = nanos;
        }

        long rest() {
            return nanos == OpenDescriptor.FOREVER ? nanos : nanos - (System.nanoTime() - start);
        }

        boolean isOver() {
            return rest() <= 0;
        }

        /** An equal part of it for each of so many. */
        long part(int count) {
            long rest = rest();
            return rest == OpenDescriptor.FOREVER ? rest : rest / count;
        }
    }
}
