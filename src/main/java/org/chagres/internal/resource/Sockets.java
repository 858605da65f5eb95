package org.chagres.internal.resource;

import static org.chagres.internal.syscall.DescriptorCalls.*;
import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.FileCalls.*;
import static org.chagres.internal.syscall.InternetNumbers.*;
import static org.chagres.internal.syscall.ReadinessCalls.*;
import static org.chagres.internal.syscall.SocketCalls.*;
import static org.chagres.internal.syscall.SocketNumbers.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.syscall.Iovecs;
import org.chagres.internal.syscall.SockaddrUn;
import org.chagres.internal.syscall.SocketCalls;

/**
 * Sockets: made, named, connected. Answers are {@code >= 0}, {@code -errno}, or as {@link OpenDescriptor} has them.
 */
public final class Sockets {
    public static final int STREAM = SOCK_STREAM;
    public static final int DATAGRAM = SOCK_DGRAM;
    public static final int SEQPACKET = SOCK_SEQPACKET;
    public static final int RAW = SOCK_RAW;

    public static final int LOCAL = AF_UNIX;
    public static final int INET = AF_INET;
    public static final int INET6 = AF_INET6;

    /** The protocols of messages about the network itself, of IPv4 and of IPv6. */
    public static final int ICMP = IPPROTO_ICMP;

    public static final int ICMP_V6 = IPPROTO_ICMPV6;

    private static final Transfer ACCEPT = new Accept(true);

    private static final Transfer ACCEPT_SHARED = new Accept(false);

    private Sockets() {}

    /** Which directions of a connection end. */
    public enum Direction {
        INPUT(SHUT_RD),
        OUTPUT(SHUT_WR),
        BOTH(SHUT_RDWR);

        private final int how;

        Direction(int how) {
            this.how = how;
        }
    }

    public static int create(int family, int type, int protocol) {
        return socket(family, type | SOCK_CLOEXEC, protocol);
    }

    /** Makes one whose connecting does not wait, until {@link #connectInet} is done with it. */
    public static int createToConnect(int family, int type) {
        return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    }

