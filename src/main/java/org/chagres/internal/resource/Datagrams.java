package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.InternetNumbers.*;
import static org.chagres.internal.syscall.MessageCalls.*;
import static org.chagres.internal.syscall.ReadinessCalls.*;
import static org.chagres.internal.syscall.SocketCalls.*;
import static org.chagres.internal.syscall.SocketNumbers.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.chagres.internal.syscall.ControlMessages;
import org.chagres.internal.syscall.GroupSourceReq;
import org.chagres.internal.syscall.Iovecs;
import org.chagres.internal.syscall.Mmsghdrs;
import org.chagres.internal.syscall.Msghdr;
import org.chagres.internal.syscall.PacketInfo;
import org.chagres.internal.syscall.SockExtendedErr;
import org.chagres.internal.syscall.SockaddrIn6;
import org.chagres.internal.syscall.Timespec;
import org.chagres.internal.syscall.Timeval;

/**
 * Datagrams of the Internet, and what travels with them. Answers are {@code >= 0}, {@code -errno}, or as
 * {@link OpenDescriptor} has them.
 */
public final class Datagrams {
    /** The value of a number that did not come. */
    public static final int NONE = -1;

    /** Room for all that the kernel tells of a datagram, an error report included; and for all that it is told. */
    private static final int CONTROL_BYTE_SIZE = 512;

    /** More than the parts of a datagram take that is sent: address, heading, header and the list of its pieces. */
    public static final int PARTS_BYTE_SIZE = Buffers.MESSAGE;

    private static final int NANOS_PER_MICROSECOND = 1000;

    private Datagrams() {}

    /** What goes with a datagram besides its bytes and its address: by the rules of IPv4 or of IPv6. */
    public static final class Heading {
        private final ControlMessages control;
        private final MemorySegment memory;
        private final boolean isV6;

        /** Nothing does. */
        public static final Heading NOTHING = new Heading(false, MemorySegment.NULL);

        public Heading(boolean isV6, SegmentAllocator allocator) {
            this(isV6, allocator.allocate(CONTROL_BYTE_SIZE, Long.BYTES));
        }

        private Heading(boolean isV6, MemorySegment memory) {
            this.isV6 = isV6;
            this.memory = memory;
            this.control = ControlMessages.in(memory);
        }

        /** Where it comes from: an address of no bytes is any, and an interface of 0 too. */
        public void putSource(byte[] address, int interfaceIndex) {
            PacketInfo info = new PacketInfo(
                    isV6
                            ? control.append(IPPROTO_IPV6, IPV6_PKTINFO, PacketInfo.BYTE_SIZE_V6)
                            : control.append(IPPROTO_IP, IP_PKTINFO, PacketInfo.BYTE_SIZE),
                    isV6);
            info.setSource(address);
            info.setInterfaceIndex(interfaceIndex);
        }

        public void putHopLimit(int hops) {
            putInt(isV6 ? IPPROTO_IPV6 : IPPROTO_IP, isV6 ? IPV6_HOPLIMIT : IP_TTL, hops);
        }

        public void putTrafficClass(int trafficClass) {
            putInt(isV6 ? IPPROTO_IPV6 : IPPROTO_IP, isV6 ? IPV6_TCLASS : IP_TOS, trafficClass);
        }

        /** How many bytes each datagram has that the kernel makes of this one. */
        public void putSegmentByteSize(int byteSize) {
            control.append(IPPROTO_UDP, UDP_SEGMENT, Short.BYTES).set(ValueLayout.JAVA_SHORT, 0, (short) byteSize);
        }

        private void putInt(int level, int type, int value) {
            control.append(level, type, Integer.BYTES).set(ValueLayout.JAVA_INT, 0, value);
        }
    }

    /**
     * Sends a datagram.
     *
     * @param name the address it goes to, of so many bytes; 0 for whom the socket is connected to
     * @param parts memory for {@link #PARTS_BYTE_SIZE} less what the address and the heading took
     */
    public static long send(
            OpenDescriptor socket,
            List<MemorySegment> pieces,
            MemorySegment name,
            int nameLength,
            Heading heading,
            SegmentAllocator parts,
            int flags,
            long nanos)
            throws InterruptedException {
        for (MemorySegment piece : pieces) {
            OpenDescriptor.checkUsable(piece);
        }
        Msghdr header = Msghdr.allocate(parts);
        header.setPieces(Iovecs.of(pieces, parts));
        header.setName(name, nameLength);
        if (heading.control.byteSize() > 0) {
            header.setControl(heading.memory, heading.control.byteSize());
        }
        Transfer sending = new Messages.Sending(header, flags | MSG_NOSIGNAL, false);
        return socket.transfer(sending, MemorySegment.NULL, Iovecs.NONE, nanos);
    }

