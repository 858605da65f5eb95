/**
 * Semaphores that processes share (System V): locks that a killed process gives back, counters to wait for.
 *
 * {@snippet class = "org.chagres.examples.SharedLock" region = "hold"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/sysvipc.7.html">sysvipc(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/semget.2.html">semget(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/semop.2.html">semop(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/semctl.2.html">semctl(2)</a>
 */
package org.chagres.semaphore;
