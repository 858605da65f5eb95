package org.chagres.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.inspect.SemaphoreTablePrograms.find;
import static org.chagres.inspect.SemaphoreTablePrograms.sameAsTheKernel;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.semaphore.SemaphoreSetStatus;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LeakCheck.class)
class SemaphoreTableTest {
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");

    /** An identifier is the set's place in the kernel's table plus a multiple of this (of 2^24 with ipcmni_extend). */
    private static final int PLACES = 32_768;

    private interface Body {
        void with(SemaphoreSet set) throws Exception;
    }

    /** A set with a random key, which is removed again. */
    private static void withSet(Body body, int... values) throws Exception {
        try (SemaphoreSet set = SemaphoreSet.create(IpcKey.random(), values)) {
            try {
                body.with(set);
            } finally {
                set.remove();
            }
        }
    }

    @Test
    void setsAreThoseOfTheKernel() throws Exception {
        withSet(
                plain -> withSet(
                        unreadable -> {
                            unreadable.setPermissions(Set.of());

                            List<SemaphoreSetStatus> sets = sameAsTheKernel();

                            assertThat(find(sets, plain.id()).size()).isEqualTo(3);
                            assertThat(find(sets, plain.id()).lastOperation()).isPresent();
                            assertThat(find(sets, unreadable.id()).permissions().permissions())
                                    .isEmpty();
                        },
                        1),
                1,
                2,
                3);
    }

    @Test
    void aSetWithoutAnOperationIsListedAsSuch() throws Exception {
        withSet(set -> assertThat(find(sameAsTheKernel(), set.id())).isEqualTo(set.status()), 7);
        Run.assumeInstalled("ipcmk");
        String told = Run.command("ipcmk", "-S", "2").output();
        int id = Integer.parseInt(told.replaceAll("\\D", ""));
        try {
            assertThat(find(sameAsTheKernel(), id).lastOperation()).isEmpty();
            assertThat(find(sameAsTheKernel(), id).size()).isEqualTo(2);
        } finally {
            SemaphoreSet.remove(id);
        }
    }

    @Test
    void aRowIsTheStatusOfItsIdentifier() throws Exception {
        withSet(
                set -> assertThat(find(SemaphoreTable.sets(), set.id()))
                        .isEqualTo(set.status())
                        .isEqualTo(SemaphoreSet.status(set.id())),
                1,
                2);
    }

    @Test
    void aSetThatIsGoneIsNotListed() throws Exception {
        int[] id = new int[1];
        withSet(
                set -> {
                    id[0] = set.id();
                    assertThat(SemaphoreTable.sets())
                            .extracting(SemaphoreSetStatus::id)
                            .contains(id[0]);
                },
                1);
        assertThat(SemaphoreTable.sets()).extracting(SemaphoreSetStatus::id).doesNotContain(id[0]);
    }

