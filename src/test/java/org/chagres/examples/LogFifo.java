package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.chagres.pipe.Fifo;
import org.chagres.pipe.PipeSink;
import org.chagres.pipe.PipeSource;

/**
 * A log that several programs write to, in Java or not: {@code LogFifo collect FIFO} makes the FIFO and prints what
 * comes, until its input ends (Ctrl-D) and the last writer has gone. {@code LogFifo write FIFO NAME TIMES} is a writer,
 * and so is {@code echo text > FIFO}.
 */
public final class LogFifo {
    private static final int PIPE_BUF = 4096;

    private LogFifo() {}

    // @start region="collect"
    static void collect(Path path, InputStream until, Consumer<String> log) throws Exception {
        Fifo fifo = Fifo.create(path);
        try (PipeSource source = fifo.openForReadingNow();
                PipeSink own = fifo.openForWriting(); // as long as it is open, the end does not come: writers may go
                BufferedReader lines = source.reader(UTF_8)) {
            Thread.ofPlatform().daemon().start(() -> closeAfter(until, own));
            log.accept("collecting from " + path);
            lines.lines().forEach(log);
        } finally {
            fifo.remove();
        }
    }
    // @end

    private static void closeAfter(InputStream until, PipeSink own) {
        try (own) {
            until.transferTo(OutputStream.nullOutputStream());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    // @start region="write"
    static void write(Path path, String name, int times) throws Exception {
        try (PipeSink sink = Fifo.open(path).openForWriting()) {
            for (int i = 1; i <= times; i++) {
                byte[] line = (name + " " + i + "\n").getBytes(UTF_8);
                if (line.length > PIPE_BUF) { // only up to there do lines of several writers stay whole
                    throw new IllegalArgumentException("a line of " + line.length + " bytes is too long");
                }
                sink.writeFully(line); // in one piece: waits until there is room for all of it
            }
        }
    }
    // @end

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        String role = arguments.length == 0 ? "" : arguments[0];
        if (role.equals("collect") && arguments.length == 2) {
            collect(Path.of(arguments[1]), System.in, System.out::println);
        } else if (role.equals("write") && arguments.length == 4) {
            write(Path.of(arguments[1]), arguments[2], Integer.parseInt(arguments[3]));
        } else {
            System.err.println("usage: LogFifo collect FIFO | write FIFO NAME TIMES");
            System.exit(2);
        }
    }
}
