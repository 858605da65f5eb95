package org.chagres.memory;

/**
 * What the kernel is told of a range of mapped memory by {@link MappedMemory#advise}. Some is a hint, some changes what
 * is in the memory.
 *
 * <p>Advice that gives pages up ({@link #DONT_NEED}, {@link #DONT_NEED_LOCKED}, {@link #FREE}, {@link #REMOVE}) reaches
 * only pages that lie in the range as a whole, so that of less than a page it does nothing; but for {@link #REMOVE},
 * behind whose last page the file may go on, also the last page of the mapping where the range reaches its end. All
 * other advice reaches each page that has a byte of the range.
 *
 * <p>Not here, for what they would do to the JVM: {@code MADV_HWPOISON} and {@code MADV_SOFT_OFFLINE} (take a page of
 * the machine out of use), {@code MADV_GUARD_INSTALL} and {@code MADV_GUARD_REMOVE} (a touch of the page is a SIGSEGV).
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/madvise.2.html">madvise(2)</a>
 */
public enum Advice {
    /** Nothing particular ({@code MADV_NORMAL}). */
    NORMAL,

    /** It is read here and there: reading ahead does not pay ({@code MADV_RANDOM}). */
    RANDOM,

    /** It is read from the beginning to the end: read ahead much, and forget soon ({@code MADV_SEQUENTIAL}). */
    SEQUENTIAL,

    /** It is needed soon: begin to read it ({@code MADV_WILLNEED}). */
    WILL_NEED,

    /**
     * It is not needed now ({@code MADV_DONTNEED}). Pages of a shared mapping come back from the file; of private
     * memory what was written is lost, and they come back as the file has them, or as zeros.
     */
    DONT_NEED,

    /** {@link #DONT_NEED} that takes pages locked in memory too ({@code MADV_DONTNEED_LOCKED}, Linux 5.18). */
    DONT_NEED_LOCKED,

    /**
     * What is in it is not needed any more ({@code MADV_FREE}), of private anonymous memory: until it is written again
     * it reads as it was, or as zeros.
     */
    FREE,

    /**
     * Takes the pages and their space in the file away ({@code MADV_REMOVE}), of shared memory: it reads as zeros, for
     * everyone.
     */
    REMOVE,

    /** Will not be needed for long: the first to go if memory is short ({@code MADV_COLD}, Linux 5.4). */
    COLD,

    /** Swap it out, or write it back, now ({@code MADV_PAGEOUT}, Linux 5.4). */
    PAGE_OUT,

    /**
     * Have all pages ready for reading ({@code MADV_POPULATE_READ}, Linux 5.14). Answers {@code EFAULT} where touching
     * one would be a SIGBUS: behind the end of the file. So it is also the question whether the file is still there.
     */
    POPULATE_READ,

    /**
     * Have all pages ready for writing ({@code MADV_POPULATE_WRITE}, Linux 5.14). Answers {@code EFAULT} as
     * {@link #POPULATE_READ} does, and also where the disk is full.
     */
    POPULATE_WRITE,

    /** Use huge pages where possible ({@code MADV_HUGEPAGE}). */
    HUGE_PAGE,

    /** Use no huge pages ({@code MADV_NOHUGEPAGE}). */
    NO_HUGE_PAGE,

    /** Make huge pages of it now ({@code MADV_COLLAPSE}, Linux 6.1). */
    COLLAPSE,

    /** Share pages of equal content with others ({@code MADV_MERGEABLE}), of private anonymous memory. */
    MERGEABLE,

    /** The opposite of {@link #MERGEABLE} ({@code MADV_UNMERGEABLE}). */
    UNMERGEABLE,

    /** The opposite of {@link #DONT_DUMP} ({@code MADV_DODUMP}). */
    DO_DUMP,

    /** Leave it out of core dumps ({@code MADV_DONTDUMP}). */
    DONT_DUMP,

    /** The opposite of {@link #DONT_FORK} ({@code MADV_DOFORK}). */
    DO_FORK,

    /** A child that native code forks does not get it ({@code MADV_DONTFORK}). */
    DONT_FORK,

    /** A child that native code forks gets zeros ({@code MADV_WIPEONFORK}), of private anonymous memory. */
    WIPE_ON_FORK,

    /** The opposite of {@link #WIPE_ON_FORK} ({@code MADV_KEEPONFORK}). */
    KEEP_ON_FORK
}