    @Test
    void theListCannotBeChanged() throws Exception {
        List<SemaphoreSetStatus> sets = SemaphoreTable.sets();

        assertThatThrownBy(() -> sets.add(null)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void anotherUserSeesEverySet() throws Exception {
        withSet(
                set -> {
                    set.setPermissions(Set.of());
                    try (Peer nobody = Peer.javaAs(65534, SemaphoreTablePrograms.Somebody.class, set.id())) {
                        assertThat(nobody.hear()).isEqualTo("uid 65534");
                        assertThat(nobody.hear()).isEqualTo("status EACCES");
                        assertThat(nobody.hear()).isEqualTo("listed " + find(sameAsTheKernel(), set.id()));
                    }
                },
                1);
    }

    @Test
    void limitsAreThoseInProc() throws Exception {
        // SEMMSL, SEMMNS, SEMOPM, SEMMNI. In one read: a file of /proc/sys ends after the first one.
        int[] limits = Stream.of(Files.readAllLines(Path.of("/proc/sys/kernel/sem"))
                        .getFirst()
                        .split("\\s+"))
                .mapToInt(Integer::parseInt)
                .toArray();

        assertThat(SemaphoreTable.limits())
                .isEqualTo(new SemaphoreLimits(limits[3], limits[1], limits[0], limits[2], 32767));
    }

    @Test
    void limitsFollowThoseInProc() {
        Run run = inNamespace("""
                echo 11 2222 33 44 > /proc/sys/kernel/sem
                exec "$@"
                """, SemaphoreTablePrograms.Limits.class);

        assertThat(run.output()).isEqualTo(new SemaphoreLimits(44, 2222, 11, 33, 32767) + "\n");
    }

    @Test
    void usageCountsSetsAndTheirSemaphores() {
        Run run = inNamespace("exec \"$@\"", SemaphoreTablePrograms.Usage.class);

        assertThat(run.output().lines())
                .containsExactly(
                        "nothing: " + new SemaphoreUsage(0, 0),
                        "one set: " + new SemaphoreUsage(1, 3),
                        "another: " + new SemaphoreUsage(2, 103),
                        "without the first: " + new SemaphoreUsage(1, 100),
                        "gone: " + new SemaphoreUsage(0, 0));
    }

    @Test
    void everySetIsFoundWhereTheTableHasGaps() {
        Run run = inNamespace("exec \"$@\"", SemaphoreTablePrograms.Gaps.class);

        assertThat(run.output()).isEqualTo("[]\n[0, 1, 2, 3]\n[1, 2, 3]\n[1, 3]\n[1]\n[]\n");
    }

    @Test
    void listingGoesOnWhileSetsComeAndGo() throws Exception {
        withSet(
                steady -> {
                    Thread restless = Thread.ofPlatform().start(() -> {
                        try {
                            for (int i = 0; i < 2000; i++) {
                                SemaphoreSet.create(IpcKey.PRIVATE, 1).remove();
                            }
                        } catch (ErrnoException failure) {
                            throw new AssertionError(failure);
                        }
                    });
                    int lists = 0;
                    do {
                        assertThat(SemaphoreTable.sets())
                                .extracting(SemaphoreSetStatus::id)
                                .containsOnlyOnce(steady.id());
                        lists++;
                    } while (restless.isAlive());
                    assertThat(lists).isPositive();
                },
                1);
    }

    private interface Call {
        Object make() throws ErrnoException;
    }

    @ParameterizedTest
    @EnumSource(names = {"ENOSYS", "EPERM"})
    void aDeniedCallIsTold(Errno errno) {
        Map<String, Call> calls = Map.of(
                "counting the semaphore sets", SemaphoreTable::sets,
                "reading the limits of semaphores", SemaphoreTable::limits,
                "reading the usage of semaphores", SemaphoreTable::usage);
        calls.forEach((intent, call) -> {
            try (ScriptedAnswers script = ScriptedAnswers.to("semctl", arguments -> -errno.number())) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(call::make)
                        .withMessage("semctl: " + errno + " (" + errno.number() + "), " + intent);
                assertThat(script.remaining()).isZero();
            }
        });
    }

    /** The kernel answers EINVAL for a place without a set, EIDRM for one whose set is just going. */
    @ParameterizedTest
    @EnumSource(names = {"EINVAL", "EIDRM"})
    void aPlaceWithoutASetIsPassedOver(Errno errno) throws Exception {
        withSet(
                set -> {
                    int place = set.id() % PLACES;
                    try (ScriptedAnswers script = answering(place, arguments -> -errno.number())) {
                        assertThat(SemaphoreTable.sets())
                                .extracting(SemaphoreSetStatus::id)
                                .doesNotContain(set.id());
                        assertThat(script.remaining()).isZero();
                    }
                },
                1);
    }

    @Test
    void aSetRemovedMeanwhileIsPassedOver() throws Exception {
        try (SemaphoreSet set = SemaphoreSet.create(IpcKey.PRIVATE, 1)) {
            ScriptedAnswers.Answer removedFirst = arguments -> {
                remove(set.id());
                return ScriptedAnswers.ASK_THE_KERNEL;
            };
            try (ScriptedAnswers script = answering(set.id() % PLACES, removedFirst)) {
                assertThat(SemaphoreTable.sets())
                        .extracting(SemaphoreSetStatus::id)
                        .doesNotContain(set.id());
                assertThat(script.remaining()).isZero();
            }
        }
    }

    @Test
    void anotherErrorAtAPlaceIsTold() throws Exception {
        withSet(
                set -> {
                    int place = set.id() % PLACES;
                    try (ScriptedAnswers script = answering(place, arguments -> -Errno.EACCES.number())) {
                        assertThatExceptionOfType(ErrnoException.class)
                                .isThrownBy(SemaphoreTable::sets)
                                .withMessage("semctl: EACCES (13), reading the status of the semaphore set at index "
                                        + place);
                        assertThat(script.remaining()).isZero();
                    }
                },
                1);
    }

    /** The kernel's own answers to {@code IPC_INFO} and to the places before, then this one. */
    private static ScriptedAnswers answering(int place, ScriptedAnswers.Answer answer) {
        List<ScriptedAnswers.Answer> answers = new ArrayList<>();
        for (int i = 0; i < 1 + place; i++) {
            answers.add(arguments -> ScriptedAnswers.ASK_THE_KERNEL);
        }
        answers.add(answer);
        return ScriptedAnswers.to("semctl", answers.toArray(ScriptedAnswers.Answer[]::new));
    }

    private static void remove(int id) {
        try {
            SemaphoreSet.remove(id);
        } catch (ErrnoException failure) {
            throw new AssertionError(failure);
        }
    }

    /** Runs a shell script as root of an IPC namespace of its own; {@code "$@"} is the program's command. */
    private static Run inNamespace(String script, Class<?> program) {
        return Run.inNamespace(script, Peer.javaCommand(NATIVE_ACCESS, program), Map.of());
    }
}
