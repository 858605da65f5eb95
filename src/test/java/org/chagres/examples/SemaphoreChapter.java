package org.chagres.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.inspect.SemaphoreTable;
import org.chagres.semaphore.Permit;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.semaphore.SemaphoreSet;

/** The tour's chapter on System V semaphores, and on what ends a wait. */
final class SemaphoreChapter implements Tour.Chapter {
    private static final Path PYTHON_SLOT = Path.of(System.getProperty("basedir", ""), "src/test/python/slot.py");
    private static final int TIMES = 10_000;

    @Override
    public void walk(Tour tour) throws Exception {
        IpcKey key = IpcKey.random();
        try (ProcessSemaphore lock =
                Tour.make(() -> ProcessSemaphore.create(key, 1), made -> () -> SemaphoreSet.remove(made.id()))) {
            handOver(tour, key, lock);
            loseTheHolder(tour, key, lock);
            endWaits(tour, lock);
            slot(tour);
            count(tour);
            remove(tour, key, lock);
        }
    }

    private static void handOver(Tour tour, IpcKey key, ProcessSemaphore lock) throws Exception {
        tour.say("This process creates a semaphore with one permit, a lock, under the random key " + key + ".");
        tour.see("permits", lock.availablePermits(), 1);
        tour.see("sets of ours in the kernel's table", left(lock), 1L);

        tour.say("Another JVM opens it by its key and takes the permit.");
        Process holder = holder(key);
        tour.see("it says", line(holder), "mine: 1 permit");
        tour.see("permits", lock.availablePermits(), 0);
        tour.see("who changed it last", lock.status().lastPid(), (int) holder.pid());
        tour.see("this process tries, without waiting", lock.tryAcquire(), false);

        tour.say("So a thread of this process waits, until the other one has finished and gives it back.");
        FutureTask<String> waiter = waiting(lock, () -> lock.hold().close());
        tour.see("threads that wait, says the kernel", lock.status().waitingForIncrease(), 1);
        holder.getOutputStream().close(); // the end of its work
        tour.see("it ends well", Tour.output(holder), "");
        tour.see("the wait ended, and", result(waiter), "it worked");
    }

    private static void loseTheHolder(Tour tour, IpcKey key, ProcessSemaphore lock) throws Exception {
        tour.say("Another JVM takes it, this process waits, and the holder is killed (kill -9).");
        Process holder = holder(key);
        tour.see("it says", line(holder), "mine: 1 permit");
        FutureTask<String> waiter = waiting(lock, () -> lock.hold().close());
        holder.destroyForcibly().waitFor();
        tour.see("the kernel gave it back: the wait ended, and", result(waiter), "it worked");
        tour.see("permits", lock.availablePermits(), 1);
    }

    @SuppressWarnings("try") // the permit is held, and not used
    private static void endWaits(Tour tour, ProcessSemaphore lock) throws Exception {
        tour.say("What else ends a wait, while this process holds the lock:");
        try (Permit permit = lock.hold()) {
            tour.see("the time (50 ms): got it", lock.tryAcquire(Duration.ofMillis(50)), false);

            tour.see("an interrupt", interrupted(lock, Thread.ofPlatform()), "InterruptedException");
            tour.see(
                    "an interrupt, of a virtual thread", interrupted(lock, Thread.ofVirtual()), "InterruptedException");

            ProcessSemaphore another = ProcessSemaphore.open(lock.id());
            FutureTask<String> waiter = waiting(lock, another::acquire);
            another.close();
            tour.see("close, of the object that the thread waits by", result(waiter), "IllegalStateException");
            tour.see(
                    "nobody waits any more, and nothing was taken",
                    lock.status().waitingForIncrease(),
                    0);
        }
        tour.see("given back: permits", lock.availablePermits(), 1);
    }

    private static void slot(Tour tour) throws Exception {
        IpcKey key = IpcKey.random();
        try (Slot slot = Tour.make(() -> Slot.open(key), made -> made::remove)) {
            if (Tour.isInstalled("python3") && Files.exists(PYTHON_SLOT)) {
                tour.say("A slot for one message in shared memory, and a Python process at the other end.");
                Process python = Tour.python(Files.readString(PYTHON_SLOT), "put", key, "one", "two", "three");
                tour.see(
                        "Python puts, Java takes",
                        slot.take() + " " + slot.take() + " " + slot.take(),
                        "one two three");
                tour.see("Python ends well", Tour.output(python), "");
                python = Tour.python(Files.readString(PYTHON_SLOT), "take", key, 2);
                slot.put("four");
                slot.put("five"); // waits until four was taken
                tour.see("Java puts, Python takes", Tour.output(python).replace('\n', ' '), "four five");
            } else {
                tour.say("(There is no python3 here, or no " + PYTHON_SLOT
                        + ": another JVM is at the slot's other end.)");
                Process other = Tour.java(Slot.class, "put", key, "one", "two", "three");
                tour.see("it puts, Java takes", slot.take() + " " + slot.take() + " " + slot.take(), "one two three");
                tour.see("it ends well", Tour.output(other), "");
            }
            slot.remove();
        }
    }

    private static void count(Tour tour) throws Exception {
        tour.say("Two more JVMs raise two counters by 1, " + TIMES + " times each: read, add, write.");
        Count.Totals totals = Count.run(TIMES);
        tour.see("without a semaphore, counts were lost", totals.plain() < totals.told(), true);
        System.out.println("        (" + (totals.told() - totals.plain()) + " of " + totals.told() + ")");
        tour.see("with one", totals.locked(), totals.told());
    }

    private static void remove(Tour tour, IpcKey key, ProcessSemaphore lock) throws Exception {
        tour.say("This process removes the semaphore while a thread waits.");
        lock.acquire();
        FutureTask<String> waiter = waiting(lock, lock::acquire);
        lock.remove();
        tour.see("the wait", result(waiter), "EIDRM");
        tour.see("opening it by its key", Tour.outcome(() -> ProcessSemaphore.open(key)), "ENOENT");
        tour.see("sets of ours that are left", left(lock), 0L);
    }

    private static Process holder(IpcKey key) throws IOException {
        return Tour.java(SharedLock.class, "hold", key);
    }

    /** What the holder says once it has the lock. */
    private static String line(Process holder) throws IOException {
        String said = holder.inputReader().readLine(); // first that it waits
        return said == null ? "nothing" : holder.inputReader().readLine();
    }

    private static long left(ProcessSemaphore lock) throws ErrnoException {
        return SemaphoreTable.sets().stream()
                .filter(set -> set.id() == lock.id())
                .count();
    }

    private static String interrupted(ProcessSemaphore lock, Thread.Builder kind) throws Exception {
        FutureTask<String> waiter = new FutureTask<>(() -> Tour.outcome(lock::acquire));
        Thread thread = kind.start(waiter);
        awaitWaiter(lock);
        thread.interrupt();
        return result(waiter);
    }

    /** Starts a thread that waits; returns when it does so, in the kernel. */
    private static FutureTask<String> waiting(ProcessSemaphore lock, Tour.Attempt wait) throws Exception {
        FutureTask<String> waiter = new FutureTask<>(() -> Tour.outcome(wait));
        Thread.ofPlatform().daemon().start(waiter);
        awaitWaiter(lock);
        return waiter;
    }

    private static void awaitWaiter(ProcessSemaphore lock) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (lock.status().waitingForIncrease() == 0) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("no thread waits");
            }
            Thread.sleep(1);
        }
    }

    private static String result(FutureTask<String> waiter) throws Exception {
        return waiter.get(60, TimeUnit.SECONDS);
    }
}
