package org.chagres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.Mover.*;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ByteChannel;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.InterruptibleChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.chagres.pipe.Pipe;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The streams and channels of the JDK over a source or a sink. */
@ExtendWith(LeakCheck.class)
class ByteStreamsTest {
    private static final int PIPE_BYTES = 1 << 16;

    private final Pipe pipe = Pipe.create();
    private final InputStream in = pipe.source().inputStream();
    private final OutputStream out = pipe.sink().outputStream();

    @TempDir
    private Path folder;

    ByteStreamsTest() throws Exception {}

    @AfterEach
    void closeAll() {
        pipe.close();
    }

    // Streams.

    @ParameterizedTest
    @EnumSource
    void singleBytesOfEveryValueGoThrough(ThreadKind kind) throws Exception {
        startMove(kind, () -> {
                    for (int value = 0; value < 256; value++) {
                        out.write(value);
                    }
                    out.write(0x1ff);
                })
                .get();
        assertThat(in.available()).isEqualTo(257);
        startMove(kind, () -> {
                    for (int value = 0; value < 256; value++) {
                        assertThat(in.read()).isEqualTo(value);
                    }
                    assertThat(in.read()).as("the low byte").isEqualTo(0xff);
                })
                .get();
        out.close();
        assertThat(run(kind, () -> in.read())).isEqualTo(-1);
    }

    @ParameterizedTest
    @EnumSource
    void partsOfArraysAreReadAndWritten(ThreadKind kind) throws Exception {
        startMove(kind, () -> out.write("..Chagres..".getBytes("US-ASCII"), 2, 7))
                .get();
        byte[] into = ".".repeat(10).getBytes("US-ASCII");
        assertThat(run(kind, () -> in.read(into, 1, 3))).isEqualTo(3);
        assertThat(run(kind, () -> in.read(into, 6, 4))).isEqualTo(4);
        assertThat(into).isEqualTo(".Cha..gres".getBytes("US-ASCII"));
    }

    @Test
    void noBytesAreReadWithoutWaitingAndAtTheEndToo() throws Exception {
        assertThat(in.read(new byte[0])).isZero();
        assertThat(in.read(new byte[3], 3, 0)).isZero();
        out.write(new byte[0]);
        out.close();
        assertThat(in.read(new byte[0])).isZero();
        assertThat(in.read(new byte[1])).isEqualTo(-1);
    }

