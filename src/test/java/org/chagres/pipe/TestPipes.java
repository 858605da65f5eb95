package org.chagres.pipe;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.testing.Kernel;
import org.chagres.testing.Patience;

/** What the tests of pipes have in common: threads of both kinds, and what the kernel says of an end. */
final class TestPipes {
    private static final long PATIENCE_SECONDS = Patience.of(30);

    private TestPipes() {}

    enum Kind {
        PLATFORM(Thread.ofPlatform().daemon()),
        VIRTUAL(Thread.ofVirtual());

        private final Thread.Builder builder;

        Kind(Thread.Builder builder) {
            this.builder = builder;
        }

        /** Runs something on a thread of this kind. */
        <T> Running<T> start(Callable<T> what) {
            CompletableFuture<T> result = new CompletableFuture<>();
            AtomicInteger tid = new AtomicInteger();
            Thread thread = builder.start(() -> {
                tid.set(SignalCalls.gettid());
                try {
                    result.complete(what.call());
                } catch (Throwable failure) {
                    result.completeExceptionally(failure);
                }
            });
            return new Running<>(thread, tid, result);
        }

        /** Runs something on a thread of this kind to its end. */
        <T> T run(Callable<T> what) throws Exception {
            return start(what).get();
        }

        /** What something fails with on a thread of this kind. */
        Throwable failure(Callable<?> what) throws Exception {
            return start(what).failure();
        }
    }

    record Running<T>(Thread thread, AtomicInteger tid, CompletableFuture<T> result) {
        T get() throws Exception {
            return result.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        Throwable failure() throws Exception {
            try {
                throw new AssertionError("no failure, but " + get());
            } catch (ExecutionException failed) {
                return failed.getCause();
            }
        }

        /**
         * Returns once it waits for a pipe: at the poller, or in the call, as x86-64 and aarch64 number read and write,
         * and the poll before them where waits are sliced.
         */
        Running<T> awaitWaiting() {
            awaitTrue(() -> result.isDone() || waits());
            assertThat(result).as("waits").isNotDone();
            return this;
        }

        private boolean waits() {
            if (thread.isVirtual()) {
                return Arrays.stream(thread.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().endsWith(".Poller"));
            }
            try {
                return Files.readString(Path.of("/proc/self/task/" + tid + "/syscall"))
                        .matches("(0|1|63|64|271|73) (?s:.*)");
            } catch (IOException notYet) {
                return false;
            }
        }
    }

    static void awaitTrue(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("it took too long").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    /** On the heap. */
    static MemorySegment text(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII));
    }

    static String text(MemorySegment memory, long byteSize) {
        return new String(memory.asSlice(0, byteSize).toArray(JAVA_BYTE), StandardCharsets.US_ASCII);
    }

    static void write(Pipe pipe, String text) throws IOException, InterruptedException {
        pipe.sink().writeFully(text(text));
    }

    /** What one read gets; empty at the end. */
    static String read(Pipe pipe) throws IOException, InterruptedException {
        MemorySegment memory = MemorySegment.ofArray(new byte[1 << 17]);
        return text(memory, Math.max(0, pipe.source().read(memory)));
    }

    /** The number of an end, as its text tells it. */
    static int number(Object end) {
        return Integer.parseInt(end.toString().replaceAll("\\D+", ""));
    }

    /** What the kernel calls the pipe of a descriptor: {@code pipe:[4711]}. */
    static String name(Object end) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number(end)))
                    .toString();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    /** How many descriptors of this process belong to a pipe. */
    static long countDescriptors(String name) {
        return Kernel.descriptors().stream()
                .filter(line -> line.endsWith(" -> " + name))
                .count();
    }
}
