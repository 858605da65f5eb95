package org.chagres.internal.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.Errno;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What removes nothing is given to both tools as it is. What removes is given to each with two segments of its own, and then
 * the answers and what is left are compared. No identifier or key here is a guess: it would be somebody's segment one day.
 */
@ExtendWith(LeakCheck.class)
class IpcrmTest {
    private final List<Integer> created = new ArrayList<>();

    private record Segment(int id, int key) {
        boolean exists() {
            return IpcrmTest.exists(id);
        }
    }

    @AfterEach
    void removeSegments() {
        created.forEach(SharedMemoryObject::remove);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-z",
                "--zap",
                "--shmem GONE",
                "--shmem-id",
                "-m",
                "-M",
                "-m ''",
                "-m x",
                "-m 0x1",
                "-m 1x",
                "-m 2147483648",
                "-m -2147483649",
                "-m 99999999999999999999",
                "-M ''",
                "-M x",
                "-M 08",
                "-M 0x",
                "-M 0xg",
                "-M 0x-1",
                "-M 99999999999999999999",
                "-M 0",
                "-M 0x0",
                "-M 00",
                "-M -0",
                "foo",
                "foo bar",
                "-",
                "- -m GONE",
                "--all=foo",
                "-afoo",
                "shm",
                "shm x",
                "shm -z",
                "shm 1x",
                "shm 99999999999999999999",
                "-m GONE",
                "-mGONE",
                "-m -1",
                "--shmem-id GONE",
                "--shmem-i=GONE",
                "-M FREE",
                "-M +FREE",
                "--shmem-key=FREE",
                "-M 0xHEX",
                "-M 0XHEX",
                "-M 0OCT",
                "-m GONE -M FREE -m GONE",
                "-v -m GONE -M FREE",
                "-m GONE -v",
                "-m GONE foo",
                "foo -m GONE",
                "-m GONE -z",
                "-m GONE -m x -m GONE",
                "-m GONE --",
                "-- foo",
                "-- shm GONE",
                "-v shm GONE",
                "SHM GONE",
                "sh GONE",
                "shm GONE",
                "shm GONE x GONE",
                "shm -m GONE",
                "shm -1",
                "-v",
                "--",
                "--verbose -m GONE"
            })
    void answersAsUtilLinuxDoesWhereNothingIsToBeRemoved(String arguments) throws Exception {
        int key = Tools.freeKey();
        List<String> words = Tools.words(arguments
                .replace("GONE", Tools.goneId())
                .replace("FREE", Integer.toString(key))
                .replace("HEX", Integer.toHexString(key))
                .replace("OCT", Integer.toOctalString(key)));

        Run installed = Tools.installed("ipcrm", words);

        assertThat(Tools.ours("ipcrm", words)).isEqualTo(installed);
    }

    @Test
    void withoutArgumentsThereIsNothingToDo() {
        assertThat(Tools.ours("ipcrm")).isEqualTo(Tools.installed("ipcrm", List.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-m ID1",
                "-m ID1 -m ID2",
                "-mID1",
                "--shmem-id=ID1",
                "-m +ID1",
                "-m 00ID1",
                "-M 0xHEX1",
                "-M 0XHEX1",
                "-M DEC1",
                "-M 0OCT1",
                "-M SIGNED1",
                "--shmem-key DEC1 -m ID2",
                "-v -m ID1 -M DEC2",
                "-vm ID1 -M SIGNED2",
                "-m ID1 -v -m ID2",
                "-m GONE -m ID1",
                "-m ID1 -m GONE -m ID2",
                "-m ID1 -m ID1 -m ID2",
                "-m ID1 -M DEC1 -m ID2",
                "-m ID1 -m x -m ID2",
                "-M SIGNED1 -M x -M SIGNED2",
                "-m ID1 -z -m ID2",
                "-m ID1 foo -m ID2",
                "-m ID1 -- -m ID2",
                "foo -m ID2",
                "shm ID1",
                "shm ID1 ID2",
                "shm GONE ID1",
                "shm ID1 GONE ID2",
                "shm ID1 x ID2",
                "shm -m ID1",
                "shm -v ID1"
            })
    void removesWhatUtilLinuxRemoves(String arguments) throws Exception {
        String gone = Tools.goneId();
        List<Segment> theirs = twoSegments();
        List<Segment> ours = twoSegments();

        Run installed = Tools.installed("ipcrm", words(arguments, gone, theirs));
        Run run = Tools.ours("ipcrm", words(arguments, gone, ours));

        assertThat(run.err()).isEqualTo(renumbered(installed.err(), theirs, ours));
        assertThat(run.out()).isEqualTo(renumbered(installed.out(), theirs, ours));
        assertThat(run.status()).isEqualTo(installed.status());
        assertThat(ours.stream().map(Segment::exists).toList())
                .isEqualTo(theirs.stream().map(Segment::exists).toList())
                .contains(false);
    }

    @Test
    void whatAnotherUserOwnsIsNotRemoved() {
        assumeTrue(ProcessCalls.geteuid() == 0, "only root can become somebody else");
        Tools.assumeComparable("ipcrm");
        Run.assumeInstalled("setpriv");
        int id = create(Tools.freeKey());
        String key = Long.toString(row(id).get("key"));
        for (String arguments : List.of("-m " + id, "-M " + key, "shm " + id)) {
            List<String> command =
                    new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "ipcrm"));
            command.addAll(Tools.words(arguments));
            Run installed = Run.command(command, Map.of());

            try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", ignored -> -Errno.EPERM.number())) {
                assertThat(Tools.ours("ipcrm", Tools.words(arguments))).isEqualTo(installed);
                assertThat(script.remaining()).isZero();
            }
            assertThat(installed.err()).contains("permission denied for ", "(" + id + ")");
        }
        assertThat(exists(id)).isTrue();
    }

    @Test
    void aSegmentThatGoesMeanwhileIsTold() {
        int id = create(Tools.freeKey());

        assertThat(scripted("shmctl", Errno.EIDRM, "-m", "" + id))
                .isEqualTo(new Run(1, "", "ipcrm: already removed id (" + id + ")\n"));
        assertThat(scripted("shmctl", Errno.EIDRM, "-M", "" + row(id).get("key")))
                .isEqualTo(new Run(1, "", "ipcrm: already removed key (" + id + ")\n"));
        assertThat(scripted("shmget", Errno.EIDRM, "-M", "0x77"))
                .isEqualTo(new Run(1, "", "ipcrm: already removed key (0x77)\n"));
        assertThat(scripted("shmget", Errno.EACCES, "-M", "0x77"))
                .isEqualTo(new Run(1, "", "ipcrm: permission denied for key (0x77)\n"));
    }

    @Test
    void aRefusalOfAnotherKindEndsItWithOneLine() {
        int id = create(Tools.freeKey());
        int next = create(Tools.freeKey());

        assertThat(scripted("shmctl", Errno.ENOSYS, "-m", "" + id, "-m", "" + next))
                .isEqualTo(new Run(1, "", "ipcrm: shmctl: ENOSYS (38), removing segment id=" + id + "\n"));
        assertThat(scripted("shmget", Errno.ENOSYS, "-M", "0x77", "-m", "" + next))
                .isEqualTo(new Run(1, "", "ipcrm: shmget: ENOSYS (38), finding the segment of key 0x77\n"));
        assertThat(exists(next)).isTrue();
    }

    /** util-linux cuts these to 32 bits, and so to the key of a segment that nobody named. */
    @ParameterizedTest
    @ValueSource(strings = {"0x1%08x", "0xffffffff%08x", "-0x1%08x"})
    void aKeyTooLargeIsRefusedAndNotCut(String format) {
        int id = create(Tools.freeKey());
        String key = format.formatted(row(id).get("key"));

        assertThat(Tools.ours("ipcrm", "-M", key))
                .isEqualTo(new Run(
                        1, "", "ipcrm: failed to parse argument: '" + key + "': Numerical result out of range\n"));
        assertThat(exists(id)).isTrue();
    }

    /** util-linux takes the empty one for 0, and cuts the large one to 32 bits. */
    @Test
    void anIdentifierThatIsNoneIsRefusedInTheOldSyntaxToo() {
        int id = create(0);
        String large = Long.toString((1L << 32) + id);

        assertThat(Tools.ours("ipcrm", "shm", "", large))
                .isEqualTo(new Run(1, "", "ipcrm: invalid id: \nipcrm: invalid id: " + large + "\n"));
        assertThat(exists(id)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-m ID -h", "-m GONE --help", "-h -z"})
    void helpEndsItWell(String arguments) throws Exception {
        int id = create(0);
        Run run =
                Tools.ours("ipcrm", Tools.words(arguments.replace("ID", "" + id).replace("GONE", Tools.goneId())));

        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("Usage:\n ipcrm ", "So far these are shared memory", "--shmem-key <key>");
        assertThat(exists(id)).isEqualTo(!arguments.contains("ID"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-V", "--version", "-V -m x", "-m GONE -V"})
    void versionIsOurs(String arguments) throws Exception {
        List<String> words = Tools.words(arguments.replace("GONE", Tools.goneId()));

        assertThat(Tools.ours("ipcrm", words).output()).matches("ipcrm from chagres( \\S+)?\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-a",
                "--all",
                "--all=",
                "-va",
                "--all=sem",
                "--all=msg",
                "-asem",
                "-q 1",
                "-Q 1",
                "-s 1",
                "-S 1",
                "sem 1",
                "msg 1",
                "--semaphore-id=1",
                "--queue-key 1",
                "-a shm"
            })
    void whatItDoesNotKnowIsRefusedAndNothingRemoved(String arguments) {
        int id = create(Tools.freeKey());

        Run run = Tools.ours("ipcrm", Tools.words(arguments));

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).matches("ipcrm: [^\n]*only shared memory is known so far[^\n]*\n");
        assertThat(exists(id)).isTrue();
    }

    @Test
    void allMeansEverySegmentOfThisNamespace() {
        Run.assumeInstalled("ipcmk");
        int outside = create(0);

        Run run = Tools.inNamespace("""
                count() { tail -n +2 /proc/sysvipc/shm | wc -l; }
                ipcmk -M 10 -p 0 > /dev/null
                ipcmk -M 20 > /dev/null
                "$@" ipcrm -v --all=shm
                count
                ipcmk -M 20 > /dev/null
                "$@" ipcrm -ashm
                count
                ipcmk -M 20 > /dev/null
                "$@" ipcrm --all=shm foo || count
                """, Map.of());

        assertThat(run.out())
                .matches(
                        "removing shared memory segment id `\\d+'\nremoving shared memory segment id `\\d+'\n0\n0\n1\n");
        assertThat(run.err()).isEqualTo("ipcrm: unknown argument: foo\nTry 'ipcrm --help' for more information.\n");
        assertThat(exists(outside)).isTrue();
    }

    private static Run scripted(String function, Errno errno, String... arguments) {
        try (ScriptedAnswers script = ScriptedAnswers.to(function, ignored -> -errno.number())) {
            Run run = Tools.ours("ipcrm", List.of(arguments));
            assertThat(script.remaining()).isZero();
            // SharedMemory adds what it knows of the segment; that has its own test.
            return new Run(run.status(), run.out(), run.err().replaceFirst(";.*", ""));
        }
    }

    /** One with a positive and one with a negative key. */
    private List<Segment> twoSegments() {
        int positive = Tools.freeKey();
        int negative = Tools.freeKey() | 1 << 31;
        return List.of(new Segment(create(positive), positive), new Segment(create(negative), negative));
    }

    private int create(int key) {
        int id = SharedMemoryObject.create(
                key, 10, PosixFilePermissions.fromString("rw-------"), SharedMemoryObject.SMALL_PAGES, false);
        assertThat(id).as("identifier, or -errno").isNotNegative();
        created.add(id);
        return id;
    }

    private static boolean exists(int id) {
        return Kernel.sharedMemory(id).isPresent();
    }

    private static Kernel.IpcRow row(int id) {
        return Kernel.sharedMemory(id).orElseThrow();
    }

    private static List<String> words(String arguments, String gone, List<Segment> segments) {
        String text = arguments.replace("GONE", gone);
        for (int i = 1; i <= segments.size(); i++) {
            int id = segments.get(i - 1).id();
            int key = segments.get(i - 1).key();
            text = text.replace("ID" + i, Integer.toString(id))
                    .replace("HEX" + i, Integer.toHexString(key))
                    .replace("OCT" + i, Integer.toOctalString(key))
                    .replace("DEC" + i, Integer.toUnsignedString(key))
                    .replace("SIGNED" + i, Integer.toString(key));
        }
        return Tools.words(text);
    }

    private static String renumbered(String output, List<Segment> from, List<Segment> to) {
        String renumbered = output;
        for (int i = 0; i < from.size(); i++) {
            renumbered = renumbered
                    .replaceAll("\\b" + from.get(i).id() + "\\b", "" + to.get(i).id())
                    .replaceAll(
                            "\\b" + from.get(i).key() + "\\b", "" + to.get(i).key());
        }
        return renumbered;
    }
}
