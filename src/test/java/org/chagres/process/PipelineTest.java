package org.chagres.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.pipe.Pipe;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Children of which each reads what the one before writes. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class PipelineTest {
    private static final Termination SUCCESS = new Termination.Exited(0);

    /** Its argument, which no other process has. */
    private static final String MARK = "100.6";

    @TempDir
    Path folder;

    @AfterEach
    void noZombieIsLeft() {
        Await.until(() -> Processes.zombies().isEmpty(), () -> "no zombies, there are " + Processes.zombies());
    }

    private static Termination exited(int status) {
        return new Termination.Exited(status);
    }

    private static ChildProcess last(Pipeline pipeline) {
        return pipeline.children().getLast();
    }

    @Test
    void eachReadsWhatTheOneBeforeWrites() throws Exception {
        try (Pipeline pipeline = Pipeline.start(
                ChildProcess.command("printf", "b\\na\\nc\\n"),
                ChildProcess.command("sort", "-r"),
                ChildProcess.command("tr", "a-c", "A-C").output(Redirect.pipe()))) {
            assertThat(last(pipeline).communicate(new byte[0]).text()).isEqualTo("C\nB\nA\n");
            assertThat(pipeline.await()).containsExactly(SUCCESS, SUCCESS, SUCCESS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void eachHasItsOwnEnd(ThreadKind kind) throws Exception {
        try (Pipeline pipeline = Pipeline.start(
                ChildProcess.shell("exit 1").input(Redirect.discard()),
                ChildProcess.shell("cat; exit 2"),
                ChildProcess.shell("cat; kill -KILL $$"))) {
            List<Termination> ends = Waiting.start(kind, pipeline::await).get();
            assertThat(ends).containsExactly(exited(1), exited(2), new Termination.Signaled(Signal.SIGKILL, false));
            assertThat(pipeline.await()).isEqualTo(ends);
            assertThat(pipeline.tryAwait(Duration.ZERO)).contains(ends);
        }
    }

    @Test
    void whoWritesToOneThatHasEndedDiesOfIt() throws Exception {
        try (Pipeline pipeline = Pipeline.start(
                ChildProcess.command("yes"),
                ChildProcess.command("cat"),
                ChildProcess.command("head", "-n", "1").output(Redirect.pipe()))) {
            assertThat(last(pipeline).communicate(new byte[0]).text()).isEqualTo("y\n");
            Termination broken = new Termination.Signaled(Signal.SIGPIPE, false);
            assertThat(pipeline.await()).containsExactly(broken, broken, SUCCESS);
        }
    }

    @Test
    void aPipelineOfOneIsAChild() throws Exception {
        try (Pipeline pipeline = Pipeline.start(
                ChildProcess.command("cat").input(Redirect.pipe()).output(Redirect.pipe()))) {
            assertThat(last(pipeline).communicate("itself".getBytes(UTF_8)).text())
                    .isEqualTo("itself");
            assertThat(pipeline.await()).containsExactly(SUCCESS);
        }
    }

    @Test
    void inputAndOutputCanBeFiles() throws Exception {
        Path from = Files.writeString(folder.resolve("from"), "x\ny\n");
        Path to = folder.resolve("to");
        try (Pipeline pipeline = Pipeline.start(
                ChildProcess.command("cat").input(Redirect.from(from)),
                ChildProcess.command("cat"),
                ChildProcess.command("wc", "-l").output(Redirect.to(to)))) {
            assertThat(pipeline.await()).containsExactly(SUCCESS, SUCCESS, SUCCESS);
        }
        assertThat(Files.readString(to).strip()).isEqualTo("2");
    }

    /** No more than the two ends that a pipe has: so the end of the input goes through, and nothing else is held. */
    @Test
    void muchGoesThroughAndThenItsEnd() throws Exception {
        byte[] much = new byte[3 << 20];
        try (Pipeline pipeline = Pipeline.start(
                ChildProcess.command("cat").input(Redirect.pipe()),
                ChildProcess.command("cat"),
                ChildProcess.command("wc", "-c").output(Redirect.pipe()))) {
            Set<String> ours = Kernel.descriptors();
            assertThat(ours.stream().filter(line -> line.contains("pipe:["))).isNotEmpty();
            Waiting<Void> writing = Waiting.start(ThreadKind.VIRTUAL, () -> {
                try (var input = pipeline.children().getFirst().input()) {
                    input.writeFully(MemorySegment.ofArray(much));
                }
                return null;
            });
            assertThat(last(pipeline).communicate(new byte[0]).text().strip()).isEqualTo("" + much.length);
            writing.get();
            pipeline.await();
        }
    }

    @Test
    void theSameBuilderCanBeUsedSeveralTimes() throws Exception {
        ChildProcessBuilder cat = ChildProcess.command("cat");
        for (int i = 0; i < 2; i++) {
            try (Pipeline pipeline = Pipeline.start(
                    ChildProcess.command("echo", "through"),
                    cat,
                    cat,
                    cat,
                    ChildProcess.command("cat").output(Redirect.pipe()))) {
                assertThat(last(pipeline).communicate(new byte[0]).text()).isEqualTo("through\n");
                pipeline.await();
            }
        }
    }

    @Test
    void errorsCanGoIntoThePipeToo() throws Exception {
        try (Pipeline pipeline = Pipeline.start(
                ChildProcess.shell("echo good; echo bad >&2").error(Redirect.sameAs(1)),
                ChildProcess.command("sort").output(Redirect.pipe()))) {
            assertThat(last(pipeline).communicate(new byte[0]).text()).isEqualTo("bad\ngood\n");
            pipeline.await();
        }
    }

    @Test
    void aTryToWaitEndsWithTheTime() throws Exception {
        try (Pipeline pipeline =
                Pipeline.start(ChildProcess.command("true"), ChildProcess.shell("exec sleep " + MARK))) {
            assertThat(pipeline.tryAwait(Duration.ofMillis(50))).isEmpty();
            assertThat(pipeline.tryAwait(Duration.ZERO)).isEmpty();
            last(pipeline).signal(Signal.SIGTERM);
            assertThat(pipeline.tryAwait(Await.PATIENCE))
                    .contains(List.of(SUCCESS, new Termination.Signaled(Signal.SIGTERM, false)));
            assertThat(pipeline.tryAwait(Duration.ofSeconds(Long.MAX_VALUE))).isPresent();
        }
    }

    @ParameterizedTest
    @EnumSource
    @SuppressWarnings("try")
    void closingAndInterruptsEndTheWait(ThreadKind kind) throws Exception {
        Pipe input = Pipe.create();
        try (input;
                Pipeline pipeline = Pipeline.start(
                        ChildProcess.command("cat").input(Redirect.take(input.source())),
                        ChildProcess.command("cat"))) {
            Waiting<?> interrupted = Waiting.startAndAwait(kind, pipeline::await);
            interrupted.thread().interrupt();
            assertThat(interrupted.failure()).isInstanceOf(InterruptedException.class);

            Waiting<?> closed = Waiting.startAndAwait(kind, pipeline::await);
            pipeline.close();
            assertThat(closed.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(pipeline::await);
            assertThat(pipeline.children()).allMatch(child -> !child.isOpen());
            assertThat(pipeline.children()).noneMatch(child -> Processes.hasEnded(child.pid()));
            pipeline.close();
            input.close();
            Await.until(() ->
                    pipeline.children().stream().allMatch(child -> Processes.state(child.pid()) == Processes.GONE));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void ifOneCannotBeStartedThoseBeforeAreKilled(int missing) {
        Set<String> before = Kernel.descriptors();
        ChildProcessBuilder[] commands = IntStream.range(0, 4)
                .mapToObj(i -> ChildProcess.command(i == missing ? "no-such-command-here" : "sleep", MARK))
                .toArray(ChildProcessBuilder[]::new);
        for (int round = 0; round < 5; round++) {
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> Pipeline.start(commands))
                    .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.ENOENT))
                    .withMessageContaining("no-such-command-here");
        }
        Await.until(() ->
                Processes.childrenWith(MARK).isEmpty() && Processes.zombies().isEmpty());
        Await.until(() -> Kernel.descriptors().equals(before), () -> left(before));
    }

    private static String left(Set<String> before) {
        return Kernel.descriptors().stream()
                .filter(one -> !before.contains(one))
                .collect(Collectors.joining(", "));
    }

    @Test
    void ifThereAreNoPipesLeftThoseBeforeAreKilled() {
        Set<String> before = Kernel.descriptors();
        try (ScriptedAnswers script = ScriptedAnswers.to(
                "pipe2",
                arguments -> ScriptedAnswers.ASK_THE_KERNEL,
                arguments -> ScriptedAnswers.ASK_THE_KERNEL,
                arguments -> -Errno.EMFILE.number())) {
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> Pipeline.start(
                            ChildProcess.command("sleep", MARK),
                            ChildProcess.command("sleep", MARK),
                            ChildProcess.command("sleep", MARK),
                            ChildProcess.command("sleep", MARK)))
                    .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.EMFILE));
            assertThat(script.remaining()).isZero();
        }
        Await.until(() ->
                Processes.childrenWith(MARK).isEmpty() && Processes.zombies().isEmpty());
        Await.until(() -> Kernel.descriptors().equals(before), () -> left(before));
    }

    @Test
    void whatIsThePipelinesIsNotTheCommands() {
        ChildProcessBuilder plain = ChildProcess.command("true");
        ChildProcessBuilder input = ChildProcess.command("false").input(Redirect.discard());
        ChildProcessBuilder output = ChildProcess.command("false").output(Redirect.discard());
        for (ChildProcessBuilder[] commands : List.of(
                new ChildProcessBuilder[] {plain, input},
                new ChildProcessBuilder[] {plain, input, plain},
                new ChildProcessBuilder[] {output, plain},
                new ChildProcessBuilder[] {plain, output, plain})) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pipeline.start(commands))
                    .withMessageContaining("false");
        }
        assertThatIllegalArgumentException().isThrownBy(Pipeline::start);
        assertThatNullPointerException().isThrownBy(() -> Pipeline.start(plain, null));
    }
}
