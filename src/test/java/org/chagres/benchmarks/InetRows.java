package org.chagres.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.chagres.benchmarks.SocketRows.Peers;
import org.chagres.benchmarks.SocketTask.Shape;
import org.chagres.benchmarks.SocketTask.Threads;

/** Internet sockets, of IPv4 and of this machine alone. */
final class InetRows {
    private static final int SMALL = 64;
    private static final int PAGE = 4096;
    private static final int LARGE = 64 * 1024;

    static final List<Row> ALL = List.of(
            new Row("tcp-call", "two processes on one CPU call and answer", (to, c) -> call(to, c, 1, one())),
            new Row("tcp-call-split", "the same on two CPUs", (to, c) -> call(to, c, 1, two())),
            new Row("tcp-call-64", "by 64 bytes, on one CPU", (to, c) -> call(to, c, SMALL, one())),
            new Row("tcp-call-64-split", "the same on two CPUs", (to, c) -> call(to, c, SMALL, two())),
            new Row("tcp-call-4k", "by 4 KiB, on one CPU", (to, c) -> call(to, c, PAGE, one())),
            new Row("tcp-call-4k-split", "the same on two CPUs", (to, c) -> call(to, c, PAGE, two())),
            new Row("tcp-pour-64k", "64 KiB one way, on one CPU", (to, c) -> pour(to, c, one())),
            new Row("tcp-pour-64k-split", "the same on two CPUs", (to, c) -> pour(to, c, two())),
            new Row("tcp-connect", "connect, accept, reset and close, by one thread", InetRows::connect),
            new Row("tcp-virtual", "two virtual threads call and answer", (to, c) -> virtual(to, c, Shape.CALL, 1)),
            new Row("tcp-virtual-64", "by 64 bytes", (to, c) -> virtual(to, c, Shape.CALL, SMALL)),
            new Row("tcp-virtual-4k", "by 4 KiB", (to, c) -> virtual(to, c, Shape.CALL, PAGE)),
            new Row("tcp-virtual-pour-64k", "64 KiB one way", (to, c) -> virtual(to, c, Shape.POUR, LARGE)),
            new Row("udp", "a datagram of 64 bytes sent and received by one thread", InetRows::datagrams),
            new Row("udp-batch", "32 of them sent, and then received", InetRows::batches),
            new Row("udp-segments", "32 of them sent as segments of one, received as a batch", InetRows::segments),
            new Row("udp-call", "two processes on one CPU call and answer by 64 bytes", (to, c) -> calls(to, c, one())),
            new Row("udp-call-split", "the same on two CPUs", (to, c) -> calls(to, c, two())),
            new Row("udp-pour", "32 one way, one by one, and one back, on one CPU", (to, c) -> pours(to, c, one())),
            new Row("udp-pour-split", "the same on two CPUs", (to, c) -> pours(to, c, two())),
            new Row("udp-pour-batch", "32 one way, by batches, on one CPU", (to, c) -> poursOfBatches(to, c, one())),
            new Row("udp-pour-batch-split", "the same on two CPUs", (to, c) -> poursOfBatches(to, c, two())),
            new Row("udp-virtual", "two virtual threads call and answer by 64 bytes", InetRows::virtualDatagrams));

    private static final double CALL_GOAL = 1.04;
    /** A throughput of at least 0.97. */
    private static final double RATE_GOAL = 1 / 0.97;

    private static final String TWO_PROGRAMS = "two C programs of two threads";

    private InetRows() {}

    private static Pair.Placement one() throws IOException {
        return SocketRows.oneCpu();
    }

    private static Pair.Placement two() throws IOException {
        return SocketRows.twoCpus();
    }

    // TCP.

    private static String name(TcpPair.Kind kind) {
        return switch (kind) {
            case C -> "a JVM, C loops";
            case CHAGRES -> "TcpStream";
            case CALLS -> "... the same calls, no wait prepared";
            case NIO -> "NIO SocketChannel";
            case JAVA_NET -> "java.net.Socket, streams";
        };
    }

