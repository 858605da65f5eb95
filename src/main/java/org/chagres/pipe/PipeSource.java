package org.chagres.pipe;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Objects;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.Transfers;

/**
 * The end of a {@link Pipe} that bytes are read from.
 *
 * <p><b>Waiting</b> ends when there are bytes, when the last writer has closed, when the thread is interrupted
 * ({@link InterruptedException}: the interrupted status is cleared, nothing was read, and the end stays usable), when
 * {@link #close()} is called by another thread ({@link java.nio.channels.AsynchronousCloseException}), and where a time
 * is given when that is over. A read that got bytes returns them, and leaves the interrupted status set. On virtual
 * threads no carrier is blocked.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread. Of several readers each byte reaches exactly one.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/pipe.7.html">pipe(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/read.2.html">read(2)</a>
 */
public final class PipeSource implements AutoCloseable {
    private final OpenDescriptor descriptor;

    PipeSource(OpenDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Reads at least one byte, and as many as there are and fit, waiting until there are some ({@code read(2)}).
     *
     * @param into where to; native memory is read into directly, memory on the heap by way of a copy
     * @return how many bytes were read; -1 if the last writer has closed and all was read; 0 only if {@code into} is
     *     empty
     * @throws java.nio.channels.ClosedChannelException if closed; {@link java.nio.channels.AsynchronousCloseException}
     *     if meanwhile
     * @throws ErrnoException with the kernel's reason
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    public long read(MemorySegment into) throws IOException, InterruptedException {
        return Transfers.read(descriptor, into, OpenDescriptor.FOREVER, this);
    }

    /**
     * Reads as {@link #read} does, waiting for at most a time.
     *
     * @param into where to
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many bytes were read; -1 if the last writer has closed and all was read; 0 if the time was over
     * @throws IOException as for {@link #read}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    public long tryRead(MemorySegment into, Duration timeout) throws IOException, InterruptedException {
        return Transfers.read(descriptor, into, Timeouts.nanos(timeout), this);
    }

    /**
     * Reads until the memory is full.
     *
     * @param into where to
     * @throws java.io.EOFException if the last writer closes before; the message says after how many bytes
     * @throws java.io.InterruptedIOException if the thread is interrupted when some bytes were read already: it has
     *     their number, and the interrupted status is set
     * @throws IOException as for {@link #read}
     * @throws InterruptedException if the thread is interrupted before anything was read
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    public void readFully(MemorySegment into) throws IOException, InterruptedException {
        Transfers.fully(Objects.requireNonNull(into, "into"), this::read);
    }

    /**
     * How many bytes can be read without waiting ({@code FIONREAD}).
     *
     * @return 0 or more
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    public int available() throws IOException {
        return Pipe.asked(descriptor, DescriptorObject::available, "ioctl", "counting the bytes in " + this);
    }

    /**
     * Whether this end has not been closed.
     *
     * @return {@code true} until {@link #close()}
     */
    public boolean isOpen() {
        return !descriptor.isClosed();
    }

    /**
     * Closes this end. Threads that wait get {@link java.nio.channels.AsynchronousCloseException}, and this method does
     * not wait for them. Writers get {@code EPIPE} from then on, unless another process has this end too. A second
     * close does nothing.
     */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return "PipeSource[fd=" + descriptor.number() + (isOpen() ? "]" : ", closed]");
    }
}
