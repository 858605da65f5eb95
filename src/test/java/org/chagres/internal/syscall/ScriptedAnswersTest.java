package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** {@code shmdt} of address 1 is EINVAL by the kernel: any other answer is the script's. */
class ScriptedAnswersTest {
    private static final int BY_THE_KERNEL = -22;

    @Test
    void answersComeInOrderThenTheKernelsAgain() {
        try (var script = ScriptedAnswers.to("shmdt", arguments -> -12, arguments -> 7, arguments -> 0)) {
            assertThat(script.remaining()).isEqualTo(3);
            assertThat(shmdt()).isEqualTo(-12);
            assertThat(shmdt()).isEqualTo(7);
            assertThat(script.remaining()).isEqualTo(1);
            assertThat(shmdt()).isZero();
            assertThat(script.remaining()).isZero();
            assertThat(shmdt()).isEqualTo(BY_THE_KERNEL);
        }
    }

    @Test
    void anAnswerMayAskTheKernelAfterAll() {
        try (var script = ScriptedAnswers.to("shmdt", arguments -> ScriptedAnswers.ASK_THE_KERNEL, arguments -> -12)) {
            assertThat(shmdt()).isEqualTo(BY_THE_KERNEL);
            assertThat(shmdt()).isEqualTo(-12);
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void aLongAnswerIsNotNarrowed() {
        try (var script = ScriptedAnswers.to("shmat", arguments -> 0x7f12_3456_7000L, arguments -> -12)) {
            assertThat(SharedMemoryCalls.shmat(1, 0, 0)).isEqualTo(0x7f12_3456_7000L);
            assertThat(SharedMemoryCalls.shmat(1, 0, 0)).isEqualTo(-12);
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void onlyTheThreadThatInstalledItIsAnswered() throws Exception {
        try (var script = ScriptedAnswers.to("shmdt", arguments -> -12)) {
            for (Thread.Builder kind : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
                FutureTask<Integer> other = new FutureTask<>(ScriptedAnswersTest::shmdt);
                kind.start(other);
                assertThat(other.get()).isEqualTo(BY_THE_KERNEL);
            }
            assertThat(script.remaining()).isEqualTo(1);
            assertThat(shmdt()).isEqualTo(-12);
        }
    }

    @Test
    void onlyTheFunctionItNamesIsAnswered() {
        try (var script = ScriptedAnswers.to("shmdt", arguments -> -12)) {
            assertThat(SharedMemoryCalls.shmat(-1, 0, 0)).isEqualTo(BY_THE_KERNEL);
            assertThat(script.remaining()).isEqualTo(1);
        }
    }

    @Test
    void anAnswerSeesTheArguments() {
        List<long[]> seen = new ArrayList<>();
        try (var script = ScriptedAnswers.to("shmget", arguments -> {
            seen.add(arguments);
            return 5;
        })) {
            assertThat(SharedMemoryCalls.shmget(-2, 1L << 40, 0600)).isEqualTo(5);
            assertThat(script.remaining()).isZero();
        }
        assertThat(seen).singleElement().isEqualTo(new long[] {-2, 1L << 40, 0600, 0, 0, 0});
    }

    @Test
    void anAnswerMayMakeCallsItself() {
        try (var script = ScriptedAnswers.to("shmdt", arguments -> {
            assertThat(SharedMemoryCalls.shmget(0x5eed_0001, 0, 0)).isNegative();
            return -12;
        })) {
            assertThat(shmdt()).isEqualTo(-12);
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void aClosedScriptAnswersNoMore() {
        try (var script = ScriptedAnswers.to("shmdt", arguments -> -12)) {
            assertThat(script.remaining()).isEqualTo(1);
        }
        assertThat(shmdt()).isEqualTo(BY_THE_KERNEL);
    }

    @Test
    void aSecondScriptForAFunctionIsRefusedUntilTheFirstIsClosed() {
        try (var first = ScriptedAnswers.to("shmdt", arguments -> -12)) {
            assertThatThrownBy(() -> ScriptedAnswers.to("shmdt", arguments -> -13))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("shmdt");
            assertThat(shmdt()).isEqualTo(-12);
            assertThat(first.remaining()).isZero();
        }
        try (var second = ScriptedAnswers.to("shmdt", arguments -> -13)) {
            assertThat(shmdt()).isEqualTo(-13);
            assertThat(second.remaining()).isZero();
        }
    }

    private static int shmdt() {
        return SharedMemoryCalls.shmdt(1);
    }
}