    /** What came with a datagram; numbers that did not come are {@link #NONE}. */
    public static final class Received {
        private final MemorySegment name;
        private final MemorySegment control;
        private int nameLength;
        private int flags;
        private int interfaceIndex = NONE;
        private byte[] destination = {};
        private int hopLimit = NONE;
        private int trafficClass = NONE;
        private int segmentByteSize = NONE;
        private long dropped = NONE;
        private long seconds = NONE;
        private long nanos;
        private MemorySegment error = MemorySegment.NULL;

        public Received(Arena arena) {
            this.name = arena.allocate(SockaddrIn6.BYTE_SIZE, Long.BYTES);
            this.control = arena.allocate(CONTROL_BYTE_SIZE, Long.BYTES);
        }

        public boolean has(int flag) {
            return (flags & flag) != 0;
        }

        public MemorySegment name() {
            return name;
        }

        public int nameLength() {
            return nameLength;
        }

        /** The interface it came by. */
        public int interfaceIndex() {
            return interfaceIndex;
        }

        /** The address it was sent to, of 4 bytes or 16; of none if that was not told. */
        public byte[] destination() {
            return destination.clone();
        }

        public int hopLimit() {
            return hopLimit;
        }

        public int trafficClass() {
            return trafficClass;
        }

        /** How many bytes each of those has that the kernel put together. */
        public int segmentByteSize() {
            return segmentByteSize;
        }

        /** How many had been lost for lack of room when it came. */
        public long dropped() {
            return dropped;
        }

        /** When it came, since 1970. */
        public long seconds() {
            return seconds;
        }

        public long nanos() {
            return nanos;
        }

        /** Of the error queue: what is reported; {@link MemorySegment#NULL} if it is no report. */
        public MemorySegment error() {
            return error;
        }

        private void take(Msghdr header) {
            flags = header.flags();
            nameLength = header.nameLength();
            ControlMessages messages = ControlMessages.of(control, header.controlByteSize());
            while (messages.next()) {
                MemorySegment data = messages.data();
                int type = messages.type();
                if (messages.level() == IPPROTO_IP) {
                    takeOfV4(type, data);
                } else if (messages.level() == IPPROTO_IPV6) {
                    takeOfV6(type, data);
                } else if (messages.level() == IPPROTO_UDP && type == UDP_GRO) {
                    segmentByteSize = data.get(ValueLayout.JAVA_INT, 0);
                } else if (messages.level() == SOL_SOCKET && type == SO_RXQ_OVFL) {
                    dropped = Integer.toUnsignedLong(data.get(ValueLayout.JAVA_INT, 0));
                } else if (messages.level() == SOL_SOCKET && type == SCM_TIMESTAMPNS) {
                    Timespec time = new Timespec(data);
                    seconds = time.seconds();
                    nanos = time.nanos();
                } else if (messages.level() == SOL_SOCKET && type == SCM_TIMESTAMP) {
                    Timeval time = new Timeval(data);
                    seconds = time.seconds();
                    nanos = time.microseconds() * NANOS_PER_MICROSECOND;
                }
            }
        }

