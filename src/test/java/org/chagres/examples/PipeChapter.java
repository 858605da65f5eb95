package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.chagres.pipe.Fifo;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSink;
import org.chagres.pipe.PipeSource;

/** The tour's chapter on pipes, between threads, and on FIFOs, between processes. */
final class PipeChapter implements Tour.Chapter {
    private static final int LINES = 200; // of each writer

    @Override
    public void walk(Tour tour) throws Exception {
        lines(tour);
        packets(tour);
        ends(tour);
        Path folder =
                Tour.make(() -> Files.createTempDirectory("chagres-tour"), made -> () -> Files.deleteIfExists(made));
        Path name = folder.resolve("fifo");
        Fifo fifo = Tour.make(() -> Fifo.create(name), made -> made::remove);
        meet(tour, fifo);
        opening(tour, fifo);
        collect(tour, Tour.make(() -> folder.resolve("log"), made -> () -> Files.deleteIfExists(made)));
        remove(tour, fifo);
    }

    private static void lines(Tour tour) throws Exception {
        tour.say("A pipe in this process: a platform thread prints lines, a virtual one reads them until the end.");
        try (Pipe pipe = Pipe.create()) {
            FutureTask<List<String>> reader = new FutureTask<>(() -> linesOf(pipe.source()));
            Thread.startVirtualThread(reader);
            FutureTask<String> writer = new FutureTask<>(() -> Tour.outcome(() -> greet(pipe.sink(), 3)));
            Thread.ofPlatform().start(writer);
            tour.see("writing", result(writer), "it worked");
            tour.see("read", result(reader), List.of("Good morning 1", "Good morning 2", "Good morning 3"));
        }
    }

    private static void greet(PipeSink sink, int times) {
        // @start region="print"
        try (PrintWriter out = sink.writer(UTF_8)) {
            for (int i = 1; i <= times; i++) {
                out.println("Good morning " + i);
                out.flush(); // now it is in the pipe
            }
        } // closes the pipe's end too: the reader comes to the end
        // @end
    }

    private static List<String> linesOf(PipeSource source) throws IOException {
        // @start region="lines"
        try (BufferedReader in = source.reader(UTF_8)) {
            return in.lines().toList(); // to the end
        }
        // @end
    }

    private static void packets(Tour tour) throws Exception {
        tour.say("Two writes, one read: a pipe knows no boundaries. One with packets does.");
        try (Pipe pipe = Pipe.create();
                Pipe packets = Pipe.createWithPackets()) {
            tour.see("from a pipe", twoInOne(pipe), "onetwo");
            tour.see("from one with packets", twoInOne(packets), "one");
        }
    }

    private static String twoInOne(Pipe pipe) throws Exception {
        pipe.sink().writeFully("one".getBytes(UTF_8));
        pipe.sink().writeFully("two".getBytes(UTF_8));
        byte[] bytes = new byte[100];
        return new String(bytes, 0, pipe.source().read(bytes), UTF_8);
    }

    private static void ends(Tour tour) throws Exception {
        tour.say("What else ends a wait:");
        try (Pipe pipe = Pipe.create()) {
            tour.see("the time (50 ms): bytes read", tryRead(pipe.source(), Duration.ofMillis(50)), 0L);
            tour.see("an interrupt", interrupted(Thread.ofPlatform(), pipe), "InterruptedException");
            tour.see(
                    "an interrupt, of a virtual thread", interrupted(Thread.ofVirtual(), pipe), "InterruptedException");
            tour.see("the pipe is as good as before", twoInOne(pipe), "onetwo");
            pipe.source().close();
            tour.see(
                    "writing where nobody reads", Tour.outcome(() -> pipe.sink().write(new byte[1])), "EPIPE");
        }
    }

    private static long tryRead(PipeSource source, Duration patience) throws Exception {
        return source.tryRead(MemorySegment.ofArray(new byte[1]), patience);
    }

