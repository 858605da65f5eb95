package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.PipeCalls.*;
import static org.chagres.internal.syscall.ReadinessCalls.*;

import org.chagres.internal.syscall.FileCalls;

/**
 * Bytes that go from descriptor to descriptor inside the kernel. Both sides may have to be waited for, and the wait
 * ends if either is closed. Answers are as of {@link OpenDescriptor}; 0 is the end of the bytes.
 */
public enum Splice {
    /** Moves; one side at least is a pipe. */
    SPLICE {
        @Override
        long call(int from, long offset, int to, long count, boolean wait) {
            return splice(from, 0, to, 0, count, wait ? 0 : SPLICE_F_NONBLOCK);
        }
    },
    /** Copies from pipe to pipe. */
    TEE {
        @Override
        long call(int from, long offset, int to, long count, boolean wait) {
            return tee(from, to, count, wait ? 0 : SPLICE_F_NONBLOCK);
        }
    },
    /** Copies a file, from an offset on. It has no form that does not wait. */
    SEND_FILE {
        @Override
        long call(int from, long offset, int to, long count, boolean wait) {
            return sendfileAt(to, from, offset, count);
        }
    };

    /** What finds room wherever a poll says that there is some. */
    private static final long SMALL = 4096;

    /** A rival would have to be faster each time. */
    private static final int LOOKS_FOR_THE_END = 3;

    /** The most that the kernel moves at a time; an offset and more than that may not go together. */
    private static final long MOST = 0x7ffff000;

    abstract long call(int from, long offset, int to, long count, boolean wait);

    /** Transfers some of so many bytes, waiting for at most so long. */
    public long transfer(OpenDescriptor from, long offset, OpenDescriptor to, long most, long nanos)
            throws InterruptedException {
        long count = Math.min(most, MOST);
        Interruption.check();
        try (Users users = new Users(from, to)) {
            if (!users.useAll()) {
                return OpenDescriptor.WAS_CLOSED;
            }
            int due = from.due();
            if (due != 0) {
                return due;
            }
            Gate either = new AnyGate(from, to);
            return nanos > 0 && !Thread.currentThread().isVirtual()
                    ? block(either, from.number(), offset, to.number(), count, nanos)
                    : withoutBlocking(either, from.number(), offset, to.number(), count, nanos);
        }
    }

    private long block(Gate gate, int from, long offset, int to, long count, long nanos) throws InterruptedException {
        Waiter waiter = Waiter.enter(gate, nanos);
        try {
            waiter.watchDeadline();
            long answer;
            do {
                answer = waiter.refusal();
                if (answer == 0) {
                    answer = waiter.isSliced()
                            ? attempt(from, offset, to, count)
                            : callAgain(from, offset, to, count, true);
                    if (answer == -EAGAIN) { // so, or one of the descriptions is non-blocking
                        answer = awaitBoth(from, to, waiter);
                    }
                }
            } while (waiter.goesOnAfter(answer));
            return answer;
        } finally {
            waiter.leave();
        }
    }

    /** {@code -EINTR}, to try again, as soon as both are ready. */
    private static int awaitBoth(int from, int to, Waiter waiter) {
        int ready = pollOne(from, POLLIN, waiter.nanosForCall());
        if (ready > 0) {
            ready = pollOne(to, POLLOUT, waiter.nanosForCall());
        }
        return ready > 0 ? -EINTR : ready == 0 ? Waiter.TIMED_OUT : ready;
    }

    /** {@code -EINTR}, to try again, for an end that is none. */
    private long callAgain(int from, long offset, int to, long count, boolean wait) {
        long answer = call(from, offset, to, count, wait);
        return answer == 0 && this == TEE && count > 0 ? teeAgain(from, to, count) : answer;
    }

