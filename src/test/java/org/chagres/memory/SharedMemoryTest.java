package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.IpcKey;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Using an attachment: read-only, by many threads, in words. */
@ExtendWith(LeakCheck.class)
class SharedMemoryTest {

    @Nested
    class ReadOnly {
        @Test
        void isSoForTheKernelToo() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory readOnly =
                            SharedMemory.builder().access(Access.READ_ONLY).open(segment.id());
                    SharedMemory readWrite = SharedMemory.open(segment.id())) {
                assertThat(protection(readOnly)).isEqualTo("r--s");
                assertThat(protection(readWrite)).isEqualTo("rw-s");
            }
        }

        @Test
        void throwsOnEveryWriteAndTheJvmLives() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory =
                            SharedMemory.builder().access(Access.READ_ONLY).open(segment.id())) {
                MemorySegment read = memory.segment();
                List<ThrowingCallable> writes = List.of(
                        () -> read.set(JAVA_INT, 0, 1),
                        () -> read.fill((byte) 1),
                        () -> read.setString(0, "x"),
                        () -> read.copyFrom(MemorySegment.ofArray(new int[] {1})),
                        () -> read.asSlice(8).set(JAVA_INT, 0, 1),
                        () -> JAVA_INT.varHandle().compareAndSet(read, 0L, 0, 1),
                        () -> read.asByteBuffer().put((byte) 1));
                for (ThrowingCallable write : writes) {
                    assertThatThrownBy(write).isInstanceOf(RuntimeException.class);
                }
                assertThat(read.isReadOnly()).isTrue();
                assertThat(read.toArray(JAVA_BYTE)).containsOnly(0);
            }
        }

        @Test
        void seesWhatOthersWrite() throws IOException {
            try (TestSegment segment = TestSegment.withRandomKey(4096);
                    SharedMemory writer = SharedMemory.open(segment.id());
                    SharedMemory reader =
                            SharedMemory.builder().access(Access.READ_ONLY).open(segment.key())) {
                writer.segment().set(JAVA_INT, 0, 4711);
                assertThat(reader.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                assertThat(reader.access()).isEqualTo(Access.READ_ONLY);
            }
        }

        @Test
        void holdsForWhatIsCreatedToo() throws IOException {
            SharedMemoryBuilder builder = SharedMemory.builder().access(Access.READ_ONLY);
            try (SharedMemory created = builder.create(IpcKey.PRIVATE, 4096);
                    TestSegment ofCreated = TestSegment.of(created.id());
                    SharedMemory either = builder.openOrCreate(IpcKey.random(), 4096);
                    TestSegment ofEither = TestSegment.of(either.id())) {
                assertThat(protection(created)).as("%s", ofCreated).isEqualTo("r--s");
                assertThat(protection(either)).as("%s", ofEither).isEqualTo("r--s");
                assertThat(created.segment().isReadOnly()).isTrue();
                assertThat(either.segment().isReadOnly()).isTrue();
            }
        }

        private static String protection(SharedMemory memory) {
            String address = Long.toHexString(memory.segment().address());
            return Kernel.mappings().stream()
                    .filter(line -> line.matches("0*" + address + "-.*"))
                    .map(line -> line.split(" ")[1])
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Nested
    class Threads {
        @Test
        void virtualOnesMayDoEverything() throws Exception {
            try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Integer>> tasks = new ArrayList<>();
                for (int task = 0; task < 100; task++) {
                    int number = task;
                    tasks.add(executor.submit(() -> {
                        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4096 + number);
                                TestSegment segment = TestSegment.of(memory.id());
                                SharedMemory second = SharedMemory.open(segment.id())) {
                            memory.segment().set(JAVA_INT, 0, number);
                            assertThat(memory.status().byteSize()).isEqualTo(4096 + number);
                            return second.segment().get(JAVA_INT, 0);
                        }
                    }));
                }
                for (int number = 0; number < tasks.size(); number++) {
                    assertThat(tasks.get(number).get()).isEqualTo(number);
                }
            }
        }

        @Test
        void ofAnotherMakerMayUseTheMemory() throws Exception {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                Thread.ofPlatform()
                        .start(() -> memory.segment().set(JAVA_INT, 0, 4711))
                        .join();
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }
    }

    @Nested
    class ToString {
        @Test
        void saysWhatIsAttachedAndWhetherItStillIs() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(5000)) {
                SharedMemory memory =
                        SharedMemory.builder().access(Access.READ_ONLY).open(segment.id());
                assertThat(memory).hasToString("SharedMemory[id=" + segment.id() + ", byteSize=5000, READ_ONLY]");
                memory.close();
                assertThat(memory)
                        .hasToString("SharedMemory[id=" + segment.id() + ", byteSize=5000, READ_ONLY, closed]");
            }
        }
    }
}
