package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.memory.TestMemoryFiles.*;
import static org.chagres.testing.Answers.refusing;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.FileRange;
import org.chagres.internal.generated.Linux;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each seal forbids, and what it leaves. */
@ExtendWith(LeakCheck.class)
class MemoryFileSealsTest {
    private static final int SIZE = 8192;

    private static MemoryFile file() throws Exception {
        return MemoryFile.create("sealed", SIZE);
    }

    private static ErrnoException refused(Errno errno, ThrowingCallable call) {
        ErrnoException failure = catchThrowableOfType(ErrnoException.class, call);
        assertThat(failure).isNotNull();
        assertThat(failure.errno()).isEqualTo(errno);
        return failure;
    }

    // Each of them

    @ParameterizedTest
    @EnumSource
    void isTheOneThatOtherProgramsSee(Seal seal) throws Exception {
        int bit = switch (seal) {
            case SEAL -> 1;
            case SHRINK -> 2;
            case GROW -> 4;
            case WRITE -> 8;
            case FUTURE_WRITE -> 16;
            case EXECUTABLE -> 32;
        };
        assertThat(bit)
                .isEqualTo(
                        switch (seal) {
                            case SEAL -> Linux.F_SEAL_SEAL();
                            case SHRINK -> Linux.F_SEAL_SHRINK();
                            case GROW -> Linux.F_SEAL_GROW();
                            case WRITE -> Linux.F_SEAL_WRITE();
                            case FUTURE_WRITE -> Linux.F_SEAL_FUTURE_WRITE();
                            case EXECUTABLE -> Linux.F_SEAL_EXEC();
                        });
        try (MemoryFile file = file()) {
            sealIfKnown(file, seal);
            assertThat(file.seals()).contains(seal);
            assertThat(sealsThatPythonSees(file.descriptor()) & bit).isEqualTo(bit);
            if (seal != Seal.EXECUTABLE) {
                assertThat(added(file)).containsExactly(seal);
            }
        }
    }

    @Test
    void shrinkKeepsItFromBecomingShorterAndNothingElse() throws Exception {
        try (MemoryFile file = file()) {
            file.seal(Seal.SHRINK);
            refused(Errno.EPERM, () -> file.resize(SIZE - 1));
            refused(Errno.EPERM, () -> file.resize(0));
            file.resize(SIZE);
            file.resize(2 * SIZE);
            refused(Errno.EPERM, () -> file.resize(SIZE));
            file.descriptor().writeAt(bytes("Gatun"), 0);
            file.descriptor().allocate(FileRange.PUNCH_HOLE, 0, 4096);
            file.map().close();
            assertThat(file.byteSize()).isEqualTo(2 * SIZE);
        }
    }

    @Test
    void growKeepsItFromBecomingLongerAndNothingElse() throws Exception {
        try (MemoryFile file = file()) {
            file.seal(Seal.GROW);
            refused(Errno.EPERM, () -> file.resize(SIZE + 1));
            refused(Errno.EPERM, () -> file.descriptor().allocate(FileRange.ALLOCATE, SIZE, 1));
            refused(Errno.EPERM, () -> file.descriptor().writeAt(bytes("x"), SIZE));
            file.descriptor().writeAt(bytes("x"), SIZE - 1);
            file.resize(1);
            refused(Errno.EPERM, () -> file.resize(2));
            file.map().close();
            assertThat(file.byteSize()).isEqualTo(1);
        }
    }

    @Test
    void bothKeepItsSize() throws Exception {
        try (MemoryFile file = file()) {
            file.seal(Seal.SHRINK, Seal.GROW);
            refused(Errno.EPERM, () -> file.resize(SIZE + 1));
            refused(Errno.EPERM, () -> file.resize(SIZE - 1));
            file.resize(SIZE);
            try (MappedMemory memory = file.map()) {
                memory.segment().set(JAVA_BYTE, SIZE - 1, (byte) 7);
            }
            assertThat(file.byteSize()).isEqualTo(SIZE);
        }
    }

