package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.socket.TestMessages.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.pipe.Pipe;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The bytes of messages: in pieces, with addresses, many at once, in time or not; and what the kernel refuses. */
@ExtendWith(LeakCheck.class)
class MessageTest {
    private static final Duration NO_TIME = Duration.ZERO;
    private static final Duration SHORT = Duration.ofMillis(30);

    private static String received(UnixSocket socket) throws Exception {
        MemorySegment into = room(1 << 16);
        return text(into, socket.receive(into, 0).byteCount());
    }

    private static void fill(UnixSocket socket) throws Exception {
        Message much = Message.of(new byte[4096]);
        while (socket.trySend(much, NO_TIME).isPresent()) {
            // Until there is no room.
        }
    }

    private static Errno errno(ThrowingCallable call) {
        ErrnoException failure = catchThrowableOfType(ErrnoException.class, call);
        assertThat(failure).as("a failure").isNotNull();
        return failure.errno();
    }

    // What it is made of.

    @ParameterizedTest
    @EnumSource
    void textArraysBuffersAndSegmentsAreSentAsTheyAre(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Arena arena = Arena.ofConfined()) {
            ByteBuffer heap = ByteBuffer.wrap("?grüße?".getBytes(StandardCharsets.UTF_8));
            heap.position(1).limit(8);
            ByteBuffer direct = ByteBuffer.allocateDirect(12).put("??".getBytes(StandardCharsets.UTF_8));
            direct.put("grüße".getBytes(StandardCharsets.UTF_8)).flip().position(2);
            MemorySegment segment = arena.allocateFrom("grüße");
            for (Message message : List.of(
                    Message.of("grüße"),
                    Message.of("grüße".getBytes(StandardCharsets.UTF_8)),
                    Message.of(heap),
                    Message.of(heap.asReadOnlyBuffer()),
                    Message.of(direct),
                    Message.of(segment.asSlice(0, 7)),
                    Message.of(segment.asSlice(0, 7).asReadOnly()))) {
                assertThat(pair.first().send(message)).isEqualTo(7);
                assertThat(received(pair.second())).isEqualTo("grüße");
                assertThat(pair.first().sendMany(List.of(message))).isEqualTo(1);
                assertThat(received(pair.second())).isEqualTo("grüße");
            }
            assertThat(heap.position()).isEqualTo(1);
        }
    }

    @Test
    void theBytesAreThoseAtTheTimeOfSending() throws Exception {
        try (var pair = UnixDatagram.pair()) {
            byte[] bytes = {'a', 'b'};
            Message message = Message.of(bytes);
            bytes[0] = 'c';
            pair.first().send(message);
            assertThat(received(pair.second())).isEqualTo("cb");
        }
    }

    @Test
    void aMessageIsNotChangedByWhatIsMadeOfIt() throws Exception {
        try (var pair = UnixSeqPacket.pair();
                Pipe pipe = Pipe.create()) {
            Message plain = Message.of("abc");
            Message more = plain.giving(pipe.source())
                    .as(Credentials.ofThisProcess())
                    .to(UnixAddress.abstractName("nobody"))
                    .with(SendOption.END_OF_RECORD)
                    .with(SendOption.MORE);
            assertThat(more).isNotSameAs(plain);
            assertThat(more.options()).containsExactlyInAnyOrder(SendOption.END_OF_RECORD, SendOption.MORE);
            assertThat(plain).hasToString("Message[3 bytes]");
            assertThat(more.toString())
                    .startsWith("Message[3 bytes, descriptors [")
                    .contains("nobody");
            pair.first().send(plain);
            try (ReceivedMessage message = pair.second().receive(room(3), 1)) {
                assertThat(message.descriptorCount()).isZero();
            }
            assertThat(pipe.source().isOpen()).isTrue();
        }
    }

    @Test
    void nullsAreRefused() throws Exception {
        try (var pair = UnixStream.pair()) {
            assertThatNullPointerException().isThrownBy(() -> Message.of((MemorySegment) null));
            assertThatNullPointerException().isThrownBy(() -> Message.of((String) null));
            assertThatNullPointerException().isThrownBy(() -> Message.of("x").with((Pollable) null));
            assertThatNullPointerException().isThrownBy(() -> Message.of("x").as(null));
            assertThatNullPointerException().isThrownBy(() -> Message.of("x").to(null));
            assertThatNullPointerException().isThrownBy(() -> pair.first().send((Message) null));
            assertThatNullPointerException().isThrownBy(() -> pair.first().trySend(Message.of("x"), null));
            assertThatNullPointerException().isThrownBy(() -> pair.first().sendMany(null));
            assertThatNullPointerException().isThrownBy(() -> pair.first().sendMany(Collections.singletonList(null)));
            assertThatNullPointerException().isThrownBy(() -> pair.second().receive((MemorySegment) null, 0));
            assertThatNullPointerException().isThrownBy(() -> pair.second().receiveMany(null, 0));
        }
    }

    // In pieces.

    static Stream<Arguments> piecesAndThreads() {
        return Stream.of(ThreadKind.values())
                .flatMap(kind -> Stream.of(0, 1, 2, 3, 4, 5, 6).map(count -> Arguments.of(kind, count)));
    }

    @ParameterizedTest
    @MethodSource("piecesAndThreads")
    void piecesAreGatheredIntoOneMessageAndScattered(ThreadKind thread, int count) throws Exception {
        Running.run(thread, () -> {
            for (Kind kind : Kind.values()) {
                for (int onHeap = 0; onHeap < 3; onHeap++) { // none, every other one, all
                    int how = onHeap;
                    try (var pair = kind.pair();
                            Arena arena = Arena.ofConfined()) {
                        StringBuilder all = new StringBuilder();
                        MemorySegment[] from = new MemorySegment[count];
                        List<MemorySegment> into = new ArrayList<>();
                        for (int i = 0; i < count; i++) {
                            boolean heap = how == 2 || how == 1 && i % 2 == 0;
                            String part = "abcdef".substring(0, (i * 2) % 5); // one of no bytes, too
                            byte[] bytes = part.getBytes(StandardCharsets.US_ASCII);
                            from[i] = heap
                                    ? MemorySegment.ofArray(bytes)
                                    : arena.allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
                            MemorySegment hole =
                                    heap ? room(i + 3) : arena.allocate(i + 3); // one byte before, and after
                            into.add(hole.asSlice(1, i + 1));
                            all.append(part);
                        }
                        if (all.isEmpty() && kind == Kind.STREAM) {
                            continue;
                        }
                        assertThat(pair.first().send(Message.of(from))).isEqualTo(all.length());
                        ReceivedMessage message = pair.second().receive(into, 0);
                        StringBuilder got = new StringBuilder();
                        long left = message.byteCount();
                        for (MemorySegment piece : into) {
                            long part = Math.min(left, piece.byteSize());
                            got.append(text(piece, part));
                            for (long i = part; i < piece.byteSize(); i++) {
                                assertThat(piece.get(ValueLayout.JAVA_BYTE, i)).isZero();
                            }
                            left -= part;
                        }
                        int room = into.stream()
                                .mapToInt(piece -> (int) piece.byteSize())
                                .sum();
                        assertThat(got).hasToString(all.substring(0, Math.min(room, all.length())));
                        assertThat(message.isTruncated()).isEqualTo(kind != Kind.STREAM && room < all.length());
                    }
                }
            }
            return null;
        });
    }

    @ParameterizedTest
    @EnumSource
    void morePiecesThanTheKernelTakesAreOneMessageNonetheless(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Arena arena = Arena.ofConfined()) {
            MemorySegment[] pieces = new MemorySegment[2000];
            List<MemorySegment> into = new ArrayList<>();
            for (int i = 0; i < pieces.length; i++) {
                pieces[i] = arena.allocate(1).fill((byte) ('a' + i % 26));
                into.add(arena.allocate(1));
            }
            assertThat(pair.first().send(Message.of(pieces))).isEqualTo(2000);
            assertThat(pair.second().receive(into, 0).byteCount()).isEqualTo(2000);
            for (int i = 0; i < pieces.length; i++) {
                assertThat(into.get(i).mismatch(pieces[i])).isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void aMessageThatIsLargerThanTheBufferOfAStreamGoesInParts(ThreadKind kind) throws Exception {
        try (var pair = UnixStream.pair()) {
            byte[] much = new byte[1 << 20];
            for (int i = 0; i < much.length; i++) {
                much[i] = (byte) (i * 31 >> 3);
            }
            MemorySegment all = MemorySegment.ofArray(much);
            var sender = Running.start(kind, () -> {
                long done = 0;
                while (done < much.length) {
                    done += pair.first().send(Message.of(all.asSlice(done)));
                }
                return done;
            });
            MemorySegment into = room(much.length);
            long done = 0;
            while (done < much.length) {
                done += pair.second().receive(into.asSlice(done), 0).byteCount();
            }
            assertThat(sender.get()).isEqualTo(much.length);
            assertThat(into.mismatch(all)).isEqualTo(-1);
        }
    }

    @Test
    void memoryOfAnotherThreadIsRefused() throws Exception {
        try (var pair = UnixStream.pair()) {
            MemorySegment others =
                    Running.run(ThreadKind.PLATFORM, () -> Arena.ofConfined().allocate(1));
            assertThatThrownBy(() -> pair.first().send(Message.of(others))).isInstanceOf(WrongThreadException.class);
            assertThatThrownBy(() -> pair.second().receive(others, 0)).isInstanceOf(WrongThreadException.class);
            assertThat(pair.second().tryReceive(room(1), 0, NO_TIME)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void memoryThatIsReadOnlyReceivesNothing(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            pair.first().send(Message.of("x"));
            MemorySegment readOnly = room(2).asReadOnly();
            assertThatIllegalArgumentException().isThrownBy(() -> pair.second().receive(readOnly, 0));
            assertThatIllegalArgumentException().isThrownBy(() -> pair.second().receive(List.of(room(1), readOnly), 0));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pair.second().receiveMany(List.of(room(1), readOnly), 0));
            assertThat(received(pair.second())).isEqualTo("x");
        }
    }

    // Addresses.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void aDatagramGoesToItsAddressAndTellsWhereItIsFrom(ThreadKind kind, @TempDir Path folder) throws Exception {
        UnixAddress name = UnixAddress.abstractName(
                "chagres-message-" + ProcessHandle.current().pid() + "-" + kind);
        try (UnixDatagram unnamed = UnixDatagram.create();
                UnixDatagram named = UnixDatagram.bind(UnixAddress.of(folder.resolve("named")));
                UnixDatagram receiver = UnixDatagram.bind(name)) {
            Running.run(kind, () -> unnamed.send(Message.of("one").to(name)));
            Running.run(
                    kind,
                    () -> named.sendMany(List.of(
                            Message.of("two").to(name), Message.of("three").to(name))));
            ReceivedMessage first = receiver.receive(room(9), 0);
            assertThat(first.from()).isEqualTo(UnixAddress.unnamed());
            List<ReceivedMessage> others = receiver.receiveMany(List.of(room(9), room(9)), 0);
            assertThat(others).extracting(ReceivedMessage::from).containsOnly(named.localAddress());
            assertThat(others).extracting(ReceivedMessage::byteCount).containsExactly(3L, 5L);
        }
    }

    @Test
    void withoutAnAddressNobodyGetsIt(@TempDir Path folder) throws Exception {
        try (UnixDatagram socket = UnixDatagram.create()) {
            assertThat(errno(() -> socket.send(Message.of("x")))).isEqualTo(Errno.ENOTCONN);
            assertThat(errno(() -> socket.send(Message.of("x").to(UnixAddress.of(folder.resolve("nobody"))))))
                    .isEqualTo(Errno.ENOENT);
            assertThat(errno(() -> socket.send(Message.of("x").to(UnixAddress.abstractName("chagres-nobody")))))
                    .isEqualTo(Errno.ECONNREFUSED);
        }
        try (var pair = UnixStream.pair()) {
            assertThat(errno(() -> pair.first().send(Message.of("x").to(UnixAddress.abstractName("chagres-nobody")))))
                    .isEqualTo(Errno.EISCONN);
        }
    }

    @Test
    void abstractNamesOfEveryLengthAreToldAsTheyAre() throws Exception {
        for (int length : new int[] {1, 2, 106, 107}) {
            byte[] name = ("\0" + ProcessHandle.current().pid() + "x".repeat(107))
                    .substring(0, length)
                    .getBytes(StandardCharsets.US_ASCII);
            try (UnixDatagram receiver = UnixDatagram.bind(UnixAddress.abstractName(name));
                    UnixDatagram sender = UnixDatagram.create()) {
                sender.send(Message.of("x").to(UnixAddress.abstractName(name)));
                assertThat(received(receiver)).isEqualTo("x");
                assertThat(receiver.localAddress()).isEqualTo(UnixAddress.abstractName(name));
            }
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UnixAddress.abstractName(new byte[108]))
                .withMessageContaining("108");
    }

    // Many at once.

    @ParameterizedTest
    @MethodSource("recordsAndThreads")
    void manyAreSentAndReceivedInOrderWithTheirLengths(Kind kind, ThreadKind thread) throws Exception {
        try (var pair = kind.pair();
                Arena arena = Arena.ofConfined()) {
            List<Message> messages = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                messages.add(Message.of(bytes("abcdef".substring(0, i)), bytes("xyz".substring(i % 3))));
            }
            assertThat(Running.run(thread, () -> pair.first().sendMany(messages)))
                    .isEqualTo(6);
            List<MemorySegment> into = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                into.add(i % 2 == 0 ? room(9) : arena.allocate(9));
            }
            List<ReceivedMessage> received = pair.second().receiveMany(into, 0);
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < received.size(); i++) {
                texts.add(text(into.get(i), received.get(i).byteCount()));
            }
            assertThat(texts).containsExactly("xyz", "ayz", "abz", "abcxyz", "abcdyz", "abcdez");
        }
    }

    static Stream<Arguments> recordsAndThreads() {
        return Stream.of(Kind.SEQPACKET, Kind.DATAGRAM)
                .flatMap(kind -> Stream.of(ThreadKind.values()).map(thread -> Arguments.of(kind, thread)));
    }

    @Test
    void onlySoManyAreReceivedAsThereIsMemoryFor() throws Exception {
        try (var pair = UnixDatagram.pair()) {
            pair.first().sendMany(List.of(Message.of("a"), Message.of("b"), Message.of("c")));
            assertThat(pair.second().receiveMany(List.of(room(1), room(1)), 0)).hasSize(2);
            assertThat(pair.second().receiveMany(List.of(), 0)).isEmpty();
            assertThat(received(pair.second())).isEqualTo("c");
            assertThat(pair.first().sendMany(List.of())).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void theFirstOfManyIsWaitedForAndNoMore(ThreadKind kind) throws Exception {
        try (var pair = UnixSeqPacket.pair()) {
            var receiver = Running.start(kind, () -> pair.second().receiveMany(List.of(room(1), room(1)), 0));
            receiver.untilWaiting();
            pair.first().send(Message.of("a"));
            assertThat(receiver.get()).hasSize(1);
            assertThat(Running.run(kind, () -> pair.second().tryReceiveMany(List.of(room(1)), 0, SHORT)))
                    .isEmpty();
            assertThat(Running.run(kind, () -> pair.second().tryReceiveMany(List.of(room(1)), 0, NO_TIME)))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void soManyAreSentAsThereIsRoomFor(ThreadKind kind) throws Exception {
        try (var pair = UnixSeqPacket.pair()) {
            List<Message> messages = Collections.nCopies(500, Message.of(new byte[4096]));
            int sent = Running.run(kind, () -> pair.first().trySendMany(messages, SHORT));
            assertThat(sent).isBetween(1, 499);
            assertThat(Running.run(kind, () -> pair.first().trySendMany(messages, SHORT)))
                    .isZero();
            var sender = Running.start(kind, () -> pair.first().sendMany(messages.subList(0, 1)));
            sender.untilWaiting();
            for (int i = 0; i < sent; i++) {
                assertThat(pair.second().receive(room(4096), 0).byteCount()).isEqualTo(4096);
            }
            assertThat(sender.get()).isEqualTo(1);
        }
    }

    @Test
    void moreThanTheKernelTakesInOneCallAreNotLost() throws Exception {
        try (var pair = UnixSeqPacket.pair()) {
            pair.first().setOption(LinuxSocketOptions.SO_SNDBUF, 1 << 20);
            List<Message> messages = Collections.nCopies(1100, Message.of("x"));
            int sent = pair.first().sendMany(messages);
            assertThat(sent).isBetween(1, 1024);
            List<MemorySegment> into = new ArrayList<>();
            for (int i = 0; i < 1100; i++) {
                into.add(room(1));
            }
            assertThat(pair.second().receiveMany(into, 0)).hasSize(sent);
        }
    }

    @Test
    void messagesWithDifferentOptionsDoNotGoTogether() throws Exception {
        try (var pair = UnixSeqPacket.pair()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pair.first()
                            .sendMany(List.of(Message.of("a"), Message.of("b").with(SendOption.MORE))));
            assertThat(pair.second().tryReceive(room(1), 0, NO_TIME)).isEmpty();
        }
    }

    // Time.

    @ParameterizedTest
    @MethodSource("kindsAndThreads")
    void aTimeThatIsOverIsNoFailureAndTheSocketStaysUsable(Kind kind, ThreadKind thread) throws Exception {
        try (var pair = kind.pair()) {
            for (Duration time : List.of(SHORT, NO_TIME, Duration.ofSeconds(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
                assertThat(Running.run(thread, () -> pair.second().tryReceive(room(1), 0, time)))
                        .isEmpty();
            }
            fill(pair.first());
            Message message = Message.of(new byte[4096]);
            for (Duration time : List.of(SHORT, NO_TIME, Duration.ofSeconds(-1))) {
                assertThat(Running.run(thread, () -> pair.first().trySend(message, time)))
                        .isEmpty();
            }
            while (pair.second().tryReceive(room(1 << 16), 0, NO_TIME).isPresent()) {
                // Until it is empty.
            }
            Duration ever = Duration.ofSeconds(Long.MAX_VALUE);
            assertThat(Running.run(thread, () -> pair.first().trySend(Message.of("hi"), ever)))
                    .isEqualTo(OptionalLong.of(2));
            assertThat(Running.run(
                                    thread,
                                    () -> pair.second()
                                            .tryReceive(room(9), 0, ever)
                                            .orElseThrow())
                            .byteCount())
                    .isEqualTo(2);
        }
    }

    static Stream<Arguments> kindsAndThreads() {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(ThreadKind.values()).map(thread -> Arguments.of(kind, thread)));
    }

    @ParameterizedTest
    @MethodSource("kindsAndThreads")
    void aSenderWaitsForRoomAndAnInterruptSendsNothing(Kind kind, ThreadKind thread) throws Exception {
        try (var pair = kind.pair();
                Pipe pipe = Pipe.create()) {
            fill(pair.first());
            Message message = Message.of(new byte[4096]).giving(pipe.source());
            var sender = Running.start(thread, () -> pair.first().send(message));
            sender.untilWaiting();
            sender.thread().interrupt();
            assertThat(sender.failure()).isInstanceOf(InterruptedException.class);
            assertThat(pipe.source().isOpen()).isTrue();
            sender = Running.start(thread, () -> pair.first().send(message));
            sender.untilWaiting();
            while (pair.second().tryReceive(room(1 << 16), 0, SHORT).isPresent()) {
                // Until it is empty.
            }
            assertThat(sender.get()).isPositive();
            assertThat(pipe.source().isOpen()).isFalse();
        }
    }

    @Test
    void whatASignalInterruptsIsDoneAgain() throws Exception {
        try (var pair = UnixSeqPacket.pair();
                var sends = ScriptedAnswers.to("sendmsg", arguments -> -Errno.EINTR.number());
                var receives = ScriptedAnswers.to("recvmsg", arguments -> -Errno.EINTR.number())) {
            assertThat(pair.first().send(Message.of("x"))).isEqualTo(1);
            assertThat(received(pair.second())).isEqualTo("x");
            assertThat(sends.remaining() + receives.remaining()).isZero();
        }
    }

    // What is refused.

    @ParameterizedTest
    @EnumSource
    void closedSocketsNeitherSendNorReceive(Kind kind) throws Exception {
        var pair = kind.pair();
        pair.close();
        UnixSocket closed = pair.first();
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> closed.send(Message.of("x")));
        assertThatExceptionOfType(ClosedChannelException.class)
                .isThrownBy(() -> closed.sendMany(List.of(Message.of())));
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> closed.receive(room(1), 0));
        assertThatExceptionOfType(ClosedChannelException.class)
                .isThrownBy(() -> closed.receiveMany(List.of(room(1)), 0));
    }

    @ParameterizedTest
    @EnumSource
    void whatWasShutDownOrLeftByTheOtherSendsNothing(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            pair.first().shutdownOutput();
            assertThat(errno(() -> pair.first().send(Message.of("x")))).isEqualTo(Errno.EPIPE);
            assertThat(errno(() -> pair.first().sendMany(List.of(Message.of("x")))))
                    .isEqualTo(Errno.EPIPE);
        }
        try (var pair = kind.pair()) {
            pair.second().close();
            assertThat(errno(() -> pair.first().send(Message.of("x"))))
                    .isEqualTo(kind == Kind.DATAGRAM ? Errno.ECONNREFUSED : Errno.EPIPE);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SEQPACKET", "DATAGRAM"})
    void whatIsLongerThanTheBufferIsRefusedAndNothingIsSent(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            int size = pair.first().option(LinuxSocketOptions.SO_SNDBUF);
            ErrnoException failure = catchThrowableOfType(
                    ErrnoException.class, () -> pair.first().send(Message.of(new byte[size])));
            assertThat(failure.errno()).isEqualTo(Errno.EMSGSIZE);
            assertThat(failure).hasMessageContaining("sendmsg").hasMessageContaining("SO_SNDBUF");
            assertThat(pair.second().tryReceive(room(1), 0, NO_TIME)).isEmpty();
            assertThat(pair.first().send(Message.of(new byte[size - 32]))).isEqualTo(size - 32);
        }
    }

    @Test
    void whatIsNotConnectedReceivesNothing() throws Exception {
        UnixAddress name = UnixAddress.abstractName(
                "chagres-half-" + ProcessHandle.current().pid());
        try (var stream = UnixStream.of(LowSocket.open(1, 1, 0));
                var packets = UnixSeqPacket.of(LowSocket.open(1, 5, 0));
                UnixDatagram datagrams = UnixDatagram.bind(name)) {
            assertThat(errno(() -> stream.receive(room(1), 0))).isEqualTo(Errno.EINVAL);
            assertThat(errno(() -> packets.receive(room(1), 0))).isEqualTo(Errno.ENOTCONN);
            assertThat(errno(() -> stream.send(Message.of("x")))).isEqualTo(Errno.ENOTCONN);
            assertThat(errno(() -> packets.send(Message.of("x")))).isEqualTo(Errno.ENOTCONN);
            assertThat(datagrams.tryReceive(room(1), 0, NO_TIME)).isEmpty();
        }
    }

    @Test
    void bytesThatAStreamDidNotReceiveAreAFailureOfTheOtherSide() throws Exception {
        try (var pair = UnixStream.pair()) {
            pair.first().send(Message.of("unread"));
            pair.second().close();
            assertThat(errno(() -> pair.first().receive(room(1), 0))).isEqualTo(Errno.ECONNRESET);
            assertThat(pair.first().receive(room(1), 0).isAtEnd()).isTrue();
        }
    }

    @Test
    void aStreamCannotCarryDescriptorsWithoutAByteAndSaysSo() throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pair.first().send(Message.of().giving(pipe.source())));
            assertThat(pipe.source().isOpen()).isTrue();
        }
    }
}
