package org.chagres.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.benchmarks.LocalSocketPair.Kind;
import org.chagres.benchmarks.SocketTask.Shape;
import org.chagres.benchmarks.SocketTask.Threads;

/** Local sockets. */
final class SocketRows {
    private static final int SMALL = 64;
    private static final int PAGE = 4096;
    private static final int LARGE = 64 * 1024;

    static final List<Row> ALL = List.of(
            new Row("socket", "a byte sent and received by one thread", SocketRows::self),
            new Row("socket-call", "two processes on one CPU call and answer", (to, c) -> call(to, c, 1, oneCpu())),
            new Row("socket-call-split", "the same on two CPUs", (to, c) -> call(to, c, 1, twoCpus())),
            new Row("socket-call-64", "by 64 bytes, on one CPU", (to, c) -> call(to, c, SMALL, oneCpu())),
            new Row("socket-call-64-split", "the same on two CPUs", (to, c) -> call(to, c, SMALL, twoCpus())),
            new Row("socket-call-4k", "by 4 KiB, on one CPU", (to, c) -> call(to, c, PAGE, oneCpu())),
            new Row("socket-call-4k-split", "the same on two CPUs", (to, c) -> call(to, c, PAGE, twoCpus())),
            new Row("socket-pour-64k", "64 KiB one way, on one CPU", (to, c) -> pour(to, c, oneCpu())),
            new Row("socket-pour-64k-split", "the same on two CPUs", (to, c) -> pour(to, c, twoCpus())),
            new Row("socket-pass", "a descriptor sent and received by one thread, and closed", SocketRows::pass),
            new Row("socket-connect", "connect, accept, and close both, by one thread", SocketRows::connect),
            new Row("socket-virtual", "two virtual threads call and answer", (to, c) -> virtual(to, c, Shape.CALL, 1)),
            new Row("socket-virtual-4k", "by 4 KiB", (to, c) -> virtual(to, c, Shape.CALL, PAGE)),
            new Row("socket-virtual-pour-64k", "64 KiB one way", (to, c) -> virtual(to, c, Shape.POUR, LARGE)));

    private static final double SELF_GOAL = 1.04;
    private static final double CALL_GOAL = 1.05;
    private static final double PASS_GOAL = 1.04;
    /** A throughput of at least 0.97. */
    private static final double POUR_GOAL = 1 / 0.97;

    static final Pair.Placement ANY_CPU = new Pair.Placement(-1, -1);
    private static final AtomicInteger PATHS = new AtomicInteger();

    private SocketRows() {}

    private static String name(Kind kind) {
        return switch (kind) {
            case C -> "a JVM, C loops";
            case CHAGRES -> "UnixStream";
            case CALLS -> "... the same calls, no wait prepared";
            case NIO -> "NIO SocketChannel";
            case JUNIXSOCKET -> "junixsocket, channel";
            case JUNIXSOCKET_STREAMS -> "junixsocket, streams";
            case JNR -> "jnr-unixsocket";
            case JNA -> "JNA, direct mapping";
        };
    }

    private static List<Result> self(Comparison comparison, CLibrary c) throws Throwable {
        return alone(
                comparison,
                c,
                Shape.SELF,
                Goal.ratio(SELF_GOAL).andRatioTo(Goal.THE_BEST_PEER, 1).andBytes(0),
                List.of(Kind.values()));
    }

    private static List<Result> pass(Comparison comparison, CLibrary c) throws Throwable {
        return alone(
                comparison,
                c,
                Shape.PASS,
                Goal.ratio(PASS_GOAL).andRatioTo(Goal.THE_BEST_PEER, 1),
                List.of(Kind.C, Kind.CHAGRES, Kind.CALLS, Kind.JUNIXSOCKET));
    }

    private static List<Result> connect(Comparison comparison, CLibrary c) throws Throwable {
        return alone(
                comparison,
                c,
                Shape.CONNECT,
                Goal.NONE.andRatioTo(Goal.THE_BEST_PEER, 1),
                List.of(Kind.C, Kind.CHAGRES, Kind.NIO, Kind.JUNIXSOCKET, Kind.JNR));
    }

