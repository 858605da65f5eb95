package org.chagres.waiting;

import static org.chagres.waiting.Blocked.Call.PPOLL;
import static org.chagres.waiting.Blocked.Call.SENDMMSG;
import static org.chagres.waiting.Blocked.Call.SENDMSG;
import static org.chagres.waiting.Blocked.Call.SENDTO;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.chagres.socket.Datagram;
import org.chagres.socket.DatagramBatch;
import org.chagres.socket.LinuxSocketOptions;
import org.chagres.socket.UdpSocket;

/** A socket of UDP whose send buffer is full of what the link does not take. */
final class UdpSendScene implements Scene {
    private static final int LARGE = 65536;

    /** What is called on. */
    record Sender(UdpSocket socket, InetSocketAddress to, MemorySegment memory, DatagramBatch batch) {}

    /** The call. */
    @FunctionalInterface
    interface Call {
        Object on(Sender sender, Duration timeout) throws Exception;
    }

    private final UdpSocket socket;
    private final UdpSocket duplicate;
    private final InetSocketAddress address = SilentNetwork.nobody();
    private final Call call;
    private final Arena arena = Arena.ofShared();
    private final Sender sender;
    private final int number;
    private final int one;
    private final int full;

    /** Connected to the address that is sent to, or to none. */
    UdpSendScene(boolean connected, Call call) {
        this.call = call;
        socket = SilentNetwork.socket();
        number = TestPipe.number(socket);
        DatagramBatch batch = DatagramBatch.allocate(arena, 2, 2);
        sender = new Sender(socket, address, arena.allocate(2), batch);
        try {
            duplicate = UdpSocket.of(socket.descriptor().duplicate());
            socket.setOption(LinuxSocketOptions.SO_SNDBUF, 1); // the kernel takes as few as it can do with
            for (int i = 0; i < batch.capacity(); i++) {
                batch.setByteSize(i, 2);
                if (!connected) {
                    batch.setAddress(i, address);
                }
            }
            if (connected) {
                socket.connect(address);
            }
            Datagram datagram = Datagram.of(sender.memory).to(address);
            socket.send(datagram);
            one = socket.unsentBytes();
            while (socket.trySend(datagram, Duration.ZERO)) {
                // there was room for one more
            }
            full = count();
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        return call.on(sender, timeout);
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        return socket.isOpen() // the number may be another's
                && Blocked.isIn(attempt, number, SENDTO, SENDMSG, SENDMMSG, PPOLL);
    }

    /** Makes the buffer larger. */
    @Override
    public void event() throws Exception {
        duplicate.setOption(LinuxSocketOptions.SO_SNDBUF, LARGE);
    }

    @Override
    public String state() {
        return count() - full + " datagrams more";
    }

    /** How many wait to be sent; each takes as much of the buffer. */
    private int count() {
        try {
            return duplicate.unsentBytes() / one;
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Override
    public void closeResource(int which) {
        socket.close();
    }

    @Override
    public void close() {
        socket.close();
        duplicate.close();
        arena.close();
        SilentNetwork.drop(address);
    }
}
