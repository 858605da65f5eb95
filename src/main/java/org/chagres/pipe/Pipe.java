package org.chagres.pipe;

import java.io.IOException;
import java.util.function.IntUnaryOperator;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.view.Transfers;

/**
 * A pipe: bytes that are written to its {@link #sink()} can be read from its {@link #source()}, in order, each once.
 * Both ends are close-on-exec.
 *
 * {@snippet class = "org.chagres.examples.LogPipe" region = "read"}
 *
 * <p><b>Lifetime.</b> The ends are closed one by one, or together by {@link #close()}. An end that was forgotten is
 * closed by the garbage collector.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/pipe.7.html">pipe(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/pipe.2.html">pipe(2)</a>
 */
public final class Pipe implements AutoCloseable {
    private final OpenDescriptor writeEnd;
    private final PipeSource source;
    private final PipeSink sink;

    private Pipe(OpenDescriptor readEnd, OpenDescriptor writeEnd) {
        this.writeEnd = writeEnd;
        this.source = new PipeSource(readEnd);
        this.sink = new PipeSink(writeEnd);
    }

    /**
     * Makes a pipe ({@code pipe2(2)}).
     *
     * @return the pipe
     * @throws ErrnoException {@code EMFILE} if this process, or {@code ENFILE} if the system, has as many open files as
     *     it may: no end is left open then
     */
    public static Pipe create() throws ErrnoException {
        return create(false);
    }

    /**
     * Makes a pipe that keeps what is written apart ({@code O_DIRECT}): each write of at most 4096 bytes (PIPE_BUF) is
     * a packet, and each read gets one; what of it does not fit is lost. For several readers.
     *
     * @return the pipe
     * @throws ErrnoException as for {@link #create()}
     */
    public static Pipe createWithPackets() throws ErrnoException {
        return create(true);
    }

    private static Pipe create(boolean packets) throws ErrnoException {
        long ends = DescriptorObject.pipe(packets);
        if (ends < 0) {
            throw new ErrnoException("pipe2", (int) -ends, "making a pipe" + (packets ? " with packets" : ""));
        }
        return new Pipe(
                OpenDescriptor.own((int) ends, "pipe source fd="),
                OpenDescriptor.own((int) (ends >>> Integer.SIZE), "pipe sink fd="));
    }

    /**
     * The end to read from.
     *
     * @return the same object each time
     */
    public PipeSource source() {
        return source;
    }

    /**
     * The end to write to.
     *
     * @return the same object each time
     */
    public PipeSink sink() {
        return sink;
    }

    /**
     * How many bytes fit in ({@code F_GETPIPE_SZ}): writing more waits for readers.
     *
     * @return the capacity in bytes
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if the sink is closed
     */
    public int capacity() throws IOException {
        return asked(writeEnd, DescriptorObject::capacity, "fcntl", "reading the capacity of " + this);
    }

    /**
     * Sets how many bytes fit in ({@code F_SETPIPE_SZ}). The kernel takes the next power of two pages.
     *
     * @param byteSize how many, at least 1
     * @return the capacity that the pipe has now, in bytes
     * @throws ErrnoException {@code EPERM} if it is more than an unprivileged process may ask for
     *     (<code>/proc/sys/fs/pipe-max-size</code>, or <code>pipe-user-pages-soft</code> for all pipes of the user);
     *     {@code EBUSY} if there are more bytes in the pipe now
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if the sink is closed
     * @throws IllegalArgumentException if {@code byteSize} is less than 1
     */
    public int setCapacity(int byteSize) throws IOException {
        if (byteSize < 1) {
            throw new IllegalArgumentException("the capacity must be at least 1 byte, not " + byteSize);
        }
        return asked(
                writeEnd,
                number -> DescriptorObject.setCapacity(number, byteSize),
                "fcntl",
                "setting the capacity to " + byteSize + " bytes of " + this);
    }

    /** Closes both ends; see {@link PipeSource#close()} and {@link PipeSink#close()}. */
    @Override
    public void close() {
        sink.close();
        source.close();
    }

    @Override
    public String toString() {
        return "Pipe[" + source + ", " + sink + "]";
    }

    /** Asks something of a descriptor that does not wait. */
    static int asked(OpenDescriptor descriptor, IntUnaryOperator question, String call, String intent)
            throws IOException {
        return Transfers.checked(descriptor.ask(question), call, intent);
    }
}
