package org.chagres.waiting;

import static org.chagres.internal.syscall.ReadinessCalls.POLLIN;
import static org.chagres.internal.syscall.ReadinessCalls.pollOne;
import static org.chagres.waiting.Blocked.Call.ACCEPT4;
import static org.chagres.waiting.Blocked.Call.PPOLL;

import java.time.Duration;
import org.chagres.Descriptor;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixListener;
import org.chagres.socket.UnixSeqPacket;
import org.chagres.socket.UnixSocket;
import org.chagres.socket.UnixStream;

/** A listener to whom nobody connects. */
final class ListenerScene implements Scene {
    /** The call; it returns a connection, or nothing. */
    @FunctionalInterface
    interface Call {
        UnixSocket on(UnixListener<?> listener, Duration timeout) throws Exception;
    }

    private final UnixListener<?> listener;
    private final UnixAddress address;
    private final boolean records;
    private final Call call;
    private final int number;
    private final int duplicate;
    private UnixSocket client;

    private ListenerScene(UnixListener<?> listener, boolean records, Call call) throws Exception {
        this.listener = listener;
        this.address = listener.localAddress();
        this.records = records;
        this.call = call;
        number = TestPipe.number(listener);
        duplicate = TestPipe.duplicate(number);
    }

    static ListenerScene ofStreams(Call call) {
        try {
            return new ListenerScene(UnixListener.bind(UnixAddress.unnamed()), false, call);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    static ListenerScene ofRecords(Call call) {
        try {
            return new ListenerScene(UnixListener.bindSeqPacket(UnixAddress.unnamed()), true, call);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    /** One that came from elsewhere, where accepting blocks, and others may accept too. */
    static ListenerScene adopted(Call call) {
        try (UnixListener<UnixStream> original = UnixListener.bind(UnixAddress.unnamed())) {
            int number = TestPipe.duplicate(TestPipe.number(original));
            TestPipe.checked(DescriptorCalls.fcntl(number, DescriptorCalls.F_SETFL, 0), "fcntl");
            return new ListenerScene(UnixListener.of(Descriptor.adopt(number)), false, call);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    /** Closes what it got. */
    @Override
    public Object await(Duration timeout) throws Exception {
        try (UnixSocket connection = call.on(listener, timeout)) {
            return connection == null ? "nobody" : connection.getClass().getSimpleName();
        }
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        return listener.isOpen() && Blocked.isIn(attempt, number, ACCEPT4, PPOLL);
    }

    @Override
    public void event() throws Exception {
        client = records ? UnixSeqPacket.connect(address) : UnixStream.connect(address);
    }

    @Override
    public String state() {
        return TestPipe.checked(pollOne(duplicate, POLLIN, 0), "poll") == 1 ? "somebody" : "nobody";
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
