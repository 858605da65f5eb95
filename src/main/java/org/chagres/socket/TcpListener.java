package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.InetViews;
import org.chagres.internal.view.SocketViews;

/**
 * A socket that accepts connections by TCP.
 *
 * {@snippet class = "org.chagres.examples.InetChapter" region = "listener"}
 *
 * <p><b>Address.</b> The wildcard of IPv6, {@code ::}, takes connections of IPv4 as well, unless {@code IPV6_V6ONLY} is
 * set. Port 0 has the kernel find a free one, and {@link #localAddress()} tells it. {@code SO_REUSEADDR} is on unless
 * it is set otherwise: connections of an earlier listener that are still ending do not stop the next one, and a socket
 * that listens does.
 *
 * <p><b>Backlog</b> is how many connections may be made that are not accepted yet. Beyond it nobody is refused: whoever
 * connects goes on trying, and waits. It says nothing of how many are open.
 *
 * <p><b>Others.</b> A listener that is made here is non-blocking ({@code O_NONBLOCK}), and a child or another process
 * that gets it finds it so. While somebody has taken that flag off, {@link #tryAccept} waits here too, and a virtual
 * thread holds its carrier.
 *
 * <p><b>Waiting</b> to accept ends with a connection, when the thread is interrupted ({@link InterruptedException}: the
 * interrupted status is cleared, and the listener stays usable), when {@link #close()} is called by another thread
 * ({@link java.nio.channels.AsynchronousCloseException}), and where a time is given when that is over. On virtual
 * threads no carrier is blocked.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread. Each connection is accepted once.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/tcp.7.html">tcp(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/listen.2.html">listen(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/accept.2.html">accept(2)</a>
 */
public final class TcpListener implements LinuxSocket {
    private static final SocketSetting<Boolean> REUSE_ADDRESS =
            SocketSetting.set(LinuxSocketOptions.SO_REUSEADDR, true);

    private final Descriptor descriptor;
    private final boolean ours;
    private final OptionalInt backlog;

    private TcpListener(Descriptor descriptor, boolean ours, OptionalInt backlog) {
        this.descriptor = descriptor;
        this.ours = ours;
        this.backlog = backlog;
    }

    /**
     * Listens, with as many waiting connections as the system allows.
     *
     * @param address where; {@code new InetSocketAddress(port)} is all addresses of IPv4, {@link Inet#any(int)} all
     *     addresses there are, {@link Inet#loopback(int)} this machine alone
     * @param settings options that are set before it is bound, in this order
     * @return the listener
     * @throws ErrnoException {@code EADDRINUSE} if another socket has the port; {@code EADDRNOTAVAIL} if no interface
     *     has the address; {@code EACCES} if the port needs a privilege; {@code EMFILE}, {@code ENFILE} if there are as
     *     many open files as may be; and what {@link #setOption} says of the options
     * @throws IOException that
     * @throws IllegalArgumentException if the address is a name that was not found
     */
    public static TcpListener bind(InetSocketAddress address, SocketSetting<?>... settings) throws IOException {
        return bind(address, Integer.MAX_VALUE, settings);
    }

    /**
     * Listens.
     *
     * @param address where
     * @param backlog how many connections may wait to be accepted; the system's limit
     *     (<code>/proc/sys/net/core/somaxconn</code>) is taken for more, and for a negative number
     * @param settings options that are set before it is bound, in this order
     * @return the listener
     * @throws ErrnoException as {@link #bind(InetSocketAddress, SocketSetting...)} says
     * @throws IOException that
     * @throws IllegalArgumentException if the address is a name that was not found
     */
    public static TcpListener bind(InetSocketAddress address, int backlog, SocketSetting<?>... settings)
            throws IOException {
        List<SocketSetting<?>> all = new ArrayList<>();
        all.add(REUSE_ADDRESS);
        all.addAll(List.of(requireNonNull(settings, "settings")));
        Descriptor descriptor = InetViews.bound(requireNonNull(address, "address"), Sockets.STREAM, "TcpListener", all);
        try {
            int effective = SocketViews.listen(DescriptorView.of(descriptor), backlog);
            return new TcpListener(descriptor, true, OptionalInt.of(effective));
        } catch (Throwable failure) {
            descriptor.close();
            throw failure;
        }
    }

    /**
     * What a listener can do, of a descriptor that came from elsewhere: inherited, received.
     *
     * @param descriptor of a TCP socket that listens; it is the same one, and closing either closes both
     * @return the listener
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is none
     */
    public static TcpListener of(Descriptor descriptor) throws IOException {
        InetViews.requireType(
                requireNonNull(descriptor, "descriptor"), Sockets.STREAM, true, "TCP socket that listens");
        return new TcpListener(descriptor, false, OptionalInt.empty());
    }

    @Override
    public Descriptor descriptor() {
        return descriptor;
    }

    /**
     * Where it listens ({@code getsockname(2)}).
     *
     * @return its address, with the port that the kernel found if it was 0
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    public InetSocketAddress localAddress() throws IOException {
        return InetViews.localAddress(DescriptorView.of(this));
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
     * Takes the next connection, waiting until there is one ({@code accept4(2)}). A connection that died before is
     * passed over.
     *
     * @return the connection, which knows at once {@linkplain TcpStream#peerAddress() whose} it is
     * @throws java.nio.channels.ClosedChannelException if closed; {@link java.nio.channels.AsynchronousCloseException}
     *     if meanwhile
     * @throws ErrnoException {@code EMFILE}, {@code ENFILE} if there are as many open files as may be: the connection
     *     waits on; {@code ENOMEM}, {@code ENOBUFS}; {@code EPERM} if a firewall forbids it
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public TcpStream accept() throws IOException, InterruptedException {
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
    public Optional<TcpStream> tryAccept(Duration timeout) throws IOException, InterruptedException {
        return accepted(Timeouts.nanos(timeout));
    }

    private Optional<TcpStream> accepted(long nanos) throws IOException, InterruptedException {
        return InetViews.accepted(DescriptorView.of(this), ours, TcpStream.KIND, nanos)
                .map(TcpStream::accepted);
    }

    /**
     * Ends listening; connections that were accepted stay, those that were not are reset.
     */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
