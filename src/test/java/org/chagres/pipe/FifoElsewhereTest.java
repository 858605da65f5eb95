package org.chagres.pipe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Opening FIFOs where there is one helper, or no signal: by tries, which must not be worse than waiting. */
@ExtendWith(LeakCheck.class)
class FifoElsewhereTest {
    private static final String NO_SIGNAL = "-Dorg.chagres.signal=0";
    private static final String ONE_HELPER = "-Dorg.chagres.helpers=1";

    @TempDir
    Path folder;

    static Stream<Arguments> placesAndKinds() {
        return Stream.of(List.of(ONE_HELPER), List.of(NO_SIGNAL), List.of(ONE_HELPER, NO_SIGNAL))
                .flatMap(options -> Stream.of(ThreadKind.values()).map(kind -> Arguments.of(options, kind)));
    }

    @ParameterizedTest
    @MethodSource("placesAndKinds")
    void openingKeepsItsContract(List<String> options, ThreadKind kind) {
        List<String> all = Stream.concat(
                        Stream.of("--enable-native-access=ALL-UNNAMED", "-Dorg.chagres.internal.scripted=true"),
                        options.stream())
                .toList();
        List<String> told = Run.command(Peer.javaCommand(all, FifoElsewhere.class, folder, kind.name()), Map.of())
                .output()
                .lines()
                .toList();
        String met = "met: read written, read written, read written, written read, written read, written read";
        String end = InterruptedException.class.getName();
        assertThat(told)
                .startsWith(
                        met,
                        met,
                        "timed out: Optional.empty Optional.empty",
                        "interrupted: " + end + " " + end,
                        "a writer, then an interrupt: 20 of 20 kept",
                        "a socket: is not a FIFO");
        if (options.contains(kind == ThreadKind.VIRTUAL ? ONE_HELPER : NO_SIGNAL)) { // the thread tries itself
            assertThat(told)
                    .contains("a writer at the end of the time: bytes kept", "a writer come and gone: bytes kept");
        }
        assertThat(told.getLast()).isEqualTo("left open: 0");
    }
}
