package org.chagres.pipe;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Random;
import org.chagres.pipe.TestPipes.Kind;
import org.chagres.pipe.TestPipes.Running;

/**
 * Bytes on their way through one pipe, in pieces of all sizes and in every form; they tell their position. Both threads
 * go on whatever comes, the writer until it is over.
 */
final class NumberedFlow {
    private static final int MOST_AT_A_TIME = 2 * 4096;
    private static final Duration SHORT = Duration.ofMillis(1);

    final Pipe pipe;
    volatile boolean over;

    /** Not known before it is over. */
    volatile long byteSize = Long.MAX_VALUE;

    NumberedFlow(Pipe pipe) {
        this.pipe = pipe;
    }

    /** Eight bytes are one number. */
    private static byte at(long position) {
        return (byte) (position / Long.BYTES >>> position % Long.BYTES * Byte.SIZE);
    }

    /** A thread that goes on whatever comes, and counts the interrupts. */
    abstract static class Mover {
        final NumberedFlow flow;
        final Random random = new Random(3);
        final Running<Void> running;
        int sent; // the interrupting thread's
        volatile int had;
        int thrown;
        int cut;
        long position;

        Mover(NumberedFlow flow, Kind kind) {
            this.flow = flow;
            this.running = kind.start(() -> {
                try (Arena arena = Arena.ofConfined()) {
                    moveAll(arena.allocate(MOST_AT_A_TIME));
                }
                return null;
            });
        }

        /** Unless the last interrupt is still on its way, with which this one would become one. */
        boolean interruptIfAwake() {
            if (had != sent) {
                return false;
            }
            sent++;
            running.thread().interrupt();
            return true;
        }

        boolean isDone() {
            return running.result().isDone();
        }

        boolean hasFailed() {
            return running.result().isCompletedExceptionally();
        }

        abstract void moveAll(MemorySegment memory) throws Exception;

        abstract long move(TransferForm form, MemorySegment memory) throws IOException, InterruptedException;

        /** How many bytes were moved, whatever came between. */
        long moved(MemorySegment memory) throws IOException {
            try {
                long count = move(TransferForm.of(random.nextInt(3)), memory);
                if (Thread.interrupted()) {
                    hadOne();
                }
                return count;
            } catch (InterruptedException interrupt) {
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
                thrown++;
                hadOne();
                return 0;
            } catch (InterruptedIOException interrupt) {
                assertThat(Thread.interrupted()).isTrue();
                assertThat((long) interrupt.bytesTransferred).isBetween(1L, memory.byteSize() - 1);
                cut++;
                hadOne();
                return interrupt.bytesTransferred;
            }
        }

        private void hadOne() {
            had = had + 1; // by this thread alone
        }

        long someOf(long rest) {
            return Math.min(1 + random.nextInt(MOST_AT_A_TIME), rest);
        }
    }

    static final class Writer extends Mover {
        Writer(NumberedFlow flow, Kind kind) {
            super(flow, kind);
        }

        @Override
        void moveAll(MemorySegment memory) throws Exception {
            while (!flow.over) {
                moveSome(memory);
            }
            flow.byteSize = position + MOST_AT_A_TIME; // as much as the reader may have asked for by now
            while (position < flow.byteSize) {
                moveSome(memory);
            }
            flow.pipe.sink().close();
        }

        private void moveSome(MemorySegment memory) throws IOException {
            MemorySegment some = memory.asSlice(0, someOf(flow.byteSize - position));
            for (long i = 0; i < some.byteSize(); i++) {
                some.set(JAVA_BYTE, i, at(position + i));
            }
            position += moved(some);
        }

        @Override
        long move(TransferForm form, MemorySegment memory) throws IOException, InterruptedException {
            return form.write(flow.pipe.sink(), SHORT, memory);
        }
    }

    static final class Reader extends Mover {
        Reader(NumberedFlow flow, Kind kind) {
            super(flow, kind);
        }

        @Override
        void moveAll(MemorySegment memory) throws Exception {
            while (position < flow.byteSize) {
                MemorySegment some = memory.asSlice(0, someOf(flow.byteSize - position));
                long count = moved(some);
                for (long i = 0; i < count; i++) {
                    if (some.get(JAVA_BYTE, i) != at(position + i)) {
                        throw new AssertionError("another byte came at " + (position + i));
                    }
                }
                position += count;
            }
            assertThat(flow.pipe.source().read(memory))
                    .as("after the last byte")
                    .isEqualTo(-1);
        }

        @Override
        long move(TransferForm form, MemorySegment memory) throws IOException, InterruptedException {
            return form.read(flow.pipe.source(), SHORT, memory);
        }
    }
}
