package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.chagres.socket.LocalSockets.*;

import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Readiness;
import org.chagres.StatusFlag;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Listening, connecting, accepting. */
@ExtendWith(LeakCheck.class)
class UnixListenerTest {
    private static final Duration MOMENT = Duration.ofMillis(20);

    @TempDir
    Path folder;

    private UnixAddress.Pathname path;

    @BeforeEach
    void name() {
        path = UnixAddress.of(folder.resolve("socket"));
    }

    private static void refused(Errno errno, ThrowingCallable what) {
        long before = openSockets();
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(what)
                .satisfies(failure -> assertThat(failure.errno()).isEqualTo(errno));
        assertThat(openSockets()).isEqualTo(before);
    }

    private UnixListener<UnixStream> listener(int backlog) throws Exception {
        return UnixListener.bind(path, PosixFilePermissions.fromString("rw-------"), backlog);
    }

    @Test
    void kernelSaysThatItListens() throws Exception {
        try (UnixListener<UnixStream> listener = UnixListener.bind(path)) {
            Row row = row(listener);
            assertThat(row.listens()).isTrue();
            assertThat(row.type()).isEqualTo(1);
            assertThat(row.state()).isEqualTo(Row.UNCONNECTED);
            assertThat(row.name()).isEqualTo(path.toString());
            assertThat(listener.localAddress()).isEqualTo(path);
            assertThat(listener.toString()).contains("UnixListener", "fd=" + number(listener));
        }
        assertThat(count(path.toString())).isZero();
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void bothEndsAreConnectedAndKnowTheirAddresses(ThreadKind kind) throws Exception {
        try (UnixListener<UnixStream> listener = UnixListener.bind(path)) {
            Waiting<UnixStream> accepting = Waiting.start(kind, listener::accept);
            awaitWaiting(accepting);
            try (UnixStream client = kind.start(() -> UnixStream.connect(path)).get();
                    UnixStream server = accepting.get()) {
                assertThat(client.localAddress()).isEqualTo(UnixAddress.unnamed());
                assertThat(client.peerAddress()).isEqualTo(path);
                assertThat(server.localAddress()).isEqualTo(path);
                assertThat(server.peerAddress()).isEqualTo(UnixAddress.unnamed());
                assertThat(row(client).state()).isEqualTo(Row.CONNECTED);
                assertThat(row(server).state()).isEqualTo(Row.CONNECTED);
                assertThat(row(server).name()).isEqualTo(path.toString());
                write(client, "there");
                assertThat(read(server)).isEqualTo("there");
                write(server, "and back");
                assertThat(read(client)).isEqualTo("and back");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void connectionsAreBlockingAndCloseOnExecWhateverTheListenerIs(ThreadKind kind) throws Exception {
        try (UnixListener<UnixStream> listener = UnixListener.bind(path);
                UnixStream client = kind.start(() -> UnixStream.connect(path)).get();
                UnixStream server = kind.start(listener::accept).get()) {
            assertThat(listener.descriptor().statusFlags()).containsExactly(StatusFlag.NON_BLOCKING);
            for (UnixStream end : List.of(client, server)) {
                assertThat(end.descriptor().statusFlags()).isEmpty();
                String flags = Files.readString(Path.of("/proc/self/fdinfo/" + number(end)));
                assertThat(flags).containsPattern("flags:\\s+02000002\\n"); // O_CLOEXEC | O_RDWR
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void acceptTakesThoseWhoConnectedBefore(ThreadKind kind) throws Exception {
        try (UnixListener<UnixStream> listener = UnixListener.bind(path)) {
            for (String text : List.of("one", "two", "three")) {
                UnixStream client = UnixStream.connect(path);
                write(client, text);
                client.close();
            }
            for (String text : List.of("one", "two", "three")) {
                try (UnixStream server = kind.start(listener::accept).get()) {
                    assertThat(read(server)).isEqualTo(text);
                    assertThat(read(server)).isEmpty();
                }
            }
            assertThat(listener.tryAccept(Duration.ZERO)).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"PLATFORM, true", "PLATFORM, false", "VIRTUAL, true", "VIRTUAL, false"})
    void timeOfAcceptEndsAndTheNextSucceeds(ThreadKind kind, boolean isOurs) throws Exception {
        try (UnixListener<UnixStream> made = UnixListener.bind(path)) {
            UnixListener<UnixStream> listener = isOurs ? made : adopted(made);
            try (listener) {
                for (Duration time : List.of(Duration.ofDays(-1), Duration.ZERO, Duration.ofNanos(1), MOMENT)) {
                    Optional<UnixStream> none =
                            kind.start(() -> listener.tryAccept(time)).get();
                    assertThat(none).as("%s", time).isEmpty();
                }
                long nanos = kind.start(() -> Waiting.nanosOf(() -> listener.tryAccept(MOMENT)))
                        .get();
                assertThat(nanos).isGreaterThanOrEqualTo(MOMENT.toNanos());
                try (UnixStream client = UnixStream.connect(path);
                        UnixStream server = kind.start(() -> listener.tryAccept(Duration.ofSeconds(Long.MAX_VALUE)))
                                .get()
                                .orElseThrow()) {
                    write(client, "x");
                    assertThat(read(server)).isEqualTo("x");
                }
            }
        }
    }

    /** A blocking one that came from elsewhere. */
    private static UnixListener<UnixStream> adopted(UnixListener<UnixStream> listener) throws Exception {
        listener.descriptor().setStatusFlags(Set.of());
        return UnixListener.of(Descriptor.duplicateOf(number(listener)));
    }

    @ParameterizedTest
    @CsvSource({"PLATFORM, true", "PLATFORM, false", "VIRTUAL, true", "VIRTUAL, false"})
    void adoptedListenerAcceptsWhetherItBlocksOrNot(ThreadKind kind, boolean blocks) throws Exception {
        try (UnixListener<UnixStream> made = UnixListener.bind(path)) {
            if (blocks) {
                made.descriptor().setStatusFlags(Set.of());
            }
            try (UnixListener<UnixStream> listener = UnixListener.of(Descriptor.duplicateOf(number(made)))) {
                assertThat(listener.descriptor().statusFlags().isEmpty()).isEqualTo(blocks);
                Waiting<UnixStream> accepting = Waiting.start(kind, listener::accept);
                awaitWaiting(accepting);
                try (UnixStream client = UnixStream.connect(path);
                        UnixStream server = accepting.get()) {
                    write(server, "x");
                    assertThat(read(client)).isEqualTo("x");
                }
                assertThat(listener.descriptor().statusFlags().isEmpty()).isEqualTo(blocks);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"PLATFORM, true", "PLATFORM, false", "VIRTUAL, true", "VIRTUAL, false"})
    @SuppressWarnings("try") // the close is what is tested
    void closeEndsAnAccept(ThreadKind kind, boolean isOurs) throws Exception {
        try (UnixListener<UnixStream> made = UnixListener.bind(path)) {
            UnixListener<UnixStream> listener = isOurs ? made : adopted(made);
            Waiting<UnixStream> accepting = Waiting.start(kind, listener::accept);
            awaitWaiting(accepting);
            listener.close();
            assertThat(accepting.failure()).isInstanceOf(AsynchronousCloseException.class);
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(listener::accept);
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(listener::localAddress);
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> listener.tryAccept(Duration.ZERO));
        }
    }

    @ParameterizedTest
    @CsvSource({"PLATFORM, true", "PLATFORM, false", "VIRTUAL, true", "VIRTUAL, false"})
    void interruptEndsAnAcceptAndNoConnectionIsLost(ThreadKind kind, boolean isOurs) throws Exception {
        try (UnixListener<UnixStream> made = UnixListener.bind(path)) {
            UnixListener<UnixStream> listener = isOurs ? made : adopted(made);
            try (listener) {
                Waiting<UnixStream> accepting = Waiting.start(kind, listener::accept);
                awaitWaiting(accepting);
                accepting.thread().interrupt();
                assertThat(accepting.failure()).isInstanceOf(InterruptedException.class);
                try (UnixStream client = UnixStream.connect(path);
                        UnixStream server = kind.start(listener::accept).get()) {
                    write(client, "x");
                    assertThat(read(server)).isEqualTo("x");
                }
            }
        }
    }

    @Test
    void eachConnectionIsAcceptedOnceByRivals() throws Exception {
        int count = 40;
        try (UnixListener<UnixStream> listener = UnixListener.bind(path)) {
            List<Waiting<String>> rivals = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                rivals.add(Waiting.start(ThreadKind.values()[i % 2], () -> {
                    try (UnixStream server = listener.accept()) {
                        return read(server);
                    }
                }));
            }
            Set<String> sent = new HashSet<>();
            for (int i = 0; i < count; i++) {
                try (UnixStream client = UnixStream.connect(path)) {
                    write(client, "client " + i);
                    sent.add("client " + i);
                }
            }
            Set<String> received = new HashSet<>();
            for (Waiting<String> rival : rivals) {
                received.add(rival.get());
            }
            assertThat(received).isEqualTo(sent);
        }
    }

    @Test
    void readableWhenAConnectionWaits() throws Exception {
        try (UnixListener<UnixStream> listener = UnixListener.bind(path)) {
            Set<Readiness> wanted = Set.of(Readiness.READABLE);
            assertThat(listener.tryPoll(wanted, Duration.ZERO)).isEmpty();
            try (UnixStream client = UnixStream.connect(path)) {
                assertThat(listener.poll(wanted)).containsExactly(Readiness.READABLE);
                listener.accept().close();
                assertThat(read(client)).isEmpty();
            }
            assertThat(listener.tryPoll(wanted, Duration.ZERO)).isEmpty();
        }
    }

    // Backlog.

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 2", "3, 4"}) // one more than it says, in Linux
    void backlogBoundsThoseThatAreNotAcceptedYet(int backlog, int most) throws Exception {
        List<UnixStream> open = new ArrayList<>();
        try (UnixListener<UnixStream> listener = listener(backlog)) {
            for (int i = 0; i < most; i++) {
                open.add(UnixStream.tryConnect(path, Duration.ZERO).orElseThrow());
            }
            long before = openSockets();
            assertThat(UnixStream.tryConnect(path, Duration.ZERO)).isEmpty();
            assertThat(UnixStream.tryConnect(path, MOMENT)).isEmpty();
            assertThat(openSockets()).isEqualTo(before);
            for (int i = 0; i < 3; i++) { // open ones do not count
                open.add(listener.accept());
                open.add(UnixStream.tryConnect(path, Duration.ZERO).orElseThrow());
                assertThat(UnixStream.tryConnect(path, Duration.ZERO)).isEmpty();
            }
        } finally {
            open.forEach(UnixStream::close);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, 1_000_000, Integer.MAX_VALUE})
    void backlogThatIsNegativeOrBeyondTheLimitIsTheLimit(int backlog) throws Exception {
        List<UnixStream> open = new ArrayList<>();
        try (UnixListener<UnixStream> listener = listener(backlog)) {
            int many = Math.min(50, limit("/proc/sys/net/core/somaxconn").orElse(50));
            for (int i = 0; i < many; i++) {
                open.add(UnixStream.tryConnect(path, Duration.ZERO).orElseThrow());
            }
            open.add(listener.accept());
        } finally {
            open.forEach(UnixStream::close);
        }
    }

    /** In a network namespace of its own, where the limit is nobody else's. */
    @Test
    void backlogBeyondTheLimitIsExactlyTheLimit() {
        List<String> limited =
                List.of("unshare", "--net", "sh", "-c", "echo 3 > /proc/sys/net/core/somaxconn && exec \"$@\"", "sh");
        try (Peer program = Peer.javaUnder(limited, BacklogProgram.class, 0, 1, 2, 3, 4, 1000, -1)) {
            // One more than the backlog, in Linux; of streams, and of records.
            for (String expected : List.of("0: 1 1", "1: 2 2", "2: 3 3", "3: 4 4", "4: 4 4", "1000: 4 4", "-1: 4 4")) {
                assertThat(program.hear()).isEqualTo(expected);
            }
            assertThat(program.end()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void connectWaitsWhileTheBacklogIsFull(ThreadKind kind) throws Exception {
        try (UnixListener<UnixStream> listener = listener(0);
                UnixStream first = UnixStream.connect(path)) {
            Waiting<UnixStream> connecting = Waiting.start(kind, () -> UnixStream.connect(path));
            awaitWaiting(connecting);
            listener.accept().close();
            try (UnixStream second = connecting.get();
                    UnixStream server = listener.accept()) {
                write(second, "x");
                assertThat(read(server)).isEqualTo("x");
                assertThat(second.descriptor().statusFlags()).isEmpty();
            }
            assertThat(read(first)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void timeAndInterruptEndAConnectAndLeaveNothing(ThreadKind kind) throws Exception {
        try (UnixListener<UnixStream> listener = listener(0);
                UnixStream first = UnixStream.connect(path)) {
            long before = openSockets();
            assertThat(kind.start(() -> Waiting.nanosOf(() -> UnixStream.tryConnect(path, MOMENT)))
                            .get())
                    .isGreaterThanOrEqualTo(MOMENT.toNanos());
            Waiting<UnixStream> connecting = Waiting.start(kind, () -> UnixStream.connect(path));
            awaitWaiting(connecting);
            connecting.thread().interrupt();
            assertThat(connecting.failure()).isInstanceOf(InterruptedException.class);
            assertThat(openSockets()).isEqualTo(before);
            listener.accept().close();
            assertThat(read(first)).isEmpty();
            assertThat(listener.tryAccept(Duration.ZERO)).isEmpty(); // nobody half connected
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    @SuppressWarnings("try") // the close is what is tested
    void closeOfTheListenerRefusesThoseWhoWaitToConnect(ThreadKind kind) throws Exception {
        try (UnixListener<UnixStream> listener = listener(0);
                UnixStream first = UnixStream.connect(path)) {
            Waiting<UnixStream> connecting = Waiting.start(kind, () -> UnixStream.connect(path));
            awaitWaiting(connecting);
            listener.close();
            assertThat(connecting.failure())
                    .isInstanceOfSatisfying(
                            ErrnoException.class,
                            failure -> assertThat(failure.errno()).isEqualTo(Errno.ECONNREFUSED));
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> read(first))
                    .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.ECONNRESET));
        }
    }

    @Test
    void acceptedConnectionsStayWhenTheListenerIsClosed() throws Exception {
        UnixListener<UnixStream> listener = UnixListener.bind(path);
        try (UnixStream client = UnixStream.connect(path);
                UnixStream server = listener.accept()) {
            listener.close();
            write(client, "still");
            assertThat(read(server)).isEqualTo("still");
            refused(Errno.ECONNREFUSED, () -> UnixStream.connect(path));
        }
    }

    // Failing connects: nothing is left open.

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void failingConnectsLeaveNoDescriptor(ThreadKind kind) throws Exception {
        try (UnixListener<UnixSeqPacket> packets =
                        UnixListener.bindSeqPacket(UnixAddress.of(folder.resolve("packets")));
                UnixDatagram datagrams = UnixDatagram.bind(UnixAddress.of(folder.resolve("datagrams")))) {
            Files.createFile(folder.resolve("file"));
            connectFails(kind, Errno.ENOENT, UnixAddress.of(folder.resolve("none")));
            connectFails(kind, Errno.ENOTDIR, UnixAddress.of(folder.resolve("file/none")));
            connectFails(kind, Errno.ECONNREFUSED, UnixAddress.of(folder.resolve("file")));
            connectFails(kind, Errno.ECONNREFUSED, UnixAddress.of(folder));
            connectFails(kind, Errno.ECONNREFUSED, ownName("nobody"));
            connectFails(kind, Errno.EPROTOTYPE, packets.localAddress());
            connectFails(kind, Errno.EPROTOTYPE, datagrams.localAddress());
        }
    }

    private static void connectFails(ThreadKind kind, Errno errno, UnixAddress address) throws Exception {
        long before = openSockets();
        for (Duration time : List.of(Duration.ZERO, MOMENT, Duration.ofDays(400_000))) {
            Waiting<?> connecting = Waiting.start(kind, () -> UnixStream.tryConnect(address, time));
            assertThat(connecting.failure())
                    .as("%s in %s", address, time)
                    .isInstanceOfSatisfying(ErrnoException.class, failure -> {
                        assertThat(failure.errno()).isEqualTo(errno);
                        assertThat(failure.call()).isEqualTo("connect");
                        assertThat(failure.intent()).startsWith("connecting to " + address);
                    });
        }
        assertThat(openSockets()).isEqualTo(before);
    }

    @Test
    void connectToNoNameAndToNullIsRefused() {
        long before = openSockets();
        assertThatIllegalArgumentException().isThrownBy(() -> UnixStream.connect(UnixAddress.unnamed()));
        assertThatIllegalArgumentException().isThrownBy(() -> UnixSeqPacket.connect(UnixAddress.unnamed()));
        assertThatNullPointerException().isThrownBy(() -> UnixStream.connect(null));
        assertThatNullPointerException().isThrownBy(() -> UnixSeqPacket.tryConnect(null, MOMENT));
        assertThatNullPointerException().isThrownBy(() -> UnixStream.tryConnect(path, null));
        assertThat(openSockets()).isEqualTo(before);
    }

    @Test
    void interruptBeforeConnectAndAcceptIsSeenAndLeavesNothing() throws Exception {
        try (UnixListener<UnixStream> listener = UnixListener.bind(path)) {
            long before = openSockets();
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> UnixStream.connect(path));
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(listener::accept);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(openSockets()).isEqualTo(before);
            assertThat(listener.tryAccept(Duration.ZERO)).isEmpty();
        }
    }

    @Test
    void forgottenListenerIsClosed() throws Exception {
        UnixListener.bind(path);
        Garbage.collectUntil(() -> count(path.toString()) == 0);
    }
}
