package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.chagres.socket.InetSockets.*;
import static org.chagres.socket.LocalSockets.bytes;
import static org.chagres.socket.LocalSockets.openSockets;
import static org.chagres.socket.LocalSockets.read;
import static org.chagres.socket.LocalSockets.text;

import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Readiness;
import org.chagres.pipe.Pipe;
import org.chagres.testing.Await;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bytes both ways by TCP, and how a connection ends. */
@ExtendWith(LeakCheck.class)
class TcpStreamTest {
    private static final int AF_INET = 2;
    private static final int SOCK_STREAM = 1;

    private static boolean isAtEnd(TcpStream stream) throws Exception {
        return stream.tryRead(Waiting.memory(1), LONG) == -1;
    }

    private static void assertQuiet(TcpStream stream) throws Exception {
        assertThat(stream.tryRead(Waiting.memory(1), MOMENT)).isZero();
    }

    private static void assertReset(TcpStream stream) {
        refused(Errno.ECONNRESET, () -> stream.tryRead(Waiting.memory(1), LONG));
    }

    private static void awaitAvailable(TcpStream stream, int byteCount) {
        Await.until(() -> {
            try {
                return stream.available() >= byteCount;
            } catch (Exception failure) {
                throw new AssertionError(failure);
            }
        });
    }

    /** A socket of TCP that is not connected. */
    private static TcpStream unconnected() throws Exception {
        return TcpStream.of(LowSocket.open(AF_INET, SOCK_STREAM, 0));
    }

    // Addresses.

    @ParameterizedTest
    @EnumSource(Version.class)
    void eachEndHasTheOthersPeerAsItsOwnAddress(Version version) throws Exception {
        try (Connection both = Connection.make(version)) {
            InetSocketAddress client = both.client().localAddress();
            assertThat(client.getAddress()).isEqualTo(version.loopback(0).getAddress());
            assertThat(client.getPort()).isPositive();
            assertThat(both.server().peerAddress()).isEqualTo(client);
            assertThat(both.client().peerAddress()).isEqualTo(both.server().localAddress());
        }
    }

    @Test
    void unconnectedHasNoPeerAndTheWildcardAsItsAddress() throws Exception {
        try (TcpStream nobody = unconnected()) {
            assertThat(nobody.localAddress()).isEqualTo(Version.V4.any(0));
            assertThat(nobody.unsentBytes()).isZero();
            refused(Errno.ENOTCONN, nobody::peerAddress);
            refused(Errno.ENOTCONN, () -> read(nobody));
            refused(Errno.EPIPE, () -> write(nobody, "x"));
            refused(Errno.ENOTCONN, nobody::shutdownInput);
            refused(Errno.ENOTCONN, nobody::shutdownOutput);
            refused(Errno.ENOTCONN, nobody::shutdown);
        }
    }

    @Test
    void peerIsNotToldAnyMoreAfterItResetByWhoConnectedAndIsByWhoAccepted() throws Exception {
        try (Connection both = Connection.make()) {
            InetSocketAddress client = both.client().localAddress();
            both.client().reset();
            both.server().poll(Set.of(Readiness.READABLE));
            assertThat(both.server().peerAddress()).isEqualTo(client);
        }
        try (Connection both = Connection.make()) {
            both.server().reset();
            both.client().poll(Set.of(Readiness.READABLE));
            refused(Errno.ENOTCONN, () -> both.client().peerAddress());
        }
    }

