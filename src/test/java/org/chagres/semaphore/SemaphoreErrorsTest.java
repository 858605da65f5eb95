package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.semaphore.TestSemaphores.isFree;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.inspect.SemaphoreTable;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each condition, the number the kernel answers, and what the message must say so that its reader knows what to do. */
@ExtendWith(LeakCheck.class)
class SemaphoreErrorsTest {
    private static final String NO_SUCH_SET = "there is no such set";

    private interface Action {
        void on(TestSemaphores set) throws Exception;
    }

    /** ID, KEY stand for those of a set of two that exists. */
    static Stream<Arguments> conditions() throws IOException {
        IpcKey free = IpcKey.random();
        int gone;
        try (TestSemaphores set = TestSemaphores.of(1)) {
            gone = set.id();
        }
        int most = SemaphoreTable.limits().maxSetSize();
        return Stream.of(
                arguments(
                        "open, no set has the key",
                        (Action) set -> SemaphoreSet.open(free),
                        "semget: ENOENT (2), ",
                        List.of("opening", "key=" + free)),
                arguments(
                        "create, the key is in use",
                        (Action) set -> SemaphoreSet.create(set.key(), 1),
                        "semget: EEXIST (17), ",
                        List.of("creating", "KEY", "size=1", "id=ID", "created by uid")),
                arguments(
                        "create, the key is in use, by a smaller set",
                        (Action) set -> SemaphoreSet.create(set.key(), 1, 1, 1),
                        "semget: EEXIST (17), ",
                        List.of("KEY", "size=3", "id=ID")),
                arguments(
                        "create, more than a set may have",
                        (Action) set -> SemaphoreSet.create(free, new int[most + 1]),
                        "semget: EINVAL (22), ",
                        List.of("key=" + free, "size=" + (most + 1), "SEMMSL", " is " + most)),
                arguments(
                        "create private, more than a set may have",
                        (Action) set -> SemaphoreSet.create(IpcKey.PRIVATE, new int[most + 1]),
                        "semget: EINVAL (22), ",
                        List.of("key=PRIVATE", "SEMMSL", " is " + most)),
                arguments(
                        "openOrCreate, the set is smaller",
                        (Action) set -> SemaphoreSet.openOrCreate(set.key(), 1, 1, 1),
                        "semget: EINVAL (22), ",
                        List.of("opening", "KEY", "size=3", "id=ID", "only 2 semaphores")),
                arguments(
                        "open, no such identifier",
                        (Action) set -> SemaphoreSet.open(-1),
                        "semctl: EINVAL (22), ",
                        List.of("opening", "id=-1", NO_SUCH_SET)),
                arguments(
                        "open, the set was removed",
                        (Action) set -> SemaphoreSet.open(gone),
                        "semctl: EINVAL (22), ",
                        List.of("opening", "id=" + gone, NO_SUCH_SET)),
                arguments(
                        "status, no such identifier",
                        (Action) set -> SemaphoreSet.status(-1),
                        "semctl: EINVAL (22), ",
                        List.of("status", "id=-1", NO_SUCH_SET)),
                arguments(
                        "status, the set was removed",
                        (Action) set -> SemaphoreSet.status(gone),
                        "semctl: EINVAL (22), ",
                        List.of("status", "id=" + gone, NO_SUCH_SET)),
                arguments(
                        "remove, no such identifier",
                        (Action) set -> SemaphoreSet.remove(-1),
                        "semctl: EINVAL (22), ",
                        List.of("removing", "id=-1", NO_SUCH_SET)),
                arguments(
                        "remove, the set was removed",
                        (Action) set -> SemaphoreSet.remove(gone),
                        "semctl: EINVAL (22), ",
                        List.of("removing", "id=" + gone, NO_SUCH_SET)));
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("conditions")
    void areToldWithTheirValues(String condition, Action action, String beginning, List<String> parts)
            throws IOException {
        try (TestSemaphores set = TestSemaphores.withRandomKey(3, 4)) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> action.on(set));
            assertThat(failure).as(condition).isNotNull();
            assertThat(failure.getMessage()).startsWith(beginning).doesNotContain("\n");
            for (String part : parts) {
                assertThat(failure.getMessage())
                        .contains(part.replace("ID", Integer.toString(set.id())).replace("KEY", "key=" + set.key()));
            }
            assertThat(set.values()).containsExactly(3, 4);
        }
    }

    /** In an IPC namespace of the test's own, whose limits are nobody else's. */
    @Nested
    class Limits {
        private static final String USUAL = "limit 32000 1024000000 500 32000";

        private static Peer peer;

        @BeforeAll
        static void start() {
            peer = Peer.javaUnder(List.of("unshare", "--ipc"), SemaphoreUser.class);
        }

        @AfterAll
        static void end() {
            if (peer != null) {
                peer.close();
            }
        }

        @AfterEach
        void back() {
            peer.ask(USUAL);
        }

        /** SEMMSL, SEMMNS, SEMOPM, SEMMNI, as the kernel lists them. */
        private static void limit(int ofOneSet, int ofAll, int operations, int sets) {
            String answer = peer.ask("limit " + ofOneSet + " " + ofAll + " " + operations + " " + sets);
            assumeTrue(answer.equals("limited"), answer);
        }

        @Test
        void ofHowManySetsTellsTheLimitAndTheNumber() {
            limit(10, 100, 10, 1);
            String only = peer.ask("create 0 1 1");
            assertThat(peer.ask("create 4711 1"))
                    .isEqualTo("semget: ENOSPC (28), creating semaphore set key=0x00001267 size=1; SEMMNI is 1 and"
                            + " 1 sets exist, SEMMNS is 100 and they have 2 semaphores");
            assertThat(peer.ask("openOrCreate 4711 1"))
                    .startsWith("semget: ENOSPC (28), creating semaphore set key=0x00001267 size=1; ")
                    .contains("SEMMNI is 1");
            assertThat(peer.ask("remove " + only)).isEqualTo("removed");
        }

        @Test
        void ofAllSemaphoresTellsTheLimitAndTheUse() {
            limit(10, 5, 10, 10);
            String only = peer.ask("create 0 1 1 1");
            assertThat(peer.ask("create 4711 1 1 1"))
                    .isEqualTo("semget: ENOSPC (28), creating semaphore set key=0x00001267 size=3; SEMMNI is 10 and"
                            + " 1 sets exist, SEMMNS is 5 and they have 3 semaphores");
            assertThat(peer.ask("remove " + only)).isEqualTo("removed");
        }

        @Test
        void ofOneSetTellsTheLimitAndTheSizeAskedFor() {
            limit(2, 100, 10, 10);
            assertThat(peer.ask("create 4711 1 1 1"))
                    .isEqualTo("semget: EINVAL (22), creating semaphore set key=0x00001267 size=3; SEMMSL, the most"
                            + " semaphores in a set, is 2");
            assertThat(peer.ask("openOrCreate 4711 1 1 1"))
                    .startsWith("semget: EINVAL (22), ")
                    .contains("size=3")
                    .contains("SEMMSL")
                    .contains("is 2");
        }

        @Test
        void ofOneStepTellsTheLimit() {
            limit(10, 100, 3, 10);
            String only = peer.ask("create 0 0");
            assertThat(peer.ask("apply 3")).isEqualTo("true");
            assertThat(peer.ask("apply 4"))
                    .startsWith("semop: E2BIG (7), applying ")
                    .endsWith("semaphore set id=" + only + "; SEMOPM, the most operations in one step, is 3");
            assertThat(peer.ask("values")).isEqualTo("[3]");
            assertThat(peer.ask("remove " + only)).isEqualTo("removed");
        }

        @Test
        void thatAreAsHighAsCanBeReachTheLastNumber() {
            limit(65536, 1_000_000, 500, 10);
            String only = peer.ask("createOfSize 0 65536");
            assertThat(peer.ask("releaseOf 65535")).isEqualTo("released");
            assertThat(peer.ask("values")).endsWith(", 0, 1]");
            assertThat(peer.ask("remove " + only)).isEqualTo("removed");
        }

        @Test
        void ofNothingElseAreReached() {
            String id = peer.ask("create 0 1");
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
            peer = Peer.javaAs(UID, SemaphoreUser.class);
        }

        @AfterAll
        static void end() {
            if (peer != null) {
                peer.close();
            }
        }

        /** One whose owner is neither its creator nor the other user. */
        private static TestSemaphores set(String permissions) throws Exception {
            TestSemaphores set = TestSemaphores.withRandomKey(3, 4);
            try (SemaphoreSet opened = set.open()) {
                opened.setPermissions(PosixFilePermissions.fromString(permissions));
                opened.setOwner(12345, 12345);
            }
            return set;
        }

        private static void assertNamesAll(String message, String mode) {
            assertThat(message)
                    .endsWith("; this process has effective uid " + UID
                            + ", the set has owner 12345, creator 0 and mode " + mode);
        }

        @ParameterizedTest
        @ValueSource(strings = {"acquire", "tryAcquire", "tryAcquireFor", "release", "hold", "apply 1"})
        void operationsAreRefusedWhereWritingIsNotAllowed(String order) throws Exception {
            try (TestSemaphores set = set("rw-rw-r--")) {
                assertThat(peer.ask("open " + set.id())).isEqualTo(Integer.toString(set.id()));
                String answer = peer.ask(order);
                assertThat(answer)
                        .matches("semop: EACCES \\(13\\), (acquiring|releasing|applying) .*")
                        .contains(" semaphore set id=" + set.id() + ";");
                assertNamesAll(answer, "664");
                assertThat(set.values()).containsExactly(3, 4);
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"setValue 1", "setValues 1 1"})
        void settingValuesIsRefusedWhereWritingIsNotAllowed(String order) throws Exception {
            try (TestSemaphores set = set("rw-rw-r--")) {
                peer.ask("open " + set.id());
                String answer = peer.ask(order);
                assertThat(answer).startsWith("semctl: EACCES (13), setting ");
                assertNamesAll(answer, "664");
                assertThat(set.values()).containsExactly(3, 4);
            }
        }

        @Test
        void lookingIsAllowedWhereReadingIs() throws Exception {
            try (TestSemaphores set = set("rw-rw-r--")) {
                peer.ask("open " + set.id());
                assertThat(peer.ask("values")).isEqualTo("[3, 4]");
                assertThat(peer.ask("awaitZero")).isEqualTo("false");
                assertThat(peer.ask("semaphoreStatus")).startsWith("SemaphoreStatus[value=3, ");
                assertThat(peer.ask("status " + set.id())).startsWith("SemaphoreSetStatus[id=" + set.id() + ", ");
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"values", "awaitZero", "semaphoreStatus", "status ID"})
        void lookingIsRefusedWhereReadingIs(String order) throws Exception {
            try (TestSemaphores set = set("rw-rw--w-")) {
                peer.ask("open " + set.id());
                String answer = peer.ask(order.replace("ID", Integer.toString(set.id())));
                assertThat(answer).matches("(semctl|semop): EACCES \\(13\\), (reading|awaiting) .*");
                assertNamesAll(answer, "662");
            }
        }

        @Test
        void operationsAreAllowedWhereWritingIs() throws Exception {
            try (TestSemaphores set = set("rw-rw--w-")) {
                peer.ask("open " + set.id());
                assertThat(peer.ask("acquire")).isEqualTo("acquired");
                assertThat(peer.ask("hold")).isEqualTo("held");
                assertThat(peer.ask("setValue 9")).isEqualTo("set");
                assertThat(set.values()).containsExactly(9, 4);
            }
        }

        /** The kernel opens nothing: whether a set may be used is only told when it is. */
        @Test
        void nothingIsAllowedWhereAllIsForOthers() throws Exception {
            try (TestSemaphores set = set("rw-rw----")) {
                for (String order : List.of("find " + set.key().value(), "open " + set.id())) {
                    assertThat(peer.ask(order)).isEqualTo(Integer.toString(set.id()));
                    for (String use : List.of("acquire", "awaitZero", "values", "setValue 1")) {
                        String answer = peer.ask(use);
                        assertThat(answer).contains(": EACCES (13), ");
                        assertNamesAll(answer, "660");
                    }
                }
                assertThat(set.values()).containsExactly(3, 4);
            }
        }

        @Test
        void aSetThatNobodyMayUseIsListedNonetheless() throws Exception {
            try (TestSemaphores set = set("---------")) {
                assertThat(peer.ask("isListed " + set.id())).isEqualTo("true");
            }
        }

        @Test
        void creatingUnderAKeyInUseSaysThatItIsInUseAndWhose() throws Exception {
            try (TestSemaphores set = set("rw-------")) {
                assertThat(peer.ask("create " + set.key().value() + " 1"))
                        .startsWith("semget: EEXIST (17), ")
                        .contains("id=" + set.id() + " has the key, created by uid 0");
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"setOwner 65534", "setPermissions rw-rw-rw-"})
        void changingIsRefusedNamingAllConcerned(String order) throws Exception {
            try (TestSemaphores set = set("rw-rw-rw-")) {
                Kernel.IpcRow before = set.row();
                peer.ask("open " + set.id());
                String answer = peer.ask(order);
                assertThat(answer).startsWith("semctl: EPERM (1), setting ").contains("id=" + set.id());
                assertNamesAll(answer, "666");
                assertThat(set.row()).isEqualTo(before);
            }
        }

        @Test
        void removingIsRefusedNamingAllConcerned() throws Exception {
            try (TestSemaphores set = set("rw-rw-rw-")) {
                String answer = peer.ask("remove " + set.id());
                assertThat(answer).startsWith("semctl: EPERM (1), removing semaphore set id=" + set.id());
                assertNamesAll(answer, "666");
                assertThat(set.values()).containsExactly(3, 4);
            }
        }

        @Test
        void theOwnerMayRemoveWhatAnotherCreated() throws Exception {
            try (TestSemaphores set = set("rw-------");
                    SemaphoreSet opened = set.open()) {
                opened.setOwner(UID, UID);
                assertThat(peer.ask("remove " + set.id())).isEqualTo("removed");
                assertThat(set.exists()).isFalse();
            }
        }

        @Test
        void anOwnerWhoTookAllPermissionsFromHimselfCanGiveThemBack() throws Exception {
            try (TestSemaphores set = TestSemaphores.existing(peer.ask("create 0 1"))) {
                assertThat(peer.ask("setPermissions ---------")).isEqualTo("set");
                assertThat(peer.ask("values")).contains("EACCES");
                assertThat(peer.ask("tryAcquire"))
                        .startsWith("semop: EACCES (13), ")
                        .contains("owner " + UID + ", creator " + UID + " and mode 0");
                assertThat(peer.ask("setPermissions rw-------")).isEqualTo("set");
                assertThat(set.row().mode()).isEqualTo(0600);
                assertThat(peer.ask("tryAcquire")).isEqualTo("true");
            }
        }

        @ParameterizedTest
        @CsvSource({
            "---------, 1, semop",
            "---------, 0, semop",
            "---------, 1 1, semctl",
            "---------, 0 0, semctl",
            "r--rw-rw-, 1, semop",
            "r--rw-rw-, 1 1, semctl",
            "r--rw-rw-, 0 0, semctl"
        })
        void permissionsThatShutTheCreatorOutLeaveNoSet(String permissions, String first, String call) {
            IpcKey key = IpcKey.random();
            assertThat(peer.ask("createWith " + key.value() + " " + permissions + " " + first))
                    .startsWith(call + ": EACCES (13), giving the first values to semaphore set id=")
                    .contains("effective uid " + UID)
                    .contains("owner " + UID);
            assertThat(isFree(key)).isTrue();
        }

        @Test
        void theCreatorIsTheOneWhoMadeIt() throws Exception {
            try (TestSemaphores set = TestSemaphores.existing(peer.ask("create 0 1"))) {
                for (String column : List.of("uid", "gid", "cuid", "cgid")) {
                    assertThat(set.row().get(column)).as(column).isEqualTo(UID);
                }
            }
        }
    }

    /** A user namespace that knows user 0 only. */
    @Test
    void ofANumberThatMeansNothingInTheUserNamespaceAreTold() {
        List<String> starter = List.of("unshare", "--user", "--map-root-user", "--ipc");
        try (Peer peer = Peer.javaUnder(starter, SemaphoreUser.class)) {
            peer.ask("create 0 1");
            assertThat(peer.ask("setOwner 12345"))
                    .startsWith("semctl: EINVAL (22), setting owner uid=12345 gid=12345 of semaphore set id=")
                    .contains("user namespace")
                    .doesNotContain(NO_SUCH_SET);
            assertThat(peer.ask("setOwner 0")).isEqualTo("set");
        }
    }
}
