package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** Sockets: made, named, connected, asked and set; bytes sent and received in one piece. */
public final class SocketCalls {
    public static final int AF_INET = Linkage.POSSIBLE ? Linux.AF_INET() : 0;
    public static final int AF_INET6 = Linkage.POSSIBLE ? Linux.AF_INET6() : 0;
    public static final int AF_UNIX = Linkage.POSSIBLE ? Linux.AF_UNIX() : 0;
    public static final int AF_UNSPEC = Linkage.POSSIBLE ? Linux.AF_UNSPEC() : 0;
    public static final int MSG_CMSG_CLOEXEC = Linkage.POSSIBLE ? Linux.MSG_CMSG_CLOEXEC() : 0;
    public static final int MSG_CONFIRM = Linkage.POSSIBLE ? Linux.MSG_CONFIRM() : 0;
    public static final int MSG_CTRUNC = Linkage.POSSIBLE ? Linux.MSG_CTRUNC() : 0;
    public static final int MSG_DONTROUTE = Linkage.POSSIBLE ? Linux.MSG_DONTROUTE() : 0;
    public static final int MSG_DONTWAIT = Linkage.POSSIBLE ? Linux.MSG_DONTWAIT() : 0;
    public static final int MSG_EOR = Linkage.POSSIBLE ? Linux.MSG_EOR() : 0;
    public static final int MSG_ERRQUEUE = Linkage.POSSIBLE ? Linux.MSG_ERRQUEUE() : 0;
    public static final int MSG_MORE = Linkage.POSSIBLE ? Linux.MSG_MORE() : 0;
    public static final int MSG_NOSIGNAL = Linkage.POSSIBLE ? Linux.MSG_NOSIGNAL() : 0;
    public static final int MSG_OOB = Linkage.POSSIBLE ? Linux.MSG_OOB() : 0;
    public static final int MSG_PEEK = Linkage.POSSIBLE ? Linux.MSG_PEEK() : 0;
    public static final int MSG_TRUNC = Linkage.POSSIBLE ? Linux.MSG_TRUNC() : 0;
    public static final int MSG_WAITALL = Linkage.POSSIBLE ? Linux.MSG_WAITALL() : 0;
    public static final int MSG_WAITFORONE = Linkage.POSSIBLE ? Linux.MSG_WAITFORONE() : 0;
    public static final int SHUT_RD = Linkage.POSSIBLE ? Linux.SHUT_RD() : 0;
    public static final int SHUT_RDWR = Linkage.POSSIBLE ? Linux.SHUT_RDWR() : 0;
    public static final int SHUT_WR = Linkage.POSSIBLE ? Linux.SHUT_WR() : 0;
    public static final int SOCK_CLOEXEC = Linkage.POSSIBLE ? Linux.SOCK_CLOEXEC() : 0;
    public static final int SOCK_DGRAM = Linkage.POSSIBLE ? Linux.SOCK_DGRAM() : 0;
    public static final int SOCK_NONBLOCK = Linkage.POSSIBLE ? Linux.SOCK_NONBLOCK() : 0;
    public static final int SOCK_RAW = Linkage.POSSIBLE ? Linux.SOCK_RAW() : 0;
    public static final int SOCK_SEQPACKET = Linkage.POSSIBLE ? Linux.SOCK_SEQPACKET() : 0;
    public static final int SOCK_STREAM = Linkage.POSSIBLE ? Linux.SOCK_STREAM() : 0;
    public static final int SOMAXCONN = Linkage.POSSIBLE ? Linux.SOMAXCONN() : 0;

    /** Where a call on scratch memory has the length of what it takes or gives; the value itself is in front. */
    private static final long LENGTH_OFFSET = 8;

    private static final NativeFunction SOCKET = NativeFunction.named("socket");
    private static final NativeFunction SOCKETPAIR = NativeFunction.named("socketpair");
    private static final NativeFunction BIND = NativeFunction.named("bind");
    private static final NativeFunction LISTEN = NativeFunction.named("listen");
    private static final NativeFunction ACCEPT4 = NativeFunction.named("accept4");
    private static final NativeFunction CONNECT = NativeFunction.named("connect");
    private static final NativeFunction SHUTDOWN = NativeFunction.named("shutdown");
    private static final NativeFunction GETSOCKNAME = NativeFunction.named("getsockname");
    private static final NativeFunction GETPEERNAME = NativeFunction.named("getpeername");
    private static final NativeFunction GETSOCKOPT = NativeFunction.named("getsockopt");
    private static final NativeFunction SETSOCKOPT = NativeFunction.named("setsockopt");
    private static final SegmentFunction SEND = SegmentFunction.named("send");
    private static final SegmentFunction RECV = SegmentFunction.named("recv");

    private SocketCalls() {}

    /** Makes a socket ({@code socket(2)}). */
    public static int socket(int family, int type, int protocol) {
        return SOCKET.callInt(family, type, protocol);
    }

    /** Makes two sockets that are connected; {@code pair} has room for two numbers ({@code socketpair(2)}). */
    public static int socketpair(int family, int type, int protocol, MemorySegment pair) {
        return SOCKETPAIR.callInt(family, type, protocol, pair.address());
    }

