package org.chagres.waiting;

import static org.chagres.internal.syscall.ReadinessCalls.POLLIN;
import static org.chagres.internal.syscall.ReadinessCalls.pollOne;
import static org.chagres.waiting.Blocked.Call.ACCEPT4;
import static org.chagres.waiting.Blocked.Call.PPOLL;

import java.net.InetSocketAddress;
import java.time.Duration;
import org.chagres.Descriptor;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.socket.Inet;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.testing.Await;

/** A listener to whom nobody connects. */
final class TcpListenerScene implements Scene {
    /** The call; it returns a connection, or nothing. */
    @FunctionalInterface
    interface Call {
        TcpStream on(TcpListener listener, Duration timeout) throws Exception;
    }

    private final TcpListener listener;
    private final InetSocketAddress address;
    private final Call call;
    private final int number;
    private final int duplicate;
    private volatile boolean called;
    private TcpStream client;

    private TcpListenerScene(TcpListener listener, Call call) throws Exception {
        this.listener = listener;
        this.address = listener.localAddress();
        this.call = call;
        number = TestPipe.number(listener);
        duplicate = TestPipe.duplicate(number);
    }

    static TcpListenerScene own(Call call) {
        try {
            return new TcpListenerScene(TcpListener.bind(Inet.loopback(0)), call);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    /** One that came from elsewhere, where accepting blocks, and others may accept too. */
    static TcpListenerScene adopted(Call call) {
        try (TcpListener original = TcpListener.bind(Inet.loopback(0))) {
            int number = TestPipe.duplicate(TestPipe.number(original));
            TestPipe.checked(DescriptorCalls.fcntl(number, DescriptorCalls.F_SETFL, 0), "fcntl");
            return new TcpListenerScene(TcpListener.of(Descriptor.adopt(number)), call);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    /** Closes what it got. */
    @Override
    public Object await(Duration timeout) throws Exception {
        called = true;
        try (TcpStream connection = call.on(listener, timeout)) {
            return connection == null ? "nobody" : connection.getClass().getSimpleName();
        }
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        return listener.isOpen() && Blocked.isIn(attempt, number, ACCEPT4, PPOLL);
    }

    /** The client knows of the connection before the listener does. */
    @Override
    public void event() throws Exception {
        client = TcpStream.connect(address);
        if (!called) {
            Await.until(() -> isSomebodyThere(), "the connection is with the listener");
        }
    }

    private boolean isSomebodyThere() {
        return TestPipe.checked(pollOne(duplicate, POLLIN, 0), "poll") == 1;
    }

    @Override
    public String state() {
        return isSomebodyThere() ? "somebody" : "nobody";
    }

    @Override
    public void closeResource(int which) {
        listener.close();
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
        listener.close();
        DescriptorCalls.close(duplicate);
    }
}
