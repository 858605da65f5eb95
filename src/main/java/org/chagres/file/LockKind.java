package org.chagres.file;

/**
 * Whose a lock is, which decides whom it keeps out, and when it ends. {@link #POSIX} and
 * {@link #OPEN_FILE_DESCRIPTION} keep each other out; neither sees {@link #FLOCK}, but on network file systems.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/fcntl_locking.2.html">fcntl_locking(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/flock.2.html">flock(2)</a>
 */
public enum LockKind {
    /**
     * The open file description's ({@code F_OFD_SETLK}): it keeps out everybody who opened the file anew, other threads
     * of this process as well. Duplicates of the descriptor, and processes that inherited or received it, share the
     * lock; it ends with the last of them. The default, as it has none of the traps of {@link #POSIX}.
     */
    OPEN_FILE_DESCRIPTION,

    /**
     * The process's ({@code F_SETLK}): what SQLite, most mail programs and Python's {@code fcntl.lockf} use. It keeps
     * out other processes, and no thread of this one: two locks of this process on the same bytes are one. All of a
     * process's locks on a file end as soon as the process closes <em>any</em> descriptor of that file, one that any
     * library has opened and closed. A child inherits none.
     * So {@link org.chagres.Descriptor#duplicate} and {@link org.chagres.Descriptor#redirect} of the file, once their
     * results are closed, and {@link org.chagres.process.Redirect} by its path, end them too.
     */
    POSIX,

    /**
     * The open file description's, of the file as a whole, by another call ({@code flock}). It neither sees nor stops
     * the other kinds, cannot be changed from shared to exclusive, and does not tell who has it. It can be taken
     * however the file was opened: who may read a file can keep others out. A second one on the same description
     * replaces the first, and a second one that is refused loses it.
     */
    FLOCK
}
