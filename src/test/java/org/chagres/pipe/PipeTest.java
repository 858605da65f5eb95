package org.chagres.pipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.pipe.TestPipes.*;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes through a pipe: bytes, from and to every kind of memory, as much as fits, in packets. */
@ExtendWith(LeakCheck.class)
class PipeTest {
    private static final Duration NO_TIME = Duration.ZERO;
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Pipe pipe = Pipe.create();
    private final Arena arena = Arena.ofShared();

    PipeTest() throws IOException {}

    @AfterEach
    void closeAll() {
        pipe.close();
        arena.close();
    }

    @ParameterizedTest
    @EnumSource
    void whatIsWrittenIsRead(Kind kind) throws Exception {
        MemorySegment into = arena.allocate(100);
        assertThat(kind.run(() -> pipe.sink().write(arena.allocateFrom("Panama"))))
                .isEqualTo(7);
        assertThat(kind.run(() -> pipe.source().read(into))).isEqualTo(7);
        assertThat(into.getString(0)).isEqualTo("Panama");
        assertThat(into.asSlice(7).mismatch(arena.allocate(93)))
                .as("bytes behind what was read were changed")
                .isEqualTo(-1);
    }

    @ParameterizedTest
    @EnumSource
    void aReadGetsWhatFitsAndLeavesTheRest(Kind kind) throws Exception {
        write(pipe, "Gatun Lake");
        MemorySegment into = arena.allocate(5);
        assertThat(kind.run(() -> pipe.source().read(into))).isEqualTo(5);
        assertThat(text(into, 5)).isEqualTo("Gatun");
        assertThat(read(pipe)).isEqualTo(" Lake");
    }

    @ParameterizedTest
    @EnumSource
    void aReadGetsWhatSeveralWritesLeft(Kind kind) throws Exception {
        write(pipe, "Gatun");
        kind.run(() -> pipe.sink().write(text(" ")));
        write(pipe, "Lake");
        assertThat(kind.run(() -> read(pipe))).isEqualTo("Gatun Lake");
    }

    @ParameterizedTest
    @EnumSource
    void availableCountsWhatCanBeRead(Kind kind) throws Exception {
        assertThat(pipe.source().available()).isZero();
        write(pipe, "Miraflores");
        assertThat(kind.run(() -> pipe.source().available())).isEqualTo(10);
        pipe.source().readFully(arena.allocate(4));
        assertThat(pipe.source().available()).isEqualTo(6);
    }

