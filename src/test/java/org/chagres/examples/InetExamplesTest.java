package org.chagres.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.socket.Inet;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.socket.UdpSocket;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs what the documentation shows of Internet sockets, against programs of others and each other. */
@ExtendWith(LeakCheck.class)
class InetExamplesTest {
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");

    private static final String LISTENING = """
            import socket, struct, sys
            listener = socket.create_server(('127.0.0.1', 0))
            print(listener.getsockname()[1], flush=True)
            peer, _ = listener.accept()
            """;

    /** Tells what it is asked, and answers with a page in two pieces. */
    private static final String WEB_SERVER = LISTENING + """
            heard = b''
            while not heard.endswith(b'\\n'):
                heard += peer.recv(100)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.sendall(bytes(range(256)))
            print(repr(heard), flush=True)
            sys.stdin.readline()
            peer.sendall(bytes(range(256)) * 1000)
            peer.close()
            """;

    /** Breaks off in the middle of its page. */
    private static final String BAD_WEB_SERVER = LISTENING + """
            peer.recv(100)
            peer.sendall(b'half a pa')
            sys.stdin.readline()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            peer.close()
            """;

    /** Answers only when it has come to the end. */
    private static final String LISTENER_TO_THE_END = LISTENING + """
            heard = b''
            while some := peer.recv(100):
                heard += some
            peer.sendall(b'heard ' + heard)
            peer.close()
            """;

    /** Says something, and closes when it is told. */
    private static final String SPEAKER = LISTENING + """
            peer.sendall(b'good day\\n')
            sys.stdin.readline()
            peer.close()
            """;

    /** Sends back what it gets until its standard input ends; {@code tcp} or {@code udp}. */
    private static final String ECHO_SERVER = """
            import socket, sys, threading
            if sys.argv[1] == 'tcp':
                made = socket.create_server(('127.0.0.1', 0))
            else:
                made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                made.bind(('127.0.0.1', 0))
            def answer():
                while sys.argv[1] == 'tcp':
                    peer, _ = made.accept()
                    while data := peer.recv(65536):
                        peer.sendall(data)
                    peer.close()
                while True:
                    data, sender = made.recvfrom(65536)
                    made.sendto(data, sender)
            threading.Thread(target=answer, daemon=True).start()
            print(made.getsockname()[1], flush=True)
            sys.stdin.read()
            """;

    private static final String ECHO_CLIENT = """
            import socket, sys
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM if sys.argv[1] == 'tcp' else socket.SOCK_DGRAM)
            made.settimeout(30)
            made.connect(('127.0.0.1', int(sys.argv[2])))
            for word in sys.argv[3:]:
                made.send(word.encode())
                print(made.recv(65536).decode())
            """;

    @TempDir
    private Path folder;

    private static Run java(Class<?> main, Object... arguments) {
        return Run.command(Peer.javaCommand(NATIVE_ACCESS, main, arguments), Map.of());
    }

    private static Peer python(String program, Object... arguments) {
        Run.assumeInstalled("python3");
        return Peer.start(Stream.concat(
                        Stream.of("python3", "-c", program),
                        Stream.of(arguments).map(String::valueOf))
                .toList());
    }

    /** A program whose output is bytes, from the bytes of its input. */
    private record Ended(int status, byte[] out) {}

    /** Runs it to its end while it gets its input from a file. */
    private Ended ended(byte[] input, Class<?> main, Object... arguments) throws Exception {
        Path in = Files.write(folder.resolve("in"), input);
        Path out = folder.resolve("out");
        Process process = new ProcessBuilder(Peer.javaCommand(NATIVE_ACCESS, main, arguments))
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        return new Ended(process.exitValue(), Files.readAllBytes(out));
    }

