package org.chagres.examples;

import java.time.Duration;
import org.chagres.IpcKey;
import org.chagres.semaphore.Permit;
import org.chagres.semaphore.ProcessSemaphore;

/**
 * Processes take turns. {@code SharedLock hold KEY} waits for the lock and keeps it until a byte, or the end, comes on
 * its standard input; {@code try KEY} waits for at most a second; {@code remove KEY} ends the lock for everybody.
 */
public final class SharedLock {
    private SharedLock() {}

    static void share(IpcKey key) throws Exception {
        // @start region="share"
        // Whoever comes first makes the lock, with one permit: nobody holds it yet.
        try (ProcessSemaphore lock = ProcessSemaphore.openOrCreate(key, 1)) {
            System.out.println("waiting for " + lock);
            work(lock);
        } // the lock itself stays, for the next one
        // @end
    }

    static void work(ProcessSemaphore lock) throws Exception {
        // @start region="hold"
        try (Permit permit = lock.hold()) { // waits while somebody else has it
            System.out.println("mine: " + permit.permits() + " permit");
            System.in.read(); // what only one may do at a time
        } // given back here; by the kernel, should this process be killed
        // @end
    }

    static boolean tryIt(IpcKey key) throws Exception {
        // @start region="try"
        try (ProcessSemaphore lock = ProcessSemaphore.open(key)) {
            try (Permit permit = lock.tryHold(Duration.ofSeconds(1)).orElse(null)) {
                return permit != null; // if it was, what only one may do at a time goes here
            }
        }
        // @end
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            System.err.println("usage: SharedLock hold|try|remove KEY");
            System.exit(2);
        }
        IpcKey key = IpcKey.parse(arguments[1]);
        switch (arguments[0]) {
            case "hold" -> share(key);
            case "try" -> System.out.println(tryIt(key) ? "had it" : "somebody else has it");
            case "remove" -> ProcessSemaphore.open(key).remove();
            default -> throw new IllegalArgumentException("no role " + arguments[0]);
        }
    }
}
