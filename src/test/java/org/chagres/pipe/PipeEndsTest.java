package org.chagres.pipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.pipe.TestPipes.*;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What ends a pipe, or a transfer through it: closing an end, forgetting it, an interrupt in the middle. */
@ExtendWith(LeakCheck.class)
class PipeEndsTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Pipe pipe = Pipe.create();
    private final Arena arena = Arena.ofShared();

    PipeEndsTest() throws IOException {}

    @AfterEach
    void closeAll() {
        pipe.close();
        arena.close();
    }

    // The other end.

    @ParameterizedTest
    @EnumSource
    void onceTheSinkIsClosedTheRestIsReadAndThenTheEnd(Kind kind) throws Exception {
        write(pipe, "the rest");
        pipe.sink().close();
        MemorySegment into = arena.allocate(5);
        assertThat(kind.run(() -> pipe.source().read(into))).isEqualTo(5);
        assertThat(kind.run(() -> pipe.source().read(into))).isEqualTo(3);
        for (int time = 0; time < 2; time++) {
            assertThat(kind.run(() -> pipe.source().read(into))).isEqualTo(-1);
            assertThat(kind.run(() -> pipe.source().tryRead(into, LONG))).isEqualTo(-1);
            assertThat(kind.run(() -> pipe.source().tryRead(into, Duration.ZERO)))
                    .isEqualTo(-1);
        }
        assertThat(pipe.source().available()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void closingTheSinkEndsTheWaitOfReaders(Kind kind) throws Exception {
        List<Running<Long>> readers = List.of(
                kind.start(() -> pipe.source().read(arena.allocate(5))),
                kind.start(() -> pipe.source().tryRead(arena.allocate(5), LONG)));
        for (Running<Long> reader : readers) {
            reader.awaitWaiting();
        }
        pipe.sink().close();
        for (Running<Long> reader : readers) {
            assertThat(reader.get()).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void onceTheSourceIsClosedWritersFailAndTheJvmLives(Kind kind) throws Exception {
        write(pipe, "never read");
        pipe.source().close();
        for (Callable<?> write : List.<Callable<?>>of(
                () -> pipe.sink().write(text("x")), () -> pipe.sink().tryWrite(text("x"), LONG), () -> {
                    pipe.sink().writeFully(text("x"));
                    return null;
                })) {
            assertBroken(kind.failure(write));
        }
        assertThat(pipe.sink().isOpen()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void closingTheSourceEndsTheWaitOfWriters(Kind kind) throws Exception {
        fill();
        List<Running<Long>> writers = List.of(
                kind.start(() -> pipe.sink().write(text("x"))),
                kind.start(() -> pipe.sink().tryWrite(text("x"), LONG)));
        for (Running<Long> writer : writers) {
            writer.awaitWaiting();
        }
        pipe.source().close();
        for (Running<Long> writer : writers) {
            assertBroken(writer.failure());
        }
    }

    private static void assertBroken(Throwable failure) {
        assertThat(failure)
                .isInstanceOfSatisfying(
                        ErrnoException.class, errno -> assertThat(errno.errno()).isEqualTo(Errno.EPIPE));
    }

    /** A virtual thread opens the pipe once more, which makes one more reader or writer of it. */
    @ParameterizedTest
    @EnumSource
    void whatVirtualThreadsOpenedDoesNotKeepThePipeOpen(Kind closer) throws Exception {
        for (boolean sinkFirst : new boolean[] {true, false}) {
            try (Pipe used = Pipe.create()) {
                Kind.VIRTUAL.run(() -> used.sink().write(text("abc")));
                assertThat(Kind.VIRTUAL.run(() -> read(used))).isEqualTo("abc");
                String name = name(used.source());
                assertThat(countDescriptors(name)).isEqualTo(4);

                Running<Long> waiter;
                if (sinkFirst) {
                    waiter = Kind.VIRTUAL.start(() -> used.source().read(arena.allocate(1)));
                } else {
                    used.sink().writeFully(arena.allocate(used.sink().capacity()));
                    waiter = Kind.VIRTUAL.start(() -> used.sink().write(arena.allocate(1)));
                }
                waiter.awaitWaiting();
                closer.run(() -> {
                    if (sinkFirst) {
                        used.sink().close();
                    } else {
                        used.source().close();
                    }
                    return null;
                });
                if (sinkFirst) {
                    assertThat(waiter.get()).isEqualTo(-1);
                    assertThat(used.source().read(arena.allocate(1))).isEqualTo(-1);
                } else {
                    assertBroken(waiter.failure());
                    assertThatThrownBy(() -> used.sink().write(arena.allocate(1)))
                            .isInstanceOf(ErrnoException.class);
                }
                awaitTrue(() -> countDescriptors(name) == 2); // and those of the other end
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void readFullyTellsThatTheEndCameTooEarly(Kind kind) throws Exception {
        write(pipe, "12345");
        pipe.sink().close();
        MemorySegment into = arena.allocate(8);
        Callable<?> readFully = () -> {
            pipe.source().readFully(into);
            return null;
        };
        assertThat(kind.failure(readFully))
                .isExactlyInstanceOf(EOFException.class)
                .hasMessage("the end came after 5 of 8 bytes");
        assertThat(text(into, 5)).isEqualTo("12345");
        assertThat(kind.failure(readFully)).hasMessage("the end came after 0 of 8 bytes");
    }

    // Interrupts.

    @ParameterizedTest
    @EnumSource
    void readFullyInterruptedHalfWayTellsHowMuchWasRead(Kind kind) throws Exception {
        MemorySegment into = arena.allocate(8);
        Running<Boolean> reader = kind.start(() -> {
            assertThatThrownBy(() -> pipe.source().readFully(into))
                    .isInstanceOfSatisfying(
                            InterruptedIOException.class,
                            interrupt -> assertThat(interrupt.bytesTransferred).isEqualTo(5))
                    .hasMessage("interrupted after 5 of 8 bytes");
            return Thread.interrupted();
        });
        reader.awaitWaiting();
        write(pipe, "12345");
        awaitTrue(() -> text(into, 5).equals("12345"));
        reader.awaitWaiting().thread().interrupt();
        assertThat(reader.get()).as("interrupted").isTrue();
        assertThat(pipe.source().isOpen()).isTrue();
        write(pipe, "678");
        assertThat(read(pipe)).isEqualTo("678");
    }

    @ParameterizedTest
    @EnumSource
    void writeFullyInterruptedHalfWayTellsHowMuchWasWritten(Kind kind) throws Exception {
        int capacity = pipe.sink().setCapacity(2 * 4096);
        Running<Boolean> writer = kind.start(() -> {
            assertThatThrownBy(() -> pipe.sink().writeFully(arena.allocate(capacity + 100)))
                    .isInstanceOfSatisfying(
                            InterruptedIOException.class,
                            interrupt -> assertThat(interrupt.bytesTransferred).isEqualTo(capacity));
            return Thread.interrupted();
        });
        writer.awaitWaiting().thread().interrupt();
        assertThat(writer.get()).as("interrupted").isTrue();
        assertThat(pipe.sink().isOpen()).isTrue();
        assertThat(pipe.source().available()).isEqualTo(capacity);
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptBeforeAnythingWasDoneIsAnInterruptedException(Kind kind) throws Exception {
        Running<Void> reader = kind.start(() -> {
            pipe.source().readFully(arena.allocate(8));
            return null;
        });
        reader.awaitWaiting().thread().interrupt();
        assertThat(reader.failure()).isExactlyInstanceOf(InterruptedException.class);

        fill();
        Running<Void> writer = kind.start(() -> {
            pipe.sink().writeFully(text("x"));
            return null;
        });
        writer.awaitWaiting().thread().interrupt();
        assertThat(writer.failure()).isExactlyInstanceOf(InterruptedException.class);
    }

    // Closing this end.

    @ParameterizedTest
    @EnumSource
    void closingEndsTheWaitsOfAHundredVirtualThreads(Kind closer) throws Exception {
        for (boolean reading : new boolean[] {true, false}) {
            try (Pipe many = Pipe.create()) {
                String name = name(many.source());
                if (!reading) {
                    many.sink().writeFully(arena.allocate(many.sink().capacity()));
                }
                List<Running<Long>> waiters = Stream.generate(() -> Kind.VIRTUAL.start(() -> reading
                                ? many.source().read(arena.allocate(1))
                                : many.sink().write(arena.allocate(1))))
                        .limit(100)
                        .toList();
                waiters.forEach(Running::awaitWaiting);
                closer.run(() -> {
                    if (reading) {
                        many.source().close();
                    } else {
                        many.sink().close();
                    }
                    return null;
                });
                for (Running<Long> waiter : waiters) {
                    assertThat(waiter.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
                }
                awaitTrue(() -> countDescriptors(name) == 1); // of the end that nobody used
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void closingLeavesTheWaitsAtOtherPipesAlone(Kind kind) throws Exception {
        MemorySegment into = arena.allocate(1);
        Running<Long> staying = kind.start(() -> pipe.source().read(into));
        staying.awaitWaiting();
        try (Pipe other = Pipe.create()) {
            Running<Long> going = kind.start(() -> other.source().read(arena.allocate(1)));
            going.awaitWaiting();
            other.source().close();
            assertThat(going.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
        }
        staying.awaitWaiting();
        write(pipe, "x");
        assertThat(staying.get()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void aClosedEndRefusesEverything(Kind kind) throws Exception {
        MemorySegment memory = arena.allocate(1);
        pipe.close();
        List<Callable<?>> uses = List.of(
                () -> pipe.source().read(memory),
                () -> pipe.source().read(arena.allocate(0)),
                () -> pipe.source().tryRead(memory, LONG),
                () -> pipe.source().tryRead(memory, Duration.ZERO),
                () -> {
                    pipe.source().readFully(memory);
                    return null;
                },
                () -> pipe.source().available(),
                () -> pipe.sink().write(memory),
                () -> pipe.sink().write(arena.allocate(0)),
                () -> pipe.sink().tryWrite(memory, LONG),
                () -> pipe.sink().tryWrite(memory, Duration.ZERO),
                () -> {
                    pipe.sink().writeFully(memory);
                    return null;
                },
                () -> pipe.sink().capacity(),
                () -> pipe.sink().setCapacity(4096));
        for (Callable<?> use : uses) {
            assertThat(kind.failure(use)).isExactlyInstanceOf(ClosedChannelException.class);
        }
    }

    @Test
    void eachEndIsClosedForItselfAndTwiceDoesNothing() throws Exception {
        String name = name(pipe.source());
        pipe.source().close();
        assertThat(pipe.source().isOpen()).isFalse();
        assertThat(pipe.sink().isOpen()).isTrue();
        assertThat(countDescriptors(name)).isEqualTo(1);
        try (Pipe other = Pipe.create()) { // gets the number that became free
            pipe.source().close();
            pipe.close();
            pipe.close();
            write(other, "x");
            assertThat(read(other)).isEqualTo("x");
        }
        assertThat(pipe.sink().isOpen()).isFalse();
        assertThat(countDescriptors(name)).isZero();
    }

    // Forgetting.

    @ParameterizedTest
    @EnumSource
    void forgottenEndsAreClosedByTheCollector(Kind kind) throws Exception {
        String name = kind.run(PipeEndsTest::forget);
        Garbage.collectUntil(() -> countDescriptors(name) == 0);
    }

    private static String forget() throws Exception {
        Pipe forgotten = Pipe.create();
        write(forgotten, "x");
        read(forgotten);
        return name(forgotten.source());
    }

    @ParameterizedTest
    @EnumSource
    void aSinkThatWasForgottenIsTheEndForAReader(Kind kind) throws Exception {
        PipeSource source = sourceAlone();
        try (source) {
            Running<Long> reader = kind.start(() -> source.read(arena.allocate(1)));
            reader.awaitWaiting();
            Garbage.collectUntil(() -> reader.result().isDone());
            assertThat(reader.get()).isEqualTo(-1);
        }
    }

    private static PipeSource sourceAlone() throws IOException {
        return Pipe.create().source();
    }

    @ParameterizedTest
    @EnumSource
    void anEndThatIsWaitedAtIsNotForgotten(Kind kind) throws Exception {
        PipeSink[] sink = new PipeSink[1];
        Running<Long> reader = readerOf(kind, sink);
        reader.awaitWaiting();
        String gone = kind.run(PipeEndsTest::forget);
        Garbage.collectUntil(() -> countDescriptors(gone) == 0); // so the collector has been there
        sink[0].writeFully(text("x"));
        assertThat(reader.get()).isEqualTo(1);
        sink[0].close();
        Reference.reachabilityFence(sink);
    }

    private Running<Long> readerOf(Kind kind, PipeSink[] sink) throws IOException {
        Pipe held = Pipe.create();
        sink[0] = held.sink();
        PipeSource source = held.source();
        return kind.start(() -> {
            try (source) {
                return source.read(arena.allocate(1));
            }
        });
    }

    private void fill() throws Exception {
        pipe.sink().writeFully(arena.allocate(pipe.sink().capacity()));
    }
}
