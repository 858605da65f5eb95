package org.chagres.benchmarks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.chagres.benchmarks.PipePair.Shape;
import org.chagres.benchmarks.PipePair.Threads;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSink;
import org.chagres.pipe.PipeSource;

/** Pipes. */
final class PipeRows {
    private static final int LARGE = 64 * 1024;
    private static final int WAITERS = 5_000;

    static final List<Row> ALL = List.of(
            new Row("pipe", "a byte written and read by one thread", (to, c) -> calls(to, c, 1)),
            new Row("pipe-64k", "64 KiB written and read by one thread", (to, c) -> calls(to, c, LARGE)),
            new Row("pipe-timed", "the byte, with a time-out that is not needed", PipeRows::timed),
            new Row("pipe-try", "a try where there is nothing to read", PipeRows::tryRead),
            new Row("pipe-call", "two threads on one CPU call and answer", (to, c) -> call(to, c, 1, oneCpu())),
            new Row("pipe-call-split", "the same on two CPUs", (to, c) -> call(to, c, 1, twoCpus())),
            new Row("pipe-call-64k", "by 64 KiB, on one CPU", (to, c) -> call(to, c, LARGE, oneCpu())),
            new Row("pipe-pour", "a byte one way, on one CPU", (to, c) -> pour(to, c, 1, oneCpu())),
            new Row("pipe-pour-64k", "64 KiB one way, on one CPU", (to, c) -> pour(to, c, LARGE, oneCpu())),
            new Row("pipe-pour-64k-split", "the same on two CPUs", (to, c) -> pour(to, c, LARGE, twoCpus())),
            new Row("pipe-virtual", "two virtual threads call and answer", (to, c) -> virtual(to, c, Shape.CALL, 1)),
            new Row("pipe-virtual-64k", "by 64 KiB", (to, c) -> virtual(to, c, Shape.CALL, LARGE)),
            new Row("pipe-virtual-pour", "a byte one way", (to, c) -> virtual(to, c, Shape.POUR, 1)),
            new Row("pipe-virtual-pour-64k", "64 KiB one way", (to, c) -> virtual(to, c, Shape.POUR, LARGE)),
            new Row("pipe-waiters", "5,000 virtual threads on 5,000 pipes, a byte for each", PipeRows::waiters));

    private static final Duration TIMEOUT = Duration.ofHours(1);
    private static final double CALLS_GOAL = 1.07;
    private static final double CALL_GOAL = 1.04;
    private static final double REFUSAL_GOAL = 1.12;
    /** A throughput of at least 0.97. */
    private static final double POUR_GOAL = 1 / 0.97;

    private static final Pair.Placement ANY_CPU = new Pair.Placement(-1, -1);
    private static final String NIO = "NIO Pipe";
    private static final String JNA = "JNA, direct mapping";

    private PipeRows() {}

    private static List<Result> calls(Comparison comparison, CLibrary c, int byteSize) throws Throwable {
        try (Numbers ofC = new Numbers(byteSize, PipeEnds.make(c));
                Numbers ofCalls = new Numbers(byteSize, PipeEnds.make(c));
                Numbers ofJna = new Numbers(byteSize, PipeEnds.make(c));
                Channels ofNio = new Channels(byteSize);
                Ends ends = new Ends(byteSize);
                Ends whole = new Ends(byteSize)) {
            comparison
                    .add("C", c.loop("loop_pipe", ofC.sink, ofC.source, byteSize))
                    .add(
                            "write(), read()",
                            ends::pairs,
                            Goal.ratio(CALLS_GOAL).andRatioTo(NIO, 1).andBytes(0))
                    .add(
                            "writeFully(), readFully()",
                            whole::wholePairs,
                            Goal.ratio(CALLS_GOAL).andBytes(0))
                    .add("... the same calls, no wait prepared", ofCalls::pairs, Goal.bytes(0))
                    .add(NIO, ofNio::pairs);
            if (Jna.isPresent()) {
                comparison.add(JNA, ofJna::pairsByJna);
            }
            return comparison.measure();
        }
    }

    private static List<Result> timed(Comparison comparison, CLibrary c) throws Throwable {
        try (Numbers ofC = new Numbers(1, PipeEnds.make(c));
                Ends ends = new Ends(1)) {
            return comparison
                    .add("C, no time-out", c.loop("loop_pipe", ofC.sink, ofC.source, 1))
                    .add(
                            "tryWrite(), tryRead(Duration)",
                            n -> ends.tries(n, TIMEOUT),
                            Goal.ratio(CALLS_GOAL).andBytes(0))
                    .add("... with no time", n -> ends.tries(n, Duration.ZERO), Goal.bytes(0))
                    .measure();
        }
    }

