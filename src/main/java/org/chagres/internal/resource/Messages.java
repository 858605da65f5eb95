package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.MessageCalls.*;
import static org.chagres.internal.syscall.ReadinessCalls.*;
import static org.chagres.internal.syscall.SocketCalls.*;
import static org.chagres.internal.syscall.SocketNumbers.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.chagres.internal.syscall.ControlMessages;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.Iovecs;
import org.chagres.internal.syscall.Mmsghdrs;
import org.chagres.internal.syscall.Msghdr;
import org.chagres.internal.syscall.SockaddrUn;
import org.chagres.internal.syscall.Timespec;
import org.chagres.internal.syscall.Timeval;
import org.chagres.internal.syscall.Ucred;

/**
 * Messages, and what travels with them. Answers are {@code >= 0}, {@code -errno}, or as {@link OpenDescriptor} has
 * them.
 */
public final class Messages {
    /** One of the descriptors to be sent is closed. */
    public static final int SENT_ONE_CLOSED = Waiter.CLOSED - 17;

    /** What the kernel sends in one message. */
    public static final int MOST_DESCRIPTORS = 253;

    // How to send and receive.
    public static final int END_OF_RECORD = MSG_EOR;
    public static final int MORE = MSG_MORE;
    public static final int OUT_OF_BAND = MSG_OOB;
    public static final int DONT_ROUTE = MSG_DONTROUTE;
    public static final int CONFIRM = MSG_CONFIRM;
    public static final int PEEK = MSG_PEEK;
    public static final int WAIT_ALL = MSG_WAITALL;
    public static final int REAL_LENGTH = MSG_TRUNC;
    public static final int ERROR_QUEUE = MSG_ERRQUEUE;

    // What the kernel says of a message.
    public static final int TRUNCATED = MSG_TRUNC;
    public static final int CONTROL_TRUNCATED = MSG_CTRUNC;

    /** The longest security label that is looked for. */
    private static final int LABEL_BYTE_SIZE = 256;

    /** More than a message's header takes, its pieces, its address, and what travels with it besides descriptors. */
    private static final long BYTE_SIZE_OF_PARTS = 768;

    private static final Transfer SEND_ONE = new OneSending(0);

    private static final Transfer RECEIVE_ONE = new OneReceiving(MSG_TRUNC);

    private Messages() {}

    /** Sends a datagram or record of one piece to whom the socket is connected. */
    public static long send(OpenDescriptor socket, MemorySegment piece, long nanos) throws InterruptedException {
        return socket.transfer(SEND_ONE, piece, Iovecs.NONE, nanos);
    }

    /** Receives a datagram or record; answers its length, which may be more than the memory's. */
    public static long receive(OpenDescriptor socket, MemorySegment into, long nanos) throws InterruptedException {
        return socket.transfer(RECEIVE_ONE, into, Iovecs.NONE, nanos);
    }

    /** Sends one piece to whom the socket is connected, in a certain way. */
    public static long send(OpenDescriptor socket, MemorySegment piece, int flags, long nanos)
            throws InterruptedException {
        return socket.transfer(new OneSending(flags), piece, Iovecs.NONE, nanos);
    }

    /** Receives into one piece, in a certain way. */
    public static long receive(OpenDescriptor socket, MemorySegment into, int flags, long nanos)
            throws InterruptedException {
        return socket.transfer(new OneReceiving(flags), into, Iovecs.NONE, nanos);
    }

    /** Closes received numbers that found no owner, from one on. */
    public static void close(int[] numbers, int first) {
        for (int i = first; i < numbers.length; i++) {
            DescriptorCalls.close(numbers[i]);
        }
    }

    /**
     * Whether a record of no bytes that was just received was the end: the other side is done, and nothing is left. 1 if
     * so, and 0 if it was a record.
     */
    public static int isAtEnd(int number) {
        int ready = pollOne(number, POLLRDHUP, 0);
        if (ready <= 0 || (ready & POLLRDHUP) == 0) {
            return 0;
        }
        return DescriptorCalls.fionread(number) > 0
                ? 0
                : 1; // of all records: a peek would not tell the end from one of no bytes
    }

