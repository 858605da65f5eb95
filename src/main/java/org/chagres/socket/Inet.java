package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Lookups;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.syscall.SockaddrIn;
import org.chagres.internal.syscall.SockaddrIn6;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.internal.view.InetAddresses;
import org.chagres.internal.view.LookupViews;

/**
 * What goes with Internet addresses: the order of bytes, checksums, addresses as text, ports and hosts by name,
 * interfaces. Addresses of names are looked up by {@link AddressQuery}.
 *
 * <p><b>Byte order.</b> Programs in Java rarely need {@link #htons} and its like: addresses and ports that go in and
 * out of this library, as of {@code java.net}, are ordinary numbers, and {@link java.nio.ByteBuffer} and
 * {@link java.io.DataOutputStream} write in network order unless they are told otherwise. They are for numbers that go
 * through {@link java.lang.foreign.MemorySegment}s in the order of this CPU, such as structs of C. A number is never
 * cut: one that has more bits than C would take is refused.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/byteorder.3.html">byteorder(3)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/inet_pton.3.html">inet_pton(3)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/getnameinfo.3.html">getnameinfo(3)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/if_nameindex.3.html">if_nameindex(3)</a>
 */
public final class Inet {
    private static final int LAST_SHORT = 0xffff;
    private static final long LAST_LONG = 0xffff_ffffL;

    private static final int LAST_PROTOCOL = 255;
    private static final ValueLayout.OfShort NETWORK_SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private Inet() {}

    // The order of bytes.

    /**
     * A number of 16 bits as it is sent ({@code htons(3)}).
     *
     * @param host in the order of this CPU, 0 to 65535
     * @return the same in network order, 0 to 65535
     * @throws IllegalArgumentException if it has more bits, or a sign
     */
    public static int htons(int host) {
        return swapped16(host);
    }

    /**
     * A number of 16 bits that was received ({@code ntohs(3)}).
     *
     * @param network in network order, 0 to 65535
     * @return the same in the order of this CPU, 0 to 65535
     * @throws IllegalArgumentException if it has more bits, or a sign
     */
    public static int ntohs(int network) {
        return swapped16(network);
    }

    /**
     * A number of 32 bits as it is sent ({@code htonl(3)}).
     *
     * @param host in the order of this CPU, 0 to 4294967295
     * @return the same in network order, 0 to 4294967295
     * @throws IllegalArgumentException if it has more bits, or a sign
     */
    public static long htonl(long host) {
        return swapped32(host);
    }

    /**
     * A number of 32 bits that was received ({@code ntohl(3)}).
     *
     * @param network in network order, 0 to 4294967295
     * @return the same in the order of this CPU, 0 to 4294967295
     * @throws IllegalArgumentException if it has more bits, or a sign
     */
    public static long ntohl(long network) {
        return swapped32(network);
    }

    /** Both CPUs that this runs on are little-endian. */
    private static int swapped16(int number) {
        if (number < 0 || number > LAST_SHORT) {
            throw new IllegalArgumentException("not in 0 to " + LAST_SHORT + ": " + number);
        }
        return Short.toUnsignedInt(Short.reverseBytes((short) number));
    }

    private static long swapped32(long number) {
        if (number < 0 || number > LAST_LONG) {
            throw new IllegalArgumentException("not in 0 to " + LAST_LONG + ": " + number);
        }
        return Integer.toUnsignedLong(Integer.reverseBytes((int) number));
    }

    // Checksums.

    /**
     * The checksum of the Internet (RFC 1071), of headers of IPv4 and messages of ICMP. Where the checksum itself is
     * among the bytes, it is 0 while it is reckoned; over all the bytes with it the result is 0.
     *
     * {@snippet class = "org.chagres.examples.RawPackets" region = "checksum"}
     *
     * @param bytes as they are sent; an odd one at the end counts as if a zero came behind it
     * @return 0 to 65535, to be written in network order
     */
    public static int checksum(MemorySegment bytes) {
        return complement(sum(requireNonNull(bytes, "bytes")));
    }

    /**
     * The checksum of what IP carries for a protocol that sums up the addresses too: UDP, TCP, and ICMP of IPv6. UDP
     * sends 65535 in place of 0, which there means none.
     *
     * @param source where the packet comes from
     * @param destination where it goes, of the same version of IP
     * @param protocol the number of the protocol, 0 to 255
     * @param bytes what is behind the header of IP, with a checksum of 0
     * @return 0 to 65535, to be written in network order
     * @throws IllegalArgumentException if the addresses are not of one version, the protocol is no number of one, or
     *     the bytes are 4 GiB or more
     */
    public static int checksum(InetAddress source, InetAddress destination, int protocol, MemorySegment bytes) {
        requireNonNull(bytes, "bytes");
        byte[] from = requireNonNull(source, "source").getAddress();
        byte[] to = requireNonNull(destination, "destination").getAddress();
        if (from.length != to.length) {
            throw new IllegalArgumentException("not of one version of IP: " + source + ", " + destination);
        }
        if (protocol < 0 || protocol > LAST_PROTOCOL) {
            throw new IllegalArgumentException("a protocol is 0 to " + LAST_PROTOCOL + ", not " + protocol);
        }
        long byteSize = bytes.byteSize();
        if (byteSize > LAST_LONG) {
            throw new IllegalArgumentException("more than IP can carry: " + byteSize + " bytes");
        }
        // The same for both versions: the fields are wider in IPv6, and their upper parts 0.
        long sum = sum(MemorySegment.ofArray(from)) + sum(MemorySegment.ofArray(to)) + protocol;
        return complement(sum + (byteSize >>> Short.SIZE) + (byteSize & LAST_SHORT) + sum(bytes));
    }

