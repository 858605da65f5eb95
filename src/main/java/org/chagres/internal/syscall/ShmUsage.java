package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import org.chagres.internal.generated.shm_info;

/** {@code struct shm_info} in native memory: what is in use, as {@code SHM_INFO} fills it. Sizes are in pages. */
public record ShmUsage(MemorySegment segment) {

    public static ShmUsage allocate(SegmentAllocator allocator) {
        Linkage.require();
        return new ShmUsage(shm_info.allocate(allocator));
    }

    public int usedIds() {
        return shm_info.used_ids(segment);
    }

    public long shmTot() {
        return shm_info.shm_tot(segment);
    }

    public long shmRss() {
        return shm_info.shm_rss(segment);
    }

    public long shmSwp() {
        return shm_info.shm_swp(segment);
    }

    public long swapAttempts() {
        return shm_info.swap_attempts(segment);
    }

    public long swapSuccesses() {
        return shm_info.swap_successes(segment);
    }
}
