package org.chagres.pipe;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.syscall.DescriptorCalls.*;
import static org.chagres.internal.syscall.FileCalls.*;
import static org.chagres.internal.syscall.PipeCalls.pipe2Ends;
import static org.chagres.pipe.TestPipes.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.chagres.Errno;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.pipe.CloseRace.Outcome;
import org.chagres.pipe.NumberedFlow.Mover;
import org.chagres.testing.Answers;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What holds at whatever moment a close or an interrupt comes: seen by letting it come very often. */
@ExtendWith(LeakCheck.class)
class PipeRacesTest {
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(5);
    private static final int PAGE = 4096;

    /** What is in the files and pipes of others during a race. */
    private static final byte ANOTHERS = 'F';

    // Closing.

    /** 60,000 rounds in all. */
    @ParameterizedTest
    @CsvSource({
        "true, PLATFORM, PLATFORM",
        "true, PLATFORM, VIRTUAL",
        "true, VIRTUAL, PLATFORM",
        "true, VIRTUAL, VIRTUAL",
        "false, PLATFORM, PLATFORM",
        "false, PLATFORM, VIRTUAL",
        "false, VIRTUAL, PLATFORM",
        "false, VIRTUAL, VIRTUAL"
    })
    void aCallMeetsACloseAtAnyMomentWithAResultOrAnException(boolean reading, Kind using, Kind closing)
            throws Exception {
        long before = countPipes();
        Map<Outcome, Integer> outcomes = new CloseRace(reading, 7_500).run(using, closing);
        assertThat(outcomes).as("moments that it came at").containsOnlyKeys(Outcome.values());
        assertThat(countPipes()).isEqualTo(before);
    }

    /** A helper makes the calls then. */
    @ParameterizedTest
    @CsvSource({"true, PLATFORM", "true, VIRTUAL", "false, PLATFORM", "false, VIRTUAL"})
    void aCloseComesAtAnyMomentWhereVirtualThreadsGetNoDescriptionOfTheirOwn(boolean reading, Kind closing)
            throws Exception {
        long before = countPipes();
        ScriptedAnswers.Answer[] answers = new ScriptedAnswers.Answer[10_000];
        Arrays.fill(answers, Answers.refusing(Errno.EMFILE));
        try (ScriptedAnswers none = ScriptedAnswers.toThreads(thread -> true, "open", answers)) {
            Map<Outcome, Integer> outcomes = new CloseRace(reading, 1_000).run(Kind.VIRTUAL, closing);
            assertThat(outcomes).containsKeys(Outcome.RESULT, Outcome.CLOSED_MEANWHILE);
            assertThat(none.remaining()).isBetween(1, answers.length - 500);
        }
        assertThat(countPipes()).isEqualTo(before);
    }

    /**
     * Somebody takes every number that becomes free. A call on a number that was closed under it would read, write or
     * close what is theirs.
     */
    @ParameterizedTest
    @CsvSource({"true, PLATFORM", "true, VIRTUAL", "false, PLATFORM", "false, VIRTUAL"})
    void whoeverGetsTheNumberOfAClosedEndKeepsItsBytes(boolean reading, Kind using, @TempDir Path folder)
            throws Exception {
        byte[] content = new byte[PAGE];
        Arrays.fill(content, ANOTHERS);
        Path file = Files.write(folder.resolve("file"), content);
        AtomicBoolean over = new AtomicBoolean();
        Running<Integer> another = Kind.PLATFORM.start(() -> takeNumbers(file, over));
        try {
            new CloseRace(reading, 5_000).run(using, Kind.PLATFORM);
        } finally {
            over.set(true);
        }
        assertThat(another.get()).as("numbers taken").isGreaterThan(5_000);
        assertThat(file).hasBinaryContent(content);
    }

    private static int takeNumbers(Path file, AtomicBoolean over) {
        int taken = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(file.toString());
            MemorySegment ours = arena.allocate(1);
            ours.set(JAVA_BYTE, 0, ANOTHERS);
            MemorySegment read = arena.allocate(2);
            while (!over.get()) {
                int number = open(path, O_RDWR | O_CLOEXEC, 0);
                long ends = pipe2Ends(O_CLOEXEC | O_NONBLOCK);
                int source = (int) ends;
                int sink = (int) (ends >>> Integer.SIZE);
                assertThat(DescriptorCalls.write(sink, ours, 1)).isOne();
                assertThat(lseek(number, 0, SEEK_CUR)).as("read or written").isZero();
                assertThat(close(number)).isZero();
                assertThat(DescriptorCalls.read(source, read, 2)).isOne();
                assertThat(read.get(JAVA_BYTE, 0)).isEqualTo(ANOTHERS);
                assertThat(close(sink)).isZero();
                assertThat(close(source)).isZero();
                taken += 3;
            }
        }
        return taken;
    }

    private static long countPipes() {
        return Kernel.descriptors().stream()
                .filter(line -> line.contains(" -> pipe:"))
                .count();
    }

    // Interrupting.

    /**
     * Each of the eight threads at four pipes is interrupted as soon as it has had the last interrupt, and goes on with
     * the rest.
     */
    @Test
    void aHundredThousandInterruptsLoseNoByteAndDoubleNone() throws Exception {
        int interrupts = 100_000;
        List<Mover> movers = new ArrayList<>();
        try {
            for (Kind writing : Kind.values()) {
                for (Kind reading : Kind.values()) {
                    Pipe pipe = Pipe.create();
                    fcntl(number(pipe.sink()), F_SETPIPE_SZ, PAGE); // so that both wait often
                    NumberedFlow flow = new NumberedFlow(pipe);
                    movers.add(new NumberedFlow.Writer(flow, writing));
                    movers.add(new NumberedFlow.Reader(flow, reading));
                }
            }
            int sent = 0;
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            while (sent < interrupts && movers.stream().noneMatch(Mover::isDone)) {
                assertThat(System.nanoTime()).as("it took too long").isLessThan(deadline);
                int before = sent;
                for (Mover mover : movers) {
                    sent += mover.interruptIfAwake() ? 1 : 0;
                }
                if (sent == before) {
                    Thread.yield(); // to those who are to have them
                }
            }
            await(movers, mover -> mover.had == mover.sent);
            movers.forEach(mover -> mover.flow.over = true);
            await(movers, Mover::isDone);
            for (Mover mover : movers) {
                assertThat(mover.position).isEqualTo(mover.flow.byteSize);
                assertThat(mover.thrown).as("ended a wait").isPositive();
                assertThat(mover.cut).as("came in the middle").isPositive();
            }
            assertThat(movers.stream()
                            .mapToInt(mover -> mover.thrown + mover.cut)
                            .sum())
                    .as("not only found the thread awake")
                    .isGreaterThan(interrupts / 2);
        } finally {
            movers.forEach(mover -> mover.flow.pipe.close());
        }
    }

    /** A failure is told at once, as the other one at that pipe may wait in vain. */
    private static void await(List<Mover> movers, Predicate<Mover> what) throws Exception {
        awaitTrue(() -> movers.stream().allMatch(what) || movers.stream().anyMatch(Mover::hasFailed));
        for (Mover mover : movers) {
            if (mover.hasFailed()) {
                mover.running.get();
            }
        }
    }
}
