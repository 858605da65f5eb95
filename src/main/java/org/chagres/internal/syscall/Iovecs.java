package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.chagres.internal.generated.Linux;

/**
 * An array of {@code struct iovec} in native memory: several pieces of memory, read or written as if they were one.
 * With the pieces themselves, as many as a call can keep alive.
 */
public final class Iovecs {
    /** How many pieces there can be. */
    public static final int MOST = 4;

    /** No pieces: where one piece of memory is given instead. */
    public static final Iovecs NONE = new Iovecs(MemorySegment.NULL, nothing(), 0);

    private final MemorySegment array;
    private final MemorySegment[] pieces;
    private final int count;

    private Iovecs(MemorySegment array, MemorySegment[] pieces, int count) {
        this.array = array;
        this.pieces = pieces;
        this.count = count;
    }

    /** Of at most {@value #MOST} pieces of native memory. */
    public static Iovecs of(List<MemorySegment> pieces, SegmentAllocator allocator) {
        Linkage.require();
        MemorySegment array =
                allocator.allocate(Math.multiplyExact(pieces.size(), Linux.IOVEC_BYTE_SIZE()), Long.BYTES);
        MemorySegment[] kept = nothing();
        for (int i = 0; i < pieces.size(); i++) {
            kept[i] = pieces.get(i);
            long at = (long) i * Linux.IOVEC_BYTE_SIZE();
            array.set(ValueLayout.JAVA_LONG, at + Linux.IOVEC_IOV_BASE_OFFSET(), kept[i].address());
            array.set(ValueLayout.JAVA_LONG, at + Linux.IOVEC_IOV_LEN_OFFSET(), kept[i].byteSize());
        }
        return new Iovecs(array, kept, pieces.size());
    }

    private static MemorySegment[] nothing() {
        return new MemorySegment[] {MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL};
    }

    /**
     * The same for a call by another thread, while the present one waits for it: so what is confined to the present
     * one stays as it is.
     */
    public Iovecs onBehalf() {
        MemorySegment[] shared = nothing();
        for (int i = 0; i < count; i++) {
            if (pieces[i].isAccessibleBy(Thread.currentThread())) {
                shared[i] = pieces[i];
            }
        }
        return new Iovecs(array, shared, count);
    }

    /** How many pieces there are. */
    public int count() {
        return count;
    }

    /** Has a piece count for so many bytes only, or for more than it has: then it must not be sent. */
    public void setByteSize(int index, long byteSize) {
        array.set(
                ValueLayout.JAVA_LONG, (long) index * Linux.IOVEC_BYTE_SIZE() + Linux.IOVEC_IOV_LEN_OFFSET(), byteSize);
    }

    /** How many bytes a piece counts for. */
    public long byteSize(int index) {
        return array.get(ValueLayout.JAVA_LONG, (long) index * Linux.IOVEC_BYTE_SIZE() + Linux.IOVEC_IOV_LEN_OFFSET());
    }

    long address() {
        return array.address();
    }

    /** A piece, or {@link MemorySegment#NULL} where there is none. */
    public MemorySegment segment(int index) {
        return pieces[index];
    }
}
