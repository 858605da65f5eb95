package org.chagres.benchmarks;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.pipe.Pipe;

/**
 * A pipe, and the memory that goes through it, as one would write it with each library. Messages are all of one size;
 * before a stream of them goes their number. One thread sends and another receives, each with memory of its own.
 */
abstract class Conduit {
    private static final int PAGE = 4096;

    /** By what. */
    enum Kind {
        CHAGRES,
        CALLS,
        NIO,
        JNA;

        /** Where the numbers of a pipe are wanted, it is one of {@link PipeEnds}. */
        Conduit open(int byteSize, Path library) throws Throwable {
            return switch (this) {
                case CHAGRES -> new OfChagres(byteSize);
                case CALLS -> new OfCalls(byteSize, PipeEnds.make(library));
                case NIO -> new OfNio(byteSize);
                case JNA -> new OfJna(byteSize, PipeEnds.make(library));
            };
        }
    }

    /** Writes a message, all of it. */
    abstract void send() throws Exception;

    /** Reads a message, all of it. */
    abstract void receive() throws Exception;

    /** Reads what there is, at most a message; answers how many bytes. */
    abstract long receiveSome() throws Exception;

    abstract void tell(long count) throws Exception;

    abstract long told() throws Exception;

    /** Of an arena that both threads may use. It is never closed: the conduit lives as long as its process. */
    private static MemorySegment memory(int byteSize) {
        return Arena.ofShared().allocate(byteSize, PAGE).fill((byte) 1);
    }

    /** Not a segment's but a buffer of its own, which is what NIO does best with. */
    static ByteBuffer buffer(int byteSize) {
        return ByteBuffer.allocateDirect(byteSize + 2 * PAGE).alignedSlice(PAGE).slice(0, byteSize);
    }

    private static final class OfChagres extends Conduit {
        private final Pipe pipe;
        private final MemorySegment out;
        private final MemorySegment in;
        private final MemorySegment countOut = memory(Long.BYTES);
        private final MemorySegment countIn = memory(Long.BYTES);

        OfChagres(int byteSize) throws IOException {
            pipe = Pipe.create();
            out = memory(byteSize);
            in = memory(byteSize);
        }

        @Override
        void send() throws Exception {
            if (out.byteSize() == 1) { // which is never written in part
                pipe.sink().write(out);
            } else {
                pipe.sink().writeFully(out);
            }
        }

        @Override
        void receive() throws Exception {
            if (in.byteSize() == 1) {
                pipe.source().read(in);
            } else {
                pipe.source().readFully(in);
            }
        }

        @Override
        long receiveSome() throws Exception {
            return pipe.source().read(in);
        }

        @Override
        void tell(long value) throws Exception {
            countOut.set(ValueLayout.JAVA_LONG, 0, value);
            pipe.sink().writeFully(countOut);
        }

        @Override
        long told() throws Exception {
            pipe.source().readFully(countIn);
            return countIn.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    private static final class OfNio extends Conduit {
        private final java.nio.channels.Pipe pipe = java.nio.channels.Pipe.open();
        private final ByteBuffer out;
        private final ByteBuffer in;
        private final ByteBuffer countOut = buffer(Long.BYTES);
        private final ByteBuffer countIn = buffer(Long.BYTES);

        OfNio(int byteSize) throws IOException {
            out = buffer(byteSize);
            in = buffer(byteSize);
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
            return pipe.source().read(in);
        }

        @Override
        void tell(long value) throws IOException {
            countOut.clear().putLong(0, value);
            write(countOut);
        }

        @Override
        long told() throws IOException {
            countIn.clear();
            read(countIn);
            return countIn.getLong(0);
        }

        private void write(ByteBuffer from) throws IOException {
            while (from.hasRemaining()) {
                pipe.sink().write(from);
            }
        }

        private void read(ByteBuffer into) throws IOException {
            while (into.hasRemaining()) {
                if (pipe.source().read(into) < 0) {
                    throw new EOFException();
                }
            }
        }
    }

    /** System calls, with no more around them than C would have. */
    private abstract static class OfNumbers extends Conduit {
        final int source;
        final int sink;
        private final MemorySegment out;
        private final MemorySegment in;
        private final MemorySegment countOut = memory(Long.BYTES);
        private final MemorySegment countIn = memory(Long.BYTES);

        OfNumbers(int byteSize, PipeEnds ends) {
            source = ends.source();
            sink = ends.sink();
            out = memory(byteSize);
            in = memory(byteSize);
        }

        abstract long write(MemorySegment from, long offset);

        abstract long read(MemorySegment into, long offset);

        @Override
        void send() throws IOException {
            sendAll(out);
        }

        @Override
        void receive() throws IOException {
            receiveAll(in);
        }

        @Override
        long receiveSome() {
            return read(in, 0);
        }

        @Override
        void tell(long value) throws IOException {
            countOut.set(ValueLayout.JAVA_LONG, 0, value);
            sendAll(countOut);
        }

        @Override
        long told() throws IOException {
            receiveAll(countIn);
            return countIn.get(ValueLayout.JAVA_LONG, 0);
        }

        private void sendAll(MemorySegment from) throws IOException {
            for (long done = 0; done < from.byteSize(); ) {
                done += checked(write(from, done));
            }
        }

        private void receiveAll(MemorySegment into) throws IOException {
            for (long done = 0; done < into.byteSize(); ) {
                done += checked(read(into, done));
            }
        }

        private static long checked(long transferred) throws IOException {
            if (transferred <= 0) {
                throw new IOException("a pipe ends or fails: " + transferred);
            }
            return transferred;
        }
    }

    private static final class OfCalls extends OfNumbers {
        OfCalls(int byteSize, PipeEnds ends) {
            super(byteSize, ends);
        }

        @Override
        long write(MemorySegment from, long offset) {
            return DescriptorCalls.write(sink, from.asSlice(offset), from.byteSize() - offset);
        }

        @Override
        long read(MemorySegment into, long offset) {
            return DescriptorCalls.read(source, into.asSlice(offset), into.byteSize() - offset);
        }
    }

    private static final class OfJna extends OfNumbers {
        OfJna(int byteSize, PipeEnds ends) {
            super(byteSize, ends);
        }

        @Override
        long write(MemorySegment from, long offset) {
            return Jna.write(sink, from.address() + offset, from.byteSize() - offset);
        }

        @Override
        long read(MemorySegment into, long offset) {
            return Jna.read(source, into.address() + offset, into.byteSize() - offset);
        }
    }
}
