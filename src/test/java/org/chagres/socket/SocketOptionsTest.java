package org.chagres.socket;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.socket.LinuxSocketOptions.*;
import static org.chagres.socket.TestMessages.*;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options of each type of local socket: typed, of the JDK, and by their numbers. */
@ExtendWith(LeakCheck.class)
class SocketOptionsTest {
    private static final int SOL_SOCKET = 1;

    private static byte[] bytes(int value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.nativeOrder())
                .putInt(value)
                .array();
    }

    private static Errno errno(ThrowingCallable call) {
        ErrnoException failure = catchThrowableOfType(ErrnoException.class, call);
        assertThat(failure).as("a failure").isNotNull();
        return failure.errno();
    }

    private static <T> T setAndAsked(UnixSocket socket, SocketOption<T> option, T value) throws IOException {
        socket.setOption(option, value);
        return socket.option(option);
    }

    @ParameterizedTest
    @EnumSource
    void switchesAreAsTheyWereSet(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            for (SocketOption<Boolean> option : List.of(
                    SO_BROADCAST,
                    SO_DONTROUTE,
                    SO_KEEPALIVE,
                    SO_OOBINLINE,
                    SO_PASSCRED,
                    SO_PASSSEC,
                    SO_REUSEADDR,
                    SO_TIMESTAMP,
                    SO_TIMESTAMPNS)) {
                assertThat(pair.first().option(option)).as(option.name()).isFalse();
                assertThat(setAndAsked(pair.first(), option, true))
                        .as(option.name())
                        .isTrue();
                assertThat(pair.second().option(option))
                        .as("of the other: " + option.name())
                        .isFalse();
                assertThat(setAndAsked(pair.first(), option, false))
                        .as(option.name())
                        .isFalse();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theKernelDoublesTheSizesOfBuffersWithinItsLimits(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            int most = Integer.parseInt(
                    Files.readAllLines(Path.of("/proc/sys/net/core/wmem_max")).getFirst());
            UnixSocket socket = pair.first();
            assertThat(setAndAsked(socket, SO_SNDBUF, 10_000)).isEqualTo(20_000);
            assertThat(setAndAsked(socket, SO_RCVBUF, 10_000)).isEqualTo(20_000);
            assertThat(setAndAsked(socket, StandardSocketOptions.SO_SNDBUF, 11_000))
                    .isEqualTo(22_000);
            assertThat(socket.option(SO_SNDBUF)).isEqualTo(22_000);
            assertThat(setAndAsked(socket, SO_SNDBUF, 1)).isEqualTo(4608);
            assertThat(setAndAsked(socket, SO_RCVBUF, 1)).isEqualTo(2304);
            assertThat(setAndAsked(socket, SO_SNDBUF, Integer.MAX_VALUE)).isEqualTo(2 * most);
        }
    }

    @ParameterizedTest
    @EnumSource
    void lingeringIsOffOrSoManySeconds(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            UnixSocket socket = pair.first();
            assertThat(socket.option(SO_LINGER)).isEmpty();
            assertThat(socket.option(StandardSocketOptions.SO_LINGER)).isEqualTo(-1);
            assertThat(setAndAsked(socket, SO_LINGER, Optional.of(Duration.ZERO)))
                    .contains(Duration.ZERO);
            assertThat(socket.option(StandardSocketOptions.SO_LINGER)).isZero();
            assertThat(setAndAsked(socket, SO_LINGER, Optional.of(Duration.ofMillis(1))))
                    .contains(Duration.ofSeconds(1));
            assertThat(setAndAsked(socket, StandardSocketOptions.SO_LINGER, 65_535))
                    .isEqualTo(65_535);
            assertThat(setAndAsked(socket, StandardSocketOptions.SO_LINGER, -1)).isEqualTo(-1);
            assertThat(socket.option(SO_LINGER)).isEmpty();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> socket.setOption(SO_LINGER, Optional.of(Duration.ofSeconds(-1))));
        }
    }

    @ParameterizedTest
    @EnumSource
    void numbersAndTimesAreAsTheyWereSet(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            UnixSocket socket = pair.first();
            assertThat(setAndAsked(socket, SO_PRIORITY, 6)).isEqualTo(6);
            assertThat(setAndAsked(socket, SO_RCVLOWAT, 7)).isEqualTo(7);
            assertThat(setAndAsked(socket, SO_RCVLOWAT, 0)).isEqualTo(1);
            assertThat(socket.option(SO_SNDLOWAT)).isEqualTo(1);
            assertThat(socket.option(SO_RCVTIMEO)).isZero();
            assertThat(setAndAsked(socket, SO_RCVTIMEO, Duration.ofSeconds(3))).isEqualTo(Duration.ofSeconds(3));
            assertThat(setAndAsked(socket, SO_SNDTIMEO, Duration.ofNanos(1))).isPositive();
            assertThat(setAndAsked(socket, SO_PEEK_OFF, 3)).isEqualTo(3);
            assertThat(setAndAsked(socket, SO_PEEK_OFF, -1)).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatItIsIsAsInC(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            assertThat(pair.first().option(SO_DOMAIN)).isEqualTo(1);
            assertThat(pair.first().option(SO_TYPE))
                    .isEqualTo(
                            switch (kind) {
                                case STREAM -> 1;
                                case DATAGRAM -> 2;
                                case SEQPACKET -> 5;
                            });
            assertThat(pair.first().option(SO_PROTOCOL)).isZero();
            assertThat(pair.first().option(SO_ACCEPTCONN)).isFalse();
            assertThat(pair.first().option(SO_ERROR)).isEmpty();
        }
    }

    @Test
    void peekingMovesOnWithAnOffset() throws Exception {
        try (var pair = UnixStream.pair()) {
            pair.second().setOption(SO_PEEK_OFF, 1);
            pair.first().send(Message.of("abcdef"));
            MemorySegment into = room(2);
            for (String part : List.of("bc", "de")) {
                assertThat(text(
                                into,
                                pair.second()
                                        .receive(into, 0, ReceiveOption.PEEK)
                                        .byteCount()))
                        .isEqualTo(part);
            }
            assertThat(text(into, pair.second().receive(into, 0).byteCount())).isEqualTo("ab");
            assertThat(pair.second().option(SO_PEEK_OFF)).isEqualTo(3);
        }
    }

    /** They are for C programs: a wait of the library's is as long as its argument says. */
    @Test
    void timesOfTheSocketDoNotEndWaitsHere() throws Exception {
        try (var pair = UnixSeqPacket.pair()) {
            pair.second().setOption(SO_RCVTIMEO, Duration.ofMillis(20));
            long start = System.nanoTime();
            assertThat(pair.second().tryReceive(room(1), 0, Duration.ofMillis(150)))
                    .isEmpty();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(150));
        }
    }

    @Test
    void theTimeOfSendingDoesNotDisturbWhatElseTravels() throws Exception {
        try (var pair = UnixDatagram.pair()) {
            pair.second().setOption(SO_TIMESTAMPNS, true);
            pair.second().setOption(SO_PASSCRED, true);
            pair.first().send(Message.of("x").with(pair.first()));
            try (ReceivedMessage message = pair.second().receive(room(1), 1)) {
                assertThat(message.descriptorCount()).isEqualTo(1);
                assertThat(message.credentials()).contains(Credentials.ofThisProcess());
            }
        }
    }

    @Test
    void whatCannotBeAskedOrSetOrIsNotKnownIsRefused() throws Exception {
        try (var pair = UnixStream.pair()) {
            UnixSocket socket = pair.first();
            assertThatIllegalArgumentException().isThrownBy(() -> socket.option(SO_SNDBUFFORCE));
            assertThatIllegalArgumentException().isThrownBy(() -> socket.setOption(SO_TYPE, 2));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> socket.option(StandardSocketOptions.IP_MULTICAST_IF))
                    .withMessageContaining("IP_MULTICAST_IF");
            assertThat(errno(() -> socket.option(StandardSocketOptions.TCP_NODELAY)))
                    .isEqualTo(Errno.EOPNOTSUPP);
            assertThat(errno(() -> socket.setOption(StandardSocketOptions.IP_TOS, 1)))
                    .isEqualTo(Errno.EOPNOTSUPP);
            assertThatNullPointerException().isThrownBy(() -> socket.option(null));
            assertThatNullPointerException().isThrownBy(() -> socket.setOption(null, 1));
            assertThatNullPointerException().isThrownBy(() -> socket.setOption(SO_SNDBUF, null));
        }
    }

    @Test
    void aClosedSocketHasNone() throws Exception {
        var pair = UnixStream.pair();
        pair.close();
        UnixSocket closed = pair.first();
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> closed.option(SO_TYPE),
                () -> closed.setOption(SO_PASSCRED, true),
                () -> closed.rawOption(SOL_SOCKET, 3, 4),
                () -> closed.setRawOption(SOL_SOCKET, 16, bytes(1)),
                closed::peerCredentials,
                closed::peerProcess)) {
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(call);
        }
    }

    // By their numbers.

    @Test
    void anyOptionCanBeSetAndAskedByItsNumbers() throws Exception {
        int sndbuf = 7;
        int passcred = 16;
        int peercred = 17;
        try (var pair = UnixStream.pair()) {
            UnixSocket socket = pair.first();
            socket.setRawOption(SOL_SOCKET, sndbuf, bytes(10_000));
            assertThat(socket.rawOption(SOL_SOCKET, sndbuf, 4)).isEqualTo(bytes(20_000));
            socket.setRawOption(SOL_SOCKET, passcred, bytes(1));
            assertThat(socket.option(SO_PASSCRED)).isTrue();
            assertThat(socket.rawOption(SOL_SOCKET, peercred, 100)).hasSize(12).startsWith(bytes((int)
                    ProcessHandle.current().pid()));
            assertThat(socket.rawOption(SOL_SOCKET, sndbuf, 2)).hasSize(2);
            assertThat(socket.rawOption(SOL_SOCKET, sndbuf, 0)).isEmpty();
            assertThatIllegalArgumentException().isThrownBy(() -> socket.rawOption(SOL_SOCKET, sndbuf, -1));
            assertThatNullPointerException().isThrownBy(() -> socket.setRawOption(SOL_SOCKET, sndbuf, null));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 17, 41, 500, -1})
    void levelsThatLocalSocketsDoNotHaveAreRefused(int level) throws Exception {
        try (var pair = UnixStream.pair()) {
            assertThat(errno(() -> pair.first().rawOption(level, 1, 4))).isEqualTo(Errno.EOPNOTSUPP);
            assertThat(errno(() -> pair.first().setRawOption(level, 1, bytes(1))))
                    .isEqualTo(Errno.EOPNOTSUPP);
        }
    }

    @Test
    void valuesThatAreNoneAreRefusedByTheKernel() throws Exception {
        try (var pair = UnixStream.pair()) {
            assertThat(errno(() -> pair.first().setRawOption(SOL_SOCKET, 7, new byte[0])))
                    .isEqualTo(Errno.EINVAL);
            assertThat(errno(() -> pair.first().setRawOption(SOL_SOCKET, 7, "abc".getBytes(US_ASCII))))
                    .isEqualTo(Errno.EINVAL);
            assertThat(errno(() -> pair.first().setRawOption(SOL_SOCKET, 12345, bytes(1))))
                    .isEqualTo(Errno.ENOPROTOOPT);
            assertThat(errno(() -> pair.first().rawOption(SOL_SOCKET, 12345, 4)))
                    .isEqualTo(Errno.ENOPROTOOPT);
        }
    }
}
