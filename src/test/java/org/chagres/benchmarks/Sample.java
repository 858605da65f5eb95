package org.chagres.benchmarks;

/** What one batch took: all of its time, and the bytes its threads allocated on the Java heap. */
record Sample(long nanos, long bytes) {
    private static volatile long sink;

    static Sample of(Loop loop, long n) throws Throwable {
        long bytes = Allocation.ofThisThread();
        long start = System.nanoTime();
        sink = loop.run(n);
        long end = System.nanoTime();
        return new Sample(end - start, Allocation.ofThisThread() - bytes);
    }

    /** Where more threads than this one do the work. */
    static Sample ofAllThreads(Loop loop, long n) throws Throwable {
        long bytes = Allocation.ofAllThreads();
        long start = System.nanoTime();
        sink = loop.run(n);
        long end = System.nanoTime();
        return new Sample(end - start, Allocation.ofAllThreads() - bytes);
    }
}
