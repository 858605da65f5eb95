package org.chagres.benchmarks;

/**
 * One operation, over and over: the loop is inside, so that the compiler sees it whole and only one call a batch is
 * not.
 */
@FunctionalInterface
interface Loop {
    /** Does it {@code n} times; the answer depends on each time, so that none is optimised away. */
    long run(long n) throws Throwable;
}
