package org.chagres.process;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Both directions at once, to the end of the child. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class CommunicateTest {
    private static final byte[] NOTHING = {};
    private static final byte[] MUCH = new byte[3 << 20]; // far more than any pipe holds
    private static final Duration MOMENT = Duration.ofMillis(50);
    private static final Termination SUCCESS = new Termination.Exited(0);

    /** The descriptor by which the test holds a child back. */
    private static final int GO = 3;

    static {
        new Random(5).nextBytes(MUCH);
    }

    @AfterEach
    void noZombieIsLeft() {
        Await.until(() -> Processes.zombies().isEmpty(), () -> "no zombies, there are " + Processes.zombies());
    }

    private static ChildProcessBuilder withPipes(String line) {
        return ChildProcess.shell(line)
                .input(Redirect.pipe())
                .output(Redirect.pipe())
                .error(Redirect.pipe());
    }

    private static void kill(ChildProcess child) throws Exception {
        child.signal(Signal.SIGKILL);
        child.await();
    }

    @ParameterizedTest
    @EnumSource
    void muchGoesBothWays(ThreadKind kind) throws Exception {
        try (ChildProcess child = withPipes("exec cat").start()) {
            Completed completed =
                    Waiting.start(kind, () -> child.communicate(MUCH)).get();
            assertThat(completed.termination()).isEqualTo(SUCCESS);
            assertThat(Arrays.equals(completed.output(), MUCH)).isTrue();
            assertThat(completed.error()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void muchComesFromBothOutputs(ThreadKind kind) throws Exception {
        try (ChildProcess child = withPipes("exec tee /dev/fd/2").start()) {
            Completed completed =
                    Waiting.start(kind, () -> child.communicate(MUCH)).get();
            assertThat(completed.termination()).isEqualTo(SUCCESS);
            assertThat(Arrays.equals(completed.output(), MUCH)).isTrue();
            assertThat(Arrays.equals(completed.error(), MUCH)).isTrue();
        }
    }

    @Test
    void bothOutputsInOnePipeAreTheOutput() throws Exception {
        try (ChildProcess child = withPipes("echo one; echo two >&2; echo three")
                .error(Redirect.sameAs(1))
                .start()) {
            Completed completed = child.communicate(NOTHING);
            assertThat(completed.text()).isEqualTo("one\ntwo\nthree\n");
            assertThat(completed.error()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aChildThatDoesNotReadIsNoError(ThreadKind kind) throws Exception {
        try (ChildProcess child = withPipes("exit 7").start()) {
            Completed completed =
                    Waiting.start(kind, () -> child.communicate(MUCH)).get();
            assertThat(completed.termination()).isEqualTo(new Termination.Exited(7));
            assertThat(completed.output()).isEmpty();
        }
    }

    @Test
    void aChildThatReadsNoMoreAndSaysSoLaterIsHeard() throws Exception {
        try (ChildProcess child =
                withPipes("head -c 100000; exec 0<&-; echo done >&2; exit 8").start()) {
            Completed completed = child.communicate(MUCH);
            assertThat(completed.termination()).isEqualTo(new Termination.Exited(8));
            assertThat(Arrays.equals(completed.output(), Arrays.copyOf(MUCH, 100_000)))
                    .isTrue();
            assertThat(new String(completed.error(), UTF_8)).isEqualTo("done\n");
        }
    }

    @Test
    void aChildThatClosesItsOutputsEarlyIsWrittenTo() throws Exception {
        try (ChildProcess child =
                withPipes("exec >&- 2>&-; test $(wc -c) = " + MUCH.length).start()) {
            Completed completed = child.communicate(MUCH);
            assertThat(completed.termination()).isEqualTo(SUCCESS);
            assertThat(completed.output()).isEmpty();
        }
    }

    @Test
    void aChildThatClosesAllEarlyIsWaitedFor() throws Exception {
        try (ChildProcess child = withPipes("exec <&- >&- 2>&-; read line <&3; exit 9")
                .descriptor(GO, Redirect.pipeToChild())
                .start()) {
            assertThat(child.tryCommunicate(NOTHING, MOMENT)).isEmpty();
            child.sink(GO).close();
            assertThat(child.communicate(NOTHING).termination()).isEqualTo(new Termination.Exited(9));
        }
    }

    @Test
    void withoutInputItsInputEndsAtOnce() throws Exception {
        try (ChildProcess child = withPipes("exec cat").start()) {
            assertThat(child.communicate(NOTHING).output()).isEmpty();
            assertThat(child.input().isOpen()).isFalse();
            assertThat(child.output().isOpen()).isFalse();
        }
    }

    @Test
    void whatWasWrittenAndReadBeforeIsNotPartOfIt() throws Exception {
        try (ChildProcess child = withPipes("exec cat").start()) {
            child.input().writeFully("before ".getBytes(UTF_8));
            child.output().readFully(new byte[4]);
            assertThat(child.communicate("after".getBytes(UTF_8)).text()).isEqualTo("re after");
        }
    }

    @Test
    void withoutPipesItWaitsForTheEnd() throws Exception {
        try (ChildProcess child =
                ChildProcess.shell("exit 3").output(Redirect.discard()).start()) {
            Completed completed = child.communicate(NOTHING);
            assertThat(completed.termination()).isEqualTo(new Termination.Exited(3));
            assertThat(completed.output()).isEmpty();
            assertThat(completed.error()).isEmpty();
        }
    }

    @Test
    void inputWithoutPipeIsRefused() throws Exception {
        try (ChildProcess child = ChildProcess.command("sleep", "100").start()) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> child.communicate(new byte[1]))
                    .withMessageContaining("pid=" + child.pid());
            assertThatIllegalStateException().isThrownBy(() -> child.tryCommunicate(new byte[1], Duration.ZERO));
            assertThatNullPointerException()
                    .isThrownBy(() -> child.communicate(null))
                    .withMessage("input");
            assertThatNullPointerException()
                    .isThrownBy(() -> child.tryCommunicate(NOTHING, null))
                    .withMessage("timeout");
            kill(child);
        }
    }

    @Test
    void asMuchAsTheLimitIsLetPass() throws Exception {
        try (ChildProcess child = withPipes("printf 123; printf 45 >&2").start()) {
            Completed completed = child.communicate(NOTHING, 5);
            assertThat(completed.text()).isEqualTo("123");
            assertThat(completed.error()).hasSize(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void moreThanTheLimitIsAnErrorAndTheChildGoesOn(ThreadKind kind) throws Exception {
        try (ChildProcess child = withPipes("printf 123; printf 456 >&2; exec cat <&3")
                .descriptor(GO, Redirect.pipeToChild())
                .start()) {
            assertThat(Waiting.start(kind, () -> child.communicate(NOTHING, 5)).failure())
                    .isExactlyInstanceOf(IOException.class)
                    .hasMessageContaining("5 bytes")
                    .hasMessageContaining("pid=" + child.pid());
            assertThat(child.tryAwait(Duration.ZERO)).isEmpty();
            child.sink(GO).close();
            assertThat(child.await()).isEqualTo(SUCCESS);
        }
    }

    @Test
    void whatNeverEndsIsEndedByALimit() throws Exception {
        try (ChildProcess child =
                ChildProcess.command("yes").output(Redirect.pipe()).start()) {
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> child.communicate(NOTHING, 1 << 20));
            child.output().close();
            assertThat(child.await()).isEqualTo(new Termination.Signaled(Signal.SIGPIPE, false));
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptLosesNothing(ThreadKind kind) throws Exception {
        try (ChildProcess child = withPipes("cat; echo errors >&2; read line <&3; echo \" $line\"; exit 5")
                .descriptor(GO, Redirect.pipeToChild())
                .start()) {
            Waiting<Completed> waiting = Waiting.start(kind, () -> child.communicate("said".getBytes(UTF_8)));
            Await.until(() -> !child.input().isOpen());
            waiting.awaitWaiting();
            waiting.thread().interrupt();
            assertThat(waiting.failure()).isInstanceOf(InterruptedException.class);

            child.sink(GO).writeFully("later\n".getBytes(UTF_8));
            Completed completed =
                    Waiting.start(kind, () -> child.communicate(NOTHING)).get();
            assertThat(completed.text()).isEqualTo("said later\n");
            assertThat(new String(completed.error(), UTF_8)).isEqualTo("errors\n");
            assertThat(completed.termination()).isEqualTo(new Termination.Exited(5));
        }
    }

    /** While it writes, too: neither are bytes written twice, nor left out. */
    @ParameterizedTest
    @EnumSource
    void manyInterruptsLoseNothing(ThreadKind kind) throws Exception {
        try (ChildProcess child = withPipes("exec cat").start()) {
            Waiting<Completed> waiting = Waiting.start(kind, () -> {
                byte[] input = MUCH;
                while (true) {
                    try {
                        return child.communicate(input);
                    } catch (InterruptedException goOn) {
                        input = NOTHING;
                    }
                }
            });
            Await.until(() -> {
                waiting.thread().interrupt();
                return waiting.task().isDone();
            });
            assertThat(Arrays.equals(waiting.get().output(), MUCH)).isTrue();
        }
    }

    /** Nor if it comes too early: who goes on gives no input, and cannot know when it came. */
    @ParameterizedTest
    @EnumSource
    void anInterruptBeforeLosesNoInput(ThreadKind kind) throws Exception {
        try (ChildProcess child = withPipes("exec cat").start()) {
            assertThat(Waiting.start(kind, () -> {
                                Thread.currentThread().interrupt();
                                return child.communicate("kept".getBytes(UTF_8));
                            })
                            .failure())
                    .isInstanceOf(InterruptedException.class);
            assertThat(child.communicate(NOTHING).text()).isEqualTo("kept");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTimeOutLosesNothing(ThreadKind kind) throws Exception {
        try (ChildProcess child = withPipes("read line <&3; exec cat")
                .descriptor(GO, Redirect.pipeToChild())
                .start()) {
            assertThat(Waiting.start(kind, () -> {
                                assertThat(child.tryCommunicate(MUCH, Duration.ZERO))
                                        .isEmpty();
                                assertThat(child.tryCommunicate(NOTHING, Duration.ofSeconds(-1)))
                                        .isEmpty();
                                assertThat(Waiting.nanosOf(() -> assertThat(child.tryCommunicate(NOTHING, MOMENT))
                                                .isEmpty()))
                                        .isGreaterThanOrEqualTo(MOMENT.toNanos());
                                return "in vain";
                            })
                            .get())
                    .isEqualTo("in vain");
            child.sink(GO).close();
            Optional<Completed> completed = Waiting.start(kind, () -> child.tryCommunicate(NOTHING, Await.PATIENCE))
                    .get();
            assertThat(completed)
                    .hasValueSatisfying(
                            all -> assertThat(Arrays.equals(all.output(), MUCH)).isTrue());
        }
    }

    @Test
    void aTimeOfManyYearsIsForEver() throws Exception {
        try (ChildProcess child = withPipes("exec cat").start()) {
            assertThat(child.tryCommunicate(MUCH, Duration.ofSeconds(Long.MAX_VALUE)))
                    .hasValueSatisfying(all -> assertThat(all.output()).hasSize(MUCH.length));
        }
        try (ChildProcess child = withPipes("exec cat").start()) {
            assertThat(child.tryCommunicate(MUCH, Duration.ofNanos(Long.MAX_VALUE - 1)))
                    .hasValueSatisfying(all -> assertThat(all.output()).hasSize(MUCH.length));
        }
    }

    /** The children of a child may hold its output open longer than it lives. */
    @Test
    void theTimeHoldsForOutputThatDoesNotEnd() throws Exception {
        try (ChildProcess child = withPipes("cat <&3 & exit 2")
                .descriptor(GO, Redirect.pipeToChild())
                .start()) {
            assertThat(child.await()).isEqualTo(new Termination.Exited(2));
            assertThat(child.tryCommunicate(NOTHING, MOMENT)).isEmpty();
            child.sink(GO).writeFully("more".getBytes(UTF_8));
            child.sink(GO).close();
            assertThat(child.communicate(NOTHING).text()).isEqualTo("more");
        }
    }

    @Test
    void inputCanBeAddedAsLongAsNotAllIsWritten() throws Exception {
        try (ChildProcess child = withPipes("read line <&3; exec cat")
                .descriptor(GO, Redirect.pipeToChild())
                .start()) {
            assertThat(child.tryCommunicate(MUCH, MOMENT)).isEmpty();
            assertThat(child.tryCommunicate("and ".getBytes(UTF_8), MOMENT)).isEmpty();
            child.sink(GO).close();
            byte[] output = child.communicate("that".getBytes(UTF_8)).output();
            assertThat(output).hasSize(MUCH.length + 8);
            assertThat(Arrays.equals(Arrays.copyOf(output, MUCH.length), MUCH)).isTrue();
            assertThat(new String(output, MUCH.length, 8, UTF_8)).isEqualTo("and that");
        }
    }

    @Test
    void inputAfterItsEndIsRefused() throws Exception {
        try (ChildProcess child = withPipes("cat; read line <&3")
                .descriptor(GO, Redirect.pipeToChild())
                .start()) {
            assertThat(child.tryCommunicate("first".getBytes(UTF_8), MOMENT)).isEmpty();
            assertThatIllegalStateException().isThrownBy(() -> child.communicate(new byte[1]));
            child.sink(GO).close();
            assertThat(child.communicate(NOTHING).text()).isEqualTo("first");
            assertThatIllegalStateException().isThrownBy(() -> child.communicate(new byte[1]));
        }
    }

    @Test
    void theInputIsNotLookedAtAfterwards() throws Exception {
        byte[] input = MUCH.clone();
        try (ChildProcess child = withPipes("read line <&3; exec cat")
                .descriptor(GO, Redirect.pipeToChild())
                .start()) {
            assertThat(child.tryCommunicate(input, MOMENT)).isEmpty();
            Arrays.fill(input, (byte) 0);
            child.sink(GO).close();
            assertThat(Arrays.equals(child.communicate(NOTHING).output(), MUCH)).isTrue();
        }
    }

    @Test
    void onceItHasEndedTheAnswerIsTheSameEachTime() throws Exception {
        try (ChildProcess child = withPipes("cat; exit 6").start()) {
            Completed first = child.communicate("said".getBytes(UTF_8));
            Completed second = child.communicate(NOTHING);
            assertThat(second.text()).isEqualTo(first.text()).isEqualTo("said");
            assertThat(second.termination()).isEqualTo(first.termination());
            assertThat(child.await()).isEqualTo(new Termination.Exited(6));
        }
    }

    @ParameterizedTest
    @EnumSource
    @SuppressWarnings("try")
    void closingEndsIt(ThreadKind kind) throws Exception {
        try (ChildProcess child = withPipes("exec sleep 100").start()) {
            Waiting<Completed> waiting = Waiting.startAndAwait(kind, () -> child.communicate(MUCH));
            child.close();
            assertThat(waiting.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> child.communicate(NOTHING));
            child.signal(Signal.SIGKILL);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theTimeHoldsWhileAnotherThreadCommunicates(ThreadKind kind) throws Exception {
        try (ChildProcess child =
                withPipes("exec cat <&3").descriptor(GO, Redirect.pipeToChild()).start()) {
            Waiting<Completed> first = Waiting.startAndAwait(kind, () -> child.communicate(NOTHING));
            Waiting<Optional<Completed>> inVain = Waiting.start(kind, () -> child.tryCommunicate(NOTHING, MOMENT));
            Waiting<Optional<Completed>> atOnce =
                    Waiting.start(kind, () -> child.tryCommunicate(NOTHING, Duration.ZERO));
            try {
                assertThat(inVain.get()).isEmpty();
                assertThat(atOnce.get()).isEmpty();
            } finally {
                child.sink(GO).writeFully("shared".getBytes(UTF_8));
                child.sink(GO).close();
            }
            assertThat(first.get().text()).isEqualTo("shared");
            assertThat(child.communicate(NOTHING).text()).isEqualTo("shared");
        }
    }

    @Test
    void outputIsGotInOneLine() throws Exception {
        assertThat(ChildProcess.command("echo", "one line").run().text()).isEqualTo("one line\n");
    }

    @Test
    void aRunHasPipesWhereNothingWasTold() throws Exception {
        ChildProcessBuilder builder =
                ChildProcess.shell("cat; echo bad >&2; exit 4").input(Redirect.discard());
        for (int i = 0; i < 2; i++) { // and can be run again
            Completed completed = builder.run();
            assertThat(completed.output()).isEmpty();
            assertThat(new String(completed.error(), UTF_8)).isEqualTo("bad\n");
            assertThat(completed).hasToString("Completed[Exited[status=4], 0 bytes of output, 4 of errors]");
        }
        builder.error(Redirect.discard());
        assertThat(builder.run().error()).isEmpty();
        assertThat(builder.error(Redirect.sameAs(1)).run().text()).isEqualTo("bad\n");
    }

    @Test
    void aRunWithAPipeForItsInputGetsNone() throws Exception {
        assertThat(ChildProcess.command("cat").input(Redirect.pipe()).run().termination())
                .isEqualTo(SUCCESS);
    }

    @Test
    void textIsInTheEncodingThatIsTold() throws Exception {
        Completed completed = ChildProcess.shell("printf '\\303\\266'").run();
        assertThat(completed.text()).isEqualTo("\u00f6");
        assertThat(completed.text(ISO_8859_1)).isEqualTo("\u00c3\u00b6");
        completed.output()[0] = 0;
        assertThat(completed.text()).isEqualTo("\u00f6");
    }

    @Test
    void aRunInTimeIsAsWithoutTime() throws Exception {
        assertThat(ChildProcess.shell("echo in time; exit 1").tryRun(Await.PATIENCE))
                .hasValueSatisfying(completed -> {
                    assertThat(completed.text()).isEqualTo("in time\n");
                    assertThat(completed.termination()).isEqualTo(new Termination.Exited(1));
                });
    }

    @Test
    void aRunThatTakesTooLongIsKilled() throws Exception {
        assertThat(ChildProcess.command("sleep", "100.4").tryRun(MOMENT)).isEmpty();
        Await.until(() -> Processes.childrenWith("100.4").isEmpty());
        // Even if it has closed all that could be read.
        assertThat(ChildProcess.shell("exec >&- 2>&-; exec sleep 100.4").tryRun(MOMENT))
                .isEmpty();
        Await.until(() -> Processes.childrenWith("100.4").isEmpty());
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptedRunGoesOnWithoutUs(ThreadKind kind) throws Exception {
        Waiting<Completed> waiting = Waiting.startAndAwait(
                kind, () -> ChildProcess.command("sleep", "100.5").run());
        waiting.thread().interrupt();
        assertThat(waiting.failure()).isInstanceOf(InterruptedException.class);
        assertThat(Processes.childrenWith("100.5")).hasSize(1).allSatisfy(pid -> {
            assertThat(Processes.hasEnded(Long.parseLong(pid))).isFalse();
            ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroyForcibly();
        });
        Await.until(() -> Processes.childrenWith("100.5").isEmpty());
    }
}
