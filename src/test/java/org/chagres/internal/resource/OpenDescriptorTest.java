package org.chagres.internal.resource;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.internal.resource.OpenDescriptor.*;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.chagres.Errno;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.testing.Garbage;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The lifetime of descriptors, and every wait on them, on both kinds of threads. */
@ExtendWith(LeakCheck.class)
class OpenDescriptorTest {
    private static final long MILLISECOND = 1_000_000;
    private static final int PIPE_BYTES = 1 << 16;

    enum Kind {
        PLATFORM(Thread.ofPlatform()),
        VIRTUAL(Thread.ofVirtual());

        private final Thread.Builder builder;

        Kind(Thread.Builder builder) {
            this.builder = builder;
        }

        /** Runs something on a thread of this kind. */
        <T> Running<T> start(Callable<T> what) {
            CompletableFuture<T> result = new CompletableFuture<>();
            AtomicInteger tid = new AtomicInteger();
            Thread thread = builder.start(() -> {
                tid.set(SignalCalls.gettid());
                try {
                    result.complete(what.call());
                } catch (Throwable failure) {
                    result.completeExceptionally(failure);
                }
            });
            return new Running<>(thread, tid, result);
        }
    }

    private record Running<T>(Thread thread, AtomicInteger tid, CompletableFuture<T> result) {
        /** Parked, or in read(2) or write(2). */
        boolean waits() {
            if (thread.isVirtual()) {
                return thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING;
            }
            try {
                String call = Files.readString(Path.of("/proc/self/task/" + tid + "/syscall"));
                return call.matches("(0|1|63|64) (?s:.*)"); // as x86-64 and aarch64 number them
            } catch (IOException notYet) {
                return false;
            }
        }

        T get() throws Exception {
            return result.get(20, TimeUnit.SECONDS);
        }
    }

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(64);
    private OpenDescriptor source;
    private OpenDescriptor sink;

    @BeforeEach
    void makeAPipe() {
        long ends = DescriptorObject.pipe(false);
        assertThat(ends).isNotNegative();
        source = own((int) ends, "PipeSource");
        sink = own((int) (ends >>> 32), "PipeSink");
    }

    @AfterEach
    void closeAll() {
        source.close();
        sink.close();
        arena.close();
    }