    /** Has a socket of IPv6 deal with addresses of IPv4 too. */
    public static int allowBothVersions(int number) {
        return setsockoptInt(number, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }

    /** Makes two that are connected: the number of one in the lower half of the answer, of the other in the upper. */
    public static long pair(int family, int type, int protocol) {
        return socketpairEnds(family, type | SOCK_CLOEXEC, protocol);
    }

    /** Has the file of a socket that is going to be bound these permissions from the first moment, less the umask. */
    public static int setMode(int number, int mode) {
        return fchmod(number, mode);
    }

    public static int bind(int number, MemorySegment address, int length) {
        return SocketCalls.bind(number, address, length);
    }

    /**
     * Has a socket accept connections. It becomes non-blocking: so an accept never takes a rival's loss for its own,
     * and nobody else has this description yet.
     */
    public static int listen(int number, int backlog) {
        int answer = SocketCalls.listen(number, backlog);
        return answer < 0 ? answer : fcntl(number, F_SETFL, O_NONBLOCK);
    }

    /**
     * Takes the next connection, waiting for at most so long; answers its number.
     *
     * @param peer where the address of who connected goes, with 4 bytes behind it for its length; or no memory
     */
    public static int accept(OpenDescriptor listener, boolean ours, MemorySegment peer, long nanos)
            throws InterruptedException {
        return (int) listener.transfer(ours ? ACCEPT : ACCEPT_SHARED, peer, Iovecs.NONE, nanos);
    }

    /** Connects a local socket that nobody else knows yet, waiting for at most so long. */
    public static int connect(OpenDescriptor socket, MemorySegment address, int length, long nanos)
            throws InterruptedException {
        Interruption.check();
        if (!socket.use()) {
            return OpenDescriptor.WAS_CLOSED;
        }
        try {
            Connect connect = new Connect(socket.number(), address, length);
            if (nanos <= 0) {
                return connect.attempt();
            }
            return Thread.currentThread().isVirtual()
                    ? new Lines().await(socket, connect, connect, nanos)
                    : connect.await(socket, nanos);
        } finally {
            socket.unuse();
        }
    }

    /**
     * Connects a socket that {@link #createToConnect} made, waiting for at most so long. The kernel goes on connecting
     * by itself; calling again asks how far it is.
     */
    public static int connectInet(OpenDescriptor socket, MemorySegment address, int length, long nanos)
            throws InterruptedException {
        ConnectInet connect = new ConnectInet(address, length);
        int answer = (int) socket.transfer(connect, MemorySegment.NULL, Iovecs.NONE, nanos);
        return answer < 0 ? answer : socket.ask(number -> fcntl(number, F_SETFL, 0));
    }

    /** Connects a datagram socket, which waits for nobody. */
    public static int connectDatagrams(int number, MemorySegment address, int length) {
        return SocketCalls.connect(number, address, length);
    }

    /** Connects a socket of our own without waiting, to see whether anybody answers. */
    public static int connectNowOrNot(int number, MemorySegment address, int length) {
        return new Connect(number, address, length).attempt();
    }

    /** Has a datagram socket be connected to nobody. */
    public static int disconnect(int number) {
        try (Arena arena = Arena.ofConfined()) {
            SockaddrUn nobody = SockaddrUn.allocate(arena);
            nobody.setFamily(AF_UNSPEC);
            return SocketCalls.connect(number, nobody.segment(), SockaddrUn.NAME_OFFSET);
        }
    }

    public static int shutdown(OpenDescriptor socket, Direction direction) {
        return socket.ask(number -> SocketCalls.shutdown(number, direction.how));
    }

    /** The address of a socket; answers how long it is. */
    public static int name(int number, MemorySegment into) {
        return socketName(number, into);
    }

    /** The address that a socket is connected to; answers how long it is. */
    public static int nameOfPeer(int number, MemorySegment into) {
        return peerName(number, into);
    }

    /** A new number for the process that a socket is connected to. */
    public static long peerProcess(int number) {
        return getsockoptInt(number, SOL_SOCKET, SO_PEERPIDFD);
    }

    /** How many bytes were sent and not yet received. */
    public static int unsent(int number) {
        return siocoutq(number);
    }

    /** 1 if the next byte to be read is the urgent one, or what comes behind it if that was taken, else 0. */
    public static int isAtMark(int number) {
        return siocatmark(number);
    }

    /** Whether the mode word of a file says that it is a socket's. */
    public static boolean isSocketFile(int mode) {
        return (mode & S_IFMT) == S_IFSOCK;
    }

    /** What a number refers to: the type of socket of a family, {@code -ENOTSOCK}, or {@code -EAFNOSUPPORT}. */
    public static int type(int number, int family) {
        long present = getsockoptInt(number, SOL_SOCKET, SO_DOMAIN);
        if (present < 0) {
            return (int) present;
        }
        return present == family ? (int) getsockoptInt(number, SOL_SOCKET, SO_TYPE) : -EAFNOSUPPORT;
    }

    /** The protocol of a socket. */
    public static int protocol(int number) {
        return (int) getsockoptInt(number, SOL_SOCKET, SO_PROTOCOL);
    }

    /** 1 if a stream is of TCP, or of MPTCP, which has TCP's options too, and not of SCTP, else 0. */
    public static int isTcp(int number) {
        return getsockoptInt(number, IPPROTO_TCP, TCP_NODELAY) >= 0 ? 1 : 0;
    }

    /** 1 if a socket of datagrams is of UDP, and not of ICMP, else 0. */
    public static int isUdp(int number) {
        return protocol(number) == IPPROTO_UDP ? 1 : 0;
    }

    /** 1 if a socket accepts connections, else 0. */
    public static int isListening(int number) {
        return (int) getsockoptInt(number, SOL_SOCKET, SO_ACCEPTCONN);
    }

    private static final class Accept extends Transfer.OfSocket {
        private final boolean ours;

        Accept(boolean ours) {
            super(POLLIN);
            this.ours = ours;
        }

        /** One that others share must not become non-blocking, and there is no flag of the call. */
        @Override
        long callOnSocket(int descriptor, MemorySegment memory, Iovecs several, boolean wait) {
            if (!ours && !wait) {
                return NO_WAY;
            }
            long room = memory.byteSize() - Integer.BYTES;
            if (room <= 0) {
                return accept4(descriptor, 0, 0, SOCK_CLOEXEC);
            }
            memory.set(ValueLayout.JAVA_INT, room, (int) room);
            int answer = accept4(descriptor, memory.address(), memory.address() + room, SOCK_CLOEXEC);
            return isOfAnother(-answer) ? -EINTR : answer;
        }

        /** Of a connection that died before it was accepted, or of its network: the next one may be well. */
        private static boolean isOfAnother(int errno) {
            return errno == ECONNABORTED
                    || errno == ENETDOWN
                    || errno == EPROTO
                    || errno == ENOPROTOOPT
                    || errno == EHOSTDOWN
                    || errno == ENONET
                    || errno == EHOSTUNREACH
                    || errno == EOPNOTSUPP
                    || errno == ENETUNREACH;
        }

        @Override
        boolean mayWaitAfterPoll() {
            return !ours;
        }
    }

    private static final class ConnectInet extends Transfer.OfSocket {
        private final MemorySegment address;
        private final int length;

        ConnectInet(MemorySegment address, int length) {
            super(POLLOUT);
            this.address = address;
            this.length = length;
        }

        @Override
        long callOnSocket(int descriptor, MemorySegment memory, Iovecs several, boolean wait) {
            int answer = SocketCalls.connect(descriptor, address, length);
            if (answer == -EINPROGRESS) { // within this machine it is done by now
                answer = SocketCalls.connect(descriptor, address, length);
            }
            return answer == -EALREADY ? -EAGAIN : answer;
        }
    }

    private record Connect(int number, MemorySegment address, int length) implements Lines.Call {
        private static final int CONNECTED_AT_LAST = 1;

        /** A backlog that is full is no state that a poll tells of: EAGAIN here means try again later. */
        @Override
        public int attempt() {
            int answer = fcntl(number, F_SETFL, O_NONBLOCK);
            if (answer < 0) {
                return answer;
            }
            answer = SocketCalls.connect(number, address, length);
            fcntl(number, F_SETFL, 0);
            return answer == -EINTR ? Waiter.TIMED_OUT : answer;
        }

        /**
         * Why not to wait, after a last try: the kernel wakes one waiter for each place in the backlog, and if that is
         * the very one that a signal ends, the place stays free and the others asleep. So it is taken.
         */
        private int refusal(Waiter waiter) throws InterruptedException {
            int refusal;
            try {
                refusal = waiter.refusal();
            } catch (InterruptedException interrupt) {
                if (attempt() < 0) {
                    throw interrupt;
                }
                Thread.currentThread().interrupt();
                return CONNECTED_AT_LAST;
            }
            return refusal != 0 && attempt() >= 0 ? CONNECTED_AT_LAST : refusal;
        }

        @Override
        public int await(Gate gate, long nanos) throws InterruptedException {
            Waiter waiter = Waiter.enter(gate, nanos);
            try {
                waiter.watchDeadline();
                Pause pause = new Pause();
                int answer;
                do {
                    answer = refusal(waiter);
                    if (answer == CONNECTED_AT_LAST) {
                        return 0;
                    }
                    if (answer == 0) {
                        // What nothing can end must not block.
                        answer = waiter.isSliced() ? attempt() : SocketCalls.connect(number, address, length);
                        if (answer == Waiter.TIMED_OUT) {
                            pause.park(this, waiter.nanosForCall());
                            answer = -EINTR;
                        }
                    }
                } while (waiter.goesOnAfter(answer));
                return answer;
            } finally {
                waiter.leave();
            }
        }
    }
}
