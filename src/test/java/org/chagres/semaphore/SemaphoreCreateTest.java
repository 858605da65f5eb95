package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.semaphore.TestSemaphores.isFree;
import static org.chagres.semaphore.TestSemaphores.result;
import static org.chagres.testing.Answers.KERNEL;

import java.io.IOException;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.resource.SemaphoreWaits;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Creating, opening, and first values that nobody ever sees missing. */
@ExtendWith(LeakCheck.class)
class SemaphoreCreateTest {

    @Nested
    class Creating {
        @Test
        void makesASetThatTheKernelListsUnderItsKey() throws IOException {
            IpcKey key = IpcKey.random();
            try (SemaphoreSet set = SemaphoreSet.create(key, 1, 2, 3);
                    TestSemaphores three = TestSemaphores.existing(set.id())) {
                assertThat(three.row().get("key")).isEqualTo(key.value());
                assertThat(three.row().get("nsems")).isEqualTo(3);
                assertThat(three.row().get("cuid")).isEqualTo(ProcessCalls.geteuid());
                assertThat(set.size()).isEqualTo(3);
                assertThat(set.created()).isTrue();
            }
        }

        @Test
        void givesTheFirstValues() throws IOException {
            try (TestSemaphores one = TestSemaphores.of(7);
                    TestSemaphores several = TestSemaphores.of(0, 32767, 5);
                    TestSemaphores zeros = TestSemaphores.of(0, 0)) {
                assertThat(one.values()).containsExactly(7);
                assertThat(several.values()).containsExactly(0, 32767, 5);
                assertThat(zeros.values()).containsExactly(0, 0);
            }
        }

        @Test
        void givesAsManyAsThereAre() throws Exception {
            int[] first =
                    IntStream.range(0, 20_000).map(i -> (i * 7 + 3) & 0x7fff).toArray();
            try (SemaphoreSet set = SemaphoreSet.create(IpcKey.PRIVATE, first);
                    TestSemaphores many = TestSemaphores.existing(set.id());
                    SemaphoreSet opened = many.open()) {
                assertThat(many.row().get("nsems")).isEqualTo(20_000);
                assertThat(opened.size()).isEqualTo(20_000);
                assertThat(opened.values()).isEqualTo(first);
                assertThat(many.values()).isEqualTo(IntStream.of(first).boxed().toList());
                opened.semaphore(19_999).release();
                assertThat(opened.semaphore(19_999).availablePermits()).isEqualTo(first[19_999] + 1);
            }
        }

        @Test
        void isDoneWithAnOperationSoThatOthersKnow() throws IOException {
            for (int[] first : new int[][] {{0}, {5}, {0, 0}, {5, 5}}) {
                try (TestSemaphores set = TestSemaphores.of(first)) {
                    assertThat(set.row().get("otime")).isPositive();
                }
            }
        }

        @Test
        void privateMeansNewEachTime() throws IOException {
            try (TestSemaphores one = TestSemaphores.of(1);
                    TestSemaphores other = TestSemaphores.of(1)) {
                assertThat(one.id()).isNotEqualTo(other.id());
                assertThat(one.row().get("key")).isZero();
            }
        }

