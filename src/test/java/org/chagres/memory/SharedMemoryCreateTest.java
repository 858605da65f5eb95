package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.memory.TestSegment.row;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.testing.Kernel;
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

/** Creating, opening, and what size that gives. */
@ExtendWith(LeakCheck.class)
class SharedMemoryCreateTest {

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
            WithoutTheKernel.assertRefused(() -> SharedMemory.create(IpcKey.PRIVATE, byteSize), "not " + byteSize);
            WithoutTheKernel.assertRefused(
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
            WithoutTheKernel.assertRefused(() -> SharedMemory.open(IpcKey.PRIVATE), "identifier");
            WithoutTheKernel.assertRefused(() -> SharedMemory.openOrCreate(IpcKey.PRIVATE, 4096), "identifier");
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
}
