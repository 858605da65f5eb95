package org.chagres.memory;

/** What this process may do with memory it attaches or maps. */
public enum Access {
    /** Read and write. */
    READ_WRITE,
    /** Read only: the segment is read-only too, and a write throws instead of killing the JVM. */
    READ_ONLY
}
