package org.chagres.pipe;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;

/** What the tests of FIFOs have in common; needs no other library, as the programs do without. */
final class TestFifos {
    private TestFifos() {}

    /**
     * Returns once so many threads of a process block in open(2), as the kernel says: openat, by its numbers on x86-64
     * and aarch64.
     */
    static void awaitBlockedInOpen(long pid, int count) {
        Await.until(
                () -> blockedInOpen(pid) >= count,
                () -> count + " threads in open(2), there are " + blockedInOpen(pid));
    }

    /** How many threads of this process block in open(2). */
    static long blockedInOpen() {
        return blockedInOpen(ProcessHandle.current().pid());
    }

    private static long blockedInOpen(long pid) {
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
            return threads.filter(thread -> {
                        try {
                            return Files.readString(thread.resolve("syscall")).matches("(257|56) (?s:.*)");
                        } catch (IOException gone) {
                            return false;
                        }
                    })
                    .count();
        } catch (IOException gone) {
            return 0;
        }
    }

    /** Returns once one thread of this process blocks in open(2). */
    static void awaitBlockedInOpen() {
        awaitBlockedInOpen(ProcessHandle.current().pid(), 1);
    }

    /** How many descriptors of this process are open on a file. */
    static long countOpen(Path file) {
        return Kernel.descriptors().stream()
                .filter(line -> line.contains(" -> " + file))
                .count();
    }

    static MemorySegment bytes(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII));
    }

    static void write(ByteSink sink, String text) throws IOException, InterruptedException {
        sink.writeFully(bytes(text));
    }

    /** What one read gets; empty at the end. */
    static String read(ByteSource source) throws IOException, InterruptedException {
        MemorySegment memory = MemorySegment.ofArray(new byte[1 << 17]);
        long count = source.read(memory);
        return new String(memory.asSlice(0, Math.max(count, 0)).toArray(JAVA_BYTE), StandardCharsets.US_ASCII);
    }

    /** All until the end. */
    static String readAll(ByteSource source) throws IOException {
        return new String(source.inputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }

    static <T> T get(FutureTask<T> task) throws Exception {
        return task.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
}
