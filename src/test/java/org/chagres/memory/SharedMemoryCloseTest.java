package org.chagres.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.memory.TestSegment.exists;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What close() ends, and what not. */
@ExtendWith(LeakCheck.class)
class SharedMemoryCloseTest {

    @Nested
    class Closing {
        @Test
        void detaches() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
                memory.close();
                assertThat(Kernel.attachCount(segment.id())).isZero();
                assertThat(Kernel.mappings()).noneMatch(line -> line.contains(" " + segment.id() + " "));
            }
        }

        @Test
        void detachesThisAttachmentOnly() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory stays = SharedMemory.open(segment.id())) {
                SharedMemory.open(segment.id()).close();
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
                stays.segment().set(JAVA_INT, 0, 4711);
                assertThat(stays.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }

        @Test
        void keepsTheDataForThoseWhoComeLater() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                try (SharedMemory memory = SharedMemory.open(segment.id())) {
                    memory.segment().setString(0, "still there");
                }
                try (SharedMemory memory = SharedMemory.open(segment.id())) {
                    assertThat(memory.segment().getString(0)).isEqualTo("still there");
                }
            }
        }

        @Test
        void twiceDetachesOnce() throws IOException {
            ScriptedAnswers.Answer kernel = arguments -> ScriptedAnswers.ASK_THE_KERNEL;
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                try (ScriptedAnswers detached = ScriptedAnswers.to("shmdt", kernel, kernel)) {
                    memory.close();
                    memory.close();
                    assertThat(detached.remaining()).isEqualTo(1);
                }
                assertThat(Kernel.attachCount(segment.id())).isZero();
            }
        }

        @Test
        void makesEveryUseOfTheMemoryAnException() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                MemorySegment whole = memory.segment();
                MemorySegment slice = whole.asSlice(16, 16);
                memory.close();
                assertThat(memory.isOpen()).isFalse();
                assertThatIllegalStateException().isThrownBy(() -> whole.get(JAVA_INT, 0));
                assertThatIllegalStateException().isThrownBy(() -> slice.set(JAVA_INT, 0, 1));
                assertThatIllegalStateException()
                        .isThrownBy(() -> memory.segment().fill((byte) 1));
                assertThatIllegalStateException()
                        .isThrownBy(() -> JAVA_LONG.varHandle().getAndAdd(whole, 0L, 1L));
                assertThatIllegalStateException().isThrownBy(() -> whole.toArray(JAVA_BYTE));
            }
        }

        @Test
        void makesEveryMethodThatAsksTheKernelAnException() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                memory.close();
                Set<PosixFilePermission> ownerOnly = PosixFilePermissions.fromString("rw-------");
                List<ThrowingCallable> methods = List.of(
                        memory::status,
                        memory::remove,
                        memory::lockInMemory,
                        memory::unlockFromMemory,
                        () -> memory.setOwner(0, 0),
                        () -> memory.setPermissions(ownerOnly));
                try (ScriptedAnswers untouched = ScriptedAnswers.to("shmctl", arguments -> 0)) {
                    for (ThrowingCallable method : methods) {
                        assertThatIllegalStateException()
                                .isThrownBy(method)
                                .withMessageContaining("id=" + segment.id())
                                .withMessageContaining("closed");
                    }
                    assertThat(untouched.remaining()).isEqualTo(1);
                }
                assertThat(exists(segment.id())).isTrue();
            }
        }

        @Test
        void leavesWhatTheObjectKnowsByItself() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(5000)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                memory.close();
                assertThat(memory.id()).isEqualTo(segment.id());
                assertThat(memory.byteSize()).isEqualTo(5000);
                assertThat(memory.access()).isEqualTo(Access.READ_WRITE);
                assertThat(memory.created()).isFalse();
            }
        }

        @Test
        void whileANativeCallUsesTheMemoryIsRefusedAndMayBeRepeated() throws Throwable {
            try (TestSegment segment = TestSegment.ofBytes(8)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                List<Throwable> thrown = new ArrayList<>();
                sortTwoInts(memory.segment(), () -> {
                    try {
                        memory.close();
                    } catch (IllegalStateException inUse) {
                        thrown.add(inUse);
                    }
                });
                assertThat(thrown).hasSize(1);
                assertThat(thrown.getFirst())
                        .hasMessageContaining("id=" + segment.id())
                        .hasMessageContaining("in use");
                assertThat(memory.isOpen()).isTrue();
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
                memory.close();
                assertThat(Kernel.attachCount(segment.id())).isZero();
            }
        }

        @Test
        void byAnyThreadDetaches() throws Exception {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                Thread other = Thread.ofPlatform().start(memory::close);
                other.join();
                assertThat(Kernel.attachCount(segment.id())).isZero();
                assertThatIllegalStateException()
                        .isThrownBy(() -> memory.segment().get(JAVA_INT, 0));
            }
        }

        @Test
        void bySeveralThreadsAtOnceDetachesOnceAndThrowsNowhere() throws Exception {
            int threads = 4;
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory stays = SharedMemory.open(segment.id());
                    ExecutorService executor = Executors.newFixedThreadPool(threads)) {
                for (int round = 0; round < 500; round++) {
                    SharedMemory memory = SharedMemory.open(segment.id());
                    CyclicBarrier together = new CyclicBarrier(threads);
                    Callable<Long> close = () -> {
                        together.await();
                        memory.close();
                        return Kernel.attachCount(segment.id());
                    };
                    List<Future<Long>> closers = new ArrayList<>();
                    for (int i = 0; i < threads; i++) {
                        closers.add(executor.submit(close));
                    }
                    for (Future<Long> closer : closers) {
                        assertThat(closer.get())
                                .as("attachments after close, round %d", round)
                                .isEqualTo(1);
                    }
                }
                assertThat(stays.isOpen()).isTrue();
            }
        }

        @Test
        void whileAnotherThreadReadsEndsTheReaderWithAnException() throws Exception {
            try (TestSegment segment = TestSegment.ofBytes(1 << 16);
                    ExecutorService executor = Executors.newFixedThreadPool(1)) {
                for (int round = 0; round < 100; round++) {
                    SharedMemory memory = SharedMemory.open(segment.id());
                    CyclicBarrier started = new CyclicBarrier(2);
                    Future<Object> reader = executor.submit(() -> {
                        MemorySegment read = memory.segment();
                        started.await();
                        while (true) {
                            for (long offset = 0; offset < read.byteSize(); offset += 8) {
                                JAVA_LONG.varHandle().getAndAdd(read, offset, 1L);
                            }
                        }
                    });
                    started.await();
                    memory.close();
                    assertThatThrownBy(reader::get).hasCauseInstanceOf(IllegalStateException.class);
                    assertThat(Kernel.attachCount(segment.id())).isZero();
                }
            }
        }

        @Test
        void bySeveralThreadsAtOnceWaitsForAReaderInTheMiddleOfACopy() {
            List<String> options = List.of(
                    "--enable-native-access=ALL-UNNAMED", "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null");
            Run run = Run.command(Peer.javaCommand(options, ClosingRace.class), Map.of());
            assertThat(run.output()).isEqualTo("survived\n");
        }

        /** Has {@code qsort(3)} sort two ints, which calls back once or more while it holds the memory. */
        private static void sortTwoInts(MemorySegment ints, Runnable meanwhile) throws Throwable {
            Linker linker = Linker.nativeLinker();
            MethodHandle qsort = linker.downcallHandle(
                    linker.defaultLookup().find("qsort").orElseThrow(),
                    FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS));
            MethodHandle compare = MethodHandles.dropArguments(
                    MethodHandles.filterReturnValue(
                            MethodHandles.publicLookup()
                                    .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
                                    .bindTo(meanwhile),
                            MethodHandles.constant(int.class, 0)),
                    0,
                    MemorySegment.class,
                    MemorySegment.class);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment callback =
                        linker.upcallStub(compare, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS), arena);
                qsort.invokeExact(ints, 2L, 4L, callback);
            }
        }
    }
}
