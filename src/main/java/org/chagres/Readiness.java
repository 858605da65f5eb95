package org.chagres;

/**
 * What a descriptor is ready for. To poll for {@link #HANG_UP} and {@link #ERROR} is not needed: they are always told.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/poll.2.html">poll(2)</a>
 */
public enum Readiness {
    /**
     * There are bytes to read ({@code POLLIN}). The end of them is told so too by files and sockets, but by a pipe or a
     * FIFO as {@link #HANG_UP} alone: read on either.
     */
    READABLE,

    /**
     * There is room to write some bytes ({@code POLLOUT}); a larger write may wait nonetheless. Of a pipe that nobody
     * reads from it comes with {@link #ERROR}.
     */
    WRITABLE,

    /** There is something urgent, such as out-of-band data ({@code POLLPRI}). */
    URGENT,

    /** The peer of a stream socket will not write any more ({@code POLLRDHUP}). */
    READ_HANG_UP,

    /**
     * The other end is gone ({@code POLLHUP}): read until the end, as there may be bytes left. A FIFO tells it again
     * and again until somebody opens it for writing.
     */
    HANG_UP,

    /** An error, or nobody reads from the pipe any more ({@code POLLERR}). */
    ERROR
}
