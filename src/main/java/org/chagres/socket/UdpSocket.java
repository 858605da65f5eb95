package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Datagrams.Membership;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DatagramViews;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.InetAddresses;
import org.chagres.internal.view.InetViews;
import org.chagres.internal.view.SocketViews;

/**
 * A socket for datagrams by UDP: messages with boundaries, which come once, twice or not at all, and in any order. Only
 * that what comes is whole is promised.
 *
 * {@snippet class = "org.chagres.examples.InetChapter" region = "udp"}
 *
 * <p><b>Length.</b> At most 65,507 bytes by IPv4 and 65,527 by IPv6. Beyond what the way takes in one packet it is sent
 * in fragments, and lost if one of them is.
 *
 * <p><b>Errors of earlier datagrams.</b> That nobody received one is told, if at all, after it was sent, and of a
 * connected socket only: {@code ECONNREFUSED} of the next call means that. If that call was to send, its own datagram
 * was <em>not</em> sent; send it again. With {@code IP_RECVERR} and {@code IPV6_RECVERR} the
 * {@linkplain ReceiveOption#ERROR_QUEUE error queue} tells which one it was.
 *
 * <p><b>Losses</b> of this machine, for lack of room in {@code SO_RCVBUF}, are counted: {@code SO_RXQ_OVFL} tells how
 * many.
 *
 * @see Datagram
 * @see DatagramBatch
 * @see <a href="https://man7.org/linux/man-pages/man7/udp.7.html">udp(7)</a>
 */
public final class UdpSocket implements InetSocket {
    private static final String KIND = "UdpSocket";

    private final Descriptor descriptor;
    private final int family;

    private UdpSocket(Descriptor descriptor, int family) {
        this.descriptor = descriptor;
        this.family = family;
    }

    /**
     * Makes a socket that is bound to no address: it gets a free port with the first datagram it sends.
     *
     * @param family {@link StandardProtocolFamily#INET}, or {@link StandardProtocolFamily#INET6}, which deals with
     *     addresses of IPv4 too
     * @param settings options that are set first, in this order
     * @return the socket
     * @throws ErrnoException {@code EAFNOSUPPORT} if this kernel does not have that version of IP; {@code EMFILE},
     *     {@code ENFILE} if there are as many open files as may be; and what {@link #setOption} says of the options
     * @throws IOException that
     * @throws IllegalArgumentException if the family is another
     */
    public static UdpSocket create(ProtocolFamily family, SocketSetting<?>... settings) throws IOException {
        int number = familyOf(family);
        return new UdpSocket(InetViews.created(number, Sockets.DATAGRAM, KIND, List.of(settings)), number);
    }

    private static int familyOf(ProtocolFamily family) {
        if (requireNonNull(family, "family") == StandardProtocolFamily.INET) {
            return Sockets.INET;
        }
        if (family == StandardProtocolFamily.INET6) {
            return Sockets.INET6;
        }
        throw new IllegalArgumentException("a UDP socket is of INET or INET6, not of " + family.name());
    }

    /**
     * Makes a socket that is bound to an address: who knows it can send here.
     *
     * @param address its own; of port 0 with a free port, which {@link #localAddress()} tells
     * @param settings options that are set before it is bound, in this order
     * @return the socket
     * @throws ErrnoException as {@link TcpListener#bind(InetSocketAddress, SocketSetting...)} says
     * @throws IOException that
     * @throws IllegalArgumentException if the address is a name that was not found
     */
    public static UdpSocket bind(InetSocketAddress address, SocketSetting<?>... settings) throws IOException {
        Descriptor bound =
                InetViews.bound(requireNonNull(address, "address"), Sockets.DATAGRAM, KIND, List.of(settings));
        return new UdpSocket(bound, InetAddresses.family(address));
    }

    /**
     * Makes a socket that is connected to an address, and gets a free port.
     *
     * @param address whose
     * @param settings options that are set before it is connected, in this order
     * @return the socket
     * @throws ErrnoException as for {@link #connect}
     * @throws IOException that
     * @throws IllegalArgumentException if the address is a name that was not found
     */
    public static UdpSocket connectedTo(InetSocketAddress address, SocketSetting<?>... settings) throws IOException {
        int family = InetAddresses.family(requireNonNull(address, "address"));
        UdpSocket socket = new UdpSocket(InetViews.created(family, Sockets.DATAGRAM, KIND, List.of(settings)), family);
        try {
            socket.connect(address);
            return socket;
        } catch (Throwable failure) {
            socket.close();
            throw failure;
        }
    }

