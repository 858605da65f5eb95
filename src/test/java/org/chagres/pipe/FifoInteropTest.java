package org.chagres.pipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.pipe.TestFifos.*;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.FutureTask;
import org.chagres.testing.Await;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** FIFOs with programs that are not Java at the other end. */
@ExtendWith(LeakCheck.class)
class FifoInteropTest {
    private static final String TEXT = "Gamboa\n".repeat(30_000); // more than fits

    /** Copies what it reads to the other FIFO, in capitals. */
    private static final String C_PEER = """
            #include <ctype.h>
            #include <fcntl.h>
            #include <stdio.h>
            #include <unistd.h>

            int main(int argc, char **argv) {
                char bytes[1000];
                int in = open(argv[1], O_RDONLY);
                int out = open(argv[2], O_WRONLY);
                if (in < 0 || out < 0) {
                    perror("open");
                    return 1;
                }
                for (ssize_t count; (count = read(in, bytes, sizeof bytes)) > 0;) {
                    for (ssize_t i = 0; i < count; i++) {
                        bytes[i] = toupper(bytes[i]);
                    }
                    if (write(out, bytes, count) != count) {
                        perror("write");
                        return 1;
                    }
                }
                return close(in) + close(out);
            }
            """;

    private static final String PYTHON_PEER = """
            import os, sys
            if not os.path.exists(sys.argv[2]):
                os.mkfifo(sys.argv[2], 0o600)
            with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as sink:
                for line in source:
                    sink.write(line.upper())
            """;

    @TempDir
    Path folder;

    private Path path;

    @BeforeEach
    void name() {
        path = folder.resolve("fifo");
    }

    /** Made by them or by us. */
    private Fifo fifo(boolean byMkfifo) throws Exception {
        if (byMkfifo) {
            Run.command("mkfifo", path.toString()).output();
            return Fifo.open(path);
        }
        return Fifo.create(path);
    }

    private static FutureTask<String> reads(ThreadKind kind, Fifo fifo) {
        return kind.start(() -> {
            try (PipeSource source = fifo.openForReading()) {
                return readAll(source);
            }
        });
    }

    private static FutureTask<Void> writes(ThreadKind kind, Fifo fifo) {
        return kind.start(() -> {
            try (PipeSink sink = fifo.openForWriting()) {
                write(sink, TEXT);
            }
            return null;
        });
    }

    @ParameterizedTest
    @CsvSource({"true, PLATFORM", "true, VIRTUAL", "false, PLATFORM", "false, VIRTUAL"})
    void catReadsWhatWeWrite(boolean byMkfifo, ThreadKind kind) throws Exception {
        FutureTask<Void> writer = writes(kind, fifo(byMkfifo));
        assertThat(Run.command("sh", "-c", "cat < " + path).output()).isEqualTo(TEXT);
        get(writer);
    }

    @ParameterizedTest
    @CsvSource({"true, PLATFORM", "true, VIRTUAL", "false, PLATFORM", "false, VIRTUAL"})
    void weReadWhatCatWrites(boolean byMkfifo, ThreadKind kind) throws Exception {
        Fifo fifo = fifo(byMkfifo);
        try (Peer cat = Peer.start(List.of("sh", "-c", "exec cat > " + path))) {
            FutureTask<String> reader = reads(kind, fifo);
            cat.tell("Culebra");
            cat.tell("Cucaracha");
            assertThat(cat.end()).isZero();
            assertThat(get(reader)).isEqualTo("Culebra\nCucaracha\n");
        }
    }

    /** Who came first waits for the other. */
    @ParameterizedTest
    @EnumSource
    void aShellThatWaitsInOpenIsMet(ThreadKind kind) throws Exception {
        Fifo fifo = fifo(false);
        try (Peer reader = Peer.start(List.of("sh", "-c", "read line < " + path + "; echo \"got $line\""))) {
            awaitBlockedInOpen(reader.pid(), 1);
            get(kind.start(() -> {
                try (PipeSink sink = fifo.openForWriting()) {
                    write(sink, "Bas Obispo\n");
                }
                return null;
            }));
            assertThat(reader.hear()).isEqualTo("got Bas Obispo");
        }
    }

    @ParameterizedTest
    @EnumSource
    void rmTakesTheNameFromUnderUs(ThreadKind kind) throws Exception {
        Fifo fifo = fifo(false);
        try (PipeSource source = fifo.openForReadingNow();
                PipeSink sink = fifo.openForWriting()) {
            Run.command("rm", path.toString()).output();
            get(kind.start(() -> {
                write(sink, "without a name");
                assertThat(read(source)).isEqualTo("without a name");
                return null;
            }));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aProgramInCAnswers(ThreadKind kind) throws Exception {
        try (CProgram program = CProgram.compile(C_PEER)) {
            Fifo there = fifo(false);
            Fifo back = Fifo.create(folder.resolve("back"));
            try (Peer peer = Peer.start(program.command(there.path(), back.path()))) {
                FutureTask<Void> writer = writes(kind, there);
                assertThat(get(reads(kind, back))).isEqualTo(TEXT.toUpperCase(Locale.ROOT));
                get(writer);
                assertThat(peer.end()).isZero();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"true, PLATFORM", "false, VIRTUAL"})
    void aProgramInPythonAnswers(boolean makesOne, ThreadKind kind) throws Exception {
        Run.assumeInstalled("python3");
        Fifo there = fifo(false);
        Path back = folder.resolve("back");
        if (!makesOne) {
            Fifo.create(back);
        }
        try (Peer peer = Peer.start(List.of("python3", "-c", PYTHON_PEER, path.toString(), back.toString()))) {
            FutureTask<Void> writer = writes(kind, there);
            Await.until(() -> Files.exists(back));
            assertThat(get(reads(kind, Fifo.open(back)))).isEqualTo(TEXT.toUpperCase(Locale.ROOT));
            get(writer);
            assertThat(peer.end()).isZero();
        }
    }
}
