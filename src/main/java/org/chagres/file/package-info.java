/**
 * Locks on files and ranges of them: of a process, of an open file description, of the whole file.
 *
 * {@snippet class = "org.chagres.examples.LockChapter" region = "lock"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/fcntl_locking.2.html">fcntl_locking(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/flock.2.html">flock(2)</a>
 */
package org.chagres.file;
