/**
 * What there is in the kernel, whoever made it: what {@code ipcs} shows, as records.
 *
 * {@snippet class = "org.chagres.examples.Orphans" region = "list"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man1/ipcs.1.html">ipcs(1)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/shmctl.2.html">shmctl(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/semctl.2.html">semctl(2)</a>
 */
package org.chagres.inspect;
