package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import org.chagres.internal.generated.shmid_ds;
import org.chagres.testing.Garbage;
import org.junit.jupiter.api.Test;

class CallStateTest {
    /** As in {@code CallState}: the pool's slots, and one more block for each carrier that finds them empty. */
    private static final int MOST_BLOCKS_OF_VIRTUAL_THREADS = 64 + carriers();

    @Test
    void errnoIsWhereTheLinkerPutsIt() {
        StructLayout captured = Linker.Option.captureStateLayout();
        CallState state = CallState.enter();
        try {
            assertThat(captured.byteOffset(PathElement.groupElement("errno"))).isZero();
            assertThat(captured.select(PathElement.groupElement("errno"))).isInstanceOf(ValueLayout.OfInt.class);
            assertThat(state.errnoSegment().byteSize()).isGreaterThanOrEqualTo(captured.byteSize());
            assertThat(state.errnoSegment().address() % captured.byteAlignment())
                    .isZero();

            state.errnoSegment().set(ValueLayout.JAVA_INT, 0, 4711);
            assertThat(state.errno()).isEqualTo(4711);
        } finally {
            state.exit();
        }
    }

    @Test
    void scratchHoldsTheLargestStructAndStaysClearOfErrno() {
        CallState state = CallState.enter();
        try {
            MemorySegment block = state.errnoSegment();
            MemorySegment scratch = state.scratch();
            assertThat(scratch.byteSize())
                    .isGreaterThanOrEqualTo(shmid_ds.layout().byteSize());
            assertThat(scratch.address() % shmid_ds.layout().byteAlignment()).isZero();
            assertThat(scratch.address() + scratch.byteSize()).isLessThanOrEqualTo(block.address() + block.byteSize());

            block.set(ValueLayout.JAVA_INT, 0, 4711);
            scratch.fill((byte) 0x55);
            assertThat(state.errno()).isEqualTo(4711);
        } finally {
            state.exit();
        }
    }

    @Test
    void aPlatformThreadGetsTheSameBlockAgain() throws Exception {
        FutureTask<List<Long>> both = new FutureTask<>(() -> List.of(enterAndExit(), enterAndExit()));
        Thread.ofPlatform().start(both);

        assertThat(both.get().get(0)).isEqualTo(both.get().get(1));
    }

    @Test
    void platformThreadsThatLiveAtOnceHaveBlocksApart() throws Exception {
        int count = 32;
        Set<Long> blocks = ConcurrentHashMap.newKeySet();
        CountDownLatch all = new CountDownLatch(count);
        try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
            for (int i = 0; i < count; i++) {
                threads.submit(() -> {
                    blocks.add(enterAndExit());
                    all.countDown();
                    all.await();
                    return null;
                });
            }
        }
        List<Long> sorted = blocks.stream().sorted().toList();

        assertThat(sorted).hasSize(count);
        for (int i = 1; i < count; i++) {
            assertThat(sorted.get(i) - sorted.get(i - 1)).isGreaterThanOrEqualTo(256);
        }
    }

    @Test
    void aPlatformThreadsBlockGoesWithTheThread() throws Exception {
        FutureTask<WeakReference<CallState>> task = new FutureTask<>(() -> {
            CallState state = CallState.enter();
            state.exit();
            return new WeakReference<>(state);
        });
        Thread thread = Thread.ofPlatform().start(task);
        WeakReference<CallState> block = task.get();
        thread.join();

        Garbage.collectUntil(() -> block.get() == null);
    }

    @Test
    void virtualThreadsKeepNoBlock() {
        Set<Long> blocks = ConcurrentHashMap.newKeySet();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 100_000; i++) {
                threads.submit(() -> {
                    blocks.add(enterAndExit());
                    return SharedMemoryCalls.shmdt(1);
                });
            }
        }

        assertThat(blocks).isNotEmpty().hasSizeLessThanOrEqualTo(MOST_BLOCKS_OF_VIRTUAL_THREADS);
    }

    @Test
    void callsWithinACallOfAVirtualThreadHaveBlocksOfTheirOwnAndNoneIsLostOrHandedOutTwice() throws Exception {
        int more = 2 * MOST_BLOCKS_OF_VIRTUAL_THREADS; // than there are slots, so that some are left to the collector
        FutureTask<Void> task = new FutureTask<>(() -> {
            for (int round = 0; round < 3; round++) {
                List<CallState> states = new ArrayList<>();
                for (int i = 0; i < more; i++) {
                    states.add(CallState.enter());
                }
                assertThat(states.stream().map(state -> state.errnoSegment().address()))
                        .doesNotHaveDuplicates();
                states.forEach(CallState::exit);
            }
            return null;
        });
        Thread.ofVirtual().start(task);

        task.get();
    }

    private static long enterAndExit() {
        CallState state = CallState.enter();
        try {
            return state.errnoSegment().address();
        } finally {
            state.exit();
        }
    }

    private static int carriers() {
        return Integer.getInteger(
                "jdk.virtualThreadScheduler.parallelism", Runtime.getRuntime().availableProcessors());
    }
}
