package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.SignalCalls.*;

import java.lang.foreign.Arena;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntUnaryOperator;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.internal.syscall.SignalInfo;

/**
 * Takes the signals that tell of descriptors, and passes them on. Two daemon threads, started at the first use:
 *
 * <pre>
 *   kernel --signal--> taker --what is ready--> registration --queue--> giver --> executor of the user
 * </pre>
 *
 * <p>The <b>taker</b> owns the descriptors, by its thread number: the kernel directs their signals at it alone. It has
 * them blocked before anybody learns that number, and for ever, so they wait until it takes them: no handler runs, and
 * what they do by themselves, which is to end the process, never happens. It runs no code of users.
 *
 * <p>The <b>giver</b> calls the executors. It is a thread of its own, as an executor may start threads, which inherit
 * what their starter has blocked, and pass it on to the programs they start; may run the handler at once, and a wait of
 * this library unblocks SIGURG where it waits; and may let its caller wait while the kernel's queue runs full.
 *
 * <p>When that queue is full (RLIMIT_SIGPENDING), the kernel sends SIGIO in place of the real-time signal, with no word
 * of the descriptor: then all are polled.
 */
final class SignalDelivery {
    /** Who changes owners, signals and registrations does it alone. */
    static final ReentrantLock CHANGES = new ReentrantLock();

    // As in WakeSignal: 32 to 34 are the C library's, 62 is the JDK's.
    private static final int LOWEST_REAL_TIME = 35;
    private static final int HIGHEST_REAL_TIME = 64;
    private static final int OF_THE_JDK = 62;

    private static final long PAUSE_NANOS = 10_000_000;

    /** By the numbers that the kernel tells. */
    private static final ConcurrentMap<Integer, SignalRegistration> REGISTRATIONS = new ConcurrentHashMap<>();

    private static final BlockingQueue<SignalRegistration> TO_GIVE = new LinkedBlockingQueue<>();

    private static final Thread GIVER = Thread.ofPlatform()
            .daemon()
            .name("chagres-events")
            .inheritInheritableThreadLocals(false)
            .unstarted(SignalDelivery::give);

    /** What the taker takes; the others it has blocked wait for nobody. Only ever grows. */
    private static volatile long taken;

    /** The kernel's number of the taker; 0 until it runs. */
    private static volatile int taker;

    private SignalDelivery() {}

    /** The real-time signal for those who choose none, or 0 if all are in use; chosen once. */
    static final class Free {
        static final int SIGNAL = find();

        private static int find() {
            for (int signal = LOWEST_REAL_TIME; signal < OF_THE_JDK; signal++) {
                if (handler(signal) == DEFAULT_HANDLER) {
                    return signal;
                }
            }
            return 0;
        }
    }

    /** Whether the taker may get that signal; 0 is SIGIO. */
    static boolean isTakeable(int signal) {
        return signal == 0
                || signal == SIGIO
                || (signal >= LOWEST_REAL_TIME && signal <= HIGHEST_REAL_TIME && signal != OF_THE_JDK);
    }

    private static long takeable() {
        long signals = bit(SIGIO) | bit(SIGURG);
        for (int signal = LOWEST_REAL_TIME; signal <= HIGHEST_REAL_TIME; signal++) {
            signals |= isTakeable(signal) ? bit(signal) : 0;
        }
        return signals;
    }

    /** The number of the thread that takes the signals, which runs from now on; or {@code -errno}. */
    static int taker() {
        if (taker > 0) {
            return taker;
        }
        CHANGES.lock();
        try {
            if (taker > 0) {
                return taker;
            }
            if (GIVER.getState() == Thread.State.NEW) {
                GIVER.start();
            }
            CompletableFuture<Integer> number = new CompletableFuture<>();
            Thread.ofPlatform()
                    .daemon()
                    .name("chagres-signals")
                    .inheritInheritableThreadLocals(false)
                    .start(() -> take(number));
            int answer = number.join();
            taker = Math.max(answer, 0);
            return answer;
        } finally {
            CHANGES.unlock();
        }
    }

    /** Changes something of a descriptor, alone. */
    static int change(OpenDescriptor descriptor, IntUnaryOperator change) {
        // The lock is inside: the last user closes the descriptor, which can take its time.
        return descriptor.ask(number -> {
            CHANGES.lock();
            try {
                return change.applyAsInt(number);
            } finally {
                CHANGES.unlock();
            }
        });
    }

    static boolean isTaker(int tid) {
        return tid > 0 && tid == taker;
    }

    /** Has a signal taken from now on. To be called with the changes locked, while the taker runs. */
    static void take(int signal) {
        long before = taken;
        taken = before | bit(signal == 0 ? SIGIO : signal);
        if (taken != before) {
            tgkill(ProcessCalls.getpid(), taker, SIGIO); // it waits for those of before
        }
    }

    static boolean isRegistered(int number) {
        return REGISTRATIONS.containsKey(number);
    }

    static void register(int number, SignalRegistration registration) {
        REGISTRATIONS.put(number, registration);
    }

    static void unregister(int number, SignalRegistration registration) {
        REGISTRATIONS.remove(number, registration);
    }

    /** Has a registration call its executor. */
    static void passOn(SignalRegistration registration) {
        TO_GIVE.add(registration);
    }

    private static void take(CompletableFuture<Integer> number) {
        SignalInfo info;
        try {
            info = new SignalInfo(Arena.ofAuto());
            taken = bit(SIGIO) | bit(SIGURG) | (Free.SIGNAL == 0 ? 0 : bit(Free.SIGNAL));
            int answer = block(takeable());
            if (answer >= 0) {
                info.setSignals(taken);
                answer = sigtimedwaitNow(info); // not in every sandbox
            }
            if (answer < 0 && answer != -EAGAIN && answer != -EINTR) {
                number.complete(answer);
                return;
            }
            number.complete(gettid());
        } catch (RuntimeException | Error failure) {
            number.completeExceptionally(failure);
            return;
        }
        boolean missed = false;
        while (true) {
            try {
                if (missed) {
                    pollAll();
                    missed = false;
                }
                info.setSignals(taken);
                missed = takeOne(info, sigtimedwait(info.set(), info.info(), 0));
            } catch (RuntimeException | Error failure) { // no memory, most likely: others rely on this thread
                missed = true;
            }
            if (missed) {
                Thread.interrupted(); // by somebody who found this thread: it must not keep it from pausing
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    /** Answers whether something went wrong. */
    private static boolean takeOne(SignalInfo info, int signal) {
        if (signal == SIGIO) { // of those with no other signal, or as the queue is full
            pollAll();
        } else if (signal == SIGURG) {
            REGISTRATIONS.values().forEach(SignalRegistration::pollUrgent);
        } else if (signal >= 0 && info.isOfDescriptor()) {
            SignalRegistration told = REGISTRATIONS.get(info.descriptor()); // none: closed meanwhile
            if (told != null) {
                told.tell(info.band());
            }
        }
        return signal < 0 && signal != -EINTR;
    }

    private static void pollAll() {
        REGISTRATIONS.values().forEach(SignalRegistration::poll);
    }

    private static void give() {
        while (true) {
            try {
                TO_GIVE.take().give();
            } catch (InterruptedException notOurs) {
                // Somebody interrupted a thread that is not theirs.
            } catch (Throwable failure) { // no memory, most likely: the next may find some
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }
}
