package org.chagres.waiting;

import static org.chagres.internal.syscall.ReadinessCalls.POLLIN;
import static org.chagres.internal.syscall.ReadinessCalls.pollOne;
import static org.chagres.waiting.Blocked.Call.PPOLL;
import static org.chagres.waiting.Blocked.Call.RECVFROM;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.socket.Inet;
import org.chagres.socket.LinuxSocketOptions;
import org.chagres.socket.SendOption;
import org.chagres.socket.SocketSetting;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.testing.Await;

/**
 * A connection by TCP with an urgent byte that was announced and has not come, as there is no room for the data before
 * it: the event is that somebody else has read that data, through a duplicate.
 */
final class UrgentScene implements Scene {
    private static final int NONE_YET = -11; // EAGAIN
    private static final int NONE = -22; // EINVAL
    private static final int SMALL = 4096;

    /** More than there is room for, and less than the distance that an announcement can tell. */
    private static final int DATA = 60_000;

    private final TcpStream stream;
    private final TcpStream other;
    private final TcpStream duplicate;
    private final TcpScene.Call call;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(2);
    private final int number;

    UrgentScene(TcpScene.Call call) {
        this.call = call;
        try (TcpListener listener =
                TcpListener.bind(Inet.loopback(0), SocketSetting.set(LinuxSocketOptions.SO_RCVBUF, SMALL))) {
            other = TcpStream.connect(listener.localAddress());
            stream = listener.accept();
            number = TestPipe.number(stream);
            duplicate = TcpStream.of(stream.descriptor().duplicate());
            other.send(arena.allocate(DATA + 1), SendOption.OUT_OF_BAND);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
        Await.until(() -> look() == NONE_YET, "it is announced");
    }

    /** How many urgent bytes there are, which stay. */
    private long look() {
        int flags = SocketCalls.MSG_OOB | SocketCalls.MSG_PEEK | SocketCalls.MSG_DONTWAIT;
        return SocketCalls.recv(TestPipe.number(duplicate), arena.allocate(1), 1, flags);
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        return call.on(stream, memory, timeout);
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        return stream.isOpen() && Blocked.isIn(attempt, number, RECVFROM, PPOLL);
    }

    @Override
    public void event() {
        int reader = TestPipe.number(duplicate);
        MemorySegment bytes = arena.allocate(DATA);
        long rest = DATA;
        while (rest > 0) {
            pollOne(reader, POLLIN, Await.PATIENCE.toNanos());
            rest -= TestPipe.checked(SocketCalls.recv(reader, bytes, rest, SocketCalls.MSG_DONTWAIT), "recv");
        }
        Await.until(() -> look() != NONE_YET, "it has come");
    }

    @Override
    public String state() {
        long look = look();
        return look == NONE_YET ? "announced" : look == NONE ? "none" : look + " there";
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
