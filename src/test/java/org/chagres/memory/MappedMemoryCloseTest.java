package org.chagres.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The end of a mapping, and what waits for what. */
@ExtendWith(LeakCheck.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MappedMemoryCloseTest {
    private static final int PAGE = PageSize.bytes();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, new byte[2 * PAGE]);
    }

    /** The kernel's answer to a use after munmap would be a fault. */
    @Test
    void makesEachUseAnExceptionAndUnmaps() throws IOException {
        MappedMemory memory = MappedMemory.open(file);
        MemorySegment segment = memory.segment();
        MemorySegment slice = segment.asSlice(PAGE, 8);
        ByteBuffer buffer = segment.asByteBuffer();
        memory.close();
        assertThat(memory.isOpen()).isFalse();
        assertThat(AddressSpace.of(file)).isEmpty();
        assertThatIllegalStateException().isThrownBy(() -> segment.get(JAVA_INT, 0));
        assertThatIllegalStateException().isThrownBy(() -> slice.set(JAVA_INT, 0, 1));
        assertThatIllegalStateException().isThrownBy(() -> buffer.get(0));
        assertThatIllegalStateException().isThrownBy(() -> memory.segment().get(JAVA_INT, 0));
        assertThat(memory.byteSize()).isEqualTo(2L * PAGE);
        assertThat(memory.toString()).endsWith(", SHARED READ_WRITE, closed]");
        memory.close();
    }

    @Test
    void refusesEachChangeAfterwards() throws IOException {
        MappedMemory memory = MappedMemory.open(file);
        memory.close();
        List<Runnable> changes = List.of(
                () -> unchecked(() -> memory.resize(PAGE)),
                () -> unchecked(() -> memory.moveTo(0x7000_0000_0000L)),
                () -> unchecked(() -> memory.protect(Access.READ_ONLY)),
                () -> unchecked(() -> memory.protect(Access.READ_WRITE)),
                () -> unchecked(() -> memory.split(PAGE)));
        for (Runnable change : changes) {
            assertThatIllegalStateException().isThrownBy(change::run).withMessageContaining(file + " is closed");
        }
    }

    private interface Action {
        void run() throws IOException;
    }

    private static void unchecked(Action action) {
        try {
            action.run();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anyThreadMayClose(ThreadKind kind) throws Exception {
        MappedMemory memory = MappedMemory.open(file);
        kind.start(() -> {
                    memory.close();
                    return null;
                })
                .get();
        assertThat(memory.isOpen()).isFalse();
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    /** By address: were it unmapped meanwhile, the kernel would do it to whatever comes there next. */
    @Test
    void waitsForCallsInProgress() throws Exception {
        MappedMemory memory = MappedMemory.open(file);
        CountDownLatch inTheCall = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (ScriptedAnswers slow = ScriptedAnswers.toThreads(thread -> true, "msync", arguments -> {
            inTheCall.countDown();
            awaitUninterruptibly(goOn);
            return ScriptedAnswers.ASK_THE_KERNEL;
        })) {
            FutureTask<Boolean> flush = ThreadKind.PLATFORM.start(() -> {
                memory.flush();
                return true;
            });
            inTheCall.await();
            FutureTask<Boolean> close = new FutureTask<>(() -> {
                memory.close();
                return true;
            });
            Thread closer = Thread.ofPlatform().daemon().start(close);
            Await.until(() -> closer.getState() == Thread.State.WAITING, "the close, waiting");
            assertThat(AddressSpace.of(file)).hasSize(1);
            assertThat(memory.segment().get(JAVA_INT, 0)).as("still open").isZero();
            goOn.countDown();
            assertThat(flush.get()).isTrue();
            assertThat(close.get()).isTrue();
            assertThat(AddressSpace.of(file)).isEmpty();
            assertThat(slow.remaining()).isZero();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException unexpected) {
            throw new AssertionError(unexpected);
        }
    }

    /** While C has the memory nothing of it may go, and nothing that was refused may have happened. */
    @Test
    void andChangesAreRefusedWhileANativeCallUsesTheMemory() throws Throwable {
        long address = AddressSpace.free();
        try (MappedMemory memory = MappedMemory.open(file)) {
            MemorySegment old = memory.segment();
            List<String> seen = new ArrayList<>(); // what is thrown inside would end the JVM
            duringANativeCallOn(old.asSlice(PAGE, 16), () -> {
                for (Action action : List.<Action>of(
                        memory::close,
                        () -> memory.resize(PAGE),
                        () -> memory.moveTo(address),
                        () -> memory.protect(Access.NONE),
                        () -> memory.split(PAGE))) {
                    try {
                        action.run();
                        seen.add("done");
                    } catch (Throwable refusal) {
                        seen.add(refusal.getClass().getSimpleName() + ": " + refusal.getMessage());
                    }
                }
            });
            assertThat(seen)
                    .hasSizeGreaterThanOrEqualTo(5)
                    .allSatisfy(refusal -> assertThat(refusal)
                            .startsWith("IllegalStateException: " + memory + " is in use by a native call"));
            assertThat(memory.isOpen()).isTrue();
            assertThat(memory.byteSize()).isEqualTo(2L * PAGE);
            assertThat(memory.access()).isEqualTo(Access.READ_WRITE);
            assertThat(old.get(JAVA_INT, 0)).as("through the old segment").isZero();
            assertThat(AddressSpace.of(file))
                    .singleElement()
                    .satisfies(area -> assertThat(area.start()).isEqualTo(old.address()));
            assertThat(AddressSpace.isMapped(address)).isFalse();
            memory.resize(PAGE);
            memory.moveTo(address);
            assertThat(memory.segment().get(JAVA_BYTE, 0)).isZero();
        }
        assertThat(AddressSpace.of(file)).isEmpty();
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

    @Test
    void aThousandTimesFromSeveralThreadsLeavesNothing() throws Exception {
        int threads = 4;
        List<FutureTask<Long>> tasks = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int number = i;
            tasks.add(ThreadKind.PLATFORM.start(() -> {
                long sum = 0;
                for (int time = 0; time < 250; time++) {
                    try (MappedMemory shared = MappedMemory.open(file);
                            MappedMemory part = MappedMemory.builder()
                                    .offset(PAGE - 4)
                                    .sharing(Sharing.PRIVATE)
                                    .open(file);
                            MappedMemory zero =
                                    MappedMemory.builder().byteSize(PAGE).open(Path.of("/dev/zero"))) {
                        shared.segment().set(JAVA_INT, 4L * number, time);
                        part.segment().set(JAVA_INT, 4, time);
                        zero.segment().set(JAVA_INT, 0, time);
                        try (MappedMemory rest = shared.split(PAGE)) {
                            sum += shared.segment().get(JAVA_INT, 4L * number)
                                    + rest.segment().get(JAVA_INT, 0);
                        }
                    }
                }
                return sum;
            }));
        }
        for (FutureTask<Long> task : tasks) {
            assertThat(task.get()).isEqualTo(249L * 250 / 2);
        }
        assertThat(AddressSpace.areas())
                .noneMatch(area ->
                        area.name().contains(folder.toString()) || area.name().contains("/dev/zero"));
    }
}
