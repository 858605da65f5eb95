package org.chagres;

import static java.nio.file.StandardOpenOption.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.Mover.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.chagres.pipe.Pipe;
import org.chagres.testing.Await;
import org.chagres.testing.Helpers;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Reads and writes of every kind of memory, in one piece and in several, and what is told of those that are cut. */
@ExtendWith(LeakCheck.class)
class ByteTransferTest {
    private static final Duration NO_TIME = Duration.ZERO;
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final int COPIED_AT_A_TIME = 64 << 10;

    private final Pipe pipe = Pipe.create();
    private final Arena arena = Arena.ofShared();

    @TempDir
    private Path folder;

    ByteTransferTest() throws Exception {}

    @AfterEach
    void closeAll() {
        pipe.close();
        arena.close();
    }

    // More than is copied at a time.

    @ParameterizedTest
    @EnumSource
    void memoryOnTheHeapGoesInPartsAndNativeMemoryAtOnce(ThreadKind kind) throws Exception {
        int size = 3 * COPIED_AT_A_TIME;
        pipe.sink().setCapacity(4 * COPIED_AT_A_TIME);
        assertThat(run(kind, () -> pipe.sink().write(new byte[size]))).isEqualTo(COPIED_AT_A_TIME);
        assertThat(run(
                        kind,
                        () -> pipe.sink().write(List.of(arena.allocate(10), MemorySegment.ofArray(new byte[size])))))
                .isEqualTo(COPIED_AT_A_TIME);
        assertThat(run(kind, () -> pipe.source().read(new byte[size]))).isEqualTo(COPIED_AT_A_TIME);
        assertThat(run(kind, () -> pipe.source().read(arena.allocate(size)))).isEqualTo(COPIED_AT_A_TIME);
        assertThat(run(kind, () -> pipe.sink().write(arena.allocate(size)))).isEqualTo(size);
        assertThat(run(kind, () -> pipe.source().read(List.of(arena.allocate(10), arena.allocate(size)))))
                .isEqualTo(size);
    }

    /** A part of the heap's own size would not do: only a full disk may make it less. */
    @Test
    void aWriteAtAnOffsetIsWholeFromTheHeapToo() throws Exception {
        byte[] bytes = numbered(3 * COPIED_AT_A_TIME + 5);
        Path file = folder.resolve("file");
        try (Descriptor descriptor = Descriptor.open(file, READ, WRITE, CREATE)) {
            assertThat(descriptor.writeAt(MemorySegment.ofArray(bytes), 3)).isEqualTo(bytes.length);
            assertThat(descriptor.byteSize()).isEqualTo(bytes.length + 3);
        }
    }

    // Buffers and arrays.

    static Stream<ByteBuffer> buffers() {
        return Stream.of(
                ByteBuffer.allocate(20),
                ByteBuffer.allocateDirect(20),
                ByteBuffer.allocate(30).position(5).slice(),
                ByteBuffer.allocateDirect(30).position(5).slice().order(ByteOrder.LITTLE_ENDIAN),
                Arena.ofAuto().allocate(20).asByteBuffer());
    }

