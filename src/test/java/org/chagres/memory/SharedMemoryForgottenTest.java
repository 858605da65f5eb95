package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.chagres.testing.Garbage;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class SharedMemoryForgottenTest {

    @Test
    void isDetachedByTheCollectorAndNotRemoved() throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(4096)) {
            forget(segment);
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            collect(segment);
            assertThat(Kernel.attachCount(segment.id())).isZero();
            assertThat(Kernel.sharedMemory(segment.id()).orElseThrow().get("key"))
                    .isEqualTo(segment.key().value());
        }
    }

    @Test
    void keepsTheDataForWhoAttachesNext() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            forget(segment);
            collect(segment);
            try (SharedMemory memory = SharedMemory.open(segment.id())) {
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }
    }

    @Test
    void staysAttachedWhileItsSegmentIsInUse() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            MemorySegment inUse = SharedMemory.open(segment.id()).segment();
            collectSomethingElse();
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            inUse.set(JAVA_INT, 0, 4711);
            assertThat(inUse.get(JAVA_INT, 0)).isEqualTo(4711);
            Reference.reachabilityFence(inUse);
            inUse = null;
            collect(segment);
        }
    }

    @Test
    void staysAttachedWhileASliceIsInUse() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            MemorySegment slice = SharedMemory.open(segment.id()).segment().asSlice(1024, 16);
            collectSomethingElse();
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            slice.set(JAVA_INT, 0, 4711);
            assertThat(slice.get(JAVA_INT, 0)).isEqualTo(4711);
            Reference.reachabilityFence(slice);
            slice = null;
            collect(segment);
        }
    }

    @Test
    void staysAttachedWhileAReadOnlySegmentIsInUse() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            MemorySegment inUse = SharedMemory.builder()
                    .access(Access.READ_ONLY)
                    .open(segment.id())
                    .segment();
            collectSomethingElse();
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            assertThat(inUse.get(JAVA_INT, 0)).isZero();
            Reference.reachabilityFence(inUse);
            inUse = null;
            collect(segment);
        }
    }

    @Test
    void staysAttachedWhileABufferIsInUse() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            ByteBuffer buffer = SharedMemory.open(segment.id())
                    .segment()
                    .asByteBuffer()
                    .slice(8, 8)
                    .duplicate();
            collectSomethingElse();
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            buffer.putInt(0, 4711);
            assertThat(buffer.getInt(0)).isEqualTo(4711);
            Reference.reachabilityFence(buffer);
            buffer = null;
            collect(segment);
        }
    }

    @Test
    void staysAttachedWhileOnlyTheObjectIsInUse() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            collectSomethingElse();
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            Reference.reachabilityFence(memory);
        }
    }

    /** Were it detached again by the collector, it would be what the kernel put at the same address meanwhile. */
    @Test
    void isLeftAloneByTheCollectorIfItWasClosed() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            long address = openAndClose(segment);
            try (SharedMemory heir = SharedMemory.builder().at(address).open(segment.id())) {
                collectSomethingElse();
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
                heir.segment().set(JAVA_INT, 0, 4711);
                assertThat(heir.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }
    }

    @Test
    void isToldWithItsOriginIfAskedTo() {
        List<String> options = List.of("--enable-native-access=ALL-UNNAMED", "-Dorg.chagres.leaks=log");
        Run run = Run.command(Peer.javaCommand(options, ForgetfulProgram.class), Map.of());
        assertThat(run.status()).isZero();
        assertThat(run.err())
                .containsPattern("WARNING: shared memory id=\\d+ was never closed")
                .contains("ForgetfulProgram.forget");
    }

    @Test
    void isNotToldUnlessAskedTo() {
        List<String> options = List.of("--enable-native-access=ALL-UNNAMED");
        Run run = Run.command(Peer.javaCommand(options, ForgetfulProgram.class), Map.of());
        assertThat(run.output() + run.err()).isEmpty();
    }

    private static void forget(TestSegment segment) throws IOException {
        SharedMemory.open(segment.id()).segment().set(JAVA_INT, 0, 4711);
    }

    private static long openAndClose(TestSegment segment) throws IOException {
        long address;
        try (Arena arena = Arena.ofConfined()) {
            address = SharedMemory.attach(segment.id(), arena).address() - (1L << 36);
        }
        try (SharedMemory memory = SharedMemory.builder().at(address).open(segment.id())) {
            return memory.segment().address();
        }
    }

    private static void collect(TestSegment segment) {
        Garbage.collectUntil(() -> Kernel.attachCount(segment.id()) == 0);
    }

    /** The collector and the cleaner have run, as something that was forgotten later is gone. */
    private static void collectSomethingElse() throws IOException {
        try (TestSegment other = TestSegment.ofBytes(4096)) {
            forget(other);
            collect(other);
        }
    }
}
