package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.semaphore.TestSemaphores.result;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.testing.Await;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel takes back when a process ends. */
@ExtendWith(LeakCheck.class)
class SemaphoreUndoTest {
    private static final String CRASH_REPORT = "crash.log";

    private static final long INTERRUPT_BIT = 1 << 1; // SIGINT is 2, and the lowest bit is of 1

    /** The ways in which a JVM ends, and the exit status that tells that it was this one. */
    private enum Way {
        KILL(128 + 9) {
            @Override
            void end(Peer peer) {
                peer.signal("KILL");
            }
        },
        TERMINATE(128 + 15) {
            @Override
            void end(Peer peer) {
                peer.signal("TERM");
            }
        },
        INTERRUPT_FROM_THE_KEYBOARD(128 + 2) {
            @Override
            void end(Peer peer) {
                peer.signal("INT");
            }
        },
        SYSTEM_EXIT(7) {
            @Override
            void end(Peer peer) {
                peer.tell("end exit");
            }
        },
        RUNTIME_HALT(8) {
            @Override
            void end(Peer peer) {
                peer.tell("end halt");
            }
        },
        RETURN_FROM_MAIN(0) {
            @Override
            void end(Peer peer) {
                peer.tell("end return");
            }
        },
        UNCAUGHT_EXCEPTION_IN_MAIN(1) {
            @Override
            void end(Peer peer) {
                peer.tell("end throw");
            }
        },
        CRASH(1) { // HotSpot catches the SIGSEGV, and without a core dump leaves so
            @Override
            void end(Peer peer) {
                peer.tell("end crash");
            }
        },
        OUT_OF_MEMORY(3) {
            @Override
            void end(Peer peer) {
                peer.tell("end outOfMemory");
            }
        };

        private final int status;

        Way(int status) {
            this.status = status;
        }

        abstract void end(Peer peer);
    }

    private static Peer peer(TestSemaphores set) {
        Peer peer = Peer.java(SemaphorePeer.class);
        peer.ask("open " + set.id());
        return peer;
    }

    /** A JVM that may crash and run out of memory without leaving traces, with three semaphores to take permits of. */
    private static Peer mortal(Path folder, TestSemaphores set) {
        List<String> options = List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx32m",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve(CRASH_REPORT));
        Peer peer = Peer.start(Peer.javaCommand(options, SemaphorePeer.class));
        peer.ask("open " + set.id());
        return peer;
    }

