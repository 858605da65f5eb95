package org.chagres.internal.view;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import org.chagres.internal.syscall.SockaddrIn;
import org.chagres.internal.syscall.SockaddrIn6;
import org.chagres.internal.syscall.SocketCalls;

/**
 * Internet addresses as the kernel has them. Nothing here asks a name server: an address that is read has no name.
 *
 * <pre>
 *    0        2      4         8                          24        28
 *    +--------+------+---------+--------------------------+---------+
 *    | family | port | address | 0                        |             AF_INET: 16 bytes
 *    | family | port | flow    | address                  | scope   |   AF_INET6: 28 bytes
 *    +--------+------+---------+--------------------------+---------+
 * </pre>
 *
 * A socket of IPv6 has IPv4's addresses in a form of its own, {@code ::ffff:a.b.c.d}. In Java there is no such address:
 * it is written where the socket needs it, and read as the one of IPv4 that it stands for.
 */
public final class InetAddresses {
    /** How a mapped address begins: ten bytes of zero, two of all ones. */
    private static final int MAPPED_ZEROS = 10;

    private static final int MAPPED_PREFIX = 12;

    private InetAddresses() {}

    /** An address in memory, and how long it is. */
    public record Written(MemorySegment memory, int length) {}

    /**
     * The family of an address: {@code AF_INET} or {@code AF_INET6}.
     *
     * @throws IllegalArgumentException if it is a name that was not looked up
     */
    public static int family(InetSocketAddress address) {
        return host(address) instanceof Inet4Address ? SocketCalls.AF_INET : SocketCalls.AF_INET6;
    }

    /**
     * Writes an address for a socket of a family, {@code AF_INET} or {@code AF_INET6}.
     *
     * @throws IllegalArgumentException if it is a name that was not looked up, or an address of IPv6 for a socket of
     *     IPv4
     */
    public static Written write(InetSocketAddress address, int family, SegmentAllocator allocator) {
        InetAddress host = host(address);
        if (family == SocketCalls.AF_INET) {
            if (!(host instanceof Inet4Address)) {
                throw new IllegalArgumentException(
                        "the socket is of IPv4, and cannot have or reach an address of IPv6: " + address
                                + "; a socket of IPv6 can have and reach both");
            }
            SockaddrIn into = SockaddrIn.allocate(allocator);
            into.setFamily(family);
            into.setPort(address.getPort());
            into.setAddress(host.getAddress());
            return new Written(into.segment(), SockaddrIn.BYTE_SIZE);
        }
        if (family != SocketCalls.AF_INET6) {
            throw new IllegalArgumentException("no family of Internet addresses: " + family);
        }
        SockaddrIn6 into = SockaddrIn6.allocate(allocator);
        into.setFamily(family);
        into.setPort(address.getPort());
        into.setAddress(host instanceof Inet4Address ? mapped(host.getAddress()) : host.getAddress());
        into.setScopeId(host instanceof Inet6Address scoped ? scoped.getScopeId() : 0);
        return new Written(into.segment(), SockaddrIn6.BYTE_SIZE);
    }

    /** Writes an address as one of its own version into memory with room for either; answers how long it is. */
    public static int write(InetSocketAddress address, MemorySegment into) {
        return write(address, family(address), SegmentAllocator.prefixAllocator(into))
                .length();
    }

    private static InetAddress host(InetSocketAddress address) {
        InetAddress host = address.getAddress();
        if (host == null) {
            throw new IllegalArgumentException("no address is known for " + address.getHostString()
                    + ": the name was not looked up, or was not found; AddressQuery tells why");
        }
        return host;
    }

    private static byte[] mapped(byte[] address) {
        byte[] mapped = new byte[SockaddrIn6.ADDRESS_BYTE_SIZE];
        Arrays.fill(mapped, MAPPED_ZEROS, MAPPED_PREFIX, (byte) -1);
        System.arraycopy(address, 0, mapped, MAPPED_PREFIX, address.length);
        return mapped;
    }

    /** Reads an address of the length that the kernel told. */
    public static InetSocketAddress read(byte[] from, int length) {
        return read(MemorySegment.ofArray(from), length);
    }

    /**
     * {@link #read(byte[], int)} of other memory.
     *
     * @throws IllegalArgumentException if it is no Internet address, or not all of one
     */
    public static InetSocketAddress read(MemorySegment from, int length) {
        int family = length < Short.BYTES ? SocketCalls.AF_UNSPEC : new SockaddrIn(from).family();
        if (family == SocketCalls.AF_INET && length >= SockaddrIn.BYTE_SIZE) {
            SockaddrIn address = new SockaddrIn(from);
            return new InetSocketAddress(address(address.address(), 0), address.port());
        }
        if (family == SocketCalls.AF_INET6 && length >= SockaddrIn6.BYTE_SIZE) {
            SockaddrIn6 address = new SockaddrIn6(from);
            return new InetSocketAddress(address(address.address(), address.scopeId()), address.port());
        }
        throw new IllegalArgumentException(
                "the " + length + " bytes of an address of family " + family + " are no Internet address");
    }

    /** {@link #read(MemorySegment, int)} of memory that may have no address in it. */
    public static Optional<InetSocketAddress> readIfAny(MemorySegment from) {
        boolean isNone =
                from.byteSize() < SockaddrIn.BYTE_SIZE || new SockaddrIn(from).family() == SocketCalls.AF_UNSPEC;
        return isNone ? Optional.empty() : Optional.of(read(from, (int) from.byteSize()));
    }

    /** The address of 4 or 16 bytes; a mapped one of IPv6 becomes that of IPv4. */
    public static InetAddress address(byte[] bytes, int scopeId) {
        try {
            InetAddress address = InetAddress.getByAddress(bytes);
            // With a scope of 0 it would be set too, and told as %0.
            return address instanceof Inet6Address && scopeId != 0
                    ? Inet6Address.getByAddress(null, bytes, scopeId)
                    : address;
        } catch (UnknownHostException wrongLength) {
            throw new IllegalArgumentException("no address has " + bytes.length + " bytes", wrongLength);
        }
    }
}
