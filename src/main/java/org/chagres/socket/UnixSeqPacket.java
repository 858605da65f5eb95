package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.SocketViews;

/**
 * A connected socket of the local namespace for records: each arrives once, in order, and as a whole ({@code
 * SOCK_SEQPACKET}).
 *
 * {@snippet class = "org.chagres.examples.SocketChapter" region = "seqpacket"}
 *
 * <p>At the end a record of no bytes comes, and {@link #receive(MemorySegment)} answers 0 for one that was sent as
 * well; {@link ReceivedMessage#isAtEnd()} tells them apart.
 *
 * @see UnixListener
 * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
 */
public final class UnixSeqPacket implements UnixSocket {
    private final Descriptor descriptor;

    UnixSeqPacket(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Connects to a listener, as {@link UnixStream#connect(UnixAddress)} does.
     *
     * @param address of the listener
     * @return the connection
     * @throws IOException as for {@link UnixStream#connect(UnixAddress)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link UnixStream#connect(UnixAddress)}
     */
    public static UnixSeqPacket connect(UnixAddress address) throws IOException, InterruptedException {
        return connected(address, Optional.empty(), OpenDescriptor.FOREVER).orElseThrow();
    }

    /**
     * Connects from an address of its own, as {@link UnixStream#connect(UnixAddress, UnixAddress)} does.
     *
     * @param address of the listener
     * @param from its own; {@link UnixAddress#unnamed()} has the kernel find an abstract name
     * @return the connection
     * @throws IOException as for {@link UnixStream#connect(UnixAddress, UnixAddress)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link UnixStream#connect(UnixAddress)}
     */
    public static UnixSeqPacket connect(UnixAddress address, UnixAddress from)
            throws IOException, InterruptedException {
        return connected(address, Optional.of(requireNonNull(from, "from")), OpenDescriptor.FOREVER)
                .orElseThrow();
    }

    /**
     * Connects as {@link #connect(UnixAddress)} does, waiting for at most a time.
     *
     * @param address of the listener
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return the connection; empty if the time was over
     * @throws IOException as for {@link UnixStream#connect(UnixAddress)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link UnixStream#connect(UnixAddress)}
     */
    public static Optional<UnixSeqPacket> tryConnect(UnixAddress address, Duration timeout)
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
     * @throws IOException as for {@link UnixStream#connect(UnixAddress, UnixAddress)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link UnixStream#connect(UnixAddress)}
     */
    public static Optional<UnixSeqPacket> tryConnect(UnixAddress address, UnixAddress from, Duration timeout)
            throws IOException, InterruptedException {
        return connected(address, Optional.of(requireNonNull(from, "from")), Timeouts.nanos(timeout));
    }

    private static Optional<UnixSeqPacket> connected(UnixAddress address, Optional<UnixAddress> from, long nanos)
            throws IOException, InterruptedException {
        return SocketViews.connected(
                        requireNonNull(address, "address"), from, Sockets.SEQPACKET, "UnixSeqPacket", nanos)
                .map(UnixSeqPacket::new);
    }

    /**
     * Makes two that are connected with each other ({@code socketpair(2)}).
     *
     * @return both
     * @throws ErrnoException {@code EMFILE}, {@code ENFILE} if there are as many open files as may be
     */
    public static SocketPair<UnixSeqPacket> pair() throws ErrnoException {
        Descriptor[] ends = SocketViews.pair(Sockets.SEQPACKET, "UnixSeqPacket");
        return new SocketPair<>(new UnixSeqPacket(ends[0]), new UnixSeqPacket(ends[1]));
    }

    /**
     * What such a socket can do, of a descriptor that came from elsewhere: received, adopted, inherited.
     *
     * @param descriptor of a connected sequenced-packet socket of the local namespace; it is the same one, and closing
     *     either closes both
     * @return the socket
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is none
     */
    public static UnixSeqPacket of(Descriptor descriptor) throws IOException {
        SocketViews.requireType(descriptor, Sockets.SEQPACKET, false, "sequenced-packet socket");
        return new UnixSeqPacket(descriptor);
    }

    @Override
    public Descriptor descriptor() {
        return descriptor;
    }

    /**
     * Sends a record, waiting until there is room for it ({@code send(2)}).
     *
     * @param record its bytes
     * @throws IOException as for {@link #send(Message)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public void send(MemorySegment record) throws IOException, InterruptedException {
        SocketViews.send(DescriptorView.of(this), requireNonNull(record, "record"), OpenDescriptor.FOREVER);
    }

    /**
     * Sends a record, waiting for at most a time.
     *
     * @param record its bytes
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return whether it was sent
     * @throws IOException as for {@link #send(Message)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public boolean trySend(MemorySegment record, Duration timeout) throws IOException, InterruptedException {
        return SocketViews.send(DescriptorView.of(this), requireNonNull(record, "record"), Timeouts.nanos(timeout));
    }

    /**
     * Receives a record, waiting until there is one ({@code recv(2)}).
     *
     * @param into where its bytes go
     * @return how many bytes it has; more than {@code into} if it was cut; 0 at the end
     * @throws IOException as for {@link #receive(MemorySegment, int, ReceiveOption...)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    public long receive(MemorySegment into) throws IOException, InterruptedException {
        return SocketViews.receive(DescriptorView.of(this), into, OpenDescriptor.FOREVER);
    }

    /**
     * Receives a record, waiting for at most a time.
     *
     * @param into where its bytes go
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return as {@link #receive(MemorySegment)}; -1 if the time was over
     * @throws IOException as for {@link #receive(MemorySegment, int, ReceiveOption...)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    public long tryReceive(MemorySegment into, Duration timeout) throws IOException, InterruptedException {
        return SocketViews.receive(DescriptorView.of(this), into, Timeouts.nanos(timeout));
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
