package org.chagres.socket;

/**
 * How addresses are looked up.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/getaddrinfo.3.html">getaddrinfo(3)</a>
 */
public enum AddressFlag {
    /** Without a host: the address to listen at, of all interfaces, and not that of this one ({@code AI_PASSIVE}). */
    PASSIVE,

    /** With the name the host really has, on the first address ({@code AI_CANONNAME}). */
    CANONICAL_NAME,

    /** The host is an address in numbers, and no name: nobody is asked, and nothing waits ({@code AI_NUMERICHOST}). */
    NUMERIC_HOST,

    /** The service is a number, and no name ({@code AI_NUMERICSERV}). */
    NUMERIC_SERVICE,

    /** If IPv6 is wanted and there is none, IPv4 in the form of IPv6 ({@code AI_V4MAPPED}). */
    V4_MAPPED,

    /** With {@link #V4_MAPPED}: both, also if there is some IPv6 ({@code AI_ALL}). */
    ALL,

    /**
     * Only of families of which this system has an address other than loopback ({@code AI_ADDRCONFIG}).
     */
    ADDRESS_CONFIGURED,

    /**
     * The host may have characters other than ASCII: they are put into those of the domain name system
     * ({@code AI_IDN}; glibc with libidn2). They are given in the encoding of the locale that the JVM runs in, which
     * must have them; {@link java.net.IDN#toASCII(String)} does the same in any.
     */
    INTERNATIONAL_NAME,

    /** The canonical name is put back into such characters ({@code AI_CANONIDN}; glibc with libidn2). */
    INTERNATIONAL_CANONICAL_NAME
}