    /** What travels with a message that is sent. */
    public record Travelling(List<OpenDescriptor> descriptors, boolean hasCredentials, int pid, long uid, long gid) {
        boolean isNothing() {
            return descriptors.isEmpty() && !hasCredentials;
        }
    }

    /**
     * Sends a message.
     *
     * @param name the address it goes to, of so many bytes; 0 for whom the socket is connected to
     */
    public static long send(
            OpenDescriptor socket,
            List<MemorySegment> pieces,
            Travelling with,
            MemorySegment name,
            int nameLength,
            int flags,
            long nanos)
            throws InterruptedException {
        for (MemorySegment piece : pieces) {
            OpenDescriptor.checkUsable(piece);
        }
        MemorySegment memory = Buffers.take(BYTE_SIZE_OF_PARTS + spaceForNumbers(with.descriptors.size()));
        try (Users users = new Users(with.descriptors.toArray(new OpenDescriptor[0]))) {
            if (!users.useAll()) {
                return SENT_ONE_CLOSED;
            }
            SegmentAllocator parts = SegmentAllocator.slicingAllocator(memory);
            Msghdr header = Msghdr.allocate(parts);
            fill(header, new Outgoing(pieces, with, name, nameLength), parts);
            Sending sending = new Sending(header, flags | MSG_NOSIGNAL, nameLength > 0);
            return socket.transfer(sending, MemorySegment.NULL, Iovecs.NONE, nanos);
        } finally {
            Buffers.give(memory);
        }
    }

    /**
     * A message to be sent with others; its memory is the library's own.
     *
     * @param name the address it goes to, of so many bytes; 0 for whom the socket is connected to
     */
    public record Outgoing(List<MemorySegment> pieces, Travelling with, MemorySegment name, int nameLength) {}

    /** Sends several messages, at least one; answers how many, and fills in how many bytes of each. */
    public static int send(OpenDescriptor socket, List<Outgoing> messages, int flags, long nanos, int[] byteSizes)
            throws InterruptedException {
        OpenDescriptor[] all = messages.stream()
                .flatMap(message -> message.with.descriptors.stream())
                .toArray(OpenDescriptor[]::new);
        try (Arena arena = Arena.ofConfined();
                Users users = new Users(all)) {
            if (!users.useAll()) {
                return SENT_ONE_CLOSED;
            }
            Mmsghdrs headers = Mmsghdrs.allocate(arena, messages.size(), Iovecs.NONE);
            boolean toAddress = false;
            for (int i = 0; i < messages.size(); i++) {
                fill(headers.message(i), messages.get(i), arena);
                toAddress |= messages.get(i).nameLength > 0;
            }
            ManySending sending = new ManySending(headers, flags | MSG_NOSIGNAL, toAddress);
            int answer = (int) socket.transfer(sending, MemorySegment.NULL, Iovecs.NONE, nanos);
            for (int i = 0; i < answer; i++) {
                byteSizes[i] = headers.byteSize(i);
            }
            return answer;
        }
    }

    private static void fill(Msghdr header, Outgoing message, SegmentAllocator parts) {
        header.setPieces(Iovecs.of(message.pieces, parts));
        if (message.nameLength > 0) {
            header.setName(message.name, message.nameLength);
        }
        Travelling with = message.with;
        if (with.isNothing()) {
            return;
        }
        long descriptorsByteSize = (long) with.descriptors.size() * Integer.BYTES;
        MemorySegment memory = parts.allocate(
                spaceForNumbers(with.descriptors.size())
                        + (with.hasCredentials ? ControlMessages.space(Ucred.BYTE_SIZE) : 0),
                Long.BYTES);
        ControlMessages control = ControlMessages.in(memory);
        if (!with.descriptors.isEmpty()) {
            MemorySegment numbers = control.append(SOL_SOCKET, SCM_RIGHTS, descriptorsByteSize);
            for (int i = 0; i < with.descriptors.size(); i++) {
                numbers.setAtIndex(
                        ValueLayout.JAVA_INT, i, with.descriptors.get(i).number());
            }
        }
        if (with.hasCredentials) {
            Ucred credentials = new Ucred(control.append(SOL_SOCKET, SCM_CREDENTIALS, Ucred.BYTE_SIZE));
            credentials.set(with.pid, (int) with.uid, (int) with.gid);
        }
        header.setControl(memory, memory.byteSize());
    }

