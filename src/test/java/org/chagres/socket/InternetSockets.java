package org.chagres.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static org.chagres.socket.LocalSockets.number;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.NetworkInterface;
import java.net.SocketOption;
import java.nio.ByteOrder;
import org.chagres.Descriptor;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.SocketOptions;
import org.junit.jupiter.api.Assumptions;

/** Sockets of the internet families as descriptors, for tests of their options; on the loopback alone. */
enum InternetSockets {
    TCP4(2, 1),
    TCP6(10, 1),
    UDP4(2, 2),
    UDP6(10, 2);

    private static final int PORT_OFFSET = 2;
    private static final int IPV4_LENGTH = 16;
    private static final int IPV6_LENGTH = 28;

    private final int family;
    private final int type;

    InternetSockets(int family, int type) {
        this.family = family;
        this.type = type;
    }

    boolean isTcp() {
        return type == 1;
    }

    boolean isIpv6() {
        return family == 10;
    }

    /** How long a packet of this family is at most there: the header of IPv4 has 16 bits for it. */
    int longestOnTheLoopback() throws IOException {
        int mtu = NetworkInterface.getByName("lo").getMTU();
        return isIpv6() ? mtu : Math.min(mtu, 0xFFFF);
    }

    /** A new one; skips the test where the system has no IPv6. */
    Descriptor open() throws IOException {
        Descriptor socket = LowSocket.open(family, type, 0);
        if (isIpv6()) {
            try (Arena arena = Arena.ofConfined()) {
                int bound = bind(number(socket), arena);
                if (bound < 0) {
                    socket.close();
                    Assumptions.abort("no IPv6 on the loopback: error " + -bound);
                }
            }
            socket.close();
            return LowSocket.open(family, type, 0);
        }
        return socket;
    }

    /** A connection: who asked, who was asked, and the listener, by which the caller gets them to close. */
    record Connection(Descriptor client, Descriptor server, Descriptor listener) implements AutoCloseable {
        @Override
        public void close() {
            client.close();
            server.close();
            listener.close();
        }
    }

    Connection connect(Descriptor client, Descriptor listener) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            check(bind(number(listener), arena));
            check(SocketCalls.listen(number(listener), 7));
            MemorySegment address = arena.allocate(IPV6_LENGTH, Long.BYTES);
            int length = check(SocketCalls.socketName(number(listener), address));
            check(SocketCalls.connect(number(client), address, length));
            int accepted = check(SocketCalls.accept4(number(listener), 0, 0, SocketCalls.SOCK_CLOEXEC));
            return new Connection(client, Descriptor.adopt(accepted), listener);
        }
    }

    Connection connection() throws IOException {
        return connect(open(), open());
    }

    /** A datagram socket that is connected to itself. */
    static void connectToItself(Descriptor socket, InternetSockets kind) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            check(kind.bind(number(socket), arena));
            MemorySegment address = arena.allocate(IPV6_LENGTH, Long.BYTES);
            int length = check(SocketCalls.socketName(number(socket), address));
            check(SocketCalls.connect(number(socket), address, length));
        }
    }

    static int port(Descriptor socket) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(IPV6_LENGTH, Long.BYTES);
            check(SocketCalls.socketName(number(socket), address));
            return Short.toUnsignedInt(address.get(JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN), PORT_OFFSET));
        }
    }

    /** To the loopback's address, and a port that the kernel chooses. */
    int bind(int socket, Arena arena) {
        MemorySegment address = arena.allocate(IPV6_LENGTH, Long.BYTES);
        address.set(JAVA_SHORT_UNALIGNED, 0, (short) family);
        if (isIpv6()) {
            address.set(JAVA_BYTE, 23, (byte) 1); // ::1
            return SocketCalls.bind(socket, address, IPV6_LENGTH);
        }
        address.set(JAVA_INT, 4, 0x0100007F); // 127.0.0.1
        return SocketCalls.bind(socket, address, IPV4_LENGTH);
    }

    static <T> T get(Descriptor socket, SocketOption<T> option) throws IOException {
        return SocketOptions.get(DescriptorView.of(socket), option);
    }

    static <T> void set(Descriptor socket, SocketOption<T> option, T value) throws IOException {
        SocketOptions.set(DescriptorView.of(socket), option, value);
    }

    static <T> T setAndAsked(Descriptor socket, SocketOption<T> option, T value) throws IOException {
        set(socket, option, value);
        return get(socket, option);
    }

    private static int check(int answer) {
        if (answer < 0) {
            throw new AssertionError("error " + -answer);
        }
        return answer;
    }
}
