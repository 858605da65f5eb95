/**
 * Sockets: processes that talk to each other in both directions.
 *
 * {@snippet class = "org.chagres.examples.SocketChapter" region = "stream"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/socket.7.html">socket(7)</a>
 */
package org.chagres.socket;
