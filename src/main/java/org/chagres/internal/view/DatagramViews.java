package org.chagres.internal.view;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.Optional;
import org.chagres.Errno;
import org.chagres.internal.resource.DatagramSlots;
import org.chagres.internal.resource.Datagrams;
import org.chagres.internal.resource.Datagrams.Heading;
import org.chagres.internal.resource.Datagrams.Membership;
import org.chagres.internal.resource.Datagrams.Received;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.resource.Messages;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Sockets;

/** Datagrams of the Internet: answers become results and exceptions here. */
public final class DatagramViews {
    /** No datagram is longer, nor several that the kernel put together. */
    public static final long MOST_BYTES = 1 << 16;

    private DatagramViews() {}

    /** Whether it was sent in time, to whom the socket is connected. */
    public static boolean send(OpenDescriptor socket, MemorySegment piece, long nanos)
            throws IOException, InterruptedException {
        if (!piece.isNative()) {
            try (Arena arena = Arena.ofConfined()) {
                return send(socket, arena.allocate(piece.byteSize()).copyFrom(piece), nanos);
            }
        }
        return isSent(Messages.send(socket, piece, nanos), "send", socket);
    }

    /** Whether it was sent in time, to an address of so many bytes. */
    public static boolean send(
            OpenDescriptor socket,
            List<MemorySegment> pieces,
            InetAddresses.Written to,
            Heading heading,
            SegmentAllocator parts,
            int flags,
            long nanos)
            throws IOException, InterruptedException {
        long answer = Datagrams.send(socket, pieces, to.memory(), to.length(), heading, parts, flags, nanos);
        return isSent(answer, "sendmsg", socket);
    }

    private static boolean isSent(long answer, String call, OpenDescriptor socket) throws IOException {
        return answer != OpenDescriptor.TIMED_OUT && checked(answer, call, socket, "sending a datagram by") >= 0;
    }

    /** How many were sent; 0 if the time was over. */
    public static int send(OpenDescriptor socket, DatagramSlots slots, int first, int count, long nanos)
            throws IOException, InterruptedException {
        long answer = slots.send(socket, first, count, nanos);
        return answer == OpenDescriptor.TIMED_OUT
                ? 0
                : (int) checked(answer, "sendmmsg", socket, "sending datagrams by");
    }

