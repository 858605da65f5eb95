package org.chagres.internal.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What removes nothing is given to both tools as it is. What removes is given to each with two objects of its own, and
 * then the answers and what is left are compared. No identifier or key here is a guess: it would be somebody's one day.
 * Command lines are those for segments; semaphores have the same with other names.
 */
@ExtendWith(LeakCheck.class)
class IpcrmTest {
    private final List<Thing> created = new ArrayList<>();

    @TempDir
    Path directory;

    private record Thing(Kind kind, int id, int key) {
        boolean exists() {
            return Tools.row(kind, id).isPresent();
        }
    }

    @AfterEach
    void removeThings() {
        created.forEach(thing -> Tools.removeQuietly(thing.kind(), thing.id()));
    }

    private static Stream<Arguments> removingNothing() {
        return ofEachKind(
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
                "--verbose -m GONE");
    }

    @ParameterizedTest
    @MethodSource("removingNothing")
    void answersAsUtilLinuxDoesWhereNothingIsToBeRemoved(Kind kind, String arguments) throws Exception {
        int key = Tools.freeKey();
        List<String> words = Tools.words(arguments
                .replace("GONE", Tools.goneId(kind))
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

    private static Stream<Arguments> removing() {
        return ofEachKind(
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
                "shm -v ID1");
    }

    @ParameterizedTest
    @MethodSource("removing")
    void removesWhatUtilLinuxRemoves(Kind kind, String arguments) throws Exception {
        String gone = Tools.goneId(kind);
        List<Thing> theirs = twoOf(kind);
        List<Thing> ours = twoOf(kind);

        Run installed = Tools.installed("ipcrm", words(arguments, gone, theirs));
        Run run = Tools.ours("ipcrm", words(arguments, gone, ours));

        assertThat(run.err()).isEqualTo(renumbered(installed.err(), theirs, ours));
        assertThat(run.out()).isEqualTo(renumbered(installed.out(), theirs, ours));
        assertThat(run.status()).isEqualTo(installed.status());
        assertThat(ours.stream().map(Thing::exists).toList())
                .isEqualTo(theirs.stream().map(Thing::exists).toList())
                .contains(false);
    }

    @ParameterizedTest
    @EnumSource
    void whatAnotherUserOwnsIsNotRemoved(Kind kind) {
        assumeTrue(ProcessCalls.geteuid() == 0, "only root can become somebody else");
        Tools.assumeComparable("ipcrm");
        Run.assumeInstalled("setpriv");
        Thing thing = create(kind, Tools.freeKey());
        for (String arguments : List.of("-m " + thing.id(), "-M " + thing.key(), "shm " + thing.id())) {
            List<String> words = Tools.words(of(kind, arguments));
            List<String> command =
                    new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "ipcrm"));
            command.addAll(words);
            Run installed = Run.command(command, Map.of());

            try (ScriptedAnswers script = ScriptedAnswers.to(kind.word + "ctl", ignored -> -Errno.EPERM.number())) {
                assertThat(Tools.ours("ipcrm", words)).isEqualTo(installed);
                assertThat(script.remaining()).isZero();
            }
            assertThat(installed.err()).contains("permission denied for ", "(" + thing.id() + ")");
        }
        assertThat(thing.exists()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void whatGoesMeanwhileIsTold(Kind kind) {
        Thing thing = create(kind, Tools.freeKey());
        String id = Integer.toString(thing.id());

        assertThat(scripted(kind, "ctl", Errno.EIDRM, "-m " + id))
                .isEqualTo(new Run(1, "", "ipcrm: already removed id (" + id + ")\n"));
        assertThat(scripted(kind, "ctl", Errno.EIDRM, "-M " + thing.key()))
                .isEqualTo(new Run(1, "", "ipcrm: already removed key (" + id + ")\n"));
        assertThat(scripted(kind, "get", Errno.EIDRM, "-M 0x77"))
                .isEqualTo(new Run(1, "", "ipcrm: already removed key (0x77)\n"));
        assertThat(scripted(kind, "get", Errno.EACCES, "-M 0x77"))
                .isEqualTo(new Run(1, "", "ipcrm: permission denied for key (0x77)\n"));
    }

    @ParameterizedTest
    @CsvSource({"SHARED_MEMORY, removing segment id=", "SEMAPHORES, removing semaphore set id="})
    void aRefusalOfAnotherKindEndsItWithOneLine(Kind kind, String removing) {
        Thing thing = create(kind, Tools.freeKey());
        Thing next = create(kind, Tools.freeKey());

        assertThat(scripted(kind, "ctl", Errno.ENOSYS, "-m " + thing.id() + " -m " + next.id()))
                .isEqualTo(new Run(1, "", "ipcrm: " + kind.word + "ctl: ENOSYS (38), " + removing + thing.id() + "\n"));
        assertThat(scripted(kind, "get", Errno.ENOSYS, "-M 0x77 -m " + next.id()))
                .isEqualTo(new Run(1, "", "ipcrm: " + kind.word + "get: ENOSYS (38), finding key 0x77\n"));
        assertThat(next.exists()).isTrue();
    }

    private static Stream<Arguments> keysTooLarge() {
        return ofEachKind("0x1%08x", "0xffffffff%08x", "-0x1%08x");
    }

    /** util-linux cuts these to 32 bits, and so to the key of an object that nobody named. */
    @ParameterizedTest
    @MethodSource("keysTooLarge")
    void aKeyTooLargeIsRefusedAndNotCut(Kind kind, String format) {
        Thing thing = create(kind, Tools.freeKey());
        String key = format.formatted(thing.key());

        assertThat(Tools.ours("ipcrm", of(kind, "-M"), key))
                .isEqualTo(new Run(
                        1, "", "ipcrm: failed to parse argument: '" + key + "': Numerical result out of range\n"));
        assertThat(thing.exists()).isTrue();
    }

    /** util-linux takes the empty one for 0, and cuts the large one to 32 bits. */
    @ParameterizedTest
    @EnumSource
    void anIdentifierThatIsNoneIsRefusedInTheOldSyntaxToo(Kind kind) {
        Thing thing = create(kind, 0);
        String large = Long.toString((1L << 32) + thing.id());

        assertThat(Tools.ours("ipcrm", kind.word, "", large))
                .isEqualTo(new Run(1, "", "ipcrm: invalid id: \nipcrm: invalid id: " + large + "\n"));
        assertThat(thing.exists()).isTrue();
    }

    /** Segments and sets have identifiers and keys of their own, so that the same number may name one of each. */
    @Test
    void theOtherKindsObjectOfTheSameKeyStays() {
        int key = Tools.freeKey();
        Thing segment = create(Kind.SHARED_MEMORY, key);
        Thing set = create(Kind.SEMAPHORES, key);

        assertThat(Tools.ours("ipcrm", "-S", Integer.toString(key)).output()).isEmpty();
        assertThat(set.exists()).isFalse();
        assertThat(segment.exists()).isTrue();

        Thing other = create(Kind.SEMAPHORES, key);
        assertThat(Tools.ours("ipcrm", "-M", Integer.toString(key)).output()).isEmpty();
        assertThat(segment.exists()).isFalse();
        assertThat(other.exists()).isTrue();
    }

    @Test
    void oneCommandLineMayNameBothKinds() {
        Thing segment = create(Kind.SHARED_MEMORY, 0);
        Thing set = create(Kind.SEMAPHORES, 0);

        assertThat(Tools.ours("ipcrm", "-v", "-m", "" + segment.id(), "-s", "" + set.id())
                        .output())
                .isEqualTo("removing shared memory segment id `" + segment.id() + "'\nremoving semaphore id `"
                        + set.id() + "'\n");
        assertThat(segment.exists()).isFalse();
        assertThat(set.exists()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-m ID -h", "-m GONE --help", "-h -z"})
    void helpEndsItWell(String arguments) throws Exception {
        Thing thing = create(Kind.SHARED_MEMORY, 0);
        Run run = Tools.ours(
                "ipcrm",
                Tools.words(
                        arguments.replace("ID", "" + thing.id()).replace("GONE", Tools.goneId(Kind.SHARED_MEMORY))));

        assertThat(run.status()).isZero();
        assertThat(run.out())
                .contains(
                        "Usage:\n ipcrm ",
                        "ipcrm shm|sem <id>...",
                        "Message\nqueues are not known here",
                        "--shmem-key <key>",
                        "--semaphore-key <key>");
        assertThat(thing.exists()).isEqualTo(!arguments.contains("ID"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-V", "--version", "-V -m x", "-m GONE -V"})
    void versionIsOurs(String arguments) throws Exception {
        List<String> words = Tools.words(arguments.replace("GONE", Tools.goneId(Kind.SHARED_MEMORY)));

        assertThat(Tools.ours("ipcrm", words).output()).matches("ipcrm from chagres( \\S+)?\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-a",
                "--all",
                "--all=",
                "-va",
                "--all=msg",
                "-amsg",
                "-q 1",
                "-Q 1",
                "msg",
                "msg 1",
                "--queue-id=1",
                "--queue-key 1",
                "-a shm",
                "--all=sem --all=msg",
                "--all=shm -q 1"
            })
    void messageQueuesAreRefusedAndNothingRemoved(String arguments) {
        Thing segment = create(Kind.SHARED_MEMORY, Tools.freeKey());
        Thing set = create(Kind.SEMAPHORES, Tools.freeKey());

        Run run = Tools.ours("ipcrm", Tools.words(arguments));

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).matches("ipcrm: [^\n]*message queues are not known here[^\n]*\n");
        assertThat(segment.exists()).isTrue();
        assertThat(set.exists()).isTrue();
    }

    /**
     * Each form finds three segments and three sets, and removes what the installed tool does; but nothing after a
     * mistake.
     */
    @Test
    void allMeansEveryObjectOfThatKindInThisNamespace() {
        Tools.assumeComparable("ipcrm");
        Run.assumeInstalled("ipcmk");
        Thing segment = create(Kind.SHARED_MEMORY, 0);
        Thing set = create(Kind.SEMAPHORES, 0);

        Run run = Tools.inNamespace("""
                left() { tail -n +2 /proc/sysvipc/$1 | wc -l; }
                try() {
                    for permissions in 0600 0 0666; do
                        ipcmk -M 10 -S 1 -p $permissions > /dev/null
                    done
                    status=0
                    "$@" > "$FILES/out" 2>&1 || status=$?
                    sed 's/`[0-9]*/`ID/' "$FILES/out"
                    echo status $status, left $(left shm) $(left sem)
                    ipcrm --all=shm
                    ipcrm --all=sem
                }
                for form in --all=shm -ashm --all=sem -asem '--all=sem -ashm' '--all=shm -asem' \
                        '-v --all=sem' '-vashm'; do
                    try ipcrm $form > "$FILES/theirs"
                    try "$@" ipcrm $form > "$FILES/ours"
                    diff "$FILES/theirs" "$FILES/ours" || echo differs: "$form"
                    grep status "$FILES/ours"
                done
                try "$@" ipcrm --all=sem foo -ashm
                """, Map.of("FILES", directory.toString()));

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("""
                status 0, left 0 3
                status 0, left 0 3
                status 0, left 3 0
                status 0, left 3 0
                status 0, left 0 3
                status 0, left 3 0
                status 0, left 3 0
                status 0, left 0 3
                ipcrm: unknown argument: foo
                Try 'ipcrm --help' for more information.
                status 1, left 3 3
                """);
        assertThat(run.status()).isZero();
        assertThat(segment.exists()).isTrue();
        assertThat(set.exists()).isTrue();
    }

    private static Run scripted(Kind kind, String call, Errno errno, String arguments) {
        try (ScriptedAnswers script = ScriptedAnswers.to(kind.word + call, ignored -> -errno.number())) {
            Run run = Tools.ours("ipcrm", Tools.words(of(kind, arguments)));
            assertThat(script.remaining()).isZero();
            // The library adds what it knows of the object; that has its own test.
            return new Run(run.status(), run.out(), run.err().replaceFirst(";.*", ""));
        }
    }

    /** Each command line for each kind. */
    private static Stream<Arguments> ofEachKind(String... commandLines) {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(commandLines).map(line -> Arguments.of(kind, of(kind, line))));
    }

    /** A command line for segments, as it is for another kind. */
    private static String of(Kind kind, String commandLine) {
        return switch (kind) {
            case SHARED_MEMORY -> commandLine;
            case SEMAPHORES ->
                commandLine
                        .replace("shmem", "semaphore")
                        .replace("shm", "sem")
                        .replace("SHM", "SEM")
                        .replace("-m", "-s")
                        .replace("-vm", "-vs")
                        .replace("-M", "-S");
        };
    }

    /** One with a positive and one with a negative key. */
    private List<Thing> twoOf(Kind kind) {
        return List.of(create(kind, Tools.freeKey()), create(kind, Tools.freeKey() | 1 << 31));
    }

    private Thing create(Kind kind, int key) {
        Thing thing = new Thing(kind, Tools.create(kind, key), key);
        created.add(thing);
        return thing;
    }

    private static List<String> words(String arguments, String gone, List<Thing> things) {
        String text = arguments.replace("GONE", gone);
        for (int i = 1; i <= things.size(); i++) {
            int id = things.get(i - 1).id();
            int key = things.get(i - 1).key();
            text = text.replace("ID" + i, Integer.toString(id))
                    .replace("HEX" + i, Integer.toHexString(key))
                    .replace("OCT" + i, Integer.toOctalString(key))
                    .replace("DEC" + i, Integer.toUnsignedString(key))
                    .replace("SIGNED" + i, Integer.toString(key));
        }
        return Tools.words(text);
    }

    private static String renumbered(String output, List<Thing> from, List<Thing> to) {
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
