package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Buffers;
import org.chagres.internal.resource.Datagrams;
import org.chagres.internal.resource.Datagrams.Heading;
import org.chagres.internal.resource.Datagrams.Received;
import org.chagres.internal.resource.Messages;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.syscall.SockExtendedErr;
import org.chagres.internal.view.DatagramViews;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.InetAddresses;
import org.chagres.internal.view.InetAddresses.Written;
import org.chagres.internal.view.InetViews;
import org.chagres.internal.view.SocketViews;
import org.chagres.internal.view.Transfers;

/** Datagrams of the Internet: what users give and get becomes what the kernel takes and tells. */
final class InetDatagrams {
    private static final int ORIGIN_LOCAL = 1;
    private static final int ORIGIN_ICMP = 2;
    private static final int ORIGIN_ICMP6 = 3;

    private static final Written NOBODY = new Written(MemorySegment.NULL, 0);

    private InetDatagrams() {}

    /** The family of its addresses, which it knows since it was made. */
    static int family(InetDatagramSocket socket) {
        return switch (socket) {
            case UdpSocket udp -> udp.family();
            case RawSocket raw -> raw.family();
        };
    }

    /** Whether it was sent in time. */
    static boolean send(InetDatagramSocket socket, Datagram datagram, long nanos)
            throws IOException, InterruptedException {
        List<MemorySegment> pieces = datagram.pieces();
        if (goAsTheyAre(pieces)) {
            return send(socket, datagram, pieces, nanos);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment all = arena.allocate(byteSize(pieces));
            Transfers.gather(pieces, all, "sendmsg", DescriptorView.of(socket));
            return send(socket, datagram, List.of(all), nanos);
        }
    }

    private static boolean send(InetDatagramSocket socket, Datagram datagram, List<MemorySegment> pieces, long nanos)
            throws IOException, InterruptedException {
        MemorySegment memory = Buffers.take(Datagrams.PARTS_BYTE_SIZE);
        try {
            SegmentAllocator parts = SegmentAllocator.slicingAllocator(memory);
            Written to = NOBODY;
            if (datagram.to().isPresent()) {
                requireReachable(socket, datagram.to().get());
                to = InetAddresses.write(datagram.to().get(), family(socket), parts);
            }
            Heading heading = heading(socket, datagram, parts);
            int flags = SocketFlags.of(datagram.options());
            return DatagramViews.send(DescriptorView.of(socket), pieces, to, heading, parts, flags, nanos);
        } finally {
            Buffers.give(memory);
        }
    }

    static void connect(InetDatagramSocket socket, InetSocketAddress address) throws IOException {
        requireReachable(socket, address);
        InetViews.connectNow(DescriptorView.of(socket), family(socket), address);
    }

    /** A raw socket has one version of IP: that of the header that the kernel makes for it. */
    static void requireReachable(InetDatagramSocket socket, InetSocketAddress address) {
        if (socket instanceof RawSocket raw && raw.family() == Sockets.INET6 && isV4(address)) {
            throw new IllegalArgumentException("a raw socket of IPv6 cannot reach an address of IPv4: " + address);
        }
    }

    private static boolean isV4(InetSocketAddress address) {
        return address.getAddress() instanceof Inet4Address;
    }

    private static boolean goAsTheyAre(List<MemorySegment> pieces) {
        for (MemorySegment piece : pieces) {
            if (!piece.isNative()) {
                return false;
            }
        }
        return pieces.size() <= OpenDescriptor.MOST_PIECES;
    }

    private static long byteSize(List<MemorySegment> pieces) {
        long all = 0;
        for (MemorySegment piece : pieces) {
            all = Math.addExact(all, piece.byteSize());
        }
        return all;
    }

    private static Heading heading(InetDatagramSocket socket, Datagram datagram, SegmentAllocator parts)
            throws IOException {
        if (datagram.from().isEmpty()
                && datagram.interfaceIndex().isEmpty()
                && datagram.hopLimit().isEmpty()
                && datagram.trafficClass().isEmpty()
                && datagram.segmentByteSize().isEmpty()) {
            return Heading.NOTHING;
        }
        if (socket instanceof RawSocket && datagram.segmentByteSize().isPresent()) {
            throw new IllegalArgumentException("only UDP cuts what is sent into segments");
        }
        Heading heading = new Heading(goesByV6(socket, datagram), parts);
        if (datagram.from().isPresent() || datagram.interfaceIndex().isPresent()) {
            byte[] from = datagram.from().map(InetAddress::getAddress).orElseGet(() -> new byte[0]);
            heading.putSource(from, datagram.interfaceIndex().orElseGet(() -> scopeOfSource(datagram)));
        }
        datagram.hopLimit().ifPresent(heading::putHopLimit);
        datagram.trafficClass().ifPresent(heading::putTrafficClass);
        datagram.segmentByteSize().ifPresent(heading::putSegmentByteSize);
        return heading;
    }

