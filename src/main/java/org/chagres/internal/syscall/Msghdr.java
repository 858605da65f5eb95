package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/**
 * A {@code struct msghdr} in native memory: what a message is made of, or what it is received into. With the pieces of
 * the user's memory, which the call keeps alive; name and control memory are the library's own.
 */
public final class Msghdr {
    private final MemorySegment segment;
    private Iovecs pieces = Iovecs.NONE;

    Msghdr(MemorySegment segment) {
        this.segment = segment;
    }

    /** Of nothing yet. */
    public static Msghdr allocate(SegmentAllocator allocator) {
        Linkage.require();
        return new Msghdr(
                allocator.allocate(Linux.MSGHDR_BYTE_SIZE(), Long.BYTES).fill((byte) 0));
    }

    /** The address that it goes to, or room for that which it comes from; {@code NULL} and 0 for none. */
    public void setName(MemorySegment name, int length) {
        putAddress(Linux.MSGHDR_MSG_NAME_OFFSET(), name);
        setNameLength(length);
    }

    /** Has so many bytes of the same memory be the address, or the room for one; 0 for none. */
    public void setNameLength(int length) {
        segment.set(ValueLayout.JAVA_INT, Linux.MSGHDR_MSG_NAMELEN_OFFSET(), length);
    }

    /** How long the address is that it came from: 0 if it has none, and more than there was room if it was cut. */
    public int nameLength() {
        return segment.get(ValueLayout.JAVA_INT, Linux.MSGHDR_MSG_NAMELEN_OFFSET());
    }

    /** Where its bytes are, or go. */
    public void setPieces(Iovecs vector) {
        segment.set(ValueLayout.JAVA_LONG, Linux.MSGHDR_MSG_IOV_OFFSET(), vector.address());
        segment.set(ValueLayout.JAVA_LONG, Linux.MSGHDR_MSG_IOVLEN_OFFSET(), vector.count());
        pieces = vector;
    }

    /** Its control messages, or room for them; {@code NULL} and 0 for none. */
    public void setControl(MemorySegment control, long byteSize) {
        putAddress(Linux.MSGHDR_MSG_CONTROL_OFFSET(), control);
        segment.set(ValueLayout.JAVA_LONG, Linux.MSGHDR_MSG_CONTROLLEN_OFFSET(), byteSize);
    }

    /** As of a message of no bytes, from nobody, with nothing; answers 0. */
    public int setToNothing() {
        setNameLength(0);
        segment.set(ValueLayout.JAVA_LONG, Linux.MSGHDR_MSG_CONTROLLEN_OFFSET(), 0L);
        return 0;
    }

    /** How much of the room control messages took. */
    public long controlByteSize() {
        return segment.get(ValueLayout.JAVA_LONG, Linux.MSGHDR_MSG_CONTROLLEN_OFFSET());
    }

    /** Of a message received: whether something was cut off, and what else the kernel tells. */
    public int flags() {
        return segment.get(ValueLayout.JAVA_INT, Linux.MSGHDR_MSG_FLAGS_OFFSET());
    }

    /** The same for a call by another thread, while the present one waits for it: see {@link Iovecs#onBehalf}. */
    public Msghdr onBehalf() {
        Msghdr same = new Msghdr(segment);
        same.pieces = pieces.onBehalf();
        return same;
    }

    private void putAddress(long offset, MemorySegment memory) {
        segment.set(ValueLayout.JAVA_LONG, offset, memory.address());
    }

    long address() {
        return segment.address();
    }

    /** Where its bytes are, or go. */
    public Iovecs pieces() {
        return pieces;
    }
}
