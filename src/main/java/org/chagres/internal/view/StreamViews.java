package org.chagres.internal.view;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.chagres.internal.resource.Buffers;
import org.chagres.internal.resource.Messages;
import org.chagres.internal.resource.OpenDescriptor;

/** Sends and receives of streams in certain ways: answers become results and exceptions here. */
public final class StreamViews {
    private StreamViews() {}

    /** How many bytes were sent; 0 if the time was over. */
    public static long send(OpenDescriptor socket, MemorySegment bytes, int flags, long nanos)
            throws IOException, InterruptedException {
        if (!requireNonNull(bytes, "bytes").isNative()) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment some = bytes.asSlice(0, sizeOfCopy(bytes, flags & Messages.OUT_OF_BAND));
                return send(socket, arena.allocate(some.byteSize()).copyFrom(some), flags, nanos);
            }
        }
        long answer = Messages.send(socket, bytes, flags, nanos);
        return answer == OpenDescriptor.TIMED_OUT ? 0 : SocketViews.checked(answer, "send", socket, "sending by");
    }

    /** How many bytes came; -1 at the end, 0 if the time was over or there is no room. */
    public static long receive(OpenDescriptor socket, MemorySegment into, int flags, long nanos)
            throws IOException, InterruptedException {
        SocketViews.requireWritable(into);
        if (!into.isNative()) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment copy = arena.allocate(sizeOfCopy(into, flags & (Messages.WAIT_ALL | Messages.PEEK)));
                long count = receive(socket, copy, flags, nanos);
                MemorySegment.copy(copy, 0, into, 0, Math.max(count, 0));
                return count;
            }
        }
        long start = System.nanoTime();
        long count = received(socket, into, flags, into.byteSize() == 0 ? 0 : nanos); // as read(2), not as recv(2)
        if ((flags & Messages.WAIT_ALL) == 0 || (flags & (Messages.PEEK | Messages.OUT_OF_BAND)) != 0) {
            return count;
        }
        return count <= 0 ? count : filled(socket, into, count, flags, nanos, start);
    }

    /** As of {@code read} and {@code write}, unless a flag is about all of the memory. */
    private static long sizeOfCopy(MemorySegment memory, int flagsAboutAll) {
        return flagsAboutAll == 0 ? Math.min(memory.byteSize(), Buffers.LARGE) : memory.byteSize();
    }

    private static long received(OpenDescriptor socket, MemorySegment into, int flags, long nanos)
            throws IOException, InterruptedException {
        long answer = Messages.receive(socket, into, flags, nanos);
        if (answer == OpenDescriptor.TIMED_OUT) {
            return 0;
        }
        SocketViews.checked(answer, "recv", socket, "receiving by");
        return answer == 0 && into.byteSize() > 0 ? -1 : answer;
    }

    /** The kernel stops early at a signal, and where it may not wait in the call: so go on with the rest. */
    private static long filled(
            OpenDescriptor socket, MemorySegment into, long first, int flags, long nanos, long start) {
        long done = first;
        try {
            while (done < into.byteSize()) {
                long rest = nanos == OpenDescriptor.FOREVER ? nanos : nanos - (System.nanoTime() - start);
                long answer = Messages.receive(socket, into.asSlice(done), flags, rest);
                if (answer <= 0) {
                    socket.owe(answer);
                    break; // the end is there, too, for the next call
                }
                done += answer;
            }
        } catch (InterruptedException late) {
            Thread.currentThread().interrupt(); // what came counts
        }
        return done;
    }
}
