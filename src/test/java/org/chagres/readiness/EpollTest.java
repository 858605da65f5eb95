package org.chagres.readiness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.Readiness.*;
import static org.chagres.testing.Waiting.*;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSink;
import org.chagres.pipe.PipeSource;
import org.chagres.readiness.Epoll.Event;
import org.chagres.testing.Await;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Waiting for any of a set. */
@ExtendWith(LeakCheck.class)
class EpollTest {
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Set<Readiness> READING = Set.of(READABLE);

    private Epoll epoll;
    private Pipe pipe;

    @BeforeEach
    void make() throws Exception {
        epoll = Epoll.create();
        pipe = Pipe.create();
    }

    @AfterEach
    void close() {
        pipe.close();
        epoll.close();
    }

    private static <T> T on(ThreadKind kind, Callable<T> what) throws Exception {
        return Waiting.start(kind, what).get();
    }

    private static Event readable(Pollable source) {
        return new Event(source, READING);
    }

    private static Errno refusal(ThrowingCallable call) {
        return catchThrowableOfType(ErrnoException.class, call).errno();
    }

    private void write() throws Exception {
        pipe.sink().write(memory(1));
    }

    // What is told.

    @ParameterizedTest
    @EnumSource
    void tellsWhatIsReadyAsOftenAsItIsAsked(ThreadKind kind) throws Exception {
        try (EventCounter counter = EventCounter.create()) {
            epoll.add(pipe.source(), READING);
            epoll.add(counter, Set.of(READABLE, WRITABLE));
            on(kind, () -> {
                assertThat(epoll.await()).containsExactly(new Event(counter, Set.of(WRITABLE)));
                write();
                counter.add(1);
                for (int i = 0; i < 3; i++) {
                    assertThat(epoll.await())
                            .containsExactlyInAnyOrder(
                                    readable(pipe.source()), new Event(counter, Set.of(READABLE, WRITABLE)));
                }
                counter.take();
                epoll.modify(counter, READING);
                assertThat(epoll.await()).containsExactly(readable(pipe.source()));
                pipe.source().read(memory(1));
                assertThat(epoll.tryAwait(SHORT)).isEmpty();
                return null;
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void waitsUntilOneIsReady(ThreadKind kind) throws Exception {
        epoll.add(pipe.source(), READING);
        for (int i = 0; i < 3; i++) {
            var waiting = startAndAwait(kind, epoll::await);
            write();
            assertThat(waiting.get()).containsExactly(readable(pipe.source()));
            pipe.source().read(memory(1));
        }
    }

    @ParameterizedTest
    @EnumSource
    void hangUpAndErrorAreToldInAnyCase(ThreadKind kind) throws Exception {
        epoll.add(pipe.source(), Set.of());
        var waiting = startAndAwait(kind, epoll::await);
        write();
        pipe.sink().close();
        assertThat(waiting.get()).containsExactly(new Event(pipe.source(), Set.of(HANG_UP)));
        try (Pipe other = Pipe.create()) {
            epoll.remove(pipe.source());
            epoll.add(other.sink(), Set.of());
            waiting = startAndAwait(kind, epoll::await);
            other.source().close();
            assertThat(waiting.get()).containsExactly(new Event(other.sink(), Set.of(ERROR)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void edgeTriggeredTellsOnceForWhatCame(ThreadKind kind) throws Exception {
        epoll.add(pipe.source(), READING, EpollOption.EDGE_TRIGGERED);
        on(kind, () -> {
            for (int i = 0; i < 3; i++) { // nothing is read meanwhile
                write();
                assertThat(epoll.await()).containsExactly(readable(pipe.source()));
                assertThat(epoll.tryAwait(SHORT)).isEmpty();
                assertThat(epoll.tryAwait(Duration.ZERO)).isEmpty();
            }
            return null;
        });
        var waiting = startAndAwait(kind, epoll::await);
        write();
        assertThat(waiting.get()).containsExactly(readable(pipe.source()));
    }

    @ParameterizedTest
    @EnumSource
    void oneShotTellsOnceUntilItIsArmedAgain(ThreadKind kind) throws Exception {
        epoll.add(pipe.source(), READING, EpollOption.ONE_SHOT);
        on(kind, () -> {
            write();
            for (int i = 0; i < 3; i++) {
                assertThat(epoll.await()).containsExactly(readable(pipe.source()));
                write();
                assertThat(epoll.tryAwait(SHORT)).isEmpty();
                epoll.modify(pipe.source(), READING, EpollOption.ONE_SHOT);
            }
            return null;
        });
    }

    @ParameterizedTest
    @EnumSource
    void exclusiveTellsAtLeastOneSet(ThreadKind kind) throws Exception {
        try (Epoll other = Epoll.create()) {
            epoll.add(pipe.source(), READING, EpollOption.EXCLUSIVE);
            other.add(pipe.source(), READING, EpollOption.EXCLUSIVE);
            var one = startAndAwait(kind, () -> epoll.tryAwait(Duration.ofSeconds(20)));
            var two = startAndAwait(kind, () -> other.tryAwait(Duration.ofSeconds(20)));
            write();
            Await.until(() -> one.task().isDone() || two.task().isDone());
            one.thread().interrupt(); // who was not told is told now, or ends
            two.thread().interrupt();
            var told = one.task().state() == Future.State.SUCCESS ? one.get() : two.get();
            assertThat(told).containsExactly(readable(pipe.source()));
        }
    }

    // What the set has.

    @Test
    void refusesWithTheKernelsReason(@TempDir Path folder) throws Exception {
        try (Descriptor file =
                        Descriptor.open(folder.resolve("file"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                Descriptor directory = Descriptor.open(folder)) {
            PipeSource source = pipe.source();
            assertThat(refusal(() -> epoll.modify(source, READING))).isEqualTo(Errno.ENOENT);
            assertThat(refusal(() -> epoll.remove(source))).isEqualTo(Errno.ENOENT);
            assertThat(refusal(() -> epoll.add(file, READING))).isEqualTo(Errno.EPERM);
            assertThat(refusal(() -> epoll.add(directory, READING))).isEqualTo(Errno.EPERM);
            assertThat(refusal(() -> epoll.modify(file, READING))).isEqualTo(Errno.EPERM);
            assertThat(refusal(() -> epoll.add(source, READING, EpollOption.EXCLUSIVE, EpollOption.ONE_SHOT)))
                    .isEqualTo(Errno.EINVAL);
            assertThat(refusal(() -> epoll.add(source, Set.of(URGENT), EpollOption.EXCLUSIVE)))
                    .isEqualTo(Errno.EINVAL);
            assertThat(epoll.size()).isZero();

            epoll.add(source, READING);
            assertThat(refusal(() -> epoll.add(source, READING))).isEqualTo(Errno.EEXIST);
            assertThat(refusal(() -> epoll.add(source.descriptor(), READING))).isEqualTo(Errno.EEXIST);
            assertThat(refusal(() -> epoll.modify(source, READING, EpollOption.EXCLUSIVE)))
                    .isEqualTo(Errno.EINVAL);
            assertThat(epoll.size()).isEqualTo(1);
            write();
            assertThat(epoll.await()).as("as it was").containsExactly(readable(source));

            epoll.remove(source);
            assertThat(refusal(() -> epoll.remove(source))).isEqualTo(Errno.ENOENT);
            assertThat(refusal(() -> epoll.modify(source, READING))).isEqualTo(Errno.ENOENT);

            epoll.add(source, READING, EpollOption.EXCLUSIVE);
            assertThat(refusal(() -> epoll.modify(source, READING))).isEqualTo(Errno.EINVAL);
        }
    }

    @Test
    void aRefusalSaysWhatWasToBeDone() throws Exception {
        epoll.add(pipe.source(), READING);
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> epoll.add(pipe.source(), READING))
                .withMessageStartingWith("epoll_ctl: EEXIST (17)")
                .withMessageContaining(pipe.source().toString())
                .withMessageContaining(epoll.toString());
    }

    @Test
    void whatWasRefusedIsAddedOnceItCanBe() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(refusal(() -> epoll.modify(pipe.source(), READING))).isEqualTo(Errno.ENOENT);
            epoll.add(pipe.source().descriptor(), READING);
            write();
            assertThat(epoll.await())
                    .as("the object that was added")
                    .containsExactly(readable(pipe.source().descriptor()));
            epoll.remove(pipe.source());
            assertThat(epoll.tryAwait(Duration.ZERO)).isEmpty();
        }
    }

    /** Two descriptors, though one description. */
    @Test
    void aDuplicateIsAMemberOfItsOwn() throws Exception {
        try (Descriptor duplicate = pipe.source().descriptor().duplicate()) {
            epoll.add(pipe.source(), READING);
            epoll.add(duplicate, READING);
            assertThat(epoll.size()).isEqualTo(2);
            write();
            assertThat(epoll.await()).containsExactlyInAnyOrder(readable(pipe.source()), readable(duplicate));
            epoll.remove(pipe.source());
            assertThat(epoll.await()).containsExactly(readable(duplicate));
        }
        assertThat(epoll.size()).isZero();
    }

    @Test
    void nullIsRefused() {
        assertThatNullPointerException().isThrownBy(() -> epoll.add(null, READING));
        assertThatNullPointerException().isThrownBy(() -> epoll.add(pipe.source(), null));
        assertThatNullPointerException().isThrownBy(() -> epoll.add(pipe.source(), READING, (EpollOption) null));
        assertThatNullPointerException().isThrownBy(() -> epoll.modify(null, READING));
        assertThatNullPointerException().isThrownBy(() -> epoll.remove(null));
        assertThatNullPointerException().isThrownBy(() -> epoll.tryAwait(null));
        assertThatNullPointerException().isThrownBy(() -> new Event(null, READING));
        assertThat(epoll.size()).isZero();
    }

    // Members that go.

    @ParameterizedTest
    @EnumSource
    void aMemberThatIsClosedLeavesThoughADuplicateIsOpen(ThreadKind kind) throws Exception {
        epoll.add(pipe.source(), READING);
        try (Descriptor duplicate = pipe.source().descriptor().duplicate()) {
            write();
            pipe.source().close();
            assertThat(epoll.size()).isZero();
            on(kind, () -> {
                assertThat(epoll.tryAwait(SHORT)).isEmpty();
                return null;
            });
            assertThat(duplicate.available()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMemberThatIsClosedWhileOthersWaitLeavesToo(ThreadKind kind) throws Exception {
        epoll.add(pipe.source(), READING);
        try (Descriptor duplicate = pipe.source().descriptor().duplicate();
                EventCounter counter = EventCounter.create()) {
            epoll.add(counter, READING);
            var waiting = startAndAwait(kind, epoll::await);
            pipe.source().close();
            write(); // the duplicate is readable
            counter.add(1);
            assertThat(waiting.get()).containsExactly(readable(counter));
            assertThat(duplicate.isOpen()).isTrue();
        }
    }

    @Test
    void aMemberThatIsReleasedLeaves() throws Exception {
        epoll.add(pipe.source(), READING);
        try (Descriptor adopted = Descriptor.adopt(pipe.source().descriptor().release())) {
            assertThat(epoll.size()).isZero();
            write();
            assertThat(epoll.tryAwait(SHORT)).isEmpty();
            epoll.add(adopted, READING);
            assertThat(epoll.await()).containsExactly(readable(adopted));
        }
    }

    @ParameterizedTest
    @EnumSource
    void anotherFileOfTheSameNumberIsNotTakenForTheOldOne(ThreadKind kind) throws Exception {
        for (int round = 0; round < 50; round++) {
            Pipe old = Pipe.create();
            List<Pipe> others = new ArrayList<>();
            PipeSource source = old.source();
            try {
                epoll.add(source, READING);
                String number = source.toString();
                try (Descriptor duplicate = source.descriptor().duplicate()) {
                    old.sink().write(memory(1));
                    source.close();
                    do {
                        others.add(Pipe.create());
                    } while (!number.equals(others.getLast().source().toString()));
                    PipeSource other = others.getLast().source();
                    others.getLast().sink().write(memory(1));
                    assertThat(on(kind, () -> epoll.tryAwait(Duration.ZERO))).isEmpty();
                    epoll.add(other, READING);
                    assertThat(on(kind, epoll::await)).containsExactly(readable(other));
                    assertThat(duplicate.available()).isEqualTo(1);
                }
            } finally {
                others.forEach(Pipe::close);
                old.close();
            }
            assertThat(epoll.size()).isZero();
        }
    }

    // Changes while others wait.

    @ParameterizedTest
    @EnumSource
    void whatIsAddedWhileOthersWaitIsWaitedFor(ThreadKind kind) throws Exception {
        write();
        var waiting = startAndAwait(kind, epoll::await);
        epoll.add(pipe.source(), READING);
        assertThat(waiting.get()).containsExactly(readable(pipe.source()));

        epoll.modify(pipe.source(), Set.of());
        waiting = startAndAwait(kind, epoll::await);
        epoll.modify(pipe.source(), READING);
        assertThat(waiting.get()).containsExactly(readable(pipe.source()));
    }

    @Test
    void allWhoWaitAreToldAsLongAsItLasts() throws Exception {
        epoll.add(pipe.source(), READING);
        List<Waiting<List<Event>>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(startAndAwait(ThreadKind.values()[i % 2], epoll::await));
        }
        write();
        for (Waiting<List<Event>> each : all) {
            assertThat(each.get()).containsExactly(readable(pipe.source()));
        }
    }

    /** One-shot: no two threads have the same bell at a time, and none is missed. */
    @ParameterizedTest
    @EnumSource
    void severalThreadsShareASet(ThreadKind kind) throws Exception {
        int bells = 16;
        int rings = 200;
        List<EventCounter> counters = new ArrayList<>();
        List<Waiting<Long>> workers = new ArrayList<>();
        AtomicIntegerArray busy = new AtomicIntegerArray(bells);
        try {
            for (int i = 0; i < bells; i++) {
                counters.add(EventCounter.create());
                epoll.add(counters.get(i), READING, EpollOption.ONE_SHOT);
            }
            for (int i = 0; i < 4; i++) {
                workers.add(Waiting.start(kind, () -> {
                    long taken = 0;
                    try {
                        while (true) {
                            for (Event event : epoll.await()) {
                                int bell = counters.indexOf(event.source());
                                assertThat(busy.getAndSet(bell, 1))
                                        .as("one at a time")
                                        .isZero();
                                taken += counters.get(bell).take();
                                busy.set(bell, 0);
                                epoll.modify(event.source(), READING, EpollOption.ONE_SHOT);
                            }
                        }
                    } catch (ClosedChannelException allDone) {
                        return taken;
                    }
                }));
            }
            for (int i = 0; i < rings; i++) {
                for (EventCounter counter : counters) {
                    counter.add(1);
                }
            }
            for (EventCounter counter : counters) {
                Await.until(() -> isTaken(counter));
            }
            epoll.close();
            long taken = 0;
            for (Waiting<Long> worker : workers) {
                taken += worker.get();
            }
            assertThat(taken).isEqualTo((long) bells * rings);
        } finally {
            counters.forEach(EventCounter::close);
        }
    }

    private static boolean isTaken(EventCounter counter) {
        try {
            return counter.tryPoll(READING, Duration.ZERO).isEmpty();
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    // Many.

    @ParameterizedTest
    @EnumSource
    void thousandsAreToldAFewHundredAtATime(ThreadKind kind) throws Exception {
        int count = 2000;
        Assumptions.assumeTrue(openFilesLimit() > count + 500, "as many open files as that are not allowed");
        List<EventCounter> counters = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                counters.add(EventCounter.create());
                epoll.add(counters.get(i), READING, EpollOption.ONE_SHOT);
            }
            assertThat(epoll.size()).isEqualTo(count);
            assertThat(on(kind, () -> epoll.tryAwait(Duration.ZERO))).isEmpty();
            for (EventCounter counter : counters) {
                counter.add(1);
            }
            Set<Pollable> told = new HashSet<>();
            on(kind, () -> {
                while (told.size() < count) {
                    for (Event event : epoll.await()) {
                        assertThat(told.add(event.source())).as("told once").isTrue();
                    }
                }
                return null;
            });
            assertThat(told).isEqualTo(new HashSet<>(counters));
            assertThat(epoll.tryAwait(Duration.ZERO)).isEmpty();
        } finally {
            counters.forEach(EventCounter::close);
        }
        assertThat(epoll.size()).isZero();
    }

    private static long openFilesLimit() throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/limits")).stream()
                .filter(each -> each.startsWith("Max open files"))
                .findFirst()
                .orElseThrow();
        String soft = line.split("\\s+")[3];
        return soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
    }

    // Ends of the wait.

    @ParameterizedTest
    @EnumSource
    void neverEndsEarlyAndDoesNotWaitForNoTime(ThreadKind kind) throws Exception {
        epoll.add(pipe.source(), READING);
        on(kind, () -> {
            for (long micros : new long[] {1, 500, 1_001, 2_000, 10_000, 50_000}) {
                Duration time = Duration.ofNanos(micros * 1000);
                assertThat(nanosOf(() -> {
                            assertThat(epoll.tryAwait(time)).isEmpty();
                            return null;
                        }))
                        .as("%d µs", micros)
                        .isGreaterThanOrEqualTo(time.toNanos());
            }
            for (Duration time : List.of(Duration.ZERO, Duration.ofSeconds(Long.MIN_VALUE))) {
                assertThat(epoll.tryAwait(time)).isEmpty();
                write();
                assertThat(epoll.tryAwait(time)).containsExactly(readable(pipe.source()));
                pipe.source().read(memory(1));
            }
            return null;
        });
        var waiting = startAndAwait(kind, () -> epoll.tryAwait(FOREVER));
        write();
        assertThat(waiting.get()).containsExactly(readable(pipe.source()));
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptEndsTheWaitAndTheSetIsAsUsableAsBefore(ThreadKind kind) throws Exception {
        epoll.add(pipe.source(), READING);
        for (Duration time : List.of(Duration.ofMinutes(1), FOREVER)) {
            var waiting = startAndAwait(kind, () -> {
                assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> epoll.tryAwait(time));
                return Thread.currentThread().isInterrupted();
            });
            waiting.thread().interrupt();
            assertThat(waiting.get()).as("still interrupted").isFalse();
        }
        write();
        on(kind, () -> {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> epoll.tryAwait(Duration.ZERO));
            assertThat(epoll.await()).containsExactly(readable(pipe.source()));
            return null;
        });
    }

    @ParameterizedTest
    @EnumSource
    void closingWakesAllWhoWaitAndClosesNoMember(ThreadKind kind) throws Exception {
        epoll.add(pipe.source(), READING);
        List<Waiting<List<Event>>> all = new ArrayList<>();
        for (Duration time : List.of(Duration.ofMinutes(1), FOREVER, FOREVER)) {
            all.add(startAndAwait(kind, () -> epoll.tryAwait(time)));
        }
        epoll.close();
        for (Waiting<List<Event>> each : all) {
            assertThat(each.failure()).isInstanceOf(AsynchronousCloseException.class);
        }
        assertThat(epoll.isOpen()).isFalse();
        assertThat(epoll.size()).isZero();
        write();
        assertThat(pipe.source().read(memory(1))).isEqualTo(1);
        epoll.close();
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                epoll::await,
                () -> epoll.tryAwait(Duration.ZERO),
                () -> epoll.add(pipe.source(), READING),
                () -> epoll.modify(pipe.source(), READING),
                () -> epoll.remove(pipe.source()))) {
            assertThatExceptionOfType(ClosedChannelException.class)
                    .isThrownBy(call)
                    .isNotInstanceOf(AsynchronousCloseException.class);
        }
    }

    @Test
    void whatIsClosedCannotBeAdded() throws Exception {
        pipe.source().close();
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> epoll.add(pipe.source(), READING),
                () -> epoll.modify(pipe.source(), READING),
                () -> epoll.remove(pipe.source()))) {
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(call);
        }
        assertThat(epoll.size()).isZero();
    }

    // Lifetime.

    /** The check for leaks does not look at these. */
    private static long countEpolls() {
        try (Stream<Path> numbers = Files.list(Path.of("/proc/self/fd"))) {
            return numbers.filter(number -> {
                        try {
                            return Files.readSymbolicLink(number).toString().contains("[eventpoll]");
                        } catch (IOException gone) {
                            return false;
                        }
                    })
                    .count();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void closingLeavesNoDescriptor() throws Exception {
        on(ThreadKind.VIRTUAL, () -> epoll.tryAwait(SHORT)); // the library's own is there by now
        long before = countEpolls();
        List<Epoll> sets = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            sets.add(Epoll.create());
            sets.get(i).add(pipe.source(), READING);
            on(ThreadKind.VIRTUAL, () -> sets.getLast().tryAwait(SHORT));
        }
        assertThat(countEpolls()).isEqualTo(before + 10);
        sets.forEach(Epoll::close);
        assertThat(countEpolls()).isEqualTo(before);
    }

    @Test
    void isCloseOnExec() throws Exception {
        String number = epoll.toString().replaceAll("\\D", "");
        String flags = Files.readAllLines(Path.of("/proc/self/fdinfo/" + number)).stream()
                .filter(line -> line.startsWith("flags:"))
                .findFirst()
                .orElseThrow();
        assertThat(Integer.parseInt(flags.replaceAll("\\D", ""), 8) & 02000000).isNotZero();
    }

    @Test
    void aForgottenSetIsCollectedAndItsMembersAreNotKeptFromClosing() throws Exception {
        long before = countEpolls();
        forget(pipe);
        Garbage.collectUntil(() -> countEpolls() == before);
        write();
        pipe.source().close();
        assertThat(pipe.source().isOpen()).isFalse();
    }

    private static void forget(Pipe pipe) throws Exception {
        Epoll.create().add(pipe.source(), READING);
    }

    @Test
    void aForgottenMemberStaysAsLongAsTheSet() throws Exception {
        PipeSink sink = on(ThreadKind.PLATFORM, () -> addAndForget(epoll)); // no stack has it any more
        WeakReference<Object> witness = new WeakReference<>(new Object());
        Garbage.collectUntil(() -> witness.refersTo(null));
        try (sink) {
            sink.write(memory(3));
            Event event = epoll.await().getFirst();
            assertThat(event.readiness()).isEqualTo(READING);
            try (PipeSource source = (PipeSource) event.source()) {
                assertThat(source.read(memory(8))).isEqualTo(3);
            }
        }
        assertThat(epoll.size()).isZero();
    }

    private static PipeSink addAndForget(Epoll epoll) throws Exception {
        Pipe forgotten = Pipe.create();
        epoll.add(forgotten.source(), READING);
        return forgotten.sink();
    }
}
