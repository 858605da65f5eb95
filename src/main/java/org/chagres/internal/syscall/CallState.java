package org.chagres.internal.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.chagres.internal.generated.Linux;

/**
 * The native memory one system call borrows from its thread: where {@code errno} is captured, and scratch space for a
 * small struct that the kernel fills.
 *
 * <pre>
 *    0      4          16                       256
 *    +------+----------+------------------------+
 *    | errno| (unused) | scratch                |   one block, on cache lines of its own
 *    +------+----------+------------------------+
 * </pre>
 *
 * A platform thread owns one block for its life. A virtual thread takes one from a small pool around the one call and
 * keeps none: a million virtual threads would each hold a block otherwise. No block is ever freed while a call may use
 * it: it goes to the collector with its thread, or where the pool has no slot for it.
 */
final class CallState {
    private static final long SCRATCH_OFFSET = 16;
    private static final long BYTE_SIZE = 256;
    static final long SCRATCH_BYTE_SIZE = BYTE_SIZE - SCRATCH_OFFSET;
    private static final long ALIGNMENT = 64;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private static final ThreadLocal<CallState> OF_PLATFORM_THREAD =
            new ThreadLocal<>() { // no lambda: on the start path
                @Override
                protected CallState initialValue() {
                    // The thread's map holds the block as long as the thread lives; then the collector frees it.
                    return new CallState(Arena.ofAuto(), -1);
                }
            };

    /**
     * All memory. What is read and written through a constant segment takes no more than the access; a segment in a
     * field is asked each time whether its arena is open, as well.
     */
    private static final MemorySegment EVERYTHING =
            Linkage.POSSIBLE ? MemorySegment.NULL.reinterpret(Long.MAX_VALUE) : MemorySegment.NULL;

    private final MemorySegment errno;
    private final long address;
    private final MemorySegment scratch;
    private final int slot;

    private CallState(Arena arena, int slot) {
        this.errno = arena.allocate(BYTE_SIZE, ALIGNMENT);
        this.scratch = errno.asSlice(SCRATCH_OFFSET); // once: a slice a call would be garbage a call
        this.address = errno.address();
        this.slot = slot;
    }

    /** The calling thread's block; to be given back by {@link #exit()}. */
    static CallState enter() {
        Thread thread = Thread.currentThread();
        return thread.isVirtual() ? Pool.take((int) thread.threadId()) : OF_PLATFORM_THREAD.get();
    }

    void exit() {
        if (slot >= 0) {
            Pool.give(this);
        }
    }

    /** What the linker writes errno to. */
    MemorySegment errnoSegment() {
        return errno;
    }

    int errno() {
        return EVERYTHING.get(ValueLayout.JAVA_INT, address);
    }

    /** Writes a word of {@link #scratch}; answers its address. */
    long putScratch(long offset, long value) {
        long at = address + SCRATCH_OFFSET + Objects.checkIndex(offset, SCRATCH_BYTE_SIZE - Long.BYTES + 1);
        EVERYTHING.set(ValueLayout.JAVA_LONG, at, value);
        return at;
    }

    /** Memory for a struct of up to {@value #SCRATCH_BYTE_SIZE} bytes, overwritten by the next call of this thread. */
    MemorySegment scratch() {
        return scratch;
    }

    /** Puts a time-out at the start of the scratch memory, as a {@code struct timespec}; answers its address. */
    long scratchTimeout(long nanos) {
        putScratch(Linux.TIMESPEC_TV_NSEC_OFFSET(), nanos % NANOS_PER_SECOND);
        return putScratch(Linux.TIMESPEC_TV_SEC_OFFSET(), nanos / NANOS_PER_SECOND);
    }

    /**
     * Blocks for virtual threads. A virtual thread cannot leave its carrier between take and give, so there are never
     * more blocks out than carriers; where no slot has one, a new block is made. (Should a thread ever be moved in
     * between, it only keeps its block the longer.)
     */
    private static final class Pool {
        private static final int SLOTS = 64; // a power of two, more than most machines have carriers
        private static final AtomicReferenceArray<CallState> FREE = new AtomicReferenceArray<>(SLOTS);

        static CallState take(int hint) {
            for (int i = 0; i < SLOTS; i++) {
                int slot = (hint + i) & (SLOTS - 1);
                if (FREE.getPlain(slot) != null) {
                    CallState state = FREE.getAndSet(slot, null);
                    if (state != null) {
                        return state;
                    }
                }
            }
            return new CallState(Arena.ofAuto(), hint & (SLOTS - 1));
        }

        static void give(CallState state) {
            for (int i = 0; i < SLOTS; i++) {
                int slot = (state.slot + i) & (SLOTS - 1);
                if (FREE.getPlain(slot) == null && FREE.compareAndSet(slot, null, state)) {
                    return;
                }
            }
            // Every slot is taken: the block goes to the collector.
        }
    }
}
