package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.InetViews;
import org.chagres.internal.view.StreamViews;

/**
 * A connection by TCP: bytes both ways, in order, none lost while it lasts, and without boundaries. What is written in
 * one piece may be read in several.
 *
 * {@snippet class = "org.chagres.examples.InetChapter" region = "stream"}
 *
 * <p>A peer that is gone without a word is noticed only by what is sent: {@code SO_KEEPALIVE} has the kernel ask an
 * idle one, and {@code TCP_USER_TIMEOUT} limits how long what was sent may stay without an answer.
 *
 * @see TcpListener
 * @see TcpConnector
 * @see <a href="https://man7.org/linux/man-pages/man7/tcp.7.html">tcp(7)</a>
 */
public final class TcpStream implements InetSocket, StreamSocket {
    static final String KIND = "TcpStream";

    private final Descriptor descriptor;
    private final Optional<InetSocketAddress> peer;

    TcpStream(Descriptor descriptor) {
        this(descriptor, Optional.empty());
    }

    private TcpStream(Descriptor descriptor, Optional<InetSocketAddress> peer) {
        this.descriptor = descriptor;
        this.peer = peer;
    }

    static TcpStream accepted(InetViews.Accepted accepted) {
        return new TcpStream(accepted.descriptor(), Optional.of(accepted.peer()));
    }

    /**
     * Connects to a listener ({@code connect(2)}), waiting until it answers. {@link TcpConnector} has more: names,
     * options, tries again.
     *
     * <p>The kernel gives up by itself after a time: about two minutes ({@code TCP_SYNCNT}). Whenever this throws
     * nothing is left open; call it again to try again.
     *
     * @param address of the listener
     * @return the connection
     * @throws ErrnoException {@code ECONNREFUSED} if nobody listens there; {@code ETIMEDOUT} if nothing answers;
     *     {@code EHOSTUNREACH}, {@code ENETUNREACH} if no way leads there; {@code EADDRNOTAVAIL} if no port is free;
     *     {@code EMFILE}, {@code ENFILE} if there are as many open files as may be
     * @throws IOException that
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if the address is a name that was not found
     */
    public static TcpStream connect(InetSocketAddress address) throws IOException, InterruptedException {
        return TcpConnector.to(address).connect();
    }

    /**
     * Connects as {@link #connect(InetSocketAddress)} does, waiting for at most a time.
     *
     * @param address of the listener
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return the connection; empty if the time was over
     * @throws IOException as for {@link #connect(InetSocketAddress)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #connect(InetSocketAddress)}
     */
    public static Optional<TcpStream> tryConnect(InetSocketAddress address, Duration timeout)
            throws IOException, InterruptedException {
        return TcpConnector.to(address).tryConnect(timeout);
    }

    /**
     * What a TCP connection can do, of a descriptor that came from elsewhere: received, adopted, inherited.
     *
     * @param descriptor of a TCP socket that does not listen; it is the same one, and closing either closes both
     * @return the connection
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is none
     */
    public static TcpStream of(Descriptor descriptor) throws IOException {
        InetViews.requireType(requireNonNull(descriptor, "descriptor"), Sockets.STREAM, false, "TCP connection");
        return new TcpStream(descriptor);
    }

    @Override
    public Descriptor descriptor() {
        return descriptor;
    }

    /**
     * The address and port this is connected to: of one that was accepted as it was told then, and otherwise asked of
     * the kernel ({@code getpeername(2)}).
     *
     * @return the address
     * @throws ErrnoException {@code ENOTCONN} if it is no longer connected, of one that was not accepted here
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed, of such a one too
     */
    @Override
    public InetSocketAddress peerAddress() throws IOException {
        return peer.isPresent() ? peer.get() : InetSocket.super.peerAddress();
    }

    /**
     * Sends bytes in a certain way, waiting until there is room for some ({@code send(2)}).
     *
     * @param bytes which
     * @param options how; {@link SendOption#OUT_OF_BAND} makes the last of them {@linkplain StreamSocket urgent},
     *     {@link SendOption#MORE} has the kernel wait for more before it sends a packet that is not full
     * @return how many were sent: as {@link #write(MemorySegment)} tells
     * @throws IOException as for {@link #write(MemorySegment)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public long send(MemorySegment bytes, SendOption... options) throws IOException, InterruptedException {
        return StreamViews.send(DescriptorView.of(this), bytes, SocketFlags.of(options), OpenDescriptor.FOREVER);
    }

    /**
     * Sends bytes as {@link #send} does, waiting for at most a time.
     *
     * @param bytes which
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @param options how
     * @return how many were sent; 0 if the time was over
     * @throws IOException as for {@link #send}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public long trySend(MemorySegment bytes, Duration timeout, SendOption... options)
            throws IOException, InterruptedException {
        return StreamViews.send(DescriptorView.of(this), bytes, SocketFlags.of(options), Timeouts.nanos(timeout));
    }

    /**
     * Receives bytes in a certain way, waiting until there are some ({@code recv(2)}).
     *
     * <p>{@link ReceiveOption#OUT_OF_BAND} receives the {@linkplain StreamSocket urgent byte}. It waits for one that was
     * announced and has not come yet, and as long as it does another thread may have to read what comes before it. It
     * does not wait for one to be announced, which is {@code EINVAL}: {@link #poll} for {@link
     * org.chagres.Readiness#URGENT} does.
     *
     * @param into where they go
     * @param options how; {@link ReceiveOption#WAIT_ALL} waits until {@code into} is full, and returns less at the end,
     *     at an error that the next call tells, and at an interrupt, of which the thread's status tells
     * @return how many came; -1 at the end
     * @throws ErrnoException {@code ECONNRESET} if the other side has reset the connection; {@code ETIMEDOUT} if it no
     *     longer answers; {@code EINVAL} if {@link ReceiveOption#OUT_OF_BAND} finds that no byte is urgent: none was
     *     sent, it was received or read past, or it comes in line
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed;
     *     {@link java.nio.channels.AsynchronousCloseException} if meanwhile
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only, or an option is
     *     {@link ReceiveOption#REAL_LENGTH}, which a stream does not have, or {@link ReceiveOption#ERROR_QUEUE}
     */
    public long receive(MemorySegment into, ReceiveOption... options) throws IOException, InterruptedException {
        return StreamViews.receive(
                DescriptorView.of(this), into, SocketFlags.ofStream(options), OpenDescriptor.FOREVER);
    }

    /**
     * Receives bytes as {@link #receive} does, waiting for at most a time.
     *
     * @param into where they go
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @param options how
     * @return how many came; -1 at the end, 0 if the time was over
     * @throws IOException as for {@link #receive}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #receive}
     */
    public long tryReceive(MemorySegment into, Duration timeout, ReceiveOption... options)
            throws IOException, InterruptedException {
        return StreamViews.receive(
                DescriptorView.of(this), into, SocketFlags.ofStream(options), Timeouts.nanos(timeout));
    }

    /**
     * Ends the connection at once: what was sent and not yet acknowledged is dropped, and the other side is told by a
     * reset ({@code ECONNRESET} there). {@link #close()} has the kernel go on sending what is left, and end it well.
     *
     * <p>If there are duplicates, in other processes too, the connection goes on, and ends so with the last of them.
     *
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    public void reset() throws IOException {
        setOption(LinuxSocketOptions.SO_LINGER, Optional.of(Duration.ZERO));
        close();
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