    /** A link-local address is one of an interface, without which the kernel does not know it. */
    private static int scopeOfSource(Datagram datagram) {
        return datagram.from().isPresent() && datagram.from().get() instanceof Inet6Address scoped
                ? scoped.getScopeId()
                : 0;
    }

    /** By which version of IP it goes: that of its receiver, not of the socket. */
    private static boolean goesByV6(InetDatagramSocket socket, Datagram datagram) throws IOException {
        boolean isV4 = family(socket) == Sockets.INET || goesToV4(socket, datagram);
        if (datagram.from().isPresent() && (datagram.from().get() instanceof Inet4Address) != isV4) {
            throw new IllegalArgumentException("a datagram by IPv" + (isV4 ? 4 : 6) + " cannot come from "
                    + datagram.from().get());
        }
        return !isV4;
    }

    private static boolean goesToV4(InetDatagramSocket socket, Datagram datagram) throws IOException {
        if (datagram.to().isPresent()) {
            return isV4(datagram.to().get());
        }
        if (socket instanceof RawSocket) {
            return false; // one of IPv6
        }
        try {
            return isV4(socket.peerAddress());
        } catch (ErrnoException connectedToNobody) {
            return false; // sending tells that
        }
    }

    /** Empty if the time was over. */
    static Optional<ReceivedDatagram> receive(InetDatagramSocket socket, MemorySegment into, int flags, long nanos)
            throws IOException, InterruptedException {
        SocketViews.requireWritable(into);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment room =
                    into.isNative() ? into : arena.allocate(Math.min(into.byteSize(), DatagramViews.MOST_BYTES));
            Received received = new Received(arena);
            long byteCount = DatagramViews.receive(DescriptorView.of(socket), room, received, flags, nanos);
            if (byteCount < 0) {
                return Optional.empty();
            }
            if (!into.isNative()) {
                MemorySegment.copy(room, 0, into, 0, Math.min(byteCount, room.byteSize()));
            }
            return Optional.of(received(byteCount, received));
        }
    }

    private static ReceivedDatagram received(long byteCount, Received received) {
        return new ReceivedDatagram(
                byteCount,
                received.has(Messages.TRUNCATED),
                InetAddresses.readIfAny(received.name()), // where receiving was shut down there is none
                destination(received),
                number(received.interfaceIndex()),
                number(received.hopLimit()),
                number(received.trafficClass()),
                number(received.segmentByteSize()),
                received.dropped() == Datagrams.NONE ? OptionalLong.empty() : OptionalLong.of(received.dropped()),
                received.seconds() == Datagrams.NONE
                        ? Optional.empty()
                        : Optional.of(Instant.ofEpochSecond(received.seconds(), received.nanos())),
                received.error().byteSize() == 0 ? Optional.empty() : Optional.of(report(Datagrams.report(received))));
    }

    /** A link-local one with the interface, as the addresses of sockets have it. */
    private static Optional<InetAddress> destination(Received received) {
        if (received.destination().length == 0) {
            return Optional.empty();
        }
        InetAddress address = InetAddresses.address(received.destination(), 0);
        boolean isOfLink = address.isLinkLocalAddress() || address.isMCLinkLocal() || address.isMCNodeLocal();
        return Optional.of(
                isOfLink && received.interfaceIndex() > 0
                        ? InetAddresses.address(received.destination(), received.interfaceIndex())
                        : address);
    }

    private static OptionalInt number(int value) {
        return value == Datagrams.NONE ? OptionalInt.empty() : OptionalInt.of(value);
    }

    private static DatagramReport report(SockExtendedErr error) {
        return new DatagramReport(
                Errno.of(error.errno()),
                switch (error.origin()) {
                    case ORIGIN_LOCAL -> DatagramReport.Origin.LOCAL;
                    case ORIGIN_ICMP -> DatagramReport.Origin.ICMP;
                    case ORIGIN_ICMP6 -> DatagramReport.Origin.ICMP6;
                    default -> DatagramReport.Origin.OTHER;
                },
                error.type(),
                error.code(),
                error.info(),
                InetAddresses.readIfAny(error.offender()).map(InetSocketAddress::getAddress));
    }

    static int sendMany(InetDatagramSocket socket, DatagramBatch batch, int first, int count, long nanos)
            throws IOException, InterruptedException {
        requireNonNull(batch, "batch");
        Objects.checkFromIndexSize(first, count, batch.capacity());
        for (int i = first; i < first + count; i++) {
            if (batch.byteSize(i) > batch.slots().mostBytes()) {
                throw new IllegalArgumentException("datagram " + i
                        + " was cut when it was received, so not all of it can be sent: setByteSize says how much");
            }
        }
        return count == 0 ? 0 : DatagramViews.send(DescriptorView.of(socket), batch.slots(), first, count, nanos);
    }

    static int receiveMany(InetDatagramSocket socket, DatagramBatch batch, long nanos)
            throws IOException, InterruptedException {
        return DatagramViews.receive(
                DescriptorView.of(socket), requireNonNull(batch, "batch").slots(), nanos);
    }
}
