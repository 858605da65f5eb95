package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.chagres.socket.LocalSockets.python;
import static org.chagres.socket.TestMessages.bytes;
import static org.chagres.socket.TestMessages.room;
import static org.chagres.socket.TestMessages.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.pipe.Pipe;
import org.chagres.process.ChildProcess;
import org.chagres.process.Redirect;
import org.chagres.process.Termination;
import org.chagres.socket.TestMessages.Running;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Internet sockets at one end, and programs in other languages, children and files at the other. */
@ExtendWith(LeakCheck.class)
class InetInteropTest {
    private static final int MEGABYTE = 1 << 20;

    /** Makes {@code peer}, a connection, from {@code listen ADDRESS} or {@code connect ADDRESS PORT}. */
    private static final String PYTHON_CONNECTION = """
            import hashlib, socket, struct, sys
            address = sys.argv[2]
            family = socket.AF_INET6 if ':' in address else socket.AF_INET
            def told(name):
                plain = name[0].removeprefix('::ffff:')
                return plain + ' ' + str(name[1])
            if sys.argv[1] == 'listen':
                listener = socket.socket(family)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                listener.bind((address, 0))
                listener.listen()
                print(listener.getsockname()[1], flush=True)
                peer, name = listener.accept()
                listener.close()
                assert name == peer.getpeername()
            else:
                peer = socket.socket(family)
                peer.connect((address, int(sys.argv[3])))
            """;

    /** In capitals, as it comes. */
    private static final String PYTHON_ECHO = PYTHON_CONNECTION + """
            while data := peer.recv(50000):
                peer.sendall(data.upper())
            peer.close()
            print('done', flush=True)
            """;

    private static final String PYTHON_ADDRESSES = PYTHON_CONNECTION + """
            print(told(peer.getsockname()), flush=True)
            print(told(peer.getpeername()), flush=True)
            peer.recv(1)
            """;

    private static final String PYTHON_HALF_CLOSE = PYTHON_CONNECTION + """
            peer.sendall(b'last words')
            peer.shutdown(socket.SHUT_WR)
            heard = b''
            while data := peer.recv(1000):
                heard += data
            print(heard.decode(), flush=True)
            """;

    /** Reads slowly at first, and tells what came. */
    private static final String PYTHON_DIGEST = PYTHON_CONNECTION + """
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            sum, count = hashlib.sha256(), 0
            while data := peer.recv(1000 if count < 100000 else 1 << 20):
                sum.update(data)
                count += len(data)
            print(count, sum.hexdigest(), flush=True)
            """;

    /** Answers each datagram at the address of its sender, an empty one with how many there were. */
    private static final String PYTHON_DATAGRAMS = """
            import socket, sys
            family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
            made = socket.socket(family, socket.SOCK_DGRAM)
            made.bind((sys.argv[1], 0))
            print(made.getsockname()[1], flush=True)
            count = 0
            while True:
                data, sender = made.recvfrom(1 << 17)
                count += 1
                print(len(data), sender[0], sender[1], flush=True)
                made.sendto(data.upper(), sender)
                if data == b'end':
                    break
            """;

