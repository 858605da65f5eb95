package org.chagres.internal.resource;

import static org.chagres.internal.resource.SemaphoreWaits.FOREVER;
import static org.chagres.internal.resource.SemaphoreWaits.operation;
import static org.chagres.testing.ThreadKind.VIRTUAL;

import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.chagres.testing.Await;

/** Virtual threads where there are fewer helpers than lines, or none at all. */
final class LinesProgram {
    private static final int LINES = 6;
    private static final int HELPERS = 2;

    private LinesProgram() {}

    public static void main(String[] arguments) throws Throwable {
        System.setProperty("jdk.virtualThreadScheduler.parallelism", "1"); // as many carriers as there will ever be
        int id = SemaphoreObject.create(0, LINES + 1, PosixFilePermissions.fromString("rw-------"));
        try {
            SemaphoreWaits waits = new SemaphoreWaits(id);
            if (arguments[0].equals("crossed")) {
                crossed(id, waits);
            } else {
                withoutThreads(waits);
            }
        } finally {
            SemaphoreObject.remove(id);
        }
    }

    /** Each gives what the next waits for; the last ones have the helpers, and wait for those without. */
    private static void crossed(int id, SemaphoreWaits waits) throws Exception {
        List<WaitingThread> threads = new ArrayList<>();
        for (int number = LINES - 1; number >= 0; number--) {
            long own = operation(number, -1, false, false);
            long next = operation(number + 1, 1, false, false);
            threads.add(WaitingThread.start(VIRTUAL, () -> {
                int answer = waits.await(own, FOREVER);
                return answer < 0 ? answer : waits.attempt(next);
            }));
            int waiting = Math.min(threads.size(), HELPERS);
            Await.until(() -> waitingInTheKernel(id) == waiting);
        }
        waits.attempt(operation(0, 1, false, false));
        long[] most = new long[1];
        Await.until(() -> {
            most[0] = Math.max(most[0], helpers());
            return threads.stream().allMatch(WaitingThread::isOver);
        });
        System.out.println("passed on: " + SemaphoreObject.value(id, LINES));
        System.out.println("most helpers: " + most[0]);
    }

    private static int waitingInTheKernel(int id) {
        int waiting = 0;
        for (int number = 0; number < LINES; number++) {
            waiting += SemaphoreObject.waitingForIncrease(id, number);
        }
        return waiting;
    }

    private static long helpers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("chagres-helper-"))
                .count();
    }

    private static void withoutThreads(SemaphoreWaits waits) throws Throwable {
        long take = operation(0, -1, false, false);
        // The JDK's own threads for virtual threads, sleeping ones too, are to be there before.
        WaitingThread.start(VIRTUAL, () -> {
                    Thread.sleep(1);
                    return waits.attempt(operation(1, 1, false, false));
                })
                .result();
        System.out.println("no more threads: " + ThreadLimit.forbid());

        WaitingThread permit = WaitingThread.start(VIRTUAL, () -> waits.await(take, FOREVER));
        Await.until(() -> permit.thread().getState() == Thread.State.TIMED_WAITING);
        waits.attempt(operation(0, 1, false, false));
        System.out.println("permit: " + permit.result());

        System.out.println("time-out: "
                + WaitingThread.start(VIRTUAL, () -> waits.await(take, 30_000_000))
                        .result());

        WaitingThread interrupted = WaitingThread.start(VIRTUAL, () -> waits.await(take, FOREVER));
        Await.until(() -> interrupted.thread().getState() == Thread.State.TIMED_WAITING);
        interrupted.interrupt();
        System.out.println("interrupt: " + interrupted.result());

        WaitingThread closed = WaitingThread.start(VIRTUAL, () -> waits.await(take, FOREVER));
        Await.until(() -> closed.thread().getState() == Thread.State.TIMED_WAITING);
        waits.close();
        System.out.println("close: " + closed.result());
    }
}
