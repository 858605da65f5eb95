package org.chagres.internal.view;

import static java.util.Objects.requireNonNull;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Buffers;
import org.chagres.internal.resource.Copies;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.resource.OpenDescriptor;

/** Reads and writes of everything that has a descriptor: answers become results and exceptions here. */
public final class Transfers {
    private Transfers() {}

    /** Reads what there is: how many bytes, -1 at the end, 0 if the time was over or there is no room. */
    public static long read(OpenDescriptor from, MemorySegment into, long nanos)
            throws IOException, InterruptedException {
        requireWritable(into);
        if (into.isNative()) {
            return countRead(from.read(into, nanos), from, into.byteSize());
        }
        MemorySegment buffer = Buffers.take(into.byteSize());
        try {
            MemorySegment copy = part(buffer, into.byteSize());
            long count = countRead(from.read(copy, nanos), from, copy.byteSize());
            MemorySegment.copy(copy, 0, into, 0, Math.max(count, 0));
            return count;
        } finally {
            Buffers.give(buffer);
        }
    }

    /** Writes some: how many bytes, 0 if the time was over or there are none. */
    public static long write(OpenDescriptor to, MemorySegment from, long nanos)
            throws IOException, InterruptedException {
        if (from.isNative()) {
            return countWritten(to.write(from, nanos), to, from.byteSize());
        }
        MemorySegment buffer = Buffers.take(from.byteSize());
        try {
            MemorySegment copy = part(buffer, from.byteSize());
            MemorySegment.copy(from, 0, copy, 0, copy.byteSize());
            return countWritten(to.write(copy, nanos), to, copy.byteSize());
        } finally {
            Buffers.give(buffer);
        }
    }

    /** As much of a buffer as is wanted, or all. */
    private static MemorySegment part(MemorySegment buffer, long byteSize) {
        return byteSize < buffer.byteSize() ? buffer.asSlice(0, byteSize) : buffer;
    }

    /** Reads into several pieces of memory. */
    public static long read(OpenDescriptor from, List<MemorySegment> into, long nanos)
            throws IOException, InterruptedException {
        into.forEach(Transfers::requireWritable);
        List<MemorySegment> pieces = notEmpty(into);
        if (pieces.size() == 1) {
            return read(from, pieces.getFirst(), nanos);
        }
        long size = byteSize(pieces);
        if (canGoTogether(pieces)) {
            return countRead(from.read(pieces, nanos), from, size);
        }
        pieces.forEach(OpenDescriptor::checkUsable); // before bytes are read that have nowhere to go
        MemorySegment buffer = Buffers.take(size);
        try {
            MemorySegment copy = part(buffer, size);
            gather(pieces, copy, "read", from); // as well, whether the pages are there
            long count = countRead(from.read(copy, nanos), from, copy.byteSize());
            scatter(copy, Math.max(count, 0), pieces, "read", from);
            return count;
        } finally {
            Buffers.give(buffer);
        }
    }

    /** Writes several pieces of memory. */
    public static long write(OpenDescriptor to, List<MemorySegment> from, long nanos)
            throws IOException, InterruptedException {
        List<MemorySegment> pieces = notEmpty(from);
        if (pieces.size() == 1) {
            return write(to, pieces.getFirst(), nanos);
        }
        long size = byteSize(pieces);
        if (canGoTogether(pieces)) {
            return countWritten(to.write(pieces, nanos), to, size);
        }
        MemorySegment buffer = Buffers.take(size);
        try {
            MemorySegment copy = part(buffer, size);
            gather(pieces, copy, "write", to);
            return countWritten(to.write(copy, nanos), to, copy.byteSize());
        } finally {
            Buffers.give(buffer);
        }
    }

    /** Puts pieces together, as many bytes as there is room for. */
    public static void gather(List<MemorySegment> pieces, MemorySegment into, String call, OpenDescriptor of)
            throws IOException {
        long done = 0;
        for (MemorySegment piece : pieces) {
            long count = Math.min(piece.byteSize(), into.byteSize() - done);
            copy(piece.asSlice(0, count), into.asSlice(done, count), piece, call, of);
            done += count;
        }
    }

    /** Spreads so many bytes over pieces. */
    public static void scatter(
            MemorySegment from, long byteSize, List<MemorySegment> pieces, String call, OpenDescriptor of)
            throws IOException {
        long done = 0;
        for (MemorySegment piece : pieces) {
            long count = Math.min(piece.byteSize(), byteSize - done);
            copy(from.asSlice(done, count), piece.asSlice(0, count), piece, call, of);
            done += count;
        }
    }

