package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.Descriptor;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.Redirection;
import org.chagres.StandardStream;
import org.chagres.StatusFlag;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSink;
import org.chagres.pipe.PipeSource;
import org.chagres.readiness.Epoll;
import org.chagres.readiness.EventCounter;
import org.chagres.readiness.Selection;

/** The tour's chapter on descriptors: files, duplicates, the standard streams, readiness. */
final class DescriptorChapter implements Tour.Chapter {
    private static final int PIPES = 100;

    @Override
    public void walk(Tour tour) throws Exception {
        Path folder =
                Tour.make(() -> Files.createTempDirectory("chagres-tour"), made -> () -> Files.deleteIfExists(made));
        Path file = Tour.make(() -> folder.resolve("file"), made -> () -> Files.deleteIfExists(made));
        Path out = Tour.make(() -> folder.resolve("out"), made -> () -> Files.deleteIfExists(made));
        file(tour, file);
        numbers(tour, file);
        send(tour, file);
        redirect(tour, out);
        poll(tour);
        epoll(tour);
        bell(tour);
    }

    private static void file(Tour tour, Path path) throws Exception {
        tour.say("A file, and a second descriptor for the same open file.");
        tour.see("after the second was moved to 6, the first reads", readBehind(path), "lake");
        tour.see(
                "permissions of what was created",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(path)),
                "rw-------");
    }

    private static String readBehind(Path path) throws Exception {
        byte[] word = new byte[4];
        // @start region="file"
        try (Descriptor file = Descriptor.open(path, CREATE_NEW, READ, WRITE);
                Descriptor same = file.duplicate()) {
            file.writeFully("Gatun lake".getBytes(UTF_8));
            same.setPosition(6); // of both: they are one open file
            file.readFully(word);
        }
        // @end
        return new String(word, UTF_8);
    }

    private static void numbers(Tour tour, Path path) throws Exception {
        tour.say("A descriptor is given away as a number, and taken back.");
        try (Descriptor file = Descriptor.open(path)) {
            int number = file.release();
            tour.see("the first owner", Tour.outcome(file::byteSize), "ClosedChannelException");
            try (Descriptor adopted = Descriptor.adopt(number)) {
                tour.see("the new one asks for the size", adopted.byteSize(), 10L);
            }
        }
        tour.see("number 1, the standard output", Tour.outcome(() -> Descriptor.adopt(1)), "IllegalArgumentException");
    }

    private static void send(Tour tour, Path path) throws Exception {
        tour.say("From the file to a pipe and on to another one, inside the kernel.");
        try (Descriptor file = Descriptor.open(path);
                Pipe first = Pipe.create();
                Pipe second = Pipe.create()) {
            tour.see("of the file from 6 on", file.sendFile(first.sink(), 6, 100), 4L);
            tour.see("copied, and left there", first.source().tee(second.sink(), 100), 4L);
            tour.see("moved", first.source().splice(second.sink(), 100), 4L);
            tour.see("now in the second pipe", second.source().available(), 8);

            file.setStatusFlags(Set.of(StatusFlag.APPEND));
            try (Descriptor same = file.duplicate()) {
                tour.see(
                        "flags set on one descriptor, seen on its duplicate",
                        same.statusFlags(),
                        Set.of(StatusFlag.APPEND));
            }
        }
    }

    private static void redirect(Tour tour, Path path) throws Exception {
        tour.say("For a moment, the standard output of this process goes to a file, that of a child it starts too.");
        printTo(path);
        tour.see("in the file", Files.readAllLines(path), List.of("from Java", "from a child"));
    }

    @SuppressWarnings("try") // the redirection is there, and not used
    private static void printTo(Path path) throws Exception {
        // @start region="redirect"
        try (Descriptor file = Descriptor.open(path, CREATE_NEW, WRITE);
                Redirection redirection = file.redirect(StandardStream.OUTPUT)) {
            System.out.println("from Java");
            new ProcessBuilder("echo", "from a child").inheritIO().start().waitFor();
        } // and goes again where it went before
        // @end
    }

    private static void poll(Tour tour) throws Exception {
        tour.say("Two pipes, and bytes in one of them.");
        try (Pipe quiet = Pipe.create();
                Pipe busy = Pipe.create()) {
            busy.sink().writeFully("bytes".getBytes(UTF_8));
            tour.see("ready to read is the other", ready(quiet.source(), busy.source()) == busy.source(), true);
            tour.see(
                    "and both to be written",
                    select(Set.of(busy.source()), Set.of(busy.sink(), quiet.sink()))
                            .size(),
                    2);
        }
    }

    private static Pollable ready(PipeSource one, PipeSource other) throws Exception {
        // @start region="poll"
        Set<Readiness> reading = Set.of(Readiness.READABLE);
        Map<Pollable, Set<Readiness>> ready = Pollable.poll(Map.of(one, reading, other, reading)); // waits for either
        // @end
        return ready.keySet().iterator().next();
    }

    static Set<Pollable> select(Set<Pollable> readers, Set<Pollable> writers) throws Exception {
        // @start region="select"
        Selection ready = Selection.trySelect(readers, writers, Set.of(), Duration.ofSeconds(1));
        for (Pollable source : ready.readable()) {
            System.out.println("    to be read: " + source);
        }
        // @end
        return ready.writable();
    }

    private static void epoll(Tour tour) throws Exception {
        tour.say(PIPES + " pipes, a virtual thread writes a number into each, and one thread reads from all.");
        List<PipeSource> sources = new ArrayList<>();
        int told = 0;
        for (int i = 0; i < PIPES; i++) {
            Pipe pipe = Pipe.create();
            sources.add(pipe.source());
            int number = i;
            Thread.startVirtualThread(() -> tell(pipe.sink(), number));
            told += i;
        }
        tour.see("the sum of the numbers", sum(sources), told);
        tour.see("pipes still open", sources.stream().filter(PipeSource::isOpen).count(), 0L);
    }

    private static void tell(PipeSink sink, int number) {
        try (sink;
                Arena arena = Arena.ofConfined()) {
            sink.writeFully(arena.allocateFrom(JAVA_INT, number));
        } catch (IOException | InterruptedException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static int sum(List<PipeSource> sources) throws Exception {
        int sum = 0;
        // @start region="epoll"
        try (Epoll epoll = Epoll.create();
                Arena arena = Arena.ofConfined()) {
            for (PipeSource source : sources) {
                epoll.add(source, Set.of(Readiness.READABLE));
            }
            MemorySegment memory = arena.allocate(JAVA_INT);
            while (epoll.size() > 0) {
                for (Epoll.Event event : epoll.await()) { // those that are ready, of however many
                    PipeSource source = (PipeSource) event.source();
                    if (source.read(memory) > 0) {
                        sum += memory.get(JAVA_INT, 0);
                    } else {
                        source.close(); // the end of the bytes; it leaves the set
                    }
                }
            }
        }
        // @end
        return sum;
    }

    private static void bell(Tour tour) throws Exception {
        tour.say("A bell between threads: jobs lie in a queue of Java's, and a worker sleeps until there are some.");
        try (EventCounter bell = EventCounter.create()) {
            Queue<String> jobs = new ConcurrentLinkedQueue<>();
            FutureTask<List<String>> worker = new FutureTask<>(() -> work(jobs, bell, 3));
            Thread.startVirtualThread(worker);
            for (String job : List.of("one", "two", "three")) {
                give(job, jobs, bell);
            }
            tour.see("done, in order", worker.get(60, TimeUnit.SECONDS), List.of("one", "two", "three"));
        }
    }

    // @start region="bell"
    static void give(String job, Queue<String> jobs, EventCounter bell) throws Exception {
        jobs.add(job);
        bell.add(1);
    }

    static List<String> work(Queue<String> jobs, EventCounter bell, int times) throws Exception {
        List<String> done = new ArrayList<>();
        while (done.size() < times) {
            long rung = bell.take(); // waits; how often it was rung since the last time
            for (long i = 0; i < rung; i++) {
                done.add(jobs.remove()); // there is one: it was added before the bell was rung
            }
        }
        return done;
    }
    // @end
}
