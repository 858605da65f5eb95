package org.chagres.benchmarks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Arrays;
import java.util.List;
import org.chagres.internal.syscall.Iovecs;
import org.chagres.internal.syscall.MessageCalls;
import org.chagres.internal.syscall.Mmsghdrs;
import org.chagres.internal.syscall.SockaddrIn6;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.socket.Datagram;
import org.chagres.socket.DatagramBatch;
import org.chagres.socket.UdpSocket;

/**
 * A UDP socket, and the memory that goes through it, as one would write it with each library. Datagrams are all of one
 * size.
 */
abstract class DatagramEnd {
    /** How many datagrams are sent one after the other before any is waited for: they fit any buffer. */
    static final int BLOCK = 32;

    abstract int port() throws IOException;

    /** Before any datagram comes: the JDK throws away what came until then. */
    abstract void connect(InetSocketAddress address) throws IOException;

    abstract void send() throws Exception;

    abstract void receive() throws Exception;

    void sendBlock() throws Exception {
        for (int i = 0; i < BLOCK; i++) {
            send();
        }
    }

    void receiveBlock() throws Exception {
        for (int i = 0; i < BLOCK; i++) {
            receive();
        }
    }

    /** Of an arena that any thread may use. It is never closed: the socket lives as long as its process. */
    private static MemorySegment memory(long byteSize) {
        return Arena.ofShared().allocate(byteSize, Long.BYTES).fill((byte) 1);
    }

    private static void requireWhole(long byteCount, long byteSize) throws IOException {
        if (byteCount != byteSize) {
            throw new IOException("a datagram of " + byteSize + " bytes fails or has " + byteCount);
        }
    }

    static class OfChagres extends DatagramEnd {
        final UdpSocket socket;
        private final MemorySegment out;
        private final MemorySegment in;

        OfChagres(InetSocketAddress local, int byteSize) throws IOException {
            this.socket = UdpSocket.bind(local);
            this.out = memory(byteSize);
            this.in = memory(byteSize);
        }

        @Override
        int port() throws IOException {
            return socket.localAddress().getPort();
        }

        @Override
        void connect(InetSocketAddress address) throws IOException {
            socket.connect(address);
        }

        @Override
        void send() throws Exception {
            socket.send(out);
        }

        @Override
        void receive() throws Exception {
            requireWhole(socket.receive(in), in.byteSize());
        }
    }

    /** A block is a batch. */
    static class OfBatches extends OfChagres {
        private final DatagramBatch out;
        private final DatagramBatch in;

        OfBatches(InetSocketAddress local, int byteSize) throws IOException {
            super(local, byteSize);
            this.out = DatagramBatch.allocate(Arena.ofShared(), BLOCK, byteSize);
            this.in = DatagramBatch.allocate(Arena.ofShared(), BLOCK, byteSize);
            for (int i = 0; i < BLOCK; i++) {
                out.setByteSize(i, byteSize);
            }
        }

        @Override
        void sendBlock() throws Exception {
            for (int done = 0; done < BLOCK; ) {
                done += socket.sendMany(out, done, BLOCK - done);
            }
        }

        @Override
        void receiveBlock() throws Exception {
            for (int done = 0; done < BLOCK; ) {
                int count = socket.receiveMany(in);
                for (int i = 0; i < count; i++) {
                    requireWhole(in.byteSize(i), in.memory(i).byteSize());
                }
                done += count;
            }
        }
    }

    /** A block is sent as segments of one, and received as a batch. */
    static final class OfSegments extends OfBatches {
        private final Datagram block;

        OfSegments(InetSocketAddress local, int byteSize) throws IOException {
            super(local, byteSize);
            this.block = Datagram.of(memory((long) BLOCK * byteSize)).segments(byteSize);
        }

        @Override
        void sendBlock() throws Exception {
            socket.send(block);
        }
    }

    /** System calls, with no more around them than C would have. */
    static class OfCalls extends DatagramEnd {
        final int number;
        private final UdpSocket socket; // the same, to connect it
        private final MemorySegment out;
        private final MemorySegment in;

        OfCalls(InetSocketAddress local, int byteSize) throws IOException {
            this.socket = UdpSocket.bind(local);
            this.number = socket.descriptor().duplicate().release();
            this.out = memory(byteSize);
            this.in = memory(byteSize);
        }

