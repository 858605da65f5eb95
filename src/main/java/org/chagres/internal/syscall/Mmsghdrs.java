package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.chagres.internal.generated.Linux;

/**
 * An array of {@code struct mmsghdr} in native memory: several messages for one call. The call keeps alive the memory
 * that it is told, and no other: a user's memory of more than {@link Iovecs#MOST} arenas is copied before.
 */
public final class Mmsghdrs {
    private final MemorySegment array;
    private final Msghdr[] messages;
    private final Iovecs kept;

    private Mmsghdrs(MemorySegment array, Msghdr[] messages, Iovecs kept) {
        this.array = array;
        this.messages = messages;
        this.kept = kept;
    }

    /** Of nothing yet; {@code kept} holds a segment of each arena that the messages will have memory of. */
    public static Mmsghdrs allocate(SegmentAllocator allocator, int count, Iovecs kept) {
        Linkage.require();
        MemorySegment array =
                allocator.allocate(Math.multiplyExact(count, (long) Linux.MMSGHDR_BYTE_SIZE()), Long.BYTES);
        array.fill((byte) 0);
        Msghdr[] messages = new Msghdr[count];
        for (int i = 0; i < count; i++) {
            long at = (long) i * Linux.MMSGHDR_BYTE_SIZE() + Linux.MMSGHDR_MSG_HDR_OFFSET();
            messages[i] = new Msghdr(array.asSlice(at, Linux.MSGHDR_BYTE_SIZE()));
        }
        return new Mmsghdrs(array, messages, kept);
    }

    /** So many of them from one on; the same memory. */
    public Mmsghdrs range(int first, int count) {
        if (first == 0 && count == messages.length) {
            return this;
        }
        long at = (long) first * Linux.MMSGHDR_BYTE_SIZE();
        return new Mmsghdrs(
                array.asSlice(at, (long) count * Linux.MMSGHDR_BYTE_SIZE()),
                Arrays.copyOfRange(messages, first, first + count),
                kept);
    }

    /** How many messages there can be. */
    public int count() {
        return messages.length;
    }

    public Msghdr message(int index) {
        return messages[index];
    }

    /** How many bytes of a message were sent or received. */
    public int byteSize(int index) {
        long at = (long) index * Linux.MMSGHDR_BYTE_SIZE() + Linux.MMSGHDR_MSG_LEN_OFFSET();
        return array.get(ValueLayout.JAVA_INT, at);
    }

    /** {@link Msghdr#setToNothing} of one of them; answers 0. */
    public int setToNothing(int index) {
        long at = (long) index * Linux.MMSGHDR_BYTE_SIZE() + Linux.MMSGHDR_MSG_LEN_OFFSET();
        array.set(ValueLayout.JAVA_INT, at, 0);
        return messages[index].setToNothing();
    }

    /** The same for a call by another thread, while the present one waits for it: see {@link Iovecs#onBehalf}. */
    public Mmsghdrs onBehalf() {
        return new Mmsghdrs(array, messages, kept.onBehalf());
    }

    long address() {
        return array.address();
    }

    Iovecs kept() {
        return kept;
    }
}
