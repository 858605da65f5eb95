package org.chagres.waiting;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Waits of virtual threads that need each other, and fewer helpers than there are waits. */
@ExtendWith(LeakCheck.class)
class CapTest {
    @ParameterizedTest
    @ValueSource(strings = {"-Dorg.chagres.signal=23", "-Dorg.chagres.signal=0"})
    void withOneHelperNobodyWaitsForWhomeverIsBehindIt(String signal) {
        List<String> options = List.of("--enable-native-access=ALL-UNNAMED", "-Dorg.chagres.helpers=1", signal);

        Run run = Run.command(Peer.javaCommand(options, CapProgram.class), Map.of());

        assertThat(run.output()).isEqualTo("""
                readers first: good
                writers first: good
                a writer that comes and goes: good
                FIFOs and semaphores: good
                a full counter and a FIFO: good
                """);
    }
}
