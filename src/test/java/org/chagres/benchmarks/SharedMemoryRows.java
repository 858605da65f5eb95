package org.chagres.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.function.Consumer;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.memory.SharedMemory;

/** System V shared memory. */
final class SharedMemoryRows {
    static final List<Row> ALL = List.of(
            new Row("attach", "shmat, size by IPC_STAT, shmdt", SharedMemoryRows::attach),
            new Row("open", "as attach, as an object that any thread may close", SharedMemoryRows::open),
            new Row("add", "atomic add to a long in shared memory", SharedMemoryRows::add),
            new Row("spin", "two processes call and answer in shared memory, spinning", SharedMemoryRows::spin));

    private static final long BYTE_SIZE = 4096;
    private static final VarHandle LONG = JAVA_LONG.varHandle();
    private static final Consumer<MemorySegment> DO_NOTHING = memory -> {};

    private SharedMemoryRows() {}

    private static List<Result> attach(Comparison comparison, CLibrary c) throws Throwable {
        try (SharedMemory memory = segment()) {
            int id = memory.id();
            return comparison
                    .add("C", c.loop("loop_attach", id))
                    .add(
                            "attach(id, confined arena)",
                            n -> attachments(n, id),
                            Goal.ratio(1.05).andBytes(64))
                    .add("the same calls, no arena", n -> calls(n, id), Goal.bytes(0))
                    .add("an empty confined arena", SharedMemoryRows::emptyArenas)
                    .add("... with memory, nothing to detach", SharedMemoryRows::arenasWithMemory)
                    .measure();
        }
    }

    private static List<Result> open(Comparison comparison, CLibrary c) throws Throwable {
        try (SharedMemory memory = segment()) {
            int id = memory.id();
            return comparison
                    .add("C", c.loop("loop_attach", id))
                    .add("open(id), close()", n -> openings(n, id))
                    .add("an empty shared arena", SharedMemoryRows::emptySharedArenas)
                    .measure();
        }
    }

    private static List<Result> add(Comparison comparison, CLibrary c) throws Throwable {
        try (SharedMemory memory = segment();
                Arena arena = Arena.ofConfined()) {
            MemorySegment local = memory.segment();
            MemorySegment confined = SharedMemory.attach(memory.id(), arena);
            return comparison
                    .add(
                            "C, __atomic_fetch_add",
                            c.loop("loop_add", memory.segment().address()))
                    .add(
                            "getAndAdd, segment in a variable",
                            n -> additions(n, local),
                            Goal.ratio(1.05).andBytes(0))
                    .add(
                            "... of a confined arena",
                            n -> additions(n, confined),
                            Goal.ratio(1.05).andBytes(0))
                    .add("getAndAdd, segment() each time", n -> additions(n, memory), Goal.bytes(0))
                    .measure();
        }
    }

    private static List<Result> spin(Comparison comparison, CLibrary c) throws Throwable {
        List<Integer> cpus = Cpus.allowed();
        if (cpus.size() < 2) {
            throw new UnsupportedOperationException("two processes that spin need two CPUs");
        }
        Pair.Placement split = new Pair.Placement(cpus.get(0), cpus.get(1));
        try (SharedMemory ofC = segment();
                SharedMemory ofJava = segment();
                Pair programs = Pair.ofC(c.program("spin"), split, ofC.id());
                Pair jvms = Pair.ofJava(SpinPair.class, split, ofJava.id())) {
            return comparison
                    .add("two C programs", programs)
                    .add("two JVMs, SharedMemory.open", jvms, Goal.ratio(1.0).andBytes(0))
                    .measure();
        }
    }

    /**
     * Removed at once, so that nothing can be left behind: it lives, and attaches by its identifier, until the last
     * detach.
     */
    private static SharedMemory segment() throws Exception {
        SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, BYTE_SIZE);
        memory.remove();
        return memory;
    }

    private static long attachments(long n, int id) throws Exception {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            try (Arena arena = Arena.ofConfined()) {
                sum += SharedMemory.attach(id, arena).byteSize();
            }
        }
        return sum;
    }

    /**
     * Where a loop leaves what it made, as the compiler removes what nobody could see: an object, or the whole loop.
     */
    private static volatile Object escaped;

    private static long emptyArenas(long n) {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            try (Arena arena = Arena.ofConfined()) {
                escaped = arena;
                sum += arena.scope().isAlive() ? 1 : 0;
            }
        }
        return sum;
    }

    private static long emptySharedArenas(long n) {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            try (Arena arena = Arena.ofShared()) {
                sum += arena.scope().isAlive() ? 1 : 0;
            }
        }
        return sum;
    }

    /** What any library pays that gives memory to an arena. */
    private static long arenasWithMemory(long n) {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            try (Arena arena = Arena.ofConfined()) {
                escaped = arena;
                MemorySegment memory = MemorySegment.ofAddress(BYTE_SIZE).reinterpret(BYTE_SIZE, arena, DO_NOTHING);
                escaped = memory;
                sum += memory.byteSize();
            }
        }
        return sum;
    }

    private static long calls(long n, int id) {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            long address = SharedMemoryObject.attach(id, 0, false, false);
            sum += SharedMemoryObject.byteSize(id);
            if (address < 0 || SharedMemoryObject.detach(address) < 0) {
                throw new AssertionError("id=" + id);
            }
        }
        return sum;
    }

    private static long openings(long n, int id) throws Exception {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            try (SharedMemory memory = SharedMemory.open(id)) {
                sum += memory.byteSize();
            }
        }
        return sum;
    }

    private static long additions(long n, SharedMemory memory) {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            sum ^= (long) LONG.getAndAdd(memory.segment(), 0L, 1L);
        }
        return sum;
    }

    private static long additions(long n, MemorySegment segment) {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            sum ^= (long) LONG.getAndAdd(segment, 0L, 1L);
        }
        return sum;
    }
}
