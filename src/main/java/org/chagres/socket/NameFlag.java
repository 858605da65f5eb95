package org.chagres.socket;

/**
 * How the name of an address is looked up.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/getnameinfo.3.html">getnameinfo(3)</a>
 */
public enum NameFlag {
    /** The host in numbers: nobody is asked, and nothing waits ({@code NI_NUMERICHOST}). */
    NUMERIC_HOST,

    /** The service in numbers ({@code NI_NUMERICSERV}). */
    NUMERIC_SERVICE,

    /** It is an error if the host has no name; otherwise its numbers are told ({@code NI_NAMEREQD}). */
    NAME_REQUIRED,

    /** The service of datagrams, as few have another name for streams ({@code NI_DGRAM}). */
    DATAGRAM,

    /** Of hosts of the own domain the name without the domain ({@code NI_NOFQDN}). */
    NO_DOMAIN,

    /** Names of the domain name system are put into the characters they stand for ({@code NI_IDN}; glibc). */
    INTERNATIONAL_NAME
}
