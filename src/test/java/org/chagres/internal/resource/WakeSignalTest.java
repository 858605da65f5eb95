package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.resource.SemaphoreWaits.CLOSED;
import static org.chagres.internal.resource.SemaphoreWaits.NOT_NOW;
import static org.chagres.internal.resource.WaitingThread.INTERRUPTED;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ways of having the signal, not having it, and losing it: each wait ends all the same. In JVMs of their own. */
@ExtendWith(LeakCheck.class)
class WakeSignalTest {
    private static final String SA_RESTART = "0x10000000";

    private static final String STARTER = """
            #include <signal.h>
            #include <string.h>
            #include <unistd.h>

            /* Becomes another program, with SIGURG blocked or ignored: both survive exec. */
            int main(int count, char **words) {
                if (strcmp(words[1], "ignored") == 0) {
                    signal(SIGURG, SIG_IGN);
                } else {
                    sigset_t set;
                    sigemptyset(&set);
                    sigaddset(&set, SIGURG);
                    sigprocmask(SIG_BLOCK, &set, 0);
                }
                execv(words[2], words + 2);
                return 127;
            }
            """;

    /** A handler does not survive exec, so it is installed from inside. */
    private static final String HANDLER = """
            #include <signal.h>

            static void handler(int signal) {}

            __attribute__((constructor)) static void install(void) {
                signal(SIGURG, handler);
            }
            """;

    private static final String BLOCKED = "blocked";
    private static final String SLICES = "in slices";

    private static List<String> java(List<String> options, Object... arguments) {
        List<String> all =
                new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED", "-Dorg.chagres.internal.scripted=true"));
        all.addAll(options);
        return Peer.javaCommand(all, WakeSignalProgram.class, arguments);
    }

    private static Run run(List<String> command) {
        return Run.command(command, Map.of());
    }

    /** What the program tells of every way to wait, if all is well. */
    private static String allWays(String how, String handled) {
        StringBuilder text = new StringBuilder();
        for (ThreadKind kind : ThreadKind.values()) {
            text.append("%s %s, permit: 0, time-out: %d, interrupt: %s, close: %d\n"
                    .formatted(kind, how, NOT_NOW, INTERRUPTED, CLOSED));
        }
        return text + "handled: " + handled + "\n";
    }

    private static String atStart(String state) {
        return "SIGURG at start: " + state + "\n";
    }

    private static void assertSaidOnce(Run run, int signal) {
        assertThat(run.err().lines().filter(line -> line.contains("signal " + signal + " cannot be used")))
                .hasSize(1);
        assertThat(run.err()).containsIgnoringCase("warning").contains("-Dorg.chagres.signal=");
    }

    // Had.

    @ParameterizedTest
    @ValueSource(strings = {"-Dsome.property=1", "-Xrs", "-Xcheck:jni", "-Dorg.chagres.signal=23"})
    void theSignalAndAReserveAreTakenAndWaitsBlock(String option) {
        Run run = run(java(List.of(option), "try"));
        assertThat(run.output()).endsWith(atStart("default") + allWays(BLOCKED, "23 61"));
        assertThat(run.err()).isEmpty();
    }

    @Test
    void aJvmStartedWithTheSignalBlockedUnblocksItWhereItWaits() {
        assertStartedSo("blocked", "SigBlk");
    }

    @Test
    void aJvmStartedWithTheSignalIgnoredTakesIt() {
        assertStartedSo("ignored", "SigIgn");
    }

    private static void assertStartedSo(String how, String seenAs) {
        try (CProgram starter = CProgram.compile(STARTER)) {
            List<Object> words = new ArrayList<>(List.of(how));
            words.addAll(java(List.of(), "try"));
            Run run = run(starter.command(words.toArray()));
            assertThat(run.output()).isEqualTo(atStart(seenAs) + allWays(BLOCKED, "23 61"));
            assertThat(run.err()).isEmpty();
        }
    }

    @Test
    void anotherSignalMayBeChosen() {
        Run run = run(java(List.of("-Dorg.chagres.signal=10"), "try"));
        assertThat(run.output()).isEqualTo(atStart("default") + allWays(BLOCKED, "10 61"));
        assertThat(run.err()).isEmpty();
    }

    @Test
    void theReserveIsNeverTheSignalItself() {
        Run run = run(java(List.of("-Dorg.chagres.signal=61"), "try"));
        assertThat(run.output()).isEqualTo(atStart("default") + allWays(BLOCKED, "60 61"));
        assertThat(run.err()).isEmpty();
    }

    // Not had.

    @Test
    void withoutASignalByChoiceWaitsGoInSlicesAndNothingIsSaid() {
        Run run = run(java(List.of("-Dorg.chagres.signal=0"), "try"));
        assertThat(run.output()).isEqualTo(atStart("default") + allWays(SLICES, ""));
        assertThat(run.err()).isEmpty();
    }

    /** SIGSEGV is the JVM's, SIGKILL and SIGSTOP nobody can handle, there is no 99. */
    @ParameterizedTest
    @ValueSource(ints = {11, 9, 19, 99, -1})
    void aSignalThatCannotBeHadIsSaidOnceAndWaitsGoInSlices(int signal) {
        Run run = run(java(List.of("-Dorg.chagres.signal=" + signal), "try"));
        assertThat(run.output()).isEqualTo(atStart("default") + allWays(SLICES, ""));
        assertSaidOnce(run, signal);
    }

    @Test
    void aHandlerOfSomebodyElsesIsLeftAndWaitsGoInSlices(@TempDir Path folder) throws IOException {
        Run.assumeInstalled("gcc");
        Path source = Files.writeString(folder.resolve("handler.c"), HANDLER);
        Path library = folder.resolve("handler.so");
        Run.command("gcc", "-shared", "-fPIC", "-o", library.toString(), source.toString())
                .output();
        Run run = Run.command(java(List.of(), "try"), Map.of("LD_PRELOAD", library.toString()));
        assertThat(run.output()).isEqualTo(atStart("SigCgt") + allWays(SLICES, "23"));
        assertSaidOnce(run, 23);
    }

    // Lost.

    @ParameterizedTest
    @ValueSource(strings = {"0", SA_RESTART})
    void waitsThatAreBlockedWhenTheSignalIsTakenOverEndByTheReserve(String flags) {
        Run run = run(java(List.of(), "first", flags));
        assertThat(run.output())
                .isEqualTo(atStart("default")
                        + allWays(BLOCKED, "23 61")
                        + "blocked, interrupt: " + INTERRUPTED + "\n"
                        + "blocked, virtual, interrupt: " + INTERRUPTED + "\n"
                        + "blocked, close: " + CLOSED + "\n"
                        + "blocked, virtual, close: " + CLOSED + "\n"
                        + "blocked, deadline: " + NOT_NOW + "\n"
                        + allWays(SLICES, "23 61"));
        assertSaidOnce(run, 23);
    }

    @Test
    void withBothTakenOverLaterWaitsGoInSlices() {
        Run run = run(java(List.of(), "both"));
        assertThat(run.output()).isEqualTo(atStart("default") + allWays(BLOCKED, "23 61") + allWays(SLICES, "23 61"));
        assertSaidOnce(run, 23);
    }
}
