package org.chagres.waiting;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The same table where the waiting core has to do without something. */
@ExtendWith(LeakCheck.class)
class ContractElsewhereTest {
    private static final int FOR_EVER = 100_000;

    /** So many calls claim both signals. */
    private static final int CLAIMING = 4;

    static Stream<Arguments> circumstances() {
        return Stream.of(
                Arguments.of("with no signal, in slices of time", List.of("-Dorg.chagres.signal=0"), List.of()),
                Arguments.of("with another signal", List.of("-Dorg.chagres.signal=40"), List.of()),
                Arguments.of("with one helper", List.of("-Dorg.chagres.helpers=1"), List.of()),
                Arguments.of("with one carrier", List.of("-Djdk.virtualThreadScheduler.parallelism=1"), List.of()),
                Arguments.of("with no signals for the JVM", List.of("-Xrs"), List.of()),
                refusing("sigaction", Errno.EINVAL, FOR_EVER, 0),
                refusing("sigaction", Errno.EAGAIN, 5, CLAIMING), // when a wait is to be ended
                refusing("sigprocmask", Errno.EINVAL, FOR_EVER, 0),
                refusing("syscall", Errno.EPERM, FOR_EVER, 0)); // gettid and tgkill, as in a sandbox
    }

    private static Arguments refusing(String function, Errno errno, int times, int timesBefore) {
        return Arguments.of(
                "with " + function + " answering " + errno + " " + times + " times after " + timesBefore,
                List.of(),
                List.of(function, errno.number(), times, timesBefore));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("circumstances")
    void everyWaitEndsAsTheContractSays(String where, List<String> options, List<Object> arguments) {
        List<String> all = Stream.concat(
                        Stream.of("--enable-native-access=ALL-UNNAMED", "-Dorg.chagres.internal.scripted=true"),
                        options.stream())
                .toList();

        Run run = Run.command(Peer.javaCommand(all, ContractProgram.class, arguments.toArray()), Map.of());

        assertThat(run.output())
                .isEqualTo(Waits.cells()
                                .filter(cell -> cell.column() != Column.PEER_DEAD)
                                .count() + " cells tried\n");
    }
}
