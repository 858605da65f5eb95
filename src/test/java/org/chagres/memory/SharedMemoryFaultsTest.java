package org.chagres.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.testing.Answers.KERNEL;
import static org.chagres.testing.Answers.refusing;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the library does when the kernel refuses, at each step. */
@ExtendWith(LeakCheck.class)
class SharedMemoryFaultsTest {
    private static final int UNKNOWN = 4711;

    private interface Action {
        void on(TestSegment segment) throws IOException;
    }

    private static ErrnoException thrownBy(Action action, TestSegment segment) {
        return catchThrowableOfType(ErrnoException.class, () -> action.on(segment));
    }

    private static boolean isFree(IpcKey key) {
        return Kernel.sharedMemory().stream().noneMatch(row -> row.get("key") == key.value());
    }

    private static long countOfOurs() {
        long pid = ProcessHandle.current().pid();
        return Kernel.sharedMemory().stream()
                .filter(row -> row.get("cpid") == pid)
                .count();
    }

    // Every call that a method makes, refused with every number.

    private static final List<Integer> NUMBERS = Stream.concat(
                    EnumSet.of(
                                    Errno.EPERM,
                                    Errno.EINTR,
                                    Errno.EAGAIN,
                                    Errno.ENOMEM,
                                    Errno.EACCES,
                                    Errno.EFAULT,
                                    Errno.EINVAL,
                                    Errno.ENFILE,
                                    Errno.ENOSPC,
                                    Errno.ENOSYS,
                                    Errno.EIDRM,
                                    Errno.EOVERFLOW)
                            .stream()
                            .map(Errno::number),
                    Stream.of(UNKNOWN))
            .toList();

    /** Per method: what it is given, and the calls it makes in their order. */
    private static final Map<String, Action> ACTIONS = Map.of(
            "create", segment -> SharedMemory.create(IpcKey.random(), 4096).close(),
            "open by key", segment -> SharedMemory.open(segment.key()).close(),
            "open by id", segment -> SharedMemory.open(segment.id()).close(),
            "openOrCreate, found",
                    segment -> SharedMemory.openOrCreate(segment.key(), 1).close(),
            "openOrCreate, created",
                    segment -> SharedMemory.openOrCreate(IpcKey.random(), 1).close(),
            "attach",
                    segment -> {
                        try (Arena arena = Arena.ofConfined()) {
                            SharedMemory.attach(segment.id(), arena);
                        }
                    },
            "status", segment -> SharedMemory.status(segment.id()),
            "remove", segment -> SharedMemory.remove(segment.id()));

    private static final Map<String, List<String>> CALLS = Map.of(
            "create", List.of("shmget", "shmat", "shmctl"),
            "open by key", List.of("shmget", "shmat", "shmctl"),
            "open by id", List.of("shmat", "shmctl"),
            "openOrCreate, found", List.of("shmget", "shmat", "shmctl"),
            "openOrCreate, created", List.of("shmget", "shmat", "shmctl"),
            "attach", List.of("shmat", "shmctl"),
            "status", List.of("shmctl"),
            "remove", List.of("shmctl"));

    static Stream<Arguments> everyCallAndNumber() {
        return CALLS.entrySet().stream()
                .flatMap(entry -> entry.getValue().stream()
                        .flatMap(call -> NUMBERS.stream().map(number -> arguments(entry.getKey(), call, number))));
    }

