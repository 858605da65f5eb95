package org.chagres;

import static java.nio.charset.StandardCharsets.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.Mover.*;

import java.io.BufferedReader;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Scanner;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.chagres.pipe.Fifo;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSource;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Text through a pipe, line by line and by patterns, in Java and to and from other programs. */
@ExtendWith(LeakCheck.class)
class ByteTextTest {
    private static final int PIPE_BYTES = 1 << 16;

    private final Pipe pipe = Pipe.create();

    @TempDir
    private Path folder;

    ByteTextTest() throws Exception {}

    @AfterEach
    void closeAll() {
        pipe.close();
    }

    static Stream<Charset> charsets() {
        return Stream.of(UTF_8, ISO_8859_1, UTF_16, UTF_16LE, Charset.forName("ISO-8859-15"));
    }

    @ParameterizedTest
    @MethodSource("charsets")
    void linesGoThroughInEachCharset(Charset charset) throws Exception {
        List<String> lines = List.of("Río Chagres", "", "Colón ".repeat(3000), "ñ", "end");
        for (ThreadKind kind : ThreadKind.values()) {
            try (Pipe used = Pipe.create()) {
                Mover<Boolean> printer = startMove(kind, () -> {
                    try (PrintWriter writer = used.sink().writer(charset)) {
                        lines.forEach(line -> writer.print(line + "\n"));
                        assertThat(writer.checkError()).isFalse();
                    }
                });
                assertThat(run(kind, () -> used.source().reader(charset).lines().toList()))
                        .isEqualTo(lines);
                printer.get();
            }
        }
    }

    @Test
    void theBytesAreThoseOfTheCharset() throws Exception {
        try (PrintWriter writer = pipe.sink().writer(UTF_8)) {
            writer.printf(Locale.ROOT, "%s=%.1f%n", "ñ", 2.5);
        }
        assertThat(pipe.source().inputStream().readAllBytes()).isEqualTo("ñ=2.5\n".getBytes(UTF_8));
    }

    @Test
    void whatTheCharsetHasNotAndWhatIsMalformedIsReplaced() throws Exception {
        PrintWriter writer = pipe.sink().writer(US_ASCII);
        writer.print("añb\n");
        writer.flush();
        assertThat(writer.checkError()).isFalse();
        pipe.sink().writeFully(new byte[] {'c', (byte) 0xff, 'd', '\n'});
        BufferedReader reader = pipe.source().reader(UTF_8);
        assertThat(reader.readLine()).isEqualTo("a?b");
        assertThat(reader.readLine()).isEqualTo("c\ufffdd");
    }

    /** A character that was cut between two writes is put together, and the last line needs no end. */
    @ParameterizedTest
    @EnumSource
    void aCharacterInTwoPartsIsOne(ThreadKind kind) throws Exception {
        byte[] bytes = "ñ".getBytes(UTF_8);
        Mover<String> reader = start(kind, () -> pipe.source().reader(UTF_8).readLine());
        pipe.sink().write(new byte[] {bytes[0]});
        Await.until(() -> available(pipe) == 0);
        reader.awaitWaiting();
        pipe.sink().write(new byte[] {bytes[1], 'x'});
        pipe.sink().close();
        assertThat(reader.get()).isEqualTo("ñx");
    }

    @ParameterizedTest
    @EnumSource
    void aLineIsThereBeforeTheNextIsWritten(ThreadKind kind) throws Exception {
        BufferedReader reader = pipe.source().reader(UTF_8);
        PrintWriter writer = pipe.sink().writer(UTF_8);
        for (int i = 0; i < 3; i++) {
            String line = "line " + i;
            Mover<String> waiting = start(kind, reader::readLine);
            waiting.awaitWaiting();
            startMove(kind, () -> {
                        writer.println(line);
                        writer.flush();
                    })
                    .get();
            assertThat(waiting.get()).isEqualTo(line);
        }
        writer.close();
        assertThat(run(kind, reader::readLine)).isNull();
    }

