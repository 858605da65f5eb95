package org.chagres.internal.resource;

import static org.chagres.internal.syscall.SignalCalls.*;

import java.util.concurrent.atomic.AtomicBoolean;
import org.chagres.internal.syscall.ProcessCalls;

/**
 * The signal that ends a blocked call and does nothing else: SIGURG, whose default is to be ignored, so that a stray
 * one harms nobody, and which few programs use. Taken at the first wait, if nobody has a handler for it.
 *
 * <p>If somebody has, or takes it later, waits go on in slices of time. For those that are blocked already when it is
 * taken away there is a second signal, a real-time one, claimed together with the first.
 */
final class WakeSignal {
    /** Which signal to take instead of SIGURG; 0 for none. */
    private static final int CHOSEN = Integer.getInteger("org.chagres.signal", SIGURG);

    // The real-time signals end at 64; 62 is the JDK's (it ends blocked calls of java.nio), 32 to 34 are the C
    // library's.
    private static final int HIGHEST_RESERVE = 61;
    private static final int LOWEST_RESERVE = 35;

    private static final int NONE = 0;

    private static final AtomicBoolean SAID = new AtomicBoolean();

    private static volatile boolean lost;

    private WakeSignal() {}

    /** Both signals, claimed once. */
    private static final class Claimed {
        static final int FIRST;
        static final int RESERVE;

        static {
            boolean allowed = tgkill(ProcessCalls.getpid(), gettid(), NONE) == 0; // not in every sandbox
            FIRST = CHOSEN != NONE && allowed && claim(CHOSEN) ? CHOSEN : NONE;
            RESERVE = FIRST == NONE ? NONE : claimReserve();
            lost = FIRST == NONE && CHOSEN != NONE;
        }

        private static boolean claim(int signal) {
            long handler = handler(signal);
            // Ours already, if another class loader has this class too.
            boolean free = handler == DEFAULT_HANDLER || handler == IGNORING_HANDLER || handler == nothing();
            return free && handleByNothing(signal) == 0;
        }

        private static int claimReserve() {
            for (int signal = HIGHEST_RESERVE; signal >= LOWEST_RESERVE; signal--) {
                if (signal != FIRST && claim(signal)) {
                    return signal;
                }
            }
            return NONE;
        }
    }

    /** Whether a blocked call of this process can be ended, as far as is known. */
    static boolean works() {
        if (Claimed.FIRST != NONE && !lost) {
            return true;
        }
        sayIfLost();
        return false;
    }

    /** Lets both signals reach the calling thread: a JVM may have been started with them blocked. */
    static void unblockHere() {
        if (Claimed.FIRST != NONE) {
            unblock(Claimed.FIRST);
        }
        if (Claimed.RESERVE != NONE) {
            unblock(Claimed.RESERVE);
        }
    }

    /** The signal to send now, or 0: asked before each, as another library may have put its own handler over ours. */
    static int number() {
        if (isOurs(Claimed.FIRST)) {
            return Claimed.FIRST;
        }
        lost |= Claimed.FIRST != NONE;
        return isOurs(Claimed.RESERVE) ? Claimed.RESERVE : NONE;
    }

    static void send(int tid, int signal) {
        if (signal != NONE) {
            tgkill(ProcessCalls.getpid(), tid, signal);
        }
    }

    private static boolean isOurs(int signal) {
        return signal != NONE && handler(signal) == nothing();
    }

    /**
     * Says once that the signal is lost. Not where it is found out, which may be inside {@link Thread#interrupt()}, but
     * at the next wait, on the thread of who waits.
     */
    private static void sayIfLost() {
        if (lost && SAID.compareAndSet(false, true)) {
            try {
                System.getLogger("org.chagres")
                        .log(
                                System.Logger.Level.WARNING,
                                "signal " + CHOSEN + " cannot be used in this process, as somebody else handles it or a"
                                        + " sandbox forbids it: blocking calls of Chagres wait in slices of 10 ms from"
                                        + " now on; -Dorg.chagres.signal=NUMBER chooses another");
            } catch (RuntimeException | Error unheard) {
                // A logger that fails must not end the wait of its caller, nor the thread that keeps the others'.
            }
        }
    }
}
