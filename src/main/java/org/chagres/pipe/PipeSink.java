package org.chagres.pipe;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Objects;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.Transfers;

/**
 * The end of a {@link Pipe} that bytes are written to. Waits, for room, end as those of {@link PipeSource} do.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread, and any process. What is written in one call and
 * has at most 4096 bytes (PIPE_BUF) is never mixed with what others write.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/pipe.7.html">pipe(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/write.2.html">write(2)</a>
 */
public final class PipeSink implements AutoCloseable {
    private final OpenDescriptor descriptor;

    PipeSink(OpenDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Writes at least one byte, waiting until there is room ({@code write(2)}). An interrupt, or a close, in the middle
     * leaves a rest.
     *
     * @param from what; native memory is written directly, memory on the heap by way of a copy
     * @return how many bytes were written; 0 only if {@code from} is empty
     * @throws java.nio.channels.ClosedChannelException if closed; {@link java.nio.channels.AsynchronousCloseException}
     *     if meanwhile
     * @throws ErrnoException {@code EPIPE} if nobody has the other end any more
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public long write(MemorySegment from) throws IOException, InterruptedException {
        return Transfers.write(descriptor, from, OpenDescriptor.FOREVER, this);
    }

    /**
     * Writes as {@link #write} does, waiting for at most a time.
     *
     * @param from what
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many bytes were written; 0 if the time was over
     * @throws IOException as for {@link #write}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public long tryWrite(MemorySegment from, Duration timeout) throws IOException, InterruptedException {
        return Transfers.write(descriptor, from, Timeouts.nanos(timeout), this);
    }

    /**
     * Writes all of it.
     *
     * @param from what
     * @throws java.io.InterruptedIOException if the thread is interrupted when some bytes were written already: it has
     *     their number, and the interrupted status is set
     * @throws IOException as for {@link #write}
     * @throws InterruptedException if the thread is interrupted before anything was written
     */
    public void writeFully(MemorySegment from) throws IOException, InterruptedException {
        Transfers.fully(Objects.requireNonNull(from, "from"), this::write);
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
     * not wait for them. Once the last writer of all processes has closed, readers come to the end. A second close does
     * nothing.
     */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return "PipeSink[fd=" + descriptor.number() + (isOpen() ? "]" : ", closed]");
    }
}
