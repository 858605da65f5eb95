package org.chagres.pipe;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.pipe.TestPipes.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Many threads at one pipe: no byte is lost, doubled, out of order or mixed with another's. */
@ExtendWith(LeakCheck.class)
class PipeThreadsTest {
    private static final int THREADS = 4;

    private static Kind kind(int number) {
        return Kind.values()[number % 2];
    }

    @ParameterizedTest
    @CsvSource({"PLATFORM, PLATFORM", "PLATFORM, VIRTUAL", "VIRTUAL, PLATFORM", "VIRTUAL, VIRTUAL"})
    void numberedBytesArriveInOrder(Kind writing, Kind reading) throws Exception {
        int last = 200_000;
        try (Pipe pipe = Pipe.create()) {
            pipe.sink().setCapacity(8192); // so that both wait often
            Running<Void> writer = writing.start(() -> {
                try (Arena arena = Arena.ofConfined();
                        PipeSink sink = pipe.sink()) {
                    MemorySegment numbers = arena.allocate(JAVA_LONG, 1999);
                    for (int next = 0; next < last; ) {
                        int count = (int) Math.min(numbers.byteSize() / 8, last - next);
                        for (int i = 0; i < count; i++) {
                            numbers.setAtIndex(JAVA_LONG, i, next++);
                        }
                        sink.writeFully(numbers.asSlice(0, count * 8L));
                    }
                }
                return null;
            });
            long read = reading.run(() -> {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment numbers = arena.allocate(JAVA_LONG, 1777);
                    long next = 0;
                    long part = 0; // bytes of a number that came without its rest
                    while (true) {
                        long count = pipe.source().read(numbers.asSlice(part));
                        if (count < 0) {
                            assertThat(part).isZero();
                            return next;
                        }
                        long bytes = part + count;
                        for (long at = 0; at + 8 <= bytes; at += 8) {
                            if (numbers.get(JAVA_LONG, at) != next++) {
                                throw new AssertionError(numbers.get(JAVA_LONG, at) + " in place of " + (next - 1));
                            }
                        }
                        part = bytes % 8;
                        MemorySegment.copy(numbers, bytes - part, numbers, 0, part);
                    }
                }
            });
            writer.get();
            assertThat(read).isEqualTo(last);
        }
    }

    /** Records of all sizes up to what is atomic (PIPE_BUF): their length, their writer, their number, and filling. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void recordsOfSeveralWritersAreNotMixed(boolean onTheHeap) throws Exception {
        int records = 1000;
        try (Pipe pipe = Pipe.create()) {
            List<Running<Void>> writers = new ArrayList<>();
            for (int number = 0; number < THREADS; number++) {
                int self = number;
                writers.add(kind(number).start(() -> {
                    try (Arena arena = Arena.ofConfined()) {
                        MemorySegment record = onTheHeap ? MemorySegment.ofArray(new byte[4096]) : arena.allocate(4096);
                        record.fill((byte) ('A' + self));
                        for (int i = 0; i < records; i++) {
                            int byteSize = i % 5 == 0 ? 4096 : 12 + i * 37 % 4084;
                            record.set(JAVA_INT_UNALIGNED, 0, byteSize);
                            record.set(JAVA_INT_UNALIGNED, 4, self);
                            record.set(JAVA_INT_UNALIGNED, 8, i);
                            assertThat(pipe.sink().write(record.asSlice(0, byteSize)))
                                    .isEqualTo(byteSize);
                        }
                    }
                    return null;
                }));
            }
            int[] next = new int[THREADS];
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment record = arena.allocate(4096);
                MemorySegment filling = arena.allocate(4096);
                for (int i = 0; i < records * THREADS; i++) {
                    pipe.source().readFully(record.asSlice(0, 12));
                    int byteSize = record.get(JAVA_INT_UNALIGNED, 0);
                    int writer = record.get(JAVA_INT_UNALIGNED, 4);
                    assertThat(byteSize).isBetween(12, 4096);
                    assertThat(writer).isBetween(0, THREADS - 1);
                    assertThat(record.get(JAVA_INT_UNALIGNED, 8)).isEqualTo(next[writer]++);
                    MemorySegment rest = record.asSlice(12, byteSize - 12);
                    pipe.source().readFully(rest);
                    assertThat(rest.mismatch(filling.asSlice(0, rest.byteSize()).fill((byte) ('A' + writer))))
                            .isEqualTo(-1);
                }
            }
            for (Running<Void> writer : writers) {
                writer.get();
            }
            assertThat(next).containsOnly(records);
            assertThat(pipe.source().available()).isZero();
        }
    }

    /** Each value is written as often as any other, so one byte lost or doubled shows. */
    @Test
    void ofSeveralReadersEachByteReachesExactlyOne() throws Exception {
        int rounds = 2000;
        try (Pipe pipe = Pipe.create()) {
            pipe.sink().setCapacity(4096);
            List<Running<long[]>> readers = new ArrayList<>();
            for (int number = 0; number < THREADS; number++) {
                int atATime = 1 + 97 * number;
                readers.add(kind(number).start(() -> {
                    long[] counts = new long[256];
                    byte[] bytes = new byte[atATime];
                    MemorySegment into = MemorySegment.ofArray(bytes);
                    for (long count; (count = pipe.source().read(into)) > 0; ) {
                        for (int i = 0; i < count; i++) {
                            counts[bytes[i] & 0xff]++;
                        }
                    }
                    return counts;
                }));
            }
            byte[] all = new byte[256];
            IntStream.range(0, 256).forEach(i -> all[i] = (byte) i);
            for (int round = 0; round < rounds; round++) {
                pipe.sink().writeFully(MemorySegment.ofArray(all));
            }
            pipe.sink().close();
            long[] sum = new long[256];
            for (Running<long[]> reader : readers) {
                long[] counts = reader.get();
                IntStream.range(0, 256).forEach(i -> sum[i] += counts[i]);
            }
            assertThat(sum).containsOnly(rounds);
        }
    }

    @Test
    void ofSeveralReadersEachPacketReachesOneAndWhole() throws Exception {
        int packets = 20_000;
        Set<Integer> seen = ConcurrentHashMap.newKeySet();
        try (Pipe pipe = Pipe.createWithPackets()) {
            List<Running<Integer>> readers = new ArrayList<>();
            for (int number = 0; number < THREADS; number++) {
                readers.add(kind(number).start(() -> {
                    int count = 0;
                    try (Arena arena = Arena.ofConfined()) {
                        MemorySegment into = arena.allocate(64);
                        for (long size; (size = pipe.source().read(into)) > 0; count++) {
                            int packet = into.get(JAVA_INT_UNALIGNED, 0);
                            assertThat(size).isEqualTo(4 + packet % 50);
                            assertThat(seen.add(packet)).as("new").isTrue();
                        }
                    }
                    return count;
                }));
            }
            List<Running<Void>> writers = new ArrayList<>();
            for (int number = 0; number < THREADS; number++) {
                int first = number;
                writers.add(kind(number).start(() -> {
                    try (Arena arena = Arena.ofConfined()) {
                        MemorySegment from = arena.allocate(64);
                        for (int packet = first; packet < packets; packet += THREADS) {
                            from.set(JAVA_INT_UNALIGNED, 0, packet);
                            pipe.sink().write(from.asSlice(0, 4 + packet % 50));
                        }
                    }
                    return null;
                }));
            }
            for (Running<Void> writer : writers) {
                writer.get();
            }
            pipe.sink().close();
            int count = 0;
            for (Running<Integer> reader : readers) {
                count += reader.get();
            }
            assertThat(count).isEqualTo(packets);
            assertThat(seen).hasSize(packets);
        }
    }

    /** Each is woken for its own byte, however many wait for the same end. */
    @Test
    void aThousandVirtualThreadsAtOneEndEachGetAByte() throws Exception {
        List<Running<Long>> readers = new ArrayList<>();
        try (Pipe pipe = Pipe.create();
                Arena arena = Arena.ofShared()) {
            for (int i = 0; i < 1000; i++) {
                MemorySegment into = arena.allocate(1);
                readers.add(Kind.VIRTUAL.start(() -> pipe.source().read(into)));
            }
            readers.forEach(Running::awaitWaiting);
            for (int i = 0; i < 1000; i++) {
                pipe.sink().write(text("x"));
            }
            List<Long> read = new ArrayList<>();
            for (Running<Long> reader : readers) {
                read.add(reader.get());
            }
            assertThat(read).isEqualTo(Collections.nCopies(1000, 1L));
            assertThat(pipe.source().available()).isZero();
        }
    }
}
