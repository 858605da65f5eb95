package org.chagres.internal.resource;

import static org.chagres.internal.resource.OpenDescriptor.FOREVER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** As many virtual threads as are asked for each wait on a pipe of their own; another goes on meanwhile. */
final class ManyPipes {
    private ManyPipes() {}

    public static void main(String[] arguments) throws Exception {
        int count = Integer.parseInt(arguments[0]);
        List<Thread> readers = new ArrayList<>();
        List<OpenDescriptor> sinks = new ArrayList<>();
        AtomicInteger read = new AtomicInteger();
        for (int i = 0; i < count; i++) {
            long ends = DescriptorObject.pipe(false);
            OpenDescriptor source = OpenDescriptor.own((int) ends, "PipeSource");
            sinks.add(OpenDescriptor.own((int) (ends >>> 32), "PipeSink"));
            readers.add(Thread.ofVirtual().start(() -> {
                try (Arena arena = Arena.ofConfined()) {
                    read.addAndGet((int) source.read(arena.allocate(8), FOREVER));
                } catch (InterruptedException unexpected) {
                    throw new AssertionError(unexpected);
                }
                source.close();
            }));
        }
        while (readers.stream().anyMatch(reader -> reader.getState() != Thread.State.WAITING)) {
            Thread.onSpinWait();
        }
        CountDownLatch others = new CountDownLatch(100);
        for (int i = 0; i < 100; i++) {
            Thread.ofVirtual().start(others::countDown);
        }
        others.await();
        System.out.println(count + " wait, others run");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(1);
            for (OpenDescriptor sink : sinks) {
                sink.write(one, FOREVER);
                sink.close();
            }
        }
        for (Thread reader : readers) {
            reader.join();
        }
        System.out.println(read + " have read");
    }
}
