package org.chagres.benchmarks;

import java.io.IOException;
import java.util.List;
import org.chagres.benchmarks.PipePair.Threads;
import org.chagres.benchmarks.ProcessPeer.Kind;

/** Children; each variant is a JVM of its own. */
final class ProcessRows {
    private static final int MANY = 1_000;
    private static final long OUTPUT = 64L * 1024 * 1024;
    private static final int PIECE = 64 * 1024;

    static final List<Row> ALL = List.of(
            new Row("spawn", "/bin/true started and waited for", (to, c) -> spawn(to, c, 0, anyCpu())),
            new Row("spawn-one-cpu", "the same, all on one CPU", (to, c) -> spawn(to, c, 0, oneCpu())),
            new Row("spawn-1000", "with 1,000 descriptors open", (to, c) -> spawn(to, c, MANY, anyCpu())),
            new Row("spawn-1000-one-cpu", "the same, all on one CPU", (to, c) -> spawn(to, c, MANY, oneCpu())),
            new Row(
                    "spawn-output",
                    "64 MiB of head(1) through a pipe, on one CPU",
                    (to, c) -> output(to, c, 0, oneCpu())),
            new Row("spawn-output-split", "the same on any CPUs", (to, c) -> output(to, c, 0, anyCpu())),
            new Row("spawn-output-64k", "of dd(1) by 64 KiB, on one CPU", (to, c) -> output(to, c, PIECE, oneCpu())));

    /** Faster by 1.5. */
    private static final double SPAWN_GOAL = 1 / 1.5;
    /** A throughput of at least 0.97. */
    private static final double OUTPUT_GOAL = 1 / 0.97;

    private static final String JDK = "ProcessBuilder";
    private static final String JDK_VIRTUAL = "ProcessBuilder, virtual thread";

    private ProcessRows() {}

    private static List<Result> spawn(Comparison comparison, CLibrary c, int open, Pair.Placement placement)
            throws Throwable {
        try (Peer ofC = peer(c, placement, Kind.C, Threads.PLATFORM, open, 0, 0);
                Peer clean = peer(c, placement, Kind.C_CLEAN, Threads.PLATFORM, open, 0, 0);
                Peer platform = peer(c, placement, Kind.CHAGRES, Threads.PLATFORM, open, 0, 0);
                Peer virtual = peer(c, placement, Kind.CHAGRES, Threads.VIRTUAL, open, 0, 0);
                Peer jdk = peer(c, placement, Kind.JDK, Threads.PLATFORM, open, 0, 0);
                Peer jdkVirtual = peer(c, placement, Kind.JDK, Threads.VIRTUAL, open, 0, 0)) {
            return comparison
                    .add("C", ofC)
                    .add("C, descriptors closed, signals reset, pidfd", clean)
                    .add("ChildProcess", platform, Goal.NONE.andRatioTo(JDK, SPAWN_GOAL))
                    .add("ChildProcess, virtual thread", virtual, Goal.NONE.andRatioTo(JDK_VIRTUAL, SPAWN_GOAL))
                    .add(JDK, jdk)
                    .add(JDK_VIRTUAL, jdkVirtual)
                    .measure();
        }
    }

    private static List<Result> output(Comparison comparison, CLibrary c, int piece, Pair.Placement placement)
            throws Throwable {
        try (Peer ofC = peer(c, placement, Kind.C, Threads.PLATFORM, 0, OUTPUT, piece);
                Peer platform = peer(c, placement, Kind.CHAGRES, Threads.PLATFORM, 0, OUTPUT, piece);
                Peer virtual = peer(c, placement, Kind.CHAGRES, Threads.VIRTUAL, 0, OUTPUT, piece);
                Peer jdk = peer(c, placement, Kind.JDK, Threads.PLATFORM, 0, OUTPUT, piece);
                Peer jdkVirtual = peer(c, placement, Kind.JDK, Threads.VIRTUAL, 0, OUTPUT, piece)) {
            return comparison
                    .add("C", ofC)
                    .add("ChildProcess", platform, Goal.ratio(OUTPUT_GOAL))
                    .add("ChildProcess, virtual thread", virtual)
                    .add(JDK, jdk)
                    .add(JDK_VIRTUAL, jdkVirtual)
                    .measure();
        }
    }

    private static Peer peer(
            CLibrary c, Pair.Placement placement, Kind kind, Threads threads, int open, long byteSize, int piece)
            throws IOException {
        return Peer.ofJava(ProcessPeer.class, placement, kind, threads, open, byteSize, piece, c.file());
    }

    private static Pair.Placement anyCpu() {
        return new Pair.Placement(-1, -1);
    }

    private static Pair.Placement oneCpu() throws IOException {
        int cpu = Cpus.allowed().getFirst();
        return new Pair.Placement(cpu, cpu);
    }
}