    /** What came with a message. Whoever has it takes charge of the numbers in it. */
    public static final class Received {
        private static final byte[] NO_NAME = {};
        private static final int NONE = -1;
        private static final int NANOS_PER_MICROSECOND = 1000;

        private final int[] numbers;
        private byte[] name = NO_NAME;
        private int numberCount;
        private int nameLength;
        private int flags;
        private boolean hasCredentials;
        private int pid;
        private long uid;
        private long gid;
        private String label = "";
        private int process = NONE;
        private long seconds = NONE;
        private long nanos;

        private Received(int mostDescriptors) {
            this.numbers = new int[mostDescriptors];
        }

        /** Closes what came with it, of a message that nobody gets. */
        public void close() {
            for (int i = 0; i < numberCount; i++) {
                DescriptorCalls.close(numbers[i]);
            }
            if (process >= 0) {
                DescriptorCalls.close(process);
            }
        }

        public int[] numbers() {
            return Arrays.copyOf(numbers, numberCount);
        }

        public boolean has(int flag) {
            return (flags & flag) != 0;
        }

        public boolean hasCredentials() {
            return hasCredentials;
        }

        public int pid() {
            return pid;
        }

        public long uid() {
            return uid;
        }

        public long gid() {
            return gid;
        }

        /** Whether anything travelled with the bytes, or would have with more room. */
        public boolean isNothing() {
            return numberCount == 0 && !hasCredentials && process < 0 && label.isEmpty() && !has(MSG_CTRUNC);
        }

        /** Empty if there was none. */
        public String label() {
            return label;
        }

        /** The number of the process that sent it; negative if there is none. */
        public int process() {
            return process;
        }

        /** When it was sent, in seconds since 1970; negative if that is not told. */
        public long seconds() {
            return seconds;
        }

        /** And the nanoseconds beyond. */
        public long nanos() {
            return nanos;
        }

        /** The address it came from, as the kernel has it; empty if it has none. */
        public byte[] name() {
            return name;
        }

        /** How long the kernel told that it is. */
        public int nameLength() {
            return nameLength;
        }

        /** Takes what the kernel wrote; nothing is allocated before all numbers are here. */
        private void take(Room room) {
            try {
                take(room.header, room.name, room.control);
            } catch (Throwable noMemory) {
                close();
                throw noMemory;
            }
        }

        private void take(Msghdr header, SockaddrUn from, MemorySegment memory) {
            flags = header.flags();
            nameLength = header.nameLength();
            ControlMessages control = ControlMessages.of(memory, header.controlByteSize());
            MemorySegment labelled = MemorySegment.NULL;
            while (control.next()) {
                if (control.level() != SOL_SOCKET) {
                    continue;
                }
                MemorySegment data = control.data();
                int type = control.type();
                if (type == SCM_RIGHTS) {
                    takeNumbers(data);
                } else if (type == SCM_PIDFD && data.byteSize() >= Integer.BYTES) {
                    process = data.get(ValueLayout.JAVA_INT, 0); // in place of a number, -errno
                } else if (type == SCM_CREDENTIALS && data.byteSize() >= Ucred.BYTE_SIZE) {
                    Ucred credentials = new Ucred(data);
                    hasCredentials = true;
                    pid = credentials.pid();
                    uid = credentials.uid();
                    gid = credentials.gid();
                } else if (type == SCM_TIMESTAMPNS && data.byteSize() >= Timespec.BYTE_SIZE) {
                    Timespec time = new Timespec(data);
                    seconds = time.seconds();
                    nanos = time.nanos();
                } else if (type == SCM_TIMESTAMP && data.byteSize() >= Timeval.BYTE_SIZE) {
                    Timeval time = new Timeval(data);
                    seconds = time.seconds();
                    nanos = time.microseconds() * NANOS_PER_MICROSECOND;
                } else if (type == SCM_SECURITY) {
                    labelled = data;
                }
            }
            if (labelled.byteSize() > 0) {
                label = new String(labelled.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8).replace("\0", "");
            }
            if (nameLength > 0) {
                name = from.segment().toArray(ValueLayout.JAVA_BYTE);
            }
        }

