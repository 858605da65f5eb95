package org.chagres.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.chagres.IpcKey;
import org.chagres.memory.SharedMemory;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs what the documentation shows. */
@ExtendWith(LeakCheck.class)
class ExamplesTest {
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");
    private static final String SLOT_PY = Path.of(System.getProperty("basedir", ""), "src/test/python/slot.py")
            .toString();

    private static Run java(Class<?> main, Object... arguments) {
        return Run.command(Peer.javaCommand(NATIVE_ACCESS, main, arguments), Map.of());
    }

    @Test
    void theTourComesOutAsTold() {
        Run tour = java(Tour.class);
        assertThat(tour.out()).contains("0 of them not as told").doesNotContain("NO  ");
        assertThat(tour.err()).isEmpty();
        assertThat(tour.status()).isZero();
    }

    @Test
    void aTourThatIsEndedEarlyLeavesNothing() throws Exception {
        try (Peer tour = Peer.java(Tour.class)) {
            String line = tour.hear();
            while (!line.contains("creates a semaphore")) {
                line = tour.hear();
            }
            IpcKey key = IpcKey.parse(line.replaceFirst(".* (0x[0-9a-f]+)\\.$", "$1"));
            List<ProcessHandle> started;
            try (ProcessSemaphore lock = ProcessSemaphore.open(key)) {
                lock.acquire(); // so the JVM that the tour starts, and the tour with it, come no further
                Await.waiters(lock.id(), 0, 1);
                started = tour.process().descendants().toList();
            }

            tour.signal("TERM");

            assertThat(tour.end()).isEqualTo(128 + 15);
            assertThat(Kernel.semaphores()).noneMatch(row -> row.get("key") == key.value());
            assertThat(started).hasSize(1).noneMatch(ProcessHandle::isAlive);
        }
    }

    @Test
    void theSharedLockGoesFromProcessToProcess() throws Exception {
        IpcKey key = IpcKey.random();
        try (Peer first = Peer.java(SharedLock.class, "hold", key)) {
            assertThat(first.hear()).startsWith("waiting for ProcessSemaphore[");
            assertThat(first.hear()).isEqualTo("mine: 1 permit");
            try (ProcessSemaphore lock = ProcessSemaphore.open(key);
                    Peer second = Peer.java(SharedLock.class, "hold", key)) {
                try {
                    assertThat(second.hear()).startsWith("waiting");
                    Await.waiters(lock.set().id(), 0, 1);
                    assertThat(java(SharedLock.class, "try", key).output()).isEqualTo("somebody else has it\n");
                    assertThat(first.end()).isZero();
                    assertThat(second.hear()).isEqualTo("mine: 1 permit");
                    second.process().destroyForcibly().waitFor(); // kill -9
                    assertThat(java(SharedLock.class, "try", key).output()).isEqualTo("had it\n");
                } finally {
                    assertThat(java(SharedLock.class, "remove", key).output()).isEmpty();
                }
            }
        }
        assertThat(Kernel.semaphores()).noneMatch(row -> row.get("key") == key.value());
    }

    @Test
    void messagesInASlotOutliveTheirWriterAndAreReadOnce() throws Exception {
        IpcKey key = IpcKey.random();
        try (Slot slot = Slot.open(key)) {
            try {
                assertThat(java(Slot.class, "put", key, "one").output()).isEmpty();
                assertThat(slotValues(key)).containsExactly(0, 1);
                assertThat(java(Slot.class, "take", key, 1).output()).isEqualTo("one\n");
                assertThat(slotValues(key)).containsExactly(1, 0);
                assertThatIllegalArgumentException().isThrownBy(() -> slot.put("x".repeat(256)));
                assertThat(slotValues(key)).containsExactly(1, 0);
            } finally {
                slot.remove();
            }
        }
    }

