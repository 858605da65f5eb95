package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import org.chagres.internal.generated.Linux;

/**
 * Addresses and names of hosts, services and interfaces, looked up by the C library: in files, and by asking name
 * servers, which takes as long as they take and which nothing ends. Addresses as text and as bytes.
 *
 * <p>Two functions have numbers of their own for what went wrong, which are negative, -1 among them; errno says more
 * where that is {@code EAI_SYSTEM}. They answer both: {@link #error} and {@link #errno} take them apart.
 */
public final class LookupCalls {
    /** As many bytes as the text of an address has at most, with the zero. */
    public static final int ADDRESS_TEXT_BYTE_SIZE = Linkage.POSSIBLE ? Linux.INET6_ADDRSTRLEN() : 0;

    /** As many bytes as the name of a host has at most, with the zero. */
    public static final int HOST_BYTE_SIZE = Linkage.POSSIBLE ? Linux.NI_MAXHOST() : 0;

    /** As many bytes as the name of a service has at most, with the zero. */
    public static final int SERVICE_BYTE_SIZE = Linkage.POSSIBLE ? Linux.NI_MAXSERV() : 0;

    /** As many bytes as the name of an interface has at most, with the zero. */
    public static final int INTERFACE_BYTE_SIZE = Linkage.POSSIBLE ? Linux.IF_NAMESIZE() : 0;

    private static final NativeFunction GETADDRINFO = NativeFunction.named("getaddrinfo");
    private static final NativeFunction FREEADDRINFO = NativeFunction.named("freeaddrinfo");
    private static final NativeFunction GAI_STRERROR = NativeFunction.named("gai_strerror");
    private static final VectorFunction GETNAMEINFO = VectorFunction.named("getnameinfo");
    private static final NativeFunction INET_PTON = NativeFunction.named("inet_pton");
    private static final NativeFunction INET_NTOP = NativeFunction.named("inet_ntop");
    private static final NativeFunction IF_NAMEINDEX = NativeFunction.named("if_nameindex");
    private static final NativeFunction IF_FREENAMEINDEX = NativeFunction.named("if_freenameindex");
    private static final NativeFunction IF_NAMETOINDEX = NativeFunction.named("if_nametoindex");
    private static final NativeFunction IF_INDEXTONAME = NativeFunction.named("if_indextoname");

    private LookupCalls() {}

    /** 0, or one of the EAI numbers. */
    public static int error(long answer) {
        return (int) answer;
    }

    /** Of {@code EAI_SYSTEM}; it means nothing otherwise. */
    public static int errno(long answer) {
        return (int) (answer >>> Integer.SIZE);
    }

    /**
     * The addresses of a name and a port of a service, each null for none; the first of a list is written to
     * {@code list} ({@code getaddrinfo(3)}).
     */
    public static long getaddrinfo(MemorySegment host, MemorySegment service, MemorySegment hints, MemorySegment list) {
        return GETADDRINFO.callBoth(host.address(), service.address(), hints.address(), list.address());
    }

    /** Frees such a list ({@code freeaddrinfo(3)}). */
    public static void freeaddrinfo(MemorySegment list) {
        FREEADDRINFO.callVoid(list.address());
    }

    /** Where an EAI number is in words ({@code gai_strerror(3)}). */
    public static long gai_strerror(int error) {
        return GAI_STRERROR.callLong(error, 0, 0);
    }

    /** The name of an address, and that of its port ({@code getnameinfo(3)}). */
    public static long getnameinfo(
            MemorySegment address,
            int length,
            MemorySegment host,
            int hostByteSize,
            MemorySegment service,
            int serviceByteSize,
            int flags) {
        return GETNAMEINFO.callBoth(
                address.address(), length, host.address(), hostByteSize, service.address(), serviceByteSize, flags);
    }

    /** 1 if the text is an address of the family, and 0 if not ({@code inet_pton(3)}). */
    public static int inet_pton(int family, MemorySegment text, MemorySegment into) {
        return INET_PTON.callInt(family, text.address(), into.address());
    }

    /** Writes an address as text; answers where ({@code inet_ntop(3)}). */
    public static long inet_ntop(int family, MemorySegment address, MemorySegment into, int byteSize) {
        return INET_NTOP.callLongNotZero(family, address.address(), into.address(), byteSize);
    }

    /** All interfaces, in an array that ends with an index of 0 ({@code if_nameindex(3)}). */
    public static long if_nameindex() {
        return IF_NAMEINDEX.callLongNotZero(0, 0, 0, 0);
    }

    /** Frees such an array ({@code if_freenameindex(3)}). */
    public static void if_freenameindex(MemorySegment array) {
        IF_FREENAMEINDEX.callVoid(array.address());
    }

    /** The index of an interface ({@code if_nametoindex(3)}). */
    public static int if_nametoindex(MemorySegment name) {
        return IF_NAMETOINDEX.callIntNotZero(name.address());
    }

    /** Writes the name of an interface; answers where ({@code if_indextoname(3)}). */
    public static long if_indextoname(int index, MemorySegment into) {
        return IF_INDEXTONAME.callLongNotZero(index, into.address(), 0, 0);
    }
}
