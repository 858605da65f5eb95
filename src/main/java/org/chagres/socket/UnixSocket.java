package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.SocketViews;

/**
 * A socket of the local namespace (AF_UNIX, also called AF_LOCAL): between processes of one machine, by a path, an
 * abstract name, or none. A path on a file system that machines share leads to sockets of the same machine only.
 *
 * <p><b>Waiting</b> to send or to receive ends when it is done, when the thread is interrupted
 * ({@link InterruptedException}: the interrupted status is cleared, nothing was sent or received, and the socket stays
 * usable), when {@link #close()} is called by another thread ({@link java.nio.channels.AsynchronousCloseException}),
 * and where a time is given when that is over. On virtual threads no carrier is blocked.
 *
 * <p>That a message was sent means that it is in the memory of the kernel, not that anybody received it.
 *
 * <p><b>Lifetime.</b> {@link #close()} closes the descriptor. The connection ends, and the other side sees the end,
 * when the last duplicate is closed, a child's too; {@link #shutdownOutput()} ends it for all of them. A socket that is
 * forgotten is closed by the garbage collector.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread. Each message reaches one receiver.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/socket.7.html">socket(7)</a>
 */
public sealed interface UnixSocket extends LinuxSocket permits UnixStream, UnixSeqPacket, UnixDatagram {

    /**
     * The address this socket is bound to ({@code getsockname(2)}).
     *
     * @return unnamed if it is bound to none
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    default UnixAddress localAddress() throws IOException {
        return SocketViews.localAddress(DescriptorView.of(this));
    }

    /**
     * The address of the socket this one is connected to ({@code getpeername(2)}).
     *
     * @return unnamed if that is bound to none, as most that connect are
     * @throws ErrnoException {@code ENOTCONN} if it is not connected
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    default UnixAddress peerAddress() throws IOException {
        return SocketViews.peerAddress(DescriptorView.of(this));
    }

    /**
     * Who connected, or made the pair, or began to listen: as it was then ({@code SO_PEERCRED}).
     *
     * @return its process, user and group
     * @throws ErrnoException {@code ENOTCONN} of a socket that never was connected, on some kernels
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    default Credentials peerCredentials() throws IOException {
        return option(LinuxSocketOptions.SO_PEERCRED);
    }

    /**
     * The process of {@link #peerCredentials()}, as a descriptor that never means another ({@code SO_PEERPIDFD}, Linux
     * 6.5): readable once it has ended.
     *
     * @return a new descriptor, which is the caller's
     * @throws ErrnoException {@code ENOPROTOOPT} if this kernel does not have it; {@code ESRCH}, {@code EINVAL} if the
     *     process is gone; {@code ENODATA} if it never was connected
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    default Descriptor peerProcess() throws IOException {
        return SocketViews.peerProcess(DescriptorView.of(this));
    }

    /**
     * Sends a message, waiting until there is room for it ({@code sendmsg(2)}).
     *
     * @param message what, with what travels with it
     * @return how many bytes were sent: all of a datagram or record, and of a stream too, unless an interrupt, a close
     *     or an error stops it: then what was sent counts
     * @throws java.nio.channels.ClosedChannelException if this, or a descriptor to be sent, is closed;
     *     {@link java.nio.channels.AsynchronousCloseException} if this is meanwhile
     * @throws ErrnoException {@code EPIPE} if nobody receives any more, or this was shut down; {@code ENOTCONN},
     *     {@code EDESTADDRREQ} if it is not connected and the message has no address; {@code EMSGSIZE} if a datagram or
     *     record is longer than the send buffer; {@code ECONNREFUSED}, {@code ENOENT} if nobody has the address;
     *     {@code ESRCH} if the credentials are of no process; {@code EPERM} if they are not this process's, and it has
     *     no privilege, the receiver takes no descriptors ({@code SO_PASSRIGHTS}), or the receiver is connected to
     *     another; {@code ETOOMANYREFS} if too many descriptors are on their way
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if there are more than 253 descriptors, or on a stream descriptors without a
     *     byte
     */
    default long send(Message message) throws IOException, InterruptedException {
        return UnixMessages.send(this, requireNonNull(message, "message"), OpenDescriptor.FOREVER)
                .orElseThrow();
    }

    /**
     * Sends a message as {@link #send(Message)} does, waiting for at most a time.
     *
     * @param message what
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many bytes were sent; empty if the time was over
     * @throws IOException as for {@link #send(Message)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #send(Message)}
     */
    default OptionalLong trySend(Message message, Duration timeout) throws IOException, InterruptedException {
        return UnixMessages.send(this, requireNonNull(message, "message"), Timeouts.nanos(timeout));
    }

    /**
     * Sends several messages in one call, waiting until there is room for the first ({@code sendmmsg(2)}).
     *
     * @param messages which; all with the same options
     * @return how many of them were sent, from the first on: at least one, and 0 only if there are none. On a stream
     *     the last of them is sent to its end, unless an interrupt, a close or an error stops it
     * @throws IOException as for {@link #send(Message)}, if none was sent
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #send(Message)}, or if their options differ
     */
    default int sendMany(List<Message> messages) throws IOException, InterruptedException {
        return UnixMessages.send(this, messages, OpenDescriptor.FOREVER);
    }

    /**
     * Sends several messages as {@link #sendMany} does, waiting for at most a time. Not by a stream, where the last of
     * them may be sent in part: {@link #trySend} tells how much.
     *
     * @param messages which
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many of them were sent; 0 if the time was over
     * @throws IOException as for {@link #sendMany}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #sendMany}
     * @throws UnsupportedOperationException if this is a stream
     */
    default int trySendMany(List<Message> messages, Duration timeout) throws IOException, InterruptedException {
        return UnixMessages.send(this, messages, Timeouts.nanos(timeout));
    }

