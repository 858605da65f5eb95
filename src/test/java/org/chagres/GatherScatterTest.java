package org.chagres;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.Mover.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.chagres.pipe.Pipe;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Several pieces of memory, read into or written as if they were one: native, on the heap and mixed, few and many. */
@ExtendWith(LeakCheck.class)
class GatherScatterTest {
    private static final Duration NO_TIME = Duration.ZERO;
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final int PIPE_BUF = 4096;

    private final Pipe pipe = Pipe.create();
    private final Arena arena = Arena.ofShared();

    GatherScatterTest() throws Exception {}

    @AfterEach
    void closeAll() {
        pipe.close();
        arena.close();
    }

    /** Where the pieces of a list are. */
    enum Where {
        NATIVE,
        HEAP,
        MIXED;

        MemorySegment piece(Arena arena, int index, long byteSize) {
            boolean isNative = this == NATIVE || (this == MIXED && index % 2 == 0);
            return isNative ? arena.allocate(byteSize) : MemorySegment.ofArray(new byte[(int) byteSize]);
        }
    }

    static Stream<Arguments> lists() {
        return Stream.of(ThreadKind.values())
                .flatMap(kind -> Stream.of(Where.values())
                        .flatMap(where ->
                                IntStream.rangeClosed(1, 10).mapToObj(count -> Arguments.of(kind, where, count))));
    }

    /** Of 0, 7, 14 … bytes, so that one of them is empty. */
    private List<MemorySegment> pieces(Where where, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> where.piece(arena, i, 7L * i))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("lists")
    void piecesAreGatheredAndScatteredInTheirOrder(ThreadKind kind, Where where, int count) throws Exception {
        List<MemorySegment> from = pieces(where, count);
        int size = (int) byteSize(from);
        fill(from, numbered(size));
        assertThat(run(kind, () -> pipe.sink().write(from))).isEqualTo(size);
        assertThat(pipe.source().available()).isEqualTo(size);
        List<MemorySegment> into = pieces(where, count);
        assertThat(run(kind, () -> pipe.source().read(into))).isEqualTo(size);
        assertThat(contents(into)).isEqualTo(numbered(size));
    }

