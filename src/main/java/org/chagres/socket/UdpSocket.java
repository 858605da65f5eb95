package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.util.List;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.view.InetAddresses;
import org.chagres.internal.view.InetViews;

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
public final class UdpSocket implements InetDatagramSocket {
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
        return new UdpSocket(
                InetViews.created(number, Sockets.DATAGRAM, KIND, List.of(requireNonNull(settings, "settings"))),
                number);
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
        Descriptor bound = InetViews.bound(
                requireNonNull(address, "address"),
                Sockets.DATAGRAM,
                KIND,
                List.of(requireNonNull(settings, "settings")));
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
        UdpSocket socket = new UdpSocket(
                InetViews.created(family, Sockets.DATAGRAM, KIND, List.of(requireNonNull(settings, "settings"))),
                family);
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

    int family() {
        return family;
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