    /**
     * What such a socket can do, of a descriptor that came from elsewhere: received, adopted, inherited.
     *
     * @param descriptor of a UDP socket; it is the same one, and closing either closes both
     * @return the socket
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is none
     */
    public static UdpSocket of(Descriptor descriptor) throws IOException {
        int family =
                InetViews.requireType(requireNonNull(descriptor, "descriptor"), Sockets.DATAGRAM, false, "UDP socket");
        return new UdpSocket(descriptor, family);
    }

    @Override
    public Descriptor descriptor() {
        return descriptor;
    }

    // One datagram.

    /**
     * Sends a datagram to whom this is connected, waiting until there is room for it ({@code send(2)}).
     *
     * @param datagram its bytes
     * @throws IOException as for {@link #send(Datagram)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public void send(MemorySegment datagram) throws IOException, InterruptedException {
        DatagramViews.send(DescriptorView.of(this), datagram, OpenDescriptor.FOREVER);
    }

    /**
     * Sends a datagram as {@link #send(MemorySegment)} does, waiting for at most a time.
     *
     * @param datagram its bytes
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return whether it was sent
     * @throws IOException as for {@link #send(Datagram)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public boolean trySend(MemorySegment datagram, Duration timeout) throws IOException, InterruptedException {
        return DatagramViews.send(DescriptorView.of(this), datagram, Timeouts.nanos(timeout));
    }

    /**
     * Sends a datagram, waiting until there is room for it ({@code sendmsg(2)}).
     *
     * @param datagram what, where to, and how
     * @throws java.nio.channels.ClosedChannelException if closed; {@link java.nio.channels.AsynchronousCloseException}
     *     if meanwhile
     * @throws ErrnoException {@code ECONNREFUSED} if nobody received an earlier one: this one was not sent;
     *     {@code EMSGSIZE} if it is longer than can be; {@code EDESTADDRREQ} if there is no address;
     *     {@code EACCES} if the address is for all of a network, and {@code SO_BROADCAST} off; {@code ENETUNREACH},
     *     {@code EHOSTUNREACH} if no way leads there; {@code EINVAL}, or of IPv4 {@code ENETUNREACH}, if the address
     *     that it is to come from is not this machine's; {@code ENOBUFS} if the interface takes no more
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if the address is a name that was not found, or one of IPv6 and this socket of
     *     IPv4
     */
    public void send(Datagram datagram) throws IOException, InterruptedException {
        UdpDatagrams.send(this, requireNonNull(datagram, "datagram"), OpenDescriptor.FOREVER);
    }

    /**
     * Sends a datagram as {@link #send(Datagram)} does, waiting for at most a time.
     *
     * @param datagram what, where to, and how
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return whether it was sent
     * @throws IOException as for {@link #send(Datagram)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #send(Datagram)}
     */
    public boolean trySend(Datagram datagram, Duration timeout) throws IOException, InterruptedException {
        return UdpDatagrams.send(this, requireNonNull(datagram, "datagram"), Timeouts.nanos(timeout));
    }

