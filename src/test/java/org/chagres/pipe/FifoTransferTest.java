package org.chagres.pipe;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.chagres.pipe.TestFifos.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousCloseException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.FutureTask;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Readiness;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes through a FIFO, on the ends that were opened. */
@ExtendWith(LeakCheck.class)
class FifoTransferTest {
    private static final Duration SHORT = Duration.ofMillis(20);

    @TempDir
    Path folder;

    private Path path;
    private Fifo fifo;

    @BeforeEach
    void make() throws Exception {
        path = folder.resolve("fifo");
        fifo = Fifo.create(path);
    }

    private static MemorySegment memory(int byteSize) {
        return MemorySegment.ofArray(new byte[byteSize]);
    }

    private static Errno refusal(Throwable failure) {
        return ((ErrnoException) failure).errno();
    }

    // The end of the bytes.

    @ParameterizedTest
    @EnumSource
    void theEndComesWithTheLastWriterAndGoesWithTheNext(ThreadKind kind) throws Exception {
        get(kind.start(() -> {
            try (PipeSource source = fifo.openForReadingNow()) {
                for (int generation = 0; generation < 3; generation++) {
                    PipeSink first = fifo.openForWriting();
                    try (PipeSink second = fifo.openForWriting()) {
                        write(first, "one");
                        first.close();
                        assertThat(read(source)).isEqualTo("one");
                        assertThat(source.tryRead(memory(1), Duration.ZERO)).isZero(); // and not the end
                        write(second, "two");
                    }
                    assertThat(read(source)).isEqualTo("two"); // the rest comes before the end
                    assertThat(source.read(memory(1))).isEqualTo(-1);
                    assertThat(source.read(memory(1))).isEqualTo(-1);
                }
            }
            return null;
        }));
        assertThat(countOpen(path)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aReaderThatWaitsIsToldTheEnd(ThreadKind kind) throws Exception {
        try (PipeSource source = fifo.openForReadingNow()) {
            FutureTask<Long> reader;
            try (PipeSink sink = fifo.openForWriting()) {
                reader = kind.start(() -> source.read(memory(1)) + source.read(memory(1)));
                write(sink, "x");
            }
            assertThat(get(reader)).isEqualTo(1 - 1);
        }
    }

    /** Also those of which a virtual thread has made a description more. */
    @ParameterizedTest
    @EnumSource
    void closingAnEndClosesAllThereIsOfIt(ThreadKind kind) throws Exception {
        get(kind.start(() -> {
            try (PipeSource source = fifo.openForReadingNow()) {
                try (PipeSink sink = fifo.openForWriting()) {
                    write(sink, "x");
                    assertThat(read(source)).isEqualTo("x");
                    assertThat(sink.tryWrite(memory(1 << 20), Duration.ZERO)).isPositive();
                    read(source);
                }
                assertThat(source.read(memory(1))).isEqualTo(-1);
            }
            assertThat(countOpen(path)).isZero();
            assertThat(fifo.tryOpenForWriting(Duration.ZERO)).isEmpty();
            assertThat(fifo.tryOpenForReading(Duration.ZERO)).isEmpty();
            return null;
        }));
    }

    // Readers that go, and come back.

    @ParameterizedTest
    @EnumSource
    void aWriterWhoseReaderWentIsRefusedUntilOneComesBack(ThreadKind kind) throws Exception {
        get(kind.start(() -> {
            PipeSource first = fifo.openForReadingNow();
            try (PipeSink sink = fifo.openForWriting()) {
                first.close();
                for (int i = 0; i < 3; i++) {
                    assertThatExceptionOfType(ErrnoException.class)
                            .isThrownBy(() -> sink.write(memory(1)))
                            .matches(failure -> failure.errno() == Errno.EPIPE);
                    assertThatExceptionOfType(ErrnoException.class)
                            .isThrownBy(() -> sink.tryWrite(memory(1), Duration.ZERO))
                            .matches(failure -> failure.errno() == Errno.EPIPE);
                    try (PipeSource again = fifo.openForReading()) {
                        write(sink, "again");
                        assertThat(read(again)).isEqualTo("again");
                        // Without waiting as well, which a virtual thread must be able to tell.
                        assertThat(sink.tryWrite(memory(1 << 20), Duration.ZERO))
                                .isEqualTo(again.available());
                        assertThat(sink.tryWrite(memory(1), Duration.ZERO)).isZero();
                        assertThat(sink.tryWrite(memory(1), SHORT)).isZero();
                        read(again); // else the next reader would find it: the pipe lives on with its writer
                    }
                }
            }
            return null;
        }));
        assertThat(countOpen(path)).isZero();
    }

    /** Its second description is refused while nobody reads; that is not to be remembered. */
    @Test
    void virtualThreadsThatWriteAfterAReaderCameBackNeedNoHelperEach() throws Exception {
        PipeSource first = fifo.openForReadingNow();
        try (PipeSink sink = fifo.openForWriting()) {
            first.close();
            assertThat(get(ThreadKind.VIRTUAL.start(() -> catchThrowable(() -> sink.write(memory(1))))))
                    .matches(failure -> refusal(failure) == Errno.EPIPE);
            assertThat(countOpen(path)).isEqualTo(1);
            try (PipeSource again = fifo.openForReadingNow()) {
                get(ThreadKind.VIRTUAL.start(() -> {
                    write(sink, "x");
                    return null;
                }));
                assertThat(countOpen(path))
                        .as("both ends, and a description more")
                        .isEqualTo(3);
                assertThat(read(again)).isEqualTo("x");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWriterThatWaitsForRoomIsRefusedWhenTheLastReaderGoes(ThreadKind kind) throws Exception {
        PipeSource source = fifo.openForReadingNow();
        try (PipeSink sink = fifo.openForWriting()) {
            sink.writeFully(memory(sink.capacity()));
            var writer = kind == ThreadKind.PLATFORM ? TestPipes.Kind.PLATFORM : TestPipes.Kind.VIRTUAL;
            var waiting = writer.start(() -> sink.write(memory(1))).awaitWaiting();
            source.close();
            assertThat(refusal(waiting.failure())).isEqualTo(Errno.EPIPE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void closingWakesWhoWaitsAtAnEnd(TestPipes.Kind kind) throws Exception {
        PipeSource source = fifo.openForReadingNow();
        try (PipeSink sink = fifo.openForWriting()) {
            var reader = kind.start(() -> source.read(memory(1))).awaitWaiting();
            source.close();
            assertThat(reader.failure()).isInstanceOf(AsynchronousCloseException.class);
            assertThat(fifo.tryOpenForWriting(Duration.ZERO))
                    .as("the last reader is gone")
                    .isEmpty();
            assertThat(sink.isOpen()).isTrue();
        }
    }

    // Room.

    @ParameterizedTest
    @EnumSource
    void aFullOneTakesNothingWithoutWaiting(ThreadKind kind) throws Exception {
        get(kind.start(() -> {
            try (PipeSource source = fifo.openForReadingNow();
                    PipeSink sink = fifo.openForWriting()) {
                assertThat(sink.tryWrite(memory(1 << 20), Duration.ZERO)).isEqualTo(sink.capacity());
                assertThat(sink.tryWrite(memory(1), Duration.ZERO)).isZero();
                assertThat(sink.tryWrite(memory(1), SHORT)).isZero();
                assertThat(source.available()).isEqualTo(sink.capacity());
            }
            return null;
        }));
    }

    @ParameterizedTest
    @EnumSource
    void bothEndsTellAndSetTheCapacity(ThreadKind kind) throws Exception {
        get(kind.start(() -> {
            try (PipeSource source = fifo.openForReadingNow();
                    PipeSink sink = fifo.openForWriting()) {
                assertThat(source.capacity()).isEqualTo(65536).isEqualTo(sink.capacity());
                assertThat(source.setCapacity(5000)).isEqualTo(8192);
                assertThat(sink.capacity()).isEqualTo(8192);
                assertThat(sink.setCapacity(1)).isEqualTo(4096);
                assertThat(source.capacity()).isEqualTo(4096);
                assertThat(sink.tryWrite(memory(5000), Duration.ZERO)).isEqualTo(4096);
                assertThat(source.setCapacity(16384)).isEqualTo(16384);
                assertThat(sink.tryWrite(memory(20000), Duration.ZERO)).isEqualTo(16384 - 4096);
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> sink.setCapacity(4096))
                        .matches(refused -> refused.errno() == Errno.EBUSY);
            }
            // It is the pipe's, which goes with its last end.
            try (PipeSource source = fifo.openForReadingNow()) {
                assertThat(source.capacity()).isEqualTo(65536);
                assertThat(source.available()).as("bytes without an end").isZero();
            }
            return null;
        }));
    }

    // Readiness.

    @ParameterizedTest
    @EnumSource
    void readinessIsToldOfItsEnds(ThreadKind kind) throws Exception {
        Set<Readiness> reading = Set.of(Readiness.READABLE);
        Set<Readiness> writing = Set.of(Readiness.WRITABLE);
        get(kind.start(() -> {
            try (PipeSource source = fifo.openForReadingNow()) {
                // Nobody has hung up as long as nobody was there, though a read is at the end.
                assertThat(source.tryPoll(reading, SHORT)).isEmpty();
                try (PipeSink sink = fifo.openForWriting()) {
                    assertThat(source.tryPoll(reading, SHORT)).isEmpty();
                    assertThat(sink.poll(writing)).isEqualTo(writing);
                    write(sink, "x");
                    assertThat(source.poll(reading)).isEqualTo(reading);
                    sink.tryWrite(memory(1 << 20), Duration.ZERO);
                    assertThat(sink.tryPoll(writing, SHORT)).isEmpty();
                    read(source);
                    assertThat(sink.poll(writing)).isEqualTo(writing);
                }
                assertThat(source.poll(reading)).contains(Readiness.HANG_UP);
                try (PipeSink sink = fifo.openForWriting()) {
                    assertThat(source.tryPoll(reading, SHORT))
                            .as("somebody is there again")
                            .isEmpty();
                    assertThat(sink.isOpen()).isTrue();
                }
            }
            return null;
        }));
    }

    @ParameterizedTest
    @EnumSource
    void aReaderThatWasThereFirstIsToldWhenBytesCome(ThreadKind kind) throws Exception {
        try (PipeSource source = fifo.openForReadingNow()) {
            FutureTask<Set<Readiness>> poll = kind.start(() -> source.poll(Set.of(Readiness.READABLE)));
            try (PipeSink sink = fifo.openForWriting()) {
                write(sink, "x");
                assertThat(get(poll)).containsExactly(Readiness.READABLE);
            }
        }
    }

    // Directions.

    @Test
    void anEndThatWasOpenedForOneThingDoesNotDoTheOther() throws Exception {
        try (PipeSource source = fifo.openForReadingNow();
                PipeSink sink = fifo.openForWriting()) {
            Descriptor reading = source.descriptor();
            Descriptor writing = sink.descriptor();
            for (ThreadKind kind : ThreadKind.values()) {
                get(kind.start(() -> {
                    assertThatExceptionOfType(ErrnoException.class)
                            .isThrownBy(() -> reading.write(memory(1)))
                            .matches(refused -> refused.errno() == Errno.EBADF);
                    assertThatExceptionOfType(ErrnoException.class)
                            .isThrownBy(() -> writing.read(memory(1)))
                            .matches(refused -> refused.errno() == Errno.EBADF);
                    return null;
                }));
            }
        }
    }

    // Several writers.

    @Test
    void recordsOfFourProcessesAreNotMixed() throws Exception {
        int writers = 4;
        int records = 400;
        List<Peer> peers = new ArrayList<>();
        try (PipeSource source = openWith(peers, writers, records);
                Arena arena = Arena.ofConfined()) {
            MemorySegment record = arena.allocate(FifoRecords.BYTE_SIZE);
            MemorySegment expected = arena.allocate(FifoRecords.BYTE_SIZE);
            int[] next = new int[writers];
            int alternations = 0;
            int last = -1;
            for (int i = 0; i < writers * records; i++) {
                source.readFully(record);
                int writer = record.get(JAVA_INT_UNALIGNED, 0);
                assertThat(writer).isBetween(0, writers - 1);
                FifoRecords.fill(expected, writer, next[writer]++);
                assertThat(record.mismatch(expected)).as("mixed at").isEqualTo(-1);
                alternations += writer == last ? 0 : 1;
                last = writer;
            }
            assertThat(source.read(record)).isEqualTo(-1);
            assertThat(next).containsOnly(records);
            assertThat(alternations).as("writers took turns").isGreaterThan(writers);
            for (Peer peer : peers) {
                assertThat(peer.end()).isZero();
            }
        } finally {
            peers.forEach(Peer::close);
        }
    }

    /** All are there before the first byte is read: writers block in open until we come. */
    private PipeSource openWith(List<Peer> peers, int writers, int records) throws Exception {
        for (int writer = 0; writer < writers; writer++) {
            peers.add(Peer.java(FifoRecords.class, path, writer, records));
        }
        for (Peer peer : peers) {
            awaitBlockedInOpen(peer.pid(), 1);
        }
        PipeSource source = fifo.openForReading();
        source.setCapacity(2 * FifoRecords.BYTE_SIZE); // so that they wait often
        return source;
    }
}
