package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.chagres.socket.TestMessages.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.memory.MemoryFile;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSink;
import org.chagres.pipe.PipeSource;
import org.chagres.readiness.EventCounter;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Descriptors in messages: the receiver has the same files, owned, close-on-exec, and none that nobody asked for. */
@ExtendWith(LeakCheck.class)
class PassedDescriptorsTest {
    private static final Duration NO_TIME = Duration.ZERO;

    private static List<String> files(List<? extends Pollable> resources) {
        return resources.stream().map(TestMessages::file).toList();
    }

    private static ReceivedMessage receive(UnixSocket socket, int most, ReceiveOption... options) throws Exception {
        return socket.receive(room(8), most, options);
    }

    /** So many descriptors of one pipe. */
    private static Pollable[] many(Pipe pipe, int count) {
        return Collections.nCopies(count, pipe.source()).toArray(Pollable[]::new);
    }

    // How many.

    @ParameterizedTest
    @EnumSource
    void oneArrivesAsTheSameFileWithANumberOfItsOwn(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Pipe pipe = Pipe.create()) {
            assertThat(pair.first().send(Message.of("x").with(pipe.source()))).isEqualTo(1);
            try (ReceivedMessage message = receive(pair.second(), 1);
                    Descriptor arrived = message.takeDescriptor()) {
                assertThat(file(arrived)).isEqualTo(file(pipe.source()));
                assertThat(number(arrived)).isNotEqualTo(number(pipe.source()));
                assertThat(isCloseOnExec(arrived)).isTrue();
                assertThat(message.isControlTruncated()).isFalse();
                assertThat(message.descriptorCount()).isZero();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void severalArriveInTheirOrder(Kind kind) throws Exception {
        List<Pollable> ends = new ArrayList<>();
        try (var pair = kind.pair()) {
            for (int i = 0; i < 10; i++) {
                Pipe pipe = Pipe.create();
                Collections.addAll(ends, pipe.source(), pipe.sink());
            }
            pair.first().send(Message.of("x").with(ends.toArray(Pollable[]::new)));
            try (ReceivedMessage message = receive(pair.second(), 20)) {
                assertThat(message.descriptorCount()).isEqualTo(20);
                List<Descriptor> arrived = message.takeDescriptors();
                assertThat(files(arrived)).isEqualTo(files(ends));
                assertThat(arrived).allMatch(TestMessages::isCloseOnExec);
                for (int i = 0; i < 20; i += 2) {
                    try (PipeSource source = PipeSource.of(arrived.get(i));
                            PipeSink sink = PipeSink.of(arrived.get(i + 1))) {
                        sink.writeFully(MemorySegment.ofArray(new byte[] {(byte) i}));
                        MemorySegment read = room(1);
                        source.readFully(read);
                        assertThat(read.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) i);
                    }
                }
            }
        } finally {
            ends.forEach(Pollable::close);
        }
    }

    @ParameterizedTest
    @EnumSource
    void noneArriveWhereNoneWereSent(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            pair.first().send(Message.of("x").with(new Pollable[0]));
            try (ReceivedMessage message = receive(pair.second(), 4)) {
                assertThat(message.byteCount()).isEqualTo(1);
                assertThat(message.takeDescriptors()).isEmpty();
                assertThat(message.isControlTruncated()).isFalse();
                assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(message::takeDescriptor);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void asManyAsTheKernelSendsPass(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Pipe pipe = Pipe.create()) {
            pair.first().send(Message.of("x").with(many(pipe, 253)));
            try (ReceivedMessage message = receive(pair.second(), 253)) {
                assertThat(message.descriptorCount()).isEqualTo(253);
                assertThat(message.isControlTruncated()).isFalse();
            }
        }
    }

    @Test
    void moreThanTheKernelSendsAreRefusedAndNothingIsSent() throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            Message tooMany = Message.of("x").giving(many(pipe, 254));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pair.first().send(tooMany))
                    .withMessageContaining("253")
                    .withMessageContaining("254");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pair.first().sendMany(List.of(Message.of("y"), tooMany)));
            assertThat(pipe.source().isOpen()).isTrue();
            assertThat(pair.second().tryReceive(room(1), 0, NO_TIME)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 254, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void whatCannotBeAskedForIsRefused(int most) throws Exception {
        try (var pair = UnixStream.pair()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> receive(pair.second(), most))
                    .withMessageContaining(Integer.toString(most));
            assertThatIllegalArgumentException().isThrownBy(() -> pair.second().receiveMany(List.of(room(1)), most));
        }
    }

