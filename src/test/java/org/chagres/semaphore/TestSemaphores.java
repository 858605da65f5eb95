package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Kernel;
import org.chagres.testing.Kernel.IpcRow;
import org.chagres.testing.Run;

/** A semaphore set that is gone after the test, whatever became of it; its waiters, should there be any, are woken then. */
record TestSemaphores(int id, IpcKey key) implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 30;

    /** A private one. */
    static TestSemaphores of(int... values) throws IOException {
        return create(IpcKey.PRIVATE, values);
    }

    static TestSemaphores withRandomKey(int... values) throws IOException {
        return create(IpcKey.random(), values);
    }

    private static TestSemaphores create(IpcKey key, int... values) throws IOException {
        try (SemaphoreSet set = SemaphoreSet.create(key, values)) {
            return new TestSemaphores(set.id(), key);
        }
    }

    /** One with a random key whose creator stopped half-way: no values were given, no operation was done. */
    static TestSemaphores halfMade(int size) {
        IpcKey key = IpcKey.random();
        int id = SemaphoreObject.create(key.value(), size, PosixFilePermissions.fromString("rw-------"));
        assertThat(id).isNotNegative();
        return new TestSemaphores(id, key);
    }

    /** Takes charge of one that exists. */
    static TestSemaphores existing(int id) {
        return new TestSemaphores(id, IpcKey.PRIVATE);
    }

    SemaphoreSet open() throws IOException, InterruptedException {
        return SemaphoreSet.open(id);
    }

    @Override
    public void close() throws IOException {
        try {
            SemaphoreSet.remove(id);
        } catch (ErrnoException failure) {
            if (failure.errno() != Errno.EINVAL && failure.errno() != Errno.EIDRM) { // those two: it is gone
                throw failure;
            }
        }
    }

    // Witnesses.

    /** What the kernel's table says of a set that is there. */
    static IpcRow row(int id) {
        return Kernel.semaphores(id).orElseThrow();
    }

    static boolean exists(int id) {
        return Kernel.semaphores(id).isPresent();
    }

    static boolean isFree(IpcKey key) {
        return Kernel.semaphores().stream().noneMatch(row -> row.get("key") == key.value());
    }

    /** One semaphore as {@code ipcs} shows it. */
    record Counter(int value, int waitingForIncrease, int waitingForZero, int lastPid) {}

    static List<Counter> counters(int id) {
        Run.assumeInstalled("ipcs");
        return Run.command("ipcs", "-s", "-i", Integer.toString(id))
                .output()
                .lines()
                .map(String::strip)
                .filter(line -> line.matches("\\d+(\\s+\\d+){4}"))
                .map(line -> line.split("\\s+"))
                .map(word -> new Counter(number(word[1]), number(word[2]), number(word[3]), number(word[4])))
                .toList();
    }

    /** The values as {@code ipcs} shows them. */
    static List<Integer> values(int id) {
        return counters(id).stream().map(Counter::value).toList();
    }

    private static int number(String word) {
        return Integer.parseInt(word);
    }

    static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    /** Waits until so many threads wait in the kernel for permits of a semaphore. */
    static void awaitWaiters(int id, int number, int count) {
        await(() -> SemaphoreObject.waitingForIncrease(id, number) == count);
    }

    /** Waits until so many threads wait in the kernel for a semaphore to be 0. */
    static void awaitWaitersForZero(int id, int number, int count) {
        await(() -> SemaphoreObject.waitingForZero(id, number) == count);
    }

    /** Looks until a witness has seen it; fails if it does not come. */
    static void await(BooleanSupplier witness) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!witness.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline)
                    .as("nanoseconds too late for what was to come")
                    .isNegative();
            Thread.yield();
        }
    }

    // Threads.

    /** The two kinds of threads, which wait in different ways. */
    enum Kind {
        PLATFORM,
        VIRTUAL;

        Thread.Builder builder() {
            return this == PLATFORM ? Thread.ofPlatform().daemon() : Thread.ofVirtual();
        }

        /** Starts what may wait. */
        <T> FutureTask<T> start(Callable<T> body) {
            FutureTask<T> task = new FutureTask<>(body);
            builder().start(task);
            return task;
        }
    }

    /** Something that may wait, and has no result. */
    interface Waiting {
        void run() throws Exception;
    }

    static FutureTask<String> start(Kind kind, Waiting body) {
        return kind.start(() -> {
            body.run();
            return "done";
        });
    }

    /** The result of a thread that is about to end. */
    static <T> T result(FutureTask<T> task) throws Exception {
        return task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** What a thread that is about to end has thrown. */
    static Throwable failure(FutureTask<?> task) throws InterruptedException, TimeoutException {
        try {
            throw new AssertionError(
                    "nothing was thrown, the result was " + task.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException failure) {
            return failure.getCause();
        }
    }

    static Errno errnoOf(FutureTask<?> task) throws InterruptedException, TimeoutException {
        Throwable failure = failure(task);
        assertThat(failure).isInstanceOf(ErrnoException.class);
        return ((ErrnoException) failure).errno();
    }

    // Calls that must not be made.

    /** Asserts what is thrown before the kernel is asked anything. */
    static void assertThrownWithoutTheKernel(
            Class<? extends Throwable> type, ThrowingCallable call, String inTheMessage) {
        ScriptedAnswers.Answer never = arguments -> -Errno.ENOSYS.number();
        try (ScriptedAnswers get = ScriptedAnswers.to("semget", never);
                ScriptedAnswers control = ScriptedAnswers.to("semctl", never);
                ScriptedAnswers operate = ScriptedAnswers.to("semop", never);
                ScriptedAnswers timed = ScriptedAnswers.to("semtimedop", never)) {
            assertThat(catchThrowable(call)).isInstanceOf(type).hasMessageContaining(inTheMessage);
            assertThat(get.remaining() + control.remaining() + operate.remaining() + timed.remaining())
                    .as("calls left unmade")
                    .isEqualTo(4);
        }
    }

    static void assertRefused(ThrowingCallable call, String inTheMessage) {
        assertThrownWithoutTheKernel(IllegalArgumentException.class, call, inTheMessage);
    }
}