    /**
     * Connects to a port of this machine: {@code echo} sends back what it gets until the end; {@code reset} breaks off;
     * {@code wait} tells what its read ends with.
     */
    private static final String C_PEER = """
            #include <arpa/inet.h>
            #include <errno.h>
            #include <netinet/in.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/socket.h>
            #include <unistd.h>

            int main(int argc, char **argv) {
                static char buffer[65536];
                struct sockaddr_in to = {
                    .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])), .sin_addr = {htonl(INADDR_LOOPBACK)}};
                struct sockaddr_in own;
                socklen_t length = sizeof own;
                ssize_t count;
                int fd = socket(AF_INET, SOCK_STREAM, 0);
                if (fd < 0 || connect(fd, (struct sockaddr *) &to, sizeof to) < 0) {
                    perror("connect");
                    return 1;
                }
                getsockname(fd, (struct sockaddr *) &own, &length);
                printf("%s %d\\n", inet_ntoa(own.sin_addr), ntohs(own.sin_port));
                fflush(stdout);
                if (strcmp(argv[1], "echo") == 0) {
                    while ((count = read(fd, buffer, sizeof buffer)) > 0) {
                        for (ssize_t done = 0, some; done < count; done += some) {
                            some = write(fd, buffer + done, count - done);
                            if (some < 0) {
                                perror("write");
                                return 1;
                            }
                        }
                    }
                    puts("end");
                } else if (strcmp(argv[1], "reset") == 0) {
                    struct linger none = {1, 0};
                    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
                } else {
                    while ((count = read(fd, buffer, sizeof buffer)) > 0) {
                    }
                    puts(count == 0 ? "end" : errno == ECONNRESET ? "reset" : strerror(errno));
                }
                fflush(stdout);
                return close(fd);
            }
            """;

    @TempDir
    Path folder;

    /** Who listens. */
    enum Listener {
        JAVA,
        PYTHON
    }

    /** Where one listens, and where the other connects to. */
    enum Way {
        IPV4("127.0.0.1", "127.0.0.1"),
        IPV6("::1", "::1"),
        BOTH_BY_IPV4("::", "127.0.0.1"),
        BOTH_BY_IPV6("::", "::1");

        private final String listening;
        private final String connecting;

        Way(String listening, String connecting) {
            this.listening = listening;
            this.connecting = connecting;
        }
    }

    private static Stream<Arguments> ways() {
        return Stream.of(Listener.values())
                .flatMap(listener -> Stream.of(Way.values())
                        .flatMap(way -> Stream.of(ThreadKind.values()).map(kind -> Arguments.of(listener, way, kind))));
    }