    /** Native memory may be a file's that has become shorter: then the kernel says so, where the JVM would fault. */
    private static void copy(
            MemorySegment from, MemorySegment into, MemorySegment users, String call, OpenDescriptor of)
            throws IOException {
        int answer = users.isNative() ? Copies.checked(from, into, users) : -Errno.ENOSYS.number();
        if (answer == -Errno.ENOSYS.number() || answer == -Errno.EPERM.number()) { // a sandbox denies it, perhaps
            MemorySegment.copy(from, 0, into, 0, from.byteSize());
        } else {
            checked(answer, call, () -> "copying " + from.byteSize() + " bytes for " + of);
        }
    }

    private static boolean canGoTogether(List<MemorySegment> pieces) {
        return pieces.size() <= OpenDescriptor.MOST_PIECES
                && !pieces.isEmpty()
                && pieces.stream().allMatch(MemorySegment::isNative);
    }

    private static List<MemorySegment> notEmpty(List<MemorySegment> pieces) {
        return pieces.stream().filter(piece -> piece.byteSize() > 0).toList();
    }

    private static long byteSize(List<MemorySegment> pieces) {
        return pieces.stream().mapToLong(MemorySegment::byteSize).reduce(0, Math::addExact);
    }

    /** Reads at an offset of a file. */
    public static long readAt(OpenDescriptor from, MemorySegment into, long offset) throws IOException {
        requireWritable(into);
        if (into.isNative()) {
            long answer = from.askLong(number -> DescriptorObject.readAt(number, into, offset));
            checked(answer, "pread", () -> "reading up to " + into.byteSize() + " bytes at " + offset + " of " + from);
            return answer == 0 && into.byteSize() > 0 ? -1 : answer;
        }
        MemorySegment buffer = Buffers.take(into.byteSize());
        try {
            MemorySegment copy = part(buffer, into.byteSize());
            long count = readAt(from, copy, offset);
            MemorySegment.copy(copy, 0, into, 0, Math.max(count, 0));
            return count;
        } finally {
            Buffers.give(buffer);
        }
    }

    /** Writes at an offset of a file. */
    public static long writeAt(OpenDescriptor to, MemorySegment from, long offset) throws IOException {
        if (requireNonNull(from, "from").isNative()) {
            return checked(
                    to.askLong(number -> DescriptorObject.writeAt(number, from, offset)),
                    "pwrite",
                    () -> "writing " + from.byteSize() + " bytes at " + offset + " of " + to);
        }
        MemorySegment buffer = Buffers.take(from.byteSize());
        try {
            long done = 0;
            long count;
            do {
                MemorySegment copy = part(buffer, from.byteSize() - done);
                MemorySegment.copy(from, done, copy, 0, copy.byteSize());
                count = done == 0 ? writeAt(to, copy, offset) : writeMoreAt(to, copy, offset + done);
                done += count;
            } while (count > 0 && done < from.byteSize());
            return done;
        } finally {
            Buffers.give(buffer);
        }
    }

    /** What was written before counts, whatever happens to the rest. */
    private static long writeMoreAt(OpenDescriptor to, MemorySegment from, long offset) {
        return Math.max(to.askLong(number -> DescriptorObject.writeAt(number, from, offset)), 0);
    }

    private static void requireWritable(MemorySegment into) {
        if (requireNonNull(into, "into").isReadOnly()) {
            throw new IllegalArgumentException("the memory is read-only, so nothing can be read into it");
        }
    }

    private static long countRead(long answer, OpenDescriptor from, long byteSize) throws IOException {
        if (answer > 0 || (answer == 0 && byteSize == 0)) {
            return answer;
        }
        return answer == 0 ? -1 : noneInTime(answer, "read", () -> "reading up to " + byteSize + " bytes from " + from);
    }

    private static long countWritten(long answer, OpenDescriptor to, long byteSize) throws IOException {
        return answer >= 0 ? answer : noneInTime(answer, "write", () -> "writing " + byteSize + " bytes to " + to);
    }

    /** 0 if the time was over; for any other reason that nothing was done it throws. */
    public static long noneInTime(long answer, String call, Supplier<String> intent) throws IOException {
        if (answer == OpenDescriptor.TIMED_OUT) {
            return 0;
        }
        throw failure(answer, call, intent.get());
    }

    /** Answers a number that is good, and throws for one that is not. */
    public static long checked(long answer, String call, Supplier<String> intent) throws IOException {
        if (answer < 0) {
            throw failure(answer, call, intent.get());
        }
        return answer;
    }

    /** {@link #checked(long, String, Supplier)} of an {@code int}. */
    public static int checked(int answer, String call, Supplier<String> intent) throws IOException {
        return (int) checked((long) answer, call, intent);
    }

    /** What is thrown for an answer. */
    public static IOException failure(long answer, String call, String intent) {
        if (answer == OpenDescriptor.WAS_CLOSED) {
            return new ClosedChannelException();
        }
        if (answer == OpenDescriptor.CLOSED) {
            return new AsynchronousCloseException();
        }
        return DescriptorFailure.of(call, (int) -answer, intent);
    }

