package org.chagres.readiness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.Readiness.*;
import static org.chagres.testing.Waiting.memory;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.Descriptor;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.pipe.Fifo;
import org.chagres.pipe.Pipe;
import org.chagres.process.ChildProcess;
import org.chagres.process.Redirect;
import org.chagres.process.Signal;
import org.chagres.socket.Inet;
import org.chagres.socket.LinuxSocketOptions;
import org.chagres.socket.Message;
import org.chagres.socket.SendOption;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.socket.UdpSocket;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixDatagram;
import org.chagres.socket.UnixListener;
import org.chagres.socket.UnixSeqPacket;
import org.chagres.socket.UnixStream;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each kind of resource becomes ready for, step by step, as each way of asking tells it: a poll, a selection, and
 * epoll by level and by edge.
 */
@ExtendWith(LeakCheck.class)
class ReadinessKindsTest {
    private static final Set<Readiness> ALL = Set.of(Readiness.values());
    private static final Duration NO_TIME = Duration.ZERO;
    private static final int MUCH = 1 << 22;

    @TempDir
    private Path folder;

    /** What is done to a resource. */
    private interface Action {
        void run() throws Exception;
    }

    /** One resource in an epoll set by level and in another by edge, and what it was ready for last. */
    private static final class Watched implements AutoCloseable {
        private final Pollable one;
        private final Epoll level = Epoll.create();
        private final Epoll edge = Epoll.create();
        private Set<Readiness> before = Set.of();

        Watched(Pollable one) throws IOException {
            this.one = one;
            level.add(one, ALL);
            edge.add(one, ALL, EpollOption.EDGE_TRIGGERED);
        }

        /** After this it is ready for these, neither more nor less. */
        Watched is(String step, Action action, Readiness... expected) throws Exception {
            Set<Readiness> now = Set.of(expected);
            action.run();
            Await.until(() -> polled().equals(now), () -> step + ": " + polled() + " and not " + now);
            assertThat(one.tryPoll(Set.of(), NO_TIME))
                    .as(step)
                    .isEqualTo(without(now, READABLE, WRITABLE, URGENT, READ_HANG_UP));
            assertSelected(step, now);
            for (int i = 0; i < 2; i++) { // as long as it lasts
                assertThat(told(level)).as("%s, by level", step).isEqualTo(now);
            }
            Set<Readiness> news = EnumSet.noneOf(Readiness.class);
            Set<Readiness> told = told(edge);
            while (!told.isEmpty()) {
                news.addAll(told);
                told = told(edge);
            }
            assertThat(news).as("%s, by edge", step).containsAll(without(now, before.toArray(Readiness[]::new)));
            assertThat(told(edge)).as("%s, by edge, again", step).isEmpty();
            assertTriesDoNotWait(step, now);
            before = now;
            return this;
        }

        private void assertSelected(String step, Set<Readiness> now) throws Exception {
            Set<Pollable> itself = Set.of(one);
            boolean always = now.contains(HANG_UP) || now.contains(ERROR);
            Selection selection = Selection.trySelect(itself, itself, itself, NO_TIME);
            assertThat(selection.readable().contains(one)).as(step).isEqualTo(always || now.contains(READABLE));
            assertThat(selection.writable().contains(one)).as(step).isEqualTo(always || now.contains(WRITABLE));
            assertThat(selection.exceptional().contains(one)).as(step).isEqualTo(always || now.contains(URGENT));
            assertThat(Selection.trySelect(Set.of(), Set.of(), itself, NO_TIME).isEmpty())
                    .as(step)
                    .isEqualTo(!always && !now.contains(URGENT));
        }

        /** What is not ready says so, and at once. */
        private void assertTriesDoNotWait(String step, Set<Readiness> now) throws Exception {
            if (one instanceof Descriptor || one instanceof TcpStream) { // no file of bytes; a last small piece goes
                return;
            }
            if (one instanceof ByteSource source && without(now, WRITABLE).isEmpty()) {
                assertThat(source.tryRead(memory(1), NO_TIME)).as(step).isZero();
            }
            if (one instanceof ByteSink sink
                    && without(now, READABLE, READ_HANG_UP).isEmpty()) {
                assertThat(sink.tryWrite(memory(1), NO_TIME)).as(step).isZero();
            }
        }

