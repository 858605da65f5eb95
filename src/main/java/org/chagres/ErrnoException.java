package org.chagres;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.Optional;

/**
 * Thrown when the kernel refuses a call: which call, with which error, and what was being done.
 *
 * <p>The message has all of it on one line, with a hint at the end if there is one:
 *
 * <pre>
 * shmget: EEXIST (17), creating segment key=0x00005eed byteSize=4096
 * shmget: ENOSPC (28), creating segment key=0x00005eed byteSize=4096; SHMMNI is 4096 and 4096 segments exist
 * shmget: errno 4711 (unknown), creating segment key=0x00005eed byteSize=4096
 * </pre>
 *
 * <p>The message leaves out {@link Errno#text()}, as a meaning in general can mislead: {@code ENOSPC} of {@code shmget}
 * is not about a disk. Programs decide by {@link #errno()}, not by the message.
 *
 * <p>The library throws these; the constructors are public so that programs can test how they deal with one. What this
 * type adds to {@link IOException} is immutable.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/errno.3.html">errno(3)</a>
 */
public final class ErrnoException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The C name of the call. */
    private final String call;

    /** The error number, positive. */
    private final int number;

    /** What was being done. */
    private final String intent;

    /** What else helps; empty if there is nothing. */
    private final String hint;

    /**
     * Makes an exception without a hint.
     *
     * @param call the C name of the call that failed, such as {@code shmget}
     * @param number the error number as the kernel gave it; one that {@link Errno} does not know is kept
     * @param intent what was being done and with which values, such as {@code creating segment
     *     key=0x00005eed byteSize=4096}
     * @throws IllegalArgumentException if {@code number} is not positive
     */
    public ErrnoException(String call, int number, String intent) {
        this(call, number, intent, "");
    }

    /**
     * Makes an exception with a hint.
     *
     * @param call the C name of the call that failed, such as {@code shmget}
     * @param number the error number as the kernel gave it; one that {@link Errno} does not know is kept
     * @param intent what was being done and with which values, such as {@code creating segment
     *     key=0x00005eed byteSize=4096}
     * @param hint what else helps to understand it, such as the kernel limit involved; empty for no hint
     * @throws IllegalArgumentException if {@code number} is not positive
     */
    public ErrnoException(String call, int number, String intent, String hint) {
        super(message(call, number, intent, hint));
        this.call = call;
        this.number = number;
        this.intent = intent;
        this.hint = hint;
    }

    /**
     * The call that failed.
     *
     * @return its C name, such as {@code shmget}
     */
    public String call() {
        return call;
    }

    /**
     * The error by name.
     *
     * @return the constant of {@link #number()}, or {@link Errno#UNKNOWN} if it has none
     */
    public Errno errno() {
        return Errno.of(number);
    }

    /**
     * The error number as the kernel gave it.
     *
     * @return a positive number
     */
    public int number() {
        return number;
    }

    /**
     * What was being done, and with which values.
     *
     * @return for example {@code creating segment key=0x00005eed byteSize=4096}
     */
    public String intent() {
        return intent;
    }

    /**
     * What else helps to understand the error, such as the kernel limit involved and its present use.
     *
     * @return for example {@code SHMMNI is 4096 and 4096 segments exist}; empty if nothing more is known
     */
    public Optional<String> hint() {
        return hint.isEmpty() ? Optional.empty() : Optional.of(hint);
    }

    private static String message(String call, int number, String intent, String hint) {
        requireNonNull(call, "call");
        requireNonNull(intent, "intent");
        requireNonNull(hint, "hint");
        if (number <= 0) {
            throw new IllegalArgumentException("an error number is positive, not " + number + " (" + call + ")");
        }
        Errno errno = Errno.of(number);
        String error = errno == Errno.UNKNOWN ? "errno " + number + " (unknown)" : errno + " (" + number + ")";
        return call + ": " + error + ", " + intent + (hint.isEmpty() ? "" : "; " + hint);
    }
}
