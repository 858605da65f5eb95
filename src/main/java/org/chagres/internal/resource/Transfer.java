package org.chagres.internal.resource;

import static org.chagres.internal.syscall.DescriptorCalls.*;
import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.ReadinessCalls.*;
import static org.chagres.internal.syscall.SocketCalls.*;
import static org.chagres.internal.syscall.VectorCalls.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.chagres.internal.syscall.Iovecs;

/**
 * A call on a descriptor that may have to wait: most move bytes between it and memory, one piece of it or several. The
 * two plain ones have no state, and what they work on is passed, so that a read or write makes no garbage.
 */
abstract class Transfer {
    static final Transfer READ = new Read();

    static final Transfer WRITE = new Write();

    /** An answer: there is no form that does not wait. */
    static final long NO_WAY = Waiter.CLOSED - 16;

    private static final long AT_THE_POSITION = -1;

    /** What to poll for, by poll and by epoll: they agree. */
    final int event;

    Transfer(int event) {
        this.event = event;
    }

    /** The call: it waits, unless the description is non-blocking. */
    abstract long call(int descriptor, MemorySegment memory, Iovecs several);

    /** The same without waiting, whatever the description is; {@code -EOPNOTSUPP} where the kernel cannot. */
    abstract long callNoWait(int descriptor, MemorySegment memory, Iovecs several);

    /** The same on a socket; {@link #NO_WAY} if it cannot be done without waiting. */
    abstract long callOnSocket(int descriptor, MemorySegment memory, Iovecs several, boolean wait);

    /** {@link #callNoWait} where the kernel or the C library may not know the call. */
    final long orNoWay(int descriptor, MemorySegment memory, Iovecs several) {
        try {
            long answer = callNoWait(descriptor, memory, several);
            return answer == -ENOSYS || answer == -EOPNOTSUPP ? NO_WAY : answer;
        } catch (UnsupportedOperationException unknownToThisLibrary) {
            return NO_WAY;
        }
    }

    /** Whether a poll may say that it is ready all the time, though it has to wait. */
    boolean isBeyondPoll() {
        return false;
    }

    /** Whether it may have to wait though a poll has just said that it is ready. */
    boolean mayWaitAfterPoll() {
        return false;
    }

    /** One that only sockets have. */
    abstract static class OfSocket extends Transfer {
        OfSocket(int event) {
            super(event);
        }

        @Override
        final long call(int descriptor, MemorySegment memory, Iovecs several) {
            return callOnSocket(descriptor, memory, several, true);
        }

        @Override
        final long callNoWait(int descriptor, MemorySegment memory, Iovecs several) {
            return callOnSocket(descriptor, memory, several, false);
        }
    }

    private static final class Read extends Transfer {
        Read() {
            super(POLLIN);
        }

        @Override
        long call(int descriptor, MemorySegment memory, Iovecs several) {
            return several.count() > 0
                    ? readv(descriptor, several, several.count())
                    : read(descriptor, memory, memory.byteSize());
        }

        @Override
        long callNoWait(int descriptor, MemorySegment memory, Iovecs several) {
            if (several.count() > 0) {
                return preadv2(descriptor, several, several.count(), AT_THE_POSITION, RWF_NOWAIT);
            }
            try (Arena arena = Arena.ofConfined()) {
                return preadv2(descriptor, Iovecs.of(List.of(memory), arena), 1, AT_THE_POSITION, RWF_NOWAIT);
            }
        }

        @Override
        long callOnSocket(int descriptor, MemorySegment memory, Iovecs several, boolean wait) {
            if (several.count() > 0) {
                return wait ? call(descriptor, memory, several) : orNoWay(descriptor, memory, several);
            }
            return recv(descriptor, memory, memory.byteSize(), wait ? 0 : MSG_DONTWAIT);
        }
    }

    private static final class Write extends Transfer {
        Write() {
            super(POLLOUT);
        }

        @Override
        long call(int descriptor, MemorySegment memory, Iovecs several) {
            return several.count() > 0
                    ? writev(descriptor, several, several.count())
                    : write(descriptor, memory, memory.byteSize());
        }

        @Override
        long callNoWait(int descriptor, MemorySegment memory, Iovecs several) {
            if (several.count() > 0) {
                return pwritev2(descriptor, several, several.count(), AT_THE_POSITION, RWF_NOWAIT);
            }
            try (Arena arena = Arena.ofConfined()) {
                return pwritev2(descriptor, Iovecs.of(List.of(memory), arena), 1, AT_THE_POSITION, RWF_NOWAIT);
            }
        }

        @Override
        long callOnSocket(int descriptor, MemorySegment memory, Iovecs several, boolean wait) {
            if (several.count() > 0) {
                return wait ? call(descriptor, memory, several) : orNoWay(descriptor, memory, several);
            }
            return send(descriptor, memory, memory.byteSize(), MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
        }
    }
}
