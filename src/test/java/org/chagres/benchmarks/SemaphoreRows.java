package org.chagres.benchmarks;

import static org.chagres.benchmarks.SemaphorePair.PING;
import static org.chagres.benchmarks.SemaphorePair.PONG;

import java.time.Duration;
import java.util.List;
import org.chagres.benchmarks.SemaphorePair.Kind;
import org.chagres.internal.resource.SemaphoreWaits;
import org.chagres.internal.syscall.SemaphoreCalls;
import org.chagres.semaphore.Permit;
import org.chagres.semaphore.ProcessSemaphore;

/** System V semaphores. */
final class SemaphoreRows {
    static final List<Row> ALL = List.of(
            new Row("acquire", "a permit taken and given back, nobody waits", SemaphoreRows::acquire),
            new Row("undo", "the same with SEM_UNDO", SemaphoreRows::undo),
            new Row("try", "a try where there is no permit", SemaphoreRows::tryAcquire),
            new Row("timed", "acquire with a time-out, which is not needed", SemaphoreRows::timed),
            new Row("handoff", "two processes on one CPU call and answer by two semaphores", SemaphoreRows::handoff),
            new Row("handoff-split", "the same on two CPUs", SemaphoreRows::handoffSplit),
            new Row("virtual", "two threads of one process call and answer, on any CPU", SemaphoreRows::virtual),
            new Row("virtual-pair", "two processes do, on a CPU each", SemaphoreRows::virtualPair));

    private static final Duration TIMEOUT = Duration.ofHours(1);
    private static final double PAIR_GOAL = 1.08;
    private static final double REFUSAL_GOAL = 1.12;
    private static final double HANDOFF_GOAL = 1.03;

    private SemaphoreRows() {}

    private static List<Result> acquire(Comparison comparison, CLibrary c) throws Throwable {
        try (BenchmarkSet set = new BenchmarkSet(1)) {
            ProcessSemaphore semaphore = set.semaphore(0);
            comparison
                    .add("C", c.loop("loop_acquire", set.id()))
                    .add(
                            "acquire(), release()",
                            n -> pairs(n, semaphore),
                            Goal.ratio(PAIR_GOAL).andBytes(0))
                    .add("tryAcquire(), release()", n -> tries(n, semaphore), Goal.bytes(0))
                    .add("... the same calls, no wait prepared", n -> calls(n, set.id()), Goal.bytes(0));
            if (Jna.isPresent()) {
                JnaSemaphore other = new JnaSemaphore(set.id(), 0);
                comparison.add("JNA, direct mapping", n -> pairs(n, other));
            }
            return comparison.measure();
        }
    }

    private static List<Result> undo(Comparison comparison, CLibrary c) throws Throwable {
        try (BenchmarkSet set = new BenchmarkSet(1)) {
            ProcessSemaphore plain = set.semaphore(0);
            ProcessSemaphore semaphore = plain.withUndo();
            return comparison
                    .add("C", c.loop("loop_acquire", set.id(), SemaphoreCalls.SEM_UNDO))
                    .add(
                            "withUndo(): acquire(), release()",
                            n -> pairs(n, semaphore),
                            Goal.ratio(PAIR_GOAL).andBytes(0))
                    .add("hold(), close()", n -> permits(n, plain))
                    .measure();
        }
    }

    private static List<Result> tryAcquire(Comparison comparison, CLibrary c) throws Throwable {
        try (BenchmarkSet set = new BenchmarkSet(0)) {
            ProcessSemaphore semaphore = set.semaphore(0);
            return comparison
                    .add("C, EAGAIN", c.loop("loop_try_acquire", set.id()))
                    .add(
                            "tryAcquire()",
                            n -> refusals(n, semaphore),
                            Goal.ratio(REFUSAL_GOAL).andBytes(0))
                    .add("... the same call", n -> refusedCalls(n, set.id()), Goal.bytes(0))
                    .measure();
        }
    }

    private static List<Result> timed(Comparison comparison, CLibrary c) throws Throwable {
        try (BenchmarkSet set = new BenchmarkSet(1)) {
            ProcessSemaphore semaphore = set.semaphore(0);
            return comparison
                    .add("C, semtimedop and semop", c.loop("loop_acquire_timed", set.id(), TIMEOUT.toSeconds()))
                    .add(
                            "tryAcquire(Duration), release()",
                            n -> timedTries(n, semaphore),
                            Goal.ratio(PAIR_GOAL).andBytes(0))
                    .measure();
        }
    }

    private static List<Result> handoff(Comparison comparison, CLibrary c) throws Throwable {
        int cpu = Cpus.allowed().getFirst();
        return handoff(comparison, c, new Pair.Placement(cpu, cpu));
    }

    private static List<Result> handoffSplit(Comparison comparison, CLibrary c) throws Throwable {
        return handoff(comparison, c, twoCpus());
    }

    private static List<Result> handoff(Comparison comparison, CLibrary c, Pair.Placement placement) throws Throwable {
        try (BenchmarkSet ofC = new BenchmarkSet(0, 0);
                BenchmarkSet ofJava = new BenchmarkSet(0, 0);
                BenchmarkSet ofCalls = new BenchmarkSet(0, 0);
                BenchmarkSet ofJna = new BenchmarkSet(0, 0);
                Pair programs = Pair.ofC(c.program("semaphore"), placement, ofC.id());
                Pair jvms = Pair.ofJava(SemaphorePair.class, placement, ofJava.id(), Kind.PLATFORM);
                Pair calls = Pair.ofJava(SemaphorePair.class, placement, ofCalls.id(), Kind.CALLS)) {
            comparison
                    .add("two C programs", programs)
                    .add("two JVMs, ProcessSemaphore", jvms, Goal.ratio(HANDOFF_GOAL))
                    .add("... the same calls, no wait prepared", calls);
            if (!Jna.isPresent()) {
                return comparison.measure();
            }
            try (Pair others = Pair.ofJava(SemaphorePair.class, placement, ofJna.id(), Kind.JNA)) {
                return comparison.add("two JVMs, JNA", others).measure();
            }
        }
    }

