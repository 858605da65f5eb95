package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.chagres.pipe.Fifo;
import org.chagres.pipe.PipeSink;
import org.chagres.pipe.PipeSource;

/**
 * Two programs that know nothing of each other but a name: {@code FifoPair create|write|read|remove FIFO …}. Either of
 * them can be {@code cat} instead, and {@code mkfifo} and {@code rm} do for the rest.
 */
public final class FifoPair {
    private FifoPair() {}

    // @start region="write"
    static void write(Path path, String text) throws Exception {
        try (PipeSink sink = Fifo.open(path).openForWriting()) { // waits until somebody reads
            sink.writeFully(text.getBytes(UTF_8));
        } // the reader comes to the end
    }
    // @end

    // @start region="read"
    static List<String> read(Path path) throws Exception {
        List<String> lines = new ArrayList<>();
        try (PipeSource source = Fifo.open(path).openForReading(); // waits until somebody writes
                BufferedReader reader = source.reader(UTF_8)) {
            String line = reader.readLine();
            while (line != null) { // until the last writer has closed, and all was read
                lines.add(line);
                line = reader.readLine();
            }
        }
        return lines;
    }
    // @end

    /** Runs one role; {@code write FIFO LINE…} writes each further argument as a line. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            usage();
        }
        Path path = Path.of(arguments[1]);
        switch (arguments[0]) {
            case "create" -> System.out.println("created " + Fifo.create(path));
            case "write" -> {
                List<String> lines = List.of(arguments).subList(2, arguments.length);
                write(path, String.join("\n", lines) + "\n");
            }
            case "read" -> read(path).forEach(System.out::println);
            case "remove" -> Fifo.open(path).remove();
            default -> usage();
        }
    }

    private static void usage() {
        System.err.println("usage: FifoPair create FIFO | write FIFO LINE... | read FIFO | remove FIFO");
        System.exit(2);
    }
}
