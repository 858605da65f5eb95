package org.chagres;

/**
 * A flag of an open file description, that can be changed while it is open. It belongs to the description and not to
 * the descriptor: whoever shares that (duplicates, children, who got it over a socket) has the same flags.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/fcntl.2.html">fcntl(2), F_SETFL</a>
 */
public enum StatusFlag {
    /** Each write goes to the end of the file ({@code O_APPEND}). */
    APPEND,

    /**
     * Round the page cache; of a pipe, packets ({@code O_DIRECT}): to be set before anybody writes, as virtual threads
     * do not see that it was set by way of a duplicate or by another process.
     */
    DIRECT,

    /** Reading does not change the time of the last access ({@code O_NOATIME}). */
    NO_ACCESS_TIME,

    /**
     * Calls do not wait ({@code O_NONBLOCK}). Other processes get {@code EAGAIN} where they expect to wait. This
     * library waits all the same, by a poll, and needs the flag for nothing.
     */
    NON_BLOCKING
}