        @Test
        void underAKeyInUseSaysWhoHasIt() throws IOException {
            try (TestSemaphores set = TestSemaphores.withRandomKey(3)) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> SemaphoreSet.create(set.key(), 1, 1))
                        .withMessage("semget: EEXIST (17), creating semaphore set key=" + set.key()
                                + " size=2; semaphore set id=" + set.id() + " has the key, created by uid "
                                + ProcessCalls.geteuid());
                assertThat(set.values()).containsExactly(3);
            }
        }

        @Test
        void underAKeyOfAHalfMadeSetSaysSo() throws IOException {
            try (TestSemaphores half = TestSemaphores.halfMade(1)) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> SemaphoreSet.create(half.key(), 1))
                        .withMessageStartingWith("semget: EEXIST (17), creating semaphore set key=" + half.key())
                        .withMessageEndingWith(", and nobody has done an operation on it yet");
            }
        }

        @Test
        void isForTheOwnerOnlyUnlessAskedOtherwise() throws IOException {
            try (TestSemaphores set = TestSemaphores.of(1)) {
                assertThat(set.row().mode()).isEqualTo(0600);
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"rw-------", "rw-r-----", "-w-rw-r--", "rw-rw-rw-", "rw--w--w-"})
        void givesThePermissionsAskedFor(String permissions) throws IOException {
            SemaphoreSetBuilder builder =
                    SemaphoreSet.builder().permissions(PosixFilePermissions.fromString(permissions));
            try (SemaphoreSet set = builder.create(IpcKey.PRIVATE, 1, 1);
                    TestSemaphores two = TestSemaphores.existing(set.id())) {
                assertThat(PosixFilePermissions.toString(
                                two.listed().permissions().permissions()))
                        .isEqualTo(permissions);
                assertThat(two.row().mode()).isEqualTo(modeOf(permissions));
            }
        }

        private static int modeOf(String permissions) {
            int mode = 0;
            for (char letter : permissions.toCharArray()) {
                mode = mode << 1 | (letter == '-' ? 0 : 1);
            }
            return mode;
        }

        @Test
        void asksNoUmask() throws IOException {
            // The shell becomes the JVM: one process all along.
            List<String> withUmask = List.of("sh", "-c", "umask 077 && exec \"$0\" \"$@\"");
            try (Peer careful = Peer.javaUnder(withUmask, SemaphoreUser.class);
                    TestSemaphores set = TestSemaphores.existing(careful.ask("createWith 0 rw-rw-rw- 1"))) {
                assertThat(set.row().mode()).isEqualTo(0666);
            }
        }

        @Test
        void keepsItsPermissionsWhenTheCallersSetChangesLater() throws IOException {
            Set<PosixFilePermission> permissions =
                    EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
            SemaphoreSetBuilder builder = SemaphoreSet.builder().permissions(permissions);
            permissions.add(PosixFilePermission.OTHERS_WRITE);
            for (int time = 0; time < 2; time++) { // the builder may be used again
                try (SemaphoreSet set = builder.create(IpcKey.PRIVATE, 1);
                        TestSemaphores one = TestSemaphores.existing(set.id())) {
                    assertThat(one.row().mode()).isEqualTo(0600);
                }
            }
        }

        @ParameterizedTest
        @EnumSource(names = {"OWNER_EXECUTE", "GROUP_EXECUTE", "OTHERS_EXECUTE"})
        void refusesExecutePermissions(PosixFilePermission execute) {
            SemaphoreSetBuilder builder = SemaphoreSet.builder();
            Set<PosixFilePermission> permissions = EnumSet.of(PosixFilePermission.OWNER_WRITE, execute);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.permissions(permissions))
                    .withMessageStartingWith(execute.name());
        }

        @Test
        void refusesASetOfNothing() {
            String message = "at least one semaphore";
            TestSemaphores.assertRefused(() -> SemaphoreSet.create(IpcKey.PRIVATE), message);
            TestSemaphores.assertRefused(() -> SemaphoreSet.openOrCreate(IpcKey.random()), message);
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, 32768, 65536, Integer.MAX_VALUE, Integer.MIN_VALUE})
        void refusesAValueThatASemaphoreCannotHave(int value) {
            String message = "the value of a semaphore is 0 to 32767, not " + value;
            TestSemaphores.assertRefused(() -> SemaphoreSet.create(IpcKey.PRIVATE, 1, value), message);
            TestSemaphores.assertRefused(() -> SemaphoreSet.openOrCreate(IpcKey.random(), 1, value), message);
        }

        @Test
        void needsItsArguments() {
            Class<NullPointerException> type = NullPointerException.class;
            int[] none = null;
            SemaphoreSetBuilder builder = SemaphoreSet.builder();
            TestSemaphores.assertThrownWithoutTheKernel(type, () -> SemaphoreSet.create(null, 1), "key");
            TestSemaphores.assertThrownWithoutTheKernel(type, () -> SemaphoreSet.open(null), "key");
            TestSemaphores.assertThrownWithoutTheKernel(type, () -> SemaphoreSet.openOrCreate(null, 1), "key");
            TestSemaphores.assertThrownWithoutTheKernel(
                    type, () -> SemaphoreSet.create(IpcKey.PRIVATE, none), "values");
            TestSemaphores.assertThrownWithoutTheKernel(type, () -> builder.permissions(null), "permissions");
            TestSemaphores.assertThrownWithoutTheKernel(type, () -> builder.initializationTimeout(null), "timeout");
        }
    }

    @Nested
    class Opening {
        @Test
        void byKeyAndByIdentifierFindsTheSet() throws Exception {
            try (TestSemaphores two = TestSemaphores.withRandomKey(3, 4);
                    SemaphoreSet byKey = SemaphoreSet.open(two.key());
                    SemaphoreSet byId = SemaphoreSet.open(two.id())) {
                for (SemaphoreSet set : List.of(byKey, byId)) {
                    assertThat(set.id()).isEqualTo(two.id());
                    assertThat(set.size()).isEqualTo(2);
                    assertThat(set.created()).isFalse();
                    assertThat(set.values()).containsExactly(3, 4);
                }
            }
        }

        @Test
        void givesAnySemaphoreOfTheSet() throws Exception {
            try (TestSemaphores three = TestSemaphores.of(3, 4, 5);
                    SemaphoreSet set = three.open()) {
                for (int number = 0; number < 3; number++) {
                    ProcessSemaphore semaphore = set.semaphore(number);
                    assertThat(semaphore.number()).isEqualTo(number);
                    assertThat(semaphore.set()).isSameAs(set);
                    semaphore.release(10 * number + 1);
                }
                assertThat(three.values()).containsExactly(4, 15, 26);
            }
        }

        @Test
        void aPrivateKeyIsRefusedBeforeTheKernelIsAsked() {
            TestSemaphores.assertRefused(() -> SemaphoreSet.open(IpcKey.PRIVATE), "identifier");
            TestSemaphores.assertRefused(() -> SemaphoreSet.openOrCreate(IpcKey.PRIVATE, 1), "identifier");
        }

        @Test
        void orCreatingCreatesWhereThereIsNone() throws Exception {
            IpcKey key = IpcKey.random();
            try (SemaphoreSet set = SemaphoreSet.openOrCreate(key, 3, 4);
                    TestSemaphores two = TestSemaphores.existing(set.id())) {
                assertThat(set.created()).isTrue();
                assertThat(two.row().get("key")).isEqualTo(key.value());
                assertThat(two.row().mode()).isEqualTo(0600);
                assertThat(two.values()).containsExactly(3, 4);
            }
        }

        @Test
        void orCreatingTakesAnExistingSetThatIsLargeEnoughAsItIs() throws Exception {
            try (TestSemaphores three = TestSemaphores.withRandomKey(3, 4, 5);
                    SemaphoreSet same = SemaphoreSet.openOrCreate(three.key(), 9, 9, 9);
                    SemaphoreSet larger = SemaphoreSet.openOrCreate(three.key(), 9)) {
                assertThat(List.of(same.id(), larger.id())).containsOnly(three.id());
                assertThat(List.of(same.size(), larger.size())).containsOnly(3);
                assertThat(List.of(same.created(), larger.created())).containsOnly(false);
                assertThat(three.values()).containsExactly(3, 4, 5);
            }
        }

        @Test
        void orCreatingRefusesASmallerSetNamingItsSize() throws Exception {
            try (TestSemaphores two = TestSemaphores.withRandomKey(3, 4)) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> SemaphoreSet.openOrCreate(two.key(), 1, 1, 1))
                        .withMessage("semget: EINVAL (22), opening semaphore set key=" + two.key()
                                + " size=3; the set with this key, id=" + two.id() + ", has only 2 semaphores");
                assertThat(two.values()).containsExactly(3, 4);
            }
        }
    }

    /** A set on which nobody has done an operation: its creator died half-way, or is still at it, or never does any. */
    @Nested
    class HalfMade {
        private static SemaphoreSetBuilder patient() {
            return SemaphoreSet.builder().initializationTimeout(Duration.ofMinutes(1));
        }

        private static SemaphoreSetBuilder impatient() {
            return SemaphoreSet.builder().initializationTimeout(Duration.ZERO);
        }

        private interface Opening {
            SemaphoreSet by(SemaphoreSetBuilder builder, TestSemaphores set) throws Exception;
        }

        /** The three ways to open. */
        private enum Way implements Opening {
            BY_KEY {
                @Override
                public SemaphoreSet by(SemaphoreSetBuilder builder, TestSemaphores set) throws Exception {
                    return builder.open(set.key());
                }
            },
            BY_ID {
                @Override
                public SemaphoreSet by(SemaphoreSetBuilder builder, TestSemaphores set) throws Exception {
                    return builder.open(set.id());
                }
            },
            OR_CREATING {
                @Override
                public SemaphoreSet by(SemaphoreSetBuilder builder, TestSemaphores set) throws Exception {
                    return builder.openOrCreate(set.key(), 1);
                }
            }
        }

        @ParameterizedTest
        @EnumSource
        void isToldAtOnceToWhoDoesNotWait(Way way) throws Exception {
            for (Duration nothing : List.of(Duration.ZERO, Duration.ofSeconds(Long.MIN_VALUE))) {
                try (TestSemaphores half = TestSemaphores.halfMade(2);
                        ScriptedAnswers looks = ScriptedAnswers.to("semctl", KERNEL, KERNEL)) {
                    assertThatExceptionOfType(UninitializedSemaphoreException.class)
                            .isThrownBy(() -> way.by(SemaphoreSet.builder().initializationTimeout(nothing), half));
                    assertThat(looks.remaining()).as("looks left").isEqualTo(1);
                }
            }
        }

        @ParameterizedTest
        @EnumSource
        void isToldAfterTheTimeAndNotBefore(Way way) throws Exception {
            Duration timeout = Duration.ofMillis(60);
            try (TestSemaphores half = TestSemaphores.halfMade(1)) {
                long start = System.nanoTime();
                assertThatExceptionOfType(UninitializedSemaphoreException.class)
                        .isThrownBy(() -> way.by(SemaphoreSet.builder().initializationTimeout(timeout), half));
                assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(timeout.toNanos());
            }
        }

        @Test
        void isToldWithAllThatHelps() throws Exception {
            try (TestSemaphores half = TestSemaphores.halfMade(1)) {
                UninitializedSemaphoreException failure = catchThrowableOfType(
                        UninitializedSemaphoreException.class, () -> impatient().open(half.key()));
                Instant created = Instant.ofEpochSecond(half.row().get("ctime"));
                assertThat(failure.id()).isEqualTo(half.id());
                assertThat(failure.lastChanged()).isEqualTo(created);
                assertThat(failure)
                        .hasMessage("semaphore set id=" + half.id() + " key=" + half.key() + ", created by uid "
                                + ProcessCalls.geteuid() + " and last changed at " + created
                                + ", has had no operation yet: its creator died before it had given values, or only sets"
                                + " them (SETVAL, SETALL); if it died, remove the set, and if not, open it with"
                                + " acceptUninitialized()");
            }
        }

        @ParameterizedTest
        @EnumSource
        void canBeOpenedAllTheSameAndRepaired(Way way) throws Exception {
            try (TestSemaphores half = TestSemaphores.halfMade(2)) {
                SemaphoreSetBuilder accepting = SemaphoreSet.builder().acceptUninitialized();
                try (SemaphoreSet set = way.by(accepting, half)) {
                    assertThat(set.created()).isFalse();
                    assertThat(set.size()).isEqualTo(2);
                    set.setValues(3, 4);
                    assertThat(half.values()).containsExactly(3, 4);
                    set.apply(SemaphoreOperation.release(0));
                }
                try (SemaphoreSet set = way.by(impatient(), half)) {
                    assertThat(set.values()).containsExactly(4, 4);
                }
            }
        }

        @Test
        void isOneOfAProgramThatOnlySetsValues() throws Exception {
            Run.assumeInstalled("perl");
            IpcKey key = IpcKey.random();
            String program = "my $id = semget(" + key.value() + ", 1, 01600); defined $id or die $!;"
                    + " semctl($id, 0, 16, 5) or die $!; print $id;"; // IPC_CREAT and rw-------; SETVAL
            int id = Integer.parseInt(Run.command("perl", "-e", program).output());
            try (TestSemaphores set = TestSemaphores.existing(id)) {
                assertThat(set.values()).containsExactly(5);
                assertThatExceptionOfType(UninitializedSemaphoreException.class)
                        .isThrownBy(() -> impatient().open(key));
                try (SemaphoreSet opened =
                        SemaphoreSet.builder().acceptUninitialized().open(key)) {
                    assertThat(opened.values()).containsExactly(5);
                }
            }
        }

        @ParameterizedTest
        @EnumSource
        void isWaitedForUntilItsCreatorIsReady(Way way) throws Exception {
            for (ThreadKind kind : ThreadKind.values()) {
                try (TestSemaphores half = TestSemaphores.halfMade(2)) {
                    Opener opener =
                            Opener.start(kind, () -> way.by(patient(), half).values());
                    opener.awaitWaiting();
                    assertThat(SemaphoreObject.setValues(half.id(), new int[] {3, 4}))
                            .isZero();
                    opener.awaitWaiting();
                    publish(half.id());
                    assertThat(result(opener.task())).containsExactly(4, 4);
                }
            }
        }

        @Test
        void thatIsRemovedMeanwhileIsNotThere() throws Exception {
            for (Way way : List.of(Way.BY_KEY, Way.BY_ID)) {
                try (TestSemaphores half = TestSemaphores.halfMade(1)) {
                    Opener opener = Opener.start(
                            ThreadKind.PLATFORM, () -> way.by(patient(), half).values());
                    opener.awaitWaiting();
                    SemaphoreSet.remove(half.id());
                    assertThat(TestSemaphores.errnoOf(opener.task()))
                            .isIn(way == Way.BY_KEY ? Set.of(Errno.ENOENT) : Set.of(Errno.EINVAL, Errno.EIDRM));
                }
            }
        }

        @Test
        void thatIsRemovedMeanwhileIsCreatedAnew() throws Exception {
            try (TestSemaphores half = TestSemaphores.halfMade(1)) {
                FutureTask<SemaphoreSet> task = new FutureTask<>(() -> patient().openOrCreate(half.key(), 5));
                Thread thread = Thread.ofPlatform().daemon().start(task);
                Await.until(() -> thread.getState() == Thread.State.TIMED_WAITING);
                SemaphoreSet.remove(half.id());
                try (SemaphoreSet set = result(task);
                        TestSemaphores anew = TestSemaphores.existing(set.id())) {
                    assertThat(set.created()).isTrue();
                    assertThat(anew.values()).containsExactly(5);
                }
            }
        }

        @ParameterizedTest
        @EnumSource
        void isWaitedForUntilAnInterrupt(ThreadKind kind) throws Exception {
            try (TestSemaphores half = TestSemaphores.halfMade(1)) {
                Opener opener =
                        Opener.start(kind, () -> patient().open(half.key()).values());
                opener.awaitWaiting();
                opener.thread().interrupt();
                assertThat(TestSemaphores.failure(opener.task())).isInstanceOf(InterruptedException.class);
            }
        }

        @ParameterizedTest
        @EnumSource
        void isNotOpenedByWhoComesInterrupted(Way way) throws Exception {
            try (TestSemaphores made = TestSemaphores.withRandomKey(1)) {
                Thread.currentThread().interrupt();
                assertThatExceptionOfType(InterruptedException.class)
                        .isThrownBy(() -> way.by(SemaphoreSet.builder(), made));
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
            }
        }

        /** A thread that opens a set and answers its values. */
        private record Opener(Thread thread, FutureTask<int[]> task) {
            static Opener start(ThreadKind kind, Callable<int[]> opening) {
                FutureTask<int[]> task = new FutureTask<>(opening);
                return new Opener(kind.builder().start(task), task);
            }

            /** Waits until it sleeps between two looks. */
            void awaitWaiting() {
                Await.until(() -> thread.getState() == Thread.State.TIMED_WAITING);
                assertThat(task.isDone()).isFalse();
            }
        }
    }

    @Nested
    class Race {
        private static final int THREADS = 6;
        private static final int ROUNDS = 200;

        @Test
        void hasOneCreatorAndNobodySeesASetWithoutItsValues() throws Exception {
            CyclicBarrier meeting = new CyclicBarrier(THREADS);
            IpcKey[] key = new IpcKey[1];
            List<FutureTask<Integer>> racers = new ArrayList<>();
            for (int racer = 0; racer < THREADS; racer++) {
                boolean first = racer == 0;
                racers.add(ThreadKind.PLATFORM.start(() -> race(meeting, key, first)));
            }
            int created = 0;
            for (FutureTask<Integer> racer : racers) {
                created += racer.get(60, TimeUnit.SECONDS);
            }
            assertThat(created).isEqualTo(ROUNDS);
        }

        /** Answers how often this thread was the one who created. */
        private static int race(CyclicBarrier meeting, IpcKey[] key, boolean first) throws Exception {
            int created = 0;
            for (int round = 0; round < ROUNDS; round++) {
                if (first) {
                    key[0] = IpcKey.random();
                }
                meeting.await(30, TimeUnit.SECONDS);
                try (SemaphoreSet set = SemaphoreSet.openOrCreate(key[0], 3, 4)) {
                    int[] seen = set.values();
                    meeting.await(30, TimeUnit.SECONDS);
                    if (set.created()) {
                        created++;
                        set.remove();
                    }
                    assertThat(seen).as("round %d", round).containsExactly(3, 4);
                }
            }
            return created;
        }
    }

    /** What a creator does last: an operation. */
    private static void publish(int id) {
        long one = SemaphoreWaits.operation(0, 1, false, false);
        assertThat(new SemaphoreWaits(id).attempt(one)).isNotNegative();
    }

    /** Others create and remove in between. */
    @Nested
    class Meanwhile {
        private static int createAsAnother(IpcKey key) {
            int id = SemaphoreObject.create(key.value(), 1, PosixFilePermissions.fromString("rw-------"));
            publish(id);
            return id;
        }

        private static ScriptedAnswers.Answer removedFirst(int id) {
            return arguments -> {
                assertThat(SemaphoreObject.remove(id)).isZero();
                return ScriptedAnswers.ASK_THE_KERNEL;
            };
        }

        @Test
        void aSetRemovedBetweenFindingAndLookingIsNotThere() throws Exception {
            try (TestSemaphores set = TestSemaphores.withRandomKey(1);
                    ScriptedAnswers look = ScriptedAnswers.to("semctl", removedFirst(set.id()), KERNEL)) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> SemaphoreSet.open(set.key()))
                        .withMessage("semget: ENOENT (2), opening semaphore set key=" + set.key()
                                + "; no set has this key in this IPC namespace");
                assertThat(look.remaining()).isLessThanOrEqualTo(1);
            }
        }

        @Test
        void aSetRemovedBetweenFindingAndLookingIsCreatedAnew() throws Exception {
            try (TestSemaphores found = TestSemaphores.withRandomKey(1);
                    ScriptedAnswers look = ScriptedAnswers.to("semctl", removedFirst(found.id()));
                    SemaphoreSet set = SemaphoreSet.openOrCreate(found.key(), 5);
                    TestSemaphores anew = TestSemaphores.existing(set.id())) {
                assertThat(look.remaining()).isZero();
                assertThat(set.created()).isTrue();
                assertThat(anew.id()).isNotEqualTo(found.id());
                assertThat(anew.values()).containsExactly(5);
            }
        }

        @Test
        void aSetCreatedByAnotherAfterTheLookIsOpened() throws Exception {
            IpcKey key = IpcKey.random();
            int[] others = new int[1];
            ScriptedAnswers.Answer createdFirst = arguments -> {
                others[0] = createAsAnother(key);
                return ScriptedAnswers.ASK_THE_KERNEL;
            };
            // This thread looks in vain, comes too late to create, and looks again.
            try (ScriptedAnswers script = ScriptedAnswers.to("semget", KERNEL, createdFirst);
                    SemaphoreSet set = SemaphoreSet.openOrCreate(key, 3);
                    TestSemaphores one = TestSemaphores.existing(others[0])) {
                assertThat(script.remaining()).isZero();
                assertThat(set.created()).isFalse();
                assertThat(set.id()).isEqualTo(one.id());
                assertThat(one.values()).containsExactly(1);
            }
        }

        @Test
        void aSetRemovedByAnotherAfterItWasInTheWayIsCreated() throws Exception {
            IpcKey key = IpcKey.random();
            ScriptedAnswers.Answer notThere = arguments -> -Errno.ENOENT.number();
            ScriptedAnswers.Answer inTheWay = arguments -> -Errno.EEXIST.number();
            try (ScriptedAnswers script = ScriptedAnswers.to("semget", notThere, inTheWay, notThere, inTheWay);
                    SemaphoreSet set = SemaphoreSet.openOrCreate(key, 3);
                    TestSemaphores one = TestSemaphores.existing(set.id())) {
                assertThat(script.remaining()).isZero();
                assertThat(set.created()).isTrue();
                assertThat(isFree(key)).as("%s is there", one).isFalse();
            }
        }
    }
}
