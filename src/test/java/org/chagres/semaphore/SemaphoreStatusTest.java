package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.chagres.semaphore.TestSemaphores.result;
import static org.chagres.semaphore.TestSemaphores.start;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.IpcPermissions;
import org.chagres.semaphore.TestSemaphores.Counter;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the library says of a set and its semaphores, against what the kernel's tables say. */
@ExtendWith(LeakCheck.class)
class SemaphoreStatusTest {
    private static final int OWN_PID = (int) ProcessHandle.current().pid();

    @Nested
    class OfASet {
        @Test
        void isWhatTheKernelsTableSays() throws Exception {
            assumeTrue(TestSemaphores.isRoot(), "only root may give a set away");
            try (TestSemaphores three = TestSemaphores.withRandomKey(1, 2, 3);
                    SemaphoreSet set = three.open()) {
                set.setOwner(4_294_967_294L, 4_000_000_000L);
                set.setPermissions(PosixFilePermissions.fromString("rw-r---w-"));
                SemaphoreSetStatus status = set.status();
                Kernel.IpcRow row = three.row();
                assertThat(status)
                        .isEqualTo(new SemaphoreSetStatus(
                                three.id(),
                                three.key(),
                                new IpcPermissions(
                                        row.get("uid"),
                                        row.get("gid"),
                                        row.get("cuid"),
                                        row.get("cgid"),
                                        PosixFilePermissions.fromString("rw-r---w-"),
                                        status.permissions().sequence()),
                                3,
                                Optional.of(Instant.ofEpochSecond(row.get("otime"))),
                                Instant.ofEpochSecond(row.get("ctime"))));
                assertThat(row.get("uid")).isEqualTo(4_294_967_294L);
                assertThat(row.get("gid")).isEqualTo(4_000_000_000L);
                assertThat(row.mode()).isEqualTo(0642);
                assertThat(SemaphoreSet.status(three.id())).isEqualTo(status);
            }
        }

