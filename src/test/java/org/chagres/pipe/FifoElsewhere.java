package org.chagres.pipe;

import static org.chagres.pipe.TestFifos.*;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Await;
import org.chagres.testing.ThreadKind;

/**
 * Opens FIFOs where there is one helper, or no signal, or neither; tells what came of it, a line each. Arguments: a
 * folder, and of which kind the threads in question are.
 */
final class FifoElsewhere {
    private static final String READER = "reader";

    private final Path folder;
    private final ThreadKind kind;
    private int count;

    private FifoElsewhere(Path folder, ThreadKind kind) {
        this.folder = folder;
        this.kind = kind;
    }

    public static void main(String[] arguments) throws Exception {
        new FifoElsewhere(Path.of(arguments[0]), ThreadKind.valueOf(arguments[1])).run();
    }

    private void run() throws Exception {
        System.out.println("met: " + meet());
        // Somebody has the only helper for himself.
        Fifo busy = fifo();
        FutureTask<PipeSource> occupier = ThreadKind.VIRTUAL.start(busy::openForReading);
        Await.until(() -> blockedInOpen() > 0 || countOpen(busy.path()) > 0);
        System.out.println("met: " + meet());
        System.out.println("timed out: " + timeOut());
        System.out.println("interrupted: " + interrupted());
        System.out.println("a writer, then an interrupt: " + writerThenInterrupt());
        System.out.println("a socket: " + socket());
        boolean byTries = kind == ThreadKind.VIRTUAL
                ? Integer.getInteger("org.chagres.helpers", 64) == 1
                : Integer.getInteger("org.chagres.signal", 1) == 0;
        if (byTries) {
            System.out.println("a writer at the end of the time: " + writerAtTheEndOfTheTime());
            System.out.println("a writer come and gone: " + writerComeAndGone(busy, occupier));
        } else {
            free(busy, occupier);
        }
        System.out.println("left open: " + countOpen(folder));
        System.exit(0);
    }

    private Fifo fifo() throws IOException {
        return Fifo.create(folder.resolve("fifo" + count++));
    }

    private static void free(Fifo busy, FutureTask<PipeSource> occupier) throws Exception {
        try (PipeSink sink = busy.openForWriting();
                PipeSource source = get(occupier)) {
            write(sink, "free");
            read(source);
        }
    }

    /** Three pairs, of which the last one meets first, in both orders. */
    private String meet() throws Exception {
        List<String> met = new ArrayList<>();
        for (boolean readersFirst : List.of(true, false)) {
            List<Fifo> fifos = List.of(fifo(), fifo(), fifo());
            List<FutureTask<String>> first = fifos.stream()
                    .map(fifo -> kind.start(readersFirst ? () -> reads(fifo) : () -> writes(fifo)))
                    .toList();
            for (int i = 2; i >= 0; i--) {
                Fifo fifo = fifos.get(i);
                FutureTask<String> second = kind.start(readersFirst ? () -> writes(fifo) : () -> reads(fifo));
                met.add(get(first.get(i)) + " " + get(second));
            }
        }
        return String.join(", ", met);
    }

    private static String reads(Fifo fifo) throws Exception {
        try (PipeSource source = fifo.openForReading()) {
            return readAll(source);
        }
    }

    private static String writes(Fifo fifo) throws Exception {
        try (PipeSink sink = fifo.openForWriting()) {
            write(sink, "read");
        }
        return "written";
    }

    private String timeOut() throws Exception {
        Fifo fifo = fifo();
        Duration time = Duration.ofMillis(30);
        return get(kind.start(() -> {
            long start = System.nanoTime();
            String answer = fifo.tryOpenForReading(time) + " " + fifo.tryOpenForWriting(time);
            return answer + (System.nanoTime() - start >= 2 * time.toNanos() ? "" : ", early");
        }));
    }

    private String interrupted() throws Exception {
        List<String> ends = new ArrayList<>();
        Fifo fifo = fifo();
        for (Callable<AutoCloseable> opening :
                List.<Callable<AutoCloseable>>of(fifo::openForReading, fifo::openForWriting)) {
            long before = blockedInOpen();
            FutureTask<AutoCloseable> opener = new FutureTask<>(opening);
            Thread thread = kind.builder().start(opener);
            Await.until(() -> blockedInOpen() > before
                    || thread.getState() == Thread.State.TIMED_WAITING
                    || thread.getState() == Thread.State.WAITING);
            thread.interrupt();
            try {
                ends.add(get(opener).toString());
            } catch (ExecutionException end) {
                ends.add(end.getCause().toString());
            }
        }
        return String.join(" ", ends);
    }

