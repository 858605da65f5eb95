/**
 * Sockets: processes that talk to each other in both directions, on one machine
 * ({@link org.chagres.socket.UnixSocket}) or on several ({@link org.chagres.socket.InetSocket}).
 *
 * {@snippet class = "org.chagres.examples.SocketChapter" region = "stream"}
 *
 * {@snippet class = "org.chagres.examples.InetChapter" region = "stream"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/socket.7.html">socket(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/tcp.7.html">tcp(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/udp.7.html">udp(7)</a>
 */
package org.chagres.socket;