    @ParameterizedTest(name = "{0}: {1} answers {2}")
    @MethodSource("everyCallAndNumber")
    void aRefusedCallIsToldAndNothingStays(String method, String call, int number) throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(4096)) {
            long before = countOfOurs();
            ErrnoException failure;
            try (ScriptedAnswers script = ScriptedAnswers.to(call, refusing(number))) {
                failure = thrownBy(ACTIONS.get(method), segment);
                assertThat(script.remaining()).isZero();
            }
            assertThat(failure.call()).isEqualTo(call);
            assertThat(failure.number()).isEqualTo(number);
            assertThat(Kernel.attachCount(segment.id())).isZero();
            assertThat(countOfOurs()).isEqualTo(before);
        }
    }

    private interface Method {
        void on(SharedMemory memory) throws IOException;
    }

    private static final Map<String, Method> METHODS = Map.of(
            "status", SharedMemory::status,
            "setOwner", memory -> memory.setOwner(1, 1),
            "setPermissions", memory -> memory.setPermissions(Set.of()),
            "lockInMemory", SharedMemory::lockInMemory,
            "unlockFromMemory", SharedMemory::unlockFromMemory,
            "remove", SharedMemory::remove);

    static Stream<Arguments> everyMethodAndNumber() {
        // A change first looks what there is; where that is denied it looks elsewhere, see below.
        return METHODS.keySet().stream()
                .flatMap(method -> NUMBERS.stream()
                        .filter(number -> !method.startsWith("set") || number != Errno.EACCES.number())
                        .map(number -> arguments(method, number)));
    }

    @ParameterizedTest(name = "{0}: shmctl answers {1}")
    @MethodSource("everyMethodAndNumber")
    void aRefusedMethodLeavesTheAttachmentAsItWas(String method, int number) throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            Kernel.IpcRow before = Kernel.sharedMemory(segment.id()).orElseThrow();
            ErrnoException failure;
            try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", refusing(number))) {
                failure = catchThrowableOfType(
                        ErrnoException.class, () -> METHODS.get(method).on(memory));
                assertThat(script.remaining()).isZero();
            }
            assertThat(failure.number()).isEqualTo(number);
            assertThat(failure).hasMessageContaining("id=" + segment.id());
            assertThat(Kernel.sharedMemory(segment.id())).contains(before);
            assertThat(memory.isOpen()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 13, 22, UNKNOWN})
    void settingThatFailsAfterAskingIsToldWithWhatWasToBeSet(int number) throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", KERNEL, refusing(number), KERNEL)) {
                ErrnoException failure =
                        catchThrowableOfType(ErrnoException.class, () -> memory.setOwner(12345, 54321));
                assertThat(failure.number()).isEqualTo(number);
                assertThat(failure.intent()).contains("uid=12345").contains("gid=54321");
                assertThat(script.remaining()).isLessThan(2);
            }
            try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", KERNEL, refusing(number), KERNEL)) {
                Set<PosixFilePermission> ownerReads = PosixFilePermissions.fromString("r--------");
                ErrnoException failure =
                        catchThrowableOfType(ErrnoException.class, () -> memory.setPermissions(ownerReads));
                assertThat(failure.number()).isEqualTo(number);
                assertThat(failure.intent()).contains("OWNER_READ");
                assertThat(script.remaining()).isLessThan(2);
            }
        }
    }

    // A second step that fails undoes the first.

    @Test
    void whatIsCreatedButNotAttachedIsRemovedAgain() {
        IpcKey key = IpcKey.random();
        try (ScriptedAnswers script = ScriptedAnswers.to("shmat", refusing(Errno.ENOMEM))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> SharedMemory.create(key, 4096));
            assertThat(failure).hasNoSuppressedExceptions();
            assertThat(script.remaining()).isZero();
        }
        assertThat(isFree(key)).isTrue();
    }

    @Test
    void whatOpenOrCreateFoundIsNotRemovedWhenItIsNotAttached() throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(4096)) {
            try (ScriptedAnswers script = ScriptedAnswers.to("shmat", refusing(Errno.ENOMEM))) {
                ErrnoException failure = catchThrowableOfType(
                        ErrnoException.class, () -> SharedMemory.openOrCreate(segment.key(), 4096));
                assertThat(failure.errno()).isEqualTo(Errno.ENOMEM);
                assertThat(script.remaining()).isZero();
            }
            assertThat(isFree(segment.key())).isFalse();
        }
    }

    @Test
    void aRealLackOfAddressSpaceLeavesNoSegment() {
        IpcKey key = IpcKey.random();
        SharedMemoryBuilder builder = SharedMemory.builder().noReserve();
        long everything = 1L << 48; // as many bytes as aarch64 has addresses, twice as many as x86-64
        ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> builder.create(key, everything));
        assertThat(failure.errno()).isEqualTo(Errno.ENOMEM);
        assertThat(isFree(key)).isTrue();
    }

    @Test
    void aRemovalThatFailsTooIsToldAsWell() throws IOException {
        IpcKey key = IpcKey.random();
        try (ScriptedAnswers attach = ScriptedAnswers.to("shmat", refusing(Errno.ENOMEM));
                ScriptedAnswers removal = ScriptedAnswers.to("shmctl", refusing(Errno.EPERM))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> SharedMemory.create(key, 4096));
            assertThat(failure.call()).isEqualTo("shmat");
            assertThat(failure.errno()).isEqualTo(Errno.ENOMEM);
            assertThat(failure.getSuppressed())
                    .singleElement()
                    .isInstanceOfSatisfying(ErrnoException.class, suppressed -> {
                        assertThat(suppressed.errno()).isEqualTo(Errno.EPERM);
                        assertThat(suppressed.intent()).contains("removing");
                    });
            assertThat(attach.remaining() + removal.remaining()).isZero();
        }
        try (SharedMemory left = SharedMemory.open(key)) {
            left.remove();
        }
    }

    @Test
    void whatIsAttachedButOfUnknownSizeIsDetachedOnce() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                ScriptedAnswers detach = ScriptedAnswers.to("shmdt", KERNEL, KERNEL);
                ScriptedAnswers size = ScriptedAnswers.to("shmctl", refusing(Errno.EACCES))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> SharedMemory.open(segment.id()));
            assertThat(failure.intent()).contains("size").contains("id=" + segment.id());
            assertThat(Kernel.attachCount(segment.id())).isZero();
            assertThat(detach.remaining()).isEqualTo(1);
            assertThat(size.remaining()).isZero();
        }
    }

    // Others create and remove in between.

    @Test
    void aSegmentRemovedBetweenFindingAndAttachingIsNotThere() throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(4096)) {
            ScriptedAnswers.Answer removedFirst = arguments -> {
                remove((int) arguments[0]);
                return ScriptedAnswers.ASK_THE_KERNEL;
            };
            try (ScriptedAnswers script = ScriptedAnswers.to("shmat", removedFirst)) {
                ErrnoException failure =
                        catchThrowableOfType(ErrnoException.class, () -> SharedMemory.open(segment.key()));
                assertThat(failure.errno()).isEqualTo(Errno.ENOENT);
                assertThat(failure.call()).isEqualTo("shmget");
                assertThat(script.remaining()).isZero();
            }
        }
    }

    @Test
    void openOrCreateCreatesWhereTheSegmentFoundWasRemovedBeforeItCouldBeAttached() throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(4096)) {
            ScriptedAnswers.Answer removedFirst = arguments -> {
                remove((int) arguments[0]);
                return ScriptedAnswers.ASK_THE_KERNEL;
            };
            try (ScriptedAnswers script = ScriptedAnswers.to("shmat", removedFirst);
                    SharedMemory memory = SharedMemory.openOrCreate(segment.key(), 4096);
                    TestSegment second = TestSegment.of(memory.id())) {
                assertThat(memory.created()).isTrue();
                assertThat(second.id()).isNotEqualTo(segment.id());
                assertThat(script.remaining()).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"setOwner", "setPermissions"})
    void aChangeWorksWhereReadingIsDenied(String method) throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory memory = SharedMemory.open(segment.id());
                ScriptedAnswers script = ScriptedAnswers.to("shmctl", refusing(Errno.EACCES))) {
            long owner = Kernel.sharedMemory(segment.id()).orElseThrow().get("uid");
            METHODS.get(method).on(memory);
            Kernel.IpcRow row = Kernel.sharedMemory(segment.id()).orElseThrow();
            assertThat(row.get("uid")).isEqualTo(method.equals("setOwner") ? 1 : owner);
            assertThat(row.mode()).isEqualTo(method.equals("setOwner") ? 0600 : 0);
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void aSegmentRemovedBetweenAttachingAndAskingForItsSizeIsAttachedAllTheSame() throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(5000)) {
            ScriptedAnswers.Answer removedFirst = arguments -> {
                remove((int) arguments[0]);
                return ScriptedAnswers.ASK_THE_KERNEL;
            };
            try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", removedFirst);
                    SharedMemory memory = SharedMemory.open(segment.key())) {
                assertThat(memory.byteSize()).isEqualTo(5000);
                assertThat(memory.status().markedForRemoval()).isTrue();
                assertThat(script.remaining()).isZero();
            }
        }
    }

    @Test
    void openOrCreateFindsWhatAnotherCreatedAfterItLooked() throws IOException {
        IpcKey key = IpcKey.random();
        int[] others = new int[1];
        ScriptedAnswers.Answer createdFirst = arguments -> {
            others[0] = create(key);
            return ScriptedAnswers.ASK_THE_KERNEL;
        };
        // This thread looks in vain, comes too late to create, and looks again.
        try (ScriptedAnswers script = ScriptedAnswers.to("shmget", KERNEL, createdFirst);
                SharedMemory memory = SharedMemory.openOrCreate(key, 4096);
                TestSegment segment = TestSegment.of(others[0])) {
            assertThat(memory.created()).isFalse();
            assertThat(memory.id()).isEqualTo(segment.id());
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void openOrCreateCreatesWhatAnotherRemovedAfterItWasInTheWay() throws IOException {
        IpcKey key = IpcKey.random();
        ScriptedAnswers.Answer notThere = refusing(Errno.ENOENT);
        ScriptedAnswers.Answer inTheWay = refusing(Errno.EEXIST);
        try (ScriptedAnswers script = ScriptedAnswers.to("shmget", notThere, inTheWay, notThere, inTheWay);
                SharedMemory memory = SharedMemory.openOrCreate(key, 4096);
                TestSegment segment = TestSegment.of(memory.id())) {
            assertThat(memory.created()).isTrue();
            assertThat(isFree(key)).as("%s is there", segment).isFalse();
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void aSegmentWhoseIdentifierWasGivenAwayBeforeItWasAttachedShowsNoMoreThanThereIs() throws IOException {
        Path next = Path.of("/proc/sys/kernel/shm_next_id");
        assumeTrue(Files.isWritable(next), "the identifier of the next segment cannot be chosen here");
        int[] stranger = {-1};
        ScriptedAnswers.Answer givenAway = arguments -> {
            int id = (int) arguments[0];
            remove(id);
            try {
                Files.writeString(next, Integer.toString(id));
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
            stranger[0] = SharedMemoryObject.create(
                    0, 4096, PosixFilePermissions.fromString("rw-------"), SharedMemoryObject.SMALL_PAGES, false);
            return ScriptedAnswers.ASK_THE_KERNEL;
        };
        try (ScriptedAnswers script = ScriptedAnswers.to("shmat", givenAway);
                SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 1 << 20);
                TestSegment segment = TestSegment.of(stranger[0])) {
            assertThat(memory.id()).isEqualTo(segment.id());
            assertThat(memory.byteSize()).isEqualTo(4096);
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void closeWaitsForAMethodInProgress() throws Exception {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            Thread closer = new Thread(memory::close);
            ScriptedAnswers.Answer closingMeanwhile = arguments -> {
                closer.start();
                Await.until(() -> closer.getState() == Thread.State.BLOCKED || !closer.isAlive(), "blocked");
                assertThat(memory.isOpen()).isTrue();
                return ScriptedAnswers.ASK_THE_KERNEL;
            };
            try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", closingMeanwhile)) {
                memory.remove();
                assertThat(script.remaining()).isZero();
            }
            closer.join();
            assertThat(memory.isOpen()).isFalse();
            assertThat(Kernel.sharedMemory(segment.id())).isEmpty();
        }
    }

    // What the message says where the kernel does not even tell why.

    @Test
    void aHintThatCannotBeHadIsLeftOut() throws IOException {
        try (ScriptedAnswers script = ScriptedAnswers.to("shmget", refusing(Errno.ENOSPC));
                ScriptedAnswers limits = ScriptedAnswers.to("shmctl", refusing(Errno.ENOSYS))) {
            ErrnoException failure =
                    catchThrowableOfType(ErrnoException.class, () -> SharedMemory.create(IpcKey.PRIVATE, 4096));
            assertThat(failure.errno()).isEqualTo(Errno.ENOSPC);
            assertThat(failure.hint()).isEmpty();
            assertThat(script.remaining() + limits.remaining()).isZero();
        }
    }

    @Test
    void whoMayIsLeftOutWhereTheTableIsHidden() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                ScriptedAnswers script = ScriptedAnswers.to("shmctl", refusing(Errno.EPERM), refusing(Errno.ENOSYS))) {
            ErrnoException failure =
                    catchThrowableOfType(ErrnoException.class, () -> SharedMemory.remove(segment.id()));
            assertThat(failure.errno()).isEqualTo(Errno.EPERM);
            assertThat(failure.hint().orElseThrow()).contains("effective uid").doesNotContain("owner");
            assertThat(script.remaining()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Errno.class,
            names = {"EPERM", "ENOMEM", "EINVAL", "ENOSPC"})
    void hugePagesAreNotSpokenOfWhereNoneWereAskedFor(Errno errno) {
        try (ScriptedAnswers script = ScriptedAnswers.to("shmget", refusing(errno))) {
            ErrnoException failure =
                    catchThrowableOfType(ErrnoException.class, () -> SharedMemory.create(IpcKey.PRIVATE, 4096));
            assertThat(failure.getMessage()).doesNotContainIgnoringCase("huge");
            assertThat(script.remaining()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Errno.class,
            names = {"EPERM", "ENOMEM", "EINVAL", "EACCES"})
    void lockedMemoryIsNotSpokenOfWhereNothingIsLocked(Errno errno) throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                ScriptedAnswers script = ScriptedAnswers.to("shmctl", refusing(errno))) {
            ErrnoException failure =
                    catchThrowableOfType(ErrnoException.class, () -> SharedMemory.status(segment.id()));
            assertThat(failure.getMessage()).doesNotContain("RLIMIT");
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void anUnknownNumberIsKept() {
        try (ScriptedAnswers script = ScriptedAnswers.to("shmget", refusing(UNKNOWN))) {
            ErrnoException failure =
                    catchThrowableOfType(ErrnoException.class, () -> SharedMemory.create(IpcKey.of(0x5eed), 4096));
            assertThat(failure.errno()).isEqualTo(Errno.UNKNOWN);
            assertThat(failure.number()).isEqualTo(UNKNOWN);
            assertThat(failure)
                    .hasMessage("shmget: errno 4711 (unknown), creating segment key=0x00005eed byteSize=4096");
            assertThat(script.remaining()).isZero();
        }
    }

    private static int create(IpcKey key) {
        try (SharedMemory memory = SharedMemory.create(key, 4096)) {
            return memory.id();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void remove(int id) {
        try {
            SharedMemory.remove(id);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
