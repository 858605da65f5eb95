package org.chagres.waiting;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.chagres.waiting.Blocked.Call.PPOLL;
import static org.chagres.waiting.Blocked.Call.READ;
import static org.chagres.waiting.Blocked.Call.WRITE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.readiness.EventCounter;

/** An event counter with nothing to take, or full. A poll says of a full one that there is no room for 1. */
final class CounterScene implements Scene {
    /** The call. */
    @FunctionalInterface
    interface Call {
        Object on(EventCounter counter, Duration timeout) throws Exception;
    }

    private static final String COUNT = "eventfd-count:";

    /** The most that a counter holds: nothing can be added. */
    private static final long FULL = -2;

    private final EventCounter counter;
    private final int number;
    private final int other; // outlives the counter's own
    private final boolean taking;
    private final Call call;

    private CounterScene(boolean taking, boolean semaphore, Call call) {
        this.taking = taking;
        this.call = call;
        try {
            counter = semaphore ? EventCounter.createSemaphore(0) : EventCounter.create();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
        number = TestPipe.number(counter);
        other = TestPipe.duplicate(number);
        if (!taking) {
            add(FULL);
        }
    }

    static CounterScene empty(Call call) {
        return new CounterScene(true, false, call);
    }

    static CounterScene emptySemaphore(Call call) {
        return new CounterScene(true, true, call);
    }

    static CounterScene full(Call call) {
        return new CounterScene(false, false, call);
    }

    private void add(long count) {
        try (Arena arena = Arena.ofConfined()) {
            TestPipe.checked(DescriptorCalls.write(other, arena.allocateFrom(JAVA_LONG, count), Long.BYTES), "write");
        }
    }

    CounterScene madeNonBlocking() {
        TestPipe.makeNonBlocking(number);
        return this;
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        return call.on(counter, timeout);
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        // Once it is closed, the number may be another's.
        return counter.isOpen() && Blocked.isIn(attempt, number, taking ? READ : WRITE, PPOLL);
    }

    @Override
    public void event() {
        if (taking) {
            add(2);
        } else {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment all = arena.allocate(JAVA_LONG);
                TestPipe.checked(DescriptorCalls.read(other, all, Long.BYTES), "read");
            }
        }
    }

    @Override
    public String state() {
        try {
            return Files.readAllLines(Path.of("/proc/self/fdinfo/" + other)).stream()
                    .filter(line -> line.startsWith(COUNT))
                    .map(line -> line.substring(COUNT.length()).trim())
                    .findFirst()
                    .orElseThrow();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Override
    public void closeResource(int which) {
        counter.close();
    }

    @Override
    public void close() {
        counter.close();
        DescriptorCalls.close(other);
    }
}
