package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.socket.InetSockets.LONG;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.chagres.Readiness;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Urgent bytes to and from programs that are not Java, by each of the three calls that send. */
@ExtendWith(LeakCheck.class)
class OutOfBandInteropTest {
    /** Does what it is told, a line at a time, and answers each with a line. */
    private static final String PYTHON = """
            import array, ctypes, fcntl, select, socket, sys
            where = sys.argv[1]
            if where.isdigit():
                s = socket.create_connection(("127.0.0.1", int(where)))
            else:
                s = socket.socket(socket.AF_UNIX)
                s.connect(where)
            def sendto(data, flags): # socket.sendto wants an address
                return ctypes.CDLL(None).sendto(s.fileno(), data, len(data), flags, None, 0)
            def mark():
                at = array.array("i", [0])
                fcntl.ioctl(s, 0x8905, at, True)
                return str(at[0])
            def await_urgent():
                ready = select.select([], [], [s], 30)[2]
                return "urgent" if ready else "late"
            for line in sys.stdin:
                what, _, text = line.strip().partition(" ")
                data = text.encode()
                out = socket.MSG_OOB
                answer = {
                    "data": lambda: s.send(data),
                    "send": lambda: s.send(data, out),
                    "sendto": lambda: sendto(data, out),
                    "sendmsg": lambda: s.sendmsg([data[:1], data[1:]], [], out),
                    "read": lambda: s.recv(100).decode(),
                    "urgent": lambda: s.recv(1, out).decode(),
                    "await": await_urgent,
                    "mark": mark,
                    "inline": lambda: s.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1) or 0,
                }[what]()
                print(answer, flush=True)
            """;

    private static final String C = """
            #include <arpa/inet.h>
            #include <netinet/in.h>
            #include <poll.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/socket.h>
            #include <sys/uio.h>
            #include <sys/un.h>

            static int connected(const char *where) {
                if (where[0] != '/') {
                    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(where))};
                    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
                    int fd = socket(AF_INET, SOCK_STREAM, 0);
                    return connect(fd, (struct sockaddr *) &to, sizeof to) == 0 ? fd : -1;
                }
                struct sockaddr_un to = {.sun_family = AF_UNIX};
                strncpy(to.sun_path, where, sizeof to.sun_path - 1);
                int fd = socket(AF_UNIX, SOCK_STREAM, 0);
                return connect(fd, (struct sockaddr *) &to, sizeof to) == 0 ? fd : -1;
            }

            int main(int count, char **words) {
                int fd = connected(words[1]);
                char line[100];
                while (fd >= 0 && fgets(line, sizeof line, stdin) != NULL) {
                    line[strcspn(line, "\\n")] = 0;
                    char *text = strchr(line, ' ');
                    text = text == NULL ? "" : (*text = 0, text + 1);
                    size_t length = strlen(text);
                    struct iovec pieces[] = {{text, 1}, {text + 1, length > 0 ? length - 1 : 0}};
                    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
                    char bytes[101] = "";
                    int on = 1;
                    if (strcmp(line, "data") == 0) {
                        printf("%zd\\n", send(fd, text, length, 0));
                    } else if (strcmp(line, "send") == 0) {
                        printf("%zd\\n", send(fd, text, length, MSG_OOB));
                    } else if (strcmp(line, "sendto") == 0) {
                        printf("%zd\\n", sendto(fd, text, length, MSG_OOB, NULL, 0));
                    } else if (strcmp(line, "sendmsg") == 0) {
                        printf("%zd\\n", sendmsg(fd, &message, MSG_OOB));
                    } else if (strcmp(line, "read") == 0) {
                        printf(recv(fd, bytes, 100, 0) >= 0 ? "%s\\n" : "failed\\n", bytes);
                    } else if (strcmp(line, "urgent") == 0) {
                        printf(recv(fd, bytes, 1, MSG_OOB) == 1 ? "%s\\n" : "failed\\n", bytes);
                    } else if (strcmp(line, "await") == 0) {
                        struct pollfd one = {.fd = fd, .events = POLLPRI};
                        puts(poll(&one, 1, 30000) == 1 && one.revents == POLLPRI ? "urgent" : "late");
                    } else if (strcmp(line, "mark") == 0) {
                        printf("%d\\n", sockatmark(fd));
                    } else if (strcmp(line, "inline") == 0) {
                        printf("%d\\n", setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on));
                    }
                    fflush(stdout);
                }
                return 0;
            }
            """;

