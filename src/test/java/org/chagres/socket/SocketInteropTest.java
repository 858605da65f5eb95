package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.socket.LocalSockets.*;
import static org.chagres.socket.TestMessages.room;

import java.io.IOException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.chagres.socket.TestMessages.Running;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Local sockets with programs that are not Java at the other end. */
@ExtendWith(LeakCheck.class)
class SocketInteropTest {
    private static final int MEGABYTE = 1 << 20; // more than fits

    /** Makes {@code peer}, a connected socket, of its arguments; {@code made} is the one that an address belongs to. */
    private static final String PYTHON_CONNECTION = """
            import socket, sys
            role, kind, address = sys.argv[1:]
            if address.startswith("@"):
                address = "\\0" + address[1:]
            made = socket.socket(socket.AF_UNIX, getattr(socket, "SOCK_" + kind))
            if role == "listen":
                made.bind(address)
                made.listen()
                print("listening", flush=True)
                peer, _ = made.accept()
            else:
                made.connect(address)
                peer = made
            """;

    /** In capitals, as it comes. */
    private static final String PYTHON_ECHO = PYTHON_CONNECTION + """
            while data := peer.recv(50000):
                peer.sendall(data.upper())
            peer.close()
            print("done", flush=True)
            """;

    private static final String PYTHON_HALF_CLOSE = PYTHON_CONNECTION + """
            peer.sendall(b"last words")
            peer.shutdown(socket.SHUT_WR)
            heard = b""
            while data := peer.recv(1000):
                heard += data
            print(heard.decode(), flush=True)
            """;

    /** Each record in capitals, and then one that says how long they were. */
    private static final String PYTHON_RECORDS = PYTHON_CONNECTION + """
            sizes = []
            while data := peer.recv(1 << 18):
                sizes.append(len(data))
                peer.send(data.upper())
            peer.send(repr(sizes).encode())
            peer.close()
            print("done", flush=True)
            """;

    /** Answers each datagram at the address of its sender, until one is empty. */
    private static final String PYTHON_ANSWERS = """
            import socket, sys
            address = sys.argv[1].replace("@", "\\0", 1) if sys.argv[1][0] == "@" else sys.argv[1]
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
                made.bind(address)
                print("bound", flush=True)
                while True:
                    data, sender = made.recvfrom(1 << 18)
                    if not data:
                        break
                    made.sendto(data.upper(), sender)
            """;

    /** Asks from an address of its own, and from none. */
    private static final String PYTHON_ASKS = """
            import socket, sys
            own, other = (name.replace("@", "\\0", 1) if name[0] == "@" else name for name in sys.argv[1:])
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as unbound:
                unbound.sendto(b"from nowhere", other)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
                made.bind(own)
                made.sendto(b"from somewhere", other)
                data, sender = made.recvfrom(1000)
                print(data.decode(), sender == (other.encode() if other[0] == "\\0" else other), flush=True)
            """;

    /** Sends a struct, and complains unless it comes back as it is expected. */
    private static final String C_PEER = """
            #include <stdint.h>
            #include <stdio.h>
            #include <string.h>
            #include <sys/socket.h>
            #include <sys/un.h>
            #include <unistd.h>

            struct gauge {
                uint8_t lock;
                int32_t level;
                double flow;
                char name[12];
            };

            int main(int argc, char **argv) {
                struct sockaddr_un address = {.sun_family = AF_UNIX};
                struct gauge sent = {3, -26, 0.5, "Gatun"};
                struct gauge got;
                int fd = socket(AF_UNIX, SOCK_STREAM, 0);
                strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
                if (fd < 0 || connect(fd, (struct sockaddr *) &address, sizeof address) < 0) {
                    perror("connect");
                    return 1;
                }
                if (write(fd, &sent, sizeof sent) != sizeof sent) {
                    perror("write");
                    return 1;
                }
                if (recv(fd, &got, sizeof got, MSG_WAITALL) != sizeof got) {
                    perror("recv");
                    return 1;
                }
                printf("%zu %d %d %.2f %s\\n", sizeof got, got.lock, got.level, got.flow, got.name);
                return close(fd);
            }
            """;

    private static final StructLayout GAUGE = MemoryLayout.structLayout(
            ValueLayout.JAVA_BYTE.withName("lock"),
            MemoryLayout.paddingLayout(3),
            ValueLayout.JAVA_INT_UNALIGNED.withName("level"),
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withName("flow"),
            MemoryLayout.sequenceLayout(12, ValueLayout.JAVA_BYTE).withName("name"),
            MemoryLayout.paddingLayout(4));

    @TempDir
    Path folder;

    /** Who listens. */
    enum Listener {
        JAVA,
        PYTHON
    }

