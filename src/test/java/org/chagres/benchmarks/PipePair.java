package org.chagres.benchmarks;

import java.nio.file.Path;

/**
 * Two threads of one process with a pipe in each direction: {@code both CPU OTHER_CPU CALL|POUR SIZE KIND THREADS
 * LIBRARY}. Twin: {@code pairs/pipe.c}. A CPU of -1 is any.
 */
final class PipePair {
    /** What the two do. */
    enum Shape {
        /** One calls by a message and the other answers with one. */
        CALL,
        /** One sends so many messages, and the other says when all have come. */
        POUR
    }

    /** How the pipes are used: as a {@link Conduit}, or the C loops in this JVM. */
    static final String C = "C";

    /** On what kind of threads. */
    enum Threads {
        PLATFORM,
        VIRTUAL
    }

    private PipePair() {}

    public static void main(String[] arguments) throws Throwable {
        int cpu = Integer.parseInt(arguments[1]);
        int otherCpu = Integer.parseInt(arguments[2]);
        boolean pours = Shape.valueOf(arguments[3]) == Shape.POUR;
        int byteSize = Integer.parseInt(arguments[4]);
        Loop one;
        Loop other;
        Path library = Path.of(arguments[7]);
        if (arguments[5].equals(C)) {
            PipeEnds ping = PipeEnds.make(library);
            PipeEnds pong = PipeEnds.make(library);
            one = CLibrary.loop(library, pours ? "loop_pipe_pour" : "loop_pipe", ping.sink(), pong.source(), byteSize);
            other = CLibrary.loop(
                    library, pours ? "loop_pipe_drain" : "loop_pipe_answer", pong.sink(), ping.source(), byteSize);
        } else {
            Conduit.Kind kind = Conduit.Kind.valueOf(arguments[5]);
            Conduit ping = kind.open(byteSize, library);
            Conduit pong = kind.open(byteSize, library);
            one = pours ? n -> pour(n, ping, pong) : n -> call(n, ping, pong);
            other = pours ? n -> drain(n, ping, pong, byteSize) : n -> answer(n, ping, pong);
        }
        boolean virtual = Threads.valueOf(arguments[6]) == Threads.VIRTUAL;
        Loop answering = virtual ? new VirtualLoop(other) : other;
        Thread.ofPlatform().daemon().start(() -> answer(answering, otherCpu));
        pin(cpu);
        PairPeer.serveBoth(virtual ? new VirtualLoop(one) : one);
    }

    private static void pin(int cpu) throws Throwable {
        if (cpu >= 0) {
            Cpus.pin(cpu);
        }
    }

    private static void answer(Loop loop, int cpu) {
        try {
            pin(cpu);
            loop.run(Long.MAX_VALUE);
        } catch (Throwable failure) {
            failure.printStackTrace();
            Runtime.getRuntime().halt(3);
        }
    }

    private static long call(long n, Conduit ping, Conduit pong) throws Exception {
        for (long i = 0; i < n; i++) {
            ping.send();
            pong.receive();
        }
        return n;
    }

    private static long answer(long n, Conduit ping, Conduit pong) throws Exception {
        for (long i = 0; i < n; i++) {
            ping.receive();
            pong.send();
        }
        return n;
    }

    private static long pour(long n, Conduit ping, Conduit pong) throws Exception {
        ping.tell(n);
        for (long i = 0; i < n; i++) {
            ping.send();
        }
        return pong.told();
    }

    private static long drain(long n, Conduit ping, Conduit pong, long byteSize) throws Exception {
        for (long i = 0; i < n; i++) {
            long messages = ping.told();
            for (long rest = messages * byteSize; rest > 0; ) {
                rest -= ping.receiveSome();
            }
            pong.tell(messages);
        }
        return n;
    }
}
