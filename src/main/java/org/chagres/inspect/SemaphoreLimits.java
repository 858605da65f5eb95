package org.chagres.inspect;

/**
 * The limits of System V semaphores in this IPC namespace ({@code struct seminfo}); the administrator sets them in
 * <code>/proc/sys/kernel/sem</code>.
 *
 * @param maxSets how many sets there may be (SEMMNI)
 * @param maxSemaphores how many semaphores all sets together may have (SEMMNS)
 * @param maxSetSize how many semaphores one set may have (SEMMSL)
 * @param maxOperations how many operations may be one step (SEMOPM)
 * @param maxValue how great a value may be (SEMVMX): 32767
 */
public record SemaphoreLimits(int maxSets, int maxSemaphores, int maxSetSize, int maxOperations, int maxValue) {}
