package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** An array of {@code struct pollfd} in native memory. */
public record PollFds(MemorySegment segment, int count) {

    public static PollFds allocate(SegmentAllocator allocator, int count) {
        Linkage.require();
        return new PollFds(allocator.allocate((long) count * Linux.POLLFD_BYTE_SIZE(), Integer.BYTES), count);
    }

    public void set(int index, int descriptor, int events) {
        segment.set(ValueLayout.JAVA_INT, at(index) + Linux.POLLFD_FD_OFFSET(), descriptor);
        segment.set(ValueLayout.JAVA_SHORT, at(index) + Linux.POLLFD_EVENTS_OFFSET(), (short) events);
    }

    /** What the kernel found. */
    public int ready(int index) {
        return segment.get(ValueLayout.JAVA_SHORT, at(index) + Linux.POLLFD_REVENTS_OFFSET());
    }

    private static long at(int index) {
        return (long) index * Linux.POLLFD_BYTE_SIZE();
    }
}
