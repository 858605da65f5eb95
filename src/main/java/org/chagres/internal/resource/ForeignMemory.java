package org.chagres.internal.resource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Memory that came from a system call and goes by another. Its segment always belongs to an arena whose end unmaps it,
 * so that a use after close is an exception and never a crash.
 *
 * <p>Of our own arena, memory that was forgotten is unmapped by the collector. The net hangs on the segment's scope,
 * not on this object: a slice or a buffer view that is still in use keeps the memory mapped, whatever became of its
 * maker.
 */
public final class ForeignMemory {
    private final MemorySegment segment;
    private final Arena arena;
    private final Once end;
    private final Cleaner.Cleanable net;

    private ForeignMemory(MemorySegment segment, Arena arena, Once end, Cleaner.Cleanable net) {
        this.segment = segment;
        this.arena = arena;
        this.end = end;
        this.net = net;
    }

    /** How memory goes: a stateless function, called once with the segment, whose address and size are still good. */
    public interface Unmap extends Consumer<MemorySegment> {}

    /**
     * Takes charge of memory just mapped, in an arena of its own that any thread may close. If that fails, the memory
     * is unmapped before the exception leaves.
     *
     * @param kind what the log calls it, should it be forgotten, followed by {@code name}
     */
    public static ForeignMemory own(
            long address, long byteSize, boolean readOnly, Unmap unmap, String kind, Object name) {
        MemorySegment bare = MemorySegment.ofAddress(address).reinterpret(byteSize);
        Once once = new Once(bare, unmap);
        try {
            Arena arena = Arena.ofShared();
            MemorySegment segment = bare.reinterpret(arena, once);
            Cleaner.Cleanable net = SafetyNet.register(segment.scope(), once, kind, name);
            return new ForeignMemory(readOnly ? segment.asReadOnly() : segment, arena, once, net);
        } catch (Throwable failure) {
            once.run();
            throw failure;
        }
    }

    /**
     * Hands memory just mapped over to the caller's arena, whose close unmaps it; undone if the arena does not take it.
     */
    public static MemorySegment in(Arena arena, long address, long byteSize, boolean readOnly, Unmap unmap) {
        MemorySegment segment;
        try {
            segment = MemorySegment.ofAddress(address).reinterpret(byteSize, arena, unmap);
        } catch (Throwable failure) {
            unmap.accept(MemorySegment.ofAddress(address).reinterpret(byteSize));
            throw failure;
        }
        return readOnly ? segment.asReadOnly() : segment;
    }

    public MemorySegment segment() {
        return segment;
    }

    public boolean isOpen() {
        return segment.scope().isAlive();
    }

    /**
     * Unmaps; the second and later times do nothing.
     *
     * @throws IllegalStateException if a native call is using the segment at this moment: it stays open, try again
     */
    public synchronized void close() {
        // One at a time: while the arena still waits for threads in the middle of an access it says it is closed
        // already, and a second closer that went on to the net would unmap the memory under them.
        if (isOpen()) {
            arena.close();
            net.clean();
        }
    }

    /**
     * Closes without unmapping: the segment is dead from here on, and the caller has charge of what is mapped there.
     *
     * @throws IllegalStateException as {@link #close()} does; nothing has happened then
     */
    synchronized void retire() {
        end.disarm();
        try {
            arena.close();
        } catch (IllegalStateException inUse) {
            end.arm();
            throw inUse;
        }
        net.clean();
    }

    /** The end of the memory, wherever it comes from: the arena's close or the collector. The first one does it. */
    private static final class Once implements Consumer<MemorySegment>, SafetyNet.Release {
        private final MemorySegment memory;
        private final Unmap unmap;
        private final AtomicBoolean done = new AtomicBoolean();

        Once(MemorySegment memory, Unmap unmap) {
            this.memory = memory;
            this.unmap = unmap;
        }

        @Override
        public void accept(MemorySegment sameMemory) {
            run();
        }

        void disarm() {
            done.set(true);
        }

        void arm() {
            done.set(false);
        }

        @Override
        public boolean run() {
            boolean first = done.compareAndSet(false, true);
            if (first) {
                unmap.accept(memory);
            }
            return first;
        }
    }
}
