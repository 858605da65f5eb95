package org.chagres.waiting;

import static org.chagres.semaphore.SemaphoreOperation.acquire;
import static org.chagres.semaphore.SemaphoreOperation.awaitZero;
import static org.chagres.semaphore.SemaphoreOperation.release;

import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.file.LockKind;
import org.chagres.file.LockMode;
import org.chagres.file.RecordLock;
import org.chagres.file.RecordLockBuilder;
import org.chagres.process.ChildProcess;
import org.chagres.process.ChildProcessBuilder;
import org.chagres.process.Pipeline;
import org.chagres.readiness.Selection;
import org.chagres.semaphore.Permit;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.semaphore.SemaphoreOperation;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.semaphore.SemaphoreSetBuilder;
import org.chagres.semaphore.UninitializedSemaphoreException;
import org.chagres.testing.Patience;
import org.chagres.testing.ThreadKind;

/** All rows of the table. See the package's description for how to add one. */
final class Waits {
    private static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(5);
    private static final Duration CHOSEN_PATIENCE = Duration.ofMillis(Patience.of(500));

    private static final String NON_BLOCKING = "made non-blocking by somebody";

    private static final Ending UNINITIALIZED = Ending.threw(UninitializedSemaphoreException.class);

    private static final SemaphoreScene.Values NO_PERMIT = new SemaphoreScene.Values(+1, 0);
    private static final SemaphoreScene.Values TWO_OF_THREE_PERMITS = new SemaphoreScene.Values(+1, 2);
    private static final SemaphoreScene.Values NOT_ZERO = new SemaphoreScene.Values(-1, 1);
    private static final SemaphoreScene.Values THREE_SEMAPHORES = new SemaphoreScene.Values(+2, 0, 0, 0);

    private static final SemaphoreOperation[] ONE_STEP = {
        acquire(0, 2), release(1).withUndo(), awaitZero(2)
    };

