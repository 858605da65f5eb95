package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who waits without being interrupted is served in the order of coming. */
@ExtendWith(LeakCheck.class)
class SemaphoreOrderTest {
    private static final int WAITERS = 12;
    private static final Duration LONG = Duration.ofMinutes(1);

    @Test
    void platformThreadsAreServedAsTheyCame() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(0);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            Queue<Integer> served = new ConcurrentLinkedQueue<>();
            for (int number = 0; number < WAITERS; number++) {
                int name = number;
                TestSemaphores.start(ThreadKind.PLATFORM, () -> {
                    // Waits without a limit and with one stand in the same queue of the kernel.
                    if (name % 2 == 0) {
                        semaphore.acquire();
                    } else {
                        assertThat(semaphore.tryAcquire(LONG)).isTrue();
                    }
                    served.add(name);
                });
                one.awaitWaiters(0, number + 1);
            }
            releaseOneByOne(semaphore, served);
            assertThat(served).containsExactlyElementsOf(firstToLast());
            assertThat(one.values()).containsExactly(0);
        }
    }

    @Test
    void thoseOfSeveralObjectsAreServedAsTheyCame() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(0)) {
            Queue<Integer> served = new ConcurrentLinkedQueue<>();
            List<ProcessSemaphore> objects = new ArrayList<>();
            for (int number = 0; number < WAITERS; number++) {
                int name = number;
                ProcessSemaphore own = ProcessSemaphore.open(one.id());
                objects.add(own);
                // Of each object one virtual thread at most, which then waits in the kernel too.
                TestSemaphores.start(name % 3 == 0 ? ThreadKind.VIRTUAL : ThreadKind.PLATFORM, () -> {
                    own.acquire();
                    served.add(name);
                });
                one.awaitWaiters(0, number + 1);
            }
            releaseOneByOne(objects.getFirst(), served);
            assertThat(served).containsExactlyElementsOf(firstToLast());
        }
    }

    @Test
    void virtualThreadsAreServedAsTheyCame() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(0);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            Queue<Integer> served = new ConcurrentLinkedQueue<>();
            for (int number = 0; number < WAITERS; number++) {
                int name = number;
                Thread thread = Thread.ofVirtual().start(() -> {
                    try {
                        semaphore.acquire();
                        served.add(name);
                    } catch (Exception failure) {
                        throw new AssertionError(failure);
                    }
                });
                // The first waits in the kernel, by its helper, and the others in line behind it.
                one.awaitWaiters(0, 1);
                Await.until(() -> thread.getState() == Thread.State.WAITING);
            }
            releaseOneByOne(semaphore, served);
            assertThat(served).containsExactlyElementsOf(firstToLast());
            assertThat(one.values()).containsExactly(0);
        }
    }

    private static void releaseOneByOne(ProcessSemaphore semaphore, Queue<Integer> served) throws Exception {
        for (int number = 0; number < WAITERS; number++) {
            int before = number;
            semaphore.release();
            Await.until(() -> served.size() > before);
        }
    }

    private static List<Integer> firstToLast() {
        return IntStream.range(0, WAITERS).boxed().toList();
    }
}
