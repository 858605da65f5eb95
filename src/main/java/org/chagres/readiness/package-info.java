/**
 * Many descriptors at once, and bells to ring.
 *
 * {@snippet class = "org.chagres.examples.DescriptorChapter" region = "epoll"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/epoll.7.html">epoll(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/eventfd.2.html">eventfd(2)</a>
 */
package org.chagres.readiness;
