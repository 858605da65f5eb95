package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** An array of {@code struct epoll_event} in native memory, packed on one CPU and padded on the other. */
public record EpollEvents(MemorySegment segment) {

    public static EpollEvents allocate(SegmentAllocator allocator, int count) {
        Linkage.require();
        return new EpollEvents(allocator.allocate(count * (long) Abi.Numbers.EPOLL_EVENT_BYTE_SIZE, Long.BYTES));
    }

    /** How many fit in. */
    public int capacity() {
        return (int) (segment.byteSize() / Abi.Numbers.EPOLL_EVENT_BYTE_SIZE);
    }

    public int events(int index) {
        return segment.get(ValueLayout.JAVA_INT_UNALIGNED, at(index) + Linux.EPOLL_EVENT_EVENTS_OFFSET());
    }

    /** The number that was given as data. */
    public int number(int index) {
        return (int) segment.get(ValueLayout.JAVA_LONG_UNALIGNED, at(index) + Abi.Numbers.EPOLL_EVENT_DATA_OFFSET);
    }

    private static long at(int index) {
        return index * (long) Abi.Numbers.EPOLL_EVENT_BYTE_SIZE;
    }
}
