package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import org.chagres.IpcKey;
import org.chagres.memory.SharedMemory;
import org.chagres.semaphore.Permit;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.semaphore.SemaphoreSet;

/**
 * Two processes raise two counters in shared memory, one without and one with a semaphore: {@code Count TIMES}. It
 * starts the two, each as {@code Count SEGMENT SET TIMES}, with identifiers.
 */
public final class Count {
    private static final int PLAIN = 0; // where the counters are
    private static final int LOCKED = 8;

    private static final int LOCK = 0; // the semaphores of the set
    private static final int START = 1;

    private Count() {}

    /** What became of the two counters, of which each was to be {@code told}. */
    record Totals(long plain, long locked, long told) {}

    // @start region="raise"
    static void raise(MemorySegment memory, long counter) {
        long value = memory.get(JAVA_LONG, counter);
        Thread.yield(); // as long as nothing happens here, the mistake hides well
        memory.set(JAVA_LONG, counter, value + 1);
    }
    // @end

    /**
     * The first time both have read before either writes: so one count is lost, however the machine shares its time.
     */
    static void raiseTogether(MemorySegment memory, long counter, ProcessSemaphore gate) throws Exception {
        long value = memory.get(JAVA_LONG, counter);
        awaitOther(gate);
        memory.set(JAVA_LONG, counter, value + 1);
    }

    @SuppressWarnings("try") // "resource permit is never referenced": it need not be
    static void raiseBoth(MemorySegment memory, SemaphoreSet set, int times) throws Exception {
        raiseTogether(memory, PLAIN, set.semaphore(START));
        for (int i = 1; i < times; i++) {
            raise(memory, PLAIN);
        }
        ProcessSemaphore lock = set.semaphore(LOCK);
        // @start region="locked"
        for (int i = 0; i < times; i++) {
            try (Permit permit = lock.hold()) {
                raise(memory, LOCKED);
            }
        }
        // @end
    }

    // @start region="start"
    /** Waits until everybody is here: the gate has as many permits as are to come. */
    static void awaitOther(ProcessSemaphore gate) throws Exception {
        gate.acquire();
        gate.awaitZero();
    }
    // @end

    /** Has two processes raise both. */
    static Totals run(int times) throws Exception {
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 16)) {
            memory.remove(); // it stays as long as somebody is attached, and can be opened by its identifier
            try (SemaphoreSet set = Tour.make(
                    () -> SemaphoreSet.create(IpcKey.PRIVATE, 1, 2), made -> () -> SemaphoreSet.remove(made.id()))) {
                try {
                    Process one = Tour.java(Count.class, memory.id(), set.id(), times);
                    Process two = Tour.java(Count.class, memory.id(), set.id(), times);
                    String complaints = Tour.output(one) + Tour.output(two);
                    if (!complaints.isEmpty()) {
                        throw new IllegalStateException(complaints);
                    }
                } finally {
                    set.remove();
                }
            }
            MemorySegment counters = memory.segment();
            return new Totals(counters.get(JAVA_LONG, PLAIN), counters.get(JAVA_LONG, LOCKED), 2L * times);
        }
    }

    /** Runs both roles. */
    public static void main(String[] arguments) throws Exception {
        switch (arguments.length) {
            case 1 -> System.out.println(run(Integer.parseInt(arguments[0])));
            case 3 -> {
                try (SharedMemory memory = SharedMemory.open(Integer.parseInt(arguments[0]));
                        SemaphoreSet set = SemaphoreSet.open(Integer.parseInt(arguments[1]))) {
                    raiseBoth(memory.segment(), set, Integer.parseInt(arguments[2]));
                }
            }
            default -> {
                System.err.println("usage: Count TIMES");
                System.exit(2);
            }
        }
    }
}
