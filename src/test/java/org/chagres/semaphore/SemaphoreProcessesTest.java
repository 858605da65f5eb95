package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.semaphore.TestSemaphores.errnoOf;
import static org.chagres.semaphore.TestSemaphores.result;

import java.io.IOException;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.chagres.Errno;
import org.chagres.IpcKey;
import org.chagres.testing.Await;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One semaphore, and several JVMs. */
@ExtendWith(LeakCheck.class)
class SemaphoreProcessesTest {
    private static final List<Peer> PEERS = new ArrayList<>();
    private static Peer peer;

    @BeforeAll
    static void startPeers() {
        for (int i = 0; i < 4; i++) {
            PEERS.add(Peer.java(SemaphorePeer.class));
        }
        peer = PEERS.getFirst();
    }

    @AfterAll
    static void endPeers() {
        PEERS.forEach(Peer::close);
        PEERS.clear();
    }

    // Finding it

    @Test
    void itIsFoundByItsKey() throws IOException {
        try (TestSemaphores set = TestSemaphores.withRandomKey(3, 5)) {
            assertThat(peer.ask("find " + set.key().value())).isEqualTo(Integer.toString(set.id()));
            assertThat(peer.ask("values")).isEqualTo("[3, 5]");
        }
    }

    @Test
    void aPrivateOneIsOpenToAnotherProcessThatKnowsItsIdentifier() throws IOException {
        try (TestSemaphores set = TestSemaphores.of(3, 5)) {
            assertThat(peer.ask("open " + set.id())).isEqualTo(Integer.toString(set.id()));
            assertThat(peer.ask("values")).isEqualTo("[3, 5]");
        }
    }

    @Test
    void whatAnotherProcessCreatedSurvivesItsMakerAndKeepsItsValues() throws Exception {
        try (Peer maker = Peer.java(SemaphorePeer.class)) {
            int key = IpcKey.random().value();
            try (TestSemaphores set = TestSemaphores.existing(maker.ask("create " + key + " 3 5"))) {
                assertThat(maker.ask("acquire")).isEqualTo("done");
                assertThat(maker.end()).isZero();
                try (SemaphoreSet found = SemaphoreSet.open(new IpcKey(key))) {
                    assertThat(found.id()).isEqualTo(set.id());
                    assertThat(found.created()).isFalse();
                    assertThat(found.size()).isEqualTo(2);
                    assertThat(found.values()).containsExactly(2, 5);
                    assertThat((long) found.semaphore(0).status().lastPid()).isEqualTo(maker.pid());
                }
            }
        }
    }

    @Test
    void ofFourJvmsThatOpenOrCreateAtOnceOneCreatesAndNoneSeesOtherThanTheFirstValues() throws Exception {
        String values = Arrays.toString(SemaphorePeer.FIRST_VALUES);
        try (TestSemaphores gate = TestSemaphores.withRandomKey(1)) {
            ProcessSemaphore bar = gate.semaphore();
            for (int round = 0; round < 100; round++) {
                int key = IpcKey.random().value();
                PEERS.forEach(one -> one.tell("race " + gate.id() + " " + key));
                gate.awaitWaitersForZero(0, PEERS.size());
                bar.acquire();
                List<String> answers = PEERS.stream().map(Peer::hear).toList();
                try (TestSemaphores made =
                        TestSemaphores.existing(answers.getFirst().split(" ")[0])) {
                    String opened = made.id() + " false " + values;
                    assertThat(answers)
                            .containsExactlyInAnyOrder(made.id() + " true " + values, opened, opened, opened);
                }
                bar.release();
            }
        }
    }

    /** Does the two steps of creating a set of key, apart: creates it, and at a line gives the first values. */
    private static final String SLOW_CREATOR = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <sys/sem.h>