    @Test
    void writeLeavesReadingAndPrivateCopies() throws Exception {
        try (MemoryFile file = file()) {
            file.descriptor().writeAt(bytes("Gatun"), 0);
            file.seal(Seal.WRITE);
            refused(Errno.EPERM, () -> file.descriptor().writeAt(bytes("x"), 0));
            refused(Errno.EPERM, () -> file.descriptor().allocate(FileRange.PUNCH_HOLE, 0, 4096));
            assertThat(refused(Errno.EPERM, file::map)).hasMessageContaining("READ_ONLY");

            assertThat(read(file.descriptor(), 5)).isEqualTo("Gatun");
            try (MappedMemory reads = file.map(Access.READ_ONLY);
                    MappedMemory copies = file.map(MappedMemory.builder().sharing(Sharing.PRIVATE))) {
                assertThat(reads.segment().getString(0)).isEqualTo("Gatun");
                assertThat(reads.segment().isReadOnly()).isTrue();
                assertThat(reads.sharing()).isEqualTo(Sharing.PRIVATE);
                assertThat(read(reads, 5)).isEqualTo("Gatun");
                copies.segment().setString(0, "Miraflores");
                assertThat(copies.segment().getString(0)).isEqualTo("Miraflores");
                assertThat(reads.segment().getString(0)).isEqualTo("Gatun");
            }
            assertThat(read(file.descriptor(), 5)).isEqualTo("Gatun");
            file.resize(1); // another seal's business
        }
    }

    /** Since Linux 6.7; before, the kernel took a mapping that nobody writes for one that somebody may. */
    @Test
    void writeLeavesSharedMappingsForReadingWhereTheKernelDoes() throws Exception {
        MappedMemoryBuilder shared =
                MappedMemory.builder().sharing(Sharing.SHARED).access(Access.READ_ONLY);
        try (MemoryFile file = file()) {
            file.descriptor().writeAt(bytes("Gatun"), 0);
            file.seal(Seal.WRITE);
            try (MappedMemory memory = file.map(shared)) {
                assertThat(memory.sharing()).isEqualTo(Sharing.SHARED);
                assertThat(memory.segment().getString(0)).isEqualTo("Gatun");
                refused(Errno.EACCES, () -> memory.protect(Access.READ_WRITE));
                assertThat(memory.segment().getString(0)).isEqualTo("Gatun");
            } catch (ErrnoException failure) {
                assumeTrue(failure.errno() != Errno.EPERM, "this kernel maps such a file PRIVATE only");
                throw failure;
            }
        }
    }

    @Test
    void writeHasToWaitForTheMappingsThatWrite() throws Exception {
        try (MemoryFile file = file()) {
            try (MappedMemory memory = file.map()) {
                assertThat(refused(Errno.EBUSY, () -> file.seal(Seal.WRITE)))
                        .hasMessageContaining("close such mappings")
                        .hasMessageContaining("FUTURE_WRITE");
                assertThat(added(file)).isEmpty();
                memory.segment().setString(0, "Gatun");
            }
            try (MappedMemory copies = file.map(MappedMemory.builder().sharing(Sharing.PRIVATE))) {
                file.seal(Seal.WRITE);
                assertThat(copies.segment().getString(0)).isEqualTo("Gatun");
            }
            assertThat(added(file)).containsExactly(Seal.WRITE);
        }
    }

    /** All or nothing. */
    @Test
    void noneIsSetWhereOneCannotBe() throws Exception {
        try (MemoryFile file = file();
                MappedMemory memory = file.map()) {
            refused(Errno.EBUSY, () -> file.seal(Seal.SHRINK, Seal.GROW, Seal.WRITE));
            assertThat(added(file)).isEmpty();
            assertThat(memory.isOpen()).isTrue();
        }
    }

    @Test
    void futureWriteLeavesItToThoseWhoMappedItBefore() throws Exception {
        try (MemoryFile file = file();
                MappedMemory producer = file.map()) {
            file.seal(Seal.FUTURE_WRITE);
            refused(Errno.EPERM, file::map);
            refused(Errno.EPERM, () -> file.descriptor().writeAt(bytes("x"), 0));
            try (MappedMemory consumer = file.map(Access.READ_ONLY)) {
                assertThat(consumer.sharing()).isEqualTo(Sharing.SHARED);
                producer.segment().setString(0, "Gatun");
                assertThat(consumer.segment().getString(0)).isEqualTo("Gatun");
                producer.put(0, bytes("M"));
                assertThat(consumer.segment().getString(0)).isEqualTo("Matun");
                refused(Errno.EACCES, () -> consumer.protect(Access.READ_WRITE));
            }
            assertThat(added(file)).containsExactly(Seal.FUTURE_WRITE);
        }
    }

