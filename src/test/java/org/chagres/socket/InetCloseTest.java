package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.nio.channels.AsynchronousCloseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.chagres.Pollable;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many threads of both kinds that wait at one socket when it is closed, and its number that others get. */
@ExtendWith(LeakCheck.class)
class InetCloseTest {
    private static final int OF_EACH_KIND = 4;

    @Test
    void aCloseEndsAllAcceptsAndWhoGetsTheNumberNextKeepsItsConnections() throws Exception {
        TcpListener listener = TcpListener.bind(Inet.loopback(0));
        closeWhileAllWait(listener, listener::accept);
        try (TcpListener next = TcpListener.bind(Inet.loopback(0));
                TcpStream client = TcpStream.connect(next.localAddress());
                TcpStream accepted = next.tryAccept(Duration.ofSeconds(30)).orElseThrow()) {
            assertThat(accepted.peerAddress()).isEqualTo(client.localAddress());
        }
    }

    @Test
    void aCloseEndsAllReadsOfAStreamAndWhoGetsTheNumberNextKeepsItsBytes() throws Exception {
        try (Arena arena = Arena.ofShared();
                TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
            TcpStream stream = TcpStream.connect(listener.localAddress());
            try (TcpStream other = listener.accept()) {
                closeWhileAllWait(stream, () -> stream.receive(arena.allocate(1)));
                assertThat(other.tryRead(arena.allocate(1), Duration.ofSeconds(30)))
                        .isEqualTo(-1);
            }
            try (TcpStream next = TcpStream.connect(listener.localAddress());
                    TcpStream other = listener.accept()) {
                other.writeFully(new byte[] {7});
                MemorySegment memory = arena.allocate(1);
                assertThat(next.tryRead(memory, Duration.ofSeconds(30))).isEqualTo(1);
            }
        }
    }

    @Test
    void aCloseEndsAllReceivesOfDatagramsAndWhoGetsTheNumberNextKeepsThem() throws Exception {
        try (Arena arena = Arena.ofShared()) {
            UdpSocket socket = UdpSocket.bind(Inet.loopback(0));
            closeWhileAllWait(socket, () -> socket.receive(arena.allocate(1)));
            try (UdpSocket next = UdpSocket.bind(Inet.loopback(0));
                    UdpSocket sender = UdpSocket.create(StandardProtocolFamily.INET)) {
                sender.send(Datagram.of("x").to(next.localAddress()));
                assertThat(next.tryReceive(arena.allocate(1), Duration.ofSeconds(30)))
                        .isEqualTo(1);
            }
        }
    }

    /** And interrupts some before, after which the others still wait. */
    private static void closeWhileAllWait(Pollable resource, Callable<?> call) throws Exception {
        String before = resource.toString();
        List<Waiting<Object>> waiting = new ArrayList<>();
        try {
            for (ThreadKind kind : ThreadKind.values()) {
                for (int i = 0; i < OF_EACH_KIND; i++) {
                    waiting.add(Waiting.startAndAwait(kind, call::call));
                }
            }
            for (int i = 0; i < waiting.size(); i += OF_EACH_KIND) {
                waiting.get(i).thread().interrupt();
                assertThat(waiting.get(i).failure()).isInstanceOf(InterruptedException.class);
            }
            for (int i = 0; i < waiting.size(); i++) {
                if (i % OF_EACH_KIND != 0) {
                    waiting.get(i).awaitWaiting();
                }
            }
        } finally {
            resource.close();
        }
        for (int i = 0; i < waiting.size(); i++) {
            if (i % OF_EACH_KIND != 0) {
                assertThat(waiting.get(i).failure()).isInstanceOf(AsynchronousCloseException.class);
            }
        }
        // None of them is left at the number.
        assertThat(resource.isOpen()).as(before).isFalse();
    }
}