    @ParameterizedTest
    @MethodSource("buffers")
    void buffersAreUsedFromPositionToLimitAndThePositionMoves(ByteBuffer buffer) throws Exception {
        for (ThreadKind kind : ThreadKind.values()) {
            while (buffer.hasRemaining()) {
                buffer.put((byte) '.');
            }
            buffer.position(3).limit(8);
            pipe.sink().write(text("Miraflores"));
            assertThat(run(kind, () -> pipe.source().read(buffer))).isEqualTo(5);
            assertThat(buffer.position()).isEqualTo(8);
            assertThat(buffer.limit()).isEqualTo(8);
            assertThat(run(kind, () -> pipe.source().read(buffer)))
                    .as("no room")
                    .isZero();
            assertThat(run(kind, () -> pipe.sink().write(buffer))).as("none").isZero();
            buffer.clear();
            assertThat(text(MemorySegment.ofBuffer(buffer), 10)).isEqualTo("...Miraf..");
            assertRead("lores");

            buffer.position(3).limit(6);
            assertThat(run(kind, () -> pipe.sink().write(buffer.asReadOnlyBuffer())))
                    .isEqualTo(3);
            assertThat(buffer.position()).isEqualTo(3);
            assertThat(run(kind, () -> pipe.sink().write(buffer))).isEqualTo(3);
            assertThat(buffer.position()).isEqualTo(6);
            assertThat(failure(kind, () -> pipe.source().read(buffer.clear().asReadOnlyBuffer())))
                    .isInstanceOf(IllegalArgumentException.class);
            assertRead("MirMir");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBufferStaysWhereItIsIfNothingIsTransferred(ThreadKind kind) throws Exception {
        ByteBuffer buffer = ByteBuffer.allocate(9).position(2).limit(7);
        Mover<Integer> reader = start(kind, () -> pipe.source().read(buffer));
        reader.awaitWaiting().thread().interrupt();
        assertThat(reader.failure()).isInstanceOf(InterruptedException.class);
        pipe.sink().close();
        assertThat(run(kind, () -> pipe.source().read(buffer))).isEqualTo(-1);
        assertThat(failure(kind, () -> pipe.sink().write(buffer))).isInstanceOf(ClosedChannelException.class);
        assertThat(buffer).isEqualTo(ByteBuffer.allocate(5));
        assertThat(buffer.position()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void aBufferOnConfinedOrFreedMemoryIsRefused(ThreadKind kind) throws Exception {
        pipe.sink().write(text("Madden"));
        try (Arena ours = Arena.ofConfined()) {
            ByteBuffer confined = ours.allocate(6).asByteBuffer();
            assertThat(failure(kind, () -> pipe.source().read(confined))).isInstanceOf(WrongThreadException.class);
            assertThat(confined.position()).isZero();
        }
        Arena closed = Arena.ofShared();
        ByteBuffer freed = closed.allocate(6).asByteBuffer();
        closed.close();
        assertThat(failure(kind, () -> pipe.source().read(freed))).isInstanceOf(IllegalStateException.class);
        assertThat(failure(kind, () -> pipe.sink().write(freed))).isInstanceOf(IllegalStateException.class);
        assertRead("Madden");
    }

    @ParameterizedTest
    @EnumSource
    void arraysAreReadAndWrittenFromTheirBeginning(ThreadKind kind) throws Exception {
        assertThat(run(kind, () -> pipe.sink().write("Gamboa".getBytes("US-ASCII"))))
                .isEqualTo(6);
        byte[] into = new byte[8];
        assertThat(run(kind, () -> pipe.source().read(into))).isEqualTo(6);
        assertThat(into).isEqualTo("Gamboa\0\0".getBytes("US-ASCII"));
        assertThat(run(kind, () -> pipe.source().read(new byte[0]))).isZero();
        assertThat(run(kind, () -> pipe.sink().write(new byte[0]))).isZero();

        byte[] much = numbered(200_000);
        byte[] arrived = new byte[much.length];
        Mover<Boolean> writer = startMove(kind, () -> pipe.sink().writeFully(much));
        startMove(kind, () -> pipe.source().readFully(arrived)).get();
        writer.get();
        assertThat(arrived).isEqualTo(much);
        pipe.sink().close();
        assertThat(run(kind, () -> pipe.source().read(into))).isEqualTo(-1);
    }

    @Test
    void nullBuffersAndArraysAreRefused() {
        assertThatThrownBy(() -> pipe.source().read((byte[]) null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.source().readFully((byte[]) null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.source().read((ByteBuffer) null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.sink().write((byte[]) null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.sink().writeFully((byte[]) null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.sink().write((ByteBuffer) null)).isInstanceOf(NullPointerException.class);
    }

    // The whole forms tell how far they came.

    @ParameterizedTest
    @EnumSource
    void theEndInTheMiddleTellsTheCount(ThreadKind kind) throws Exception {
        for (boolean list : new boolean[] {true, false}) {
            try (Pipe ending = Pipe.create()) {
                ending.sink().write(text("12345"));
                ending.sink().close();
                MemorySegment into = arena.allocate(8);
                assertThat(failure(kind, () -> readFully(ending, into, list)))
                        .isExactlyInstanceOf(EOFException.class)
                        .hasMessageContaining("after 5 of 8 bytes");
                assertThat(text(into, 5)).isEqualTo("12345");
                assertThat(failure(kind, () -> readFully(ending, into, list)))
                        .hasMessageContaining("after 0 of 8 bytes");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void anErrorInTheMiddleTellsTheCount(ThreadKind kind) throws Exception {
        for (boolean list : new boolean[] {true, false}) {
            try (Pipe broken = Pipe.create()) {
                int capacity = broken.sink().setCapacity(4096);
                Mover<Boolean> writer = startMove(kind, () -> writeFully(broken, arena.allocate(capacity + 100), list));
                writer.awaitWaiting();
                Await.until(() -> available(broken) == capacity);
                broken.source().close();
                Throwable failure = writer.failure();
                if (failure instanceof ErrnoException) {
                    assertErrno(failure, Errno.EPIPE);
                    assertThat(failure).hasMessageContaining("after 4096 of 4196 bytes");
                }
                assertErrno(failure(kind, () -> writeFully(broken, arena.allocate(1), list)), Errno.EPIPE);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCloseInTheMiddleTellsTheCount(ThreadKind kind) throws Exception {
        for (boolean list : new boolean[] {true, false}) {
            try (Pipe closing = Pipe.create()) {
                MemorySegment into = arena.allocate(8);
                Mover<Boolean> reader = startMove(kind, () -> readFully(closing, into, list));
                reader.awaitWaiting();
                closing.sink().write(text("12345"));
                Await.until(() -> text(into, 5).equals("12345"));
                reader.awaitWaiting();
                closing.source().close();
                assertThat(reader.failure())
                        .isExactlyInstanceOf(AsynchronousCloseException.class)
                        .hasRootCauseMessage("closed after 5 of 8 bytes");
            }
            try (Pipe closing = Pipe.create()) {
                int capacity = closing.sink().setCapacity(4096);
                Mover<Boolean> writer =
                        startMove(kind, () -> writeFully(closing, arena.allocate(capacity + 100), list));
                writer.awaitWaiting();
                Await.until(() -> available(closing) == capacity);
                closing.sink().close();
                assertThat(writer.failure())
                        .isExactlyInstanceOf(AsynchronousCloseException.class)
                        .hasRootCauseMessage("closed after 4096 of 4196 bytes");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptInTheMiddleTellsTheCount(ThreadKind kind) throws Exception {
        for (boolean list : new boolean[] {true, false}) {
            MemorySegment into = arena.allocate(8);
            Mover<Boolean> reader = start(kind, () -> {
                assertThatThrownBy(() -> readFully(pipe, into, list))
                        .isInstanceOfSatisfying(
                                InterruptedIOException.class,
                                interrupt ->
                                        assertThat(interrupt.bytesTransferred).isEqualTo(5));
                return Thread.currentThread().isInterrupted();
            });
            reader.awaitWaiting();
            pipe.sink().write(text("12345"));
            Await.until(() -> text(into, 5).equals("12345"));
            reader.awaitWaiting().thread().interrupt();
            assertThat(reader.get()).as("interrupted status").isTrue();
            assertThat(pipe.source().isOpen()).isTrue();
        }
    }

    @Test
    void aFullDiskTellsWhatWasToBeWritten() throws Exception {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full), "there is no /dev/full");
        try (Descriptor descriptor = Descriptor.open(full, WRITE)) {
            assertThatThrownBy(() -> descriptor.write(arena.allocate(10)))
                    .satisfies(failure -> assertErrno(failure, Errno.ENOSPC))
                    .hasMessageContaining("10 bytes")
                    .hasMessageNotContaining("after");
        }
    }

    // Behind a helper.

    /** A terminal that nobody is at: there is no way to try, so virtual threads wait in line for a helper's read. */
    @Test
    void memoryFreedWhileInLineForAHelperIsRefusedAsElsewhere() throws Exception {
        Path terminals = Path.of("/dev/ptmx");
        assumeTrue(Files.isWritable(terminals), "there is no /dev/ptmx");
        try (Descriptor terminal = Descriptor.open(terminals, READ, WRITE)) {
            Mover<Long> first = start(ThreadKind.VIRTUAL, () -> terminal.read(arena.allocate(1)));
            first.awaitWaiting();
            Arena closing = Arena.ofShared();
            MemorySegment freed = closing.allocate(1);
            Mover<Long> second = start(ThreadKind.VIRTUAL, () -> terminal.read(freed));
            second.awaitWaiting();
            closing.close();
            first.thread().interrupt();
            assertThat(first.failure()).isExactlyInstanceOf(InterruptedException.class);
            assertThat(second.failure()).isInstanceOf(IllegalStateException.class);
        }
    }

    /** The helper has it in use, as a platform thread has. */
    @Test
    void memoryThatAHelperReadsIntoCannotBeFreed() throws Exception {
        Path terminals = Path.of("/dev/ptmx");
        assumeTrue(Files.isWritable(terminals), "there is no /dev/ptmx");
        Arena closing = Arena.ofShared();
        try (Descriptor terminal = Descriptor.open(terminals, READ, WRITE)) {
            List<MemorySegment> into = List.of(closing.allocate(1), closing.allocate(1));
            Mover<Long> reader = start(ThreadKind.VIRTUAL, () -> terminal.read(into));
            reader.awaitWaiting();
            Await.until(ByteTransferTest::aHelperIsInReadv, "a helper's readv");
            assertThatThrownBy(closing::close).isInstanceOf(IllegalStateException.class);
            reader.thread().interrupt();
            assertThat(reader.failure()).isExactlyInstanceOf(InterruptedException.class);
        }
        closing.close();
    }

    /** As x86-64 and aarch64 number it. */
    private static boolean aHelperIsInReadv() {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.anyMatch(task -> Helpers.isHelper(contents(task.resolve("comm")))
                    && contents(task.resolve("syscall")).matches("(19|65) (?s:.*)"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String contents(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException ended) {
            return "";
        }
    }

    // How much there is.

    @Test
    void whatIsLeftOfAFileIsCounted() throws Exception {
        Path file = folder.resolve("file");
        Files.write(file, new byte[100]);
        try (Descriptor descriptor = Descriptor.open(file)) {
            assertThat(descriptor.available()).isEqualTo(100);
            descriptor.setPosition(60);
            assertThat(descriptor.available()).isEqualTo(40);
            descriptor.setPosition(100);
            assertThat(descriptor.available()).isZero();
            descriptor.setPosition(110);
            assertThat(descriptor.available()).as("behind the end").isZero();
        }
    }

    /** The kernel counts in an {@code int}, whatever the file's size. */
    @Test
    void ofAHugeFileAsManyAsCanBeToldAreLeft() throws Exception {
        Path file = folder.resolve("huge");
        try (Descriptor descriptor = Descriptor.open(file, READ, WRITE, CREATE_NEW)) {
            for (long size : new long[] {(2L << 30) - 1, 2L << 30, 3L << 30, 4L << 30, 5L << 30}) {
                descriptor.truncate(size);
                assertThat(descriptor.available()).as("of %d", size).isEqualTo(Integer.MAX_VALUE);
            }
        }
    }

    /** Such a file has the size 0, so the kernel counts below it. */
    @Test
    void aFileOfTheKernelsHasNoneLeftThatCanBeCounted() throws Exception {
        try (Descriptor descriptor = Descriptor.open(Path.of("/proc/version"))) {
            assertThat(descriptor.available()).isZero();
            descriptor.read(new byte[10]);
            assertThat(descriptor.available()).isZero();
        }
    }

    private static void readFully(Pipe pipe, MemorySegment into, boolean list) throws Exception {
        if (list) {
            pipe.source().readFully(List.of(into.asSlice(0, 3), into.asSlice(3)));
        } else {
            pipe.source().readFully(into);
        }
    }

    private static void writeFully(Pipe pipe, MemorySegment from, boolean list) throws Exception {
        if (list) {
            pipe.sink().writeFully(List.of(from.asSlice(0, 1), from.asSlice(1)));
        } else {
            pipe.sink().writeFully(from);
        }
    }

    private static int available(Pipe pipe) {
        try {
            return pipe.source().available();
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    private void assertRead(String expected) throws Exception {
        MemorySegment into = arena.allocate(1000);
        long count = pipe.source().tryRead(into, NO_TIME);
        assertThat(text(into, Math.max(count, 0))).isEqualTo(expected);
    }
}
