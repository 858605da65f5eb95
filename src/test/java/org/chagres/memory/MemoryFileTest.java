package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.memory.TestMemoryFiles.*;
import static org.chagres.testing.Answers.refusing;

import java.io.EOFException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.FileRange;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are nothing but memory: made, mapped, resized, closed. */
@ExtendWith(LeakCheck.class)
class MemoryFileTest {

    @Nested
    class Creating {
        @Test
        void givesZerosThatCanBeSealed() throws Exception {
            try (MemoryFile file = MemoryFile.create("zeros", 5000)) {
                assertThat(file.byteSize()).isEqualTo(5000);
                assertThat(read(file.descriptor(), 6000)).isEqualTo("\0".repeat(5000));
                assertThat(added(file)).isEmpty();
                assertThat(file.isOpen()).isTrue();
            }
        }

        @Test
        void closesAtTheStartOfAnotherProgram() throws Exception {
            Run.assumeInstalled("ls");
            try (MemoryFile file = MemoryFile.create("private to us", 1)) {
                assertThat(Files.readAllLines(Path.of("/proc/self/fdinfo/" + number(file.descriptor()))))
                        .anySatisfy(line -> assertThat(line).matches("flags:\\s+02[0-7]{6}")); // O_CLOEXEC
                assertThat(Run.command("sh", "-c", "ls -l /proc/$$/fd").output())
                        .doesNotContain("private to us");
            }
        }

        @Test
        void ofTheSameNameGivesAnotherFileEachTime() throws Exception {
            try (MemoryFile one = MemoryFile.create("name", 1);
                    MemoryFile other = MemoryFile.create("name", 1)) {
                one.descriptor().writeAt(bytes("x"), 0);
                assertThat(read(other.descriptor(), 1)).isEqualTo("\0");
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {0, 1, 4096, (1L << 32) + 1})
        void givesTheSizeAskedForAndTakesNoMemoryForIt(long byteSize) throws Exception {
            try (MemoryFile file = MemoryFile.create("sparse", byteSize)) {
                assertThat(file.byteSize()).isEqualTo(byteSize);
                assertThat(Run.command(
                                        "stat",
                                        "-L",
                                        "-c",
                                        "%s %b",
                                        path(file.descriptor()).toString())
                                .output())
                        .isEqualTo(byteSize + " 0\n");
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {-1, Long.MIN_VALUE})
        void ofLessThanNothingIsRefused(long byteSize) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> MemoryFile.create("name", byteSize))
                    .withMessageContaining(Long.toString(byteSize));
        }

        @Test
        void aBuilderMayBeUsedAgain() throws Exception {
            MemoryFileBuilder builder = MemoryFile.builder().unsealable();
            try (MemoryFile one = builder.create("one", 1);
                    MemoryFile other = builder.create("other", 2)) {
                assertThat(one.seals()).contains(Seal.SEAL);
                assertThat(other.seals()).contains(Seal.SEAL);
                assertThat(other.byteSize()).isEqualTo(2);
            }
        }

        @Test
        void whereNoSizeCanBeGivenLeavesNoDescriptor() {
            Set<String> before = Kernel.descriptors();
            try (ScriptedAnswers script = ScriptedAnswers.to("ftruncate", refusing(Errno.EFBIG))) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> MemoryFile.create("name", 1))
                        .withMessageContaining("EFBIG");
                assertThat(script.remaining()).isZero();
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }

