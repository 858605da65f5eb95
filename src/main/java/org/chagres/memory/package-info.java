/**
 * Memory that processes share: System V segments, mapped files, memory files, POSIX shared memory objects.
 *
 * {@snippet class = "org.chagres.examples.SharedCounter" region = "share"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/shmget.2.html">shmget(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/shmop.2.html">shmat(2), shmdt(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/shmctl.2.html">shmctl(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/sysvipc.7.html">sysvipc(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/mmap.2.html">mmap(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/memfd_create.2.html">memfd_create(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/shm_overview.7.html">shm_overview(7)</a>
 */
package org.chagres.memory;
