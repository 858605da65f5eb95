package org.chagres.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a child ended, as the one who waits for it is told. */
@ExtendWith(LeakCheck.class)
class ChildEndTest {
    private static final Duration MOMENT = Duration.ofMillis(50);

    @TempDir
    Path folder;

    @AfterEach
    void noZombieIsLeft() {
        Await.until(() -> Processes.zombies().isEmpty(), () -> "no zombies, there are " + Processes.zombies());
    }

    /** One that reads until its input ends, so it ends when the test says so. */
    private static ChildProcess reader() throws IOException {
        return ChildProcess.command("cat").input(Redirect.pipe()).start();
    }

    private static ChildProcess shell(String line) throws IOException {
        return ChildProcess.shell(line).start();
    }

    private static Termination exited(int status) {
        return new Termination.Exited(status);
    }

    private static Termination signaled(Signal signal) {
        return new Termination.Signaled(signal, false);
    }

    private static void end(ChildProcess child) throws Exception {
        child.signal(Signal.SIGKILL);
        child.await();
    }

    @Test
    void everyExitStatusIsToldAsItIs() throws Exception {
        for (int status = 0; status <= 255; status++) {
            ThreadKind kind = ThreadKind.values()[status % 2];
            try (ChildProcess child = shell("exit " + status)) {
                Termination termination = Waiting.start(kind, child::await).get();
                assertThat(termination).isEqualTo(exited(status));
                assertThat(termination.isSuccess()).isEqualTo(status == 0);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 256, 1 << 8, 127 << 8, 65536, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void aWaitStatusIsNoExitStatus(int status) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> exited(status))
                .withMessageContaining(Integer.toString(status));
    }

    /** All that end a process which does nothing about them. */
    static Stream<Signal> endingSignals() {
        List<Integer> others = List.of(17, 18, 19, 20, 21, 22, 23, 28); // ignored, or stop it
        return IntStream.rangeClosed(1, 64)
                .filter(number -> !others.contains(number))
                .mapToObj(Signal::new);
    }

    @ParameterizedTest
    @MethodSource("endingSignals")
    void everySignalThatEndedItIsTold(Signal signal) throws Exception {
        try (ChildProcess child = ChildProcess.command("sleep", "100")
                .directory(folder) // it may leave a core dump
                .start()) {
            assertThat(child.signal(signal)).isTrue();

            assertThat(child.await())
                    .isInstanceOfSatisfying(
                            Termination.Signaled.class,
                            told -> assertThat(told.signal()).isEqualTo(signal));
            assertThat(child.await().isSuccess()).isFalse();
        }
    }

    @Test
    void aSignalIsToldByItsName() throws Exception {
        try (ChildProcess child = shell("kill -TERM $$")) {
            assertThat(child.await()).hasToString("Signaled[signal=SIGTERM, coreDumped=false]");
        }
        assertThat(new Signal(40)).hasToString("signal 40");
        assertThat(exited(3)).hasToString("Exited[status=3]");
    }

    /** Tells, in words of its own, whether the kernel said of the end of its arguments that there is a core dump. */
    private static final String PERL_WITNESS = "system @ARGV; print $? & 128 ? 'dumped' : 'not dumped'";

    @ParameterizedTest
    @ValueSource(strings = {"unlimited", "0"})
    void aCoreDumpIsTold(String limit) throws Exception {
        Run.assumeInstalled("perl");
        assumeTrue(
                !Files.readAllLines(Path.of("/proc/sys/kernel/core_pattern"))
                        .getFirst()
                        .contains("/"),
                "core dumps would not stay in the folder of this test");
        String line = "cd '" + folder + "' && ulimit -c " + limit + " && kill -QUIT $$";
        String witness =
                Run.command("perl", "-e", PERL_WITNESS, "/bin/sh", "-c", line).output();
        assumeTrue(!limit.equals("unlimited") || witness.equals("dumped"), "there are no core dumps here");

        try (ChildProcess child = shell(line)) {
            assertThat(child.await()).isEqualTo(new Termination.Signaled(Signal.SIGQUIT, witness.equals("dumped")));
        }
    }

    @Test
    void aShellTellsInItsOwnWay() throws Exception {
        Path notExecutable = Files.createFile(folder.resolve("not-executable"));
        assertThat(ChildProcess.shell("no-such-command-here").run().termination())
                .isEqualTo(exited(127));
        assertThat(ChildProcess.shell("'" + notExecutable + "'").run().termination())
                .isEqualTo(exited(126));
        // The command's end by a signal is the shell's exit, and no signal's.
        assertThat(ChildProcess.shell("sh -c 'kill -KILL $$'; exit $?").run().termination())
                .isEqualTo(exited(128 + 9));
    }

    @ParameterizedTest
    @EnumSource
    void theEndIsTheSameEachTime(ThreadKind kind) throws Exception {
        try (ChildProcess child = shell("exit 7")) {
            for (int i = 0; i < 3; i++) {
                assertThat(Waiting.start(kind, child::await).get()).isEqualTo(exited(7));
                assertThat(child.tryAwait(Duration.ZERO)).contains(exited(7));
            }
        }
    }

    @Test
    void allThreadsThatWaitAreToldTheEnd() throws Exception {
        try (ChildProcess child = reader()) {
            List<Waiting<Termination>> waiting = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                boolean forEver = i % 4 < 2;
                waiting.add(Waiting.startAndAwait(
                        ThreadKind.values()[i % 2],
                        () -> forEver
                                ? child.await()
                                : child.tryAwait(Await.PATIENCE).orElseThrow()));
            }
            child.input().close();
            for (Waiting<Termination> one : waiting) {
                assertThat(one.get()).isEqualTo(exited(0));
            }
        }
    }

