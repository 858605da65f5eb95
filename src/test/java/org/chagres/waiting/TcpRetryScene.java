package org.chagres.waiting;

import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.stream.Stream;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.view.InetAddresses;
import org.chagres.socket.Inet;
import org.chagres.socket.TcpConnector;
import org.chagres.socket.TcpStream;

/** A port that somebody has and does not listen at: connecting is refused, and tried again after a pause. */
final class TcpRetryScene implements Scene {
    private static final Duration FIRST = Duration.ofMillis(1);
    private static final Duration MOST = Duration.ofMillis(10);

    /** The call; it returns a connection, or nothing. */
    @FunctionalInterface
    interface Call {
        TcpStream on(TcpConnector connector, Duration timeout) throws Exception;
    }

    private final Call call;
    private final int number;
    private final TcpConnector connector;
    private boolean listens;

    TcpRetryScene(Call call) {
        this.call = call;
        number = (int) TestPipe.checked(Sockets.create(Sockets.INET, Sockets.STREAM, 0), "socket");
        try (Arena arena = Arena.ofConfined()) {
            InetAddresses.Written name = InetAddresses.write(Inet.loopback(0), Sockets.INET, arena);
            TestPipe.checked(Sockets.bind(number, name.memory(), name.length()), "bind");
            connector = TcpConnector.to(address()).retrying(FIRST, MOST);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    private InetSocketAddress address() throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            var name = arena.allocate(128, Long.BYTES);
            int length = (int) TestPipe.checked(Sockets.name(number, name), "getsockname");
            return InetAddresses.read(name, length);
        }
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        try (TcpStream connection = call.on(connector, timeout)) {
            return connection == null ? "nobody" : connection.getClass().getSimpleName();
        }
    }

    /** Between two tries. */
    @Override
    public boolean isWaiting(Attempt attempt) {
        return Stream.of(attempt.thread().getStackTrace())
                .map(StackTraceElement::getMethodName)
                .anyMatch(name -> name.equals("sleep"));
    }

    @Override
    public void event() {
        TestPipe.checked(Sockets.listen(number, 1), "listen");
        listens = true;
    }

    @Override
    public String state() {
        return listens ? "listens" : "does not listen";
    }

    @Override
    public void close() {
        DescriptorCalls.close(number);
    }
}
