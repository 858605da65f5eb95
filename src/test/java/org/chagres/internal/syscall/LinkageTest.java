package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.FileInputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.chagres.internal.Sources;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;

class LinkageTest {
    private static final int ENOENT = 2;
    private static final int EFAULT = 14;
    private static final int EINVAL = 22;

    // What cannot be linked.

    @Test
    void aMissingFunctionIsToldWhenItIsCalledAndNotBefore() {
        NativeFunction missing = NativeFunction.named("no_such_function_in_any_libc");

        for (IntSupplier call :
                List.<IntSupplier>of(() -> missing.callInt(1, 2, 3), () -> (int) missing.callLong(1, 2, 3))) {
            assertThat(catchThrowable(call::getAsInt))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("no_such_function_in_any_libc");
        }
    }

    @Test
    void eachCallOfAMissingFunctionThrowsAnExceptionOfItsOwn() {
        NativeFunction missing = NativeFunction.named("no_such_function_in_any_libc");

        Throwable first = catchThrowable(() -> missing.callInt(0, 0, 0));
        Throwable second = catchThrowable(() -> missing.callInt(0, 0, 0));

        assertThat(second).isNotSameAs(first);
        assertThat(first.getStackTrace())
                .anyMatch(frame -> frame.getMethodName().startsWith("lambda$eachCall"));
    }

    @Test
    void deniedNativeAccessOnTheClassPathNamesTheFlag() {
        assumeDenialIsPossible();

        assertDenied(
                Run.command(Peer.javaCommand(List.of("--illegal-native-access=deny"), LinkageProbe.class)
                        .toArray(String[]::new)),
                "--enable-native-access=ALL-UNNAMED");
    }

    @Test
    void deniedNativeAccessOnTheModulePathNamesTheFlag() {
        assumeDenialIsPossible();

        List<String> command = new ArrayList<>(javaWithModule());
        command.add(1, "--illegal-native-access=deny");
        assertDenied(Run.command(command.toArray(String[]::new)), "--enable-native-access=org.chagres");
    }