    /** Where. */
    enum Place {
        PATH,
        ABSTRACT
    }

    private static Stream<Arguments> ways() {
        return Stream.of(Listener.values())
                .flatMap(listener -> Stream.of(Place.values())
                        .flatMap(place ->
                                Stream.of(ThreadKind.values()).map(kind -> Arguments.of(listener, place, kind))));
    }

    private static Stream<Arguments> places() {
        return Stream.of(Place.values())
                .flatMap(place -> Stream.of(ThreadKind.values()).map(kind -> Arguments.of(place, kind)));
    }

    private UnixAddress at(Place place, String name) {
        return place == Place.PATH ? UnixAddress.of(folder.resolve(name)) : ownName("interop-" + name);
    }

    /** What is done with a connection to the other program. */
    private interface Talk<S> {
        void with(S socket, Peer python) throws Exception;
    }

    private interface Listen<S extends UnixSocket> {
        UnixListener<S> at(UnixAddress address) throws IOException;
    }

    private interface Connect<S> {
        S to(UnixAddress address) throws IOException, InterruptedException;
    }

    private void streams(String program, Listener listener, Place place, ThreadKind kind, Talk<UnixStream> talk)
            throws Exception {
        connected(program, "STREAM", listener, place, kind, UnixListener::bind, UnixStream::connect, talk);
    }

    private void packets(String program, Listener listener, Place place, ThreadKind kind, Talk<UnixSeqPacket> talk)
            throws Exception {
        connected(
                program, "SEQPACKET", listener, place, kind, UnixListener::bindSeqPacket, UnixSeqPacket::connect, talk);
    }

    private <S extends UnixSocket> void connected(
            String program,
            String type,
            Listener listener,
            Place place,
            ThreadKind kind,
            Listen<S> listen,
            Connect<S> connect,
            Talk<S> talk)
            throws Exception {
        Run.assumeInstalled("python3");
        UnixAddress address = at(place, "socket");
        if (listener == Listener.JAVA) {
            try (UnixListener<S> ours = listen.at(address);
                    Peer python = Peer.start(python(program, "connect", type, address))) {
                talk(kind, python, ours::accept, talk);
            }
        } else {
            try (Peer python = Peer.start(python(program, "listen", type, address))) {
                assertThat(python.hear()).isEqualTo("listening");
                talk(kind, python, () -> connect.to(address), talk);
            }
        }
    }

    private static <S extends UnixSocket> void talk(ThreadKind kind, Peer python, Callable<S> connect, Talk<S> talk)
            throws Exception {
        Running.run(kind, () -> {
            try (S socket = connect.call()) {
                talk.with(socket, python);
            }
            return null;
        });
        assertThat(python.end()).isZero();
    }

    // Python.

    @ParameterizedTest
    @MethodSource("ways")
    void aMegabytePassesEachWayAtTheSameTime(Listener listener, Place place, ThreadKind kind) throws Exception {
        String text = "Gamboa Reach\n".repeat(MEGABYTE / 13);
        streams(PYTHON_ECHO, listener, place, kind, (stream, python) -> {
            Running<Void> writer = Running.start(kind, () -> {
                write(stream, text);
                stream.shutdownOutput();
                return null;
            });
            byte[] answer = stream.inputStream().readAllBytes();
            assertThat(new String(answer, StandardCharsets.UTF_8)).isEqualTo(text.toUpperCase(Locale.ROOT));
            writer.get();
            assertThat(python.hear()).isEqualTo("done");
        });
    }

