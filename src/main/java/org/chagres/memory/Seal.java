package org.chagres.memory;

/**
 * What nobody can do any more to a {@link MemoryFile}, whoever has it open. A seal is never taken off.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/F_GET_SEALS.2const.html">F_GET_SEALS(2const)</a>
 */
public enum Seal {
    /** Add seals ({@code F_SEAL_SEAL}). */
    SEAL,

    /**
     * Make it shorter ({@code F_SEAL_SHRINK}): memory mapped from it can never fault for want of the file. Of huge
     * pages it can: who may write to it can punch holes, unless {@link #WRITE} or {@link #FUTURE_WRITE} is there too.
     */
    SHRINK,

    /** Make it longer ({@code F_SEAL_GROW}). */
    GROW,

    /**
     * Write to it ({@code F_SEAL_WRITE}). Not while anybody has it mapped shared, unless from a descriptor that was
     * opened for reading only.
     */
    WRITE,

    /**
     * Write to it, except through mappings that exist already ({@code F_SEAL_FUTURE_WRITE}, Linux 5.1): one producer
     * goes on, all others only read.
     */
    FUTURE_WRITE,

    /**
     * Change whether it can be executed ({@code F_SEAL_EXEC}, Linux 6.3). One that can be executed is sealed with
     * {@link #SHRINK}, {@link #GROW}, {@link #WRITE} and {@link #FUTURE_WRITE} as well by that.
     */
    EXECUTABLE
}
