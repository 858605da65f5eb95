package org.chagres.waiting;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** All waits at once in one JVM, which is stopped, asked for its threads and made to collect: none of them notices. */
@ExtendWith(LeakCheck.class)
class ParkedTest {
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    private final List<String> rows = Waits.ALL.stream()
            .filter(row -> !row.isImpatient())
            .flatMap(row -> Stream.of(Kind.values()).map(kind -> row + ", " + kind))
            .toList();

    @Test
    void parkedWaitsSurviveStopAndContinueThreadDumpsAndCollections() {
        try (Peer peer = Peer.java(ParkedProgram.class)) {
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
            signal(peer, "STOP");
            until(() -> isStopped(peer));
            signal(peer, "CONT");
            until(() -> !isStopped(peer));
            assertThat(ask(peer, "waiting?")).isEqualTo(rows.size() + " wait");

            signal(peer, "QUIT");
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

    private static void signal(Peer peer, String name) {
        Run.command("sh", "-c", "kill -" + name + " " + peer.pid()).output();
    }

    /** Whether every thread of it is, as the kernel says. */
    private static boolean isStopped(Peer peer) {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + peer.pid() + "/task"))) {
            return tasks.allMatch(task -> state(task) == 'T');
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static char state(Path task) {
        try {
            String stat = Files.readString(task.resolve("stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2);
        } catch (IOException gone) {
            return 'X';
        }
    }

    private static void until(java.util.function.BooleanSupplier witness) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!witness.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).isNegative();
            LockSupport.parkNanos(1_000_000);
        }
    }
}
