package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Answers;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files made together with their mapping. */
@ExtendWith(LeakCheck.class)
class MappedMemoryCreateTest {
    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("file");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 258, 4096, 1_000_000})
    void makesAFileOfZerosForItsOwnerThatHasItsSpace(long byteSize) throws IOException {
        try (MappedMemory memory = MappedMemory.create(file, byteSize)) {
            assertThat(memory.created()).isTrue();
            assertThat(memory.byteSize()).isEqualTo(byteSize);
            assertThat(memory.segment().toArray(JAVA_BYTE)).containsOnly(0);
            memory.segment().set(JAVA_BYTE, byteSize - 1, (byte) 47);
        }
        assertThat(Files.size(file)).isEqualTo(byteSize);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(onTheDisk()).as("bytes on the disk").isGreaterThanOrEqualTo(byteSize);
        assertThat(Files.readAllBytes(file)[(int) byteSize - 1]).isEqualTo((byte) 47);
    }

    private long onTheDisk() throws IOException {
        String sizes =
                Run.command("stat", "-c", "%b %B", file.toString()).output().strip();
        return Long.parseLong(sizes.split(" ")[0]) * Long.parseLong(sizes.split(" ")[1]);
    }

    @Test
    void givesThePermissionsAskedForLessTheUmask() throws IOException {
        MappedMemoryBuilder builder = MappedMemory.builder().permissions(PosixFilePermissions.fromString("rw-r-----"));
        builder.create(file, 1).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r-----");
    }

    @Test
    void refusesAFileThatIsThereAndLeavesItAlone() throws IOException {
        Files.writeString(file, "mine");
        ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> MappedMemory.create(file, 4096));
        assertThat(failure.errno()).isEqualTo(Errno.EEXIST);
        assertThat(failure).hasMessageContaining(file.toString());
        assertThat(Files.readString(file)).isEqualTo("mine");
    }

    @ParameterizedTest
    @EnumSource
    void mapsAsItWasAskedTo(Access access) throws IOException {
        try (MappedMemory memory = MappedMemory.builder().access(access).create(file, 5000)) {
            assertThat(memory.access()).isEqualTo(access);
            assertThat(memory.created()).isTrue();
            assertThat(AddressSpace.of(file)).hasSize(1);
        }
        assertThat(Files.size(file)).isEqualTo(5000);
    }

    @Test
    void mapsAPartOfWhatItCreatesIfAskedTo() throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().offset(5000).byteSize(10).create(file, 10_000)) {
            assertThat(memory.byteSize()).isEqualTo(10);
            memory.segment().set(JAVA_BYTE, 9, (byte) 1);
        }
        assertThat(Files.readAllBytes(file)[5009]).isEqualTo((byte) 1);
    }

    @Test
    void removesTheFileAgainIfItCannotBeMapped() throws IOException {
        assertThatThrownBy(() -> MappedMemory.builder().offset(10).create(file, 10))
                .isInstanceOf(EOFException.class);
        assertThat(file).doesNotExist();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MappedMemory.builder().hugePages().create(file, 10));
        assertThat(file).doesNotExist();
        try (MappedMemory there = MappedMemory.anonymous(1)) {
            long address = there.segment().address();
            assertThatThrownBy(() -> MappedMemory.builder().at(address).openOrCreate(file, 10))
                    .isInstanceOf(ErrnoException.class);
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void removesTheFileAgainIfThereIsNoSpace() {
        try (ScriptedAnswers full = ScriptedAnswers.to("fallocate", Answers.refusing(Errno.ENOSPC))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> MappedMemory.create(file, 10));
            assertThat(failure.errno()).isEqualTo(Errno.ENOSPC);
            assertThat(full.remaining()).isZero();
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void ofMoreThanAnyDiskHasIsTheKernelsNumberAndLeavesNothing() {
        ErrnoException failure =
                catchThrowableOfType(ErrnoException.class, () -> MappedMemory.create(file, Long.MAX_VALUE));
        assertThat(failure.errno()).isIn(Errno.EFBIG, Errno.ENOSPC);
        assertThat(file).doesNotExist();
    }

    @Test
    void tellsWhereThereIsNoFolder() {
        ErrnoException failure = catchThrowableOfType(
                ErrnoException.class,
                () -> MappedMemory.create(folder.resolve("none").resolve("file"), 10));
        assertThat(failure.errno()).isEqualTo(Errno.ENOENT);
        ErrnoException both = catchThrowableOfType(
                ErrnoException.class,
                () -> MappedMemory.openOrCreate(folder.resolve("none").resolve("file"), 10));
        assertThat(both.errno()).isEqualTo(Errno.ENOENT);
    }

    @Test
    void openOrCreateCreatesOnceAndOpensAfterwards() throws IOException {
        try (MappedMemory first = MappedMemory.openOrCreate(file, 4096);
                MappedMemory second = MappedMemory.openOrCreate(file, 4096)) {
            assertThat(first.created()).isTrue();
            assertThat(second.created()).isFalse();
            first.segment().set(JAVA_INT, 0, 4711);
            assertThat(second.segment().get(JAVA_INT, 0)).isEqualTo(4711);
        }
    }

    @Test
    void openOrCreateMakesAShorterFileLongerAndKeepsWhatIsInIt() throws IOException {
        Files.write(file, new byte[] {1, 2, 3});
        try (MappedMemory memory = MappedMemory.openOrCreate(file, 10_000)) {
            assertThat(memory.created()).isFalse();
            assertThat(memory.byteSize()).isEqualTo(10_000);
            assertThat(memory.segment().asSlice(0, 4).toArray(JAVA_BYTE)).containsExactly(1, 2, 3, 0);
        }
        assertThat(onTheDisk()).isGreaterThanOrEqualTo(10_000);
    }

    @Test
    void openOrCreateMapsAllOfALongerFile() throws IOException {
        Files.write(file, new byte[5000]);
        try (MappedMemory memory = MappedMemory.openOrCreate(file, 10)) {
            assertThat(memory.byteSize()).isEqualTo(5000);
        }
        assertThat(Files.size(file)).isEqualTo(5000);
    }

    @Test
    void openOrCreateGivesUpOnALinkToNowhere() throws IOException {
        Files.createSymbolicLink(file, folder.resolve("nowhere"));
        ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> MappedMemory.openOrCreate(file, 10));
        assertThat(failure.errno()).isEqualTo(Errno.ENOENT);
    }

    /** Also: whoever comes second sees all of the file, never one that is still empty. */
    @Test
    void ofSeveralThatOpenOrCreateAtOnceOneCreates() throws Exception {
        int threads = 4;
        for (int round = 0; round < 30; round++) {
            Path contested = folder.resolve("contested" + round);
            CyclicBarrier together = new CyclicBarrier(threads);
            List<FutureTask<Boolean>> tasks = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                tasks.add(ThreadKind.PLATFORM.start(() -> {
                    together.await();
                    try (MappedMemory memory = MappedMemory.openOrCreate(contested, 8192)) {
                        assertThat(memory.segment().get(JAVA_BYTE, 8191)).isZero();
                        return memory.created();
                    }
                }));
            }
            int creators = 0;
            for (FutureTask<Boolean> task : tasks) {
                creators += task.get() ? 1 : 0;
            }
            assertThat(creators).isOne();
        }
    }

    @Test
    void aFileOfAnotherFileSystemIsRefused() throws IOException {
        URI archive = URI.create("jar:" + folder.resolve("archive.zip").toUri());
        try (FileSystem zip = FileSystems.newFileSystem(archive, Map.of("create", "true"));
                Arena arena = Arena.ofConfined()) {
            Path inside = zip.getPath("/file");
            assertThatIllegalArgumentException().isThrownBy(() -> MappedMemory.create(inside, 10));
            assertThatIllegalArgumentException().isThrownBy(() -> MappedMemory.openOrCreate(inside, 10));
            assertThatIllegalArgumentException().isThrownBy(() -> MappedMemory.open(inside));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> MappedMemory.builder().open(inside, arena));
        }
    }
}