    @Test
    void theyComeAfterThoseThatTheMessageHasAlready() throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create();
                EventCounter counter = EventCounter.create()) {
            Message message = Message.of("x").with(pipe.source()).with(counter).with(pipe.sink());
            List<String> sent = files(List.of(pipe.source(), counter, pipe.sink()));
            pair.first().send(message);
            try (ReceivedMessage received = receive(pair.second(), 3)) {
                List<Descriptor> arrived = received.takeDescriptors();
                try {
                    assertThat(files(arrived)).isEqualTo(sent);
                } finally {
                    arrived.forEach(Descriptor::close);
                }
            }
        }
    }

    // Which.

    @Test
    void socketsListenersMemoryFilesCountersAndProcessesPass() throws Exception {
        UnixAddress address = UnixAddress.abstractName(
                "chagres-passed-" + ProcessHandle.current().pid());
        try (var pair = UnixStream.pair();
                var other = UnixSeqPacket.pair();
                var listener = UnixListener.bind(address);
                MemoryFile memory = MemoryFile.create("passed", 4096);
                EventCounter counter = EventCounter.create();
                Descriptor process = pair.first().peerProcess()) {
            List<Pollable> sent =
                    List.of(other.first(), listener, memory.descriptor(), counter, process, pair.second());
            pair.first().send(Message.of("x").with(sent.toArray(Pollable[]::new)));
            try (ReceivedMessage message = receive(pair.second(), 6)) {
                List<Descriptor> arrived = message.takeDescriptors();
                assertThat(files(arrived)).isEqualTo(files(sent));
                assertThat(arrived).allMatch(TestMessages::isCloseOnExec);
                try (UnixSeqPacket packets = UnixSeqPacket.of(arrived.get(0));
                        UnixListener<UnixStream> listens = UnixListener.of(arrived.get(1));
                        MemoryFile file = MemoryFile.take(arrived.get(2), 4096);
                        Descriptor counts = arrived.get(3);
                        Descriptor lives = arrived.get(4);
                        UnixStream self = UnixStream.of(arrived.get(5))) {
                    packets.send(MemorySegment.ofArray(new byte[] {7}));
                    assertThat(other.second().receive(room(2))).isEqualTo(1);
                    try (UnixStream connected = UnixStream.connect(address);
                            UnixStream accepted = listens.accept()) {
                        connected.send(Message.of("hello"));
                        assertThat(accepted.receive(room(9), 0).byteCount()).isEqualTo(5);
                    }
                    assertThat(file.name()).isEqualTo("passed");
                    counter.add(5);
                    MemorySegment value = room(8);
                    counts.read(value);
                    assertThat(value.get(ValueLayout.JAVA_LONG_UNALIGNED, 0)).isEqualTo(5);
                    assertThat(lives.isOpen()).isTrue();
                    pair.first().send(Message.of("me"));
                    assertThat(self.receive(room(9), 0).byteCount()).isEqualTo(2);
                }
            }
        }
    }

    @Test
    void aSocketCanTravelOverItself() throws Exception {
        try (var pair = UnixStream.pair()) {
            String file = file(pair.first());
            pair.first().send(Message.of("x").giving(pair.first()));
            assertThat(pair.first().isOpen()).isFalse();
            try (ReceivedMessage message = receive(pair.second(), 1);
                    UnixStream again = UnixStream.of(message.takeDescriptor())) {
                assertThat(file(again)).isEqualTo(file);
                again.send(Message.of("y"));
                assertThat(receive(pair.second(), 0).byteCount()).isEqualTo(1);
            }
        }
    }

    // More than were asked for.

    @ParameterizedTest
    @EnumSource
    void moreThanWereAskedForAreClosed(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Pipe pipe = Pipe.create()) {
            for (int most = 0; most <= 3; most++) { // room for one, as C counts it, admits two
                for (int sent : new int[] {most + 1, most + 2, 150, 253}) {
                    Set<String> before = Kernel.descriptors();
                    pair.first().send(Message.of("x").with(many(pipe, sent)));
                    try (ReceivedMessage message = receive(pair.second(), most)) {
                        assertThat(message.byteCount()).isEqualTo(1);
                        assertThat(message.descriptorCount()).isEqualTo(most);
                        assertThat(message.isControlTruncated())
                                .as("%d of %d", most, sent)
                                .isTrue();
                        assertThat(Kernel.descriptors()).hasSize(before.size() + most);
                    }
                    assertThat(Kernel.descriptors()).isEqualTo(before);
                }
            }
        }
    }

    @Test
    void moreThanWereAskedForAreClosedWhereCredentialsAndTheProcessComeToo() throws Exception {
        try (var pair = UnixDatagram.pair();
                Pipe pipe = Pipe.create()) {
            pair.second().setOption(LinuxSocketOptions.SO_PASSCRED, true);
            pair.second().setOption(LinuxSocketOptions.SO_PASSPIDFD, true);
            Set<String> before = Kernel.descriptors();
            for (int sent : new int[] {2, 3, 4, 80, 253}) {
                pair.first().send(Message.of("x").with(many(pipe, sent)));
                try (ReceivedMessage message = receive(pair.second(), 1)) {
                    assertThat(message.descriptorCount()).isEqualTo(1);
                    assertThat(message.isControlTruncated()).isTrue();
                    assertThat(message.credentials()).contains(Credentials.ofThisProcess());
                }
                assertThat(Kernel.descriptors()).isEqualTo(before);
            }
        }
    }

    @Test
    void moreThanWereAskedForAreClosedInEachOfManyMessages() throws Exception {
        try (var pair = UnixSeqPacket.pair();
                Pipe pipe = Pipe.create()) {
            Set<String> before = Kernel.descriptors();
            pair.first()
                    .sendMany(List.of(
                            Message.of("a").with(many(pipe, 3)),
                            Message.of("b"),
                            Message.of("c").with(many(pipe, 2))));
            List<ReceivedMessage> messages = pair.second().receiveMany(List.of(room(1), room(1), room(1)), 2);
            assertThat(messages).extracting(ReceivedMessage::descriptorCount).containsExactly(2, 0, 2);
            assertThat(messages).extracting(ReceivedMessage::isControlTruncated).containsExactly(true, false, false);
            messages.forEach(ReceivedMessage::close);
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }
    }

    @Test
    void theBytesOfASocketThatIsReadAsBytesComeAndItsDescriptorsAreClosed() throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            Set<String> before = Kernel.descriptors();
            pair.first().send(Message.of("x").with(many(pipe, 5)));
            assertThat(pair.second().read(room(8))).isEqualTo(1);
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }
    }

    // Where numbers are scarce.

    @Test
    void whereNumbersAreScarceThoseThatFitComeAndNothingLeaks() {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"));
        command.addAll(Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), MessageScarcity.class));
        Run run = Run.command(command, Map.of());
        assertThat(run.err()).isEmpty();
        assertThat(run.output()).isEqualTo("""
                STREAM with 0 free: 1 byte, 0 descriptors, truncated true, then 0 free
                STREAM with 2 free: 1 byte, 2 descriptors, truncated true, then 2 free
                STREAM with 4 free: 1 byte, 3 descriptors, truncated false, then 4 free
                SEQPACKET with 0 free: 1 byte, 0 descriptors, truncated true, then 0 free
                SEQPACKET with 2 free: 1 byte, 2 descriptors, truncated true, then 2 free
                SEQPACKET with 4 free: 1 byte, 3 descriptors, truncated false, then 4 free
                DATAGRAM with 0 free: 1 byte, 0 descriptors, truncated true, then 0 free
                DATAGRAM with 2 free: 1 byte, 2 descriptors, truncated true, then 2 free
                DATAGRAM with 4 free: 1 byte, 3 descriptors, truncated false, then 4 free
                """);
    }

    // Who owns them.

    @Test
    void thoseThatNobodyTookAreClosedWithTheMessage() throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            Set<String> before = Kernel.descriptors();
            pair.first().send(Message.of("x").with(many(pipe, 3)));
            ReceivedMessage message = receive(pair.second(), 3);
            Descriptor taken = message.takeDescriptor();
            assertThat(message.descriptorCount()).isEqualTo(2);
            assertThat(message)
                    .hasToString("ReceivedMessage[1 bytes, descriptors "
                            + message.toString().replaceFirst(".*descriptors ", ""));
            message.close();
            message.close();
            assertThat(taken.isOpen()).isTrue();
            assertThat(message.descriptorCount()).isZero();
            taken.close();
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }
    }

    @Test
    void thoseOfAForgottenMessageAreClosedByTheCollector() throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            Set<String> before = Kernel.descriptors();
            pair.first().send(Message.of("x").with(many(pipe, 2)));
            assertThat(receive(pair.second(), 2).descriptorCount()).isEqualTo(2);
            Await.until(() -> {
                System.gc();
                return before.containsAll(Kernel.descriptors()); // forgotten ones of others may go too
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void peekingGivesDuplicates(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Pipe pipe = Pipe.create()) {
            Set<String> before = Kernel.descriptors();
            pair.first().send(Message.of("x").with(pipe.sink()));
            try (ReceivedMessage first = receive(pair.second(), 1, ReceiveOption.PEEK);
                    ReceivedMessage second = receive(pair.second(), 1, ReceiveOption.PEEK);
                    ReceivedMessage last = receive(pair.second(), 1);
                    Descriptor one = first.takeDescriptor();
                    Descriptor two = second.takeDescriptor();
                    Descriptor three = last.takeDescriptor()) {
                assertThat(files(List.of(one, two, three))).containsOnly(file(pipe.sink()));
                assertThat(Set.of(number(one), number(two), number(three))).hasSize(3);
                assertThat(pair.second().tryReceive(room(1), 1, NO_TIME)).isEmpty();
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }
    }

    // Giving away.

    @ParameterizedTest
    @EnumSource
    void whatIsGivenIsClosedHereOnceItIsSent(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Pipe pipe = Pipe.create()) {
            String given = file(pipe.source());
            pair.first().send(Message.of("x").with(pipe.sink()).giving(pipe.source(), pipe.source()));
            assertThat(pipe.source().isOpen()).isFalse();
            assertThat(pipe.sink().isOpen()).isTrue();
            try (ReceivedMessage message = receive(pair.second(), 3)) {
                assertThat(message.descriptorCount()).isEqualTo(3);
                message.takeDescriptor().close();
                try (Descriptor arrived = message.takeDescriptor()) {
                    assertThat(file(arrived)).isEqualTo(given);
                }
            }
        }
    }

    @Test
    void whatIsGivenStaysOpenWhereItIsNotSent() throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            Message message = Message.of("x").giving(pipe.source());
            pair.second().close();
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> pair.first().send(message))
                    .matches(failure -> failure.errno() == Errno.EPIPE);
            assertThat(pipe.source().isOpen()).isTrue();
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class)
                    .isThrownBy(() -> pair.first().send(message));
            assertThat(pipe.source().isOpen()).isTrue();
            pair.first().close();
            assertThatExceptionOfType(ClosedChannelException.class)
                    .isThrownBy(() -> pair.first().send(message));
            assertThat(pipe.source().isOpen()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void whatIsGivenStaysOpenWhereTheTimeIsOver(ThreadKind kind) throws Exception {
        try (var pair = UnixSeqPacket.pair();
                Pipe pipe = Pipe.create()) {
            while (pair.first().trySend(Message.of(new byte[4096]), NO_TIME).isPresent()) {
                // Until it is full.
            }
            Message message = Message.of(new byte[4096]).giving(pipe.source());
            assertThat(Running.run(kind, () -> pair.first().trySend(message, Duration.ofMillis(20))))
                    .isEmpty();
            assertThat(Running.run(kind, () -> pair.first().trySendMany(List.of(message), Duration.ofMillis(20))))
                    .isZero();
            assertThat(pipe.source().isOpen()).isTrue();
        }
    }

    @Test
    void ofManyMessagesOnlyWhatIsGivenByThoseThatWereSentIsClosed() throws Exception {
        try (var pair = UnixSeqPacket.pair();
                Pipe pipe = Pipe.create()) {
            pair.first().setOption(LinuxSocketOptions.SO_SNDBUF, 8192);
            int tooLong = pair.first().option(LinuxSocketOptions.SO_SNDBUF);
            int sent = pair.first()
                    .sendMany(List.of(
                            Message.of("a").giving(pipe.source()),
                            Message.of(new byte[tooLong]).giving(pipe.sink())));
            assertThat(sent).isEqualTo(1);
            assertThat(pipe.source().isOpen()).isFalse();
            assertThat(pipe.sink().isOpen()).isTrue();
            try (ReceivedMessage message = receive(pair.second(), 1)) {
                assertThat(message.descriptorCount()).isEqualTo(1);
            }
        }
    }

    @Test
    void aClosedOneIsNotSentAndNothingElseOfTheMessageIs() throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create();
                Pipe other = Pipe.create()) {
            pipe.sink().close();
            Message message = Message.of("x").giving(other.source()).with(pipe.sink());
            assertThatExceptionOfType(ClosedChannelException.class)
                    .isThrownBy(() -> pair.first().send(message));
            assertThatExceptionOfType(ClosedChannelException.class)
                    .isThrownBy(() -> pair.first().sendMany(List.of(Message.of("y"), message)));
            assertThat(other.source().isOpen()).isTrue();
            assertThat(pair.second().tryReceive(room(1), 0, NO_TIME)).isEmpty();
            other.source().close();
            assertThat(other.source().isOpen()).isFalse();
        }
    }

    // Exceptions half-way.

    @ParameterizedTest
    @EnumSource
    void memoryThatCannotBeReceivedIntoLeavesTheMessageThere(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Pipe pipe = Pipe.create();
                Arena arena = Arena.ofShared()) {
            Set<String> before = Kernel.descriptors();
            MemorySegment freed;
            try (Arena shorter = Arena.ofShared()) {
                freed = shorter.allocate(1);
            }
            MemorySegment confined =
                    Running.run(ThreadKind.PLATFORM, () -> Arena.ofConfined().allocate(1));
            MemorySegment readOnly = arena.allocate(1).asReadOnly();
            pair.first().send(Message.of("x").with(pipe.source()));
            for (MemorySegment bad : List.of(freed, confined, readOnly)) {
                for (List<MemorySegment> into : List.of(List.of(bad), List.of(arena.allocate(1), bad))) {
                    assertThat(catchThrowable(() -> pair.second().receive(into, 1)))
                            .isInstanceOf(RuntimeException.class);
                }
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
            try (ReceivedMessage message = receive(pair.second(), 1)) {
                assertThat(message.descriptorCount()).isEqualTo(1);
            }
        }
    }

    /** What the kernel cannot tell of a memory on the heap next to it is looked at before, too. */
    @ParameterizedTest
    @EnumSource
    void memoryThatCannotBeReceivedIntoBesidesMemoryOnTheHeapLeaksNothing(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Pipe pipe = Pipe.create()) {
            Set<String> before = Kernel.descriptors();
            MemorySegment freed;
            try (Arena shorter = Arena.ofShared()) {
                freed = shorter.allocate(1);
            }
            pair.first().send(Message.of("xy").with(pipe.source()));
            assertThatThrownBy(() -> pair.second().receive(List.of(room(1), freed), 1))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }
    }

    @Test
    void memoryThatManyMessagesCannotBeReceivedIntoLeaksNothing() throws Exception {
        try (var pair = UnixSeqPacket.pair();
                Pipe pipe = Pipe.create()) {
            Set<String> before = Kernel.descriptors();
            MemorySegment freed;
            try (Arena shorter = Arena.ofShared()) {
                freed = shorter.allocate(1);
            }
            Message message = Message.of("x").with(pipe.source());
            pair.first().sendMany(List.of(message, message, message));
            assertThatThrownBy(() -> pair.second().receiveMany(List.of(room(1), freed, room(1)), 1))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void memoryThatCannotBeSentFromSendsNothing(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Pipe pipe = Pipe.create()) {
            MemorySegment freed;
            try (Arena shorter = Arena.ofShared()) {
                freed = shorter.allocate(1);
            }
            for (Message bad : List.of(Message.of(freed), Message.of(room(1), freed))) {
                Message message = bad.giving(pipe.source());
                assertThatThrownBy(() -> pair.first().send(message)).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> pair.first().sendMany(List.of(Message.of("x"), message)))
                        .isInstanceOf(IllegalStateException.class);
            }
            assertThat(pipe.source().isOpen()).isTrue();
            assertThat(pair.second().tryReceive(room(1), 0, NO_TIME)).isEmpty();
        }
    }

    @Test
    void whatTheKernelRefusesLeaksNothing() throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            Set<String> before = Kernel.descriptors();
            pair.first().send(Message.of("x").with(pipe.source()));
            for (Errno errno : List.of(Errno.ENOMEM, Errno.ENOBUFS, Errno.ECONNRESET)) {
                try (var script = ScriptedAnswers.to("recvmsg", arguments -> -errno.number())) {
                    assertThatExceptionOfType(ErrnoException.class)
                            .isThrownBy(() -> receive(pair.second(), 1))
                            .matches(failure -> failure.errno() == errno);
                    assertThat(script.remaining()).isZero();
                }
            }
            for (Errno errno : List.of(Errno.ETOOMANYREFS, Errno.ENOBUFS, Errno.EPERM)) {
                try (var script = ScriptedAnswers.to("sendmsg", arguments -> -errno.number())) {
                    assertThatExceptionOfType(ErrnoException.class)
                            .isThrownBy(() -> pair.first().send(Message.of("x").giving(pipe.sink())))
                            .matches(failure -> failure.errno() == errno);
                    assertThat(script.remaining()).isZero();
                }
            }
            assertThat(pipe.sink().isOpen()).isTrue();
            assertThat(Kernel.descriptors()).isEqualTo(before);
            receive(pair.second(), 1).close();
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }
    }

    @Test
    void aReceiverThatDoesNotAdmitDescriptorsHasTheSenderRefused() throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            try {
                pair.second().setOption(LinuxSocketOptions.SO_PASSRIGHTS, false);
            } catch (ErrnoException beforeLinux616) {
                assumeTrue(beforeLinux616.errno() != Errno.ENOPROTOOPT, "this kernel has no SO_PASSRIGHTS");
                throw beforeLinux616;
            }
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> pair.first().send(Message.of("x").giving(pipe.source())))
                    .matches(failure -> failure.errno() == Errno.EPERM);
            assertThat(pipe.source().isOpen()).isTrue();
        }
    }

    // A stream keeps what belongs together.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void bytesOfAStreamBeforeAndAfterDescriptorsDoNotMixWithTheirs(ThreadKind kind) throws Exception {
        Running.run(kind, () -> {
            try (var pair = UnixStream.pair();
                    Pipe pipe = Pipe.create();
                    Pipe other = Pipe.create()) {
                pair.first().send(Message.of("before"));
                pair.first().send(Message.of("with").with(pipe.source()));
                pair.first().send(Message.of("other").with(other.source()));
                MemorySegment all = room(64);
                List<Integer> counts = new ArrayList<>();
                StringBuilder bytes = new StringBuilder();
                while (bytes.length() < 15) {
                    try (ReceivedMessage message = pair.second().receive(all, 4)) {
                        bytes.append(text(all, message.byteCount()));
                        counts.add(message.descriptorCount());
                    }
                }
                assertThat(bytes).hasToString("beforewithother");
                assertThat(counts).allMatch(count -> count <= 1); // never two sets in one message
                assertThat(counts.stream().mapToInt(Integer::intValue).sum()).isEqualTo(2);
                return null;
            }
        });
    }

    @Test
    void theyComeWithTheFirstByteOfAMessageThatIsReceivedInParts() throws Exception {
        try (var pair = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            pair.first().send(Message.of("12345").with(pipe.source()));
            try (ReceivedMessage first = pair.second().receive(room(2), 1);
                    ReceivedMessage second = pair.second().receive(room(9), 1)) {
                assertThat(first.byteCount()).isEqualTo(2);
                assertThat(first.descriptorCount()).isEqualTo(1);
                assertThat(second.byteCount()).isEqualTo(3);
                assertThat(second.descriptorCount()).isZero();
            }
        }
    }

    @Test
    void thoseOfMessagesThatNobodyReceivedAreClosedWithTheSocket() throws Exception {
        try (Pipe pipe = Pipe.create()) {
            try (var pair = UnixStream.pair()) {
                pair.first().send(Message.of("x").giving(pipe.sink()));
                assertThat(pipe.source().tryRead(room(1), NO_TIME)).isZero();
            }
            assertThat(pipe.source().read(room(1))).isEqualTo(-1); // nobody has the other end any more
        }
    }
}
