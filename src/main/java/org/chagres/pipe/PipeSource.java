package org.chagres.pipe;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import org.chagres.ByteSource;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Splice;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.Splices;

/**
 * The end of a {@link Pipe} or a {@link Fifo} that bytes are read from. The end of the bytes is reached when the last
 * writer of all processes has closed and all was read.
 *
 * <p>Closing it has writers get {@code EPIPE}, unless somebody else, another process too, has this end as well.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/pipe.7.html">pipe(7)</a>
 */
public final class PipeSource implements ByteSource {
    private final Descriptor descriptor;

    /** Takes charge of a number just opened. */
    PipeSource(int number) {
        this(DescriptorView.own(number, "PipeSource"));
    }

    private PipeSource(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * What a pipe can do, of a descriptor that came from elsewhere: adopted, duplicated, opened for both.
     *
     * @param descriptor of a pipe or a FIFO, open for reading; it is the same one, and closing either closes both
     * @return its read end
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is no pipe, or not open for reading
     */
    public static PipeSource of(Descriptor descriptor) throws IOException {
        return new PipeSource(PipeEnds.checked(
                descriptor, requireNonNull(descriptor, "descriptor").isReadable(), "reading"));
    }

    @Override
    public Descriptor descriptor() {
        return descriptor;
    }

    /**
     * How many bytes fit into the pipe ({@code F_GETPIPE_SZ}): writing more waits for readers.
     *
     * @return the capacity in bytes
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    public int capacity() throws IOException {
        return PipeEnds.capacity(descriptor);
    }

    /**
     * Sets how many bytes fit into the pipe ({@code F_SETPIPE_SZ}). The kernel takes the next power of two pages.
     *
     * @param byteSize how many, at least 1
     * @return the capacity that the pipe has now, in bytes
     * @throws ErrnoException {@code EPERM} if it is more than an unprivileged process may ask for
     *     (<code>/proc/sys/fs/pipe-max-size</code>, or <code>pipe-user-pages-soft</code> for all pipes of the user);
     *     {@code EBUSY} if there are more bytes in the pipe now
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if {@code byteSize} is less than 1
     */
    public int setCapacity(int byteSize) throws IOException {
        return PipeEnds.setCapacity(descriptor, byteSize);
    }

    /**
     * Copies bytes to another pipe inside the kernel, and leaves them here to be read ({@code tee(2)}). Waits until
     * there are bytes here and room there.
     *
     * @param to the other pipe
     * @param byteSize how many at most
     * @return how many bytes were copied; -1 at the end of them; 0 only if {@code byteSize} is 0
     * @throws java.nio.channels.ClosedChannelException if either is closed;
     *     {@link java.nio.channels.AsynchronousCloseException} if meanwhile
     * @throws ErrnoException {@code EINVAL} if both are ends of the same pipe; {@code EPIPE} if nobody reads from the
     *     other one any more
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code byteSize} is negative
     */
    public long tee(PipeSink to, long byteSize) throws IOException, InterruptedException {
        return Splices.transfer(Splice.TEE, this, 0, to, byteSize, OpenDescriptor.FOREVER);
    }

    /**
     * Copies bytes as {@link #tee} does, waiting for at most a time.
     *
     * @param to the other pipe
     * @param byteSize how many at most
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many bytes were copied; -1 at the end of them; 0 if the time was over
     * @throws IOException as for {@link #tee}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code byteSize} is negative
     */
    public long tryTee(PipeSink to, long byteSize, Duration timeout) throws IOException, InterruptedException {
        return Splices.transfer(Splice.TEE, this, 0, to, byteSize, Timeouts.nanos(timeout));
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
