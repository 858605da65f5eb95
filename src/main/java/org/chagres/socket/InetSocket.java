package org.chagres.socket;

import java.io.IOException;
import java.net.InetSocketAddress;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.InetViews;
import org.chagres.internal.view.SocketViews;

/**
 * A socket of the Internet, of IPv4 or IPv6 (AF_INET, AF_INET6).
 *
 * <p><b>Addresses</b> are those of the JDK, and no name is ever looked up for one. An address of IPv4 that a socket of
 * IPv6 deals with is the address of IPv4.
 *
 * <p><b>Waiting</b> to send or to receive ends when it is done, when the thread is interrupted
 * ({@link InterruptedException}: the interrupted status is cleared, nothing was sent or received, and the socket stays
 * usable), when {@link #close()} is called by another thread ({@link java.nio.channels.AsynchronousCloseException}),
 * and where a time is given when that is over. On virtual threads no carrier is blocked.
 *
 * <p>That bytes were sent means that they are in the send buffer of the kernel, not that anybody received them.
 *
 * <p><b>Lifetime.</b> {@link #close()} closes the descriptor; the socket is closed when the last duplicate is, a
 * child's too. A socket that is forgotten is closed by the garbage collector.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/ip.7.html">ip(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/ipv6.7.html">ipv6(7)</a>
 */
public sealed interface InetSocket extends LinuxSocket permits TcpStream, InetDatagramSocket {
    /**
     * The address and port this socket is bound to ({@code getsockname(2)}).
     *
     * @return the wildcard address and port 0 if it is bound to none
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    default InetSocketAddress localAddress() throws IOException {
        return InetViews.localAddress(DescriptorView.of(this));
    }

    /**
     * The address and port this socket is connected to ({@code getpeername(2)}).
     *
     * @return the address
     * @throws ErrnoException {@code ENOTCONN} if it is not connected, or no longer
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    default InetSocketAddress peerAddress() throws IOException {
        return InetViews.peerAddress(DescriptorView.of(this));
    }

    /**
     * How many bytes were sent that are still in this machine's send buffer ({@code SIOCOUTQ}): of a stream those that
     * the other side has not acknowledged, of datagrams those that have not left, as the kernel counts memory.
     *
     * @return 0 if there are none
     * @throws ErrnoException {@code ENOTTY} of an ICMP datagram socket
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    default int unsentBytes() throws IOException {
        return SocketViews.checked(
                DescriptorView.of(this).ask(Sockets::unsent), "ioctl", this, "asking what is unsent of");
    }

    /**
     * Ends receiving ({@code shutdown(2)}, {@code SHUT_RD}), for all who share the socket. The other side is not told:
     * what it sends goes on being acknowledged, and can be received still.
     *
     * @throws ErrnoException {@code ENOTCONN} if it is not connected; receiving has ended nevertheless
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    default void shutdownInput() throws IOException {
        SocketViews.shutdown(DescriptorView.of(this), Sockets.Direction.INPUT);
    }

    /**
     * Ends sending ({@code shutdown(2)}, {@code SHUT_WR}), for all who share the socket: the other side of a stream
     * receives what was sent, and then the end.
     *
     * @throws ErrnoException {@code ENOTCONN} if it is not connected
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    default void shutdownOutput() throws IOException {
        SocketViews.shutdown(DescriptorView.of(this), Sockets.Direction.OUTPUT);
    }

    /**
     * Ends both directions ({@code shutdown(2)}, {@code SHUT_RDWR}), for all who share the socket.
     *
     * @throws ErrnoException {@code ENOTCONN} if it is not connected
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    default void shutdown() throws IOException {
        SocketViews.shutdown(DescriptorView.of(this), Sockets.Direction.BOTH);
    }
}
