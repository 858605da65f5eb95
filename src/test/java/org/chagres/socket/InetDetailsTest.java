package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.List;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.pipe.Pipe;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where one thing meets another: versions of IP, kinds of time, errors that are told later. */
@ExtendWith(LeakCheck.class)
class InetDetailsTest {
    private static MemorySegment memory(int byteSize) {
        return MemorySegment.ofArray(new byte[byteSize]);
    }

    @Test
    void ownAddressOfVersion4DoesNotEndTheTriesAtTheFirstAddressOfVersion6() throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
            int port = listener.localAddress().getPort();
            try (TcpStream stream = TcpConnector.to(List.of(new InetSocketAddress("::1", port), Inet.loopback(port)))
                    .from(Inet.loopback(0))
                    .connect()) {
                assertThat(stream.peerAddress()).isEqualTo(Inet.loopback(port));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void timeIsToldWhicheverOptionAsksForIt(boolean inNanoseconds) throws Exception {
        try (UdpSocket socket = UdpSocket.bind(
                Inet.loopback(0),
                SocketSetting.set(
                        inNanoseconds ? LinuxSocketOptions.SO_TIMESTAMPNS : LinuxSocketOptions.SO_TIMESTAMP, true))) {
            socket.send(Datagram.of("x").to(socket.localAddress()));
            assertThat(socket.receiveFrom(memory(1)).time()).isPresent();
        }
    }

    @Test
    void errorThatWaitAllLeftIsToldToASpliceToo() throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0));
                TcpStream client = TcpStream.connect(listener.localAddress());
                TcpStream server = listener.accept();
                Pipe pipe = Pipe.create()) {
            client.writeFully(new byte[3]);
            while (server.available() < 3) {
                Thread.onSpinWait();
            }
            client.reset();
            assertThat(server.receive(memory(10), ReceiveOption.WAIT_ALL)).isEqualTo(3);
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> server.splice(pipe.sink(), 10)) // -1 would be a good end
                    .satisfies(reset -> assertThat(reset.errno()).isEqualTo(Errno.ECONNRESET));
        }
    }

    @Test
    void batchOfMoreBytesThanThereCanBeIsRefused() {
        try (Arena arena = Arena.ofConfined()) {
            assertThatIllegalArgumentException().isThrownBy(() -> DatagramBatch.allocate(arena, 3, Long.MAX_VALUE / 2));
        }
    }
}
