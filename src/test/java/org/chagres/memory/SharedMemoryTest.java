package org.chagres.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.IpcPermissions;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Kernel;
import org.chagres.testing.Kernel.ShmRow;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class SharedMemoryTest {

    private static ShmRow row(int id) {
        return Kernel.sharedMemory(id).orElseThrow();
    }

    private static boolean exists(int id) {
        return Kernel.sharedMemory(id).isPresent();
    }

    private static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    @Nested
    class Creating {
        @Test
        void makesASegmentThatTheKernelListsUnderItsKey() throws IOException {
            IpcKey key = IpcKey.random();
            try (SharedMemory memory = SharedMemory.create(key, 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                assertThat(row(segment.id()).get("key")).isEqualTo(key.value());
            }
        }

        @Test
        void attachesOnce() throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            }
        }

        @Test
        void isForTheOwnerOnlyUnlessAskedOtherwise() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                assertThat(row(segment.id()).mode()).isEqualTo(0600);
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"rw-------", "rw-r-----", "r--rw-r--", "rw-rw-rw-", "r---w--w-"})
        void givesThePermissionsAskedFor(String permissions) throws IOException {
            Set<PosixFilePermission> asked = PosixFilePermissions.fromString(permissions);
            try (SharedMemory memory = SharedMemory.builder()
                            .permissions(asked)
                            .access(Access.READ_ONLY)
                            .create(IpcKey.PRIVATE, 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                assertThat(PosixFilePermissions.toString(
                                SharedMemory.status(segment.id()).permissions().permissions()))
                        .isEqualTo(permissions);
                assertThat(row(segment.id()).mode()).isEqualTo(modeOf(permissions));
            }
        }

        @Test
        void asksNoUmask() throws IOException {
            // The shell becomes the JVM: one process all along.
            List<String> withUmask = List.of("sh", "-c", "umask 077 && exec \"$0\" \"$@\"");
            try (Peer careful = Peer.javaUnder(withUmask, SharedMemoryPeer.class);
                    TestSegment segment = TestSegment.of(Integer.parseInt(careful.ask("createWith 0 rw-rw-rw-")))) {
                assertThat(row(segment.id()).mode()).isEqualTo(0666);
            }
        }

        @Test
        void keepsItsPermissionsWhenTheCallersSetChangesLater() throws IOException {
            Set<PosixFilePermission> permissions =
                    EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
            SharedMemoryBuilder builder = SharedMemory.builder().permissions(permissions);
            permissions.add(PosixFilePermission.OTHERS_WRITE);
            try (SharedMemory memory = builder.create(IpcKey.PRIVATE, 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                assertThat(row(segment.id()).mode()).isEqualTo(0600);
            }
        }

        @ParameterizedTest
        @EnumSource(
                value = PosixFilePermission.class,
                names = {"OWNER_EXECUTE", "GROUP_EXECUTE", "OTHERS_EXECUTE"})
        void refusesExecutePermissions(PosixFilePermission execute) {
            SharedMemoryBuilder builder = SharedMemory.builder();
            Set<PosixFilePermission> permissions = EnumSet.of(PosixFilePermission.OWNER_READ, execute);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.permissions(permissions))
                    .withMessageContaining(execute.name());
        }

        @Test
        void privateMeansNewEachTime() throws IOException {
            try (TestSegment one = TestSegment.ofBytes(4096);
                    TestSegment other = TestSegment.ofBytes(4096)) {
                assertThat(one.id()).isNotEqualTo(other.id());
                assertThat(row(one.id()).get("key")).isZero();
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {0, -1, Long.MIN_VALUE})
        void refusesASizeBelowOneBeforeTheKernelIsAsked(long byteSize) {
            assertRefusedWithoutTheKernel(() -> SharedMemory.create(IpcKey.PRIVATE, byteSize), "not " + byteSize);
            assertRefusedWithoutTheKernel(
                    () -> SharedMemory.openOrCreate(IpcKey.random(), byteSize), "not " + byteSize);
        }

        @Test
        void aBuilderMayBeUsedAgain() throws IOException {
            SharedMemoryBuilder builder =
                    SharedMemory.builder().permissions(PosixFilePermissions.fromString("rw-rw----"));
            for (int time = 0; time < 2; time++) {
                try (SharedMemory memory = builder.create(IpcKey.PRIVATE, 4096);
                        TestSegment segment = TestSegment.of(memory.id())) {
                    assertThat(row(segment.id()).mode()).isEqualTo(0660);
                }
            }
        }

        @Test
        void withoutReserveMakesMoreThanTheSystemWouldPromise() throws IOException {
            assumeTrue(
                    Files.readString(Path.of("/proc/sys/vm/overcommit_memory")).startsWith("0"),
                    "the system's way of promising memory is not the usual one");
            long twiceTheMemory = 2 * 1024 * meminfo("MemTotal") + 1024 * meminfo("SwapTotal");
            assertThatThrownBy(() -> SharedMemory.create(IpcKey.PRIVATE, twiceTheMemory))
                    .isInstanceOfSatisfying(
                            ErrnoException.class,
                            failure -> assertThat(failure.errno()).isEqualTo(Errno.ENOMEM));
            try (SharedMemory memory = SharedMemory.builder().noReserve().create(IpcKey.PRIVATE, twiceTheMemory);
                    TestSegment segment = TestSegment.of(memory.id())) {
                memory.segment().set(JAVA_BYTE, twiceTheMemory - 1, (byte) 1);
                assertThat(row(segment.id()).get("size")).isEqualTo(twiceTheMemory);
            }
        }

        private static int modeOf(String permissions) {
            int mode = 0;
            for (char letter : permissions.toCharArray()) {
                mode = mode << 1 | (letter == '-' ? 0 : 1);
            }
            return mode;
        }

        private static long meminfo(String name) throws IOException {
            return Files.readAllLines(Path.of("/proc/meminfo")).stream()
                    .filter(line -> line.startsWith(name + ":"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Nested
    class Opening {
        @Test
        void byKeyFindsTheSegment() throws IOException {
            try (TestSegment segment = TestSegment.withRandomKey(4096);
                    SharedMemory memory = SharedMemory.open(segment.key())) {
                assertThat(memory.id()).isEqualTo(segment.id());
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            }
        }

        @Test
        void byIdentifierReachesAPrivateSegment() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                assertThat(memory.id()).isEqualTo(segment.id());
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            }
        }

        @Test
        void onceMoreIsOneMoreAttachmentOfTheSameMemory() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory one = SharedMemory.open(segment.id());
                    SharedMemory other = SharedMemory.open(segment.id())) {
                one.segment().set(JAVA_INT, 8, 4711);
                assertThat(other.segment().get(JAVA_INT, 8)).isEqualTo(4711);
                assertThat(other.segment().address()).isNotEqualTo(one.segment().address());
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(2);
            }
        }

        @Test
        void aPrivateKeyIsRefusedBeforeTheKernelIsAsked() {
            assertRefusedWithoutTheKernel(() -> SharedMemory.open(IpcKey.PRIVATE), "identifier");
            assertRefusedWithoutTheKernel(() -> SharedMemory.openOrCreate(IpcKey.PRIVATE, 4096), "identifier");
        }

        @Test
        void onlyTheCreatorIsToldThatItCreated() throws IOException {
            IpcKey key = IpcKey.random();
            try (SharedMemory creator = SharedMemory.create(key, 4096);
                    TestSegment segment = TestSegment.of(creator.id());
                    SharedMemory byKey = SharedMemory.open(key);
                    SharedMemory byId = SharedMemory.open(segment.id());
                    SharedMemory byEither = SharedMemory.openOrCreate(key, 4096)) {
                assertThat(creator.created()).isTrue();
                assertThat(List.of(byKey.created(), byId.created(), byEither.created()))
                        .containsOnly(false);
            }
        }

        @Test
        void orCreatingCreatesWhereThereIsNone() throws IOException {
            IpcKey key = IpcKey.random();
            try (SharedMemory memory = SharedMemory.openOrCreate(key, 4097);
                    TestSegment segment = TestSegment.of(memory.id())) {
                assertThat(memory.created()).isTrue();
                assertThat(row(segment.id()).get("key")).isEqualTo(key.value());
                assertThat(row(segment.id()).get("size")).isEqualTo(4097);
                assertThat(row(segment.id()).mode()).isEqualTo(0600);
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {1, 4096, 5000})
        void orCreatingTakesAnExistingSegmentThatIsLargeEnough(long leastByteSize) throws IOException {
            try (TestSegment segment = TestSegment.withRandomKey(5000);
                    SharedMemory memory = SharedMemory.openOrCreate(segment.key(), leastByteSize)) {
                assertThat(memory.id()).isEqualTo(segment.id());
                assertThat(memory.byteSize()).isEqualTo(5000);
            }
        }
    }

    @Nested
    class Size {
        static LongStream sizes() {
            long page = PageSize.bytes();
            return LongStream.of(1, 4, 4096, 4097, page - 1, page, page + 1).distinct();
        }

        @ParameterizedTest
        @MethodSource("sizes")
        void isWhatTheCreatorAskedFor(long byteSize) throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, byteSize);
                    TestSegment segment = TestSegment.of(memory.id())) {
                assertThat(row(segment.id()).get("size")).isEqualTo(byteSize);
                assertThat(memory.byteSize()).isEqualTo(byteSize);
                assertThat(memory.segment().byteSize()).isEqualTo(byteSize);
            }
        }

        @ParameterizedTest
        @MethodSource("sizes")
        void isTheSameForThoseWhoOpenIt(long byteSize) throws IOException {
            try (TestSegment segment = TestSegment.withRandomKey(byteSize);
                    Arena arena = Arena.ofConfined();
                    SharedMemory byId = SharedMemory.open(segment.id());
                    SharedMemory byKey = SharedMemory.open(segment.key());
                    SharedMemory byEither = SharedMemory.openOrCreate(segment.key(), 1)) {
                MemorySegment inArena = SharedMemory.attach(segment.id(), arena);
                assertThat(List.of(byId.segment(), byKey.segment(), byEither.segment(), inArena))
                        .extracting(MemorySegment::byteSize)
                        .containsOnly(byteSize);
            }
        }

        @ParameterizedTest
        @MethodSource("sizes")
        void hidesTheRestOfTheLastPage(long byteSize) throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, byteSize);
                    TestSegment segment = TestSegment.of(memory.id())) {
                MemorySegment shown = memory.segment();
                assertThatCode(() -> shown.get(JAVA_BYTE, byteSize - 1)).doesNotThrowAnyException();
                assertThatThrownBy(() -> shown.get(JAVA_BYTE, byteSize)).isInstanceOf(IndexOutOfBoundsException.class);
                assertThat(segment.id()).isEqualTo(memory.id());
            }
        }

        @ParameterizedTest
        @MethodSource("sizes")
        void isFilledWithZeros(long byteSize) throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, byteSize);
                    TestSegment segment = TestSegment.of(memory.id())) {
                assertThat(memory.segment().toArray(JAVA_BYTE))
                        .as("segment %d", segment.id())
                        .containsOnly(0);
            }
        }

        @Test
        void ofAPageIsWhatTheSystemSays() {
            Run.assumeInstalled("getconf");
            assertThat(PageSize.bytes())
                    .isEqualTo(Integer.parseInt(
                            Run.command("getconf", "PAGESIZE").output().strip()));
        }

        @Test
        void beginsOnAPage() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(1);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                assertThat(memory.segment().address() % PageSize.bytes()).isZero();
            }
        }
    }

    @Nested
    class Status {
        @Test
        void hasWhatTheKernelLists() throws IOException {
            try (TestSegment segment = TestSegment.withRandomKey(5000)) {
                SharedMemory.open(segment.id()).close();
                try (SharedMemory memory = SharedMemory.open(segment.id())) {
                    SharedMemoryStatus status = memory.status();
                    ShmRow row = row(segment.id());
                    assertThat(status.id()).isEqualTo(segment.id());
                    assertThat((long) status.key().value()).isEqualTo(row.get("key"));
                    assertThat(status.byteSize()).isEqualTo(row.get("size"));
                    assertThat((long) status.creatorPid()).isEqualTo(row.get("cpid"));
                    assertThat((long) status.lastPid()).isEqualTo(row.get("lpid"));
                    assertThat(status.attachCount())
                            .isEqualTo(row.get("nattch"))
                            .isEqualTo(1);
                    assertThat(status.permissions().ownerUid()).isEqualTo(row.get("uid"));
                    assertThat(status.permissions().ownerGid()).isEqualTo(row.get("gid"));
                    assertThat(status.permissions().creatorUid()).isEqualTo(row.get("cuid"));
                    assertThat(status.permissions().creatorGid()).isEqualTo(row.get("cgid"));
                    assertThat(status.lastAttached()).contains(Instant.ofEpochSecond(row.get("atime")));
                    assertThat(status.lastDetached()).contains(Instant.ofEpochSecond(row.get("dtime")));
                    assertThat(status.lastChanged()).isEqualTo(Instant.ofEpochSecond(row.get("ctime")));
                    assertThat(status.markedForRemoval()).isFalse();
                    assertThat(status.locked()).isFalse();
                }
            }
        }

        @Test
        void saysTheSameOfAnIdentifierWithoutAttaching() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(5000)) {
                SharedMemoryStatus status = SharedMemory.status(segment.id());
                assertThat(status.attachCount()).isZero();
                assertThat(status.id()).isEqualTo(segment.id());
                assertThat(status.byteSize()).isEqualTo(5000);
            }
        }

        @Test
        void namesThisProcessAndThePresentTime() throws IOException {
            Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemoryStatus status = SharedMemory.status(segment.id());
                Instant after = Instant.now();
                assertThat((long) status.creatorPid())
                        .isEqualTo(ProcessHandle.current().pid());
                assertThat((long) status.lastPid())
                        .isEqualTo(ProcessHandle.current().pid());
                // The kernel's clock of whole seconds may lag behind by a tick.
                assertThat(status.lastChanged()).isBetween(before.minusSeconds(1), after);
                assertThat(status.lastAttached().orElseThrow()).isBetween(before.minusSeconds(1), after);
            }
        }

        @Test
        void hasNoTimeOfADetachThatNeverWas() throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                assertThat(row(segment.id()).get("dtime")).isZero();
                assertThat(memory.status().lastDetached()).isEmpty();
            }
        }

        @Test
        void tellsWhenOwnerOrPermissionsWereLastChanged() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                Instant created = memory.status().lastChanged();
                Instant deadline = Instant.now().plus(Duration.ofSeconds(10));
                do {
                    memory.setPermissions(PosixFilePermissions.fromString("rw-------"));
                } while (memory.status().lastChanged().equals(created)
                        && Instant.now().isBefore(deadline));
                assertThat(memory.status().lastChanged()).isAfter(created);
                assertThat(memory.status().lastChanged().getEpochSecond())
                        .isEqualTo(row(segment.id()).get("ctime"));
            }
        }

        @Test
        void ofASegmentWithANegativeKeyHasThatKey() throws IOException {
            IpcKey key = IpcKey.of(IpcKey.random().value() | Integer.MIN_VALUE);
            try (SharedMemory memory = SharedMemory.create(key, 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                assertThat(SharedMemory.status(segment.id()).key()).isEqualTo(key);
            }
        }
    }

    @Nested
    class OwnerAndPermissions {
        @Test
        void ownerIsAllThatANewOwnerChanges() throws IOException {
            assumeTrue(isRoot(), "only root may give a segment away");
            try (TestSegment segment = TestSegment.withRandomKey(4096);
                    SharedMemory memory = SharedMemory.builder().open(segment.id())) {
                memory.setPermissions(PosixFilePermissions.fromString("rw-r-----"));
                memory.setOwner(12345, 4294967294L);
                ShmRow row = row(segment.id());
                assertThat(row.get("uid")).isEqualTo(12345);
                assertThat(row.get("gid")).isEqualTo(4294967294L);
                assertThat(row.get("cuid")).isZero();
                assertThat(row.get("cgid")).isZero();
                assertThat(row.mode()).isEqualTo(0640);
                IpcPermissions told = memory.status().permissions();
                assertThat(told.ownerUid()).isEqualTo(12345);
                assertThat(told.ownerGid()).isEqualTo(4294967294L);
                assertThat(told.creatorUid()).isZero();
                assertThat(told.creatorGid()).isZero();
            }
        }

        @Test
        void permissionsAreAllThatNewPermissionsChange() throws IOException {
            try (TestSegment segment = TestSegment.withRandomKey(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                if (isRoot()) {
                    memory.setOwner(12345, 54321);
                }
                ShmRow before = row(segment.id());
                memory.setPermissions(PosixFilePermissions.fromString("rw-rw-r--"));
                ShmRow after = row(segment.id());
                assertThat(after.mode()).isEqualTo(0664);
                assertThat(after.get("uid")).isEqualTo(before.get("uid"));
                assertThat(after.get("gid")).isEqualTo(before.get("gid"));
                assertThat(after.get("key")).isEqualTo(before.get("key"));
            }
        }

        @Test
        void permissionsMayBeNoneAtAll() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.setPermissions(Set.of());
                assertThat(row(segment.id()).mode()).isZero();
            }
        }

        @Test
        void anAttachmentKeepsWhatItHasWhenPermissionsAreTakenAway() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.setPermissions(Set.of());
                memory.segment().set(JAVA_INT, 0, 4711);
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }

        @Test
        void executePermissionsAreRefusedBeforeTheKernelIsAsked() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                Set<PosixFilePermission> all = EnumSet.allOf(PosixFilePermission.class);
                assertRefusedWithoutTheKernel(() -> memory.setPermissions(all), "EXECUTE");
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {-1, 0xFFFF_FFFFL, Long.MAX_VALUE})
        void numbersThatAreNoUsersAreRefusedBeforeTheKernelIsAsked(long number) throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                assertRefusedWithoutTheKernel(() -> memory.setOwner(number, 0), "uid");
                assertRefusedWithoutTheKernel(() -> memory.setOwner(0, number), "gid");
            }
        }
    }

    @Nested
    class Locking {
        private static final int SHM_LOCKED = 02000;

        @Test
        void setsTheKernelsMarkAndUnlockingClearsIt() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.lockInMemory();
                assertThat(row(segment.id()).mode()).isEqualTo(SHM_LOCKED | 0600);
                assertThat(memory.status().locked()).isTrue();
                memory.unlockFromMemory();
                assertThat(row(segment.id()).mode()).isEqualTo(0600);
                assertThat(memory.status().locked()).isFalse();
            }
        }

        @Test
        void isNotAmongThePermissions() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.lockInMemory();
                assertThat(memory.status().permissions().permissions())
                        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            }
        }

        @Test
        void holdsForTheSegmentAndNotForTheAttachment() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                try (SharedMemory memory = SharedMemory.open(segment.id())) {
                    memory.lockInMemory();
                }
                assertThat(row(segment.id()).mode() & SHM_LOCKED).isNotZero();
            }
        }

        @Test
        void excludesNobody() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.lockInMemory();
                try (SharedMemory other = SharedMemory.open(segment.id())) {
                    other.segment().set(JAVA_INT, 0, 4711);
                    assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                }
            }
        }

        @Test
        void unlockingWhatIsNotLockedDoesNothing() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.unlockFromMemory();
                assertThat(row(segment.id()).mode()).isEqualTo(0600);
            }
        }

        @Test
        void isKeptByNewPermissions() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.lockInMemory();
                memory.setPermissions(PosixFilePermissions.fromString("rw-r--r--"));
                assertThat(row(segment.id()).mode()).isEqualTo(SHM_LOCKED | 0644);
            }
        }
    }

    @Nested
    class Removing {
        private static final int SHM_DEST = 01000;

        @Test
        void aSegmentNobodyIsAttachedToEndsItAtOnce() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemory.remove(segment.id());
                assertThat(exists(segment.id())).isFalse();
            }
        }

        @Test
        void leavesTheMemoryToThoseWhoAreAttached() throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                memory.segment().set(JAVA_INT, 0, 4711);
                memory.remove();
                assertThat(exists(segment.id())).isTrue();
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }

        @Test
        void freesTheKeyAtOnce() throws IOException {
            IpcKey key = IpcKey.random();
            try (SharedMemory first = SharedMemory.create(key, 4096);
                    TestSegment ofFirst = TestSegment.of(first.id())) {
                first.remove();
                assertThatThrownBy(() -> SharedMemory.open(key))
                        .isInstanceOfSatisfying(
                                ErrnoException.class,
                                failure -> assertThat(failure.errno()).isEqualTo(Errno.ENOENT));
                try (SharedMemory second = SharedMemory.create(key, 4096);
                        TestSegment ofSecond = TestSegment.of(second.id())) {
                    second.segment().set(JAVA_INT, 0, 4711);
                    assertThat(ofSecond.id()).isNotEqualTo(ofFirst.id());
                    assertThat(row(ofSecond.id()).get("key")).isEqualTo(key.value());
                    assertThat(first.segment().get(JAVA_INT, 0))
                            .as("the first one's memory")
                            .isZero();
                }
            }
        }

        @Test
        void isSeenInTheStatusWhileAttached() throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.random(), 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                memory.remove();
                assertThat(row(segment.id()).mode()).isEqualTo(SHM_DEST | 0600);
                SharedMemoryStatus status = memory.status();
                assertThat(status.markedForRemoval()).isTrue();
                assertThat(status.key()).isEqualTo(IpcKey.PRIVATE);
                assertThat(status.permissions().permissions()).isEqualTo(PosixFilePermissions.fromString("rw-------"));
            }
        }

        @Test
        void letsTheIdentifierAttachUntilTheLastHasDetached() throws IOException {
            try (TestSegment segment = TestSegment.withRandomKey(4096)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                memory.segment().set(JAVA_INT, 0, 4711);
                memory.remove();
                try (SharedMemory late = SharedMemory.open(segment.id())) {
                    memory.close();
                    assertThat(late.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                }
                assertThat(exists(segment.id())).isFalse();
                assertThatThrownBy(() -> SharedMemory.open(segment.id()))
                        .isInstanceOfSatisfying(
                                ErrnoException.class,
                                failure -> assertThat(failure.errno()).isIn(Errno.EINVAL, Errno.EIDRM));
            }
        }

        @Test
        void againChangesNothing() throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.random(), 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                memory.remove();
                memory.remove();
                assertThat(row(segment.id()).mode()).isEqualTo(SHM_DEST | 0600);
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            }
        }

        @Test
        void isNotWhatCloseDoes() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemory.open(segment.id()).close();
                assertThat(exists(segment.id())).isTrue();
            }
        }
    }

    @Nested
    class Closing {
        @Test
        void detaches() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
                memory.close();
                assertThat(Kernel.attachCount(segment.id())).isZero();
                assertThat(Kernel.mappings()).noneMatch(line -> line.contains(" " + segment.id() + " "));
            }
        }

        @Test
        void detachesThisAttachmentOnly() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory stays = SharedMemory.open(segment.id())) {
                SharedMemory.open(segment.id()).close();
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
                stays.segment().set(JAVA_INT, 0, 4711);
                assertThat(stays.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }

        @Test
        void keepsTheDataForThoseWhoComeLater() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                try (SharedMemory memory = SharedMemory.open(segment.id())) {
                    memory.segment().setString(0, "still there");
                }
                try (SharedMemory memory = SharedMemory.open(segment.id())) {
                    assertThat(memory.segment().getString(0)).isEqualTo("still there");
                }
            }
        }

        @Test
        void twiceDetachesOnce() throws IOException {
            ScriptedAnswers.Answer kernel = arguments -> ScriptedAnswers.ASK_THE_KERNEL;
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                try (ScriptedAnswers detached = ScriptedAnswers.to("shmdt", kernel, kernel)) {
                    memory.close();
                    memory.close();
                    assertThat(detached.remaining()).isEqualTo(1);
                }
                assertThat(Kernel.attachCount(segment.id())).isZero();
            }
        }

        @Test
        void makesEveryUseOfTheMemoryAnException() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                MemorySegment whole = memory.segment();
                MemorySegment slice = whole.asSlice(16, 16);
                memory.close();
                assertThat(memory.isOpen()).isFalse();
                assertThatIllegalStateException().isThrownBy(() -> whole.get(JAVA_INT, 0));
                assertThatIllegalStateException().isThrownBy(() -> slice.set(JAVA_INT, 0, 1));
                assertThatIllegalStateException()
                        .isThrownBy(() -> memory.segment().fill((byte) 1));
                assertThatIllegalStateException()
                        .isThrownBy(() -> JAVA_LONG.varHandle().getAndAdd(whole, 0L, 1L));
                assertThatIllegalStateException().isThrownBy(() -> whole.toArray(JAVA_BYTE));
            }
        }

        @Test
        void makesEveryMethodThatAsksTheKernelAnException() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                memory.close();
                Set<PosixFilePermission> ownerOnly = PosixFilePermissions.fromString("rw-------");
                List<ThrowingCallable> methods = List.of(
                        memory::status,
                        memory::remove,
                        memory::lockInMemory,
                        memory::unlockFromMemory,
                        () -> memory.setOwner(0, 0),
                        () -> memory.setPermissions(ownerOnly));
                try (ScriptedAnswers untouched = ScriptedAnswers.to("shmctl", arguments -> 0)) {
                    for (ThrowingCallable method : methods) {
                        assertThatIllegalStateException()
                                .isThrownBy(method)
                                .withMessageContaining("id=" + segment.id())
                                .withMessageContaining("closed");
                    }
                    assertThat(untouched.remaining()).isEqualTo(1);
                }
                assertThat(exists(segment.id())).isTrue();
            }
        }

        @Test
        void leavesWhatTheObjectKnowsByItself() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(5000)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                memory.close();
                assertThat(memory.id()).isEqualTo(segment.id());
                assertThat(memory.byteSize()).isEqualTo(5000);
                assertThat(memory.access()).isEqualTo(Access.READ_WRITE);
                assertThat(memory.created()).isFalse();
            }
        }

        @Test
        void whileANativeCallUsesTheMemoryIsRefusedAndMayBeRepeated() throws Throwable {
            try (TestSegment segment = TestSegment.ofBytes(8)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                List<Throwable> thrown = new ArrayList<>();
                sortTwoInts(memory.segment(), () -> {
                    try {
                        memory.close();
                    } catch (IllegalStateException inUse) {
                        thrown.add(inUse);
                    }
                });
                assertThat(thrown).hasSize(1);
                assertThat(thrown.getFirst())
                        .hasMessageContaining("id=" + segment.id())
                        .hasMessageContaining("in use");
                assertThat(memory.isOpen()).isTrue();
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
                memory.close();
                assertThat(Kernel.attachCount(segment.id())).isZero();
            }
        }

        @Test
        void byAnyThreadDetaches() throws Exception {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                Thread other = Thread.ofPlatform().start(memory::close);
                other.join();
                assertThat(Kernel.attachCount(segment.id())).isZero();
                assertThatIllegalStateException()
                        .isThrownBy(() -> memory.segment().get(JAVA_INT, 0));
            }
        }

        @Test
        void bySeveralThreadsAtOnceDetachesOnceAndThrowsNowhere() throws Exception {
            int threads = 4;
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory stays = SharedMemory.open(segment.id());
                    ExecutorService executor = Executors.newFixedThreadPool(threads)) {
                for (int round = 0; round < 500; round++) {
                    SharedMemory memory = SharedMemory.open(segment.id());
                    CyclicBarrier together = new CyclicBarrier(threads);
                    Callable<Long> close = () -> {
                        together.await();
                        memory.close();
                        return Kernel.attachCount(segment.id());
                    };
                    List<Future<Long>> closers = new ArrayList<>();
                    for (int i = 0; i < threads; i++) {
                        closers.add(executor.submit(close));
                    }
                    for (Future<Long> closer : closers) {
                        assertThat(closer.get())
                                .as("attachments after close, round %d", round)
                                .isEqualTo(1);
                    }
                }
                assertThat(stays.isOpen()).isTrue();
            }
        }

        @Test
        void whileAnotherThreadReadsEndsTheReaderWithAnException() throws Exception {
            try (TestSegment segment = TestSegment.ofBytes(1 << 16);
                    ExecutorService executor = Executors.newFixedThreadPool(1)) {
                for (int round = 0; round < 100; round++) {
                    SharedMemory memory = SharedMemory.open(segment.id());
                    CyclicBarrier started = new CyclicBarrier(2);
                    Future<Object> reader = executor.submit(() -> {
                        MemorySegment read = memory.segment();
                        started.await();
                        while (true) {
                            for (long offset = 0; offset < read.byteSize(); offset += 8) {
                                JAVA_LONG.varHandle().getAndAdd(read, offset, 1L);
                            }
                        }
                    });
                    started.await();
                    memory.close();
                    assertThatThrownBy(reader::get).hasCauseInstanceOf(IllegalStateException.class);
                    assertThat(Kernel.attachCount(segment.id())).isZero();
                }
            }
        }

        @Test
        void bySeveralThreadsAtOnceWaitsForAReaderInTheMiddleOfACopy() {
            List<String> options = List.of(
                    "--enable-native-access=ALL-UNNAMED", "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null");
            Run run = Run.command(Peer.javaCommand(options, ClosingRace.class), Map.of());
            assertThat(run.output()).isEqualTo("survived\n");
        }

        /** Has {@code qsort(3)} sort two ints, which calls back once or more while it holds the memory. */
        private static void sortTwoInts(MemorySegment ints, Runnable meanwhile) throws Throwable {
            Linker linker = Linker.nativeLinker();
            MethodHandle qsort = linker.downcallHandle(
                    linker.defaultLookup().find("qsort").orElseThrow(),
                    FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS));
            MethodHandle compare = MethodHandles.dropArguments(
                    MethodHandles.filterReturnValue(
                            MethodHandles.publicLookup()
                                    .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
                                    .bindTo(meanwhile),
                            MethodHandles.constant(int.class, 0)),
                    0,
                    MemorySegment.class,
                    MemorySegment.class);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment callback =
                        linker.upcallStub(compare, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS), arena);
                qsort.invokeExact(ints, 2L, 4L, callback);
            }
        }
    }

    @Nested
    class ReadOnly {
        @Test
        void isSoForTheKernelToo() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory readOnly =
                            SharedMemory.builder().access(Access.READ_ONLY).open(segment.id());
                    SharedMemory readWrite = SharedMemory.open(segment.id())) {
                assertThat(protection(readOnly)).isEqualTo("r--s");
                assertThat(protection(readWrite)).isEqualTo("rw-s");
            }
        }

        @Test
        void throwsOnEveryWriteAndTheJvmLives() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory =
                            SharedMemory.builder().access(Access.READ_ONLY).open(segment.id())) {
                MemorySegment read = memory.segment();
                List<ThrowingCallable> writes = List.of(
                        () -> read.set(JAVA_INT, 0, 1),
                        () -> read.fill((byte) 1),
                        () -> read.setString(0, "x"),
                        () -> read.copyFrom(MemorySegment.ofArray(new int[] {1})),
                        () -> read.asSlice(8).set(JAVA_INT, 0, 1),
                        () -> JAVA_INT.varHandle().compareAndSet(read, 0L, 0, 1),
                        () -> read.asByteBuffer().put((byte) 1));
                for (ThrowingCallable write : writes) {
                    assertThatThrownBy(write).isInstanceOf(RuntimeException.class);
                }
                assertThat(read.isReadOnly()).isTrue();
                assertThat(read.toArray(JAVA_BYTE)).containsOnly(0);
            }
        }

        @Test
        void seesWhatOthersWrite() throws IOException {
            try (TestSegment segment = TestSegment.withRandomKey(4096);
                    SharedMemory writer = SharedMemory.open(segment.id());
                    SharedMemory reader =
                            SharedMemory.builder().access(Access.READ_ONLY).open(segment.key())) {
                writer.segment().set(JAVA_INT, 0, 4711);
                assertThat(reader.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                assertThat(reader.access()).isEqualTo(Access.READ_ONLY);
            }
        }

        @Test
        void holdsForWhatIsCreatedToo() throws IOException {
            SharedMemoryBuilder builder = SharedMemory.builder().access(Access.READ_ONLY);
            try (SharedMemory created = builder.create(IpcKey.PRIVATE, 4096);
                    TestSegment ofCreated = TestSegment.of(created.id());
                    SharedMemory either = builder.openOrCreate(IpcKey.random(), 4096);
                    TestSegment ofEither = TestSegment.of(either.id())) {
                assertThat(protection(created)).as("%s", ofCreated).isEqualTo("r--s");
                assertThat(protection(either)).as("%s", ofEither).isEqualTo("r--s");
                assertThat(created.segment().isReadOnly()).isTrue();
                assertThat(either.segment().isReadOnly()).isTrue();
            }
        }

        private static String protection(SharedMemory memory) {
            String address = Long.toHexString(memory.segment().address());
            return Kernel.mappings().stream()
                    .filter(line -> line.matches("0*" + address + "-.*"))
                    .map(line -> line.split(" ")[1])
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Nested
    class Threads {
        @Test
        void virtualOnesMayDoEverything() throws Exception {
            try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Integer>> tasks = new ArrayList<>();
                for (int task = 0; task < 100; task++) {
                    int number = task;
                    tasks.add(executor.submit(() -> {
                        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4096 + number);
                                TestSegment segment = TestSegment.of(memory.id());
                                SharedMemory second = SharedMemory.open(segment.id())) {
                            memory.segment().set(JAVA_INT, 0, number);
                            assertThat(memory.status().byteSize()).isEqualTo(4096 + number);
                            return second.segment().get(JAVA_INT, 0);
                        }
                    }));
                }
                for (int number = 0; number < tasks.size(); number++) {
                    assertThat(tasks.get(number).get()).isEqualTo(number);
                }
            }
        }

        @Test
        void ofAnotherMakerMayUseTheMemory() throws Exception {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                Thread.ofPlatform()
                        .start(() -> memory.segment().set(JAVA_INT, 0, 4711))
                        .join();
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }
    }

    @Nested
    class ToString {
        @Test
        void saysWhatIsAttachedAndWhetherItStillIs() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(5000)) {
                SharedMemory memory =
                        SharedMemory.builder().access(Access.READ_ONLY).open(segment.id());
                assertThat(memory).hasToString("SharedMemory[id=" + segment.id() + ", byteSize=5000, READ_ONLY]");
                memory.close();
                assertThat(memory)
                        .hasToString("SharedMemory[id=" + segment.id() + ", byteSize=5000, READ_ONLY, closed]");
            }
        }
    }

    private static void assertRefusedWithoutTheKernel(ThrowingCallable call, String inTheMessage) {
        ScriptedAnswers.Answer never = arguments -> -Errno.ENOSYS.number();
        try (ScriptedAnswers get = ScriptedAnswers.to("shmget", never);
                ScriptedAnswers control = ScriptedAnswers.to("shmctl", never)) {
            assertThatIllegalArgumentException().isThrownBy(call).withMessageContaining(inTheMessage);
            assertThat(get.remaining() + control.remaining())
                    .as("calls left unmade")
                    .isEqualTo(2);
        }
    }
}
