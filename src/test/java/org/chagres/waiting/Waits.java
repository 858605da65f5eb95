package org.chagres.waiting;

import static org.chagres.semaphore.SemaphoreOperation.acquire;
import static org.chagres.semaphore.SemaphoreOperation.awaitZero;
import static org.chagres.semaphore.SemaphoreOperation.release;

import java.lang.reflect.Method;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.semaphore.Permit;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.semaphore.SemaphoreOperation;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.semaphore.SemaphoreSetBuilder;
import org.chagres.semaphore.UninitializedSemaphoreException;
import org.chagres.testing.ThreadKind;

/** All rows of the table. See the package's description for how to add one. */
final class Waits {
    private static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(5);
    private static final Duration CHOSEN_PATIENCE = Duration.ofMillis(500);

    private static final Ending UNINITIALIZED = Ending.threw(UninitializedSemaphoreException.class);

    private static final SemaphoreScene.Values NO_PERMIT = new SemaphoreScene.Values(+1, 0);
    private static final SemaphoreScene.Values TWO_OF_THREE_PERMITS = new SemaphoreScene.Values(+1, 2);
    private static final SemaphoreScene.Values NOT_ZERO = new SemaphoreScene.Values(-1, 1);
    private static final SemaphoreScene.Values THREE_SEMAPHORES = new SemaphoreScene.Values(+2, 0, 0, 0);

    private static final SemaphoreOperation[] ONE_STEP = {
        acquire(0, 2), release(1).withUndo(), awaitZero(2)
    };

    static final List<Wait> ALL = List.of(
            acquiring("acquire()", NO_PERMIT, null, (semaphore, timeout) -> {
                semaphore.acquire();
                return null;
            }),
            acquiring("acquire()", NO_PERMIT, null, (semaphore, timeout) -> {
                        semaphore.withUndo().acquire();
                        return null;
                    })
                    .where("with undo"),
            acquiring("acquire(int)", TWO_OF_THREE_PERMITS, null, (semaphore, timeout) -> {
                semaphore.acquire(3);
                return null;
            }),
            acquiring("tryAcquire(Duration)", NO_PERMIT, true, (semaphore, timeout) -> semaphore.tryAcquire(timeout))
                    .whenLate(Ending.returned(false)),
            acquiring(
                            "tryAcquire(int, Duration)",
                            TWO_OF_THREE_PERMITS,
                            true,
                            (semaphore, timeout) -> semaphore.tryAcquire(3, timeout))
                    .whenLate(Ending.returned(false)),
            acquiring(
                    "hold()",
                    NO_PERMIT,
                    1,
                    (semaphore, timeout) -> semaphore.hold().permits()),
            acquiring(
                    "hold(int)",
                    TWO_OF_THREE_PERMITS,
                    3,
                    (semaphore, timeout) -> semaphore.hold(3).permits()),
            acquiring(
                            "tryHold(Duration)",
                            NO_PERMIT,
                            1,
                            (semaphore, timeout) -> semaphore
                                    .tryHold(timeout)
                                    .map(Permit::permits)
                                    .orElse(0))
                    .whenLate(Ending.returned(0)),
            acquiring(
                            "tryHold(int, Duration)",
                            TWO_OF_THREE_PERMITS,
                            3,
                            (semaphore, timeout) -> semaphore
                                    .tryHold(3, timeout)
                                    .map(Permit::permits)
                                    .orElse(0))
                    .whenLate(Ending.returned(0)),
            acquiring("awaitZero()", NOT_ZERO, null, (semaphore, timeout) -> {
                semaphore.awaitZero();
                return null;
            }),
            acquiring("tryAwaitZero(Duration)", NOT_ZERO, true, (semaphore, timeout) -> semaphore.tryAwaitZero(timeout))
                    .whenLate(Ending.returned(false)),
            applying("apply(SemaphoreOperation[])", null, (set, timeout) -> {
                set.apply(ONE_STEP);
                return null;
            }),
            applying(
                            "tryApply(Duration, SemaphoreOperation[])",
                            true,
                            (set, timeout) -> set.tryApply(timeout, ONE_STEP))
                    .whenLate(Ending.returned(false)),
            reading(
                    "read(MemorySegment)",
                    2L,
                    (pipe, memory, timeout) -> pipe.source().read(memory)),
            reading(
                            "tryRead(MemorySegment, Duration)",
                            2L,
                            (pipe, memory, timeout) -> pipe.source().tryRead(memory, timeout))
                    .whenLate(Ending.returned(0L)),
            reading("readFully(MemorySegment)", null, (pipe, memory, timeout) -> {
                pipe.source().readFully(memory);
                return null;
            }),
            writing(
                    "write(MemorySegment)",
                    2L,
                    (pipe, memory, timeout) -> pipe.sink().write(memory)),
            writing(
                            "tryWrite(MemorySegment, Duration)",
                            2L,
                            (pipe, memory, timeout) -> pipe.sink().tryWrite(memory, timeout))
                    .whenLate(Ending.returned(0L)),
            writing("writeFully(MemorySegment)", null, (pipe, memory, timeout) -> {
                pipe.sink().writeFully(memory);
                return null;
            }),
            byId("ProcessSemaphore.open(int)", (key, id, timeout) -> ProcessSemaphore.open(id)),
            byId("SemaphoreSet.open(int)", (key, id, timeout) -> SemaphoreSet.open(id)),
            patient(byId(
                    "SemaphoreSetBuilder.open(int)",
                    (key, id, timeout) -> builder(timeout).open(id))),
            byKey("ProcessSemaphore.open(IpcKey)", (key, id, timeout) -> ProcessSemaphore.open(key)),
            byKey("SemaphoreSet.open(IpcKey)", (key, id, timeout) -> SemaphoreSet.open(key)),
            patient(byKey(
                    "SemaphoreSetBuilder.open(IpcKey)",
                    (key, id, timeout) -> builder(timeout).open(key))),
            creating(
                    "ProcessSemaphore.openOrCreate(IpcKey, int)",
                    (key, id, timeout) -> ProcessSemaphore.openOrCreate(key, 7)),
            creating(
                    "SemaphoreSet.openOrCreate(IpcKey, int[])",
                    (key, id, timeout) -> SemaphoreSet.openOrCreate(key, 7)),
            patient(creating(
                    "SemaphoreSetBuilder.openOrCreate(IpcKey, int[])",
                    (key, id, timeout) -> builder(timeout).openOrCreate(key, 7))));