        private Set<Readiness> polled() {
            try {
                return one.tryPoll(ALL, NO_TIME);
            } catch (IOException | InterruptedException failure) {
                throw new AssertionError(failure);
            }
        }

        private Set<Readiness> told(Epoll epoll) throws Exception {
            Set<Readiness> told = new LinkedHashSet<>();
            for (Epoll.Event event : epoll.tryAwait(NO_TIME)) {
                assertThat(event.source()).isSameAs(one);
                told.addAll(event.readiness());
            }
            return told;
        }

        private static Set<Readiness> without(Set<Readiness> set, Readiness... some) {
            Set<Readiness> rest = new LinkedHashSet<>(set);
            List.of(some).forEach(rest::remove);
            return rest;
        }

        @Override
        public void close() {
            level.close();
            edge.close();
            one.close();
        }
    }

    private static void nothing() {}

    /** Writes until there is no room. */
    private static void fill(ByteSink sink) throws Exception {
        long written;
        do {
            written = sink.tryWrite(memory(MUCH), NO_TIME);
        } while (written > 0);
    }

    private static void fillByBytes(ByteSink sink) throws Exception {
        fill(sink);
        while (sink.tryWrite(memory(1), NO_TIME) > 0) {
            nothing();
        }
    }

    private static void drain(ByteSource source) throws Exception {
        long read;
        do {
            read = source.tryRead(memory(MUCH), NO_TIME);
        } while (read > 0);
    }

    // The kinds.