    @Test
    void nothingArrivesBeforeTheFlush() throws Exception {
        PrintWriter writer = pipe.sink().writer(UTF_8);
        writer.println("first");
        writer.printf("%d%n", 2);
        assertThat(pipe.source().available()).isZero();
        writer.flush();
        assertThat(pipe.source().available()).isEqualTo(8);
        writer.print("third");
        assertThat(pipe.source().available()).isEqualTo(8);
        writer.close();
        assertThat(pipe.sink().isOpen()).isFalse();
        assertThat(pipe.source().inputStream().readAllBytes()).isEqualTo("first\n2\nthird".getBytes(UTF_8));
    }

    /** What {@code fscanf} is for. */
    @ParameterizedTest
    @EnumSource
    void aScannerReadsNumbersAndWords(ThreadKind kind) throws Exception {
        Mover<String> scanner = start(kind, () -> {
            Scanner scan = new Scanner(pipe.source().reader(UTF_8)).useLocale(Locale.ROOT);
            return scan.nextInt() + "|" + scan.next() + "|" + scan.nextDouble() + "|" + scan.hasNext();
        });
        for (String part : List.of("4", "2 Gat", "un\n", " 2.5")) {
            pipe.sink().writeFully(part.getBytes(UTF_8));
        }
        pipe.sink().close();
        assertThat(scanner.get()).isEqualTo("42|Gatun|2.5|false");
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptEndsTheReadingOfALine(ThreadKind kind) throws Exception {
        BufferedReader reader = pipe.source().reader(UTF_8);
        pipe.sink().write(text("half a "));
        Mover<Boolean> reading = start(kind, () -> {
            assertThatThrownBy(reader::readLine).isInstanceOf(InterruptedIOException.class);
            return Thread.interrupted();
        });
        Await.until(() -> available(pipe) == 0);
        reading.awaitWaiting().thread().interrupt();
        assertThat(reading.get()).as("interrupted status").isTrue();
        pipe.sink().write(text("line\nnext\n"));
        assertThat(reader.readLine()).as("what had come by then is lost").isEqualTo("line");
        assertThat(reader.readLine()).isEqualTo("next");
    }

    // Errors of a print writer.

    @ParameterizedTest
    @EnumSource
    void whereNobodyReadsThePrintWriterHasAnError(ThreadKind kind) throws Exception {
        PrintWriter writer = pipe.sink().writer(UTF_8);
        writer.println("before");
        assertThat(writer.checkError()).isFalse();
        pipe.source().close();
        startMove(kind, () -> {
                    writer.println("after");
                    assertThat(writer.checkError()).isTrue();
                    assertThat(writer.checkError()).isTrue();
                    writer.close();
                    assertThat(writer.checkError()).isTrue();
                })
                .get();
        assertThat(pipe.sink().isOpen()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void afterAnInterruptThePrintWriterWritesNothingAnyMore(ThreadKind kind) throws Exception {
        pipe.sink().writeFully(new byte[PIPE_BYTES]);
        PrintWriter writer = pipe.sink().writer(UTF_8);
        Mover<Boolean> printer = start(kind, () -> {
            writer.print("lost");
            writer.flush();
            return Thread.interrupted();
        });
        printer.awaitWaiting().thread().interrupt();
        assertThat(printer.get()).as("interrupted status").isTrue();
        assertThat(pipe.sink().isOpen()).isTrue();
        pipe.source().readFully(new byte[PIPE_BYTES]);

        startMove(kind, () -> {
                    assertThat(writer.checkError()).isTrue();
                    writer.println("more");
                    writer.flush();
                    assertThat(writer.checkError()).isTrue();
                })
                .get();
        assertThat(pipe.source().available()).isZero();
        writer.close();
        assertThat(pipe.sink().isOpen()).isFalse();
        assertThat(pipe.source().read(new byte[9])).isEqualTo(-1);
    }

    @ParameterizedTest
    @EnumSource
    void afterAnInterruptInTheMiddleNothingFollowsWhatWasWritten(ThreadKind kind) throws Exception {
        PrintWriter writer = pipe.sink().writer(US_ASCII);
        Mover<Boolean> printer = start(kind, () -> {
            writer.print("x".repeat(PIPE_BYTES + 1000));
            writer.flush();
            writer.print("y".repeat(10));
            writer.flush();
            return Thread.interrupted();
        });
        printer.awaitWaiting();
        Await.until(() -> available(pipe) == PIPE_BYTES);
        printer.awaitWaiting().thread().interrupt();
        assertThat(printer.get()).isTrue();
        assertThat(writer.checkError()).isTrue();
        pipe.sink().close();
        assertThat(new String(pipe.source().inputStream().readAllBytes(), US_ASCII))
                .isEqualTo("x".repeat(PIPE_BYTES));
    }

    @Test
    void aWriterOfAClosedSinkHasAnError() throws Exception {
        PrintWriter writer = pipe.sink().writer(UTF_8);
        pipe.sink().close();
        writer.println("x");
        assertThat(writer.checkError()).isTrue();
    }

    @Test
    void nullIsRefused() {
        assertThatThrownBy(() -> pipe.sink().writer(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pipe.source().reader(null)).isInstanceOf(NullPointerException.class);
    }

    // Other programs.

    @ParameterizedTest
    @EnumSource
    void catPrintsWhatWasPrintedToItsInput(ThreadKind kind) throws Exception {
        Fifo fifo = Fifo.create(folder.resolve("in"));
        Mover<Boolean> printer = startMove(kind, () -> {
            try (PrintWriter writer = fifo.openForWriting().writer(UTF_8)) {
                IntStream.range(0, 20_000).forEach(i -> writer.print("línea " + i + "\n"));
                assertThat(writer.checkError()).isFalse();
            }
        });
        List<String> lines =
                Run.command("cat", fifo.path().toString()).output().lines().toList();
        printer.get();
        assertThat(lines)
                .isEqualTo(
                        IntStream.range(0, 20_000).mapToObj(i -> "línea " + i).toList());
        fifo.remove();
    }

    /** Two FIFOs: what goes in by one comes out sorted by the other. */
    @ParameterizedTest
    @EnumSource
    void sortAnswersOnceItsInputIsClosed(ThreadKind kind) throws Exception {
        Fifo toSort = Fifo.create(folder.resolve("in"));
        Fifo sorted = Fifo.create(folder.resolve("out"));
        try (Peer sort = startProgram("sort", "-n")) {
            List<String> lines = run(kind, () -> {
                PrintWriter writer = toSort.openForWriting().writer(US_ASCII);
                try (PipeSource source = sorted.openForReading()) {
                    IntStream.of(7, 30, 1, 12).forEach(writer::println);
                    writer.close();
                    return source.reader(US_ASCII).lines().toList();
                }
            });
            assertThat(lines).containsExactly("1", "7", "12", "30");
            assertThat(sort.end()).isZero();
        }
        toSort.remove();
        sorted.remove();
    }

    @ParameterizedTest
    @EnumSource
    void pythonAnswersLineByLine(ThreadKind kind) throws Exception {
        Run.assumeInstalled("python3");
        Fifo questions = Fifo.create(folder.resolve("in"));
        Fifo answers = Fifo.create(folder.resolve("out"));
        String program = "import sys\nfor line in iter(sys.stdin.readline, ''):"
                + " print(len(line.strip()), line.upper(), end='', flush=True)";
        try (Peer python = startProgram("python3", "-c", program)) {
            startMove(kind, () -> {
                        PrintWriter writer = questions.openForWriting().writer(UTF_8);
                        try (BufferedReader reader = answers.openForReading().reader(UTF_8)) {
                            for (String word : List.of("gatun", "miraflores", "")) {
                                writer.println(word);
                                writer.flush();
                                assertThat(reader.readLine())
                                        .isEqualTo(word.length() + " " + word.toUpperCase(Locale.ROOT));
                            }
                            writer.close();
                            assertThat(reader.readLine()).isNull();
                        }
                    })
                    .get();
            assertThat(python.end()).isZero();
        }
        questions.remove();
        answers.remove();
    }

    /** Reads from the FIFO {@code in} and prints to {@code out}. */
    private Peer startProgram(String... command) {
        List<String> words = new ArrayList<>(List.of("sh", "-c", "cd \"$0\"; exec \"$@\" <in >out", folder.toString()));
        words.addAll(List.of(command));
        return Peer.start(words);
    }

    private static int available(Pipe pipe) {
        try {
            return pipe.source().available();
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }
}
