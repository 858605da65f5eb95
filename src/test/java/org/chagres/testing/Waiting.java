package org.chagres.testing;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.internal.syscall.SignalCalls;

/** Something on a thread of its own, of which is told when it waits; needs no other library. */
public record Waiting<T>(Thread thread, AtomicInteger tid, FutureTask<T> task) {

    /** Starts it on a thread of a kind. */
    public static <T> Waiting<T> start(ThreadKind kind, Callable<T> what) {
        AtomicInteger tid = new AtomicInteger();
        FutureTask<T> task = new FutureTask<>(() -> {
            tid.set(SignalCalls.gettid());
            return what.call();
        });
        return new Waiting<>(kind.builder().start(task), tid, task);
    }

    /** Starts it, and returns once it waits. */
    public static <T> Waiting<T> startAndAwait(ThreadKind kind, Callable<T> what) {
        Waiting<T> waiting = start(kind, what);
        waiting.awaitWaiting();
        return waiting;
    }

    /** Returns once it waits: in the kernel, or parked for as long as the kernel has nothing to tell. */
    public void awaitWaiting() {
        Await.until(() -> task.isDone() || waits());
        if (task.isDone()) {
            throw new AssertionError("it does not wait: " + task);
        }
    }

    private boolean waits() {
        if (thread.isVirtual()) {
            return thread.getState() != Thread.State.RUNNABLE
                    && Arrays.stream(thread.getStackTrace())
                            .map(StackTraceElement::getClassName)
                            .anyMatch(name -> name.contains(".Poller") || name.contains(".Lines"));
        }
        try {
            // read, write, sendto, recvfrom, ppoll, epoll_wait or epoll_pwait, as x86-64 and aarch64 number them.
            return Files.readString(Path.of("/proc/self/task/" + tid + "/syscall"))
                    .matches("(0|1|44|45|271|232|281|63|64|206|207|73|22) (?s:.*)");
        } catch (IOException notYet) {
            return false;
        }
    }

    public T get() throws Exception {
        return task.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** What it ended with, in place of a result. */
    public Throwable failure() throws Exception {
        try {
            throw new AssertionError("no failure, but " + get());
        } catch (ExecutionException failed) {
            return failed.getCause();
        }
    }

    public static MemorySegment memory(int byteSize) {
        return MemorySegment.ofArray(new byte[byteSize]);
    }

    /** What one run of something takes. */
    public static long nanosOf(Callable<?> what) throws Exception {
        long start = System.nanoTime();
        what.call();
        return System.nanoTime() - start;
    }
}
