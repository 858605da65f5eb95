package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many virtual threads on two carriers: they wait without holding any, and with few helpers. */
@ExtendWith(LeakCheck.class)
class SemaphoreVirtualThreadsTest {
    private static final int THREADS = 10_000;

    private static List<String> crowd(int semaphores, List<String> moreOptions) {
        List<String> options = new ArrayList<>(
                List.of("--enable-native-access=ALL-UNNAMED", "-Djdk.virtualThreadScheduler.parallelism=2"));
        options.addAll(moreOptions);
        List<String> command = Peer.javaCommand(options, VirtualCrowd.class, semaphores, THREADS / semaphores);
        Run run = Run.command(command, Map.of());
        assertThat(run.err()).isEmpty();
        return run.output().lines().toList();
    }

    @Test
    void allGetThroughOneSemaphore() {
        List<String> seen = crowd(1, List.of());
        assertThat(seen)
                .startsWith(
                        "waiting in the kernel: 1",
                        "through before the first release: 0",
                        "others ran: true",
                        "through: " + THREADS,
                        "permits left: 1",
                        "most at once: 1");
        // A helper that has just come back is not free again at once, so that there may be more than one.
        assertThat(Integer.parseInt(seen.getLast().replace("most helpers: ", "")))
                .isBetween(1, 64);
    }

    /** More semaphores than helpers: the lines without one go on in slices. */
    @ParameterizedTest
    @ValueSource(ints = {1, 8})
    void allGetThroughManySemaphoresWithFewHelpers(int helpers) {
        List<String> seen = crowd(40, List.of("-Dorg.chagres.helpers=" + helpers));
        assertThat(seen)
                .contains(
                        "through before the first release: 0",
                        "others ran: true",
                        "through: " + THREADS,
                        "permits left: 40",
                        "most helpers: " + helpers);
        assertThat(seen.getFirst()).matches("waiting in the kernel: [1-" + helpers + "]");
    }

    @Test
    void withoutACapOfTheirOwnHelpersAreAtMostSixtyFour() {
        assertThat(crowd(100, List.of())).contains("through: " + THREADS, "permits left: 100", "most helpers: 64");
    }
}