        /** Where there was room for other things the kernel may have put more than was asked for. */
        private void takeNumbers(MemorySegment data) {
            for (long i = 0; i < data.byteSize() / Integer.BYTES; i++) {
                int number = data.getAtIndex(ValueLayout.JAVA_INT, i);
                if (numberCount < numbers.length) {
                    numbers[numberCount++] = number;
                } else {
                    DescriptorCalls.close(number);
                    flags |= MSG_CTRUNC;
                }
            }
        }
    }

    /** The answer of {@link #receive(OpenDescriptor, List, int, int, long)}: a number, and the rest if that is good. */
    public record Receipt(long answer, Received received) {}

    /** Receives a message into so many pieces, with at most so many descriptors. */
    public static Receipt receive(
            OpenDescriptor socket, List<MemorySegment> pieces, int mostDescriptors, int flags, long nanos)
            throws InterruptedException {
        for (MemorySegment piece : pieces) {
            OpenDescriptor.checkUsable(piece);
        }
        MemorySegment memory = Buffers.take(BYTE_SIZE_OF_PARTS + spaceForNumbers(mostDescriptors));
        try {
            SegmentAllocator parts = SegmentAllocator.slicingAllocator(memory);
            Room room = Room.of(Msghdr.allocate(parts), pieces, mostDescriptors, parts);
            Received received = new Received(mostDescriptors);
            long byteSize = byteSize(pieces);
            Receiving receiving = new Receiving(room.header, sparing(flags, byteSize) | MSG_CMSG_CLOEXEC);
            long answer = socket.transfer(receiving, MemorySegment.NULL, Iovecs.NONE, nanos);
            if (answer >= 0) {
                received.take(room);
            }
            // Of a local stream the kernel tells of the urgent byte even where there is no memory for it.
            return new Receipt((flags & MSG_OOB) == 0 ? answer : Math.min(answer, byteSize), received);
        } finally {
            Buffers.give(memory);
        }
    }

    /** Where the kernel puts a message. */
    private record Room(Msghdr header, SockaddrUn name, MemorySegment control) {
        static Room of(Msghdr header, List<MemorySegment> pieces, int mostDescriptors, SegmentAllocator parts) {
            header.setPieces(Iovecs.of(pieces, parts));
            SockaddrUn name = SockaddrUn.allocate(parts);
            header.setName(name.segment(), (int) name.segment().byteSize());
            MemorySegment control = parts.allocate(
                    ControlMessages.space(Ucred.BYTE_SIZE)
                            + ControlMessages.space(Integer.BYTES)
                            + ControlMessages.space(LABEL_BYTE_SIZE)
                            + ControlMessages.space(Timespec.BYTE_SIZE)
                            + spaceForNumbers(mostDescriptors),
                    Long.BYTES);
            header.setControl(control, control.byteSize());
            return new Room(header, name, control);
        }
    }

    private static long spaceForNumbers(int count) {
        return count == 0 ? 0 : ControlMessages.space((long) count * Integer.BYTES);
    }

