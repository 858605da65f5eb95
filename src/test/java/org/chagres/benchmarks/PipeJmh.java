package org.chagres.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.chagres.pipe.Pipe;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A byte written and read, and a failing try, by JMH's method: a second opinion on the rows {@code pipe}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PipeJmh {
    private Arena arena;
    private MemorySegment bytes;
    private Pipe full;
    private Pipe empty;
    private java.nio.channels.Pipe nio;
    private ByteBuffer buffer;

    /** For JMH. */
    public PipeJmh() {}

    @Setup
    public void create() throws Exception {
        arena = Arena.ofConfined();
        bytes = arena.allocate(1);
        full = Pipe.create();
        empty = Pipe.create();
        nio = java.nio.channels.Pipe.open();
        buffer = ByteBuffer.allocateDirect(1);
    }

    @TearDown
    public void close() throws Exception {
        full.close();
        empty.close();
        nio.sink().close();
        nio.source().close();
        arena.close();
    }

    @Benchmark
    public long writeAndRead() throws Exception {
        full.sink().write(bytes);
        return full.source().read(bytes);
    }

    @Benchmark
    public long tryRead() throws Exception {
        return empty.source().tryRead(bytes, Duration.ZERO);
    }

    @Benchmark
    public int nioWriteAndRead() throws Exception {
        nio.sink().write(buffer.clear());
        return nio.source().read(buffer.clear());
    }
}