    /** What the writer saw as a reader may not go away as if nobody had come. */
    private String writerThenInterrupt() throws Exception {
        int rounds = 20;
        int kept = 0;
        for (int i = 0; i < rounds; i++) {
            Fifo fifo = fifo();
            FutureTask<PipeSource> reader = new FutureTask<>(fifo::openForReading);
            Thread thread = kind.builder().start(reader);
            try (PipeSink sink = awaitReader(fifo)) {
                write(sink, "bytes");
                thread.interrupt();
            }
            try (PipeSource source = get(reader)) {
                kept += readAll(source).equals("bytes") ? 1 : 0;
            } catch (ExecutionException lost) {
                // Its bytes are.
            }
        }
        return kept + " of " + rounds + " kept";
    }

    private static PipeSink awaitReader(Fifo fifo) {
        PipeSink[] sink = new PipeSink[1];
        Await.until(() -> {
            try {
                sink[0] = fifo.openForWritingNow();
                return true;
            } catch (ErrnoException nobody) {
                return false;
            } catch (IOException failure) {
                throw new AssertionError(failure);
            }
        });
        return sink[0];
    }

    private String socket() throws Exception {
        Fifo fifo = fifo();
        fifo.remove();
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(fifo.path()));
        }
        try {
            return get(kind.start(() -> fifo.tryOpenForWriting(Duration.ofSeconds(2))))
                    .toString();
        } catch (ExecutionException refused) {
            return refused.getCause() instanceof FileSystemException other ? other.getReason() : refused.toString();
        } finally {
            Files.delete(fifo.path());
        }
    }

    /** Comes after the last regular try, and before the time is over. */
    private String writerAtTheEndOfTheTime() throws Exception {
        Fifo fifo = fifo();
        Duration time = Duration.ofMillis(200);
        PipeSink[] sink = new PipeSink[1];
        try (var script = ScriptedAnswers.toThreads(thread -> thread.getName().equals(READER), "read", arguments -> {
            elsewhere(() -> {
                sink[0] = fifo.openForWritingNow();
                write(sink[0], "bytes");
                return null;
            });
            long end = System.nanoTime() + time.toNanos();
            while (end - System.nanoTime() > 0) {
                LockSupport.parkNanos(end - System.nanoTime());
            }
            return 0; // "no writer", when it was asked
        })) {
            FutureTask<Optional<PipeSource>> reader = new FutureTask<>(() -> fifo.tryOpenForReading(time));
            kind.builder().name(READER).start(reader);
            Optional<PipeSource> opened = get(reader);
            sink[0].close();
            if (opened.isEmpty() || script.remaining() != 0) {
                return opened.isEmpty() ? "lost" : "not tried";
            }
            try (PipeSource source = opened.get()) {
                return readAll(source) + " kept";
            }
        }
    }

    /** On another thread: this one is in the middle of a wait. */
    private static void elsewhere(Callable<Void> what) {
        try {
            get(ThreadKind.PLATFORM.start(what));
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    /** All between two tries; then the helper is free to wait, and must not wait for a writer more. */
    private String writerComeAndGone(Fifo busy, FutureTask<PipeSource> occupier) throws Exception {
        Fifo fifo = fifo();
        try (var script = ScriptedAnswers.toThreads(thread -> thread.getName().equals(READER), "read", arguments -> {
            elsewhere(() -> {
                try (PipeSink sink = fifo.openForWritingNow()) {
                    write(sink, "bytes");
                }
                free(busy, occupier);
                return null;
            });
            return 0;
        })) {
            FutureTask<Optional<PipeSource>> reader =
                    new FutureTask<>(() -> fifo.tryOpenForReading(Duration.ofSeconds(5)));
            kind.builder().name(READER).start(reader);
            Optional<PipeSource> opened = get(reader);
            if (opened.isEmpty() || script.remaining() != 0) {
                return opened.isEmpty() ? "lost" : "not tried";
            }
            try (PipeSource source = opened.get()) {
                return readAll(source) + " kept";
            }
        }
    }
}
