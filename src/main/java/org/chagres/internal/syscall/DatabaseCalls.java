package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;

/**
 * The databases of hosts, networks, protocols and services: one entry by its name or number, or one after the other.
 * Only the forms that write into the caller's memory; and yet those of the last kind, from {@code set…} to {@code
 * end…}, share one place in each database, as all of the process does.
 *
 * <p>Other than elsewhere, these functions answer a positive error number. All write a pointer to the entry to
 * {@code result}, which is null if there is none. Those of hosts and networks also write {@code h_errno}.
 *
 * <p>Of these, musl has only those that look up hosts and services.
 */
public final class DatabaseCalls {
    private static final VectorFunction GETHOSTBYNAME2_R = VectorFunction.named("gethostbyname2_r");
    private static final VectorFunction GETHOSTBYADDR_R = VectorFunction.named("gethostbyaddr_r");
    private static final NativeFunction GETHOSTENT_R = NativeFunction.named("gethostent_r");
    private static final NativeFunction SETHOSTENT = NativeFunction.named("sethostent");
    private static final NativeFunction ENDHOSTENT = NativeFunction.named("endhostent");
    private static final NativeFunction GETNETBYNAME_R = NativeFunction.named("getnetbyname_r");
    private static final VectorFunction GETNETBYADDR_R = VectorFunction.named("getnetbyaddr_r");
    private static final NativeFunction GETNETENT_R = NativeFunction.named("getnetent_r");
    private static final NativeFunction SETNETENT = NativeFunction.named("setnetent");
    private static final NativeFunction ENDNETENT = NativeFunction.named("endnetent");
    private static final NativeFunction GETPROTOBYNAME_R = NativeFunction.named("getprotobyname_r");
    private static final NativeFunction GETPROTOBYNUMBER_R = NativeFunction.named("getprotobynumber_r");
    private static final NativeFunction GETPROTOENT_R = NativeFunction.named("getprotoent_r");
    private static final NativeFunction SETPROTOENT = NativeFunction.named("setprotoent");
    private static final NativeFunction ENDPROTOENT = NativeFunction.named("endprotoent");
    private static final NativeFunction GETSERVBYNAME_R = NativeFunction.named("getservbyname_r");
    private static final NativeFunction GETSERVBYPORT_R = NativeFunction.named("getservbyport_r");
    private static final NativeFunction GETSERVENT_R = NativeFunction.named("getservent_r");
    private static final NativeFunction SETSERVENT = NativeFunction.named("setservent");
    private static final NativeFunction ENDSERVENT = NativeFunction.named("endservent");

    private DatabaseCalls() {}

    /** The host of a name, with its addresses of a family ({@code gethostbyname2_r(3)}). */
    public static int gethostbyname2_r(
            MemorySegment name,
            int family,
            MemorySegment host,
            MemorySegment buffer,
            long byteSize,
            MemorySegment result,
            MemorySegment hostError) {
        return -GETHOSTBYNAME2_R.callInt(
                name.address(),
                family,
                host.address(),
                buffer.address(),
                byteSize,
                result.address(),
                hostError.address(),
                0);
    }

    /** The host of an address ({@code gethostbyaddr_r(3)}). */
    public static int gethostbyaddr_r(
            MemorySegment address,
            int length,
            int family,
            MemorySegment host,
            MemorySegment buffer,
            long byteSize,
            MemorySegment result,
            MemorySegment hostError) {
        return -GETHOSTBYADDR_R.callInt(
                address.address(),
                length,
                family,
                host.address(),
                buffer.address(),
                byteSize,
                result.address(),
                hostError.address());
    }

    /** The next host ({@code gethostent_r(3)}). */
    public static int gethostent_r(
            MemorySegment host, MemorySegment buffer, long byteSize, MemorySegment result, MemorySegment hostError) {
        return -GETHOSTENT_R.callInt(
                host.address(), buffer.address(), byteSize, result.address(), hostError.address(), 0);
    }

    /** Goes to the first host; what stays open meanwhile is up to where they are ({@code sethostent(3)}). */
    public static void sethostent(int stayOpen) {
        SETHOSTENT.callVoid(stayOpen);
    }

    /** Closes what is open ({@code endhostent(3)}). */
    public static void endhostent() {
        ENDHOSTENT.callVoid(0);
    }