    /** Reads until the memory is full; what was done by then is told if it cannot go on. */
    public static void readFully(OpenDescriptor from, MemorySegment into) throws IOException, InterruptedException {
        long size = into.byteSize();
        long done = 0;
        do {
            try {
                long count = read(from, done == 0 ? into : into.asSlice(done), OpenDescriptor.FOREVER);
                if (count < 0) {
                    throw new EOFException("the end came after " + done + " of " + size + " bytes");
                }
                done += count;
            } catch (InterruptedException interrupt) {
                throw partly(done, size, interrupt);
            } catch (IOException failure) {
                throw partly(done, size, failure);
            }
        } while (done < size);
    }

    /** Writes all of the memory. */
    public static void writeFully(OpenDescriptor to, MemorySegment from) throws IOException, InterruptedException {
        long size = from.byteSize();
        long done = 0;
        do {
            try {
                done += write(to, done == 0 ? from : from.asSlice(done), OpenDescriptor.FOREVER);
            } catch (InterruptedException interrupt) {
                throw partly(done, size, interrupt);
            } catch (IOException failure) {
                throw partly(done, size, failure);
            }
        } while (done < size);
    }

    /** Reads until a buffer is full; its position tells how far it got. */
    public static void readFully(OpenDescriptor from, ByteBuffer into) throws IOException, InterruptedException {
        fully(into.remaining(), done -> {
            int count = (int) read(from, MemorySegment.ofBuffer(into), OpenDescriptor.FOREVER);
            into.position(into.position() + Math.max(count, 0));
            return count;
        });
    }

    /** Writes all of a buffer; its position tells how far it got. */
    public static void writeFully(OpenDescriptor to, ByteBuffer from) throws IOException, InterruptedException {
        fully(from.remaining(), done -> {
            int count = (int) write(to, MemorySegment.ofBuffer(from), OpenDescriptor.FOREVER);
            from.position(from.position() + count);
            return count;
        });
    }

    /** Reads until all pieces of memory are full. */
    public static void readFully(OpenDescriptor from, List<MemorySegment> into)
            throws IOException, InterruptedException {
        fully(byteSize(into), done -> read(from, rest(into, done), OpenDescriptor.FOREVER));
    }

    /** Writes all pieces of memory. */
    public static void writeFully(OpenDescriptor to, List<MemorySegment> from)
            throws IOException, InterruptedException {
        fully(byteSize(from), done -> write(to, rest(from, done), OpenDescriptor.FOREVER));
    }

    /** One step of a transfer that is repeated until all is done; how many bytes, or -1 at the end. */
    @FunctionalInterface
    private interface Step {
        long after(long done) throws IOException, InterruptedException;
    }

    /** Where a step makes garbage anyway; of one piece of memory the loops above make none. */
    private static void fully(long size, Step step) throws IOException, InterruptedException {
        long done = 0;
        do {
            try {
                long count = step.after(done);
                if (count < 0) {
                    throw new EOFException("the end came after " + done + " of " + size + " bytes");
                }
                done += count;
            } catch (InterruptedException interrupt) {
                throw partly(done, size, interrupt);
            } catch (IOException failure) {
                throw partly(done, size, failure);
            }
        } while (done < size);
    }

    /** The pieces without the bytes that are done. */
    private static List<MemorySegment> rest(List<MemorySegment> pieces, long done) {
        if (done == 0) {
            return pieces;
        }
        List<MemorySegment> rest = new ArrayList<>();
        long before = 0;
        for (MemorySegment piece : pieces) {
            long skipped = Math.clamp(done - before, 0, piece.byteSize());
            rest.add(piece.asSlice(skipped));
            before += piece.byteSize();
        }
        return rest;
    }

    /** An interrupt after some bytes must tell how many, and so becomes another exception. */
    private static InterruptedIOException partly(long done, long size, InterruptedException interrupt)
            throws InterruptedException {
        if (done == 0) {
            throw interrupt;
        }
        Thread.currentThread().interrupt();
        return interrupted(done, size);
    }

    /** What is thrown where an interrupt meets a method that may not throw {@link InterruptedException}. */
    static InterruptedIOException interrupted(long done, long size) {
        InterruptedIOException partly =
                new InterruptedIOException("interrupted after " + done + " of " + size + " bytes");
        partly.bytesTransferred = (int) Math.min(done, Integer.MAX_VALUE);
        return partly;
    }

    private static IOException partly(long done, long size, IOException failure) {
        if (done == 0 || failure instanceof EOFException) {
            return failure;
        }
        String progress = "after " + done + " of " + size + " bytes";
        if (failure instanceof ErrnoException errno) {
            return DescriptorFailure.of(errno.call(), errno.number(), errno.intent() + ", " + progress);
        }
        IOException closed = new AsynchronousCloseException(); // between two steps too
        closed.initCause(new IOException("closed " + progress));
        return closed;
    }
}
