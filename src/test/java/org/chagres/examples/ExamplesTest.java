package org.chagres.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.IpcKey;
import org.chagres.memory.SharedMemory;
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
    void listing5_1PrintsWhatTheBooksProgramPrints() {
        assertThat(java(Listings.class, "shm").output())
                .matches("shared memory attached at address 0x[0-9a-f]+\n"
                        + "segment size: 25600\n"
                        + "shared memory reattached at address 0x[0-9a-f]+\n"
                        + "Hello, world.\n");
    }

    @Test
    void anUnknownListingIsAUsageError() {
        assertThat(java(Listings.class, "none").status()).isEqualTo(2);
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
