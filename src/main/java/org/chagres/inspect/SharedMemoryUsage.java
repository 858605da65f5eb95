package org.chagres.inspect;

/**
 * How much System V shared memory is in use in this IPC namespace ({@code struct shm_info}). Sizes are in
 * {@linkplain org.chagres.memory.PageSize pages}.
 *
 * @param segments how many segments there are
 * @param pages how much all together may hold
 * @param residentPages how much of it is in memory
 * @param swappedPages how much of it is swapped out
 * @param swapAttempts always 0 since Linux 2.4
 * @param swapSuccesses always 0 since Linux 2.4
 */
public record SharedMemoryUsage(
        int segments, long pages, long residentPages, long swappedPages, long swapAttempts, long swapSuccesses) {}
