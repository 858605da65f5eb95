package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.chagres.IpcKey;
import org.chagres.testing.CProgram;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class SharedMemoryProcessesTest {
    /** Attaches, says so, waits for a line, and then ends or becomes another program. */
    private static final String ATTACHER = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/shm.h>
            #include <unistd.h>

            int main(int argc, char **argv) {
                long *memory = shmat(atoi(argv[1]), NULL, 0);
                if (memory == (void *) -1) {
                    perror("shmat");
                    return 1;
                }
                if (strcmp(argv[2], "count") == 0) {
                    for (long times = atol(argv[3]); times > 0; times--)
                        __atomic_fetch_add(memory, 1, __ATOMIC_SEQ_CST);
                }
                printf("%ld\\n", memory[0]);
                fflush(stdout);
                setvbuf(stdin, NULL, _IONBF, 0); // the rest of the input is the next program's
                if (getchar() != EOF && strcmp(argv[2], "exec") == 0) {
                    execlp("cat", "cat", NULL);
                    perror("cat");
                    return 1;
                }
                return 0;
            }
            """;

    private static CProgram attacher;
    private static Peer peer;

    @BeforeAll
    static void startPeer() {
        peer = Peer.java(SharedMemoryPeer.class);
    }

    @AfterAll
    static void endPeer() {
        peer.close();
        if (attacher != null) {
            attacher.close();
        }
    }

    /** Compiled for those tests that need it, so that the others run where there is no compiler. */
    private static CProgram attacher() {
        if (attacher == null) {
            attacher = CProgram.compile(ATTACHER);
        }
        return attacher;
    }

    @Test
    void bothSeeWhatEitherWrites() throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(4096);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            assertThat(peer.ask("find " + segment.key().value())).isEqualTo(Integer.toString(segment.id()));
            memory.segment().set(JAVA_LONG, 8, 4711);
            assertThat(peer.ask("get 8")).isEqualTo("4711");
            peer.ask("set 16 -815");
            assertThat(memory.segment().get(JAVA_LONG, 16)).isEqualTo(-815);
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(2);
            peer.ask("close");
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
        }
    }

    @Test
    void aPrivateSegmentIsOpenToAnotherProcessThatKnowsItsIdentifier() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            memory.segment().set(JAVA_LONG, 0, 4711);
            assertThat(peer.ask("open " + segment.id())).isEqualTo(Integer.toString(segment.id()));
            assertThat(peer.ask("get 0")).isEqualTo("4711");
            peer.ask("close");
        }
    }

    @Test
    void whatAnotherProcessCreatedIsFoundByItsKeyAndSurvivesItsMaker() throws IOException {
        try (Peer maker = Peer.java(SharedMemoryPeer.class)) {
            int key = IpcKey.random().value();
            int id = Integer.parseInt(maker.ask("create " + key + " 5000"));
            try (TestSegment segment = TestSegment.of(id)) {
                maker.ask("set 0 4711");
                assertThat(maker.end()).isZero();
                assertThat(Kernel.attachCount(segment.id())).isZero();
                try (SharedMemory memory = SharedMemory.open(new IpcKey(key))) {
                    assertThat(memory.segment().get(JAVA_LONG, 0)).isEqualTo(4711);
                    assertThat((long) memory.status().creatorPid()).isEqualTo(maker.pid());
                }
            }
        }
    }

    @Test
    void theStatusNamesTheProcessThatAttachedOrDetachedLast() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            peer.ask("open " + segment.id());
            assertThat((long) SharedMemory.status(segment.id()).lastPid()).isEqualTo(peer.pid());
            SharedMemory.open(segment.id()).close();
            assertThat((long) SharedMemory.status(segment.id()).lastPid())
                    .isEqualTo(ProcessHandle.current().pid());
            peer.ask("close");
            assertThat((long) SharedMemory.status(segment.id()).lastPid()).isEqualTo(peer.pid());
        }
    }

    @Test
    void twentyAttachersAreCountedAndNoneAfterTheirEnd() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096)) {
            List<Peer> attachers = new ArrayList<>();
            try {
                for (int i = 0; i < 20; i++) {
                    attachers.add(Peer.start(attacher().command(segment.id(), "wait")));
                }
                for (Peer one : attachers) {
                    assertThat(one.hear()).isEqualTo("0");
                }
                assertThat(SharedMemory.status(segment.id()).attachCount()).isEqualTo(20);
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(20);
                for (Peer one : attachers) {
                    assertThat(one.end()).isZero();
                }
                assertThat(SharedMemory.status(segment.id()).attachCount()).isZero();
                assertThat(Kernel.attachCount(segment.id())).isZero();
            } finally {
                attachers.forEach(Peer::close);
            }
        }
    }

    @Test
    void attachedAgainAtAnotherAddressAnotherProcessSeesTheSame() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            memory.segment().set(JAVA_LONG, 8, 4711);
            assertThat(peer.ask("open " + segment.id())).isEqualTo(Integer.toString(segment.id()));
            assertThat(peer.ask("get 8")).isEqualTo("4711");
            assertThat(peer.ask("openElsewhere")).isEqualTo("0");
            assertThat(peer.ask("get 8")).isEqualTo("4711");
            peer.ask("set 16 -815");
            assertThat(memory.segment().get(JAVA_LONG, 16)).isEqualTo(-815);
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(2);
            peer.ask("close");
        }
    }

    @Test
    void executingAnotherProgramDetachesAndRemovesNothing() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                Peer program = Peer.start(attacher().command(segment.id(), "exec"))) {
            assertThat(program.hear()).isEqualTo("0");
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            program.tell("");
            assertThat(program.ask("I am cat")).isEqualTo("I am cat");
            assertThat(program.process().isAlive()).isTrue();
            assertThat(Kernel.attachCount(segment.id())).isZero();
        }
    }

    @Test
    void exitingDetachesAndRemovesNothing() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                Peer leaving = Peer.java(SharedMemoryPeer.class)) {
            leaving.ask("open " + segment.id());
            leaving.ask("set 0 4711");
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            assertThat(leaving.end()).isZero();
            assertThat(Kernel.attachCount(segment.id())).isZero();
            assertData(segment, 4711);
        }
    }

    @Test
    void beingKilledDetachesAndRemovesNothing() throws Exception {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                Peer victim = Peer.java(SharedMemoryPeer.class)) {
            victim.ask("open " + segment.id());
            victim.ask("set 0 4711");
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            int status = victim.process().destroyForcibly().waitFor(); // kill -9
            assertThat(status).isEqualTo(128 + 9);
            assertThat(Kernel.attachCount(segment.id())).isZero();
            assertData(segment, 4711);
        }
    }

    private static void assertData(TestSegment segment, long expected) throws IOException {
        try (SharedMemory memory = SharedMemory.open(segment.id())) {
            assertThat(memory.segment().get(JAVA_LONG, 0)).isEqualTo(expected);
        }
    }

    @Test
    void aChildProcessInheritsNothing() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory memory = SharedMemory.open(segment.id());
                Peer child = Peer.start(List.of("cat"))) {
            assertThat(child.ask("I am cat")).isEqualTo("I am cat");
            assertThat(Kernel.mappings(child.pid())).isEmpty();
            assertThat(Kernel.mappings()).anyMatch(line -> line.contains("SYSV"));
            assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            assertThat(memory.isOpen()).isTrue();
        }
    }

    @Test
    void memoryRemovedByAnotherProcessStaysUntilTheDetach() throws IOException {
        try (SharedMemory memory = SharedMemory.create(IpcKey.random(), 4096);
                TestSegment segment = TestSegment.of(memory.id())) {
            memory.segment().set(JAVA_LONG, 0, 4711);
            assertThat(peer.ask("remove " + segment.id())).isEqualTo("removed");
            assertThat(memory.segment().get(JAVA_LONG, 0)).isEqualTo(4711);
            assertThat(memory.status().markedForRemoval()).isTrue();
            assertThat(peer.ask("open " + segment.id())).isEqualTo(Integer.toString(segment.id()));
            assertThat(peer.ask("get 0")).isEqualTo("4711");
            peer.ask("close");
        }
    }

    @Test
    void atomicAdditionsOfTwoJvmsAndACProgramAreAllThere() throws IOException {
        int times = 500_000;
        CProgram attacher = attacher(); // skips where there is no compiler, before the peer is told anything
        try (TestSegment segment = TestSegment.ofBytes(4096);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            peer.ask("open " + segment.id());
            peer.tell("count " + times);
            try (Peer program = Peer.start(attacher.command(segment.id(), "count", times))) {
                for (int time = 0; time < times; time++) {
                    JAVA_LONG.varHandle().getAndAdd(memory.segment(), 0L, 1L);
                }
                program.hear();
                assertThat(peer.hear()).isEqualTo("counted");
                peer.ask("close");
            }
            assertThat(memory.segment().get(JAVA_LONG, 0)).isEqualTo(3L * times);
        }
    }

    @Test
    void ofTwoJvmsThatOpenOrCreateAtOnceExactlyOneCreates() throws Exception {
        int rounds = 500;
        try (TestSegment course = TestSegment.ofBytes(SharedMemoryPeer.RACE_BYTE_SIZE);
                SharedMemory memory = SharedMemory.open(course.id())) {
            peer.ask("open " + course.id());
            peer.tell("race " + rounds);
            int ours = Integer.parseInt(SharedMemoryPeer.race(memory.segment(), 0, rounds));
            int theirs = Integer.parseInt(peer.hear());
            assertThat(ours + theirs).isEqualTo(rounds);
            peer.ask("close");
        }
    }
}
