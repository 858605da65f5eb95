package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/**
 * {@code struct group_source_req} in native memory: a group of receivers, and a sender to it. Its beginning is a
 * {@code struct group_req}, of the group alone.
 */
public record GroupSourceReq(MemorySegment segment) {
    public static final int BYTE_SIZE = Linkage.POSSIBLE ? Linux.GROUP_SOURCE_REQ_BYTE_SIZE() : 0;
    public static final int BYTE_SIZE_OF_GROUP = Linkage.POSSIBLE ? Linux.GROUP_REQ_BYTE_SIZE() : 0;

    public static GroupSourceReq allocate(SegmentAllocator allocator) {
        Linkage.require();
        return new GroupSourceReq(allocator.allocate(BYTE_SIZE, Long.BYTES).fill((byte) 0));
    }

    public void setInterfaceIndex(int index) {
        segment.set(ValueLayout.JAVA_INT, Linux.GROUP_SOURCE_REQ_GSR_INTERFACE_OFFSET(), index);
    }

    /** The address of the group. */
    public void setGroup(MemorySegment address, int length) {
        MemorySegment.copy(address, 0, segment, Linux.GROUP_SOURCE_REQ_GSR_GROUP_OFFSET(), length);
    }

    /** The address of the sender. */
    public void setSource(MemorySegment address, int length) {
        MemorySegment.copy(address, 0, segment, Linux.GROUP_SOURCE_REQ_GSR_SOURCE_OFFSET(), length);
    }
}
