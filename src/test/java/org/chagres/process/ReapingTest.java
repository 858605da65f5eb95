package org.chagres.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.chagres.ErrnoException;
import org.chagres.pipe.PipeSink;
import org.chagres.testing.Await;
import org.chagres.testing.Garbage;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing is left of children, and no status goes to the wrong one. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class ReapingTest {
    private static final String NATIVE = "--enable-native-access=ALL-UNNAMED";

    @AfterEach
    void noZombieIsLeft() {
        Await.until(() -> Processes.zombies().isEmpty(), () -> "no zombies, there are " + Processes.zombies());
    }

    private static Termination exited(int status) {
        return new Termination.Exited(status);
    }

    private static ChildProcess reader() throws IOException {
        return ChildProcess.command("cat").input(Redirect.pipe()).start();
    }

    private static boolean isGone(int pid) {
        return Processes.state(pid) == Processes.GONE;
    }

    /** What was opened since; what goes is closed when the last user leaves it, a moment after the end. */
    private static void awaitNoMoreThan(Set<String> before) {
        Await.until(() -> before.containsAll(Kernel.descriptors()), () -> {
            Set<String> more = new TreeSet<>(Kernel.descriptors());
            more.removeAll(before);
            return "no descriptor more than before; there are " + more;
        });
    }

    @Test
    void ofFiveHundredChildrenInARowNothingIsLeft() throws Exception {
        ChildProcess.command("true").run();
        Set<String> before = Kernel.descriptors();
        for (int i = 0; i < 500; i++) {
            try (ChildProcess child = ChildProcess.shell("exit " + i % 256)
                    .input(Redirect.pipe())
                    .output(Redirect.pipe())
                    .start()) {
                assertThat(child.await()).isEqualTo(exited(i % 256));
            }
        }
        assertThat(Processes.zombies()).isEmpty();
        assertThat(before).containsAll(Kernel.descriptors());
    }

    @ParameterizedTest
    @EnumSource
    void ofThirtyChildrenAtOnceNothingIsLeft(ThreadKind kind) throws Exception {
        ChildProcess.command("true").run();
        Set<String> before = Kernel.descriptors();
        List<ChildProcess> children = new ArrayList<>();
        List<Waiting<Termination>> waiting = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            ChildProcess child = ChildProcess.shell("read line; exit " + (100 + i))
                    .input(Redirect.pipe())
                    .start();
            children.add(child);
            waiting.add(Waiting.startAndAwait(kind, child::await));
        }
        assertThat(children).noneMatch(child -> Processes.hasEnded(child.pid()));
        for (int i = 29; i >= 0; i--) {
            children.get(i).input().close();
        }
        for (int i = 0; i < 30; i++) {
            assertThat(waiting.get(i).get()).isEqualTo(exited(100 + i));
            children.get(i).close();
        }
        assertThat(Processes.zombies()).isEmpty();
        awaitNoMoreThan(before);
    }

    @Test
    void ofAHundredFailedStartsNothingIsLeft() {
        ChildProcessBuilder missing = ChildProcess.command("/no/such/program")
                .input(Redirect.pipe())
                .output(Redirect.pipe())
                .error(Redirect.discard())
                .descriptor(5, Redirect.pipe());
        assertThatExceptionOfType(ErrnoException.class).isThrownBy(missing::start);
        Set<String> before = Kernel.descriptors();
        for (int i = 0; i < 100; i++) {
            assertThatExceptionOfType(ErrnoException.class).isThrownBy(missing::start);
        }
        assertThat(Kernel.descriptors()).isEqualTo(before);
        assertThat(Processes.zombies()).isEmpty();
    }

    @Test
    void oneClosedWhileItRunsIsReapedWhenItEnds() throws Exception {
        Set<String> before = Kernel.descriptors();
        ChildProcess child = ChildProcess.command("sleep", "100").start();
        child.close();
        Await.until(() -> Processes.isWatched(child.pid()));
        assertThat(Processes.hasEnded(child.pid())).isFalse(); // it is not killed
        child.signal(Signal.SIGTERM);
        Await.until(() -> isGone(child.pid()));
        awaitNoMoreThan(before);
    }

    @Test
    void manyClosedWhileTheyRunAreReaped() throws Exception {
        Set<String> before = Kernel.descriptors();
        List<ChildProcess> children = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            ChildProcess child =
                    ChildProcess.shell(i % 2 == 0 ? "exit 1" : "exec sleep 100").start();
            children.add(child);
            child.close();
        }
        for (ChildProcess child : children) {
            child.signal(Signal.SIGKILL);
        }
        Await.until(() -> children.stream().allMatch(child -> isGone(child.pid())));
        awaitNoMoreThan(before);
    }

    @Test
    void oneThatHasEndedIsReapedByClosing() throws Exception {
        ChildProcess child = ChildProcess.command("true").start();
        Await.until(() -> Processes.state(child.pid()) == 'Z');
        child.close();
        assertThat(Processes.state(child.pid())).isEqualTo(Processes.GONE);
    }

    /** By somebody who is woken, whether the wait was there before the close or not. */
    @ParameterizedTest
    @EnumSource
    void oneClosedWhileOthersWaitIsReaped(ThreadKind kind) throws Exception {
        Set<String> before = Kernel.descriptors();
        for (int round = 0; round < 30; round++) {
            ChildProcess child = reader();
            Waiting<?> waiting = Waiting.start(kind, child::await);
            child.close(); // which ends it too
            Await.until(() -> waiting.task().isDone());
            Await.until(() -> isGone(child.pid()));
        }
        awaitNoMoreThan(before);
    }

    @Test
    void oneForgottenWhileItRunsIsReapedWhenItEnds() throws Exception {
        Set<String> before = Kernel.descriptors();
        int[] pid = new int[1];
        try (PipeSink input = forget(pid)) {
            Garbage.collectUntil(() -> Processes.isWatched(pid[0]));
            assertThat(Processes.hasEnded(pid[0])).isFalse();
            assertThat(input.isOpen()).isTrue();
        }
        Await.until(() -> isGone(pid[0]));
        awaitNoMoreThan(before);
    }

    private static PipeSink forget(int[] pid) throws IOException {
        ChildProcess child = reader();
        pid[0] = child.pid();
        return child.input();
    }

    @Test
    void oneForgottenAfterItsEndIsReaped() throws Exception {
        Set<String> before = Kernel.descriptors();
        int pid = forgetEnded();
        Garbage.collectUntil(() -> isGone(pid));
        awaitNoMoreThan(before);
    }

    private static int forgetEnded() throws IOException {
        int pid = ChildProcess.command("true").start().pid();
        Await.until(() -> Processes.hasEnded(pid));
        return pid;
    }

    @Test
    void theLogTellsWhatWasForgotten() {
        Run run = Run.command(
                Peer.javaCommand(List.of(NATIVE, "-Dorg.chagres.leaks=log"), ReapingPrograms.Forgetful.class),
                Map.of());
        List<String> told = run.output().lines().toList();
        String closed = told.get(0).replace("closed ", "");
        String running = told.get(1).replace("running ", "");
        String ended = told.get(2).replace("ended ", "");
        assertThat(told.subList(3, 5)).containsExactly(ended + " gone: true", "descriptors: 0");
        assertThat(run.err())
                .contains("ChildProcess pid=" + running + " was never closed; the collector did it")
                .contains("at " + ReapingPrograms.Forgetful.class.getName() + ".forgetRunning(")
                .contains("ChildProcess pid=" + ended + " was never closed; the collector did it")
                .contains("at " + ReapingPrograms.Forgetful.class.getName() + ".forgetEnded(")
                .doesNotContain("ChildProcess pid=" + closed);
    }

    /** What {@link Process} waits for is its own, and what we wait for is ours, many rounds at the same time. */
    @Test
    void noStatusIsTakenFromProcessBuilderNorLostToIt() throws Exception {
        int rounds = 60;
        List<Waiting<List<Integer>>> threads = new ArrayList<>();
        for (ThreadKind kind : ThreadKind.values()) {
            threads.add(Waiting.start(kind, () -> {
                List<Integer> statuses = new ArrayList<>();
                for (int i = 0; i < rounds; i++) {
                    try (ChildProcess child =
                            ChildProcess.shell("exit " + (i + 1)).start()) {
                        statuses.add(((Termination.Exited) child.await()).status());
                    }
                }
                return statuses;
            }));
            threads.add(Waiting.start(kind, () -> {
                List<Integer> statuses = new ArrayList<>();
                for (int i = 0; i < rounds; i++) {
                    Process process = new ProcessBuilder("sh", "-c", "exit " + (i + 1)).start();
                    statuses.add(process.waitFor());
                    for (AutoCloseable stream :
                            List.of(process.getInputStream(), process.getErrorStream(), process.getOutputStream())) {
                        stream.close();
                    }
                }
                return statuses;
            }));
        }
        Integer[] all = new Integer[rounds];
        Arrays.setAll(all, i -> i + 1);
        for (Waiting<List<Integer>> one : threads) {
            assertThat(one.get()).containsExactly(all);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theJdkMayLookForTheEndOfOursToo(ThreadKind kind) throws Exception {
        for (int round = 0; round < 20; round++) {
            try (ChildProcess child = ChildProcess.shell("read line; exit 77")
                    .input(Redirect.pipe())
                    .start()) {
                CompletableFuture<ProcessHandle> onExit =
                        ProcessHandle.of(child.pid()).orElseThrow().onExit();
                Waiting<Termination> waiting = Waiting.startAndAwait(kind, child::await);
                child.input().close();
                assertThat(waiting.get()).isEqualTo(exited(77));
                onExit.get(30, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void theJdkTakesNoStatusOfOursThatNobodyWaitsForYet() throws Exception {
        try (ChildProcess child =
                ChildProcess.shell("read line; exit 78").input(Redirect.pipe()).start()) {
            CompletableFuture<ProcessHandle> onExit =
                    ProcessHandle.of(child.pid()).orElseThrow().onExit();
            child.input().close();
            onExit.get(30, TimeUnit.SECONDS);
            assertThat(Processes.state(child.pid())).isEqualTo('Z');
            assertThat(child.await()).isEqualTo(exited(78));
        }
    }

    @Test
    void statusesAreKeptInAJvmThatWasStartedWithTheSignalIgnored() {
        Run.assumeInstalled("perl");
        List<String> command = new ArrayList<>(List.of("perl", "-e", "$SIG{CHLD} = 'IGNORE'; exec @ARGV"));
        command.addAll(Peer.javaCommand(List.of(NATIVE), ReapingPrograms.ChildSignalIgnored.class));
        assertThat(Run.command(command, Map.of()).output().lines())
                .startsWith("ignored")
                .endsWith(keptAndLost());
    }

    @Test
    void statusesAreKeptWhereTheKernelWasToldNotTo() {
        assertThat(Run.command(
                                Peer.javaCommand(
                                        List.of(NATIVE), ReapingPrograms.ChildSignalIgnored.class, "nocldwait"),
                                Map.of())
                        .output()
                        .lines())
                .startsWith("not ignored")
                .endsWith(keptAndLost());
    }

    private static String[] keptAndLost() {
        String lost =
                "waitid: ECHILD, waiting for ChildProcess[pid=N, [cat]]; other code of this process waited for it";
        return new String[] {
            "await: Exited[status=7]",
            "run: Exited[status=7]",
            "ProcessBuilder: 7",
            "not ignored",
            "one that is a zombie already: Exited[status=7]",
            "one that ends later: " + lost,
            "the same again: " + lost,
            "the next one: Exited[status=7]"
        };
    }

    @Test
    void whatOtherCodeWaitedForIsToldPlainly() {
        Run run = Run.command(Peer.javaCommand(List.of(NATIVE), ReapingPrograms.Thief.class), Map.of());
        String lost = "waitid: ECHILD, waiting for ChildProcess[pid=N, [/bin/sh, -c, --, echo said; exit 7]];"
                + " other code of this process waited for it";
        assertThat(run.output().lines())
                .containsExactly(
                        "await: " + lost,
                        "tryAwait: " + lost,
                        "communicate: " + lost,
                        "signal: false",
                        "signalGroup: false",
                        "signal unasked: false",
                        "popened: Optional.empty",
                        "let go of, taken: true",
                        "zombies: 0");
    }
}
