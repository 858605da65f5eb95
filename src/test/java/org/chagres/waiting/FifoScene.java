package org.chagres.waiting;

import static org.chagres.waiting.Blocked.Call.OPENAT;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.Pollable;
import org.chagres.pipe.Fifo;
import org.chagres.testing.Helpers;

/** A FIFO that nobody has open. What there is to take is no bytes, but how often this process has it open. */
final class FifoScene implements Scene {
    /** The call; it returns an end. */
    @FunctionalInterface
    interface Call {
        Pollable on(Fifo fifo, Duration timeout) throws Exception;
    }

    private final Path directory;
    private final Fifo fifo;
    private final Call call;
    private Descriptor bothEnds;

    FifoScene(Call call) {
        this.call = call;
        try {
            directory = Files.createTempDirectory("chagres-waiting");
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
        try {
            fifo = Fifo.create(directory.resolve("fifo"));
        } catch (IOException failure) {
            directory.toFile().delete();
            throw new AssertionError(failure);
        }
    }

    /** Closes what it got. */
    @Override
    public Object await(Duration timeout) throws Exception {
        try (Pollable end = call.on(fifo, timeout)) {
            return end == null ? "nothing" : end.getClass().getSimpleName();
        }
    }

    /** Where waits are sliced, it tries again after a pause. */
    @Override
    public boolean isWaiting(Attempt attempt) {
        return Blocked.isIn(attempt, Blocked.ANY, OPENAT)
                || (attempt.thread().isVirtual()
                        ? isAnyIn(attempt.thread().getStackTrace(), ".Lines$Errand") && isAnyHelperInPause()
                        : isInPause(attempt.thread(), attempt.thread().getStackTrace()));
    }

    /** A helper that has nothing to do is parked too, but not there. */
    private static boolean isAnyHelperInPause() {
        return Thread.getAllStackTraces().entrySet().stream()
                .anyMatch(entry -> Helpers.isHelper(entry.getKey()) && isInPause(entry.getKey(), entry.getValue()));
    }

    private static boolean isInPause(Thread waiter, StackTraceElement[] stack) {
        return waiter.getState() == Thread.State.TIMED_WAITING && isAnyIn(stack, ".Fifos");
    }

    private static boolean isAnyIn(StackTraceElement[] stack, String type) {
        return Arrays.stream(stack).anyMatch(frame -> frame.getClassName().contains(type));
    }

    /** Opens it for both, which never waits, and is what either side waits for. */
    @Override
    public void event() throws Exception {
        bothEnds = fifo.openForBoth();
    }

    @Override
    public String state() {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return "open " + descriptors.filter(descriptor -> isOf(descriptor)).count();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private boolean isOf(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).equals(fifo.path());
        } catch (IOException gone) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            if (bothEnds != null) {
                bothEnds.close();
            }
            fifo.remove();
            Files.delete(directory);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }
}