    @TempDir
    private Path folder;

    /** The languages of the other side. */
    enum Language {
        PYTHON,
        C
    }

    static Stream<Arguments> peers() {
        return Stream.of(OutOfBand.Kind.values())
                .flatMap(kind -> Stream.of(Language.values()).map(language -> Arguments.of(kind, language)));
    }

    private interface Talk {
        void with(Peer peer, StreamSocket stream) throws Exception;
    }

    private void talk(OutOfBand.Kind kind, Language language, Talk talk) throws Exception {
        if (language == Language.PYTHON) {
            Run.assumeInstalled("python3");
            talk(kind, List.of("python3", "-c", PYTHON), talk);
        } else {
            try (CProgram program = CProgram.compile(C)) {
                talk(kind, program.command(), talk);
            }
        }
    }

    private void talk(OutOfBand.Kind kind, List<String> command, Talk talk) throws Exception {
        List<String> all = new ArrayList<>(command);
        if (kind == OutOfBand.Kind.TCP) {
            try (TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
                all.add(Integer.toString(listener.localAddress().getPort()));
                try (Peer peer = Peer.start(all);
                        TcpStream stream = listener.tryAccept(LONG).orElseThrow()) {
                    talk.with(peer, stream);
                }
            }
        } else {
            Path path = folder.resolve("socket");
            try (UnixListener<UnixStream> listener = UnixListener.bind(UnixAddress.of(path))) {
                all.add(path.toString());
                try (Peer peer = Peer.start(all);
                        UnixStream stream = listener.tryAccept(LONG).orElseThrow()) {
                    talk.with(peer, stream);
                }
            }
        }
    }

    private static String read(StreamSocket stream) throws Exception {
        return new OutOfBand(stream, stream).read();
    }

    @ParameterizedTest
    @MethodSource("peers")
    void whatOthersSendIsReceived(OutOfBand.Kind kind, Language language) throws Exception {
        talk(kind, language, (peer, stream) -> {
            for (String call : List.of("send", "sendto", "sendmsg")) {
                assertThat(peer.ask("data abc")).isEqualTo("3");
                assertThat(peer.ask(call + " de!")).isEqualTo("3");
                assertThat(peer.ask("data fgh")).isEqualTo("3");
                stream.poll(Set.of(Readiness.URGENT));
                assertThat(OutOfBand.urgent(stream)).as(call).isEqualTo("!");
                StringBuilder before = new StringBuilder();
                while (!stream.atMark()) {
                    before.append(read(stream));
                }
                assertThat(before).as(call).hasToString("abcde");
                assertThat(read(stream)).isEqualTo("fgh");
            }
        });
    }

    @ParameterizedTest
    @MethodSource("peers")
    void whatIsSentToOthersTheyReceive(OutOfBand.Kind kind, Language language) throws Exception {
        talk(kind, language, (peer, stream) -> {
            OutOfBand both = new OutOfBand(stream, stream);
            assertThat(peer.ask("mark")).isEqualTo("0");
            both.send("abc");
            OutOfBand.sendUrgent(stream, "de!");
            both.send("fgh");
            assertThat(peer.ask("await")).isEqualTo("urgent");
            StringBuilder before = new StringBuilder();
            while (peer.ask("mark").equals("0")) {
                before.append(peer.ask("read"));
            }
            assertThat(before).hasToString("abcde");
            assertThat(peer.ask("urgent")).isEqualTo("!");
            assertThat(peer.ask("read")).isEqualTo("fgh");

            assertThat(peer.ask("inline")).isEqualTo("0");
            OutOfBand.sendUrgent(stream, "in!");
            assertThat(peer.ask("await")).isEqualTo("urgent");
            assertThat(peer.ask("read")).isEqualTo("in");
            assertThat(peer.ask("mark")).isEqualTo("1");
            assertThat(peer.ask("read")).isEqualTo("!");
        });
    }
}