        private void takeOfV4(int type, MemorySegment data) {
            if (type == IP_PKTINFO) {
                takePlace(new PacketInfo(data, false));
            } else if (type == IP_TTL) {
                hopLimit = data.get(ValueLayout.JAVA_INT, 0);
            } else if (type == IP_TOS) {
                trafficClass = Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, 0));
            } else if (type == IP_RECVERR) {
                error = data;
            }
        }

        private void takeOfV6(int type, MemorySegment data) {
            if (type == IPV6_PKTINFO) {
                takePlace(new PacketInfo(data, true));
            } else if (type == IPV6_HOPLIMIT) {
                hopLimit = data.get(ValueLayout.JAVA_INT, 0);
            } else if (type == IPV6_TCLASS) {
                trafficClass = data.get(ValueLayout.JAVA_INT, 0);
            } else if (type == IPV6_RECVERR) {
                error = data;
            }
        }

        private void takePlace(PacketInfo info) {
            interfaceIndex = info.interfaceIndex();
            destination = info.destination();
        }
    }

    /** Receives a datagram; answers its length, which may be more than the memory's. */
    public static long receive(
            OpenDescriptor socket, List<MemorySegment> pieces, Received received, int flags, long nanos)
            throws InterruptedException {
        pieces.forEach(OpenDescriptor::checkUsable);
        try (Arena arena = Arena.ofConfined()) {
            Msghdr header = Msghdr.allocate(arena);
            header.setPieces(Iovecs.of(pieces, arena));
            header.setName(received.name, (int) received.name.byteSize());
            header.setControl(received.control, received.control.byteSize());
            int how = flags | MSG_TRUNC | MSG_CMSG_CLOEXEC;
            Transfer receiving = (flags & MSG_ERRQUEUE) == 0
                    ? new Messages.Receiving(header, how)
                    : new ReceivingReport(header, how);
            long answer = socket.transfer(receiving, MemorySegment.NULL, Iovecs.NONE, nanos);
            if (answer >= 0) {
                received.take(header);
            }
            return answer;
        }
    }

    /** The error queue: there is no call that waits for it, but a poll tells of it. */
    private static final class ReceivingReport extends Messages.Whole {
        private final int flags;

        ReceivingReport(Msghdr header, int flags) {
            super(POLLERR, header);
            this.flags = flags;
        }

        @Override
        long callOnSocket(int descriptor, MemorySegment memory, Iovecs several, boolean wait) {
            long answer = recvmsg(descriptor, header(), flags);
            if (answer != -EAGAIN) {
                return answer;
            }
            long pending = getsockoptInt(descriptor, SOL_SOCKET, SO_ERROR); // a poll tells of that as well
            return pending > 0 ? -pending : answer;
        }
    }

    /** Sending several, at least one; it can be used again. The answer is how many. */
    static Transfer sending(Mmsghdrs datagrams) {
        return new Messages.ManySending(datagrams, MSG_NOSIGNAL, false);
    }

    /** Receiving several, at least one; it can be used again. The answer is how many. */
    static Transfer receiving(Mmsghdrs datagrams) {
        return new Messages.ManyReceiving(datagrams, MSG_TRUNC);
    }

    /** What becomes of a group of receivers, or of a sender to it. */
    public enum Membership {
        JOIN(MCAST_JOIN_GROUP, false),
        LEAVE(MCAST_LEAVE_GROUP, false),
        JOIN_SOURCE(MCAST_JOIN_SOURCE_GROUP, true),
        LEAVE_SOURCE(MCAST_LEAVE_SOURCE_GROUP, true),
        BLOCK_SOURCE(MCAST_BLOCK_SOURCE, true),
        UNBLOCK_SOURCE(MCAST_UNBLOCK_SOURCE, true);

        private final int option;
        private final boolean hasSource;

        Membership(int option, boolean hasSource) {
            this.option = option;
            this.hasSource = hasSource;
        }

        public boolean hasSource() {
            return hasSource;
        }
    }

    /**
     * Changes a membership.
     *
     * @param group its address; and that of a sender, of so many bytes each, where there is one
     */
    public static int change(
            OpenDescriptor socket,
            Membership membership,
            boolean isV6,
            int interfaceIndex,
            MemorySegment group,
            MemorySegment source,
            int length) {
        try (Arena arena = Arena.ofConfined()) {
            GroupSourceReq request = GroupSourceReq.allocate(arena);
            request.setInterfaceIndex(interfaceIndex);
            request.setGroup(group, length);
            if (membership.hasSource) {
                request.setSource(source, length);
            }
            int byteSize = membership.hasSource ? GroupSourceReq.BYTE_SIZE : GroupSourceReq.BYTE_SIZE_OF_GROUP;
            return OptionCalls.set(
                    socket,
                    isV6 ? IPPROTO_IPV6 : IPPROTO_IP,
                    membership.option,
                    request.segment().asSlice(0, byteSize));
        }
    }

    /** The family of a socket's addresses, or what {@link OpenDescriptor#ask} answers. */
    public static int family(OpenDescriptor socket) {
        return socket.ask(number -> (int) getsockoptInt(number, SOL_SOCKET, SO_DOMAIN));
    }

    /** An error report's parts. */
    public static SockExtendedErr report(Received received) {
        return new SockExtendedErr(received.error);
    }
}
