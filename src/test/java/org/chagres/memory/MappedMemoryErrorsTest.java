package org.chagres.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.testing.Answers.refusing;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.pipe.Pipe;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each condition, the number the kernel answers, and what the message must say so that its reader knows what to do. */
@ExtendWith(LeakCheck.class)
class MappedMemoryErrorsTest {
    private static final int PAGE = PageSize.bytes();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, new byte[2 * PAGE]);
    }

    private interface Action {
        void on(Path folder) throws IOException;
    }

    /** {@code file} has two pages; {@code FOLDER} stands for where it is. */
    static Stream<Arguments> conditions() {
        return Stream.of(
                arguments(
                        "open, there is no file",
                        (Action) folder -> MappedMemory.open(folder.resolve("none")),
                        "open",
                        Errno.ENOENT,
                        List.of("FOLDER/none")),
                arguments(
                        "open to read, there is no file",
                        (Action) folder ->
                                MappedMemory.builder().access(Access.READ_ONLY).open(folder.resolve("none")),
                        "open",
                        Errno.ENOENT,
                        List.of("FOLDER/none")),
                arguments("open, it is a folder", (Action) MappedMemory::open, "open", Errno.EISDIR, List.of("FOLDER")),
                arguments(
                        "open, what should be a folder is a file",
                        (Action) folder -> MappedMemory.open(folder.resolve("file", "none")),
                        "open",
                        Errno.ENOTDIR,
                        List.of("FOLDER/file/none")),
                arguments(
                        "open to read, it is a folder",
                        (Action) folder -> MappedMemory.builder()
                                .access(Access.READ_ONLY)
                                .byteSize(1)
                                .open(folder),
                        "mmap",
                        Errno.ENODEV,
                        List.of("mapping FOLDER", "SHARED READ_ONLY", "cannot be mapped")),
                arguments(
                        "open, it is a device that cannot be mapped",
                        (Action) folder -> MappedMemory.builder().byteSize(1).open(Path.of("/dev/null")),
                        "mmap",
                        Errno.ENODEV,
                        List.of("mapping /dev/null", "SHARED READ_WRITE", "cannot be mapped")),
                arguments(
                        "map, it is a pipe",
                        (Action) folder -> {
                            try (Pipe pipe = Pipe.create()) {
                                MappedMemory.builder()
                                        .access(Access.READ_ONLY)
                                        .byteSize(1)
                                        .map(pipe.source().descriptor());
                            }
                        },
                        "mmap",
                        Errno.ENODEV,
                        List.of("cannot be mapped")),
                arguments(
                        "anonymous, more than there are addresses",
                        (Action) folder -> MappedMemory.builder().noReserve().anonymous(1L << 60),
                        "mmap",
                        Errno.ENOMEM,
                        List.of("mapping " + (1L << 60) + " bytes of new memory, READ_WRITE", "max_map_count")),
                arguments(
                        "anonymous, as much as a number can tell",
                        (Action) folder -> MappedMemory.anonymous(Long.MAX_VALUE),
                        "mmap",
                        Errno.ENOMEM,
                        List.of("mapping " + Long.MAX_VALUE + " bytes of new memory")),
                arguments(
                        "create, there is no such folder",
                        (Action) folder -> MappedMemory.create(folder.resolve("none", "file"), 1),
                        "open",
                        Errno.ENOENT,
                        List.of("FOLDER/none/file")),
                arguments(
                        "openOrCreate, it is a folder",
                        (Action) folder -> MappedMemory.openOrCreate(folder, 1),
                        "open",
                        Errno.EISDIR,
                        List.of("FOLDER")));
    }

    @ParameterizedTest(name = "{0}: {3}")
    @MethodSource("conditions")
    void areToldWithTheirValues(String condition, Action action, String call, Errno errno, List<String> parts) {
        ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> action.on(folder));
        assertThat(failure).as(condition).isNotNull();
        assertThat(failure.call()).startsWith(call);
        assertThat(failure.errno()).isEqualTo(errno);
        for (String part : parts) {
            assertThat(failure.getMessage()).contains(part.replace("FOLDER", folder.toString()));
        }
        assertThat(failure.getMessage())
                .doesNotContain("\n")
                .doesNotContain("; ;")
                .doesNotEndWith("; ");
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    static Stream<Arguments> answers() {
        return Stream.of(
                arguments(Errno.EPERM, "a seal of the file"),
                arguments(Errno.EAGAIN, "RLIMIT_MEMLOCK"),
                arguments(Errno.ENOMEM, "max_map_count"),
                arguments(Errno.EEXIST, "at that address"),
                arguments(Errno.ENODEV, "cannot be mapped"),
                arguments(Errno.EOVERFLOW, "mapping"));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void ofAFileSayWhatToDo(Errno errno, String hint) {
        try (ScriptedAnswers script = ScriptedAnswers.to("mmap", refusing(errno))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> MappedMemory.open(file));
            assertThat(failure.errno()).isEqualTo(errno);
            assertThat(failure).hasMessageContaining("mapping " + file).hasMessageContaining(hint);
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void ofAKernelThatKnowsMoreNumbersArePassedOn() throws IOException {
        try (ScriptedAnswers script = ScriptedAnswers.to("mmap", refusing(4000))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> MappedMemory.open(file));
            assertThat(failure.getMessage()).contains("4000");
            assertThat(script.remaining()).isZero();
        }
        try (MappedMemory memory = MappedMemory.open(file)) {
            for (String call : List.of("mprotect", "mremap", "msync", "madvise", "mlock", "munlock", "mincore")) {
                try (ScriptedAnswers script = ScriptedAnswers.to(call, refusing(4000))) {
                    ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> byItsCall(memory, call));
                    assertThat(failure.call()).isEqualTo(call);
                    assertThat(failure.getMessage()).contains("4000").contains(memory.toString());
                    assertThat(script.remaining()).isZero();
                }
            }
        }
    }

    private static void byItsCall(MappedMemory memory, String call) throws IOException {
        switch (call) {
            case "mprotect" -> memory.protect(Access.READ_ONLY);
            case "mremap" -> memory.resize(1);
            case "msync" -> memory.flush();
            case "madvise" -> memory.advise(Advice.RANDOM);
            case "mlock" -> memory.lockInMemory();
            case "munlock" -> memory.unlockFromMemory();
            case "mincore" -> memory.residentPages();
            default -> throw new AssertionError(call);
        }
    }

    @Test
    void ofTheLookAtTheFileAreTold() {
        try (ScriptedAnswers script = ScriptedAnswers.to("syscall", refusing(Errno.EIO))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> MappedMemory.open(file));
            assertThat(failure.errno()).isEqualTo(Errno.EIO);
            assertThat(failure).hasMessageContaining("mapping " + file);
            assertThat(script.remaining()).isZero();
        }
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @Test
    void hugePagesAreNotForFilesThatHaveNone() {
        for (MappedMemoryBuilder builder : List.of(
                MappedMemory.builder().hugePages(), MappedMemory.builder().hugePages(2 << 20))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.open(file))
                    .withMessageContaining("MemoryFile.builder()");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4096, (2 << 20) - 1, 3 << 20, -(2 << 20), Long.MIN_VALUE})
    void ofHugePagesThatCannotBeTellTheSize(long pageByteSize) {
        MappedMemoryBuilder builder = MappedMemory.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.hugePages(pageByteSize))
                .withMessageContaining("not " + pageByteSize);
    }

    @Test
    void nullIsRefusedEverywhere() throws IOException {
        MappedMemoryBuilder builder = MappedMemory.builder();
        assertThatNullPointerException().isThrownBy(() -> builder.access(null)).withMessage("access");
        assertThatNullPointerException().isThrownBy(() -> builder.sharing(null));
        assertThatNullPointerException().isThrownBy(() -> builder.permissions(null));
        assertThatNullPointerException().isThrownBy(() -> MappedMemory.open(null));
        assertThatNullPointerException().isThrownBy(() -> MappedMemory.create(null, 1));
        assertThatNullPointerException().isThrownBy(() -> MappedMemory.openOrCreate(null, 1));
        assertThatNullPointerException().isThrownBy(() -> MappedMemory.map(null));
        try (MappedMemory memory = MappedMemory.open(file);
                Descriptor descriptor = Descriptor.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            assertThatNullPointerException()
                    .isThrownBy(() -> memory.protect(null))
                    .withMessage("access");
            assertThatNullPointerException().isThrownBy(() -> MappedMemory.map(descriptor, null));
            assertThat(AddressSpace.of(file)).hasSize(1);
        }
    }
}
