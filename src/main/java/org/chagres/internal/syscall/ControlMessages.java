package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/**
 * Control messages in native memory, one after the other ({@code cmsg(3)}): to be written with {@link #append} and to
 * be read with {@link #next}.
 *
 * <pre>
 *    0        8       12     16                      aligned to 8
 *    +--------+-------+------+--------------+--------+----
 *    | length | level | type | data         | (pad)  | next …
 *    +--------+-------+------+--------------+--------+----
 *    |&lt;-------------- length -------------->|
 *    |&lt;------------------- space -------------------->|
 * </pre>
 */
public final class ControlMessages {
    private final MemorySegment segment;
    private final long end;
    private long at;
    private long next;

    private ControlMessages(MemorySegment segment, long end) {
        this.segment = segment;
        this.end = end;
    }

    /** In memory that is to be filled; aligned to 8. */
    public static ControlMessages in(MemorySegment memory) {
        Linkage.require();
        return new ControlMessages(memory, memory.byteSize());
    }

    /** Those that were received into a memory; so many bytes of it were taken ({@link Msghdr#controlByteSize}). */
    public static ControlMessages of(MemorySegment memory, long byteSize) {
        Linkage.require();
        return new ControlMessages(memory, Math.min(byteSize, memory.byteSize()));
    }

    /** The memory that a message takes, with its padding ({@code CMSG_SPACE}). */
    public static long space(long dataByteSize) {
        return Linux.CMSG_LEN_OF_NOTHING() + aligned(dataByteSize);
    }

    /** The length of a message, without its padding ({@code CMSG_LEN}). */
    public static long length(long dataByteSize) {
        return Linux.CMSG_LEN_OF_NOTHING() + dataByteSize;
    }

    private static long aligned(long byteSize) {
        long alignment = Linux.CMSG_ALIGNMENT();
        return (byteSize + alignment - 1) & -alignment;
    }

    /** Adds a message; answers where its data go. */
    public MemorySegment append(int level, int type, long dataByteSize) {
        MemorySegment message = segment.asSlice(next, space(dataByteSize)).fill((byte) 0);
        message.set(ValueLayout.JAVA_LONG, Linux.CMSGHDR_CMSG_LEN_OFFSET(), length(dataByteSize));
        message.set(ValueLayout.JAVA_INT, Linux.CMSGHDR_CMSG_LEVEL_OFFSET(), level);
        message.set(ValueLayout.JAVA_INT, Linux.CMSGHDR_CMSG_TYPE_OFFSET(), type);
        at = next;
        next += message.byteSize();
        return data();
    }

    /** How much of the memory has been written, or read. */
    public long byteSize() {
        return next;
    }

    /** Goes to the next message, or to the first; {@code false} if there is none. */
    public boolean next() {
        if (next > end - Linux.CMSG_LEN_OF_NOTHING() || lengthAt(next) < Linux.CMSG_LEN_OF_NOTHING()) {
            return false;
        }
        at = next;
        next = at + aligned(Math.min(lengthAt(at), end - at)); // the last one may be without its padding, or cut
        return true;
    }

    private long lengthAt(long offset) {
        return segment.get(ValueLayout.JAVA_LONG, offset + Linux.CMSGHDR_CMSG_LEN_OFFSET());
    }

    public int level() {
        return segment.get(ValueLayout.JAVA_INT, at + Linux.CMSGHDR_CMSG_LEVEL_OFFSET());
    }

    public int type() {
        return segment.get(ValueLayout.JAVA_INT, at + Linux.CMSGHDR_CMSG_TYPE_OFFSET());
    }

    /** The data of this message, as much as is there. */
    public MemorySegment data() {
        long start = at + Linux.CMSG_LEN_OF_NOTHING();
        return segment.asSlice(start, Math.min(lengthAt(at), end - at) - Linux.CMSG_LEN_OF_NOTHING());
    }
}
