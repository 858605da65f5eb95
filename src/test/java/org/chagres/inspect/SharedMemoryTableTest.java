package org.chagres.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.inspect.TablePrograms.find;
import static org.chagres.inspect.TablePrograms.sameAsTheKernel;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.generated.shm_info;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.memory.SharedMemory;
import org.chagres.memory.SharedMemoryStatus;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LeakCheck.class)
class SharedMemoryTableTest {
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");

    /**
     * An identifier is the segment's place in the kernel's table plus a multiple of this (of 2^24 with ipcmni_extend).
     */
    private static final int PLACES = 32_768;

    @Test
    void segmentsAreThoseOfTheKernel() throws Exception {
        IpcKey key = IpcKey.random();
        try (SharedMemory plain = SharedMemory.create(key, 5000);
                SharedMemory unreadable = SharedMemory.create(IpcKey.PRIVATE, 1);
                SharedMemory marked = SharedMemory.create(IpcKey.PRIVATE, 4096)) {
            try {
                unreadable.setPermissions(Set.of());
                marked.remove();
                SharedMemory.open(plain.id()).close();

                List<SharedMemoryStatus> segments = sameAsTheKernel();

                assertThat(segments)
                        .extracting(SharedMemoryStatus::id)
                        .contains(plain.id(), unreadable.id(), marked.id());
                assertThat(find(segments, plain.id()).key()).isEqualTo(key);
                assertThat(find(segments, plain.id()).lastDetached()).isPresent();
                assertThat(find(segments, unreadable.id()).permissions().permissions())
                        .isEmpty();
                assertThat(find(segments, unreadable.id()).lastDetached()).isEmpty();
                assertThat(find(segments, marked.id()).markedForRemoval()).isTrue();
            } finally {
                plain.remove();
                unreadable.remove();
            }
        }
    }