    @Test
    void wrongRangesAreRefused() throws Exception {
        out.write('x');
        byte[] array = new byte[3];
        for (int[] range : new int[][] {{-1, 1}, {0, 4}, {3, 1}, {1, -1}, {1, Integer.MAX_VALUE}}) {
            assertThatThrownBy(() -> in.read(array, range[0], range[1])).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> out.write(array, range[0], range[1]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
        assertThatThrownBy(() -> in.read(null, 0, 0)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> out.write(null, 0, 0)).isInstanceOf(NullPointerException.class);
        assertThat(in.available()).isEqualTo(1);
    }

    /** Nothing is kept back in either: what was written is there, what was not read is still there. */
    @Test
    void streamsHaveNoBuffer() throws Exception {
        out.write('a');
        assertThat(pipe.source().available()).isEqualTo(1);
        out.write('b');
        assertThat(in.read()).isEqualTo('a');
        assertThat(pipe.source().read(new byte[9])).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void aWriteIsWholeHoweverLong(ThreadKind kind) throws Exception {
        byte[] bytes = numbered(1_000_000);
        Mover<Boolean> writer = startMove(kind, () -> {
            out.write(bytes);
            out.close();
        });
        assertThat(run(kind, in::readAllBytes)).isEqualTo(bytes);
        writer.get();
    }

    @ParameterizedTest
    @EnumSource
    void whatStreamsOfTheJdkDoBesidesWorks(ThreadKind kind) throws Exception {
        byte[] bytes = numbered(200_000);
        Mover<Boolean> writer = startMove(kind, () -> {
            out.write(bytes);
            out.close();
        });
        startMove(kind, () -> {
                    assertThat(in.skip(1000)).isEqualTo(1000);
                    in.skipNBytes(100_000);
                    assertThat(in.readNBytes(5)).hasSize(5).startsWith(bytes[101_000]);
                    byte[] array = new byte[20];
                    assertThat(in.readNBytes(array, 10, 10)).isEqualTo(10);
                    assertThat(array[10]).isEqualTo(bytes[101_005]);
                    ByteArrayOutputStream rest = new ByteArrayOutputStream();
                    assertThat(in.transferTo(rest)).isEqualTo(200_000 - 101_015);
                    assertThat(rest.toByteArray()).endsWith(bytes[199_998], bytes[199_999]);
                    assertThat(in.skip(1)).isZero();
                    assertThat(in.readNBytes(1)).isEmpty();
                })
                .get();
        writer.get();
    }

    /** Where the kernel does not count, a stream says that it knows of none; a buffer over it asks after each read. */
    @Test
    void aBufferedStreamReadsWhateverHasNoCount() throws Exception {
        for (String path : List.of("/proc/self/status", "/dev/null", "/proc/version")) {
            try (Descriptor descriptor = Descriptor.open(Path.of(path))) {
                byte[] bytes = new BufferedInputStream(descriptor.inputStream(), 16).readNBytes(100_000);
                assertThat(bytes.length == 0).as(path).isEqualTo(path.equals("/dev/null"));
            }
        }
        try (Descriptor zeros = Descriptor.open(Path.of("/dev/zero"))) {
            assertThat(zeros.inputStream().available()).isZero();
            assertThat(new BufferedInputStream(zeros.inputStream()).readNBytes(100))
                    .isEqualTo(new byte[100]);
        }
    }

    @Test
    void closingAStreamClosesTheEndAndTheOtherWayRound() throws Exception {
        out.close();
        out.close();
        assertThat(pipe.sink().isOpen()).isFalse();
        pipe.source().close();
        in.close();
        for (Move move : List.<Move>of(
                in::read,
                () -> in.read(new byte[1]),
                in::available,
                () -> out.write(1),
                () -> out.write(new byte[0]))) {
            assertThatThrownBy(move::make).isExactlyInstanceOf(ClosedChannelException.class);
        }
        out.flush();
    }

    @ParameterizedTest
    @EnumSource
    void closingEndsAReadAndAWriteOfStreams(ThreadKind kind) throws Exception {
        Mover<Integer> reader = start(kind, in::read);
        reader.awaitWaiting();
        in.close();
        assertThat(reader.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
        assertErrno(failure(kind, () -> out.write(1)), Errno.EPIPE);
        try (Pipe full = Pipe.create()) {
            Mover<Boolean> writer =
                    startMove(kind, () -> full.sink().outputStream().write(new byte[PIPE_BYTES + 1]));
            writer.awaitWaiting();
            full.sink().outputStream().close();
            assertThat(writer.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
        }
    }

    // Interrupts.

    /** An interrupted read, of whatever adapter: what is thrown, and what must be as before. */
    private void assertReadInterrupted(ThreadKind kind, Move read) throws Exception {
        for (boolean before : new boolean[] {true, false}) {
            Mover<Boolean> reader = start(kind, () -> {
                if (before) {
                    Thread.currentThread().interrupt();
                }
                assertThatThrownBy(read::make)
                        .isInstanceOfSatisfying(
                                InterruptedIOException.class,
                                interrupt ->
                                        assertThat(interrupt.bytesTransferred).isZero());
                assertThatThrownBy(read::make)
                        .as("again, as the status is still set")
                        .isInstanceOf(InterruptedIOException.class);
                return Thread.interrupted();
            });
            if (!before) {
                reader.awaitWaiting().thread().interrupt();
            }
            assertThat(reader.get()).as("interrupted status").isTrue();
        }
        assertThat(pipe.source().isOpen()).isTrue();
        pipe.sink().write(text("x"));
        assertThat(pipe.source().read(new byte[9])).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptEndsAReadAndLeavesAllOpen(ThreadKind kind) throws Exception {
        assertReadInterrupted(kind, in::read);
        assertReadInterrupted(kind, () -> in.read(new byte[9], 3, 2));
        assertReadInterrupted(kind, () -> in.skip(3));
        assertReadInterrupted(kind, in::readAllBytes);
        ByteBuffer buffer = ByteBuffer.allocate(9).position(4);
        assertReadInterrupted(kind, () -> pipe.source().channel().read(buffer));
        assertThat(buffer.position()).isEqualTo(4);
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptedReadOfManyBytesTellsHowManyThereWere(ThreadKind kind) throws Exception {
        byte[] into = new byte[8];
        Mover<Integer> reader = start(kind, () -> {
            try {
                in.readNBytes(into, 0, 8);
                throw new AssertionError("not interrupted");
            } catch (InterruptedIOException interrupt) {
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
                return interrupt.bytesTransferred;
            }
        });
        reader.awaitWaiting();
        out.write("12345".getBytes("US-ASCII"));
        Await.until(() -> into[4] == '5');
        reader.awaitWaiting().thread().interrupt();
        assertThat(reader.get()).isEqualTo(5);
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptedWriteOfAStreamTellsHowMuchIsWritten(ThreadKind kind) throws Exception {
        Mover<Integer> writer = start(kind, () -> {
            try {
                out.write(new byte[PIPE_BYTES + 10], 3, PIPE_BYTES + 5);
                throw new AssertionError("not interrupted");
            } catch (InterruptedIOException interrupt) {
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
                assertThatThrownBy(() -> out.write(1))
                        .isInstanceOfSatisfying(
                                InterruptedIOException.class,
                                none -> assertThat(none.bytesTransferred).isZero());
                return interrupt.bytesTransferred;
            }
        });
        writer.awaitWaiting();
        Await.until(() -> available() == PIPE_BYTES);
        writer.awaitWaiting().thread().interrupt();
        assertThat(writer.get()).isEqualTo(PIPE_BYTES);
        assertThat(pipe.sink().isOpen()).isTrue();
        assertThat(available()).isEqualTo(PIPE_BYTES);
    }

    // Channels.

    @Test
    void channelsAreNotInterruptible() throws Exception {
        Path file = folder.resolve("file");
        try (Descriptor descriptor = Descriptor.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            for (Channel channel :
                    List.<Channel>of(pipe.source().channel(), pipe.sink().channel(), descriptor.channel())) {
                assertThat(channel).isNotInstanceOf(InterruptibleChannel.class);
                assertThat(channel.isOpen()).isTrue();
                channel.close();
                channel.close();
                assertThat(channel.isOpen()).isFalse();
            }
            assertThat(descriptor.isOpen()).isFalse();
        }
        assertThat(pipe.source().isOpen()).isFalse();
        assertThat(pipe.sink().isOpen()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void channelsReadWhatThereIsAndWriteAll(ThreadKind kind) throws Exception {
        ReadableByteChannel source = pipe.source().channel();
        WritableByteChannel sink = pipe.sink().channel();
        ByteBuffer much = ByteBuffer.wrap(numbered(200_000)).position(5);
        Mover<Integer> writer = start(kind, () -> sink.write(much));
        ByteBuffer arrived = ByteBuffer.allocate(300_000);
        startMove(kind, () -> {
                    while (arrived.position() < 199_995) {
                        assertThat(source.read(arrived)).isPositive();
                    }
                })
                .get();
        assertThat(writer.get()).isEqualTo(199_995);
        assertThat(much.hasRemaining()).isFalse();
        assertThat(arrived.flip()).isEqualTo(much.position(5));
        assertThat(run(kind, () -> sink.write(ByteBuffer.allocate(0)))).isZero();
        assertThat(run(kind, () -> source.read(ByteBuffer.allocate(0)))).isZero();
        sink.close();
        assertThat(run(kind, () -> source.read(ByteBuffer.allocate(1)))).isEqualTo(-1);
        assertThat(failure(kind, () -> sink.write(ByteBuffer.allocate(1))))
                .isExactlyInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> source.read(ByteBuffer.allocate(1).asReadOnlyBuffer()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptedWriteMovesThePositionByWhatIsWritten(ThreadKind kind) throws Exception {
        ByteBuffer from = ByteBuffer.allocateDirect(PIPE_BYTES + 20).position(10);
        Mover<Integer> writer = start(kind, () -> {
            try {
                return pipe.sink().channel().write(from);
            } catch (InterruptedIOException interrupt) {
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
                return -interrupt.bytesTransferred;
            }
        });
        writer.awaitWaiting();
        Await.until(() -> available() == PIPE_BYTES);
        writer.awaitWaiting().thread().interrupt();
        assertThat(writer.get()).isEqualTo(-PIPE_BYTES);
        assertThat(from.position()).isEqualTo(10 + PIPE_BYTES);
        assertThat(pipe.sink().isOpen()).isTrue();

        ByteBuffer more = ByteBuffer.allocate(3).position(1);
        Mover<Integer> second = start(kind, () -> pipe.sink().channel().write(more));
        second.awaitWaiting().thread().interrupt();
        assertThat(second.failure()).isInstanceOf(InterruptedIOException.class);
        assertThat(more.position()).isEqualTo(1);
    }

    /** The same however the write ended: else a program that goes on elsewhere would write these bytes twice. */
    @ParameterizedTest
    @EnumSource
    void aWriteCutByACloseMovesThePositionToo(ThreadKind kind) throws Exception {
        ByteBuffer from = ByteBuffer.allocate(PIPE_BYTES + 20);
        Mover<Integer> writer = start(kind, () -> pipe.sink().channel().write(from));
        writer.awaitWaiting();
        Await.until(() -> available() == PIPE_BYTES);
        writer.awaitWaiting();
        pipe.sink().close();
        assertThat(writer.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
        assertThat(from.position()).isEqualTo(PIPE_BYTES);
    }

    @Test
    void aChannelOfAFileReadsAndWrites() throws Exception {
        Path file = folder.resolve("file");
        Files.writeString(file, "Gatun Lake");
        try (ByteChannel channel = Descriptor.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)
                .channel()) {
            ByteBuffer five = ByteBuffer.allocate(5);
            assertThat(channel.read(five)).isEqualTo(5);
            assertThat(channel.write(five.flip())).isEqualTo(5);
        }
        assertThat(file).hasContent("GatunGatun");
    }

    @Test
    void theTextTellsWhatItIsOf() {
        assertThat(in).hasToString("InputStream of " + pipe.source());
        assertThat(out).hasToString("OutputStream of " + pipe.sink());
        assertThat(pipe.source().channel()).hasToString("Channel of " + pipe.source());
    }

    private int available() {
        try {
            return pipe.source().available();
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }
}
