package org.chagres.pipe;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.chagres.internal.syscall.DescriptorCalls.F_SETPIPE_SZ;
import static org.chagres.internal.syscall.DescriptorCalls.fcntl;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousCloseException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.chagres.ErrnoException;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;

/**
 * As many virtual threads as are asked for wait, each at a pipe of its own, every other one to write. They are let
 * through once, and the second wait of each ends in another way. Tells what was seen, a line each.
 */
final class PipeCrowd {
    private static final int PAGE = 4096;

    private final AtomicInteger waits = new AtomicInteger();
    private final AtomicInteger through = new AtomicInteger();
    private final CountDownLatch again = new CountDownLatch(1);
    private final List<One> all = new ArrayList<>();

    public static void main(String[] arguments) throws Exception {
        new PipeCrowd().run(Integer.parseInt(arguments[0]));
    }

    private void run(int count) throws Exception {
        int descriptors = Kernel.descriptors().size();
        long nativeThreads = nativeThreads();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(PAGE);
            for (int number = 0; number < count; number++) {
                all.add(new One(number, page));
            }
            awaitWaiting(count);
            System.out.println("native threads more: " + (nativeThreads() - nativeThreads));
            CountDownLatch others = new CountDownLatch(100);
            for (int i = 0; i < 100; i++) {
                Thread.startVirtualThread(others::countDown);
            }
            others.await();
            System.out.println("others ran, through: " + through);

            int right = 0;
            for (One one : all) {
                right += one.letThrough(page) ? 1 : 0;
            }
            Await.until(() -> through.get() == count, () -> "all get through, not only " + through);
            for (One one : all) {
                right += one.gotItsOwn ? 1 : 0;
                one.makeWait(page);
            }
            System.out.println("through: " + through + ", with their own bytes: " + right);
        }
        again.countDown();
        awaitWaiting(2 * count);
        all.forEach(One::endWait);
        Map<String, Integer> ends = new TreeMap<>();
        for (One one : all) {
            one.thread.join();
            ends.merge(one.end, 1, Integer::sum);
            one.pipe.close();
        }
        System.out.println("ends: " + ends);
        System.out.println("descriptors left: " + (Kernel.descriptors().size() - descriptors));
    }

    private void awaitWaiting(int count) {
        Await.until(
                () -> waits.get() == count
                        && all.stream().allMatch(one -> one.thread.getState() == Thread.State.WAITING),
                () -> count + " waits; there were " + waits);
    }

    private static long nativeThreads() {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.count();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private final class One {
        private final int number;
        private final boolean reading;
        private final Pipe pipe = Pipe.create();
        private final Thread thread;
        private volatile boolean gotItsOwn;
        private String end = "failed";

        One(int number, MemorySegment page) throws Exception {
            this.number = number;
            this.reading = number % 2 == 0;
            if (!reading) {
                fcntl(TestPipes.number(pipe.sink()), F_SETPIPE_SZ, PAGE);
            }
            makeWait(page);
            this.thread = Thread.startVirtualThread(this::waitTwice);
        }

        void makeWait(MemorySegment page) throws Exception {
            if (!reading) {
                pipe.sink().writeFully(page);
            }
        }

        private void waitTwice() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment memory = arena.allocate(JAVA_INT);
                memory.set(JAVA_INT, 0, reading ? -1 : number);
                waits.incrementAndGet();
                long count = transfer(memory);
                gotItsOwn = count == JAVA_INT.byteSize() && memory.get(JAVA_INT, 0) == number;
                through.incrementAndGet();
                again.await();
                waits.incrementAndGet();
                end = transfer(memory) + " bytes";
            } catch (AsynchronousCloseException closed) {
                end = "closed";
            } catch (ErrnoException failure) {
                end = failure.errno().toString();
            } catch (InterruptedException interrupt) {
                end = "interrupted";
            } catch (IOException failure) {
                end = failure.toString();
            }
        }

        private long transfer(MemorySegment memory) throws IOException, InterruptedException {
            return reading ? pipe.source().read(memory) : pipe.sink().write(memory);
        }

        /** Answers whether a writer wrote its own bytes. */
        boolean letThrough(MemorySegment page) throws Exception {
            MemorySegment word = page.asSlice(0, JAVA_INT.byteSize());
            if (reading) {
                word.set(JAVA_INT, 0, number);
                pipe.sink().writeFully(word);
                return true;
            }
            pipe.source().readFully(page);
            pipe.source().readFully(word);
            return word.get(JAVA_INT, 0) == number;
        }

        void endWait() {
            if (number % 3 == 0) {
                thread.interrupt();
            } else if ((number % 3 == 1) == reading) { // its own end, or the other one
                pipe.source().close();
            } else {
                pipe.sink().close();
            }
        }
    }
}
