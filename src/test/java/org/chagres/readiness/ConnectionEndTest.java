package org.chagres.readiness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.Readiness.*;
import static org.chagres.testing.Waiting.memory;
import static org.chagres.testing.Waiting.startAndAwait;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.chagres.ByteSource;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.readiness.Epoll.Event;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixListener;
import org.chagres.socket.UnixStream;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A server that waits for its listener and its connections in one set, and whose client goes: at once, or while it
 * waits. The connection is readable, its end is read, and once it is closed nothing is left to be told.
 */
@ExtendWith(LeakCheck.class)
@SuppressWarnings("try") // the close is what is tested
class ConnectionEndTest {
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Set<Readiness> READING = Set.of(READABLE);

    /** Of a listener, how connections to it are made and accepted. */
    private record Server(Pollable listener, Callable<? extends Pollable> connect, Callable<? extends Pollable> accept)
            implements AutoCloseable {
        @Override
        public void close() {
            listener.close();
        }
    }

    private enum Kind {
        TCP {
            @Override
            Server serve() throws Exception {
                TcpListener listener = TcpListener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                InetSocketAddress address = listener.localAddress();
                return new Server(listener, () -> TcpStream.connect(address), listener::accept);
            }
        },
        LOCAL {
            @Override
            Server serve() throws Exception {
                UnixListener<UnixStream> listener = UnixListener.bind(UnixAddress.unnamed());
                UnixAddress address = listener.localAddress();
                return new Server(listener, () -> UnixStream.connect(address), listener::accept);
            }
        };

        abstract Server serve() throws Exception;
    }

    static Stream<Arguments> kinds() {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(ThreadKind.values()).map(thread -> Arguments.of(kind, thread)));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void ofAClientThatGoesAtOnceTheEndIsReadAndNothingIsLeft(Kind kind, ThreadKind thread) throws Exception {
        try (Server server = kind.serve();
                Epoll epoll = Epoll.create()) {
            epoll.add(server.listener(), READING);
            server.connect().call().close();
            Waiting.start(thread, () -> {
                        assertThat(epoll.await()).containsExactly(new Event(server.listener(), READING));
                        try (Pollable connection = server.accept().call()) {
                            epoll.add(connection, READING);
                            assertThatItsEndIsTold(epoll.await(), connection);
                            assertAtEnd(connection);
                            assertThatItsEndIsTold(epoll.await(), connection); // as long as it is in the set
                        }
                        assertThat(epoll.tryAwait(SHORT))
                                .as("once it is closed")
                                .isEmpty();
                        return null;
                    })
                    .get();
        }
    }

    /** By its edge the end is told once, so that who does not close it has no busy loop. */
    @ParameterizedTest
    @MethodSource("kinds")
    void ofAClientThatGoesLaterTheEndIsToldOnceByItsEdge(Kind kind, ThreadKind thread) throws Exception {
        try (Server server = kind.serve();
                Epoll epoll = Epoll.create();
                Pollable client = server.connect().call();
                Pollable connection = server.accept().call()) {
            epoll.add(server.listener(), READING);
            epoll.add(connection, Set.of(READABLE, READ_HANG_UP), EpollOption.EDGE_TRIGGERED);
            var waiting = startAndAwait(thread, epoll::await);
            client.close();
            Set<Readiness> told = EnumSet.noneOf(Readiness.class);
            List<Event> events = waiting.get();
            for (int pieces = 0; !events.isEmpty(); pieces++) { // the kernel may tell it in pieces
                assertThat(pieces).as("told again and again").isLessThan(5);
                assertThat(events).extracting(Event::source).containsOnly(connection);
                events.forEach(event -> told.addAll(event.readiness()));
                events = Waiting.start(thread, () -> epoll.tryAwait(SHORT)).get();
            }
            assertThat(told).contains(READABLE, READ_HANG_UP);
            assertAtEnd(connection);
            assertAtEnd(connection);
            assertThat(Waiting.start(thread, () -> epoll.tryAwait(SHORT)).get()).isEmpty();
        }
    }

    private static void assertThatItsEndIsTold(List<Event> events, Pollable connection) {
        assertThat(events).singleElement().satisfies(event -> {
            assertThat(event.source()).isSameAs(connection);
            assertThat(event.readiness()).contains(READABLE);
        });
    }

    private static void assertAtEnd(Pollable connection) throws Exception {
        assertThat(((ByteSource) connection).tryRead(memory(1), Duration.ZERO)).isEqualTo(-1);
    }
}