    @Test
    void executableKeepsItsPermissionsToExecute() throws Exception {
        try (MemoryFile file = notExecutable(MemoryFile.builder(), "data")) {
            Set<PosixFilePermission> executable = PosixFilePermissions.fromString("rwxrwxrwx");
            assertThat(Files.getPosixFilePermissions(path(file.descriptor())))
                    .isEqualTo(PosixFilePermissions.fromString("rw-rw-rw-"));
            assertThatThrownBy(() -> Files.setPosixFilePermissions(path(file.descriptor()), executable))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining("not permitted");
            assertThat(file.seals()).containsExactly(Seal.EXECUTABLE);
            file.resize(SIZE);
            file.map().close();
            file.seal(Seal.SHRINK); // it can be sealed further
            assertThat(file.seals()).containsExactlyInAnyOrder(Seal.EXECUTABLE, Seal.SHRINK);
        }
    }

    /** A program is not to be changed either. */
    @Test
    void executableSealsWhatCanBeExecutedAgainstAllChanges() throws Exception {
        try (MemoryFile file = file()) {
            assumeTrue(added(file).equals(file.seals()), "files that can be executed are not made here");
            sealIfKnown(file, Seal.EXECUTABLE);
            assertThat(file.seals()).isEqualTo(EnumSet.complementOf(EnumSet.of(Seal.SEAL)));
            refused(Errno.EPERM, () -> file.resize(1));
        }
    }

    @Test
    void sealKeepsOffAllFurtherSeals() throws Exception {
        try (MemoryFile file = file()) {
            file.seal(Seal.GROW, Seal.SEAL);
            for (Seal seal : Seal.values()) {
                assertThat(refused(Errno.EPERM, () -> file.seal(seal)))
                        .hasMessageContaining("sealed against more seals")
                        .hasMessageContaining(seal.name());
            }
            assertThat(added(file)).containsExactlyInAnyOrder(Seal.SEAL, Seal.GROW);
        }
    }

    // Adding and reading

    @Test
    void sealsAddUpAndNoneIsTakenOff() throws Exception {
        try (MemoryFile file = file()) {
            file.seal(Seal.SHRINK);
            file.seal(Seal.GROW);
            file.seal(Seal.GROW, Seal.GROW);
            file.seal();
            assertThat(added(file)).containsExactlyInAnyOrder(Seal.SHRINK, Seal.GROW);
        }
    }

    @Test
    void theSetOfSealsCannotBeChanged() throws Exception {
        try (MemoryFile file = file()) {
            Set<Seal> seals = file.seals();
            assertThatThrownBy(() -> seals.add(Seal.SHRINK)).isInstanceOf(UnsupportedOperationException.class);
            file.seal(Seal.SHRINK);
            assertThat(seals).doesNotContain(Seal.SHRINK);
        }
    }

    @Test
    void noSealIsNoArgument() throws Exception {
        try (MemoryFile file = file()) {
            assertThatNullPointerException().isThrownBy(() -> file.seal((Seal[]) null));
            assertThatNullPointerException().isThrownBy(() -> file.seal(Seal.SHRINK, null));
            assertThat(added(file)).isEmpty();
        }
    }

    @Test
    void theSameSealTwiceIsNoOtherFailure() throws Exception {
        try (MemoryFile file = MemoryFile.builder().unsealable().create("unsealable", 1)) {
            refused(Errno.EPERM, () -> file.seal(Seal.GROW, Seal.GROW));
        }
    }

