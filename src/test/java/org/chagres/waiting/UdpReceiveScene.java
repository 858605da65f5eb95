package org.chagres.waiting;

import static org.chagres.internal.syscall.ReadinessCalls.POLLERR;
import static org.chagres.internal.syscall.ReadinessCalls.pollOne;
import static org.chagres.internal.syscall.SocketCalls.getsockoptInt;
import static org.chagres.internal.syscall.SocketNumbers.SOL_SOCKET;
import static org.chagres.internal.syscall.SocketNumbers.SO_ERROR;
import static org.chagres.waiting.Blocked.Call.PPOLL;
import static org.chagres.waiting.Blocked.Call.RECVFROM;
import static org.chagres.waiting.Blocked.Call.RECVMMSG;
import static org.chagres.waiting.Blocked.Call.RECVMSG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.Descriptor;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.socket.Datagram;
import org.chagres.socket.Inet;
import org.chagres.socket.InetDatagramSocket;
import org.chagres.socket.RawSocket;
import org.chagres.socket.UdpSocket;
import org.chagres.testing.Await;

/** A socket of UDP, or a raw one, to which nothing was sent, or of which nothing was reported. */
final class UdpReceiveScene implements Scene {
    private static final int IPPROTO_IP = 0;
    private static final int IP_RECVERR = 11;
    private static final int TRIAL_PROTOCOL = 253;

    /** From a place of this JVM's on, as others may run beside it. */
    private static final AtomicInteger ADDRESSES =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(1 << 16));

    /** The call. */
    @FunctionalInterface
    interface Call {
        Object on(InetDatagramSocket socket, MemorySegment memory, Duration timeout) throws Exception;
    }

    private final InetDatagramSocket socket;
    private final InetDatagramSocket duplicate;
    private final InetSocketAddress address;
    private final boolean ofReports;
    private final Call call;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(2);
    private final int number;
    private volatile boolean called;

    private UdpReceiveScene(InetDatagramSocket socket, InetSocketAddress address, boolean ofReports, Call call)
            throws Exception {
        this.socket = socket;
        this.address = address;
        this.ofReports = ofReports;
        this.call = call;
        number = TestPipe.number(socket);
        Descriptor same = socket.descriptor().duplicate();
        duplicate = socket instanceof UdpSocket ? UdpSocket.of(same) : RawSocket.of(same);
    }

    static UdpReceiveScene ofDatagrams(Call call) {
        try {
            UdpSocket socket = UdpSocket.bind(Inet.loopback(0));
            return new UdpReceiveScene(socket, socket.localAddress(), false, call);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    /** Packets of a protocol that nobody has, to an address of the loopback that no other scene has. */
    static UdpReceiveScene ofPackets(Call call) {
        try {
            RawSocket socket = RawSocket.create(StandardProtocolFamily.INET, TRIAL_PROTOCOL);
            int next = ADDRESSES.getAndIncrement();
            byte[] address = {127, 62, (byte) (next >> Byte.SIZE), (byte) next};
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(address), 0));
            while (socket.tryReceive(MemorySegment.ofArray(new byte[1]), Duration.ZERO) >= 0) {
                // what came to other scenes before this socket had an address
            }
            return new UdpReceiveScene(socket, socket.localAddress(), false, call);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    /** Why there can be no raw socket; empty if there can. */
    static String obstacleOfPackets() {
        try {
            RawSocket.create(StandardProtocolFamily.INET, TRIAL_PROTOCOL).close();
            return "";
        } catch (IOException refused) {
            return refused.getMessage();
        }
    }

    /** What was sent to an address where nobody is comes back as a report. */
    static UdpReceiveScene ofReports(Call call) {
        try (UdpSocket nobody = UdpSocket.bind(Inet.loopback(0))) {
            UdpSocket socket = UdpSocket.connectedTo(nobody.localAddress());
            socket.setRawOption(IPPROTO_IP, IP_RECVERR, new byte[] {1, 0, 0, 0});
            return new UdpReceiveScene(socket, nobody.localAddress(), true, call);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    UdpReceiveScene madeNonBlocking() {
        TestPipe.makeNonBlocking(number);
        return this;
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        called = true;
        return call.on(socket, memory, timeout);
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        return socket.isOpen() // the number may be another's
                && Blocked.isIn(attempt, number, RECVFROM, RECVMSG, RECVMMSG, PPOLL);
    }

    @Override
    public void event() throws Exception {
        String before = state();
        if (ofReports) {
            duplicate.send(arena.allocate(2));
        } else {
            try (InetDatagramSocket sender = socket instanceof UdpSocket
                    ? UdpSocket.create(StandardProtocolFamily.INET)
                    : RawSocket.create(StandardProtocolFamily.INET, TRIAL_PROTOCOL)) {
                sender.send(Datagram.of(arena.allocate(2)).to(address));
            }
        }
        if (!called) {
            Await.until(() -> !state().equals(before), "it came");
        }
    }

    @Override
    public String state() {
        int own = TestPipe.number(duplicate);
        return ofReports
                ? (hasReport(own) ? "a report" : "nothing")
                : TestPipe.checked(DescriptorCalls.fionread(own), "ioctl") + " bytes";
    }

    /**
     * The kernel queues a report, wakes who waits, and then sets the error of the socket: who is quick has the report by
     * then, and a poll tells of the error. So that is taken first.
     */
    private static boolean hasReport(int number) {
        getsockoptInt(number, SOL_SOCKET, SO_ERROR);
        return pollOne(number, POLLERR, 0) != 0;
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
    }
}