    @ParameterizedTest
    @MethodSource("lists")
    void wholeListsOfMoreThanThePipeHolds(ThreadKind kind, Where where, int count) throws Exception {
        int each = 150_001 / count;
        List<MemorySegment> from = IntStream.range(0, count)
                .mapToObj(i -> where.piece(arena, i, each))
                .toList();
        List<MemorySegment> into = IntStream.range(0, count)
                .mapToObj(i -> where.piece(arena, i + 1, each))
                .toList();
        byte[] bytes = numbered(each * count);
        fill(from, bytes);
        Mover<Boolean> writer = startMove(kind, () -> pipe.sink().writeFully(from));
        assertThat(startMove(kind, () -> pipe.source().readFully(into)).get()).isTrue();
        writer.get();
        assertThat(contents(into)).isEqualTo(bytes);
        assertThat(pipe.source().available()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aListThatIsNotFilledKeepsTheBytesBehind(ThreadKind kind) throws Exception {
        for (Where where : Where.values()) {
            for (int count : new int[] {3, 6}) {
                List<MemorySegment> into = IntStream.range(0, count)
                        .mapToObj(i -> where.piece(arena, i, 4).fill((byte) '.'))
                        .toList();
                pipe.sink().write(text("abcdef"));
                assertThat(run(kind, () -> pipe.source().tryRead(into, LONG))).isEqualTo(6);
                assertThat(new String(contents(into), "US-ASCII")).isEqualTo("abcdef" + ".".repeat(4 * count - 6));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aListWithoutRoomNeitherReadsNorWaits(ThreadKind kind) throws Exception {
        List<List<MemorySegment>> lists = List.of(
                List.of(),
                List.of(arena.allocate(0)),
                List.of(MemorySegment.NULL, MemorySegment.NULL),
                Collections.nCopies(10, MemorySegment.ofArray(new byte[0])));
        pipe.sink().writeFully(arena.allocate(pipe.sink().capacity())); // so that writers had to wait
        try (Pipe empty = Pipe.create()) {
            for (List<MemorySegment> none : lists) {
                assertThat(run(kind, () -> empty.source().read(none))).isZero();
                assertThat(run(kind, () -> empty.source().tryRead(none, LONG))).isZero();
                assertThat(run(kind, () -> pipe.sink().write(none))).isZero();
                assertThat(run(kind, () -> pipe.sink().tryWrite(none, LONG))).isZero();
                startMove(kind, () -> empty.source().readFully(none)).get();
                startMove(kind, () -> pipe.sink().writeFully(none)).get();
            }
            empty.sink().close();
            assertThat(run(kind, () -> empty.source().read(List.of()))).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void atTheEndAListTellsSo(ThreadKind kind) throws Exception {
        pipe.sink().close();
        for (Where where : Where.values()) {
            assertThat(run(kind, () -> pipe.source().read(pieces(where, 3)))).isEqualTo(-1);
            assertThat(run(kind, () -> pipe.source().tryRead(pieces(where, 6), NO_TIME)))
                    .isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aListIsTriedForNoTimeAndForAShortTime(ThreadKind kind) throws Exception {
        for (Where where : Where.values()) {
            for (int count : new int[] {3, 6}) {
                List<MemorySegment> pieces = pieces(where, count);
                try (Pipe used = Pipe.create()) {
                    assertThat(run(kind, () -> used.source().tryRead(pieces, NO_TIME)))
                            .isZero();
                    assertThat(run(kind, () -> used.source().tryRead(pieces, SHORT)))
                            .isZero();
                    used.sink().writeFully(arena.allocate(used.sink().capacity()));
                    assertThat(run(kind, () -> used.sink().tryWrite(pieces, NO_TIME)))
                            .isZero();
                    assertThat(run(kind, () -> used.sink().tryWrite(pieces, SHORT)))
                            .isZero();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void readOnlyPiecesAreGatheredButNothingIsReadIfOneIsAmongThem(ThreadKind kind) throws Exception {
        for (MemorySegment readOnly : List.of(
                text("Colon").asReadOnly(),
                arena.allocate(5).copyFrom(text("Colon")).asReadOnly())) {
            List<MemorySegment> pieces = List.of(arena.allocate(1).fill((byte) '<'), readOnly);
            assertThat(run(kind, () -> pipe.sink().write(pieces))).isEqualTo(6);
            assertThat(failure(kind, () -> pipe.source().read(pieces))).isInstanceOf(IllegalArgumentException.class);
            assertThat(failure(kind, () -> pipe.source().tryRead(pieces, LONG)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(failure(kind, () -> pipe.source().readFully(pieces)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertRead("<Colon");
        }
    }

    @ParameterizedTest
    @EnumSource
    void piecesThatOverlapAreTakenOneAfterTheOther(ThreadKind kind) throws Exception {
        for (Where where : List.of(Where.NATIVE, Where.HEAP)) {
            MemorySegment whole = where.piece(arena, 0, 6).copyFrom(text("abcdef"));
            List<MemorySegment> overlapping = List.of(whole.asSlice(0, 4), whole.asSlice(2, 4), whole);
            assertThat(run(kind, () -> pipe.sink().write(overlapping))).isEqualTo(14);
            assertRead("abcdcdefabcdef");
            pipe.sink().write(text("1234567890"));
            assertThat(run(kind, () -> pipe.source().read(overlapping.subList(0, 2))))
                    .isEqualTo(8);
            assertThat(text(whole, 6)).isEqualTo("125678");
            assertRead("90");
        }
    }

    /** What a gather writes at once is never mixed with what others write: here with records of another thread. */
    @ParameterizedTest
    @EnumSource
    void aGatherOfManyPiecesIsAsAtomicAsOneWrite(ThreadKind kind) throws Exception {
        int records = 400;
        List<Mover<Boolean>> writers = new ArrayList<>();
        for (int count : new int[] {4, 5, 10}) {
            byte mark = (byte) ('a' + count);
            List<MemorySegment> record = IntStream.range(0, count)
                    .mapToObj(i -> Where.MIXED
                            .piece(arena, i, i == 0 ? PIPE_BUF - 100L * (count - 1) : 100)
                            .fill(mark))
                    .toList();
            writers.add(startMove(kind, () -> {
                for (int i = 0; i < records; i++) {
                    assertThat(pipe.sink().write(record)).isEqualTo(PIPE_BUF);
                }
            }));
        }
        MemorySegment into = arena.allocate(PIPE_BUF);
        for (int i = 0; i < 3 * records; i++) {
            pipe.source().readFully(into);
            MemorySegment same = arena.allocate(PIPE_BUF).fill(into.get(JAVA_BYTE, 0));
            assertThat(into.mismatch(same)).isEqualTo(-1);
        }
        for (Mover<Boolean> writer : writers) {
            writer.get();
        }
    }

    @Test
    void aGatherIsOnePacket() throws Exception {
        try (Pipe packets = Pipe.createWithPackets()) {
            for (Where where : Where.values()) {
                for (int count : new int[] {2, 4, 5, 10}) {
                    List<MemorySegment> pieces = pieces(where, count);
                    packets.sink().write(pieces);
                    packets.sink().write(text("next"));
                    assertThat(packets.source().read(arena.allocate(PIPE_BUF))).isEqualTo(byteSize(pieces));
                    assertThat(packets.source().read(arena.allocate(PIPE_BUF))).isEqualTo(4);
                }
            }
        }
    }

    @Test
    void nullIsRefusedInAListToo() throws Exception {
        List<MemorySegment> withNull = Arrays.asList(arena.allocate(1), null);
        pipe.sink().write(text("x"));
        assertThatThrownBy(() -> pipe.source().read(withNull)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.source().readFully(withNull)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.source().read((List<MemorySegment>) null))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.sink().write(withNull)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.sink().writeFully(withNull)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.sink().write((List<MemorySegment>) null))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.sink().tryWrite(List.of(), null)).isInstanceOf(NullPointerException.class);
        assertRead("x");
    }

    // Memory that must stay, or is gone.

    /** Whether the pieces are few, and read into directly, or many, and copied. */
    private List<MemorySegment> sharedPieces(Arena closing, boolean few) {
        return Collections.nCopies(few ? 3 : 6, closing.allocate(2));
    }

    /** Either the arena cannot be closed now, or the reader is refused; nothing is ever read into freed memory. */
    @ParameterizedTest
    @EnumSource
    void anArenaClosedDuringAScatterIsKeptOrTheScatterFails(ThreadKind kind) throws Exception {
        for (boolean few : new boolean[] {true, false}) {
            Arena closing = Arena.ofShared();
            List<MemorySegment> into = sharedPieces(closing, few);
            Mover<Long> reader = start(kind, () -> pipe.source().read(into));
            reader.awaitWaiting();
            boolean closed = close(closing);
            pipe.sink().write(text("abcdef"));
            if (closed) {
                assertThat(reader.failure()).isInstanceOf(IllegalStateException.class);
            } else {
                assertThat(reader.get()).isEqualTo(6);
                closing.close();
            }
            pipe.source().tryRead(arena.allocate(6), NO_TIME); // what the one that failed left
        }
    }

    @ParameterizedTest
    @EnumSource
    void anArenaClosedDuringAGatherIsKeptOrTheGatherFails(ThreadKind kind) throws Exception {
        for (boolean few : new boolean[] {true, false}) {
            pipe.sink().writeFully(arena.allocate(pipe.sink().capacity()));
            Arena closing = Arena.ofShared();
            List<MemorySegment> from = sharedPieces(closing, few);
            from.getFirst().fill((byte) 'x');
            Mover<Long> writer = start(kind, () -> pipe.sink().write(from));
            writer.awaitWaiting();
            boolean closed = close(closing);
            pipe.source().readFully(arena.allocate(pipe.sink().capacity()));
            if (closed && few) {
                assertThat(writer.failure()).isInstanceOf(IllegalStateException.class);
                assertThat(pipe.source().available()).isZero();
            } else { // not closed, or copied before
                assertThat(writer.get()).isEqualTo(2L * from.size());
                assertRead("x".repeat(2 * from.size()));
                close(closing);
            }
        }
    }

    private static boolean close(Arena closing) {
        try {
            closing.close();
            return true;
        } catch (IllegalStateException inUseOrClosed) {
            return false;
        }
    }

    @ParameterizedTest
    @EnumSource
    void freedMemoryInAListIsRefusedAndNoByteIsLost(ThreadKind kind) throws Exception {
        Arena closed = Arena.ofShared();
        MemorySegment freed = closed.allocate(3);
        closed.close();
        assertRefused(kind, freed, IllegalStateException.class);
    }

    @ParameterizedTest
    @EnumSource
    void memoryOfAnotherThreadInAListIsRefusedAndNoByteIsLost(ThreadKind kind) throws Exception {
        try (Arena ours = Arena.ofConfined()) {
            assertRefused(kind, ours.allocate(3), WrongThreadException.class);
        }
    }

    private void assertRefused(ThreadKind kind, MemorySegment bad, Class<?> failure) throws Exception {
        pipe.sink().write(text("Madden"));
        MemorySegment good = arena.allocate(3);
        for (List<MemorySegment> pieces : List.of(
                List.of(good, bad),
                List.of(MemorySegment.ofArray(new byte[3]), bad),
                List.of(good, good, good, good, bad))) {
            assertThat(failure(kind, () -> pipe.source().read(pieces))).isInstanceOf(failure);
            assertThat(failure(kind, () -> pipe.source().tryRead(pieces, NO_TIME)))
                    .isInstanceOf(failure);
            assertThat(failure(kind, () -> pipe.source().readFully(pieces))).isInstanceOf(failure);
            assertThat(failure(kind, () -> pipe.sink().write(pieces))).isInstanceOf(failure);
            assertThat(failure(kind, () -> pipe.sink().writeFully(pieces))).isInstanceOf(failure);
        }
        assertRead("Madden");
    }

    @ParameterizedTest
    @EnumSource
    void piecesConfinedToTheThreadAreUsedAfterAWait(ThreadKind kind) throws Exception {
        Mover<String> reader = start(kind, () -> {
            try (Arena own = Arena.ofConfined()) {
                List<MemorySegment> into = List.of(own.allocate(3), own.allocate(3));
                pipe.source().readFully(into);
                return new String(contents(into), "US-ASCII");
            }
        });
        reader.awaitWaiting();
        pipe.sink().write(text("abcdef"));
        assertThat(reader.get()).isEqualTo("abcdef");
    }

    private void assertRead(String expected) throws Exception {
        MemorySegment into = arena.allocate(1000);
        long count = pipe.source().tryRead(into, NO_TIME);
        assertThat(text(into, Math.max(count, 0))).isEqualTo(expected);
    }

    private static long byteSize(List<MemorySegment> pieces) {
        return pieces.stream().mapToLong(MemorySegment::byteSize).sum();
    }

    private static void fill(List<MemorySegment> pieces, byte[] bytes) {
        int done = 0;
        for (MemorySegment piece : pieces) {
            MemorySegment.copy(MemorySegment.ofArray(bytes), done, piece, 0, piece.byteSize());
            done += (int) piece.byteSize();
        }
    }

    private static byte[] contents(List<MemorySegment> pieces) {
        byte[] bytes = new byte[(int) byteSize(pieces)];
        int done = 0;
        for (MemorySegment piece : pieces) {
            MemorySegment.copy(piece, 0, MemorySegment.ofArray(bytes), done, piece.byteSize());
            done += (int) piece.byteSize();
        }
        return bytes;
    }
}