    /** Whether it is interrupted before or in the wait: it comes to the same. */
    private static String interrupted(Thread.Builder kind, Pipe pipe) throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        FutureTask<String> reader = new FutureTask<>(() -> {
            begun.countDown();
            return Tour.outcome(() -> pipe.source().read(new byte[1]));
        });
        Thread thread = kind.start(reader);
        begun.await();
        thread.interrupt();
        return result(reader);
    }

    private static void meet(Tour tour, Fifo fifo) throws Exception {
        tour.say("This process makes a FIFO, a pipe with a name: " + fifo.path());
        Process ls = Tour.start(List.of("ls", "-l", fifo.path().toString()));
        tour.see("ls says of it", Tour.output(ls).substring(0, 10), "prw-------");

        tour.say("A program that reads, another JVM or cat. Opening waits until both are there.");
        Process reader = Tour.java(FifoPair.class, "read", fifo.path());
        FifoPair.write(fifo.path(), "one\ntwo\n");
        tour.see("the other JVM read", Tour.output(reader).replace('\n', ' '), "one two");
        Process cat = Tour.start(List.of("cat", fifo.path().toString()));
        FifoPair.write(fifo.path(), "three\n");
        tour.see("cat read", Tour.output(cat), "three");

        tour.say("A shell writes.");
        Process shell =
                Tour.start(List.of("sh", "-c", "echo four > \"$0\"", fifo.path().toString()));
        tour.see("Java reads", FifoPair.read(fifo.path()), List.of("four"));
        tour.see("the shell ends well", Tour.output(shell), "");
    }

    private static void opening(Tour tour, Fifo fifo) throws Exception {
        tour.say("Nobody is at the other end:");
        tour.see(
                "opening it for writing, for 50 ms at most",
                fifo.tryOpenForWriting(Duration.ofMillis(50)).isPresent(),
                false);
        tour.see(
                "opening it for writing at once",
                Tour.outcome(() -> fifo.openForWritingNow().close()),
                "ENXIO");
        for (Thread.Builder kind : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
            FutureTask<String> opener = new FutureTask<>(() -> Tour.outcome(fifo::openForReading));
            Thread thread = kind.start(opener);
            thread.interrupt();
            tour.see(
                    "opening it for reading, and an interrupt" + (thread.isVirtual() ? ", virtual" : ""),
                    result(opener),
                    "InterruptedException");
        }
    }

    private static void collect(Tour tour, Path name) throws Exception {
        tour.say("Another JVM collects a log from a FIFO. Two more and a shell write to it, all at once.");
        Process collector = Tour.java(LogFifo.class, "collect", name);
        BufferedReader log = collector.inputReader();
        tour.see("the collector is ready", log.readLine(), "collecting from " + name);
        List<Process> writers = new ArrayList<>();
        writers.add(Tour.java(LogFifo.class, "write", name, "one", LINES));
        writers.add(Tour.java(LogFifo.class, "write", name, "two", LINES));
        String loop = "exec > \"$0\"; i=0; while [ $i -lt " + LINES + " ]; do i=$((i + 1)); echo three $i; done";
        writers.add(Tour.start(List.of("sh", "-c", loop, name.toString())));
        for (Process writer : writers) {
            tour.see("a writer ends well", Tour.output(writer), "");
        }
        collector.getOutputStream().close(); // the end, once the last writer has gone
        List<String> lines = log.lines().toList();
        tour.see("lines", lines.size(), 3 * LINES);
        for (String writer : List.of("one", "two", "three")) {
            List<String> told = IntStream.rangeClosed(1, LINES)
                    .mapToObj(i -> writer + " " + i)
                    .toList();
            List<String> its =
                    lines.stream().filter(line -> line.startsWith(writer)).toList();
            tour.see("of writer " + writer + " all, whole and in order", its.equals(told), true);
        }
        tour.see("the collector ends well", Tour.output(collector), "");
    }

    private static void remove(Tour tour, Fifo fifo) throws Exception {
        tour.say("This process removes the FIFO.");
        fifo.remove();
        tour.see("opening it", Tour.outcome(() -> Fifo.open(fifo.path())), "ENOENT");
    }

    private static <T> T result(FutureTask<T> task) throws Exception {
        return task.get(60, TimeUnit.SECONDS);
    }
}
