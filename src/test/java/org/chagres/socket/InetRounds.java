package org.chagres.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.testing.Await;

/** What {@link SocketRace} calls of Internet sockets. */
final class InetRounds {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final byte OURS = 'I';

    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final int TCP_INFO = 11;
    private static final int TCP_QUICKACK = 12;

    /** {@code tcpi_unacked}. */
    private static final int UNACKNOWLEDGED = 24;

    private InetRounds() {}

    private static void require(boolean condition, String complaint) {
        if (!condition) {
            throw new AssertionError(complaint);
        }
    }

    private static void closeAll(Pollable... all) {
        for (Pollable one : all) {
            if (one != null) {
                one.close();
            }
        }
    }

    /** Fails if the other side is not done with it soon. */
    private static void requireEnd(TcpStream stream) throws Exception {
        long count;
        try {
            count = stream.tryRead(MemorySegment.ofArray(new byte[1]), LONG);
        } catch (ErrnoException reset) {
            count = -1;
        }
        require(count == -1, "of a connection that is nobody's came " + count);
    }

    /** Fails if two are not each other's ends. */
    private static void requireConnected(TcpStream one, TcpStream other) throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(1);
            one.writeFully(memory.fill(OURS));
            long count = other.tryRead(memory.fill((byte) 0), LONG);
            require(count == 1 && memory.get(JAVA_BYTE, 0) == OURS, "it is another's connection");
        }
    }

    static final class Accepting implements SocketRace.Round {
        private final TcpListener listener = TcpListener.bind(Inet.loopback(0));
        private final InetSocketAddress address = listener.localAddress();
        private TcpStream client;
        private TcpStream accepted;

        Accepting() throws Exception {}

        @Override
        public void call(int form) throws Exception {
            accepted =
                    form % 2 == 0 ? listener.accept() : listener.tryAccept(LONG).orElseThrow();
        }

        @Override
        public void letThrough() throws Exception {
            client = TcpStream.connect(address);
        }

        @Override
        public void closeSubject() {
            listener.close();
        }

        /** What nobody accepted is still there, or its client is told. */
        @Override
        public void check(boolean done, boolean letThrough, boolean closed) throws Exception {
            if (!letThrough) {
                return;
            }
            if (!done && !closed) {
                accepted = listener.tryAccept(LONG).orElseThrow();
            }
            if (accepted == null) {
                requireEnd(client);
            } else {
                requireConnected(accepted, client);
            }
        }

        @Override
        public void close() {
            closeAll(listener, client, accepted);
        }
    }

    /** There is room for it, so it comes to its end by itself. */
    static final class Connecting implements SocketRace.Round {
        private final TcpListener listener = TcpListener.bind(Inet.loopback(0));
        private final InetSocketAddress address = listener.localAddress();
        private TcpStream connected;

        Connecting() throws Exception {}

        @Override
        public boolean comesByItself() {
            return true;
        }

        @Override
        public void call(int form) throws Exception {
            connected = form % 2 == 0
                    ? TcpStream.connect(address)
                    : TcpStream.tryConnect(address, LONG).orElseThrow();
        }

        @Override
        public void letThrough() {
            // it is already
        }

        @Override
        public void closeSubject() {
            throw new UnsupportedOperationException();
        }

        /** A connection that the caller does not have is closed. */
        @Override
        public void check(boolean done, boolean letThrough, boolean closed) throws Exception {
            Optional<TcpStream> accepted = listener.tryAccept(done ? LONG : Duration.ZERO);
            if (accepted.isEmpty()) {
                require(!done, "the connection is not there");
                return;
            }
            try (TcpStream stream = accepted.get()) {
                if (done) {
                    requireConnected(connected, stream);
                } else {
                    requireEnd(stream);
                }
            }
        }

        @Override
        public void close() {
            closeAll(listener, connected);
        }
    }

    /** One connection, in various forms. */
    private abstract static class OfStream implements SocketRace.Round {
        final TcpStream stream;
        final TcpStream other;
        final Arena arena = Arena.ofShared();
        final MemorySegment memory = arena.allocate(1);

        OfStream(SocketSetting<?>... settings) throws Exception {
            try (TcpListener listener = TcpListener.bind(Inet.loopback(0), settings)) {
                stream = TcpConnector.to(listener.localAddress()).with(settings).connect();
                other = listener.accept();
            }
        }

        @Override
        public void closeSubject() {
            stream.close();
        }

        @Override
        public void close() {
            closeAll(stream, other);
            arena.close();
        }
    }

    static final class Receiving extends OfStream {
        Receiving() throws Exception {}

        @Override
        public void call(int form) throws Exception {
            received(form);
        }

        private void received(int form) throws Exception {
            long count = switch (form % 3) {
                case 0 -> stream.tryRead(memory, LONG);
                case 1 -> stream.receive(memory);
                default -> stream.tryReceive(memory, LONG, ReceiveOption.WAIT_ALL);
            };
            require(count == 1, count + " bytes came");
            require(memory.get(JAVA_BYTE, 0) == OURS, "another byte came");
        }

        @Override
        public void letThrough() throws Exception {
            other.writeFully(new byte[] {OURS});
        }

        @Override
        public void check(boolean done, boolean letThrough, boolean closed) throws Exception {
            if (closed) {
                return;
            }
            if (letThrough && !done) {
                received(0);
            }
            require(stream.tryRead(memory, Duration.ZERO) == 0, "more came than was sent");
        }
    }

    /** Where both buffers are full. */
    static final class Sending extends OfStream {
        private static final int SMALL = 4096;
        private static final int LARGER = 16384; // with less the kernel hesitates

        private int filled;

        Sending() throws Exception {
            super(
                    SocketSetting.set(LinuxSocketOptions.SO_SNDBUF, SMALL),
                    SocketSetting.set(LinuxSocketOptions.SO_RCVBUF, LARGER));
            stream.setRawOption(IPPROTO_TCP, TCP_NODELAY, new byte[] {1, 0, 0, 0});
            Await.until(() -> isFull() && isAcknowledged() && isFull(), "both buffers are full");
        }

        private boolean isFull() {
            try (Arena ofPiece = Arena.ofConfined()) {
                MemorySegment piece = ofPiece.allocate(SMALL);
                boolean full = true;
                long count;
                while ((count = stream.tryWrite(piece, Duration.ZERO)) > 0) {
                    filled += (int) count;
                    full = false;
                }
                return full;
            } catch (Exception failure) {
                throw new AssertionError(failure);
            }
        }

        private boolean isAcknowledged() {
            try {
                other.setRawOption(IPPROTO_TCP, TCP_QUICKACK, new byte[] {1, 0, 0, 0});
                byte[] info = stream.rawOption(IPPROTO_TCP, TCP_INFO, UNACKNOWLEDGED + Integer.BYTES);
                return MemorySegment.ofArray(info).get(JAVA_INT.withByteAlignment(1), UNACKNOWLEDGED) == 0;
            } catch (Exception failure) {
                throw new AssertionError(failure);
            }
        }

        @Override
        public void call(int form) throws Exception {
            memory.fill(OURS);
            long count = switch (form / 4 % 3) {
                case 0 -> stream.tryWrite(memory, LONG);
                case 1 -> stream.send(memory);
                default -> stream.trySend(memory, LONG, SendOption.MORE);
            };
            require(count == 1, count + " bytes were sent");
        }

        @Override
        public void letThrough() throws Exception {
            try (Arena ofDrain = Arena.ofConfined()) {
                MemorySegment into = ofDrain.allocate(SMALL);
                while (filled > 0) {
                    long count = other.tryRead(into.asSlice(0, Math.min(filled, SMALL)), LONG);
                    require(count > 0, filled + " bytes did not come");
                    for (long i = 0; i < count; i++) {
                        require(into.get(JAVA_BYTE, i) == 0, "it was sent before there was room");
                    }
                    filled -= (int) count;
                }
            }
        }

        /** After the end of what was sent. */
        @Override
        public void check(boolean done, boolean letThrough, boolean closed) throws Exception {
            letThrough();
            stream.close();
            try (Arena ofCheck = Arena.ofConfined()) {
                MemorySegment into = ofCheck.allocate(1);
                long count = other.tryRead(into, LONG);
                require(count == (done ? 1 : -1), done ? "what was sent did not come" : "what was not sent came");
                require(!done || into.get(JAVA_BYTE, 0) == OURS, "another byte came");
            }
        }
    }

    /** Of UDP. */
    static final class ReceivingDatagrams implements SocketRace.Round {
        private final UdpSocket socket = UdpSocket.bind(Inet.loopback(0));
        private final UdpSocket other = UdpSocket.connectedTo(socket.localAddress());
        private final Arena arena = Arena.ofShared();
        private final MemorySegment memory = arena.allocate(1);
        private final DatagramBatch batch = DatagramBatch.allocate(arena, 2, 1);

        ReceivingDatagrams() throws Exception {}

        @Override
        public void call(int form) throws Exception {
            received(form);
        }

        private void received(int form) throws Exception {
            long count = switch (form % 3) {
                case 0 -> socket.tryReceive(memory, LONG);
                case 1 -> socket.receiveFrom(memory).byteCount();
                default -> receivedMany();
            };
            require(count == 1, count + " bytes came");
            require(memory.get(JAVA_BYTE, 0) == OURS, "another byte came");
        }

        private long receivedMany() throws Exception {
            require(socket.tryReceiveMany(batch, LONG) == 1, "not one datagram came");
            memory.copyFrom(batch.memory(0));
            return batch.byteSize(0);
        }

        @Override
        public void letThrough() throws Exception {
            other.send(Datagram.of(new byte[] {OURS}));
        }

        @Override
        public void closeSubject() {
            socket.close();
        }

        @Override
        public void check(boolean done, boolean letThrough, boolean closed) throws Exception {
            if (closed) {
                return;
            }
            if (letThrough && !done) {
                received(0);
            }
            require(socket.tryReceive(memory, Duration.ZERO) == -1, "more came than was sent");
        }

        @Override
        public void close() {
            closeAll(socket, other);
            arena.close();
        }
    }
}
