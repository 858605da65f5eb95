package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Mappings that nobody closes. */
@ExtendWith(LeakCheck.class)
class MappedMemoryForgottenTest {
    private static final int PAGE = PageSize.bytes();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, new byte[2 * PAGE]);
    }

    private static boolean isMapped(Path file) {
        return !AddressSpace.of(file).isEmpty();
    }

    private static void collect(Path file) {
        Garbage.collectUntil(() -> !isMapped(file));
    }

    /** The collector and the cleaner have run, as something that was forgotten later is gone. */
    private void collectSomethingElse() throws IOException {
        Path other = Files.write(folder.resolve("other"), new byte[1]);
        for (int round = 0; round < 2; round++) {
            forget(other);
            collect(other);
        }
    }

    private static void forget(Path file) throws IOException {
        MappedMemory.open(file).segment().set(JAVA_BYTE, 0, (byte) 47);
    }

    @Test
    void areUnmappedByTheCollectorAndTheFileKeepsWhatWasWritten() throws IOException {
        forget(file);
        assertThat(isMapped(file)).isTrue();
        collect(file);
        assertThat(Files.readAllBytes(file)[0]).isEqualTo((byte) 47);
    }

    @Test
    void stayWhileASliceIsInUse() throws IOException {
        MemorySegment slice = MappedMemory.builder()
                .offset(100)
                .access(Access.READ_ONLY)
                .open(file)
                .segment()
                .asSlice(PAGE, 16);
        collectSomethingElse();
        assertThat(isMapped(file)).isTrue();
        assertThat(slice.get(JAVA_BYTE, 0)).isZero();
        Reference.reachabilityFence(slice);
        slice = null;
        collect(file);
    }

    @Test
    void stayWhileABufferIsInUse() throws IOException {
        ByteBuffer buffer = MappedMemory.open(file).segment().asByteBuffer().slice(8, 8);
        collectSomethingElse();
        assertThat(isMapped(file)).isTrue();
        buffer.putInt(0, 4711);
        Reference.reachabilityFence(buffer);
        buffer = null;
        collect(file);
    }

    @Test
    void stayWhileOnlyTheObjectIsInUse() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            collectSomethingElse();
            assertThat(isMapped(file)).isTrue();
            Reference.reachabilityFence(memory);
        }
    }

    /** The segment from before a change is dead; that it goes must not take the memory along. */
    @Test
    void areNotThoseWhoseOldSegmentWasForgotten() throws IOException {
        try (MappedMemory memory = MappedMemory.open(file)) {
            memory.segment().set(JAVA_INT, 0, 4711);
            memory.protect(Access.READ_ONLY);
            memory.protect(Access.READ_WRITE);
            memory.resize(PAGE);
            memory.moveTo(AddressSpace.free());
            collectSomethingElse();
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            assertThat(AddressSpace.of(file)).hasSize(1);
            Reference.reachabilityFence(memory);
        }
    }

    @Test
    void areUnmappedWhereTheyWereMovedTo() throws IOException {
        long address = AddressSpace.free();
        moveAndForget(address);
        collect(file);
        assertThat(AddressSpace.isMapped(address)).isFalse();
    }

    private void moveAndForget(long address) throws IOException {
        MappedMemory memory = MappedMemory.open(file);
        memory.moveTo(address);
        memory.resize(PAGE);
        assertThat(AddressSpace.isMapped(address)).isTrue();
    }

    /** Were it unmapped again by the collector, it would be what is at the same address meanwhile. */
    @Test
    void areLeftAloneByTheCollectorIfTheyWereClosed() throws IOException {
        long address = AddressSpace.free();
        MappedMemory.builder().at(address).open(file).close();
        try (MappedMemory heir = MappedMemory.builder().at(address).open(file)) {
            collectSomethingElse();
            heir.segment().set(JAVA_INT, 0, 4711);
            assertThat(AddressSpace.isMapped(address)).isTrue();
            Reference.reachabilityFence(heir);
        }
    }
}
