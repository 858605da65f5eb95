package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.Garbage;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class SharedMemoryArenaTest {
    static Stream<Named<Supplier<Arena>>> arenas() {
        return Stream.of(Named.of("confined", Arena::ofConfined), Named.of("shared", Arena::ofShared));
    }

    @ParameterizedTest
    @MethodSource("arenas")
    void holdsTheAttachmentUntilItIsClosed(Supplier<Arena> kind) throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(5000)) {
            MemorySegment memory;
            try (Arena arena = kind.get()) {
                memory = SharedMemory.attach(segment.id(), arena);
                memory.set(JAVA_INT, 0, 4711);
                assertThat(memory.byteSize()).isEqualTo(5000);
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            }
            assertThat(Kernel.attachCount(segment.id())).isZero();
            assertThatIllegalStateException().isThrownBy(() -> memory.get(JAVA_INT, 0));
        }
    }

    @ParameterizedTest
    @MethodSource("arenas")
    void mayHoldSeveralAttachments(Supplier<Arena> kind) throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            try (Arena arena = kind.get()) {
                MemorySegment one = SharedMemory.attach(segment.id(), arena);
                MemorySegment other = SharedMemory.attach(segment.id(), arena);
                one.set(JAVA_INT, 0, 4711);
                assertThat(other.get(JAVA_INT, 0)).isEqualTo(4711);
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(2);
            }
            assertThat(Kernel.attachCount(segment.id())).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("arenas")
    void thatIsClosedIsRefusedAndNothingStaysAttached(Supplier<Arena> kind) throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            Arena arena = kind.get();
            arena.close();
            assertThatIllegalStateException().isThrownBy(() -> SharedMemory.attach(segment.id(), arena));
            assertThat(Kernel.attachCount(segment.id())).isZero();
        }
    }

    @Test
    void ofAnotherThreadIsRefusedAndNothingStaysAttached() throws Exception {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                Arena arena = Arena.ofConfined();
                ExecutorService executor = Executors.newSingleThreadExecutor()) {
            Future<MemorySegment> attached = executor.submit(() -> SharedMemory.attach(segment.id(), arena));
            assertThatThrownBy(attached::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(WrongThreadException.class);
            assertThat(Kernel.attachCount(segment.id())).isZero();
        }
    }

    @Test
    void thatIsConfinedKeepsOtherThreadsOut() throws Exception {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                Arena arena = Arena.ofConfined();
                ExecutorService executor = Executors.newSingleThreadExecutor()) {
            MemorySegment memory = SharedMemory.attach(segment.id(), arena);
            Future<Integer> read = executor.submit(() -> memory.get(JAVA_INT, 0));
            assertThatThrownBy(read::get).hasCauseInstanceOf(WrongThreadException.class);
        }
    }

    @Test
    void thatIsAutomaticDetachesWhenTheMemoryIsForgotten() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            forgetInAnAutomaticArena(segment);
            Garbage.collectUntil(() -> Kernel.attachCount(segment.id()) == 0);
            assertThat(Kernel.attachCount(segment.id())).isZero();
        }
    }

    private static void forgetInAnAutomaticArena(TestSegment segment) throws IOException {
        MemorySegment memory = SharedMemory.attach(segment.id(), Arena.ofAuto());
        memory.set(JAVA_INT, 0, 4711);
        assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
    }

    @Test
    void thatIsGlobalHoldsTheAttachmentUntilTheProcessEnds() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                Peer peer = Peer.java(SharedMemoryPeer.class)) {
            assertThat(peer.ask("attachForGood " + segment.id())).contains("byteSize: 4096");
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            assertThat(peer.end()).isZero();
            assertThat(Kernel.attachCount(segment.id())).isZero();
        }
    }

    @Test
    void givesReadOnlyMemoryIfAskedTo() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory =
                    SharedMemory.builder().access(Access.READ_ONLY).attach(segment.id(), arena);
            assertThat(memory.isReadOnly()).isTrue();
            assertThatThrownBy(() -> memory.set(JAVA_INT, 0, 1)).isInstanceOf(RuntimeException.class);
            assertThat(Kernel.mappings()).anyMatch(line -> line.matches(".* r--s .* " + segment.id() + " .*SYSV.*"));
        }
    }

    @Test
    void isRequired() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            assertThatNullPointerException().isThrownBy(() -> SharedMemory.attach(segment.id(), null));
            assertThatNullPointerException()
                    .isThrownBy(() -> SharedMemory.builder().attach(segment.id(), null));
            assertThat(Kernel.attachCount(segment.id())).isZero();
        }
    }

    @Test
    void staysUsableWhenThereIsNoSuchSegment() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> SharedMemory.attach(-1, arena))
                    .isInstanceOfSatisfying(
                            ErrnoException.class,
                            failure -> assertThat(failure.errno()).isEqualTo(Errno.EINVAL));
            assertThat(SharedMemory.attach(segment.id(), arena).byteSize()).isEqualTo(4096);
        }
    }
}