    /** {@code socketpair}: both numbers in one, the second in the upper half. */
    public static long socketpairEnds(int family, int type, int protocol) {
        CallState state = CallState.enter();
        try {
            MemorySegment pair = state.scratch();
            int result = SOCKETPAIR.answerInt(state, family, type, protocol, pair.address());
            return result < 0 ? result : pair.get(ValueLayout.JAVA_LONG, 0);
        } finally {
            state.exit();
        }
    }

    /** Gives a socket its address ({@code bind(2)}). */
    public static int bind(int socket, MemorySegment address, int length) {
        return BIND.callInt(socket, address.address(), length);
    }

    /** Has a socket accept connections; so many may wait for that ({@code listen(2)}). */
    public static int listen(int socket, int backlog) {
        return LISTEN.callInt(socket, backlog, 0);
    }

    /**
     * Takes the next connection: its socket ({@code accept4(2)}). Null for no address and no length of it.
     */
    public static int accept4(int socket, long address, long length, int flags) {
        return ACCEPT4.callInt(socket, address, length, flags);
    }

    /** Connects to an address, or a datagram socket to none ({@code connect(2)}). */
    public static int connect(int socket, MemorySegment address, int length) {
        return CONNECT.callInt(socket, address.address(), length);
    }

    /** Ends a direction of a connection, or both, for all who share it ({@code shutdown(2)}). */
    public static int shutdown(int socket, int how) {
        return SHUTDOWN.callInt(socket, how, 0);
    }

    /** The address of a socket; {@code length} goes in and comes out ({@code getsockname(2)}). */
    public static int getsockname(int socket, MemorySegment address, MemorySegment length) {
        return GETSOCKNAME.callInt(socket, address.address(), length.address());
    }

    /** {@code getsockname}: how long the address is, which may be more than there is room. */
    public static int socketName(int socket, MemorySegment into) {
        CallState state = CallState.enter();
        try {
            long length = state.putScratch(LENGTH_OFFSET, into.byteSize());
            int result = GETSOCKNAME.answerInt(state, socket, into.address(), length);
            return result < 0 ? result : length(state);
        } finally {
            state.exit();
        }
    }

    /** The address a socket is connected to; {@code length} goes in and comes out ({@code getpeername(2)}). */
    public static int getpeername(int socket, MemorySegment address, MemorySegment length) {
        return GETPEERNAME.callInt(socket, address.address(), length.address());
    }

    /** {@code getpeername}: how long the address is, which may be more than there is room. */
    public static int peerName(int socket, MemorySegment into) {
        CallState state = CallState.enter();
        try {
            long length = state.putScratch(LENGTH_OFFSET, into.byteSize());
            int result = GETPEERNAME.answerInt(state, socket, into.address(), length);
            return result < 0 ? result : length(state);
        } finally {
            state.exit();
        }
    }

    /** Asks an option; {@code length} goes in and comes out ({@code getsockopt(2)}). */
    public static int getsockopt(int socket, int level, int option, MemorySegment value, MemorySegment length) {
        return GETSOCKOPT.callInt(socket, level, option, value.address(), length.address(), 0);
    }

    /** {@code getsockopt}: how many bytes the kernel wrote. */
    public static int getsockoptInto(int socket, int level, int option, MemorySegment into) {
        CallState state = CallState.enter();
        try {
            long length = state.putScratch(LENGTH_OFFSET, into.byteSize());
            int result = GETSOCKOPT.answerInt(state, socket, level, option, into.address(), length);
            return result < 0 ? result : length(state);
        } finally {
            state.exit();
        }
    }

    /** {@code getsockopt} of an {@code int}, as an unsigned number: narrowed, it has its sign back. */
    public static long getsockoptInt(int socket, int level, int option) {
        CallState state = CallState.enter();
        try {
            long length = state.putScratch(LENGTH_OFFSET, Integer.BYTES);
            long value = state.putScratch(0, 0); // of some options the kernel writes one byte
            int result = GETSOCKOPT.answerInt(state, socket, level, option, value, length);
            return result < 0 ? result : Integer.toUnsignedLong(state.scratch().get(ValueLayout.JAVA_INT, 0));
        } finally {
            state.exit();
        }
    }

    /** Sets an option ({@code setsockopt(2)}). */
    public static int setsockopt(int socket, int level, int option, MemorySegment value, int length) {
        return SETSOCKOPT.callInt(socket, level, option, value.address(), length, 0);
    }

    /** {@code setsockopt} of an {@code int}. */
    public static int setsockoptInt(int socket, int level, int option, int value) {
        CallState state = CallState.enter();
        try {
            long at = state.putScratch(0, value); // little-endian: the int is in front
            return SETSOCKOPT.answerInt(state, socket, level, option, at, Integer.BYTES);
        } finally {
            state.exit();
        }
    }

    /** Sends bytes to whom the socket is connected ({@code send(2)}). */
    public static long send(int socket, MemorySegment buffer, long count, int flags) {
        return SEND.callLong(socket, buffer, count, flags);
    }

    /** Receives bytes ({@code recv(2)}). */
    public static long recv(int socket, MemorySegment buffer, long count, int flags) {
        return RECV.callLong(socket, buffer, count, flags);
    }

    private static int length(CallState state) {
        return state.scratch().get(ValueLayout.JAVA_INT, LENGTH_OFFSET);
    }
}
