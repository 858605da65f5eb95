package org.chagres.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.memory.TestMemoryFiles.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.pipe.Pipe;
import org.chagres.readiness.EventCounter;
import org.chagres.testing.Answers;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is received is looked at before it is mapped: its kind, its size, its seals. */
@ExtendWith(LeakCheck.class)
class MemoryFileTakeTest {
    private static final Path SHARED = Path.of("/dev/shm");

    /** It stays the caller's, open and as it was. */
    private static UntrustedMemoryFileException refused(Descriptor received, long byteSize, Seal... seals) {
        UntrustedMemoryFileException[] refusal = new UntrustedMemoryFileException[1];
        assertThatExceptionOfType(UntrustedMemoryFileException.class)
                .isThrownBy(() -> MemoryFile.take(received, byteSize, seals))
                .satisfies(thrown -> refusal[0] = thrown);
        assertThat(received.isOpen()).isTrue();
        return refusal[0];
    }

    @Test
    void aFileThatIsWhatWasDemandedIsTakenWithItsDescriptor() throws Exception {
        try (MemoryFile sent = MemoryFile.create("sent", 5000)) {
            sent.descriptor().writeAt(bytes("Gatun"), 0);
            sent.seal(Seal.SHRINK, Seal.GROW);
            Descriptor received = sent.descriptor().duplicate();
            try (MemoryFile taken = MemoryFile.take(received, 5000, Seal.SHRINK)) {
                assertThat(taken.descriptor()).isSameAs(received);
                assertThat(taken.name()).isEqualTo("sent");
                assertThat(taken.byteSize()).isEqualTo(5000);
                assertThat(added(taken)).containsExactlyInAnyOrder(Seal.SHRINK, Seal.GROW);
                try (MappedMemory memory = taken.map()) {
                    assertThat(memory.segment().getString(0)).isEqualTo("Gatun");
                }
            }
            assertThat(received.isOpen()).isFalse();
            assertThat(sent.isOpen()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4999, 5000})
    void aLargerFileWillDo(long byteSize) throws Exception {
        try (MemoryFile sent = MemoryFile.create("sent", 5000)) {
            assertThat(MemoryFile.take(sent.descriptor(), byteSize).byteSize()).isEqualTo(5000);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {5001, 1L << 40, Long.MAX_VALUE})
    void aSmallerFileIsRefused(long byteSize) throws Exception {
        try (MemoryFile sent = MemoryFile.create("sent", 5000)) {
            sent.seal(Seal.SHRINK);
            assertThat(refused(sent.descriptor(), byteSize, Seal.SHRINK))
                    .hasMessageContaining("5000 bytes")
                    .hasMessageContaining(Long.toString(byteSize));
        }
    }

    @Test
    void anEmptyFileIsOneOfNoBytes() throws Exception {
        try (MemoryFile sent = MemoryFile.create("", 0)) {
            assertThat(MemoryFile.take(sent.descriptor(), 0).name()).isEmpty();
            refused(sent.descriptor(), 1);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE})
    void lessThanNothingCannotBeDemanded(long byteSize) throws Exception {
        try (MemoryFile sent = MemoryFile.create("sent", 1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> MemoryFile.take(sent.descriptor(), byteSize))
                    .withMessageContaining(Long.toString(byteSize));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SEAL", "SHRINK", "GROW", "WRITE", "FUTURE_WRITE"})
    void aFileThatLacksASealIsRefused(Seal seal) throws Exception {
        try (MemoryFile sent = MemoryFile.create("sent", 1)) {
            for (Seal other : Seal.values()) {
                if (other != seal && other != Seal.SEAL && other != Seal.EXECUTABLE) {
                    sent.seal(other);
                }
            }
            assertThat(refused(sent.descriptor(), 1, Seal.values()))
                    .hasMessageContaining("lacks the seals [")
                    .hasMessageContaining(seal.name());
            refused(sent.descriptor(), 1, seal, seal);
            sent.seal(seal);
            assertThat(MemoryFile.take(sent.descriptor(), 1, seal, seal).seals())
                    .contains(seal);
        }
    }

    @Test
    void allThatLackAreNamed() throws Exception {
        try (MemoryFile sent = MemoryFile.create("sent", 1)) {
            sent.seal(Seal.GROW);
            assertThat(refused(sent.descriptor(), 1, Seal.SHRINK, Seal.GROW, Seal.WRITE))
                    .hasMessageContaining("lacks the seals [SHRINK, WRITE]");
        }
    }

    /** Who is quick may change the size while it is looked at, but not once it has the seals. */
    @Test
    void theSealsAreLookedAtBeforeTheSize() throws Exception {
        try (MemoryFile sent = MemoryFile.create("sent", 10)) {
            try (ScriptedAnswers script = ScriptedAnswers.to("fcntl", Answers.KERNEL, arguments -> {
                long answer = ScriptedAnswers.ASK_THE_KERNEL;
                resize(sent, 1);
                return answer;
            })) {
                assertThat(refused(sent.descriptor(), 10)).hasMessageContaining("1 bytes");
                assertThat(script.remaining()).isZero();
            }
        }
    }

    private static void resize(MemoryFile file, long byteSize) {
        try {
            file.resize(byteSize);
        } catch (IOException unexpected) {
            throw new AssertionError(unexpected);
        }
    }

    @Test
    void aClosedDescriptorIsRefused() throws Exception {
        MemoryFile sent = MemoryFile.create("sent", 1);
        sent.close();
        assertThatThrownBy(() -> MemoryFile.take(sent.descriptor(), 1)).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void nothingCannotBeTaken() throws Exception {
        assertThatNullPointerException().isThrownBy(() -> MemoryFile.take(null, 1));
        try (MemoryFile sent = MemoryFile.create("sent", 1)) {
            assertThatNullPointerException().isThrownBy(() -> MemoryFile.take(sent.descriptor(), 1, (Seal[]) null));
            assertThatNullPointerException().isThrownBy(() -> MemoryFile.take(sent.descriptor(), 1, (Seal) null));
            assertThat(sent.isOpen()).isTrue();
        }
    }

    @Test
    void oneThatMayOnlyBeReadIsTakenAndReadOnly() throws Exception {
        try (MemoryFile sent = MemoryFile.create("sent", 5)) {
            sent.descriptor().writeAt(bytes("Gatun"), 0);
            try (MemoryFile taken = MemoryFile.take(Descriptor.open(path(sent.descriptor())), 5);
                    MappedMemory memory = taken.map(Access.READ_ONLY)) {
                assertThat(read(memory, 5)).isEqualTo("Gatun");
                assertThatThrownBy(taken::map)
                        .hasMessageContaining(Errno.EACCES.name())
                        .hasMessageContaining("open for reading only");
                assertThatThrownBy(() -> taken.resize(1)).hasMessageContaining("EINVAL");
            }
        }
    }

    // Other kinds

    @ParameterizedTest
    @ValueSource(strings = {"/dev/null", "/dev/zero", "/proc/self/maps", "/proc/self/mem", "/"})
    void whatIsNoMemoryFileIsRefused(Path path) throws Exception {
        try (Descriptor received = Descriptor.open(path)) {
            assertThat(refused(received, 0)).hasMessageContaining("no memory file");
        }
    }

    @Test
    void endsAndCountersAreRefused() throws Exception {
        try (Pipe pipe = Pipe.create();
                EventCounter counter = EventCounter.create()) {
            refused(pipe.source().descriptor(), 0);
            refused(pipe.sink().descriptor(), 0);
            refused(counter.descriptor(), 0);
        }
    }

    @Test
    void aFileOnTheDiskIsRefused(@TempDir Path folder) throws Exception {
        Path file = Files.createDirectories(folder.resolve("memfd:x")).resolve("memfd:x");
        try (Descriptor received = Descriptor.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            refused(received, 0);
            Files.delete(file);
            refused(received, 0);
        }
    }

    /** It is of the same kind to the kernel, and has the seal against seals; its size is anybody's. */
    @Test
    void aFileOfTmpfsIsRefused() throws Exception {
        assumeTrue(Files.isWritable(SHARED), SHARED + " is not there");
        Path file = SHARED.resolve("memfd:" + ProcessHandle.current().pid());
        try (Descriptor received = Descriptor.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            received.truncate(100);
            refused(received, 100);
            refused(received, 100, Seal.SEAL);
            Files.delete(file);
            refused(received, 100);
            refused(received, 100, Seal.SEAL);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    @Test
    void posixSharedMemoryIsRefused() throws Exception {
        assumeTrue(Files.isWritable(SHARED), SHARED + " is not there");
        try (PosixSharedMemory memory =
                PosixSharedMemory.create("memfd:" + ProcessHandle.current().pid(), 100)) {
            memory.unlink();
            refused(memory.descriptor(), 100);
        }
    }
}
