package org.chagres.internal.resource;

import static org.chagres.internal.syscall.MappingCalls.*;

/**
 * How to map.
 *
 * @param hugePageLog2 {@link SharedMemoryObject#SMALL_PAGES}, {@link SharedMemoryObject#DEFAULT_HUGE_PAGES}, or log2
 *     of the size of a huge page; of new memory only
 * @param address where to, if nothing is there; 0: where the kernel likes
 */
public record MappingOptions(
        boolean readable,
        boolean writable,
        boolean shared,
        boolean populate,
        boolean locked,
        boolean noReserve,
        int hugePageLog2,
        long address) {

    int protection() {
        return protection(readable, writable);
    }

    static int protection(boolean readable, boolean writable) {
        return (readable ? PROT_READ : PROT_NONE) | (writable ? PROT_WRITE : PROT_NONE);
    }

    boolean hasHugePages() {
        return hugePageLog2 != SharedMemoryObject.SMALL_PAGES;
    }

    int flags() {
        int flags = shared ? MAP_SHARED : MAP_PRIVATE;
        flags |= populate ? MAP_POPULATE : 0;
        flags |= locked ? MAP_LOCKED : 0;
        flags |= noReserve ? MAP_NORESERVE : 0;
        flags |= address == 0 ? 0 : MAP_FIXED_NOREPLACE;
        return hasHugePages() ? flags | MAP_HUGETLB | hugePageLog2 << MAP_HUGE_SHIFT : flags;
    }
}
