package org.chagres.internal.resource;

import static org.chagres.internal.syscall.DescriptorCalls.*;
import static org.chagres.internal.syscall.ReadinessCalls.*;
import static org.chagres.internal.syscall.VectorCalls.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.chagres.internal.syscall.Iovecs;

/**
 * A call that moves bytes between a descriptor and memory: one piece of it, or several. What it works on is passed, so
 * that a transfer makes no garbage.
 */
enum Transfer {
    READ(POLLIN) {
        @Override
        long call(int descriptor, MemorySegment memory, Iovecs several) {
            return several.count() > 0
                    ? readv(descriptor, several, several.count())
                    : read(descriptor, memory, memory.byteSize());
        }

        @Override
        long callNoWait(int descriptor, Iovecs several) {
            return preadv2(descriptor, several, several.count(), AT_THE_POSITION, RWF_NOWAIT);
        }
    },
    WRITE(POLLOUT) {
        @Override
        long call(int descriptor, MemorySegment memory, Iovecs several) {
            return several.count() > 0
                    ? writev(descriptor, several, several.count())
                    : write(descriptor, memory, memory.byteSize());
        }

        @Override
        long callNoWait(int descriptor, Iovecs several) {
            return pwritev2(descriptor, several, several.count(), AT_THE_POSITION, RWF_NOWAIT);
        }
    };

    private static final long AT_THE_POSITION = -1;

    /** What to poll for, by poll and by epoll: they agree. */
    final int event;

    Transfer(int event) {
        this.event = event;
    }

    /** The call: it waits, unless the description is non-blocking. */
    abstract long call(int descriptor, MemorySegment memory, Iovecs several);

    abstract long callNoWait(int descriptor, Iovecs several);

    /** The same without waiting, whatever the description is; {@code -EOPNOTSUPP} where the kernel cannot. */
    long callNoWait(int descriptor, MemorySegment memory, Iovecs several) {
        if (several.count() > 0) {
            return callNoWait(descriptor, several);
        }
        try (Arena arena = Arena.ofConfined()) {
            return callNoWait(descriptor, Iovecs.of(List.of(memory), arena));
        }
    }
}
