package org.chagres.waiting;

import static org.chagres.waiting.Blocked.Call.PPOLL;
import static org.chagres.waiting.Blocked.Call.READV;
import static org.chagres.waiting.Blocked.Call.RECVFROM;
import static org.chagres.waiting.Blocked.Call.RECVMMSG;
import static org.chagres.waiting.Blocked.Call.RECVMSG;
import static org.chagres.waiting.Blocked.Call.SENDMMSG;
import static org.chagres.waiting.Blocked.Call.SENDMSG;
import static org.chagres.waiting.Blocked.Call.SENDTO;
import static org.chagres.waiting.Blocked.Call.WRITEV;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.socket.LinuxSocketOptions;
import org.chagres.socket.SocketPair;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixDatagram;
import org.chagres.socket.UnixSocket;

/**
 * A socket that has nothing to receive, or no room to send. What is done to it from outside goes through a duplicate of
 * each end, so that either may be closed meanwhile.
 */
final class SocketScene<S extends UnixSocket> implements Scene {
    private static final int WOULD_BLOCK = -11;
    private static final int SMALL = 4096;
    private static final int PIECE = 512;

    /** The call. */
    @FunctionalInterface
    interface Call<S extends UnixSocket> {
        Object on(S socket, MemorySegment memory, Duration timeout) throws Exception;
    }

    /** The call on one that is not connected, to this address. */
    @FunctionalInterface
    interface CallTo {
        Object on(UnixDatagram socket, UnixAddress to, MemorySegment memory, Duration timeout) throws Exception;
    }

    /** Makes a pair. */
    @FunctionalInterface
    interface Pair<S extends UnixSocket> {
        SocketPair<S> make() throws Exception;
    }

    private final S socket;
    private final UnixSocket other;
    private final boolean receiving;
    private final Call<S> call;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(2);
    private final int number;
    private final int ownEnd;
    private final int otherEnd;
    private int filledBytes;
    private int filledMessages;
    private int unsentBefore;

    /** The kernel charges the sender for a message that still waits for room in the other one's queue. */
    private boolean queueIsFull;

    private SocketScene(S socket, UnixSocket other, boolean receiving, Call<S> call) {
        this.socket = socket;
        this.other = other;
        this.receiving = receiving;
        this.call = call;
        number = TestPipe.number(socket);
        ownEnd = TestPipe.duplicate(number);
        otherEnd = TestPipe.duplicate(TestPipe.number(other));
    }

    static <S extends UnixSocket> SocketScene<S> empty(Pair<S> pairs, Call<S> call) {
        SocketPair<S> pair = made(pairs);
        return new SocketScene<>(pair.first(), pair.second(), true, call);
    }

    /** The send buffer is full. */
    static <S extends UnixSocket> SocketScene<S> full(Pair<S> pairs, Call<S> call) {
        SocketPair<S> pair = made(pairs);
        SocketScene<S> scene = new SocketScene<>(pair.first(), pair.second(), false, call);
        try {
            pair.first().setOption(LinuxSocketOptions.SO_SNDBUF, SMALL);
            scene.fillBy(scene.ownEnd);
            return scene;
        } catch (Exception failure) {
            scene.close();
            throw new AssertionError(failure);
        }
    }

    /** The queue of the one who is to receive is full, with what another one sent. */
    static SocketScene<UnixDatagram> fullOfOthers(boolean connected, CallTo call) {
        try (UnixDatagram filler = UnixDatagram.create()) {
            UnixDatagram receiver = UnixDatagram.bind(UnixAddress.unnamed());
            UnixAddress address = receiver.localAddress();
            UnixDatagram sender = UnixDatagram.create();
            SocketScene<UnixDatagram> scene = new SocketScene<>(
                    sender, receiver, false, (socket, memory, timeout) -> call.on(socket, address, memory, timeout));
            try {
                filler.connect(address);
                scene.fillBy(TestPipe.number(filler));
                scene.queueIsFull = true;
                if (connected) {
                    sender.connect(address);
                }
                return scene;
            } catch (Exception failure) {
                scene.close();
                throw failure;
            }
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    private static <S extends UnixSocket> SocketPair<S> made(Pair<S> pairs) {
        try {
            return pairs.make();
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    SocketScene<S> madeNonBlocking() {
        TestPipe.makeNonBlocking(number);
        return this;
    }

    private void fillBy(int sender) {
        long sent;
        MemorySegment piece = arena.allocate(PIECE);
        while ((sent = SocketCalls.send(sender, piece, PIECE, SocketCalls.MSG_DONTWAIT)) > 0) {
            filledBytes += (int) sent;
            filledMessages++;
        }
        if (sent != WOULD_BLOCK) {
            throw new AssertionError("send answered " + sent);
        }
        unsentBefore = unsent();
    }

    private int unsent() {
        return (int) TestPipe.checked(DescriptorCalls.siocoutq(ownEnd), "ioctl");
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        return call.on(socket, memory, timeout);
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        if (!socket.isOpen()) { // the number may be another's
            return false;
        }
        return receiving
                ? Blocked.isIn(attempt, number, RECVFROM, RECVMSG, RECVMMSG, READV, PPOLL)
                : Blocked.isIn(attempt, number, SENDTO, SENDMSG, SENDMMSG, WRITEV, PPOLL) || Blocked.isPausing(attempt);
    }

    @Override
    public void event() {
        if (receiving) {
            TestPipe.checked(SocketCalls.send(otherEnd, arena.allocate(2), 2, SocketCalls.MSG_DONTWAIT), "send");
        } else {
            unsentBefore = 0;
            drain();
            queueIsFull = false;
        }
    }

    /** Takes out what was filled in, and nothing of what is sent as soon as there is room. */
    private void drain() {
        MemorySegment bytes = arena.allocate(PIECE);
        int left = filledBytes;
        for (int i = 0; i < filledMessages && left > 0; i++) {
            long most = Math.min(left, PIECE);
            left -= (int) TestPipe.checked(
                    SocketCalls.recv(otherEnd, bytes, most, SocketCalls.MSG_DONTWAIT | SocketCalls.MSG_WAITALL),
                    "recv");
        }
        if (left > 0) {
            throw new AssertionError(left + " bytes are left");
        }
    }

    @Override
    public String state() {
        int there = (int) TestPipe.checked(DescriptorCalls.fionread(receiving ? ownEnd : otherEnd), "ioctl");
        return there + " bytes" + (!queueIsFull && unsent() > unsentBefore ? ", sent here" : "");
    }

    @Override
    public void closeResource(int which) {
        socket.close();
    }

    @Override
    public void close() {
        socket.close();
        other.close();
        DescriptorCalls.close(ownEnd);
        DescriptorCalls.close(otherEnd);
        arena.close();
    }
}
