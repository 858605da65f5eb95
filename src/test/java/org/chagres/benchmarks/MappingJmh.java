package org.chagres.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.chagres.Descriptor;
import org.chagres.file.LockMode;
import org.chagres.file.RecordLock;
import org.chagres.memory.MappedMemory;
import org.chagres.memory.MemoryFile;
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

/** Mapping, copying and locking by JMH's method: a second opinion on the rows {@code map…}, {@code checked…}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MappingJmh {
    private static final long BYTE_SIZE = 4096;

    private Arena arena;
    private MemoryFile memoryFile;
    private Descriptor file;
    private MappedMemory mapped;
    private MemorySegment local;

    /** For JMH. */
    public MappingJmh() {}

    @Setup
    public void create() throws Exception {
        arena = Arena.ofConfined();
        local = arena.allocate(BYTE_SIZE);
        memoryFile = MemoryFile.create("benchmark", BYTE_SIZE);
        file = memoryFile.descriptor();
        mapped = memoryFile.map();
    }

    @TearDown
    public void close() {
        mapped.close();
        memoryFile.close();
        arena.close();
    }

    @Benchmark
    public long map() throws Exception {
        try (Arena confined = Arena.ofConfined()) {
            return MappedMemory.map(file, confined).address();
        }
    }

    @Benchmark
    public void get() throws Exception {
        mapped.get(0, local);
    }

    @Benchmark
    public boolean lock() throws Exception {
        try (RecordLock lock = RecordLock.tryLock(file, LockMode.EXCLUSIVE).orElseThrow()) {
            return lock.isOpen();
        }
    }
}
