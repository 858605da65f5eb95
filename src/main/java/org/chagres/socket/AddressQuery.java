package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.chagres.internal.resource.Lookups;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.internal.view.LookupViews;

/**
 * A question for the addresses of a host and the port of a service, as the C library answers it: from its files, the
 * name servers, and whatever else <code>/etc/nsswitch.conf</code> names. It is only asked by {@link #lookup()} and
 * {@link #tryLookup(Duration)}, as often as one likes; each answer is new.
 *
 * {@snippet class = "org.chagres.examples.InetChapter" region = "lookup"}
 *
 * <p>Other than {@link java.net.InetAddress} this keeps no answers, and takes and tells all that {@code getaddrinfo}
 * does: ports by name, flags, the order in which addresses are to be tried, the error.
 *
 * <p><b>Waiting.</b> Name servers may take their time: 5 seconds each try is common, if they do not answer. The caller
 * is free at once when it is interrupted, or its time is over, and a virtual thread never holds its carrier. The C
 * library cannot be stopped: the call itself is made by a background thread, which goes on until it is over and drops
 * the answer. Of those there are at most 16; who comes later waits for one of them, under the same contract. With
 * {@link AddressFlag#NUMERIC_HOST}, and without a host, nothing is asked of others, and the calling thread makes the
 * call itself.
 *
 * <p><b>Thread-safety.</b> Immutable; all methods may be called from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/getaddrinfo.3.html">getaddrinfo(3)</a>
 */
public final class AddressQuery {
    /** What C takes for a number, blanks and sign included. */
    private static final Pattern NUMBER = Pattern.compile("\\s*[+-]?[0-9]+");

    private static final Pattern PORT = Pattern.compile("0*[0-9]{1,5}");
    private static final int LAST_PORT = 65535;

    private final Lookups.Question question;

    private AddressQuery(Lookups.Question question) {
        this.question = question;
    }

    /**
     * Asks for the addresses of a host; their port is 0.
     *
     * @param host a name, or an address in numbers, of IPv6 with the interface where it needs one: {@code fe80::1%eth0}
     * @return the question
     * @throws IllegalArgumentException if the text has a zero character, or others that the locale of this JVM lacks
     */
    public static AddressQuery of(String host) {
        return of(Optional.of(checked(host, "host")), Optional.empty());
    }

    /**
     * Asks for the addresses of a host with the port of a service.
     *
     * @param host a name, or an address in numbers
     * @param service a name, such as {@code http}, or a port in numbers
     * @return the question
     * @throws IllegalArgumentException if the service is a number, and no port: C would take its lower 16 bits; if a
     *     text has a zero character, or others that the locale of this JVM lacks
     */
    public static AddressQuery of(String host, String service) {
        return of(Optional.of(checked(host, "host")), Optional.of(checkedService(service)));
    }

    /**
     * Asks for the port of a service, with the loopback addresses of this host, or with
     * {@link AddressFlag#PASSIVE} those of all interfaces.
     *
     * @param service a name, such as {@code http}, or a port in numbers
     * @return the question
     * @throws IllegalArgumentException as for {@link #of(String, String)}
     */
    public static AddressQuery ofService(String service) {
        return of(Optional.empty(), Optional.of(checkedService(service)));
    }

    private static AddressQuery of(Optional<String> host, Optional<String> service) {
        return new AddressQuery(new Lookups.Question(host, service, 0, SocketCalls.AF_UNSPEC, 0, 0));
    }

    private static String checked(String text, String what) {
        Lookups.check(requireNonNull(text, what));
        return text;
    }

    private static String checkedService(String service) {
        checked(service, "service");
        boolean number = NUMBER.matcher(service).matches();
        if (number && !(PORT.matcher(service).matches() && Integer.parseInt(service) <= LAST_PORT)) {
            throw new IllegalArgumentException("no port: " + service + "; they are 0 to " + LAST_PORT);
        }
        return service;
    }

    /**
     * The same for addresses of one family; by default of both.
     *
     * @param family of addresses
     * @return the question
     */
    public AddressQuery family(StandardProtocolFamily family) {
        int number = switch (requireNonNull(family, "family")) {
            case INET -> SocketCalls.AF_INET;
            case INET6 -> SocketCalls.AF_INET6;
            case UNIX -> SocketCalls.AF_UNIX; // an error, which C tells
        };
        return with(question.flags(), number, question.type(), question.protocol());
    }

    /**
     * The same for one type of socket; by default each address comes once for each type there is.
     *
     * @param type of socket
     * @return the question
     */
    public AddressQuery type(SocketType type) {
        return with(
                question.flags(),
                question.family(),
                LookupViews.number(requireNonNull(type, "type")),
                question.protocol());
    }

    /**
     * The same for one protocol; by default for all that go with the type.
     *
     * @param protocol such as {@code IPPROTO_TCP}, which is 6; 0 for all
     * @return the question
     */
    public AddressQuery protocol(int protocol) {
        return with(question.flags(), question.family(), question.type(), protocol);
    }

    /**
     * The same with flags besides those it has. Without any there are none: {@link AddressFlag#V4_MAPPED} and
     * {@link AddressFlag#ADDRESS_CONFIGURED}, which C takes where it gets no hints at all, are to be given.
     *
     * @param flags how to look up
     * @return the question
     */
    public AddressQuery with(AddressFlag... flags) {
        int all = question.flags();
        for (AddressFlag flag : requireNonNull(flags, "flags")) {
            all |= LookupViews.number(flag);
        }
        return with(all, question.family(), question.type(), question.protocol());
    }

    private AddressQuery with(int flags, int family, int type, int protocol) {
        return new AddressQuery(
                new Lookups.Question(question.host(), question.service(), flags, family, type, protocol));
    }

    /**
     * Looks up the addresses, waiting until they are known ({@code getaddrinfo(3)}).
     *
     * @return the addresses, in the order in which to try them; at least one
     * @throws LookupException {@link LookupError#EAI_NONAME} if there is no such host;
     *     {@link LookupError#EAI_AGAIN} if a name server does not answer; {@link LookupError#EAI_SERVICE} if the
     *     service is not known, or not for the type; the others as {@link LookupError} says
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public List<AddressInfo> lookup() throws LookupException, InterruptedException {
        return LookupViews.addresses(question, Lookups.FOREVER).orElseThrow();
    }

    /**
     * Looks up the addresses, waiting for at most a time.
     *
     * @param timeout how long; with zero or less only what needs no waiting is looked up (a host in numbers by
     *     {@link AddressFlag#NUMERIC_HOST}, or none), and one of more than 292 years is for ever
     * @return the addresses; empty if the time was over
     * @throws LookupException as for {@link #lookup()}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public Optional<List<AddressInfo>> tryLookup(Duration timeout) throws LookupException, InterruptedException {
        return LookupViews.addresses(question, Timeouts.nanos(timeout));
    }

    @Override
    public String toString() {
        return "AddressQuery[" + LookupViews.words(question) + "]";
    }
}