    private static List<Result> tryRead(Comparison comparison, CLibrary c) throws Throwable {
        try (Numbers ofC = new Numbers(1, PipeEnds.make(c));
                Channels ofNio = new Channels(1);
                Ends ends = new Ends(1)) {
            ofNio.pipe.source().configureBlocking(false);
            return comparison
                    .add("C, EAGAIN", c.loop("loop_pipe_try", ofC.source))
                    .add(
                            "tryRead(Duration.ZERO)",
                            ends::refusals,
                            Goal.ratio(REFUSAL_GOAL).andBytes(0))
                    .add("NIO Pipe, non-blocking", ofNio::refusals)
                    .measure();
        }
    }

    /** Two threads of a C program and of a JVM each. */
    private static List<Result> call(Comparison comparison, CLibrary c, int byteSize, Pair.Placement placement)
            throws Throwable {
        return onPlatformThreads(
                comparison,
                c,
                Shape.CALL,
                byteSize,
                placement,
                Goal.ratio(CALL_GOAL).andRatioTo(NIO, 1).andBytes(0));
    }

    private static List<Result> pour(Comparison comparison, CLibrary c, int byteSize, Pair.Placement placement)
            throws Throwable {
        Goal goal = byteSize == LARGE
                ? Goal.bytes(0).andRatioTo(Goal.THE_BEST, POUR_GOAL)
                : Goal.ratio(CALLS_GOAL).andRatioTo(NIO, 1).andBytes(0); // the calls are all there is to it
        return onPlatformThreads(comparison, c, Shape.POUR, byteSize, placement, goal);
    }

    private static List<Result> onPlatformThreads(
            Comparison comparison, CLibrary c, Shape shape, int byteSize, Pair.Placement placement, Goal goal)
            throws Throwable {
        Object[] ofC = {shape, byteSize, PipePair.C, Threads.PLATFORM, c.file()};
        Object[] ofChagres = {shape, byteSize, Conduit.Kind.CHAGRES, Threads.PLATFORM, c.file()};
        Object[] ofCalls = {shape, byteSize, Conduit.Kind.CALLS, Threads.PLATFORM, c.file()};
        Object[] ofNio = {shape, byteSize, Conduit.Kind.NIO, Threads.PLATFORM, c.file()};
        Object[] ofJna = {shape, byteSize, Conduit.Kind.JNA, Threads.PLATFORM, c.file()};
        try (Peer program = Peer.ofC(c.program("pipe"), placement, shape, byteSize);
                Peer loops = Peer.ofJava(PipePair.class, placement, ofC);
                Peer chagres = Peer.ofJava(PipePair.class, placement, ofChagres);
                Peer calls = Peer.ofJava(PipePair.class, placement, ofCalls);
                Peer nio = Peer.ofJava(PipePair.class, placement, ofNio)) {
            comparison
                    .add("a C program, two threads", program)
                    .add("a JVM, C loops on two threads", loops)
                    .add("a JVM, Pipe", chagres, goal)
                    .add("... the same calls, no wait prepared", calls)
                    .add(NIO, nio);
            if (!Jna.isPresent()) {
                return comparison.measure();
            }
            try (Peer jna = Peer.ofJava(PipePair.class, placement, ofJna)) {
                return comparison.add(JNA, jna).measure();
            }
        }
    }

    private static List<Result> virtual(Comparison comparison, CLibrary c, Shape shape, int byteSize) throws Throwable {
        Object[] ofNio = {shape, byteSize, Conduit.Kind.NIO, Threads.VIRTUAL, c.file()};
        Object[] ofChagres = {shape, byteSize, Conduit.Kind.CHAGRES, Threads.VIRTUAL, c.file()};
        Object[] onPlatform = {shape, byteSize, Conduit.Kind.CHAGRES, Threads.PLATFORM, c.file()};
        try (Peer nio = Peer.ofJava(PipePair.class, ANY_CPU, ofNio);
                Peer chagres = Peer.ofJava(PipePair.class, ANY_CPU, ofChagres);
                Peer platform = Peer.ofJava(PipePair.class, ANY_CPU, onPlatform)) {
            return comparison
                    .add("NIO Pipe, virtual threads", nio)
                    .add("Pipe, virtual threads", chagres, Goal.ratio(1))
                    .add("Pipe, platform threads", platform)
                    .measure();
        }
    }