    /** Several at once, some in a group or a session of their own, waited for in another order than they were started. */
    @Test
    void ofSeveralChildrenEachHasItsOwnEnd() throws Exception {
        Map<ChildProcess, Integer> statuses = new HashMap<>();
        try {
            for (int i = 0; i < 16; i++) {
                ChildProcessBuilder builder =
                        ChildProcess.shell("read line; exit " + (10 + i)).input(Redirect.pipe());
                switch (i % 4) {
                    case 0 -> builder.newProcessGroup();
                    case 1 -> builder.newSession();
                    default -> {}
                }
                statuses.put(builder.start(), 10 + i);
            }
            assertThat(statuses.keySet().stream().map(ChildProcess::pid)).doesNotHaveDuplicates();
            List<ChildProcess> order = new ArrayList<>(statuses.keySet());
            Collections.shuffle(order, new Random(1));
            List<Waiting<Termination>> waiting = new ArrayList<>();
            for (ChildProcess child : order) {
                waiting.add(Waiting.startAndAwait(ThreadKind.values()[waiting.size() % 2], child::await));
            }
            Collections.shuffle(order, new Random(2));
            for (ChildProcess child : order) {
                child.input().close();
                assertThat(child.await()).isEqualTo(exited(statuses.get(child)));
            }
            assertThat(waiting.stream().map(ChildEndTest::status).sorted().toList())
                    .isEqualTo(IntStream.range(10, 26).boxed().toList());
        } finally {
            for (ChildProcess child : statuses.keySet()) {
                end(child);
                child.close();
            }
        }
    }

