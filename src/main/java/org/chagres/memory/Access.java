package org.chagres.memory;

/**
 * What this process may do with memory it attaches or maps. To execute it is not among them: the library offers no
 * executable memory.
 */
public enum Access {
    /** Read and write ({@code PROT_READ|PROT_WRITE}). */
    READ_WRITE,

    /**
     * Read only ({@code PROT_READ}): the segment is read-only too, and a write throws instead of killing the JVM.
     */
    READ_ONLY,

    /**
     * Write only ({@code PROT_WRITE}), of mapped memory. Neither x86-64 nor aarch64 has such pages: what may be written
     * can be read through the segment as well, while calls of the kernel, and so {@link MappedMemory#get}, refuse. A
     * file must be open for reading all the same.
     */
    WRITE_ONLY,

    /**
     * Neither ({@code PROT_NONE}), of mapped memory: addresses set aside. {@link MappedMemory#segment()} throws until
     * {@link MappedMemory#protect} allows more.
     */
    NONE
}
