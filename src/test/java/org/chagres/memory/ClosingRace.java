package org.chagres.memory;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.chagres.IpcKey;

/**
 * Two threads close one attachment while a third copies from it, many times. In a JVM of its own, as a mistake here
 * kills it.
 */
final class ClosingRace {
    private static final int ROUNDS = 200;
    private static final int BYTES = 1 << 22;

    public static void main(String[] arguments) throws Exception {
        MemorySegment copy = MemorySegment.ofArray(new long[BYTES / Long.BYTES]);
        try (SharedMemory first = SharedMemory.create(IpcKey.PRIVATE, BYTES);
                ExecutorService executor = Executors.newFixedThreadPool(2)) {
            first.remove(); // goes with the last attachment, however this ends
            for (int round = 0; round < ROUNDS; round++) {
                SharedMemory memory = SharedMemory.open(first.id());
                CyclicBarrier together = new CyclicBarrier(3);
                Future<?> reader = executor.submit(() -> {
                    together.await();
                    while (true) {
                        copy.copyFrom(memory.segment());
                    }
                });
                Future<?> closer = executor.submit(() -> {
                    together.await();
                    memory.close();
                    return null;
                });
                together.await();
                while (memory.isOpen()) {
                    Thread.onSpinWait();
                }
                memory.close();
                closer.get();
                try {
                    reader.get();
                } catch (ExecutionException ended) {
                    if (!(ended.getCause() instanceof IllegalStateException)) {
                        throw ended;
                    }
                }
            }
        }
        System.out.println("survived");
    }
}