    private Waits() {}

    /** How a method is named in the table. */
    static String signature(Method method) {
        return method.getDeclaringClass().getSimpleName() + "." + method.getName()
                + Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(", ", "(", ")"));
    }

    /** Every cell of the rows' columns. */
    static Stream<Cell> cells() {
        return ALL.stream()
                .flatMap(wait -> Stream.of(Column.values())
                        .filter(column -> column.appliesTo(wait))
                        .flatMap(column -> Stream.of(ThreadKind.values()).map(kind -> new Cell(wait, column, kind))));
    }

    record Cell(Wait row, Column column, ThreadKind kind) {
        void check() throws Exception {
            column.check(row, kind);
        }

        @Override
        public String toString() {
            return column.of(row, kind);
        }
    }

    private static Wait acquiring(
            String method, SemaphoreScene.Values values, Object result, SemaphoreScene.Call<ProcessSemaphore> call) {
        return operating(Wait.of("ProcessSemaphore." + method, () -> SemaphoreScene.ofSemaphore(values, call))
                .returns(result, "[0]"));
    }

    private static Wait applying(String method, Object result, SemaphoreScene.Call<SemaphoreSet> call) {
        return operating(Wait.of("SemaphoreSet." + method, () -> SemaphoreScene.ofSet(THREE_SEMAPHORES, call))
                .returns(result, "[0, 1, 0]"));
    }

    private static Wait operating(Wait wait) {
        return wait.whenClosed(IllegalStateException.class)
                .whenRemoved(Ending.threw(Errno.EIDRM))
                .whenPeerDies(wait.success())
                .by("semop", "semtimedop");
    }

    private static Wait reading(String method, Object result, PipeScene.Call call) {
        return Wait.of("PipeSource." + method, () -> PipeScene.empty(call))
                .returns(result, "0 bytes")
                .whenClosed(ClosedChannelException.class, AsynchronousCloseException.class);
    }

    private static Wait writing(String method, Object result, PipeScene.Call call) {
        return Wait.of("PipeSink." + method, () -> PipeScene.full(call))
                .returns(result, "2 bytes")
                .whenClosed(ClosedChannelException.class, AsynchronousCloseException.class);
    }

    private static Wait byId(String method, OpeningScene.Call call) {
        return opening(method, call)
                .whenRemoved(Ending.threw(Errno.EINVAL), Ending.threw(Errno.EIDRM))
                .lookingBy("semctl");
    }

    private static Wait byKey(String method, OpeningScene.Call call) {
        return opening(method, call).whenRemoved(Ending.threw(Errno.ENOENT)).lookingBy("semctl", "semget");
    }

    private static Wait creating(String method, OpeningScene.Call call) {
        return opening(method, call).whenRemoved(Ending.returned("a new set")).lookingBy("semctl", "semget");
    }

    private static Wait opening(String method, OpeningScene.Call call) {
        return Wait.of(method, () -> new OpeningScene(call))
                .returns("the set", "[1]")
                .whenPeerDies(UNINITIALIZED, DEFAULT_PATIENCE);
    }

    /** Takes the time from the builder. */
    private static Wait patient(Wait wait) {
        return wait.whenLate(UNINITIALIZED).whenPeerDies(UNINITIALIZED, CHOSEN_PATIENCE);
    }

    private static SemaphoreSetBuilder builder(Duration timeout) {
        return SemaphoreSet.builder().initializationTimeout(timeout);
    }
}
