package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.chagres.socket.LocalSockets.*;

import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Readiness;
import org.chagres.process.ChildProcess;
import org.chagres.process.Redirect;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bytes both ways, and the ends of a connection. */
@ExtendWith(LeakCheck.class)
class UnixStreamTest {
    private static final Duration MOMENT = Duration.ofMillis(20);

    private static void refused(Errno errno, ThrowingCallable what) {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(what)
                .satisfies(failure -> assertThat(failure.errno()).isEqualTo(errno));
    }

    private static boolean isAtEnd(UnixStream stream) throws Exception {
        return stream.tryRead(Waiting.memory(1), Duration.ZERO) == -1;
    }

    private static void assertQuiet(UnixStream stream) throws Exception {
        assertThat(stream.tryRead(Waiting.memory(1), MOMENT)).isZero();
    }

    // Pairs.

    @Test
    void pairIsConnectedWithoutNamesAndOfThisProcess() throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            for (UnixStream end : List.of(pair.first(), pair.second())) {
                assertThat(end.localAddress()).isEqualTo(UnixAddress.unnamed());
                assertThat(end.peerAddress()).isEqualTo(UnixAddress.unnamed());
                assertThat(end.peerCredentials()).isEqualTo(Credentials.ofThisProcess());
                assertThat(end.descriptor().statusFlags()).isEmpty();
                assertThat(row(end).type()).isEqualTo(1);
                assertThat(row(end).state()).isEqualTo(Row.CONNECTED);
            }
            assertThat(inode(pair.first())).isNotEqualTo(inode(pair.second()));
        }
    }

    @Test
    @SuppressWarnings("try") // the close is what is tested
    void closingAPairClosesBothOnce() throws Exception {
        long before = openSockets();
        SocketPair<UnixStream> pair = UnixStream.pair();
        pair.close();
        pair.close();
        assertThat(openSockets()).isEqualTo(before);
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> read(pair.first()));
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> write(pair.second(), "x"));
        assertThatExceptionOfType(ClosedChannelException.class)
                .isThrownBy(() -> pair.first().localAddress());
        assertThatExceptionOfType(ClosedChannelException.class)
                .isThrownBy(() -> pair.first().peerAddress());
        assertThatExceptionOfType(ClosedChannelException.class)
                .isThrownBy(() -> pair.first().unsentBytes());
        assertThatExceptionOfType(ClosedChannelException.class)
                .isThrownBy(() -> pair.first().shutdown());
        assertThatExceptionOfType(ClosedChannelException.class)
                .isThrownBy(() -> pair.first().peerProcess());
    }

    @Test
    void forgottenPairIsClosed() throws Exception {
        long before = openSockets();
        UnixStream.pair();
        Garbage.collectUntil(() -> openSockets() == before);
    }

    // Bytes.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void manyBytesArriveInOrder(ThreadKind kind) throws Exception {
        byte[] sent = new byte[3_000_000];
        new Random(1).nextBytes(sent);
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            var writing = kind.start(() -> {
                pair.first().writeFully(MemorySegment.ofArray(sent));
                pair.first().shutdownOutput();
                return null;
            });
            byte[] received =
                    kind.start(() -> pair.second().inputStream().readAllBytes()).get();
            writing.get();
            assertThat(received).isEqualTo(sent);
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void writeWaitsForRoomAndMayBePartial(ThreadKind kind) throws Exception {
        try (Arena arena = Arena.ofShared();
                SocketPair<UnixStream> pair = UnixStream.pair()) {
            MemorySegment much = arena.allocate(1 << 20);
            long filled = pair.first().tryWrite(much, Duration.ZERO);
            assertThat(filled).isPositive().isLessThan(much.byteSize());
            assertThat(pair.first().tryWrite(much, MOMENT)).isZero();
            assertThat(pair.first().tryPoll(Set.of(Readiness.WRITABLE), Duration.ZERO))
                    .isEmpty();
            Waiting<Long> writing =
                    Waiting.startAndAwait(kind, () -> pair.first().write(much.asSlice(0, 100)));
            pair.second().readFully(arena.allocate(filled));
            assertThat(writing.get()).isPositive();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void timeEndsAReadAndTheNextSucceeds(ThreadKind kind) throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            assertThat(kind.start(() -> Waiting.nanosOf(() -> pair.first().tryRead(Waiting.memory(4), MOMENT)))
                            .get())
                    .isGreaterThanOrEqualTo(MOMENT.toNanos());
            write(pair.second(), "x");
            assertThat(kind.start(() -> read(pair.first())).get()).isEqualTo("x");
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void writeOfNothingSendsNothing(ThreadKind kind) throws Exception {
        try (Arena arena = Arena.ofShared();
                SocketPair<UnixStream> pair = UnixStream.pair()) {
            MemorySegment empty = arena.allocate(0);
            kind.start(() -> {
                        assertThat(pair.first().write(empty)).isZero();
                        assertThat(pair.first().write(List.of(empty, empty))).isZero();
                        assertThat(pair.first().send(Message.of(empty))).isZero();
                        return null;
                    })
                    .get();
            assertQuiet(pair.second());
        }
    }

    @Test
    void gatheredScatteredAndByEveryAdapter() throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            UnixStream out = pair.first();
            UnixStream in = pair.second();
            assertThat(out.write(List.of(bytes("Bar"), bytes(""), bytes("ro")))).isEqualTo(5);
            MemorySegment one = Waiting.memory(2);
            MemorySegment two = Waiting.memory(9);
            assertThat(in.read(List.of(one, two))).isEqualTo(5);
            assertThat(text(one, 2) + text(two, 3)).isEqualTo("Barro");

            try (OutputStream bytes = out.outputStream()) {
                bytes.write("Gatun\n".getBytes(StandardCharsets.UTF_8));
                bytes.flush();
                assertThat(in.available()).isEqualTo(6);
                ByteChannel channel = in.channel();
                ByteBuffer buffer = ByteBuffer.allocateDirect(10);
                assertThat(channel.read(buffer)).isEqualTo(6);
                buffer.flip();
                assertThat(channel.write(buffer)).isEqualTo(6); // and back
                InputStream back = out.inputStream();
                assertThat(back.readNBytes(6)).isEqualTo("Gatun\n".getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    @Test
    void wrongArgumentsAreRefusedBeforeAnyByteMoves() throws Exception {
        try (Arena arena = Arena.ofConfined();
                SocketPair<UnixStream> pair = UnixStream.pair()) {
            write(pair.first(), "kept");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pair.second().read(arena.allocate(4).asReadOnly()));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pair.second().receive(arena.allocate(4).asReadOnly(), 0));
            for (int count : new int[] {-1, 254}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> pair.second().receive(arena.allocate(4), count))
                        .withMessageContaining(Integer.toString(count));
            }
            assertThatExceptionOfType(NullPointerException.class)
                    .isThrownBy(() -> pair.second().read((MemorySegment) null));
            assertThatExceptionOfType(NullPointerException.class)
                    .isThrownBy(() -> pair.second().send((Message) null));
            assertThat(read(pair.second())).isEqualTo("kept");
        }
    }

    @Test
    void unsentBytesAreThoseNotYetReceived() throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            assertThat(pair.first().unsentBytes()).isZero();
            write(pair.first(), "x".repeat(1000));
            int unsent = pair.first().unsentBytes();
            assertThat(unsent).isGreaterThanOrEqualTo(1000);
            assertThat(pair.second().unsentBytes()).isZero();
            assertThat(pair.second().available()).isEqualTo(1000);
            read(pair.second());
            assertThat(pair.first().unsentBytes()).isZero();
        }
    }

    // The end.

    @Test
    void shutdownOfTheOutputIsTheEndForThePeerWhichCanStillAnswer() throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            write(pair.first(), "question");
            pair.first().shutdownOutput();
            pair.first().shutdownOutput(); // again
            assertThat(read(pair.second())).isEqualTo("question");
            assertThat(isAtEnd(pair.second())).isTrue();
            assertThat(isAtEnd(pair.second())).isTrue();
            write(pair.second(), "answer");
            assertThat(read(pair.first())).isEqualTo("answer");
            refused(Errno.EPIPE, () -> write(pair.first(), "more"));
            assertQuiet(pair.first());
        }
    }

    @Test
    void shutdownOfTheInputIsTheEndHereAndStopsThePeer() throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            write(pair.second(), "before");
            pair.first().shutdownInput();
            assertThat(read(pair.first())).isEqualTo("before");
            assertThat(isAtEnd(pair.first())).isTrue();
            refused(Errno.EPIPE, () -> write(pair.second(), "after"));
            write(pair.first(), "out");
            assertThat(read(pair.second())).isEqualTo("out");
        }
    }

    @Test
    void shutdownOfBothEndsBoth() throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            write(pair.first(), "last");
            pair.first().shutdown();
            assertThat(isAtEnd(pair.first())).isTrue();
            refused(Errno.EPIPE, () -> write(pair.first(), "x"));
            refused(Errno.EPIPE, () -> write(pair.second(), "x"));
            assertThat(read(pair.second())).isEqualTo("last");
            assertThat(isAtEnd(pair.second())).isTrue();
            assertThat(pair.first().isOpen()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void shutdownEndsAReadThatWaits(ThreadKind kind) throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            Waiting<String> here = Waiting.startAndAwait(kind, () -> read(pair.first()));
            pair.first().shutdownInput();
            assertThat(here.get()).isEmpty();
            Waiting<String> there = Waiting.startAndAwait(kind, () -> read(pair.second()));
            pair.first().shutdownOutput();
            assertThat(there.get()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    @SuppressWarnings("try") // the close is what is tested
    void closeOfThePeerEndsAReadAndAWriteThatWait(ThreadKind kind) throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            Waiting<String> reading = Waiting.startAndAwait(kind, () -> read(pair.first()));
            pair.second().close();
            assertThat(reading.get()).isEmpty();
        }
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            while (pair.first().tryWrite(Waiting.memory(1 << 16), Duration.ZERO) > 0) {}
            Waiting<Long> writing =
                    Waiting.startAndAwait(kind, () -> pair.first().write(Waiting.memory(1 << 16)));
            pair.second().close();
            assertThat(writing.failure())
                    .isInstanceOfSatisfying(
                            ErrnoException.class,
                            failure -> assertThat(failure.errno()).isIn(Errno.EPIPE, Errno.ECONNRESET));
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    @SuppressWarnings("try") // the close is what is tested
    void ownCloseEndsAReadThatWaits(ThreadKind kind) throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            Waiting<String> reading = Waiting.startAndAwait(kind, () -> read(pair.first()));
            pair.first().close();
            assertThat(reading.failure()).isInstanceOf(AsynchronousCloseException.class);
            assertThat(isAtEnd(pair.second())).isTrue();
        }
    }

    @Test
    @SuppressWarnings("try") // the close is what is tested
    void peerThatWasClosedIsTheEndAndBrokenPipe() throws Exception {
        for (boolean first : new boolean[] {true, false}) {
            try (SocketPair<UnixStream> pair = UnixStream.pair()) {
                UnixStream closed = first ? pair.first() : pair.second();
                UnixStream left = first ? pair.second() : pair.first();
                write(closed, "bye");
                closed.close();
                assertThat(left.poll(Set.of(Readiness.READABLE))).contains(Readiness.READABLE);
                assertThat(read(left)).isEqualTo("bye");
                assertThat(isAtEnd(left)).isTrue();
                assertThat(isAtEnd(left)).isTrue();
                refused(Errno.EPIPE, () -> write(left, "x"));
                refused(Errno.EPIPE, () -> left.write(List.of(bytes("x"), bytes("y"))));
                refused(Errno.EPIPE, () -> left.send(Message.of("x")));
                refused(Errno.EPIPE, () -> left.sendMany(List.of(Message.of("x"), Message.of("y"))));
            }
        }
    }

    @Test
    @SuppressWarnings("try") // the close is what is tested
    void peerClosedWithBytesUnreadIsAReset() throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            write(pair.first(), "never read");
            pair.second().close();
            refused(Errno.ECONNRESET, () -> read(pair.first()));
            assertThat(isAtEnd(pair.first())).isTrue(); // told once
        }
    }

    /** The kernel's own word, from outside: strace shows signals. */
    @Test
    void brokenPipeRaisesNoSignal() {
        Run.assumeInstalled("strace");
        List<String> strace = List.of("strace", "-f", "-qq", "-e", "trace=none", "-e", "signal=SIGPIPE");
        List<String> command = new ArrayList<>(strace);
        command.add("true");
        Run trial = Run.command(command, Map.of());
        Assumptions.assumeTrue(trial.status() == 0, () -> "strace is not permitted: " + trial.err());
        command.removeLast();
        command.addAll(Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), BrokenPipe.class));
        Run run = Run.command(command, Map.of());
        assertThat(run.output().lines()).hasSize(5).allMatch(line -> line.endsWith("EPIPE"));
        assertThat(run.err()).doesNotContain("SIGPIPE");
    }

    // Duplicates, and a child's copy.

    @Test
    @SuppressWarnings("try") // the close is what is tested
    void closeSendsNoEndWhileADuplicateIsOpenButShutdownDoes() throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair();
                Descriptor duplicate = pair.first().descriptor().duplicate()) {
            pair.first().close();
            assertQuiet(pair.second());
            write(UnixStream.of(duplicate), "still");
            assertThat(read(pair.second())).isEqualTo("still");
            UnixStream.of(duplicate).shutdownOutput();
            assertThat(isAtEnd(pair.second())).isTrue();
        }
    }

    @Test
    @SuppressWarnings("try") // the close is what is tested
    void closeSendsNoEndWhileAChildHasACopyButItsEndDoes() throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair();
                ChildProcess child = ChildProcess.command("cat")
                        .descriptor(5, Redirect.share(pair.first()))
                        .input(Redirect.pipe())
                        .output(Redirect.discard())
                        .start()) {
            pair.first().close();
            assertQuiet(pair.second());
            child.input().close();
            assertThat(read(pair.second())).isEmpty();
        }
    }

    @Test
    void shutdownSendsTheEndThoughAChildHasACopy() throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair();
                ChildProcess child = ChildProcess.command("cat")
                        .descriptor(5, Redirect.share(pair.first()))
                        .input(Redirect.pipe())
                        .output(Redirect.discard())
                        .start()) {
            pair.first().shutdown();
            assertThat(isAtEnd(pair.second())).isTrue();
            assertThat(child.tryAwait(Duration.ZERO)).isEmpty();
        }
    }

    @Test
    void oneEndIsAChildsInputAndOutput() throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair();
                ChildProcess child = ChildProcess.command("tr", "a-z", "A-Z")
                        .input(Redirect.share(pair.second()))
                        .output(Redirect.take(pair.second()))
                        .start()) {
            write(pair.first(), "both ways");
            pair.first().shutdownOutput();
            assertThat(new String(pair.first().inputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("BOTH WAYS");
            child.await();
        }
    }
}
