/**
 * Pipes: bytes in order from those who write to those who read.
 *
 * {@snippet class = "org.chagres.examples.LogPipe" region = "read"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/pipe.7.html">pipe(7)</a>
 */
package org.chagres.pipe;
