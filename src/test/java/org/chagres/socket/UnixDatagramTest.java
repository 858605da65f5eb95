package org.chagres.socket;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.chagres.socket.LocalSockets.*;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.socket.TestMessages.Running;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams: to an address or a peer, each as a whole, none lost. */
@ExtendWith(LeakCheck.class)
class UnixDatagramTest {
    private static final Duration MOMENT = Duration.ofMillis(20);

    /** How a sender names its receiver. */
    enum Way {
        /** By a message's address: no poll tells when there is room. */
        ADDRESSED,
        /** Connected to it; the receiver is connected to nobody. */
        CONNECTED,
        /** Each connected to the other: only the send buffer bounds what is on its way. */
        PAIR
    }

    /** Two sockets, and how the one sends to the other. */
    private record Route(Way way, UnixDatagram sender, UnixDatagram receiver, UnixAddress address)
            implements AutoCloseable {
        static Route open(Way way) throws IOException {
            if (way == Way.PAIR) {
                SocketPair<UnixDatagram> pair = UnixDatagram.pair();
                return new Route(way, pair.first(), pair.second(), UnixAddress.unnamed());
            }
            UnixDatagram receiver = UnixDatagram.bind(UnixAddress.unnamed());
            Route route = new Route(way, UnixDatagram.create(), receiver, receiver.localAddress());
            if (way == Way.CONNECTED) {
                route.sender.connect(route.address);
            }
            return route;
        }

        private Message message(String text) {
            return way == Way.ADDRESSED ? Message.of(text).to(address) : Message.of(text);
        }

        void send(String text) throws IOException, InterruptedException {
            if (way == Way.ADDRESSED) {
                sender.send(message(text));
            } else {
                sender.send(bytes(text));
            }
        }

        boolean trySend(String text, Duration timeout) throws IOException, InterruptedException {
            return way == Way.ADDRESSED
                    ? sender.trySend(message(text), timeout).isPresent()
                    : sender.trySend(bytes(text), timeout);
        }

        /** Sends what there is room for: how many. */
        int fill() throws IOException, InterruptedException {
            int count = 0;
            while (trySend("filling", Duration.ZERO)) {
                count++;
            }
            assertThat(count).isPositive();
            return count;
        }

        Running<Void> sending(ThreadKind kind, String text) {
            return Running.<Void>start(kind, () -> {
                        send(text);
                        return null;
                    })
                    .untilWaiting();
        }

        @Override
        public void close() {
            try (sender;
                    receiver) {
                return;
            }
        }
    }

    static Stream<Arguments> waysAndKinds() {
        return Stream.of(Way.values())
                .flatMap(way -> Stream.of(ThreadKind.values()).map(kind -> Arguments.of(way, kind)));
    }

    private static void refused(Errno errno, ThrowingCallable what) {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(what)
                .satisfies(failure -> assertThat(failure.errno()).isEqualTo(errno));
    }

