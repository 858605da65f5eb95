package org.chagres.waiting;

import static org.chagres.waiting.Blocked.Call.PPOLL;
import static org.chagres.waiting.Blocked.Call.SENDMMSG;
import static org.chagres.waiting.Blocked.Call.SENDMSG;
import static org.chagres.waiting.Blocked.Call.SENDTO;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.chagres.Descriptor;
import org.chagres.socket.Datagram;
import org.chagres.socket.DatagramBatch;
import org.chagres.socket.Inet;
import org.chagres.socket.InetDatagramSocket;
import org.chagres.socket.Ipv4Header;
import org.chagres.socket.LinuxSocketOptions;
import org.chagres.socket.RawSocket;
import org.chagres.socket.UdpSocket;

/** A socket of UDP, or a raw one, whose send buffer is full of what the link does not take. */
final class UdpSendScene implements Scene {
    private static final int LARGE = 65536;
    private static final Ipv4Header HEADER = Ipv4Header.of(253, (Inet4Address) Inet.parse("10.0.0.2"));

    /** What is called on. */
    record Sender(InetDatagramSocket socket, InetSocketAddress to, MemorySegment memory, DatagramBatch batch) {}

    /** The call. */
    @FunctionalInterface
    interface Call {
        Object on(Sender sender, Duration timeout) throws Exception;
    }

    private final InetDatagramSocket socket;
    private final InetDatagramSocket duplicate;
    private final InetSocketAddress address = SilentNetwork.nobody();
    private final Call call;
    private final Arena arena = Arena.ofShared();
    private final Sender sender;
    private final int number;
    private final int one;
    private final int full;

    /** Connected to the address that is sent to, or to none. */
    UdpSendScene(boolean connected, Call call) {
        this(SilentNetwork.socket(), new byte[2], connected, call);
    }

    /** Of packets with headers of their own; without, the kernel waits for no room. */
    static UdpSendScene ofPackets(boolean connected, Call call) {
        return new UdpSendScene(SilentNetwork.rawSocket(), HEADER.toBytes(), connected, call);
    }

    private UdpSendScene(InetDatagramSocket socket, byte[] bytes, boolean connected, Call call) {
        this.call = call;
        this.socket = socket;
        number = TestPipe.number(socket);
        DatagramBatch batch = DatagramBatch.allocate(arena, 2, bytes.length);
        MemorySegment memory = arena.allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
        sender = new Sender(socket, address, memory, batch);
        try {
            Descriptor same = socket.descriptor().duplicate();
            duplicate = socket instanceof UdpSocket ? UdpSocket.of(same) : RawSocket.of(same);
            socket.setOption(LinuxSocketOptions.SO_SNDBUF, 1); // the kernel takes as few as it can do with
            for (int i = 0; i < batch.capacity(); i++) {
                batch.memory(i).copyFrom(memory);
                batch.setByteSize(i, bytes.length);
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
