package org.chagres.inspect;

/**
 * The limits of System V shared memory in this IPC namespace ({@code struct shminfo}); the administrator sets them in
 * <code>/proc/sys/kernel</code>. "No limit" is a very large number; one beyond {@link Long#MAX_VALUE} is given as that.
 *
 * @param maxSegments how many segments there may be (SHMMNI)
 * @param maxByteSize how large one may be, in bytes (SHMMAX)
 * @param minByteSize how small one may be, in bytes (SHMMIN): 1
 * @param maxPages how much all together may hold, in pages (SHMALL)
 */
public record SharedMemoryLimits(long maxSegments, long maxByteSize, long minByteSize, long maxPages) {}
