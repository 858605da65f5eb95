package org.chagres;

import static java.util.Objects.requireNonNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.List;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Splice;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DescriptorChannel;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.SourceInputStream;
import org.chagres.internal.view.Splices;
import org.chagres.internal.view.Transfers;
import org.chagres.pipe.PipeSource;
import org.chagres.process.ChildSource;
import org.chagres.socket.StreamSocket;

/**
 * What bytes can be read from.
 *
 * <p><b>Waiting</b> ends when there are bytes, at the end of them, when the thread is interrupted
 * ({@link InterruptedException}: the interrupted status is cleared, nothing was read, and this stays usable), when
 * {@link #close()} is called by another thread ({@link java.nio.channels.AsynchronousCloseException}), and where a time
 * is given when that is over. A read that got bytes returns them, and leaves the interrupted status set. On virtual
 * threads no carrier is blocked.
 *
 * <p><b>Memory.</b> Native memory is read into directly, memory on the heap by way of a copy, of at most 64 KiB at a
 * time.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread. Of several readers each byte reaches exactly one.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/read.2.html">read(2)</a>
 */
public sealed interface ByteSource extends Pollable permits Descriptor, PipeSource, ChildSource, StreamSocket {

    /**
     * Reads at least one byte, and as many as there are and fit, waiting until there are some ({@code read(2)}).
     *
     * @param into where to
     * @return how many bytes were read; -1 at the end of them; 0 only if {@code into} is empty
     * @throws java.nio.channels.ClosedChannelException if closed; {@link java.nio.channels.AsynchronousCloseException}
     *     if meanwhile
     * @throws ErrnoException {@code EBADF} if this was opened for writing only; another one with the kernel's reason
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    default long read(MemorySegment into) throws IOException, InterruptedException {
        return Transfers.read(DescriptorView.of(this), requireNonNull(into, "into"), OpenDescriptor.FOREVER);
    }

    /**
     * Reads as {@link #read(MemorySegment)} does, waiting for at most a time.
     *
     * @param into where to
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many bytes were read; -1 at the end of them; 0 if the time was over
     * @throws IOException as for {@link #read(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    default long tryRead(MemorySegment into, Duration timeout) throws IOException, InterruptedException {
        return Transfers.read(DescriptorView.of(this), requireNonNull(into, "into"), Timeouts.nanos(timeout));
    }

    /**
     * Reads until the memory is full.
     *
     * @param into where to
     * @throws java.io.EOFException if the end comes before; the message says after how many bytes
     * @throws java.io.InterruptedIOException if the thread is interrupted when some bytes were read already: it has
     *     their number, and the interrupted status is set
     * @throws IOException as for {@link #read(MemorySegment)}; after some bytes the message, or that of the cause, says
     *     after how many
     * @throws InterruptedException if the thread is interrupted before anything was read
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    default void readFully(MemorySegment into) throws IOException, InterruptedException {
        Transfers.readFully(DescriptorView.of(this), requireNonNull(into, "into"));
    }

    /**
     * Reads into several pieces of memory, filling one after the other ({@code readv(2)}). Up to four native ones are
     * read into directly, otherwise it goes by way of a copy: do not free their memory meanwhile, or bytes are lost.
     *
     * @param into where to; none of them has to be of any use
     * @return how many bytes were read; -1 at the end of them; 0 only if there is no room
     * @throws IOException as for {@link #read(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if one of {@code into} is read-only
     */
    default long read(List<MemorySegment> into) throws IOException, InterruptedException {
        return Transfers.read(DescriptorView.of(this), requireNonNull(into, "into"), OpenDescriptor.FOREVER);
    }

    /**
     * Reads as {@link #read(List)} does, waiting for at most a time.
     *
     * @param into where to
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many bytes were read; -1 at the end of them; 0 if the time was over
     * @throws IOException as for {@link #read(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if one of {@code into} is read-only
     */
    default long tryRead(List<MemorySegment> into, Duration timeout) throws IOException, InterruptedException {
        return Transfers.read(DescriptorView.of(this), requireNonNull(into, "into"), Timeouts.nanos(timeout));
    }

    /**
     * Reads until all pieces of memory are full.
     *
     * @param into where to
     * @throws IOException as for {@link #readFully(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted before anything was read
     * @throws IllegalArgumentException if one of {@code into} is read-only
     */
    default void readFully(List<MemorySegment> into) throws IOException, InterruptedException {
        Transfers.readFully(DescriptorView.of(this), requireNonNull(into, "into"));
    }

