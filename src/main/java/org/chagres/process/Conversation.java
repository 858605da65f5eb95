package org.chagres.process;

import static java.util.Objects.requireNonNull;
import static org.chagres.process.ChildProcess.ERROR;
import static org.chagres.process.ChildProcess.INPUT;
import static org.chagres.process.ChildProcess.OUTPUT;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.StandardStream;
import org.chagres.internal.resource.OpenDescriptor;

/**
 * Writing a child's input and reading what it writes, all at once; what was done stays, if it has to be gone on with.
 */
final class Conversation {
    private static final int PIECE = 64 << 10;

    private final ChildProcess child;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock.
    private final Map<StandardStream, ByteArrayOutputStream> read = new EnumMap<>(StandardStream.class);
    private byte[] input = new byte[0];
    private int written;

    /** Input not yet begun with; guarded by itself, as is closing the input when there is none. */
    private final Queue<byte[]> added = new ArrayDeque<>();

    Conversation(ChildProcess child) {
        this.child = child;
        read.put(StandardStream.OUTPUT, new ByteArrayOutputStream());
        read.put(StandardStream.ERROR, new ByteArrayOutputStream());
    }

    Optional<Completed> goOn(byte[] more, long limit, long nanos) throws IOException, InterruptedException {
        requireNonNull(more, "input");
        long deadline = System.nanoTime() + nanos; // not looked at if there is none
        add(more); // before anything can end the wait: going on takes no input
        if (!lock.tryLock(nanos, TimeUnit.NANOSECONDS)) {
            return Optional.empty();
        }
        try {
            Map<Pollable, Set<Readiness>> open = new HashMap<>();
            child.findSink(INPUT)
                    .filter(Pollable::isOpen)
                    .ifPresent(sink -> open.put(sink, Set.of(Readiness.WRITABLE)));
            child.findSource(OUTPUT)
                    .filter(Pollable::isOpen)
                    .ifPresent(source -> open.put(source, Set.of(Readiness.READABLE)));
            child.findSource(ERROR)
                    .filter(Pollable::isOpen)
                    .ifPresent(source -> open.put(source, Set.of(Readiness.READABLE)));
            closeInputIfDone(open);
            byte[] piece = new byte[PIECE];
            while (!open.isEmpty()) {
                Set<Pollable> ready =
                        Pollable.tryPoll(open, rest(deadline, nanos)).keySet();
                if (ready.isEmpty()) {
                    return Optional.empty();
                }
                for (Pollable one : ready) {
                    if (one instanceof ByteSink sink) {
                        write(sink, open);
                    } else if (one instanceof ByteSource source && !read(source, piece, limit)) {
                        open.remove(source);
                        source.close();
                    }
                }
            }
            return child.tryAwait(rest(deadline, nanos))
                    .map(termination -> new Completed(
                            termination,
                            collected(StandardStream.OUTPUT).toByteArray(),
                            collected(StandardStream.ERROR).toByteArray()));
        } finally {
            lock.unlock();
        }
    }

    private static Duration rest(long deadline, long nanos) {
        return Duration.ofNanos(nanos == OpenDescriptor.FOREVER ? nanos : deadline - System.nanoTime());
    }

    private void add(byte[] more) {
        if (more.length == 0) {
            return;
        }
        synchronized (added) {
            if (child.findSink(INPUT).filter(Pollable::isOpen).isEmpty()) {
                throw new IllegalStateException(
                        "the input of " + child + " is no open pipe, so nothing can be written to it");
            }
            added.add(more.clone());
        }
    }

    private void write(ByteSink sink, Map<Pollable, Set<Readiness>> open) throws IOException, InterruptedException {
        try {
            int size = Math.min(input.length - written, PIECE);
            written += (int) sink.tryWrite(MemorySegment.ofArray(input).asSlice(written, size), Duration.ZERO);
        } catch (ErrnoException failure) {
            if (failure.errno() != Errno.EPIPE) {
                throw failure;
            }
            closeInput(open); // it does not want to know
            return;
        }
        closeInputIfDone(open);
    }

    private void closeInputIfDone(Map<Pollable, Set<Readiness>> open) {
        synchronized (added) {
            if (written == input.length) {
                byte[] next = added.poll();
                if (next == null) {
                    closeInput(open);
                } else {
                    input = next;
                    written = 0;
                }
            }
        }
    }

    private void closeInput(Map<Pollable, Set<Readiness>> open) {
        synchronized (added) {
            added.clear();
            child.findSink(INPUT).ifPresent(sink -> {
                open.remove(sink);
                sink.close();
            });
        }
    }

    /** Whether there may be more. */
    private boolean read(ByteSource source, byte[] piece, long limit) throws IOException, InterruptedException {
        long count = source.tryRead(MemorySegment.ofArray(piece), Duration.ZERO);
        if (count > 0) {
            boolean isOutput =
                    child.findSource(OUTPUT).filter(output -> output == source).isPresent();
            collected(isOutput ? StandardStream.OUTPUT : StandardStream.ERROR).write(piece, 0, (int) count);
            long size = (long) collected(StandardStream.OUTPUT).size()
                    + collected(StandardStream.ERROR).size();
            if (size > limit) {
                throw new IOException(child + " wrote more than " + limit + " bytes");
            }
        }
        return count >= 0;
    }

    private ByteArrayOutputStream collected(StandardStream stream) {
        return requireNonNull(read.get(stream));
    }
}
