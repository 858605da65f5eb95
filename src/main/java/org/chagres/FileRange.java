package org.chagres;

/**
 * What is done with a range of a file by {@link Descriptor#allocate}. Not every file system can do everything.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/fallocate.2.html">fallocate(2)</a>
 */
public enum FileRange {
    /** Gets space on the disk, so that writes there will not fail for want of it; the file grows if need be. */
    ALLOCATE,

    /** The same, but the file's size stays ({@code FALLOC_FL_KEEP_SIZE}). */
    ALLOCATE_KEEPING_SIZE,

    /** Gives the space back; the range reads as zeros, and the file's size stays ({@code FALLOC_FL_PUNCH_HOLE}). */
    PUNCH_HOLE,

    /** Makes it zeros and keeps the space; the file grows if need be ({@code FALLOC_FL_ZERO_RANGE}). */
    ZERO,

    /** Takes the range out: what is behind moves up ({@code FALLOC_FL_COLLAPSE_RANGE}; whole blocks only). */
    COLLAPSE,

    /** Puts a range of zeros in: what is behind moves down ({@code FALLOC_FL_INSERT_RANGE}; whole blocks only). */
    INSERT
}
