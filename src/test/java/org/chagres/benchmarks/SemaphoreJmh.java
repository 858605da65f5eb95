package org.chagres.benchmarks;

import java.util.concurrent.TimeUnit;
import org.chagres.semaphore.ProcessSemaphore;
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

/** A pair and a failing try by JMH's method: a second opinion on the rows {@code acquire} and {@code try}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SemaphoreJmh {
    private BenchmarkSet set;
    private ProcessSemaphore full;
    private ProcessSemaphore empty;

    /** For JMH. */
    public SemaphoreJmh() {}

    @Setup
    public void create() throws Exception {
        set = new BenchmarkSet(1, 0);
        full = set.semaphore(0);
        empty = set.semaphore(1);
    }

    @TearDown
    public void remove() {
        set.close();
    }

    @Benchmark
    public void acquire() throws Exception {
        full.acquire();
        full.release();
    }

    @Benchmark
    public boolean tryAcquire() throws Exception {
        return empty.tryAcquire();
    }
}