    @Test
    void aSegmentLockedInMemoryIsShownSo() throws Exception {
        assumeTrue(ProcessCalls.geteuid() == 0, "others may not be allowed to lock memory");
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 1)) {
            memory.remove();
            memory.lockInMemory();

            assertThat(find(sameAsTheKernel(), memory.id()).locked()).isTrue();
        }
    }

    @Test
    void aRowIsTheStatusOfItsIdentifier() throws Exception {
        try (SharedMemory memory = SharedMemory.create(IpcKey.random(), 5000)) {
            memory.remove();

            assertThat(find(SharedMemoryTable.segments(), memory.id()))
                    .isEqualTo(memory.status())
                    .isEqualTo(SharedMemory.status(memory.id()));
        }
    }

    @Test
    void aSegmentThatIsGoneIsNotListed() throws Exception {
        int id;
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 1)) {
            id = memory.id();
            memory.remove();
            assertThat(SharedMemoryTable.segments())
                    .extracting(SharedMemoryStatus::id)
                    .contains(id);
        }
        assertThat(SharedMemoryTable.segments())
                .extracting(SharedMemoryStatus::id)
                .doesNotContain(id);
    }

    @Test
    void orphansAreThoseNobodyIsAttachedTo() throws Exception {
        try (SharedMemory attached = SharedMemory.create(IpcKey.PRIVATE, 1)) {
            attached.remove();
            int id;
            try (SharedMemory left = SharedMemory.create(IpcKey.random(), 5000)) {
                id = left.id();
            }
            try {
                assertThat(SharedMemoryTable.orphans())
                        .allMatch(segment -> segment.attachCount() == 0)
                        .contains(SharedMemory.status(id))
                        .extracting(SharedMemoryStatus::id)
                        .doesNotContain(attached.id());
            } finally {
                SharedMemory.remove(id);
            }
        }
    }

    @Test
    void theListsCannotBeChanged() throws Exception {
        List<SharedMemoryStatus> segments = SharedMemoryTable.segments();
        List<SharedMemoryStatus> orphans = SharedMemoryTable.orphans();

        assertThatThrownBy(() -> segments.add(null)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> orphans.add(null)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void anotherUserSeesEverySegment() throws Exception {
        try (SharedMemory memory = SharedMemory.create(IpcKey.random(), 5000)) {
            memory.setPermissions(Set.of());
            try (Peer nobody = Peer.javaAs(65534, TablePrograms.Somebody.class, memory.id())) {
                assertThat(nobody.hear()).isEqualTo("uid 65534");
                assertThat(nobody.hear()).isEqualTo("status EACCES");
                assertThat(nobody.hear()).isEqualTo("listed " + find(sameAsTheKernel(), memory.id()));
            } finally {
                memory.remove();
            }
        }
    }

    @Test
    void limitsAreThoseInProc() throws Exception {
        assertThat(SharedMemoryTable.limits())
                .isEqualTo(
                        new SharedMemoryLimits(kernelLimit("shmmni"), kernelLimit("shmmax"), 1, kernelLimit("shmall")));
    }

    @Test
    void limitsFollowThoseInProc() {
        Run run = inNamespace("""
                echo 17 > /proc/sys/kernel/shmmni
                echo 9223372036854775807 > /proc/sys/kernel/shmmax
                echo 1234567 > /proc/sys/kernel/shmall
                exec "$@"
                """, TablePrograms.Limits.class);

        assertThat(run.output()).isEqualTo(new SharedMemoryLimits(17, Long.MAX_VALUE, 1, 1_234_567) + "\n");
    }

    @Test
    void aLimitBeyondLongIsTheGreatestLong() {
        Run run = inNamespace("""
                echo 9223372036854775808 > /proc/sys/kernel/shmmax
                echo 18446744073709551615 > /proc/sys/kernel/shmall
                exec "$@"
                """, TablePrograms.Limits.class);

        assertThat(run.output()).contains("maxByteSize=" + Long.MAX_VALUE, "maxPages=" + Long.MAX_VALUE);
    }

    @Test
    void usageCountsSegmentsAndTheirPages() {
        Run run = inNamespace("exec \"$@\"", TablePrograms.Usage.class);

        assertThat(run.output().lines())
                .containsExactly(
                        "nothing: " + new SharedMemoryUsage(0, 0, 0, 0, 0, 0),
                        "created: " + new SharedMemoryUsage(1, 5, 0, 0, 0, 0),
                        "touched: " + new SharedMemoryUsage(1, 5, 2, 0, 0, 0),
                        "resident pages in /proc: 2",
                        "another: " + new SharedMemoryUsage(2, 6, 2, 0, 0, 0),
                        "marked: " + new SharedMemoryUsage(2, 6, 2, 0, 0, 0),
                        "gone: " + new SharedMemoryUsage(1, 1, 0, 0, 0, 0));
    }

    /** Swapping cannot be brought about in a test, so here the numbers are made up. */
    @Test
    void eachCountOfTheKernelIsInItsPlace() throws Exception {
        ScriptedAnswers.Answer counts = arguments -> {
            MemorySegment struct = MemorySegment.ofAddress(arguments[2]).reinterpret(shm_info.sizeof());
            shm_info.used_ids(struct, 1);
            shm_info.shm_tot(struct, 2);
            shm_info.shm_rss(struct, 3);
            shm_info.shm_swp(struct, 4);
            shm_info.swap_attempts(struct, 5);
            shm_info.swap_successes(struct, 6);
            return 0;
        };

        try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", counts)) {
            assertThat(SharedMemoryTable.usage()).isEqualTo(new SharedMemoryUsage(1, 2, 3, 4, 5, 6));
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void everySegmentIsFoundWhereTheTableHasGaps() {
        Run run = inNamespace("exec \"$@\"", TablePrograms.Gaps.class);

        assertThat(run.output()).isEqualTo("[]\n[0, 1, 2, 3]\n[1, 3]\n[1]\n[]\n");
    }

    @Test
    void listingGoesOnWhileSegmentsComeAndGo() throws Exception {
        try (SharedMemory steady = SharedMemory.create(IpcKey.PRIVATE, 1)) {
            steady.remove();
            Thread restless = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < 2000; i++) {
                        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 1)) {
                            memory.remove();
                        }
                    }
                } catch (ErrnoException failure) {
                    throw new AssertionError(failure);
                }
            });
            int lists = 0;
            do {
                assertThat(SharedMemoryTable.segments())
                        .extracting(SharedMemoryStatus::id)
                        .containsOnlyOnce(steady.id());
                lists++;
            } while (restless.isAlive());
            assertThat(lists).isPositive();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ENOSYS", "EPERM"})
    void aDeniedCallIsTold(Errno errno) {
        Map<String, Call> calls = Map.of(
                "counting the segments", SharedMemoryTable::segments,
                "reading the limits of shared memory", SharedMemoryTable::limits,
                "reading the usage of shared memory", SharedMemoryTable::usage);
        calls.forEach((intent, call) -> {
            try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", arguments -> -errno.number())) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(call::make)
                        .withMessage("shmctl: " + errno + " (" + errno.number() + "), " + intent);
                assertThat(script.remaining()).isZero();
            }
        });
    }

    private interface Call {
        Object make() throws ErrnoException;
    }

    /** The kernel answers EINVAL for a place without a segment, EIDRM for one whose segment is just going. */
    @ParameterizedTest
    @EnumSource(names = {"EINVAL", "EIDRM"})
    void aPlaceWithoutASegmentIsPassedOver(Errno errno) throws Exception {
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 1)) {
            memory.remove();
            int place = memory.id() % PLACES;
            try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", answers(place, -errno.number()))) {
                assertThat(SharedMemoryTable.segments())
                        .extracting(SharedMemoryStatus::id)
                        .doesNotContain(memory.id());
                assertThat(script.remaining()).isZero();
            }
        }
    }

    @Test
    void anotherErrorAtAPlaceIsTold() throws Exception {
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 1)) {
            memory.remove();
            int place = memory.id() % PLACES;
            try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", answers(place, -Errno.EACCES.number()))) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(SharedMemoryTable::segments)
                        .withMessage("shmctl: EACCES (13), reading the status of the segment at index " + place);
                assertThat(script.remaining()).isZero();
            }
        }
    }

    /** The kernel's own answers to {@code IPC_INFO} and to the places before, then this one. */
    private static ScriptedAnswers.Answer[] answers(int place, long answer) {
        ScriptedAnswers.Answer[] answers = new ScriptedAnswers.Answer[1 + place + 1];
        Arrays.fill(answers, (ScriptedAnswers.Answer) arguments -> ScriptedAnswers.ASK_THE_KERNEL);
        answers[1 + place] = arguments -> arguments[0] == place ? answer : ScriptedAnswers.ASK_THE_KERNEL;
        return answers;
    }

    private static long kernelLimit(String name) throws IOException {
        // In one read: a file of /proc/sys ends after the first one, and readString begins with a single byte.
        String limit = Files.readAllLines(Path.of("/proc/sys/kernel", name)).getFirst();
        return new BigInteger(limit).min(BigInteger.valueOf(Long.MAX_VALUE)).longValue();
    }

    /** Runs a shell script as root of an IPC namespace of its own; {@code "$@"} is the program's command. */
    private static Run inNamespace(String script, Class<?> program) {
        return Run.inNamespace(script, Peer.javaCommand(NATIVE_ACCESS, program), Map.of());
    }
}
