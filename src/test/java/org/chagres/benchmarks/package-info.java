/**
 * Benchmarks: every operation beside the same loop in C, taking turns in one run. How to run them, and what they
 * showed: {@code docs/benchmarks.md}.
 */
package org.chagres.benchmarks;
