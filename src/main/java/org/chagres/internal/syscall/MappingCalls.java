package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import org.chagres.internal.generated.Linux;

/**
 * Mappings in the address space of this process. Addresses go as numbers: whoever calls keeps the mapping from being
 * unmapped meanwhile.
 */
public final class MappingCalls {
    public static final int MADV_COLD = Linkage.POSSIBLE ? Linux.MADV_COLD() : 0;
    public static final int MADV_COLLAPSE = Linkage.POSSIBLE ? Linux.MADV_COLLAPSE() : 0;
    public static final int MADV_DODUMP = Linkage.POSSIBLE ? Linux.MADV_DODUMP() : 0;
    public static final int MADV_DOFORK = Linkage.POSSIBLE ? Linux.MADV_DOFORK() : 0;
    public static final int MADV_DONTDUMP = Linkage.POSSIBLE ? Linux.MADV_DONTDUMP() : 0;
    public static final int MADV_DONTFORK = Linkage.POSSIBLE ? Linux.MADV_DONTFORK() : 0;
    public static final int MADV_DONTNEED = Linkage.POSSIBLE ? Linux.MADV_DONTNEED() : 0;
    public static final int MADV_DONTNEED_LOCKED = Linkage.POSSIBLE ? Linux.MADV_DONTNEED_LOCKED() : 0;
    public static final int MADV_FREE = Linkage.POSSIBLE ? Linux.MADV_FREE() : 0;
    public static final int MADV_HUGEPAGE = Linkage.POSSIBLE ? Linux.MADV_HUGEPAGE() : 0;
    public static final int MADV_KEEPONFORK = Linkage.POSSIBLE ? Linux.MADV_KEEPONFORK() : 0;
    public static final int MADV_MERGEABLE = Linkage.POSSIBLE ? Linux.MADV_MERGEABLE() : 0;
    public static final int MADV_NOHUGEPAGE = Linkage.POSSIBLE ? Linux.MADV_NOHUGEPAGE() : 0;
    public static final int MADV_NORMAL = Linkage.POSSIBLE ? Linux.MADV_NORMAL() : 0;
    public static final int MADV_PAGEOUT = Linkage.POSSIBLE ? Linux.MADV_PAGEOUT() : 0;
    public static final int MADV_POPULATE_READ = Linkage.POSSIBLE ? Linux.MADV_POPULATE_READ() : 0;
    public static final int MADV_POPULATE_WRITE = Linkage.POSSIBLE ? Linux.MADV_POPULATE_WRITE() : 0;
    public static final int MADV_RANDOM = Linkage.POSSIBLE ? Linux.MADV_RANDOM() : 0;
    public static final int MADV_REMOVE = Linkage.POSSIBLE ? Linux.MADV_REMOVE() : 0;
    public static final int MADV_SEQUENTIAL = Linkage.POSSIBLE ? Linux.MADV_SEQUENTIAL() : 0;
    public static final int MADV_UNMERGEABLE = Linkage.POSSIBLE ? Linux.MADV_UNMERGEABLE() : 0;
    public static final int MADV_WILLNEED = Linkage.POSSIBLE ? Linux.MADV_WILLNEED() : 0;
    public static final int MADV_WIPEONFORK = Linkage.POSSIBLE ? Linux.MADV_WIPEONFORK() : 0;
    public static final int MAP_ANONYMOUS = Linkage.POSSIBLE ? Linux.MAP_ANONYMOUS() : 0;
    public static final int MAP_FIXED_NOREPLACE = Linkage.POSSIBLE ? Linux.MAP_FIXED_NOREPLACE() : 0;
    public static final int MAP_HUGETLB = Linkage.POSSIBLE ? Linux.MAP_HUGETLB() : 0;
    public static final int MAP_LOCKED = Linkage.POSSIBLE ? Linux.MAP_LOCKED() : 0;
    public static final int MAP_NORESERVE = Linkage.POSSIBLE ? Linux.MAP_NORESERVE() : 0;
    public static final int MAP_POPULATE = Linkage.POSSIBLE ? Linux.MAP_POPULATE() : 0;
    public static final int MAP_PRIVATE = Linkage.POSSIBLE ? Linux.MAP_PRIVATE() : 0;
    public static final int MAP_SHARED = Linkage.POSSIBLE ? Linux.MAP_SHARED() : 0;
    public static final int MLOCK_ONFAULT = Linkage.POSSIBLE ? Linux.MLOCK_ONFAULT() : 0;
    public static final int MREMAP_FIXED = Linkage.POSSIBLE ? Linux.MREMAP_FIXED() : 0;
    public static final int MREMAP_MAYMOVE = Linkage.POSSIBLE ? Linux.MREMAP_MAYMOVE() : 0;
    public static final int MS_ASYNC = Linkage.POSSIBLE ? Linux.MS_ASYNC() : 0;
    public static final int MS_INVALIDATE = Linkage.POSSIBLE ? Linux.MS_INVALIDATE() : 0;
    public static final int MS_SYNC = Linkage.POSSIBLE ? Linux.MS_SYNC() : 0;
    public static final int PROT_NONE = Linkage.POSSIBLE ? Linux.PROT_NONE() : 0;
    public static final int PROT_READ = Linkage.POSSIBLE ? Linux.PROT_READ() : 0;
    public static final int PROT_WRITE = Linkage.POSSIBLE ? Linux.PROT_WRITE() : 0;