            int main(int argc, char **argv) {
                struct sembuf up = {0, 5, 0};
                int id = semget(atoi(argv[1]), 1, IPC_CREAT | IPC_EXCL | 0600);
                printf("%d\\n", id);
                fflush(stdout);
                if (getchar() == EOF)
                    return 1;
                printf("%d\\n", semop(id, &up, 1));
                fflush(stdout);
                return getchar() != EOF;
            }
            """;

    @Test
    void whoOpensWaitsForTheFirstValuesOfASlowCreator() throws Exception {
        IpcKey key = IpcKey.random();
        try (CProgram program = CProgram.compile(SLOW_CREATOR);
                Peer creator = Peer.start(program.command(key.value()));
                TestSemaphores set = TestSemaphores.existing(creator.hear())) {
            FutureTask<int[]> byKey =
                    ThreadKind.PLATFORM.start(() -> SemaphoreSet.open(key).values());
            FutureTask<int[]> byIdentifier =
                    ThreadKind.PLATFORM.start(() -> SemaphoreSet.open(set.id()).values());
            peer.tell("openOrCreate " + key.value() + " 1");
            assertThatThrownBy(() -> byKey.get(100, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            assertThat(byIdentifier.isDone()).isFalse();
            assertThat(creator.ask("go")).isEqualTo("0");
            assertThat(result(byKey)).containsExactly(5);
            assertThat(result(byIdentifier)).containsExactly(5);
            assertThat(peer.hear()).isEqualTo(Integer.toString(set.id()));
            assertThat(peer.ask("values")).isEqualTo("[5]");
        }
    }

    @Test
    void aCreatorThatDiedHalfWayIsReportedAndNotWaitedForForEver() throws Exception {
        IpcKey key = IpcKey.random();
        try (CProgram program = CProgram.compile(SLOW_CREATOR);
                Peer creator = Peer.start(program.command(key.value()));
                TestSemaphores set = TestSemaphores.existing(creator.hear())) {
            creator.process().destroyForcibly().waitFor();
            SemaphoreSetBuilder builder = SemaphoreSet.builder().initializationTimeout(Duration.ofMillis(50));
            assertThatThrownBy(() -> builder.open(key))
                    .isInstanceOfSatisfying(
                            UninitializedSemaphoreException.class,
                            failure -> assertThat(failure.id()).isEqualTo(set.id()));
            assertThatThrownBy(() -> builder.open(set.id())).isInstanceOf(UninitializedSemaphoreException.class);
            assertThatThrownBy(() -> builder.openOrCreate(key, 1)).isInstanceOf(UninitializedSemaphoreException.class);
            SemaphoreSet.remove(set.id());
            SemaphoreSet again = builder.openOrCreate(key, 1);
            try (TestSemaphores anew = new TestSemaphores(again.id(), key)) {
                assertThat(again.created()).isTrue();
                assertThat(anew.values()).containsExactly(1);
            }
        }
    }

    // Waiting for each other

    @ParameterizedTest
    @ValueSource(strings = {"", "virtually "})
    void acquireReturnsWhenAnotherProcessReleases(String thread) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0)) {
            peer.ask("open " + set.id());
            peer.tell(thread + "acquire");
            set.awaitWaiters(0, 1);
            set.semaphore().release();
            assertThat(peer.hear()).isEqualTo("done");
            assertThat(set.values()).containsExactly(0);

            FutureTask<String> ours = set.startAcquiring();
            set.awaitWaiters(0, 1);
            assertThat(peer.ask(thread + "release")).isEqualTo("done");
            assertThat(result(ours)).isEqualTo("done");
            assertThat(set.values()).containsExactly(0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "virtually "})
    void tryAcquireForATimeReturnsWhenAnotherProcessReleases(String thread) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0)) {
            peer.ask("open " + set.id());
            peer.tell(thread + "tryAcquire 60000");
            set.awaitWaiters(0, 1);
            set.semaphore().release();
            assertThat(peer.hear()).isEqualTo("true");
            assertThat(peer.ask(thread + "tryAcquire 1")).isEqualTo("false");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "virtually "})
    void awaitZeroReturnsWhenAnotherProcessTakesTheLastPermit(String thread) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(2)) {
            peer.ask("open " + set.id());
            peer.tell(thread + "awaitZero");
            set.awaitWaitersForZero(0, 1);
            set.semaphore().acquire(2);
            assertThat(peer.hear()).isEqualTo("done");
        }
    }

    @Test
    void processesAreServedInTheOrderInWhichTheyCame() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0)) {
            for (int i = 0; i < PEERS.size(); i++) {
                PEERS.get(i).ask("open " + set.id());
                PEERS.get(i).tell("acquire");
                set.awaitWaiters(0, i + 1);
            }
            for (Peer next : PEERS) {
                set.semaphore().release();
                assertThat(next.hear()).isEqualTo("done");
                assertThat((long) set.semaphore().status().lastPid()).isEqualTo(next.pid());
            }
        }
    }

    @Test
    void onePermitGoesToOneOfThoseThatWaitAndTheOthersWaitOn() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0)) {
            for (Peer one : PEERS) {
                one.ask("open " + set.id());
                one.tell("acquire");
            }
            set.awaitWaiters(0, 4);
            set.semaphore().release();
            set.awaitWaiters(0, 3);
            assertThat(set.values()).containsExactly(0);
            set.semaphore().release(3);
            assertThat(PEERS.stream().map(Peer::hear)).containsOnly("done");
            assertThat(set.values()).containsExactly(0);
        }
    }

    @Test
    void whoWaitsForManyDoesNotHoldUpWhoWaitsForFew() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0)) {
            Peer greedy = PEERS.get(1);
            greedy.ask("open " + set.id());
            greedy.tell("acquire 3");
            set.awaitWaiters(0, 1);
            peer.ask("open " + set.id());
            peer.tell("acquire");
            set.awaitWaiters(0, 2);
            set.semaphore().release();
            assertThat(peer.hear()).isEqualTo("done");
            set.semaphore().release(3);
            assertThat(greedy.hear()).isEqualTo("done");
        }
    }

    // What ends or moves a wait from outside

    @ParameterizedTest
    @ValueSource(strings = {"acquire", "tryAcquire 60000", "awaitZero", "virtually acquire", "virtually awaitZero"})
    void removingItHereEndsAWaitThere(String wait) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1, 0)) {
            boolean forZero = wait.contains("Zero");
            peer.ask("open " + set.id());
            peer.ask("number " + (forZero ? 0 : 1));
            peer.tell(wait);
            if (forZero) {
                set.awaitWaitersForZero(0, 1);
            } else {
                set.awaitWaiters(1, 1);
            }
            SemaphoreSet.remove(set.id());
            assertThat(peer.hear()).contains("EIDRM (43)", "semaphore set id=" + set.id());
            assertThat(set.exists()).isFalse();
            assertThat(peer.ask(wait)).contains("EINVAL (22)", "there is no such set, or no longer");
        }
    }

    @Test
    void removingItThereEndsAWaitHere() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0)) {
            FutureTask<String> ours = set.startAcquiring();
            set.awaitWaiters(0, 1);
            assertThat(peer.ask("remove " + set.id())).isEqualTo("done");
            assertThat(errnoOf(ours)).isEqualTo(Errno.EIDRM);
        }
    }

    @Test
    void aValueSetByAnotherProcessEndsTheWait() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0)) {
            peer.ask("open " + set.id());
            peer.tell("acquire 2");
            set.awaitWaiters(0, 1);
            set.open().setValue(0, 7);
            assertThat(peer.hear()).isEqualTo("done");
            assertThat(set.values()).containsExactly(5);

            peer.tell("awaitZero");
            set.awaitWaitersForZero(0, 1);
            set.open().setValues(0);
            assertThat(peer.hear()).isEqualTo("done");

            FutureTask<String> ours = set.startAcquiring();
            set.awaitWaiters(0, 1);
            assertThat(peer.ask("setValue 0 1")).isEqualTo("done");
            assertThat(result(ours)).isEqualTo("done");
            assertThat(set.values()).containsExactly(0);
        }
    }

    @Test
    void aWaiterThatIsKilledTakesNothing() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0);
                Peer victim = Peer.java(SemaphorePeer.class)) {
            victim.ask("open " + set.id());
            victim.tell("acquire");
            set.awaitWaiters(0, 1);
            victim.process().destroyForcibly().waitFor();
            set.awaitWaiters(0, 0);
            set.semaphore().release();
            assertThat(set.values()).containsExactly(1);
        }
    }

    // What is seen from outside

    @Test
    void theStatusCountsWhoWaitsInOtherProcessesAndNamesWhoChangedItLast() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1, 0)) {
            for (Peer one : PEERS) {
                one.ask("open " + set.id());
            }
            peer.tell("awaitZero");
            for (Peer one : PEERS.subList(1, 4)) {
                one.ask("number 1");
                one.tell("acquire");
            }
            set.awaitWaitersForZero(0, 1);
            set.awaitWaiters(1, 3);
            int here = (int) ProcessHandle.current().pid();
            SemaphoreSet ours = set.open();
            assertThat(ours.semaphore(0).status()).isEqualTo(new SemaphoreStatus(1, here, 0, 1));
            assertThat(ours.semaphore(1).status()).isEqualTo(new SemaphoreStatus(0, here, 3, 0));

            ours.apply(SemaphoreOperation.acquire(0), SemaphoreOperation.release(1, 3));
            assertThat(PEERS.stream().map(Peer::hear)).containsOnly("done");
            // Who waited for zero has done an operation too, though it changed nothing.
            int waited = (int) peer.pid();
            assertThat(ours.semaphore(0).status()).isEqualTo(new SemaphoreStatus(0, waited, 0, 0));
            int last = ours.semaphore(1).status().lastPid();
            assertThat(PEERS.subList(1, 4).stream().map(Peer::pid)).contains((long) last);
            assertThat(peer.ask("status"))
                    .isEqualTo(
                            "SemaphoreStatus[value=0, lastPid=" + waited + ", waitingForIncrease=0, waitingForZero=0]");
        }
    }

    @Test
    void oneStepOnSeveralSemaphoresIsWaitedForAsAWhole() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0, 0, 0)) {
            FutureTask<String> both = ThreadKind.PLATFORM.start(() -> {
                set.open()
                        .apply(
                                SemaphoreOperation.acquire(0),
                                SemaphoreOperation.acquire(1),
                                SemaphoreOperation.release(2));
                return "done";
            });
            set.awaitWaiters(0, 1);
            peer.ask("open " + set.id());
            peer.ask("release");
            set.awaitWaiters(1, 1); // it counts at the first that it waits for, which is the second now
            assertThat(set.values()).containsExactly(1, 0, 0);
            peer.ask("number 1");
            peer.ask("release");
            assertThat(result(both)).isEqualTo("done");
            assertThat(set.values()).containsExactly(0, 0, 1);
        }
    }

    // Stopped and continued

    @ParameterizedTest
    @ValueSource(strings = {"acquire", "virtually acquire", "tryAcquire 60000"})
    void aStoppedWaiterGetsThePermitOnceItGoesOn(String wait) throws Exception {
        String poster = """
                #include <stdlib.h>
                #include <sys/sem.h>

