package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Several that want one name, and those who must not have it. */
@ExtendWith(LeakCheck.class)
class PosixSharedMemoryProcessesTest {
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");
    private static final long SIZE = 3 * 4096 + 5;
    private static final VarHandle COUNTER = JAVA_LONG.varHandle();

    @AfterAll
    static void noNameOfOursIsLeft() {
        assertThat(TestObject.names())
                .filteredOn(name -> name.startsWith(TestObject.prefix()))
                .isEmpty();
    }

    private static Run run(Class<?> program, Object... arguments) {
        return Run.command(Peer.javaCommand(NATIVE_ACCESS, program, arguments), Map.of());
    }

    // At once

    @ParameterizedTest
    @EnumSource
    void ofThreadsThatComeAtOnceOneCreates(ThreadKind kind) throws Exception {
        int threads = 8;
        for (int round = 0; round < 50; round++) {
            try (TestObject object = TestObject.unused()) {
                CyclicBarrier together = new CyclicBarrier(threads);
                List<FutureTask<Boolean>> tasks = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    tasks.add(kind.start(() -> {
                        together.await(60, TimeUnit.SECONDS);
                        try (PosixSharedMemory memory = PosixSharedMemory.openOrCreate(object.name(), SIZE)) {
                            assertThat(memory.byteSize()).isEqualTo(SIZE);
                            COUNTER.getAndAdd(memory.segment(), 0L, 1L);
                            return memory.created();
                        }
                    }));
                }
                List<Boolean> created = new ArrayList<>();
                for (FutureTask<Boolean> task : tasks) {
                    created.add(task.get(60, TimeUnit.SECONDS));
                }
                assertThat(Collections.frequency(created, true)).isEqualTo(1);
                try (PosixSharedMemory memory = PosixSharedMemory.open(object.name())) {
                    assertThat((long) COUNTER.getVolatile(memory.segment(), 0L)).isEqualTo(threads);
                }
            }
        }
    }

    /** Names that come and go at any moment: there is all of an object, or nothing. */
    @Test
    void nobodyEverSeesAnotherSize() throws Exception {
        try (TestObject object = TestObject.unused();
                Peer one = Peer.java(PosixSharedMemoryPrograms.Opener.class, object.name(), SIZE, 2000);
                Peer other = Peer.java(PosixSharedMemoryPrograms.Opener.class, object.name(), SIZE, 2000)) {
            assertThat(one.hear()).isEqualTo("ready");
            assertThat(other.hear()).isEqualTo("ready");
            one.tell("go");
            other.tell("go");
            for (Peer peer : List.of(one, other)) {
                List<String> outcomes =
                        List.of(peer.hear().replaceAll("[\\[\\]]", "").split(", "));
                assertThat(outcomes).isSubsetOf("created " + SIZE, "opened " + SIZE, "ENOENT");
                assertThat(outcomes).contains("created " + SIZE);
                assertThat(peer.end()).isZero();
            }
        }
    }

    @Test
    void whatAKilledCreatorLeavesIsThere() throws Exception {
        try (TestObject object = TestObject.unused()) {
            try (Peer creator = Peer.java(PosixSharedMemoryPrograms.Creator.class, object.name(), "rw-------")) {
                assertThat(creator.hear()).isEqualTo("created");
                creator.process().destroyForcibly().waitFor();
            }
            try (PosixSharedMemory memory = PosixSharedMemory.open(object.name())) {
                assertThat(memory.byteSize()).isEqualTo(4096);
                memory.unlink();
            }
            assertThat(object.path()).doesNotExist();
        }
    }

    // Who may

    @Test
    void itIsForTheOwnerOnlyUnlessAskedOtherwise() throws Exception {
        try (TestObject object = TestObject.unused();
                PosixSharedMemory memory = PosixSharedMemory.create(object.name(), SIZE)) {
            assertThat(memory.isOpen()).isTrue();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(object.path())))
                    .isEqualTo("rw-------");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "000, rw-rw-rw-, rw-rw-rw-",
        "022, rw-rw-rw-, rw-r--r--",
        "077, rw-rw-rw-, rw-------",
        "000, r--------, r--------",
        "177, rw-r-----, rw-------"
    })
    void theUmaskTakesPermissionsAway(String umask, String asked, String given) throws Exception {
        List<String> start = List.of("sh", "-c", "umask " + umask + " && exec \"$0\" \"$@\"");
        try (TestObject object = TestObject.unused();
                Peer creator = Peer.javaUnder(start, PosixSharedMemoryPrograms.Creator.class, object.name(), asked)) {
            assertThat(creator.hear()).isEqualTo("created");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(object.path())))
                    .isEqualTo(given);
            creator.tell("end");
            assertThat(creator.end()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwx------", "rw-r-xr--"})
    void nobodyMayExecuteIt(String permissions) {
        PosixSharedMemoryBuilder builder = PosixSharedMemory.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.permissions(PosixFilePermissions.fromString(permissions)));
    }

    @ParameterizedTest
    @CsvSource({
        "rw-------, EACCES, EACCES, EACCES",
        "rw-r--r--, EACCES, opened, EACCES",
        "rw--w--w-, EACCES, EACCES, EACCES",
        "rw-rw-rw-, opened, opened, opened"
    })
    void anotherUserMayWhatThePermissionsSay(String permissions, String open, String read, String openOrCreate)
            throws Exception {
        try (TestObject object = TestObject.unused();
                PosixSharedMemory memory = PosixSharedMemory.create(object.name(), SIZE)) {
            assertThat(memory.isOpen()).isTrue();
            Files.setPosixFilePermissions(object.path(), PosixFilePermissions.fromString(permissions));
            try (Peer nobody = Peer.javaAs(65534, PosixSharedMemoryPrograms.User.class, object.name(), SIZE)) {
                assertThat(nobody.hear()).startsWith("open " + open);
                assertThat(nobody.hear()).startsWith("read " + read);
                assertThat(nobody.hear()).isEqualTo("create EEXIST");
                assertThat(nobody.hear()).startsWith("openOrCreate " + openOrCreate);
                assertThat(nobody.hear()).matches("unlink (EACCES|EPERM)");
                assertThat(nobody.end()).isZero();
            }
            assertThat(object.path()).exists();
        }
    }

    @Test
    void anotherUserCreatesItsOwn() throws Exception {
        try (TestObject object = TestObject.unused();
                Peer nobody = Peer.javaAs(65534, PosixSharedMemoryPrograms.User.class, object.name(), SIZE)) {
            assertThat(nobody.hear()).isEqualTo("open ENOENT");
            assertThat(nobody.hear()).isEqualTo("read ENOENT");
            assertThat(nobody.hear()).isEqualTo("create created " + SIZE);
            assertThat(nobody.hear()).isEqualTo("openOrCreate opened " + SIZE);
            assertThat(nobody.hear()).isEqualTo("unlink unlinked");
            assertThat(nobody.end()).isZero();
        }
    }

    // What others may have put there

    @Test
    void aSymbolicLinkIsNotFollowed(@TempDir Path folder) throws Exception {
        Path target = Files.writeString(folder.resolve("target"), "Gatun");
        for (Path to : List.of(target, folder.resolve("nowhere"))) {
            try (TestObject object = TestObject.unused()) {
                Files.createSymbolicLink(object.path(), to);
                Run run = run(PosixSharedMemoryPrograms.User.class, object.name(), 3);
                assertThat(run.output().lines())
                        .containsExactly(
                                "open ELOOP", "read ELOOP", "create EEXIST", "openOrCreate ELOOP", "unlink unlinked");
                assertThat(object.path()).doesNotExist();
            }
        }
        assertThat(Files.readString(target)).isEqualTo("Gatun");
        assertThat(folder.resolve("nowhere")).doesNotExist();
    }

    /** Nor does anybody wait for the other end. */
    @Test
    void aFifoIsNoSharedMemory() throws Exception {
        Run.assumeInstalled("mkfifo");
        try (TestObject object = TestObject.unused()) {
            Run.command("mkfifo", object.path().toString()).output();
            Run run = run(PosixSharedMemoryPrograms.User.class, object.name(), 3);
            assertThat(run.output().lines())
                    .containsExactly(
                            "open ENODEV", "read ENODEV", "create EEXIST", "openOrCreate ENODEV", "unlink unlinked");
        }
    }

    @Test
    void aFolderIsNoSharedMemory() throws Exception {
        try (TestObject object = TestObject.unused()) {
            Files.createDirectory(object.path());
            for (Access access : List.of(Access.READ_WRITE, Access.READ_ONLY)) {
                ErrnoException failure = catchThrowableOfType(
                        ErrnoException.class,
                        () -> PosixSharedMemory.builder().access(access).open(object.name()));
                assertThat(failure.errno()).isIn(Errno.EISDIR, Errno.EINVAL, Errno.ENODEV);
            }
        }
    }

    // No room

    @Test
    void aFullFolderLeavesNoName() {
        Run run = Run.inNamespace(
                "mount -t tmpfs -o size=1m none /dev/shm; exec \"$@\"",
                Peer.javaCommand(NATIVE_ACCESS, PosixSharedMemoryPrograms.Glutton.class),
                Map.of());
        List<String> expected =
                new ArrayList<>(List.of("ENOSPC, df /dev/shm tells how much room there is", "ENOSPC", "[]"));
        for (int i = 0; i < 8; i++) {
            expected.addAll(List.of("created " + (1 << 20), "ENOSPC", "unlinked"));
        }
        expected.add("[]");
        assertThat(run.output().lines()).containsExactlyElementsOf(expected);
    }

    @ParameterizedTest
    @CsvSource({"-o ro, EROFS", "-o mode=555, created"})
    void aFolderThatMayNotBeWrittenIsToldSo(String option, String create) {
        Run run = Run.inNamespace(
                "mount -t tmpfs " + option + " none /dev/shm; exec \"$@\"",
                Peer.javaCommand(NATIVE_ACCESS, PosixSharedMemoryPrograms.User.class, "name", 4096),
                Map.of());
        assertThat(run.output().lines()).contains("open ENOENT").anyMatch(line -> line.startsWith("create " + create));
    }
}