    /**
     * Receives a datagram, waiting until there is one ({@code recv(2)}); {@link #receiveFrom} also tells from whom.
     *
     * @param into where its bytes go
     * @return how many bytes it has; more than {@code into} if it was cut; 0 of an empty one, and if receiving was shut
     *     down
     * @throws IOException as for {@link #receiveFrom}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    public long receive(MemorySegment into) throws IOException, InterruptedException {
        return DatagramViews.receive(DescriptorView.of(this), into, OpenDescriptor.FOREVER);
    }

    /**
     * Receives a datagram as {@link #receive} does, waiting for at most a time.
     *
     * @param into where its bytes go
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return as {@link #receive}; -1 if the time was over
     * @throws IOException as for {@link #receiveFrom}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    public long tryReceive(MemorySegment into, Duration timeout) throws IOException, InterruptedException {
        return DatagramViews.receive(DescriptorView.of(this), into, Timeouts.nanos(timeout));
    }

    /**
     * Receives a datagram with its sender and what else is told of it, waiting until there is one
     * ({@code recvmsg(2)}).
     *
     * @param into where its bytes go
     * @param options how; with {@link ReceiveOption#ERROR_QUEUE} it waits for a report
     * @return what came
     * @throws java.nio.channels.ClosedChannelException if closed; {@link java.nio.channels.AsynchronousCloseException}
     *     if meanwhile
     * @throws ErrnoException {@code ECONNREFUSED} if nobody received a datagram that was sent before
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    public ReceivedDatagram receiveFrom(MemorySegment into, ReceiveOption... options)
            throws IOException, InterruptedException {
        return UdpDatagrams.receive(this, into, SocketFlags.of(options), OpenDescriptor.FOREVER)
                .orElseThrow();
    }

    /**
     * Receives a datagram as {@link #receiveFrom} does, waiting for at most a time.
     *
     * @param into where its bytes go
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @param options how
     * @return what came; empty if the time was over
     * @throws IOException as for {@link #receiveFrom}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code into} is read-only
     */
    public Optional<ReceivedDatagram> tryReceiveFrom(MemorySegment into, Duration timeout, ReceiveOption... options)
            throws IOException, InterruptedException {
        return UdpDatagrams.receive(this, into, SocketFlags.of(options), Timeouts.nanos(timeout));
    }

    /**
     * How many bytes the next datagram has ({@code FIONREAD}).
     *
     * @return how many; 0 if there is none, or an empty one
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    public int available() throws IOException {
        return DatagramViews.available(DescriptorView.of(this));
    }

    // Many.

    /**
     * Sends several datagrams in one call, waiting until there is room for the first ({@code sendmmsg(2)}).
     *
     * <p>An error ends it. Of the first datagram it is told. Of a later one it is not, as those before were sent: the
     * next call meets it with that datagram. The error of an earlier datagram ({@code ECONNREFUSED}) the kernel tells
     * only once, though, and what it would have told in the middle is lost: {@code IP_RECVERR} keeps it.
     *
     * @param batch the datagrams
     * @param first the first of them to send
     * @param count how many, from there on
     * @return how many of them were sent: at least one, and 0 only if there are none
     * @throws IOException as for {@link #send(Datagram)}, if none was sent
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if one was cut when it was received, and nobody set its size since
     * @throws IndexOutOfBoundsException if the batch has not so many
     */
    public int sendMany(DatagramBatch batch, int first, int count) throws IOException, InterruptedException {
        return UdpDatagrams.sendMany(this, batch, first, count, OpenDescriptor.FOREVER);
    }

    /**
     * Sends several datagrams as {@link #sendMany} does, waiting for at most a time.
     *
     * @param batch the datagrams
     * @param first the first of them to send
     * @param count how many, from there on
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many of them were sent; 0 if the time was over
     * @throws IOException as for {@link #sendMany}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #sendMany}
     * @throws IndexOutOfBoundsException if the batch has not so many
     */
    public int trySendMany(DatagramBatch batch, int first, int count, Duration timeout)
            throws IOException, InterruptedException {
        return UdpDatagrams.sendMany(this, batch, first, count, Timeouts.nanos(timeout));
    }

    /**
     * Receives as many datagrams as there are in one call, waiting until there is one ({@code recvmmsg(2)}).
     *
     * @param batch where they go, from the first on; what was in it is gone
     * @return how many came, at least one; if receiving was shut down one of no bytes, without an address
     * @throws IOException as for {@link #receiveFrom}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public int receiveMany(DatagramBatch batch) throws IOException, InterruptedException {
        return UdpDatagrams.receiveMany(this, batch, OpenDescriptor.FOREVER);
    }

    /**
     * Receives datagrams as {@link #receiveMany} does, waiting for at most a time.
     *
     * @param batch where they go
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many came; 0 if the time was over
     * @throws IOException as for {@link #receiveFrom}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public int tryReceiveMany(DatagramBatch batch, Duration timeout) throws IOException, InterruptedException {
        return UdpDatagrams.receiveMany(this, batch, Timeouts.nanos(timeout));
    }

    // Who sends here.

    /**
     * Connects it to an address: datagrams without an address go there, only those from there are received, and errors
     * of what was sent are told ({@code connect(2)}). Nothing is sent, and nobody need be there. It can be connected
     * again, to another.
     *
     * @param address whose
     * @throws ErrnoException {@code ENETUNREACH}, {@code EHOSTUNREACH} if no way leads there; {@code EACCES} if it is
     *     for all of a network, and {@code SO_BROADCAST} off
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if the address is a name that was not found, or one of IPv6 and this socket of
     *     IPv4
     */
    public void connect(InetSocketAddress address) throws IOException {
        InetViews.connectNow(DescriptorView.of(this), family, requireNonNull(address, "address"));
    }

