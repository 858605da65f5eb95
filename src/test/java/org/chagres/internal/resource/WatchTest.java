package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.resource.SemaphoreWaits.FOREVER;
import static org.chagres.internal.resource.SemaphoreWaits.NOT_NOW;
import static org.chagres.internal.resource.WaitingThread.INTERRUPTED;
import static org.chagres.testing.ThreadKind.PLATFORM;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;

/** The library's clock: in time, with an entry a thread, and not to be stopped. */
@ExtendWith({WatchTest.Attached.class, LeakCheck.class})
class WatchTest {
    /** Has the JVM open the socket by which {@code jcmd} asks, and which stays open, before leaks are looked for. */
    static final class Attached implements BeforeAllCallback {
        @Override
        public void beforeAll(ExtensionContext context) {
            alive(Object.class);
        }
    }

    private static final long MILLIS = 1_000_000;
    private static final long LONG = 60_000 * MILLIS;
    private static final String TIMED_OUT = Integer.toString(NOT_NOW);

    /** How many objects of a class are alive, by the JVM's own count. */
    private static int alive(Class<?> type) {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Run run = Run.command(
                jcmd.toString(), Long.toString(ProcessHandle.current().pid()), "GC.class_histogram");
        return run.output()
                .lines()
                .map(line -> line.strip().split("\\s+"))
                .filter(words -> words.length > 3 && words[3].equals(type.getName()))
                .mapToInt(words -> Integer.parseInt(words[1]))
                .sum();
    }

    private static Class<?> entry(String name) {
        try {
            return Class.forName(Watch.class.getName() + "$" + name);
        } catch (ClassNotFoundException renamed) {
            throw new AssertionError(renamed);
        }
    }

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

    @Test
    void oneEntryServesAllWaitsOfAThread() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        CountDownLatch counted = new CountDownLatch(1);
        try (TestSet set = TestSet.of(0)) {
            int before = alive(entry("Deadline"));
            WaitingThread waiting = WaitingThread.start(PLATFORM, () -> {
                for (int i = 0; i < 100; i++) {
                    Waiter waiter = Waiter.enter(new Gate(), LONG);
                    waiter.watchDeadline();
                    waiter.leave();
                    UntimedCall.take(set.id(), new Gate(), MILLIS); // earlier than what is watched
                }
                done.countDown();
                counted.await();
                return 0;
            });
            done.await();
            int after = alive(entry("Deadline"));
            counted.countDown();
            assertThat(waiting.result()).isEqualTo("0");
            assertThat(after - before).isLessThanOrEqualTo(1);
        } finally {
            counted.countDown();
        }
    }

    @Test
    void oneEntryServesAllInterruptsOfAWait() throws Exception {
        AtomicInteger target = new AtomicInteger();
        CountDownLatch counted = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(1);
        try (Kicks kicks = Kicks.counted()) {
            WaitingThread waiting = WaitingThread.start(PLATFORM, () -> {
                target.set(SignalCalls.gettid());
                Waiter waiter = Waiter.enter(new Gate(), FOREVER);
                try {
                    entered.countDown();
                    Await.until(() -> counted.getCount() == 0);
                } finally {
                    waiter.leave();
                }
                return 0;
            });
            entered.await();
            int before = alive(entry("Cancelled"));
            for (int i = 0; i < 1_000; i++) {
                waiting.interrupt();
            }
            int after = alive(entry("Cancelled"));
            counted.countDown();
            assertThat(waiting.result()).isEqualTo("0 and " + INTERRUPTED);
            assertThat(kicks.to(target.get())).isGreaterThanOrEqualTo(1_000);
            assertThat(after - before).isLessThanOrEqualTo(1);
        } finally {
            counted.countDown();
        }
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