    @Test
    void aSlotTakesMessagesToPythonAndBackWithoutLosingOne() throws Exception {
        Run.assumeInstalled("python3");
        IpcKey key = IpcKey.of(IpcKey.random().value() | Integer.MIN_VALUE); // as DocsTest has it
        List<String> messages =
                IntStream.range(0, 500).mapToObj(i -> "Nr. " + i).toList();
        try (Slot slot = Slot.open(key)) {
            try {
                List<String> put = new ArrayList<>(List.of("python3", SLOT_PY, "put", key.toString()));
                put.addAll(messages);
                try (Peer python = Peer.start(put)) {
                    for (String message : messages) {
                        assertThat(slot.take()).isEqualTo(message);
                    }
                    assertThat(python.end()).isZero();
                }
                try (Peer python = Peer.start(List.of("python3", SLOT_PY, "take", key.toString(), "500"))) {
                    for (String message : messages) {
                        slot.put(message);
                    }
                    for (String message : messages) {
                        assertThat(python.hear()).isEqualTo(message);
                    }
                    assertThat(python.end()).isZero();
                }
                assertThat(slotValues(key)).containsExactly(1, 0);
            } finally {
                slot.remove();
            }
        }
    }

    private static int[] slotValues(IpcKey key) throws Exception {
        try (SemaphoreSet set = SemaphoreSet.open(key)) {
            return set.values();
        }
    }

    @Test
    void theBooksSemaphoreWaitsPostsAndIsDeallocated() throws Exception {
        IpcKey key = IpcKey.random();
        BinarySemaphore semaphore = BinarySemaphore.allocate(key);
        try (ProcessSemaphore seen = ProcessSemaphore.open(key)) {
            assertThat(seen.availablePermits()).isEqualTo(1);
            semaphore.waitFor();
            assertThat(seen.availablePermits()).isZero();
            semaphore.post();
            semaphore.post(); // the mistake that nothing keeps anybody from
            assertThat(seen.availablePermits()).isEqualTo(2);
            semaphore.initialize();
            assertThat(seen.availablePermits()).isEqualTo(1);

            BinarySemaphore.allocate(key).waitFor();
            FutureTask<Void> waiter = new FutureTask<>(() -> {
                semaphore.waitFor();
                return null;
            });
            Thread.ofPlatform().daemon().start(waiter);
            Await.waiters(seen.set().id(), 0, 1);
            semaphore.deallocate();
            assertThatThrownBy(() -> waiter.get(60, TimeUnit.SECONDS)).hasMessageContaining("EIDRM");
        }
    }

    @Test
    void recordsOfManyWritersAreNeitherTornNorOutOfOrderAndNoWriterGetsTooFarAhead() {
        Matcher totals = Pattern.compile("Totals\\[inOrder=(\\d+), mostAhead=(\\d+), room=(\\d+)]\n")
                .matcher(java(LogPipe.class).output());
        assertThat(totals.matches()).isTrue();
        assertThat(totals.group(1)).isEqualTo("4000");
        assertThat(Long.parseLong(totals.group(2))) // and one that was read, and not yet counted
                .isBetween(1L, Long.parseLong(totals.group(3)) + 1);
    }

    @Test
    void twoProgramsMeetAtAFifo(@TempDir Path folder) {
        Path fifo = folder.resolve("fifo");
        assertThat(java(FifoPair.class, "create", fifo).output()).isEqualTo("created Fifo[" + fifo + "]\n");
        try (Peer reader = Peer.java(FifoPair.class, "read", fifo)) {
            assertThat(java(FifoPair.class, "write", fifo, "one", "two").output())
                    .isEmpty();
            assertThat(reader.hear()).isEqualTo("one");
            assertThat(reader.hear()).isEqualTo("two");
            assertThat(reader.end()).isZero();
        }
        assertThat(java(FifoPair.class, "remove", fifo).output()).isEmpty();
        assertThat(fifo).doesNotExist();
    }

