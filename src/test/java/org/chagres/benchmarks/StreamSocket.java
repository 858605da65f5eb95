package org.chagres.benchmarks;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.internal.syscall.SocketCalls;

/**
 * A connected stream socket, and the memory that goes through it, as one would write it with each library. Messages are
 * all of one size.
 */
abstract class StreamSocket {
    private static final int PAGE = 4096;

    /** Sends a message, all of it. */
    abstract void send() throws Exception;

    /** Receives a message, all of it. */
    abstract void receive() throws Exception;

    /** Receives what there is, at most a message; answers how many bytes. */
    abstract long receiveSome() throws Exception;

    /** Sends one byte. */
    abstract void confirm() throws Exception;

    /** Receives it. */
    abstract void awaitConfirmation() throws Exception;

    /** Of an arena that any thread may use. It is never closed: the socket lives as long as its process. */
    private static MemorySegment memory(int byteSize) {
        return Arena.ofShared().allocate(byteSize, PAGE).fill((byte) 1);
    }

    static final class OfChagres extends StreamSocket {
        private final ByteSource from;
        private final ByteSink to;
        private final MemorySegment out;
        private final MemorySegment in;
        private final MemorySegment confirmation = memory(1);

        OfChagres(ByteSource from, ByteSink to, int byteSize) {
            this.from = from;
            this.to = to;
            this.out = memory(byteSize);
            this.in = memory(byteSize);
        }

        @Override
        void send() throws Exception {
            if (out.byteSize() == 1) { // which is never sent in part
                to.write(out);
            } else {
                to.writeFully(out);
            }
        }

        @Override
        void receive() throws Exception {
            if (in.byteSize() == 1) {
                from.read(in);
            } else {
                from.readFully(in);
            }
        }

        @Override
        long receiveSome() throws Exception {
            return from.read(in);
        }

        @Override
        void confirm() throws Exception {
            to.write(confirmation);
        }

        @Override
        void awaitConfirmation() throws Exception {
            from.read(confirmation);
        }
    }

    /** A channel of any library; the buffer is one of its own, which is what NIO does best with. */
    static final class OfChannel extends StreamSocket {
        private final SocketChannel socket;
        private final ByteBuffer out;
        private final ByteBuffer in;
        private final ByteBuffer confirmation = Conduit.buffer(1);

        OfChannel(SocketChannel socket, int byteSize) {
            this.socket = socket;
            this.out = Conduit.buffer(byteSize);
            this.in = Conduit.buffer(byteSize);
        }

        @Override
        void send() throws IOException {
            out.clear();
            write(out);
        }

        @Override
        void receive() throws IOException {
            in.clear();
            read(in);
        }

        @Override
        long receiveSome() throws IOException {
            in.clear();
            return socket.read(in);
        }

        @Override
        void confirm() throws IOException {
            write(confirmation.clear());
        }

        @Override
        void awaitConfirmation() throws IOException {
            read(confirmation.clear());
        }

        private void write(ByteBuffer from) throws IOException {
            while (from.hasRemaining()) {
                socket.write(from);
            }
        }

        private void read(ByteBuffer into) throws IOException {
            while (into.hasRemaining()) {
                if (socket.read(into) < 0) {
                    throw new EOFException();
                }
            }
        }
    }

    static final class OfStreams extends StreamSocket {
        private final OutputStream to;
        private final InputStream from;
        private final byte[] out;
        private final byte[] in;

        OfStreams(Socket socket, int byteSize) throws IOException {
            this.to = socket.getOutputStream();
            this.from = socket.getInputStream();
            this.out = new byte[byteSize];
            this.in = new byte[byteSize];
            Arrays.fill(out, (byte) 1);
        }

        @Override
        void send() throws IOException {
            to.write(out);
        }

        @Override
        void receive() throws IOException {
            for (int done = 0; done < in.length; ) {
                int count = from.read(in, done, in.length - done);
                if (count < 0) {
                    throw new EOFException();
                }
                done += count;
            }
        }

        @Override
        long receiveSome() throws IOException {
            return from.read(in, 0, in.length);
        }

        @Override
        void confirm() throws IOException {
            to.write(out, 0, 1);
        }

        @Override
        void awaitConfirmation() throws IOException {
            if (from.read(in, 0, 1) < 0) {
                throw new EOFException();
            }
        }
    }

    /** System calls, with no more around them than C would have. */
    abstract static class OfNumber extends StreamSocket {
        final int number;
        private final MemorySegment out;
        private final MemorySegment in;
        private final MemorySegment confirmation = memory(1);

        OfNumber(int number, int byteSize) {
            this.number = number;
            this.out = memory(byteSize);
            this.in = memory(byteSize);
        }

        abstract long send(MemorySegment from, long offset);

        abstract long receive(MemorySegment into, long offset);

        @Override
        void send() throws IOException {
            sendAll(out);
        }

        @Override
        void receive() throws IOException {
            receiveAll(in);
        }

        @Override
        long receiveSome() throws IOException {
            return checked(receive(in, 0));
        }

        @Override
        void confirm() throws IOException {
            sendAll(confirmation);
        }

        @Override
        void awaitConfirmation() throws IOException {
            receiveAll(confirmation);
        }

        private void sendAll(MemorySegment from) throws IOException {
            for (long done = 0; done < from.byteSize(); ) {
                done += checked(send(from, done));
            }
        }

        private void receiveAll(MemorySegment into) throws IOException {
            for (long done = 0; done < into.byteSize(); ) {
                done += checked(receive(into, done));
            }
        }

        private static long checked(long transferred) throws IOException {
            if (transferred <= 0) {
                throw new IOException("a socket ends or fails: " + transferred);
            }
            return transferred;
        }
    }

    static final class OfCalls extends OfNumber {
        OfCalls(int number, int byteSize) {
            super(number, byteSize);
        }

        @Override
        long send(MemorySegment from, long offset) {
            return SocketCalls.send(number, from.asSlice(offset), from.byteSize() - offset, SocketCalls.MSG_NOSIGNAL);
        }

        @Override
        long receive(MemorySegment into, long offset) {
            return SocketCalls.recv(number, into.asSlice(offset), into.byteSize() - offset, 0);
        }
    }

    static final class OfJna extends OfNumber {
        OfJna(int number, int byteSize) {
            super(number, byteSize);
        }

        @Override
        long send(MemorySegment from, long offset) {
            return Jna.send(number, from.address() + offset, from.byteSize() - offset, SocketCalls.MSG_NOSIGNAL);
        }

        @Override
        long receive(MemorySegment into, long offset) {
            return Jna.recv(number, into.address() + offset, into.byteSize() - offset, 0);
        }
    }
}
