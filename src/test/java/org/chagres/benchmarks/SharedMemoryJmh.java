package org.chagres.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import org.chagres.IpcKey;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.memory.SharedMemory;
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

/** The two shortest operations by JMH's method: a second opinion on the rows {@code call} and {@code add}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SharedMemoryJmh {
    private static final VarHandle LONG = JAVA_LONG.varHandle();

    private SharedMemory memory;
    private MemorySegment segment;

    /** For JMH. */
    public SharedMemoryJmh() {}

    /** Makes the memory; removed at once, it lives until it is detached. */
    @Setup
    public void create() throws Exception {
        memory = SharedMemory.create(IpcKey.PRIVATE, Long.BYTES);
        memory.remove();
        segment = memory.segment();
    }

    @TearDown
    public void close() {
        memory.close();
    }

    @Benchmark
    public int call() {
        return ProcessCalls.getpagesize();
    }

    @Benchmark
    public long add() {
        return (long) LONG.getAndAdd(segment, 0L, 1L);
    }
}