    private static List<Result> virtual(Comparison comparison, CLibrary c) throws Throwable {
        try (Echo platform = new Echo(Kind.PLATFORM);
                Echo virtual = new Echo(Kind.VIRTUAL);
                Echo offloaded = new Echo(Kind.OFFLOADED)) {
            return comparison
                    .add("platform threads", platform.caller())
                    .add("virtual threads", virtual.caller())
                    .add("... handing acquire() to an executor", offloaded.caller())
                    .measure();
        }
    }

    private static List<Result> virtualPair(Comparison comparison, CLibrary c) throws Throwable {
        Pair.Placement split = twoCpus();
        try (BenchmarkSet ofC = new BenchmarkSet(0, 0);
                BenchmarkSet ofVirtual = new BenchmarkSet(0, 0);
                BenchmarkSet ofOffloaded = new BenchmarkSet(0, 0);
                Pair programs = Pair.ofC(c.program("semaphore"), split, ofC.id());
                Pair virtual = Pair.ofJava(SemaphorePair.class, split, ofVirtual.id(), Kind.VIRTUAL);
                Pair offloaded = Pair.ofJava(SemaphorePair.class, split, ofOffloaded.id(), Kind.OFFLOADED)) {
            return comparison
                    .add("two C programs, a CPU each", programs)
                    .add("two JVMs, virtual threads", virtual)
                    .add("... handing acquire() to an executor", offloaded)
                    .measure();
        }
    }

    private static Pair.Placement twoCpus() throws Exception {
        List<Integer> cpus = Cpus.allowed();
        if (cpus.size() < 2) {
            throw new UnsupportedOperationException("this needs two CPUs");
        }
        return new Pair.Placement(cpus.get(0), cpus.get(1));
    }

    /** A thread that answers until it is closed, and the loop of one that calls it. */
    private static final class Echo implements AutoCloseable {
        private final BenchmarkSet set = new BenchmarkSet(0, 0);
        private final ProcessSemaphore ping = set.semaphore(PING);
        private final ProcessSemaphore pong = set.semaphore(PONG);
        private final Kind kind;
        private final Thread thread;

        Echo(Kind kind) throws Exception {
            this.kind = kind;
            this.thread = Thread.ofPlatform().daemon().start(this::answer);
        }

        Loop caller() {
            return SemaphorePair.loop(kind, false, ping, pong);
        }

        private void answer() {
            try {
                SemaphorePair.loop(kind, true, ping, pong).run(Long.MAX_VALUE);
            } catch (Throwable failure) {
                if (ping.isOpen()) {
                    throw new AssertionError(failure);
                }
            }
        }

        @Override
        public void close() {
            ping.close();
            try {
                thread.join();
            } catch (InterruptedException failure) {
                throw new AssertionError(failure);
            }
            set.close();
        }
    }

    private static long pairs(long n, ProcessSemaphore semaphore) throws Exception {
        for (long i = 0; i < n; i++) {
            semaphore.acquire();
            semaphore.release();
        }
        return n;
    }

    private static long pairs(long n, JnaSemaphore semaphore) throws Exception {
        for (long i = 0; i < n; i++) {
            semaphore.acquire();
            semaphore.release();
        }
        return n;
    }

    private static long tries(long n, ProcessSemaphore semaphore) throws Exception {
        long taken = 0;
        for (long i = 0; i < n; i++) {
            if (semaphore.tryAcquire()) {
                taken++;
                semaphore.release();
            }
        }
        return taken;
    }

    private static long refusals(long n, ProcessSemaphore semaphore) throws Exception {
        long refused = 0;
        for (long i = 0; i < n; i++) {
            refused += semaphore.tryAcquire() ? 0 : 1;
        }
        return refused;
    }

    private static long refusedCalls(long n, int id) {
        long take = SemaphoreWaits.operation(0, -1, false, true);
        long refused = 0;
        for (long i = 0; i < n; i++) {
            refused += SemaphoreCalls.semopOne(id, take) == SemaphoreWaits.NOT_NOW ? 1 : 0;
        }
        return refused;
    }

    private static long timedTries(long n, ProcessSemaphore semaphore) throws Exception {
        long taken = 0;
        for (long i = 0; i < n; i++) {
            if (semaphore.tryAcquire(TIMEOUT)) {
                taken++;
                semaphore.release();
            }
        }
        return taken;
    }

    private static long permits(long n, ProcessSemaphore semaphore) throws Exception {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            try (Permit permit = semaphore.hold()) {
                sum += permit.permits();
            }
        }
        return sum;
    }

    private static long calls(long n, int id) {
        long take = SemaphoreWaits.operation(0, -1, false, false);
        long give = SemaphoreWaits.operation(0, 1, false, false);
        for (long i = 0; i < n; i++) {
            if (SemaphoreCalls.semopOne(id, take) < 0 || SemaphoreCalls.semopOne(id, give) < 0) {
                throw new AssertionError("id=" + id);
            }
        }
        return n;
    }
}
