package org.chagres.internal.resource;

import static org.chagres.internal.syscall.DescriptorCalls.*;
import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.ReadinessCalls.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;

/**
 * A file descriptor that this process owns, and the waits on it. Its users are counted: closing refuses new ones, wakes
 * those that wait, and returns; the last one out does the {@code close(2)}. So no call ever works on a number that was
 * closed, and perhaps given to another file, under it.
 *
 * <pre>
 *   31       30                    0
 *   +--------+---------------------+
 *   | closed | users               |   the state, one word
 *   +--------+---------------------+
 * </pre>
 *
 * <p>Answers are {@code >= 0}, {@code -errno}, {@link #TIMED_OUT}, {@link #CLOSED} or {@link #WAS_CLOSED}.
 */
public final class OpenDescriptor extends Gate {
    /** No limit of time. */
    public static final long FOREVER = Waiter.FOREVER;

    /** The time was over before anything could be done. */
    public static final int TIMED_OUT = Waiter.TIMED_OUT;

    /** It was closed meanwhile. */
    public static final int CLOSED = Waiter.CLOSED;

    /** It was closed before. */
    public static final int WAS_CLOSED = CLOSED - 1;

    private static final int CLOSED_BIT = Integer.MIN_VALUE;
    private static final int NONE = -1;

    private final int number;
    private final Closing closing;
    private final AtomicInteger state = new AtomicInteger();
    private final Lines lines = new Lines();
    private volatile Ways ways = Ways.UNKNOWN;

    /** How a virtual thread gets round blocking. */
    private enum Ways {
        UNKNOWN,
        /** Nothing to get round: files never wait for another party. */
        NEVER_WAITS,
        /** A second description of the same pipe, for us alone, that does not wait. */
        TWIN,
        /** A helper blocks. */
        HELPER
    }

    private OpenDescriptor(int number) {
        this.number = number;
        this.closing = new Closing(number);
    }

    /** Takes charge of a descriptor just opened; if nobody closes it, the collector does. */
    public static OpenDescriptor own(int number, String kind) {
        OpenDescriptor descriptor = new OpenDescriptor(number);
        SafetyNet.register(descriptor, descriptor.closing, kind, number);
        return descriptor;
    }

    /** For people to read; calls go through {@link #ask}. */
    public int number() {
        return number;
    }

    /** Keeps the number open until {@link #unuse}; answers whether it was. */
    private boolean use() {
        int before;
        do {
            before = state.get();
            if (before < 0) {
                return false;
            }
        } while (!state.compareAndSet(before, before + 1));
        return true;
    }

    private void unuse() {
        if (state.decrementAndGet() == CLOSED_BIT) {
            closing.run();
        }
    }

    @Override
    public boolean isClosed() {
        return state.get() < 0;
    }

    @Override
    public void close() {
        int before = state.getAndUpdate(word -> word | CLOSED_BIT);
        if (before == 0) {
            closing.run();
        } else if (before > 0) {
            Waiter.cancelAllClosed();
            closing.wakeParked();
        }
    }

    /** Gives the number away, open; answers it, or {@code -EBUSY} while anybody uses it, or {@link #WAS_CLOSED}. */
    public int release() {
        if (state.compareAndSet(0, CLOSED_BIT)) {
            closing.release();
            return number;
        }
        return isClosed() ? WAS_CLOSED : -EBUSY;
    }

    /** Makes a call on the number that waits for nobody. */
    public int ask(IntUnaryOperator question) {
        if (!use()) {
            return WAS_CLOSED;
        }
        try {
            return question.applyAsInt(number);
        } finally {
            unuse();
        }
    }

    /** Reads at most as much as the memory holds; 0 is the end of the file. */
    public long read(MemorySegment into, long nanos) throws InterruptedException {
        return transfer(true, into, nanos);
    }

    /** Writes at least one byte, and not always all. */
    public long write(MemorySegment from, long nanos) throws InterruptedException {
        return transfer(false, from, nanos);
    }

    private long transfer(boolean reading, MemorySegment memory, long nanos) throws InterruptedException {
        Interruption.check();
        if (!use()) {
            return WAS_CLOSED;
        }
        try {
            if (nanos > 0 && !Thread.currentThread().isVirtual()) {
                return block(this, reading, memory, nanos);
            }
            return transferWithoutBlocking(reading, memory, nanos);
        } finally {
            unuse();
        }
    }

    /** On a platform thread: the call itself waits. */
    private long block(Gate gate, boolean reading, MemorySegment memory, long nanos) throws InterruptedException {
        Waiter waiter = Waiter.enter(gate, nanos);
        try {
            waiter.watchDeadline();
            // What nothing can end must not block, neither after another reader took what there was nor for want of
            // more room.
            int descriptor = waiter.isSliced() && ways() == Ways.TWIN ? closing.twin : number;
            long answer;
            do {
                answer = waiter.refusal();
                if (answer == 0) {
                    answer = waiter.isSliced() && memory.byteSize() > 0 ? poll(reading, waiter.nanosForCall()) : 0;
                }
                if (answer == 0) {
                    answer = call(descriptor, reading, memory);
                    if (answer == -EAGAIN) { // somebody made the description non-blocking
                        answer = poll(reading, waiter.nanosForCall());
                        answer = answer == 0 ? -EINTR : answer;
                    }
                }
            } while (waiter.goesOnAfter(answer));
            return answer;
        } finally {
            waiter.leave();
        }
    }

