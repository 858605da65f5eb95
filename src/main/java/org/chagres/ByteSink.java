package org.chagres;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.List;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DescriptorChannel;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.SinkOutputStream;
import org.chagres.internal.view.TextOutputStream;
import org.chagres.internal.view.Transfers;
import org.chagres.pipe.PipeSink;
import org.chagres.process.ChildSink;
import org.chagres.socket.StreamSocket;

/**
 * What bytes can be written to. Waits, for room, end as those of {@link ByteSource} do.
 *
 * <p><b>Memory.</b> Native memory is written directly, memory on the heap by way of a copy, of at most 64 KiB at a
 * time.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/write.2.html">write(2)</a>
 */
public sealed interface ByteSink extends Pollable permits Descriptor, PipeSink, ChildSink, StreamSocket {

    /**
     * Writes at least one byte, waiting until there is room ({@code write(2)}). Of native memory a platform thread
     * writes all of it, waiting for more room, unless an interrupt or a close comes; a virtual thread, and any thread
     * with memory on the heap, may leave a rest. Where it must not wait, as in a loop over what is ready, take
     * {@link #tryWrite(MemorySegment, Duration)} with no time.
     *
     * @param from what
     * @return how many bytes were written; 0 only if {@code from} is empty
     * @throws java.nio.channels.ClosedChannelException if closed; {@link java.nio.channels.AsynchronousCloseException}
     *     if meanwhile
     * @throws ErrnoException {@code EPIPE} if nobody has the other end any more (there is no {@code SIGPIPE} to care
     *     for); {@code EBADF} if this was opened for reading only; {@code ENOSPC} if the disk is full; another one with
     *     the kernel's reason
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    default long write(MemorySegment from) throws IOException, InterruptedException {
        return Transfers.write(DescriptorView.of(this), requireNonNull(from, "from"), OpenDescriptor.FOREVER);
    }

    /**
     * Writes as {@link #write(MemorySegment)} does, waiting for at most a time.
     *
     * @param from what
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many bytes were written; 0 if the time was over
     * @throws IOException as for {@link #write(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    default long tryWrite(MemorySegment from, Duration timeout) throws IOException, InterruptedException {
        return Transfers.write(DescriptorView.of(this), requireNonNull(from, "from"), Timeouts.nanos(timeout));
    }

    /**
     * Writes all of it.
     *
     * @param from what
     * @throws java.io.InterruptedIOException if the thread is interrupted when some bytes were written already: it has
     *     their number, and the interrupted status is set
     * @throws IOException as for {@link #write(MemorySegment)}; after some bytes the message, or that of the cause,
     *     says after how many
     * @throws InterruptedException if the thread is interrupted before anything was written
     */
    default void writeFully(MemorySegment from) throws IOException, InterruptedException {
        Transfers.writeFully(DescriptorView.of(this), requireNonNull(from, "from"));
    }

    /**
     * Writes several pieces of memory, one after the other, as if they were one ({@code writev(2)}). Up to four native
     * ones are written directly, otherwise it goes by way of a copy.
     *
     * @param from what
     * @return how many bytes were written; 0 only if there are none
     * @throws IOException as for {@link #write(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    default long write(List<MemorySegment> from) throws IOException, InterruptedException {
        return Transfers.write(DescriptorView.of(this), requireNonNull(from, "from"), OpenDescriptor.FOREVER);
    }

    /**
     * Writes as {@link #write(List)} does, waiting for at most a time.
     *
     * @param from what
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many bytes were written; 0 if the time was over
     * @throws IOException as for {@link #write(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    default long tryWrite(List<MemorySegment> from, Duration timeout) throws IOException, InterruptedException {
        return Transfers.write(DescriptorView.of(this), requireNonNull(from, "from"), Timeouts.nanos(timeout));
    }

    /**
     * Writes all pieces of memory.
     *
     * @param from what
     * @throws IOException as for {@link #writeFully(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted before anything was written
     */
    default void writeFully(List<MemorySegment> from) throws IOException, InterruptedException {
        Transfers.writeFully(DescriptorView.of(this), requireNonNull(from, "from"));
    }

    /**
     * Writes of a buffer, from its position to its limit, and moves the position.
     *
     * @param from what
     * @return how many bytes were written; 0 only if there are none
     * @throws IOException as for {@link #write(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    default int write(ByteBuffer from) throws IOException, InterruptedException {
        int count = (int) write(MemorySegment.ofBuffer(requireNonNull(from, "from")));
        from.position(from.position() + count);
        return count;
    }

    /**
     * Writes all of a buffer, and moves its position; if that fails by as much as was written.
     *
     * @param from what
     * @throws IOException as for {@link #writeFully(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted before anything was written
     */
    default void writeFully(ByteBuffer from) throws IOException, InterruptedException {
        Transfers.writeFully(DescriptorView.of(this), requireNonNull(from, "from"));
    }

    /**
     * Writes of an array, from its beginning.
     *
     * @param from what
     * @return how many bytes were written; 0 only if {@code from} is empty
     * @throws IOException as for {@link #write(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    default int write(byte[] from) throws IOException, InterruptedException {
        return (int) write(MemorySegment.ofArray(requireNonNull(from, "from")));
    }

    /**
     * Writes all of an array.
     *
     * @param from what
     * @throws IOException as for {@link #writeFully(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted before anything was written
     */
    default void writeFully(byte[] from) throws IOException, InterruptedException {
        writeFully(MemorySegment.ofArray(requireNonNull(from, "from")));
    }

    /**
     * This sink as a stream, without a buffer: each write is written whole. An interrupt throws
     * {@link java.io.InterruptedIOException} with the number of bytes that were written, and leaves the interrupted
     * status set; the sink stays open, other than with the channels of NIO. Closing the stream closes the sink.
     *
     * @return a new stream
     */
    default OutputStream outputStream() {
        return new SinkOutputStream(this);
    }

    /**
     * This sink as a channel, without a buffer: each write is written whole. It is no
     * {@link java.nio.channels.InterruptibleChannel}: an interrupt throws {@link java.io.InterruptedIOException} with
     * the number of bytes that were written, moves the position of the buffer by them, leaves the interrupted status
     * set and the sink open. Closing the channel closes the sink.
     *
     * @return a new channel
     */
    default WritableByteChannel channel() {
        return new DescriptorChannel(descriptor());
    }

    /**
     * This sink as text, with a buffer: {@code print}, {@code println}, {@code printf}. What was printed reaches the
     * sink by {@link PrintWriter#flush()} or {@link PrintWriter#close()}, or when the buffer is full. A print writer
     * throws nothing: ask {@link PrintWriter#checkError()}. After an error, an interrupt included, it writes nothing
     * any more, as nobody could tell what of the text is missing.
     *
     * @param charset the encoding of the bytes; characters it does not have become its replacement
     * @return a new writer
     */
    default PrintWriter writer(Charset charset) {
        return new PrintWriter(new TextOutputStream(outputStream()), false, requireNonNull(charset, "charset"));
    }
}