    /** One thread of a JVM for each, and {@code UnixStream} on a virtual thread too. */
    private static List<Result> alone(Comparison comparison, CLibrary c, Shape shape, Goal goal, List<Kind> kinds)
            throws Throwable {
        try (Peers peers = new Peers()) {
            for (Kind kind : kinds) {
                if (kind.isPresent()) {
                    Object[] arguments = {shape, 1, path(c), kind, Threads.PLATFORM, c.file()};
                    Peer peer = Peer.ofJava(LocalSocketPair.class, oneCpu(), arguments);
                    peers.add(peer::close);
                    comparison.add(name(kind), peer, goal(kind, goal));
                }
            }
            for (Kind kind : List.of(Kind.CHAGRES, Kind.NIO)) {
                if (kinds.contains(kind)) {
                    Object[] arguments = {shape, 1, path(c), kind, Threads.VIRTUAL, c.file()};
                    Peer peer = Peer.ofJava(LocalSocketPair.class, ANY_CPU, arguments);
                    peers.add(peer::close);
                    comparison.add(name(kind) + ", virtual thread", peer);
                }
            }
            return comparison.measure();
        }
    }

    private static List<Result> call(Comparison comparison, CLibrary c, int byteSize, Pair.Placement placement)
            throws Throwable {
        Goal goal = Goal.ratio(CALL_GOAL).andRatioTo(Goal.THE_BEST_PEER, 1).andBytes(0);
        return onPlatformThreads(comparison, c, Shape.CALL, byteSize, placement, goal);
    }

    private static List<Result> pour(Comparison comparison, CLibrary c, Pair.Placement placement) throws Throwable {
        Goal goal = Goal.bytes(0).andRatioTo(Goal.THE_BEST_PEER, POUR_GOAL);
        return onPlatformThreads(comparison, c, Shape.POUR, LARGE, placement, goal);
    }

    private static List<Result> onPlatformThreads(
            Comparison comparison, CLibrary c, Shape shape, int byteSize, Pair.Placement placement, Goal goal)
            throws Throwable {
        try (Peers pairs = new Peers()) {
            Pair programs = Pair.ofC(c.program("socket"), placement, shape, byteSize, path(c));
            pairs.add(programs::close);
            comparison.add("two C programs of two threads", programs);
            for (Kind kind : Kind.values()) {
                if (kind.isPresent()) {
                    Object[] arguments = {shape, byteSize, path(c), kind, Threads.PLATFORM, c.file()};
                    Pair pair = Pair.ofJava(LocalSocketPair.class, placement, arguments);
                    pairs.add(pair::close);
                    comparison.add(name(kind), pair, goal(kind, goal));
                }
            }
            return comparison.measure();
        }
    }

    private static List<Result> virtual(Comparison comparison, CLibrary c, Shape shape, int byteSize) throws Throwable {
        try (Peers pairs = new Peers()) {
            for (Kind kind : List.of(Kind.NIO, Kind.CHAGRES, Kind.JUNIXSOCKET)) {
                if (kind.isPresent()) {
                    Object[] arguments = {shape, byteSize, path(c), kind, Threads.VIRTUAL, c.file()};
                    Pair pair = Pair.ofJava(LocalSocketPair.class, ANY_CPU, arguments);
                    pairs.add(pair::close);
                    comparison.add(
                            name(kind) + ", virtual threads", pair, kind == Kind.CHAGRES ? Goal.ratio(1) : Goal.NONE);
                }
            }
            Object[] arguments = {shape, byteSize, path(c), Kind.CHAGRES, Threads.PLATFORM, c.file()};
            Pair pair = Pair.ofJava(LocalSocketPair.class, ANY_CPU, arguments);
            pairs.add(pair::close);
            return comparison.add("UnixStream, platform threads", pair).measure();
        }
    }

    private static Goal goal(Kind kind, Goal ours) {
        return switch (kind) {
            case C, CALLS -> Goal.NONE;
            case CHAGRES -> ours;
            case NIO, JUNIXSOCKET, JUNIXSOCKET_STREAMS, JNR, JNA -> Goal.PEER;
        };
    }

    /** One that nothing is bound to, beside the library: its folder goes when the benchmarks end. */
    static Path path(CLibrary c) {
        return c.file().resolveSibling("socket" + PATHS.incrementAndGet());
    }

    static Pair.Placement oneCpu() throws IOException {
        int cpu = Cpus.allowed().getFirst();
        return new Pair.Placement(cpu, cpu);
    }

    static Pair.Placement twoCpus() throws IOException {
        List<Integer> cpus = Cpus.allowed();
        if (cpus.size() < 2) {
            throw new UnsupportedOperationException("this needs two CPUs");
        }
        return new Pair.Placement(cpus.get(0), cpus.get(1));
    }

    /** Processes to end, the last one first. */
    static final class Peers implements AutoCloseable {
        private final Deque<Runnable> closes = new ArrayDeque<>();

        void add(Runnable close) {
            closes.push(close);
        }

        @Override
        public void close() {
            closes.forEach(Runnable::run);
        }
    }
}
