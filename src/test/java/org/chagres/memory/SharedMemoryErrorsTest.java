package org.chagres.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each condition, the number the kernel answers, and what the message must say so that its reader knows what to do. */
@ExtendWith(LeakCheck.class)
class SharedMemoryErrorsTest {

    private interface Action {
        void on(TestSegment segment) throws IOException;
    }

    /**
     * ID, KEY stand for those of a segment of 4096 bytes that exists; FREE for a key without one; GONE for an old
     * identifier.
     */
    static Stream<Arguments> conditions() throws IOException {
        IpcKey free = IpcKey.random();
        int gone;
        try (TestSegment segment = TestSegment.ofBytes(1)) {
            gone = segment.id();
        }
        String freeKey = "key=" + free;
        return Stream.of(
                arguments(
                        "open, no segment has the key",
                        (Action) segment -> SharedMemory.open(free),
                        "shmget: ENOENT (2), ",
                        List.of(freeKey)),
                arguments(
                        "create, the key is in use",
                        (Action) segment -> SharedMemory.create(segment.key(), 4096),
                        "shmget: EEXIST (17), ",
                        List.of("KEY", "byteSize=4096")),
                arguments(
                        "create, the key is in use, by a segment of another size",
                        (Action) segment -> SharedMemory.create(segment.key(), 8192),
                        "shmget: EEXIST (17), ",
                        List.of("KEY", "byteSize=8192")),
                arguments(
                        "openOrCreate, the segment is smaller",
                        (Action) segment -> SharedMemory.openOrCreate(segment.key(), 4097),
                        "shmget: EINVAL (22), ",
                        List.of("KEY", "byteSize=4097", "id=ID", "4096 bytes")),
                arguments(
                        "open, no such identifier",
                        (Action) segment -> SharedMemory.open(-1),
                        "shmat: EINVAL (22), ",
                        List.of("id=-1", "READ_WRITE", "no such segment")),
                arguments(
                        "open to read, no such identifier",
                        (Action) segment ->
                                SharedMemory.builder().access(Access.READ_ONLY).open(-1),
                        "shmat: EINVAL (22), ",
                        List.of("id=-1", "READ_ONLY", "no such segment")),
                arguments(
                        "open, the segment was removed",
                        (Action) segment -> SharedMemory.open(gone),
                        "shmat: EINVAL (22), ",
                        List.of("id=" + gone, "no such segment")),
                arguments(
                        "status, no such identifier",
                        (Action) segment -> SharedMemory.status(-1),
                        "shmctl: EINVAL (22), ",
                        List.of("status", "id=-1", "no such segment")),
                arguments(
                        "status, the segment was removed",
                        (Action) segment -> SharedMemory.status(gone),
                        "shmctl: EINVAL (22), ",
                        List.of("status", "id=" + gone, "no such segment")),
                arguments(
                        "remove, no such identifier",
                        (Action) segment -> SharedMemory.remove(-1),
                        "shmctl: EINVAL (22), ",
                        List.of("removing", "id=-1", "no such segment")),
                arguments(
                        "remove, the segment was removed",
                        (Action) segment -> SharedMemory.remove(gone),
                        "shmctl: EINVAL (22), ",
                        List.of("removing", "id=" + gone, "no such segment")));
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("conditions")
    void areToldWithTheirValues(String condition, Action action, String beginning, List<String> parts)
            throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(4096)) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> action.on(segment));
            assertThat(failure).as(condition).isNotNull();
            assertThat(failure.getMessage()).startsWith(beginning).doesNotContain("\n");
            for (String part : parts) {
                assertThat(failure.getMessage())
                        .contains(part.replace("ID", Integer.toString(segment.id()))
                                .replace("KEY", "key=" + segment.key()));
            }
            assertThat(Kernel.attachCount(segment.id())).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 50, 1L << 62, Long.MAX_VALUE})
    void ofASizeBeyondAllBoundsIsANumberOfTheKernelsAndNothingIsLeft(long byteSize) {
        IpcKey key = IpcKey.random();
        for (SharedMemoryBuilder builder :
                List.of(SharedMemory.builder(), SharedMemory.builder().noReserve())) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> builder.create(key, byteSize));
            assertThat(failure.errno()).isIn(Errno.EINVAL, Errno.ENOMEM, Errno.ENOSPC);
            assertThat(Kernel.sharedMemory()).noneMatch(row -> row.get("key") == key.value());
        }
    }

    @Test
    void ofMemoryThatIsNotPromisedNamesTheWayOut() throws IOException {
        assumeTrue(
                Files.readString(Path.of("/proc/sys/vm/overcommit_memory")).startsWith("0"),
                "the system's way of promising memory is not the usual one");
        ErrnoException failure =
                catchThrowableOfType(ErrnoException.class, () -> SharedMemory.create(IpcKey.PRIVATE, 1L << 50));
        assertThat(failure.errno()).isEqualTo(Errno.ENOMEM);
        assertThat(failure).hasMessageContaining("byteSize=" + (1L << 50)).hasMessageContaining("noReserve()");
    }

    /** In an IPC namespace of the test's own, whose limits are nobody else's. */
    @Nested
    class Limits {
        private static Peer peer;

        @BeforeAll
        static void start() {
            peer = Peer.javaUnder(List.of("unshare", "--ipc"), SharedMemoryPeer.class);
        }

        @AfterAll
        static void end() {
            if (peer != null) {
                peer.close();
            }
        }

        private static void limit(String name, long value) {
            String answer = peer.ask("write /proc/sys/kernel/" + name + " " + value);
            assumeTrue(answer.equals("written"), answer);
        }

        @Test
        void ofHowManyTellsTheLimitAndTheNumber() {
            limit("shmmni", 1);
            int only = Integer.parseInt(peer.ask("create 0 4096"));
            try {
                assertThat(peer.ask("create 4711 4096"))
                        .startsWith("shmget: ENOSPC (28), creating segment key=0x00001267 byteSize=4096; ")
                        .contains("SHMMNI is 1 and 1 segments exist");
            } finally {
                peer.ask("close");
                peer.ask("remove " + only);
                limit("shmmni", 4096);
            }
        }

        @Test
        void ofAllTogetherTellsTheLimitAndTheUse() {
            limit("shmall", 2);
            int only = Integer.parseInt(peer.ask("create 0 " + PageSize.bytes()));
            try {
                assertThat(peer.ask("create 4711 " + (PageSize.bytes() + 1)))
                        .startsWith("shmget: ENOSPC (28), ")
                        .contains("SHMALL is 2 pages and 1 are in use");
            } finally {
                peer.ask("close");
                peer.ask("remove " + only);
                limit("shmall", 1L << 40);
            }
        }

        @Test
        void ofOneSegmentTellsTheLimitAndTheSizeAskedFor() {
            limit("shmmax", 8192);
            try {
                assertThat(peer.ask("create 4711 8193"))
                        .startsWith("shmget: EINVAL (22), ")
                        .contains("byteSize=8193")
                        .contains("SHMMAX is 8192 bytes");
                assertThat(peer.ask("openOrCreate 4711 8193"))
                        .startsWith("shmget: EINVAL (22), ")
                        .contains("byteSize=8193")
                        .contains("SHMMAX is 8192 bytes");
            } finally {
                limit("shmmax", 1L << 40);
            }
        }

        @Test
        void ofNothingElseAreReached() {
            int id = Integer.parseInt(peer.ask("create 0 4096"));
            peer.ask("close");
            assertThat(peer.ask("remove " + id)).isEqualTo("removed");
        }
    }

    /** Another process with the rights of an ordinary user. */
    @Nested
    class OfAnotherUser {
        private static final long UID = 65534;

        private static Peer peer;

        @BeforeAll
        static void start() {
            peer = Peer.javaAs(UID, SharedMemoryPeer.class);
        }

        @AfterAll
        static void end() {
            if (peer != null) {
                peer.close();
            }
        }

        /** One whose owner is neither its creator nor the other user. */
        private static TestSegment segment(String permissions) throws IOException {
            TestSegment segment = TestSegment.withRandomKey(4096);
            try (SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.setPermissions(PosixFilePermissions.fromString(permissions));
                memory.setOwner(12345, 12345);
            }
            return segment;
        }

        private static void assertNamesAll(String message, String mode) {
            assertThat(message)
                    .contains("effective uid " + UID)
                    .contains("owner 12345")
                    .contains("creator 0")
                    .contains("mode " + mode);
        }

        @Test
        void anOwnerWhoTookAllPermissionsFromHimselfCanGiveThemBack() throws IOException {
            try (TestSegment segment = TestSegment.of(Integer.parseInt(peer.ask("create 0 4096")))) {
                assertThat(peer.ask("setPermissions ---------")).isEqualTo("set");
                assertThat(peer.ask("status " + segment.id())).contains("EACCES");
                assertThat(peer.ask("setPermissions rw-------")).isEqualTo("set");
                assertThat(Kernel.sharedMemory(segment.id()).orElseThrow().mode())
                        .isEqualTo(0600);
                peer.ask("close");
            }
        }

        @Test
        void attachingIsRefusedNamingAllConcerned() throws IOException {
            try (TestSegment segment = segment("rw-rw----")) {
                for (String order : List.of("open ", "openReadOnly ")) {
                    String answer = peer.ask(order + segment.id());
                    assertThat(answer)
                            .startsWith("shmat: EACCES (13), attaching segment id=" + segment.id() + " READ_");
                    assertNamesAll(answer, "660");
                }
            }
        }

        @Test
        void attachingByKeyIsRefusedToo() throws IOException {
            try (TestSegment segment = segment("rw-------")) {
                assertThat(peer.ask("find " + segment.key().value())).contains("EACCES (13)");
                assertThat(peer.ask("openOrCreate " + segment.key().value() + " 4096"))
                        .contains("EACCES (13)");
                assertThat(Kernel.attachCount(segment.id())).isZero();
            }
        }

        @Test
        void creatingUnderAKeyInUseSaysThatItIsInUse() throws IOException {
            try (TestSegment segment = segment("rw-------")) {
                assertThat(peer.ask("create " + segment.key().value() + " 4096"))
                        .startsWith("shmget: EEXIST (17), ");
            }
        }

        @Test
        void readingMayBeAllowedWhereWritingIsNot() throws IOException {
            try (TestSegment segment = segment("rw-r--r--")) {
                assertThat(peer.ask("open " + segment.id())).startsWith("shmat: EACCES (13), ");
                assertThat(peer.ask("openReadOnly " + segment.id())).isEqualTo(Integer.toString(segment.id()));
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
                peer.ask("close");
            }
        }

        @Test
        void writingWithoutReadingIsNoAccess() throws IOException {
            try (TestSegment segment = segment("rw--w--w-")) {
                assertThat(peer.ask("open " + segment.id())).startsWith("shmat: EACCES (13), ");
            }
        }

        @Test
        void theStatusIsRefusedNamingAllConcerned() throws IOException {
            try (TestSegment segment = segment("rw-------")) {
                String answer = peer.ask("status " + segment.id());
                assertThat(answer).startsWith("shmctl: EACCES (13), reading the status of segment id=" + segment.id());
                assertNamesAll(answer, "600");
            }
        }

        @Test
        void theTableIsShownAllTheSame() throws IOException {
            try (TestSegment segment = segment("---------")) {
                assertThat(peer.ask("isListed " + segment.id())).isEqualTo("true");
                assertThat(Kernel.attachCount(segment.id())).isZero();
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"setOwner 65534", "setPermissions rw-rw-rw-", "lock", "unlock"})
        void changingIsRefusedNamingAllConcerned(String order) throws IOException {
            try (TestSegment segment = segment("rw-rw-rw-")) {
                Kernel.IpcRow before = row(segment);
                peer.ask("open " + segment.id());
                String answer = peer.ask(order);
                peer.ask("close");
                assertThat(answer).startsWith("shmctl: EPERM (1), ").contains("id=" + segment.id());
                assertNamesAll(answer, "666");
                assertThat(row(segment).mode()).isEqualTo(before.mode());
                assertThat(row(segment).get("uid")).isEqualTo(before.get("uid"));
            }
        }

        @Test
        void removingIsRefusedNamingAllConcerned() throws IOException {
            try (TestSegment segment = segment("rw-rw-rw-")) {
                String answer = peer.ask("remove " + segment.id());
                assertThat(answer).startsWith("shmctl: EPERM (1), removing segment id=" + segment.id());
                assertNamesAll(answer, "666");
                assertThat(row(segment).mode()).isEqualTo(0666);
            }
        }

        @Test
        void theOwnerMayRemoveWhatAnotherCreated() throws IOException {
            try (TestSegment segment = segment("rw-------")) {
                try (SharedMemory memory = SharedMemory.open(segment.id())) {
                    memory.setOwner(UID, UID);
                }
                assertThat(peer.ask("remove " + segment.id())).isEqualTo("removed");
                assertThat(Kernel.sharedMemory(segment.id())).isEmpty();
            }
        }

        @Test
        void permissionsThatShutTheCreatorOutLeaveNoSegment() {
            int key = IpcKey.random().value();
            for (String permissions : List.of("---------", "r--rw-rw-", "-w-------")) {
                assertThat(peer.ask("createWith " + key + " " + permissions)).startsWith("shmat: EACCES (13), ");
                assertThat(Kernel.sharedMemory()).noneMatch(row -> row.get("key") == key);
            }
        }

        @Test
        void theOwnPermissionsShutOutTheOwnerToo() throws IOException {
            try (TestSegment segment = TestSegment.of(Integer.parseInt(peer.ask("create 0 4096")))) {
                assertThat(peer.ask("setPermissions ---------")).isEqualTo("set");
                peer.ask("close");
                for (String order : List.of("open ", "openReadOnly ")) {
                    assertThat(peer.ask(order + segment.id()))
                            .startsWith("shmat: EACCES (13), ")
                            .contains("owner " + UID)
                            .contains("mode 0");
                }
            }
        }

        @Test
        void hugePagesAreRefusedNamingWhatIsNeeded() {
            assertThat(peer.ask("createHuge 0"))
                    .startsWith("shmget: EPERM (1), ")
                    .contains("CAP_IPC_LOCK")
                    .contains("hugetlb_shm_group");
        }

        @Test
        void lockingMoreThanTheLimitIsRefusedNamingTheLimit() throws IOException {
            Run.assumeInstalled("prlimit");
            long page = PageSize.bytes();
            try (TestSegment segment = TestSegment.of(Integer.parseInt(peer.ask("create 0 " + 2 * page)))) {
                peer.ask("limitLockedMemory " + page);
                assertThat(peer.ask("lock"))
                        .startsWith("shmctl: ENOMEM (12), locking in memory segment id=" + segment.id())
                        .contains("RLIMIT_MEMLOCK");
                peer.ask("limitLockedMemory 0");
                assertThat(peer.ask("lock"))
                        .startsWith("shmctl: EPERM (1), locking in memory segment id=" + segment.id())
                        .contains("RLIMIT_MEMLOCK");
                assertThat(peer.ask("limitLockedMemory " + 2 * page)).isEqualTo("status 0");
                assertThat(peer.ask("lock")).isEqualTo("locked");
                assertThat(row(segment).mode()).isEqualTo(02600);
                assertThat(peer.ask("unlock")).isEqualTo("unlocked");
                peer.ask("close");
            }
        }

        private static Kernel.IpcRow row(TestSegment segment) {
            return Kernel.sharedMemory(segment.id()).orElseThrow();
        }
    }

    /** A user namespace that knows user 0 only. */
    @Test
    void ofANumberThatMeansNothingInTheUserNamespaceSaysSo() {
        List<String> starter = List.of("unshare", "--user", "--map-root-user", "--ipc");
        try (Peer peer = Peer.javaUnder(starter, SharedMemoryPeer.class)) {
            peer.ask("create 0 4096");
            assertThat(peer.ask("setOwner 12345"))
                    .startsWith("shmctl: EINVAL (22), setting owner uid=12345 gid=12345 of segment id=")
                    .contains("user namespace")
                    .doesNotContain("no such segment");
            assertThat(peer.ask("setOwner 0")).isEqualTo("set");
        }
    }
}