        @Test
        void namesThePrivateKey() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(1)) {
                assertThat(SemaphoreSet.status(set.id()).key()).isEqualTo(IpcKey.PRIVATE);
            }
        }

        @Test
        void countsHowOftenThePlaceWasUsed() throws Exception {
            try (TestSemaphores set = TestSemaphores.of(1)) {
                int sequence = SemaphoreSet.status(set.id()).permissions().sequence();
                assertThat(set.id() >>> 15)
                        .as("the upper part of the identifier")
                        .isEqualTo(sequence);
            }
        }

        @Test
        void hasNoLastOperationUntilThereIsOne() throws Exception {
            try (TestSemaphores half = TestSemaphores.halfMade(2)) {
                assertThat(SemaphoreSet.status(half.id()).lastOperation()).isEmpty();
                SemaphoreSet set = SemaphoreSet.builder().acceptUninitialized().open(half.id());
                set.setValue(0, 1);
                set.setValues(1, 1);
                set.setPermissions(PosixFilePermissions.fromString("rw-rw----"));
                assertThat(set.tryApply(SemaphoreOperation.acquire(0, 2))).isFalse();
                assertThat(set.status().lastOperation()).isEmpty();
                assertThat(half.row().get("otime")).isZero();
                set.semaphore(0).acquire();
                assertThat(set.status().lastOperation())
                        .contains(Instant.ofEpochSecond(half.row().get("otime")));
            }
        }

        static Stream<Change> operations() {
            return Stream.of(
                    ProcessSemaphore::acquire,
                    ProcessSemaphore::release,
                    ProcessSemaphore::tryAcquire,
                    semaphore -> semaphore.withUndo().acquire(),
                    semaphore -> semaphore.set().apply(SemaphoreOperation.awaitZero(1)));
        }

        private interface Change {
            void of(ProcessSemaphore semaphore) throws Exception;
        }

        @ParameterizedTest
        @MethodSource("operations")
        void knowsTheLastOperationOfEachKind(Change operation) throws Exception {
            try (TestSemaphores half = TestSemaphores.halfMade(2)) {
                SemaphoreSet set = SemaphoreSet.builder().acceptUninitialized().open(half.id());
                set.setValue(0, 1);
                operation.of(set.semaphore(0));
                assertThat(set.status().lastOperation()).isPresent();
            }
        }

        /**
         * Times are whole seconds of a clock that is a tick late, so that the test waits until the next one has begun.
         */
        @Test
        void knowsWhenValuesWereLastSet() throws Exception {
            try (TestSemaphores one = TestSemaphores.of(1);
                    SemaphoreSet set = one.open()) {
                Instant created = set.status().lastChanged();
                Await.until(() -> Instant.now().isAfter(created.plusMillis(1100)));
                set.semaphore(0).release();
                assertThat(set.status().lastChanged()).as("an operation").isEqualTo(created);
                set.setValue(0, 1);
                assertThat(set.status().lastChanged()).isAfter(created);
                assertThat(set.status().lastChanged().getEpochSecond())
                        .isEqualTo(one.row().get("ctime"));
            }
        }
    }

    @Nested
    class Changing {
        @Test
        void theOwnerLeavesTheRest() throws Exception {
            assumeTrue(TestSemaphores.isRoot(), "only root may give a set away");
            try (TestSemaphores one = TestSemaphores.withRandomKey(1);
                    SemaphoreSet set = one.open()) {
                set.setPermissions(PosixFilePermissions.fromString("rw-rw----"));
                IpcPermissions before = set.status().permissions();
                set.setOwner(12345, 54321);
                assertThat(one.row().get("uid")).isEqualTo(12345);
                assertThat(one.row().get("gid")).isEqualTo(54321);
                assertThat(one.row().get("cuid")).isEqualTo(before.creatorUid());
                assertThat(one.row().get("cgid")).isEqualTo(before.creatorGid());
                assertThat(one.row().mode()).isEqualTo(0660);
                assertThat(one.row().get("key")).isEqualTo(one.key().value());
            }
        }

        @Test
        void thePermissionsLeavesTheRest() throws Exception {
            try (TestSemaphores one = TestSemaphores.of(1);
                    SemaphoreSet set = one.open()) {
                IpcPermissions before = set.status().permissions();
                for (String permissions : List.of("rw-rw-rw-", "-w-r--r--", "---------", "rw-------")) {
                    Set<PosixFilePermission> wanted = PosixFilePermissions.fromString(permissions);
                    set.setPermissions(wanted);
                    IpcPermissions now = one.listed().permissions();
                    assertThat(now.permissions()).isEqualTo(wanted);
                    assertThat(now.ownerUid()).isEqualTo(before.ownerUid());
                    assertThat(now.ownerGid()).isEqualTo(before.ownerGid());
                }
                assertThat(one.row().mode()).isEqualTo(0600);
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {-1, 4_294_967_295L, Long.MAX_VALUE, Long.MIN_VALUE})
        void theOwnerToWhatIsNoUserIsRefused(long number) throws Exception {
            try (TestSemaphores one = TestSemaphores.of(1);
                    SemaphoreSet set = one.open()) {
                TestSemaphores.assertRefused(
                        () -> set.setOwner(number, 0), "uid must be 0 to 4294967294, not " + number);
                TestSemaphores.assertRefused(
                        () -> set.setOwner(0, number), "gid must be 0 to 4294967294, not " + number);
            }
        }

        @ParameterizedTest
        @EnumSource(names = {"OWNER_EXECUTE", "GROUP_EXECUTE", "OTHERS_EXECUTE"})
        void thePermissionsToExecuteIsRefused(PosixFilePermission execute) throws Exception {
            try (TestSemaphores one = TestSemaphores.of(1);
                    SemaphoreSet set = one.open()) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> set.setPermissions(EnumSet.of(PosixFilePermission.OWNER_READ, execute)))
                        .withMessageStartingWith(execute.name());
                assertThat(one.row().mode()).isEqualTo(0600);
            }
        }

        /** Who waits does not keep what he was allowed when he came. */
        @Test
        void thePermissionsConcernsWhoWaits() throws Exception {
            try (Peer user = Peer.javaAs(65534, SemaphoreUser.class);
                    TestSemaphores one = TestSemaphores.of(0);
                    SemaphoreSet set = one.open()) {
                set.setPermissions(PosixFilePermissions.fromString("rw-rw-rw-"));
                user.ask("open " + one.id());
                user.tell("acquire");
                one.awaitWaiters(0, 1);
                set.setPermissions(PosixFilePermissions.fromString("rw-------"));
                set.semaphore(0).release();
                assertThat(user.hear()).isEqualTo("acquired");
                assertThat(user.ask("tryAcquire")).contains("EACCES");
            }
        }
    }

    @Nested
    class OfASemaphore {
        /** The status of each, where {@code ipcs} says the same. */
        private static List<SemaphoreStatus> sameAsTheKernel(SemaphoreSet set) throws ErrnoException {
            List<SemaphoreStatus> all = new ArrayList<>();
            for (int number = 0; number < set.size(); number++) {
                all.add(set.semaphore(number).status());
            }
            assertThat(all)
                    .extracting(status -> new Counter(
                            status.value(), status.waitingForIncrease(), status.waitingForZero(), status.lastPid()))
                    .isEqualTo(TestSemaphores.existing(set.id()).counters());
            return all;
        }

        @Test
        void hasItsValueAndNobodyWaiting() throws Exception {
            try (TestSemaphores two = TestSemaphores.of(0, 5);
                    SemaphoreSet set = two.open()) {
                set.setValue(0, 1);
                List<SemaphoreStatus> all = sameAsTheKernel(set);
                assertThat(all.get(0)).isEqualTo(new SemaphoreStatus(1, OWN_PID, 0, 0));
                assertThat(all.get(1)).isEqualTo(new SemaphoreStatus(5, OWN_PID, 0, 0));
            }
        }

        @ParameterizedTest
        @EnumSource
        void countsWhoWaits(ThreadKind kind) throws Exception {
            try (TestSemaphores two = TestSemaphores.of(0, 5);
                    SemaphoreSet set = two.open()) {
                List<FutureTask<String>> waiters = List.of(
                        start(kind, () -> set.semaphore(0).acquire(1)),
                        start(kind, () -> set.semaphore(0).acquire(2)),
                        start(kind, () -> set.semaphore(1).awaitZero()));
                two.awaitWaiters(0, 2);
                two.awaitWaitersForZero(1, 1);
                List<SemaphoreStatus> all = sameAsTheKernel(set);
                assertThat(all.get(0)).isEqualTo(new SemaphoreStatus(0, OWN_PID, 2, 0));
                assertThat(all.get(1)).isEqualTo(new SemaphoreStatus(5, OWN_PID, 0, 1));
                set.setValues(3, 0);
                for (FutureTask<String> waiter : waiters) {
                    result(waiter);
                }
                assertThat(sameAsTheKernel(set).getFirst()).isEqualTo(new SemaphoreStatus(0, OWN_PID, 0, 0));
            }
        }

        @Test
        void countsWhoWaitsForAStepAtTheFirstThatIsNotPossible() throws Exception {
            try (TestSemaphores three = TestSemaphores.of(1, 0, 1);
                    SemaphoreSet set = three.open()) {
                FutureTask<String> waiter = start(
                        ThreadKind.PLATFORM,
                        () -> set.apply(
                                SemaphoreOperation.acquire(0),
                                SemaphoreOperation.acquire(1),
                                SemaphoreOperation.awaitZero(2)));
                three.awaitWaiters(1, 1);
                assertThat(sameAsTheKernel(set))
                        .extracting(SemaphoreStatus::waitingForIncrease)
                        .containsExactly(0, 1, 0);
                set.setValue(1, 1);
                three.awaitWaitersForZero(2, 1);
                assertThat(sameAsTheKernel(set))
                        .extracting(SemaphoreStatus::waitingForIncrease)
                        .containsExactly(0, 0, 0);
                set.setValue(2, 0);
                result(waiter);
            }
        }

        @Test
        void namesTheProcessThatChangedItLast() throws Exception {
            try (Peer user = Peer.java(SemaphoreUser.class);
                    TestSemaphores two = TestSemaphores.of(5, 5);
                    SemaphoreSet set = two.open()) {
                user.ask("open " + two.id());
                user.ask("acquire");
                assertThat(sameAsTheKernel(set))
                        .extracting(SemaphoreStatus::lastPid)
                        .containsExactly((int) user.pid(), OWN_PID);
                set.semaphore(0).release();
                assertThat(sameAsTheKernel(set))
                        .extracting(SemaphoreStatus::lastPid)
                        .containsExactly(OWN_PID, OWN_PID);
                user.ask("setValue 3");
                assertThat(sameAsTheKernel(set))
                        .extracting(SemaphoreStatus::lastPid)
                        .containsExactly((int) user.pid(), OWN_PID);
                user.ask("setValues 4 4");
                assertThat(sameAsTheKernel(set))
                        .extracting(SemaphoreStatus::lastPid)
                        .containsExactly((int) user.pid(), (int) user.pid());
            }
        }

        /** An operation counts even if it changes nothing. */
        @Test
        void namesTheProcessThatWaitedForZeroToo() throws Exception {
            try (Peer user = Peer.java(SemaphoreUser.class);
                    TestSemaphores one = TestSemaphores.of(0);
                    SemaphoreSet set = one.open()) {
                user.ask("open " + one.id());
                assertThat(user.ask("awaitZero")).isEqualTo("true");
                assertThat(sameAsTheKernel(set))
                        .extracting(SemaphoreStatus::lastPid)
                        .containsExactly((int) user.pid());
            }
        }

        @Test
        void namesNobodyWhereNobodyDidAnything() throws IOException, InterruptedException {
            try (TestSemaphores half = TestSemaphores.halfMade(1)) {
                SemaphoreSet set = SemaphoreSet.builder().acceptUninitialized().open(half.id());
                assertThat(sameAsTheKernel(set)).containsExactly(new SemaphoreStatus(0, 0, 0, 0));
            }
        }
    }
}
