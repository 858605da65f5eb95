package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.chagres.socket.SocketRace.Outcome;
import org.chagres.socket.SocketRace.Subject;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds at whatever moment a close or an interrupt comes: seen by letting it come very often. */
@ExtendWith(LeakCheck.class)
class SocketRacesTest {
    private static final int ROUNDS = 400;

    static Stream<Arguments> subjects() {
        return Stream.of(Subject.values())
                .flatMap(subject -> Stream.of(ThreadKind.values()).map(kind -> Arguments.of(subject, kind)));
    }

    static Stream<Arguments> closableSubjects() {
        return subjects().filter(arguments -> ((Subject) arguments.get()[0]).canBeClosed());
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void anInterruptAtAnyMomentLosesNothing(Subject subject, ThreadKind kind) throws Exception {
        int before = Kernel.descriptors().size();
        Map<Outcome, Integer> outcomes = SocketRace.run(subject, kind, false, ROUNDS);
        assertThat(outcomes).as("moments that it came at").containsOnlyKeys(Outcome.RESULT, Outcome.INTERRUPTED);
        assertThat(Kernel.descriptors()).hasSize(before);
    }

    @ParameterizedTest
    @MethodSource("closableSubjects")
    void aCloseAtAnyMomentLosesNothing(Subject subject, ThreadKind kind) throws Exception {
        int before = Kernel.descriptors().size();
        Map<Outcome, Integer> outcomes = SocketRace.run(subject, kind, true, ROUNDS);
        assertThat(outcomes)
                .as("moments that it came at")
                .containsKeys(Outcome.RESULT, Outcome.CLOSED_MEANWHILE)
                .doesNotContainKey(Outcome.INTERRUPTED);
        assertThat(Kernel.descriptors()).hasSize(before);
    }

    /** With no signal waits are sliced, and with one helper virtual threads try in its place. */
    @ParameterizedTest
    @ValueSource(strings = {"-Dorg.chagres.signal=0", "-Dorg.chagres.helpers=1"})
    void nothingIsLostWhereTheWaitingCoreHasToDoWithoutSomething(String option) {
        List<String> options = List.of("--enable-native-access=ALL-UNNAMED", option);
        Run run = Run.command(Peer.javaCommand(options, SocketRace.class, 60), Map.of());
        assertThat(run.output().lines())
                .hasSize((int) (subjects().count() + closableSubjects().count() + 1))
                .allMatch(line -> line.endsWith(": good") || line.equals("descriptors left: 0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"own", "adopted"})
    void ofManyAcceptorsEachConnectionHasOne(String listener) {
        List<String> options = List.of("--enable-native-access=ALL-UNNAMED");
        Run run = Run.command(Peer.javaCommand(options, Acceptors.class, listener, 400), Map.of());
        assertThat(run.output()).isEqualTo("""
                served once: 400
                acceptors that were closed: 8
                descriptors left: 0
                """);
    }

    /** The listener is one description that two processes have, and accepting blocks: neither may hold up the other. */
    @Test
    void rivalsInTwoProcessesLoseNoConnection() {
        List<String> options = List.of("--enable-native-access=ALL-UNNAMED");
        Run run = Run.command(Peer.javaCommand(options, Acceptors.class, "rivals", 400), Map.of());
        assertThat(run.output()).isEqualTo("""
                served once: 400
                by both: true
                acceptors that were closed: 8
                descriptors left: 0
                """);
    }

    /** Twelve senders, four receivers whose queues are full, and one helper. */
    @ParameterizedTest
    @ValueSource(strings = {"-Dorg.chagres.signal=23", "-Dorg.chagres.signal=0"})
    void withOneHelperNoSenderWaitsForAnotherReceiversQueue(String signal) {
        List<String> options = List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.chagres.helpers=1",
                "-Djdk.virtualThreadScheduler.parallelism=1",
                signal);
        Run run = Run.command(Peer.javaCommand(options, FullQueues.class), Map.of());
        assertThat(run.output()).isEqualTo("""
                sent: 8, interrupted: 4
                came: 8
                descriptors left: 0
                """);
    }
}