    @ParameterizedTest
    @EnumSource
    void aReadReturnsWhatIsThereAndThenWaitsForMore(Kind kind) throws Exception {
        assertThat(sink.write(memory.asSlice(0, 3), FOREVER)).isEqualTo(3);
        assertThat(kind.start(() -> source.read(memory, FOREVER)).get()).isEqualTo(3);

        Running<Long> reader = kind.start(() -> source.read(memory, FOREVER));
        awaitWaiting(reader);
        assertThat(reader.result()).isNotDone();
        sink.write(memory.asSlice(0, 2), FOREVER);
        assertThat(reader.get()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void aReadReturnsZeroOnceTheLastWriterHasClosed(Kind kind) throws Exception {
        Running<Long> reader = kind.start(() -> source.read(memory, FOREVER));
        awaitWaiting(reader);
        sink.close();
        assertThat(reader.get()).isZero();
        assertThat(kind.start(() -> source.read(memory, FOREVER)).get()).isZero();
    }

    /** A virtual thread has made a second description of the end by then, which counts as a reader too. */
    @ParameterizedTest
    @EnumSource
    void aWriteFailsOnceTheLastReaderHasClosed(Kind kind) throws Exception {
        kind.start(() -> source.read(memory, 0)).get();
        kind.start(() -> sink.write(memory, FOREVER)).get();
        source.close();
        assertThat(kind.start(() -> sink.write(memory, FOREVER)).get()).isEqualTo(-Errno.EPIPE.number());
    }

    @ParameterizedTest
    @EnumSource
    void aWriteWaitsForRoomAndWritesWhatFits(Kind kind) throws Exception {
        fill();
        Running<Long> writer = kind.start(() -> sink.write(memory, FOREVER));
        awaitWaiting(writer);
        assertThat(writer.result()).isNotDone();
        MemorySegment all = arena.allocate(PIPE_BYTES);
        long read = source.read(all, FOREVER);
        assertThat(writer.get()).isEqualTo(memory.byteSize());
        assertThat(read).isEqualTo(PIPE_BYTES);
    }

    @ParameterizedTest
    @EnumSource
    void noTimeMeansATryAndATimeIsNotExceeded(Kind kind) throws Exception {
        for (long nanos : new long[] {0, -1, MILLISECOND, 30 * MILLISECOND}) {
            long start = System.nanoTime();
            assertThat(kind.start(() -> source.read(memory, nanos)).get()).isEqualTo(TIMED_OUT);
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(nanos);
        }
        fill();
        assertThat(kind.start(() -> sink.write(memory, 0)).get()).isEqualTo(TIMED_OUT);
        assertThat(kind.start(() -> sink.write(memory, MILLISECOND)).get()).isEqualTo(TIMED_OUT);
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptEndsTheWaitAndNothingElse(Kind kind) throws Exception {
        AtomicBoolean cleared = new AtomicBoolean();
        Running<Boolean> reader = kind.start(() -> {
            try {
                source.read(memory, FOREVER);
                return false;
            } catch (InterruptedException expected) {
                cleared.set(!Thread.currentThread().isInterrupted());
                return true;
            }
        });
        awaitWaiting(reader);
        reader.thread().interrupt();
        assertThat(reader.get()).isTrue();
        assertThat(cleared).isTrue();

        sink.write(memory.asSlice(0, 5), FOREVER);
        assertThat(kind.start(() -> source.read(memory, FOREVER)).get()).isEqualTo(5);
    }

    @ParameterizedTest
    @EnumSource
    void whoIsInterruptedBeforehandDoesNotRead(Kind kind) throws Exception {
        sink.write(memory.asSlice(0, 5), FOREVER);
        Running<Long> reader = kind.start(() -> {
            Thread.currentThread().interrupt();
            return source.read(memory, FOREVER);
        });
        assertThatThrownBy(reader::get).hasCauseInstanceOf(InterruptedException.class);
        assertThat(source.read(memory, FOREVER)).isEqualTo(5);
    }

    @ParameterizedTest
    @EnumSource
    void closingEndsTheWaitAndTheLastOneOutLetsTheNumberGo(Kind kind) throws Exception {
        Running<Long> reader = kind.start(() -> source.read(memory, FOREVER));
        awaitWaiting(reader);
        source.close();
        assertThat(reader.get()).isEqualTo(CLOSED);
        awaitTrue(() -> Kernel.descriptors().stream().noneMatch(line -> line.startsWith(source.number() + " ")));
        assertThat(kind.start(() -> source.read(memory, FOREVER)).get()).isEqualTo(WAS_CLOSED);
        source.close();
    }

    @Test
    void aNumberInUseIsNotReleased() throws Exception {
        Running<Long> reader = Kind.PLATFORM.start(() -> source.read(memory, FOREVER));
        awaitWaiting(reader);
        assertThat(source.release()).isEqualTo(-Errno.EBUSY.number());
        sink.write(memory, FOREVER);
        assertThat(reader.get()).isEqualTo(memory.byteSize());

        int number = source.release();
        assertThat(number).isEqualTo(source.number());
        assertThat(source.read(memory, FOREVER)).isEqualTo(WAS_CLOSED);
        assertThat(source.release()).isEqualTo(WAS_CLOSED);
        OpenDescriptor again = own(number, "PipeSource");
        sink.write(memory, FOREVER);
        assertThat(again.read(memory, FOREVER)).isEqualTo(memory.byteSize());
        again.close();
    }

    @ParameterizedTest
    @EnumSource
    void filesNeverWait(Kind kind, @TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[] {1, 2, 3});
        int number = FileCalls.open(arena.allocateFrom(file.toString()), FileCalls.O_CLOEXEC, 0);
        OpenDescriptor descriptor = own(number, "Descriptor");
        assertThat(kind.start(() -> descriptor.read(memory, FOREVER)).get()).isEqualTo(3);
        assertThat(kind.start(() -> descriptor.read(memory, 0)).get()).isZero();
        descriptor.close();
    }

    @ParameterizedTest
    @EnumSource
    void memoryOfAClosedArenaIsRefused(Kind kind) {
        Arena gone = Arena.ofShared();
        MemorySegment lost = gone.allocate(8);
        gone.close();
        Running<Long> reader = kind.start(() -> source.read(lost, FOREVER));
        assertThatThrownBy(reader::get).hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void anArenaIsKeptOpenByACallThatUsesItsMemory() throws Exception {
        Arena used = Arena.ofShared();
        MemorySegment buffer = used.allocate(8);
        Running<Long> reader = Kind.PLATFORM.start(() -> source.read(buffer, FOREVER));
        awaitWaiting(reader);
        assertThatThrownBy(used::close).isInstanceOf(IllegalStateException.class);
        sink.write(memory.asSlice(0, 1), FOREVER);
        reader.get();
        used.close();
    }

    @Test
    void whatWasForgottenIsClosedByTheCollector() {
        int number = forget();
        Garbage.collectUntil(() -> Kernel.descriptors().stream().noneMatch(line -> line.startsWith(number + " ")));
    }

    private static int forget() {
        long ends = DescriptorObject.pipe(false);
        own((int) (ends >>> 32), "PipeSink");
        return own((int) ends, "PipeSource").number();
    }

    // Races.

    @ParameterizedTest
    @EnumSource
    void closeRacesWithReadersAndNobodyEverReadsAnothersBytes(Kind kind) throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        // Takes every number that becomes free, for a pipe with a byte that no reader below may ever see.
        Running<Integer> squatter = Kind.PLATFORM.start(() -> {
            int rounds = 0;
            try (Arena own = Arena.ofConfined()) {
                MemorySegment byteOfAnother = own.allocate(1);
                byteOfAnother.set(JAVA_BYTE, 0, (byte) 99);
                while (!done.get()) {
                    long ends = DescriptorObject.pipe(false);
                    OpenDescriptor in = own((int) ends, "PipeSource");
                    OpenDescriptor out = own((int) (ends >>> 32), "PipeSink");
                    out.write(byteOfAnother, FOREVER);
                    in.close();
                    out.close();
                    rounds++;
                }
            }
            return rounds;
        });
        try {
            for (int round = 0; round < 2_000; round++) {
                long ends = DescriptorObject.pipe(false);
                OpenDescriptor in = own((int) ends, "PipeSource");
                OpenDescriptor out = own((int) (ends >>> 32), "PipeSink");
                Running<Long> reader = kind.start(() -> in.read(memory, FOREVER));
                if (round % 3 == 0) {
                    Thread.onSpinWait();
                }
                in.close();
                assertThat(reader.get()).isIn((long) CLOSED, (long) WAS_CLOSED);
                out.close();
            }
        } finally {
            done.set(true);
        }
        assertThat(squatter.get()).isPositive();
    }

    @ParameterizedTest
    @EnumSource
    void interruptsLoseNoByteAndDoubleNone(Kind kind) throws Exception {
        long last = 20_000;
        Running<Long> reader = kind.start(() -> {
            MemorySegment word = arena.allocate(8);
            long interrupts = 0;
            for (long expected = 1; expected <= last; ) {
                try {
                    assertThat(source.read(word, FOREVER)).isEqualTo(8);
                    assertThat(word.get(JAVA_LONG, 0)).isEqualTo(expected);
                    expected++;
                } catch (InterruptedException again) {
                    interrupts++;
                }
            }
            return interrupts;
        });
        MemorySegment word = arena.allocate(8);
        for (long number = 1; number <= last; number++) {
            word.set(JAVA_LONG, 0, number);
            assertThat(sink.write(word, FOREVER)).isEqualTo(8);
            reader.thread().interrupt();
        }
        assertThat(reader.get()).isPositive();
    }

    @Test
    void thousandsOfVirtualThreadsWaitOnTwoCarriersAndOthersGoOn() {
        try (Peer peer = Peer.start(Peer.javaCommand(
                List.of("--enable-native-access=ALL-UNNAMED", "-Djdk.virtualThreadScheduler.parallelism=2"),
                ManyPipes.class,
                1000))) {
            assertThat(peer.hear()).isEqualTo("1000 wait, others run");
            assertThat(peer.hear()).isEqualTo("1000 have read");
            assertThat(peer.end()).isZero();
        }
    }

    private void fill() throws InterruptedException {
        MemorySegment much = arena.allocate(PIPE_BYTES);
        assertThat(sink.write(much, FOREVER)).isEqualTo(PIPE_BYTES);
    }

    private static void awaitWaiting(Running<?> running) {
        awaitTrue(running::waits);
    }

    private static void awaitTrue(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("20 s are over").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}
