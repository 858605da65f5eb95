package org.chagres.pipe;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.syscall.DescriptorCalls.F_SETPIPE_SZ;
import static org.chagres.internal.syscall.DescriptorCalls.fcntl;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.chagres.pipe.TestPipes.Kind;
import org.chagres.pipe.TestPipes.Running;

/**
 * Two threads meet at one pipe after the other: one uses an end of it, and would have to wait, the other one closes
 * that end. In every fourth round it lets the first one through just before.
 */
final class CloseRace {
    /** What goes through the pipes. */
    static final byte OURS = 'R';

    private static final int PAGE = 4096;
    private static final Duration LONG = Duration.ofMinutes(1);

    /** How long a thread may hesitate. Both do, so that either may be the first. */
    private static final int MOST_NANOS = 40_000;

    private final boolean reading;
    private final int rounds;
    private final SynchronousQueue<Round> next = new SynchronousQueue<>();

    CloseRace(boolean reading, int rounds) {
        this.reading = reading;
        this.rounds = rounds;
    }

    /** What a call may come to, and nothing else. */
    enum Outcome {
        RESULT,
        CLOSED_MEANWHILE,
        CLOSED_BEFORE
    }

    private static final class Round {
        final Pipe pipe = Pipe.create();
        final int number;
        volatile boolean begun;

        Round(int number) throws IOException {
            this.number = number;
        }
    }

    /** How often the calls came to what. */
    Map<Outcome, Integer> run(Kind using, Kind closing) throws Exception {
        Running<Map<Outcome, Integer>> user = using.start(this::use);
        Running<Void> closer = closing.start(this::close);
        CompletableFuture.anyOf(user.result(), closer.result()).get(5, TimeUnit.MINUTES); // the first to fail
        closer.get();
        return user.get();
    }

    private Map<Outcome, Integer> use() throws Exception {
        Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
        Random random = new Random(1);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(1);
            for (int i = 0; i < rounds; i++) {
                Round round = next.take();
                try (Pipe pipe = round.pipe) {
                    memory.set(JAVA_BYTE, 0, reading ? 0 : OURS);
                    round.begun = true;
                    if (random.nextInt(8) == 0) {
                        Thread.yield(); // where there is one processor, the other one comes first so
                    }
                    hesitate(random.nextInt(MOST_NANOS));
                    outcomes.merge(outcome(pipe, TransferForm.of(i), memory), 1, Integer::sum);
                }
            }
        }
        return outcomes;
    }

    private Outcome outcome(Pipe pipe, TransferForm form, MemorySegment memory)
            throws IOException, InterruptedException {
        try {
            long count = reading ? form.read(pipe.source(), LONG, memory) : form.write(pipe.sink(), LONG, memory);
            assertThat(count).isOne();
            assertThat(memory.get(JAVA_BYTE, 0)).isEqualTo(OURS);
            return Outcome.RESULT;
        } catch (AsynchronousCloseException closed) {
            return Outcome.CLOSED_MEANWHILE;
        } catch (ClosedChannelException closed) {
            return Outcome.CLOSED_BEFORE;
        }
    }

    private Void close() throws Exception {
        Random random = new Random(2);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(PAGE).fill(OURS);
            for (int i = 0; i < rounds; i++) {
                Round round = new Round(i);
                handOver(round, page);
                awaitBegun(round);
                hesitate(random.nextInt(MOST_NANOS));
                if (round.number % 4 == 0) {
                    letThrough(round.pipe, page);
                    hesitate(random.nextInt(MOST_NANOS / 10));
                }
                if (reading) {
                    round.pipe.source().close();
                } else {
                    round.pipe.sink().close();
                }
            }
        }
        return null;
    }

    private void handOver(Round round, MemorySegment page) throws Exception {
        Pipe pipe = round.pipe;
        try {
            if (!reading) { // no room
                fcntl(TestPipes.number(pipe.sink()), F_SETPIPE_SZ, PAGE);
                pipe.sink().writeFully(page);
            }
            if (!next.offer(round, 30, TimeUnit.SECONDS)) {
                throw new AssertionError("the call before still waits");
            }
        } catch (Throwable failure) {
            pipe.close();
            throw failure;
        }
    }

    private static void awaitBegun(Round round) {
        for (int looks = 0; !round.begun; looks++) {
            if (looks < 100) {
                Thread.yield(); // they may have one carrier
            } else {
                LockSupport.parkNanos(1); // or one processor
            }
        }
    }

    private void letThrough(Pipe pipe, MemorySegment page) throws Exception {
        if (reading) {
            pipe.sink().write(page.asSlice(0, 1));
        } else {
            pipe.source().read(page);
        }
    }

    private static void hesitate(int nanos) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) {
            Thread.onSpinWait();
        }
    }
}
