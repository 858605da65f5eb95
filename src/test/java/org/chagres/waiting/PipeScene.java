package org.chagres.waiting;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.pipe.Pipe;

/** A pipe that has nothing to read, or no room to write. */
final class PipeScene implements Scene {
    private static final int CAPACITY = 4096;

    /** The call. */
    @FunctionalInterface
    interface Call {
        Object on(Pipe pipe, MemorySegment memory, Duration timeout) throws Exception;
    }

    private final Pipe pipe;
    private final boolean reading;
    private final Call call;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(2);

    private PipeScene(boolean reading, Call call) {
        this.reading = reading;
        this.call = call;
        try {
            this.pipe = Pipe.create();
            pipe.setCapacity(CAPACITY);
            if (!reading) {
                pipe.sink().writeFully(arena.allocate(CAPACITY));
            }
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    static Scene empty(Call call) {
        return new PipeScene(true, call);
    }

    static Scene full(Call call) {
        return new PipeScene(false, call);
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        return call.on(pipe, memory, timeout);
    }

    /** In the call itself, as the kernel shows it, or parked at the poller. */
    @Override
    public boolean isWaiting(Thread waiter) {
        return waiter.isVirtual()
                ? Arrays.stream(waiter.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().endsWith(".Poller"))
                : isSomebodyInTheCall();
    }

    /** As x86-64 and aarch64 number read and write, or a poll before them where waits are sliced. */
    private boolean isSomebodyInTheCall() {
        String transfer = (reading ? "(0|63)" : "(1|64)") + " 0x" + Integer.toHexString(number(reading)) + " .*";
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            return threads.anyMatch(thread -> {
                try {
                    String now = Files.readAllLines(thread.resolve("syscall")).getFirst();
                    return now.matches(transfer) || now.matches("(271|73) .*");
                } catch (IOException gone) {
                    return false;
                }
            });
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private int number(boolean ofSource) {
        String end = ofSource ? pipe.source().toString() : pipe.sink().toString();
        return Integer.parseInt(end.replaceAll("\\D+", ""));
    }

    @Override
    public void event() throws Exception {
        if (reading) {
            pipe.sink().writeFully(arena.allocate(2));
        } else {
            pipe.source().readFully(arena.allocate(CAPACITY));
        }
    }

    /** Asked of the end that nobody closes. */
    @Override
    public String state() {
        return DescriptorCalls.fionread(number(!reading)) + " bytes";
    }

    @Override
    public void closeResource() {
        if (reading) {
            pipe.source().close();
        } else {
            pipe.sink().close();
        }
    }

    @Override
    public void close() {
        pipe.close();
        // The arena goes with the collector's help alone if a call still has its memory.
        arena.close();
    }
}
