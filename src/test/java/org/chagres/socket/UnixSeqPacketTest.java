package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.chagres.socket.LocalSockets.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records: each as a whole, in order, over a connection. */
@ExtendWith(LeakCheck.class)
class UnixSeqPacketTest {
    private static final Duration MOMENT = Duration.ofMillis(20);

    private static void refused(Errno errno, ThrowingCallable what) {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(what)
                .satisfies(failure -> assertThat(failure.errno()).isEqualTo(errno));
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void recordsOverAListenerKeepTheirBoundaries(ThreadKind kind) throws Exception {
        try (UnixListener<UnixSeqPacket> listener = UnixListener.bindSeqPacket(UnixAddress.unnamed())) {
            UnixAddress name = listener.localAddress();
            assertThat(row(listener).type()).isEqualTo(5);
            assertThat(row(listener).listens()).isTrue();
            Waiting<UnixSeqPacket> accepting = Waiting.start(kind, listener::accept);
            awaitWaiting(accepting);
            try (UnixSeqPacket client =
                            kind.start(() -> UnixSeqPacket.connect(name)).get();
                    UnixSeqPacket server = accepting.get()) {
                assertThat(server.localAddress()).isEqualTo(name);
                assertThat(client.peerAddress()).isEqualTo(name);
                assertThat(row(server).state()).isEqualTo(Row.CONNECTED);
                for (String record : List.of("one", "", "three and more")) {
                    client.send(bytes(record));
                }
                for (String record : List.of("one", "", "three and more")) {
                    assertThat(kind.start(() -> receive(server)).get()).isEqualTo(record);
                }
            }
            refused(Errno.ECONNREFUSED, () -> UnixStream.connect(name)); // abstract names are looked up with the type
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void cutRecordTellsItsRealLengthAndTheRestIsLost(boolean isNative) throws Exception {
        try (Arena arena = Arena.ofConfined();
                SocketPair<UnixSeqPacket> pair = UnixSeqPacket.pair()) {
            MemorySegment into = isNative ? arena.allocate(3) : Waiting.memory(3);
            pair.first().send(bytes("truncated"));
            pair.first().send(bytes("next"));
            pair.first().send(bytes("as"));
            assertThat(pair.second().receive(into)).isEqualTo(9);
            assertThat(text(into, 3)).isEqualTo("tru");
            try (ReceivedMessage message = pair.second().receive(into, 0)) {
                assertThat(message.byteCount()).isEqualTo(3);
                assertThat(message.isTruncated()).isTrue();
                assertThat(text(into, 3)).isEqualTo("nex");
            }
            assertThat(pair.second().receive(into)).isEqualTo(2);
            assertThat(text(into, 2)).isEqualTo("as");
        }
    }

    @Test
    void recordOfNoBytesIsTakenByMemoryOfNone() throws Exception {
        try (SocketPair<UnixSeqPacket> pair = UnixSeqPacket.pair()) {
            pair.first().send(bytes("dropped"));
            pair.first().send(bytes(""));
            pair.first().send(bytes("x"));
            assertThat(pair.second().receive(Waiting.memory(0))).isEqualTo(7);
            assertThat(pair.second().receive(Waiting.memory(0))).isZero();
            assertThat(receive(pair.second())).isEqualTo("x");
            assertThat(pair.second().tryReceive(Waiting.memory(0), Duration.ZERO))
                    .isEqualTo(-1);
        }
    }

    @Test
    @SuppressWarnings("try") // the close is what is tested
    void endIsARecordOfNoBytesAgainAndAgain() throws Exception {
        try (SocketPair<UnixSeqPacket> pair = UnixSeqPacket.pair()) {
            pair.first().send(bytes("last"));
            pair.first().close();
            assertThat(receive(pair.second())).isEqualTo("last");
            for (int i = 0; i < 2; i++) {
                assertThat(pair.second().receive(Waiting.memory(9))).isZero();
            }
            try (ReceivedMessage message = pair.second().receive(Waiting.memory(9), 0)) {
                assertThat(message.isAtEnd()).isTrue();
                assertThat(message.byteCount()).isZero();
            }
            refused(Errno.EPIPE, () -> pair.second().send(bytes("x")));
        }
    }

    @Test
    void halvesAreShutDownOnTheirOwn() throws Exception {
        try (SocketPair<UnixSeqPacket> pair = UnixSeqPacket.pair()) {
            pair.first().send(bytes("before"));
            pair.first().shutdownOutput();
            assertThat(receive(pair.second())).isEqualTo("before");
            assertThat(receive(pair.second())).isEmpty();
            pair.second().send(bytes("answer"));
            assertThat(receive(pair.first())).isEqualTo("answer");
            refused(Errno.EPIPE, () -> pair.first().send(bytes("x")));
            pair.first().shutdownInput();
            refused(Errno.EPIPE, () -> pair.second().send(bytes("x")));
        }
    }

    @Test
    @SuppressWarnings("try") // the close is what is tested
    void peerClosedWithRecordsUnreadIsAReset() throws Exception {
        try (SocketPair<UnixSeqPacket> pair = UnixSeqPacket.pair()) {
            pair.first().send(bytes("never read"));
            pair.second().close();
            refused(Errno.ECONNRESET, () -> receive(pair.first()));
            assertThat(receive(pair.first())).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void recordBeyondTheSendBufferIsRefusedWhole(boolean isNative) throws Exception {
        try (Arena arena = Arena.ofConfined();
                SocketPair<UnixSeqPacket> pair = UnixSeqPacket.pair()) {
            int most = pair.first().option(LinuxSocketOptions.SO_SNDBUF);
            MemorySegment record = isNative ? arena.allocate(most + 1L) : Waiting.memory(most + 1);
            refused(Errno.EMSGSIZE, () -> pair.first().send(record));
            refused(Errno.EMSGSIZE, () -> pair.first().send(Message.of(record)));
            assertThat(pair.second().tryReceive(Waiting.memory(1), Duration.ZERO))
                    .isEqualTo(-1);
            pair.first().send(record.asSlice(0, most / 2));
            assertThat(pair.second().receive(Waiting.memory(1))).isEqualTo(most / 2);
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void sendWaitsForRoomAndTimeEndsIt(ThreadKind kind) throws Exception {
        try (SocketPair<UnixSeqPacket> pair = UnixSeqPacket.pair()) {
            MemorySegment record = Waiting.memory(10_000);
            int count = 0;
            while (pair.first().trySend(record, Duration.ZERO)) {
                count++;
            }
            assertThat(count).isPositive();
            assertThat(kind.start(() -> pair.first().trySend(record, MOMENT)).get())
                    .isFalse();
            Waiting<Void> sending = Waiting.startAndAwait(kind, () -> {
                pair.first().send(bytes("at last"));
                return null;
            });
            for (int i = 0; i < count; i++) {
                assertThat(pair.second().receive(record)).isEqualTo(10_000);
            }
            sending.get();
            assertThat(receive(pair.second())).isEqualTo("at last");
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    @SuppressWarnings("try") // the close is what is tested
    void timeInterruptAndCloseEndAReceive(ThreadKind kind) throws Exception {
        try (SocketPair<UnixSeqPacket> pair = UnixSeqPacket.pair()) {
            assertThat(kind.start(() -> pair.first().tryReceive(Waiting.memory(1), MOMENT))
                            .get())
                    .isEqualTo(-1);
            Waiting<String> interrupted = Waiting.startAndAwait(kind, () -> receive(pair.first()));
            interrupted.thread().interrupt();
            assertThat(interrupted.failure()).isInstanceOf(InterruptedException.class);
            Waiting<String> closed = Waiting.startAndAwait(kind, () -> receive(pair.first()));
            pair.first().close();
            assertThat(closed.failure()).isInstanceOf(AsynchronousCloseException.class);
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> receive(pair.first()));
        }
    }

    @Test
    void peekLeavesTheRecordAndReadOnlyMemoryIsRefused() throws Exception {
        try (SocketPair<UnixSeqPacket> pair = UnixSeqPacket.pair()) {
            pair.first().send(bytes("record"));
            for (int i = 0; i < 2; i++) {
                MemorySegment into = Waiting.memory(3);
                try (ReceivedMessage message =
                        pair.second().receive(into, 0, ReceiveOption.PEEK, ReceiveOption.REAL_LENGTH)) {
                    assertThat(message.byteCount()).isEqualTo(6);
                    assertThat(text(into, 3)).isEqualTo("rec");
                }
            }
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pair.second().receive(Waiting.memory(6).asReadOnly()));
            assertThat(receive(pair.second())).isEqualTo("record");
        }
    }
}
