package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.view.LinuxSocketOption;
import org.chagres.internal.view.OptionValue;

/** What the tests of Internet sockets have in common. */
final class InetSockets {
    static final Duration MOMENT = Duration.ofMillis(20);

    /** More than anything takes that succeeds. */
    static final Duration LONG = Duration.ofSeconds(20);

    static final int IPPROTO_IP = 0;
    static final int IPPROTO_TCP = 6;
    static final int IPPROTO_IPV6 = 41;

    private static final int SO_REUSEPORT = 15;
    private static final int IPV6_V6ONLY = 26;
    private static final int TCP_INFO = 11;
    private static final int TCP_INFO_BYTE_SIZE = 160;

    private InetSockets() {}

    /** The two versions of IP. */
    enum Version {
        V4("127.0.0.1", "0.0.0.0", StandardProtocolFamily.INET),
        V6("::1", "::", StandardProtocolFamily.INET6);

        private final String loopback;
        private final String any;
        private final ProtocolFamily family;

        Version(String loopback, String any, ProtocolFamily family) {
            this.loopback = loopback;
            this.any = any;
            this.family = family;
        }

        InetSocketAddress loopback(int port) {
            return at(loopback, port);
        }

        InetSocketAddress any(int port) {
            return at(any, port);
        }

        ProtocolFamily family() {
            return family;
        }
    }

    /** An address in digits, of which no name server is asked. */
    static InetAddress address(String digits) {
        try {
            return InetAddress.getByName(digits);
        } catch (UnknownHostException none) {
            throw new AssertionError(none);
        }
    }

    static InetSocketAddress at(String digits, int port) {
        return new InetSocketAddress(address(digits), port);
    }

    /** A connection within this machine, both ends of it. */
    record Connection(TcpStream client, TcpStream server) implements AutoCloseable {
        static Connection make(Version version) throws IOException, InterruptedException {
            try (TcpListener listener = TcpListener.bind(version.loopback(0))) {
                TcpStream client = TcpStream.connect(listener.localAddress());
                return new Connection(client, listener.tryAccept(LONG).orElseThrow());
            }
        }

        static Connection make() throws IOException, InterruptedException {
            return make(Version.V4);
        }

        @Override
        public void close() {
            client.close();
            server.close();
        }
    }

    static void write(TcpStream stream, String text) throws IOException, InterruptedException {
        stream.writeFully(LocalSockets.bytes(text));
    }

    static void refused(Errno errno, ThrowingCallable what) {
        refused(errno, "", what);
    }

    /** The message has in it what helps. */
    static void refused(Errno errno, String hint, ThrowingCallable what) {
        assertThatExceptionOfType(ErrnoException.class).isThrownBy(what).satisfies(failure -> {
            assertThat(failure.errno()).as(failure.getMessage()).isEqualTo(errno);
            assertThat(failure.getMessage()).contains(hint);
        });
    }

    /** A number of the kernel's as an option has it. */
    static byte[] number(int value) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(value)
                .array();
    }

    static int number(byte[] value) {
        return ByteBuffer.wrap(value).order(ByteOrder.nativeOrder()).getInt();
    }

    static void turnOn(LinuxSocket socket, int level, int option) throws IOException {
        socket.setRawOption(level, option, number(1));
    }

    /** {@code SO_REUSEPORT}, to be set before a socket is bound. */
    static SocketSetting<Boolean> sharedPort() {
        return SocketSetting.set(LinuxSocketOption.of("SO_REUSEPORT", SO_REUSEPORT, OptionValue.BOOLEAN), true);
    }

    /** Whether it leaves addresses of version 4 to others. */
    static boolean isV6Only(LinuxSocket socket) throws IOException {
        return number(socket.rawOption(IPPROTO_IPV6, IPV6_V6ONLY, Integer.BYTES)) != 0;
    }

    /** Of a listener: how many connections wait. */
    static int waiting(LinuxSocket listener) throws IOException {
        return tcpInfo(listener, 24); // tcpi_unacked
    }

    /** Of a listener: how many may wait, as the kernel compares it. */
    static int mostWaiting(LinuxSocket listener) throws IOException {
        return tcpInfo(listener, 28); // tcpi_sacked
    }

    /** In how many packets with bytes in them a connection has sent. */
    static int packetsOfData(LinuxSocket stream) throws IOException {
        return tcpInfo(stream, 156); // tcpi_data_segs_out
    }

    private static int tcpInfo(LinuxSocket socket, int offset) throws IOException {
        byte[] info = socket.rawOption(IPPROTO_TCP, TCP_INFO, TCP_INFO_BYTE_SIZE);
        return MemorySegment.ofArray(info).get(ValueLayout.JAVA_INT_UNALIGNED, offset);
    }
}