    private static void assumeIpv6() {
        try (TcpListener listener = TcpListener.bind(at("::1", 0))) {
            assertThat(listener.isOpen()).isTrue();
        } catch (ErrnoException none) {
            Assumptions.abort("no IPv6 on the loopback: " + none.getMessage());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static InetSocketAddress at(String address, int port) {
        return new InetSocketAddress(Inet.parse(address), port);
    }

    private static InetSocketAddress at(String address, String port) {
        return at(address, Integer.parseInt(port));
    }

    private static int port(TcpListener listener) throws IOException {
        return listener.localAddress().getPort();
    }

    /** As the other programs tell it. */
    private static String told(InetSocketAddress address) {
        return Inet.ntop(address.getAddress().getAddress()) + " " + address.getPort();
    }

    /** What is done with a connection to the other program. */
    private interface Talk {
        void with(TcpStream stream, Peer other) throws Exception;
    }

    private static void connected(String program, Listener listener, Way way, ThreadKind kind, Talk talk)
            throws Exception {
        Run.assumeInstalled("python3");
        if (way != Way.IPV4) {
            assumeIpv6();
        }
        if (listener == Listener.JAVA) {
            try (TcpListener ours = TcpListener.bind(at(way.listening, 0));
                    Peer other = Peer.start(python(program, "connect", way.connecting, port(ours)))) {
                Running.run(kind, () -> {
                    try (TcpStream stream = ours.accept()) {
                        talk.with(stream, other);
                    }
                    return null;
                });
                assertThat(other.end()).isZero();
            }
        } else {
            try (Peer other = Peer.start(python(program, "listen", way.listening))) {
                InetSocketAddress address = at(way.connecting, other.hear());
                Running.run(kind, () -> {
                    try (TcpStream stream = TcpStream.connect(address)) {
                        talk.with(stream, other);
                    }
                    return null;
                });
                assertThat(other.end()).isZero();
            }
        }
    }

    private static void c(CProgram program, String role, ThreadKind kind, Talk talk) throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0));
                Peer other = Peer.start(program.command(role, port(listener)))) {
            Running.run(kind, () -> {
                try (TcpStream stream = listener.accept()) {
                    assertThat(other.hear()).isEqualTo(told(stream.peerAddress()));
                    talk.with(stream, other);
                }
                return null;
            });
            assertThat(other.end()).isZero();
        }
    }

    // TCP, Python.

    @ParameterizedTest
    @MethodSource("ways")
    void megabytesPassEachWayAtTheSameTime(Listener listener, Way way, ThreadKind kind) throws Exception {
        byte[] text = "gamboa reach\n".repeat(2 * MEGABYTE / 13).getBytes(StandardCharsets.US_ASCII);
        byte[] expected = "GAMBOA REACH\n".repeat(2 * MEGABYTE / 13).getBytes(StandardCharsets.US_ASCII);
        connected(PYTHON_ECHO, listener, way, kind, (stream, other) -> {
            Running<Void> writer = Running.start(kind, () -> {
                stream.writeFully(text);
                stream.shutdownOutput();
                return null;
            });
            assertThat(stream.inputStream().readAllBytes()).isEqualTo(expected);
            writer.get();
            assertThat(other.hear()).isEqualTo("done");
        });
    }

    @ParameterizedTest
    @MethodSource("ways")
    void bothSidesTellTheSameAddresses(Listener listener, Way way, ThreadKind kind) throws Exception {
        connected(PYTHON_ADDRESSES, listener, way, kind, (stream, other) -> {
            assertThat(told(stream.peerAddress())).isEqualTo(other.hear()).startsWith(way.connecting + " ");
            assertThat(told(stream.localAddress())).isEqualTo(other.hear()).startsWith(way.connecting + " ");
            try (TcpStream again = TcpStream.of(Descriptor.duplicateOf(TestMessages.number(stream)))) {
                assertThat(again.peerAddress()).isEqualTo(stream.peerAddress()); // as the kernel tells it
                assertThat(again.localAddress()).isEqualTo(stream.localAddress());
            }
        });
    }

    @ParameterizedTest
    @MethodSource("ways")
    void theirHalfCloseEndsOurInputAndNotOurOutput(Listener listener, Way way, ThreadKind kind) throws Exception {
        connected(PYTHON_HALF_CLOSE, listener, way, kind, (stream, other) -> {
            assertThat(new String(stream.inputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("last words");
            assertThat(stream.read(room(1))).isEqualTo(-1);
            stream.writeFully(bytes("I still "));
            stream.writeFully(bytes("hear you"));
            stream.shutdownOutput();
            assertThat(other.hear()).isEqualTo("I still hear you");
        });
    }

    // TCP, C.

    @ParameterizedTest
    @EnumSource
    void programInCSendsBackWhatItGetsToTheEnd(ThreadKind kind) throws Exception {
        byte[] bytes = randomBytes(3 * MEGABYTE + 17);
        try (CProgram program = CProgram.compile(C_PEER)) {
            c(program, "echo", kind, (stream, other) -> {
                Running<Void> writer = Running.start(kind, () -> {
                    stream.writeFully(bytes);
                    stream.shutdownOutput();
                    return null;
                });
                byte[] back = new byte[bytes.length];
                stream.readFully(back);
                assertThat(back).isEqualTo(bytes);
                assertThat(stream.read(room(1))).isEqualTo(-1);
                writer.get();
                assertThat(other.hear()).isEqualTo("end");
            });
        }
    }

    /** How a connection is ended, and what a program in C sees of it. */
    private enum Ending {
        CLOSE("end") {
            @Override
            void end(TcpStream stream) {
                stream.close();
            }
        },
        LINGER_FOR_A_MINUTE("end") {
            @Override
            void end(TcpStream stream) throws IOException {
                stream.setOption(LinuxSocketOptions.SO_LINGER, Optional.of(Duration.ofMinutes(1)));
                stream.close();
            }
        },
        SHUTDOWN("end") {
            @Override
            void end(TcpStream stream) throws IOException {
                stream.shutdown();
            }
        },
        RESET("reset") {
            @Override
            void end(TcpStream stream) throws IOException {
                stream.reset();
            }
        },
        LINGER_NOT_AT_ALL("reset") {
            @Override
            void end(TcpStream stream) throws IOException {
                stream.setOption(LinuxSocketOptions.SO_LINGER, Optional.of(Duration.ZERO));
                stream.close();
            }
        };

        private final String seen;

        Ending(String seen) {
            this.seen = seen;
        }

        abstract void end(TcpStream stream) throws IOException;
    }

    private static Stream<Arguments> endings() {
        return Stream.of(Ending.values())
                .flatMap(ending -> Stream.of(ThreadKind.values()).map(kind -> Arguments.of(ending, kind)));
    }

    @ParameterizedTest
    @MethodSource("endings")
    void programInCSeesHowAConnectionEnds(Ending ending, ThreadKind kind) throws Exception {
        try (CProgram program = CProgram.compile(C_PEER)) {
            c(program, "wait", kind, (stream, other) -> {
                stream.writeFully(bytes("something"));
                ending.end(stream);
                assertThat(other.hear()).isEqualTo(ending.seen);
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void theirResetIsToldOnceAndThenTheEnd(ThreadKind kind) throws Exception {
        try (CProgram program = CProgram.compile(C_PEER)) {
            c(program, "reset", kind, (stream, other) -> {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> stream.read(room(10)))
                        .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.ECONNRESET));
                assertThat(stream.read(room(10))).isEqualTo(-1);
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> stream.writeFully(bytes("too late")))
                        .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.EPIPE));
            });
        }
    }

    // UDP.

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void datagramsKeepTheirBoundariesAndEmptyOnesAreSome(String address) throws Exception {
        Run.assumeInstalled("python3");
        int most = 65_507;
        if (address.contains(":")) {
            assumeIpv6();
            most = 65_527;
        }
        for (ThreadKind kind : ThreadKind.values()) {
            for (int connected = 0; connected < 2; connected++) {
                datagrams(address, kind, connected == 1, most);
            }
        }
    }

    private static void datagrams(String address, ThreadKind kind, boolean connected, int most) throws Exception {
        try (Peer other = Peer.start(python(PYTHON_DATAGRAMS, address));
                UdpSocket socket = UdpSocket.bind(at(address, 0))) {
            InetSocketAddress theirs = at(address, other.hear());
            if (connected) {
                socket.connect(theirs);
            }
            String own = told(socket.localAddress());
            Running.run(kind, () -> {
                for (String text : List.of("one", "", "t".repeat(1472), "l".repeat(most), "", "end")) {
                    Datagram datagram = Datagram.of(text);
                    socket.send(connected ? datagram : datagram.to(theirs));
                    assertThat(other.hear()).isEqualTo(text.length() + " " + own);
                    MemorySegment room = room(1 << 16);
                    ReceivedDatagram answer = socket.receiveFrom(room);
                    assertThat(text(room, answer.byteCount())).isEqualTo(text.toUpperCase(Locale.ROOT));
                    assertThat(answer.from()).contains(theirs);
                    assertThat(answer.isTruncated()).isFalse();
                }
                return null;
            });
            assertThat(other.end()).isZero();
        }
    }

    @Test
    void batchesOfDatagramsPassBothWays() throws Exception {
        Run.assumeInstalled("python3");
        try (Peer other = Peer.start(python(PYTHON_DATAGRAMS, "127.0.0.1"));
                Arena arena = Arena.ofConfined();
                UdpSocket socket = UdpSocket.bind(Inet.loopback(0))) {
            InetSocketAddress theirs = at("127.0.0.1", other.hear());
            DatagramBatch batch = DatagramBatch.allocate(arena, 10, 100);
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                String text = "d".repeat(i * 5);
                batch.memory(i).copyFrom(bytes(text));
                batch.setByteSize(i, text.length());
                batch.setAddress(i, theirs);
                expected.add(text.toUpperCase(Locale.ROOT));
            }
            batch.memory(9).copyFrom(bytes("end"));
            batch.setByteSize(9, 3);
            batch.setAddress(9, theirs);
            expected.add("END");
            int sent = 0;
            while (sent < 10) {
                sent += socket.sendMany(batch, sent, 10 - sent);
            }
            List<String> got = new ArrayList<>();
            while (got.size() < 10) {
                int came = socket.tryReceiveMany(batch, Duration.ofSeconds(30));
                assertThat(came).isPositive();
                for (int i = 0; i < came; i++) {
                    assertThat(batch.address(i)).contains(theirs);
                    got.add(text(batch.bytes(i), batch.byteSize(i)));
                }
            }
            assertThat(got).isEqualTo(expected);
            assertThat(other.end()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void groupsReceiveWhatIsSentToThem(ThreadKind kind) throws Exception {
        Run.assumeInstalled("python3");
        assertThat(GroupProgram.seen("239.192.77.1", "lo", kind)).isEqualTo(GroupProgram.EXPECTED);
    }

    /** In a network of its own, with an interface for it: the loopback does not deliver to groups of IPv6. */
    @ParameterizedTest
    @EnumSource
    void groupsOfIpv6ReceiveWhatIsSentToThem(ThreadKind kind) {
        assumeIpv6();
        for (String program : List.of("python3", "unshare", "ip")) {
            Run.assumeInstalled(program);
        }
        String script = """
                ip link set lo up
                ip link add groups type veth peer name others
                ip link set others up
                ip address add fd77::1/64 dev groups nodad
                ip link set groups up multicast on
                exec "$@"
                """;
        List<String> start = List.of("unshare", "--net", "sh", "-euc", script, "sh");
        Run trial = Run.command(Stream.concat(start.stream(), Stream.of("true")).toList(), Map.of());
        Assumptions.assumeTrue(trial.status() == 0, () -> "no network of our own: " + trial.err());
        List<String> command = new ArrayList<>(start);
        command.addAll(Peer.javaCommand(
                List.of("--enable-native-access=ALL-UNNAMED"),
                GroupProgram.class,
                "ff01::7701",
                "groups",
                kind.name()));
        assertThat(Run.command(command, Map.of()).output().lines().toList()).isEqualTo(GroupProgram.EXPECTED);
    }

    // Files and pipes.

    private static byte[] randomBytes(int count) {
        byte[] bytes = new byte[count];
        new Random(1914).nextBytes(bytes);
        return bytes;
    }

    private static String sum(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    @ParameterizedTest
    @EnumSource
    void largeFileIsSentByteForByte(ThreadKind kind) throws Exception {
        byte[] content = randomBytes(40 * MEGABYTE + 4711);
        Path path = Files.write(folder.resolve("large"), content);
        connected(PYTHON_DIGEST, Listener.PYTHON, Way.IPV4, kind, (stream, other) -> {
            try (Descriptor file = Descriptor.open(path)) {
                long offset = 0;
                long count = file.sendFile(stream, offset, Long.MAX_VALUE);
                while (count >= 0) {
                    offset += count;
                    count = file.sendFile(stream, offset, Long.MAX_VALUE);
                }
                assertThat(file.position()).isZero();
            }
            stream.shutdownOutput();
            assertThat(other.hear()).isEqualTo(content.length + " " + sum(content));
        });
    }

    @ParameterizedTest
    @EnumSource
    void partBeyondTwoGigabytesIsSent(ThreadKind kind) throws Exception {
        byte[] part = randomBytes(3 * MEGABYTE);
        long begin = (1L << 32) - MEGABYTE;
        Path path = folder.resolve("sparse");
        try (Descriptor file = Descriptor.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.writeAt(MemorySegment.ofArray(part), begin);
        }
        connected(PYTHON_DIGEST, Listener.PYTHON, Way.IPV4, kind, (stream, other) -> {
            try (Descriptor file = Descriptor.open(path)) {
                long offset = begin;
                while (offset < begin + part.length) {
                    offset += file.sendFile(stream, offset, begin + part.length - offset);
                }
                assertThat(file.sendFile(stream, offset, 1)).isEqualTo(-1);
            }
            stream.shutdownOutput();
            assertThat(other.hear()).isEqualTo(part.length + " " + sum(part));
        });
    }

    @ParameterizedTest
    @EnumSource
    void whatIsWrittenToAPipeIsMovedToASocketAndOnToAnotherPipe(ThreadKind kind) throws Exception {
        byte[] content = randomBytes(8 * MEGABYTE + 1);
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0));
                Pipe in = Pipe.create();
                Pipe out = Pipe.create();
                TcpStream sender = TcpStream.connect(listener.localAddress());
                TcpStream receiver = listener.accept()) {
            Running<Void> writer = Running.start(kind, () -> {
                in.sink().writeFully(content);
                in.sink().close();
                return null;
            });
            Running<Long> toSocket = Running.start(kind, () -> {
                long all = moved(in.source(), sender);
                sender.shutdownOutput();
                return all;
            });
            Running<Long> fromSocket = Running.start(kind, () -> {
                long all = moved(receiver, out.sink());
                out.sink().close();
                return all;
            });
            assertThat(out.source().inputStream().readAllBytes()).isEqualTo(content);
            writer.get();
            assertThat(toSocket.get()).isEqualTo(content.length);
            assertThat(fromSocket.get()).isEqualTo(content.length);
        }
    }

    private static long moved(ByteSource from, ByteSink to) throws Exception {
        long all = 0;
        long count = from.splice(to, MEGABYTE);
        while (count >= 0) {
            all += count;
            count = from.splice(to, MEGABYTE);
        }
        return all;
    }

    // Children, other processes.

    /** Which side of a connection: they are made in different ways. */
    enum Side {
        CONNECTED,
        ACCEPTED
    }

    @ParameterizedTest
    @EnumSource
    void connectionIsTheInputAndOutputOfAChild(Side side) throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0));
                TcpStream connected = TcpStream.connect(listener.localAddress());
                TcpStream accepted = listener.accept()) {
            TcpStream theirs = side == Side.CONNECTED ? connected : accepted;
            TcpStream ours = side == Side.CONNECTED ? accepted : connected;
            try (ChildProcess sort = ChildProcess.command("sort")
                    .variable("LC_ALL", "C")
                    .input(Redirect.share(theirs))
                    .output(Redirect.take(theirs))
                    .start()) {
                assertThat(theirs.isOpen()).isFalse();
                ours.writeFully(bytes("two\none\nthree\n"));
                ours.shutdownOutput();
                assertThat(new String(ours.inputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo("one\nthree\ntwo\n");
                assertThat(sort.await()).isEqualTo(new Termination.Exited(0));
            }
        }
    }

    /** Sends one of each over a local socket, and answers what comes to the connection. */
    private static final String PYTHON_SENDS = """
            import array, socket, sys
            local = socket.socket(socket.AF_UNIX)
            local.connect('\\0' + sys.argv[1])
            listener = socket.create_server(('127.0.0.1', 0))
            client = socket.create_connection(listener.getsockname())
            served, _ = listener.accept()
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            datagrams.bind(('127.0.0.1', 0))
            for one in (client, listener, datagrams):
                socket.send_fds(local, [b'x'], [one.fileno()])
                local.recv(1)
            print(client.getsockname()[1], listener.getsockname()[1], datagrams.getsockname()[1], flush=True)
            client.close()
            listener.close()
            datagrams.close()
            served.sendall(served.recv(100).upper())
            served.close()
            """;

    /** Gets a connection over a local socket, speaks, and reads to the end. */
    private static final String PYTHON_RECEIVES = """
            import socket, sys
            local = socket.socket(socket.AF_UNIX)
            local.connect('\\0' + sys.argv[1])
            _, numbers, _, _ = socket.recv_fds(local, 10, 1)
            peer = socket.socket(fileno=numbers[0])
            print(peer.family.name, peer.type.name, peer.getpeername()[1], flush=True)
            peer.sendall(b'from python')
            peer.shutdown(socket.SHUT_WR)
            print(peer.recv(100).decode(), peer.recv(1), flush=True)
            """;

    private static String abstractName(UnixAddress.Abstract name) {
        return new String(name.name(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @EnumSource
    void socketsOfPythonAreTakenFromAMessage(ThreadKind kind) throws Exception {
        Run.assumeInstalled("python3");
        UnixAddress.Abstract name = LocalSockets.ownName("inet-passed");
        try (UnixListener<UnixStream> ours = UnixListener.bind(name);
                Peer other = Peer.start(python(PYTHON_SENDS, abstractName(name)))) {
            Running.run(kind, () -> {
                try (UnixStream local = ours.accept();
                        TcpStream stream = taken(local, TcpStream::of);
                        TcpListener listener = taken(local, TcpListener::of);
                        UdpSocket datagrams = taken(local, UdpSocket::of)) {
                    assertThat(other.hear())
                            .isEqualTo(stream.localAddress().getPort() + " " + port(listener) + " "
                                    + datagrams.localAddress().getPort());
                    assertThat(stream.peerAddress()).isEqualTo(listener.localAddress());
                    stream.writeFully(bytes("still there"));
                    assertThat(new String(stream.inputStream().readAllBytes(), StandardCharsets.UTF_8))
                            .isEqualTo("STILL THERE");
                    try (TcpStream client = TcpStream.connect(listener.localAddress());
                            TcpStream accepted = listener.accept()) {
                        assertThat(accepted.peerAddress()).isEqualTo(client.localAddress());
                    }
                    datagrams.send(Datagram.of("to itself").to(datagrams.localAddress()));
                    MemorySegment room = room(100);
                    assertThat(text(room, datagrams.receive(room))).isEqualTo("to itself");
                }
                return null;
            });
            assertThat(other.end()).isZero();
        }
    }

    private static <T> T taken(UnixStream local, ReceivedMessage.Kind<T> kind) throws Exception {
        try (ReceivedMessage message = local.receive(room(1), 1)) {
            T taken = message.takeDescriptor(kind);
            local.writeFully(bytes("x"));
            return taken;
        }
    }

    @ParameterizedTest
    @EnumSource
    void pythonGoesOnWithAConnectionThatItIsGiven(ThreadKind kind) throws Exception {
        Run.assumeInstalled("python3");
        UnixAddress.Abstract name = LocalSockets.ownName("inet-given");
        try (UnixListener<UnixStream> ours = UnixListener.bind(name);
                TcpListener listener = TcpListener.bind(Inet.loopback(0));
                Peer other = Peer.start(python(PYTHON_RECEIVES, abstractName(name)))) {
            Running.run(kind, () -> {
                try (UnixStream local = ours.accept();
                        TcpStream client = TcpStream.connect(listener.localAddress())) {
                    TcpStream server = listener.accept();
                    local.send(Message.of("x").giving(server));
                    assertThat(server.isOpen()).isFalse();
                    assertThat(other.hear())
                            .isEqualTo("AF_INET SOCK_STREAM "
                                    + client.localAddress().getPort());
                    assertThat(new String(client.inputStream().readAllBytes(), StandardCharsets.UTF_8))
                            .isEqualTo("from python");
                    client.writeFully(bytes("from Java"));
                    client.shutdownOutput();
                    assertThat(other.hear()).isEqualTo("from Java b''");
                }
                return null;
            });
            assertThat(other.end()).isZero();
        }
    }

    @Test
    void whatOneSideOfAMessageKeepsIsTheSameSocket() throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0));
                TcpStream client = TcpStream.connect(listener.localAddress());
                TcpStream server = listener.accept()) {
            SocketPair<UnixStream> pair = UnixStream.pair();
            try (UnixStream first = pair.first();
                    UnixStream second = pair.second()) {
                first.send(Message.of("x").with(server));
                try (ReceivedMessage message = second.receive(room(1), 1);
                        TcpStream same = message.takeDescriptor(TcpStream::of)) {
                    assertThat(same.peerAddress()).isEqualTo(server.peerAddress());
                    same.writeFully(bytes("one "));
                    server.writeFully(bytes("two"));
                    same.shutdownOutput(); // for both
                    assertThat(new String(client.inputStream().readAllBytes(), StandardCharsets.UTF_8))
                            .isEqualTo("one two");
                }
                first.send(Message.of("x").with(listener));
                try (ReceivedMessage message = second.receive(room(1), 1)) {
                    assertThatExceptionOfType(IllegalArgumentException.class)
                            .isThrownBy(() -> message.takeDescriptor(TcpStream::of));
                }
            }
        }
    }

    // Service managers.

    /** Becomes a JVM that has a listener and a socket for datagrams from number 3 on. */
    private static final String MANAGER = """
            import fcntl, os, socket, sys
            blocking, command = sys.argv[1] == 'blocking', sys.argv[2:]
            listener = socket.create_server(('127.0.0.1', 0))
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            datagrams.bind(('127.0.0.1', 0))
            print(listener.getsockname()[1], datagrams.getsockname()[1], flush=True)
            for one in (listener, datagrams):
                one.setblocking(blocking)
            kept = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD_CLOEXEC, 100) for one in (listener, datagrams)]
            listener.close()
            datagrams.close()
            for i, number in enumerate(kept):
                os.dup2(number, 3 + i)
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='2', LISTEN_FDNAMES='web:log')
            os.execv(command[0], command)
            """;

    /** Waits for one connection, which becomes the standard input of the JVM. */
    private static final String INETD = """
            import os, socket, sys
            listener = socket.create_server(('127.0.0.1', 0))
            print(listener.getsockname()[1], flush=True)
            connection, _ = listener.accept()
            os.dup2(connection.fileno(), 0)
            os.execv(sys.argv[1], sys.argv[1:])
            """;

    private static List<String> activated(List<String> python, Object... arguments) {
        List<String> command = new ArrayList<>(python);
        command.addAll(
                Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), ActivatedInetProgram.class, arguments));
        return command;
    }

    @ParameterizedTest
    @EnumSource
    void socketsOfAManagerServe(ThreadKind kind) throws Exception {
        Run.assumeInstalled("python3");
        for (String mode : List.of("blocking", "non-blocking")) {
            try (Peer server = Peer.start(activated(python(MANAGER, mode), "serve", kind.name()))) {
                String[] ports = server.hear().split(" ");
                try (TcpStream stream = TcpStream.connect(at("127.0.0.1", ports[0]));
                        UdpSocket datagrams = UdpSocket.connectedTo(at("127.0.0.1", ports[1]))) {
                    assertThat(server.hear()).isEqualTo("web " + ports[0] + ", log " + ports[1]);
                    stream.writeFully(bytes("stream"));
                    assertThat(server.hear())
                            .isEqualTo("stream from " + stream.localAddress().getPort());
                    datagrams.send(bytes("datagram"));
                    assertThat(server.hear())
                            .isEqualTo(
                                    "datagram from " + datagrams.localAddress().getPort());
                }
                assertThat(server.end()).isZero();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void connectionAsStandardInputIsAStream(ThreadKind kind) throws Exception {
        Run.assumeInstalled("python3");
        try (Peer program = Peer.start(activated(python(INETD), "answer", kind.name()));
                TcpStream client = TcpStream.connect(at("127.0.0.1", program.hear()))) {
            client.writeFully(bytes("question"));
            client.shutdownOutput();
            assertThat(new String(client.inputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("question answered");
            assertThat(program.end()).isZero();
        }
    }
}
