package org.chagres.semaphore;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.chagres.IpcKey;
import org.chagres.memory.SharedMemory;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds however often, and whoever comes between. */
@ExtendWith(LeakCheck.class)
class SemaphoreStressTest {
    private static final int TIMES = 1000;

    private static Peer peer(TestSemaphores set) {
        Peer peer = Peer.java(SemaphorePeer.class);
        peer.ask("open " + set.id());
        return peer;
    }

    @ParameterizedTest
    @ValueSource(strings = {"-XX:+UseG1GC", "-XX:+UseZGC", "-XX:+UseParallelGC"})
    void aHundredThousandInterruptsLoseNoPermitAndAreAllDelivered(String collector) throws Exception {
        long interrupts = 100_000;
        List<String> options = List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-XX:-UseSerialGC",
                collector,
                "-XX:TieredStopAtLevel=4",
                "-Xmx128m");
        try (TestSemaphores set = TestSemaphores.withRandomKey(0);
                Peer storm = Peer.start(Peer.javaCommand(options, InterruptStorm.class, set.id(), interrupts))) {
            Map<String, Long> sums = Arrays.stream(storm.hear().split(" "))
                    .map(sum -> sum.split("="))
                    .collect(Collectors.toMap(sum -> sum[0], sum -> Long.parseLong(sum[1])));
            assertThat(sums).containsEntry("stuck", 0L);
            assertThat(sums.get("takenOrLeft")).isEqualTo(sums.get("given"));
            assertThat(sums.get("sent")).isGreaterThanOrEqualTo(interrupts);
            assertThat(sums.get("delivered")).isEqualTo(sums.get("sent"));
            assertThat(sums.get("thrown")).as("most of them ended a wait").isGreaterThan(interrupts / 2);
            assertThat(storm.end()).isZero();
        }
    }

    @Test
    void twoProcessesThatTakeAndGiveAThousandTimesLeaveTheValueAsItWas() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer first = peer(set);
                Peer second = peer(set)) {
            for (Peer peer : List.of(first, second)) {
                peer.ask("withUndo");
                peer.tell("downAndUp " + TIMES);
            }
            assertThat(first.hear()).isEqualTo("done");
            assertThat(second.hear()).isEqualTo("done");
            assertThat(set.values()).containsExactly(1);
            assertThat(first.end()).isZero();
            assertThat(second.end()).isZero();
            assertThat(set.values()).as("after both have ended").containsExactly(1);
        }
    }

    /** The sum that two processes come to, each adding as often. */
    private static long sum(Peer first, Peer second, String guard) throws IOException {
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, JAVA_LONG.byteSize())) {
            memory.remove(); // it stays as long as anybody is attached
            String order = "count " + memory.id() + " " + TIMES + " " + guard;
            first.tell(order);
            second.tell(order);
            assertThat(first.hear()).isEqualTo("done");
            assertThat(second.hear()).isEqualTo("done");
            return memory.segment().get(JAVA_LONG, 0);
        }
    }

    @Test
    void aNumberThatTwoProcessesRaiseIsExactWithTheSemaphoreAndNotWithout() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer first = peer(set);
                Peer second = peer(set)) {
            assertThat(sum(first, second, "guarded")).isEqualTo(2L * TIMES);
            // So that the above can fail. Once the two really meet, something is lost.
            Await.until(
                    () -> {
                        try {
                            return sum(first, second, "unguarded") < 2L * TIMES;
                        } catch (IOException failure) {
                            throw new AssertionError(failure);
                        }
                    },
                    "addition lost without the semaphore");
            assertThat(set.values()).containsExactly(1);
        }
    }
}