        @ParameterizedTest
        @CsvSource({"EMFILE,''", "ENFILE,''", "ENOMEM,''", "EACCES,notExecutable()", "ENODEV,/sys/kernel/mm/hugepages"})
        void isRefusedWithTheReason(Errno errno, String hint) {
            try (ScriptedAnswers script = ScriptedAnswers.to("memfd_create", refusing(errno))) {
                ErrnoException failure =
                        catchThrowableOfType(ErrnoException.class, () -> MemoryFile.create("Gatun", 1));
                assertThat(failure.errno()).isEqualTo(errno);
                assertThat(failure.call()).isEqualTo("memfd_create");
                assertThat(failure).hasMessageContaining("Gatun").hasMessageContaining(hint);
                assertThat(script.remaining()).isZero();
            }
        }
    }

    @Nested
    class Names {
        @Test
        void areShownToPeople() throws Exception {
            try (MemoryFile file = MemoryFile.create("locks of Gatun", 1);
                    MappedMemory memory = file.map()) {
                assertThat(memory.isOpen()).isTrue();
                assertThat(mapped("locks of Gatun")).hasSize(1);
                assertThat(file.name()).isEqualTo("locks of Gatun");
                assertThat(file).hasToString("MemoryFile[locks of Gatun]");
                assertThat(memory.toString()).contains("locks of Gatun");
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 248, 249})
        void mayHave249Bytes(int length) throws Exception {
            String name = "n".repeat(length);
            try (MemoryFile file = MemoryFile.create(name, 1)) {
                assertThat(Files.readSymbolicLink(path(file.descriptor())))
                        .hasToString("/memfd:" + name + " (deleted)");
                assertThat(MemoryFile.take(file.descriptor(), 1).name()).isEqualTo(name);
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {250, 251, 5000})
        void mayNotHaveMore(int length) {
            ErrnoException failure =
                    catchThrowableOfType(ErrnoException.class, () -> MemoryFile.create("n".repeat(length), 1));
            assertThat(failure.errno()).isEqualTo(Errno.EINVAL);
            assertThat(failure).hasMessageContaining("249 bytes");
        }

        @ParameterizedTest
        @ValueSource(strings = {"\0", "locks\0", "locks\0of Gatun"})
        void withAZeroCharacterAreRefused(String name) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> MemoryFile.create(name, 1))
                    .withMessageContaining("zero character");
        }

        @Test
        void areNeeded() {
            assertThatNullPointerException().isThrownBy(() -> MemoryFile.create(null, 1));
        }

        /** Slashes and dots mean nothing here. */
        @ParameterizedTest
        @ValueSource(strings = {"/", "../up", "/etc/passwd", "x (deleted)", " (deleted)", "two\nlines", "\\", "%s"})
        void mayBeAnyOtherText(String name) throws Exception {
            try (MemoryFile file = MemoryFile.create(name, 1)) {
                assertThat(MemoryFile.take(file.descriptor(), 1).name()).isEqualTo(name);
            }
        }

        @ParameterizedTest
        @CsvSource({"C.UTF-8, 249 created taken as named, 250 EINVAL", "C, refused, refused"})
        void areInTheEncodingOfTheJvm(String locale, String fits, String tooLong) {
            Run run = Run.command(
                    Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), MemoryFilePrograms.Names.class),
                    Map.of("LC_ALL", locale));
            assertThat(run.output().lines()).containsExactly(fits, tooLong);
        }
    }

    @Nested
    class Mapping {
        @Test
        void isOfTheSameMemoryAsTheFile() throws Exception {
            try (MemoryFile file = MemoryFile.create("file", 4096);
                    MappedMemory one = file.map();
                    MappedMemory other = file.map(Access.READ_ONLY)) {
                one.segment().setString(0, "Gatun");
                assertThat(other.segment().getString(0)).isEqualTo("Gatun");
                assertThat(read(file.descriptor(), 5)).isEqualTo("Gatun");
                file.descriptor().writeAt(bytes("M"), 0);
                assertThat(one.segment().getString(0)).isEqualTo("Matun");
                assertThat(List.of(one.sharing(), other.sharing())).containsOnly(Sharing.SHARED);
                assertThat(one.created()).isFalse();
                assertThat(other.segment().isReadOnly()).isTrue();
            }
        }

        @Test
        void ofAPartBeginsAnywhere() throws Exception {
            try (MemoryFile file = MemoryFile.create("file", 10_000)) {
                file.descriptor().writeAt(bytes("Gatun"), 5001);
                try (MappedMemory part =
                        file.map(MappedMemory.builder().offset(5001).byteSize(5))) {
                    assertThat(part.byteSize()).isEqualTo(5);
                    assertThat(read(part, 5)).isEqualTo("Gatun");
                }
            }
        }

        @Test
        void inAnArenaIsByTheDescriptor() throws Exception {
            try (MemoryFile file = MemoryFile.create("file", 16)) {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment segment = MappedMemory.map(file.descriptor(), arena);
                    segment.set(JAVA_LONG, 8, 4711);
                    assertThat(mapped("file")).hasSize(1);
                }
                assertThat(mapped("file")).isEmpty();
                assertThat(file.map(Access.READ_ONLY)).satisfies(memory -> {
                    try (memory) {
                        assertThat(memory.segment().get(JAVA_LONG, 8)).isEqualTo(4711);
                    }
                });
            }
        }

        @Test
        void beyond4GiBReachesTheLastByte() throws Exception {
            long last = (1L << 32) + 4096;
            try (MemoryFile file = MemoryFile.create("large", last + 1);
                    MappedMemory memory = file.map()) {
                memory.segment().set(JAVA_BYTE, last, (byte) 7);
                byte[] read = new byte[1];
                file.descriptor().readAt(MemorySegment.ofArray(read), last);
                assertThat(read).containsExactly(7);
            }
        }

        @Test
        void ofNothingIsTheEndOfTheFile() throws Exception {
            try (MemoryFile file = MemoryFile.create("empty", 0)) {
                assertThatThrownBy(file::map).isInstanceOf(EOFException.class).hasMessageContaining("empty");
                assertThatThrownBy(() -> file.map(MappedMemory.builder().byteSize(1)))
                        .isInstanceOf(EOFException.class);
            }
        }

        @Test
        void behindTheEndIsRefused() throws Exception {
            try (MemoryFile file = MemoryFile.create("small", 100)) {
                assertThatThrownBy(() -> file.map(MappedMemory.builder().offset(100)))
                        .isInstanceOf(EOFException.class);
                assertThatThrownBy(
                                () -> file.map(MappedMemory.builder().offset(1).byteSize(100)))
                        .isInstanceOf(EOFException.class)
                        .hasMessageContaining("100 bytes");
                assertThatThrownBy(() -> file.map(
                                MappedMemory.builder().offset(Long.MAX_VALUE).byteSize(Long.MAX_VALUE)))
                        .isInstanceOf(EOFException.class);
            }
        }

        @Test
        void needsToKnowHow() throws Exception {
            try (MemoryFile file = MemoryFile.create("file", 1)) {
                assertThatNullPointerException().isThrownBy(() -> file.map((Access) null));
                assertThatNullPointerException().isThrownBy(() -> file.map((MappedMemoryBuilder) null));
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> file.map(MappedMemory.builder().hugePages()))
                        .withMessageContaining("MemoryFile.builder()");
            }
        }

        @Test
        void survivesTheFile() throws Exception {
            MappedMemory memory;
            try (MemoryFile file = MemoryFile.create("short-lived", 4)) {
                memory = file.map();
            }
            try (memory) {
                memory.segment().set(JAVA_INT, 0, 4711);
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                assertThat(mapped("short-lived")).hasSize(1);
            }
            assertThat(mapped("short-lived")).isEmpty();
        }
    }

    @Nested
    class Resizing {
        @Test
        void keepsWhatIsInBothAndGivesZeros() throws Exception {
            try (MemoryFile file = MemoryFile.create("file", 5)) {
                file.descriptor().writeAt(bytes("Gatun"), 0);
                file.resize(3);
                assertThat(file.byteSize()).isEqualTo(3);
                file.resize(5);
                assertThat(read(file.descriptor(), 100)).isEqualTo("Gat\0\0");
                file.resize(0);
                assertThat(file.byteSize()).isZero();
            }
        }

        @Test
        void toLessThanNothingIsRefused() throws Exception {
            try (MemoryFile file = MemoryFile.create("file", 5)) {
                assertThatIllegalArgumentException().isThrownBy(() -> file.resize(-1));
                assertThat(file.byteSize()).isEqualTo(5);
            }
        }

        @Test
        void underAMappingIsToldByItsCopies() throws Exception {
            try (MemoryFile file = MemoryFile.create("file", 2L * PageSize.bytes());
                    MappedMemory memory = file.map()) {
                file.resize(1);
                ErrnoException failure = catchThrowableOfType(
                        ErrnoException.class, () -> memory.get(PageSize.bytes(), MemorySegment.ofArray(new byte[1])));
                assertThat(failure.errno()).isEqualTo(Errno.EFAULT);
                file.resize(2L * PageSize.bytes());
                memory.put(PageSize.bytes(), bytes("back"));
                assertThat(memory.segment().getString(PageSize.bytes())).isEqualTo("back");
            }
        }

        /** The mapping is made longer after the file. */
        @Test
        void aMappingFollows() throws Exception {
            long page = PageSize.bytes();
            try (MemoryFile file = MemoryFile.create("file", page);
                    MappedMemory memory = file.map()) {
                memory.segment().setString(0, "Gatun");
                ErrnoException tooEarly = catchThrowableOfType(ErrnoException.class, () -> memory.resize(2 * page));
                assertThat(tooEarly.errno()).isEqualTo(Errno.EFAULT);
                file.resize(2 * page);
                memory.resize(2 * page);
                memory.segment().set(JAVA_BYTE, 2 * page - 1, (byte) 7);
                assertThat(memory.segment().getString(0)).isEqualTo("Gatun");
            }
        }

        @Test
        void aHoleGivesMemoryBackAndReadsAsZeros() throws Exception {
            long page = PageSize.bytes();
            try (MemoryFile file = MemoryFile.create("file", 2 * page);
                    MappedMemory memory = file.map()) {
                memory.segment().fill((byte) 1);
                file.descriptor().allocate(FileRange.PUNCH_HOLE, 0, page);
                assertThat(memory.segment().get(JAVA_BYTE, 0)).isZero();
                assertThat(memory.segment().get(JAVA_BYTE, page)).isEqualTo((byte) 1);
            }
        }
    }

    @Nested
    class Closing {
        @Test
        void isSeenByTheKernelAndEveryMethod() throws Exception {
            MemoryFile file = MemoryFile.create("closed", 1);
            int number = number(file.descriptor());
            file.close();
            file.close();
            assertThat(Kernel.descriptors()).noneMatch(line -> line.startsWith(number + " -> /memfd:closed"));
            assertThat(file.isOpen()).isFalse();
            assertThat(file).hasToString("MemoryFile[closed, closed]");
            assertThat(file.name()).isEqualTo("closed");
            assertThat(file.descriptor().isOpen()).isFalse();
            assertThatThrownBy(file::byteSize).isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(() -> file.resize(1)).isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(file::seals).isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(() -> file.seal(Seal.GROW)).isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(file::map).isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(() -> file.map(Access.READ_ONLY)).isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(() -> file.map(MappedMemory.builder())).isInstanceOf(ClosedChannelException.class);
        }

        @Test
        void ofTheDescriptorIsThatOfTheFile() throws Exception {
            try (MemoryFile file = MemoryFile.create("closed", 1)) {
                file.descriptor().close();
                assertThat(file.isOpen()).isFalse();
                assertThatThrownBy(file::map).isInstanceOf(ClosedChannelException.class);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void anyThreadMayUseIt(ThreadKind kind) throws Exception {
        try (MemoryFile file = MemoryFile.create("file", 8)) {
            kind.start(() -> {
                        file.resize(16);
                        file.seal(Seal.GROW);
                        try (MappedMemory memory = file.map()) {
                            memory.segment().set(JAVA_LONG, 8, 4711);
                        }
                        return null;
                    })
                    .get(60, TimeUnit.SECONDS);
            try (MappedMemory memory = file.map()) {
                assertThat(memory.segment().get(JAVA_LONG, 8)).isEqualTo(4711);
            }
            assertThat(file.seals()).contains(Seal.GROW);
        }
    }

    @Test
    void anInterruptedThreadMayUseIt() throws Exception {
        ThreadKind.PLATFORM
                .start(() -> {
                    Thread.currentThread().interrupt();
                    try (MemoryFile file = MemoryFile.create("file", 8);
                            MappedMemory memory = file.map()) {
                        file.resize(16);
                        memory.put(0, bytes("Gatun"));
                        assertThat(read(memory, 5)).isEqualTo("Gatun");
                    }
                    assertThat(Thread.currentThread().isInterrupted()).isTrue();
                    return null;
                })
                .get(60, TimeUnit.SECONDS);
    }

    @Test
    void manyMappingsLeaveNoLineInMaps() throws Exception {
        try (MemoryFile file = MemoryFile.create("many", 4096)) {
            Set<MappedMemory> mappings = new HashSet<>();
            for (int i = 0; i < 100; i++) {
                mappings.add(file.map());
            }
            assertThat(mapped("many")).isNotEmpty();
            mappings.forEach(MappedMemory::close);
            assertThat(mapped("many")).isEmpty();
        }
    }
}