    private static Goal goal(TcpPair.Kind kind, Goal ours) {
        return switch (kind) {
            case C, CALLS -> Goal.NONE;
            case CHAGRES -> ours;
            case NIO, JAVA_NET -> Goal.PEER;
        };
    }

    private static List<Result> call(Comparison comparison, CLibrary c, int byteSize, Pair.Placement placement)
            throws Throwable {
        Goal goal = Goal.ratio(CALL_GOAL).andRatioTo(Goal.THE_BEST_PEER, 1).andBytes(0);
        return streams(comparison, c, Shape.CALL, byteSize, placement, goal);
    }

    private static List<Result> pour(Comparison comparison, CLibrary c, Pair.Placement placement) throws Throwable {
        Goal goal = Goal.bytes(0).andRatioTo(Goal.THE_BEST, RATE_GOAL);
        return streams(comparison, c, Shape.POUR, LARGE, placement, goal);
    }

    private static List<Result> streams(
            Comparison comparison, CLibrary c, Shape shape, int byteSize, Pair.Placement placement, Goal goal)
            throws Throwable {
        try (Peers pairs = new Peers()) {
            Pair programs = Pair.ofC(c.program("socket"), placement, shape, byteSize, SocketRows.path(c), "tcp");
            pairs.add(programs::close);
            comparison.add(TWO_PROGRAMS, programs);
            for (TcpPair.Kind kind : TcpPair.Kind.values()) {
                Pair pair = pair(pairs, TcpPair.class, placement, c, shape, byteSize, kind, Threads.PLATFORM);
                comparison.add(name(kind), pair, goal(kind, goal));
            }
            return comparison.measure();
        }
    }

    private static List<Result> connect(Comparison comparison, CLibrary c) throws Throwable {
        Goal goal = Goal.NONE.andRatioTo(Goal.THE_BEST_PEER, 1);
        try (Peers peers = new Peers()) {
            for (TcpPair.Kind kind :
                    List.of(TcpPair.Kind.C, TcpPair.Kind.CHAGRES, TcpPair.Kind.NIO, TcpPair.Kind.JAVA_NET)) {
                Peer peer = peer(peers, TcpPair.class, c, Shape.CONNECT, 1, kind, Threads.PLATFORM);
                comparison.add(name(kind), peer, goal(kind, goal));
            }
            for (TcpPair.Kind kind : List.of(TcpPair.Kind.CHAGRES, TcpPair.Kind.NIO)) {
                Peer peer = peer(peers, TcpPair.class, c, Shape.CONNECT, 1, kind, Threads.VIRTUAL);
                comparison.add(name(kind) + ", virtual thread", peer);
            }
            return comparison.measure();
        }
    }

    private static List<Result> virtual(Comparison comparison, CLibrary c, Shape shape, int byteSize) throws Throwable {
        try (Peers pairs = new Peers()) {
            for (TcpPair.Kind kind : List.of(TcpPair.Kind.NIO, TcpPair.Kind.CHAGRES, TcpPair.Kind.JAVA_NET)) {
                Pair pair = pair(pairs, TcpPair.class, SocketRows.ANY_CPU, c, shape, byteSize, kind, Threads.VIRTUAL);
                Goal goal = kind == TcpPair.Kind.CHAGRES ? Goal.ratio(1) : Goal.NONE;
                comparison.add(name(kind) + ", virtual threads", pair, goal);
            }
            TcpPair.Kind ours = TcpPair.Kind.CHAGRES;
            Pair pair = pair(pairs, TcpPair.class, SocketRows.ANY_CPU, c, shape, byteSize, ours, Threads.PLATFORM);
            return comparison.add(name(ours) + ", platform threads", pair).measure();
        }
    }

    // UDP.

