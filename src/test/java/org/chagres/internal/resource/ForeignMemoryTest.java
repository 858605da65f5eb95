package org.chagres.internal.resource;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.internal.syscall.SharedMemoryCalls;
import org.chagres.testing.Await;
import org.chagres.testing.Garbage;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * When memory goes, and how often. Most tests take memory of the JVM's and count how often it is "unmapped"; where the
 * kernel is asked, it is a System V segment.
 */
@ExtendWith(LeakCheck.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ForeignMemoryTest {
    private static final int BYTE_SIZE = 4096;

    /** Stands for what a system call gave; lives as long as the JVM, so that a test that fails harms nothing. */
    private final MemorySegment given = Arena.global().allocate(BYTE_SIZE, Long.BYTES);

    private final Unmapping unmapping = new Unmapping();
    private int id = -1;

    /** Counts, and keeps what it was called with. */
    private static final class Unmapping implements ForeignMemory.Unmap {
        private final AtomicInteger count = new AtomicInteger();
        private volatile MemorySegment last;
        private volatile Thread by;

        @Override
        public void accept(MemorySegment memory) {
            last = memory;
            by = Thread.currentThread();
            count.incrementAndGet();
        }

        int count() {
            return count.get();
        }
    }

    @AfterEach
    void removeTheSegment() {
        if (id >= 0) {
            SharedMemoryCalls.shmctl(id, SharedMemoryCalls.IPC_RMID, MemorySegment.NULL);
        }
    }

    // Our own arena.

    @Test
    void theSegmentIsTheMemoryThatWasGiven() {
        ForeignMemory memory = own(false);

        assertThat(memory.segment().address()).isEqualTo(given.address());
        assertThat(memory.segment().byteSize()).isEqualTo(BYTE_SIZE);
        assertThat(memory.segment().isReadOnly()).isFalse();
        memory.segment().set(JAVA_LONG, 8, 4711);
        assertThat(given.get(JAVA_LONG, 8)).isEqualTo(4711);
        memory.close();
    }

    @Test
    void readOnlyMemoryCannotBeWritten() {
        ForeignMemory memory = own(true);

        assertThat(memory.segment().isReadOnly()).isTrue();
        assertThatThrownBy(() -> memory.segment().set(JAVA_BYTE, 0, (byte) 1))
                .isInstanceOf(IllegalArgumentException.class);
        memory.close();
        assertThat(unmapping.count()).isOne();
    }

    @Test
    void closeUnmapsWithAddressAndSizeStillGood() {
        ForeignMemory memory = own(false);
        assertThat(memory.isOpen()).isTrue();

        memory.close();

        assertThat(memory.isOpen()).isFalse();
        assertThat(unmapping.count()).isOne();
        assertThat(unmapping.last.address()).isEqualTo(given.address());
        assertThat(unmapping.last.byteSize()).isEqualTo(BYTE_SIZE);
        assertThat(unmapping.last.scope().isAlive()).isTrue();
    }

    @Test
    void useAfterCloseIsAnException() {
        ForeignMemory memory = own(false);
        MemorySegment slice = memory.segment().asSlice(64, 8);
        ByteBuffer buffer = memory.segment().asByteBuffer();
        memory.close();

        assertThatIllegalStateException().isThrownBy(() -> memory.segment().get(JAVA_LONG, 0));
        assertThatIllegalStateException().isThrownBy(() -> slice.get(JAVA_LONG, 0));
        assertThatIllegalStateException().isThrownBy(() -> buffer.get(0));
    }

    @Test
    void aSecondCloseDoesNothing() {
        ForeignMemory memory = own(false);
        memory.close();

        assertThatCode(memory::close).doesNotThrowAnyException();
        assertThat(unmapping.count()).isOne();
    }

    @Test
    void anyThreadMayClose() throws Exception {
        ForeignMemory memory = own(false);
        Thread other = Thread.ofVirtual().start(memory::close);
        other.join();

        assertThat(memory.isOpen()).isFalse();
        assertThat(unmapping.count()).isOne();
    }

    @Test
    void closesThatRaceUnmapOnceAndNoneOfThemThrows() throws Exception {
        int closers = 4;
        try (ExecutorService threads = Executors.newFixedThreadPool(closers)) {
            CyclicBarrier together = new CyclicBarrier(closers);
            for (int round = 0; round < 500; round++) {
                Unmapping once = new Unmapping();
                ForeignMemory memory = own(false, once);
                List<Callable<Integer>> closes = new ArrayList<>();
                for (int i = 0; i < closers; i++) {
                    closes.add(() -> {
                        together.await();
                        memory.close();
                        return once.count();
                    });
                }
                for (Future<Integer> close : threads.invokeAll(closes)) {
                    assertThat(close.get()).as("unmapped when a close returned").isOne();
                }
                assertThat(once.count()).isOne();
            }
        }
    }

    /**
     * The arena's close marks the memory as closed, then waits until no thread is in the middle of an access, and only
     * then may it be unmapped. A thread in a critical native call makes that wait long enough to look.
     */
    @Test
    void aSecondCloseDoesNotUnmapWhileTheFirstStillWaitsForAnAccess() throws Exception {
        MethodHandle usleep = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().find("usleep").orElseThrow(),
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT),
                        Linker.Option.critical(false));
        for (int round = 0; round < 5; round++) {
            Unmapping unmap = new Unmapping();
            ForeignMemory memory = own(false, unmap);
            CountDownLatch ready = new CountDownLatch(1);
            FutureTask<Integer> busy = new FutureTask<>(() -> {
                ready.countDown();
                return invoke(usleep, 100_000);
            });
            Thread.ofPlatform().daemon().start(busy);
            ready.await();
            Thread first = Thread.ofPlatform().daemon().start(memory::close);
            Await.until(() -> !memory.isOpen(), "closing");

            memory.close();

            assertThat(unmap.count()).isOne();
            assertThat(unmap.by).as("who unmapped").isSameAs(first);
            first.join();
            busy.get();
        }
    }

    @Test
    void closeWhileANativeCallUsesASliceThrowsAndMayBeRepeatedAfterwards() throws Throwable {
        ForeignMemory memory = own(false);
        List<String> seen = new ArrayList<>(); // what is thrown inside would end the JVM
        duringANativeCallOn(memory.segment().asSlice(64, 16), () -> {
            try {
                memory.close();
                seen.add("closed");
            } catch (Throwable refusal) {
                seen.add(refusal.getClass().getSimpleName() + ", open " + memory.isOpen() + ", unmapped "
                        + unmapping.count());
            }
        });

        assertThat(seen).isNotEmpty().containsOnly("IllegalStateException, open true, unmapped 0");
        memory.segment().set(JAVA_LONG, 0, 4711);
        memory.close();
        assertThat(memory.isOpen()).isFalse();
        assertThat(unmapping.count()).isOne();
    }

    @Test
    void whatUnmapThrowsLeavesCloseAndItIsNotCalledAgain() {
        AtomicInteger calls = new AtomicInteger();
        ForeignMemory memory = own(false, segment -> {
            calls.incrementAndGet();
            throw new UnsupportedOperationException("on purpose");
        });

        assertThatThrownBy(memory::close)
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("on purpose");

        assertThat(memory.isOpen()).isFalse();
        assertThatCode(memory::close).doesNotThrowAnyException();
        assertThat(calls).hasValue(1);
    }

    @Test
    void theKernelDetachesWhenItIsClosed() {
        ForeignMemory memory = attached();
        assertThat(Kernel.attachCount(id)).isOne();

        memory.close();

        assertThat(Kernel.attachCount(id)).isZero();
    }

    // Retired.

    @Test
    void retiredMemoryIsDeadAndNotUnmapped() {
        ForeignMemory memory = own(false);
        MemorySegment slice = memory.segment().asSlice(64, 8);

        memory.retire();

        assertThat(memory.isOpen()).isFalse();
        assertThatIllegalStateException().isThrownBy(() -> memory.segment().get(JAVA_LONG, 0));
        assertThatIllegalStateException().isThrownBy(() -> slice.get(JAVA_LONG, 0));
        assertThat(unmapping.count()).isZero();
        memory.close();
        assertThat(unmapping.count()).isZero();
    }

    @Test
    void retiredMemoryIsNotUnmappedByTheCollector() {
        own(false).retire();

        assertSomethingElseIsCollected();
        assertThat(unmapping.count()).isZero();
    }

    @Test
    void memoryThatANativeCallUsesIsNotRetiredAndUnmappedInTheEnd() throws Throwable {
        ForeignMemory memory = own(false);
        List<String> seen = new ArrayList<>(); // what is thrown inside would end the JVM
        duringANativeCallOn(memory.segment().asSlice(64, 16), () -> {
            try {
                memory.retire();
                seen.add("retired");
            } catch (Throwable refusal) {
                seen.add(refusal.getClass().getSimpleName() + ", open " + memory.isOpen() + ", unmapped "
                        + unmapping.count());
            }
        });

        assertThat(seen).isNotEmpty().containsOnly("IllegalStateException, open true, unmapped 0");
        memory.segment().set(JAVA_LONG, 0, 4711);
        memory.close();
        assertThat(unmapping.count()).isOne();
    }

    @Test
    void memoryThatWasNotRetiredAsANativeCallUsedItIsStillUnmappedByTheCollector() throws Throwable {
        refuseToRetireAndForget();

        Garbage.collectUntil(() -> unmapping.count() > 0);
        assertSomethingElseIsCollected();
        assertThat(unmapping.count()).isOne();
    }

    private void refuseToRetireAndForget() throws Throwable {
        ForeignMemory memory = own(false);
        List<Throwable> refusals = new ArrayList<>();
        duringANativeCallOn(memory.segment().asSlice(64, 16), () -> {
            try {
                memory.retire();
            } catch (Throwable refusal) {
                refusals.add(refusal);
            }
        });
        assertThat(refusals).isNotEmpty();
    }

    // Forgotten.

    @Test
    void forgottenMemoryIsUnmappedOnce() {
        own(false);

        Garbage.collectUntil(() -> unmapping.count() > 0);
        assertSomethingElseIsCollected();
        assertThat(unmapping.count()).isOne();
    }

    @Test
    void theKernelDetachesWhatWasForgottenAndKeepsTheSegment() {
        attached();
        assertThat(Kernel.attachCount(id)).isOne();

        Garbage.collectUntil(() -> Kernel.attachCount(id) == 0);
        assertThat(Kernel.sharedMemory(id)).isPresent();
    }

    @Test
    void aSliceInUseKeepsForgottenMemoryMapped() {
        MemorySegment slice = own(true).segment().asSlice(64, 8);

        assertSomethingElseIsCollected();
        assertThat(unmapping.count()).isZero();
        assertThat(slice.scope().isAlive()).isTrue();
        Reference.reachabilityFence(slice);

        slice = null;
        Garbage.collectUntil(() -> unmapping.count() > 0);
    }

    @Test
    void aBufferInUseKeepsForgottenMemoryMapped() {
        ByteBuffer buffer = own(false).segment().asByteBuffer().slice(64, 8);

        assertSomethingElseIsCollected();
        assertThat(unmapping.count()).isZero();
        buffer.put(0, (byte) 47);
        assertThat(given.get(JAVA_BYTE, 64)).isEqualTo((byte) 47);
        Reference.reachabilityFence(buffer);

        buffer = null;
        Garbage.collectUntil(() -> unmapping.count() > 0);
    }

    @Test
    void closedMemoryIsNotUnmappedAgainByTheCollector() {
        own(false).close();

        assertSomethingElseIsCollected();
        assertThat(unmapping.count()).isOne();
    }

    @Test
    void anUnmapThatThrowsDoesNotKeepTheCollectorFromOthers() {
        own(false, segment -> {
            unmapping.accept(segment);
            throw new UnsupportedOperationException("on purpose");
        });

        Garbage.collectUntil(() -> unmapping.count() > 0);
        assertSomethingElseIsCollected();
    }

    // The caller's arena.

    @Test
    void theCallersArenaUnmapsWhenItIsClosed() {
        MemorySegment segment;
        try (Arena arena = Arena.ofConfined()) {
            segment = ForeignMemory.in(arena, given.address(), BYTE_SIZE, false, unmapping);
            assertThat(segment.address()).isEqualTo(given.address());
            assertThat(segment.byteSize()).isEqualTo(BYTE_SIZE);
            segment.set(JAVA_LONG, 0, 4711);
            assertThat(given.get(JAVA_LONG, 0)).isEqualTo(4711);
            assertThat(unmapping.count()).isZero();
        }

        assertThat(unmapping.count()).isOne();
        assertThat(unmapping.last.address()).isEqualTo(given.address());
        assertThat(unmapping.last.byteSize()).isEqualTo(BYTE_SIZE);
        assertThatIllegalStateException().isThrownBy(() -> segment.get(JAVA_LONG, 0));
    }

    @Test
    void readOnlyMemoryInTheCallersArenaCannotBeWritten() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = ForeignMemory.in(arena, given.address(), BYTE_SIZE, true, unmapping);
            assertThat(segment.isReadOnly()).isTrue();
            assertThatThrownBy(() -> segment.set(JAVA_BYTE, 0, (byte) 1)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(unmapping.count()).isOne();
    }

    @Test
    void theCollectorsArenaUnmapsWhatIsForgottenAndNotWhatIsInUse() {
        MemorySegment slice = ForeignMemory.in(Arena.ofAuto(), given.address(), BYTE_SIZE, false, unmapping)
                .asSlice(64, 8);
        assertSomethingElseIsCollected();
        assertThat(unmapping.count()).isZero();
        Reference.reachabilityFence(slice);

        slice = null;
        Garbage.collectUntil(() -> unmapping.count() > 0);
    }

    @Test
    void aClosedArenaTakesNothingAndTheMemoryIsUnmapped() {
        Arena arena = Arena.ofConfined();
        arena.close();

        assertThatIllegalStateException()
                .isThrownBy(() -> ForeignMemory.in(arena, given.address(), BYTE_SIZE, false, unmapping));
        assertThat(unmapping.count()).isOne();
        assertThat(unmapping.last.address()).isEqualTo(given.address());
        assertThat(unmapping.last.byteSize()).isEqualTo(BYTE_SIZE);
    }

    @Test
    void anotherThreadsArenaTakesNothingAndTheMemoryIsUnmapped() throws Exception {
        FutureTask<Arena> others = new FutureTask<>(Arena::ofConfined);
        Thread.ofPlatform().start(others);
        Arena arena = others.get();

        assertThatThrownBy(() -> ForeignMemory.in(arena, given.address(), BYTE_SIZE, false, unmapping))
                .isInstanceOf(WrongThreadException.class);
        assertThat(unmapping.count()).isOne();
    }

    @Test
    void theKernelDetachesWhenTheCallersArenaIsClosedOrRefuses() {
        create();
        try (Arena arena = Arena.ofConfined()) {
            SharedMemoryObject.in(arena, SharedMemoryObject.attach(id, 0, false, false), BYTE_SIZE, false);
            assertThat(Kernel.attachCount(id)).isOne();
        }
        assertThat(Kernel.attachCount(id)).isZero();

        Arena closed = Arena.ofConfined();
        closed.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> SharedMemoryObject.in(
                        closed, SharedMemoryObject.attach(id, 0, false, false), BYTE_SIZE, false));
        assertThat(Kernel.attachCount(id)).isZero();
    }

    private ForeignMemory own(boolean readOnly) {
        return own(readOnly, unmapping);
    }

    private ForeignMemory own(boolean readOnly, ForeignMemory.Unmap unmap) {
        return ForeignMemory.own(given.address(), BYTE_SIZE, readOnly, unmap, "memory of a ", "test");
    }

    private void create() {
        id = SharedMemoryCalls.shmget(0, BYTE_SIZE, SharedMemoryCalls.IPC_CREAT | 0600);
        assertThat(id).isNotNegative();
    }

    private ForeignMemory attached() {
        create();
        return SharedMemoryObject.own(SharedMemoryObject.attach(id, 0, false, false), BYTE_SIZE, false, id);
    }

    /** The proof that the collector and the cleaner have been round since this was called. */
    private void assertSomethingElseIsCollected() {
        for (int round = 0; round < 2; round++) {
            Unmapping other = new Unmapping();
            own(false, other);
            Garbage.collectUntil(() -> other.count() > 0);
        }
    }

    private static int invoke(MethodHandle function, int argument) {
        try {
            return (int) function.invokeExact(argument);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Runs something while C has the segment: {@code qsort} sorts it, and its comparison calls back. */
    private static void duringANativeCallOn(MemorySegment segment, Runnable action) throws Throwable {
        Linker linker = Linker.nativeLinker();
        FunctionDescriptor comparison = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS);
        MethodHandle compare = MethodHandles.dropArguments(
                MethodHandles.filterReturnValue(
                        MethodHandles.lookup()
                                .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
                                .bindTo(action),
                        MethodHandles.constant(int.class, 0)),
                0,
                MemorySegment.class,
                MemorySegment.class);
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle qsort = linker.downcallHandle(
                    linker.defaultLookup().find("qsort").orElseThrow(),
                    FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS));
            qsort.invokeExact(segment, 2L, 8L, linker.upcallStub(compare, comparison, arena));
        }
    }
}