        @Override
        int port() throws IOException {
            return socket.localAddress().getPort();
        }

        @Override
        void connect(InetSocketAddress address) throws IOException {
            socket.connect(address);
        }

        @Override
        void send() throws IOException {
            requireWhole(SocketCalls.send(number, out, out.byteSize(), SocketCalls.MSG_NOSIGNAL), out.byteSize());
        }

        @Override
        void receive() throws IOException {
            requireWhole(SocketCalls.recv(number, in, in.byteSize(), SocketCalls.MSG_TRUNC), in.byteSize());
        }
    }

    /** A block is one call, or as many as it takes to receive it. */
    static final class OfCallsInBatches extends OfCalls {
        private final Mmsghdrs out;
        private final Mmsghdrs in;
        private final MemorySegment[] names = new MemorySegment[BLOCK];
        private final int byteSize;

        OfCallsInBatches(InetSocketAddress local, int byteSize) throws IOException {
            super(local, byteSize);
            this.out = headers(byteSize);
            this.in = headers(byteSize);
            this.byteSize = byteSize;
            Arrays.setAll(names, i -> memory(SockaddrIn6.BYTE_SIZE));
        }

        private static Mmsghdrs headers(int byteSize) {
            Arena arena = Arena.ofShared();
            MemorySegment all = memory((long) BLOCK * byteSize);
            Mmsghdrs headers = Mmsghdrs.allocate(arena, BLOCK, Iovecs.of(List.of(all), arena));
            for (int i = 0; i < BLOCK; i++) {
                MemorySegment piece = all.asSlice((long) i * byteSize, byteSize);
                headers.message(i).setPieces(Iovecs.of(List.of(piece), arena));
            }
            return headers;
        }

        @Override
        void sendBlock() throws IOException {
            requireWhole(MessageCalls.sendmmsg(number, out, BLOCK, SocketCalls.MSG_NOSIGNAL), BLOCK);
        }

        @Override
        void receiveBlock() throws IOException {
            int flags = SocketCalls.MSG_TRUNC | SocketCalls.MSG_WAITFORONE;
            for (int done = 0; done < BLOCK; ) {
                for (int i = 0; i < BLOCK; i++) {
                    in.message(i).setName(names[i], SockaddrIn6.BYTE_SIZE); // a batch tells who sent each
                }
                int count = MessageCalls.recvmmsg(number, in, BLOCK, flags, 0);
                if (count < 1) {
                    throw new IOException("receiving datagrams fails: " + count);
                }
                for (int i = 0; i < count; i++) {
                    requireWhole(in.byteSize(i), byteSize);
                }
                done += count;
            }
        }
    }

    static final class OfNio extends DatagramEnd {
        private final DatagramChannel channel;
        private final ByteBuffer out;
        private final ByteBuffer in;

        OfNio(InetSocketAddress local, int byteSize) throws IOException {
            this.channel = DatagramChannel.open(StandardProtocolFamily.INET).bind(local);
            this.out = Conduit.buffer(byteSize);
            this.in = Conduit.buffer(byteSize);
        }

        @Override
        int port() throws IOException {
            return ((InetSocketAddress) channel.getLocalAddress()).getPort();
        }

        @Override
        void connect(InetSocketAddress address) throws IOException {
            channel.connect(address);
        }

        @Override
        void send() throws IOException {
            requireWhole(channel.write(out.clear()), out.capacity());
        }

        @Override
        void receive() throws IOException {
            requireWhole(channel.read(in.clear()), in.capacity());
        }
    }

    static final class OfJavaNet extends DatagramEnd {
        private final DatagramSocket socket;
        private final DatagramPacket out;
        private final DatagramPacket in;

        OfJavaNet(InetSocketAddress local, int byteSize) throws IOException {
            this.socket = new DatagramSocket(local);
            this.out = new DatagramPacket(new byte[byteSize], byteSize);
            this.in = new DatagramPacket(new byte[byteSize], byteSize);
        }

        @Override
        int port() {
            return socket.getLocalPort();
        }

        @Override
        void connect(InetSocketAddress address) throws IOException {
            socket.connect(address);
            out.setSocketAddress(address);
        }

        @Override
        void send() throws IOException {
            socket.send(out);
        }

        @Override
        void receive() throws IOException {
            socket.receive(in);
            requireWhole(in.getLength(), in.getData().length);
        }
    }
}
