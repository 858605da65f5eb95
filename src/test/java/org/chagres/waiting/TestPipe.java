package org.chagres.waiting;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.chagres.Pollable;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.pipe.Pipe;

/**
 * A small pipe, and what is done to it from outside: through a duplicate of each end, so that either may be closed
 * meanwhile.
 */
final class TestPipe implements AutoCloseable {
    private static final int SMALL = 4096;

    private final Pipe pipe;
    private final int capacity;
    private final Arena arena = Arena.ofShared();
    private final int sourceNumber;
    private final int sinkNumber;
    private final int otherSource;
    private final int otherSink;
    private boolean hungUp;

    TestPipe() {
        try {
            pipe = Pipe.create();
            capacity = pipe.sink().setCapacity(SMALL);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
        sourceNumber = number(pipe.source());
        sinkNumber = number(pipe.sink());
        otherSource = duplicate(sourceNumber);
        otherSink = duplicate(sinkNumber);
    }

    /** The number of a descriptor, as its text tells it. */
    static int number(Pollable end) {
        return Integer.parseInt(end.toString().replaceAll("\\D+", ""));
    }

    static int duplicate(int number) {
        return (int) checked(DescriptorCalls.fcntl(number, DescriptorCalls.F_DUPFD_CLOEXEC, 3), "fcntl");
    }

    static long checked(long answer, String call) {
        if (answer < 0) {
            throw new AssertionError(call + " answered " + answer);
        }
        return answer;
    }

    /** As any process could that shares a description. */
    static void makeNonBlocking(int number) {
        checked(DescriptorCalls.fcntl(number, DescriptorCalls.F_SETFL, FileCalls.O_NONBLOCK), "fcntl");
    }

    TestPipe makeNonBlocking() {
        makeNonBlocking(sourceNumber);
        makeNonBlocking(sinkNumber);
        return this;
    }

    Pipe pipe() {
        return pipe;
    }

    int sourceNumber() {
        return sourceNumber;
    }

    int sinkNumber() {
        return sinkNumber;
    }

    /** Puts two bytes in. */
    void put() {
        checked(DescriptorCalls.write(otherSink, arena.allocate(2), 2), "write");
    }

    /** Leaves no room. */
    void fill() {
        checked(DescriptorCalls.write(otherSink, arena.allocate(capacity), capacity), "write");
    }

    /** Takes out all that {@link #fill} put in. */
    void drain() {
        MemorySegment bytes = arena.allocate(capacity);
        checked(DescriptorCalls.read(otherSource, bytes, capacity), "read");
    }

    /** Nobody can write any more. */
    void hangUp() {
        pipe.sink().close();
        DescriptorCalls.close(otherSink);
        hungUp = true;
    }

    int countBytes() {
        return (int) checked(DescriptorCalls.fionread(otherSource), "ioctl");
    }

    @Override
    public void close() {
        pipe.close();
        DescriptorCalls.close(otherSource);
        if (!hungUp) {
            DescriptorCalls.close(otherSink);
        }
        arena.close();
    }
}
