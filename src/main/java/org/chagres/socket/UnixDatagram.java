package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Set;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.BoundFile;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.SocketViews;
import org.chagres.internal.view.SystemV;

/**
 * A datagram socket of the local namespace: messages with boundaries, from whoever sends to its address, or from the
 * one it is connected to. On Linux none is lost and none overtakes another: who sends waits while the receiver's queue
 * is full ({@code net.unix.max_dgram_qlen}).
 *
 * {@snippet class = "org.chagres.examples.SocketChapter" region = "datagram"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
 */
public final class UnixDatagram implements UnixSocket {
    private final Descriptor descriptor;
    private final BoundFile file;

    UnixDatagram(Descriptor descriptor) {
        this(descriptor, BoundFile.NONE);
    }

    private UnixDatagram(Descriptor descriptor, BoundFile file) {
        this.descriptor = descriptor;
        this.file = file;
    }

    /**
     * Makes a socket that is bound to no address: to send only, or to be connected.
     *
     * @return the socket
     * @throws ErrnoException {@code EMFILE}, {@code ENFILE} if there are as many open files as may be
     */
    public static UnixDatagram create() throws ErrnoException {
        return new UnixDatagram(SocketViews.created(Sockets.DATAGRAM, "UnixDatagram"));
    }

    /**
     * Makes a socket that is bound to an address: who knows it can send here.
     *
     * @param address its own; {@link UnixAddress#unnamed()} has the kernel find an abstract name
     * @param options what to do with the file of a path
     * @return the socket
     * @throws ErrnoException as {@link UnixListener#bind(UnixAddress, BindOption...)} says
     * @throws IOException one of these
     */
    public static UnixDatagram bind(UnixAddress address, BindOption... options) throws IOException {
        return bind(address, SystemV.OWNER_ONLY, options);
    }

    /**
     * Makes a socket that is bound to an address; otherwise as {@link #bind(UnixAddress, BindOption...)}.
     *
     * @param address its own
     * @param permissions those of the file of a path from its first moment, less the umask of this process; who may
     *     write may send
     * @param options what to do with the file of a path
     * @return the socket
     * @throws ErrnoException as {@link UnixListener#bind(UnixAddress, BindOption...)} says
     * @throws IOException one of these
     */
    public static UnixDatagram bind(UnixAddress address, Set<PosixFilePermission> permissions, BindOption... options)
            throws IOException {
        Descriptor bound = SocketViews.bound(
                requireNonNull(address, "address"), Sockets.DATAGRAM, "UnixDatagram", permissions, options);
        return new UnixDatagram(bound, BoundFile.of(address, options));
    }

    /**
     * Makes two that are connected with each other ({@code socketpair(2)}).
     *
     * @return both
     * @throws ErrnoException {@code EMFILE}, {@code ENFILE} if there are as many open files as may be
     */
    public static SocketPair<UnixDatagram> pair() throws ErrnoException {
        Descriptor[] ends = SocketViews.pair(Sockets.DATAGRAM, "UnixDatagram");
        return new SocketPair<>(new UnixDatagram(ends[0]), new UnixDatagram(ends[1]));
    }

    /**
     * What such a socket can do, of a descriptor that came from elsewhere: received, adopted, inherited.
     *
     * @param descriptor of a datagram socket of the local namespace; it is the same one, and closing
     *     either closes both
     * @return the socket
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is none
     */
    public static UnixDatagram of(Descriptor descriptor) throws IOException {
        SocketViews.requireType(descriptor, Sockets.DATAGRAM, false, "datagram socket");
        return new UnixDatagram(descriptor);
    }

    @Override
    public Descriptor descriptor() {
        return descriptor;
    }

    /**
     * Sends a datagram, waiting until there is room for it ({@code send(2)}).
     *
     * @param datagram its bytes
     * @throws IOException as for {@link #send(Message)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public void send(MemorySegment datagram) throws IOException, InterruptedException {
        SocketViews.send(DescriptorView.of(this), requireNonNull(datagram, "datagram"), OpenDescriptor.FOREVER);
    }

    /**
     * Sends a datagram, waiting for at most a time.
     *
     * @param datagram its bytes
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return whether it was sent
     * @throws IOException as for {@link #send(Message)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public boolean trySend(MemorySegment datagram, Duration timeout) throws IOException, InterruptedException {
        return SocketViews.send(DescriptorView.of(this), requireNonNull(datagram, "datagram"), Timeouts.nanos(timeout));
    }

    /**
     * Receives a datagram, waiting until there is one ({@code recv(2)}).
     *
     * @param into where its bytes go
     * @return how many bytes it has; more than {@code into} if it was cut; 0 of an empty one, and if this was shut down
     * @throws IOException as for {@link #receive(MemorySegment, int, ReceiveOption...)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    public long receive(MemorySegment into) throws IOException, InterruptedException {
        return SocketViews.receive(DescriptorView.of(this), into, OpenDescriptor.FOREVER);
    }

    /**
     * Receives a datagram, waiting for at most a time.
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

    /**
     * Connects it to an address: datagrams without an address go there, and only those from there are received
     * ({@code connect(2)}). It can be connected again, to another;
     * what came from the one before and was not received is lost then.
     *
     * @param address whose
     * @throws ErrnoException {@code ENOENT}, {@code ECONNREFUSED}, {@code EACCES}, {@code EPROTOTYPE} as for
     *     {@link UnixStream#connect(UnixAddress)}; {@code EPERM} if that is connected to another
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if the address is unnamed
     */
    public void connect(UnixAddress address) throws IOException {
        SocketViews.connectNow(DescriptorView.of(this), requireNonNull(address, "address"));
    }

    /**
     * Undoes {@link #connect}. What came and was not received is lost.
     *
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    public void disconnect() throws IOException {
        SocketViews.disconnect(DescriptorView.of(this));
    }

    /**
     * Closes the descriptor. The file of a path stays, unless {@link BindOption#UNLINK_ON_CLOSE} was given.
     */
    @Override
    public void close() {
        if (descriptor.isOpen()) { // while it is, nobody else's file can have the same inode number
            file.remove();
        }
        descriptor.close();
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
