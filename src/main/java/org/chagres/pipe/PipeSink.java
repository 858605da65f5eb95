package org.chagres.pipe;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import org.chagres.ByteSink;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.view.DescriptorView;

/**
 * The end of a {@link Pipe} or a {@link Fifo} that bytes are written to. What is written in one call and has at most
 * 4096 bytes (PIPE_BUF) is never mixed with what others write, in whichever process; larger writes may be.
 *
 * <p>Once the last writer of all processes has closed, readers come to the end.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/pipe.7.html">pipe(7)</a>
 */
public final class PipeSink implements ByteSink {
    private final Descriptor descriptor;

    /** Takes charge of a number just opened. */
    PipeSink(int number) {
        this(DescriptorView.own(number, "PipeSink"));
    }

    private PipeSink(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * What a pipe can do, of a descriptor that came from elsewhere: adopted, duplicated, opened for both.
     *
     * @param descriptor of a pipe or a FIFO, open for writing; it is the same one, and closing either closes both
     * @return its write end
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is no pipe, or not open for writing
     */
    public static PipeSink of(Descriptor descriptor) throws IOException {
        return new PipeSink(PipeEnds.checked(
                descriptor, requireNonNull(descriptor, "descriptor").isWritable(), "writing"));
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
     * @throws ErrnoException as for {@link PipeSource#setCapacity}
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if {@code byteSize} is less than 1
     */
    public int setCapacity(int byteSize) throws IOException {
        return PipeEnds.setCapacity(descriptor, byteSize);
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
