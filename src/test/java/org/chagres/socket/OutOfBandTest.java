package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.chagres.socket.InetSockets.*;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Readiness;
import org.chagres.readiness.Epoll;
import org.chagres.readiness.EpollOption;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Urgent bytes and the mark, of both kinds of streams. */
@ExtendWith(LeakCheck.class)
class OutOfBandTest {
    static Stream<Arguments> kinds() {
        return Stream.of(OutOfBand.Kind.values())
                .flatMap(kind -> Stream.of(ThreadKind.values()).map(thread -> Arguments.of(kind, thread)));
    }

    private interface Check {
        void on(OutOfBand both) throws Exception;
    }

    private static void run(OutOfBand.Kind kind, ThreadKind thread, Check check) throws Exception {
        try (OutOfBand both = kind.pair()) {
            start(thread, () -> {
                        check.on(both);
                        return null;
                    })
                    .get();
        }
    }

    private static <T> Waiting<T> start(ThreadKind thread, Callable<T> what) {
        return Waiting.start(thread, what);
    }

    private static void assertNoneUrgent(OutOfBand both) throws Exception {
        refused(Errno.EINVAL, both::urgent);
        assertThat(both.ready()).doesNotContain(Readiness.URGENT);
    }

    // The byte and its place.

    @ParameterizedTest
    @MethodSource("kinds")
    void ofSeveralBytesTheLastIsUrgentAndReadsStopAtItsPlace(OutOfBand.Kind kind, ThreadKind thread) throws Exception {
        run(kind, thread, both -> {
            assertThat(both.receiver().atMark()).isFalse();
            both.send("abc");
            both.sendUrgent("de!");
            both.send("fgh");
            assertThat(both.receiver().atMark()).isFalse();
            assertThat(both.read()).isEqualTo("abcde");
            assertThat(both.receiver().atMark()).isTrue();
            assertThat(both.urgent()).isEqualTo("!");
            assertThat(both.receiver().atMark()).as("until something is read").isTrue();
            assertThat(both.read()).isEqualTo("fgh");
            assertThat(both.receiver().atMark()).isFalse();
            assertNoneUrgent(both);
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void itIsTakenWhateverDataBeforeItIsUnread(OutOfBand.Kind kind, ThreadKind thread) throws Exception {
        run(kind, thread, both -> {
            both.sendUrgent("abc!");
            both.send("def");
            assertThat(both.urgent(ReceiveOption.PEEK)).isEqualTo("!");
            assertThat(both.urgent(ReceiveOption.PEEK, ReceiveOption.WAIT_ALL)).isEqualTo("!");
            assertThat(both.urgent(ReceiveOption.WAIT_ALL))
                    .as("there is one only")
                    .isEqualTo("!");
            assertNoneUrgent(both);
            assertThat(both.read()).as("stops where it was").isEqualTo("abc");
            assertThat(both.receiver().atMark()).isTrue();
            assertThat(both.read()).isEqualTo("def");
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void itStaysWhereThereIsNoMemoryForIt(OutOfBand.Kind kind, ThreadKind thread) throws Exception {
        run(kind, thread, both -> {
            both.sendUrgent("!");
            MemorySegment none = MemorySegment.ofArray(new byte[0]);
            long count = switch (both.receiver()) {
                case TcpStream stream -> stream.receive(none, ReceiveOption.OUT_OF_BAND);
                case UnixStream stream ->
                    stream.receive(none, 0, ReceiveOption.OUT_OF_BAND).byteCount();
            };
            assertThat(count).isZero();
            assertThat(both.urgent()).isEqualTo("!");
        });
    }

    @ParameterizedTest
    @EnumSource
    void ofALocalStreamItStaysHoweverOneReceivesIntoNoMemory(ThreadKind thread) throws Exception {
        run(OutOfBand.Kind.LOCAL, thread, both -> {
            UnixStream receiver = (UnixStream) both.receiver();
            MemorySegment none = MemorySegment.ofArray(new byte[0]);
            both.sendUrgent("!");
            assertThat(receiver.receive(none, 0, ReceiveOption.OUT_OF_BAND, ReceiveOption.PEEK)
                            .byteCount())
                    .isZero();
            assertThat(receiver.receiveMany(List.of(none, Waiting.memory(1)), 0, ReceiveOption.OUT_OF_BAND))
                    .singleElement()
                    .returns(0L, ReceivedMessage::byteCount);
            assertThat(both.urgent()).isEqualTo("!");
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aByteThatIsReadPastIsLost(OutOfBand.Kind kind, ThreadKind thread) throws Exception {
        run(kind, thread, both -> {
            both.sendUrgent("abc!");
            both.send("def");
            assertThat(both.read()).isEqualTo("abc");
            assertThat(both.ready()).contains(Readiness.URGENT);
            assertThat(both.read()).isEqualTo("def");
            assertNoneUrgent(both);
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aReadAtTheMarkGoesPastItThoughItFindsNothing(OutOfBand.Kind kind, ThreadKind thread) throws Exception {
        run(kind, thread, both -> {
            both.sendUrgent("!");
            assertThat(both.receiver().atMark()).isTrue();
            assertThat(both.tryRead()).isEmpty();
            assertThat(both.receiver().atMark()).isFalse();
            assertNoneUrgent(both);
            both.send("a");
            assertThat(both.read()).isEqualTo("a");
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aReaderThatWaitsAtTheMarkGetsWhatComesBehindIt(OutOfBand.Kind kind, ThreadKind thread) throws Exception {
        try (OutOfBand both = kind.pair()) {
            var reader = Waiting.startAndAwait(thread, both::read);
            OutOfBand.sendUrgent(both.sender(), "!");
            both.send("a");
            assertThat(reader.get()).isEqualTo("a");
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void itCanBeTakenAfterTheOtherSideIsGone(OutOfBand.Kind kind, ThreadKind thread) throws Exception {
        run(kind, thread, both -> {
            both.sendUrgent("abc!");
            both.sender().close();
            both.receiver().poll(Set.of(Readiness.READ_HANG_UP));
            assertThat(both.urgent(ReceiveOption.PEEK)).isEqualTo("!");
            assertThat(both.read()).isEqualTo("abc");
            assertThat(both.receiver().atMark()).isTrue();
            assertThat(both.urgent()).isEqualTo("!");
            assertThat(both.receiver().read(Waiting.memory(1))).isEqualTo(-1);
        });
    }

    /** The kernel does not know what else the caller has. */
    @ParameterizedTest
    @MethodSource("kinds")
    void ofThoseThatThereIsRoomForTheLastIsUrgentOfTcpAndNoneOfLocalStreams(OutOfBand.Kind kind, ThreadKind thread)
            throws Exception {
        run(kind, thread, both -> {
            both.sender().setOption(LinuxSocketOptions.SO_SNDBUF, 4096);
            byte[] much = "a".repeat(1 << 24).getBytes(StandardCharsets.US_ASCII);
            much[much.length - 1] = '!';
            MemorySegment bytes = MemorySegment.ofArray(much);
            long sent = switch (both.sender()) {
                case TcpStream stream -> stream.trySend(bytes, Duration.ZERO, SendOption.OUT_OF_BAND);
                case UnixStream stream ->
                    stream.trySend(Message.of(bytes).with(SendOption.OUT_OF_BAND), Duration.ZERO)
                            .orElseThrow();
            };
            assertThat(sent).isBetween(1L, much.length - 1L);
            if (kind == OutOfBand.Kind.LOCAL) {
                assertNoneUrgent(both);
                return;
            }
            long read = 0;
            while (!both.receiver().atMark()) {
                read += both.read().length();
            }
            assertThat(read).isEqualTo(sent - 1);
            assertThat(both.urgent()).isEqualTo("a");
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void ofTwoTheFirstBecomesData(OutOfBand.Kind kind, ThreadKind thread) throws Exception {
        run(kind, thread, both -> {
            both.sendUrgent("abc1");
            both.send("de");
            OutOfBand.sendUrgent(both.sender(), "2");
            both.send("f");
            Await.until(() -> isUrgent(both, "2"));
            assertThat(both.receiver().available()).isGreaterThanOrEqualTo(6);
            assertThat(both.urgent()).isEqualTo("2");
            assertThat(both.read()).as("stops at the last one only").isEqualTo("abc1de");
            assertThat(both.receiver().atMark()).isTrue();
            assertThat(both.read()).isEqualTo("f");
            assertNoneUrgent(both);
        });
    }

    /** TCP keeps the byte in the stream until it is read past, and the place only of the last one. */
    @ParameterizedTest
    @MethodSource("kinds")
    void oneThatWasTakenIsDataOfTcpNonethelessIfAnotherComesBeforeItIsReadPast(OutOfBand.Kind kind, ThreadKind thread)
            throws Exception {
        run(kind, thread, both -> {
            both.sendUrgent("abc1");
            assertThat(both.urgent()).isEqualTo("1");
            both.send("de");
            both.sendUrgent("2");
            assertThat(both.urgent()).isEqualTo("2");
            StringBuilder read = new StringBuilder();
            while (read.indexOf("e") < 0) {
                read.append(both.read());
            }
            assertThat(read).hasToString(kind == OutOfBand.Kind.TCP ? "abc1de" : "abcde");
            assertThat(both.receiver().atMark()).isTrue();
        });
    }

    private static boolean isUrgent(OutOfBand both, String expected) {
        try {
            return both.urgent(ReceiveOption.PEEK).equals(expected);
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    // In line.

    @ParameterizedTest
    @MethodSource("kinds")
    void inLineItIsTheFirstByteBehindTheMark(OutOfBand.Kind kind, ThreadKind thread) throws Exception {
        run(kind, thread, both -> {
            both.receiver().setOption(LinuxSocketOptions.SO_OOBINLINE, true);
            both.sendUrgent("abc!");
            both.send("def");
            refused(Errno.EINVAL, both::urgent);
            assertThat(both.read()).isEqualTo("abc");
            assertThat(both.receiver().atMark()).isTrue();
            assertThat(both.ready()).contains(Readiness.URGENT, Readiness.READABLE);
            assertThat(both.read()).isEqualTo("!def");
            assertThat(both.receiver().atMark()).isFalse();
            assertNoneUrgent(both);
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void oneThatHasComeIsPutInLineToo(OutOfBand.Kind kind, ThreadKind thread) throws Exception {
        run(kind, thread, both -> {
            both.sendUrgent("abc!");
            both.receiver().setOption(LinuxSocketOptions.SO_OOBINLINE, true);
            refused(Errno.EINVAL, both::urgent);
            assertThat(both.read()).isEqualTo("abc");
            assertThat(both.read()).isEqualTo("!");
        });
    }

    // Readiness.

    @ParameterizedTest
    @MethodSource("kinds")
    void urgentIsToldOfThatByteAndAsLongAsItIsThere(OutOfBand.Kind kind, ThreadKind thread) throws Exception {
        try (OutOfBand both = kind.pair();
                Epoll epoll = Epoll.create()) {
            StreamSocket receiver = both.receiver();
            epoll.add(receiver, Set.of(Readiness.URGENT));
            both.send("data");
            receiver.poll(Set.of(Readiness.READABLE));
            assertThat(receiver.tryPoll(Set.of(Readiness.URGENT), Duration.ZERO))
                    .isEmpty();
            assertThat(epoll.tryAwait(Duration.ZERO)).isEmpty();
            var poll = Waiting.startAndAwait(thread, () -> receiver.poll(Set.of(Readiness.URGENT)));
            var await = Waiting.startAndAwait(thread, epoll::await);
            OutOfBand.sendUrgent(both.sender(), "!");
            assertThat(poll.get()).containsExactly(Readiness.URGENT);
            assertThat(await.get()).containsExactly(new Epoll.Event(receiver, Set.of(Readiness.URGENT)));
            start(thread, () -> {
                        for (int i = 0; i < 2; i++) {
                            assertThat(epoll.await())
                                    .containsExactly(new Epoll.Event(receiver, Set.of(Readiness.URGENT)));
                        }
                        assertThat(both.urgent()).isEqualTo("!");
                        assertThat(epoll.tryAwait(Duration.ZERO)).isEmpty();
                        assertThat(both.ready())
                                .doesNotContain(Readiness.URGENT)
                                .contains(Readiness.READABLE);
                        return null;
                    })
                    .get();
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void edgeTriggeredItIsToldOnceForEachThatComes(OutOfBand.Kind kind, ThreadKind thread) throws Exception {
        try (OutOfBand both = kind.pair();
                Epoll epoll = Epoll.create()) {
            epoll.add(both.receiver(), Set.of(Readiness.URGENT), EpollOption.EDGE_TRIGGERED);
            start(thread, () -> {
                        for (String sent : List.of("1", "2", "3")) {
                            both.sendUrgent(sent);
                            assertThat(epoll.await())
                                    .containsExactly(new Epoll.Event(both.receiver(), Set.of(Readiness.URGENT)));
                            assertThat(epoll.tryAwait(MOMENT)).isEmpty();
                            if (!sent.equals("2")) { // and though one is left
                                assertThat(both.urgent()).isEqualTo(sent);
                            }
                        }
                        return null;
                    })
                    .get();
        }
    }

    // One that was announced and has not come: TCP tells of it with the first of the data before it.

    /** Data that the receiver has no room for, and an urgent byte behind it. */
    private static OutOfBand announced() throws IOException, InterruptedException {
        try (TcpListener listener =
                TcpListener.bind(Inet.loopback(0), SocketSetting.set(LinuxSocketOptions.SO_RCVBUF, 4096))) {
            TcpStream sender = TcpStream.connect(listener.localAddress());
            OutOfBand both = new OutOfBand(sender, listener.accept());
            OutOfBand.sendUrgent(sender, "x".repeat(DATA) + "!");
            Await.until(() -> isAnnounced(both));
            return both;
        }
    }

    private static final int DATA = 60_000;

    /** There is none so far that could be told; but another answer than that there is none at all. */
    private static boolean isAnnounced(OutOfBand both) {
        try {
            return ((TcpStream) both.receiver()).tryReceive(Waiting.memory(1), Duration.ZERO, ReceiveOption.OUT_OF_BAND)
                    == 0;
        } catch (ErrnoException none) {
            assertThat(none.errno()).isEqualTo(Errno.EINVAL);
            return false;
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneThatWasAnnouncedIsWaitedFor(ThreadKind thread) throws Exception {
        try (OutOfBand both = announced()) {
            TcpStream receiver = (TcpStream) both.receiver();
            assertThat(both.ready()).contains(Readiness.READABLE).doesNotContain(Readiness.URGENT);
            assertThat(receiver.atMark()).isFalse();
            MemorySegment into = Waiting.memory(1);
            for (Duration time : List.of(Duration.ZERO, MOMENT)) {
                assertThat(start(thread, () -> receiver.tryReceive(into, time, ReceiveOption.OUT_OF_BAND))
                                .get())
                        .isZero();
            }
            var waiting = Waiting.startAndAwait(thread, () -> both.urgent());
            receiver.readFully(Waiting.memory(DATA));
            assertThat(waiting.get()).isEqualTo("!");
            assertThat(receiver.atMark()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void itIsWaitedForWithoutBusyLoopThoughDataIsThere(ThreadKind thread) throws Exception {
        try (OutOfBand both = announced()) {
            var waiting = Waiting.startAndAwait(thread, () -> both.urgent());
            for (int i = 0; i < 20; i++) {
                assertThat(both.receiver().tryPoll(Set.of(Readiness.URGENT), Duration.ofMillis(2)))
                        .isEmpty();
                waiting.awaitWaiting(); // and is in the kernel, or parked, each time
            }
            waiting.thread().interrupt();
            assertThat(waiting.failure()).isInstanceOf(InterruptedException.class);
            var again = Waiting.startAndAwait(thread, () -> both.urgent());
            both.receiver().close();
            assertThat(again.failure()).isInstanceOf(AsynchronousCloseException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theWaitEndsIfItCannotComeAnyMore(ThreadKind thread) throws Exception {
        try (OutOfBand both = announced()) {
            var waiting = Waiting.startAndAwait(thread, () -> both.urgent());
            ((TcpStream) both.sender()).reset();
            assertThat(waiting.failure()).isInstanceOf(ErrnoException.class);
        }
        try (OutOfBand both = announced()) {
            var waiting = Waiting.startAndAwait(thread, () -> both.urgent());
            ((TcpStream) both.receiver()).shutdownInput();
            assertThat(waiting.get()).as("the end").isEmpty();
        }
    }

    // Refusals.

    @Test
    void whatIsClosedHasNoMark() throws Exception {
        for (OutOfBand.Kind kind : OutOfBand.Kind.values()) {
            OutOfBand both = kind.pair();
            both.close();
            assertThatExceptionOfType(ClosedChannelException.class)
                    .isThrownBy(() -> both.receiver().atMark());
        }
    }

    @Test
    void aConnectionThatIsAdoptedHasTheSameMark() throws Exception {
        for (OutOfBand.Kind kind : OutOfBand.Kind.values()) {
            try (OutOfBand both = kind.pair();
                    StreamSocket same = kind == OutOfBand.Kind.TCP
                            ? TcpStream.of(both.receiver().descriptor().duplicate())
                            : UnixStream.of(both.receiver().descriptor().duplicate())) {
                both.sendUrgent("ab!");
                assertThat(same.atMark()).isFalse();
                both.read();
                assertThat(same.atMark()).isTrue();
            }
        }
    }
}