    @Test
    void eitherProgramOfAFifoCanBeCat(@TempDir Path folder) throws Exception {
        Path fifo = folder.resolve("fifo");
        assertThat(Run.command("mkfifo", fifo.toString()).output()).isEmpty();
        try (Peer cat = Peer.start(List.of("cat", fifo.toString()))) {
            FifoPair.write(fifo, "one\n");
            assertThat(cat.hear()).isEqualTo("one");
            assertThat(cat.end()).isZero();
        }
        try (Peer cat = Peer.start(List.of("sh", "-c", "exec cat > \"$0\"", fifo.toString()))) {
            cat.tell("two");
            FutureTask<Integer> end = new FutureTask<>(cat::end);
            Thread.ofPlatform().daemon().start(end);
            assertThat(FifoPair.read(fifo)).containsExactly("two");
            assertThat(end.get(60, TimeUnit.SECONDS)).isZero();
        }
        assertThat(Run.command("rm", fifo.toString()).output()).isEmpty();
        assertThatThrownBy(() -> FifoPair.read(fifo)).hasMessageContaining("ENOENT");
    }

    @Test
    void aLogKeepsTheLinesOfAllItsWritersWhole(@TempDir Path folder) throws Exception {
        Path fifo = folder.resolve("log");
        int times = 1000;
        try (Peer collector = Peer.java(LogFifo.class, "collect", fifo)) {
            assertThat(collector.hear()).isEqualTo("collecting from " + fifo);
            LogFifo.write(fifo, "early", 1); // and the last writer has gone
            assertThat(collector.hear()).isEqualTo("early 1");
            try (Peer another = Peer.java(LogFifo.class, "write", fifo, "another", times);
                    Peer shell = Peer.start(List.of(
                            "sh",
                            "-c",
                            "exec > \"$0\"; i=0; while [ $i -lt " + times + " ]; do i=$((i + 1)); echo shell $i; done",
                            fifo.toString()))) {
                FutureTask<List<String>> lines = new FutureTask<>(() -> {
                    List<String> heard = new ArrayList<>();
                    while (heard.size() < 3 * times) {
                        heard.add(collector.hear());
                    }
                    return heard;
                });
                Thread.ofPlatform().daemon().start(lines);
                LogFifo.write(fifo, "here", times);
                assertThat(another.end()).isZero();
                assertThat(shell.end()).isZero();
                for (String writer : List.of("another", "shell", "here")) {
                    assertThat(lines.get(60, TimeUnit.SECONDS))
                            .filteredOn(line -> line.startsWith(writer))
                            .isEqualTo(IntStream.rangeClosed(1, times)
                                    .mapToObj(i -> writer + " " + i)
                                    .toList());
                }
            }
            assertThat(collector.end()).isZero();
        }
        assertThat(fifo).doesNotExist();
    }

    @Test
    void noCountIsLostUnderTheLock() {
        assertThat(java(Count.class, 1000).output()).matches("Totals\\[plain=\\d+, locked=2000, told=2000]\n");
    }

    @Test
    void listing5_1PrintsWhatTheBooksProgramPrints() {
        assertThat(java(Listings.class, "shm").output())
                .matches("shared memory attached at address 0x[0-9a-f]+\n"
                        + "segment size: 25600\n"
                        + "shared memory reattached at address 0x[0-9a-f]+\n"
                        + "Hello, world.\n");
    }

    @Test
    void listing5_7WritesALineASecondToAChild() {
        try (Peer listing = Peer.java(Listings.class, "pipe")) {
            assertThat(listing.hear()).isEqualTo("Hello, world.");
            long first = System.nanoTime();
            for (int i = 1; i < 5; i++) {
                assertThat(listing.hear()).isEqualTo("Hello, world.");
            }
            // A second each, less what the first line may have been late: it was the first call of everything.
            assertThat(Duration.ofNanos(System.nanoTime() - first)).isGreaterThan(Duration.ofSeconds(2));
            assertThat(listing.end()).isZero();
        }
    }

    @Test
    void listings5_8And5_9PrintTheLinesThatTheChildSorted() {
        List<String> lines = List.of(
                "This is a test.",
                "Hello, world.",
                "My dog has fleas.",
                "This program is great.",
                "One fish, two fish.");
        List<String> command = new ArrayList<>(List.of("sh", "-c", "printf '%s\\n' \"$@\" | sort", "sh"));
        command.addAll(lines);
        String sorted = Run.command(command, Map.of()).output(); // in whatever language the machine has
        assertThat(sorted.lines()).containsExactlyInAnyOrderElementsOf(lines);

        assertThat(java(Listings.class, "dup2").output()).isEqualTo(sorted);
        assertThat(java(Listings.class, "popen").output()).isEqualTo(sorted);
    }