    /**
     * Receives messages, at least one, each into memory of its own, which is the library's; answers how many, and fills
     * {@code into} with those that came.
     */
    public static int receive(
            OpenDescriptor socket,
            List<MemorySegment> pieces,
            int mostDescriptors,
            int flags,
            long nanos,
            List<Receipt> into)
            throws InterruptedException {
        try (Arena arena = Arena.ofConfined()) {
            Mmsghdrs headers = Mmsghdrs.allocate(arena, pieces.size(), Iovecs.NONE);
            Room[] rooms = new Room[pieces.size()];
            Received[] received = new Received[rooms.length];
            for (int i = 0; i < rooms.length; i++) {
                rooms[i] = Room.of(headers.message(i), List.of(pieces.get(i)), mostDescriptors, arena);
                received[i] = new Received(mostDescriptors);
            }
            ManyReceiving receiving = new ManyReceiving(headers, flags | MSG_CMSG_CLOEXEC);
            int answer = (int) socket.transfer(receiving, MemorySegment.NULL, Iovecs.NONE, nanos);
            for (int i = 0; i < answer; i++) {
                received[i].take(rooms[i]);
            }
            for (int i = 0; i < answer; i++) {
                into.add(new Receipt(headers.byteSize(i), received[i]));
            }
            return answer;
        }
    }

    /**
     * Whether nothing more will come, though there was nothing just now. Then the call is to be made again: something
     * may have come before the end did. Of datagrams whose input was shut down the form that does not wait says EAGAIN
     * for ever, and the other 0.
     */
    private static boolean isEnding(long answer, int descriptor) {
        if (answer != -EAGAIN) {
            return false;
        }
        int ready = pollOne(descriptor, POLLRDHUP, 0);
        return ready > 0 && (ready & POLLRDHUP) != 0;
    }

    /** A message with all there is to it, which belongs to one thread, though a helper may send it. */
    abstract static class Whole extends Transfer.OfSocket {
        private final Msghdr header;
        private final Thread owner = Thread.currentThread();

        Whole(int event, Msghdr header) {
            super(event);
            this.header = header;
        }

        Msghdr header() {
            return Thread.currentThread() == owner ? header : header.onBehalf();
        }
    }

    static final class Sending extends Whole {
        private final int flags;
        private final boolean toAddress;

        Sending(Msghdr header, int flags, boolean toAddress) {
            super(POLLOUT, header);
            this.flags = flags;
            this.toAddress = toAddress;
        }

        @Override
        long callOnSocket(int descriptor, MemorySegment memory, Iovecs several, boolean wait) {
            return sendmsg(descriptor, header(), flags | (wait ? 0 : MSG_DONTWAIT));
        }

        /** A poll tells of the peer's queue only if the socket is connected to it. */
        @Override
        boolean isBeyondPoll() {
            return toAddress;
        }
    }

    static final class Receiving extends Whole {
        private final int flags;

        Receiving(Msghdr header, int flags) {
            super(POLLIN, header);
            this.flags = flags;
        }

        @Override
        long callOnSocket(int descriptor, MemorySegment memory, Iovecs several, boolean wait) {
            Msghdr header = header();
            long answer = recvmsg(descriptor, header, flags | (wait ? 0 : MSG_DONTWAIT));
            if (wait || !isEnding(answer, descriptor)) {
                return answer;
            }
            answer = recvmsg(descriptor, header, flags | MSG_DONTWAIT);
            return answer == -EAGAIN ? header.setToNothing() : answer;
        }
    }

    /** Several messages, which belong to one thread, though a helper may send or receive them. */
    private abstract static class Several extends Transfer.OfSocket {
        private final Mmsghdrs headers;
        private final Thread owner = Thread.currentThread();

        Several(int event, Mmsghdrs headers) {
            super(event);
            this.headers = headers;
        }

        Mmsghdrs headers() {
            return Thread.currentThread() == owner ? headers : headers.onBehalf();
        }
    }

    static final class ManySending extends Several {
        private final int flags;
        private final boolean toAddress;

