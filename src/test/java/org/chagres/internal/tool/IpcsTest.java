package org.chagres.internal.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.syscall.ScriptedAnswers.ASK_THE_KERNEL;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.chagres.Errno;
import org.chagres.IpcKey;
import org.chagres.internal.generated.Linux;
import org.chagres.internal.generated.shm_info;
import org.chagres.internal.generated.shmid_ds;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.internal.syscall.SemaphoreCalls;
import org.chagres.memory.SharedMemory;
import org.chagres.semaphore.SemaphoreOperation;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class IpcsTest {
    private final List<SharedMemory> attached = new ArrayList<>();
    private final List<Integer> created = new ArrayList<>();
    private final List<Integer> sets = new ArrayList<>();

    @TempDir
    Path directory;

    @AfterEach
    void removeAll() {
        sets.forEach(SemaphoreObject::remove);
        created.forEach(SharedMemoryObject::remove);
        attached.forEach(SharedMemory::close);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-m",
                "--shmems",
                "--shm",
                "-mm",
                "-m -b",
                "-m --bytes",
                "-m --human",
                "-m -b --human",
                "-m --human -b",
                "-m -t",
                "-mt",
                "-m --time",
                "-m -p",
                "-m --pid",
                "-m -c",
                "-m --creator",
                "-m -tpc",
                "-m -cpt",
                "-m -ctp",
                "-m -l",
                "-ml",
                "-m --limits",
                "-m -lb",
                "-m -l --human",
                "-m -u",
                "-mu",
                "-m --summary",
                "-m -lu",
                "-m -ul",
                "-m -ut",
                "-m -lt",
                "-m operand",
                "-m -- -l",
                "-m -",
                "operand -m",
                "-s",
                "--semaphores",
                "--sem",
                "-ss",
                "-s -b",
                "-s --human",
                "-s -t",
                "-st",
                "-s -p",
                "-s -c",
                "-s -tpc",
                "-s -ctp",
                "-s -l",
                "-s -l --human",
                "-s -lb",
                "-s -u",
                "-su",
                "-s -lu",
                "-s operand",
                "-m -s",
                "-s -m",
                "-sm -t",
                "-m -s -p",
                "-ms -c",
                "-ms -l",
                "-ms -u",
                "-ms --human"
            })
    void printsWhatUtilLinuxPrints(String arguments) throws Exception {
        segmentsOfAllKinds();
        setsOfAllKinds();

        assertSame(Tools.words(arguments));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-m -i ID", "-mi ID", "-m -iID", "-m --id=ID -b", "--id ID -m --human", "-m -i +ID -t"})
    void printsTheDetailsThatUtilLinuxPrints(String arguments) throws Exception {
        for (int id : segmentsOfAllKinds()) {
            assertSame(Tools.words(arguments.replace("ID", Integer.toString(id))));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-s -i ID", "-si ID", "-s -iID", "-s --id=ID --human", "--id ID -s -p", "-s -i +ID -t"})
    void printsTheDetailsOfSetsThatUtilLinuxPrints(String arguments) throws Exception {
        for (int id : setsOfAllKinds()) {
            if (isReadable(id)) {
                assertSame(Tools.words(arguments.replace("ID", Integer.toString(id))));
            }
        }
    }

    @Test
    void waitersAreCountedAsUtilLinuxCountsThem() throws Exception {
        List<SemaphoreOperation> operations = List.of(
                SemaphoreOperation.acquire(0, 1),
                SemaphoreOperation.acquire(0, 2),
                SemaphoreOperation.acquire(1, 4),
                SemaphoreOperation.awaitZero(1),
                SemaphoreOperation.awaitZero(1),
                SemaphoreOperation.awaitZero(1));
        try (ExecutorService executor =
                        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory());
                SemaphoreSet set = SemaphoreSet.create(IpcKey.PRIVATE, 0, 3)) { // closed first, which ends the waits
            sets.add(set.id());
            operations.forEach(operation -> executor.submit(() -> {
                set.apply(operation);
                return null;
            }));
            Await.waiters(set.id(), 0, 2);
            Await.waiters(set.id(), 1, 1);
            Await.waitersForZero(set.id(), 1, 3);

            Run run = Tools.ours("ipcs", "-s", "-i", Integer.toString(set.id()));

            String pid = Long.toString(ProcessHandle.current().pid());
            assertThat(run.output().replaceAll(" +", " ")).endsWith("\n0 0 2 0 " + pid + " \n1 3 1 3 " + pid + " \n\n");
            assertSame(List.of("-s", "-i", Integer.toString(set.id())));
        }
    }

    /** util-linux shows nothing then either, and complains in its own words. */
    @Test
    void aSetThatMayNotBeReadHasNoDetails() throws Exception {
        int id = createSet(0, 1, "---------");
        ScriptedAnswers.Answer noReading =
                arguments -> arguments[2] == SemaphoreCalls.GETVAL ? -Errno.EACCES.number() : ASK_THE_KERNEL;

        try (ScriptedAnswers script = ScriptedAnswers.to("semctl", many(noReading))) {
            Run run = Tools.ours("ipcs", "-s", "-i", Integer.toString(id));

            assertThat(script.remaining()).isPositive();
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .matches("ipcs: semctl: EACCES \\(13\\), [^\n]* semaphore set id=" + id + "; [^\n]*\n");
        }
    }

    @Test
    void anInterruptEndsItWithOneLine() throws Exception {
        int id = createSet(0, 1, "rw-------");
        Thread.currentThread().interrupt();

        Run run = Tools.ours("ipcs", "-s", "-i", Integer.toString(id));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(run).isEqualTo(new Run(1, "", "ipcs: interrupted\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-z",
                "-m -z",
                "-mz",
                "-m-",
                "--zap",
                "--s",
                "--h",
                "--=x",
                "--limits=3",
                "--bytes=",
                "-i",
                "--id",
                "-m --id",
                "-m -i ''",
                "-m -i x",
                "-m -i 0x1",
                "-m -i 1x",
                "-m -i 2147483648",
                "-m -i -2147483649",
                "-m -i 99999999999999999999",
                "-i 0",
                "-a -i 0",
                "-m -a -i 0",
                "-m -i GONE",
                "-s -z",
                "-s -i x",
                "-s -i ''",
                "-s -i 2147483648",
                "-m -s -i 0",
                "-s -i 0 -a",
                "-s -i SETGONE"
            })
    void complainsAsUtilLinuxDoes(String arguments) throws Exception {
        List<String> words = Tools.words(arguments
                .replace("SETGONE", Tools.goneId(Kind.SEMAPHORES))
                .replace("GONE", Tools.goneId(Kind.SHARED_MEMORY)));

        Run installed = Tools.installed("ipcs", words);

        assertThat(installed.err()).startsWith("ipcs: ");
        assertThat(Tools.ours("ipcs", words)).isEqualTo(installed);
    }

    @ParameterizedTest
    @ValueSource(strings = {" ID", "\tID"})
    void whiteSpaceBeforeAnIdentifierDoesNoHarm(String identifier) throws Exception {
        int id = create(0, 10, "rw-------");

        assertSame(List.of("-m", "-i", identifier.replace("ID", Integer.toString(id))));
    }

    /** Which is what util-linux shows, but for the message queues before it. */
    @ParameterizedTest
    @ValueSource(strings = {"", "-a", "--all", "-m -a", "-at", "-p", "-c", "-l", "-u", "--human"})
    void withoutAKindItShowsBothThatItKnows(String arguments) throws Exception {
        segmentsOfAllKinds();
        setsOfAllKinds();
        List<String> words = Tools.words(arguments);

        assertSame(words, () -> {
            Run installed = Tools.installed("ipcs", words);
            return new Run(
                    0, "\n" + installed.output().substring(installed.out().indexOf("------ Shared Memory ")), "");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"-q", "--queues", "-q -m", "-m -q", "-s -t -q", "-q -i 0"})
    void messageQueuesAreRefused(String arguments) {
        assertThat(Tools.ours("ipcs", Tools.words(arguments)))
                .isEqualTo(new Run(1, "", "ipcs: --queues: message queues are not known here\n"));
    }

    @Test
    void sizesHaveTheUnitsOfUtilLinux() throws Exception {
        String byteSizes =
                "1 999 1023 1024 1075 1076 1126 1127 1535 1536 1587 1588 1996 1997 2047 10188 10189 10239 1048524"
                        + " 1048575 1048576 123456789 987654321 5000000000 1099511627776 6755399441055744 4035225266123964416";
        List<Integer> ids = new ArrayList<>();
        for (String byteSize : byteSizes.split(" ")) {
            ids.add(create(0, Long.parseLong(byteSize), "rw-------"));
        }

        for (int id : ids) {
            assertSame(List.of("-m", "-i", Integer.toString(id), "--human"));
        }
        assertSame(List.of("-m", "--human"));
    }

    @Test
    void limitsAreThoseOfUtilLinuxToTheLastDigit() {
        Tools.assumeComparable("ipcs");
        Run run = Tools.inNamespace("""
                while read -r shmmax shmall shmmni; do
                    echo "$shmmax" > /proc/sys/kernel/shmmax
                    echo "$shmall" > /proc/sys/kernel/shmall
                    echo "$shmmni" > /proc/sys/kernel/shmmni
                    for form in '' --bytes --human; do
                        theirs=$(ipcs -m -l $form)
                        ours=$("$@" ipcs -m -l $form)
                        [ "$ours" = "$theirs" ] || printf '%s %s: %s\\nnot %s\\n' "$shmmax" "$form" "$ours" "$theirs"
                        echo compared
                    done
                done <<'END'
                0 0 0
                1023 1000000 17
                1536 4503599627370496 4096
                18446744073709551615 18446744073709551615 32768
                END
                """, Map.of());

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("compared\n".repeat(12));
        assertThat(run.status()).isZero();
    }

    @Test
    void limitsAndUsageOfSemaphoresAreThoseOfUtilLinux() {
        Tools.assumeComparable("ipcs");
        Run.assumeInstalled("ipcmk");
        Run run = Tools.inNamespace("""
                ipcmk -S 3 > /dev/null
                ipcmk -S 4 > /dev/null
                while read -r sem; do
                    echo "$sem" > /proc/sys/kernel/sem
                    for form in -l -u '-l --human'; do
                        theirs=$(ipcs -s $form)
                        ours=$("$@" ipcs -s $form)
                        [ "$ours" = "$theirs" ] || printf '%s %s: %s\\nnot %s\\n' "$sem" "$form" "$ours" "$theirs"
                        echo compared
                    done
                done <<'END'
                17 1000 33 4
                65536 2147483647 500 32768
                3 7 1 2
                END
                "$@" ipcs -s -u
                """, Map.of());

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("compared\n".repeat(9) + """

                ------ Semaphore Status --------
                used arrays = 2
                allocated semaphores = 7

                """);
        assertThat(run.status()).isZero();
    }

    @Test
    void longNamesAreCutWhereUtilLinuxCutsThem() throws Exception {
        Files.writeString(
                directory.resolve("passwd"), "root:x:0:0::/:/bin/sh\naverylongusername:x:70000:70001::/:/bin/sh\n");
        Files.writeString(directory.resolve("group"), "root:x:0:\naverylonggroupname:x:70001:\n");
        Tools.assumeComparable("ipcs");
        Run.assumeInstalled("setpriv");
        Run.assumeInstalled("ipcmk");

        Run run = Tools.inNamespace("""
                mount --bind "$FILES/passwd" /etc/passwd
                mount --bind "$FILES/group" /etc/group
                setpriv --reuid=70000 --regid=70001 --clear-groups ipcmk -M 10 -S 1 > /dev/null
                setpriv --reuid=71000 --regid=71001 --clear-groups ipcmk -M 10 -S 1 > /dev/null
                ipcs -m -c
                for output in '' -t -p -c; do
                    theirs=$(ipcs -m -s $output)
                    ours=$("$@" ipcs -m -s $output)
                    [ "$ours" = "$theirs" ] || printf '%s: %s\\nnot %s\\n' "$output" "$ours" "$theirs"
                    echo compared
                done
                """, Map.of("FILES", directory.toString()));

        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains("averylongusername averylonggroupname", "71000      71001")
                .endsWith("\n\n" + "compared\n".repeat(4));
        assertThat(run.status()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"America/Panama", "Asia/Kathmandu"})
    void timesAreLocal(String zone) throws Exception {
        SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 10);
        attached.add(memory);
        created.add(memory.id());
        List<String> arguments = List.of("ipcs", "-m", "-i", Integer.toString(memory.id()));
        Tools.assumeComparable("ipcs");

        Run ours = Run.command(Tools.process(arguments.toArray(String[]::new)), Map.of("TZ", zone));

        assertThat(ours).isEqualTo(Run.command(arguments, Map.of("TZ", zone)));
        assertThat(ours.out())
                .isNotEqualTo(Run.command(arguments, Map.of("TZ", "UTC")).out());
    }

    @Test
    void theSummaryHasEachCountInItsPlace() {
        ScriptedAnswers.Answer counts = arguments -> {
            MemorySegment struct = MemorySegment.ofAddress(arguments[2]).reinterpret(shm_info.sizeof());
            shm_info.used_ids(struct, 1);
            shm_info.shm_tot(struct, 2);
            shm_info.shm_rss(struct, 3);
            shm_info.shm_swp(struct, 4);
            shm_info.swap_attempts(struct, 5);
            shm_info.swap_successes(struct, 6);
            return 0;
        };

        try (ScriptedAnswers script = ScriptedAnswers.to("shmctl", counts)) {
            assertThat(Tools.ours("ipcs", "-m", "-u").output()).isEqualTo("""

                    ------ Shared Memory Status --------
                    segments allocated 1
                    pages allocated 2
                    pages resident  3
                    pages swapped   4
                    Swap performance: 5 attempts\t 6 successes

                    """);
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void aDayOfOneDigitHasASpaceBeforeIt() {
        long time =
                ZonedDateTime.of(2026, 3, 7, 8, 9, 5, 0, ZoneId.systemDefault()).toEpochSecond();
        ScriptedAnswers.Answer oneSegment = arguments -> {
            MemorySegment struct = MemorySegment.ofAddress(arguments[2]).reinterpret(shmid_ds.sizeof());
            shmid_ds.shm_atime(struct, time);
            return 4711;
        };
        ScriptedAnswers.Answer highestPlace = arguments -> 0;

        try (ScriptedAnswers script =
                ScriptedAnswers.to("shmctl", highestPlace, oneSegment, highestPlace, oneSegment)) {
            assertThat(Tools.ours("ipcs", "-m", "-t").output()).contains("Mar  7 08:09:05      Not set              ");
            assertThat(Tools.ours("ipcs", "-m", "-i", "4711").output())
                    .contains("att_time=Sat Mar  7 08:09:05 2026  \ndet_time=Not set                   \n");
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void theDayOfAnOperationHasTwoPlacesToo() {
        long time =
                ZonedDateTime.of(2026, 3, 7, 8, 9, 5, 0, ZoneId.systemDefault()).toEpochSecond();
        ScriptedAnswers.Answer oneSet = arguments -> {
            MemorySegment struct = MemorySegment.ofAddress(arguments[3]).reinterpret(Linux.SEMID_DS_BYTE_SIZE());
            struct.set(ValueLayout.JAVA_LONG, Linux.SEMID_DS_SEM_OTIME_OFFSET(), time);
            return 4711;
        };

        try (ScriptedAnswers script = ScriptedAnswers.to("semctl", arguments -> 0, oneSet)) {
            assertThat(Tools.ours("ipcs", "-s", "-t").output())
                    .contains("4711     root        Sat Mar  7 08:09:05 2026   ");
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void ofSeveralIdentifiersTheLastCounts() throws Exception {
        int first = create(0, 10, "rw-------");
        int second = create(0, 20, "rw-------");

        Run run = Tools.ours("ipcs", "-m", "-i", Integer.toString(first), "-i", Integer.toString(second));

        assertThat(run.output())
                .contains("shmid=" + second + "\n", "bytes=20\t")
                .doesNotContain("bytes=10\t");
    }

    @ParameterizedTest
    @CsvSource({
        "shmctl, -m", "shmctl, -m -t", "shmctl, -m -p", "shmctl, -m -c", "shmctl, -m -l", "shmctl, -m -u",
        "shmctl, -m -i 0", "semctl, -s", "semctl, -s -t", "semctl, -s -c", "semctl, -s -l", "semctl, -s -u",
        "semctl, -s -i 0"
    })
    void aRefusalOfTheKernelIsOneLine(String call, String commandLine) {
        try (ScriptedAnswers script = ScriptedAnswers.to(call, arguments -> -Errno.EPERM.number())) {
            Run run = Tools.ours("ipcs", Tools.words(commandLine));

            assertThat(script.remaining()).isZero();
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).matches("ipcs: " + call + ": EPERM \\(1\\), (counting|reading) [^\n]*\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-h", "--help", "-m -h", "-h -z"})
    void helpSaysWhatItKnows(String arguments) {
        Run run = Tools.ours("ipcs", Tools.words(arguments));

        assertThat(run.output()).contains("Usage:\n ipcs ", "shared memory", "-s, --semaphores", "-u, --summary");
        assertThat(run.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-V", "--version", "-mV", "-V -z"})
    void versionIsOurs(String arguments) {
        Run run = Tools.ours("ipcs", Tools.words(arguments));

        assertThat(run.output()).matches("ipcs from chagres( \\S+)?\n");
        assertThat(run.err()).isEmpty();
    }

    private static void assertSame(List<String> arguments) {
        assertSame(arguments, () -> Tools.installed("ipcs", arguments));
    }

    /** Others may make and use objects between the two runs, so a difference counts only if it stays. */
    private static void assertSame(List<String> arguments, Supplier<Run> expected) {
        Run installed = expected.get();
        Run ours = Tools.ours("ipcs", arguments);
        for (int attempt = 1; attempt < 20 && !ours.equals(installed); attempt++) {
            installed = expected.get();
            ours = Tools.ours("ipcs", arguments);
        }
        assertThat(ours).isEqualTo(installed);
        assertThat(ours.output()).isNotEmpty();
    }

    /** What makes a difference in some column: as many of these as this user may make. */
    private List<Integer> segmentsOfAllKinds() throws Exception {
        int first = create(Tools.freeKey(), 1000, "rw-r-----");
        int unreadable = create(Tools.freeKey() | 1 << 31, 5_000_000_000L, "---------");
        int used = create(0, 4096, "rw-rw-rw-");
        SharedMemory.open(used).close();
        SharedMemory marked = SharedMemory.create(IpcKey.PRIVATE, 5000);
        attached.add(marked);
        created.add(marked.id());
        marked.remove();
        marked.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 1); // a resident page
        List<Integer> ids = new ArrayList<>(List.of(first, unreadable, used, marked.id()));
        if (ProcessCalls.geteuid() == 0) {
            SharedMemory locked = SharedMemory.create(IpcKey.PRIVATE, 1);
            attached.add(locked);
            created.add(locked.id());
            ids.add(locked.id());
            locked.lockInMemory();
            locked.setOwner(4_294_967_294L, 123_457);
            marked.lockInMemory();
        }
        return ids;
    }

    /** As many of these as this user may make: new, used, unreadable, another's. */
    private List<Integer> setsOfAllKinds() throws Exception {
        int fresh = createSet(Tools.freeKey(), 1, "rw-r-----");
        int unreadable = createSet(Tools.freeKey() | 1 << 31, 3, "---------");
        int anothers = createSet(0, 250, "rw-rw-rw-");
        List<Integer> ids = new ArrayList<>(List.of(fresh, unreadable, anothers));
        try (SemaphoreSet used = SemaphoreSet.create(IpcKey.PRIVATE, 1, 32_767)) {
            sets.add(used.id());
            ids.add(used.id());
        }
        if (ProcessCalls.geteuid() == 0) {
            try (SemaphoreSet set = SemaphoreSet.builder().acceptUninitialized().open(anothers)) {
                set.setOwner(4_294_967_294L, 123_457);
            }
        }
        return ids;
    }

    private int createSet(int key, int count, String permissions) {
        int id = SemaphoreObject.create(key, count, PosixFilePermissions.fromString(permissions));
        assertThat(id).as("identifier, or -errno").isNotNegative();
        sets.add(id);
        return id;
    }

    private static boolean isReadable(int id) {
        return SemaphoreObject.value(id, 0) >= 0;
    }

    /** Of an answer that may be asked for any number of times. */
    private static ScriptedAnswers.Answer[] many(ScriptedAnswers.Answer answer) {
        ScriptedAnswers.Answer[] answers = new ScriptedAnswers.Answer[100_000];
        Arrays.fill(answers, answer);
        return answers;
    }

    /** Unattached, as some of the sizes here have no room in an address space. */
    private int create(int key, long byteSize, String permissions) {
        int id = SharedMemoryObject.create(
                key, byteSize, PosixFilePermissions.fromString(permissions), SharedMemoryObject.SMALL_PAGES, true);
        assertThat(id).as("identifier, or -errno").isNotNegative();
        created.add(id);
        return id;
    }
}
