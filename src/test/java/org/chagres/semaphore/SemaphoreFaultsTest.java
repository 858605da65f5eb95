package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.semaphore.TestSemaphores.isFree;
import static org.chagres.semaphore.TestSemaphores.result;
import static org.chagres.testing.Answers.KERNEL;
import static org.chagres.testing.Answers.refusing;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the library does when the kernel refuses, at each step. */
@ExtendWith(LeakCheck.class)
class SemaphoreFaultsTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final int UNKNOWN = 4711;

    /** Is given a set that exists, and a key that no set has. */
    private interface Action {
        void on(TestSemaphores set, IpcKey free) throws Exception;
    }

    private static final Set<Errno> NUMBERS = EnumSet.of(
            Errno.EPERM,
            Errno.EINTR,
            Errno.EAGAIN,
            Errno.ENOMEM,
            Errno.EACCES,
            Errno.EFAULT,
            Errno.EINVAL,
            Errno.ENFILE,
            Errno.ENOSPC,
            Errno.ERANGE,
            Errno.ENOSYS,
            Errno.EIDRM,
            Errno.E2BIG,
            Errno.EFBIG);

    /** The numbers, one more that nobody knows, but for some. */
    private static Set<Integer> numbersBut(Set<Errno> some) {
        Set<Integer> numbers = NUMBERS.stream()
                .filter(errno -> !some.contains(errno))
                .map(Errno::number)
                .collect(Collectors.toCollection(TreeSet::new));
        numbers.add(UNKNOWN);
        return numbers;
    }

    // Every call that a method makes, refused with every number.

    private static final Map<String, Action> MAKING = Map.of(
            "create", (set, free) -> SemaphoreSet.create(free, 1),
            "create several", (set, free) -> SemaphoreSet.create(free, 1, 2),
            "open by key", (set, free) -> SemaphoreSet.open(set.key()),
            "open by id", (set, free) -> SemaphoreSet.open(set.id()),
            "openOrCreate, found", (set, free) -> SemaphoreSet.openOrCreate(set.key(), 1),
            "openOrCreate, created", (set, free) -> SemaphoreSet.openOrCreate(free, 1, 2),
            "status", (set, free) -> SemaphoreSet.status(set.id()),
            "remove", (set, free) -> SemaphoreSet.remove(set.id()));

    private static final Map<String, List<String>> CALLS = Map.of(
            "create", List.of("semget", "semop"),
            "create several", List.of("semget", "semctl", "semop"),
            "open by key", List.of("semget", "semctl"),
            "open by id", List.of("semctl"),
            "openOrCreate, found", List.of("semget", "semctl"),
            "openOrCreate, created", List.of("semget", "semctl", "semop"),
            "status", List.of("semctl"),
            "remove", List.of("semctl"));

    /**
     * What is no failure of the method: a set that is gone is looked for again, an unreadable one is looked up
     * elsewhere.
     */
    private static Set<Errno> overcome(String method, String call) {
        boolean looks = call.equals("semctl") && (method.startsWith("open by") || method.endsWith("found"));
        if (!looks) {
            return call.equals("semop") ? Set.of(Errno.EINTR) : Set.of();
        }
        return method.equals("open by id") ? Set.of(Errno.EACCES) : Set.of(Errno.EACCES, Errno.EINVAL, Errno.EIDRM);
    }

    static Stream<Arguments> everyCallAndNumber() {
        return CALLS.entrySet().stream()
                .flatMap(entry -> entry.getValue().stream()
                        .flatMap(call -> numbersBut(overcome(entry.getKey(), call)).stream()
                                .map(number -> arguments(entry.getKey(), call, number))));
    }

    @ParameterizedTest(name = "{0}: {1} answers {2}")
    @MethodSource("everyCallAndNumber")
    void aRefusedCallIsToldAndNothingStays(String method, String call, int number) throws IOException {
        try (TestSemaphores set = TestSemaphores.withRandomKey(3)) {
            IpcKey free = IpcKey.random();
            ErrnoException failure;
            try (ScriptedAnswers script = ScriptedAnswers.to(call, refusing(number))) {
                failure = catchThrowableOfType(
                        ErrnoException.class, () -> MAKING.get(method).on(set, free));
                assertThat(script.remaining()).isZero();
            }
            assertThat(failure).isNotNull().hasNoSuppressedExceptions();
            assertThat(failure.number()).isEqualTo(number);
            assertThat(failure.call()).isEqualTo(call);
            assertThat(SemaphoreObject.value(set.id(), 0)).isEqualTo(3);
            assertThat(isFree(free)).isTrue();
        }
    }

    @Test
    void aSetThatLooksGoneOrUnreadableForAMomentIsOpened() throws Exception {
        for (String method : List.of("open by key", "openOrCreate, found")) {
            for (Errno errno : overcome(method, "semctl")) {
                try (TestSemaphores set = TestSemaphores.withRandomKey(3);
                        ScriptedAnswers script = ScriptedAnswers.to("semctl", refusing(errno))) {
                    MAKING.get(method).on(set, IpcKey.random());
                    assertThat(script.remaining()).isZero();
                }
            }
        }
    }

    private interface Method {
        void on(SemaphoreSet set) throws Exception;
    }

    /** Methods that make one call of {@code semctl} first. */
    private static final Map<String, Method> CONTROLS = Map.of(
            "values", SemaphoreSet::values,
            "availablePermits", set -> set.semaphore(0).availablePermits(),
            "semaphore status", set -> set.semaphore(0).status(),
            "setValue", set -> set.setValue(0, 1),
            "setValues", set -> set.setValues(1, 1),
            "status", SemaphoreSet::status,
            "setOwner", set -> set.setOwner(1, 1),
            "setPermissions", set -> set.setPermissions(Set.of()),
            "remove", SemaphoreSet::remove);

    static Stream<Arguments> everyControlAndNumber() {
        // A change first looks what there is; where that is denied it looks elsewhere, see below.
        return CONTROLS.keySet().stream()
                .flatMap(
                        method -> numbersBut(
                                        method.equals("setOwner") || method.equals("setPermissions")
                                                ? Set.of(Errno.EACCES)
                                                : Set.of())
                                .stream()
                                .map(number -> arguments(method, number)));
    }

    @ParameterizedTest(name = "{0}: semctl answers {1}")
    @MethodSource("everyControlAndNumber")
    void aRefusedControlLeavesTheSetAsItWas(String method, int number) throws Exception {
        try (TestSemaphores two = TestSemaphores.of(3, 4);
                SemaphoreSet set = two.open()) {
            Kernel.IpcRow before = two.row();
            ErrnoException failure;
            try (ScriptedAnswers script = ScriptedAnswers.to("semctl", refusing(number))) {
                failure = catchThrowableOfType(
                        ErrnoException.class, () -> CONTROLS.get(method).on(set));
                assertThat(script.remaining()).isZero();
            }
            assertThat(failure.call()).isEqualTo("semctl");
            assertThat(failure.number()).isEqualTo(number);
            assertThat(failure.intent()).endsWith(" semaphore set id=" + two.id());
            assertThat(two.row()).isEqualTo(before);
            assertThat(set.values()).containsExactly(3, 4);
            assertThat(set.isOpen()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aStatusOfASemaphoreIsToldAtEachOfItsFourQuestions(int before) throws Exception {
        try (TestSemaphores one = TestSemaphores.of(3);
                SemaphoreSet set = one.open()) {
            List<ScriptedAnswers.Answer> answers = new ArrayList<>();
            for (int i = 0; i < before; i++) {
                answers.add(KERNEL);
            }
            answers.add(refusing(Errno.EIDRM));
            try (ScriptedAnswers script =
                    ScriptedAnswers.to("semctl", answers.toArray(ScriptedAnswers.Answer[]::new))) {
                ErrnoException failure = catchThrowableOfType(
                        ErrnoException.class, () -> set.semaphore(0).status());
                assertThat(failure.errno()).isEqualTo(Errno.EIDRM);
                assertThat(script.remaining()).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 13, 22, UNKNOWN})
    void settingThatFailsAfterAskingIsToldWithWhatWasToBeSet(int number) throws Exception {
        try (TestSemaphores one = TestSemaphores.of(3);
                SemaphoreSet set = one.open()) {
            try (ScriptedAnswers script = ScriptedAnswers.to("semctl", KERNEL, refusing(number), KERNEL)) {
                ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> set.setOwner(12345, 54321));
                assertThat(failure.number()).isEqualTo(number);
                assertThat(failure.intent()).contains("uid=12345").contains("gid=54321");
                assertThat(script.remaining()).isLessThan(2);
            }
            try (ScriptedAnswers script = ScriptedAnswers.to("semctl", KERNEL, refusing(number), KERNEL)) {
                ErrnoException failure = catchThrowableOfType(
                        ErrnoException.class, () -> set.setPermissions(PosixFilePermissions.fromString("r--------")));
                assertThat(failure.number()).isEqualTo(number);
                assertThat(failure.intent()).contains("OWNER_READ");
                assertThat(script.remaining()).isLessThan(2);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"setOwner", "setPermissions"})
    void aChangeWorksWhereReadingIsDenied(String method) throws Exception {
        try (TestSemaphores two = TestSemaphores.of(3, 4);
                SemaphoreSet set = two.open();
                ScriptedAnswers script = ScriptedAnswers.to("semctl", refusing(Errno.EACCES))) {
            long owner = two.row().get("uid");
            CONTROLS.get(method).on(set);
            assertThat(two.row().get("uid")).isEqualTo(method.equals("setOwner") ? 1 : owner);
            assertThat(two.row().mode()).isEqualTo(method.equals("setOwner") ? 0600 : 0);
            assertThat(script.remaining()).isZero();
        }
    }

    // A second step that fails undoes the first.

    @ParameterizedTest
    @ValueSource(strings = {"semop", "semctl"})
    void whatIsCreatedWithoutItsValuesIsRemovedAgain(String call) {
        IpcKey key = IpcKey.random();
        try (ScriptedAnswers script = ScriptedAnswers.to(call, refusing(Errno.ENOMEM))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> SemaphoreSet.create(key, 1, 2));
            assertThat(failure.errno()).isEqualTo(Errno.ENOMEM);
            assertThat(failure.intent()).startsWith("giving the first values to semaphore set id=");
            assertThat(script.remaining()).isZero();
        }
        assertThat(isFree(key)).isTrue();
    }

    @Test
    void aRemovalThatFailsTooIsToldAsWell() throws Exception {
        IpcKey key = IpcKey.random();
        int id;
        try (ScriptedAnswers values = ScriptedAnswers.to("semop", refusing(Errno.ENOMEM));
                ScriptedAnswers removal = ScriptedAnswers.to("semctl", refusing(Errno.EPERM))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> SemaphoreSet.create(key, 1));
            assertThat(failure.errno()).isEqualTo(Errno.ENOMEM);
            assertThat(failure.getSuppressed())
                    .singleElement()
                    .isInstanceOfSatisfying(ErrnoException.class, suppressed -> {
                        assertThat(suppressed.errno()).isEqualTo(Errno.EPERM);
                        assertThat(suppressed.intent()).startsWith("removing");
                    });
            assertThat(values.remaining() + removal.remaining()).isZero();
        }
        id = SemaphoreSet.builder().acceptUninitialized().open(key).id();
        SemaphoreSet.remove(id);
    }

    // Operations and waits.

    private interface Step {
        void on(ProcessSemaphore semaphore) throws Exception;
    }

    private record Operation(String call, String intent, Step step) {}

    /**
     * Each method that makes an operation which is possible at once on a value of 5: its call, and what it says it did.
     */
    static Stream<Operation> operations() {
        return Stream.of(
                new Operation("semop", "acquiring 1 permit of", ProcessSemaphore::acquire),
                new Operation("semop", "acquiring 2 permits of", semaphore -> semaphore.acquire(2)),
                new Operation("semop", "acquiring 1 permit of", ProcessSemaphore::tryAcquire),
                new Operation("semop", "acquiring 1 permit of", semaphore -> semaphore.tryAcquire(LONG)),
                new Operation("semop", "acquiring 1 permit of", ProcessSemaphore::hold),
                new Operation("semop", "acquiring 1 permit of", ProcessSemaphore::tryHold),
                new Operation("semop", "acquiring 1 permit of", semaphore -> semaphore.tryHold(LONG)),
                new Operation("semop", "releasing 1 permit of", ProcessSemaphore::release),
                new Operation("semop", "awaiting zero of", ProcessSemaphore::awaitZero),
                new Operation("semop", "awaiting zero of", semaphore -> semaphore.tryAwaitZero(LONG)),
                new Operation(
                        "semop", "applying [", semaphore -> semaphore.set().apply(SemaphoreOperation.acquire(0))),
                new Operation(
                        "semop", "applying [", semaphore -> semaphore.set().tryApply(SemaphoreOperation.acquire(0))),
                new Operation(
                        "semop",
                        "applying [",
                        semaphore -> semaphore.set().tryApply(LONG, SemaphoreOperation.acquire(0))));
    }

    @ParameterizedTest
    @MethodSource("operations")
    void aRefusedOperationIsToldAndChangesNothing(Operation operation) throws Exception {
        for (int number : numbersBut(Set.of(Errno.EINTR, Errno.EAGAIN))) { // those two are not for the caller
            try (TestSemaphores one = TestSemaphores.of(5);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
                    ScriptedAnswers script = ScriptedAnswers.to(operation.call(), refusing(number))) {
                ErrnoException failure = catchThrowableOfType(
                        ErrnoException.class, () -> operation.step().on(semaphore));
                assertThat(script.remaining()).isZero();
                assertThat(failure).as("%d", number).isNotNull();
                assertThat(failure.call()).isEqualTo(operation.call());
                assertThat(failure.number()).isEqualTo(number);
                assertThat(failure.intent()).startsWith(operation.intent()).endsWith(" semaphore set id=" + one.id());
                assertThat(semaphore.availablePermits()).isEqualTo(5);
                assertThat(semaphore.isOpen()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("operations")
    void anInterruptedCallIsMadeAgain(Operation operation) throws Exception {
        int value = operation.intent().startsWith("awaiting") ? 0 : 5;
        ScriptedAnswers.Answer interrupted = refusing(Errno.EINTR);
        try (TestSemaphores one = TestSemaphores.of(value);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
                ScriptedAnswers script = ScriptedAnswers.to(operation.call(), interrupted, interrupted, interrupted)) {
            operation.step().on(semaphore);
            assertThat(script.remaining()).isZero();
            int change = semaphore.availablePermits() - value;
            assertThat(change)
                    .isEqualTo(
                            switch (operation.intent().split(" ")[0]) {
                                case "awaiting" -> 0;
                                case "releasing" -> 1;
                                default -> operation.intent().contains(" 2 ") ? -2 : -1;
                            });
        }
    }

    @Test
    void givingBackIsMadeAgainToo() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(5);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            Permit permit = semaphore.hold();
            try (ScriptedAnswers script = ScriptedAnswers.to("semop", refusing(Errno.EINTR), refusing(Errno.EINTR))) {
                permit.close();
                assertThat(script.remaining()).isZero();
            }
            assertThat(one.values()).containsExactly(5);
        }
    }

    /** Each later call is given less time than the one before, and there is none when the time is over. */
    @Test
    void anInterruptedCallGoesOnWithTheRestOfTheTime() throws Exception {
        List<Long> given = new ArrayList<>();
        ScriptedAnswers.Answer interrupted = arguments -> {
            given.add(nanos(arguments[3]));
            return -Errno.EINTR.number();
        };
        ScriptedAnswers.Answer late = arguments -> {
            given.add(nanos(arguments[3]));
            long end = System.nanoTime() + given.getLast();
            Await.until(() -> System.nanoTime() - end > 0, "the end of the time");
            return -Errno.EINTR.number();
        };
        Duration timeout = Duration.ofMillis(40);
        try (TestSemaphores one = TestSemaphores.of(0);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
                ScriptedAnswers script =
                        ScriptedAnswers.to("semtimedop", interrupted, interrupted, late, arguments -> 0)) {
            assertThat(semaphore.tryAcquire(timeout)).isFalse();
            assertThat(script.remaining()).as("calls after the time").isEqualTo(1);
            assertThat(given).hasSize(3).isSortedAccordingTo((a, b) -> Long.compare(b, a));
            assertThat(given).doesNotHaveDuplicates().allMatch(nanos -> nanos <= timeout.toNanos());
        }
    }

    private static long nanos(long timespec) {
        MemorySegment struct = MemorySegment.ofAddress(timespec).reinterpret(16);
        return struct.get(ValueLayout.JAVA_LONG, 0) * 1_000_000_000 + struct.get(ValueLayout.JAVA_LONG, 8);
    }

    @ParameterizedTest
    @EnumSource
    void aTryThatIsNotPossibleIsNoFailure(ThreadKind kind) throws Exception {
        try (TestSemaphores one = TestSemaphores.of(5);
                ProcessSemaphore semaphore = ProcessSemaphore.open(one.id())) {
            assertThat(result(kind.start(() -> {
                        try (ScriptedAnswers script = ScriptedAnswers.to("semop", refusing(Errno.EAGAIN))) {
                            return semaphore.tryAcquire() || script.remaining() > 0;
                        }
                    })))
                    .isFalse();
            assertThat(one.values()).containsExactly(5);
        }
    }

    // What the message says, and does not say.

    @Test
    void noRoomForTheUndoIsSaid() throws Exception {
        Map<Errno, String> hints = Map.of(
                Errno.ENOSPC, "the kernel remembers no more undos (SEMMNU)",
                Errno.ENOMEM, "the kernel has no memory for the operation, or to remember the undo");
        for (Map.Entry<Errno, String> hint : hints.entrySet()) {
            try (TestSemaphores one = TestSemaphores.of(5);
                    ProcessSemaphore semaphore = ProcessSemaphore.open(one.id());
                    ScriptedAnswers script = ScriptedAnswers.to("semop", refusing(hint.getKey()))) {
                ErrnoException failure = catchThrowableOfType(ErrnoException.class, semaphore::hold);
                assertThat(failure.hint()).contains(hint.getValue());
                assertThat(script.remaining()).isZero();
            }
        }
    }

    @Test
    void aHintThatCannotBeHadIsLeftOut() throws IOException {
        for (Errno errno : List.of(Errno.ENOSPC, Errno.EINVAL)) {
            try (ScriptedAnswers script = ScriptedAnswers.to("semget", refusing(errno));
                    ScriptedAnswers limits = ScriptedAnswers.to("semctl", refusing(Errno.ENOSYS))) {
                ErrnoException failure =
                        catchThrowableOfType(ErrnoException.class, () -> SemaphoreSet.create(IpcKey.PRIVATE, 1));
                assertThat(failure.errno()).isEqualTo(errno);
                assertThat(failure.hint()).isEmpty();
                assertThat(script.remaining() + limits.remaining()).isZero();
            }
        }
    }

    @Test
    void whoMayIsLeftOutWhereTheTableIsHidden() throws IOException {
        try (TestSemaphores one = TestSemaphores.of(1);
                ScriptedAnswers script = ScriptedAnswers.to("semctl", refusing(Errno.EPERM), refusing(Errno.ENOSYS))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> SemaphoreSet.remove(one.id()));
            assertThat(failure.errno()).isEqualTo(Errno.EPERM);
            assertThat(failure.hint().orElseThrow()).contains("effective uid").doesNotContain("owner");
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void aSetThatIsThereIsNotSaidToBeGone() throws Exception {
        try (TestSemaphores one = TestSemaphores.of(1);
                SemaphoreSet set = one.open();
                ScriptedAnswers script = ScriptedAnswers.to("semctl", refusing(Errno.EINVAL))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, set::values);
            assertThat(failure.hint()).isEmpty();
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void anUnknownNumberIsKept() {
        try (ScriptedAnswers script = ScriptedAnswers.to("semget", refusing(UNKNOWN))) {
            ErrnoException failure =
                    catchThrowableOfType(ErrnoException.class, () -> SemaphoreSet.create(IpcKey.of(0x5eed), 1, 1));
            assertThat(failure.errno()).isEqualTo(Errno.UNKNOWN);
            assertThat(failure)
                    .hasMessage("semget: errno 4711 (unknown), creating semaphore set key=0x00005eed size=2");
            assertThat(script.remaining()).isZero();
        }
    }
}
