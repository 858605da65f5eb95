package org.chagres.memory;

/**
 * How {@link MappedMemory#flush} writes pages back to their file.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/msync.2.html">msync(2)</a>
 */
public enum FlushMode {
    /** Now, and waits until they are on the disk ({@code MS_SYNC}). */
    SYNC,

    /**
     * Soon. On Linux it does nothing: the kernel knows what is to be written, and does it in time ({@code MS_ASYNC}).
     */
    ASYNC,

    /**
     * Writes nothing. By POSIX it has other mappings see what is in the file; on Linux all see the same at any time,
     * and only a page {@linkplain MappedMemory#lockInMemory() locked in memory} is answered with {@code EBUSY}
     * ({@code MS_INVALIDATE}).
     */
    INVALIDATE,

    /** {@link #SYNC} and {@link #INVALIDATE}. */
    SYNC_INVALIDATE,

    /** {@link #ASYNC} and {@link #INVALIDATE}. */
    ASYNC_INVALIDATE
}