    private enum Kind {
        PIPE_SOURCE {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                Pipe pipe = Pipe.create();
                sourceSteps(pipe.source(), pipe.sink());
            }
        },
        PIPE_SINK {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                Pipe pipe = Pipe.create();
                sinkSteps(pipe.sink(), pipe.source());
            }
        },
        FIFO_SOURCE {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                Path path = test.folder.resolve("source");
                Fifo fifo = Fifo.create(path);
                Descriptor both = fifo.openForBoth(); // so that no opening waits
                var source = fifo.openForReading();
                ByteSink sink = fifo.openForWriting();
                both.close();
                sourceSteps(source, sink);
            }
        },
        FIFO_SINK {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                Path path = test.folder.resolve("sink");
                Fifo fifo = Fifo.create(path);
                Descriptor both = fifo.openForBoth();
                ByteSource source = fifo.openForReading();
                var sink = fifo.openForWriting();
                both.close();
                sinkSteps(sink, source);
            }
        },
        ADOPTED {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                Pipe pipe = Pipe.create();
                sourceSteps(Descriptor.adopt(pipe.source().descriptor().release()), pipe.sink());
            }
        },
        CHILD_ENDS {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                try (ChildProcess child = ChildProcess.command("cat")
                                .input(Redirect.pipe())
                                .output(Redirect.pipe())
                                .start();
                        Watched output = new Watched(child.output());
                        Watched input = new Watched(child.input())) {
                    input.is("room", ReadinessKindsTest::nothing, WRITABLE);
                    output.is("empty", ReadinessKindsTest::nothing);
                    output.is("echo", () -> child.input().write(memory(1)), READABLE);
                    output.is("read", () -> drain(child.output()));
                    child.signal(Signal.SIGKILL);
                    output.is("its end", ReadinessKindsTest::nothing, HANG_UP);
                    input.is("its end", ReadinessKindsTest::nothing, WRITABLE, ERROR);
                }
            }
        },
        PROCESS {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                Run.assumeInstalled("python3");
                Path path = test.folder.resolve("process");
                try (UnixListener<UnixStream> listener = UnixListener.bind(UnixAddress.of(path));
                        Peer peer = Peer.start(List.of(
                                "python3",
                                "-c",
                                "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.recv(1)",
                                path.toString()));
                        UnixStream stream = listener.accept();
                        Watched process = new Watched(stream.peerProcess())) {
                    process.is("alive", ReadinessKindsTest::nothing);
                    stream.write(memory(1));
                    Await.until(() -> !peer.process().isAlive());
                    Set<Readiness> ended = process.one.poll(Set.of(READABLE));
                    assertThat(ended).contains(READABLE).isSubsetOf(READABLE, HANG_UP); // newer kernels tell it too
                    process.is("ended", ReadinessKindsTest::nothing, ended.toArray(Readiness[]::new));
                }
            }
        },
        EVENT_COUNTER {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                EventCounter counter = EventCounter.create();
                try (Watched watched = new Watched(counter)) {
                    watched.is("0", ReadinessKindsTest::nothing, WRITABLE)
                            .is("1", () -> counter.add(1), READABLE, WRITABLE)
                            .is("taken", counter::take, WRITABLE)
                            .is(
                                    "full",
                                    () -> {
                                        counter.add(Long.MAX_VALUE);
                                        counter.add(Long.MAX_VALUE);
                                    },
                                    READABLE)
                            .is("taken again", counter::take, WRITABLE);
                }
            }
        },
        UNIX_STREAM {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                var pair = UnixStream.pair();
                UnixStream one = pair.first();
                try (UnixStream other = pair.second();
                        Watched watched = new Watched(one)) {
                    watched.is("new", ReadinessKindsTest::nothing, WRITABLE)
                            .is("bytes", () -> other.write(memory(1)), READABLE, WRITABLE)
                            .is(
                                    "an urgent byte",
                                    () -> other.send(Message.of("!").with(SendOption.OUT_OF_BAND)),
                                    READABLE,
                                    WRITABLE,
                                    URGENT)
                            .is(
                                    "read",
                                    () -> { // the second read goes past the mark
                                        drain(one);
                                        drain(one);
                                    },
                                    WRITABLE)
                            .is("full", () -> fillByBytes(one))
                            .is("room", () -> drain(other), WRITABLE)
                            .is("half closed", other::shutdownOutput, READABLE, WRITABLE, READ_HANG_UP)
                            .is("closed", other::close, READABLE, WRITABLE, READ_HANG_UP, HANG_UP);
                }
            }
        },
        UNIX_SEQPACKET {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                var pair = UnixSeqPacket.pair();
                UnixSeqPacket one = pair.first();
                try (UnixSeqPacket other = pair.second();
                        Watched watched = new Watched(one)) {
                    watched.is("new", ReadinessKindsTest::nothing, WRITABLE)
                            .is("a record", () -> other.send(memory(1)), READABLE, WRITABLE)
                            .is("received", () -> one.receive(memory(1)), WRITABLE)
                            .is("closed", other::close, READABLE, WRITABLE, READ_HANG_UP, HANG_UP);
                }
            }
        },
        UNIX_DATAGRAM {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                var pair = UnixDatagram.pair();
                UnixDatagram one = pair.first();
                try (UnixDatagram other = pair.second();
                        Watched watched = new Watched(one)) {
                    watched.is("new", ReadinessKindsTest::nothing, WRITABLE)
                            .is("a datagram", () -> other.send(memory(1)), READABLE, WRITABLE)
                            .is("received", () -> one.receive(memory(1)), WRITABLE)
                            .is("shut", one::shutdown, READABLE, WRITABLE, READ_HANG_UP, HANG_UP);
                }
            }
        },
        UNIX_LISTENER {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                UnixAddress address = UnixAddress.of(test.folder.resolve("listener"));
                UnixListener<UnixStream> listener = UnixListener.bind(address);
                try (Watched watched = new Watched(listener)) {
                    List<UnixStream> made = new ArrayList<>();
                    try {
                        watched.is("nobody", ReadinessKindsTest::nothing)
                                .is("somebody", () -> made.add(UnixStream.connect(address)), READABLE)
                                .is("accepted", () -> made.add(listener.accept()));
                        assertThat(listener.tryAccept(NO_TIME)).isEmpty();
                    } finally {
                        made.forEach(UnixStream::close);
                    }
                }
            }
        },
        TCP_STREAM {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                try (TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
                    TcpStream one = TcpStream.connect(listener.localAddress());
                    try (TcpStream other = listener.accept();
                            Watched watched = new Watched(one)) {
                        watched.is("new", ReadinessKindsTest::nothing, WRITABLE)
                                .is("bytes", () -> other.write(memory(1)), READABLE, WRITABLE)
                                .is(
                                        "an urgent byte",
                                        () -> other.send(memory(1), SendOption.OUT_OF_BAND),
                                        READABLE,
                                        WRITABLE,
                                        URGENT)
                                .is(
                                        "read",
                                        () -> {
                                            drain(one);
                                            drain(one);
                                        },
                                        WRITABLE)
                                .is("half closed", other::shutdownOutput, READABLE, WRITABLE, READ_HANG_UP)
                                .is("reset", other::reset, READABLE, WRITABLE, READ_HANG_UP, HANG_UP, ERROR);
                    }
                }
            }
        },
        FULL_TCP_STREAM {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                try (TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
                    TcpStream one = TcpStream.connect(listener.localAddress());
                    one.setOption(LinuxSocketOptions.SO_SNDBUF, 4096);
                    try (TcpStream other = listener.accept();
                            Watched watched = new Watched(one)) {
                        watched.is("new", ReadinessKindsTest::nothing, WRITABLE)
                                .is("full", () -> {
                                    do {
                                        fill(one);
                                    } while (!one.tryPoll(Set.of(WRITABLE), Duration.ofMillis(300))
                                            .isEmpty());
                                })
                                .is(
                                        "room",
                                        () -> {
                                            do {
                                                drain(other);
                                            } while (one.tryPoll(Set.of(WRITABLE), NO_TIME)
                                                    .isEmpty());
                                        },
                                        WRITABLE)
                                .is(
                                        "closed by both",
                                        () -> {
                                            drain(other);
                                            other.shutdownOutput();
                                            one.shutdownOutput();
                                        },
                                        READABLE,
                                        WRITABLE,
                                        READ_HANG_UP,
                                        HANG_UP);
                    }
                }
            }
        },
        TCP_LISTENER {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                TcpListener listener = TcpListener.bind(Inet.loopback(0));
                try (Watched watched = new Watched(listener)) {
                    List<TcpStream> made = new ArrayList<>();
                    try {
                        watched.is("nobody", ReadinessKindsTest::nothing)
                                .is("somebody", () -> made.add(TcpStream.connect(listener.localAddress())), READABLE)
                                .is("accepted", () -> made.add(listener.accept()));
                        assertThat(listener.tryAccept(NO_TIME)).isEmpty();
                    } finally {
                        made.forEach(TcpStream::close);
                    }
                }
            }
        },
        UDP {
            @Override
            void steps(ReadinessKindsTest test) throws Exception {
                UdpSocket one = UdpSocket.bind(Inet.loopback(0));
                UdpSocket other = UdpSocket.bind(Inet.loopback(0));
                try (other;
                        Watched watched = new Watched(one)) {
                    one.connect(other.localAddress());
                    other.connect(one.localAddress());
                    watched.is("new", ReadinessKindsTest::nothing, WRITABLE)
                            .is("a datagram", () -> other.send(memory(1)), READABLE, WRITABLE)
                            .is("received", () -> one.receive(memory(1)), WRITABLE);
                    assertThat(one.tryReceive(memory(1), NO_TIME)).isNegative();
                    watched.is(
                                    "refused",
                                    () -> {
                                        other.close();
                                        one.send(memory(1));
                                    },
                                    WRITABLE,
                                    ERROR)
                            .is(
                                    "told",
                                    () -> assertThat(one.option(LinuxSocketOptions.SO_ERROR))
                                            .isPresent(),
                                    WRITABLE);
                }
            }
        };

        abstract void steps(ReadinessKindsTest test) throws Exception;

        private static void sourceSteps(ByteSource source, ByteSink sink) throws Exception {
            try (sink;
                    Watched watched = new Watched(source)) {
                watched.is("empty", ReadinessKindsTest::nothing)
                        .is("bytes", () -> sink.write(memory(2)), READABLE)
                        .is("read", () -> drain(source))
                        .is("more bytes", () -> sink.write(memory(1)), READABLE)
                        .is("the writer gone", sink::close, READABLE, HANG_UP)
                        .is("at the end", () -> drain(source), HANG_UP);
            }
        }

        private static void sinkSteps(ByteSink sink, ByteSource source) throws Exception {
            try (source;
                    Watched watched = new Watched(sink)) {
                watched.is("room", ReadinessKindsTest::nothing, WRITABLE)
                        .is("full", () -> fill(sink))
                        .is("room again", () -> drain(source), WRITABLE)
                        .is("full again", () -> fill(sink))
                        .is("the reader gone", source::close, ERROR);
            }
        }
    }

    static Stream<Arguments> kinds() {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(ThreadKind.values()).map(thread -> Arguments.of(kind, thread)));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void isToldByEachWayOfAsking(Kind kind, ThreadKind thread) throws Exception {
        Waiting.start(thread, () -> {
                    kind.steps(this);
                    return null;
                })
                .get();
    }
}