                int main(int argc, char **argv) {
                    struct sembuf up = {0, 1, 0};
                    return semop(atoi(argv[1]), &up, 1) == -1;
                }
                """;
        try (CProgram program = CProgram.compile(poster);
                TestSemaphores set = TestSemaphores.withRandomKey(0)) {
            peer.ask("open " + set.id());
            peer.tell(wait);
            set.awaitWaiters(0, 1);
            peer.signal("STOP");
            try {
                Await.until(peer::isStopped, "stopped");
                program.run(set.id()).output();
                // A stopped thread waits no longer: whoever runs may take the permit before it.
                assertThat(set.values()).containsExactly(1);
            } finally {
                peer.signal("CONT");
            }
            assertThat(peer.hear()).isEqualTo(wait.startsWith("try") ? "true" : "done");
            assertThat(set.values()).containsExactly(0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "virtually "})
    void stoppingAndContinuingEndsNoWait(String thread) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0)) {
            peer.ask("open " + set.id());
            peer.tell(thread + "acquire");
            for (int time = 0; time < 20; time++) {
                set.awaitWaiters(0, 1);
                peer.signal("STOP");
                Await.until(peer::isStopped, "stopped");
                peer.signal("CONT");
            }
            set.awaitWaiters(0, 1);
            set.semaphore().release();
            assertThat(peer.hear()).isEqualTo("done");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "virtually "})
    void aTimeThatIsOverWhileStoppedIsOver(String thread) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0);
                TestSemaphores clock = TestSemaphores.withRandomKey(0)) {
            peer.ask("open " + set.id());
            peer.tell(thread + "tryAcquire 2000");
            set.awaitWaiters(0, 1);
            peer.signal("STOP");
            try {
                Await.until(peer::isStopped, "stopped");
                assertThat(clock.semaphore().tryAcquire(Duration.ofMillis(2100)))
                        .isFalse();
            } finally {
                peer.signal("CONT");
            }
            assertThat(peer.hear()).isEqualTo("false");
            set.semaphore().release();
            assertThat(set.values()).containsExactly(1);
        }
    }

    /** A JVM of another user. */
    @Nested
    class OfAnotherUser {
        private static final long UID = 65534;
        private static final long OWNER = 12345;
        private static Peer stranger;

        @BeforeAll
        static void start() {
            stranger = Peer.javaAs(UID, SemaphorePeer.class);
        }

        @AfterAll
        static void end() {
            if (stranger != null) {
                stranger.close();
            }
        }

        /** One whose owner is neither its creator nor the other user. */
        private static TestSemaphores set(String permissions, int... values) throws IOException, InterruptedException {
            TestSemaphores set = TestSemaphores.withRandomKey(values);
            SemaphoreSet open = set.open();
            open.setPermissions(PosixFilePermissions.fromString(permissions));
            open.setOwner(OWNER, OWNER);
            return set;
        }

        private static void assertRefused(String message, String errno, String mode) {
            assertThat(message)
                    .contains(errno)
                    .contains("effective uid " + UID)
                    .contains("owner " + OWNER)
                    .contains("creator 0")
                    .contains("mode " + mode);
        }

        @Test
        void mayFindASetOfItsOwnerOnlyAndDoNothingWithIt() throws Exception {
            try (TestSemaphores set = set("rw-------", 1)) {
                assertThat(stranger.ask("find " + set.key().value())).isEqualTo(Integer.toString(set.id()));
                assertThat(stranger.ask("open " + set.id())).isEqualTo(Integer.toString(set.id()));
                for (String order : List.of(
                        "acquire",
                        "tryAcquire 1",
                        "hold",
                        "release",
                        "awaitZero",
                        "values",
                        "status",
                        "setValue 0 2",
                        "virtually acquire")) {
                    assertRefused(stranger.ask(order), "EACCES (13)", "600");
                }
                assertThat(set.values()).containsExactly(1);
            }
        }

        @Test
        void withReadPermissionMayLookAndWaitForZeroAndChangeNothing() throws Exception {
            try (TestSemaphores set = set("rw-r--r--", 1)) {
                assertThat(stranger.ask("find " + set.key().value())).isEqualTo(Integer.toString(set.id()));
                assertThat(stranger.ask("values")).isEqualTo("[1]");
                stranger.tell("awaitZero");
                set.awaitWaitersForZero(0, 1);
                set.semaphore().acquire();
                assertThat(stranger.hear()).isEqualTo("done");
                for (String order : List.of("acquire", "tryAcquire 1", "hold", "release", "setValue 0 2")) {
                    assertRefused(stranger.ask(order), "EACCES (13)", "644");
                }
                assertThat(set.values()).containsExactly(0);
            }
        }

        @Test
        void withWritePermissionAloneMayChangeAndNotLook() throws Exception {
            try (TestSemaphores set = set("rw--w--w-", 1)) {
                assertThat(stranger.ask("open " + set.id())).isEqualTo(Integer.toString(set.id()));
                assertThat(stranger.ask("acquire")).isEqualTo("done");
                assertThat(set.values()).containsExactly(0);
                assertThat(stranger.ask("setValue 0 3")).isEqualTo("done");
                for (String order : List.of("values", "status", "awaitZero")) {
                    assertRefused(stranger.ask(order), "EACCES (13)", "622");
                }
                assertThat(set.values()).containsExactly(3);
            }
        }

        @Test
        void withAllPermissionsMayNeitherRemoveNorGiveAway() throws Exception {
            try (TestSemaphores set = set("rw-rw-rw-", 1)) {
                stranger.ask("open " + set.id());
                for (String order : List.of("remove " + set.id(), "setOwner " + UID, "setPermissions rw-------")) {
                    assertRefused(stranger.ask(order), "EPERM (1)", "666");
                }
                assertThat(set.exists()).isTrue();
            }
        }

        @Test
        void asOwnerMayRemoveIt() throws Exception {
            try (TestSemaphores set = TestSemaphores.withRandomKey(1)) {
                set.open().setOwner(UID, UID);
                stranger.ask("open " + set.id());
                assertThat(stranger.ask("remove " + set.id())).isEqualTo("done");
                assertThat(set.exists()).isFalse();
            }
        }

        @Test
        void whomThePermissionsNoLongerLetStillGetsThePermitThatItWaitsFor() throws Exception {
            try (TestSemaphores set = set("rw-rw-rw-", 0)) {
                stranger.ask("open " + set.id());
                stranger.tell("acquire");
                set.awaitWaiters(0, 1);
                set.open().setPermissions(PosixFilePermissions.fromString("rw-------"));
                set.semaphore().release();
                assertThat(stranger.hear()).isEqualTo("done");
                assertRefused(stranger.ask("acquire"), "EACCES (13)", "600");
            }
        }
    }
}