    @Test
    void optionsTellWhatItIsAndThoseThereAreNotAreRefused() throws Exception {
        try (Connection both = Connection.make(Version.V6)) {
            for (LinuxSocket socket : List.of(both.client(), both.server())) {
                assertThat(socket.option(LinuxSocketOptions.SO_TYPE)).isEqualTo(SOCK_STREAM);
                assertThat(socket.option(LinuxSocketOptions.SO_DOMAIN)).isEqualTo(10);
                assertThat(socket.option(LinuxSocketOptions.SO_PROTOCOL)).isEqualTo(IPPROTO_TCP);
                assertThat(socket.option(LinuxSocketOptions.SO_ERROR)).isEmpty();
            }
            for (int level : new int[] {500, 17}) { // none, and UDP's; kernels differ in how they say so
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> both.client().rawOption(level, 1, 4))
                        .satisfies(failure -> assertThat(failure.errno()).isIn(Errno.EOPNOTSUPP, Errno.ENOPROTOOPT));
                refused(Errno.ENOPROTOOPT, () -> both.client().setRawOption(level, 1, number(1)));
            }
            refused(Errno.ENOPROTOOPT, () -> both.client().rawOption(IPPROTO_TCP, -1, 4));
            refused(Errno.ENOPROTOOPT, () -> both.client().setRawOption(IPPROTO_TCP, -1, number(1)));
            refused(Errno.EINVAL, () -> both.client().setRawOption(1, 9, new byte[0])); // SO_KEEPALIVE
        }
    }

    // Bytes.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void manyBytesArriveInOrderBothWaysAtOnce(ThreadKind kind) throws Exception {
        byte[] sent = new byte[2_000_000];
        new Random(1).nextBytes(sent);
        for (Version version : Version.values()) {
            try (Connection both = Connection.make(version)) {
                var writing = kind.start(() -> {
                    both.client().writeFully(sent);
                    both.client().shutdownOutput();
                    return null;
                });
                var back = kind.start(() -> {
                    both.server().writeFully(sent);
                    both.server().shutdownOutput();
                    return null;
                });
                var received = kind.start(() -> both.server().inputStream().readAllBytes());
                assertThat(kind.start(() -> both.client().inputStream().readAllBytes())
                                .get())
                        .isEqualTo(sent);
                assertThat(received.get()).isEqualTo(sent);
                writing.get();
                back.get();
            }
        }
    }

    @Test
    void gatheredScatteredAndByEveryAdapter() throws Exception {
        try (Connection both = Connection.make()) {
            TcpStream out = both.client();
            TcpStream in = both.server();
            assertThat(out.write(List.of(bytes("Bar"), bytes(""), bytes("ro")))).isEqualTo(5);
            MemorySegment one = Waiting.memory(2);
            MemorySegment two = Waiting.memory(3);
            in.readFully(List.of(one, two));
            assertThat(text(one, 2) + text(two, 3)).isEqualTo("Barro");
            try (OutputStream bytes = out.outputStream()) {
                bytes.write("Gatun\n".getBytes(StandardCharsets.UTF_8));
                bytes.flush();
                ByteChannel channel = in.channel();
                ByteBuffer buffer = ByteBuffer.allocateDirect(6);
                while (buffer.hasRemaining()) {
                    assertThat(channel.read(buffer)).isPositive();
                }
                buffer.flip();
                assertThat(channel.write(buffer)).isEqualTo(6); // and back
                assertThat(out.inputStream().readNBytes(6)).isEqualTo("Gatun\n".getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void sendWaitsForRoomAndMayBePartial(ThreadKind kind) throws Exception {
        try (Arena arena = Arena.ofShared();
                Connection both = Connection.make()) {
            MemorySegment much = arena.allocate(1 << 20);
            long filled = fill(both.client(), much);
            assertThat(filled).isPositive();
            assertThat(both.client().tryPoll(Set.of(Readiness.WRITABLE), Duration.ZERO))
                    .isEmpty();
            assertThat(both.client().unsentBytes()).isPositive();
            assertThat(both.server().unsentBytes()).isZero();
            Waiting<Long> sending =
                    Waiting.startAndAwait(kind, () -> both.client().send(much.asSlice(0, 100)));
            both.server().readFully(arena.allocate(filled));
            assertThat(sending.get()).isPositive();
            both.server().readFully(arena.allocate(sending.get()));
            Await.until(() -> {
                try {
                    return both.client().unsentBytes() == 0; // once it is acknowledged
                } catch (Exception failure) {
                    throw new AssertionError(failure);
                }
            });
        }
    }

    /** Sends until nothing moves any more, on either side. */
    private static long fill(TcpStream stream, MemorySegment much) throws Exception {
        long all = 0;
        for (int quiet = 0; quiet < 3; ) {
            long count = stream.trySend(much, MOMENT);
            all += count;
            quiet = count == 0 ? quiet + 1 : 0;
        }
        return all;
    }

    @Test
    void availableTellsHowManyBytesCanBeReceived() throws Exception {
        try (Connection both = Connection.make()) {
            assertThat(both.server().available()).isZero();
            write(both.client(), "12345");
            both.server().poll(Set.of(Readiness.READABLE));
            assertThat(both.server().available()).isEqualTo(5);
            read(both.server());
            assertThat(both.server().available()).isZero();
        }
    }

    @Test
    void pollTellsOfRoomAlonAndOfBytesAlone() throws Exception {
        try (Connection both = Connection.make()) {
            Set<Readiness> all = Set.of(Readiness.READABLE, Readiness.WRITABLE);
            assertThat(both.server().poll(all)).containsExactly(Readiness.WRITABLE);
            write(both.client(), "x");
            assertThat(both.server().poll(Set.of(Readiness.READABLE))).containsExactly(Readiness.READABLE);
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void emptyMemoryMovesNothing(ThreadKind kind) throws Exception {
        try (Arena arena = Arena.ofShared();
                Connection both = Connection.make()) {
            kind.start(() -> {
                        MemorySegment empty = arena.allocate(0);
                        assertThat(both.client().write(empty)).isZero();
                        assertThat(both.client().send(empty)).isZero();
                        assertThat(both.client().read(empty)).isZero();
                        return null;
                    })
                    .get();
            assertQuiet(both.server());
        }
    }

    // How bytes are sent.

    @Test
    void optionsOfSendingDoNotChangeTheBytes() throws Exception {
        try (Connection both = Connection.make()) {
            assertThat(both.client().send(bytes("a"), SendOption.MORE)).isEqualTo(1);
            both.client().send(bytes("b"), SendOption.DONT_ROUTE);
            both.client().send(bytes("c"), SendOption.CONFIRM, SendOption.END_OF_RECORD);
            assertThat(both.client().trySend(bytes("d"), LONG)).isEqualTo(1);
            MemorySegment into = Waiting.memory(4);
            both.server().readFully(into);
            assertThat(text(into, 4)).isEqualTo("abcd");
        }
    }

    /** The kernel holds them for 200 ms, which a thread of a busy machine may lose: so more than once. */
    @Test
    void moreSendsWhatFollowsInTheSamePacket() {
        Await.until(() -> {
            try (Connection both = Connection.make()) {
                both.client().send(bytes("held"), SendOption.MORE);
                both.client().send(bytes(" and sent"));
                awaitAvailable(both.server(), 13);
                return packetsOfData(both.client()) == 1;
            } catch (Exception failure) {
                throw new AssertionError(failure);
            }
        });
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void urgentByteTravelsOutOfBand(ThreadKind kind) throws Exception {
        try (Connection both = Connection.make()) {
            kind.start(() -> {
                        both.client().send(bytes("to!"), SendOption.OUT_OF_BAND);
                        both.server().poll(Set.of(Readiness.URGENT));
                        MemorySegment into = Waiting.memory(8);
                        long count = both.server().receive(into, ReceiveOption.OUT_OF_BAND);
                        assertThat(text(into, count)).isEqualTo("!");
                        assertThat(read(both.server())).isEqualTo("to");
                        return null;
                    })
                    .get();
        }
    }

    @Test
    void urgentByteTravelsInLineIfAskedFor() throws Exception {
        try (Connection both = Connection.make()) {
            both.server().setOption(LinuxSocketOptions.SO_OOBINLINE, true);
            both.client().send(bytes("to!"), SendOption.OUT_OF_BAND);
            MemorySegment into = Waiting.memory(3);
            both.server().readFully(into);
            assertThat(text(into, 3)).isEqualTo("to!");
            refused(Errno.EINVAL, () -> both.server().receive(into, ReceiveOption.OUT_OF_BAND));
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void nothingOutOfBandIsAnErrorAndNoWait(ThreadKind kind) throws Exception {
        try (Connection both = Connection.make()) {
            write(both.client(), "x");
            kind.start(() -> {
                        refused(
                                Errno.EINVAL,
                                () -> both.server().receive(Waiting.memory(1), ReceiveOption.OUT_OF_BAND));
                        return null;
                    })
                    .get();
            assertThat(read(both.server())).isEqualTo("x");
        }
    }

    // How bytes are received.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void peekLeavesTheBytes(ThreadKind kind) throws Exception {
        try (Connection both = Connection.make()) {
            write(both.client(), "look");
            awaitAvailable(both.server(), 4);
            kind.start(() -> {
                        for (int i = 0; i < 2; i++) {
                            MemorySegment into = Waiting.memory(3);
                            assertThat(both.server().receive(into, ReceiveOption.PEEK))
                                    .isEqualTo(3);
                            assertThat(text(into, 3)).isEqualTo("loo");
                        }
                        assertThat(read(both.server())).isEqualTo("look");
                        return null;
                    })
                    .get();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void waitAllWaitsUntilTheMemoryIsFull(ThreadKind kind) throws Exception {
        try (Connection both = Connection.make()) {
            write(both.client(), "fi");
            MemorySegment into = Waiting.memory(4);
            Waiting<Long> receiving =
                    Waiting.startAndAwait(kind, () -> both.server().receive(into, ReceiveOption.WAIT_ALL));
            Await.until(() -> {
                try {
                    return both.server().available() == 0; // it has the first
                } catch (Exception failure) {
                    throw new AssertionError(failure);
                }
            });
            write(both.client(), "ve and more");
            assertThat(receiving.get()).isEqualTo(4);
            assertThat(text(into, 4)).isEqualTo("five");
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void waitAllReturnsLessAtTheEndAndWhenTheTimeIsOver(ThreadKind kind) throws Exception {
        try (Arena arena = Arena.ofShared();
                Connection both = Connection.make()) {
            MemorySegment into = arena.allocate(10);
            write(both.client(), "abc");
            kind.start(() -> {
                        assertThat(both.server().tryReceive(into, Duration.ofMillis(50), ReceiveOption.WAIT_ALL))
                                .isEqualTo(3);
                        assertThat(both.server().tryReceive(into, MOMENT, ReceiveOption.WAIT_ALL))
                                .isZero();
                        write(both.client(), "de");
                        both.client().shutdownOutput();
                        assertThat(both.server().receive(into, ReceiveOption.WAIT_ALL))
                                .isEqualTo(2);
                        assertThat(both.server().receive(into, ReceiveOption.WAIT_ALL))
                                .isEqualTo(-1);
                        return null;
                    })
                    .get();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void interruptOfWaitAllKeepsWhatCame(ThreadKind kind) throws Exception {
        try (Connection both = Connection.make()) {
            write(both.client(), "abc");
            Waiting<String> receiving = Waiting.startAndAwait(kind, () -> {
                MemorySegment into = Waiting.memory(10);
                long count = both.server().receive(into, ReceiveOption.WAIT_ALL);
                return text(into, count) + Thread.interrupted();
            });
            Await.until(() -> {
                try {
                    return both.server().available() == 0;
                } catch (Exception failure) {
                    throw new AssertionError(failure);
                }
            });
            receiving.thread().interrupt();
            assertThat(receiving.get()).isEqualTo("abctrue");
        }
    }

    @Test
    void optionsThatAStreamDoesNotHaveAreRefusedBeforeAnythingIsReceived() throws Exception {
        try (Connection both = Connection.make()) {
            write(both.client(), "kept");
            for (ReceiveOption option : List.of(ReceiveOption.REAL_LENGTH, ReceiveOption.ERROR_QUEUE)) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> both.server().receive(Waiting.memory(9), option));
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> both.server().tryReceive(Waiting.memory(9), MOMENT, option));
            }
            assertThat(read(both.server())).isEqualTo("kept");
        }
    }

    // Arguments.

    @Test
    void wrongMemoryIsRefusedBeforeAnyByteMoves() throws Exception {
        MemorySegment freed;
        try (Arena arena = Arena.ofConfined()) {
            freed = arena.allocate(4);
        }
        try (Arena arena = Arena.ofConfined();
                Connection both = Connection.make()) {
            MemorySegment confined = arena.allocate(4);
            write(both.client(), "kept");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> both.server().receive(confined.asReadOnly()))
                    .withMessageContaining("read-only");
            assertThatIllegalStateException().isThrownBy(() -> both.server().receive(freed));
            assertThatIllegalStateException().isThrownBy(() -> both.server().send(freed));
            for (ThreadKind kind : ThreadKind.values()) {
                assertThat(Waiting.start(kind, () -> both.server().receive(confined))
                                .failure())
                        .isInstanceOf(WrongThreadException.class);
                assertThat(Waiting.start(kind, () -> both.server().send(confined))
                                .failure())
                        .isInstanceOf(WrongThreadException.class);
            }
            assertThatExceptionOfType(NullPointerException.class)
                    .isThrownBy(() -> both.server().receive(null));
            assertThatExceptionOfType(NullPointerException.class)
                    .isThrownBy(() -> both.server().send(null));
            assertThatExceptionOfType(NullPointerException.class)
                    .isThrownBy(() -> both.server().send(confined, (SendOption) null));
            assertThatExceptionOfType(NullPointerException.class)
                    .isThrownBy(() -> both.server().receive(confined, (ReceiveOption) null));
            assertThatExceptionOfType(NullPointerException.class)
                    .isThrownBy(() -> both.server().tryReceive(confined, null));
            assertThat(both.client().send(bytes("!").asReadOnly())).isEqualTo(1);
            assertThat(read(both.server())).startsWith("kept");
            assertQuiet(both.client());
        }
    }

    @Test
    void interruptedBeforeMovesNothing() throws Exception {
        try (Connection both = Connection.make()) {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> write(both.client(), "x"));
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class)
                    .isThrownBy(() -> both.client().send(bytes("x")));
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class)
                    .isThrownBy(() -> both.client().receive(Waiting.memory(1)));
            assertThat(Thread.interrupted()).isFalse();
            assertQuiet(both.server());
        }
    }

    // The end.

    @Test
    void shutdownOfTheOutputIsTheEndForThePeerWhichCanStillAnswer() throws Exception {
        try (Connection both = Connection.make()) {
            write(both.client(), "question");
            both.client().shutdownOutput();
            both.client().shutdownOutput(); // again
            assertThat(read(both.server())).isEqualTo("question");
            assertThat(isAtEnd(both.server())).isTrue();
            assertThat(isAtEnd(both.server())).isTrue();
            write(both.server(), "answer");
            assertThat(read(both.client())).isEqualTo("answer");
            refused(Errno.EPIPE, () -> write(both.client(), "more")); // and no signal ends this JVM
            refused(Errno.EPIPE, () -> both.client().send(bytes("more")));
            assertQuiet(both.client());
        }
    }

    @Test
    void shutdownOfTheInputEndsReceivingHereAndIsNotTold() throws Exception {
        try (Connection both = Connection.make()) {
            both.server().shutdownInput();
            assertThat(isAtEnd(both.server())).isTrue();
            write(both.server(), "still sends");
            assertThat(read(both.client())).isEqualTo("still sends");
            write(both.client(), "late");
            awaitAvailable(both.server(), 4);
            assertThat(read(both.server())).isEqualTo("late"); // as the Javadoc says
            assertThat(isAtEnd(both.server())).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void shutdownEndsAReceiverThatWaits(ThreadKind kind) throws Exception {
        try (Connection both = Connection.make()) {
            Waiting<Long> receiving =
                    Waiting.startAndAwait(kind, () -> both.server().receive(Waiting.memory(1)));
            both.server().shutdown();
            assertThat(receiving.get()).isEqualTo(-1);
            refused(Errno.EPIPE, () -> write(both.server(), "x"));
            assertThat(isAtEnd(both.client())).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void resetIsToldToThePeer(ThreadKind kind) throws Exception {
        try (Connection both = Connection.make()) {
            Waiting<Long> receiving =
                    Waiting.startAndAwait(kind, () -> both.server().receive(Waiting.memory(1)));
            both.client().reset();
            assertThat(both.client().isOpen()).isFalse();
            assertThat(receiving.failure())
                    .isInstanceOfSatisfying(
                            ErrnoException.class,
                            failure -> assertThat(failure.errno()).isEqualTo(Errno.ECONNRESET));
            refused(Errno.EPIPE, () -> write(both.server(), "x"));
            assertThatExceptionOfType(ClosedChannelException.class)
                    .isThrownBy(() -> both.client().reset());
        }
    }

    @Test
    void errorOfAResetIsToldOnceBySoError() throws Exception {
        try (Connection both = Connection.make()) {
            both.client().reset();
            both.server().poll(Set.of(Readiness.READABLE));
            assertThat(both.server().option(LinuxSocketOptions.SO_ERROR)).contains(Errno.ECONNRESET);
            assertThat(both.server().option(LinuxSocketOptions.SO_ERROR)).isEmpty();
        }
    }

    @Test
    void closeWithUnreadBytesResets() throws Exception {
        try (Connection both = Connection.make()) {
            write(both.server(), "never read");
            both.client().poll(Set.of(Readiness.READABLE));
            both.client().close();
            assertReset(both.server());
        }
    }

    @Test
    void closeEndsWellAndWhatWasSentArrives() throws Exception {
        try (Connection both = Connection.make()) {
            write(both.client(), "last words");
            both.client().close();
            assertThat(read(both.server())).isEqualTo("last words");
            assertThat(isAtEnd(both.server())).isTrue();
        }
    }

    @Test
    void closeThatLingersWaitsForWhatWasSentAndNoLingerResets() throws Exception {
        try (Connection both = Connection.make()) {
            assertThat(both.client().option(LinuxSocketOptions.SO_LINGER)).isEmpty();
            both.client().setOption(LinuxSocketOptions.SO_LINGER, Optional.of(Duration.ofSeconds(10)));
            write(both.client(), "acknowledged at once");
            both.client().close();
            assertThat(read(both.server())).isEqualTo("acknowledged at once");
            assertThat(isAtEnd(both.server())).isTrue();
        }
        try (Connection both = Connection.make()) {
            both.client().setOption(LinuxSocketOptions.SO_LINGER, Optional.of(Duration.ZERO));
            both.client().close();
            assertReset(both.server());
        }
    }

    @Test
    void bytesThatCameBeforeAResetAreStillReceived() throws Exception {
        try (Connection both = Connection.make()) {
            write(both.client(), "abc");
            awaitAvailable(both.server(), 3);
            both.client().reset();
            assertThat(read(both.server())).isEqualTo("abc");
            assertReset(both.server());
        }
    }

    @Test
    void connectionOfADuplicateGoesOn() throws Exception {
        try (Connection both = Connection.make();
                TcpStream duplicate = TcpStream.of(both.client().descriptor().duplicate())) {
            both.client().close();
            write(duplicate, "on");
            assertThat(read(both.server())).isEqualTo("on");
            duplicate.shutdownOutput();
            assertThat(isAtEnd(both.server())).isTrue();
        }
    }

    @Test
    void closedIsToldByAll() throws Exception {
        Connection both = Connection.make();
        both.close();
        both.close();
        TcpStream closed = both.client();
        assertThat(closed.isOpen()).isFalse();
        for (var call : List.<ThrowingCallable>of(
                closed::localAddress,
                closed::peerAddress,
                closed::unsentBytes,
                closed::available,
                closed::shutdown,
                closed::shutdownInput,
                closed::shutdownOutput,
                () -> read(closed),
                () -> write(closed, "x"),
                () -> closed.send(bytes("x")),
                () -> closed.trySend(bytes("x"), MOMENT),
                () -> closed.receive(Waiting.memory(1)),
                () -> closed.tryReceive(Waiting.memory(1), MOMENT),
                () -> closed.option(LinuxSocketOptions.SO_TYPE),
                () -> closed.setOption(LinuxSocketOptions.SO_KEEPALIVE, true),
                () -> TcpStream.of(closed.descriptor()))) {
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(call);
        }
        assertThat(closed.toString()).contains("TcpStream");
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void closeEndsAReceiverThatWaits(ThreadKind kind) throws Exception {
        try (Connection both = Connection.make()) {
            Waiting<Long> receiving =
                    Waiting.startAndAwait(kind, () -> both.server().receive(Waiting.memory(1)));
            both.server().close();
            assertThat(receiving.failure()).isInstanceOf(AsynchronousCloseException.class);
            assertThat(isAtEnd(both.client())).isTrue();
        }
    }

    @Test
    void forgottenIsClosed() throws Exception {
        long before = openSockets();
        Connection.make();
        Garbage.collectUntil(() -> openSockets() == before);
    }

    // Adopted.

    @ParameterizedTest
    @EnumSource(Version.class)
    void adoptedConnectionDoesAll(Version version) throws Exception {
        try (Connection both = Connection.make(version)) {
            TcpStream same = TcpStream.of(both.server().descriptor());
            assertThat(same.descriptor()).isSameAs(both.server().descriptor());
            assertThat(same.peerAddress()).isEqualTo(both.client().localAddress());
            write(same, "adopted");
            assertThat(read(both.client())).isEqualTo("adopted");
        }
    }

    @Test
    void otherKindsAreNotAdopted() throws Exception {
        try (TcpListener listener = TcpListener.bind(Version.V6.loopback(0));
                UdpSocket datagrams = UdpSocket.bind(Version.V4.loopback(0));
                SocketPair<UnixStream> local = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            for (Descriptor wrong : List.of(
                    listener.descriptor(),
                    datagrams.descriptor(),
                    local.first().descriptor(),
                    pipe.source().descriptor())) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> TcpStream.of(wrong))
                        .withMessageContaining("TCP connection");
                assertThat(wrong.isOpen()).isTrue();
            }
        }
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> TcpStream.of(null));
    }
}
