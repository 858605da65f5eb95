package org.chagres.pipe;

import org.chagres.ErrnoException;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.view.DescriptorView;

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
    private final PipeSource source;
    private final PipeSink sink;

    private Pipe(PipeSource source, PipeSink sink) {
        this.source = source;
        this.sink = sink;
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
        return new Pipe(new PipeSource((int) ends), new PipeSink((int) (ends >>> Integer.SIZE)));
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
     * Closes both ends as if at once: who reads or writes meanwhile gets
     * {@link java.nio.channels.AsynchronousCloseException}, and no end of the bytes.
     */
    @Override
    public void close() {
        OpenDescriptor.closeTogether(DescriptorView.of(sink), DescriptorView.of(source));
    }

    @Override
    public String toString() {
        return "Pipe[" + source + ", " + sink + "]";
    }
}