    @Test
    void anUnknownListingIsAUsageError() {
        assertThat(java(Listings.class, "none").status()).isEqualTo(2);
        assertThat(java(Listings.class, "mmap-write").status()).isEqualTo(2); // it lacks a file
    }

    @Test
    void aWeatherDisplaySeesWholeRecordsOfAStation() {
        IpcKey key = IpcKey.random();
        try (Peer station = Peer.java(WeatherStation.class, key, 200_000);
                Peer display = Peer.java(WeatherDisplay.class, key, 200_000)) {
            assertThat(display.hear())
                    .isEqualTo("Weather[temperature=200000.0, measuredAt=200000, station=Gamboa 200000]");
            assertThat(display.end()).isZero();
            assertThat(station.end()).isZero();
        }
        assertThat(Kernel.sharedMemory()).noneMatch(row -> row.get("key") == key.value());
    }

    @Test
    void theSharedCounterCountsInEveryRole() throws Exception {
        IpcKey key = IpcKey.random();
        try (Peer owner = Peer.java(SharedCounter.class, "create", key)) {
            assertThat(owner.hear()).startsWith("created");
            assertThat(java(SharedCounter.class, "count", key, 1000).output()).isEmpty();
            assertThat(java(SharedCounter.class, "read", key).output()).isEqualTo("1042\n");
            assertThat(owner.end()).isZero();
        }
        try (SharedMemory memory = SharedCounter.createForTheGroup(key)) {
            memory.remove();
            assertThat(Kernel.sharedMemory(memory.id()).orElseThrow().mode() & 0777)
                    .isEqualTo(0660);
        }
    }

    @Test
    void theFirstOfThreeFillsThePriceTableAndAllReadIt() throws Exception {
        IpcKey key = IpcKey.random();
        try (Peer one = Peer.java(PriceTable.class, key);
                Peer two = Peer.java(PriceTable.class, key);
                Peer three = Peer.java(PriceTable.class, key)) {
            assertThat(List.of(one.hear(), two.hear(), three.hear())).containsOnly("107");
        } finally {
            try (SharedMemory memory = SharedMemory.open(key)) {
                memory.remove();
            }
        }
    }

    @Test
    void aRecordRecoversFromAWriterThatDiedInside() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(WeatherRecord.LAYOUT);
            segment.set(ValueLayout.JAVA_LONG, 0, 7); // odd: left by the dead
            WeatherRecord record = new WeatherRecord(segment);
            WeatherRecord.Weather weather = new WeatherRecord.Weather(31.5, 1, "Gamboa");
            record.write(weather);
            assertThat(segment.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(8);
            assertThat(record.read()).isEqualTo(weather);
        }
    }

    @Test
    void aRecordThatDoesNotFitIsRefusedAndReadersGoOn() {
        try (Arena arena = Arena.ofConfined()) {
            WeatherRecord record = new WeatherRecord(arena.allocate(WeatherRecord.LAYOUT));
            WeatherRecord.Weather weather = new WeatherRecord.Weather(31.5, 1, "x".repeat(31));
            record.write(weather);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> record.write(new WeatherRecord.Weather(0, 0, "x".repeat(32))));
            assertThat(record.read()).isEqualTo(weather);
        }
    }

    @Test
    void orphansAreListed() throws Exception {
        int id;
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 12345)) {
            id = memory.id();
        }
        try {
            assertThat(java(Orphans.class).output()).contains(id + ": 12345 bytes, last used by process ");
        } finally {
            SharedMemory.remove(id);
        }
    }

    @Test
    void jshellStartsWithTheLibraryAtHand(@TempDir Path preferences) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "jshell").toString());
        command.add("-J-Djava.util.prefs.userRoot=" + preferences); // else it makes a folder in the user's home
        command.addAll(List.of("-s", "--class-path", Peer.classPath(), "-R--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of("--startup", "DEFAULT", "--startup", "docs/chagres.jsh", "src/test/jshell/create.jsh"));
        assertThat(Run.command(command, Map.of()).output()).contains("read 42 of 4096 bytes");
    }
}
