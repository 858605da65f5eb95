package org.chagres.inspect;

/**
 * How many System V semaphores there are in this IPC namespace ({@code SEM_INFO}).
 *
 * @param sets how many sets there are
 * @param semaphores how many semaphores they have all together
 */
public record SemaphoreUsage(int sets, int semaphores) {}