    /** 0 when it is ready. */
    private int poll(boolean reading, long nanos) {
        int answer = pollOne(number, reading ? POLLIN : POLLOUT, nanos);
        return answer == 0 ? TIMED_OUT : Math.min(answer, 0);
    }

    /** On a virtual thread, or for no time at all. */
    private long transferWithoutBlocking(boolean reading, MemorySegment memory, long nanos)
            throws InterruptedException {
        long deadline = System.nanoTime() + nanos; // not looked at if there is none
        int descriptor = switch (ways()) {
            case NEVER_WAITS -> number;
            case TWIN -> closing.twin;
            case UNKNOWN, HELPER -> NONE;
        };
        if (descriptor == NONE) {
            return onHelper(reading, memory, nanos);
        }
        while (true) {
            long answer = call(descriptor, reading, memory);
            if (answer == -EINTR) {
                continue;
            }
            if (answer != -EAGAIN || nanos <= 0) {
                return answer;
            }
            long rest = nanos == FOREVER ? FOREVER : deadline - System.nanoTime();
            int ready = rest <= 0 ? TIMED_OUT : Poller.await(this, descriptor, reading ? EPOLLIN : EPOLLOUT, rest);
            if (ready == Poller.NONE) {
                return onHelper(reading, memory, rest);
            }
            if (ready < 0) {
                return ready;
            }
        }
    }

    private long onHelper(boolean reading, MemorySegment memory, long nanos) throws InterruptedException {
        checkUsable(memory);
        // Memory confined to this thread is out of the helper's reach, and safe from being freed while this thread
        // waits.
        MemorySegment seen = MemorySegment.ofAddress(memory.address()).reinterpret(memory.byteSize());
        Lines.Call call = new Lines.Call() {
            @Override
            public int attempt() {
                int ready = poll(reading, 0);
                return ready == 0 && nanos <= 0 ? (int) call(number, reading, memory) : TIMED_OUT;
            }

            @Override
            public int await(Gate gate, long rest) throws InterruptedException {
                boolean reachable = memory.isAccessibleBy(Thread.currentThread());
                return (int) block(gate, reading, reachable ? memory : seen, rest);
            }
        };
        return nanos <= 0 ? call.attempt() : lines.await(this, reading, call, nanos);
    }

    /** What the linker would check on this thread: whose memory it is, and that it is not gone. */
    private static void checkUsable(MemorySegment memory) {
        if (!memory.isAccessibleBy(Thread.currentThread())) {
            throw new WrongThreadException("the memory belongs to another thread");
        }
        if (!memory.scope().isAlive()) {
            throw new IllegalStateException("the memory was freed: its arena is closed");
        }
    }

    private static long call(int descriptor, boolean reading, MemorySegment memory) {
        long count = memory.byteSize();
        return reading
                ? org.chagres.internal.syscall.DescriptorCalls.read(descriptor, memory, count)
                : org.chagres.internal.syscall.DescriptorCalls.write(descriptor, memory, count);
    }

    private Ways ways() {
        Ways known = ways;
        return known == Ways.UNKNOWN ? findWays() : known;
    }

    private synchronized Ways findWays() {
        if (ways == Ways.UNKNOWN) {
            if (fcntl(number, F_GETPIPE_SZ, 0) >= 0) {
                int flags = fcntl(number, F_GETFL, 0);
                int twin = reopened((flags & (O_WRONLY | O_RDWR)) | O_NONBLOCK | O_CLOEXEC);
                if (twin >= 0 && (flags & O_DIRECT) != 0) { // open(2) refuses it for a pipe, fcntl(2) does not
                    fcntl(twin, F_SETFL, O_NONBLOCK | O_DIRECT);
                }
                closing.twin = twin;
                if (twin == -EMFILE || twin == -ENFILE) {
                    return Ways.HELPER; // for now
                }
                ways = twin >= 0 ? Ways.TWIN : Ways.HELPER;
            } else {
                ways = lseek(number, 0, SEEK_CUR) >= 0 ? Ways.NEVER_WAITS : Ways.HELPER;
            }
        }
        return ways;
    }

    private int reopened(int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return open(arena.allocateFrom("/proc/self/fd/" + number, StandardCharsets.US_ASCII), flags, 0);
        }
    }

    /** The end of the number, by whoever comes first: the last user or the collector. */
    private static final class Closing implements SafetyNet.Release {
        private final int number;
        private final AtomicBoolean done = new AtomicBoolean();
        private volatile int twin = NONE;

        Closing(int number) {
            this.number = number;
        }

        @Override
        public boolean run() {
            boolean first = done.compareAndSet(false, true);
            if (first) {
                closeTwin();
                Poller.forget(number);
                org.chagres.internal.syscall.DescriptorCalls.close(number);
            }
            return first;
        }

        void release() {
            if (done.compareAndSet(false, true)) {
                closeTwin();
                Poller.forget(number);
            }
        }

        void wakeParked() {
            Poller.wake(number);
            if (twin >= 0) {
                Poller.wake(twin);
            }
        }

        private void closeTwin() {
            if (twin >= 0) {
                Poller.forget(twin);
                org.chagres.internal.syscall.DescriptorCalls.close(twin);
            }
        }
    }
}