    /** How long it was; -1 if the time was over. */
    public static long receive(OpenDescriptor socket, MemorySegment into, long nanos)
            throws IOException, InterruptedException {
        SocketViews.requireWritable(into);
        if (!into.isNative()) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment copy = arena.allocate(Math.min(into.byteSize(), MOST_BYTES));
                long count = receive(socket, copy, nanos);
                MemorySegment.copy(copy, 0, into, 0, Math.clamp(count, 0, copy.byteSize()));
                return count;
            }
        }
        long answer = Messages.receive(socket, into, nanos);
        return answer == OpenDescriptor.TIMED_OUT ? -1 : checked(answer, "recv", socket, "receiving a datagram by");
    }

    /** How long it was; -1 if the time was over. */
    public static long receive(OpenDescriptor socket, MemorySegment into, Received received, int flags, long nanos)
            throws IOException, InterruptedException {
        long answer = Datagrams.receive(socket, List.of(into), received, flags, nanos);
        return answer == OpenDescriptor.TIMED_OUT ? -1 : checked(answer, "recvmsg", socket, "receiving a datagram by");
    }

    /** How many came; 0 if the time was over. */
    public static int receive(OpenDescriptor socket, DatagramSlots slots, long nanos)
            throws IOException, InterruptedException {
        long answer = slots.receive(socket, nanos);
        return answer == OpenDescriptor.TIMED_OUT
                ? 0
                : (int) checked(answer, "recvmmsg", socket, "receiving datagrams by");
    }

    public static int available(OpenDescriptor socket) throws IOException {
        return SocketViews.checked(
                socket.ask(DescriptorObject::available), "ioctl", socket, "asking what can be received by");
    }

    /** Changes the membership of a socket of a family. */
    public static void change(
            OpenDescriptor socket,
            int family,
            Membership membership,
            InetAddress group,
            NetworkInterface networkInterface,
            Optional<InetAddress> source)
            throws IOException {
        requireNonNull(group, "group"); // none would be taken for the wildcard
        requireNonNull(networkInterface, "networkInterface");
        try (Arena arena = Arena.ofConfined()) {
            InetAddresses.Written written = written(group, arena);
            MemorySegment from = source.isEmpty()
                    ? MemorySegment.NULL
                    : written(source.get(), arena).memory();
            boolean isV6 = InetAddresses.family(new InetSocketAddress(group, 0)) == Sockets.INET6;
            requireVersion(isV6, family, group);
            source.ifPresent(sender -> requireVersion(
                    InetAddresses.family(new InetSocketAddress(sender, 0)) == Sockets.INET6,
                    isV6 ? Sockets.INET6 : Sockets.INET,
                    sender));
            int answer = Datagrams.change(
                    socket, membership, isV6, networkInterface.getIndex(), written.memory(), from, written.length());
            if (answer < 0) {
                throw SocketViews.failure(
                        answer,
                        "setsockopt",
                        socket,
                        membership + " of " + group + " by " + networkInterface.getName() + " for",
                        hintOfGroup(Errno.of(-answer)));
            }
        }
    }

    private static InetAddresses.Written written(InetAddress address, Arena arena) {
        InetSocketAddress withPort = new InetSocketAddress(address, 0);
        return InetAddresses.write(withPort, InetAddresses.family(withPort), arena);
    }

    /** A group has one version of IP, and only a socket of that version is in it. */
    private static void requireVersion(boolean isV6, int family, InetAddress address) {
        if (isV6 != (family == Sockets.INET6)) {
            throw new IllegalArgumentException(
                    address + " is of IPv" + (isV6 ? 6 : 4) + ", and the socket or group is not");
        }
    }

    private static String hintOfGroup(Errno errno) {
        return switch (errno) {
            case EADDRINUSE -> "it has joined already";
            case EADDRNOTAVAIL -> "it has not joined, or that sender's state is what it is to become already";
            case EINVAL -> "it is no address of a group, or that does not go with what was joined before";
            case ENODEV -> "the interface is gone";
            case ENOBUFS, ENOMEM -> "it has joined as many as may be (igmp_max_memberships, igmp_max_msf)";
            default -> "";
        };
    }

    private static long checked(long answer, String call, OpenDescriptor socket, String intent) throws IOException {
        if (answer < 0) {
            throw SocketViews.failure(
                    answer, call, socket, intent, hint(call.startsWith("send"), Errno.of((int) -answer)));
        }
        return answer;
    }

    private static String hint(boolean sending, Errno errno) {
        return switch (errno) {
            case ECONNREFUSED ->
                "nobody received a datagram that was sent earlier"
                        + (sending ? "; this one was not sent: send it again" : "");
            case EHOSTUNREACH, ENETUNREACH ->
                "no way leads there, or none from the address it is to come from; or a datagram that was sent earlier"
                        + " found none"
                        + (sending ? "; this one was not sent" : "");
            case EMSGSIZE ->
                "of UDP a datagram has at most 65507 bytes by IPv4 and 65527 by IPv6, of raw sockets 65535 with the"
                        + " header of IPv4, or behind that of IPv6; and no more than the way takes where"
                        + " it must not be fragmented, is to be cut into segments, or has a header of its own";
            case EDESTADDRREQ, ENOTCONN -> "it is connected to nobody, and no address was given";
            case EACCES -> "to send to all of a network needs SO_BROADCAST; or a filter of packets forbids it";
            case EINVAL ->
                sending
                        ? "the address it is to come from is none of this machine; or port 0 is no receiver, but of raw"
                                + " sockets; or the kernel takes no such header; or an ICMP datagram asks for no echo"
                        : "";
            case ENOBUFS ->
                "the interface takes no more at the moment, or the send buffer of a raw socket is full, which does not"
                        + " wait";
            case EPERM -> "a filter of packets forbids it";
            case EAFNOSUPPORT -> "the address is not of the version of IP that the socket has";
            default -> "";
        };
    }
}
