package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;

/** What is said of forgotten memory. That it is let go of, {@link ForeignMemoryTest} sees. */
class SafetyNetTest {
    @Test
    void theLogNamesWhatWasForgottenAndWhereItWasCreated() {
        Run run = probe("-Dorg.chagres.leaks=log");

        assertThat(run.output()).isEqualTo("collected\n");
        assertThat(run.err())
                .contains("the forgotten one was never closed; the collector did it")
                .contains("the forgotten one was acquired here")
                .contains("at " + SafetyNetProbe.class.getName() + ".forget(SafetyNetProbe.java:")
                .containsIgnoringCase("warning");
    }

    @Test
    void theLogSaysNothingOfWhatWasClosed() {
        assertThat(probe("-Dorg.chagres.leaks=log").err()).doesNotContain("the closed one", "the one closed twice");
    }

    @Test
    void withoutThePropertyNothingIsSaid() {
        Run run = probe();

        assertThat(run.output()).isEqualTo("collected\n");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void anotherValueOfThePropertySaysNothingEither() {
        assertThat(probe("-Dorg.chagres.leaks=true").err()).isEmpty();
    }

    private static Run probe(String... options) {
        List<String> all = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED"));
        all.addAll(List.of(options));
        return Run.command(Peer.javaCommand(all, SafetyNetProbe.class).toArray(String[]::new));
    }
}