        ManySending(Mmsghdrs headers, int flags, boolean toAddress) {
            super(POLLOUT, headers);
            this.flags = flags;
            this.toAddress = toAddress;
        }

        @Override
        long callOnSocket(int descriptor, MemorySegment memory, Iovecs several, boolean wait) {
            Mmsghdrs headers = headers();
            int answer = sendmmsg(descriptor, headers, headers.count(), flags | MSG_DONTWAIT);
            if (!wait || answer != -EAGAIN) {
                return answer;
            }
            // Where it may wait, the call does so for each of them: but it is to be for the first alone.
            int first = sendmmsg(descriptor, headers, 1, flags);
            if (first < 1 || headers.count() == 1) {
                return first;
            }
            Mmsghdrs others = headers.range(1, headers.count() - 1);
            return (long) first + Math.max(0, sendmmsg(descriptor, others, others.count(), flags | MSG_DONTWAIT));
        }

        @Override
        boolean isBeyondPoll() {
            return toAddress;
        }
    }

    static final class ManyReceiving extends Several {
        private final int flags;

        ManyReceiving(Mmsghdrs headers, int flags) {
            super(POLLIN, headers);
            this.flags = flags;
        }

        @Override
        long callOnSocket(int descriptor, MemorySegment memory, Iovecs several, boolean wait) {
            Mmsghdrs headers = headers();
            int how = wait ? MSG_WAITFORONE : MSG_DONTWAIT;
            int answer = recvmmsg(descriptor, headers, headers.count(), flags | how, 0);
            if (wait || !isEnding(answer, descriptor)) {
                return answer;
            }
            answer = recvmmsg(descriptor, headers, headers.count(), flags | how, 0);
            return answer == -EAGAIN ? 1 + headers.setToNothing(0) : answer;
        }
    }

    private static final class OneSending extends Transfer.OfSocket {
        private final int flags;

        OneSending(int flags) {
            super(POLLOUT);
            this.flags = flags | MSG_NOSIGNAL;
        }

        @Override
        long callOnSocket(int descriptor, MemorySegment memory, Iovecs several, boolean wait) {
            return org.chagres.internal.syscall.SocketCalls.send(
                    descriptor, memory, memory.byteSize(), flags | (wait ? 0 : MSG_DONTWAIT));
        }
    }

    private static long byteSize(List<MemorySegment> pieces) {
        long all = 0;
        for (MemorySegment piece : pieces) {
            all += piece.byteSize();
        }
        return all;
    }

    /** With no memory for it, the kernel would have an urgent byte taken, and that be all of it. */
    private static int sparing(int flags, long byteSize) {
        return (flags & MSG_OOB) != 0 && byteSize == 0 ? flags | MSG_PEEK : flags;
    }

    private static final class OneReceiving extends Transfer.OfSocket {
        private static final int WAITING_PEEK = MSG_PEEK | MSG_WAITALL;

        private final int flags;

        /** An urgent byte that was announced is not there yet while a poll tells of the data before it. */
        OneReceiving(int flags) {
            super((flags & MSG_OOB) == 0 ? POLLIN : POLLPRI | POLLRDHUP);
            this.flags = (flags & MSG_OOB) == 0 ? flags : flags & ~MSG_WAITALL; // it is one byte, or none
        }

        @Override
        long callOnSocket(int descriptor, MemorySegment memory, Iovecs several, boolean wait) {
            if (!wait && (flags & WAITING_PEEK) == WAITING_PEEK) {
                return NO_WAY; // a poll tells of the first byte
            }
            int how = sparing(flags, memory.byteSize());
            long answer = recv(descriptor, memory, memory.byteSize(), how | (wait ? 0 : MSG_DONTWAIT));
            if (wait || !isEnding(answer, descriptor)) {
                return answer;
            }
            answer = recv(descriptor, memory, memory.byteSize(), how | MSG_DONTWAIT);
            return answer == -EAGAIN ? 0 : answer;
        }
    }
}
