package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.chagres.socket.TestMessages.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousCloseException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.pipe.Pipe;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Ways to receive, and to send what they are for: peeking, filling, real lengths, out of band, records. */
@ExtendWith(LeakCheck.class)
class ReceiveOptionsTest {
    private static final Duration NO_TIME = Duration.ZERO;

    // PEEK, REAL_LENGTH, and what does not fit.

    @ParameterizedTest
    @EnumSource
    void peekingShowsTheSameAgainAndAgain(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            pair.first().send(Message.of("hello"));
            for (int i = 0; i < 2; i++) {
                MemorySegment into = room(3);
                ReceivedMessage peeked = pair.second().receive(into, 0, ReceiveOption.PEEK);
                assertThat(text(into, peeked.byteCount())).isEqualTo("hel");
                assertThat(peeked.isTruncated()).isEqualTo(kind != Kind.STREAM);
            }
            MemorySegment into = room(9);
            ReceivedMessage message = pair.second().receive(into, 0);
            assertThat(text(into, message.byteCount())).isEqualTo("hello");
            assertThat(message.isTruncated()).isFalse();
            assertThat(pair.second().tryReceive(into, 0, NO_TIME, ReceiveOption.PEEK))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void theRestOfAStreamStaysAndThatOfADatagramIsLost(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            pair.first().send(Message.of("hello"));
            MemorySegment into = room(3);
            ReceivedMessage message = pair.second().receive(into, 0);
            assertThat(text(into, message.byteCount())).isEqualTo("hel");
            assertThat(message.isTruncated()).isEqualTo(kind != Kind.STREAM);
            assertThat(message.toString().contains("truncated")).isEqualTo(kind != Kind.STREAM);
            assertThat(pair.second().tryReceive(into, 0, NO_TIME).map(ReceivedMessage::byteCount))
                    .isEqualTo(kind == Kind.STREAM ? Optional.of(2L) : Optional.empty());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SEQPACKET", "DATAGRAM"})
    void theRealLengthIsToldWhateverTheMemoryHolds(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Arena arena = Arena.ofConfined()) {
            for (MemorySegment into : List.of(room(3), arena.allocate(3), room(0), arena.allocate(0))) {
                pair.first().send(Message.of("hello"));
                ReceivedMessage peeked = pair.second().receive(into, 0, ReceiveOption.PEEK, ReceiveOption.REAL_LENGTH);
                ReceivedMessage message = pair.second().receive(into, 0, ReceiveOption.REAL_LENGTH);
                assertThat(List.of(peeked.byteCount(), message.byteCount())).containsOnly(5L);
                assertThat(message.isTruncated()).isTrue();
                assertThat(message.isAtEnd()).isFalse();
                assertThat(text(into, into.byteSize())).isEqualTo("hello".substring(0, (int) into.byteSize()));
            }
            pair.first().sendMany(List.of(Message.of("hello"), Message.of("ab")));
            MemorySegment first = room(2);
            List<ReceivedMessage> many =
                    pair.second().receiveMany(List.of(first, room(8)), 0, ReceiveOption.REAL_LENGTH);
            assertThat(many).extracting(ReceivedMessage::byteCount).containsExactly(5L, 2L);
            assertThat(text(first, 2)).isEqualTo("he");
        }
    }

    @Test
    void anOptionThatIsNullIsRefused() throws Exception {
        try (var pair = UnixStream.pair()) {
            assertThatNullPointerException().isThrownBy(() -> pair.second().receive(room(1), 0, (ReceiveOption) null));
            assertThatNullPointerException().isThrownBy(() -> Message.of("x").with((SendOption) null));
        }
    }

    // WAIT_ALL.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void waitingForAllFillsTheMemoryFromSeveralSends(ThreadKind kind) throws Exception {
        try (var pair = UnixStream.pair()) {
            MemorySegment first = room(3);
            MemorySegment second = room(6);
            var receiver =
                    Running.start(kind, () -> pair.second().receive(List.of(first, second), 0, ReceiveOption.WAIT_ALL));
            for (String part : List.of("ab", "cdef", "ghi")) {
                receiver.untilWaiting();
                pair.first().send(Message.of(part));
            }
            assertThat(receiver.get().byteCount()).isEqualTo(9);
            assertThat(text(first, 3) + text(second, 6)).isEqualTo("abcdefghi");
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void waitingForAllFillsNativePiecesThatAreConfined(ThreadKind kind) throws Exception {
        try (var pair = UnixStream.pair()) {
            var receiver = Running.start(kind, () -> {
                try (Arena arena = Arena.ofConfined()) {
                    List<MemorySegment> pieces = List.of(arena.allocate(1), arena.allocate(0), arena.allocate(4));
                    long count = pair.second()
                            .receive(pieces, 0, ReceiveOption.WAIT_ALL)
                            .byteCount();
                    return count + text(pieces.get(0), 1) + text(pieces.get(2), 4);
                }
            });
            for (String part : List.of("a", "bc", "de")) {
                receiver.untilWaiting();
                pair.first().send(Message.of(part));
            }
            assertThat(receiver.get()).isEqualTo("5abcde");
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void waitingForAllStopsAtTheEnd(ThreadKind kind) throws Exception {
        try (var pair = UnixStream.pair()) {
            MemorySegment into = room(9);
            var receiver = Running.start(kind, () -> pair.second().receive(into, 0, ReceiveOption.WAIT_ALL));
            receiver.untilWaiting();
            pair.first().send(Message.of("abc"));
            receiver.untilWaiting();
            pair.first().shutdownOutput();
            ReceivedMessage message = receiver.get();
            assertThat(message.byteCount()).isEqualTo(3);
            assertThat(message.isAtEnd()).isFalse();
            assertThat(Running.run(kind, () -> pair.second().receive(into, 0, ReceiveOption.WAIT_ALL))
                            .isAtEnd())
                    .isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void waitingForAllStopsAtDescriptors(ThreadKind kind) throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            pair.first().send(Message.of("abc").with(pipe.source()));
            pair.first().send(Message.of("def").with(pipe.sink()));
            for (int i = 0; i < 2; i++) {
                MemorySegment into = room(3 + i);
                ReceivedMessage message = Running.run(
                        kind,
                        () -> pair.second()
                                .tryReceive(into, 4, Duration.ofSeconds(20), ReceiveOption.WAIT_ALL)
                                .orElseThrow());
                try (message) {
                    assertThat(message.byteCount()).isEqualTo(3);
                    assertThat(message.descriptorCount()).isEqualTo(1);
                    assertThat(file(message.toString())).isEqualTo(file(i == 0 ? pipe.source() : pipe.sink()));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void anInterruptWhileWaitingForAllLeavesWhatCameAndTheStatusSet(ThreadKind kind) throws Exception {
        try (var pair = UnixStream.pair()) {
            MemorySegment into = room(9);
            var receiver = Running.start(kind, () -> {
                long count =
                        pair.second().receive(into, 0, ReceiveOption.WAIT_ALL).byteCount();
                return count + " " + Thread.currentThread().isInterrupted();
            });
            pair.first().send(Message.of("abc"));
            receiver.untilWaiting();
            pair.first().send(Message.of("d"));
            Await.until(() -> unsent(pair.first()) == 0);
            receiver.untilWaiting();
            receiver.thread().interrupt();
            assertThat(receiver.get()).isEqualTo("4 true");
            assertThat(text(into, 4)).isEqualTo("abcd");
        }
    }

    private static int unsent(UnixSocket socket) {
        try {
            return socket.unsentBytes();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void anInterruptBeforeAnythingCameReceivesNothing(ThreadKind kind) throws Exception {
        try (var pair = UnixStream.pair()) {
            var receiver = Running.start(kind, () -> pair.second().receive(room(9), 0, ReceiveOption.WAIT_ALL));
            receiver.untilWaiting();
            receiver.thread().interrupt();
            assertThat(receiver.failure()).isInstanceOf(InterruptedException.class);
            pair.first().send(Message.of("abc"));
            assertThat(pair.second().receive(room(9), 0).byteCount()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void aTimeThatIsOverWhileWaitingForAllLeavesWhatCame(ThreadKind kind) throws Exception {
        try (var pair = UnixStream.pair()) {
            pair.first().send(Message.of("abc"));
            MemorySegment into = room(9);
            ReceivedMessage message = Running.run(
                    kind,
                    () -> pair.second()
                            .tryReceive(into, 0, Duration.ofMillis(50), ReceiveOption.WAIT_ALL)
                            .orElseThrow());
            assertThat(message.byteCount()).isEqualTo(3);
            assertThat(Running.run(
                            kind,
                            () -> pair.second().tryReceive(into, 0, Duration.ofMillis(20), ReceiveOption.WAIT_ALL)))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void aCloseWhileWaitingForAllLeavesWhatCame(ThreadKind kind) throws Exception {
        try (var pair = UnixStream.pair()) {
            var receiver = Running.start(kind, () -> pair.second().receive(room(9), 0, ReceiveOption.WAIT_ALL));
            pair.first().send(Message.of("abc"));
            Await.until(() -> unsent(pair.first()) == 0);
            receiver.untilWaiting();
            pair.second().close();
            assertThat(receiver.get().byteCount()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void waitingForAllHasNoEffectOnDatagrams(ThreadKind kind) throws Exception {
        for (Kind type : List.of(Kind.SEQPACKET, Kind.DATAGRAM)) {
            try (var pair = type.pair()) {
                pair.first().send(Message.of("abc"));
                assertThat(Running.run(kind, () -> pair.second().receive(room(9), 0, ReceiveOption.WAIT_ALL))
                                .byteCount())
                        .isEqualTo(3);
            }
        }
    }

    /** Each part comes with a number of the kernel's for the sender; on a virtual thread the first part is all. */
    @ParameterizedTest
    @EnumSource(value = ThreadKind.class, names = "PLATFORM")
    void waitingForAllOwnsTheProcessOfEachPart(ThreadKind kind) throws Exception {
        try (var pair = UnixStream.pair()) {
            try {
                pair.second().setOption(LinuxSocketOptions.SO_PASSPIDFD, true);
            } catch (ErrnoException beforeLinux65) {
                assumeTrue(beforeLinux65.errno() != Errno.ENOPROTOOPT, "this kernel has no SO_PASSPIDFD");
                throw beforeLinux65;
            }
            Set<String> before = Kernel.descriptors();
            pair.first().send(Message.of("abc"));
            MemorySegment into = room(9);
            Running.run(
                            kind,
                            () -> pair.second()
                                    .tryReceive(into, 0, Duration.ofMillis(50), ReceiveOption.WAIT_ALL)
                                    .orElseThrow())
                    .close();
            assertThat(Kernel.descriptors()).isEqualTo(before);

            var receiver = Running.start(kind, () -> pair.second().receive(into, 0, ReceiveOption.WAIT_ALL));
            for (String part : List.of("abc", "def", "ghi")) {
                receiver.untilWaiting();
                pair.first().send(Message.of(part));
            }
            receiver.get().close();
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void waitingForAllTellsOfDescriptorsThatWereClosedOnTheWay(ThreadKind kind) throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            Set<String> before = Kernel.descriptors();
            pair.first().send(Message.of("abc").with(pipe.source()));
            pair.first().send(Message.of("def"));
            ReceivedMessage message =
                    Running.run(kind, () -> pair.second().receive(room(6), 0, ReceiveOption.WAIT_ALL));
            assertThat(message.isControlTruncated()).isTrue();
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void waitingForAllStopsAtAnotherSender(ThreadKind kind) throws Exception {
        assumeTrue(ProcessCalls.getuid() == 0, "only root may pass for others");
        try (var pair = UnixStream.pair()) {
            pair.second().setOption(LinuxSocketOptions.SO_PASSCRED, true);
            Credentials own = Credentials.ofThisProcess();
            pair.first().send(Message.of("abc").as(own));
            pair.first().send(Message.of("def").as(new Credentials(own.pid(), 4242, own.gid())));
            ReceivedMessage message =
                    Running.run(kind, () -> pair.second().receive(room(6), 0, ReceiveOption.WAIT_ALL));
            assertThat(message.byteCount()).isEqualTo(3);
            assertThat(message.credentials()).contains(own);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAM", "SEQPACKET"})
    void theEndIsFromNobody(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            pair.second().setOption(LinuxSocketOptions.SO_PASSCRED, true);
            pair.first().close();
            ReceivedMessage end = pair.second().receive(room(4), 0);
            assertThat(end.isAtEnd()).isTrue();
            assertThat(end.credentials()).isEmpty();
        }
    }

    // The end, and messages of no bytes.

    @ParameterizedTest
    @EnumSource(names = {"STREAM", "SEQPACKET"})
    void theEndIsNoMessage(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            pair.first().send(Message.of("x"));
            pair.first().close();
            assertThat(pair.second().receive(room(4), 0).isAtEnd()).isFalse();
            for (int i = 0; i < 2; i++) {
                ReceivedMessage end = pair.second().receive(room(4), 1);
                assertThat(end.isAtEnd()).isTrue();
                assertThat(end.byteCount()).isZero();
                assertThat(end.isTruncated() || end.isControlTruncated() || end.isEndOfRecord() || end.isOutOfBand())
                        .isFalse();
                assertThat(end.credentials()).isEmpty();
            }
            assertThat(pair.second().receiveMany(List.of(room(4)), 0).getFirst().isAtEnd())
                    .isTrue();
        }
    }

    @Test
    void aDatagramOfNoBytesIsAMessage() throws Exception {
        try (var pair = UnixDatagram.pair()) {
            assertThat(pair.first().send(Message.of())).isZero();
            pair.first().sendMany(List.of(Message.of(""), Message.of(new byte[0])));
            assertThat(pair.second().receive(room(4), 0).isAtEnd()).isFalse();
            List<ReceivedMessage> two = pair.second().receiveMany(List.of(room(1), room(1), room(1)), 0);
            assertThat(two).extracting(ReceivedMessage::byteCount).containsExactly(0L, 0L);
            assertThat(two).extracting(ReceivedMessage::isAtEnd).containsOnly(false);
            assertThat(pair.second().tryReceive(room(4), 0, NO_TIME)).isEmpty();
        }
    }

    @Test
    void aRecordOfNoBytesIsToldFromTheEndByWhatTravelsWithIt() throws Exception {
        try (var pair = UnixSeqPacket.pair();
                Pipe pipe = Pipe.create()) {
            pair.first().send(Message.of().with(pipe.source()));
            try (ReceivedMessage message = pair.second().receive(room(4), 1)) {
                assertThat(message.isAtEnd()).isFalse();
                assertThat(message.descriptorCount()).isEqualTo(1);
            }
        }
    }

    @Test
    void aRecordOfNoBytesIsToldFromTheEndByItsCredentials() throws Exception {
        try (var pair = UnixSeqPacket.pair()) {
            pair.second().setOption(LinuxSocketOptions.SO_PASSCRED, true);
            pair.first().send(Message.of());
            pair.first().close();
            ReceivedMessage record = pair.second().receive(room(4), 0);
            ReceivedMessage end = pair.second().receive(room(4), 0);
            assertThat(record.credentials()).contains(Credentials.ofThisProcess());
            assertThat(record.isAtEnd()).isFalse();
            assertThat(end.isAtEnd()).isTrue();
        }
    }

    // Out of band.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void theLastByteGoesOutOfBand(ThreadKind kind) throws Exception {
        try (var pair = UnixStream.pair()) {
            MemorySegment into = room(9);
            Running.run(kind, () -> pair.first().send(Message.of("abc!").with(SendOption.OUT_OF_BAND)));
            ReceivedMessage urgent = Running.run(kind, () -> pair.second().receive(into, 0, ReceiveOption.OUT_OF_BAND));
            assertThat(text(into, urgent.byteCount())).isEqualTo("!");
            assertThat(urgent.isOutOfBand()).isTrue();
            pair.first().send(Message.of("def"));
            ReceivedMessage before = pair.second().receive(into, 0);
            assertThat(text(into, before.byteCount())).isEqualTo("abc"); // a read stops at the mark
            assertThat(before.isOutOfBand()).isFalse();
            assertThat(text(into, pair.second().receive(into, 0).byteCount())).isEqualTo("def");
        }
    }

    @Test
    void inlineTheByteStaysWhereItWasSent() throws Exception {
        try (var pair = UnixStream.pair()) {
            pair.second().setOption(LinuxSocketOptions.SO_OOBINLINE, true);
            pair.first().send(Message.of("abc!").with(SendOption.OUT_OF_BAND));
            pair.first().send(Message.of("def"));
            StringBuilder all = new StringBuilder();
            while (all.length() < 7) {
                MemorySegment into = room(9);
                all.append(text(into, pair.second().receive(into, 0).byteCount()));
            }
            assertThat(all).hasToString("abc!def");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whereNothingIsOutOfBandTheKernelRefuses(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            pair.first().send(Message.of("x"));
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> pair.second().receive(room(4), 0, ReceiveOption.OUT_OF_BAND))
                    .matches(failure -> failure.errno() == (kind == Kind.STREAM ? Errno.EINVAL : Errno.EOPNOTSUPP));
            if (kind != Kind.STREAM) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> pair.first().send(Message.of("x").with(SendOption.OUT_OF_BAND)))
                        .matches(failure -> failure.errno() == Errno.EOPNOTSUPP);
            }
            assertThat(pair.second().receive(room(4), 0).byteCount()).isEqualTo(1);
        }
    }

    // Records, and what local sockets do not care about.

    @ParameterizedTest
    @EnumSource
    void whatIsSentInAWayThatLocalSocketsDoNotCareAboutArrives(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            for (SendOption option :
                    List.of(SendOption.END_OF_RECORD, SendOption.MORE, SendOption.DONT_ROUTE, SendOption.CONFIRM)) {
                pair.first().send(Message.of("abc").with(option));
                ReceivedMessage message = pair.second().receive(room(9), 0);
                assertThat(message.byteCount()).isEqualTo(3);
                assertThat(message.isOutOfBand()).isFalse();
            }
            assertThat(pair.second().tryReceive(room(9), 0, NO_TIME)).isEmpty();
        }
    }

    /** The kernel tells of the end of each record of sequenced packets, or of none: but of others never. */
    @Test
    void onlySequencedPacketsHaveEndsOfRecords() throws Exception {
        for (Kind kind : List.of(Kind.STREAM, Kind.DATAGRAM)) {
            try (var pair = kind.pair()) {
                pair.first().send(Message.of("abc").with(SendOption.END_OF_RECORD));
                assertThat(pair.second().receive(room(9), 0).isEndOfRecord()).isFalse();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void thereAreNoErrorsToReceive(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            assertThat(pair.second().tryReceive(room(9), 0, NO_TIME, ReceiveOption.ERROR_QUEUE))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void aCloseEndsTheWaitForAMessage(ThreadKind kind) throws Exception {
        try (var pair = UnixSeqPacket.pair()) {
            var one = Running.start(kind, () -> pair.second().receive(room(9), 0));
            one.untilWaiting();
            var many = Running.start(kind, () -> pair.second().receiveMany(List.of(room(9)), 0));
            many.untilWaiting();
            pair.second().close();
            assertThat(one.failure()).isInstanceOf(AsynchronousCloseException.class);
            assertThat(many.failure()).isInstanceOf(AsynchronousCloseException.class);
        }
    }
}
