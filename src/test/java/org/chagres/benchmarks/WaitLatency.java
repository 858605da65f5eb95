package org.chagres.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.SynchronousQueue;
import org.chagres.semaphore.ProcessSemaphore;

/**
 * How soon a thread that is blocked in the kernel is back after what ends its wait: from the moment before the permit,
 * the interrupt or the close, or from the deadline, to the return of the call. One wait after the other, each ended
 * only when the kernel counts the waiter, that is when nothing is left to do but to be woken.
 *
 * <p>In a JVM of its own each, with the signal that ends a blocked call and without it.
 */
final class WaitLatency {
    private static final double P50_GOAL_MICROS = 100;
    private static final double P99_GOAL_MICROS = 2_000;

    private static final Duration TIMEOUT = Duration.ofMillis(1);
    private static final long PATIENCE_NANOS = 5_000_000_000L;

    private enum Kind {
        PLATFORM,
        VIRTUAL
    }

    private enum End {
        PERMIT,
        INTERRUPT,
        CLOSE,
        DEADLINE
    }

    private WaitLatency() {}

    static void run(List<String> arguments) throws IOException {
        int waits = arguments.contains("--quick") ? 300 : 5_000;
        System.out.println(Machine.describe());
        List<Line> with = measure(waits);
        List<Line> without = measure(waits / 10, "-Dorg.chagres.signal=0"); // each takes a whole slice
        System.out.printf(
                "%n| thread | ended by | p50 µs | p99 µs | longest | goal | without the signal: p50 | p99 |%n");
        System.out.printf("|---|---|---|---|---|---|---|---|%n");
        for (int i = 0; i < with.size(); i++) {
            Line line = with.get(i);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %.0f | %.0f | %.0f | %s | %.0f | %.0f |%n",
                    line.kind.toLowerCase(Locale.ROOT),
                    line.end.toLowerCase(Locale.ROOT),
                    line.p50,
                    line.p99,
                    line.longest,
                    line.p50 <= P50_GOAL_MICROS && line.p99 <= P99_GOAL_MICROS ? "ok" : "OVER",
                    without.get(i).p50,
                    without.get(i).p99);
        }
        System.out.printf(
                Locale.ROOT,
                "%n%d waits each, %d without the signal (goal: p50 <= %.0f, p99 <= %.0f)%n",
                waits,
                waits / 10,
                P50_GOAL_MICROS,
                P99_GOAL_MICROS);
    }

    /** What the other JVM says of one kind of thread and one end, in microseconds. */
    private record Line(String kind, String end, double p50, double p99, double longest) {
        static Line parse(String text) {
            String[] words = text.split(" ");
            return new Line(
                    words[0],
                    words[1],
                    Double.parseDouble(words[2]),
                    Double.parseDouble(words[3]),
                    Double.parseDouble(words[4]));
        }

        static Line of(Kind kind, End end, double[] micros) {
            double[] sorted = micros.clone();
            Arrays.sort(sorted);
            return new Line(
                    kind.name(),
                    end.name(),
                    sorted[sorted.length / 2],
                    sorted[sorted.length * 99 / 100],
                    sorted[sorted.length - 1]);
        }

        void print() {
            System.out.println(kind + " " + end + " " + p50 + " " + p99 + " " + longest);
        }
    }

    private static List<Line> measure(int waits, String... options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(WaitLatency.class.getName(), Integer.toString(waits)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = process.inputReader()) {
            List<Line> lines = out.lines().map(Line::parse).toList();
            if (lines.size() != Kind.values().length * End.values().length) {
                throw new IOException(command + " said " + lines);
            }
            return lines;
        } finally {
            process.destroy();
        }
    }

    /** The JVM that waits: {@code WAITS}. */
    public static void main(String[] arguments) throws Exception {
        int waits = Integer.parseInt(arguments[0]);
        try (BenchmarkSet set = new BenchmarkSet(0)) {
            for (Kind kind : Kind.values()) {
                for (End end : End.values()) {
                    new Waits(set.id(), end).measure(kind, waits / 4 + 1); // to warm up
                    Line.of(kind, end, new Waits(set.id(), end).measure(kind, waits))
                            .print();
                }
            }
        }
    }

    /** A thread that waits again and again, and what ends its waits. */
    private static final class Waits {
        private final int id;
        private final End end;
        private final SynchronousQueue<ProcessSemaphore> toWaitFor = new SynchronousQueue<>();
        private final SynchronousQueue<Long> ended = new SynchronousQueue<>();

        Waits(int id, End end) {
            this.id = id;
            this.end = end;
        }

        double[] measure(Kind kind, int waits) throws Exception {
            Thread.Builder threads = kind == Kind.VIRTUAL
                    ? Thread.ofVirtual()
                    : Thread.ofPlatform().daemon();
            Thread waiter = threads.start(() -> waitFor(waits));
            double[] micros = new double[waits];
            for (int i = 0; i < waits; i++) {
                try (ProcessSemaphore semaphore = ProcessSemaphore.open(id)) {
                    toWaitFor.put(semaphore);
                    long start = end == End.DEADLINE ? 0 : endWait(semaphore, waiter);
                    micros[i] = (ended.take() - start) / 1e3;
                }
            }
            waiter.join();
            return micros;
        }

        private long endWait(ProcessSemaphore semaphore, Thread waiter) throws Exception {
            long since = System.nanoTime();
            while (semaphore.status().waitingForIncrease() == 0) {
                if (System.nanoTime() - since > PATIENCE_NANOS) {
                    throw new IOException("nobody waits");
                }
                Thread.onSpinWait();
            }
            long start = System.nanoTime();
            switch (end) {
                case PERMIT -> semaphore.release();
                case INTERRUPT -> waiter.interrupt();
                case CLOSE -> semaphore.close();
                case DEADLINE -> throw new AssertionError(end);
            }
            return start;
        }

        private void waitFor(int waits) {
            try {
                for (int i = 0; i < waits; i++) {
                    ended.put(waitFor(toWaitFor.take()));
                }
            } catch (Exception failure) {
                throw new AssertionError(failure);
            }
        }

        /** Answers when the wait was over; of a deadline, how long after it. */
        private long waitFor(ProcessSemaphore semaphore) throws Exception {
            if (end == End.DEADLINE) {
                long deadline = System.nanoTime() + TIMEOUT.toNanos();
                semaphore.tryAcquire(TIMEOUT);
                return System.nanoTime() - deadline;
            }
            try {
                semaphore.acquire();
                long over = System.nanoTime();
                check(End.PERMIT);
                return over;
            } catch (InterruptedException interrupted) {
                long over = System.nanoTime();
                check(End.INTERRUPT);
                return over;
            } catch (IllegalStateException closed) {
                long over = System.nanoTime();
                check(End.CLOSE);
                return over;
            }
        }

        private void check(End seen) {
            if (seen != end) {
                throw new AssertionError(seen + " and not " + end);
            }
        }
    }
}