    /** A port at which nobody listens: somebody did until now. */
    private static int freePort() throws IOException {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
            return listener.localAddress().getPort();
        }
    }

    private static boolean listens(int port) {
        try (TcpStream probe = TcpStream.connect(Inet.loopback(port))) {
            return probe.isOpen();
        } catch (IOException notYet) {
            return false;
        } catch (InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    private static byte[] randomBytes(int count) {
        byte[] bytes = new byte[count];
        new Random(512).nextBytes(bytes);
        return bytes;
    }

    // Listing 5.12.

    /** How the program is started. */
    enum Start {
        ALONE,
        AS_A_ROLE
    }

    @ParameterizedTest
    @EnumSource
    void listing5_12AsksInOneLineAndPrintsBytesAsTheyCome(Start start) throws Exception {
        try (Peer server = python(WEB_SERVER)) {
            String port = server.hear();
            FutureTask<Ended> client = ThreadKind.PLATFORM.start(() -> start == Start.ALONE
                    ? ended(new byte[0], SocketInet.class, "localhost", port)
                    : ended(new byte[0], Listings.class, "socket-inet", "localhost", port));
            assertThat(server.hear()).isEqualTo("b'GET /\\n'");
            server.tell("go on");
            Ended ended = client.get(60, TimeUnit.SECONDS);
            assertThat(ended.status()).isZero();
            byte[] all = new byte[256];
            IntStream.range(0, all.length).forEach(i -> all[i] = (byte) i);
            assertThat(ended.out()).hasSize(256 * 1001);
            for (int i = 0; i < ended.out().length; i += all.length) {
                assertThat(MemorySegment.ofArray(ended.out())
                                .asSlice(i, all.length)
                                .mismatch(MemorySegment.ofArray(all)))
                        .isEqualTo(-1);
            }
            assertThat(server.end()).isZero();
        }
    }

    @Test
    void listing5_12WithoutAServerNamesTheCall() throws Exception {
        Run client = java(SocketInet.class, "127.0.0.1", freePort());
        assertThat(client.status()).isEqualTo(1);
        assertThat(client.err()).startsWith("connect: ECONNREFUSED").hasLineCount(1);
        assertThat(client.out()).isEmpty();
    }

    /** A label of more than 63 characters is asked of nobody. */
    @Test
    void listing5_12WithoutAHostEndsWithoutAWord() {
        Run client = java(SocketInet.class, "x".repeat(64), "80");
        assertThat(client.status()).isEqualTo(1);
        assertThat(client.err()).isEmpty();
        assertThat(client.out()).isEmpty();
    }

    @Test
    void listing5_12PrintsWhatCameBeforeTheServerBrokeOff() throws Exception {
        try (Peer server = python(BAD_WEB_SERVER);
                Peer client = Peer.start(List.of(
                        "sh",
                        "-c",
                        "\"$@\" 2>&1; echo \" $?\"",
                        "sh",
                        javaWord(),
                        NATIVE_ACCESS.getFirst(),
                        "-cp",
                        Peer.classPath(),
                        SocketInet.class.getName(),
                        "127.0.0.1",
                        server.hear()))) {
            server.tell("break off");
            assertThat(server.end()).isZero();
            assertThat(client.hear()).matches("(half a pa)?[a-z]+: ECONNRESET .*");
            assertThat(client.hear()).isEqualTo(" 1");
        }
    }

    private static String javaWord() {
        return Peer.javaCommand(List.of(), SocketInet.class).getFirst();
    }

    @Test
    void listing5_12WantsAHost() {
        assertThat(java(SocketInet.class).status()).isEqualTo(2);
        assertThat(java(SocketInet.class, "a", "b", "c").status()).isEqualTo(2);
        assertThat(java(Listings.class, "socket-inet").status()).isEqualTo(2);
        assertThat(java(Listings.class, "socket-inet", "a", "b", "c").status()).isEqualTo(2);
    }

    /** A server of its own, in one process, with a page at its root. */
    private Process nginx(int port, byte[] page) throws IOException {
        Path root = Files.createDirectories(folder.resolve("www"));
        Files.write(root.resolve("index.html"), page);
        List<String> temporary = Stream.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
                .map(kind -> kind + "_temp_path " + folder.resolve(kind) + ";")
                .toList();
        Path configuration = Files.writeString(
                folder.resolve("nginx.conf"), """
                daemon off;
                master_process off;
                pid %1$s/nginx.pid;
                error_log %1$s/error.log;
                events { }
                http {
                    %2$s
                    access_log off;
                    server { listen 127.0.0.1:%3$d; root %4$s; }
                }
                """.formatted(folder, String.join("\n", temporary), port, root));
        return new ProcessBuilder(
                        "nginx",
                        "-p",
                        folder.toString(),
                        "-e",
                        folder.resolve("error.log").toString(),
                        "-c",
                        configuration.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    void nginxAnswersListing5_12AndTelnet() throws Exception {
        Run.assumeInstalled("nginx");
        byte[] page = randomBytes(300_000);
        int port = freePort();
        Process server = nginx(port, page);
        try {
            Await.until(() -> listens(port) || !server.isAlive());
            assertThat(server.isAlive()).isTrue();
            Ended home = ended(new byte[0], SocketInet.class, "localhost", port);
            assertThat(home.status()).isZero();
            assertThat(home.out()).isEqualTo(page);

            Ended talk = ended("GET / HTTP/1.0\r\n\r\n".getBytes(US_ASCII), Telnet.class, "localhost", port);
            assertThat(talk.status()).isZero();
            String answer = new String(talk.out(), ISO_8859_1);
            assertThat(answer).startsWith("HTTP/1.1 200 OK\r\nServer: nginx");
            assertThat(answer.substring(answer.indexOf("\r\n\r\n") + 4).getBytes(ISO_8859_1))
                    .isEqualTo(page);
        } finally {
            server.destroy();
            if (!server.waitFor(30, TimeUnit.SECONDS)) {
                server.destroyForcibly().waitFor();
            }
        }
    }

    // Telnet.

    @Test
    void telnetEndsSendingAndPrintsTheAnswerStill() throws Exception {
        try (Peer server = python(LISTENER_TO_THE_END)) {
            Ended telnet = ended("one\ntwo".getBytes(US_ASCII), Telnet.class, "localhost", server.hear());
            assertThat(new String(telnet.out(), US_ASCII)).isEqualTo("heard one\ntwo");
            assertThat(telnet.status()).isZero();
            assertThat(server.end()).isZero();
        }
    }

    @Test
    void telnetEndsWithTheServerThoughThereMayBeMoreInput() throws Exception {
        try (Peer server = python(SPEAKER);
                Peer telnet = Peer.java(Telnet.class, "127.0.0.1", server.hear())) {
            assertThat(telnet.hear()).isEqualTo("good day");
            server.tell("close");
            assertThat(server.end()).isZero();
            assertThat(telnet.hear()).isEqualTo("(the peer has ended)");
            assertThat(telnet.process().waitFor(60, TimeUnit.SECONDS)).isTrue(); // its input is open still
            assertThat(telnet.process().exitValue()).isZero();
        }
    }

    @Test
    void telnetSendsAndPrintsMuchAtTheSameTime() throws Exception {
        byte[] much = randomBytes(20_000_000);
        try (Peer server = Peer.java(Echo.class, "tcp", "server")) {
            Ended telnet = ended(much, Telnet.class, "localhost", server.hear());
            assertThat(telnet.status()).isZero();
            assertThat(telnet.out()).isEqualTo(much);
            assertThat(server.end()).isZero();
        }
    }

    // Echo.

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "udp", "udp-batch"})
    void serversAnswerTheirClientsAndThoseOfOthersUntilTheirInputEnds(String kind) throws Exception {
        try (Peer server = Peer.java(Echo.class, kind, "server")) {
            String port = server.hear();
            String text = "one\n\ngr\u00fc\u00dfe\n" + "long ".repeat(10_000) + "\n";
            Ended client = ended(text.getBytes(UTF_8), Echo.class, kind, "client", "127.0.0.1", port);
            assertThat(client.status()).isZero();
            assertThat(new String(client.out(), UTF_8)).isEqualTo(text);
            try (Peer other = python(ECHO_CLIENT, kind, port, "from", "python")) {
                assertThat(other.hear()).isEqualTo("from");
                assertThat(other.hear()).isEqualTo("python");
                assertThat(other.end()).isZero();
            }
            assertThat(server.end()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "udp", "udp-batch"})
    void serverOfOthersAnswersClients(String kind) throws Exception {
        try (Peer server = python(ECHO_SERVER, kind)) {
            String text = IntStream.range(0, 150).mapToObj(i -> i + "\n").reduce("\n", String::concat);
            Ended client = ended(text.getBytes(UTF_8), Echo.class, kind, "client", "127.0.0.1", server.hear());
            assertThat(new String(client.out(), UTF_8)).isEqualTo(text);
            assertThat(client.status()).isZero();
            assertThat(server.end()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"udp", "udp-batch"})
    void clientIsToldThatNobodyReceivesItsDatagrams(String kind) throws Exception {
        int port;
        try (UdpSocket gone = UdpSocket.bind(Inet.loopback(0))) {
            port = gone.localAddress().getPort();
        }
        try (Peer client = Peer.start(List.of(
                "sh",
                "-c",
                "echo question | \"$@\" 2>&1; echo $?",
                "sh",
                javaWord(),
                NATIVE_ACCESS.getFirst(),
                "-cp",
                Peer.classPath(),
                Echo.class.getName(),
                kind,
                "client",
                "127.0.0.1",
                Integer.toString(port)))) {
            assertThat(client.hear()).contains("ECONNREFUSED");
            String line = client.hear();
            while (!line.matches("\\d+")) {
                line = client.hear();
            }
            assertThat(line).isEqualTo("1");
        }
    }

    // The server on virtual threads.

    private static void echo(TcpStream connection) throws IOException, InterruptedException {
        byte[] bytes = new byte[1000];
        int count = connection.read(bytes);
        while (count >= 0) {
            connection.writeFully(MemorySegment.ofArray(bytes).asSlice(0, count));
            count = connection.read(bytes);
        }
    }

    private static String exchange(TcpStream stream, String text) throws IOException, InterruptedException {
        stream.writeFully(text.getBytes(UTF_8));
        byte[] answer = new byte[text.length()];
        stream.readFully(answer);
        return new String(answer, UTF_8);
    }

    @Test
    void eachConnectionIsServedThoughOthersDoNothing() throws Exception {
        TcpServer server = TcpServer.start(Inet.loopback(0), InetExamplesTest::echo);
        List<TcpStream> all = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                all.add(TcpStream.connect(server.address()));
            }
            for (int i = all.size() - 1; i >= 0; i--) {
                assertThat(exchange(all.get(i), "number " + i)).isEqualTo("number " + i);
            }
        } finally {
            server.stop(Duration.ofSeconds(30));
        }
        for (TcpStream stream : all) {
            assertThat(stream.read(new byte[1])).isEqualTo(-1); // the orderly end, and not a reset
            stream.close();
        }
    }

    @Test
    void whatHasArrivedIsAnsweredBeforeTheServerHasStopped() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch serves = new CountDownLatch(1);
        TcpServer server = TcpServer.start(Inet.loopback(0), connection -> {
            serves.countDown();
            goOn.await();
            echo(connection);
        });
        InetSocketAddress address = server.address();
        try (TcpStream stream = TcpStream.connect(address)) {
            stream.writeFully("last words".getBytes(US_ASCII));
            serves.await();
            FutureTask<Void> stop = ThreadKind.PLATFORM.start(() -> {
                server.stop(Duration.ofSeconds(60));
                return null;
            });
            Await.until(() -> refuses(address));
            assertThat(stop.isDone()).isFalse();
            goOn.countDown();
            assertThat(new String(stream.inputStream().readAllBytes(), US_ASCII))
                    .isEqualTo("last words");
            stop.get(60, TimeUnit.SECONDS);
        }
    }

    private static boolean refuses(InetSocketAddress address) {
        try (TcpStream stream = TcpStream.connect(address)) {
            return !stream.isOpen();
        } catch (ErrnoException failure) {
            return failure.errno() == Errno.ECONNREFUSED;
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void whoDoesNotReadDoesNotKeepTheServerFromStopping() throws Exception {
        CountDownLatch serves = new CountDownLatch(1);
        TcpServer server = TcpServer.start(Inet.loopback(0), connection -> {
            serves.countDown();
            while (true) {
                connection.writeFully(new byte[1 << 20]);
            }
        });
        InetSocketAddress address = server.address();
        try (TcpStream stream = TcpStream.connect(address)) {
            serves.await();
            server.stop(Duration.ofMillis(1));
            assertThat(refuses(address)).isTrue();
            assertThat(stream.isOpen()).isTrue(); // to the end it has read nothing
        }
    }

    @Test
    void connectionThatFailsEndsAlone() throws Exception {
        TcpServer server = TcpServer.start(Inet.loopback(0), InetExamplesTest::echo);
        try (TcpStream good = TcpStream.connect(server.address())) {
            try (TcpStream bad = TcpStream.connect(server.address())) {
                assertThat(exchange(bad, "here")).isEqualTo("here");
                bad.reset();
            }
            assertThat(exchange(good, "still")).isEqualTo("still");
            try (TcpStream next = TcpStream.connect(server.address())) {
                assertThat(exchange(next, "here")).isEqualTo("here");
            }
        } finally {
            server.stop(Duration.ofSeconds(30));
        }
    }

    // memcached.

    @Test
    void memcachedAnswersDatagramsAndStreams() throws Exception {
        Run.assumeInstalled("memcached");
        Path ports = folder.resolve("ports");
        Path socket = folder.resolve("memcached");
        List<Process> servers = new ArrayList<>();
        try {
            servers.add(memcached(Map.of("MEMCACHED_PORT_FILENAME", ports.toString()), "-p", "-1", "-U", "-1"));
            servers.add(memcached(Map.of(), "-s", socket.toString()));
            Await.until(() -> Files.exists(ports) && Files.exists(socket));
            int tcp = port(ports, "TCP");
            int udp = port(ports, "UDP");
            assertThat(java(MemcachedUdp.class, "put", udp, "k", 1300).output()).isEqualTo("STORED\n");
            assertThat(java(MemcachedUdp.class, "get", udp, "k").output()).isEqualTo("1300 bytes in 1 datagrams\n");
            assertThat(java(MemcachedUdp.class, "put", udp, "none", 0).output()).isEqualTo("STORED\n");
            assertThat(java(MemcachedUdp.class, "get", udp, "none").output()).isEqualTo("0 bytes in 1 datagrams\n");
            assertThat(java(MemcachedUdp.class, "tset", tcp, "big", 100_000).output())
                    .isEqualTo("STORED\n");
            assertThat(java(MemcachedUdp.class, "get", udp, "big").output())
                    .matches("100000 bytes in 7\\d datagrams\n");
            assertThat(java(MemcachedUdp.class, "uset", socket, "big", 500_000).output())
                    .isEqualTo("STORED\n");
            assertThat(java(MemcachedUdp.class, "peer", udp).output()).isEqualTo("2 " + udp + "\n");
            assertThat(java(MemcachedUdp.class, "get", udp, "unknown").status()).isEqualTo(1);
        } finally {
            for (Process server : servers) {
                server.destroyForcibly().waitFor();
            }
        }
    }

    private Process memcached(Map<String, String> environment, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of("memcached", "-l", "127.0.0.1"));
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("-u", "root"));
        }
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Of lines such as {@code TCP INET: 40123}. */
    private static int port(Path file, String protocol) throws IOException {
        String line = Files.readAllLines(file).stream()
                .filter(one -> one.startsWith(protocol))
                .findFirst()
                .orElse("");
        Assumptions.assumeFalse(line.isEmpty(), () -> "memcached does not listen by " + protocol);
        return Integer.parseInt(line.replaceFirst(".*: ", "").strip());
    }
}
