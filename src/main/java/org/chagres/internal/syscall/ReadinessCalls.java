package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** Waiting until descriptors can be read or written: {@code ppoll}, {@code epoll}, {@code eventfd}, and their words. */
public final class ReadinessCalls {
    public static final int EFD_CLOEXEC = Linkage.POSSIBLE ? Linux.EFD_CLOEXEC() : 0;
    public static final int EFD_SEMAPHORE = Linkage.POSSIBLE ? Linux.EFD_SEMAPHORE() : 0;
    public static final int POLLERR = Linkage.POSSIBLE ? Linux.POLLERR() : 0;
    public static final int POLLHUP = Linkage.POSSIBLE ? Linux.POLLHUP() : 0;
    public static final int POLLIN = Linkage.POSSIBLE ? Linux.POLLIN() : 0;
    public static final int POLLOUT = Linkage.POSSIBLE ? Linux.POLLOUT() : 0;
    public static final int POLLNVAL = Linkage.POSSIBLE ? Linux.POLLNVAL() : 0;
    public static final int POLLPRI = Linkage.POSSIBLE ? Linux.POLLPRI() : 0;
    public static final int POLLRDHUP = Linkage.POSSIBLE ? Linux.POLLRDHUP() : 0;
    public static final int EPOLLERR = Linkage.POSSIBLE ? Linux.EPOLLERR() : 0;
    public static final int EPOLLHUP = Linkage.POSSIBLE ? Linux.EPOLLHUP() : 0;
    public static final int EPOLLIN = Linkage.POSSIBLE ? Linux.EPOLLIN() : 0;
    public static final int EPOLLEXCLUSIVE = Linkage.POSSIBLE ? Linux.EPOLLEXCLUSIVE() : 0;
    public static final int EPOLLET = Linkage.POSSIBLE ? Linux.EPOLLET() : 0;
    public static final int EPOLLPRI = Linkage.POSSIBLE ? Linux.EPOLLPRI() : 0;
    public static final int EPOLLRDHUP = Linkage.POSSIBLE ? Linux.EPOLLRDHUP() : 0;
    public static final int EPOLLOUT = Linkage.POSSIBLE ? Linux.EPOLLOUT() : 0;
    public static final int EPOLL_CLOEXEC = Linkage.POSSIBLE ? Linux.EPOLL_CLOEXEC() : 0;
    public static final int EPOLLONESHOT = Linkage.POSSIBLE ? Linux.EPOLLONESHOT() : 0;
    public static final int EPOLL_CTL_ADD = Linkage.POSSIBLE ? Linux.EPOLL_CTL_ADD() : 0;
    public static final int EPOLL_CTL_DEL = Linkage.POSSIBLE ? Linux.EPOLL_CTL_DEL() : 0;
    public static final int EPOLL_CTL_MOD = Linkage.POSSIBLE ? Linux.EPOLL_CTL_MOD() : 0;

    private static final long FOREVER = Long.MAX_VALUE;

    private static final NativeFunction PPOLL = NativeFunction.named("ppoll");
    private static final NativeFunction EPOLL_CREATE1 = NativeFunction.named("epoll_create1");
    private static final NativeFunction EPOLL_CTL = NativeFunction.named("epoll_ctl");
    private static final NativeFunction EPOLL_WAIT = NativeFunction.named("epoll_wait");
    private static final NativeFunction EVENTFD = NativeFunction.named("eventfd");

    private ReadinessCalls() {}

    /** Waits until one of several descriptors is ready; null for no time-out and no signal mask ({@code ppoll(2)}). */
    public static int ppoll(MemorySegment descriptors, long count, long timeout, long signalMask) {
        return PPOLL.callInt(descriptors.address(), count, timeout, signalMask);
    }

    /**
     * {@code ppoll} of one descriptor for a time, {@link Long#MAX_VALUE} for ever: what is ready, 0 if nothing is, or
     * {@code -errno}.
     */
    public static int pollOne(int descriptor, int events, long nanos) {
        CallState state = CallState.enter();
        try {
            MemorySegment scratch = state.scratch();
            long timeout = nanos == FOREVER ? 0 : state.scratchTimeout(nanos);
            int at = Linux.TIMESPEC_BYTE_SIZE();
            scratch.set(ValueLayout.JAVA_INT, at + Linux.POLLFD_FD_OFFSET(), descriptor);
            scratch.set(ValueLayout.JAVA_SHORT, at + Linux.POLLFD_EVENTS_OFFSET(), (short) events);
            int result = PPOLL.answerInt(state, scratch.address() + at, 1, timeout, 0);
            return result <= 0 ? result : scratch.get(ValueLayout.JAVA_SHORT, at + Linux.POLLFD_REVENTS_OFFSET());
        } finally {
            state.exit();
        }
    }

    /** {@code ppoll} of several for a time, {@link Long#MAX_VALUE} for ever: how many are ready, or {@code -errno}. */
    public static int pollFor(PollFds descriptors, long nanos) {
        CallState state = CallState.enter();
        try {
            long timeout = nanos == FOREVER ? 0 : state.scratchTimeout(nanos);
            return PPOLL.answerInt(state, descriptors.segment().address(), descriptors.count(), timeout, 0);
        } finally {
            state.exit();
        }
    }

    /** Makes an epoll instance ({@code epoll_create1(2)}). */
    public static int epoll_create1(int flags) {
        return EPOLL_CREATE1.callInt(flags, 0, 0);
    }

    /** Adds, changes or takes out a descriptor ({@code epoll_ctl(2)}). */
    public static int epoll_ctl(int epoll, int command, int descriptor, long event) {
        return EPOLL_CTL.callInt(epoll, command, descriptor, event);
    }

    /** {@code epoll_ctl} with a number as its data. */
    public static int epollSet(int epoll, int command, int descriptor, int events, int data) {
        CallState state = CallState.enter();
        try {
            MemorySegment event = state.scratch();
            event.set(ValueLayout.JAVA_INT, Linux.EPOLL_EVENT_EVENTS_OFFSET(), events);
            event.set(ValueLayout.JAVA_LONG_UNALIGNED, Abi.Numbers.EPOLL_EVENT_DATA_OFFSET, data);
            return EPOLL_CTL.answerInt(state, epoll, command, descriptor, event.address());
        } finally {
            state.exit();
        }
    }

    /** Waits until descriptors of an epoll instance are ready ({@code epoll_wait(2)}). */
    public static int epoll_wait(int epoll, MemorySegment events, int count, int milliseconds) {
        return EPOLL_WAIT.callInt(epoll, events.address(), count, milliseconds);
    }

    /** Makes an event counter ({@code eventfd(2)}). */
    public static int eventfd(int value, int flags) {
        return EVENTFD.callInt(value, flags, 0);
    }
}