    /** log2 of the size of a huge page goes here into the flags. */
    public static final int MAP_HUGE_SHIFT = Linkage.POSSIBLE ? Linux.HUGETLB_FLAG_ENCODE_SHIFT() : 0;

    private static final NativeFunction MADVISE = NativeFunction.named("madvise");
    private static final NativeFunction MINCORE = NativeFunction.named("mincore");
    private static final NativeFunction MLOCK = NativeFunction.named("mlock");
    private static final NativeFunction MLOCK2 = NativeFunction.named("mlock2");
    private static final NativeFunction MMAP = NativeFunction.named("mmap");
    private static final NativeFunction MPROTECT = NativeFunction.named("mprotect");
    private static final NativeFunction MREMAP = NativeFunction.named("mremap");
    private static final NativeFunction MSYNC = NativeFunction.named("msync");
    private static final NativeFunction MUNLOCK = NativeFunction.named("munlock");
    private static final NativeFunction MUNMAP = NativeFunction.named("munmap");

    private MappingCalls() {}

    /** Maps a file, or new memory; answers the address ({@code mmap(2)}). */
    public static long mmap(long address, long length, int protection, int flags, int descriptor, long offset) {
        return MMAP.callLong(address, length, protection, flags, descriptor, offset);
    }

    /** Unmaps whatever is mapped in a range ({@code munmap(2)}). */
    public static int munmap(long address, long length) {
        return MUNMAP.callInt(address, length, 0);
    }

    /** Makes a mapping larger or smaller, or moves it; answers its address ({@code mremap(2)}). */
    public static long mremap(long address, long oldLength, long length, int flags, long newAddress) {
        return MREMAP.callLong(address, oldLength, length, flags, newAddress, 0);
    }

    /** Sets what may be done with the pages of a range ({@code mprotect(2)}). */
    public static int mprotect(long address, long length, int protection) {
        return MPROTECT.callInt(address, length, protection);
    }

    /** Writes the pages of a range back to their file ({@code msync(2)}). */
    public static int msync(long address, long length, int flags) {
        return MSYNC.callInt(address, length, flags);
    }

    /** Tells the kernel what is going to be done with a range ({@code madvise(2)}). */
    public static int madvise(long address, long length, int advice) {
        return MADVISE.callInt(address, length, advice);
    }

    /** Keeps the pages of a range in memory ({@code mlock(2)}). */
    public static int mlock(long address, long length) {
        return MLOCK.callInt(address, length, 0);
    }

    /** {@code mlock} with flags ({@code mlock2(2)}). */
    public static int mlock2(long address, long length, int flags) {
        return MLOCK2.callInt(address, length, flags);
    }

    /** Lets the pages of a range be swapped out again ({@code munlock(2)}). */
    public static int munlock(long address, long length) {
        return MUNLOCK.callInt(address, length, 0);
    }

    /** Which pages of a range are in memory: a byte each, whose lowest bit says so ({@code mincore(2)}). */
    public static int mincore(long address, long length, MemorySegment vector) {
        return MINCORE.callInt(address, length, vector.address());
    }
}
