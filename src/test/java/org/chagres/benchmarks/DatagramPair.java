package org.chagres.benchmarks;

import static org.chagres.benchmarks.DatagramEnd.BLOCK;

import java.io.IOException;
import java.net.InetSocketAddress;
import org.chagres.benchmarks.SocketTask.Shape;
import org.chagres.socket.UdpSocket;

/**
 * UDP on this machine, by one process or two: see {@link SocketTask}; its path is a file that tells the port, which is
 * one number for both: each has an address of its own. What is poured comes in blocks, of which each is confirmed, so
 * that none is lost. Twin: {@code pairs/udp.c}.
 */
final class DatagramPair {
    /** By what. */
    enum Kind {
        /** The C loops in this JVM. */
        C(0),
        C_BATCH(1),
        C_SEGMENTS(2),
        CHAGRES(0),
        BATCH(1),
        SEGMENTS(2),
        CALLS(0),
        CALLS_BATCH(1),
        NIO(0),
        JAVA_NET(0);

        private final int way;

        Kind(int way) {
            this.way = way;
        }

        /** What the C loops call it: 0 for one by one, 1 for batches, 2 for segments. */
        int way() {
            return way;
        }

        boolean isByC() {
            return this == C || this == C_BATCH || this == C_SEGMENTS;
        }

        private DatagramEnd open(InetSocketAddress local, int byteSize) throws IOException {
            return switch (this) {
                case CHAGRES -> new DatagramEnd.OfChagres(local, byteSize);
                case BATCH -> new DatagramEnd.OfBatches(local, byteSize);
                case SEGMENTS -> new DatagramEnd.OfSegments(local, byteSize);
                case CALLS -> new DatagramEnd.OfCalls(local, byteSize);
                case CALLS_BATCH -> new DatagramEnd.OfCallsInBatches(local, byteSize);
                case NIO -> new DatagramEnd.OfNio(local, byteSize);
                case JAVA_NET -> new DatagramEnd.OfJavaNet(local, byteSize);
                case C, C_BATCH, C_SEGMENTS -> throw new AssertionError("C has loops of its own");
            };
        }
    }

    private DatagramPair() {}

    public static void main(String[] arguments) throws Throwable {
        Ports.useIPv4();
        SocketTask task = SocketTask.of(arguments);
        Kind kind = Kind.valueOf(task.kind());
        task.serve(
                switch (task.role()) {
                    case "server" -> server(task, kind);
                    case "client" -> client(task, kind);
                    default -> kind.isByC() ? aloneByC(task, kind) : alone(task, kind);
                });
    }

    private static Loop server(SocketTask task, Kind kind) throws Throwable {
        DatagramEnd end = kind.open(Ports.loopback(0), task.byteSize());
        end.connect(Ports.otherLoopback(end.port()));
        Ports.tell(task.path(), end.port());
        return task.shape() == Shape.POUR ? n -> drain(n, end) : n -> answer(n, end);
    }

    private static Loop client(SocketTask task, Kind kind) throws Throwable {
        int port = Ports.told(task.path());
        DatagramEnd end = kind.open(Ports.otherLoopback(port), task.byteSize());
        end.connect(Ports.loopback(port));
        return task.shape() == Shape.POUR ? n -> pour(n, end) : n -> call(n, end, end);
    }

    private static Loop alone(SocketTask task, Kind kind) throws Throwable {
        DatagramEnd from = kind.open(Ports.loopback(0), task.byteSize());
        DatagramEnd to = kind.open(Ports.loopback(0), task.byteSize());
        from.connect(Ports.loopback(to.port()));
        to.connect(Ports.loopback(from.port()));
        return task.shape() == Shape.BLOCK ? n -> blocks(n, from, to) : n -> call(n, from, to);
    }

    private static Loop aloneByC(SocketTask task, Kind kind) throws Throwable {
        UdpSocket one = UdpSocket.bind(Ports.loopback(0));
        UdpSocket other = UdpSocket.bind(Ports.loopback(0));
        one.connect(other.localAddress());
        other.connect(one.localAddress());
        int from = one.descriptor().release();
        int to = other.descriptor().release();
        return task.shape() == Shape.BLOCK
                ? CLibrary.loop(task.library(), "loop_udp", from, to, kind.way())
                : CLibrary.loop(task.library(), "loop_socket", from, to, task.byteSize());
    }

    private static long call(long n, DatagramEnd to, DatagramEnd from) throws Exception {
        for (long i = 0; i < n; i++) {
            to.send();
            from.receive();
        }
        return n;
    }

    private static long answer(long n, DatagramEnd end) throws Exception {
        for (long i = 0; i < n; i++) {
            end.receive();
            end.send();
        }
        return n;
    }

    private static long blocks(long n, DatagramEnd to, DatagramEnd from) throws Exception {
        for (long i = 0; i < n; i++) {
            to.sendBlock();
            from.receiveBlock();
        }
        return n * BLOCK;
    }

    private static long pour(long n, DatagramEnd end) throws Exception {
        for (long i = 0; i < n; i++) {
            end.sendBlock();
            end.receive();
        }
        return n;
    }

    private static long drain(long n, DatagramEnd end) throws Exception {
        for (long i = 0; i < n; i++) {
            end.receiveBlock();
            end.send();
        }
        return n;
    }
}
