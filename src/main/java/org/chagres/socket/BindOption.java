package org.chagres.socket;

/**
 * What is done with the file of a path that a socket is bound to. Without any, a path that exists is
 * {@code EADDRINUSE}, and the file stays when the socket is closed.
 */
public enum BindOption {
    /**
     * Replaces a socket file at which nobody answers: its owner is gone, or does not listen yet. To see that, a
     * connection is made, and ended at once. Anything else at the path stays, and is
     * {@code EADDRINUSE}. Two processes that do so at the same moment may both succeed, and the later one has the path;
     * where that may be, take a {@link org.chagres.file.RecordLock} first.
     */
    REPLACE_STALE,

    /** Removes the file when the socket is closed by {@code close()}, if it is still this socket's. */
    UNLINK_ON_CLOSE
}
