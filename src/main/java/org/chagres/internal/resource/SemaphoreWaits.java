package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.SemaphoreCalls.*;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import org.chagres.internal.syscall.Sembufs;

/**
 * Operations on the semaphores of one set, and the waits for them. They end with {@link #close()}: the set itself stays.
 *
 * <p>One operation goes as a {@code long} ({@link #operation}), which costs nothing; several go as an array of those, and
 * are done in one atomic step. Answers are {@code >= 0}, {@code -errno}, {@link #CLOSED} or {@link #NOT_NOW}.
 */
public final class SemaphoreWaits extends Gate {
    /** No limit of time. */
    public static final long FOREVER = Waiter.FOREVER;

    /** The gate was closed, before the wait or meanwhile. */
    public static final int CLOSED = Waiter.CLOSED;

    /** It would have to wait, or wait longer. */
    public static final int NOT_NOW = Waiter.TIMED_OUT;

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
        return attempt(operation, Sembufs.NONE);
    }

    /** Does several operations in one step, if that is possible without waiting. */
    public int attempt(long[] operations) {
        try (Arena arena = Arena.ofConfined()) {
            return attempt(0, sembufs(operations, IPC_NOWAIT, arena));
        }
    }

    /** Does one operation, waiting for at most so long. */
    public int await(long operation, long nanos) throws InterruptedException {
        if (Thread.currentThread().isVirtual()) {
            return awaitOnVirtualThread(operation, new Trial(operation, Sembufs.NONE, Sembufs.NONE), nanos);
        }
        if (nanos <= 0) {
            int refusal = refusal();
            return refusal < 0 ? refusal : attempt(operation);
        }
        return block(this, operation, Sembufs.NONE, nanos);
    }

    /** Does several operations in one step, waiting for at most so long. */
    public int await(long[] operations, long nanos) throws InterruptedException {
        try (Arena arena = Arena.ofConfined()) {
            Sembufs waiting = sembufs(operations, 0, arena);
            if (Thread.currentThread().isVirtual() || nanos <= 0) {
                List<Long> thing = Arrays.stream(operations).boxed().toList();
                Sembufs trying = sembufs(operations, IPC_NOWAIT, arena);
                return awaitOnVirtualThread(thing, new Trial(0, waiting, trying), nanos);
            }
            return block(this, 0, waiting, nanos);
        }
    }

    private int awaitOnVirtualThread(Object thing, Trial trial, long nanos) throws InterruptedException {
        int answer = refusal();
        if (answer == 0) {
            answer = trial.attempt();
        }
        return answer == NOT_NOW && nanos > 0 ? lines.await(this, thing, trial, nanos) : answer;
    }

    /** What {@link Waiter#refusal()} says, before anything waits. */
    private int refusal() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
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
            return block(gate, operation, waiting, nanos);
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

    private int block(Gate gate, long one, Sembufs many, long nanos) throws InterruptedException {
        Waiter waiter = Waiter.enter(gate, nanos);
        try {
            int answer;
            do {
                answer = waiter.refusal();
                if (answer == 0) {
                    answer = call(one, many, waiter.nanosForCall());
                }
            } while (waiter.goesOnAfter(answer));
            return answer;
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