    /** The network of a name ({@code getnetbyname_r(3)}). */
    public static int getnetbyname_r(
            MemorySegment name,
            MemorySegment network,
            MemorySegment buffer,
            long byteSize,
            MemorySegment result,
            MemorySegment hostError) {
        return -GETNETBYNAME_R.callInt(
                name.address(), network.address(), buffer.address(), byteSize, result.address(), hostError.address());
    }

    /** The network of a number ({@code getnetbyaddr_r(3)}). */
    public static int getnetbyaddr_r(
            int number,
            int family,
            MemorySegment network,
            MemorySegment buffer,
            long byteSize,
            MemorySegment result,
            MemorySegment hostError) {
        return -GETNETBYADDR_R.callInt(
                number,
                family,
                network.address(),
                buffer.address(),
                byteSize,
                result.address(),
                hostError.address(),
                0);
    }

    /** The next network ({@code getnetent_r(3)}). */
    public static int getnetent_r(
            MemorySegment network, MemorySegment buffer, long byteSize, MemorySegment result, MemorySegment hostError) {
        return -GETNETENT_R.callInt(
                network.address(), buffer.address(), byteSize, result.address(), hostError.address(), 0);
    }

    /** Goes to the first network; what stays open meanwhile is up to where they are ({@code setnetent(3)}). */
    public static void setnetent(int stayOpen) {
        SETNETENT.callVoid(stayOpen);
    }

    /** Closes what is open ({@code endnetent(3)}). */
    public static void endnetent() {
        ENDNETENT.callVoid(0);
    }

    /** The protocol of a name ({@code getprotobyname_r(3)}). */
    public static int getprotobyname_r(
            MemorySegment name, MemorySegment protocol, MemorySegment buffer, long byteSize, MemorySegment result) {
        return -GETPROTOBYNAME_R.callInt(
                name.address(), protocol.address(), buffer.address(), byteSize, result.address(), 0);
    }

    /** The protocol of a number ({@code getprotobynumber_r(3)}). */
    public static int getprotobynumber_r(
            int number, MemorySegment protocol, MemorySegment buffer, long byteSize, MemorySegment result) {
        return -GETPROTOBYNUMBER_R.callInt(number, protocol.address(), buffer.address(), byteSize, result.address(), 0);
    }

    /** The next protocol ({@code getprotoent_r(3)}). */
    public static int getprotoent_r(MemorySegment protocol, MemorySegment buffer, long byteSize, MemorySegment result) {
        return -GETPROTOENT_R.callInt(protocol.address(), buffer.address(), byteSize, result.address());
    }

    /** Goes to the first protocol; what stays open meanwhile is up to where they are ({@code setprotoent(3)}). */
    public static void setprotoent(int stayOpen) {
        SETPROTOENT.callVoid(stayOpen);
    }

    /** Closes what is open ({@code endprotoent(3)}). */
    public static void endprotoent() {
        ENDPROTOENT.callVoid(0);
    }

    /** The service of a name, over a protocol or, with null, any ({@code getservbyname_r(3)}). */
    public static int getservbyname_r(
            MemorySegment name,
            MemorySegment protocol,
            MemorySegment service,
            MemorySegment buffer,
            long byteSize,
            MemorySegment result) {
        return -GETSERVBYNAME_R.callInt(
                name.address(), protocol.address(), service.address(), buffer.address(), byteSize, result.address());
    }

    /** The service of a port in network byte order, over a protocol or, with null, any ({@code getservbyport_r(3)}). */
    public static int getservbyport_r(
            int port,
            MemorySegment protocol,
            MemorySegment service,
            MemorySegment buffer,
            long byteSize,
            MemorySegment result) {
        return -GETSERVBYPORT_R.callInt(
                port, protocol.address(), service.address(), buffer.address(), byteSize, result.address());
    }

    /** The next service ({@code getservent_r(3)}). */
    public static int getservent_r(MemorySegment service, MemorySegment buffer, long byteSize, MemorySegment result) {
        return -GETSERVENT_R.callInt(service.address(), buffer.address(), byteSize, result.address());
    }

    /** Goes to the first service; what stays open meanwhile is up to where they are ({@code setservent(3)}). */
    public static void setservent(int stayOpen) {
        SETSERVENT.callVoid(stayOpen);
    }

    /** Closes what is open ({@code endservent(3)}). */
    public static void endservent() {
        ENDSERVENT.callVoid(0);
    }
}
