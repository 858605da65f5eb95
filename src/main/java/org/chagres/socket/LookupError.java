package org.chagres.socket;

import java.util.Arrays;

/**
 * What can go wrong when a name is looked up ({@code gai_strerror(3)}).
 *
 * <p>A C library may be newer than this one: a number without a name here becomes {@link #UNKNOWN};
 * {@link LookupException#number()} still tells the number.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/getaddrinfo.3.html">getaddrinfo(3)</a>
 */
public enum LookupError {
    /** A name server did not answer, or not now: it may later. */
    EAI_AGAIN(-3),

    /** A name server says that it cannot answer. */
    EAI_FAIL(-4),

    /**
     * Nobody has this name, or it is no number where one must be; or neither host nor service was given. glibc says so,
     * too, where there are as many open files as may be, and it can read no file and ask no name server.
     */
    EAI_NONAME(-2),

    /** The name is known, and has no address. */
    EAI_NODATA(-5),

    /** The service is not known, or not for this type of socket. */
    EAI_SERVICE(-8),

    /** No such family of addresses is supported. */
    EAI_FAMILY(-6),

    /** The host has no address of this family. */
    EAI_ADDRFAMILY(-9),

    /** The type of socket is not supported, or not with this protocol. */
    EAI_SOCKTYPE(-7),

    /** A flag is not known, or does not go with the rest: a canonical name needs a host. */
    EAI_BADFLAGS(-1),

    /** The name cannot be put into the characters of the domain name system. */
    EAI_IDN_ENCODE(-105),

    /** A name is too long. */
    EAI_OVERFLOW(-12),

    /** Not enough memory. */
    EAI_MEMORY(-10),

    /** A call of the kernel failed; {@link LookupException#errno()} tells with which error. */
    EAI_SYSTEM(-11),

    /** A number that has no name here. */
    UNKNOWN(0);

    private final int number;

    LookupError(int number) {
        this.number = number;
    }

    /**
     * The number of the error in C.
     *
     * @return a negative number; 0 of {@link #UNKNOWN}
     */
    public int number() {
        return number;
    }

    /**
     * The error of a number.
     *
     * @param number as C has it
     * @return the error, or {@link #UNKNOWN}
     */
    public static LookupError of(int number) {
        return Arrays.stream(values())
                .filter(error -> error.number == number)
                .findFirst()
                .orElse(UNKNOWN);
    }
}
