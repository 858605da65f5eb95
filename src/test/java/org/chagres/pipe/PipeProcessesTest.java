package org.chagres.pipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.pipe.TestPipes.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pipes between processes, of programs that are not Java, and in processes that may not do everything. */
@ExtendWith(LeakCheck.class)
class PipeProcessesTest {

    /** Where another process opens an end of ours. */
    private static String path(Object end) {
        return "/proc/" + ProcessHandle.current().pid() + "/fd/" + number(end);
    }

    @ParameterizedTest
    @EnumSource
    void anotherProgramReadsWhatWasWrittenAndThenTheEnd(Kind kind) throws Exception {
        String text = "Pedro Miguel\n".repeat(10_000);
        try (Pipe pipe = Pipe.create()) {
            Running<Void> writer = kind.start(() -> {
                write(pipe, text); // more than fits: the program is reading when it is done
                pipe.sink().close();
                return null;
            });
            assertThat(Run.command("cat", path(pipe.source())).output()).isEqualTo(text);
            writer.get();
        }
    }

    @ParameterizedTest
    @EnumSource
    void severalProgramsShareWhatIsThere(Kind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            kind.run(() -> {
                for (int i = 0; i < 4; i++) {
                    write(pipe, String.valueOf((char) ('A' + i)).repeat(1024));
                }
                return null;
            });
            for (int i = 0; i < 4; i++) {
                Run share = Run.command("dd", "if=" + path(pipe.source()), "bs=1024", "count=1", "status=none");
                assertThat(share.output())
                        .isEqualTo(String.valueOf((char) ('A' + i)).repeat(1024));
            }
            assertThat(pipe.source().available()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void linesOfSeveralProgramsAreNotMixed(Kind kind) throws Exception {
        int lines = 500;
        try (Pipe pipe = Pipe.create()) {
            List<CompletableFuture<Run>> programs = Stream.of("A", "B", "C")
                    .map(name -> CompletableFuture.supplyAsync(() -> Run.command(
                            "sh",
                            "-euc",
                            "exec >" + path(pipe.sink()) + "; i=0; while [ $i -lt " + lines
                                    + " ]; do printf '%s%0198d\\n' " + name + " $i; i=$((i + 1)); done")))
                    .toList();
            Running<Void> ours = kind.start(() -> {
                for (int i = 0; i < lines; i++) {
                    pipe.sink().write(text("D%0198d\n".formatted(i)));
                }
                return null;
            });
            int[] next = new int[4];
            kind.run(() -> {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment line = arena.allocate(200);
                    for (int i = 0; i < 4 * lines; i++) {
                        pipe.source().readFully(line);
                        int writer = text(line, 1).charAt(0) - 'A';
                        assertThat(text(line, 200))
                                .isEqualTo("%c%0198d\n".formatted((char) ('A' + writer), next[writer]++));
                    }
                }
                return null;
            });
            ours.get();
            for (CompletableFuture<Run> program : programs) {
                assertThat(program.get().output()).isEmpty();
            }
            assertThat(next).containsOnly(lines);
            assertThat(pipe.source().available()).isZero();
        }
    }

    // Limits.

    /** Of an even and of an odd number: once nothing is left for the next pipe, once there is a number for one end. */
    @ParameterizedTest
    @ValueSource(ints = {64, 65})
    void whereThereIsNoNumberLeftNoEndIsLeftOpen(int limit) {
        List<String> lines = withDescriptors(limit, PipeLimits.Descriptors.class)
                .output()
                .lines()
                .toList();
        assertThat(lines.get(0)).isEqualTo("EMFILE");
        assertThat(lines.get(1)).matches("(\\d+) for (\\d+)");
        String[] counts = lines.get(1).split(" for ");
        assertThat(Integer.parseInt(counts[0])).isEqualTo(2 * Integer.parseInt(counts[1]));
        assertThat(lines.get(2)).isEqualTo("0 left");
    }

    /** It wants a number for itself, and another one for where all virtual threads wait. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aVirtualThreadWaitsWhereNoNumberIsLeftForItsPurposes(int free) {
        assertThat(withDescriptors(64, PipeLimits.VirtualThread.class, free).output())
                .isEqualTo("read\nread\n");
    }

    private static Run withDescriptors(int limit, Class<?> main, Object... arguments) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n " + limit + "; exec \"$@\"", "sh"));
        command.addAll(Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), main, arguments));
        return Run.command(command, Map.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Dorg.chagres.leaks=log", "-Dorg.chagres.signal=0"})
    void aLongWriteIsEndedWithAndWithoutASignal(String option) {
        List<String> options = List.of("--enable-native-access=ALL-UNNAMED", option);
        assertThat(Run.command(Peer.javaCommand(options, PipeLimits.LongWrites.class), Map.of())
                        .output())
                .isEqualTo("InterruptedIOException\nAsynchronousCloseException\n");
    }

    @Test
    void anOrdinaryUserMayNotHaveAnyCapacity() throws Exception {
        // All lines, as the kernel answers no second read of such a file.
        int most = Integer.parseInt(
                Files.readAllLines(Path.of("/proc/sys/fs/pipe-max-size")).getFirst());
        try (Peer user = Peer.javaAs(65534, PipeLimits.Capacity.class, most)) {
            assertThat(user.hear()).isEqualTo(Integer.toString(most));
            assertThat(user.hear())
                    .startsWith("fcntl: EPERM (1), setting the capacity to " + (most + 1)
                            + " bytes of the pipe; the limit");
            assertThat(user.hear()).isEqualTo(Integer.toString(most));
            assertThat(user.end()).isZero();
        }
    }

    /** Neither a thread in the call nor one that is parked keeps its process from ending. */
    @ParameterizedTest
    @ValueSource(strings = {"TERM", "KILL"})
    void processesThatWaitForRoomCanBeEnded(String signal) throws Exception {
        try (Pipe pipe = Pipe.create();
                Peer first = Peer.java(PipeLimits.Filler.class, path(pipe.sink()), Kind.PLATFORM);
                Peer second = Peer.java(PipeLimits.Filler.class, path(pipe.sink()), Kind.VIRTUAL)) {
            List<Peer> fillers = List.of(first, second);
            for (Peer filler : fillers) {
                assertThat(filler.hear()).isEqualTo("waits");
            }
            for (Peer filler : fillers) {
                filler.signal(signal);
                assertThat(filler.end()).isEqualTo(signal.equals("TERM") ? 128 + 15 : 128 + 9);
            }
            assertThat(pipe.source().available()).as("it is full").isEqualTo(1 << 16);
            assertThat(read(pipe)).hasSize(1 << 16);
            write(pipe, "ours");
            assertThat(read(pipe)).isEqualTo("ours");
        }
    }
}