    private static final List<Wait> OTHERS = List.of(
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
            reading("read(List)", 2L, (pipe, memory, timeout) -> pipe.source().read(halves(memory))),
            reading(
                            "tryRead(List, Duration)",
                            2L,
                            (pipe, memory, timeout) -> pipe.source().tryRead(halves(memory), timeout))
                    .whenLate(Ending.returned(0L)),
            reading("readFully(List)", null, (pipe, memory, timeout) -> {
                pipe.source().readFully(halves(memory));
                return null;
            }),
            reading(
                    "read(ByteBuffer)",
                    2,
                    (pipe, memory, timeout) -> pipe.source().read(memory.asByteBuffer())),
            reading("readFully(ByteBuffer)", null, (pipe, memory, timeout) -> {
                pipe.source().readFully(memory.asByteBuffer());
                return null;
            }),
            reading("read(byte[])", 2, (pipe, memory, timeout) -> pipe.source().read(new byte[2])),
            reading("readFully(byte[])", null, (pipe, memory, timeout) -> {
                pipe.source().readFully(new byte[2]);
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
            writing("write(List)", 2L, (pipe, memory, timeout) -> pipe.sink().write(halves(memory))),
            writing(
                            "tryWrite(List, Duration)",
                            2L,
                            (pipe, memory, timeout) -> pipe.sink().tryWrite(halves(memory), timeout))
                    .whenLate(Ending.returned(0L)),
            writing("writeFully(List)", null, (pipe, memory, timeout) -> {
                pipe.sink().writeFully(halves(memory));
                return null;
            }),
            writing(
                    "write(ByteBuffer)",
                    2,
                    (pipe, memory, timeout) -> pipe.sink().write(memory.asByteBuffer())),
            writing("writeFully(ByteBuffer)", null, (pipe, memory, timeout) -> {
                pipe.sink().writeFully(memory.asByteBuffer());
                return null;
            }),
            writing("write(byte[])", 2, (pipe, memory, timeout) -> pipe.sink().write(new byte[2])),
            writing("writeFully(byte[])", null, (pipe, memory, timeout) -> {
                pipe.sink().writeFully(new byte[2]);
                return null;
            }),
            splicing("ByteSource.splice(ByteSink, long)", (from, to, timeout) -> from.splice(to, SpliceScene.BYTES)),
            splicing(
                            "ByteSource.trySplice(ByteSink, long, Duration)",
                            (from, to, timeout) -> from.trySplice(to, SpliceScene.BYTES, timeout))
                    .whenLate(Ending.returned(0L)),
            splicingToFull(
                    "ByteSource.splice(ByteSink, long)", (from, to, timeout) -> from.splice(to, SpliceScene.BYTES)),
            splicingToFull(
                            "ByteSource.trySplice(ByteSink, long, Duration)",
                            (from, to, timeout) -> from.trySplice(to, SpliceScene.BYTES, timeout))
                    .whenLate(Ending.returned(0L)),
            splicing("PipeSource.tee(PipeSink, long)", (from, to, timeout) -> from.tee(to, SpliceScene.BYTES))
                    .returns(2L, "2 and 2 bytes"),
            splicing(
                            "PipeSource.tryTee(PipeSink, long, Duration)",
                            (from, to, timeout) -> from.tryTee(to, SpliceScene.BYTES, timeout))
                    .returns(2L, "2 and 2 bytes")
                    .whenLate(Ending.returned(0L)),
            splicingToFull("PipeSource.tee(PipeSink, long)", (from, to, timeout) -> from.tee(to, SpliceScene.BYTES))
                    .returns(2L, "2 and 2 bytes"),
            splicingToFull(
                            "PipeSource.tryTee(PipeSink, long, Duration)",
                            (from, to, timeout) -> from.tryTee(to, SpliceScene.BYTES, timeout))
                    .returns(2L, "2 and 2 bytes")
                    .whenLate(Ending.returned(0L)),
            sendingFile(
                    "sendFile(ByteSink, long, long)", (from, to, timeout) -> from.sendFile(to, 0, SpliceScene.BYTES)),
            sendingFile(
                            "trySendFile(ByteSink, long, long, Duration)",
                            (from, to, timeout) -> from.trySendFile(to, 0, SpliceScene.BYTES, timeout))
                    .whenLate(Ending.returned(0L)),
            polling(
                            "Pollable.poll(Set)",
                            PollScene::forHangUp,
                            (scene, timeout) -> scene.source().poll(Set.of()))
                    .returns("[HANG_UP]", "0 bytes, no room")
                    .where("for a hang-up"),
            polling(
                            "Pollable.poll(Set)",
                            PollScene::ofOne,
                            (scene, timeout) -> scene.source().poll(Set.of(Readiness.READABLE)))
                    .returns("[READABLE]", "2 bytes, no room"),
            polling(
                            "Pollable.tryPoll(Set, Duration)",
                            PollScene::ofOne,
                            (scene, timeout) -> scene.source().tryPoll(Set.of(Readiness.READABLE), timeout))
                    .returns("[READABLE]", "2 bytes, no room")
                    .whenLate(Ending.returned("[]")),
            polling(
                    "Pollable.poll(Map)",
                    PollScene::ofSeveral,
                    (scene, timeout) -> scene.words(Pollable.poll(scene.both()))),
            polling(
                            "Pollable.tryPoll(Map, Duration)",
                            PollScene::ofSeveralForRoom,
                            (scene, timeout) -> scene.words(Pollable.tryPoll(scene.both(), timeout)))
                    .returns("sink[WRITABLE]", "0 bytes, room")
                    .whenLate(Ending.returned("")),
            polling(
                            "Pollable.poll(Map)",
                            PollScene::withFile,
                            (scene, timeout) -> scene.words(Pollable.poll(scene.all())))
                    .where("a file among them"),
            polling(
                            "Pollable.tryPoll(Map, Duration)",
                            PollScene::withFile,
                            (scene, timeout) -> scene.words(Pollable.tryPoll(scene.all(), timeout)))
                    .whenLate(Ending.returned(""))
                    .where("a file among them"),
            polling(
                    "Selection.select(Set, Set, Set)",
                    PollScene::ofSeveral,
                    (scene, timeout) -> scene.words(
                            Selection.select(Set.of(scene.source()), Set.of(scene.sink()), Set.of(scene.source())))),
            polling(
                            "Selection.select(Set, Set, Set)",
                            PollScene::withFile,
                            (scene, timeout) -> scene.words(Selection.select(
                                    Set.of(scene.source()), Set.of(scene.sink()), Set.of(scene.file()))))
                    .where("a file among them"),
            polling(
                            "Selection.trySelect(Set, Set, Set, Duration)",
                            PollScene::ofSeveralForRoom,
                            (scene, timeout) -> scene.words(Selection.trySelect(
                                    Set.of(scene.source()), Set.of(scene.sink()), Set.of(), timeout)))
                    .returns("sink[WRITABLE]", "0 bytes, room")
                    .whenLate(Ending.returned("")),
            polling(
                    "Epoll.await()",
                    PollScene::ofSet,
                    (scene, timeout) -> scene.words(scene.epoll().await())),
            polling(
                            "Epoll.tryAwait(Duration)",
                            PollScene::ofSetForRoom,
                            (scene, timeout) -> scene.words(scene.epoll().tryAwait(timeout)))
                    .returns("sink[WRITABLE]", "0 bytes, room")
                    .whenLate(Ending.returned("")),
            counting("take()", CounterScene::empty, (counter, timeout) -> counter.take())
                    .returns(2L, "0")
                    .by("read")
                    .onVirtualThreadsBy("preadv2"),
            counting("tryTake(Duration)", CounterScene::empty, (counter, timeout) -> counter.tryTake(timeout))
                    .returns(2L, "0")
                    .by("read")
                    .onVirtualThreadsBy("preadv2")
                    .whenLate(Ending.returned(0L)),
            counting("take()", CounterScene::emptySemaphore, (counter, timeout) -> counter.take())
                    .returns(1L, "1")
                    .by("read")
                    .onVirtualThreadsBy("preadv2")
                    .where("of a semaphore"),
            counting("add(long)", CounterScene::full, (counter, timeout) -> {
                        counter.add(3);
                        return null;
                    })
                    .returns(null, "3")
                    .by("write")
                    .onVirtualThreadsBy("pwritev2", "write"),
            counting("tryAdd(long, Duration)", CounterScene::full, (counter, timeout) -> counter.tryAdd(3, timeout))
                    .returns(true, "3")
                    .by("write")
                    .onVirtualThreadsBy("pwritev2", "write")
                    .whenLate(Ending.returned(false)),
            openingFifo("openForReading()", "PipeSource", (fifo, timeout) -> fifo.openForReading()),
            openingFifo(
                            "tryOpenForReading(Duration)",
                            "PipeSource",
                            (fifo, timeout) -> fifo.tryOpenForReading(timeout).orElse(null))
                    .whenLate(Ending.returned("nothing")),
            openingFifo("openForWriting()", "PipeSink", (fifo, timeout) -> fifo.openForWriting()),
            openingFifo(
                            "tryOpenForWriting(Duration)",
                            "PipeSink",
                            (fifo, timeout) -> fifo.tryOpenForWriting(timeout).orElse(null))
                    .whenLate(Ending.returned("nothing")),
            descriptor(
                            "ByteSource.tryRead(MemorySegment, Duration)",
                            () -> PipeScene.empty((pipe, memory, timeout) ->
                                            pipe.source().tryRead(memory, timeout))
                                    .madeNonBlocking())
                    .returns(2L, "0 bytes")
                    .whenLate(Ending.returned(0L))
                    .by("read")
                    .where(NON_BLOCKING),
            descriptor(
                            "ByteSink.tryWrite(MemorySegment, Duration)",
                            () -> PipeScene.full((pipe, memory, timeout) ->
                                            pipe.sink().tryWrite(memory, timeout))
                                    .madeNonBlocking())
                    .returns(2L, "2 bytes")
                    .whenLate(Ending.returned(0L))
                    .by("write")
                    .where(NON_BLOCKING),
            descriptor(
                            "ByteSource.trySplice(ByteSink, long, Duration)",
                            () -> SpliceScene.forBytes(
                                            (from, to, timeout) -> from.trySplice(to, SpliceScene.BYTES, timeout))
                                    .madeNonBlocking())
                    .returns(2L, "0 and 2 bytes")
                    .whenLate(Ending.returned(0L))
                    .where("for bytes, " + NON_BLOCKING),
            descriptor(
                            "ByteSource.trySplice(ByteSink, long, Duration)",
                            () -> SpliceScene.forRoom(
                                            (from, to, timeout) -> from.trySplice(to, SpliceScene.BYTES, timeout))
                                    .madeNonBlocking())
                    .returns(2L, "0 and 2 bytes")
                    .whenLate(Ending.returned(0L))
                    .where("for room, " + NON_BLOCKING),
            descriptor(
                            "Descriptor.trySendFile(ByteSink, long, long, Duration)",
                            () -> SpliceScene.ofFile(
                                            (from, to, timeout) -> from.trySendFile(to, 0, SpliceScene.BYTES, timeout))
                                    .madeNonBlocking())
                    .returns(2L, "2 and 2 bytes")
                    .whenLate(Ending.returned(0L))
                    .where(NON_BLOCKING),
            descriptor(
                            "EventCounter.tryTake(Duration)",
                            () -> CounterScene.empty((counter, timeout) -> counter.tryTake(timeout))
                                    .madeNonBlocking())
                    .returns(2L, "0")
                    .whenLate(Ending.returned(0L))
                    .where(NON_BLOCKING),
            descriptor(
                            "EventCounter.tryAdd(long, Duration)",
                            () -> CounterScene.full((counter, timeout) -> counter.tryAdd(3, timeout))
                                    .madeNonBlocking())
                    .returns(true, "3")
                    .whenLate(Ending.returned(false))
                    .where(NON_BLOCKING),
            child("await()", ChildScene::ofOne, (child, timeout) -> child.await())
                    .returns("Exited[status=0]", "gone")
                    .by("waitid", "ppoll"),
            child("await()", ChildScene::killed, (child, timeout) -> child.await())
                    .returns("Signaled[signal=SIGKILL, coreDumped=false]", "gone")
                    .by("waitid", "ppoll")
                    .where("of one that is killed"),
            child(
                            "tryAwait(Duration)",
                            ChildScene::ofOne,
                            (child, timeout) -> child.tryAwait(timeout).orElse(null))
                    .returns("Exited[status=0]", "gone")
                    .by("waitid", "ppoll")
                    .whenLate(Ending.returned(null)),
            child(
                    "communicate(byte[])",
                    ChildScene::ofOne,
                    (child, timeout) -> ChildScene.words(child.communicate(new byte[0]))),
            child(
                    "communicate(byte[], long)",
                    ChildScene::ofOne,
                    (child, timeout) -> ChildScene.words(child.communicate(new byte[0], 100))),
            child(
                            "tryCommunicate(byte[], long, Duration)",
                            ChildScene::ofOne,
                            (child, timeout) -> child.tryCommunicate(new byte[0], 100, timeout)
                                    .map(ChildScene::words)
                                    .orElse("late"))
                    .whenLate(Ending.returned("late")),
            child(
                            "tryCommunicate(byte[], Duration)",
                            ChildScene::ofOne,
                            (child, timeout) -> child.tryCommunicate(new byte[0], timeout)
                                    .map(ChildScene::words)
                                    .orElse("late"))
                    .whenLate(Ending.returned("late")),
            running("run()", (builder, timeout) -> ChildScene.words(builder.run())),
            running(
                            "tryRun(Duration)",
                            (builder, timeout) -> builder.tryRun(timeout)
                                    .map(ChildScene::words)
                                    .orElse("late"))
                    .whenLate(Ending.returned("late")),
            pipeline("await()", (pipeline, timeout) -> pipeline.await()),
            pipeline(
                            "tryAwait(Duration)",
                            (pipeline, timeout) -> pipeline.tryAwait(timeout).orElse(List.of()))
                    .whenLate(Ending.returned("[]")),
            lock(
                    "RecordLock.lock(Descriptor, LockMode)",
                    LockKind.OPEN_FILE_DESCRIPTION,
                    LockMode.EXCLUSIVE,
                    () -> LockScene.of(
                            LockKind.OPEN_FILE_DESCRIPTION,
                            (file, timeout) ->
                                    RecordLock.lock(file, LockMode.EXCLUSIVE).mode())),
            locking(
                    "lock(LockMode)",
                    LockKind.OPEN_FILE_DESCRIPTION,
                    (builder, timeout) -> builder.lock(LockMode.EXCLUSIVE).mode()),
            locking(
                            "tryLock(LockMode, Duration)",
                            LockKind.OPEN_FILE_DESCRIPTION,
                            (builder, timeout) -> builder.tryLock(LockMode.EXCLUSIVE, timeout)
                                    .map(RecordLock::mode)
                                    .orElse(null))
                    .whenLate(Ending.returned(null)),
            locking(
                    "lock(LockMode)",
                    LockKind.POSIX,
                    (builder, timeout) -> builder.lock(LockMode.EXCLUSIVE).mode()),
            locking(
                            "tryLock(LockMode, Duration)",
                            LockKind.POSIX,
                            (builder, timeout) -> builder.tryLock(LockMode.EXCLUSIVE, timeout)
                                    .map(RecordLock::mode)
                                    .orElse(null))
                    .whenLate(Ending.returned(null)),
            locking(
                    "lock(LockMode)",
                    LockKind.FLOCK,
                    (builder, timeout) -> builder.lock(LockMode.EXCLUSIVE).mode()),
            locking(
                            "tryLock(LockMode, Duration)",
                            LockKind.FLOCK,
                            (builder, timeout) -> builder.tryLock(LockMode.EXCLUSIVE, timeout)
                                    .map(RecordLock::mode)
                                    .orElse(null))
                    .whenLate(Ending.returned(null)),
            converting("convert(LockMode)", LockKind.OPEN_FILE_DESCRIPTION, null, (lock, timeout) -> {
                lock.convert(LockMode.EXCLUSIVE);
                return null;
            }),
            converting(
                            "tryConvert(LockMode, Duration)",
                            LockKind.OPEN_FILE_DESCRIPTION,
                            true,
                            (lock, timeout) -> lock.tryConvert(LockMode.EXCLUSIVE, timeout))
                    .whenLate(Ending.returned(false)),
            converting("convert(LockMode)", LockKind.POSIX, null, (lock, timeout) -> {
                lock.convert(LockMode.EXCLUSIVE);
                return null;
            }),
            converting(
                            "tryConvert(LockMode, Duration)",
                            LockKind.POSIX,
                            true,
                            (lock, timeout) -> lock.tryConvert(LockMode.EXCLUSIVE, timeout))
                    .whenLate(Ending.returned(false)),
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

    static final List<Wait> ALL = Stream.of(OTHERS, SocketWaits.ALL, InetWaits.ALL, LookupWaits.ALL)
            .flatMap(List::stream)
            .toList();

    private Waits() {}

    /** How a method is named in the table. */
    static String signature(Method method) {
        return method.getDeclaringClass().getSimpleName() + "." + method.getName()
                + Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(", ", "(", ")"));
    }

    /** Those that can be tried here. */
    static Stream<Wait> possible() {
        return ALL.stream().filter(wait -> wait.obstacle().isEmpty());
    }

    /** Every cell of the columns of those rows that can be tried here. */
    static Stream<Cell> cells() {
        return possible()
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
        return descriptor("ByteSource." + method, () -> PipeScene.empty(call))
                .returns(result, "0 bytes")
                .by(method.contains("List") ? "readv" : "read");
    }

    private static Wait writing(String method, Object result, PipeScene.Call call) {
        return descriptor("ByteSink." + method, () -> PipeScene.full(call))
                .returns(result, "2 bytes")
                .by(method.contains("List") ? "writev" : "write");
    }

    private static Wait splicing(String method, SpliceScene.Call call) {
        return descriptor(method, () -> SpliceScene.forBytes(call))
                .returns(2L, "0 and 2 bytes")
                .by(method.contains("ee(") ? "tee" : "splice")
                .onVirtualThreadsBy("ppoll", method.contains("ee(") ? "tee" : "splice")
                .where("for bytes");
    }

    private static Wait splicingToFull(String method, SpliceScene.Call call) {
        return descriptor(method, () -> SpliceScene.forRoom(call))
                .returns(2L, "0 and 2 bytes")
                .by(method.contains("ee(") ? "tee" : "splice")
                .onVirtualThreadsBy("ppoll", method.contains("ee(") ? "tee" : "splice")
                .where("for room");
    }

    private static Wait sendingFile(String method, SpliceScene.FileCall call) {
        return descriptor("Descriptor." + method, () -> SpliceScene.ofFile(call))
                .returns(2L, "2 and 2 bytes")
                .by("sendfile")
                .onVirtualThreadsBy("ppoll");
    }

    private static Wait polling(String method, Function<PollScene.Call, Scene> scene, PollScene.Call call) {
        return descriptor(method, () -> scene.apply(call))
                .returns("source[READABLE]", "2 bytes, no room")
                .by(method.startsWith("Epoll") ? "epoll_wait" : "ppoll");
    }

    private static Wait counting(String method, Function<CounterScene.Call, Scene> scene, CounterScene.Call call) {
        return descriptor("EventCounter." + method, () -> scene.apply(call));
    }

    private static Wait descriptor(String method, Supplier<Scene> scenes) {
        return Wait.of(method, scenes).whenClosed(ClosedChannelException.class, AsynchronousCloseException.class);
    }

    /** There is nothing to close as yet. */
    private static Wait openingFifo(String method, String result, FifoScene.Call call) {
        return Wait.of("Fifo." + method, () -> new FifoScene(call))
                .returns(result, "open 1")
                .by("open");
    }

    private static Wait child(
            String method, Function<ChildScene.Call<ChildProcess>, Scene> scene, ChildScene.Call<ChildProcess> call) {
        return descriptor("ChildProcess." + method, () -> scene.apply(call))
                .returns("0 Exited[status=0]", "gone")
                .by("ppoll");
    }

    /** There is nothing to close, and a new child each time. */
    private static Wait running(String method, ChildScene.Call<ChildProcessBuilder> call) {
        return Wait.of("ChildProcessBuilder." + method, () -> ChildScene.ofBuilder(call))
                .returns("0 Exited[status=0]", "")
                .by("ppoll")
                .neverAtOnce();
    }

    private static Wait pipeline(String method, ChildScene.Call<Pipeline> call) {
        return descriptor("Pipeline." + method, () -> ChildScene.ofPipeline(call))
                .returns("[Exited[status=0], Exited[status=0]]", "gone, gone")
                .by("waitid", "ppoll");
    }

    private static Wait locking(String method, LockKind kind, LockCall call) {
        return lock(
                "RecordLockBuilder." + method,
                kind,
                LockMode.EXCLUSIVE,
                () -> LockScene.of(
                        kind,
                        (file, timeout) -> call.on(RecordLock.builder(file).kind(kind), timeout)));
    }

    /** The call on a builder of that kind. */
    @FunctionalInterface
    private interface LockCall {
        Object on(RecordLockBuilder builder, Duration timeout) throws Exception;
    }

    private static Wait converting(String method, LockKind kind, Object result, LockScene.Conversion call) {
        return lock("RecordLock." + method, kind, result, () -> LockScene.ofConversion(kind, call));
    }

    private static Wait lock(String method, LockKind kind, Object result, Supplier<Scene> scenes) {
        String left = switch (kind) {
            case OPEN_FILE_DESCRIPTION -> "OFDLCK WRITE 0 EOF";
            case POSIX -> "POSIX WRITE 0 EOF";
            case FLOCK -> "FLOCK WRITE 0 EOF";
        };
        return descriptor(method, scenes)
                .returns(result, left)
                .whenPeerDies(Ending.returned(result))
                .by(kind == LockKind.FLOCK ? "flock" : "fcntl")
                .where(kind.name());
    }

    private static List<MemorySegment> halves(MemorySegment memory) {
        return List.of(memory.asSlice(0, 1), memory.asSlice(1));
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
