package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.resource.SemaphoreWaits.NOT_NOW;
import static org.chagres.internal.resource.WaitingThread.INTERRUPTED;
import static org.chagres.internal.resource.WaitingThread.Kind.PLATFORM;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The library's clock: in time, and not to be stopped. */
@ExtendWith(LeakCheck.class)
class WatchTest {
    private static final long MILLIS = 1_000_000;
    private static final long LONG = 60_000 * MILLIS;
    private static final String TIMED_OUT = Integer.toString(NOT_NOW);

    @Test
    void itIsOneDaemonThread() throws Exception {
        try (TestSet set = TestSet.of(0)) {
            for (int i = 0; i < 3; i++) {
                assertThat(UntimedCall.take(set.id(), new Gate(), MILLIS)).isEqualTo(NOT_NOW);
            }
        }
        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> thread.getName().equals("chagres-watch"))
                .singleElement()
                .satisfies(thread -> assertThat(thread.isDaemon()).isTrue());
    }

    /** The entry was due during the long wait and moved on to its deadline; the short one is before that. */
    @Test
    void aShortTimeoutAfterALongOneIsInTime() throws Exception {
        try (TestSet set = TestSet.of(0)) {
            WaitingThread waiting = WaitingThread.start(PLATFORM, () -> {
                Waiter first = Waiter.enter(new Gate(), 20 * MILLIS);
                first.watchDeadline();
                first.leave();
                Waiter second = Waiter.enter(new Gate(), LONG);
                second.watchDeadline();
                try {
                    // A deadline after the first one's has been seen to: so has the first.
                    assertThat(WaitingThread.start(PLATFORM, () -> UntimedCall.take(set.id(), new Gate(), 60 * MILLIS))
                                    .result())
                            .isEqualTo(TIMED_OUT);
                } finally {
                    second.leave();
                }
                return UntimedCall.take(set.id(), new Gate(), 30 * MILLIS);
            });
            assertThat(waiting.result()).isEqualTo(TIMED_OUT);
        }
    }

    @Test
    void aLongTimeoutAfterAShortOneIsNotCut() throws Exception {
        try (TestSet set = TestSet.of(0)) {
            WaitingThread waiting = WaitingThread.start(PLATFORM, () -> {
                Waiter first = Waiter.enter(new Gate(), 5 * MILLIS);
                first.watchDeadline();
                first.leave();
                long start = System.nanoTime();
                assertThat(UntimedCall.take(set.id(), new Gate(), 60 * MILLIS)).isEqualTo(NOT_NOW);
                return System.nanoTime() - start >= 60 * MILLIS ? 1 : 0;
            });
            assertThat(waiting.result()).isEqualTo("1");
        }
    }

    // In JVMs of their own.

    @Test
    void aLogThatFailsDoesNotStopIt(@TempDir Path folder) throws IOException {
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        Files.writeString(services.resolve("java.lang.System$LoggerFinder"), WatchProgram.BadLoggers.class.getName());
        List<String> command =
                Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), WatchProgram.class, "badLogger")
                        .stream()
                        .map(word -> word.equals(Peer.classPath()) ? word + ":" + folder : word)
                        .toList();
        assertThat(Run.command(command, Map.of()).output())
                .isEqualTo("interrupt: " + INTERRUPTED + "\ndeadline: " + TIMED_OUT + "\n");
    }

    @Test
    void itStartsLaterWhereNoThreadCanBeHadAtFirst() {
        try (Peer peer = Peer.javaAs(54322, WatchProgram.class, "withoutThreads")) {
            assertThat(own(peer)).isEqualTo("no more threads: true");
            assertThat(own(peer)).isEqualTo("without threads: refused");
            assertThat(own(peer)).isEqualTo("deadline: " + TIMED_OUT);
            assertThat(own(peer)).isEqualTo("interrupt: " + INTERRUPTED);
            assertThat(peer.end()).isZero();
        }
    }

    /** The next line that is not the JVM's complaint about the threads it cannot have. */
    private static String own(Peer peer) {
        String line = peer.hear();
        while (line.startsWith("[")) {
            line = peer.hear();
        }
        return line;
    }
}
