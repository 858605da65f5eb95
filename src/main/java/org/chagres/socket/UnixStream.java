package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.SocketViews;

/**
 * A connected stream socket of the local namespace: bytes both ways, in order, none lost, and without boundaries. What
 * is written in one piece may be read in several.
 *
 * {@snippet class = "org.chagres.examples.SocketChapter" region = "stream"}
 *
 * @see UnixListener
 * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
 */
public final class UnixStream implements UnixSocket, StreamSocket {
    private final Descriptor descriptor;

    UnixStream(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Connects to a listener, waiting while as many connections as may are not yet accepted ({@code connect(2)}).
     *
     * <p>The wait ends also when the thread is interrupted. Whenever this throws nothing is left open; call it again to
     * try again.
     *
     * @param address of the listener
     * @return the connection
     * @throws ErrnoException {@code ENOENT} if there is no such path; {@code ECONNREFUSED} if nobody listens there: the
     *     path is left over, or nobody has the abstract name; {@code EACCES} if this process may not write to the
     *     socket's file, or not search a directory on the way; {@code EPROTOTYPE} if the path is of a socket of another
     *     type; {@code EMFILE}, {@code ENFILE} if there are as many open files as may be
     * @throws IOException that
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if the address is unnamed
     */
    public static UnixStream connect(UnixAddress address) throws IOException, InterruptedException {
        return connected(address, Optional.empty(), OpenDescriptor.FOREVER).orElseThrow();
    }

    /**
     * Connects as {@link #connect(UnixAddress)} does, from an address of its own: to the listener's side that is the
     * {@link #peerAddress()}, which is unnamed otherwise.
     *
     * @param address of the listener
     * @param from its own; {@link UnixAddress#unnamed()} has the kernel find an abstract name. The file of a path is
     *     for its owner alone. It stays when the socket is closed, and may be deleted as soon as there is a connection,
     *     which keeps the name; without a connection none is left
     * @return the connection
     * @throws ErrnoException as for {@link #connect(UnixAddress)}, and for {@code from} as {@link
     *     UnixListener#bind(UnixAddress, BindOption...)} says
     * @throws IOException that
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #connect(UnixAddress)}
     */
    public static UnixStream connect(UnixAddress address, UnixAddress from) throws IOException, InterruptedException {
        return connected(address, Optional.of(requireNonNull(from, "from")), OpenDescriptor.FOREVER)
                .orElseThrow();
    }

    /**
     * Connects as {@link #connect(UnixAddress)} does, waiting for at most a time.
     *
     * @param address of the listener
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return the connection; empty if the time was over
     * @throws IOException as for {@link #connect(UnixAddress)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #connect(UnixAddress)}
     */
    public static Optional<UnixStream> tryConnect(UnixAddress address, Duration timeout)
            throws IOException, InterruptedException {
        return connected(address, Optional.empty(), Timeouts.nanos(timeout));
    }

    /**
     * Connects as {@link #connect(UnixAddress, UnixAddress)} does, waiting for at most a time.
     *
     * @param address of the listener
     * @param from its own
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return the connection; empty if the time was over
     * @throws IOException as for {@link #connect(UnixAddress, UnixAddress)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #connect(UnixAddress)}
     */
    public static Optional<UnixStream> tryConnect(UnixAddress address, UnixAddress from, Duration timeout)
            throws IOException, InterruptedException {
        return connected(address, Optional.of(requireNonNull(from, "from")), Timeouts.nanos(timeout));
    }

    private static Optional<UnixStream> connected(UnixAddress address, Optional<UnixAddress> from, long nanos)
            throws IOException, InterruptedException {
        return SocketViews.connected(requireNonNull(address, "address"), from, Sockets.STREAM, "UnixStream", nanos)
                .map(UnixStream::new);
    }

    /**
     * Makes two that are connected with each other ({@code socketpair(2)}).
     *
     * @return both
     * @throws ErrnoException {@code EMFILE}, {@code ENFILE} if there are as many open files as may be
     */
    public static SocketPair<UnixStream> pair() throws ErrnoException {
        Descriptor[] ends = SocketViews.pair(Sockets.STREAM, "UnixStream");
        return new SocketPair<>(new UnixStream(ends[0]), new UnixStream(ends[1]));
    }

    /**
     * What a stream socket can do, of a descriptor that came from elsewhere: received, adopted, inherited.
     *
     * @param descriptor of a connected stream socket of the local namespace; it is the same one, and closing either
     *     closes both
     * @return the socket
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is none
     */
    public static UnixStream of(Descriptor descriptor) throws IOException {
        SocketViews.requireType(descriptor, Sockets.STREAM, false, "stream socket");
        return new UnixStream(descriptor);
    }

    @Override
    public Descriptor descriptor() {
        return descriptor;
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