    private static int status(Waiting<Termination> waiting) {
        try {
            return ((Termination.Exited) waiting.get()).status();
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void theEndOfOneIsNotTheEndOfAnother() throws Exception {
        try (ChildProcess running = reader();
                ChildProcess ended = shell("exit 5")) {
            Waiting<Termination> waiting = Waiting.startAndAwait(ThreadKind.PLATFORM, running::await);
            assertThat(ended.await()).isEqualTo(exited(5));
            assertThat(running.tryAwait(MOMENT)).isEmpty();
            assertThat(waiting.task()).isNotDone();
            running.input().close();
            assertThat(waiting.get()).isEqualTo(exited(0));
        }
    }

    @ParameterizedTest
    @EnumSource
    void whileItRunsATryToWaitIsInVain(ThreadKind kind) throws Exception {
        try (ChildProcess child = reader()) {
            Waiting.start(kind, () -> {
                        assertThat(child.tryAwait(Duration.ZERO)).isEmpty();
                        assertThat(child.tryAwait(Duration.ofSeconds(-1))).isEmpty();
                        assertThat(Waiting.nanosOf(
                                        () -> assertThat(child.tryAwait(MOMENT)).isEmpty()))
                                .isGreaterThanOrEqualTo(MOMENT.toNanos());
                        return null;
                    })
                    .get();
            assertThat(Processes.hasEnded(child.pid())).isFalse();
            Waiting<?> waiting = Waiting.startAndAwait(kind, () -> child.tryAwait(Duration.ofSeconds(Long.MAX_VALUE)));
            child.input().close();
            assertThat(waiting.get()).hasToString("Optional[Exited[status=0]]");
        }
    }

    @Test
    void aTimeIsRequired() throws Exception {
        try (ChildProcess child = reader()) {
            assertThatNullPointerException()
                    .isThrownBy(() -> child.tryAwait(null))
                    .withMessage("timeout");
        }
    }

    @Test
    void oneThatNobodyWaitedForIsThereUntilSomebodyDoes() throws Exception {
        try (ChildProcess child = shell("exit 9")) {
            Await.until(() -> Processes.state(child.pid()) == 'Z');
            assertThat(child.await()).isEqualTo(exited(9));
            assertThat(Processes.state(child.pid())).isEqualTo(Processes.GONE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneThatIsStoppedHasNotEnded(ThreadKind kind) throws Exception {
        try (ChildProcess child = reader()) {
            Waiting<Termination> waiting = Waiting.startAndAwait(kind, child::await);
            for (int i = 0; i < 3; i++) {
                assertThat(child.signal(Signal.SIGSTOP)).isTrue();
                Await.until(() -> Processes.state(child.pid()) == 'T');
                assertThat(child.tryAwait(MOMENT)).isEmpty();
                assertThat(child.signal(Signal.SIGCONT)).isTrue();
                Await.until(() -> Processes.state(child.pid()) != 'T');
                assertThat(child.tryAwait(Duration.ZERO)).isEmpty();
            }
            assertThat(waiting.task()).isNotDone();
            child.input().close();
            assertThat(waiting.get()).isEqualTo(exited(0));
        }
    }

    @Test
    void oneThatIsStoppedCanBeKilled() throws Exception {
        try (ChildProcess child = reader()) {
            child.signal(Signal.SIGSTOP);
            Await.until(() -> Processes.state(child.pid()) == 'T');
            child.signal(Signal.SIGKILL);
            assertThat(child.await()).isEqualTo(signaled(Signal.SIGKILL));
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptEndsTheWaitAndNotTheChild(ThreadKind kind) throws Exception {
        try (ChildProcess child = reader()) {
            Waiting<Boolean> waiting = Waiting.startAndAwait(kind, () -> {
                try {
                    child.await();
                    throw new AssertionError("it has ended");
                } catch (InterruptedException interrupt) {
                    return Thread.currentThread().isInterrupted();
                }
            });
            waiting.thread().interrupt();
            assertThat(waiting.get()).isFalse();

            assertThat(Waiting.start(kind, () -> {
                                Thread.currentThread().interrupt();
                                return child.tryAwait(Duration.ZERO);
                            })
                            .failure())
                    .isInstanceOf(InterruptedException.class);

            assertThat(child.tryAwait(Duration.ZERO)).isEmpty();
            child.input().close();
            assertThat(child.await()).isEqualTo(exited(0));
        }
    }

    @ParameterizedTest
    @EnumSource
    @SuppressWarnings("try")
    void closingEndsTheWaitsAndNotTheChild(ThreadKind kind) throws Exception {
        try (ChildProcess child = shell("exec sleep 100")) {
            List<Waiting<?>> waiting = List.of(
                    Waiting.startAndAwait(kind, child::await),
                    Waiting.startAndAwait(kind, () -> child.tryAwait(Await.PATIENCE)),
                    Waiting.startAndAwait(kind, child::await));
            assertThat(child.isOpen()).isTrue();
            child.close();
            assertThat(child.isOpen()).isFalse();
            for (Waiting<?> one : waiting) {
                assertThat(one.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
            }
            assertThat(Processes.hasEnded(child.pid())).isFalse();
            assertThat(Waiting.start(kind, child::await).failure()).isExactlyInstanceOf(ClosedChannelException.class);
            assertThat(Waiting.start(kind, () -> child.tryAwait(Duration.ZERO)).failure())
                    .isExactlyInstanceOf(ClosedChannelException.class);
            assertThat(child.signal(Signal.SIGKILL)).isTrue();
            Await.until(() -> Processes.state(child.pid()) == Processes.GONE);
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(child::await);
        }
    }

    @Test
    void closingAgainDoesNothing() throws Exception {
        ChildProcess child = reader();
        child.close();
        child.close();
        Await.until(() -> Processes.state(child.pid()) == Processes.GONE); // its input has ended
        child.close();
        assertThat(child.isOpen()).isFalse();
    }

    @Test
    void aWaitThatIsDisturbedGoesOn() throws Exception {
        try (ChildProcess child = shell("exit 6")) {
            Await.until(() -> Processes.state(child.pid()) == 'Z');
            try (ScriptedAnswers script = ScriptedAnswers.to(
                    "waitid", arguments -> -Errno.EINTR.number(), arguments -> -Errno.EINTR.number())) {
                assertThat(child.await()).isEqualTo(exited(6));
                assertThat(script.remaining()).isZero();
            }
        }
    }

    @Test
    void aWaitWithoutPollerIsOneNonetheless() throws Exception {
        // As where there is no descriptor left for one: a helper waits then.
        try (ChildProcess child = reader()) {
            Waiting<Termination> waiting;
            try (ScriptedAnswers script =
                    ScriptedAnswers.toThreads(Thread::isVirtual, "epoll_ctl", arguments -> -Errno.EPERM.number())) {
                waiting = Waiting.startAndAwait(ThreadKind.VIRTUAL, child::await);
                assertThat(script.remaining()).isZero();
            }
            child.input().close();
            assertThat(waiting.get()).isEqualTo(exited(0));
        }
    }
}
