package org.chagres.internal.view;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;

/** Reads and writes of everything that has a descriptor: answers become results and exceptions here. */
public final class Transfers {
    /**
     * How much of memory on the heap is copied at a time: a long array must not be copied whole for each piece of it.
     */
    private static final long COPY_BYTE_SIZE = 1 << 17;

    private Transfers() {}

    /** Reads what there is: how many bytes, -1 at the end, 0 if the time was over or there is no room. */
    public static long read(OpenDescriptor from, MemorySegment into, long nanos, Object what)
            throws IOException, InterruptedException {
        if (into.isReadOnly()) {
            throw new IllegalArgumentException("the memory is read-only, so nothing can be read into it");
        }
        if (!into.isNative()) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment copy = arena.allocate(Math.min(into.byteSize(), COPY_BYTE_SIZE));
                long count = read(from, copy, nanos, what);
                MemorySegment.copy(copy, 0, into, 0, Math.max(count, 0));
                return count;
            }
        }
        long answer = from.read(into, nanos);
        if (answer == 0 && into.byteSize() > 0) {
            return -1;
        }
        return counted(answer, "read", "reading up to ", into.byteSize(), " bytes from ", what);
    }

    /** Writes some: how many bytes, 0 if the time was over or there are none. */
    public static long write(OpenDescriptor to, MemorySegment from, long nanos, Object what)
            throws IOException, InterruptedException {
        if (!from.isNative()) {
            try (Arena arena = Arena.ofConfined()) {
                long size = Math.min(from.byteSize(), COPY_BYTE_SIZE);
                return write(to, arena.allocate(size).copyFrom(from.asSlice(0, size)), nanos, what);
            }
        }
        return counted(to.write(from, nanos), "write", "writing ", from.byteSize(), " bytes to ", what);
    }

    private static long counted(long answer, String call, String doing, long byteSize, String where, Object what)
            throws IOException {
        if (answer >= 0) {
            return answer;
        }
        if (answer == OpenDescriptor.TIMED_OUT) {
            return 0;
        }
        throw failure(answer, call, doing + byteSize + where + what);
    }

    /** Answers a number that is good, and throws for one that is not. */
    public static int checked(int answer, String call, String intent) throws IOException {
        if (answer < 0) {
            throw failure(answer, call, intent);
        }
        return answer;
    }

    private static IOException failure(long answer, String call, String intent) {
        if (answer == OpenDescriptor.WAS_CLOSED) {
            return new ClosedChannelException();
        }
        if (answer == OpenDescriptor.CLOSED) {
            return new AsynchronousCloseException();
        }
        return new ErrnoException(call, (int) -answer, intent);
    }

    /** One step of a transfer that is repeated until all is done. */
    @FunctionalInterface
    public interface Step {
        long transfer(MemorySegment rest) throws IOException, InterruptedException;
    }

    /** Repeats until the memory is full, or written; what was done by then is told if it cannot go on. */
    public static void fully(MemorySegment memory, Step step) throws IOException, InterruptedException {
        long done = 0;
        while (done < memory.byteSize()) {
            long count;
            try {
                count = step.transfer(memory.asSlice(done));
            } catch (InterruptedException interrupt) {
                if (done == 0) {
                    throw interrupt;
                }
                Thread.currentThread().interrupt();
                InterruptedIOException partial =
                        new InterruptedIOException("interrupted after " + done + " of " + memory.byteSize() + " bytes");
                partial.bytesTransferred = (int) Math.min(done, Integer.MAX_VALUE);
                throw partial;
            } catch (ClosedChannelException closed) { // between two steps, or before the first
                throw done == 0 ? closed : new AsynchronousCloseException();
            }
            if (count < 0) {
                throw new EOFException("the end came after " + done + " of " + memory.byteSize() + " bytes");
            }
            done += count;
        }
    }
}
