package org.chagres.readiness;

/**
 * How readiness is told. Without any it is told as often as it is asked for, as long as it lasts.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/epoll_ctl.2.html">epoll_ctl(2)</a>
 */
public enum EpollOption {
    /** Only when something has come since it was told last ({@code EPOLLET}): read until nothing is left. */
    EDGE_TRIGGERED,

    /** Once; then not before {@link Epoll#modify} ({@code EPOLLONESHOT}). Several threads can share a set so. */
    ONE_SHOT,

    /**
     * Of several {@link Epoll} that have the same descriptor, in whichever process, one or a few are told and not all
     * ({@code EPOLLEXCLUSIVE}). Only for {@link Epoll#add}, and not together with {@link #ONE_SHOT}.
     */
    EXCLUSIVE
}