    private static String name(DatagramPair.Kind kind) {
        return switch (kind) {
            case C -> "a JVM, C loops";
            case C_BATCH -> "a JVM, C loops, batches";
            case C_SEGMENTS -> "a JVM, C loops, segments and batches";
            case CHAGRES -> "UdpSocket";
            case BATCH -> "UdpSocket, batches";
            case SEGMENTS -> "UdpSocket, segments and batches";
            case CALLS -> "... the same calls, no wait prepared";
            case CALLS_BATCH -> "... the same calls, no wait prepared";
            case NIO -> "NIO DatagramChannel";
            case JAVA_NET -> "java.net.DatagramSocket";
        };
    }

    private static Goal goal(DatagramPair.Kind kind, Goal ours) {
        return switch (kind) {
            case C, C_BATCH, C_SEGMENTS, CALLS, CALLS_BATCH -> Goal.NONE;
            case CHAGRES, BATCH, SEGMENTS -> ours;
            case NIO, JAVA_NET -> Goal.PEER;
        };
    }

    private static List<Result> datagrams(Comparison comparison, CLibrary c) throws Throwable {
        Goal goal = Goal.ratio(RATE_GOAL).andRatioTo(Goal.THE_BEST_PEER, 1).andBytes(0);
        try (Peers peers = new Peers()) {
            alone(comparison, peers, c, Shape.SELF, goal, DatagramPair.Kind.C, DatagramPair.Kind.CHAGRES);
            alone(comparison, peers, c, Shape.SELF, goal, DatagramPair.Kind.CALLS, DatagramPair.Kind.NIO);
            alone(comparison, peers, c, Shape.SELF, goal, DatagramPair.Kind.JAVA_NET);
            for (DatagramPair.Kind kind : List.of(DatagramPair.Kind.CHAGRES, DatagramPair.Kind.NIO)) {
                Peer peer = peer(peers, DatagramPair.class, c, Shape.SELF, SMALL, kind, Threads.VIRTUAL);
                comparison.add(name(kind) + ", virtual thread", peer);
            }
            return comparison.measure();
        }
    }

    /** One by one beside it, which is not held to what a batch is. */
    private static List<Result> batches(Comparison comparison, CLibrary c) throws Throwable {
        Goal goal = Goal.ratio(RATE_GOAL).andBytes(0);
        try (Peers peers = new Peers()) {
            alone(comparison, peers, c, Shape.BLOCK, goal, DatagramPair.Kind.C_BATCH, DatagramPair.Kind.BATCH);
            alone(comparison, peers, c, Shape.BLOCK, goal, DatagramPair.Kind.CALLS_BATCH);
            oneByOne(comparison, peers, c);
            return comparison.measure();
        }
    }

    private static List<Result> segments(Comparison comparison, CLibrary c) throws Throwable {
        Goal goal = Goal.ratio(RATE_GOAL);
        try (Peers peers = new Peers()) {
            alone(comparison, peers, c, Shape.BLOCK, goal, DatagramPair.Kind.C_SEGMENTS, DatagramPair.Kind.SEGMENTS);
            oneByOne(comparison, peers, c);
            return comparison.measure();
        }
    }

    private static void oneByOne(Comparison comparison, Peers peers, CLibrary c) throws Throwable {
        for (DatagramPair.Kind kind : List.of(
                DatagramPair.Kind.C, DatagramPair.Kind.CHAGRES, DatagramPair.Kind.NIO, DatagramPair.Kind.JAVA_NET)) {
            Peer peer = peer(peers, DatagramPair.class, c, Shape.BLOCK, SMALL, kind, Threads.PLATFORM);
            comparison.add(name(kind) + ", one by one", peer);
        }
    }

    private static void alone(
            Comparison comparison, Peers peers, CLibrary c, Shape shape, Goal goal, DatagramPair.Kind... kinds)
            throws Throwable {
        for (DatagramPair.Kind kind : kinds) {
            Peer peer = peer(peers, DatagramPair.class, c, shape, SMALL, kind, Threads.PLATFORM);
            comparison.add(name(kind), peer, goal(kind, goal));
        }
    }

