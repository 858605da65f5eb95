package org.chagres.internal.resource;

import static org.chagres.internal.resource.TestSet.TAKE;
import static org.chagres.testing.ThreadKind.PLATFORM;

import java.nio.file.attribute.PosixFilePermissions;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.testing.Await;

/** The library's clock in bad times: {@code badLogger}, or {@code withoutThreads}. */
final class WatchProgram {
    private static final long MILLIS = 1_000_000;

    private WatchProgram() {}

    /** A log that fails. */
    public static final class BadLoggers extends System.LoggerFinder {
        @Override
        public System.Logger getLogger(String name, Module module) {
            throw new IllegalStateException("no logs today");
        }
    }

    public static void main(String[] arguments) throws Throwable {
        int id = SemaphoreObject.create(0, 1, PosixFilePermissions.fromString("rw-------"));
        try {
            if (arguments[0].equals("badLogger")) {
                badLogger(id);
            } else {
                withoutThreads(id);
            }
        } finally {
            SemaphoreObject.remove(id);
        }
    }

    /** The loss of the signal is to be logged; the deadline of a wait that has begun before must come nonetheless. */
    private static void badLogger(int id) throws Exception {
        WaitingThread interrupted =
                WaitingThread.start(PLATFORM, () -> new SemaphoreWaits(id).await(TAKE, SemaphoreWaits.FOREVER));
        WaitingThread late = WaitingThread.start(PLATFORM, () -> UntimedCall.take(id, new Gate(), 500 * MILLIS));
        Await.until(() -> SemaphoreObject.waitingForIncrease(id, 0) == 2);
        WakeSignalProgram.take(SignalCalls.SIGURG, 0);
        interrupted.interrupt();
        System.out.println("interrupt: " + interrupted.result());
        System.out.println("deadline: " + late.result());
    }

    /**
     * Without the clock nobody can be called back: who wants to wait is told so, and may when there is a thread for
     * it.
     */
    private static void withoutThreads(int id) throws Throwable {
        System.out.println("no more threads: " + ThreadLimit.forbid());
        String answer;
        try {
            answer = Integer.toString(UntimedCall.take(id, new Gate(), 30 * MILLIS));
        } catch (OutOfMemoryError refused) {
            answer = "refused";
        }
        System.out.println("without threads: " + answer);
        ThreadLimit.allow();
        System.out.println("deadline: " + UntimedCall.take(id, new Gate(), 30 * MILLIS));
        WaitingThread interrupted =
                WaitingThread.start(PLATFORM, () -> new SemaphoreWaits(id).await(TAKE, SemaphoreWaits.FOREVER));
        Await.until(() -> SemaphoreObject.waitingForIncrease(id, 0) == 1);
        interrupted.interrupt();
        System.out.println("interrupt: " + interrupted.result());
    }
}
