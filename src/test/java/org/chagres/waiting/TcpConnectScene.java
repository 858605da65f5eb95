package org.chagres.waiting;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.chagres.internal.syscall.ReadinessCalls.POLLIN;
import static org.chagres.internal.syscall.ReadinessCalls.pollOne;
import static org.chagres.waiting.Blocked.Call.PPOLL;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.chagres.socket.Inet;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.testing.Await;

/**
 * A listener that has as many connections waiting as it wants: the kernel drops the requests of others, who ask again
 * after a second or more.
 */
final class TcpConnectScene implements Scene {
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;

    /** {@code tcpi_unacked}: of one that listens, how many connections wait to be accepted. */
    private static final int WAITING = 24;

    /** The call; it returns a connection, or nothing. */
    @FunctionalInterface
    interface Call {
        TcpStream on(InetSocketAddress address, Duration timeout) throws Exception;
    }

    private final TcpListener listener;
    private final InetSocketAddress address;
    private final Call call;
    private final TcpStream other;

    TcpConnectScene(Call call) {
        this.call = call;
        try {
            listener = TcpListener.bind(Inet.loopback(0), 0);
            address = listener.localAddress();
            other = TcpStream.connect(address);
            Await.until(() -> isSomebodyThere(), "the connection is with the listener");
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    private boolean isSomebodyThere() {
        return pollOne(TestPipe.number(listener), POLLIN, 0) == 1;
    }

    /** Closes what it got. */
    @Override
    public Object await(Duration timeout) throws Exception {
        try (TcpStream connection = call.on(address, timeout)) {
            return connection == null ? "nobody" : connection.getClass().getSimpleName();
        }
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        return Blocked.isIn(attempt, Blocked.ANY, PPOLL);
    }

    /** Makes room. */
    @Override
    public void event() throws Exception {
        listener.accept().close();
    }

    @Override
    public String state() {
        try {
            byte[] info = listener.rawOption(IPPROTO_TCP, TCP_INFO, WAITING + Integer.BYTES);
            return MemorySegment.ofArray(info).get(JAVA_INT.withByteAlignment(1), WAITING) + " connections";
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    @Override
    public void close() {
        other.close();
        listener.close();
    }
}
