package org.chagres.waiting;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.IpcKey;
import org.chagres.Pollable;
import org.chagres.pipe.Fifo;
import org.chagres.readiness.EventCounter;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.testing.Await;

/** Virtual threads that wait for what no poll tells, more of them than there are helpers; each for another one. */
final class CapProgram {
    private static final int FIFOS = 3;

    private final Path directory;
    private final List<Fifo> fifos = new ArrayList<>();

    private CapProgram() throws Exception {
        directory = Files.createTempDirectory("chagres-cap");
        for (int i = 0; i < FIFOS; i++) {
            fifos.add(Fifo.create(directory.resolve("fifo" + i)));
        }
    }

    private interface Scenario {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        CapProgram program = new CapProgram();
        try {
            tell("readers first", () -> program.meet(Fifo::openForReading, Fifo::openForWriting));
            tell("writers first", () -> program.meet(Fifo::openForWriting, Fifo::openForReading));
            tell("a writer that comes and goes", program::meetInPassing);
            tell("FIFOs and semaphores", program::meetWithSemaphores);
            tell("a full counter and a FIFO", program::meetWithCounter);
        } finally {
            for (Fifo fifo : program.fifos) {
                fifo.remove();
            }
            Files.delete(program.directory);
        }
    }

    private static void tell(String what, Scenario scenario) {
        String ending = "good";
        try {
            scenario.run();
        } catch (Throwable failure) {
            ending = failure.toString();
        }
        System.out.println(what + ": " + ending);
    }

    private interface Opening {
        Pollable of(Fifo fifo) throws Exception;
    }

    /** All of one side wait, one with the helper and the others without, before the other side comes in reverse. */
    private void meet(Opening first, Opening second) throws Exception {
        List<Running<Pollable>> all = new ArrayList<>();
        for (Fifo fifo : fifos) {
            all.add(Running.start(() -> first.of(fifo)).untilParked());
        }
        for (Fifo fifo : fifos.reversed()) {
            all.add(Running.start(() -> second.of(fifo)));
        }
        List<Pollable> ends = new ArrayList<>();
        for (Running<Pollable> one : all) {
            ends.add(one.result());
        }
        ends.forEach(Pollable::close);
    }

    /** Whoever opens for reading has met a writer, even if that one is gone before anybody looks. */
    private void meetInPassing() throws Exception {
        List<Running<Pollable>> reading = new ArrayList<>();
        for (Fifo fifo : fifos) {
            reading.add(Running.<Pollable>start(fifo::openForReading).untilParked());
        }
        for (Fifo fifo : fifos) {
            fifo.openForWriting().close();
        }
        for (Running<Pollable> one : reading) {
            one.result().close();
        }
    }

    /** Who has the helper waits for a permit that comes from one who opens a FIFO at the cap. */
    private void meetWithSemaphores() throws Exception {
        try (ProcessSemaphore semaphore = ProcessSemaphore.create(IpcKey.PRIVATE, 0)) {
            try {
                Running<String> acquiring = Running.start(() -> {
                            semaphore.acquire();
                            return "acquired";
                        })
                        .untilParked();
                Running<String> opening = Running.start(() -> {
                            fifos.getFirst().openForReading().close();
                            semaphore.release();
                            return "released";
                        })
                        .untilParked();
                Running<Pollable> writing = Running.start(fifos.getFirst()::openForWriting);
                opening.result();
                acquiring.result();
                writing.result().close();
            } finally {
                semaphore.remove();
            }
        }
    }

    /** Who has the helper adds to a full counter; who takes from it waits at the cap before. */
    private void meetWithCounter() throws Exception {
        try (EventCounter counter = EventCounter.create()) {
            counter.add(Long.MAX_VALUE);
            counter.add(Long.MAX_VALUE);
            Running<String> adding = Running.start(() -> {
                        counter.add(5);
                        return "added";
                    })
                    .untilParked();
            Running<Long> opening = Running.start(() -> {
                        fifos.getFirst().openForWriting().close();
                        return counter.take();
                    })
                    .untilParked();
            Running<Pollable> reading = Running.start(fifos.getFirst()::openForReading);
            if (opening.result() != -2) {
                throw new AssertionError("taken was not what was there");
            }
            adding.result();
            if (counter.take() != 5) {
                throw new AssertionError("not what was added");
            }
            reading.result().close();
        }
    }

    private record Running<T>(Thread thread, FutureTask<T> task) {
        static <T> Running<T> start(Callable<T> body) {
            FutureTask<T> task = new FutureTask<>(body);
            return new Running<>(Thread.ofVirtual().start(task), task);
        }

        /** Until it has tried, and waits with or without a helper. */
        Running<T> untilParked() {
            Await.until(
                    () -> task.isDone() || Blocked.isInLine(thread) && isParked(),
                    () -> "parked, is " + thread.getState());
            if (task.isDone()) {
                throw new AssertionError("it did not wait");
            }
            return this;
        }

        private boolean isParked() {
            Thread.State state = thread.getState();
            return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
        }

        T result() throws Exception {
            return task.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }
}