    private static long sum(MemorySegment bytes) {
        long sum = 0;
        long byteSize = bytes.byteSize();
        long offset = 0;
        for (; offset + Short.BYTES <= byteSize; offset += Short.BYTES) {
            sum += Short.toUnsignedInt(bytes.get(NETWORK_SHORT, offset));
        }
        return offset == byteSize
                ? sum
                : sum + (Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, offset)) << Byte.SIZE);
    }

    private static int complement(long sum) {
        long folded = sum;
        while (folded > LAST_SHORT) {
            folded = (folded & LAST_SHORT) + (folded >>> Short.SIZE);
        }
        return (int) (~folded & LAST_SHORT);
    }

    // Addresses to listen at.

    /**
     * All addresses of this machine, of both versions of IP: the wildcard {@code ::}, where
     * {@link InetSocketAddress#InetSocketAddress(int)} is most often that of IPv4 alone.
     *
     * @param port the port; 0 for one that the kernel finds; {@link #port} has those of services
     * @return the address
     * @throws IllegalArgumentException if the port is not 0 to 65535
     */
    public static InetSocketAddress any(int port) {
        return new InetSocketAddress(InetAddresses.address(new byte[SockaddrIn6.ADDRESS_BYTE_SIZE], 0), port);
    }

    /**
     * The address by which only this machine reaches itself, {@code 127.0.0.1}; that of IPv6 is {@code ::1}.
     *
     * @param port the port; 0 for one that the kernel finds
     * @return the address
     * @throws IllegalArgumentException if the port is not 0 to 65535
     */
    public static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddresses.address(LOOPBACK.clone(), 0), port);
    }

    // Addresses as text.

    /**
     * The bytes of an address from its text ({@code inet_pton(3)}): exactly what the C library takes, which is less
     * than {@link InetAddress#ofLiteral} or {@code inet_aton} take. No name, no interface behind a percent sign.
     *
     * @param family {@link StandardProtocolFamily#INET} for four decimal numbers with dots between,
     *     {@link StandardProtocolFamily#INET6} for the forms of IPv6
     * @param text the address
     * @return 4 or 16 bytes, in network order
     * @throws IllegalArgumentException if the text is no address of the family, or the family is not one of these
     */
    public static byte[] pton(StandardProtocolFamily family, String text) {
        byte[] bytes = bytes(family, text);
        if (bytes.length == 0) {
            throw new IllegalArgumentException("no address of " + family + ": " + text);
        }
        return bytes;
    }

    private static byte[] bytes(StandardProtocolFamily family, String text) {
        requireNonNull(text, "text");
        return switch (requireNonNull(family, "family")) {
            case INET -> Lookups.bytes(text, SocketCalls.AF_INET, SockaddrIn.ADDRESS_BYTE_SIZE);
            case INET6 -> Lookups.bytes(text, SocketCalls.AF_INET6, SockaddrIn6.ADDRESS_BYTE_SIZE);
            case UNIX -> throw new IllegalArgumentException("no family of Internet addresses: " + family);
        };
    }

    /**
     * The text of an address from its bytes, as the C library writes it ({@code inet_ntop(3)}): of IPv6 in the short
     * form, such as {@code ::1} and {@code ::ffff:127.0.0.1}.
     *
     * @param address 4 bytes of IPv4 or 16 of IPv6, in network order, such as {@link InetAddress#getAddress()} has them
     * @return the text
     * @throws IllegalArgumentException if it is of another length
     */
    public static String ntop(byte[] address) {
        return switch (requireNonNull(address, "address").length) {
            case SockaddrIn.ADDRESS_BYTE_SIZE -> Lookups.text(address, SocketCalls.AF_INET);
            case SockaddrIn6.ADDRESS_BYTE_SIZE -> Lookups.text(address, SocketCalls.AF_INET6);
            default -> throw new IllegalArgumentException("no address has " + address.length + " bytes");
        };
    }

    /**
     * The address of a text, of either family: what {@link #pton} takes. Nothing is looked up. An address with an
     * interface is one for {@link AddressQuery}, with {@link AddressFlag#NUMERIC_HOST}.
     *
     * @param text the address
     * @return the address, without a name; of IPv4 also if it is written in the form of IPv6, as always in Java
     * @throws IllegalArgumentException if the text is no address
     */
    public static InetAddress parse(String text) {
        byte[] bytes = bytes(StandardProtocolFamily.INET, text);
        if (bytes.length == 0) {
            bytes = bytes(StandardProtocolFamily.INET6, text);
        }
        if (bytes.length == 0) {
            throw new IllegalArgumentException("no address: " + text);
        }
        return InetAddresses.address(bytes, 0);
    }

    // Names.

    /**
     * The port of a service ({@code getservbyname_r(3)}), from the services database: most often
     * <code>/etc/services</code>, which some small systems do not have. {@link NetworkDatabase} tells more of it.
     *
     * @param service its name or another one, such as {@code http}; no number
     * @param protocol such as {@code tcp} and {@code udp}
     * @return the port
     * @throws LookupException {@link LookupError#EAI_SERVICE} if there is no such service, or no services database;
     *     {@link LookupError#EAI_SYSTEM} if that cannot be read
     * @throws IllegalArgumentException if a text has a zero character, or others that the locale of this JVM lacks
     */
    public static int port(String service, String protocol) throws LookupException {
        return NetworkDatabase.service(requireNonNull(service, "service"), protocol)
                .port();
    }

    /**
     * Looks up the names of an address and of its port, waiting until they are known ({@code getnameinfo(3)}). It waits
     * as {@link AddressQuery} does, and with {@link NameFlag#NUMERIC_HOST} not at all.
     *
     * @param address whose
     * @param flags how to look up
     * @return the names, or the numbers where there are none
     * @throws LookupException {@link LookupError#EAI_NONAME} if there is no name, and {@link NameFlag#NAME_REQUIRED};
     *     {@link LookupError#EAI_AGAIN} if a name server does not answer, and the same flag; the others as
     *     {@link LookupError} says
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if the address is a name that was not looked up
     */
    public static NameInfo nameOf(InetSocketAddress address, NameFlag... flags)
            throws LookupException, InterruptedException {
        return LookupViews.names(
                        requireNonNull(address, "address"),
                        Set.copyOf(List.of(requireNonNull(flags, "flags"))),
                        Lookups.FOREVER)
                .orElseThrow();
    }

    /**
     * Looks up the names of an address and of its port, waiting for at most a time.
     *
     * @param address whose
     * @param timeout how long; with zero or less only what needs no waiting is looked up, by
     *     {@link NameFlag#NUMERIC_HOST}, and one of more than 292 years is for ever
     * @param flags how to look up
     * @return the names; empty if the time was over
     * @throws LookupException as for {@link #nameOf}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if the address is a name that was not looked up
     */
    public static Optional<NameInfo> tryNameOf(InetSocketAddress address, Duration timeout, NameFlag... flags)
            throws LookupException, InterruptedException {
        return LookupViews.names(
                requireNonNull(address, "address"),
                Set.copyOf(List.of(requireNonNull(flags, "flags"))),
                Timeouts.nanos(timeout));
    }

    // Interfaces.

    /**
     * An interface of the network.
     *
     * @param index its number, from 1: the scope id of addresses that are of this interface alone
     * @param name such as {@code lo}
     */
    public record Interface(int index, String name) {
        /** Refuses null. */
        public Interface {
            requireNonNull(name, "name");
        }
    }

    /**
     * All interfaces, also those that are down or have no address ({@code if_nameindex(3)}).
     *
     * @return in the order of their indices
     * @throws ErrnoException {@code EMFILE}, {@code ENFILE} if there are as many open files as may be; {@code ENOBUFS}
     */
    public static List<Interface> interfaces() throws ErrnoException {
        SortedMap<Integer, String> all = new TreeMap<>();
        checked(Lookups.interfaces(all), "if_nameindex", "listing the interfaces");
        return all.entrySet().stream()
                .map(one -> new Interface(one.getKey(), one.getValue()))
                .toList();
    }

    /**
     * The index of an interface ({@code if_nametoindex(3)}).
     *
     * @param name such as {@code lo}
     * @return from 1; empty if there is none of this name
     * @throws ErrnoException {@code EMFILE}, {@code ENFILE} if there are as many open files as may be
     * @throws IllegalArgumentException if the text has a zero character, or others that the locale of this JVM lacks
     */
    public static OptionalInt interfaceIndex(String name) throws ErrnoException {
        int answer = Lookups.interfaceIndex(requireNonNull(name, "name"));
        return answer == -Errno.ENODEV.number()
                ? OptionalInt.empty()
                : OptionalInt.of(checked(answer, "if_nametoindex", "looking for interface " + name));
    }

    /**
     * The name of an interface ({@code if_indextoname(3)}).
     *
     * @param index from 1
     * @return such as {@code lo}; empty if there is none of this index
     * @throws ErrnoException {@code EMFILE}, {@code ENFILE} if there are as many open files as may be
     */
    public static Optional<String> interfaceName(int index) throws ErrnoException {
        StringBuilder name = new StringBuilder();
        int answer = Lookups.interfaceName(index, name);
        if (answer == -Errno.ENXIO.number()) {
            return Optional.empty();
        }
        checked(answer, "if_indextoname", "looking for interface " + index);
        return Optional.of(name.toString());
    }

    private static int checked(int answer, String call, String intent) throws ErrnoException {
        if (answer < 0) {
            throw new ErrnoException(call, -answer, intent);
        }
        return answer;
    }
}
