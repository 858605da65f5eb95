package org.chagres.internal.resource;

import org.chagres.internal.syscall.ReadinessCalls;

/** The bits of readiness; poll and epoll agree on them. */
public final class Readinesses {
    public static final int READABLE = ReadinessCalls.POLLIN;
    public static final int WRITABLE = ReadinessCalls.POLLOUT;
    public static final int URGENT = ReadinessCalls.POLLPRI;
    public static final int READ_HANG_UP = ReadinessCalls.POLLRDHUP;
    public static final int HANG_UP = ReadinessCalls.POLLHUP;
    public static final int ERROR = ReadinessCalls.POLLERR;

    private Readinesses() {}
}