    /**
     * Reads into a buffer, from its position to its limit, and moves the position.
     *
     * @param into where to
     * @return how many bytes were read; -1 at the end of them; 0 only if {@code into} has no room
     * @throws IOException as for {@link #read(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    default int read(ByteBuffer into) throws IOException, InterruptedException {
        int count = (int) read(MemorySegment.ofBuffer(requireNonNull(into, "into")));
        into.position(into.position() + Math.max(count, 0));
        return count;
    }

    /**
     * Reads until a buffer has no room left, and moves its position; if that fails by as much as was read.
     *
     * @param into where to
     * @throws IOException as for {@link #readFully(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted before anything was read
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    default void readFully(ByteBuffer into) throws IOException, InterruptedException {
        Transfers.readFully(DescriptorView.of(this), requireNonNull(into, "into"));
    }

    /**
     * Reads into the beginning of an array.
     *
     * @param into where to
     * @return how many bytes were read; -1 at the end of them; 0 only if {@code into} is empty
     * @throws IOException as for {@link #read(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    default int read(byte[] into) throws IOException, InterruptedException {
        return (int) read(MemorySegment.ofArray(requireNonNull(into, "into")));
    }

    /**
     * Reads until an array is full.
     *
     * @param into where to
     * @throws IOException as for {@link #readFully(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted before anything was read
     */
    default void readFully(byte[] into) throws IOException, InterruptedException {
        readFully(MemorySegment.ofArray(requireNonNull(into, "into")));
    }

    /**
     * How many bytes can be read without waiting ({@code FIONREAD}).
     *
     * @return 0 or more
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed; {@link ErrnoException}
     *     {@code ENOTTY} if the kernel does not count them here
     */
    default int available() throws IOException {
        OpenDescriptor open = DescriptorView.of(this);
        return Transfers.checked(open.ask(DescriptorObject::available), "ioctl", () -> "counting the bytes in " + open);
    }

    /**
     * Moves bytes to a sink inside the kernel, without copying them to this process; one of the two at least must be a
     * pipe or a FIFO ({@code splice(2)}). Waits until there are bytes here and room there.
     *
     * @param to where to
     * @param byteSize how many at most
     * @return how many bytes were moved; -1 at the end of them; 0 only if {@code byteSize} is 0
     * @throws java.nio.channels.ClosedChannelException if either is closed;
     *     {@link java.nio.channels.AsynchronousCloseException} if meanwhile
     * @throws ErrnoException {@code EINVAL} if neither is a pipe, both are ends of the same pipe, or {@code to} is in
     *     append mode; {@code EPIPE} if nobody reads from {@code to} any more
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code byteSize} is negative
     */
    default long splice(ByteSink to, long byteSize) throws IOException, InterruptedException {
        return Splices.transfer(Splice.SPLICE, this, 0, to, byteSize, OpenDescriptor.FOREVER);
    }

    /**
     * Moves bytes as {@link #splice} does, waiting for at most a time.
     *
     * @param to where to
     * @param byteSize how many at most
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many bytes were moved; -1 at the end of them; 0 if the time was over
     * @throws IOException as for {@link #splice}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code byteSize} is negative
     */
    default long trySplice(ByteSink to, long byteSize, Duration timeout) throws IOException, InterruptedException {
        return Splices.transfer(Splice.SPLICE, this, 0, to, byteSize, Timeouts.nanos(timeout));
    }

    /**
     * This source as a stream, without a buffer. An interrupt in a read throws {@link java.io.InterruptedIOException}
     * and leaves the interrupted status set; the source stays open, other than with the channels of NIO. In the middle
     * of {@code readNBytes} of an array the exception has the count; what {@code readAllBytes} and {@code transferTo}
     * had read by then is lost. Closing the stream closes the source.
     *
     * @return a new stream
     */
    default InputStream inputStream() {
        return new SourceInputStream(this);
    }

    /**
     * This source as a channel, without a buffer. It is no {@link java.nio.channels.InterruptibleChannel}: an interrupt
     * in a read throws {@link java.io.InterruptedIOException}, leaves the interrupted status set and the source open.
     * Closing the channel closes the source.
     *
     * @return a new channel
     */
    default ReadableByteChannel channel() {
        return new DescriptorChannel(descriptor());
    }

    /**
     * This source as text, with a buffer: line by line, or by a {@link java.util.Scanner} over it. What was read ahead
     * is in the buffer and nowhere else, so take one reader for a source. An interrupt throws
     * {@link java.io.InterruptedIOException}, and leaves the interrupted status set; what had come of a line by then is
     * lost.
     *
     * @param charset the encoding of the bytes; malformed ones become its replacement
     * @return a new reader
     */
    default BufferedReader reader(Charset charset) {
        return new BufferedReader(new InputStreamReader(inputStream(), requireNonNull(charset, "charset")));
    }
}
