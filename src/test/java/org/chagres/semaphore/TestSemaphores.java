package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.inspect.SemaphoreTable;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;
import org.chagres.testing.Kernel.IpcRow;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;

/**
 * A semaphore set that is gone after the test, whatever became of it; its waiters, should there be any, are woken then.
 */
record TestSemaphores(int id, IpcKey key) implements AutoCloseable {
    /** A private one. */
    static TestSemaphores of(int... values) throws IOException {
        return withKey(IpcKey.PRIVATE, values);
    }

    static TestSemaphores withRandomKey(int... values) throws IOException {
        return withKey(IpcKey.random(), values);
    }

    static TestSemaphores withKey(IpcKey key, int... values) throws IOException {
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

    /** Takes charge of one that another program has told of. */
    static TestSemaphores existing(String id) {
        return existing(Integer.parseInt(id));
    }

    SemaphoreSet open() throws IOException, InterruptedException {
        return SemaphoreSet.open(id);
    }

    /** Semaphore 0, by an object of its own. */
    ProcessSemaphore semaphore() throws IOException, InterruptedException {
        return open().semaphore(0);
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

    /** What the kernel's table says of it, as long as it is there. */
    IpcRow row() {
        return Kernel.semaphores(id).orElseThrow();
    }

    boolean exists() {
        return Kernel.semaphores(id).isPresent();
    }

    static boolean isFree(IpcKey key) {
        return Kernel.semaphores().stream().noneMatch(row -> row.get("key") == key.value());
    }

    /** One semaphore as {@code ipcs} shows it. */
    record Counter(int value, int waitingForIncrease, int waitingForZero, int lastPid) {}

    List<Counter> counters() {
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

    /** The values as {@code ipcs} shows them; where that is not installed, as the library reads them. */
    List<Integer> values() {
        if (Run.isInstalled("ipcs")) {
            return counters().stream().map(Counter::value).toList();
        }
        return IntStream.range(0, (int) row().get("nsems"))
                .mapToObj(number -> SemaphoreObject.value(id, number))
                .toList();
    }

    private static int number(String word) {
        return Integer.parseInt(word);
    }

    /** Its status as the table has it, which tells it of sets too that this user may not read. */
    SemaphoreSetStatus listed() throws IOException {
        return SemaphoreTable.sets().stream()
                .filter(set -> set.id() == id)
                .findFirst()
                .orElseThrow();
    }

    static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    /** Waits until so many threads, of whatever process, wait in the kernel for permits of a semaphore. */
    void awaitWaiters(int number, int count) {
        Await.waiters(id, number, count);
    }

    /** Waits until so many threads, of whatever process, wait in the kernel for a semaphore to be 0. */
    void awaitWaitersForZero(int number, int count) {
        Await.waitersForZero(id, number, count);
    }

    void awaitValue(int number, int value) {
        Await.until(
                () -> SemaphoreObject.value(id, number) == value,
                () -> "value " + value + " of " + number + ", it is " + SemaphoreObject.value(id, number));
    }

    // Threads.

    /** Something that may wait, and has no result. */
    interface Waiting {
        void run() throws Exception;
    }

    static FutureTask<String> start(ThreadKind kind, Waiting body) {
        return kind.start(() -> {
            body.run();
            return "done";
        });
    }

    /** Begins to take a permit of semaphore 0, by an object of its own. */
    FutureTask<String> startAcquiring() throws IOException, InterruptedException {
        return start(ThreadKind.PLATFORM, semaphore()::acquire);
    }

    /** The result of a thread that is about to end. */
    static <T> T result(FutureTask<T> task) throws Exception {
        return task.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** What a thread that is about to end has thrown. */
    static Throwable failure(FutureTask<?> task) throws InterruptedException, TimeoutException {
        try {
            throw new AssertionError(
                    "nothing was thrown, the result was " + task.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS));
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
