/**
 * Child processes: programs started with exactly the descriptors they are to have, waited for without taking anybody's
 * exit status, and joined by pipes.
 *
 * {@snippet class = "org.chagres.examples.ProcessChapter" region = "one-line"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/posix_spawn.3.html">posix_spawn(3)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/pidfd_open.2.html">pidfd_open(2)</a>
 */
package org.chagres.process;