    private static List<Result> calls(Comparison comparison, CLibrary c, Pair.Placement placement) throws Throwable {
        Goal goal = Goal.ratio(CALL_GOAL).andRatioTo(Goal.THE_BEST_PEER, 1).andBytes(0);
        return pairs(
                comparison,
                c,
                Shape.CALL,
                placement,
                goal,
                DatagramPair.Kind.C,
                DatagramPair.Kind.CHAGRES,
                DatagramPair.Kind.CALLS,
                DatagramPair.Kind.NIO,
                DatagramPair.Kind.JAVA_NET);
    }

    private static List<Result> pours(Comparison comparison, CLibrary c, Pair.Placement placement) throws Throwable {
        Goal goal = Goal.ratio(RATE_GOAL).andRatioTo(Goal.THE_BEST_PEER, 1).andBytes(0);
        return pairs(
                comparison,
                c,
                Shape.POUR,
                placement,
                goal,
                DatagramPair.Kind.C,
                DatagramPair.Kind.CHAGRES,
                DatagramPair.Kind.CALLS,
                DatagramPair.Kind.NIO,
                DatagramPair.Kind.JAVA_NET);
    }

    private static List<Result> poursOfBatches(Comparison comparison, CLibrary c, Pair.Placement placement)
            throws Throwable {
        Goal goal = Goal.ratio(RATE_GOAL);
        return pairs(
                comparison,
                c,
                Shape.POUR,
                placement,
                goal.andBytes(0),
                DatagramPair.Kind.C_BATCH,
                DatagramPair.Kind.BATCH,
                DatagramPair.Kind.CALLS_BATCH);
    }

    /** The first kind is C's, in two programs. */
    private static List<Result> pairs(
            Comparison comparison,
            CLibrary c,
            Shape shape,
            Pair.Placement placement,
            Goal goal,
            DatagramPair.Kind... kinds)
            throws Throwable {
        try (Peers pairs = new Peers()) {
            for (DatagramPair.Kind kind : kinds) {
                Pair pair;
                if (kind.isByC()) {
                    Path path = SocketRows.path(c);
                    pair = Pair.ofC(c.program("udp"), placement, shape, SMALL, path, kind.way());
                    pairs.add(pair::close);
                } else {
                    pair = pair(pairs, DatagramPair.class, placement, c, shape, SMALL, kind, Threads.PLATFORM);
                }
                comparison.add(kind.isByC() ? TWO_PROGRAMS : name(kind), pair, goal(kind, goal));
            }
            return comparison.measure();
        }
    }

    private static List<Result> virtualDatagrams(Comparison comparison, CLibrary c) throws Throwable {
        try (Peers pairs = new Peers()) {
            for (DatagramPair.Kind kind :
                    List.of(DatagramPair.Kind.NIO, DatagramPair.Kind.CHAGRES, DatagramPair.Kind.JAVA_NET)) {
                Pair pair = pair(
                        pairs, DatagramPair.class, SocketRows.ANY_CPU, c, Shape.CALL, SMALL, kind, Threads.VIRTUAL);
                Goal goal = kind == DatagramPair.Kind.CHAGRES ? Goal.ratio(1) : Goal.NONE;
                comparison.add(name(kind) + ", virtual threads", pair, goal);
            }
            return comparison.measure();
        }
    }

    // Processes.

    private static Pair pair(
            Peers pairs,
            Class<?> main,
            Pair.Placement placement,
            CLibrary c,
            Shape shape,
            int byteSize,
            Enum<?> kind,
            Threads threads)
            throws IOException {
        Object[] arguments = {shape, byteSize, SocketRows.path(c), kind, threads, c.file()};
        Pair pair = Pair.ofJava(main, placement, arguments);
        pairs.add(pair::close);
        return pair;
    }

    private static Peer peer(
            Peers peers, Class<?> main, CLibrary c, Shape shape, int byteSize, Enum<?> kind, Threads threads)
            throws IOException {
        Pair.Placement placement = threads == Threads.VIRTUAL ? SocketRows.ANY_CPU : one();
        Object[] arguments = {shape, byteSize, SocketRows.path(c), kind, threads, c.file()};
        Peer peer = Peer.ofJava(main, placement, arguments);
        peers.add(peer::close);
        return peer;
    }
}
