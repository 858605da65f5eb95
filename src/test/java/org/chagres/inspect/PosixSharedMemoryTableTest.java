package org.chagres.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.memory.PosixSharedMemory;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class PosixSharedMemoryTableTest {
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");

    private final String name = "chagres-table-" + ProcessHandle.current().pid();
    private final Path file = Path.of("/dev/shm", name);

    @AfterEach
    void remove() throws Exception {
        Files.deleteIfExists(file);
    }

    private Optional<PosixSharedMemoryStatus> listed() throws Exception {
        List<PosixSharedMemoryStatus> found = PosixSharedMemoryTable.objects().stream()
                .filter(object -> object.name().equals(name))
                .toList();
        assertThat(found).hasSizeLessThan(2);
        return found.stream().findFirst();
    }

    /** Prints the names and sizes. */
    static final class Listing {
        private Listing() {}

        /** Runs it. */
        public static void main(String[] arguments) throws Exception {
            PosixSharedMemoryTable.objects()
                    .forEach(object -> System.out.println(object.name() + " " + object.byteSize() + " " + object.uid()
                            + " " + object.gid() + " " + PosixFilePermissions.toString(object.permissions())));
        }
    }

    @Test
    void anObjectIsListedUntilItsNameIsGone() throws Exception {
        assertThat(listed()).isEmpty();
        try (PosixSharedMemory memory = PosixSharedMemory.create(name, 5000)) {
            Map<String, Object> witness = Files.readAttributes(file, "unix:uid,gid");
            PosixSharedMemoryStatus status = listed().orElseThrow();
            assertThat(status.byteSize()).isEqualTo(5000);
            assertThat(status.uid()).isEqualTo(Long.valueOf(witness.get("uid").toString()));
            assertThat(status.gid()).isEqualTo(Long.valueOf(witness.get("gid").toString()));
            assertThat(PosixFilePermissions.toString(status.permissions())).isEqualTo("rw-------");
            memory.unlink();
            assertThat(listed()).isEmpty();
        }
    }

    @Test
    void whatIsTrueNowIsToldEachTime() throws Exception {
        try (PosixSharedMemory memory = PosixSharedMemory.create(name, 5000)) {
            memory.descriptor().truncate(1);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r---w---x"));
            Instant then = Instant.ofEpochSecond(1_000_000_000, 123_456_789);
            Files.setLastModifiedTime(file, FileTime.from(then));
            PosixSharedMemoryStatus status = listed().orElseThrow();
            assertThat(status.byteSize()).isEqualTo(1);
            assertThat(PosixFilePermissions.toString(status.permissions())).isEqualTo("r---w---x");
            assertThat(status.lastModified()).isEqualTo(then);
        }
        assertThat(listed()).as("after the close").isPresent();
    }

    @Test
    void theListIsThatOfLsInTheOrderOfTheNames() {
        Run.assumeInstalled("truncate");
        Run run = Run.inNamespace("""
                mount -t tmpfs none /dev/shm
                cd /dev/shm
                truncate -s 10 b
                truncate -s 0 a
                truncate -s 5G .hidden
                truncate -s 32 sem.lock
                truncate -s 1 semaphore
                mkdir folder; mkfifo fifo; ln -s b link
                chmod 600 a; chmod 4755 b; chmod 0 .hidden; chmod 644 semaphore
                chown 4294967294:4294967293 a
                exec "$@"
                """, Peer.javaCommand(NATIVE_ACCESS, Listing.class), Map.of());
        assertThat(run.output().lines())
                .containsExactly(
                        ".hidden 5368709120 0 0 ---------",
                        "a 0 4294967294 4294967293 rw-------",
                        "b 10 0 0 rwxr-xr-x",
                        "semaphore 1 0 0 rw-r--r--");
    }

    @Test
    void anEmptyFolderIsAnEmptyList() {
        Run run = Run.inNamespace(
                "mount -t tmpfs none /dev/shm; exec \"$@\"", Peer.javaCommand(NATIVE_ACCESS, Listing.class), Map.of());
        assertThat(run.output()).isEmpty();
    }

    @Test
    void anotherUserSeesWhatItMayNotOpen() throws Exception {
        try (PosixSharedMemory memory = PosixSharedMemory.create(name, 5000);
                Peer nobody = Peer.javaAs(65534, Listing.class)) {
            assertThat(memory.isOpen()).isTrue();
            String line = nobody.hear();
            while (!line.startsWith(name + " ") && !line.startsWith("(")) {
                line = nobody.hear();
            }
            assertThat(line).startsWith(name + " 5000 ").endsWith(" rw-------");
        }
    }

    @Test
    void listingGoesOnWhileObjectsComeAndGo() throws Exception {
        try (PosixSharedMemory steady = PosixSharedMemory.create(name, 7)) {
            assertThat(steady.isOpen()).isTrue();
            FutureTask<Void> restless = ThreadKind.PLATFORM.start(() -> {
                for (int i = 0; i < 2000; i++) {
                    try (PosixSharedMemory memory = PosixSharedMemory.create(name + "-restless", 1)) {
                        memory.unlink();
                    }
                }
                return null;
            });
            do {
                assertThat(listed().orElseThrow().byteSize()).isEqualTo(7);
            } while (!restless.isDone());
            restless.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void neitherTheListNorItsStatusesCanBeChanged() throws Exception {
        List<PosixSharedMemoryStatus> objects = PosixSharedMemoryTable.objects();
        assertThatThrownBy(() -> objects.add(null)).isInstanceOf(UnsupportedOperationException.class);
        Set<PosixFilePermission> permissions = EnumSet.of(PosixFilePermission.OWNER_READ);
        PosixSharedMemoryStatus status = new PosixSharedMemoryStatus("name", 1, 0, 0, permissions, Instant.EPOCH);
        permissions.clear();
        assertThat(status.permissions()).containsExactly(PosixFilePermission.OWNER_READ);
        assertThatThrownBy(() -> status.permissions().clear()).isInstanceOf(UnsupportedOperationException.class);
    }
}
