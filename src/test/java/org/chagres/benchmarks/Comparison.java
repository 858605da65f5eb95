package org.chagres.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Variants of one operation that take turns: a batch each a round, a different one first each round. What disturbs the
 * machine for longer than a round disturbs all of them alike, so the ratios of a round hold where times do not. The
 * first variant is the anchor that the others are compared with.
 */
final class Comparison {
    private static final long BATCH_NANOS = 3_000_000;
    /** A batch of a pair begins with waking two processes, which should not show. */
    private static final long PAIR_BATCH_NANOS = 10_000_000;

    private final String row;
    private final Plan plan;
    private final List<Variant> variants = new ArrayList<>();

    Comparison(String row, Plan plan) {
        this.row = row;
        this.plan = plan;
    }

    Comparison add(String name, Loop loop) {
        return add(name, loop, Goal.NONE);
    }

    Comparison add(String name, Loop loop, Goal goal) {
        variants.add(new Variant(name, n -> Sample.of(loop, n), BATCH_NANOS, goal));
        return this;
    }

    Comparison add(String name, Pair pair) {
        return add(name, pair, Goal.NONE);
    }

    Comparison add(String name, Pair pair, Goal goal) {
        variants.add(new Variant(name, pair::time, PAIR_BATCH_NANOS, goal));
        return this;
    }

    Comparison add(String name, Peer peer) {
        return add(name, peer, Goal.NONE);
    }

    Comparison add(String name, Peer peer, Goal goal) {
        variants.add(new Variant(name, peer::time, PAIR_BATCH_NANOS, goal));
        return this;
    }

    List<Result> measure() throws Throwable {
        for (Variant variant : variants) {
            variant.warmUp(plan);
        }
        for (Variant variant : variants) { // again: compiling one may have undone what was compiled for another
            variant.warmUp(plan);
        }
        int count = variants.size();
        double[][] nanos = new double[count][plan.rounds()];
        double[][] bytes = new double[count][plan.rounds()];
        for (int round = 0; round < plan.rounds(); round++) {
            for (int turn = 0; turn < count; turn++) {
                int v = (turn + round) % count;
                Variant variant = variants.get(v);
                Sample sample = variant.timing.time(variant.batch);
                nanos[v][round] = (double) sample.nanos() / variant.batch;
                bytes[v][round] = (double) sample.bytes() / variant.batch;
            }
        }
        List<Result> results = new ArrayList<>();
        for (int v = 0; v < count; v++) {
            double[] plus = new double[plan.rounds()];
            for (int round = 0; round < plan.rounds(); round++) {
                plus[round] = nanos[v][round] - nanos[0][round];
            }
            int other = other(v, nanos);
            results.add(new Result(
                    row,
                    variants.get(v).name,
                    median(nanos[v]),
                    min(nanos[v]),
                    ratio(nanos[v], nanos[0]),
                    min(nanos[v]) / min(nanos[0]),
                    median(plus),
                    median(bytes[v]),
                    variants.get(v).goal,
                    Math.min(ratio(nanos[v], nanos[other]), min(nanos[v]) / min(nanos[other]))));
        }
        return results;
    }

    /** The variant that the goal of another names, which is itself if there is none. */
    private int other(int v, double[][] nanos) {
        String name = variants.get(v).goal.other();
        int other = v;
        for (int each = 0; each < variants.size(); each++) {
            boolean better = each != v && (other == v || median(nanos[each]) < median(nanos[other]));
            if (name.equals(variants.get(each).name)
                    || (name.equals(Goal.THE_BEST) && better)
                    || (name.equals(Goal.THE_BEST_PEER)
                            && better
                            && variants.get(each).goal.equals(Goal.PEER))) {
                other = each;
            }
        }
        return other;
    }

    private static double ratio(double[] values, double[] others) {
        double[] ratio = new double[values.length];
        for (int round = 0; round < values.length; round++) {
            ratio[round] = values[round] / others[round];
        }
        return median(ratio);
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double min(double[] values) {
        return Arrays.stream(values).min().orElseThrow();
    }

    @FunctionalInterface
    private interface Timing {
        Sample time(long n) throws Throwable;
    }

    private static final class Variant {
        private final String name;
        private final Timing timing;
        private final long batchNanos;
        private final Goal goal;
        private long batch = 1;

        Variant(String name, Timing timing, long batchNanos, Goal goal) {
            this.name = name;
            this.timing = timing;
            this.batchNanos = batchNanos;
            this.goal = goal;
        }

        /** Also finds out how many operations make a batch. */
        void warmUp(Plan plan) throws Throwable {
            long done = 0;
            long end = System.nanoTime() + plan.warmUpAtMost().toNanos();
            // Some batches in any case, since a method is compiled by how often it is called too.
            for (int i = 0; i < 20 || (done < plan.warmUpOperations() && System.nanoTime() < end); i++) {
                Sample sample = timing.time(batch);
                done += batch;
                long fitting = Math.max(1, batch * batchNanos / Math.max(1, sample.nanos()));
                batch = Math.min(fitting, batch * 4);
            }
        }
    }
}
