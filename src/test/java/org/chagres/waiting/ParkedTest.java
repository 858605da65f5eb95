package org.chagres.waiting;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** All waits at once in one JVM, which is stopped, asked for its threads and made to collect: none of them notices. */
@ExtendWith(LeakCheck.class)
class ParkedTest {
    private static final List<String> OPTIONS =
            List.of("--enable-native-access=ALL-UNNAMED", "-Dorg.chagres.internal.scripted=true");

    private final List<String> rows = Waits.possible()
            .filter(Wait::canBeParked)
            .flatMap(row -> Stream.of(ThreadKind.values()).map(kind -> row + ", " + kind))
            .toList();

    @AfterAll
    static void forgetTheNetwork() {
        SilentNetwork.forget();
    }

    @Test
    void parkedWaitsSurviveStopAndContinueThreadDumpsAndCollections() {
        try (Peer peer = Peer.start(Peer.javaCommand(OPTIONS, ParkedProgram.class))) {
            try {
                parkedWaitsSurvive(peer);
            } finally {
                assertThat(peer.end()).isZero(); // it removes what it made
            }
        }
    }

    private void parkedWaitsSurvive(Peer peer) {
        assertThat(ask(peer, "waiting?")).isEqualTo(rows.size() + " wait");
        for (int round = 0; round < 3; round++) {
            peer.signal("STOP");
            Await.until(peer::isStopped, "stopped");
            peer.signal("CONT");
            Await.until(() -> !peer.isStopped(), "going on");
            assertThat(ask(peer, "waiting?")).isEqualTo(rows.size() + " wait");

            peer.signal("QUIT");
            String heard;
            do {
                heard = peer.hear();
            } while (!heard.contains("Full thread dump"));
            assertThat(ask(peer, "waiting?")).isEqualTo(rows.size() + " wait");

            // It returns although they all wait, and they still do.
            assertThat(ask(peer, "collect")).isEqualTo(rows.size() + " wait");
        }
        assertThat(ask(peer, "events"))
                .isEqualTo(rows.stream().map(row -> row + ": good").collect(Collectors.joining(", ", "[", "]")));
    }

    private static String ask(Peer peer, String word) {
        peer.tell(word);
        String heard;
        do {
            heard = peer.hear();
            assertThat(heard).isNotEqualTo("(the peer has ended)");
        } while (!heard.contains(ParkedProgram.MARK)); // the lines of a thread dump
        return heard.substring(heard.indexOf(ParkedProgram.MARK) + ParkedProgram.MARK.length());
    }
}
