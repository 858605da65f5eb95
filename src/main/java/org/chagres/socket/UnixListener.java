package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
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
 * A socket of the local namespace that accepts connections, of streams or of sequenced packets.
 *
 * {@snippet class = "org.chagres.examples.SocketChapter" region = "listener"}
 *
 * <p><b>Path.</b> A socket file outlives its socket: see {@link BindOption}. To bind needs write and search permission
 * on the directory, to connect needs write permission on the file. By default the file has those of its owner alone.
 *
 * <p><b>Backlog</b> is how many connections may be made that are not accepted yet: whoever connects then waits. It says
 * nothing of how many are open.
 *
 * <p><b>Others.</b> A listener that is made here is non-blocking ({@code O_NONBLOCK}), and a child or another process
 * that gets it finds it so. One that wants {@code accept} to wait
 * takes the flag off; while it is off, {@link #tryAccept} waits here too, and a virtual thread holds its carrier.
 *
 * <p><b>Waiting</b> to accept ends with a connection, when the thread is interrupted ({@link InterruptedException}: the
 * interrupted status is cleared, and the listener stays usable), when {@link #close()} is called by another thread
 * ({@link java.nio.channels.AsynchronousCloseException}), and where a time is given when that is over. On virtual
 * threads no carrier is blocked.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread. Each connection is accepted once.
 *
 * @param <S> what it accepts
 * @see <a href="https://man7.org/linux/man-pages/man2/listen.2.html">listen(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/accept.2.html">accept(2)</a>
 */
public final class UnixListener<S extends UnixSocket> implements LinuxSocket {
    /** As many as the system allows (<code>/proc/sys/net/core/somaxconn</code>), which is less. */
    private static final int DEFAULT_BACKLOG = Integer.MAX_VALUE;

    private final Descriptor descriptor;
    private final Function<Descriptor, S> accepted;
    private final String kind;
    private final boolean ours;
    private final BoundFile file;
    private final OptionalInt backlog;

    private UnixListener(
            Descriptor descriptor,
            Function<Descriptor, S> accepted,
            String kind,
            boolean ours,
            BoundFile file,
            OptionalInt backlog) {
        this.descriptor = descriptor;
        this.accepted = accepted;
        this.kind = kind;
        this.ours = ours;
        this.file = file;
        this.backlog = backlog;
    }

    /**
     * Listens for streams, for this user alone, with as many waiting connections as the system allows.
     *
     * @param address where; {@link UnixAddress#unnamed()} has the kernel find an abstract name
     * @param options what to do with the file of a path
     * @return the listener
     * @throws ErrnoException {@code EADDRINUSE} if the path exists, or somebody has the abstract name; {@code EACCES}
     *     if this process may not write to the directory; {@code ENOENT}, {@code ENOTDIR}, {@code EROFS} of the path;
     *     {@code EMFILE}, {@code ENFILE} if there are as many open files as may be
     * @throws IOException that
     */
    public static UnixListener<UnixStream> bind(UnixAddress address, BindOption... options) throws IOException {
        return bind(address, SystemV.OWNER_ONLY, DEFAULT_BACKLOG, options);
    }

    /**
     * Listens for streams.
     *
     * @param address where
     * @param permissions those of the file of a path from its first moment, less the umask of this process; who may
     *     write may connect
     * @param backlog how many connections may wait to be accepted; the system's limit
     *     (<code>/proc/sys/net/core/somaxconn</code>) is taken for more, and for a negative number
     * @param options what to do with the file of a path
     * @return the listener
     * @throws ErrnoException as {@link #bind(UnixAddress, BindOption...)} says
     * @throws IOException that
     */
    public static UnixListener<UnixStream> bind(
            UnixAddress address, Set<PosixFilePermission> permissions, int backlog, BindOption... options)
            throws IOException {
        return bound(address, Sockets.STREAM, UnixStream::new, "UnixStream", permissions, backlog, options);
    }

    /**
     * Listens for sequenced packets; otherwise as {@link #bind(UnixAddress, BindOption...)}.
     *
     * @param address where
     * @param options what to do with the file of a path
     * @return the listener
     * @throws ErrnoException as {@link #bind(UnixAddress, BindOption...)} says
     * @throws IOException that
     */
    public static UnixListener<UnixSeqPacket> bindSeqPacket(UnixAddress address, BindOption... options)
            throws IOException {
        return bindSeqPacket(address, SystemV.OWNER_ONLY, DEFAULT_BACKLOG, options);
    }

    /**
     * Listens for sequenced packets; otherwise as {@link #bind(UnixAddress, Set, int, BindOption...)}.
     *
     * @param address where
     * @param permissions those of the file of a path
     * @param backlog how many connections may wait to be accepted
     * @param options what to do with the file of a path
     * @return the listener
     * @throws ErrnoException as {@link #bind(UnixAddress, BindOption...)} says
     * @throws IOException that
     */
    public static UnixListener<UnixSeqPacket> bindSeqPacket(
            UnixAddress address, Set<PosixFilePermission> permissions, int backlog, BindOption... options)
            throws IOException {
        return bound(address, Sockets.SEQPACKET, UnixSeqPacket::new, "UnixSeqPacket", permissions, backlog, options);
    }

    private static <S extends UnixSocket> UnixListener<S> bound(
            UnixAddress address,
            int type,
            Function<Descriptor, S> accepted,
            String kind,
            Set<PosixFilePermission> permissions,
            int backlog,
            BindOption... options)
            throws IOException {
        requireNonNull(address, "address");
        Descriptor descriptor = SocketViews.bound(address, type, "UnixListener", permissions, options);
        try {
            int effective = SocketViews.listen(DescriptorView.of(descriptor), backlog);
            BoundFile file = BoundFile.of(address, options);
            return new UnixListener<>(descriptor, accepted, kind, true, file, OptionalInt.of(effective));
        } catch (Throwable failure) {
            descriptor.close();
            throw failure;
        }
    }

    /**
     * What a listener for streams can do, of a descriptor that came from elsewhere: inherited, received.
     *
     * @param descriptor of a stream socket of the local namespace that listens; it is the same one, and closing either
     *     closes both
     * @return the listener
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is none
     */
    public static UnixListener<UnixStream> of(Descriptor descriptor) throws IOException {
        SocketViews.requireType(descriptor, Sockets.STREAM, true, "stream socket that listens");
        return new UnixListener<>(
                descriptor, UnixStream::new, "UnixStream", false, BoundFile.NONE, OptionalInt.empty());
    }

    /**
     * What a listener for sequenced packets can do, of a descriptor that came from elsewhere: inherited, received.
     *
     * @param descriptor of a sequenced-packet socket of the local namespace that listens; it is the same one, and
     *     closing either closes both
     * @return the listener
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is none
     */
    public static UnixListener<UnixSeqPacket> ofSeqPacket(Descriptor descriptor) throws IOException {
        SocketViews.requireType(descriptor, Sockets.SEQPACKET, true, "sequenced-packet socket that listens");
        return new UnixListener<>(
                descriptor, UnixSeqPacket::new, "UnixSeqPacket", false, BoundFile.NONE, OptionalInt.empty());
    }

    @Override
    public Descriptor descriptor() {
        return descriptor;
    }

    /**
     * Where it listens ({@code getsockname(2)}).
     *
     * @return its address
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    public UnixAddress localAddress() throws IOException {
        return SocketViews.localAddress(DescriptorView.of(this));
    }

    /**
     * How many connections may wait to be accepted: what was asked for, or the system's limit if that was less then.
     * The kernel lets one more wait.
     *
     * @return how many; empty of one that was made elsewhere
     */
    public OptionalInt backlog() {
        return backlog;
    }

    /**
     * Takes the next connection, waiting until there is one ({@code accept4(2)}).
     *
     * @return the connection
     * @throws java.nio.channels.ClosedChannelException if closed; {@link java.nio.channels.AsynchronousCloseException}
     *     if meanwhile
     * @throws ErrnoException {@code EMFILE}, {@code ENFILE} if there are as many open files as may be: the connection
     *     waits on; {@code ENOMEM}
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public S accept() throws IOException, InterruptedException {
        return accepted(OpenDescriptor.FOREVER).orElseThrow();
    }

    /**
     * Takes the next connection, waiting for at most a time.
     *
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return the connection; empty if the time was over
     * @throws IOException as for {@link #accept}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public Optional<S> tryAccept(Duration timeout) throws IOException, InterruptedException {
        return accepted(Timeouts.nanos(timeout));
    }

    private Optional<S> accepted(long nanos) throws IOException, InterruptedException {
        return SocketViews.accepted(DescriptorView.of(this), ours, kind, nanos).map(accepted);
    }

    /**
     * Ends listening; connections that were accepted stay, those that were not are reset. The file of a path stays,
     * unless {@link BindOption#UNLINK_ON_CLOSE} was given.
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
