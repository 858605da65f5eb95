package org.chagres.semaphore;

/**
 * What the kernel knows of one semaphore. The four are read one after the other, so that they may be of slightly
 * different moments.
 *
 * @param value its value: how many permits there are
 * @param lastPid the process that did the last operation on it (waiting for zero included), set it, or had something
 *     undone at its end; 0 if none did, or if this process's PID namespace does not show it
 * @param waitingForIncrease how many threads wait for permits (GETNCNT). Where several operations are one step, a
 *     thread counts at the first that it waits for
 * @param waitingForZero how many threads wait until the value is 0 (GETZCNT)
 * @see <a href="https://man7.org/linux/man-pages/man2/semctl.2.html">semctl(2)</a>
 */
public record SemaphoreStatus(int value, int lastPid, int waitingForIncrease, int waitingForZero) {}
