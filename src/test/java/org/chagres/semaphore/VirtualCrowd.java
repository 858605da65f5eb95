package org.chagres.semaphore;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.testing.Await;

/**
 * A crowd of virtual threads that all wait for semaphores of value 0, on few carriers, and are then let through one
 * after the other. Tells what was seen, a line each. Arguments: how many semaphores, and how many threads at each.
 */
final class VirtualCrowd {
    private final AtomicInteger through = new AtomicInteger();
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger mostInside = new AtomicInteger();
    private final AtomicLong ticks = new AtomicLong();
    private long mostHelpers;
    private volatile boolean over;

    public static void main(String[] arguments) throws Exception {
        new VirtualCrowd().run(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]));
    }

    private void run(int semaphores, int threadsAtEach) throws Exception {
        Thread ticking = Thread.ofVirtual().start(() -> {
            while (!over) {
                ticks.incrementAndGet();
                try {
                    Thread.sleep(1);
                } catch (InterruptedException nobody) {
                    return;
                }
            }
        });
        try (SemaphoreSet set = SemaphoreSet.create(IpcKey.PRIVATE, new int[semaphores])) {
            try {
                run(set, threadsAtEach);
            } finally {
                set.remove();
            }
        }
        over = true;
        ticking.join();
    }

    private void run(SemaphoreSet set, int threadsAtEach) throws Exception {
        int count = set.size() * threadsAtEach;
        CountDownLatch started = new CountDownLatch(count);
        List<Thread> threads = new ArrayList<>();
        for (int number = 0; number < set.size(); number++) {
            ProcessSemaphore semaphore = set.semaphore(number);
            for (int i = 0; i < threadsAtEach; i++) {
                threads.add(Thread.startVirtualThread(() -> pass(semaphore, started)));
            }
        }
        started.await();
        await("all wait", () -> threads.stream().allMatch(VirtualCrowd::waits));
        System.out.println("waiting in the kernel: " + waitingInTheKernel(set));
        System.out.println("through before the first release: " + through.get());

        long before = ticks.get();
        await("other virtual threads run", () -> ticks.get() >= before + 100);
        System.out.println("others ran: true");

        for (int number = 0; number < set.size(); number++) {
            set.semaphore(number).release();
        }
        await("all get through", () -> through.get() == count);
        System.out.println("through: " + through.get());
        for (Thread thread : threads) {
            thread.join();
        }
        int left = 0;
        for (int value : set.values()) {
            left += value;
        }
        System.out.println("permits left: " + left);
        System.out.println("most at once: " + mostInside.get());
        System.out.println("most helpers: " + mostHelpers);
    }

    private void pass(ProcessSemaphore semaphore, CountDownLatch started) {
        try {
            started.countDown();
            semaphore.acquire();
            mostInside.accumulateAndGet(inside.incrementAndGet(), Math::max);
            Thread.yield();
            inside.decrementAndGet();
            semaphore.release();
            through.incrementAndGet();
        } catch (Exception failure) {
            failure.printStackTrace();
        }
    }

    private static boolean waits(Thread thread) {
        Thread.State state = thread.getState();
        return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
    }

    private static int waitingInTheKernel(SemaphoreSet set) {
        int waiting = 0;
        for (int number = 0; number < set.size(); number++) {
            waiting += SemaphoreObject.waitingForIncrease(set.id(), number);
        }
        return waiting;
    }

    private void await(String what, BooleanSupplier witness) {
        Await.until(
                () -> {
                    mostHelpers = Math.max(mostHelpers, helpers());
                    return witness.getAsBoolean();
                },
                () -> what + "; through " + through.get() + ", ticks " + ticks.get() + ", helpers " + helpers());
    }

    private static long helpers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("chagres-helper-"))
                .count();
    }
}