    @Test
    void withTheNamedFlagEverythingWorks() {
        List<String> module = new ArrayList<>(javaWithModule());
        module.add(1, "--enable-native-access=org.chagres");
        for (List<String> command :
                List.of(module, Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), LinkageProbe.class))) {
            Run run = Run.command(command.toArray(String[]::new));

            assertThat(run.output().lines().skip(1)).hasSize(10).allMatch(line -> line.endsWith(": fine"));
            assertThat(run.err()).isEmpty();
        }
    }

    @Test
    void anotherCpuIsToldWhenSomethingIsCalled() {
        assertUnsupported("-Dos.arch=riscv64", "Linux on riscv64");
    }

    @Test
    void anotherSystemIsToldWhenSomethingIsCalled() {
        assertUnsupported("-Dos.name=FreeBSD", "FreeBSD on ");
    }

    private static void assertDenied(Run run, String flag) {
        assertThat(run.output().lines().findFirst()).contains("linked");
        Map<String, List<String>> told = told(run);
        assertThat(told.get("call"))
                .hasSize(2)
                .allMatch(line -> line.startsWith("java.lang.IllegalCallerException: Chagres "))
                .allMatch(line -> line.endsWith(flag));
        assertThat(told.get("flag")).containsOnly("fine");
        assertThat(told.get("shmget")).isEqualTo(told.get("call"));
        assertThat(told.get("shmctlByteSize")).isEqualTo(told.get("call"));
        assertThat(told.get("struct")).isEqualTo(told.get("call"));
    }

    private static void assertUnsupported(String property, String named) {
        Map<String, List<String>> told = told(Run.command(
                Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED", property), LinkageProbe.class)
                        .toArray(String[]::new)));
        assertThat(told.get("call"))
                .hasSize(2)
                .allMatch(line -> line.startsWith("java.lang.UnsupportedOperationException: "))
                .allMatch(line -> line.contains(named));
        assertThat(told.get("flag")).containsOnly("fine");
        assertThat(told.get("shmget")).isEqualTo(told.get("call"));
        assertThat(told.get("shmctlByteSize")).isEqualTo(told.get("call"));
        assertThat(told.get("struct")).isEqualTo(told.get("call"));
    }

    /** What the probe told of each step, time after time. */
    private static Map<String, List<String>> told(Run run) {
        return run.output()
                .lines()
                .filter(line -> line.contains(": "))
                .map(line -> line.split(": ", 2))
                .collect(Collectors.groupingBy(
                        words -> words[0], Collectors.mapping(words -> words[1], Collectors.toList())));
    }

    private static void assumeDenialIsPossible() {
        assumeTrue(Runtime.version().feature() >= 24, "--illegal-native-access came with JDK 24");
    }

    /** The probe inside the module: the tests' classes patched into it, as they are for the tests themselves. */
    private static List<String> javaWithModule() {
        Path target = Sources.ROOT.resolve("target");
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--module-path",
                target.resolve("classes").toString(),
                "--patch-module",
                "org.chagres=" + target.resolve("test-classes"),
                "--module",
                "org.chagres/" + LinkageProbe.class.getName());
    }

    // errno

    @Test
    void aFailedCallAnswersMinusErrno() {
        assertThat(shmgetOfAMissingKey()).isEqualTo(-ENOENT);
        assertThat(SharedMemoryCalls.shmctl(-1, SharedMemoryCalls.IPC_STAT, MemorySegment.NULL))
                .isEqualTo(-EINVAL);
        assertThat(SharedMemoryCalls.shmat(-1, 0, 0)).isEqualTo(-EINVAL);
        assertThat(SharedMemoryCalls.shmdt(1)).isEqualTo(-EINVAL);
        assertThat(SharedMemoryCalls.shmctlByteSize(-1)).isEqualTo(-EINVAL);
    }

    @Test
    void errnoOfAnEarlierFailureIsNotSeenInALaterAnswer() {
        assertThat(shmgetOfAMissingKey()).isEqualTo(-ENOENT);
        assertThat(ProcessCalls.getpagesize()).isPositive();
        assertThat(ProcessCalls.geteuid()).isNotNegative();
        assertThat(limitsToNowhere()).isEqualTo(-EFAULT);
        assertThat(shmgetOfAMissingKey()).isEqualTo(-ENOENT);
    }

    @Test
    void whatTheJvmItselfFailsInBetweenDoesNotMatter() {
        for (int i = 0; i < 100; i++) {
            assertThat(catchThrowable(() -> new FileInputStream("/no/such/file").close())) // leaves ENOENT behind
                    .isNotNull();
            assertThat(SharedMemoryCalls.shmdt(1)).isEqualTo(-EINVAL);
        }
    }

    @Test
    void eachPlatformThreadSeesItsOwnErrno() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(12)) {
            assertEachSeesItsOwn(threads, 12, 3000);
        }
    }

    @Test
    void eachVirtualThreadSeesItsOwnErrno() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            assertEachSeesItsOwn(threads, 3000, 12);
        }
    }

    private static void assertEachSeesItsOwn(ExecutorService threads, int tasks, int rounds) throws Exception {
        List<Future<Integer>> wrong = new ArrayList<>();
        for (int task = 0; task < tasks; task++) {
            int kind = task % 3;
            wrong.add(threads.submit(() -> {
                int count = 0;
                for (int round = 0; round < rounds; round++) {
                    boolean right = switch (kind) {
                        case 0 -> shmgetOfAMissingKey() == -ENOENT;
                        case 1 -> SharedMemoryCalls.shmat(-1, 0, 0) == -EINVAL;
                        default -> limitsToNowhere() == -EFAULT;
                    };
                    count += right ? 0 : 1;
                    Thread.yield();
                }
                return count;
            }));
        }
        for (Future<Integer> count : wrong) {
            assertThat(count.get()).isZero();
        }
    }

    private static int shmgetOfAMissingKey() {
        return SharedMemoryCalls.shmget(ThreadLocalRandom.current().nextInt() | 1, 0, 0);
    }

    private static int limitsToNowhere() {
        return SharedMemoryCalls.shmctl(0, SharedMemoryCalls.IPC_INFO, MemorySegment.NULL);
    }
}