    @Test
    void aSealThatTheKernelDoesNotKnowIsToldSo() throws Exception {
        try (MemoryFile file = file();
                ScriptedAnswers script = ScriptedAnswers.to("fcntl", refusing(Errno.EINVAL))) {
            assertThat(refused(Errno.EINVAL, () -> file.seal(Seal.EXECUTABLE)))
                    .hasMessageContaining("EXECUTABLE")
                    .hasMessageContaining("does not know the seal");
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void sealsThatTheLibraryDoesNotKnowAreLeftOut() throws Exception {
        try (MemoryFile file = file();
                ScriptedAnswers script = ScriptedAnswers.to("fcntl", arguments -> 0x7fffffc0 | Linux.F_SEAL_SHRINK())) {
            assertThat(file.seals()).containsExactly(Seal.SHRINK);
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void whoMayOnlyReadMayNotSeal() throws Exception {
        try (MemoryFile file = file();
                Descriptor reader = Descriptor.open(path(file.descriptor()));
                MemoryFile read = MemoryFile.take(reader, SIZE)) {
            assertThat(refused(Errno.EPERM, () -> read.seal(Seal.GROW))).hasMessageContaining("for reading only");
            assertThat(added(file)).isEmpty();
            file.seal(Seal.GROW);
            assertThat(read.seals()).contains(Seal.GROW);
        }
    }

    // Never to be sealed

    @Test
    void anUnsealableFileHasTheSealAgainstSeals() throws Exception {
        try (MemoryFile file = MemoryFile.builder().unsealable().create("unsealable", SIZE)) {
            assertThat(added(file)).containsExactly(Seal.SEAL);
            refused(Errno.EPERM, () -> file.seal(Seal.WRITE));
            refused(Errno.EPERM, () -> file.seal());
            file.resize(2 * SIZE);
            file.resize(1);
            file.descriptor().writeAt(bytes("x"), 0);
            file.map().close();
        }
    }

    /** {@code MFD_NOEXEC_SEAL} by itself has the file sealable. */
    @Test
    void anUnsealableFileThatCannotBeExecutedIsBoth() throws Exception {
        try (MemoryFile file = notExecutable(MemoryFile.builder().unsealable(), "both")) {
            assertThat(file.seals()).containsExactlyInAnyOrder(Seal.SEAL, Seal.EXECUTABLE);
            refused(Errno.EPERM, () -> file.seal(Seal.WRITE));
        }
    }

    /** Of a process namespace of its own, as the setting is one's. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void anUnsealableFileIsSoWhateverTheAdministratorWants(int habit) {
        Run.assumeInstalled("unshare");
        List<String> start = List.of("unshare", "--pid", "--fork", "--mount-proc", "sh", "-euc");
        String script = "echo " + habit + " > /proc/sys/vm/memfd_noexec; exec \"$@\"";
        Run trial = Run.command(command(start, script, List.of("true")), Map.of());
        assumeTrue(
                trial.status() == 0,
                () -> "the habit cannot be set: " + trial.err().strip());
        Run run = Run.command(
                command(
                        start,
                        script,
                        Peer.javaCommand(
                                List.of("--enable-native-access=ALL-UNNAMED"), MemoryFilePrograms.Habits.class)),
                Map.of());
        assertThat(run.output().lines())
                .contains(
                        "not executable: [EXECUTABLE]",
                        "unsealable: [SEAL, EXECUTABLE]",
                        "neither: [SEAL, EXECUTABLE]");
    }

    private static List<String> command(List<String> start, String script, List<String> program) {
        List<String> command = new ArrayList<>(start);
        command.add(script);
        command.add("sh");
        command.addAll(program);
        return command;
    }

    // What a mapping makes of them

    /** Copies of what can fault go by way of the kernel, all others are plain as soon as that is faster. */
    @ParameterizedTest
    @CsvSource({"SHRINK, 1", "WRITE, 0", "GROW, 0"})
    void onlyOfAFileThatCanShrinkLargeCopiesAskTheKernel(Seal seal, int leftUnmade) throws Exception {
        long large = 16 << 20;
        try (MemoryFile file = MemoryFile.create("large", large)) {
            file.descriptor().writeAt(bytes("Gatun"), large - 5);
            file.seal(seal);
            try (MappedMemory memory = file.map(Access.READ_ONLY);
                    MappedMemory copy = MappedMemory.anonymous(large);
                    ScriptedAnswers script = ScriptedAnswers.to("process_vm_readv", refusing(Errno.EFAULT))) {
                if (leftUnmade == 0) {
                    refused(Errno.EFAULT, () -> memory.get(0, copy.segment()));
                } else {
                    memory.get(0, copy.segment());
                    assertThat(copy.segment().get(JAVA_BYTE, large - 5)).isEqualTo((byte) 'G');
                }
                assertThat(script.remaining()).isEqualTo(leftUnmade);
            }
        }
    }

    /** The end cannot move, but there is still nothing behind it. */
    @Test
    void aMappingIsNotMadeLongerThanAFileThatCannotShrink() throws Exception {
        try (MemoryFile file = file()) {
            file.seal(Seal.SHRINK);
            try (MappedMemory memory = file.map()) {
                refused(Errno.EFAULT, () -> memory.resize(2L * SIZE));
                assertThat(memory.byteSize()).isEqualTo(SIZE);
                memory.segment().set(JAVA_BYTE, SIZE - 1, (byte) 7);
            }
        }
    }
}
