package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;

import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.chagres.internal.syscall.SignalCalls;

/**
 * How a platform thread waits in the kernel and is called back: the call itself blocks, and a signal that does nothing
 * ends it with {@code EINTR} when the thread is interrupted, the gate is closed or the time is over. Each thread has
 * one.
 *
 * {@snippet lang = java :
 * Waiter waiter = Waiter.enter(gate, nanos);
 * try {
 *     int answer;
 *     do {
 *         answer = waiter.refusal(); // interrupted? closed? late?
 *         if (answer == 0) {
 *             answer = theCall(waiter.nanosForCall());
 *         }
 *     } while (waiter.goesOnAfter(answer));
 *     return answer;
 * } finally {
 *     waiter.leave();
 * }
 * }
 *
 * <p><b>Who may signal when.</b> {@link #wait} is odd while the thread is between enter and leave. A canceller
 * announces itself in {@link #signallers}, looks whether the wait it means is still the present one, and signals;
 * {@link #leave} ends the wait, and stays until no canceller is announced. So no signal is sent to a thread that has
 * left, and none to a thread that took over the number of a dead one. No lock is held on either side: the hook of
 * {@link Thread#interrupt()} may run under one of the JDK's that {@code end()} takes too.
 *
 * <p><b>A signal can be too early</b>, between the last look at the reasons and the call. So every cancel is repeated
 * by {@link Watch} until that wait is over, or has no reason to end any more.
 */
final class Waiter {
    /** No limit of time. */
    static final long FOREVER = Long.MAX_VALUE;

    /** An answer: the time is over. What the kernel says of its own time-outs, and of a try that would have to wait. */
    static final int TIMED_OUT = -EAGAIN;

    /** An answer: the gate was closed. No error number is so large. */
    static final int CLOSED = -0x10000;

    /**
     * How long a call waits at a time where nothing can end it. Short enough to close and interrupt, long enough to
     * idle.
     */
    private static final long SLICE_NANOS = 10_000_000;

    private static final ThreadLocal<Waiter> OF_THREAD = new ThreadLocal<>() {
        @Override
        protected Waiter initialValue() {
            return new Waiter();
        }
    };

    /** All there are; a thread's own goes with the thread. Guarded by itself. */
    private static final Map<Waiter, Boolean> ALL = new WeakHashMap<>();

    private static final Gate NO_GATE = new Gate();

    private final Thread thread = Thread.currentThread();
    private final int tid = SignalCalls.gettid();
    private final Hook hook = new Hook();

    /** Odd between enter and leave; never the same again. Written by this thread alone. */
    private final AtomicLong wait = new AtomicLong();

    /** How many threads are about to signal this one. */
    private final AtomicInteger signallers = new AtomicInteger();

    // Written by this thread before its wait begins, read by others only after they saw that it has begun.
    private Gate gate = NO_GATE;
    private boolean timed;
    private long deadline;

    /** The wait whose cancel Watch repeats; 0, which is none, if it repeats none. */
    private volatile long repeated;

    private final Watch.Deadline atWatch = new Watch.Deadline(this);

    /** Whether Watch has the entry for the deadlines of this thread's waits, and when it is due. */
    private volatile boolean watched;

    private volatile long watchedFor;

    // This thread's alone.
    private boolean asked;
    private boolean sliced;
    private long sliceEnd;

    private Waiter() {
        Watch.start(); // here, where a failure meets who wants to wait, and not who closes or interrupts
        WakeSignal.unblockHere();
        synchronized (ALL) {
            ALL.put(this, true);
        }
    }

    /**
     * Begins a wait of the calling platform thread: from here on it is called back. To be left by {@link #leave}.
     *
     * @param nanos how long, or {@link #FOREVER}
     */
    static Waiter enter(Gate gate, long nanos) {
        Waiter waiter = OF_THREAD.get();
        waiter.begin(gate, nanos);
        return waiter;
    }

    private void begin(Gate newGate, long nanos) {
        sliced = !WakeSignal.works(); // first, as it may log, and a logger may wait
        gate = newGate;
        timed = nanos != FOREVER;
        deadline = timed ? System.nanoTime() + nanos : 0;
        asked = false;
        wait.set((wait.getPlain() + 1) | 1); // odd even if an error had kept the last wait from its leave
        try {
            hook.start();
        } catch (Throwable noStackOrMemory) { // then there is no wait, and nobody must take it for one
            wait.set(wait.getPlain() + 1);
            gate = NO_GATE;
            throw noStackOrMemory;
        }
    }

    /** Has {@link Watch} end the present wait when its time is over: for calls that take no time-out of their own. */
    void watchDeadline() {
        // The entry at Watch serves wait after wait, as each due moves it on; it is told only of what is due earlier.
        if (timed && (!watched || watchedFor - deadline > 0)) {
            watchedFor = deadline;
            watched = true;
            Watch.look(atWatch);
        }
    }

    /** 0 to make the call; otherwise why not to: {@link #CLOSED} or {@link #TIMED_OUT}. */
    int refusal() throws InterruptedException {
        Interruption.check();
        if (gate.isClosed()) {
            return CLOSED;
        }
        boolean late = asked && isLate(); // the first time the call decides: an event that is there already counts
        asked = true;
        return late ? TIMED_OUT : 0;
    }

