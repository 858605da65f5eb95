package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many connections on few carriers. */
@ExtendWith(LeakCheck.class)
class SocketCrowdTest {
    @ParameterizedTest
    @ValueSource(strings = {"local", "TCP"})
    void twoThousandConnectionsOnTwoCarriersAreServedWhileATenthIsInterruptedOrClosed(String kind) throws IOException {
        int connections = 2000;
        assumeDescriptors(2 * connections + 200);
        List<String> options = List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Djdk.virtualThreadScheduler.parallelism=2",
                "-Djdk.virtualThreadScheduler.maxPoolSize=2");
        Run run = Run.command(Peer.javaCommand(options, SocketCrowd.class, connections, kind), Map.of());
        assertThat(run.err()).isEmpty();
        assertThat(run.output()).isEqualTo("""
                connections that wait: 2000
                all others served: true, hit while they waited: true
                descriptors left: 0
                """);
    }

    /** The JVM takes as many as the hard limit lets it. */
    private static void assumeDescriptors(long needed) throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/limits")).stream()
                .filter(limit -> limit.startsWith("Max open files"))
                .findFirst()
                .orElseThrow();
        long most = Long.parseLong(line.split("\\s+")[4]);
        Assumptions.assumeTrue(
                most >= needed,
                () -> needed + " descriptors are needed, and a process may have " + most + " (ulimit -Hn)");
    }
}