    /**
     * Receives as many messages as there are in one call, waiting until there is one ({@code recvmmsg(2)}).
     *
     * @param into where the bytes of each go: as many messages at most as there are pieces of memory
     * @param mostDescriptors how many descriptors may come with each; more are closed
     * @param options how; not {@link ReceiveOption#PEEK}, which would tell the first again and again. With
     *     {@link ReceiveOption#OUT_OF_BAND} there is one, for the first piece
     * @return what came, at least one; to be closed, for the descriptors in them
     * @throws IOException as for {@link #receive(MemorySegment, int, ReceiveOption...)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #receive(MemorySegment, int, ReceiveOption...)}
     */
    default List<ReceivedMessage> receiveMany(List<MemorySegment> into, int mostDescriptors, ReceiveOption... options)
            throws IOException, InterruptedException {
        return UnixMessages.receiveMany(this, into, mostDescriptors, options, OpenDescriptor.FOREVER);
    }

    /**
     * Receives messages as {@link #receiveMany} does, waiting for at most a time.
     *
     * @param into where the bytes of each go
     * @param mostDescriptors how many descriptors may come with each; more are closed
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @param options how
     * @return what came; empty if the time was over
     * @throws IOException as for {@link #receive(MemorySegment, int, ReceiveOption...)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #receive(MemorySegment, int, ReceiveOption...)}
     */
    default List<ReceivedMessage> tryReceiveMany(
            List<MemorySegment> into, int mostDescriptors, Duration timeout, ReceiveOption... options)
            throws IOException, InterruptedException {
        return UnixMessages.receiveMany(this, into, mostDescriptors, options, Timeouts.nanos(timeout));
    }

    /**
     * Receives a message, waiting until there is one ({@code recvmsg(2)}).
     *
     * @param into where its bytes go
     * @param mostDescriptors how many descriptors may come with it; more are closed
     * @param options how
     * @return what came; to be closed, for the descriptors in it
     * @throws java.nio.channels.ClosedChannelException if closed; {@link java.nio.channels.AsynchronousCloseException}
     *     if meanwhile
     * @throws ErrnoException {@code ENOTCONN} if it has to be connected and is not; {@code ECONNRESET} if the other
     *     side was closed with bytes it had not received; {@code EINVAL}, {@code EOPNOTSUPP} if there is nothing out of
     *     band
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only, or {@code mostDescriptors} not 0 to 253
     */
    default ReceivedMessage receive(MemorySegment into, int mostDescriptors, ReceiveOption... options)
            throws IOException, InterruptedException {
        return receive(List.of(requireNonNull(into, "into")), mostDescriptors, options);
    }

    /**
     * Receives a message into several pieces of memory, one after the other; otherwise as
     * {@link #receive(MemorySegment, int, ReceiveOption...)}.
     *
     * @param into where its bytes go
     * @param mostDescriptors how many descriptors may come with it; more are closed
     * @param options how
     * @return what came; to be closed, for the descriptors in it
     * @throws IOException as for {@link #receive(MemorySegment, int, ReceiveOption...)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #receive(MemorySegment, int, ReceiveOption...)}
     */
    default ReceivedMessage receive(List<MemorySegment> into, int mostDescriptors, ReceiveOption... options)
            throws IOException, InterruptedException {
        return UnixMessages.receive(this, into, mostDescriptors, options, OpenDescriptor.FOREVER)
                .orElseThrow();
    }

    /**
     * Receives a message as {@link #receive(MemorySegment, int, ReceiveOption...)} does, waiting for at most a time.
     *
     * @param into where its bytes go
     * @param mostDescriptors how many descriptors may come with it; more are closed
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @param options how
     * @return what came; empty if the time was over
     * @throws IOException as for {@link #receive(MemorySegment, int, ReceiveOption...)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #receive(MemorySegment, int, ReceiveOption...)}
     */
    default Optional<ReceivedMessage> tryReceive(
            MemorySegment into, int mostDescriptors, Duration timeout, ReceiveOption... options)
            throws IOException, InterruptedException {
        return UnixMessages.receive(
                this, List.of(requireNonNull(into, "into")), mostDescriptors, options, Timeouts.nanos(timeout));
    }

    /**
     * How much memory takes what was sent and not yet received ({@code SIOCOUTQ}): a measure, as the kernel counts what
     * it needs itself too.
     *
     * @return 0 if all was received
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    default int unsentBytes() throws IOException {
        return SocketViews.checked(
                DescriptorView.of(this).ask(Sockets::unsent), "ioctl", this, "asking what is unsent of");
    }

    /**
     * Ends receiving ({@code shutdown(2)}, {@code SHUT_RD}), for all who share the socket: what is there can be
     * received still, then comes the end, and the other side can no longer send.
     *
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    default void shutdownInput() throws IOException {
        SocketViews.shutdown(DescriptorView.of(this), Sockets.Direction.INPUT);
    }

    /**
     * Ends sending ({@code shutdown(2)}, {@code SHUT_WR}), for all who share the socket: the other side receives what
     * was sent, and then the end.
     *
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    default void shutdownOutput() throws IOException {
        SocketViews.shutdown(DescriptorView.of(this), Sockets.Direction.OUTPUT);
    }

    /**
     * Ends both directions ({@code shutdown(2)}, {@code SHUT_RDWR}), for all who share the socket.
     *
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    default void shutdown() throws IOException {
        SocketViews.shutdown(DescriptorView.of(this), Sockets.Direction.BOTH);
    }

    /**
     * Itself as any descriptor.
     *
     * @return the same object each time
     */
    @Override
    Descriptor descriptor();
}
