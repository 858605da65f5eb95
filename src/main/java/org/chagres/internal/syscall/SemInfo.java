package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import org.chagres.internal.generated.seminfo;

/**
 * {@code struct seminfo} in native memory: the limits of {@code IPC_INFO}; {@code SEM_INFO} puts the usage into two
 * fields.
 */
public record SemInfo(MemorySegment segment) {

    public static SemInfo allocate(SegmentAllocator allocator) {
        Linkage.require();
        return new SemInfo(seminfo.allocate(allocator));
    }

    public int semmni() {
        return seminfo.semmni(segment);
    }

    public int semmns() {
        return seminfo.semmns(segment);
    }

    public int semmsl() {
        return seminfo.semmsl(segment);
    }

    public int semopm() {
        return seminfo.semopm(segment);
    }

    public int semvmx() {
        return seminfo.semvmx(segment);
    }

    /** Of {@code SEM_INFO}: how many sets there are. */
    public int semusz() {
        return seminfo.semusz(segment);
    }

    /** Of {@code SEM_INFO}: how many semaphores there are in all sets. */
    public int semaem() {
        return seminfo.semaem(segment);
    }
}