    @ParameterizedTest
    @EnumSource
    void tryReadEndsWithTheTimeAndTakesWhatIsThere(Kind kind) throws Exception {
        MemorySegment into = arena.allocate(10);
        for (Duration time : List.of(NO_TIME, SHORT.negated(), SHORT)) {
            long start = System.nanoTime();
            assertThat(kind.run(() -> pipe.source().tryRead(into, time))).isZero();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(time.toNanos());
        }
        for (Duration time : List.of(NO_TIME, SHORT, Duration.ofSeconds(Long.MAX_VALUE))) {
            write(pipe, "lock");
            assertThat(kind.run(() -> pipe.source().tryRead(into, time))).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @EnumSource
    void tryWriteEndsWithTheTimeAndWritesWhatFits(Kind kind) throws Exception {
        int capacity = pipe.sink().setCapacity(4 * 4096);
        pipe.sink().writeFully(arena.allocate(capacity - 4096));
        MemorySegment much = arena.allocate(2 * 4096);
        assertThat(kind.run(() -> pipe.sink().tryWrite(much, SHORT))).isEqualTo(4096);
        for (Duration time : List.of(NO_TIME, SHORT.negated(), SHORT)) {
            long start = System.nanoTime();
            assertThat(kind.run(() -> pipe.sink().tryWrite(much, time))).isZero();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(time.toNanos());
        }
        assertThat(pipe.source().available()).isEqualTo(capacity);
    }

    /** The library's clock is set for the end of the long one while that is waiting. */
    @Test
    void aShortTimeIsKeptAfterALongOneThatEndedEarly() throws Exception {
        MemorySegment into = arena.allocate(1);
        Running<Long> reader = Kind.PLATFORM.start(() -> {
            assertThat(pipe.source().tryRead(into, SHORT)).isEqualTo(1);
            assertThat(pipe.source().tryRead(into, LONG)).isEqualTo(1);
            return pipe.source().tryRead(into, SHORT);
        });
        reader.awaitWaiting();
        write(pipe, "1");
        awaitTrue(() -> available() == 0);
        reader.awaitWaiting();
        long past = System.nanoTime() + 2 * SHORT.toNanos(); // when the clock has looked for the end of the first one
        awaitTrue(() -> System.nanoTime() - past > 0);
        write(pipe, "2");
        assertThat(reader.get()).isZero();
    }

    private int available() {
        try {
            return pipe.source().available();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    // Memory.

    @ParameterizedTest
    @EnumSource
    void memoryOnTheHeapGoesByWayOfACopy(Kind kind) throws Exception {
        List<MemorySegment> places = List.of(
                MemorySegment.ofArray(new byte[12]),
                MemorySegment.ofArray(new long[2]),
                MemorySegment.ofArray(new byte[20]).asSlice(3, 12),
                MemorySegment.ofBuffer(ByteBuffer.allocate(16).position(4)));
        for (MemorySegment into : places) {
            MemorySegment from = MemorySegment.ofArray(new byte[20]).asSlice(7, 9);
            from.copyFrom(text("Culebra 9"));
            assertThat(kind.run(() -> pipe.sink().write(from))).isEqualTo(9);
            assertThat(kind.run(() -> pipe.source().read(into))).isEqualTo(9);
            assertThat(text(into, 9)).isEqualTo("Culebra 9");
            assertThat(into.asSlice(9).mismatch(arena.allocate(into.byteSize() - 9)))
                    .isEqualTo(-1);
        }
    }

    /** More than the pipe holds: what waits in the middle is not copied again and again. */
    @ParameterizedTest
    @EnumSource
    void muchMemoryOnTheHeapGoesThrough(Kind kind) throws Exception {
        byte[] much = new byte[24 << 20];
        for (int i = 0; i < much.length; i++) {
            much[i] = (byte) (i * 31 >> 5);
        }
        byte[] arrived = new byte[much.length];
        Running<Void> writer = kind.start(() -> {
            pipe.sink().writeFully(MemorySegment.ofArray(much));
            return null;
        });
        kind.run(() -> {
            pipe.source().readFully(MemorySegment.ofArray(arrived));
            return null;
        });
        writer.get();
        assertThat(Arrays.mismatch(arrived, much)).isEqualTo(-1);
    }

    @ParameterizedTest
    @EnumSource
    void readOnlyMemoryIsWrittenFromButNotReadInto(Kind kind) throws Exception {
        MemorySegment onHeap = text("Chagres").asReadOnly();
        MemorySegment offHeap = arena.allocate(7).copyFrom(onHeap).asReadOnly();
        for (MemorySegment readOnly : List.of(onHeap, offHeap)) {
            assertThat(kind.run(() -> pipe.sink().write(readOnly))).isEqualTo(7);
            List<Throwable> failures = List.of(
                    kind.failure(() -> pipe.source().read(readOnly)),
                    kind.failure(() -> pipe.source().tryRead(readOnly, LONG)),
                    kind.failure(() -> {
                        pipe.source().readFully(readOnly);
                        return null;
                    }));
            assertThat(failures)
                    .allSatisfy(failure -> assertThat(failure)
                            .isExactlyInstanceOf(IllegalArgumentException.class)
                            .hasMessageContaining("read-only"));
            assertThat(kind.run(() -> read(pipe))).isEqualTo("Chagres");
        }
    }

    @ParameterizedTest
    @EnumSource
    void noBytesAreReadAndWrittenWithoutWaiting(Kind kind) throws Exception {
        int capacity = pipe.sink().setCapacity(4096);
        for (MemorySegment none : List.of(arena.allocate(0), MemorySegment.ofArray(new byte[0]))) {
            assertThat(kind.run(() -> pipe.source().read(none))).isZero();
            assertThat(kind.run(() -> pipe.source().tryRead(none, LONG))).isZero();
            kind.run(() -> {
                pipe.source().readFully(none);
                return null;
            });
            pipe.sink().writeFully(arena.allocate(capacity)); // no room
            assertThat(kind.run(() -> pipe.sink().write(none))).isZero();
            assertThat(kind.run(() -> pipe.sink().tryWrite(none, LONG))).isZero();
            kind.run(() -> {
                pipe.sink().writeFully(none);
                return null;
            });
            pipe.source().readFully(arena.allocate(capacity));
        }
        pipe.sink().close();
        assertThat(kind.run(() -> pipe.source().read(arena.allocate(0))))
                .as("not the end, as nobody asked")
                .isZero();
    }

    @ParameterizedTest
    @EnumSource
    void memoryOfTheThreadsOwnArenaIsUsed(Kind kind) throws Exception {
        String text = kind.run(() -> {
            try (Arena own = Arena.ofConfined()) {
                MemorySegment memory = own.allocateFrom("Alajuela");
                pipe.sink().writeFully(memory);
                MemorySegment into = own.allocate(9);
                pipe.source().readFully(into);
                return into.getString(0);
            }
        });
        assertThat(text).isEqualTo("Alajuela");
    }

    @ParameterizedTest
    @EnumSource
    void memoryOfTheThreadsOwnArenaIsUsedAfterAWait(Kind kind) throws Exception {
        Running<String> reader = kind.start(() -> {
            try (Arena own = Arena.ofConfined()) {
                MemorySegment into = own.allocate(9);
                pipe.source().readFully(into);
                return into.getString(0);
            }
        });
        reader.awaitWaiting();
        pipe.sink().write(arena.allocateFrom("Alajuela"));
        assertThat(reader.get()).isEqualTo("Alajuela");
    }

    @ParameterizedTest
    @EnumSource
    void memoryOfAnotherThreadsArenaIsRefusedAndNoByteIsLost(Kind kind) throws Exception {
        write(pipe, "Madden");
        try (Arena ours = Arena.ofConfined()) {
            MemorySegment memory = ours.allocate(6);
            assertThat(kind.failure(() -> pipe.source().read(memory))).isInstanceOf(WrongThreadException.class);
            assertThat(kind.failure(() -> pipe.source().tryRead(memory, NO_TIME)))
                    .isInstanceOf(WrongThreadException.class);
            assertThat(kind.failure(() -> pipe.sink().write(memory))).isInstanceOf(WrongThreadException.class);
        }
        assertThat(read(pipe)).isEqualTo("Madden");
    }

    @ParameterizedTest
    @EnumSource
    void memoryOfAClosedArenaIsRefusedAndNoByteIsLost(Kind kind) throws Exception {
        write(pipe, "Madden");
        Arena closed = Arena.ofShared();
        MemorySegment memory = closed.allocate(6);
        closed.close();
        assertThat(kind.failure(() -> pipe.source().read(memory))).isInstanceOf(IllegalStateException.class);
        assertThat(kind.failure(() -> pipe.source().tryRead(memory, NO_TIME)))
                .isInstanceOf(IllegalStateException.class);
        assertThat(kind.failure(() -> pipe.sink().write(memory))).isInstanceOf(IllegalStateException.class);
        assertThat(read(pipe)).isEqualTo("Madden");
    }

    /** It is not in a call while it is parked; a platform thread is, and keeps the arena open. */
    @Test
    void anArenaThatIsClosedWhileAVirtualThreadWaitsIsNotReadInto() throws Exception {
        Arena closed = Arena.ofShared();
        MemorySegment memory = closed.allocate(6);
        Running<Long> reader = Kind.VIRTUAL.start(() -> pipe.source().read(memory));
        reader.awaitWaiting();
        closed.close();
        write(pipe, "Madden");
        assertThat(reader.failure()).isInstanceOf(IllegalStateException.class);
        assertThat(read(pipe)).isEqualTo("Madden");
    }

    @Test
    void nullIsRefused() {
        assertThatThrownBy(() -> pipe.source().read((MemorySegment) null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.source().readFully((MemorySegment) null))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.source().tryRead(arena.allocate(1), null))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.sink().write((MemorySegment) null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.sink().writeFully((MemorySegment) null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.sink().tryWrite(arena.allocate(1), null))
                .isInstanceOf(NullPointerException.class);
    }

    // Capacity.

    @Test
    void thePipeHoldsWhatItsCapacitySays() throws Exception {
        assertThat(pipe.sink().capacity()).isEqualTo(1 << 16);
        assertThat(pipe.sink().tryWrite(arena.allocate(1 << 17), NO_TIME)).isEqualTo(1 << 16);
        assertThat(pipe.sink().tryWrite(arena.allocate(1), NO_TIME)).isZero();
        assertThat(pipe.source().available()).isEqualTo(1 << 16);
    }

    @ParameterizedTest
    @CsvSource({"1, 4096", "4096, 4096", "4097, 8192", "20480, 32768", "100000, 131072", "1048576, 1048576"})
    void theCapacityIsRoundedUp(int asked, int got) throws Exception {
        assertThat(pipe.sink().setCapacity(asked)).isEqualTo(got);
        assertThat(pipe.sink().capacity()).isEqualTo(got);
        for (Object end : List.of(pipe.source(), pipe.sink())) {
            assertThat(DescriptorCalls.fcntl(number(end), DescriptorCalls.F_GETPIPE_SZ, 0))
                    .isEqualTo(got);
        }
        assertThat(pipe.sink().tryWrite(arena.allocate(got + 1), NO_TIME)).isEqualTo(got);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void aCapacityOfNothingIsRefused(int byteSize) throws Exception {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> pipe.sink().setCapacity(byteSize))
                .withMessageContaining(Integer.toString(byteSize));
        assertThat(pipe.sink().capacity()).isEqualTo(1 << 16);
    }

    @Test
    void theCapacityIsNotLessThanWhatIsInThePipe() throws Exception {
        pipe.sink().writeFully(arena.allocate(4097));
        assertThatThrownBy(() -> pipe.sink().setCapacity(4096))
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        failure -> assertThat(failure.errno()).isEqualTo(Errno.EBUSY))
                .hasMessageContaining("4096 bytes");
        assertThat(pipe.sink().capacity()).isEqualTo(1 << 16);
        assertThat(pipe.sink().setCapacity(8192)).isEqualTo(8192);
    }

    @ParameterizedTest
    @EnumSource
    void moreCapacityLetsAWriterGoOn(Kind kind) throws Exception {
        pipe.sink().setCapacity(4096);
        pipe.sink().writeFully(arena.allocate(4096));
        Running<Long> writer = kind.start(() -> pipe.sink().write(text("more")));
        writer.awaitWaiting();
        pipe.sink().setCapacity(8192);
        assertThat(writer.get()).isEqualTo(4);
        assertThat(pipe.source().available()).isEqualTo(4100);
    }

    // Packets.

    @ParameterizedTest
    @EnumSource
    void packetsAreReadOneByOne(Kind kind) throws Exception {
        try (Pipe packets = Pipe.createWithPackets()) {
            for (String packet : List.of("one", "two", "three")) {
                kind.run(() -> packets.sink().write(text(packet)));
            }
            assertThat(packets.source().available()).isEqualTo(11);
            for (String packet : List.of("one", "two", "three")) {
                assertThat(kind.run(() -> read(packets))).isEqualTo(packet);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatOfAPacketDoesNotFitIsLost(Kind kind) throws Exception {
        try (Pipe packets = Pipe.createWithPackets()) {
            kind.run(() -> packets.sink().write(text("Bayano")));
            kind.run(() -> packets.sink().write(text("next")));
            MemorySegment into = arena.allocate(3);
            assertThat(kind.run(() -> packets.source().read(into))).isEqualTo(3);
            assertThat(text(into, 3)).isEqualTo("Bay");
            assertThat(kind.run(() -> read(packets))).isEqualTo("next");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPacketHasAtMost4096Bytes(Kind kind) throws Exception {
        try (Pipe packets = Pipe.createWithPackets()) {
            assertThat(kind.run(() -> packets.sink().write(arena.allocate(4096))))
                    .isEqualTo(4096);
            assertThat(kind.run(() -> packets.sink().write(arena.allocate(5000))))
                    .isEqualTo(5000);
            MemorySegment into = arena.allocate(10_000);
            assertThat(kind.run(() -> packets.source().read(into))).isEqualTo(4096);
            assertThat(kind.run(() -> packets.source().read(into))).isEqualTo(4096);
            assertThat(kind.run(() -> packets.source().read(into))).isEqualTo(904);
        }
    }

    // What the kernel knows of the ends.

    @ParameterizedTest
    @EnumSource
    void everyDescriptorIsCloseOnExecAndThePipeStaysBlocking(Kind kind) throws Exception {
        for (boolean inPackets : new boolean[] {false, true}) {
            try (Pipe one = inPackets ? Pipe.createWithPackets() : Pipe.create()) {
                kind.run(() -> one.sink().write(text("x")));
                kind.run(() -> read(one));
                int packets = inPackets ? FileCalls.O_DIRECT : 0; // at the end that makes them
                assertThat(flags(number(one.source()))).isEqualTo(FileCalls.O_CLOEXEC);
                assertThat(flags(number(one.sink()))).isEqualTo(FileCalls.O_CLOEXEC | FileCalls.O_WRONLY | packets);
                assertThat(numbers(name(one.source())))
                        .contains(number(one.source()), number(one.sink()))
                        .allSatisfy(number ->
                                assertThat(flags(number) & FileCalls.O_CLOEXEC).isNotZero());
            }
        }
    }

    /** All descriptors of this process that a pipe has. */
    private static List<Integer> numbers(String name) {
        return Kernel.descriptors().stream()
                .filter(line -> line.endsWith(" -> " + name))
                .map(line -> Integer.valueOf(line.substring(0, line.indexOf(' '))))
                .toList();
    }

    /** As the kernel prints them, in octal. */
    private static int flags(int number) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/fdinfo/" + number))) {
            String flags =
                    lines.filter(line -> line.startsWith("flags:")).findFirst().orElseThrow();
            return Integer.parseInt(flags.replaceAll("\\D+", ""), 8);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void theTextTellsTheNumbersAndWhatIsClosed() {
        String source = "PipeSource[fd=" + number(pipe.source());
        String sink = "PipeSink[fd=" + number(pipe.sink());
        assertThat(pipe).hasToString("Pipe[" + source + "], " + sink + "]]");
        pipe.sink().close();
        assertThat(pipe).hasToString("Pipe[" + source + "], " + sink + ", closed]]");
        assertThat(pipe.source()).isSameAs(pipe.source());
        assertThat(pipe.sink()).isSameAs(pipe.sink());
    }

    @Test
    void failuresTellTheCallAndWhatWasBeingDone() throws Exception {
        pipe.source().close();
        assertThatThrownBy(() -> pipe.sink().write(text("abc")))
                .isInstanceOfSatisfying(ErrnoException.class, failure -> {
                    assertThat(failure.errno()).isEqualTo(Errno.EPIPE);
                    assertThat(failure.call()).isEqualTo("write");
                })
                .hasMessageContaining("writing 3 bytes to PipeSink[fd=" + number(pipe.sink()) + "]");
    }
}
