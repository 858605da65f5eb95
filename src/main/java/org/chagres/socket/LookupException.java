package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.Optional;
import org.chagres.Errno;

/**
 * Thrown when a name cannot be looked up: by which call, with which error, and what was being done.
 *
 * <pre>
 * getaddrinfo: EAI_NONAME (-2), looking up host nowhere.invalid; Name or service not known
 * </pre>
 *
 * <p>Programs decide by {@link #error()}, not by the message, which may be in the language of the user.
 */
public final class LookupException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The C name of the call. */
    private final String call;

    /** The error number, negative. */
    private final int number;

    /** The kernel's error; 0 for none. */
    private final int errno;

    /**
     * Makes an exception.
     *
     * @param call the C name of the call that failed, such as {@code getaddrinfo}
     * @param number the error number as the C library gave it; one that {@link LookupError} does not know is kept
     * @param errno of {@link LookupError#EAI_SYSTEM} the kernel's error number; 0 otherwise
     * @param intent what was being done and with which values
     * @param text what the C library says, or what else helps
     */
    public LookupException(String call, int number, int errno, String intent, String text) {
        super(requireNonNull(call, "call")
                + ": "
                + (LookupError.of(number) == LookupError.UNKNOWN ? "unknown error" : LookupError.of(number))
                + " (" + number + ")"
                + (errno == 0 ? "" : " " + Errno.of(errno) + " (" + errno + ")")
                + ", " + requireNonNull(intent, "intent")
                + "; " + requireNonNull(text, "text"));
        this.call = call;
        this.number = number;
        this.errno = errno;
    }

    /**
     * The call that failed.
     *
     * @return its C name, such as {@code getaddrinfo}
     */
    public String call() {
        return call;
    }

    /**
     * The error by name.
     *
     * @return the constant of {@link #number()}, or {@link LookupError#UNKNOWN} if it has none
     */
    public LookupError error() {
        return LookupError.of(number);
    }

    /**
     * The error number as the C library gave it.
     *
     * @return a negative number
     */
    public int number() {
        return number;
    }

    /**
     * Which call of the kernel failed how.
     *
     * @return the error; empty unless {@link #error()} is {@link LookupError#EAI_SYSTEM}
     */
    public Optional<Errno> errno() {
        return errno == 0 ? Optional.empty() : Optional.of(Errno.of(errno));
    }
}
