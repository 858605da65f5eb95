package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.socket.LocalSockets.*;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sockets that were open before the JVM was: from a stand-in for a service manager, which becomes the JVM. */
@ExtendWith(LeakCheck.class)
class SocketActivationTest {
    /** Opens a socket for each word of the first argument, from number 3 on; {@code $PID} is the pid of both. */
    private static final String MANAGER = """
            import fcntl, os, socket, sys
            made, variables, command = sys.argv[1].split(), sys.argv[2].split(), sys.argv[3:]
            numbers = []
            for word in made:
                kind, name = word.split(':')
                one = socket.socket(socket.AF_UNIX, getattr(socket, 'SOCK_' + kind))
                one.setblocking('NONBLOCK=1' not in variables)
                one.bind('\\0' + name)
                if kind != 'DGRAM':
                    one.listen()
                numbers.append(fcntl.fcntl(one.fileno(), fcntl.F_DUPFD_CLOEXEC, 100))
                one.close()
            for i, number in enumerate(numbers):
                os.dup2(number, 3 + i)
            for word in variables:
                name, value = word.split('=')
                os.environ[name] = value.replace('$PID', str(os.getpid()))
            os.execv(command[0], command)
            """;

    /** Waits for one connection, which becomes the standard input of the JVM. */
    private static final String INETD = """
            import os, socket, sys
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind('\\0' + sys.argv[1])
            listener.listen()
            print('listening', flush=True)
            connection, _ = listener.accept()
            os.dup2(connection.fileno(), 0)
            os.execv(sys.argv[2], sys.argv[2:])
            """;

    private static final String ONE = "LISTEN_PID=$PID LISTEN_FDS=1";

    @BeforeAll
    static void assumePython() {
        Run.assumeInstalled("python3");
    }

    private static List<String> java(Object... arguments) {
        return Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), ActivatedProgram.class, arguments);
    }

    private static List<String> activated(String sockets, String variables, Object... arguments) {
        List<String> command = new ArrayList<>(python(MANAGER, sockets, variables));
        command.addAll(java(arguments));
        return command;
    }

    private static UnixAddress.Abstract name(String name) {
        return ownName("activated-" + name);
    }

    private static String socket(String kind, String name) {
        return kind + ":" + new String(name(name).name(), StandardCharsets.UTF_8);
    }

    private static String taken(String sockets, String variables) {
        Run run = Run.command(activated(sockets, variables, "take"), Map.of());
        assertThat(run.err()).isEmpty();
        return run.output();
    }

    @ParameterizedTest
    @CsvSource({"PLATFORM, 0", "PLATFORM, 1", "VIRTUAL, 0", "VIRTUAL, 1"})
    void socketsOfAManagerAreTakenOnceWithTheirNamesAndServe(ThreadKind kind, int nonBlocking) throws Exception {
        String sockets =
                socket("STREAM", "streams") + " " + socket("SEQPACKET", "records") + " " + socket("DGRAM", "datagrams");
        String variables = "LISTEN_PID=$PID LISTEN_FDS=3 LISTEN_FDNAMES=web:records.socket:log NONBLOCK=" + nonBlocking;
        try (Peer server = Peer.start(activated(sockets, variables, "serve", kind.name()))) {
            assertThat(server.hear()).isEqualTo("web 3 true");
            assertThat(server.hear()).isEqualTo("records.socket 4 true");
            assertThat(server.hear()).isEqualTo("log 5 true");
            assertThat(server.hear()).isEqualTo("second time: 0");
            try (UnixStream stream = UnixStream.connect(name("streams"))) {
                write(stream, "stream");
                assertThat(server.hear()).isEqualTo("stream");
            }
            try (UnixSeqPacket records = UnixSeqPacket.connect(name("records"))) {
                records.send(bytes("record"));
                assertThat(server.hear()).isEqualTo("record");
            }
            try (UnixDatagram datagrams = UnixDatagram.create()) {
                datagrams.send(Message.of("datagram").to(name("datagrams")));
                assertThat(server.hear()).isEqualTo("datagram");
            }
            assertThat(server.hear()).isEqualTo("sockets left: 0");
            assertThat(server.end()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', '[unknown, unknown]'",
        "LISTEN_FDNAMES=first, '[first, unknown]'",
        "LISTEN_FDNAMES=:second, '[unknown, second]'",
        "LISTEN_FDNAMES=one:two:three, '[one, two]'"
    })
    void socketWithoutANameIsUnknown(String names, String expected) {
        String sockets = socket("STREAM", "one") + " " + socket("STREAM", "two");
        assertThat(taken(sockets, "LISTEN_PID=$PID LISTEN_FDS=2 " + names))
                .isEqualTo(expected + "\nas before: true, sockets: 2\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "LISTEN_PID=$PID",
                "LISTEN_FDS=1",
                "LISTEN_PID=1 LISTEN_FDS=1",
                "LISTEN_PID= LISTEN_FDS=1",
                "LISTEN_PID=$PID0 LISTEN_FDS=1",
                "LISTEN_PID=1 LISTEN_FDS=none",
                "LISTEN_PID=$PID LISTEN_FDS=0"
            })
    void whatIsNotMeantForThisProcessIsLeft(String variables) {
        assertThat(taken(socket("STREAM", "other"), variables)).isEqualTo("[]\nas before: true, sockets: 1\n");
    }

    @Test
    void onlyAsManyAsAnnouncedAreTaken() {
        String sockets = socket("STREAM", "one") + " " + socket("STREAM", "two");
        assertThat(taken(sockets, ONE)).isEqualTo("[unknown]\nas before: true, sockets: 2\n");
    }

    /** Numbers of the JVM's own files are among those announced. */
    @ParameterizedTest
    @ValueSource(ints = {2, 100, 1_000_000, Integer.MAX_VALUE})
    void numberThatIsTooLargeTakesAndClosesNothing(int announced) {
        assertThat(taken(socket("STREAM", "one"), "LISTEN_PID=$PID LISTEN_FDS=" + announced))
                .isEqualTo("descriptor 4 is an ordinary file\nas before: true, sockets: 1\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"many", "-1", "", "1.0", "2147483648"})
    void whatIsNoNumberIsRefused(String announced) {
        assertThat(taken(socket("STREAM", "one"), "LISTEN_PID=$PID LISTEN_FDS=" + announced))
                .isEqualTo("LISTEN_FDS is no number of descriptors: " + announced + "\nas before: true, sockets: 1\n");
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void connectionAsStandardInputIsAStream(ThreadKind kind) throws Exception {
        UnixAddress.Abstract name = name("inetd");
        List<String> command = new ArrayList<>(python(INETD, new String(name.name(), StandardCharsets.UTF_8)));
        command.addAll(java("answer", kind.name()));
        try (Peer program = Peer.start(command)) {
            assertThat(program.hear()).isEqualTo("listening");
            try (UnixStream client = UnixStream.connect(name)) {
                write(client, "question");
                assertThat(read(client)).isEqualTo("question answered");
                assertThat(read(client)).isEmpty(); // standard input was open until the program ended
            }
            assertThat(program.end()).isZero();
        }
    }
}
