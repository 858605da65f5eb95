package org.chagres.pipe;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Answers;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** FIFOs as names: made, found, removed. */
@ExtendWith(LeakCheck.class)
class FifoCreateTest {
    @TempDir
    Path folder;

    private Path path;

    @BeforeEach
    void name() {
        path = folder.resolve("fifo");
    }

    private static String listed(Path file) {
        return Run.command("ls", "-ld", file.toString()).output().substring(0, 10);
    }

    private static Errno refusal(ThrowingCallable call) {
        return catchThrowableOfType(ErrnoException.class, call).errno();
    }

    /** What is no FIFO, each of another kind. */
    enum Other {
        FILE,
        DIRECTORY,
        SOCKET;

        void make(Path path) throws IOException {
            switch (this) {
                case FILE -> Files.writeString(path, "contents");
                case DIRECTORY -> Files.createDirectory(path);
                case SOCKET -> {
                    try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                        socket.bind(UnixDomainSocketAddress.of(path)); // its name stays
                    }
                }
            }
        }
    }

    // Permissions.

    @Test
    void isItsOwnersAloneUnlessSaidOtherwise() throws Exception {
        Fifo.create(path);
        assertThat(listed(path)).isEqualTo("prw-------");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-------", "rwx------", "rw-rw----", "rw-r--r--", "rw-rw-rw-", "rwxrwxrwx", "rw--w--wx"})
    void listsAsAPipeWithThePermissionsAskedFor(String permissions) throws Exception {
        Fifo fifo = Fifo.create(path, PosixFilePermissions.fromString(permissions));
        assertThat(listed(path)).isEqualTo("p" + permissions);
        assertThat(fifo.path()).isEqualTo(path);
        assertThat(fifo).hasToString("Fifo[" + path + "]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"000", "022", "077", "777"})
    void hasThePermissionsAskedForWhateverTheUmaskIs(String umask) {
        List<String> permissions = List.of("rw-------", "rwxrwxrwx", "rw-rw-rw-", "rw-r-----");
        List<Object> arguments = new ArrayList<>(List.of("make", folder));
        arguments.addAll(permissions);
        List<String> command = new ArrayList<>(List.of("sh", "-c", "umask " + umask + "; exec \"$@\"", "sh"));
        command.addAll(Peer.javaCommand(
                // With 777 it could not open its own file of statistics again.
                List.of("--enable-native-access=ALL-UNNAMED", "-XX:-UsePerfData"),
                FifoMaker.class,
                arguments.toArray()));
        List<String> told = Run.command(command, Map.of()).output().lines().toList();
        assertThat(told.subList(0, permissions.size())).isEqualTo(permissions);
        assertThat(told.getLast()).isEqualTo("Umask:\t0" + umask);
        permissions.forEach(each -> assertThat(listed(folder.resolve(each))).isEqualTo("p" + each));
    }

    /** What another thread creates meanwhile has the permissions that this process's umask leaves it. */
    @Test
    void neverChangesTheUmaskOfTheProcess() throws Exception {
        String before = FifoMaker.umask();
        Thread maker = Thread.ofPlatform().daemon().start(() -> {
            try {
                for (int i = 0; i < 2000; i++) {
                    Fifo.create(path, PosixFilePermissions.fromString("rwxrwxrwx"))
                            .remove();
                }
            } catch (IOException failure) {
                throw new AssertionError(failure);
            }
        });
        int looks = 0;
        while (maker.isAlive() || looks == 0) {
            assertThat(FifoMaker.umask()).isEqualTo(before);
            looks++;
        }
        maker.join();
        assertThat(path).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"---------", "r--------", "-w-------", "--x------", "---rw-rw-", "r--rw-rw-", "-wxrwxrwx"})
    void lessThanReadingAndWritingForItsOwnerIsRefused(String permissions) {
        Set<PosixFilePermission> set = PosixFilePermissions.fromString(permissions);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Fifo.create(path, set))
                .withMessageContaining(set.toString());
        assertThat(path).doesNotExist();
    }

    @Test
    void nullIsRefused() {
        assertThatNullPointerException().isThrownBy(() -> Fifo.create(null));
        assertThatNullPointerException().isThrownBy(() -> Fifo.create(path, null));
        assertThatNullPointerException().isThrownBy(() -> Fifo.open(null));
        assertThat(path).doesNotExist();
    }

    @Test
    void aPathOfAnotherFileSystemIsRefused() {
        Path other = Path.of(URI.create("jrt:/java.base/fifo"));
        assertThatIllegalArgumentException().isThrownBy(() -> Fifo.create(other));
        assertThatIllegalArgumentException().isThrownBy(() -> Fifo.open(other));
    }

    @Test
    void anyNameOfTheEncodingWillDo() throws Exception {
        for (String name : List.of(" ", "a b", "-n", "*?[", "line\nbreak", "x".repeat(255))) {
            Path odd = folder.resolve(name);
            Fifo.create(odd);
            assertThat(Run.command("test", "-p", odd.toString()).status()).isZero();
            Fifo.open(odd).remove();
            assertThat(odd).doesNotExist();
        }
    }

    // Errors.

    private record Case(String name, Path path, Errno create, Errno open) {}

    @Test
    void isRefusedWithTheKernelsReason() throws Exception {
        Files.createFile(folder.resolve("file"));
        Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("nothing"));
        Files.createSymbolicLink(folder.resolve("loop"), folder.resolve("loop"));
        Fifo.create(path);
        Path deep = folder;
        for (int i = 0; i < 20; i++) {
            deep = deep.resolve("x".repeat(250));
        }
        Path tooLong = folder.resolve("x".repeat(256));
        List<Case> cases = List.of(
                new Case("no directory", folder.resolve("none/fifo"), Errno.ENOENT, Errno.ENOENT),
                new Case("empty", Path.of(""), Errno.ENOENT, Errno.ENOENT),
                new Case("a file on the way", folder.resolve("file/fifo"), Errno.ENOTDIR, Errno.ENOTDIR),
                new Case("a FIFO on the way", path.resolve("fifo"), Errno.ENOTDIR, Errno.ENOTDIR),
                new Case("a long name", tooLong, Errno.ENAMETOOLONG, Errno.ENAMETOOLONG),
                new Case("a long path", deep, Errno.ENAMETOOLONG, Errno.ENAMETOOLONG),
                new Case("a loop of links", folder.resolve("loop/fifo"), Errno.ELOOP, Errno.ELOOP),
                new Case("a dangling link", folder.resolve("dangling"), Errno.EEXIST, Errno.ENOENT));
        for (Case each : cases) {
            assertThat(refusal(() -> Fifo.create(each.path))).as(each.name).isEqualTo(each.create);
            assertThat(refusal(() -> Fifo.open(each.path))).as(each.name).isEqualTo(each.open);
        }
        assertThat(Files.isSymbolicLink(folder.resolve("dangling"))).isTrue();
        assertThat(folder.resolve("nothing")).doesNotExist();
    }

    @Test
    void aRefusalNamesTheCallAndThePath() throws Exception {
        Fifo.create(path);
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> Fifo.create(path))
                .withMessageStartingWith("mkfifo: EEXIST (17)")
                .withMessageContaining(path.toString());
        Path none = folder.resolve("none");
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> Fifo.open(none))
                .withMessageStartingWith("open: ENOENT (2)")
                .withMessageContaining(none.toString());
    }

    @ParameterizedTest
    @EnumSource
    void whatHasTheNameAlreadyIsLeftAlone(Other other) throws Exception {
        other.make(path);
        String before = Run.command("stat", path.toString()).output();
        assertThat(refusal(() -> Fifo.create(path, PosixFilePermissions.fromString("rwxrwxrwx"))))
                .isEqualTo(Errno.EEXIST);
        assertThat(Run.command("stat", path.toString()).output()).isEqualTo(before);
    }

    @Test
    void aFifoThatHasTheNameAlreadyKeepsItsPermissions() throws Exception {
        Fifo.create(path);
        assertThat(refusal(() -> Fifo.create(path, PosixFilePermissions.fromString("rwxrwxrwx"))))
                .isEqualTo(Errno.EEXIST);
        assertThat(listed(path)).isEqualTo("prw-------");
    }

    /** Who may neither write to the directory nor use the FIFO, and who may only read. */
    @Test
    void anotherUserMayNot() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Fifo.create(path);
        Path readable = folder.resolve("readable");
        Fifo.create(readable, PosixFilePermissions.fromString("rw-r--r--"));
        Path hidden = Files.createDirectory(
                folder.resolve("hidden"), PosixFilePermissions.asFileAttribute(Set.of(PosixFilePermission.OWNER_READ)));
        List<String> answers = new ArrayList<>();
        try (Peer user = Peer.javaAs(
                65534, FifoMaker.class, "try", path, readable, folder.resolve("new"), hidden.resolve("new"))) {
            for (String line = user.hear(); !line.startsWith("Umask"); line = user.hear()) {
                answers.add(line);
            }
        }
        assertThat(answers)
                .containsExactly(
                        "create EEXIST",
                        "open done",
                        "read EACCES",
                        "write EACCES",
                        "both EACCES",
                        "remove EACCES",
                        "create EEXIST",
                        "open done",
                        "read done",
                        "write EACCES",
                        "both EACCES",
                        "remove EACCES",
                        "create EACCES",
                        "open ENOENT",
                        "create EACCES",
                        "open EACCES");
    }

    // Found and removed.

    @Test
    void oneThatMkfifoMadeIsFoundAndRemoved() throws Exception {
        Run.command("mkfifo", "-m", "640", path.toString()).output();
        Fifo fifo = Fifo.open(path);
        assertThat(listed(path)).isEqualTo("prw-r-----");
        fifo.remove();
        assertThat(path).doesNotExist();
    }

    @Test
    void oneThatWeMadeIsRemovedByRm() throws Exception {
        Fifo fifo = Fifo.create(path);
        Run.command("rm", path.toString()).output();
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(fifo::remove)
                .withMessageContaining("ENOENT")
                .withMessageContaining(path.toString());
        assertThat(refusal(fifo::openForReadingNow)).isEqualTo(Errno.ENOENT);
        assertThat(refusal(fifo::openForWriting)).isEqualTo(Errno.ENOENT);
        assertThat(refusal(fifo::openForBoth)).isEqualTo(Errno.ENOENT);
    }

    @Test
    void theNameCanBeUsedAgainOnceRemoved() throws Exception {
        Fifo first = Fifo.create(path);
        try (var old = first.openForBoth()) {
            first.remove();
            Fifo.create(path);
            try (var other = first.openForBoth()) { // by the name, which is another's now
                TestFifos.write(old, "old");
                TestFifos.write(other, "new");
                assertThat(TestFifos.read(old)).isEqualTo("old");
                assertThat(TestFifos.read(other)).isEqualTo("new");
            }
        }
    }

    @Test
    void aSymbolicLinkToAFifoLeadsToIt() throws Exception {
        Fifo.create(path);
        Path link = Files.createSymbolicLink(folder.resolve("link"), path);
        Fifo fifo = Fifo.open(link);
        try (var ends = fifo.openForBoth();
                var other = Fifo.open(path).openForWritingNow()) {
            TestFifos.write(other, "x");
            assertThat(TestFifos.read(ends)).isEqualTo("x");
        }
        fifo.remove();
        assertThat(Files.exists(link, NOFOLLOW_LINKS)).isFalse();
        assertThat(path).exists();
    }

    private static void assertIsNoFifo(Path path, ThrowingCallable call) {
        assertThatExceptionOfType(FileSystemException.class).isThrownBy(call).withMessage(path + ": is not a FIFO");
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNoFifoIsNotOpened(Other other) throws Exception {
        other.make(path);
        assertIsNoFifo(path, () -> Fifo.open(path));
        Path link = Files.createSymbolicLink(folder.resolve("link"), path);
        assertIsNoFifo(link, () -> Fifo.open(link));
    }

    /** The name was a FIFO's when it was looked for. */
    @ParameterizedTest
    @EnumSource
    void whatTookTheNameMeanwhileIsNeitherOpenedNorRemoved(Other other) throws Exception {
        Fifo fifo = Fifo.create(path);
        Files.delete(path);
        other.make(path);
        String before =
                Run.command("stat", "-c", "%i %f %s %Y", path.toString()).output();
        Duration time = Duration.ofSeconds(30);
        for (ThrowingCallable opening : List.<ThrowingCallable>of(
                fifo::openForReadingNow,
                fifo::openForReading,
                () -> fifo.tryOpenForReading(time),
                () -> fifo.tryOpenForReading(Duration.ZERO),
                fifo::openForWritingNow,
                fifo::openForWriting,
                () -> fifo.tryOpenForWriting(time),
                () -> fifo.tryOpenForWriting(Duration.ZERO),
                fifo::openForBoth,
                fifo::remove)) {
            assertIsNoFifo(path, opening);
        }
        assertThat(Run.command("stat", "-c", "%i %f %s %Y", path.toString()).output())
                .isEqualTo(before);
    }

    // Steps that fail.

    private List<Path> found() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    /** Wider than any umask leaves it, so that the second step is taken. */
    private static final Set<PosixFilePermission> ALL = PosixFilePermissions.fromString("rwxrwxrwx");

    @ParameterizedTest
    @ValueSource(strings = {"mkfifo", "open", "syscall", "chmod"})
    void nothingHalfMadeIsLeftWhenAStepFails(String step) throws Exception {
        try (var script = ScriptedAnswers.to(step, Answers.refusing(Errno.EIO))) {
            assertThat(refusal(() -> Fifo.create(path, ALL))).isEqualTo(Errno.EIO);
            assertThat(script.remaining()).isZero();
        }
        assertThat(found()).isEmpty();
        Fifo.create(path, ALL);
        assertThat(listed(path)).isEqualTo("prwxrwxrwx");
    }

    /** Whoever may write to the directory may take the name between the steps. */
    @Test
    void whatTookTheNameBetweenTheStepsIsLeftAlone() throws Exception {
        try (var script = ScriptedAnswers.to("open", arguments -> {
            try {
                Files.delete(path);
                Files.writeString(path, "another's");
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r--------"));
            } catch (IOException failure) {
                throw new AssertionError(failure);
            }
            return ScriptedAnswers.ASK_THE_KERNEL;
        })) {
            Throwable failure = catchThrowable(() -> Fifo.create(path, ALL));
            assertThat(script.remaining()).isZero();
            assertThat(failure).isInstanceOf(IOException.class);
            if (failure instanceof ErrnoException refused) {
                assertThat(refused.number()).as("of the kernel").isBetween(1, 4095);
            }
        }
        assertThat(path).hasContent("another's");
        assertThat(listed(path)).isEqualTo("-r--------");
    }

    @ParameterizedTest
    @ValueSource(strings = {"open", "syscall", "unlink"})
    void aRemovalThatFailsSaysSo(String step) throws Exception {
        Fifo fifo = Fifo.create(path);
        try (var script = ScriptedAnswers.to(step, Answers.refusing(Errno.EIO))) {
            assertThat(catchThrowable(fifo::remove)).isInstanceOf(IOException.class);
            assertThat(script.remaining()).isZero();
        }
        assertThat(path).exists();
        fifo.remove();
    }

    /** Opened without waiting, it becomes as others are; where that fails it is closed. */
    @ParameterizedTest
    @ValueSource(strings = {"open", "syscall", "fcntl"})
    void nothingIsLeftOpenWhenAStepOfOpeningFails(String step) throws Exception {
        Fifo fifo = Fifo.create(path);
        for (ThrowingCallable opening : List.<ThrowingCallable>of(
                fifo::openForReadingNow,
                fifo::openForBoth,
                () -> Fifo.open(path).openForReadingNow())) {
            try (var script = ScriptedAnswers.to(step, Answers.refusing(Errno.EIO))) {
                assertThat(catchThrowable(opening)).isInstanceOf(IOException.class);
                assertThat(script.remaining()).isZero();
            }
            assertThat(TestFifos.countOpen(path)).isZero();
        }
    }
}
