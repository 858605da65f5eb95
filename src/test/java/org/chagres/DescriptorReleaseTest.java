package org.chagres;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.TestDescriptors.callWithText;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Releases that race with calls, and other corners that were wrong once. */
@ExtendWith(LeakCheck.class)
class DescriptorReleaseTest {
    private static final int ROUNDS = 20_000;

    @TempDir
    private Path folder;

    private final Arena arena = Arena.ofAuto();
    private volatile Descriptor current;

    private final AtomicInteger reads = new AtomicInteger();

    @ParameterizedTest
    @EnumSource
    void whoReadsWhileAReleaseIsRefusedDoesNotFindItClosed(ThreadKind kind) throws Exception {
        current = Descriptor.open(Path.of("/dev/zero"));
        FutureTask<Integer> reader = kind.start(() -> {
            byte[] one = new byte[1];
            int wronglyClosed = 0;
            while (reads.get() < ROUNDS) {
                Descriptor read = current;
                try {
                    read.read(one);
                    reads.incrementAndGet();
                } catch (ClosedChannelException released) {
                    wronglyClosed += read.isOpen() ? 1 : 0;
                }
            }
            return wronglyClosed;
        });
        int refused = 0;
        for (int seen = 0; !reader.isDone(); ) {
            if (reads.get() == seen) {
                Thread.onSpinWait(); // each is to be read from at least once
                continue;
            }
            seen = reads.get();
            try {
                current = Descriptor.adopt(current.release());
            } catch (IllegalStateException busy) {
                refused++;
            }
        }
        current.close();

        assertThat(reader.get()).isZero();
        assertThat(refused).isPositive();
    }

    @Test
    void whatWasOpenedAsANameOnlyIsNeitherReadableNorWritable() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "content");
        for (int flags : new int[] {FileCalls.O_PATH, FileCalls.O_WRONLY | FileCalls.O_RDWR}) {
            try (Descriptor descriptor = Descriptor.adopt(callWithText("open", file.toString(), flags))) {
                assertThat(descriptor.isReadable()).isFalse();
                assertThat(descriptor.isWritable()).isFalse();
            }
        }
    }

    @Test
    void muchOnTheHeapIsWrittenAtAnOffsetInOneGo() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        byte[] much = new byte[1 << 20];
        much[much.length - 1] = 1;
        try (Descriptor descriptor = Descriptor.open(file, READ, WRITE)) {
            assertThat(descriptor.writeAt(MemorySegment.ofArray(much), 0)).isEqualTo(much.length);
        }
        assertThat(file).hasBinaryContent(much);
    }

    @ParameterizedTest
    @EnumSource
    void aTryToWriteToATerminalReturnsWhenThatIsFull(ThreadKind kind) throws Exception {
        MemorySegment much = arena.allocate(1 << 16).fill((byte) 'x');
        try (Descriptor keyboard = Descriptor.open(Path.of("/dev/ptmx"), READ, WRITE);
                Descriptor terminal = DescriptorPrograms.terminalOf(keyboard)) {
            FutureTask<Long> writer = kind.start(() -> {
                long all = 0;
                for (long count = 1; count > 0; all += count) {
                    count = terminal.tryWrite(all == 0 ? List.of(much, much) : List.of(much), Duration.ZERO);
                }
                return all;
            });
            assertThat(writer.get(20, TimeUnit.SECONDS)).isPositive();
        }
    }
}