    private static List<Result> waiters(Comparison comparison, CLibrary c) throws Throwable {
        try (Peer nio = Peer.ofJava(PipeWaiters.class, ANY_CPU, WAITERS, Conduit.Kind.NIO, c.file());
                Peer chagres = Peer.ofJava(PipeWaiters.class, ANY_CPU, WAITERS, Conduit.Kind.CHAGRES, c.file())) {
            return comparison
                    .add("NIO Pipe", nio)
                    .add("Pipe", chagres, Goal.ratio(1))
                    .measure();
        }
    }

    private static Pair.Placement oneCpu() throws IOException {
        int cpu = Cpus.allowed().getFirst();
        return new Pair.Placement(cpu, cpu);
    }

    private static Pair.Placement twoCpus() throws IOException {
        List<Integer> cpus = Cpus.allowed();
        if (cpus.size() < 2) {
            throw new UnsupportedOperationException("this needs two CPUs");
        }
        return new Pair.Placement(cpus.get(0), cpus.get(1));
    }

    /** What goes through a pipe, in memory of an arena that only this thread may use. */
    private abstract static class Messages implements AutoCloseable {
        private final Arena arena = Arena.ofConfined();
        final MemorySegment out;
        final MemorySegment in;

        Messages(int byteSize) {
            out = arena.allocate(byteSize, 4096).fill((byte) 1);
            in = arena.allocate(byteSize, 4096).fill((byte) 1);
        }

        @Override
        public void close() throws IOException {
            arena.close();
        }
    }

    private static final class Ends extends Messages {
        private final Pipe pipe = Pipe.create();

        Ends(int byteSize) throws IOException {
            super(byteSize);
        }

        long pairs(long n) throws Exception {
            PipeSink sink = pipe.sink();
            PipeSource source = pipe.source();
            long read = 0;
            for (long i = 0; i < n; i++) {
                sink.write(out);
                read += source.read(in);
            }
            return read;
        }

        long wholePairs(long n) throws Exception {
            PipeSink sink = pipe.sink();
            PipeSource source = pipe.source();
            for (long i = 0; i < n; i++) {
                sink.writeFully(out);
                source.readFully(in);
            }
            return n;
        }

        long tries(long n, Duration timeout) throws Exception {
            PipeSink sink = pipe.sink();
            PipeSource source = pipe.source();
            long read = 0;
            for (long i = 0; i < n; i++) {
                sink.tryWrite(out, timeout);
                read += source.tryRead(in, timeout);
            }
            return read;
        }

        long refusals(long n) throws Exception {
            PipeSource source = pipe.source();
            long refused = 0;
            for (long i = 0; i < n; i++) {
                refused += source.tryRead(in, Duration.ZERO) == 0 ? 1 : 0;
            }
            return refused;
        }

        @Override
        public void close() throws IOException {
            pipe.close();
            super.close();
        }
    }

    private static final class Channels extends Messages {
        final java.nio.channels.Pipe pipe = java.nio.channels.Pipe.open();
        private final ByteBuffer from;
        private final ByteBuffer into;

        Channels(int byteSize) throws IOException {
            super(byteSize);
            from = Conduit.buffer(byteSize);
            into = Conduit.buffer(byteSize);
        }

        long pairs(long n) throws IOException {
            long read = 0;
            for (long i = 0; i < n; i++) {
                pipe.sink().write(from.clear());
                read += pipe.source().read(into.clear());
            }
            return read;
        }

        long refusals(long n) throws IOException {
            long refused = 0;
            for (long i = 0; i < n; i++) {
                refused += pipe.source().read(into.clear()) == 0 ? 1 : 0;
            }
            return refused;
        }

        @Override
        public void close() throws IOException {
            pipe.sink().close();
            pipe.source().close();
            super.close();
        }
    }

    /** A pipe of bare numbers. */
    private static final class Numbers extends Messages {
        final int source;
        final int sink;

        Numbers(int byteSize, PipeEnds ends) {
            super(byteSize);
            source = ends.source();
            sink = ends.sink();
        }

        long pairs(long n) throws IOException {
            for (long i = 0; i < n; i++) {
                if (DescriptorCalls.write(sink, out, out.byteSize()) < 0
                        || DescriptorCalls.read(source, in, in.byteSize()) < 0) {
                    throw new IOException("a pipe fails");
                }
            }
            return n;
        }

        long pairsByJna(long n) throws IOException {
            long from = out.address();
            long into = in.address();
            long byteSize = out.byteSize();
            for (long i = 0; i < n; i++) {
                if (Jna.write(sink, from, byteSize) < 0 || Jna.read(source, into, byteSize) < 0) {
                    throw new IOException("a pipe fails");
                }
            }
            return n;
        }

        @Override
        public void close() throws IOException {
            DescriptorCalls.close(source);
            DescriptorCalls.close(sink);
            super.close();
        }
    }
}
