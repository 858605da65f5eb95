package org.chagres.internal.resource;

import java.util.Collections;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongPredicate;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.internal.syscall.ScriptedAnswers.Answer;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.testing.Await;
import org.chagres.testing.ThreadKind;

/** Looks at every signal that the library sends, while open: counts them by thread, and may let some get lost. */
final class Kicks implements AutoCloseable {
    private static final int ENOUGH = 200_000;

    private final ConcurrentMap<Long, AtomicInteger> byThread = new ConcurrentHashMap<>();
    private final LongPredicate isLost;
    private final ScriptedAnswers script;

    private Kicks(LongPredicate isLost) {
        this.isLost = isLost;
        script = ScriptedAnswers.toThreads(
                thread -> true,
                "syscall",
                Collections.nCopies(ENOUGH, (Answer) this::look).toArray(Answer[]::new));
    }

    static Kicks counted() {
        return new Kicks(tid -> false);
    }

    /** Of the signals to those threads that fit, the kernel never learns. The sender is told that all went well. */
    static Kicks lostIf(LongPredicate tid) {
        return new Kicks(tid);
    }

    private long look(long[] arguments) {
        long tid = arguments[2];
        if (tid == 0 || arguments[3] == 0) { // gettid has no arguments; a tgkill of signal 0 sends nothing
            return ScriptedAnswers.ASK_THE_KERNEL;
        }
        byThread.computeIfAbsent(tid, unseen -> new AtomicInteger()).incrementAndGet();
        return isLost.test(tid) ? 0 : ScriptedAnswers.ASK_THE_KERNEL;
    }

    int to(int tid) {
        AtomicInteger count = byThread.get((long) tid);
        return count == null ? 0 : count.get();
    }

    /**
     * Has {@link Watch} repeat a signal for so long that it would have repeated any other too: a thread stays in a
     * wait though it is interrupted, until it was signalled ten times, at last every 10 ms.
     */
    void letWatchRepeat() throws InterruptedException {
        WaitingThread stubborn = WaitingThread.start(ThreadKind.PLATFORM, () -> {
            Waiter waiter = Waiter.enter(new Gate(), Waiter.FOREVER);
            try {
                Await.until(() -> to(SignalCalls.gettid()) >= 10);
            } finally {
                waiter.leave();
            }
            return 0;
        });
        int tid = stubborn.tid();
        Await.until(() -> {
            stubborn.interrupt(); // once it is in its wait, this is what Watch repeats
            return to(tid) > 0;
        });
        stubborn.result();
    }

    @Override
    public void close() {
        script.close();
    }
}
