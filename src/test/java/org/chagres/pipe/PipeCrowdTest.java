package org.chagres.pipe;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.syscall.DescriptorCalls.F_SETPIPE_SZ;
import static org.chagres.internal.syscall.DescriptorCalls.fcntl;
import static org.chagres.pipe.TestPipes.*;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many at once: threads, processes, and pipes until there are no more numbers for them. */
@ExtendWith(LeakCheck.class)
class PipeCrowdTest {
    private static final int PAGE = 4096;

    /** A record begins with three numbers: its size, its writer, and which of that writer's it is. */
    private static final int HEAD = 3 * Integer.BYTES;

    // Threads.

    @Test
    void fiveThousandVirtualThreadsWaitAtFiveThousandPipesOnTwoCarriers() throws IOException {
        int pipes = 5_000;
        assumeDescriptors(3 * pipes + 200); // both ends, and the virtual thread's own description of one
        List<String> options = List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Djdk.virtualThreadScheduler.parallelism=2",
                "-Djdk.virtualThreadScheduler.maxPoolSize=2");
        Run run = Run.command(Peer.javaCommand(options, PipeCrowd.class, pipes), Map.of());
        assertThat(run.err()).isEmpty();
        List<String> seen = run.output().lines().toList();
        // Two carriers, the poller, the clock of the first wait, the cleaner, and what the JVM starts for itself.
        assertThat(Integer.parseInt(seen.getFirst().replace("native threads more: ", "")))
                .isBetween(3, 12);
        assertThat(seen.subList(1, seen.size()))
                .containsExactly(
                        "others ran, through: 0",
                        "through: 5000, with their own bytes: 10000",
                        "ends: {-1 bytes=833, EPIPE=833, closed=1667, interrupted=1667}",
                        "descriptors left: 0");
    }

    /** The JVM takes as many as the hard limit lets it. */
    private static void assumeDescriptors(long needed) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/limits"))) {
            String[] words = lines.filter(line -> line.startsWith("Max open files"))
                    .findFirst()
                    .orElseThrow()
                    .split("\\s+");
            long most = Long.parseLong(words[4]);
            Assumptions.assumeTrue(
                    most >= needed,
                    () -> needed + " descriptors are needed, and a process may have " + most + " (ulimit -Hn)");
        }
    }

    // Processes.

    /** Of at most PIPE_BUF bytes; nobody reads before all wait for room. */
    @ParameterizedTest
    @EnumSource
    void recordsOfFourProcessesAreNotMixed(Kind reading, @TempDir Path folder) throws Exception {
        Run.assumeInstalled("dd");
        int records = 1000;
        int[] sizes = {PAGE, 1365, 4093, PAGE, 2049};
        int[] next = new int[sizes.length];
        int[] turns = {0};
        List<Peer> programs = new ArrayList<>();
        try (Pipe pipe = Pipe.create()) {
            fcntl(number(pipe.sink()), F_SETPIPE_SZ, 2 * PAGE);
            String sink = "/proc/" + ProcessHandle.current().pid() + "/fd/" + number(pipe.sink());
            for (int writer = 2; writer < sizes.length; writer++) {
                Path file = Files.write(folder.resolve("records" + writer), records(writer, sizes[writer], records));
                programs.add(
                        Peer.start(List.of("dd", "if=" + file, "of=" + sink, "bs=" + sizes[writer], "status=none")));
            }
            List<Running<Void>> ours = new ArrayList<>();
            for (Kind writing : Kind.values()) { // the fourth process
                int writer = writing.ordinal();
                ours.add(writing.start(() -> {
                    MemorySegment all = MemorySegment.ofArray(records(writer, sizes[writer], records));
                    for (long at = 0; at < all.byteSize(); at += sizes[writer]) {
                        pipe.sink().write(all.asSlice(at, sizes[writer]));
                    }
                    return null;
                }));
            }
            ours.forEach(Running::awaitWaiting);
            programs.forEach(program -> Await.until(() -> waits(program.pid(), name(pipe.sink()))));
            reading.run(() -> {
                int last = -1;
                MemorySegment record = MemorySegment.ofArray(new byte[PAGE]);
                for (int i = 0; i < records * sizes.length; i++) {
                    pipe.source().readFully(record.asSlice(0, HEAD));
                    int size = record.get(JAVA_INT_UNALIGNED, 0);
                    int writer = record.get(JAVA_INT_UNALIGNED, 4);
                    assertThat(writer).isBetween(0, sizes.length - 1);
                    assertThat(size).isEqualTo(sizes[writer]);
                    assertThat(record.get(JAVA_INT_UNALIGNED, 8)).isEqualTo(next[writer]++);
                    MemorySegment rest = record.asSlice(HEAD, size - HEAD);
                    pipe.source().readFully(rest);
                    assertThat(rest.mismatch(MemorySegment.ofArray(filling(writer, size - HEAD))))
                            .isEqualTo(-1);
                    turns[0] += writer == last ? 0 : 1;
                    last = writer;
                }
                return null;
            });
            for (Running<Void> one : ours) {
                one.get();
            }
            for (Peer program : programs) {
                assertThat(program.end()).isZero();
            }
            assertThat(next).containsOnly(records);
            assertThat(turns[0]).as("they took turns").isGreaterThan(records);
            assertThat(pipe.source().available()).isZero();
        } finally {
            programs.forEach(Peer::close);
        }
    }

    private static byte[] records(int writer, int size, int count) {
        ByteBuffer records = ByteBuffer.allocate(count * size).order(ByteOrder.nativeOrder());
        for (int i = 0; i < count; i++) {
            records.putInt(size).putInt(writer).putInt(i).put(filling(writer, size - HEAD));
        }
        return records.array();
    }

    private static byte[] filling(int writer, int size) {
        byte[] filling = new byte[size];
        Arrays.fill(filling, (byte) ('A' + writer));
        return filling;
    }

    /** Whether a program sleeps that has its output at a pipe. */
    private static boolean waits(long pid, String pipe) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return Files.readSymbolicLink(Path.of("/proc/" + pid + "/fd/1"))
                            .toString()
                            .equals(pipe)
                    && stat.charAt(stat.lastIndexOf(')') + 2) == 'S';
        } catch (IOException notYet) {
            return false;
        }
    }

    /** So that the above can fail: more than PIPE_BUF bytes are mixed, sooner or later. */
    @ParameterizedTest
    @EnumSource
    void whatIsLongerIsMixedWithWhatOthersWrite(Kind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            fcntl(number(pipe.sink()), F_SETPIPE_SZ, PAGE);
            Await.until(() -> {
                try {
                    Running<Void> longer = writer(kind, pipe, "a", 3 * PAGE);
                    Running<Void> shorter = writer(kind, pipe, "b", PAGE);
                    MemorySegment all = MemorySegment.ofArray(new byte[4 * PAGE]);
                    pipe.source().readFully(all);
                    longer.get();
                    shorter.get();
                    return text(all, 4 * PAGE).matches("a+b+a+");
                } catch (Exception failure) {
                    throw new AssertionError(failure);
                }
            });
        }
    }

    private static Running<Void> writer(Kind kind, Pipe pipe, String letter, int count) {
        Running<Void> writer = kind.start(() -> {
            write(pipe, letter.repeat(count));
            return null;
        });
        awaitTrue(() -> writer.result().isDone() || available(pipe) == PAGE);
        return writer;
    }

    private static int available(Pipe pipe) {
        try {
            return pipe.source().available();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    // Several readers.

    /** Though each asked for more than a record. Packets are what helps. */
    @ParameterizedTest
    @EnumSource
    void aRecordIsCutBetweenTwoReadersAndAPacketIsNot(Kind kind) throws Exception {
        try (Pipe bytes = Pipe.create();
                Pipe packets = Pipe.createWithPackets()) {
            for (String record : List.of("first record.", "second record", "third record.")) {
                kind.run(() -> bytes.sink().write(text(record)));
                kind.run(() -> packets.sink().write(text(record)));
            }
            assertThat(kind.run(() -> some(bytes))).isEqualTo("first record.second r");
            assertThat(kind.run(() -> some(bytes))).isEqualTo("ecordthird record.");
            assertThat(kind.run(() -> some(packets))).isEqualTo("first record.");
            assertThat(kind.run(() -> some(packets))).isEqualTo("second record");
            assertThat(kind.run(() -> some(packets))).isEqualTo("third record.");
        }
    }

    private static String some(Pipe pipe) throws Exception {
        MemorySegment into = MemorySegment.ofArray(new byte[21]);
        return text(into, pipe.source().read(into));
    }

    // Descriptors.

    @Test
    void whereNumbersAreScarceBothEndsAreMadeOrNoneAndVirtualThreadsWaitNonetheless() {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"));
        command.addAll(Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), PipeScarcity.class, 64));
        Run run = Run.command(command, Map.of());
        assertThat(run.err()).isEmpty();
        assertThat(run.output()).isEqualTo("""
                        0 free: EMFILE, then 0
                        1 free: EMFILE, then 1
                        2 free: made, then 0
                        helper and helper wait: read 7, wrote 9, with 2 and 2 descriptors
                        poller and poller wait: read 7, wrote 9, with 3 and 3 descriptors
                        taken since: 3
                        given back: 3
                        """); // all but the poller's
    }
}