    /**
     * tee(2) also says 0 if a rival took the bytes, or the room, between its wait and its copying. Of a FIFO that had
     * no writer yet a poll tells nothing; but a tee that does not wait says EAGAIN as long as there is one.
     */
    private static long teeAgain(int from, int to, long count) {
        for (int i = 0; i < LOOKS_FOR_THE_END; i++) {
            int ready = pollOne(from, POLLIN, 0);
            if (ready == POLLHUP) {
                return 0;
            }
            long answer = ready == 0 ? tee(from, to, count, SPLICE_F_NONBLOCK) : -EAGAIN;
            if (answer != 0) {
                return answer == -EAGAIN ? -EINTR : answer;
            }
        }
        return 0;
    }

    /**
     * Without waiting, whatever the descriptions are. Of pipes and files the kernel knows itself; of others a poll has
     * to tell, and a rival may take what it saw before the call does: then that waits.
     */
    private long attempt(int from, long offset, int to, long count) {
        boolean sourceKnown = this == SEND_FILE || neverBlocks(from);
        boolean sinkKnown = neverBlocks(to) && (this != SEND_FILE || isFile(to));
        if (count > 0 && !(sourceKnown && sinkKnown)) {
            int ready = sourceKnown ? 1 : pollOne(from, POLLIN, 0);
            ready = ready > 0 ? pollOne(to, POLLOUT, 0) : ready;
            if (ready == 0 && this == SPLICE && !isPipe(from) && !isPipe(to)) {
                return -EINVAL; // as the kernel says at once, and not when there are bytes
            }
            if (ready <= 0) { // EINTR too, even of a poll for no time: then the call might block
                return ready == 0 ? -EAGAIN : ready;
            }
            return callAgain(from, offset, to, Math.min(count, SMALL), false);
        }
        return callAgain(from, offset, to, count, false);
    }

    /** Whether there is a flag for it, or no need for one. */
    private static boolean neverBlocks(int number) {
        return isFile(number) || isPipe(number);
    }

    private static boolean isPipe(int number) {
        return (FileCalls.mode(number) & FileCalls.S_IFMT) == FileCalls.S_IFIFO;
    }

    private static boolean isFile(int number) {
        return (FileCalls.mode(number) & FileCalls.S_IFMT) == FileCalls.S_IFREG;
    }

    @SuppressWarnings("ThreadPriorityCheck") // a rival on the same carrier would never come to its turn
    private long withoutBlocking(Gate gate, int from, long offset, int to, long count, long nanos)
            throws InterruptedException {
        long deadline = System.nanoTime() + nanos; // not looked at if there is none
        while (true) {
            long answer = attempt(from, offset, to, count);
            if (answer == -EINTR && nanos <= 0) {
                return Waiter.TIMED_OUT;
            }
            if (answer == -EINTR) {
                Interruption.check();
                if (gate.isClosed()) {
                    return Waiter.CLOSED;
                }
                Thread.yield();
                continue;
            }
            if (answer != -EAGAIN || nanos <= 0) {
                return answer;
            }
            int[] numbers = {from, to};
            boolean sourceReady = pollOne(from, POLLIN, 0) != 0;
            int[] events = {sourceReady ? Poller.ONLY_A_CLOSE : POLLIN, sourceReady ? POLLOUT : Poller.ONLY_A_CLOSE};
            long rest = nanos == Waiter.FOREVER ? Waiter.FOREVER : deadline - System.nanoTime();
            int ready = rest <= 0 ? Waiter.TIMED_OUT : Poller.await(gate, numbers, events, rest);
            if (ready == Poller.NONE) {
                return onHelper(gate, from, offset, to, count, rest);
            }
            if (ready < 0) {
                return ready;
            }
        }
    }

    private long onHelper(Gate gate, int from, long offset, int to, long count, long nanos)
            throws InterruptedException {
        Lines.Call call = new Lines.Call() {
            @Override
            public int attempt() {
                long answer = Splice.this.attempt(from, offset, to, count);
                return answer == -EINTR ? Waiter.TIMED_OUT : (int) answer;
            }

            @Override
            public int await(Gate errand, long rest) throws InterruptedException {
                return (int) block(errand, from, offset, to, count, rest);
            }
        };
        return new Lines().await(gate, call, call, nanos);
    }
}
