package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.SemaphoreCalls.*;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import org.chagres.internal.syscall.Sembufs;

/**
 * Operations on the semaphores of one set, and the waits for them. They end with {@link #close()}: the set itself
 * stays.
 *
 * <p>One operation goes as a {@code long} ({@link #operation}), which costs nothing; several go as an array of those,
 * and are done in one atomic step. Answers are {@code >= 0}, {@code -errno}, {@link #CLOSED} or {@link #NOT_NOW}.
 */
public final class SemaphoreWaits extends Gate {
    /** No limit of time. */
    public static final long FOREVER = Waiter.FOREVER;

    /** The gate was closed, before the wait or meanwhile. */
    public static final int CLOSED = Waiter.CLOSED;

    /** It would have to wait, or wait longer. */
    public static final int NOT_NOW = Waiter.TIMED_OUT;

    /** What no kernel answers: it was not tried. */
    private static final int UNTRIED = CLOSED - 1;

    private static final int UNTRIED_AFTER_A_VAIN_TRY = 31;

    /** How many waits to come go without a try. A hint: threads that lose each other's updates do no harm. */
    private int untried;

    private final int id;
    private final Lines lines = new Lines();

    public SemaphoreWaits(int id) {
        this.id = id;
    }

    /** One operation: adds {@code delta} to a semaphore, or waits until it is 0 if that is 0. */
    public static long operation(int number, int delta, boolean undo, boolean noWait) {
        return sembuf(number, delta, (undo ? SEM_UNDO : 0) | (noWait ? IPC_NOWAIT : 0));
    }

    /** Does one operation, if that is possible without waiting; closed or not. */
    public int attempt(long operation) {
        int answer = semopOne(id, sembufWith(operation, IPC_NOWAIT));
        return answer == -EINTR ? attempt(operation, Sembufs.NONE) : answer; // a loop here would make garbage
    }

    /** Does several operations in one step, if that is possible without waiting. */
    public int attempt(long[] operations) {
        try (Arena arena = Arena.ofConfined()) {
            return attempt(0, sembufs(operations, IPC_NOWAIT, arena));
        }
    }

    /** Does one operation, waiting for at most so long. */
    public int await(long operation, long nanos) throws InterruptedException {
        boolean virtual = Thread.currentThread().isVirtual();
        int answer = refusal();
        if (answer == 0) {
            answer = nanos <= 0 || virtual || isWorthATry() ? attempt(operation) : UNTRIED;
        }
        if (nanos <= 0 || (answer != NOT_NOW && answer != UNTRIED)) {
            return answer;
        }
        if (virtual) {
            return awaitInLine(operation, new Trial(operation, Sembufs.NONE, Sembufs.NONE), nanos);
        }
        if (answer == NOT_NOW) {
            untried = UNTRIED_AFTER_A_VAIN_TRY;
        }
        return block(this, operation, Sembufs.NONE, nanos, answer == NOT_NOW);
    }

    /**
     * Whether to try without waiting before a wait is prepared, which costs more than a semaphore that is free. Where a
     * try was in vain the next ones most likely are too, so for a while there is none.
     */
    private boolean isWorthATry() {
        int left = untried;
        if (left <= 0) {
            return true;
        }
        untried = left - 1;
        return false;
    }

    /** Does several operations in one step, waiting for at most so long. */
    public int await(long[] operations, long nanos) throws InterruptedException {
        try (Arena arena = Arena.ofConfined()) {
            int answer = refusal();
            if (answer < 0) {
                return answer;
            }
            Sembufs trying = sembufs(operations, IPC_NOWAIT, arena);
            answer = attempt(0, trying);
            if (nanos <= 0 || answer != NOT_NOW || areNotToWait(operations)) {
                return answer;
            }
            Sembufs waiting = sembufs(operations, 0, arena);
            if (Thread.currentThread().isVirtual()) {
                List<Long> thing = Arrays.stream(operations).boxed().toList();
                return awaitInLine(thing, new Trial(0, waiting, trying), nanos);
            }
            return block(this, 0, waiting, nanos, true);
        }
    }

    /** Whether the step would fail instead of waiting, whichever operation is not possible. */
    private static boolean areNotToWait(long[] operations) {
        for (long operation : operations) {
            if (sembufWith(operation, IPC_NOWAIT) != operation) {
                return false;
            }
        }
        return true;
    }

    private int awaitInLine(Object thing, Trial trial, long nanos) throws InterruptedException {
        int answer = lines.await(this, thing, trial, nanos);
        return answer == -EINVAL ? -EIDRM : answer; // it was there when we came, so it was removed while we waited
    }

    /** What {@link Waiter#refusal()} says, before anything waits. */
    private int refusal() throws InterruptedException {
        Interruption.check();
        return isClosed() ? CLOSED : 0;
    }

    /** Both forms of the call for a virtual thread; only their addresses are used on a helper. */
    private final class Trial implements Lines.Call {
        private final long operation;
        private final Sembufs waiting;
        private final Sembufs trying;

        Trial(long operation, Sembufs waiting, Sembufs trying) {
            this.operation = operation;
            this.waiting = waiting;
            this.trying = trying;
        }

        @Override
        public int attempt() {
            return SemaphoreWaits.this.attempt(operation, trying);
        }

        @Override
        public int await(Gate gate, long nanos) throws InterruptedException {
            return block(gate, operation, waiting, nanos, true);
        }
    }

    private int attempt(long one, Sembufs many) {
        int answer;
        do {
            answer = many.count() == 0
                    ? semopOne(id, sembufWith(one, IPC_NOWAIT))
                    : semop(id, many.segment(), many.count());
        } while (answer == -EINTR);
        return answer;
    }

    /**
     * On a platform thread. That the set was there before makes one that is gone now one that was removed meanwhile.
     */
    private int block(Gate gate, long one, Sembufs many, long nanos, boolean wasThere) throws InterruptedException {
        Waiter waiter = Waiter.enter(gate, nanos);
        try {
            boolean again = wasThere;
            while (true) {
                int answer = waiter.refusal();
                if (answer == 0) {
                    answer = call(one, many, waiter.nanosForCall());
                }
                if (!waiter.goesOnAfter(answer)) {
                    return again && answer == -EINVAL ? -EIDRM : answer;
                }
                again = true;
            }
        } finally {
            waiter.leave();
        }
    }

    private int call(long one, Sembufs many, long nanos) {
        if (many.count() == 0) {
            return nanos == FOREVER ? semopOne(id, one) : semtimedopOne(id, one, nanos);
        }
        return nanos == FOREVER ? semop(id, many.segment(), many.count()) : semtimedopFor(id, many, nanos);
    }

    private static Sembufs sembufs(long[] operations, int flag, Arena arena) {
        Sembufs array = Sembufs.allocate(arena, operations.length);
        for (int i = 0; i < operations.length; i++) {
            array.set(i, sembufWith(operations[i], flag));
        }
        return array;
    }
}
