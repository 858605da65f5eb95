package org.chagres;

import static java.nio.file.StandardOpenOption.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.Mover.*;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.chagres.pipe.Fifo;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSink;
import org.chagres.pipe.PipeSource;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes that are moved or copied between descriptors of all kinds inside the kernel. */
@ExtendWith({SpliceTest.SocketsOfTheJdk.class, LeakCheck.class})
class SpliceTest {
    private static final Duration NO_TIME = Duration.ZERO;
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final int PIPE_BYTES = 1 << 16;

    private final Pipe from = Pipe.create();
    private final Pipe to = Pipe.create();
    private final Arena arena = Arena.ofShared();
    private final List<AutoCloseable> open = new ArrayList<>(List.of(from, to, arena));

    @TempDir
    private Path folder;

    SpliceTest() throws IOException {}

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
    }

    /** Has the JDK open what it keeps for its sockets before leaks are looked for. */
    static final class SocketsOfTheJdk implements BeforeAllCallback {
        @Override
        public void beforeAll(ExtensionContext context) throws IOException {
            SocketChannel.open(StandardProtocolFamily.UNIX).close();
        }
    }

    private <T extends AutoCloseable> T later(T resource) {
        open.add(resource);
        return resource;
    }

    // What there is to splice.

    /** Where bytes come from: to be made full of some text, whose end is told or not. */
    enum From {
        PIPE,
        FIFO,
        FILE,
        SOCKET;

        boolean isPipe() {
            return this == PIPE || this == FIFO;
        }
    }

    /** Where bytes go to, and how to see that they are there. */
    enum To {
        PIPE,
        FIFO,
        FILE,
        SOCKET,
        NULL;

        boolean isPipe() {
            return this == PIPE || this == FIFO;
        }
    }

    /** A source with what is to be written to have bytes in it. */
    private record Filled(ByteSource source, ByteSink filler) {}

    /** A sink with what is to be read to see its bytes. */
    private record Watched(ByteSink sink, ByteSource witness) {}

    private Filled filled(From kind, String text) throws Exception {
        Filled filled = switch (kind) {
            case PIPE -> new Filled(from.source(), from.sink());
            case FIFO -> {
                Fifo fifo = Fifo.create(folder.resolve("from"));
                PipeSource source = later(fifo.openForReadingNow());
                yield new Filled(source, later(fifo.openForWritingNow()));
            }
            case FILE -> {
                Path file = folder.resolve("from");
                Descriptor filler = later(Descriptor.open(file, WRITE, CREATE_NEW));
                yield new Filled(later(Descriptor.open(file)), filler);
            }
            case SOCKET -> {
                Descriptor[] ends = sockets("from");
                yield new Filled(ends[0], ends[1]);
            }
        };
        filled.filler().writeFully(text(text));
        return filled;
    }

    private Watched watched(To kind) throws Exception {
        return switch (kind) {
            case PIPE -> new Watched(to.sink(), to.source());
            case FIFO -> {
                Fifo fifo = Fifo.create(folder.resolve("to"));
                PipeSource witness = later(fifo.openForReadingNow());
                yield new Watched(later(fifo.openForWritingNow()), witness);
            }
            case FILE -> {
                Path file = folder.resolve("to");
                Descriptor sink = later(Descriptor.open(file, WRITE, CREATE_NEW));
                yield new Watched(sink, later(Descriptor.open(file)));
            }
            case SOCKET -> {
                Descriptor[] ends = sockets("to");
                yield new Watched(ends[0], ends[1]);
            }
            case NULL -> new Watched(later(Descriptor.open(Path.of("/dev/null"), WRITE)), from.source());
        };
    }

    /** Two connected sockets of the JDK's, duplicated under the numbers that it had them made with. */
    private Descriptor[] sockets(String name) throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve(name + ".socket"));
        Set<String> before = Kernel.descriptors();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address);
            before.addAll(Kernel.descriptors());
            try (SocketChannel one = SocketChannel.open(address);
                    SocketChannel other = server.accept()) {
                assertThat(one.isConnected() && other.isConnected()).isTrue();
                return Kernel.descriptors().stream()
                        .filter(line -> !before.contains(line) && line.contains(" -> socket:"))
                        .map(line -> Integer.parseInt(line.substring(0, line.indexOf(' '))))
                        .map(number -> {
                            try {
                                return later(Descriptor.duplicateOf(number));
                            } catch (ErrnoException failure) {
                                throw new AssertionError(failure);
                            }
                        })
                        .toArray(Descriptor[]::new);
            }
        }
    }

    static Stream<Arguments> pairs() {
        return Stream.of(ThreadKind.values())
                .flatMap(kind -> Stream.of(From.values())
                        .flatMap(source -> Stream.of(To.values())
                                .filter(sink -> source.isPipe() || sink.isPipe())
                                .map(sink -> Arguments.of(kind, source, sink))));
    }

    static Stream<Arguments> pairsWithoutAPipe() {
        return Stream.of(ThreadKind.values())
                .flatMap(kind -> Stream.of(From.FILE, From.SOCKET)
                        .flatMap(source ->
                                Stream.of(To.FILE, To.SOCKET, To.NULL).map(sink -> Arguments.of(kind, source, sink))));
    }

    static Stream<Arguments> sinks() {
        return Stream.of(ThreadKind.values())
                .flatMap(kind -> Stream.of(To.values()).map(sink -> Arguments.of(kind, sink)));
    }

    // Splice.

    @ParameterizedTest
    @MethodSource("pairs")
    void bytesAreMoved(ThreadKind kind, From source, To sink) throws Exception {
        Filled filled = filled(source, "Pedro Miguel");
        Watched watched = watched(sink);
        assertThat(run(kind, () -> filled.source().splice(watched.sink(), 5))).isEqualTo(5);
        assertThat(run(kind, () -> filled.source().trySplice(watched.sink(), 100, LONG)))
                .isEqualTo(7);
        if (source != From.FILE) {
            assertThat(run(kind, () -> filled.source().trySplice(watched.sink(), 100, NO_TIME)))
                    .as("nothing is left")
                    .isZero();
        }
        if (sink != To.NULL) {
            assertRead(watched.witness(), "Pedro Miguel");
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void theEndIsTold(ThreadKind kind, From source, To sink) throws Exception {
        Filled filled = filled(source, "x");
        Watched watched = watched(sink);
        filled.filler().close();
        assertThat(run(kind, () -> filled.source().splice(watched.sink(), 10))).isEqualTo(1);
        assertThat(run(kind, () -> filled.source().splice(watched.sink(), 10))).isEqualTo(-1);
        assertThat(run(kind, () -> filled.source().trySplice(watched.sink(), 10, LONG)))
                .isEqualTo(-1);
        assertThat(run(kind, () -> filled.source().trySplice(watched.sink(), 10, NO_TIME)))
                .isEqualTo(-1);
        assertThat(run(kind, () -> filled.source().splice(watched.sink(), 0)))
                .as("not the end, as nobody asked")
                .isZero();
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void noBytesAreMovedWithoutWaiting(ThreadKind kind, From source, To sink) throws Exception {
        Filled filled = filled(source, "");
        Watched watched = watched(sink);
        Mover<Long> mover = start(kind, () -> filled.source().splice(watched.sink(), 0));
        assertThat(endsWithoutHelp(mover)).isTrue();
        assertThat(mover.get()).isZero();
        assertThat(run(kind, () -> filled.source().trySplice(watched.sink(), 0, NO_TIME)))
                .isZero();
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void aSpliceWaitsForBytes(ThreadKind kind, From source, To sink) throws Exception {
        if (source == From.FILE) {
            return; // which never waits
        }
        Filled filled = filled(source, "");
        Watched watched = watched(sink);
        assertThat(run(kind, () -> filled.source().trySplice(watched.sink(), 9, SHORT)))
                .isZero();
        for (boolean timed : new boolean[] {false, true}) {
            Mover<Long> mover = start(
                    kind,
                    () -> timed
                            ? filled.source().trySplice(watched.sink(), 9, LONG)
                            : filled.source().splice(watched.sink(), 9));
            mover.awaitWaiting();
            filled.filler().writeFully(text("Cucaracha"));
            assertThat(mover.get()).isEqualTo(9);
            if (sink != To.NULL) {
                assertRead(watched.witness(), "Cucaracha");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSpliceWaitsForRoom(ThreadKind kind) throws Exception {
        for (From source : From.values()) {
            Filled filled = filled(source, "Culebra");
            fill(to);
            assertThat(run(kind, () -> filled.source().trySplice(to.sink(), 7, NO_TIME)))
                    .isZero();
            assertThat(run(kind, () -> filled.source().trySplice(to.sink(), 7, SHORT)))
                    .isZero();
            Mover<Long> mover = start(kind, () -> filled.source().splice(to.sink(), 7));
            mover.awaitWaiting();
            to.source().readFully(new byte[PIPE_BYTES]);
            assertThat(mover.get()).isEqualTo(7);
            assertRead(to.source(), "Culebra");
            Files.deleteIfExists(folder.resolve("from"));
        }
    }

    @ParameterizedTest
    @MethodSource("pairsWithoutAPipe")
    void withoutAPipeASpliceIsRefused(ThreadKind kind, From source, To sink) throws Exception {
        Filled filled = filled(source, "x");
        Watched watched = watched(sink);
        assertErrno(failure(kind, () -> filled.source().splice(watched.sink(), 1)), Errno.EINVAL);
        assertThat(run(kind, () -> filled.source().read(new byte[2]))).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void withinOnePipeASpliceIsRefusedWhetherThereAreBytesOrNot(ThreadKind kind) throws Exception {
        for (boolean filled : new boolean[] {true, false}) {
            if (filled) {
                from.sink().write(text("x"));
            } else {
                from.source().read(new byte[1]);
            }
            assertRefusedAtOnce(kind, Errno.EINVAL, () -> from.source().splice(from.sink(), 1));
            assertRefusedAtOnce(kind, Errno.EINVAL, () -> from.source().tee(from.sink(), 1));
            assertErrno(failure(kind, () -> from.source().trySplice(from.sink(), 1, NO_TIME)), Errno.EINVAL);
            assertErrno(failure(kind, () -> from.source().tryTee(from.sink(), 1, NO_TIME)), Errno.EINVAL);
        }
    }

    @ParameterizedTest
    @EnumSource
    void toTheEndOfAFileNothingIsSplicedOrSent(ThreadKind kind) throws Exception {
        Path file = folder.resolve("log");
        Files.writeString(file, "before");
        Descriptor appending = later(Descriptor.open(file, APPEND));
        Descriptor source = later(Descriptor.open(file));
        assertRefusedAtOnce(kind, Errno.EINVAL, () -> from.source().splice(appending, 1));
        from.sink().write(text("x"));
        assertRefusedAtOnce(kind, Errno.EINVAL, () -> from.source().splice(appending, 1));
        assertRefusedAtOnce(kind, Errno.EINVAL, () -> source.sendFile(appending, 0, 1));
        assertThat(file).hasContent("before");
        assertRead(from.source(), "x");
    }

    /** The wrong ends: what a descriptor lets one write but the kernel does not. */
    @ParameterizedTest
    @EnumSource
    void theWrongEndIsRefused(ThreadKind kind) throws Exception {
        assertRefusedAtOnce(kind, Errno.EBADF, () -> from.sink().descriptor().splice(to.sink(), 1));
        from.sink().write(text("x"));
        assertRefusedAtOnce(
                kind, Errno.EBADF, () -> from.source().splice(to.source().descriptor(), 1));
        assertRead(from.source(), "x");
    }

    @ParameterizedTest
    @EnumSource
    void whereNobodyReadsTheSpliceIsBroken(ThreadKind kind) throws Exception {
        from.sink().write(text("x"));
        to.source().close();
        assertErrno(failure(kind, () -> from.source().splice(to.sink(), 1)), Errno.EPIPE);
        assertErrno(failure(kind, () -> from.source().tee(to.sink(), 1)), Errno.EPIPE);
        assertErrno(failure(kind, () -> from.source().trySplice(to.sink(), 1, NO_TIME)), Errno.EPIPE);
        Descriptor file = file("x");
        assertErrno(failure(kind, () -> file.sendFile(to.sink(), 0, 1)), Errno.EPIPE);
        assertRead(from.source(), "x");
    }

    @ParameterizedTest
    @EnumSource
    void theLastReaderThatClosesBreaksASpliceThatWaitsForRoom(ThreadKind kind) throws Exception {
        from.sink().write(text("x"));
        fill(to);
        Mover<Long> mover = start(kind, () -> from.source().splice(to.sink(), 1));
        mover.awaitWaiting();
        to.source().close();
        assertErrno(mover.failure(), Errno.EPIPE);
    }

    @ParameterizedTest
    @EnumSource
    void theLastWriterThatClosesEndsASpliceThatWaitsForBytes(ThreadKind kind) throws Exception {
        Mover<Long> splice = start(kind, () -> from.source().splice(to.sink(), 1));
        splice.awaitWaiting();
        from.sink().close();
        assertThat(splice.get()).isEqualTo(-1);
    }

    @Test
    void wrongArgumentsAreRefusedBeforeAnythingIsDone() throws Exception {
        Descriptor file = file("x");
        from.sink().write(text("x"));
        for (Move move : List.<Move>of(
                () -> from.source().splice(to.sink(), -1),
                () -> from.source().trySplice(to.sink(), Long.MIN_VALUE, LONG),
                () -> from.source().tee(to.sink(), -1),
                () -> from.source().tryTee(to.sink(), -1, LONG),
                () -> file.sendFile(to.sink(), -1, 1),
                () -> file.sendFile(to.sink(), 0, -1),
                () -> file.trySendFile(to.sink(), -1, 1, LONG))) {
            assertThatThrownBy(move::make)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("-");
        }
        for (Move move : List.<Move>of(
                () -> from.source().splice(null, 1),
                () -> from.source().trySplice(to.sink(), 1, null),
                () -> from.source().tee(null, 1),
                () -> from.source().tryTee(to.sink(), 1, null),
                () -> file.sendFile(null, 0, 1),
                () -> file.trySendFile(to.sink(), 0, 1, null))) {
            assertThatThrownBy(move::make).isInstanceOf(NullPointerException.class);
        }
        assertThat(to.source().available()).isZero();
    }

    @Test
    void aFailureTellsTheCallAndBothSides() throws Exception {
        assertThatThrownBy(() -> from.source().splice(from.sink(), 7))
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        failure -> assertThat(failure.call()).isEqualTo("splice"))
                .hasMessageContaining("up to 7 bytes from " + from.source() + " to " + from.sink());
        assertThatThrownBy(() -> from.source().tee(from.sink(), 7))
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        failure -> assertThat(failure.call()).isEqualTo("tee"));
        to.source().close();
        Descriptor file = file("x");
        assertThatThrownBy(() -> file.sendFile(to.sink(), 0, 7))
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        failure -> assertThat(failure.call()).isEqualTo("sendfile"));
    }

    // What ends the wait.

    /** What a transfer waits for, and at which of its two sides. */
    enum Wait {
        SPLICE_FOR_BYTES,
        SPLICE_FOR_ROOM,
        TEE_FOR_BYTES,
        TEE_FOR_ROOM,
        SEND_FILE_FOR_ROOM
    }

    static Stream<Arguments> waits() {
        return Stream.of(ThreadKind.values())
                .flatMap(kind -> Stream.of(Wait.values()).map(wait -> Arguments.of(kind, wait)));
    }

    private Mover<Long> waiting(ThreadKind kind, Wait wait) throws Exception {
        Descriptor file = file("x");
        switch (wait) {
            case SPLICE_FOR_BYTES, TEE_FOR_BYTES -> {}
            case SPLICE_FOR_ROOM, TEE_FOR_ROOM -> {
                from.sink().write(text("x"));
                fill(to);
            }
            case SEND_FILE_FOR_ROOM -> fill(to);
        }
        return start(kind, () -> switch (wait) {
                    case SPLICE_FOR_BYTES, SPLICE_FOR_ROOM -> from.source().splice(to.sink(), 1);
                    case TEE_FOR_BYTES, TEE_FOR_ROOM -> from.source().tee(to.sink(), 1);
                    case SEND_FILE_FOR_ROOM -> file.sendFile(to.sink(), 0, 1);
                })
                .awaitWaiting();
    }

    @ParameterizedTest
    @MethodSource("waits")
    void anInterruptEndsTheWaitAndLeavesBothSidesOpen(ThreadKind kind, Wait wait) throws Exception {
        Mover<Long> mover = waiting(kind, wait);
        mover.thread().interrupt();
        assertThat(mover.failure()).isExactlyInstanceOf(InterruptedException.class);
        assertThat(from.source().isOpen()).isTrue();
        assertThat(to.sink().isOpen()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("waits")
    void closingTheSinkEndsTheWait(ThreadKind kind, Wait wait) throws Exception {
        Mover<Long> mover = waiting(kind, wait);
        to.sink().close();
        assertThat(mover.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
        MemorySegment rest = arena.allocate(PIPE_BYTES + 1);
        for (long count = 0; count >= 0; ) {
            count = to.source().tryRead(rest, LONG); // so it was really closed, by the last user
        }
    }

    @ParameterizedTest
    @MethodSource("waits")
    void closingTheSourceEndsTheWait(ThreadKind kind, Wait wait) throws Exception {
        if (wait == Wait.SEND_FILE_FOR_ROOM) {
            return; // see below
        }
        Mover<Long> mover = waiting(kind, wait);
        from.source().close();
        assertThat(mover.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
        assertErrno(failure(kind, () -> from.sink().write(text("x"))), Errno.EPIPE);
    }

    @ParameterizedTest
    @EnumSource
    void closingTheFileEndsTheWaitForRoom(ThreadKind kind) throws Exception {
        Descriptor file = file("x");
        fill(to);
        Mover<Long> mover = start(kind, () -> file.sendFile(to.sink(), 0, 1));
        mover.awaitWaiting();
        file.close();
        assertThat(mover.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
    }

    @ParameterizedTest
    @EnumSource
    void aClosedSideIsRefused(ThreadKind kind) throws Exception {
        Descriptor file = file("x");
        from.sink().write(text("x"));
        to.sink().close();
        for (Move move : List.<Move>of(
                () -> from.source().splice(to.sink(), 1),
                () -> from.source().splice(to.sink(), 0),
                () -> from.source().trySplice(to.sink(), 1, NO_TIME),
                () -> from.source().tee(to.sink(), 1),
                () -> file.sendFile(to.sink(), 0, 1))) {
            assertThat(failure(kind, move)).isExactlyInstanceOf(ClosedChannelException.class);
        }
        from.source().close();
        file.close();
        PipeSink sink = later(Pipe.create()).sink();
        for (Move move : List.<Move>of(
                () -> from.source().splice(sink, 1),
                () -> from.source().tee(sink, 1),
                () -> file.sendFile(sink, 0, 1))) {
            assertThat(failure(kind, move)).isExactlyInstanceOf(ClosedChannelException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoIsInterruptedBeforehandMovesNothing(ThreadKind kind) throws Exception {
        Descriptor file = file("x");
        from.sink().write(text("x"));
        for (Move move : List.<Move>of(
                () -> from.source().splice(to.sink(), 1),
                () -> from.source().trySplice(to.sink(), 1, NO_TIME),
                () -> from.source().tee(to.sink(), 1),
                () -> file.sendFile(to.sink(), 0, 1))) {
            Mover<Boolean> mover = startMove(kind, () -> {
                Thread.currentThread().interrupt();
                move.make();
            });
            assertThat(mover.failure()).isExactlyInstanceOf(InterruptedException.class);
        }
        assertThat(to.source().available()).isZero();
    }

    // Rivals.

    /** Each record goes one of the ways, whole numbers of bytes; nobody is told of an end that is none. */
    @ParameterizedTest
    @EnumSource
    void rivalsForTheBytesWaitOnAndLoseNone(ThreadKind kind) throws Exception {
        int count = 2000;
        List<Mover<Long>> rivals = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            boolean splices = i % 2 == 0;
            byte[] into = new byte[3];
            rivals.add(start(kind, () -> {
                long sum = 0;
                for (long moved = 0; moved >= 0; ) {
                    sum += moved;
                    moved = splices
                            ? from.source().splice(to.sink(), 3)
                            : from.source().read(into);
                    if (moved > 0 && splices) {
                        to.source().tryRead(MemorySegment.ofArray(new byte[PIPE_BYTES]), NO_TIME);
                    }
                }
                return sum;
            }));
        }
        for (int i = 0; i < count; i++) {
            from.sink().write(text("12345"));
        }
        from.sink().close();
        long sum = 0;
        for (Mover<Long> rival : rivals) {
            sum += rival.get();
        }
        assertThat(sum).isEqualTo(5L * count);
    }

    /** The kernel answers a tee that came too late as if the end were reached. */
    @ParameterizedTest
    @EnumSource
    void aTeeWhoseBytesOthersTookDoesNotTellTheEnd(ThreadKind kind) throws Exception {
        List<Mover<Boolean>> rivals = new ArrayList<>();
        List<Boolean> closed = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 3; i++) {
            Pipe copies = later(Pipe.create());
            rivals.add(start(kind, () -> {
                MemorySegment copy = MemorySegment.ofArray(new byte[8]);
                while (true) {
                    if (from.source().tee(copies.sink(), 8) < 0) {
                        return !closed.isEmpty();
                    }
                    copies.source().read(copy);
                }
            }));
        }
        // On a platform thread: who copies the same bytes again and again leaves no carrier to others.
        Mover<Boolean> reader = startMove(ThreadKind.PLATFORM, () -> {
            byte[] into = new byte[8];
            while (from.source().read(into) >= 0) {}
        });
        for (int i = 0; i < 20_000; i++) {
            from.sink().write(text("x"));
        }
        closed.add(true);
        from.sink().close();
        reader.get();
        for (Mover<Boolean> rival : rivals) {
            assertThat(rival.get()).as("the end only after the close").isTrue();
        }
    }

    // Tee.

    @ParameterizedTest
    @EnumSource
    void aTeeCopiesAndLeavesTheBytes(ThreadKind kind) throws Exception {
        from.sink().write(text("Chagres"));
        assertThat(run(kind, () -> from.source().tee(to.sink(), 100))).isEqualTo(7);
        assertThat(run(kind, () -> from.source().tryTee(to.sink(), 3, LONG))).isEqualTo(3);
        assertThat(run(kind, () -> from.source().tryTee(to.sink(), 1, NO_TIME))).isEqualTo(1);
        assertRead(to.source(), "ChagresChaC");
        assertRead(from.source(), "Chagres");
        from.sink().close();
        assertThat(run(kind, () -> from.source().tee(to.sink(), 1))).isEqualTo(-1);
        assertThat(run(kind, () -> from.source().tryTee(to.sink(), 1, NO_TIME))).isEqualTo(-1);
        assertThat(run(kind, () -> from.source().tee(to.sink(), 0))).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aTeeOfNoBytesDoesNotWait(ThreadKind kind) throws Exception {
        Mover<Long> mover = start(kind, () -> from.source().tee(to.sink(), 0));
        assertThat(endsWithoutHelp(mover)).isTrue();
        assertThat(mover.get()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aTeeWaitsForAtMostATime(ThreadKind kind) throws Exception {
        assertThat(run(kind, () -> from.source().tryTee(to.sink(), 1, NO_TIME))).isZero();
        assertThat(run(kind, () -> from.source().tryTee(to.sink(), 1, SHORT))).isZero();
        from.sink().write(text("x"));
        fill(to);
        assertThat(run(kind, () -> from.source().tryTee(to.sink(), 1, NO_TIME))).isZero();
        assertThat(run(kind, () -> from.source().tryTee(to.sink(), 1, SHORT))).isZero();
    }

    // Sending files.

    @ParameterizedTest
    @MethodSource("sinks")
    void aFileIsSentFromAnOffsetAndItsPositionStays(ThreadKind kind, To sink) throws Exception {
        Descriptor file = file("Pedro Miguel");
        file.setPosition(2);
        Watched watched = watched(sink);
        assertThat(run(kind, () -> file.sendFile(watched.sink(), 6, 100))).isEqualTo(6);
        assertThat(run(kind, () -> file.trySendFile(watched.sink(), 0, 5, LONG)))
                .isEqualTo(5);
        assertThat(run(kind, () -> file.trySendFile(watched.sink(), 11, 5, NO_TIME)))
                .isEqualTo(1);
        assertThat(run(kind, () -> file.sendFile(watched.sink(), 12, 1))).isEqualTo(-1);
        assertThat(run(kind, () -> file.sendFile(watched.sink(), 1L << 40, 1))).isEqualTo(-1);
        assertThat(run(kind, () -> file.sendFile(watched.sink(), 12, 0))).isZero();
        assertThat(run(kind, () -> file.sendFile(watched.sink(), 0, 0))).isZero();
        if (sink != To.NULL) {
            assertRead(watched.witness(), "MiguelPedrol");
        }
        assertThat(file.position()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void aPipeIsNotSent(ThreadKind kind) throws Exception {
        for (String there : List.of("", "x")) {
            from.sink().write(text(there));
            Move move = () -> from.source().descriptor().sendFile(to.sink(), 0, 1);
            Mover<Boolean> mover = startMove(kind, move);
            assertThat(endsWithoutHelp(mover)).isTrue();
            assertThat(mover.failure())
                    .isInstanceOfSatisfying(
                            ErrnoException.class,
                            failure -> assertThat(failure.errno()).isIn(Errno.EINVAL, Errno.ESPIPE));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFileOfMoreThanThePipeHoldsIsSentInParts(ThreadKind kind) throws Exception {
        byte[] bytes = numbered(300_000);
        Path path = folder.resolve("much");
        Files.write(path, bytes);
        Descriptor file = later(Descriptor.open(path));
        Mover<Boolean> sender = startMove(kind, () -> {
            for (long at = 0; at < bytes.length; ) {
                at += file.sendFile(to.sink(), at, bytes.length - at);
            }
            to.sink().close();
        });
        assertThat(to.source().inputStream().readAllBytes()).isEqualTo(bytes);
        sender.get();
    }

    @ParameterizedTest
    @EnumSource
    void offsetsBeyondTwoAndFourGibibytesAreReached(ThreadKind kind) throws Exception {
        Path path = folder.resolve("sparse");
        Descriptor file = later(Descriptor.open(path, READ, WRITE, CREATE_NEW));
        for (long offset : new long[] {(2L << 30) - 1, (4L << 30) - 2, (5L << 30) + 7}) {
            file.writeAt(text("Colon"), offset);
            assertThat(run(kind, () -> file.sendFile(to.sink(), offset, 5))).isEqualTo(5);
            assertRead(to.source(), "Colon");
            file.setPosition(offset);
            assertThat(run(kind, () -> file.splice(to.sink(), 5))).isEqualTo(5);
            assertRead(to.source(), "Colon");
            assertThat(file.position()).isEqualTo(offset + 5);
        }
        assertThat(run(kind, () -> file.sendFile(to.sink(), 6L << 30, 1))).isEqualTo(-1);
    }

    /** As a program says that it wants all: where the end of the range has no number the kernel refuses it. */
    @ParameterizedTest
    @EnumSource
    void asMuchAsThereIsCanBeAskedFor(ThreadKind kind) throws Exception {
        Descriptor file = file("Pedro Miguel");
        assertThat(run(kind, () -> file.sendFile(to.sink(), 6, Long.MAX_VALUE))).isEqualTo(6);
        assertRead(to.source(), "Miguel");
        file.setPosition(6);
        assertThat(run(kind, () -> file.splice(to.sink(), Long.MAX_VALUE))).isEqualTo(6);
        assertRead(to.source(), "Miguel");
        from.sink().write(text("x"));
        assertThat(run(kind, () -> from.source().tee(to.sink(), Long.MAX_VALUE)))
                .isEqualTo(1);
        assertThat(run(kind, () -> from.source().splice(to.sink(), Long.MAX_VALUE)))
                .isEqualTo(1);
        assertRead(to.source(), "xx");
    }

    // Both descriptions of a pipe, and what others make of them.

    @ParameterizedTest
    @EnumSource
    void aNonBlockingDescriptionIsWaitedForTheSame(ThreadKind kind) throws Exception {
        from.source().descriptor().setStatusFlags(Set.of(StatusFlag.NON_BLOCKING));
        to.sink().descriptor().setStatusFlags(Set.of(StatusFlag.NON_BLOCKING));
        Mover<Long> forBytes = start(kind, () -> from.source().splice(to.sink(), 1));
        forBytes.awaitWaiting();
        from.sink().write(text("x"));
        assertThat(forBytes.get()).isEqualTo(1);
        assertRead(to.source(), "x");

        fill(to);
        from.sink().write(text("y"));
        Mover<Long> forRoom = start(kind, () -> from.source().splice(to.sink(), 1));
        forRoom.awaitWaiting();
        to.source().readFully(new byte[PIPE_BYTES]);
        assertThat(forRoom.get()).isEqualTo(1);
        assertRead(to.source(), "y");
    }

    /** A FIFO that is open for both is source and sink at once. */
    @ParameterizedTest
    @EnumSource
    void aFifoOpenForBothIsEitherSide(ThreadKind kind) throws Exception {
        Descriptor both = later(Fifo.create(folder.resolve("both")).openForBoth());
        from.sink().write(text("abc"));
        assertThat(run(kind, () -> from.source().splice(both, 3))).isEqualTo(3);
        assertThat(run(kind, () -> both.splice(to.sink(), 10))).isEqualTo(3);
        assertRead(to.source(), "abc");
        assertRefusedAtOnce(kind, Errno.EINVAL, () -> both.splice(both, 1));
    }

    // Common.

    private Descriptor file(String text) throws IOException {
        Path file = folder.resolve("file");
        Files.writeString(file, text);
        return later(Descriptor.open(file));
    }

    private static void fill(Pipe pipe) throws Exception {
        pipe.sink().writeFully(new byte[PIPE_BYTES]);
    }

    /** Whether it comes to an end before it waits; if not it is interrupted, to end with the test. */
    private static boolean endsWithoutHelp(Mover<?> mover) {
        try {
            mover.result().handle((result, failure) -> 0).get(5, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException waits) {
            mover.thread().interrupt();
            return false;
        } catch (InterruptedException | ExecutionException failure) {
            throw new AssertionError(failure);
        }
    }

    private static void assertRefusedAtOnce(ThreadKind kind, Errno errno, Move move) throws Exception {
        Mover<Boolean> mover = startMove(kind, move);
        assertThat(endsWithoutHelp(mover)).as("refused at once").isTrue();
        assertErrno(mover.failure(), errno);
    }

    private static void assertRead(ByteSource source, String expected) throws Exception {
        MemorySegment into = MemorySegment.ofArray(new byte[PIPE_BYTES]);
        StringBuilder read = new StringBuilder();
        for (long count = 1; count > 0 && read.length() < expected.length(); ) {
            count = source.tryRead(into, LONG);
            read.append(text(into, Math.max(count, 0)));
        }
        assertThat(read).hasToString(expected);
    }
}
