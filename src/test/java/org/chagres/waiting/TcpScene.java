package org.chagres.waiting;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.chagres.internal.syscall.ReadinessCalls.POLLIN;
import static org.chagres.internal.syscall.ReadinessCalls.POLLOUT;
import static org.chagres.internal.syscall.ReadinessCalls.pollOne;
import static org.chagres.waiting.Blocked.Call.PPOLL;
import static org.chagres.waiting.Blocked.Call.READV;
import static org.chagres.waiting.Blocked.Call.RECVFROM;
import static org.chagres.waiting.Blocked.Call.SENDTO;
import static org.chagres.waiting.Blocked.Call.WRITEV;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.socket.Inet;
import org.chagres.socket.LinuxSocketOptions;
import org.chagres.socket.SocketSetting;
import org.chagres.socket.TcpConnector;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.testing.Await;

/**
 * A connection by TCP that has nothing to receive, or no room to send. What is done to it from outside goes through a
 * duplicate, so that it may be closed meanwhile.
 */
final class TcpScene implements Scene {
    private static final int WOULD_BLOCK = -11;
    private static final int SMALL = 4096;
    private static final int LARGER = 16384;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final int TCP_INFO = 11;
    private static final int TCP_QUICKACK = 12;

    /** {@code tcpi_bytes_acked}. */
    private static final int ACKNOWLEDGED = 120;

    /** {@code tcpi_unacked}. */
    private static final int UNACKNOWLEDGED = 24;

    /** The call. */
    @FunctionalInterface
    interface Call {
        Object on(TcpStream stream, MemorySegment memory, Duration timeout) throws Exception;
    }

    private final TcpStream stream;
    private final TcpStream other;
    private final TcpStream duplicate;
    private final boolean receiving;
    private final Call call;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(2);
    private final int number;
    private volatile boolean called;
    private long filled;
    private long writtenBefore;

    private TcpScene(boolean receiving, Call call) {
        this.receiving = receiving;
        this.call = call;
        try (TcpListener listener =
                TcpListener.bind(Inet.loopback(0), SocketSetting.set(LinuxSocketOptions.SO_RCVBUF, LARGER))) {
            stream = TcpConnector.to(listener.localAddress())
                    .with(SocketSetting.set(LinuxSocketOptions.SO_SNDBUF, SMALL))
                    .connect();
            other = listener.accept();
            number = TestPipe.number(stream);
            stream.setRawOption(IPPROTO_TCP, TCP_NODELAY, new byte[] {1, 0, 0, 0});
            duplicate = TcpStream.of(stream.descriptor().duplicate());
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    static TcpScene empty(Call call) {
        return new TcpScene(true, call);
    }

    /** The buffers of both ends are full. */
    static TcpScene full(Call call) {
        TcpScene scene = new TcpScene(false, call);
        try {
            scene.fill();
            return scene;
        } catch (AssertionError failure) {
            scene.close();
            throw failure;
        }
    }

    TcpScene madeNonBlocking() {
        TestPipe.makeNonBlocking(number);
        return this;
    }

    /** Full is what stays full: all that the other side has room for is there. */
    private void fill() {
        Await.until(() -> isFull() && unacknowledged() == 0 && isFull(), "both buffers are full");
        writtenBefore = written();
    }

    /** Sends as much as there is room for; answers whether there was none. */
    private boolean isFull() {
        MemorySegment piece = arena.allocate(SMALL);
        long sent;
        boolean full = true;
        while ((sent = SocketCalls.send(number, piece, SMALL, SocketCalls.MSG_DONTWAIT)) > 0) {
            filled += sent;
            full = false;
        }
        if (sent != WOULD_BLOCK) {
            throw new AssertionError("send answered " + sent);
        }
        return full;
    }

    /** How many segments are on their way; those that have come are acknowledged now, and not a little later. */
    private long unacknowledged() {
        try {
            other.setRawOption(IPPROTO_TCP, TCP_QUICKACK, new byte[] {1, 0, 0, 0});
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
        return info().get(JAVA_INT.withByteAlignment(1), UNACKNOWLEDGED);
    }

    /** How many bytes were ever written, but for a constant: those that were acknowledged, and those that were not. */
    private long written() {
        while (true) {
            long before = acknowledged();
            long unacknowledged = TestPipe.checked(DescriptorCalls.siocoutq(TestPipe.number(duplicate)), "ioctl");
            if (acknowledged() == before) {
                return before + unacknowledged;
            }
        }
    }

    private long acknowledged() {
        return info().get(JAVA_LONG.withByteAlignment(1), ACKNOWLEDGED);
    }

    private MemorySegment info() {
        try {
            return MemorySegment.ofArray(duplicate.rawOption(IPPROTO_TCP, TCP_INFO, ACKNOWLEDGED + Long.BYTES));
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        called = true;
        return call.on(stream, memory, timeout);
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        if (!stream.isOpen()) { // the number may be another's
            return false;
        }
        return receiving
                ? Blocked.isIn(attempt, number, RECVFROM, READV, PPOLL)
                : Blocked.isIn(attempt, number, SENDTO, WRITEV, PPOLL);
    }

    @Override
    public void event() {
        if (receiving) {
            TestPipe.checked(
                    SocketCalls.send(TestPipe.number(other), arena.allocate(2), 2, SocketCalls.MSG_DONTWAIT), "send");
            if (!called) {
                Await.until(() -> available() == 2, "both bytes have come");
            }
        } else {
            drain();
            if (!called) {
                Await.until(() -> pollOne(TestPipe.number(duplicate), POLLOUT, 0) > 0, "there is room");
            }
        }
    }

    /** Takes out what was filled in, and nothing of what is sent as soon as there is room. */
    private void drain() {
        MemorySegment bytes = arena.allocate(SMALL);
        while (filled > 0) {
            long count =
                    SocketCalls.recv(TestPipe.number(other), bytes, Math.min(filled, SMALL), SocketCalls.MSG_DONTWAIT);
            if (count == WOULD_BLOCK) {
                pollOne(TestPipe.number(other), POLLIN, Await.PATIENCE.toNanos());
            } else {
                filled -= TestPipe.checked(count, "recv");
            }
        }
    }

    private long available() {
        return TestPipe.checked(DescriptorCalls.fionread(TestPipe.number(duplicate)), "ioctl");
    }

    @Override
    public String state() {
        return receiving ? available() + " bytes" : (written() - writtenBefore) + " bytes written";
    }

    @Override
    public void closeResource(int which) {
        stream.close();
    }

    @Override
    public void close() {
        stream.close();
        duplicate.close();
        other.close();
        arena.close();
    }
}
