package org.chagres.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signals to a child, to its group, and to nobody else. */
@ExtendWith(LeakCheck.class)
class ChildSignalTest {
    private static final Termination KILLED = new Termination.Signaled(Signal.SIGKILL, false);

    /** Starts two children of its own, tells their pids, and waits for them. */
    private static final String FAMILY = "exec 2>&-; sleep 100 & echo $!; sleep 100 & echo $!; wait";

    @AfterEach
    void noZombieIsLeft() {
        Await.until(() -> Processes.zombies().isEmpty(), () -> "no zombies, there are " + Processes.zombies());
    }

    private static ChildProcess sleeper() throws IOException {
        return ChildProcess.command("sleep", "100").start();
    }

    private static List<Long> pids(ChildProcess child, int count) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(child.output().inputStream()));
        List<Long> pids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pids.add(Long.valueOf(lines.readLine()));
        }
        return pids;
    }

    @Test
    void aSignalReachesIt() throws Exception {
        try (ChildProcess child = sleeper()) {
            assertThat(child.signal(Signal.SIGTERM)).isTrue();
            assertThat(child.await()).isEqualTo(new Termination.Signaled(Signal.SIGTERM, false));
        }
    }

    @Test
    void whatItDoesAboutASignalIsItsOwnAffair() throws Exception {
        try (ChildProcess child = ChildProcess.shell(
                        "trap 'echo one; exit 3' USR1; trap '' TERM; echo ready; " + "while :; do sleep 0.02; done")
                .output(Redirect.pipe())
                .start()) {
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(child.output().inputStream()));
            assertThat(lines.readLine()).isEqualTo("ready");
            assertThat(child.signal(Signal.SIGTERM)).isTrue();
            assertThat(child.signal(Signal.SIGUSR1)).isTrue();
            assertThat(lines.readLine()).isEqualTo("one");
            assertThat(child.await()).isEqualTo(new Termination.Exited(3));
        }
    }

    @Test
    @SuppressWarnings("try")
    void oneThatHasBeenWaitedForGetsNone() throws Exception {
        try (ChildProcess child = ChildProcess.shell("exit 4").newProcessGroup().start()) {
            child.await();
            assertThat(child.signal(Signal.SIGKILL)).isFalse();
            assertThat(child.signalGroup(Signal.SIGKILL)).isFalse();
            child.close();
            assertThat(child.signal(Signal.SIGKILL)).isFalse();
            assertThat(child.signalGroup(Signal.SIGKILL)).isFalse();
        }
    }

    @Test
    void oneThatHasEndedAndWasNotWaitedForIsThereToGetIt() throws Exception {
        try (ChildProcess child = ChildProcess.shell("exit 4").start()) {
            Await.until(() -> Processes.state(child.pid()) == 'Z');
            assertThat(child.signal(Signal.SIGKILL)).isTrue();
            assertThat(child.await()).isEqualTo(new Termination.Exited(4));
        }
    }

    @Test
    void oneThatWasLetGoOfCanBeSignalledAsLongAsItRuns() throws Exception {
        ChildProcess child =
                ChildProcess.command("sleep", "100").newProcessGroup().start();
        child.close();
        assertThat(child.signal(Signal.SIGSTOP)).isTrue();
        Await.until(() -> Processes.state(child.pid()) == 'T');
        assertThat(child.signalGroup(Signal.SIGKILL)).isTrue();
        Await.until(() -> Processes.state(child.pid()) == Processes.GONE);
        Await.until(() -> !Processes.pidDescriptors().containsValue("-1"));
        assertThat(child.signal(Signal.SIGKILL)).isFalse();
        assertThat(child.signalGroup(Signal.SIGKILL)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSignalToTheGroupReachesGrandchildren(boolean session) throws Exception {
        ChildProcessBuilder builder = ChildProcess.shell(FAMILY).output(Redirect.pipe());
        try (ChildProcess child = (session ? builder.newSession() : builder.newProcessGroup()).start()) {
            List<Long> grandchildren = pids(child, 2);
            assertThat(child.signalGroup(Signal.SIGKILL)).isTrue();
            assertThat(child.await()).isEqualTo(KILLED);
            Await.until(() -> grandchildren.stream().allMatch(Processes::hasEnded));
        }
    }

    @Test
    void aSignalToTheChildAloneDoesNotReachGrandchildren() throws Exception {
        try (ChildProcess child = ChildProcess.shell(FAMILY)
                .output(Redirect.pipe())
                .newProcessGroup()
                .start()) {
            List<Long> grandchildren = pids(child, 2);
            try {
                child.signal(Signal.SIGKILL);
                Await.until(() -> Processes.state(child.pid()) == 'Z');
                assertThat(grandchildren).noneMatch(Processes::hasEnded);

                // The group outlives its leader, which has not been waited for.
                assertThat(child.signalGroup(Signal.SIGKILL)).isTrue();
                Await.until(() -> grandchildren.stream().allMatch(Processes::hasEnded));
                assertThat(child.await()).isEqualTo(KILLED);
            } finally {
                grandchildren.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            }
        }
    }

    @Test
    void aSignalToTheGroupReachesChildrenThatWerePutIntoIt() throws Exception {
        try (ChildProcess leader =
                        ChildProcess.command("sleep", "100").newProcessGroup().start();
                ChildProcess other = ChildProcess.command("sleep", "100")
                        .processGroupOf(leader)
                        .start();
                ChildProcess outside = sleeper()) {
            assertThat(leader.signalGroup(Signal.SIGKILL)).isTrue();
            assertThat(leader.await()).isEqualTo(KILLED);
            assertThat(other.await()).isEqualTo(KILLED);
            assertThat(Processes.hasEnded(outside.pid())).isFalse();
            outside.signal(Signal.SIGKILL);
            outside.await();
        }
    }

    /** Its group is that of this process, which goes on. */
    @Test
    void oneThatLeadsNoGroupHasNoneToSignal() throws Exception {
        try (ChildProcess child = sleeper()) {
            assertThat(child.signalGroup(Signal.SIGKILL)).isFalse();
            assertThat(Processes.hasEnded(child.pid())).isFalse();
            child.signal(Signal.SIGKILL);
            assertThat(child.await()).isEqualTo(KILLED);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 65, -9, Integer.MAX_VALUE})
    void thereAreNoOtherSignals(int number) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Signal(number))
                .withMessageContaining(Integer.toString(number));
    }

    @Test
    void aSignalIsRequired() throws Exception {
        try (ChildProcess child = sleeper()) {
            assertThatNullPointerException()
                    .isThrownBy(() -> child.signal(null))
                    .withMessage("signal");
            assertThatNullPointerException()
                    .isThrownBy(() -> child.signalGroup(null))
                    .withMessage("signal");
            child.signal(Signal.SIGKILL);
            child.await();
        }
    }

    @Test
    @SuppressWarnings("try")
    void signallingWhileOthersWaitAndCloseFailsNever() throws Exception {
        for (int round = 0; round < 40; round++) {
            try (ChildProcess child =
                    ChildProcess.shell("exit 0").newProcessGroup().start()) {
                List<FutureTask<?>> tasks = new ArrayList<>();
                for (ThreadKind kind : ThreadKind.values()) {
                    tasks.add(kind.start(() -> {
                        while (child.signal(Signal.SIGCONT) && child.signalGroup(Signal.SIGCONT)) {
                            Thread.onSpinWait();
                        }
                        return null;
                    }));
                }
                if (round % 2 == 0) {
                    assertThat(child.await()).isEqualTo(new Termination.Exited(0));
                } else {
                    child.close();
                }
                for (FutureTask<?> task : tasks) {
                    task.get();
                }
            }
        }
    }

    /** In a world of its own processes the next one can be made to get a number again. */
    @Test
    void aSignalIsNeverForAnotherProcessThatGotItsNumber() {
        List<String> namespace = List.of("unshare", "--pid", "--fork", "--mount-proc");
        Run.assumeInstalled("unshare");
        List<String> trial = new ArrayList<>(namespace);
        trial.addAll(List.of("sh", "-c", "echo 1000 > /proc/sys/kernel/ns_last_pid"));
        Run permitted = Run.command(trial, Map.of());
        assumeTrue(permitted.status() == 0, () -> "no processes of our own: " + permitted.err());

        List<String> command = new ArrayList<>(namespace);
        command.addAll(Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), ReapingPrograms.SamePid.class));
        assertThat(Run.command(command, Map.of()).output().lines())
                .containsExactly("the same number", "signal: false", "group: false", "the other one runs: true");
    }
}
