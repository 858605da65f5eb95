package org.chagres.internal.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.syscall.SharedMemoryCalls.IPC_RMID;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.chagres.Errno;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.memory.SharedMemory;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class OrphansTest {
    private static final String WARNING =
            "orphans: a segment nobody is attached to at this moment may be in use all the"
                    + " same, and a cpid may be reused or from another PID namespace\n";

    private final List<Integer> created = new ArrayList<>();

    @AfterEach
    void removeSegments() {
        created.forEach(SharedMemoryObject::remove);
    }

    @Test
    void whatNobodyIsAttachedToIsListedWithAWarning() throws Exception {
        int key = Tools.freeKey() | 1 << 31;
        int orphan = orphan(key);
        try (SharedMemory attached = SharedMemory.create(IpcKey.PRIVATE, 10)) {
            created.add(attached.id());
            SharedMemory.open(orphan).close(); // used once, and no more

            Run run = Tools.ours("orphans");

            assertThat(run.output().lines())
                    .startsWith("key        shmid      owner      bytes      cpid      ")
                    .contains("0x%08x %-10d %-10.10s 10         %-10d"
                            .formatted(
                                    key,
                                    orphan,
                                    Names.ofUsers().of(ProcessCalls.geteuid()),
                                    ProcessHandle.current().pid()))
                    .noneMatch(line -> line.matches("\\S+ +" + attached.id() + " .*"));
            assertThat(run.err()).isEqualTo(WARNING);
        }
    }

    @Test
    void whereThereAreNoneThereIsNothingToWarnOf() {
        Run.assumeInstalled("ipcmk");
        Run run = Tools.inNamespace("""
                "$@" orphans
                ipcmk -M 10 > /dev/null
                "$@" orphans 2>&1 | wc -l
                """, Map.of());

        assertThat(run.err()).isEmpty();
        assertThat(run.output()).isEqualTo("key        shmid      owner      bytes      cpid      \n3\n");
    }

    @Test
    void thoseNamedAreRemovedAndNoOthers() throws Exception {
        int first = orphan(Tools.freeKey());
        int second = orphan(0);
        int third = orphan(0);

        assertThat(Tools.ours("orphans", "--remove", "" + first, "" + third)).isEqualTo(new Run(0, "", ""));

        assertThat(exists(first)).isFalse();
        assertThat(exists(second)).isTrue();
        assertThat(exists(third)).isFalse();
    }

    @Test
    void whatIsNoOrphanStaysAndIsTold() throws Exception {
        String gone = Tools.goneId(Kind.SHARED_MEMORY);
        int orphan = orphan(0);
        try (SharedMemory attached = SharedMemory.create(IpcKey.PRIVATE, 10);
                SharedMemory again = SharedMemory.open(attached.id())) {
            created.add(attached.id());

            Run run = Tools.ours("orphans", "--remove", "" + again.id(), gone, "" + orphan, "" + orphan);

            assertThat(run)
                    .isEqualTo(new Run(
                            1,
                            "",
                            "orphans: no orphan: id " + attached.id() + " is attached 2 times\n"
                                    + "orphans: invalid id (" + gone + ")\n"
                                    + "orphans: invalid id (" + orphan + ")\n"));
            assertThat(Kernel.sharedMemory(attached.id()).orElseThrow().mode() & 01000)
                    .as("marked for removal")
                    .isZero();
            assertThat(exists(orphan)).isFalse();
        }
    }

    @Test
    void whatAnotherUserOwnsIsNotRemoved() {
        int id = orphan(0);
        // The look through the kernel's table goes to the kernel; the removal is answered as to somebody else.
        ScriptedAnswers.Answer[] answers = new ScriptedAnswers.Answer[100_000];
        Arrays.fill(answers, (ScriptedAnswers.Answer) arguments -> arguments[0] == id && arguments[1] == IPC_RMID
                ? -Errno.EPERM.number()
                : ScriptedAnswers.ASK_THE_KERNEL);

        try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", answers)) {
            assertThat(Tools.ours("orphans", "--remove", "" + id))
                    .isEqualTo(new Run(1, "", "orphans: permission denied for id (" + id + ")\n"));
            assertThat(script.remaining()).isPositive();
        }
        assertThat(exists(id)).isTrue();
    }

    /** Not one is removed if the command line has a mistake: there is no telling what was meant. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ID",
                "--remove",
                "--remove ID x",
                "--remove x ID",
                "--remove ID ''",
                "--remove ID 2147483648",
                "--remove ID --all",
                "--remove ID -a",
                "--remove=ID",
                "--remove all",
                "--all"
            })
    void aMistakeRemovesNothing(String arguments) {
        int id = orphan(0);

        Run run = Tools.ours("orphans", Tools.words(arguments.replace("ID", "" + id)));

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("orphans: ").doesNotContain(WARNING);
        assertThat(exists(id)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--remove 0"})
    void aRefusalOfTheKernelIsOneLine(String arguments) {
        try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", ignored -> -Errno.EPERM.number())) {
            assertThat(Tools.ours("orphans", Tools.words(arguments)))
                    .isEqualTo(new Run(1, "", "orphans: shmctl: EPERM (1), counting the segments\n"));
            assertThat(script.remaining()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-h", "--help", "--remove ID --help"})
    void helpRemovesNothing(String arguments) {
        int id = orphan(0);

        Run run = Tools.ours("orphans", Tools.words(arguments.replace("ID", "" + id)));

        assertThat(run.output()).contains("Usage:\n orphans\n orphans --remove <id>...\n");
        assertThat(run.err()).isEmpty();
        assertThat(exists(id)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-V", "--version"})
    void versionIsOurs(String option) {
        assertThat(Tools.ours("orphans", option).output()).matches("orphans from chagres( \\S+)?\n");
    }

    private int orphan(int key) {
        int id = Tools.create(Kind.SHARED_MEMORY, key);
        created.add(id);
        return id;
    }

    private static boolean exists(int id) {
        return Tools.row(Kind.SHARED_MEMORY, id).isPresent();
    }
}
