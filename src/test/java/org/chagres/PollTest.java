package org.chagres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.chagres.Readiness.*;
import static org.chagres.testing.Waiting.*;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.chagres.pipe.Fifo;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSink;
import org.chagres.pipe.PipeSource;
import org.chagres.readiness.EventCounter;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Waiting until one or several descriptors are ready, once. */
@ExtendWith(LeakCheck.class)
class PollTest {
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);
    private static final Duration SHORT = Duration.ofMillis(20);

    /** How much later than it is to end a wait may, in nanoseconds, where nothing holds it up. */
    private static final long LATE = 10_000_000;

    private static final Set<Readiness> ALL = Set.of(Readiness.values());

    private static <T> T on(ThreadKind kind, Callable<T> what) throws Exception {
        return Waiting.start(kind, what).get();
    }

    // One.

    /** What was not asked for is not told. */
    @ParameterizedTest
    @EnumSource
    void tellsForWhatAnEndIsReady(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            on(kind, () -> {
                assertThat(pipe.sink().poll(ALL)).containsExactly(WRITABLE);
                assertThat(pipe.sink().poll(Set.of(WRITABLE))).containsExactly(WRITABLE);
                assertThat(pipe.source().tryPoll(ALL, SHORT)).isEmpty();
                pipe.sink().write(memory(1));
                assertThat(pipe.source().poll(ALL)).containsExactly(READABLE);
                assertThat(pipe.source().poll(Set.of(READABLE))).containsExactly(READABLE);
                assertThat(pipe.source().tryPoll(Set.of(WRITABLE, URGENT, READ_HANG_UP), SHORT))
                        .isEmpty();
                assertThat(pipe.source().tryPoll(Set.of(), SHORT)).isEmpty();
                assertThat(pipe.source().available()).as("taken by none").isEqualTo(1);
                pipe.sink().tryWrite(memory(1 << 20), Duration.ZERO);
                assertThat(pipe.sink().tryPoll(ALL, SHORT)).isEmpty();
                return null;
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void hangUpAndErrorAreToldInAnyCase(ThreadKind kind) throws Exception {
        for (Set<Readiness> events : List.of(ALL, Set.<Readiness>of(), Set.of(URGENT))) {
            try (PipeSource source = sourceWithoutSink();
                    PipeSink sink = sinkWithoutSource()) {
                on(kind, () -> {
                    assertThat(source.poll(events)).containsExactly(HANG_UP);
                    assertThat(sink.poll(events)).contains(ERROR).isSubsetOf(ERROR, WRITABLE);
                    return null;
                });
            }
        }
    }

    private static PipeSource sourceWithoutSink() throws IOException {
        Pipe pipe = Pipe.create();
        pipe.sink().close();
        return pipe.source();
    }

    private static PipeSink sinkWithoutSource() throws IOException {
        Pipe pipe = Pipe.create();
        pipe.source().close();
        return pipe.sink();
    }

    @ParameterizedTest
    @EnumSource
    void whatIsLeftIsReadableAfterAHangUp(ThreadKind kind) throws Exception {
        Pipe pipe = Pipe.create();
        pipe.sink().write(memory(1));
        pipe.sink().close();
        try (PipeSource source = pipe.source()) {
            assertThat(on(kind, () -> source.poll(Set.of(READABLE)))).containsExactlyInAnyOrder(READABLE, HANG_UP);
        }
    }

    @ParameterizedTest
    @EnumSource
    void waitsForBytes(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            for (int i = 0; i < 3; i++) {
                var poll = startAndAwait(kind, () -> pipe.source().poll(Set.of(READABLE)));
                pipe.sink().write(memory(1));
                assertThat(poll.get()).containsExactly(READABLE);
                pipe.source().read(memory(1));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void waitsForRoom(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            MemorySegment all = memory(pipe.sink().capacity());
            pipe.sink().writeFully(all);
            var poll = startAndAwait(kind, () -> pipe.sink().poll(Set.of(WRITABLE)));
            pipe.source().readFully(all);
            assertThat(poll.get()).containsExactly(WRITABLE);
        }
    }

    static Stream<Set<Readiness>> withoutBytes() {
        return Stream.of(Set.of(), Set.of(URGENT), Set.of(HANG_UP), Set.of(ERROR), Set.of(READ_HANG_UP));
    }

    @ParameterizedTest
    @MethodSource("withoutBytes")
    void waitsForAHangUpAlone(Set<Readiness> events) throws Exception {
        for (ThreadKind kind : ThreadKind.values()) {
            Pipe pipe = Pipe.create();
            try (PipeSource source = pipe.source()) {
                var poll = startAndAwait(kind, () -> source.tryPoll(events, Duration.ofSeconds(10)));
                pipe.sink().write(memory(1)); // which is not asked for
                pipe.sink().close();
                assertThat(poll.get()).as("on a %s thread", kind).containsExactly(HANG_UP);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("withoutBytes")
    void waitsForAnErrorAlone(Set<Readiness> events) throws Exception {
        for (ThreadKind kind : ThreadKind.values()) {
            Pipe pipe = Pipe.create();
            try (PipeSink sink = pipe.sink()) {
                var poll = startAndAwait(kind, () -> sink.tryPoll(events, Duration.ofSeconds(10)));
                pipe.source().close();
                assertThat(poll.get()).as("on a %s thread", kind).containsExactly(ERROR);
            }
        }
    }

    /** It has to be watched on once the other one has what he waited for. */
    @Test
    void whoWaitsForAHangUpIsNotForgottenOverAReader() throws Exception {
        Pipe pipe = Pipe.create();
        try (PipeSource source = pipe.source()) {
            var poll = startAndAwait(ThreadKind.VIRTUAL, () -> source.tryPoll(Set.of(), Duration.ofSeconds(10)));
            var reader = startAndAwait(ThreadKind.VIRTUAL, () -> source.poll(Set.of(READABLE)));
            pipe.sink().write(memory(1));
            assertThat(reader.get()).containsExactly(READABLE);
            pipe.sink().close();
            assertThat(poll.get()).containsExactly(HANG_UP);
        }
    }

    @ParameterizedTest
    @EnumSource
    void filesAndDirectoriesAreAlwaysReady(ThreadKind kind, @TempDir Path folder) throws Exception {
        try (Descriptor file =
                        Descriptor.open(folder.resolve("file"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                Descriptor directory = Descriptor.open(folder);
                Pipe pipe = Pipe.create()) {
            on(kind, () -> {
                assertThat(file.poll(ALL)).containsExactlyInAnyOrder(READABLE, WRITABLE); // however it was opened
                assertThat(directory.poll(Set.of(READABLE))).containsExactly(READABLE);
                assertThat(Pollable.poll(Map.of(pipe.source(), ALL, file, Set.of(READABLE))))
                        .isEqualTo(Map.of(file, Set.of(READABLE)));
                assertThat(file.tryPoll(Set.of(URGENT), SHORT)).isEmpty();
                return null;
            });
        }
    }

    /** epoll takes no files: a virtual thread has to wait in another way. */
    @ParameterizedTest
    @EnumSource
    void besideAFileThatIsReadyForNothingAskedForItWaits(ThreadKind kind, @TempDir Path folder) throws Exception {
        Descriptor file = Descriptor.open(folder.resolve("file"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try (Pipe pipe = Pipe.create()) {
            Map<Pollable, Set<Readiness>> events = Map.of(file, Set.of(URGENT), pipe.source(), Set.of(READABLE));
            var poll = startAndAwait(kind, () -> Pollable.poll(events));
            pipe.sink().write(memory(1));
            assertThat(poll.get()).isEqualTo(Map.of(pipe.source(), Set.of(READABLE)));
            pipe.source().read(memory(1));

            var interrupted = startAndAwait(kind, () -> Pollable.poll(events));
            interrupted.thread().interrupt();
            assertThat(interrupted.failure()).isInstanceOf(InterruptedException.class);

            var closed = startAndAwait(kind, () -> Pollable.poll(events));
            file.close();
            assertThat(closed.failure()).isInstanceOf(AsynchronousCloseException.class);
        }
    }

    // Several.

    @ParameterizedTest
    @EnumSource
    void ofSeveralThoseThatAreReadyAreTold(ThreadKind kind) throws Exception {
        List<Pipe> pipes = new ArrayList<>();
        try (EventCounter counter = EventCounter.create()) {
            Map<Pollable, Set<Readiness>> events = new LinkedHashMap<>();
            for (int i = 0; i < 20; i++) {
                pipes.add(Pipe.create());
                events.put(pipes.get(i).source(), Set.of(READABLE));
            }
            events.put(counter, Set.of(READABLE));
            for (int i = 0; i < 20; i += 7) {
                PipeSource expected = pipes.get(i).source();
                var poll = startAndAwait(kind, () -> Pollable.poll(events));
                pipes.get(i).sink().write(memory(1));
                assertThat(poll.get()).isEqualTo(Map.of(expected, Set.of(READABLE)));
                expected.read(memory(1));
            }
            var poll = startAndAwait(kind, () -> Pollable.poll(events));
            counter.add(1);
            assertThat(poll.get()).isEqualTo(Map.of(counter, Set.of(READABLE)));
            pipes.get(3).sink().write(memory(1));
            pipes.get(4).sink().close();
            assertThat(on(kind, () -> Pollable.poll(events)))
                    .isEqualTo(Map.of(
                            counter,
                            Set.of(READABLE),
                            pipes.get(3).source(),
                            Set.of(READABLE),
                            pipes.get(4).source(),
                            Set.of(HANG_UP)))
                    .as("in the order given")
                    .satisfies(ready -> assertThat(List.copyOf(ready.keySet()))
                            .isEqualTo(
                                    List.of(pipes.get(3).source(), pipes.get(4).source(), counter)));
        } finally {
            pipes.forEach(Pipe::close);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theSameDescriptorMayBeThereTwice(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            PipeSource source = pipe.source();
            Map<Pollable, Set<Readiness>> events =
                    Map.of(source, Set.of(READABLE), source.descriptor(), Set.of(READABLE, WRITABLE));
            for (int i = 0; i < 3; i++) {
                var poll = startAndAwait(kind, () -> Pollable.poll(events));
                pipe.sink().write(memory(1));
                assertThat(poll.get())
                        .isEqualTo(Map.of(source, Set.of(READABLE), source.descriptor(), Set.of(READABLE)));
                source.read(memory(1));
            }
            // Of which one is ready and the other is not.
            Map<Pollable, Set<Readiness>> others =
                    Map.of(source, Set.of(WRITABLE), source.descriptor(), Set.of(READABLE));
            var poll = startAndAwait(kind, () -> Pollable.poll(others));
            pipe.sink().write(memory(1));
            assertThat(poll.get()).isEqualTo(Map.of(source.descriptor(), Set.of(READABLE)));
        }
    }

    @Test
    void theAnswerCannotBeChanged() throws Exception {
        try (Pipe pipe = Pipe.create()) {
            var ready = Pollable.poll(Map.of(pipe.sink(), Set.of(WRITABLE)));
            assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(ready::clear);
            assertThatExceptionOfType(UnsupportedOperationException.class)
                    .isThrownBy(() -> pipe.sink().poll(ALL).clear());
        }
    }

    @Test
    void nothingToPollIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Pollable.poll(Map.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> Pollable.tryPoll(Map.of(), Duration.ZERO));
    }

    @Test
    void nullIsRefused() throws Exception {
        try (Pipe pipe = Pipe.create()) {
            PipeSource source = pipe.source();
            Map<PipeSource, Set<Readiness>> withNull = new LinkedHashMap<>();
            withNull.put(source, null);
            assertThatNullPointerException().isThrownBy(() -> source.poll(null));
            assertThatNullPointerException().isThrownBy(() -> source.tryPoll(ALL, null));
            assertThatNullPointerException().isThrownBy(() -> Pollable.poll((Map<Pollable, Set<Readiness>>) null));
            assertThatNullPointerException()
                    .isThrownBy(() -> Pollable.tryPoll((Map<Pollable, Set<Readiness>>) null, SHORT));
            assertThatNullPointerException().isThrownBy(() -> Pollable.poll(withNull));
        }
    }

    // Time.

    @ParameterizedTest
    @EnumSource
    void neverEndsEarly(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            on(kind, () -> {
                for (long micros : new long[] {1, 500, 1_000, 1_001, 2_000, 10_000, 50_000}) {
                    Duration time = Duration.ofNanos(micros * 1000);
                    assertThat(nanosOf(() -> {
                                assertThat(pipe.source().tryPoll(ALL, time)).isEmpty();
                                return null;
                            }))
                            .as("%d µs", micros)
                            .isBetween(time.toNanos(), time.toNanos() + 5_000_000_000L);
                }
                return null;
            });
        }
    }

    /** In one of several tries, as the machine may have other things to do. */
    @ParameterizedTest
    @EnumSource
    void endsNotMuchLater(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            on(kind, () -> {
                for (long millis : new long[] {1, 10, 25}) {
                    Duration time = Duration.ofMillis(millis);
                    long best = Long.MAX_VALUE;
                    for (int tries = 0; tries < 20 && best > time.toNanos() + LATE; tries++) {
                        best = Math.min(best, nanosOf(() -> pipe.source().tryPoll(ALL, time)));
                    }
                    assertThat(best).as("%d ms", millis).isLessThanOrEqualTo(time.toNanos() + LATE);
                }
                return null;
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void zeroAndLessDoNotWaitAndSeeWhatIsThere(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            on(kind, () -> {
                for (Duration time : List.of(Duration.ZERO, Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
                    assertThat(pipe.source().tryPoll(ALL, time)).isEmpty();
                    assertThat(pipe.sink().tryPoll(ALL, time)).containsExactly(WRITABLE);
                    assertThat(Pollable.tryPoll(Map.of(pipe.source(), ALL, pipe.sink(), ALL), time))
                            .isEqualTo(Map.of(pipe.sink(), Set.of(WRITABLE)));
                    assertThat(Pollable.tryPoll(Map.of(pipe.source(), ALL), time))
                            .isEmpty();
                }
                return null;
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHugeTimeIsForEver(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            var poll = startAndAwait(kind, () -> Pollable.tryPoll(Map.of(pipe.source(), ALL), FOREVER));
            pipe.sink().write(memory(1));
            assertThat(poll.get()).isEqualTo(Map.of(pipe.source(), Set.of(READABLE)));
        }
    }

    // Ends of the wait.

    @ParameterizedTest
    @EnumSource
    void anInterruptEndsTheWait(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            for (Duration time : List.of(Duration.ofMinutes(1), FOREVER)) {
                var poll = startAndAwait(kind, () -> {
                    assertThatExceptionOfType(InterruptedException.class)
                            .isThrownBy(() -> pipe.source().tryPoll(ALL, time));
                    return Thread.currentThread().isInterrupted();
                });
                poll.thread().interrupt();
                assertThat(poll.get()).as("still interrupted").isFalse();
            }
            on(kind, () -> {
                for (Duration time : List.of(Duration.ZERO, SHORT, FOREVER)) {
                    Thread.currentThread().interrupt();
                    assertThatExceptionOfType(InterruptedException.class)
                            .isThrownBy(() -> pipe.sink().tryPoll(ALL, time));
                }
                return null;
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void closingAnyEndsTheWait(ThreadKind kind) throws Exception {
        for (int closed = 0; closed < 3; closed++) {
            List<Pipe> pipes = List.of(Pipe.create(), Pipe.create(), Pipe.create());
            try {
                Map<Pollable, Set<Readiness>> events = new LinkedHashMap<>();
                pipes.forEach(pipe -> events.put(pipe.source(), Set.of(READABLE)));
                var poll = startAndAwait(kind, () -> Pollable.poll(events));
                pipes.get(closed).source().close();
                assertThat(poll.failure()).isInstanceOf(AsynchronousCloseException.class);
                assertThat(on(kind, () -> {
                            assertThatExceptionOfType(ClosedChannelException.class)
                                    .isThrownBy(() -> Pollable.poll(events))
                                    .isNotInstanceOf(AsynchronousCloseException.class);
                            assertThatExceptionOfType(ClosedChannelException.class)
                                    .isThrownBy(() -> Pollable.tryPoll(events, Duration.ZERO));
                            return "refused";
                        }))
                        .isEqualTo("refused");
            } finally {
                pipes.forEach(Pipe::close); // the others are as usable as before: nobody has them any more
            }
        }
    }

    @Test
    void whatWasReleasedCannotBePolled() throws Exception {
        try (Pipe pipe = Pipe.create()) {
            int number = pipe.source().descriptor().release();
            try (Descriptor adopted = Descriptor.adopt(number)) {
                assertThatExceptionOfType(ClosedChannelException.class)
                        .isThrownBy(() -> pipe.source().poll(ALL));
                pipe.sink().write(memory(1));
                assertThat(adopted.poll(ALL)).containsExactly(READABLE);
            }
        }
    }

    // Together with others.

    /** Being ready is not kept: whoever is told may find that another one was faster. */
    @Test
    void virtualThreadsThatPollAndReadTheSameEndGetAllThatComes() throws Exception {
        int bytes = 3000;
        Pipe pipe = Pipe.create();
        List<Waiting<Integer>> all = new ArrayList<>();
        try (PipeSource source = pipe.source()) {
            for (int i = 0; i < 9; i++) {
                boolean polls = i % 3 != 0;
                ThreadKind kind = i == 8 ? ThreadKind.PLATFORM : ThreadKind.VIRTUAL;
                all.add(start(kind, () -> {
                    int count = 0;
                    while (true) {
                        if (polls) {
                            source.poll(Set.of(READABLE));
                        }
                        long read = polls ? source.tryRead(memory(3), Duration.ZERO) : source.read(memory(3));
                        if (read < 0) {
                            return count;
                        }
                        count += (int) read;
                    }
                }));
            }
            for (int i = 0; i < bytes; i++) {
                pipe.sink().write(memory(1));
                Thread.yield();
            }
            pipe.sink().close();
            int read = 0;
            for (Waiting<Integer> each : all) {
                read += each.get();
            }
            assertThat(read).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @EnumSource
    void allWhoPollAreTold(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            List<Waiting<Set<Readiness>>> polls = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                polls.add(startAndAwait(kind, () -> pipe.source().poll(Set.of(READABLE))));
            }
            pipe.sink().write(memory(1));
            for (Waiting<Set<Readiness>> poll : polls) {
                assertThat(poll.get()).containsExactly(READABLE);
            }
        }
    }

    /** Both of one descriptor, by threads that wait for different things. */
    @Test
    void aReaderAndAWriterOfOneDescriptorAreToldApart(@TempDir Path folder) throws Exception {
        try (Descriptor both = Fifo.create(folder.resolve("fifo")).openForBoth()) {
            MemorySegment full = memory(65536);
            both.writeFully(full);
            var writer = startAndAwait(ThreadKind.VIRTUAL, () -> both.poll(Set.of(WRITABLE)));
            both.readFully(full);
            assertThat(writer.get()).containsExactly(WRITABLE);
            var reader = startAndAwait(ThreadKind.VIRTUAL, () -> both.poll(Set.of(READABLE)));
            assertThat(both.poll(ALL)).containsExactly(WRITABLE);
            both.write(memory(1));
            assertThat(reader.get()).containsExactly(READABLE);
        }
    }
}