    /**
     * Undoes {@link #connect}. A port that the kernel found is given back: the next datagram that is sent gets another.
     *
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    public void disconnect() throws IOException {
        SocketViews.disconnect(DescriptorView.of(this));
    }

    /**
     * Receives what is sent to a group from now on ({@code MCAST_JOIN_GROUP}), if this is bound to its port.
     *
     * @param group a multicast address
     * @param networkInterface by which interface
     * @throws ErrnoException {@code EADDRINUSE} if it has joined already; {@code EINVAL} if the address is of no group;
     *     {@code ENODEV} if the interface is gone; {@code ENOBUFS} if it has joined as many as may be
     *     ({@code igmp_max_memberships})
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if the address is of the other version of IP
     */
    public void join(InetAddress group, NetworkInterface networkInterface) throws IOException {
        DatagramViews.change(
                DescriptorView.of(this), family, Membership.JOIN, group, networkInterface, Optional.empty());
    }

    /**
     * Undoes {@link #join}. Closing does so too.
     *
     * @param group its address
     * @param networkInterface by which interface
     * @throws ErrnoException {@code EADDRNOTAVAIL} if it has not joined
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException as for {@link #join}
     */
    public void leave(InetAddress group, NetworkInterface networkInterface) throws IOException {
        DatagramViews.change(
                DescriptorView.of(this), family, Membership.LEAVE, group, networkInterface, Optional.empty());
    }

    /**
     * Receives what one sender sends to a group from now on ({@code MCAST_JOIN_SOURCE_GROUP}); to be called for each of
     * several senders.
     *
     * @param group a multicast address
     * @param networkInterface by which interface
     * @param source the sender's address
     * @throws ErrnoException as for {@link #join}; {@code EADDRNOTAVAIL} if it has joined that sender already;
     *     {@code EINVAL} if it has joined the whole group and blocked a sender; otherwise only this sender of it
     *     remains
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException as for {@link #join}
     */
    public void join(InetAddress group, NetworkInterface networkInterface, InetAddress source) throws IOException {
        DatagramViews.change(
                DescriptorView.of(this), family, Membership.JOIN_SOURCE, group, networkInterface, Optional.of(source));
    }

    /**
     * Undoes {@link #join(InetAddress, NetworkInterface, InetAddress)}.
     *
     * @param group its address
     * @param networkInterface by which interface
     * @param source the sender's address
     * @throws ErrnoException {@code EADDRNOTAVAIL} if it has not joined
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException as for {@link #join}
     */
    public void leave(InetAddress group, NetworkInterface networkInterface, InetAddress source) throws IOException {
        DatagramViews.change(
                DescriptorView.of(this), family, Membership.LEAVE_SOURCE, group, networkInterface, Optional.of(source));
    }

    /**
     * Receives nothing more of one sender to a group that was {@linkplain #join(InetAddress, NetworkInterface) joined}
     * ({@code MCAST_BLOCK_SOURCE}).
     *
     * @param group its address
     * @param networkInterface by which interface
     * @param source the sender's address
     * @throws ErrnoException {@code EADDRNOTAVAIL} if that is so already; {@code EINVAL} if it has not joined
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException as for {@link #join}
     */
    public void block(InetAddress group, NetworkInterface networkInterface, InetAddress source) throws IOException {
        DatagramViews.change(
                DescriptorView.of(this), family, Membership.BLOCK_SOURCE, group, networkInterface, Optional.of(source));
    }

    /**
     * Undoes {@link #block}.
     *
     * @param group its address
     * @param networkInterface by which interface
     * @param source the sender's address
     * @throws ErrnoException {@code EADDRNOTAVAIL} if it is not blocked
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException as for {@link #join}
     */
    public void unblock(InetAddress group, NetworkInterface networkInterface, InetAddress source) throws IOException {
        DatagramViews.change(
                DescriptorView.of(this),
                family,
                Membership.UNBLOCK_SOURCE,
                group,
                networkInterface,
                Optional.of(source));
    }

    int family() {
        return family;
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
