package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.Optional;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Datagrams.Membership;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DatagramViews;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.SocketViews;

/**
 * A socket of the Internet for datagrams: messages with boundaries, each of which is sent and received as a whole. It
 * says how {@link UdpSocket} and {@link RawSocket} send and receive; what a datagram is, each of them says itself.
 *
 * <p>A receive of less memory than the datagram has bytes loses the rest, and tells.
 *
 * @see Datagram
 * @see DatagramBatch
 */
public sealed interface InetDatagramSocket extends InetSocket permits UdpSocket, RawSocket {
    // One datagram.

    /**
     * Sends a datagram to whom this is connected, waiting until there is room for it ({@code send(2)}).
     *
     * @param datagram its bytes
     * @throws IOException as for {@link #send(Datagram)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    default void send(MemorySegment datagram) throws IOException, InterruptedException {
        DatagramViews.send(DescriptorView.of(this), requireNonNull(datagram, "datagram"), OpenDescriptor.FOREVER);
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
    default boolean trySend(MemorySegment datagram, Duration timeout) throws IOException, InterruptedException {
        return DatagramViews.send(
                DescriptorView.of(this), requireNonNull(datagram, "datagram"), Timeouts.nanos(timeout));
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
     *     that it is to come from is not this machine's; {@code ENOBUFS} if the interface takes no more, or
     *     the buffer of a {@link RawSocket} that does not wait is full
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if the address is a name that was not found, or one of IPv6 and this socket of
     *     IPv4, or the other way round if this is a raw socket
     */
    default void send(Datagram datagram) throws IOException, InterruptedException {
        InetDatagrams.send(this, requireNonNull(datagram, "datagram"), OpenDescriptor.FOREVER);
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
    default boolean trySend(Datagram datagram, Duration timeout) throws IOException, InterruptedException {
        return InetDatagrams.send(this, requireNonNull(datagram, "datagram"), Timeouts.nanos(timeout));
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
    default long receive(MemorySegment into) throws IOException, InterruptedException {
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
    default long tryReceive(MemorySegment into, Duration timeout) throws IOException, InterruptedException {
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
    default ReceivedDatagram receiveFrom(MemorySegment into, ReceiveOption... options)
            throws IOException, InterruptedException {
        return InetDatagrams.receive(this, into, SocketFlags.of(options), OpenDescriptor.FOREVER)
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
    default Optional<ReceivedDatagram> tryReceiveFrom(MemorySegment into, Duration timeout, ReceiveOption... options)
            throws IOException, InterruptedException {
        return InetDatagrams.receive(this, into, SocketFlags.of(options), Timeouts.nanos(timeout));
    }

    /**
     * How many bytes the next datagram has ({@code FIONREAD}).
     *
     * @return how many; 0 if there is none, or an empty one
     * @throws ErrnoException {@code ENOTTY} of an ICMP datagram socket
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    default int available() throws IOException {
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
    default int sendMany(DatagramBatch batch, int first, int count) throws IOException, InterruptedException {
        return InetDatagrams.sendMany(this, batch, first, count, OpenDescriptor.FOREVER);
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
    default int trySendMany(DatagramBatch batch, int first, int count, Duration timeout)
            throws IOException, InterruptedException {
        return InetDatagrams.sendMany(this, batch, first, count, Timeouts.nanos(timeout));
    }

    /**
     * Receives as many datagrams as there are in one call, waiting until there is one ({@code recvmmsg(2)}).
     *
     * @param batch where they go, from the first on; what was in it is gone
     * @return how many came, at least one; if receiving was shut down one of no bytes, without an address
     * @throws IOException as for {@link #receiveFrom}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    default int receiveMany(DatagramBatch batch) throws IOException, InterruptedException {
        return InetDatagrams.receiveMany(this, batch, OpenDescriptor.FOREVER);
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
    default int tryReceiveMany(DatagramBatch batch, Duration timeout) throws IOException, InterruptedException {
        return InetDatagrams.receiveMany(this, batch, Timeouts.nanos(timeout));
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
     *     IPv4, or the other way round if this is a raw socket
     */
    default void connect(InetSocketAddress address) throws IOException {
        InetDatagrams.connect(this, requireNonNull(address, "address"));
    }

    /**
     * Undoes {@link #connect}. A port that the kernel found is given back: the next datagram that is sent gets another.
     *
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    default void disconnect() throws IOException {
        SocketViews.disconnect(DescriptorView.of(this));
    }

    /**
     * Receives what is sent to a group from now on ({@code MCAST_JOIN_GROUP}), if this is bound to its port, or is a
     * raw socket.
     *
     * @param group a multicast address
     * @param networkInterface by which interface
     * @throws ErrnoException {@code EADDRINUSE} if it has joined already; {@code EINVAL} if the address is of no group;
     *     {@code ENODEV} if the interface is gone; {@code ENOBUFS} if it has joined as many as may be
     *     ({@code igmp_max_memberships})
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if the address is of the other version of IP
     */
    default void join(InetAddress group, NetworkInterface networkInterface) throws IOException {
        DatagramViews.change(
                DescriptorView.of(this),
                InetDatagrams.family(this),
                Membership.JOIN,
                group,
                networkInterface,
                Optional.empty());
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
    default void leave(InetAddress group, NetworkInterface networkInterface) throws IOException {
        DatagramViews.change(
                DescriptorView.of(this),
                InetDatagrams.family(this),
                Membership.LEAVE,
                group,
                networkInterface,
                Optional.empty());
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
    default void join(InetAddress group, NetworkInterface networkInterface, InetAddress source) throws IOException {
        DatagramViews.change(
                DescriptorView.of(this),
                InetDatagrams.family(this),
                Membership.JOIN_SOURCE,
                group,
                networkInterface,
                Optional.of(requireNonNull(source, "source")));
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
    default void leave(InetAddress group, NetworkInterface networkInterface, InetAddress source) throws IOException {
        DatagramViews.change(
                DescriptorView.of(this),
                InetDatagrams.family(this),
                Membership.LEAVE_SOURCE,
                group,
                networkInterface,
                Optional.of(requireNonNull(source, "source")));
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
    default void block(InetAddress group, NetworkInterface networkInterface, InetAddress source) throws IOException {
        DatagramViews.change(
                DescriptorView.of(this),
                InetDatagrams.family(this),
                Membership.BLOCK_SOURCE,
                group,
                networkInterface,
                Optional.of(requireNonNull(source, "source")));
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
    default void unblock(InetAddress group, NetworkInterface networkInterface, InetAddress source) throws IOException {
        DatagramViews.change(
                DescriptorView.of(this),
                InetDatagrams.family(this),
                Membership.UNBLOCK_SOURCE,
                group,
                networkInterface,
                Optional.of(requireNonNull(source, "source")));
    }
}