    @ParameterizedTest
    @MethodSource("ways")
    void theirHalfCloseEndsOurInputAndNotOurOutput(Listener listener, Place place, ThreadKind kind) throws Exception {
        streams(PYTHON_HALF_CLOSE, listener, place, kind, (stream, python) -> {
            assertThat(new String(stream.inputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("last words");
            assertThat(stream.read(room(1))).isEqualTo(-1);
            write(stream, "I still ");
            write(stream, "hear you");
            stream.shutdownOutput();
            assertThat(python.hear()).isEqualTo("I still hear you");
        });
    }

    @ParameterizedTest
    @MethodSource("ways")
    void recordsKeepTheirBoundariesBothWays(Listener listener, Place place, ThreadKind kind) throws Exception {
        List<Integer> sizes = List.of(1, 5, 4096, 1, 30_000, 2);
        packets(PYTHON_RECORDS, listener, place, kind, (socket, python) -> {
            List<String> expected = new ArrayList<>();
            for (int size : sizes) {
                socket.send(bytes("l".repeat(size)));
                expected.add("L".repeat(size));
            }
            socket.shutdownOutput();
            List<String> got = new ArrayList<>();
            for (int i = 0; i < sizes.size(); i++) {
                MemorySegment room = room(1 << 16);
                try (ReceivedMessage record = socket.receive(room, 0)) {
                    got.add(text(room, record.byteCount()));
                    assertThat(record.isTruncated()).isFalse();
                }
            }
            assertThat(got).isEqualTo(expected);
            MemorySegment room = room(3);
            try (ReceivedMessage rest = socket.receive(room, 0)) { // of a record that is longer
                assertThat(rest.isTruncated()).isTrue();
                assertThat(text(room, 3)).isEqualTo("[1,");
            }
            try (ReceivedMessage end = socket.receive(room, 0)) {
                assertThat(end.isAtEnd()).isTrue();
                assertThat(end.byteCount()).isZero();
            }
            assertThat(python.hear()).isEqualTo("done");
        });
    }

    @ParameterizedTest
    @MethodSource("places")
    void pythonAnswersDatagramsAtOurAddress(Place place, ThreadKind kind) throws Exception {
        Run.assumeInstalled("python3");
        UnixAddress theirs = at(place, "python");
        try (UnixDatagram socket = UnixDatagram.bind(at(place, "java"));
                Peer python = Peer.start(python(PYTHON_ANSWERS, theirs))) {
            assertThat(python.hear()).isEqualTo("bound");
            Running.run(kind, () -> {
                for (String question : List.of("one", "two", "t".repeat(50_000))) {
                    socket.send(Message.of(question).to(theirs));
                    MemorySegment room = room(1 << 16);
                    try (ReceivedMessage answer = socket.receive(room, 0)) {
                        assertThat(answer.from()).isEqualTo(theirs);
                        assertThat(text(room, answer.byteCount())).isEqualTo(question.toUpperCase(Locale.ROOT));
                    }
                }
                return socket.send(Message.of("").to(theirs));
            });
            assertThat(python.end()).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("places")
    void weAnswerDatagramsAtPythonsAddress(Place place, ThreadKind kind) throws Exception {
        Run.assumeInstalled("python3");
        UnixAddress ours = at(place, "java");
        UnixAddress theirs = at(place, "python");
        try (UnixDatagram socket = UnixDatagram.bind(ours);
                Peer python = Peer.start(python(PYTHON_ASKS, theirs, ours))) {
            Running.run(kind, () -> {
                assertThat(question(socket)).isEqualTo(new Question("from nowhere", UnixAddress.unnamed()));
                assertThat(question(socket)).isEqualTo(new Question("from somewhere", theirs));
                return socket.send(Message.of("answer").to(theirs));
            });
            assertThat(python.hear()).isEqualTo("answer True");
            assertThat(python.end()).isZero();
        }
    }

    private record Question(String text, UnixAddress from) {}

    private static Question question(UnixDatagram socket) throws Exception {
        MemorySegment room = room(100);
        try (ReceivedMessage message = socket.receive(room, 0)) {
            return new Question(text(room, message.byteCount()), message.from());
        }
    }

    // C.

    @ParameterizedTest
    @EnumSource
    void aStructOfCPassesBothWays(ThreadKind kind) throws Exception {
        UnixAddress address = at(Place.PATH, "socket");
        try (CProgram program = CProgram.compile(C_PEER);
                UnixListener<UnixStream> listener = UnixListener.bind(address);
                Peer peer = Peer.start(program.command(address))) {
            Running.run(kind, () -> {
                try (UnixStream stream = listener.accept()) {
                    MemorySegment gauge = room((int) GAUGE.byteSize());
                    stream.readFully(gauge);
                    assertThat(gauge.get(ValueLayout.JAVA_BYTE, offset("lock"))).isEqualTo((byte) 3);
                    assertThat(gauge.get(ValueLayout.JAVA_INT_UNALIGNED, offset("level")))
                            .isEqualTo(-26);
                    assertThat(gauge.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, offset("flow")))
                            .isEqualTo(0.5);
                    assertThat(gauge.getString(offset("name"))).isEqualTo("Gatun");

                    gauge.set(ValueLayout.JAVA_BYTE, offset("lock"), (byte) 200);
                    gauge.set(ValueLayout.JAVA_INT_UNALIGNED, offset("level"), Integer.MIN_VALUE);
                    gauge.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, offset("flow"), -7.25);
                    gauge.setString(offset("name"), "Miraflores");
                    stream.writeFully(gauge);
                    assertThat(stream.read(room(1))).isEqualTo(-1);
                }
                return null;
            });
            assertThat(peer.hear()).isEqualTo("32 200 -2147483648 -7.25 Miraflores");
            assertThat(peer.end()).isZero();
        }
    }

    private static long offset(String field) {
        return GAUGE.byteOffset(PathElement.groupElement(field));
    }
}
