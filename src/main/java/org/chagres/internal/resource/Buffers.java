package org.chagres.internal.resource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Native memory for the length of one call, used again and again: clearing new memory would cost more than the call.
 * What is in it is what the last user left.
 */
public final class Buffers {
    /** For one number. */
    public static final int SMALL = Long.BYTES;

    /** For the parts of a message beside its bytes. */
    public static final int MESSAGE = 1 << 10;

    /** What streams and text adapters of the JDK ask for at a time. */
    public static final int MEDIUM = 8 << 10;

    /** What a pipe holds. */
    public static final int LARGE = 64 << 10;

    private static final int SLOTS = 8; // a size

    private static final AtomicReferenceArray<MemorySegment> FREE = new AtomicReferenceArray<>(4 * SLOTS);

    private Buffers() {}

    /** Memory of at least so many bytes, but never more than {@link #LARGE}; to be given back. */
    public static MemorySegment take(long byteSize) {
        int size = byteSize <= SMALL ? SMALL : byteSize <= MESSAGE ? MESSAGE : byteSize <= MEDIUM ? MEDIUM : LARGE;
        int first = firstSlot(size);
        for (int slot = first; slot < first + SLOTS; slot++) {
            if (FREE.getPlain(slot) != null) {
                MemorySegment memory = FREE.getAndSet(slot, null);
                if (memory != null) {
                    return memory;
                }
            }
        }
        return Arena.ofAuto().allocate(size, Long.BYTES);
    }

    /** Gives back what {@link #take} answered; the collector has it where there are enough. */
    public static void give(MemorySegment memory) {
        int first = firstSlot(memory.byteSize());
        for (int slot = first; slot < first + SLOTS; slot++) {
            if (FREE.getPlain(slot) == null && FREE.compareAndSet(slot, null, memory)) {
                return;
            }
        }
    }

    private static int firstSlot(long size) {
        return size == SMALL ? 0 : size == MESSAGE ? SLOTS : size == MEDIUM ? 2 * SLOTS : 3 * SLOTS;
    }
}
