package org.chagres.readiness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Readiness in processes of their own: with fewer means, on a socket, shared with a program that is not Java. */
@ExtendWith(LeakCheck.class)
class ReadinessElsewhereTest {
    private static final String NATIVE = "--enable-native-access=ALL-UNNAMED";

    static Stream<Arguments> placesAndKinds() {
        String noSignal = "-Dorg.chagres.signal=0";
        String oneHelper = "-Dorg.chagres.helpers=1";
        return Stream.of(List.of(NATIVE, oneHelper), List.of(NATIVE, noSignal), List.of(NATIVE, oneHelper, noSignal))
                .flatMap(options -> Stream.of(ThreadKind.values()).map(kind -> Arguments.of(options, kind)));
    }

    @ParameterizedTest
    @MethodSource("placesAndKinds")
    void waitsKeepTheirContract(List<String> options, ThreadKind kind) {
        Run run = Run.command(Peer.javaCommand(options, ReadinessElsewhere.Waits.class, kind.name()), Map.of());
        assertThat(run.output().lines())
                .containsExactly(
                        "1, InterruptedException",
                        "1, InterruptedException",
                        "1, InterruptedException",
                        "1, InterruptedException",
                        "3",
                        "InterruptedException",
                        "false",
                        "InterruptedException",
                        "occupier: true");
    }

    /** Starts its arguments with one side of a connection as the standard input. */
    private static final String PYTHON_SERVER = """
            import socket, subprocess, sys
            listener = socket.create_server(("127.0.0.1", 0))
            ours = socket.create_connection(listener.getsockname())
            theirs, _ = listener.accept()
            listener.close()
            child = subprocess.Popen(sys.argv[1:], stdin=theirs)
            theirs.close()
            ours.send(b"!", socket.MSG_OOB)
            ours.recv(100)
            ours.shutdown(socket.SHUT_WR)
            sys.exit(child.wait())
            """;

    @Test
    void urgentDataAndTheEndOfTheOtherSideAreToldOfASocket() {
        Run.assumeInstalled("python3");
        List<String> command = new ArrayList<>(List.of("python3", "-c", PYTHON_SERVER));
        command.addAll(Peer.javaCommand(List.of(NATIVE), ReadinessElsewhere.Connection.class));
        assertThat(Run.command(command, Map.of()).output().lines())
                .containsExactly(
                        "platform [WRITABLE]",
                        "virtual [WRITABLE]",
                        "platform [URGENT]",
                        "platform [URGENT]",
                        "virtual [URGENT]",
                        "virtual [URGENT]",
                        "platform [READ_HANG_UP]",
                        "platform [READ_HANG_UP]",
                        "virtual [READ_HANG_UP]",
                        "virtual [READ_HANG_UP]");
    }

    private static final String PYTHON_CHILD = """
            import os, sys
            for i in range(6):
                count = int.from_bytes(os.read(0, 8), sys.byteorder)
                os.write(2, (count // 2 + 1).to_bytes(8, sys.byteorder))
            """;

    @Test
    void aCounterIsSharedWithAProgramThatInheritsIt() {
        Run.assumeInstalled("python3");
        Run run = Run.command(
                Peer.javaCommand(List.of(NATIVE), ReadinessElsewhere.Shared.class, "python3", "-c", PYTHON_CHILD),
                Map.of());
        assertThat(run.output().lines())
                .containsExactly(
                        "Redirection[INPUT] Redirection[ERROR]",
                        "platform 1 1",
                        "platform 1 22",
                        "platform 1 4611686018427387904",
                        "virtual 1 1",
                        "virtual 1 22",
                        "virtual 1 4611686018427387904",
                        "status 0");
    }
}