    private static void assertErrno(Throwable failure, Errno errno) {
        assertThat(failure)
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        refusal -> assertThat(refusal.errno()).isEqualTo(errno));
    }

    private static void assertEmpty(UnixDatagram socket) throws Exception {
        assertThat(socket.tryReceive(Waiting.memory(1), Duration.ZERO)).isEqualTo(-1);
    }

    private static Message to(UnixDatagram receiver, String text) throws IOException {
        return Message.of(text).to(receiver.localAddress());
    }

    // Connecting.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void connectedOneSendsToItsPeerUntilItIsConnectedToAnother(ThreadKind kind) throws Exception {
        try (UnixDatagram first = UnixDatagram.bind(UnixAddress.unnamed());
                UnixDatagram second = UnixDatagram.bind(UnixAddress.unnamed());
                UnixDatagram sender = UnixDatagram.create()) {
            Callable<Void> call = () -> {
                sender.connect(first.localAddress());
                assertThat(sender.peerAddress()).isEqualTo(first.localAddress());
                sender.send(bytes("to the first"));
                sender.connect(second.localAddress());
                assertThat(sender.peerAddress()).isEqualTo(second.localAddress());
                sender.send(bytes("to the second"));
                sender.send(to(first, "an address comes before the peer"));
                return null;
            };
            Running.run(kind, call);
            assertThat(receive(first)).isEqualTo("to the first");
            assertThat(receive(first)).isEqualTo("an address comes before the peer");
            assertThat(receive(second)).isEqualTo("to the second");
            assertEmpty(first);
            assertEmpty(second);
        }
    }

    @Test
    void disconnectedOneHasNoPeerAndTakesFromAnybody() throws Exception {
        try (UnixDatagram peer = UnixDatagram.bind(UnixAddress.unnamed());
                UnixDatagram other = UnixDatagram.create();
                UnixDatagram socket = UnixDatagram.bind(UnixAddress.unnamed())) {
            socket.connect(peer.localAddress());
            refused(Errno.EPERM, () -> other.send(to(socket, "refused")));
            socket.disconnect();
            refused(Errno.ENOTCONN, socket::peerAddress);
            refused(Errno.ENOTCONN, () -> socket.send(bytes("to nobody")));
            other.send(to(socket, "taken"));
            assertThat(receive(socket)).isEqualTo("taken");
            assertEmpty(peer);
            socket.disconnect(); // from nobody
            socket.connect(peer.localAddress());
            socket.send(bytes("again"));
            assertThat(receive(peer)).isEqualTo("again");
        }
    }

    @Test
    void onlyThePeerOfAConnectedOneCanSendToIt() throws Exception {
        try (UnixDatagram peer = UnixDatagram.bind(UnixAddress.unnamed());
                UnixDatagram other = UnixDatagram.create();
                UnixDatagram socket = UnixDatagram.bind(UnixAddress.unnamed())) {
            UnixAddress name = socket.localAddress();
            other.connect(name);
            socket.connect(peer.localAddress());
            refused(Errno.EPERM, () -> other.send(bytes("by the connection")));
            refused(Errno.EPERM, () -> other.send(to(socket, "by the address")));
            try (UnixDatagram late = UnixDatagram.create()) {
                refused(Errno.EPERM, () -> late.connect(name));
            }
            peer.send(to(socket, "by the peer"));
            assertThat(receive(socket)).isEqualTo("by the peer");
            assertEmpty(socket);
        }
    }

    /** Connecting refuses what is to come; what is there already stays. */
    @Test
    void whatCameBeforeTheConnectionStays() throws Exception {
        try (UnixDatagram peer = UnixDatagram.bind(UnixAddress.unnamed());
                UnixDatagram other = UnixDatagram.create();
                UnixDatagram socket = UnixDatagram.bind(UnixAddress.unnamed())) {
            other.send(to(socket, "early"));
            socket.connect(peer.localAddress());
            assertThat(receive(socket)).isEqualTo("early");
        }
    }

    @Test
    void disconnectingOneOfAPairDropsWhatItHasAndResetsTheOther() throws Exception {
        try (SocketPair<UnixDatagram> pair = UnixDatagram.pair()) {
            pair.first().send(bytes("dropped"));
            pair.second().disconnect();
            assertEmpty(pair.second());
            refused(Errno.ECONNRESET, () -> pair.first().tryReceive(Waiting.memory(1), Duration.ZERO));
            assertEmpty(pair.first()); // it is told once
        }
    }

    @Test
    void twoThatAreConnectedToEachOtherTalk() throws Exception {
        try (UnixDatagram one = UnixDatagram.bind(UnixAddress.unnamed());
                UnixDatagram other = UnixDatagram.bind(UnixAddress.unnamed())) {
            one.connect(other.localAddress());
            other.connect(one.localAddress());
            one.send(bytes("question"));
            assertThat(receive(other)).isEqualTo("question");
            other.send(bytes("answer"));
            assertThat(receive(one)).isEqualTo("answer");
        }
    }

    @Test
    void connectingToWhatIsNoneIsRefused(@TempDir Path folder) throws Exception {
        try (UnixDatagram socket = UnixDatagram.create();
                UnixListener<UnixStream> stream = UnixListener.bind(UnixAddress.of(folder.resolve("stream")))) {
            UnixAddress gone = UnixAddress.of(folder.resolve("gone"));
            refused(Errno.ENOENT, () -> socket.connect(gone));
            refused(Errno.ENOENT, () -> socket.send(Message.of("x").to(gone)));
            refused(Errno.EPROTOTYPE, () -> socket.connect(stream.localAddress()));
            refused(Errno.ECONNREFUSED, () -> socket.connect(ownName("nobody")));
            assertThatIllegalArgumentException().isThrownBy(() -> socket.connect(UnixAddress.unnamed()));
            assertThatNullPointerException().isThrownBy(() -> socket.connect(null));
            refused(Errno.ENOTCONN, socket::peerAddress);
        }
    }

    @Test
    void refusedConnectionLeavesTheFormerOne() throws Exception {
        try (UnixDatagram peer = UnixDatagram.bind(UnixAddress.unnamed());
                UnixDatagram socket = UnixDatagram.create()) {
            socket.connect(peer.localAddress());
            refused(Errno.ECONNREFUSED, () -> socket.connect(ownName("nobody")));
            socket.send(bytes("still"));
            assertThat(receive(peer)).isEqualTo("still");
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void sendingToNobodyIsRefused(ThreadKind kind) throws Exception {
        try (UnixDatagram socket = UnixDatagram.create()) {
            Callable<Void> call = () -> {
                refused(Errno.ENOTCONN, () -> socket.send(bytes("x")));
                refused(Errno.ENOTCONN, () -> socket.send(Message.of("x")));
                refused(Errno.ENOTCONN, () -> socket.trySend(bytes("x"), MOMENT));
                refused(Errno.ENOTCONN, () -> socket.trySend(Message.of("x"), MOMENT));
                return null;
            };
            Running.run(kind, call);
        }
    }

    // Contents.

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void datagramBeyondTheSendBufferIsRefusedWhole(boolean isNative) throws Exception {
        try (Arena arena = Arena.ofConfined();
                Route route = Route.open(Way.CONNECTED)) {
            int most = route.sender.option(LinuxSocketOptions.SO_SNDBUF);
            MemorySegment datagram = isNative ? arena.allocate(most + 1L) : Waiting.memory(most + 1);
            refused(Errno.EMSGSIZE, () -> route.sender.send(datagram));
            refused(Errno.EMSGSIZE, () -> route.sender.trySend(datagram, MOMENT));
            refused(Errno.EMSGSIZE, () -> route.sender.send(Message.of(datagram)));
            refused(Errno.EMSGSIZE, () -> route.sender.send(Message.of(datagram).to(route.address)));
            assertEmpty(route.receiver);
            route.sender.send(datagram.asSlice(0, most / 2));
            assertThat(route.receiver.receive(Waiting.memory(1))).isEqualTo(most / 2);
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndKinds")
    void datagramsOfNoBytesAreDatagrams(Way way, ThreadKind kind) throws Exception {
        try (Route route = Route.open(way)) {
            for (String text : List.of("", "between", "")) {
                route.send(text);
            }
            for (int length : new int[] {0, 7, 0, -1}) {
                assertThat(Running.run(kind, () -> route.receiver.tryReceive(Waiting.memory(0), Duration.ZERO)))
                        .isEqualTo(length);
            }
        }
    }

    @Test
    void cutDatagramTellsItsRealLengthAndTheRestIsLost() throws Exception {
        try (Route route = Route.open(Way.ADDRESSED)) {
            route.send("truncated");
            route.send("next");
            MemorySegment into = Waiting.memory(3);
            assertThat(route.receiver.receive(into)).isEqualTo(9);
            assertThat(text(into, 3)).isEqualTo("tru");
            assertThat(receive(route.receiver)).isEqualTo("next");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> route.receiver.receive(Waiting.memory(1).asReadOnly()));
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void answersGoToWhereAQuestionWasFrom(ThreadKind kind, @TempDir Path folder) throws Exception {
        UnixAddress path = UnixAddress.of(folder.resolve("path"));
        try (UnixDatagram server = UnixDatagram.bind(UnixAddress.unnamed());
                UnixDatagram atPath = UnixDatagram.bind(path);
                UnixDatagram atName = UnixDatagram.bind(ownName("answers"));
                UnixDatagram unnamed = UnixDatagram.create()) {
            for (UnixDatagram client : List.of(atPath, atName)) {
                client.send(to(server, "question"));
                Running.run(kind, () -> {
                    try (ReceivedMessage question = server.receive(Waiting.memory(8), 0)) {
                        assertThat(question.from()).isEqualTo(client.localAddress());
                        return server.send(Message.of("answer").to(question.from()));
                    }
                });
                assertThat(receive(client)).isEqualTo("answer");
            }
            unnamed.send(to(server, "question"));
            try (ReceivedMessage question = server.receive(Waiting.memory(8), 0)) {
                assertThat(question.from()).isEqualTo(UnixAddress.unnamed());
            }
        }
    }

    @Test
    void namesOfAllKindsAnswerEachOther(@TempDir Path folder) throws Exception {
        try (UnixDatagram atPath = UnixDatagram.bind(UnixAddress.of(folder.resolve("path")));
                UnixDatagram atName = UnixDatagram.bind(ownName("each-other"));
                UnixDatagram atFound = UnixDatagram.bind(UnixAddress.unnamed())) {
            List<UnixDatagram> all = List.of(atPath, atName, atFound);
            for (UnixDatagram server : all) {
                for (UnixDatagram client : all) { // itself too
                    client.send(to(server, "question"));
                    try (ReceivedMessage question = server.receive(Waiting.memory(8), 0)) {
                        assertThat(question.from()).isEqualTo(client.localAddress());
                        server.send(Message.of("answer").to(question.from()));
                    }
                    try (ReceivedMessage answer = client.receive(Waiting.memory(8), 0)) {
                        assertThat(answer.from()).isEqualTo(server.localAddress());
                    }
                    assertEmpty(client);
                }
            }
        }
    }

    /** By an address, to a peer, and several at once; and nothing of it arrives. */
    @ParameterizedTest
    @MethodSource("waysAndKinds")
    void nothingGoesOutOfBand(Way way, ThreadKind kind) throws Exception {
        try (Route route = Route.open(way)) {
            Message urgent = route.message("!").with(SendOption.OUT_OF_BAND);
            List<Callable<?>> refusals = List.of(
                    () -> route.sender.send(urgent),
                    () -> route.sender.trySend(urgent, MOMENT),
                    () -> route.sender.sendMany(List.of(urgent, urgent)),
                    () -> route.receiver.receive(Waiting.memory(8), 0, ReceiveOption.OUT_OF_BAND),
                    () -> route.receiver.tryReceive(Waiting.memory(8), 0, MOMENT, ReceiveOption.OUT_OF_BAND),
                    () -> route.receiver.receiveMany(List.of(Waiting.memory(8)), 0, ReceiveOption.OUT_OF_BAND));
            for (Callable<?> refusal : refusals) {
                assertErrno(Running.start(kind, refusal).failure(), Errno.EOPNOTSUPP);
            }
            assertEmpty(route.receiver);
            route.send("usual");
            assertThat(receive(route.receiver)).isEqualTo("usual");
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void noneIsLostAndNoneOvertakesAnotherOfItsSender(ThreadKind kind) throws Exception {
        int senders = 3;
        int each = 300; // many times what the queue has room for
        try (UnixDatagram receiver = UnixDatagram.bind(UnixAddress.unnamed())) {
            UnixAddress name = receiver.localAddress();
            List<FutureTask<Void>> sending = new ArrayList<>();
            for (int sender = 0; sender < senders; sender++) {
                int own = sender;
                sending.add(kind.start(() -> {
                    try (UnixDatagram socket = UnixDatagram.create()) {
                        if (own > 0) { // one sends to the address
                            socket.connect(name);
                        }
                        for (int i = 0; i < each; i++) {
                            MemorySegment datagram = MemorySegment.ofArray(new int[] {own, i});
                            socket.send(
                                    own > 0
                                            ? Message.of(datagram)
                                            : Message.of(datagram).to(name));
                        }
                        return null;
                    }
                }));
            }
            int[] next = new int[senders];
            MemorySegment into = MemorySegment.ofArray(new int[2]);
            for (int i = 0; i < senders * each; i++) {
                assertThat(receiver.tryReceive(into, Await.PATIENCE)).isEqualTo(8);
                int sender = into.getAtIndex(JAVA_INT, 0);
                assertThat(into.getAtIndex(JAVA_INT, 1)).isEqualTo(next[sender]++);
            }
            for (FutureTask<Void> task : sending) {
                task.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
            assertEmpty(receiver);
        }
    }

    // A full queue.

    @ParameterizedTest
    @MethodSource("waysAndKinds")
    void sendWaitsForRoom(Way way, ThreadKind kind) throws Exception {
        try (Route route = Route.open(way)) {
            int count = route.fill();
            Running<Void> sending = route.sending(kind, "at last");
            for (int i = 0; i < count; i++) {
                assertThat(receive(route.receiver)).isEqualTo("filling");
            }
            sending.get();
            assertThat(receive(route.receiver)).isEqualTo("at last");
            assertEmpty(route.receiver);
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndKinds")
    void timeEndsASendThatWaitsForRoom(Way way, ThreadKind kind) throws Exception {
        try (Route route = Route.open(way)) {
            int count = route.fill();
            assertThat(Running.run(
                            kind,
                            () -> Waiting.nanosOf(() -> {
                                assertThat(route.trySend("late", MOMENT)).isFalse();
                                return null;
                            })))
                    .isGreaterThanOrEqualTo(MOMENT.toNanos());
            for (int i = 0; i < count; i++) {
                assertThat(receive(route.receiver)).isEqualTo("filling");
            }
            assertEmpty(route.receiver);
            assertThat(Running.run(kind, () -> route.trySend("in time", MOMENT)))
                    .isTrue();
            assertThat(receive(route.receiver)).isEqualTo("in time");
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndKinds")
    void interruptEndsASendThatWaitsForRoom(Way way, ThreadKind kind) throws Exception {
        try (Route route = Route.open(way)) {
            int count = route.fill();
            Running<Void> sending = route.sending(kind, "interrupted");
            sending.thread().interrupt();
            assertThat(sending.failure()).isInstanceOf(InterruptedException.class);
            for (int i = 0; i < count; i++) {
                assertThat(receive(route.receiver)).isEqualTo("filling");
            }
            assertEmpty(route.receiver);
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndKinds")
    @SuppressWarnings("try") // the close is what is tested
    void closeEndsASendThatWaitsForRoom(Way way, ThreadKind kind) throws Exception {
        try (Route route = Route.open(way)) {
            int count = route.fill();
            Running<Void> sending = route.sending(kind, "never sent");
            route.sender.close();
            assertThat(sending.failure()).isInstanceOf(AsynchronousCloseException.class);
            for (int i = 0; i < count; i++) {
                assertThat(receive(route.receiver)).isEqualTo("filling");
            }
            assertEmpty(route.receiver);
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndKinds")
    @SuppressWarnings("try") // the close is what is tested
    void sendThatWaitsForRoomIsRefusedOnceTheReceiverClosed(Way way, ThreadKind kind) throws Exception {
        try (Route route = Route.open(way)) {
            route.fill();
            Running<Void> sending = route.sending(kind, "to nobody");
            route.receiver.close();
            assertErrno(sending.failure(), Errno.ECONNREFUSED);
        }
    }

    // A receiver that waits, and one that is gone.

    @ParameterizedTest
    @MethodSource("waysAndKinds")
    void receiveWaitsForADatagram(Way way, ThreadKind kind) throws Exception {
        try (Route route = Route.open(way)) {
            Running<String> receiving =
                    Running.start(kind, () -> receive(route.receiver)).untilWaiting();
            route.send("here");
            assertThat(receiving.get()).isEqualTo("here");
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    @SuppressWarnings("try") // the close is what is tested
    void timeInterruptAndCloseEndAReceive(ThreadKind kind) throws Exception {
        try (UnixDatagram socket = UnixDatagram.bind(UnixAddress.unnamed())) {
            assertThat(Running.run(kind, () -> socket.tryReceive(Waiting.memory(1), MOMENT)))
                    .isEqualTo(-1);
            Running<String> interrupted =
                    Running.start(kind, () -> receive(socket)).untilWaiting();
            interrupted.thread().interrupt();
            assertThat(interrupted.failure()).isInstanceOf(InterruptedException.class);
            Running<String> closed = Running.start(kind, () -> receive(socket)).untilWaiting();
            socket.close();
            assertThat(closed.failure()).isInstanceOf(AsynchronousCloseException.class);
            for (ThrowingCallable call : List.<ThrowingCallable>of(
                    () -> receive(socket),
                    () -> socket.send(bytes("x")),
                    () -> socket.connect(ownName("any")),
                    socket::disconnect,
                    socket::unsentBytes)) {
                assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(call);
            }
        }
    }

    @Test
    void shutDownEndsAReceiveWithNoBytes() throws Exception {
        try (UnixDatagram socket = UnixDatagram.bind(UnixAddress.unnamed());
                UnixDatagram sender = UnixDatagram.create()) {
            Running<String> receiving =
                    Running.start(ThreadKind.PLATFORM, () -> receive(socket)).untilWaiting();
            socket.shutdownInput();
            assertThat(receiving.get()).isEmpty();
            refused(Errno.EPIPE, () -> sender.send(to(socket, "x")));
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndKinds")
    @SuppressWarnings("try") // the close is what is tested
    void sendingIsRefusedOnceTheReceiverClosed(Way way, ThreadKind kind) throws Exception {
        try (Route route = Route.open(way)) {
            route.receiver.close();
            Running<Void> refused = Running.start(kind, () -> {
                route.send("x");
                return null;
            });
            assertErrno(refused.failure(), Errno.ECONNREFUSED);
            // The kernel tells once that the peer is gone, and has then forgotten it.
            refused(way == Way.ADDRESSED ? Errno.ECONNREFUSED : Errno.ENOTCONN, () -> route.send("x"));
        }
    }

    @Test
    @SuppressWarnings("try") // the close is what is tested
    void pathThatAReceiverLeftRefusesUntilAnotherIsBoundThere(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("left");
        UnixAddress address = UnixAddress.of(path);
        try (UnixDatagram sender = UnixDatagram.create()) {
            UnixDatagram.bind(address).close();
            assertThat(Files.exists(path)).isTrue();
            refused(Errno.ECONNREFUSED, () -> sender.connect(address));
            refused(Errno.ECONNREFUSED, () -> sender.send(Message.of("x").to(address)));
            try (UnixDatagram next = UnixDatagram.bind(address, BindOption.REPLACE_STALE)) {
                sender.send(Message.of("x").to(address));
                assertThat(receive(next)).isEqualTo("x");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void unsentBytesAreThoseNobodyReceived(Way way) throws Exception {
        try (Route route = Route.open(way)) {
            assertThat(route.sender.unsentBytes()).isZero();
            route.send("datagram");
            int one = route.sender.unsentBytes();
            assertThat(one).isGreaterThanOrEqualTo(8); // and what the kernel needs for it
            route.send("datagram");
            assertThat(route.sender.unsentBytes()).isEqualTo(2 * one);
            assertThat(route.receiver.unsentBytes()).isZero();
            receive(route.receiver);
            receive(route.receiver);
            assertThat(route.sender.unsentBytes()).isZero();
        }
    }
}