    /** Whether nothing can end a call that blocks, so that it must only be made for a slice of time. */
    boolean isSliced() {
        return sliced;
    }

    /** How long the call may wait, or {@link #FOREVER}. */
    long nanosForCall() {
        long now = timed || sliced ? System.nanoTime() : 0;
        long rest = timed ? Math.max(deadline - now, 0) : FOREVER;
        if (sliced && rest > SLICE_NANOS) {
            rest = SLICE_NANOS;
        }
        sliceEnd = now + rest;
        return rest;
    }

    /** Whether to ask again what to do, for an answer that is none. */
    boolean goesOnAfter(long answer) {
        if (answer == -EINTR) {
            return true;
        }
        // Of a slice that is over nobody knows but us; the end of the whole time is what refusal() then says.
        return sliced && answer == TIMED_OUT && !isLate() && System.nanoTime() - sliceEnd >= 0;
    }

    @SuppressWarnings("ThreadPriorityCheck") // a hint is enough, as the others go on in any case
    void leave() {
        wait.set(wait.getPlain() + 1);
        while (signallers.get() != 0) {
            Thread.yield(); // for the length of one tgkill, whose thread we may have pushed off the CPU: it woke us
        }
        hook.stop();
        gate = NO_GATE;
    }

    private boolean isLate() {
        return timed && deadline - System.nanoTime() <= 0;
    }

    // The side of the others.

    /** Ends the waits behind gates that are closed. */
    static void cancelAllClosed() {
        List<Waiter> waiters;
        synchronized (ALL) {
            waiters = new ArrayList<>(ALL.keySet());
        }
        for (Waiter waiter : waiters) {
            long present = waiter.wait.get();
            if (isWait(present) && waiter.gate.isClosed()) {
                waiter.cancel(present);
            }
        }
    }

    private void cancel(long meant) {
        signal(meant);
        if (repeated != meant) { // one repetition serves all who cancel it
            repeated = meant; // before: Watch may be done with it at once
            Watch.again(this, meant);
        }
    }

    /** Signals this thread if it is still in the wait that was meant; answers whether it was. */
    private boolean signal(long meant) {
        int number = WakeSignal.number();
        signallers.getAndIncrement();
        try {
            if (wait.get() != meant) {
                return false;
            }
            WakeSignal.send(tid, number);
            return true;
        } finally {
            signallers.getAndDecrement();
        }
    }

    /**
     * Signals once more if the wait that was meant still goes on and has a reason to end. Answers whether to try again
     * later: not of a wait that is over, and not of one whose reason went (an interrupt that somebody took back).
     */
    boolean signalAgain(long meant) {
        if (wait.get() != meant) {
            return false;
        }
        // Should that wait end only now, signal() sees it, whichever wait the reasons were of.
        boolean reason = thread.isInterrupted() || gate.isClosed() || isLate();
        return reason && signal(meant);
    }

    /** {@link #signalAgain} for {@link Watch}, which forgets the wait if this answers no. */
    boolean repeat(long meant) {
        if (signalAgain(meant)) {
            return true;
        }
        repeated = 0; // before looking again: who cancels now sees it, or is seen
        if (!signalAgain(meant)) {
            return false;
        }
        repeated = meant;
        return true;
    }

    /**
     * Called by {@link Watch} when a deadline may have come; answers how many nanoseconds later to call again, 0 for
     * not at all.
     */
    long deadlineDue(long repeat) {
        watched = false; // before looking: a wait that begins now sees it, or is seen
        long present = wait.get();
        if (!isWait(present) || !timed) {
            return 0;
        }
        long due = deadline;
        watchedFor = due; // a wait that is due before tells Watch
        watched = true;
        if (wait.get() != present) {
            return repeat; // the next wait may have counted on this entry: look again soon
        }
        long rest = due - System.nanoTime();
        if (rest > 0) {
            return rest;
        }
        signalAgain(present);
        return repeat;
    }

    private static boolean isWait(long number) {
        return (number & 1) != 0;
    }

    /**
     * What {@link Thread#interrupt()} calls back. A selector and not a channel, as a channel is closed by an interrupt.
     * One a thread, used again for each wait.
     */
    private final class Hook extends AbstractSelector {
        Hook() {
            super(null);
        }

        void start() {
            begin();
        }

        void stop() {
            end();
        }

        /**
         * On the interrupting thread, possibly under a lock that {@code end()} takes too; possibly after {@code end()},
         * when the next wait has begun; or on this very thread, from {@code begin()}, which then has nothing to do:
         * refusal() looks before the call.
         */
        @Override
        public Selector wakeup() {
            long present = wait.get();
            if (isWait(present) && Thread.currentThread() != thread && thread.isInterrupted()) {
                cancel(present);
            }
            return this;
        }

        // The rest of a selector, which nobody ever sees.

        @Override
        protected void implCloseSelector() {}

        @Override
        protected SelectionKey register(AbstractSelectableChannel channel, int operations, Object attachment) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Set<SelectionKey> keys() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Set<SelectionKey> selectedKeys() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int selectNow() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int select(long timeout) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int select() {
            throw new UnsupportedOperationException();
        }
    }
}
