package org.chagres.file;

/** What a lock leaves to others. */
public enum LockMode {
    /** Others may have shared locks too: for reading. */
    SHARED,

    /** Nobody else has a lock: for writing. */
    EXCLUSIVE
}
