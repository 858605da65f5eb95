package org.chagres;

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
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.testing.Await;
import org.chagres.testing.ThreadKind;

/** A thread of either kind that moves bytes and may have to wait: what came of it, and whether it waits. */
record Mover<T>(Thread thread, AtomicInteger tid, CompletableFuture<T> result) {

    /** What moves bytes and answers nothing. */
    @FunctionalInterface
    interface Move {
        void make() throws Exception;
    }

    static <T> Mover<T> start(ThreadKind kind, Callable<T> what) {
        CompletableFuture<T> result = new CompletableFuture<>();
        AtomicInteger tid = new AtomicInteger();
        Thread thread = kind.builder().start(() -> {
            tid.set(SignalCalls.gettid());
            try {
                result.complete(what.call());
            } catch (Throwable failure) {
                result.completeExceptionally(failure);
            }
        });
        return new Mover<>(thread, tid, result);
    }

    /** Moves bytes to the end. */
    static <T> T run(ThreadKind kind, Callable<T> what) throws Exception {
        return start(kind, what).get();
    }

    /** What moving fails with. */
    static Throwable failure(ThreadKind kind, Move move) throws Exception {
        return startMove(kind, move).failure();
    }

    static Mover<Boolean> startMove(ThreadKind kind, Move move) {
        return start(kind, () -> {
            move.make();
            return true;
        });
    }

    T get() throws Exception {
        return result.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    Throwable failure() throws Exception {
        try {
            throw new AssertionError("no failure, but " + get());
        } catch (ExecutionException failed) {
            return failed.getCause();
        }
    }

    /**
     * Returns once it waits: parked at the poller or behind a helper, or in a call that moves bytes or polls, as x86-64
     * and aarch64 number them.
     */
    Mover<T> awaitWaiting() {
        Await.until(() -> result.isDone() || waits(), () -> "a wait of " + thread);
        assertThat(result).as("waits").isNotDone();
        return this;
    }

    private boolean waits() {
        if (thread.isVirtual()) {
            return Arrays.stream(thread.getStackTrace())
                            .map(StackTraceElement::getClassName)
                            .anyMatch(name -> name.matches(".*[.](Poller[$]Sleeper|Lines([$]Errand)?)"))
                    && thread.getState().name().endsWith("WAITING");
        }
        try {
            return Files.readString(Path.of("/proc/self/task/" + tid + "/syscall"))
                    .matches("(0|1|7|19|20|40|271|275|276|63|64|65|66|71|73|76|77) (?s:.*)");
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Text on the heap. */
    static MemorySegment text(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** The text in memory. */
    static String text(MemorySegment memory, long byteSize) {
        return new String(memory.asSlice(0, byteSize).toArray(JAVA_BYTE), StandardCharsets.US_ASCII);
    }

    /** Bytes that tell where they belong: none of the usual lengths is a period of theirs. */
    static byte[] numbered(int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (i * 31 ^ i >> 8);
        }
        return bytes;
    }

    static void assertErrno(Throwable failure, Errno errno) {
        assertThat(failure).isInstanceOf(ErrnoException.class);
        assertThat(((ErrnoException) failure).errno()).isEqualTo(errno);
    }
}