    private static boolean ignoresInterrupts(Peer peer) throws IOException {
        String ignored = Files.readAllLines(Path.of("/proc/" + peer.pid() + "/status")).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .orElseThrow();
        return (HexFormat.fromHexDigitsToLong(
                                ignored.substring("SigIgn:".length()).strip())
                        & INTERRUPT_BIT)
                != 0;
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void whatAJvmHeldIsGivenBackHoweverItEndsAndWhatItTookWithoutUndoStaysTaken(Way way, @TempDir Path folder)
            throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1, 1, 1);
                Peer holder = mortal(folder, set)) {
            assumeFalse(
                    way == Way.INTERRUPT_FROM_THE_KEYBOARD && ignoresInterrupts(holder),
                    "SIGINT is ignored here, as by what a shell started in the background");
            assertThat(holder.ask("hold")).isEqualTo("done");
            holder.ask("number 1");
            holder.ask("withUndo");
            assertThat(holder.ask("acquire")).isEqualTo("done");
            holder.ask("number 2");
            assertThat(holder.ask("acquire")).isEqualTo("done");
            assertThat(set.values()).containsExactly(0, 0, 0);

            FutureTask<String> waiter = set.startAcquiring();
            set.awaitWaiters(0, 1);
            way.end(holder);
            assertThat(result(waiter)).isEqualTo("done");
            assertThat(holder.process().waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(holder.process().exitValue()).isEqualTo(way.status);
            assertThat(Files.exists(folder.resolve(CRASH_REPORT))).isEqualTo(way == Way.CRASH);
            assertThat(set.values()).containsExactly(0, 1, 0);
        }
    }

    @Test
    void anotherProcessIsNamedAsTheLastByItsUndo() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer holder = peer(set)) {
            holder.ask("hold");
            assertThat(set.semaphore().tryAcquire()).isFalse();
            holder.process().destroyForcibly().waitFor();
            set.awaitValue(0, 1);
            assertThat((long) set.semaphore().status().lastPid()).isEqualTo(holder.pid());
        }
    }

    @Test
    void whatWasGivenBackIsNotGivenBackAgainAtTheEnd() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer holder = peer(set)) {
            holder.ask("hold");
            holder.ask("giveBack");
            holder.ask("withUndo");
            holder.ask("acquire");
            holder.ask("release");
            assertThat(holder.end()).isZero();
            assertThat(set.values()).containsExactly(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"elsewhere", "virtually"})
    void aThreadThatEndsGivesNothingBackAndItsProcessDoes(String thread) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer holder = peer(set)) {
            assertThat(holder.ask(thread + " hold")).isEqualTo("done");
            assertThat(set.values()).containsExactly(0);
            assertThat(holder.ask("tryAcquire 0")).isEqualTo("false");
            assertThat(set.values()).containsExactly(0);
            holder.process().destroyForcibly().waitFor();
            set.awaitValue(0, 1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"elsewhere", "virtually"})
    void aPermitThatAThreadWaitedForBelongsToItsProcessToo(String thread) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0);
                Peer holder = peer(set)) {
            holder.tell(thread + " hold");
            set.awaitWaiters(0, 1);
            set.semaphore().release();
            assertThat(holder.hear()).isEqualTo("done");
            assertThat(set.values()).containsExactly(0);
            holder.process().destroyForcibly().waitFor();
            set.awaitValue(0, 1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"elsewhere", "virtually"})
    void aPermitGivenBackByAnotherThreadIsBalancedAtTheEnd(String thread) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer holder = peer(set)) {
            holder.ask("hold");
            assertThat(holder.ask(thread + " giveBack")).isEqualTo("done");
            holder.ask(thread + " hold");
            assertThat(holder.ask("giveBack")).isEqualTo("done");
            assertThat(set.values()).containsExactly(1);
            assertThat(holder.end()).isZero();
            assertThat(set.values()).containsExactly(1);
        }
    }

    @Test
    void aValueThatWasSetIsNotChangedByTheEndOfAHolder() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1, 1);
                Peer holder = peer(set)) {
            holder.ask("hold");
            holder.ask("number 1");
            holder.ask("hold");
            set.open().setValue(0, 0);
            assertThat(holder.end()).isZero();
            assertThat(set.values()).as("only the other one is given back").containsExactly(0, 1);
        }
    }

    @Test
    void valuesThatWereAllSetAreNotChangedByTheEndOfAHolder() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1, 1);
                Peer holder = peer(set)) {
            holder.ask("hold");
            set.open().setValues(0, 0);
            assertThat(holder.end()).isZero();
            assertThat(set.values()).containsExactly(0, 0);
        }
    }

    @Test
    void takenWithUndoAndGivenBackWithoutLeavesASumThatTheEndAdds() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer holder = peer(set)) {
            holder.ask("hold");
            holder.ask("release");
            assertThat(set.values()).containsExactly(1);
            assertThat(holder.end()).isZero();
            assertThat(set.values()).containsExactly(2);
        }
    }

    @Test
    void whatWasGivenWithUndoIsTakenBackAtTheEndAndNeverBelowZero() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0);
                Peer giver = peer(set)) {
            giver.ask("withUndo");
            giver.ask("release 3");
            set.semaphore().acquire();
            assertThat(set.values()).containsExactly(2);
            assertThat(giver.end()).isZero();
            assertThat(set.values()).containsExactly(0);
        }
    }

    @Test
    void aStepOnSeveralSemaphoresIsUndoneAsAWhole() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(5, 0);
                Peer mover = peer(set)) {
            for (int time = 0; time < 3; time++) {
                assertThat(mover.ask("move 0 1")).isEqualTo("done");
            }
            assertThat(set.values()).containsExactly(2, 3);
            mover.process().destroyForcibly().waitFor();
            set.awaitValue(1, 0);
            assertThat(set.values()).containsExactly(5, 0);
        }
    }

    @Test
    void allPermitsOfAJvmAreGivenBackInOneSum() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(10);
                Peer holder = peer(set)) {
            holder.ask("hold 3");
            holder.ask("hold");
            holder.ask("withUndo");
            holder.ask("acquire 4");
            assertThat(set.values()).containsExactly(2);
            holder.process().destroyForcibly().waitFor();
            set.awaitValue(0, 10);
        }
    }

    @Test
    void theEndOfAJvmUndoesNothingOfASetThatWasRemovedAndMadeAnew() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer holder = peer(set)) {
            holder.ask("hold");
            SemaphoreSet.remove(set.id());
            try (TestSemaphores anew = TestSemaphores.withKey(set.key(), 1)) {
                assertThat(holder.end()).isZero();
                assertThat(anew.values()).containsExactly(1);
            }
        }
    }

    @Test
    void aChildProcessInheritsNothingToUndo() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer holder = peer(set)) {
            holder.ask("hold");
            ProcessHandle child =
                    ProcessHandle.of(Long.parseLong(holder.ask("child"))).orElseThrow();
            try {
                holder.process().destroyForcibly().waitFor();
                set.awaitValue(0, 1);
                assertThat(child.isAlive()).isTrue();
            } finally {
                child.destroyForcibly();
            }
            Await.until(() -> !child.isAlive(), "end of the child");
            assertThat(set.values()).containsExactly(1);
        }
    }

    /** Takes a permit with undo, or gives one so; then waits to be ended. */
    private static final String C_HOLDER = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <sys/sem.h>

            int main(int argc, char **argv) {
                struct sembuf operation = {0, atoi(argv[2]), SEM_UNDO};
                printf("%d\\n", semop(atoi(argv[1]), &operation, 1));
                fflush(stdout);
                return getchar() != EOF;
            }
            """;

    @Test
    void aCProgramAndAJvmGiveEachOtherWhatTheyHeldByDying() throws Exception {
        try (CProgram program = CProgram.compile(C_HOLDER);
                TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer java = peer(set);
                Peer c = Peer.start(program.command(set.id(), -1))) {
            assertThat(c.hear()).isEqualTo("0");
            java.tell("hold");
            set.awaitWaiters(0, 1);
            c.process().destroyForcibly().waitFor();
            assertThat(java.hear()).isEqualTo("done");
            try (Peer another = Peer.start(program.command(set.id(), -1))) {
                set.awaitWaiters(0, 1);
                java.process().destroyForcibly().waitFor();
                assertThat(another.hear()).isEqualTo("0");
                assertThat(another.end()).isZero();
            }
            set.awaitValue(0, 1);
        }
    }
}
