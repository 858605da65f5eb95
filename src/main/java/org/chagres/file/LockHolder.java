package org.chagres.file;

import static java.util.Objects.requireNonNull;

import java.util.OptionalInt;

/**
 * A lock that is in the way of another, as {@link RecordLockBuilder#holder} found it.
 *
 * @param mode what it is
 * @param offset where it begins, in bytes from the beginning of the file
 * @param byteSize its size; {@link RecordLock#TO_THE_END} if it goes to the end of the file, wherever that will be
 * @param pid the process that has it; empty if an open file description has it, or a process of another PID namespace
 */
public record LockHolder(LockMode mode, long offset, long byteSize, OptionalInt pid) {
    /** Refuses nulls. */
    public LockHolder {
        requireNonNull(mode, "mode");
        requireNonNull(pid, "pid");
    }
}
