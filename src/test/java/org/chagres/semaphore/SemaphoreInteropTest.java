package org.chagres.semaphore;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.semaphore.TestSemaphores.errnoOf;
import static org.chagres.semaphore.TestSemaphores.result;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.IpcKey;
import org.chagres.memory.SharedMemory;
import org.chagres.testing.Await;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One semaphore, and programs that know nothing of Java. */
@ExtendWith(LeakCheck.class)
class SemaphoreInteropTest {
    private static final int SEM_UNDO = 0x1000;
    private static final int IPC_NOWAIT = 04000;

    // A partner in another language. All obey the same orders, one a line, and answer what the call does: a number, or
    // the
    // error's number with a minus.
    //
    //   create KEY COUNT MODE   semget, exclusively
    //   find KEY                semget, then IPC_STAT until there was an operation
    //   use ID                  from now on this set
    //   op NUMBER DELTA FLAGS…  one semop of one or more operations
    //   ctl NUMBER COMMAND ARG  GETVAL (12), GETPID (11), GETNCNT (14), GETZCNT (15), SETVAL (16), IPC_RMID (0)

    private static final String IN_C = """
            #include <errno.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/sem.h>
            #include <unistd.h>

            union semun { int val; struct semid_ds *buf; unsigned short *array; };

            static int id;

            static int number(void) {
                return atoi(strtok(NULL, " "));
            }

            static int create(void) {
                int key = number(), count = number();
                return id = semget(key, count, IPC_CREAT | IPC_EXCL | number());
            }

            static int find(void) {
                struct semid_ds status;
                union semun argument = {.buf = &status};
                if ((id = semget(number(), 0, 0)) == -1)
                    return -1;
                do {
                    if (semctl(id, 0, IPC_STAT, argument) == -1)
                        return -1;
                } while (status.sem_otime == 0 && usleep(100) == 0);
                return id;
            }

            static int operate(void) {
                struct sembuf operations[8];
                int count = 0;
                for (char *word; (word = strtok(NULL, " ")) != NULL; count++) {
                    operations[count].sem_num = atoi(word);
                    operations[count].sem_op = number();
                    operations[count].sem_flg = number();
                }
                return semop(id, operations, count);
            }

            static int control(void) {
                int at = number(), command = number();
                union semun argument = {.val = number()};
                return semctl(id, at, command, argument);
            }

            int main(void) {
                char line[200];
                while (fgets(line, sizeof line, stdin) != NULL) {
                    char *order = strtok(line, " ");
                    int answer = strcmp(order, "create") == 0 ? create()
                            : strcmp(order, "find") == 0      ? find()
                            : strcmp(order, "use") == 0       ? (id = number())
                            : strcmp(order, "op") == 0        ? operate()
                                                              : control();
                    printf("%d\\n", answer == -1 ? -errno : answer);
                    fflush(stdout);
                }
                return 0;
            }
            """;

    private static final String PYTHON_PRELUDE = """
            import ctypes, sys, time
            libc = ctypes.CDLL(None, use_errno=True)
            class Sembuf(ctypes.Structure):
                _fields_ = [("num", ctypes.c_ushort), ("op", ctypes.c_short), ("flg", ctypes.c_short)]
            def answer(result):
                return -ctypes.get_errno() if result == -1 else result
            def semop(id, *operations):
                return answer(libc.semop(id, (Sembuf * len(operations))(*operations), ctypes.c_size_t(len(operations))))
            """;

    private static final String IN_PYTHON = PYTHON_PRELUDE + """
            id = 0
            def find(key):
                found = answer(libc.semget(key, 0, 0))
                status = (ctypes.c_long * 13)() # 48 bytes of ipc_perm, then sem_otime
                while found >= 0 and libc.semctl(found, 0, 2, status) == 0 and status[6] == 0:
                    time.sleep(0.0001)
                return found
            for line in sys.stdin:
                order, *numbers = line.split()
                numbers = [int(number) for number in numbers]
                if order == "create":
                    result = id = answer(libc.semget(numbers[0], numbers[1], 0o3000 | numbers[2]))
                elif order == "find":
                    result = id = find(numbers[0])
                elif order == "use":
                    result = id = numbers[0]
                elif order == "op":
                    result = semop(id, *zip(numbers[::3], numbers[1::3], numbers[2::3]))
                else:
                    result = answer(libc.semctl(id, *numbers))
                print(result, flush=True)
            """;

    private static final String IN_PERL = """
            use IPC::SysV qw(IPC_CREAT IPC_EXCL IPC_STAT);
            use IPC::Semaphore;
            $| = 1;
            my $id = 0;
            sub answer {
                my $result = shift;
                return defined $result ? $result + 0 : -$!; # "0 but true" is 0
            }
            sub find {
                defined(my $found = semget($_[0], 0, 0)) or return;
                my $status = "";
                until (semctl($found, 0, IPC_STAT, $status) && "IPC::Semaphore::stat"->new->unpack($status)->otime) {
                    select undef, undef, undef, 0.0001;
                }
                return $found;
            }
            while (my $line = <STDIN>) {
                my ($order, @numbers) = split " ", $line;
                my $result;
                if ($order eq "create") {
                    $result = $id = answer(semget($numbers[0], $numbers[1], IPC_CREAT | IPC_EXCL | $numbers[2]));
                } elsif ($order eq "find") {
                    $result = $id = answer(find($numbers[0]));
                } elsif ($order eq "use") {
                    $result = $id = $numbers[0];
                } elsif ($order eq "op") {
                    $result = answer(semop($id, pack "s!*", @numbers) ? 0 : undef);
                } else {
                    $result = answer(semctl($id, $numbers[0], $numbers[1], $numbers[2]));
                }
                print "$result\\n";
            }
            """;

    private static CProgram inC;

    private enum Partner {
        C {
            @Override
            Peer start() {
                if (inC == null) {
                    inC = CProgram.compile(IN_C);
                }
                return Peer.start(inC.command());
            }
        },
        PYTHON {
            @Override
            Peer start() {
                return Peer.start(python(IN_PYTHON));
            }
        },
        PERL {
            @Override
            Peer start() {
                return Peer.start(perl(IN_PERL));
            }
        };

        abstract Peer start();

        /** One that uses a set. */
        Peer start(TestSemaphores set) {
            Peer peer = start();
            assertThat(peer.ask("use " + set.id())).isEqualTo(Integer.toString(set.id()));
            return peer;
        }
    }

    @AfterAll
    static void deleteProgram() {
        if (inC != null) {
            inC.close();
            inC = null;
        }
    }

    private static List<String> python(String script, Object... arguments) {
        String python = Files.isExecutable(Path.of("/usr/bin/python3")) ? "/usr/bin/python3" : "python3";
        Assumptions.assumeTrue(python.startsWith("/") || Run.isInstalled(python), "python3 is not installed");
        return command(List.of(python, "-c", script), arguments);
    }

    private static List<String> perl(String script, Object... arguments) {
        Run.assumeInstalled("perl");
        Assumptions.assumeTrue(
                Run.command("perl", "-MIPC::Semaphore", "-e", "1").status() == 0, "perl has no IPC::Semaphore");
        return command(List.of("perl", "-e", script, "--"), arguments);
    }

    private static List<String> command(List<String> start, Object... arguments) {
        return Stream.concat(start.stream(), Arrays.stream(arguments).map(String::valueOf))
                .toList();
    }

    private static String minus(Errno errno) {
        return Integer.toString(-errno.number());
    }

    // Who creates

    @ParameterizedTest
    @EnumSource(Partner.class)
    void aPartnerFindsByItsKeyWhatJavaCreated(Partner partner) throws Exception {
        for (IpcKey key : List.of(negativeKey(), new IpcKey(negativeKey().value() & Integer.MAX_VALUE))) {
            try (TestSemaphores set = TestSemaphores.withKey(key, 3, 5);
                    Peer peer = partner.start()) {
                assertThat(peer.ask("find " + key.value())).isEqualTo(Integer.toString(set.id()));
                assertThat(peer.ask("ctl 0 12 0")).isEqualTo("3");
                assertThat(peer.ask("ctl 1 12 0")).isEqualTo("5");
                assertThat(peer.ask("ctl 0 11 0"))
                        .isEqualTo(Long.toString(ProcessHandle.current().pid()));
                assertThat(peer.ask("create " + key.value() + " 1 384")).isEqualTo(minus(Errno.EEXIST));
            }
        }
    }

    private static IpcKey negativeKey() {
        return new IpcKey(ThreadLocalRandom.current().nextInt(Integer.MIN_VALUE, -1));
    }

    @ParameterizedTest
    @EnumSource(Partner.class)
    void javaFindsByItsKeyWhatAPartnerCreatedOnceItHasItsFirstValue(Partner partner) throws Exception {
        IpcKey key = negativeKey();
        try (Peer peer = partner.start();
                TestSemaphores set = TestSemaphores.existing(peer.ask("create " + key.value() + " 2 384"))) { // 0600
            FutureTask<String> found = ThreadKind.PLATFORM.start(
                    () -> Arrays.toString(SemaphoreSet.open(key).values()));
            peer.ask("ctl 1 16 5");
            assertThatThrownBy(() -> SemaphoreSet.builder()
                            .initializationTimeout(Duration.ZERO)
                            .open(set.id()))
                    .isInstanceOf(UninitializedSemaphoreException.class);
            assertThat(found.isDone()).isFalse();
            assertThat(peer.ask("op 0 3 0")).isEqualTo("0");
            assertThat(result(found)).isEqualTo("[3, 5]");
            assertThat((long) set.semaphore().status().lastPid()).isEqualTo(peer.pid());
        }
    }

    @ParameterizedTest
    @EnumSource(Partner.class)
    void aSetOfOneThatOnlySetsValuesIsOpenedOnRequest(Partner partner) throws Exception {
        IpcKey key = IpcKey.random();
        try (Peer peer = partner.start();
                TestSemaphores set = TestSemaphores.existing(peer.ask("create " + key.value() + " 1 384"))) {
            peer.ask("ctl 0 16 1");
            SemaphoreSetBuilder builder = SemaphoreSet.builder().initializationTimeout(Duration.ZERO);
            assertThatThrownBy(() -> builder.openOrCreate(key, 1)).isInstanceOf(UninitializedSemaphoreException.class);
            SemaphoreSet accepted = builder.acceptUninitialized().open(key);
            assertThat(accepted.id()).isEqualTo(set.id());
            assertThat(accepted.values()).containsExactly(1);
            assertThat(accepted.status().lastOperation()).isEmpty();

            accepted.semaphore(0).acquire();
            assertThat(SemaphoreSet.open(key).values())
                    .as("after the first operation it opens as any other")
                    .containsExactly(0);
        }
    }

    @ParameterizedTest
    @EnumSource(Partner.class)
    void ofJavaAndAPartnerThatCreateAtOnceOneSucceedsAndBothSeeTheFirstValue(Partner partner) throws Exception {
        try (Peer peer = partner.start()) {
            for (int round = 0; round < 100; round++) {
                int key = IpcKey.random().value();
                peer.tell("create " + key + " 1 384");
                FutureTask<SemaphoreSet> open = new FutureTask<>(() -> SemaphoreSet.openOrCreate(new IpcKey(key), 7));
                Thread.ofPlatform().daemon().start(open);
                String theirs = peer.hear();
                if (theirs.equals(minus(Errno.EEXIST))) {
                    theirs = peer.ask("find " + key);
                } else {
                    assertThat(peer.ask("op 0 7 0")).isEqualTo("0");
                }
                try (TestSemaphores set = TestSemaphores.existing(theirs)) {
                    SemaphoreSet opened = open.get(60, TimeUnit.SECONDS);
                    assertThat(opened.id()).isEqualTo(set.id());
                    assertThat(opened.values()).containsExactly(7);
                    assertThat(peer.ask("ctl 0 12 0")).isEqualTo("7");
                }
            }
        }
    }

    // Who waits, who posts

    @ParameterizedTest
    @EnumSource(Partner.class)
    void aPartnerGetsWhatJavaReleases(Partner partner) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0);
                Peer peer = partner.start(set)) {
            peer.tell("op 0 -1 0");
            set.awaitWaiters(0, 1);
            set.semaphore().release();
            assertThat(peer.hear()).isEqualTo("0");
            SemaphoreStatus status = set.semaphore().status();
            assertThat(status).isEqualTo(new SemaphoreStatus(0, (int) peer.pid(), 0, 0));
        }
    }

    @ParameterizedTest
    @EnumSource(Partner.class)
    void javaGetsWhatAPartnerReleases(Partner partner) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0);
                Peer peer = partner.start(set)) {
            FutureTask<String> ours = set.startAcquiring();
            Await.until(() -> peer.ask("ctl 0 14 0").equals("1"), "GETNCNT of 1");
            assertThat(peer.ask("op 0 1 0")).isEqualTo("0");
            assertThat(result(ours)).isEqualTo("done");
            assertThat(peer.ask("ctl 0 14 0")).isEqualTo("0");
            assertThat(peer.ask("ctl 0 12 0")).isEqualTo("0");
            assertThat(peer.ask("ctl 0 11 0"))
                    .isEqualTo(Long.toString(ProcessHandle.current().pid()));
        }
    }

    @ParameterizedTest
    @EnumSource(Partner.class)
    void eachWaitsForZeroOfTheOther(Partner partner) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer peer = partner.start(set)) {
            peer.tell("op 0 0 0");
            set.awaitWaitersForZero(0, 1);
            set.semaphore().acquire();
            assertThat(peer.hear()).isEqualTo("0");

            set.semaphore().release(2);
            ProcessSemaphore semaphore = set.semaphore();
            FutureTask<String> ours = ThreadKind.PLATFORM.start(() -> {
                semaphore.awaitZero();
                return "done";
            });
            Await.until(() -> peer.ask("ctl 0 15 0").equals("1"), "GETZCNT of 1");
            assertThat(peer.ask("op 0 -2 0")).isEqualTo("0");
            assertThat(result(ours)).isEqualTo("done");
        }
    }

    @ParameterizedTest
    @EnumSource(Partner.class)
    void severalOperationsAreOneStepInBothDirections(Partner partner) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1, 0, 0);
                Peer peer = partner.start(set)) {
            peer.tell("op 0 -1 0 1 -1 0 2 1 0");
            set.awaitWaiters(1, 1);
            assertThat(set.values()).containsExactly(1, 0, 0);
            set.open().semaphore(1).release();
            assertThat(peer.hear()).isEqualTo("0");
            assertThat(set.values()).containsExactly(0, 0, 1);

            SemaphoreSet open = set.open();
            FutureTask<String> ours = ThreadKind.PLATFORM.start(() -> {
                open.apply(
                        SemaphoreOperation.acquire(2), SemaphoreOperation.acquire(0), SemaphoreOperation.release(1, 2));
                return "done";
            });
            set.awaitWaiters(0, 1);
            assertThat(peer.ask("op 0 1 0")).isEqualTo("0");
            assertThat(result(ours)).isEqualTo("done");
            assertThat(set.values()).containsExactly(0, 2, 0);
            assertThat(peer.ask("op 1 -1 0 0 -1 " + IPC_NOWAIT)).isEqualTo(minus(Errno.EAGAIN));
            assertThat(set.values()).containsExactly(0, 2, 0);
        }
    }

    @ParameterizedTest
    @EnumSource(Partner.class)
    void aValueSetByOneWakesTheOther(Partner partner) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0);
                Peer peer = partner.start(set)) {
            peer.tell("op 0 -3 0");
            set.awaitWaiters(0, 1);
            set.open().setValue(0, 4);
            assertThat(peer.hear()).isEqualTo("0");
            assertThat(set.values()).containsExactly(1);

            set.semaphore().acquire();
            FutureTask<String> ours = set.startAcquiring();
            set.awaitWaiters(0, 1);
            assertThat(peer.ask("ctl 0 16 1")).isEqualTo("0");
            assertThat(result(ours)).isEqualTo("done");
        }
    }

    @ParameterizedTest
    @EnumSource(Partner.class)
    void whatAPartnerHeldIsGivenBackWhenItIsKilled(Partner partner) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer peer = partner.start(set)) {
            assertThat(peer.ask("op 0 -1 " + SEM_UNDO)).isEqualTo("0");
            FutureTask<String> ours = set.startAcquiring();
            set.awaitWaiters(0, 1);
            peer.process().destroyForcibly().waitFor();
            assertThat(result(ours)).isEqualTo("done");
        }
    }

    // Who removes

    @ParameterizedTest
    @EnumSource(Partner.class)
    void removingItInJavaEndsTheWaitOfAPartner(Partner partner) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0);
                Peer peer = partner.start(set)) {
            peer.tell("op 0 -1 0");
            set.awaitWaiters(0, 1);
            set.open().remove();
            assertThat(peer.hear()).isEqualTo(minus(Errno.EIDRM));
            assertThat(peer.ask("op 0 -1 0")).isEqualTo(minus(Errno.EINVAL));
        }
    }

    @ParameterizedTest
    @EnumSource(Partner.class)
    void removingItInAPartnerEndsTheWaitOfJava(Partner partner) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(0);
                Peer peer = partner.start(set)) {
            FutureTask<String> ours = set.startAcquiring();
            set.awaitWaiters(0, 1);
            assertThat(peer.ask("ctl 0 0 0")).isEqualTo("0");
            assertThat(errnoOf(ours)).isEqualTo(Errno.EIDRM);
            assertThat(set.exists()).isFalse();
        }
    }

    // A slot: one place in a segment, and the pair of semaphores that says whether it is empty or full

    private static final int EMPTY = 0;
    private static final int FULL = 1;
    private static final int ITEMS = 2000;

    /** The slot holds a number and, four times, what is made of it, so that a half-written item is seen. */
    private static final long SLOT_BYTE_SIZE = 5 * JAVA_LONG.byteSize();

    private static final String SLOT_IN_C = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/sem.h>
            #include <sys/shm.h>

            static int set;

            static void operate(int number, int delta) {
                struct sembuf operation = {number, delta, 0};
                if (semop(set, &operation, 1) == -1) {
                    perror("semop");
                    exit(1);
                }
            }

            int main(int argc, char **argv) {
                set = atoi(argv[2]);
                volatile long *slot = shmat(atoi(argv[3]), NULL, 0);
                for (long item = 0, count = atol(argv[4]); item < count; item++) {
                    if (strcmp(argv[1], "put") == 0) {
                        operate(0, -1);
                        slot[0] = item;
                        for (int i = 1; i < 5; i++)
                            slot[i] = item * 31 + i;
                        operate(1, 1);
                    } else {
                        operate(1, -1);
                        if (slot[0] != item)
                            return printf("%ld for %ld\\n", slot[0], item), 1;
                        for (int i = 1; i < 5; i++)
                            if (slot[i] != item * 31 + i)
                                return printf("a half-written %ld\\n", item), 1;
                        operate(0, 1);
                    }
                }
                puts("all");
                return 0;
            }
            """;

    private static final String SLOT_IN_PYTHON = PYTHON_PRELUDE + """
            libc.shmat.restype = ctypes.c_void_p
            libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
            role, id, segment, count = sys.argv[1], *map(int, sys.argv[2:])
            slot = (ctypes.c_long * 5).from_address(libc.shmat(segment, None, 0))
            def operate(number, delta):
                failure = semop(id, (number, delta, 0))
                if failure:
                    sys.exit("semop: errno %d" % -failure)
            for item in range(count):
                words = [item] + [item * 31 + i for i in range(1, 5)]
                if role == "put":
                    operate(0, -1)
                    slot[:] = words
                    operate(1, 1)
                else:
                    operate(1, -1)
                    if slot[:] != words:
                        sys.exit("%s for %d" % (slot[:], item))
                    operate(0, 1)
            print("all")
            """;

    private static void put(SemaphoreSet set, MemorySegment slot) throws IOException, InterruptedException {
        for (long item = 0; item < ITEMS; item++) {
            set.semaphore(EMPTY).acquire();
            slot.setAtIndex(JAVA_LONG, 0, item);
            for (int i = 1; i < 5; i++) {
                slot.setAtIndex(JAVA_LONG, i, item * 31 + i);
            }
            set.semaphore(FULL).release();
        }
    }

    private static void take(SemaphoreSet set, MemorySegment slot) throws IOException, InterruptedException {
        for (long item = 0; item < ITEMS; item++) {
            assertThat(set.semaphore(FULL).tryAcquire(Duration.ofMinutes(1)))
                    .as("item %d", item)
                    .isTrue();
            assertThat(slot.toArray(JAVA_LONG))
                    .containsExactly(item, item * 31 + 1, item * 31 + 2, item * 31 + 3, item * 31 + 4);
            set.semaphore(EMPTY).release();
        }
    }

    private static void exchange(List<String> partner, String role) throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1, 0);
                SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, SLOT_BYTE_SIZE)) {
            memory.remove(); // it stays as long as anybody is attached
            try (Peer other = Peer.start(command(partner, role, set.id(), memory.id(), ITEMS))) {
                if (role.equals("put")) {
                    take(set.open(), memory.segment());
                } else {
                    put(set.open(), memory.segment());
                }
                assertThat(other.hear()).isEqualTo("all");
                assertThat(other.end()).isZero();
            }
            assertThat(set.values()).containsExactly(1, 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"put", "take"})
    void inASlotSharedWithACProgramNothingIsOverwrittenUnreadOrReadTwice(String role) throws Exception {
        try (CProgram program = CProgram.compile(SLOT_IN_C)) {
            exchange(program.command(), role);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"put", "take"})
    void inASlotSharedWithPythonNothingIsOverwrittenUnreadOrReadTwice(String role) throws Exception {
        exchange(python(SLOT_IN_PYTHON), role);
    }

    // C alone

    @Test
    void theStatusIsWhatACProgramIsTold() throws Exception {
        String source = """
                #include <stdio.h>
                #include <stdlib.h>
                #include <sys/sem.h>

                int main(int argc, char **argv) {
                    struct semid_ds d;
                    union { int val; struct semid_ds *buf; } argument = {.buf = &d};
                    if (semctl(atoi(argv[1]), 0, IPC_STAT, argument) == -1)
                        return 1;
                    printf("%d %u %u %u %u %o %u %lu %ld %ld\\n", d.sem_perm.__key, d.sem_perm.uid, d.sem_perm.gid,
                           d.sem_perm.cuid, d.sem_perm.cgid, (unsigned) d.sem_perm.mode, (unsigned) d.sem_perm.__seq,
                           d.sem_nsems, d.sem_otime, d.sem_ctime);
                    return 0;
                }
                """;
        try (TestSemaphores set = TestSemaphores.withRandomKey(1, 2, 3);
                CProgram program = CProgram.compile(source)) {
            set.open().setPermissions(PosixFilePermissions.fromString("rw-r-----"));
            SemaphoreSetStatus status = SemaphoreSet.status(set.id());
            assertThat(program.run(set.id()).output().strip().split(" "))
                    .containsExactly(
                            Integer.toString(set.key().value()),
                            Long.toString(status.permissions().ownerUid()),
                            Long.toString(status.permissions().ownerGid()),
                            Long.toString(status.permissions().creatorUid()),
                            Long.toString(status.permissions().creatorGid()),
                            "640",
                            Integer.toString(status.permissions().sequence()),
                            "3",
                            Long.toString(status.lastOperation()
                                    .map(Instant::getEpochSecond)
                                    .orElse(0L)),
                            Long.toString(status.lastChanged().getEpochSecond()));
            assertThat(status.key()).isEqualTo(set.key());
            assertThat(status.size()).isEqualTo(3);
        }
    }

    /** The calls of Listings 5.2 to 5.4 of <em>Advanced Linux Programming</em>: a binary semaphore, set by SETALL. */
    private static final String BINARY_SEMAPHORE = """
            #include <errno.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/sem.h>

            union semun { int val; struct semid_ds *buf; unsigned short *array; };

            static int id;

            static int allocation(int key) {
                return id = semget(key, 1, IPC_CREAT | 0600);
            }

            static int initialize(void) {
                unsigned short values[1] = {1};
                union semun argument = {.array = values};
                return semctl(id, 0, SETALL, argument);
            }

            static int change(int delta) {
                struct sembuf operations[1] = {{0, delta, SEM_UNDO}};
                return semop(id, operations, 1);
            }

            static int deallocate(void) {
                union semun ignored = {0};
                return semctl(id, 1, IPC_RMID, ignored);
            }

            int main(int argc, char **argv) {
                char order[20];
                while (scanf("%19s", order) == 1) {
                    int answer = strcmp(order, "allocation") == 0 ? allocation(atoi(argv[1]))
                            : strcmp(order, "initialize") == 0    ? initialize()
                            : strcmp(order, "wait") == 0          ? change(-1)
                            : strcmp(order, "post") == 0          ? change(1)
                                                                  : deallocate();
                    printf("%d\\n", answer == -1 ? -errno : answer);
                    fflush(stdout);
                }
                return 0;
            }
            """;

    @Test
    void theBinarySemaphoreOfTheBookAndOursAreOne() throws Exception {
        IpcKey key = IpcKey.random();
        try (CProgram program = CProgram.compile(BINARY_SEMAPHORE);
                Peer book = Peer.start(program.command(key.value()));
                TestSemaphores set = TestSemaphores.existing(book.ask("allocation"))) {
            assertThat(book.ask("initialize")).isEqualTo("0");
            ProcessSemaphore ours = SemaphoreSet.builder()
                    .acceptUninitialized()
                    .openOrCreate(key, 1)
                    .semaphore(0);
            assertThat(ours.set().created()).isFalse();

            Permit permit = ours.hold();
            book.tell("wait");
            set.awaitWaiters(0, 1);
            permit.close();
            assertThat(book.hear()).isEqualTo("0");

            FutureTask<String> waiter = ThreadKind.PLATFORM.start(() -> {
                ours.withUndo().acquire();
                return "done";
            });
            set.awaitWaiters(0, 1);
            assertThat(book.ask("post")).isEqualTo("0");
            assertThat(result(waiter)).isEqualTo("done");
            ours.withUndo().release();

            assertThat(book.ask("wait")).isEqualTo("0");
            FutureTask<String> heir = set.startAcquiring();
            set.awaitWaiters(0, 1);
            book.process().destroyForcibly().waitFor();
            assertThat(result(heir)).isEqualTo("done");
        }
    }

    @Test
    void theBooksProgramAllocatesAndDeallocatesWhatJavaCreated() throws Exception {
        try (CProgram program = CProgram.compile(BINARY_SEMAPHORE);
                TestSemaphores set = TestSemaphores.withRandomKey(1);
                Peer book = Peer.start(program.command(set.key().value()))) {
            assertThat(book.ask("allocation")).isEqualTo(Integer.toString(set.id()));
            assertThat(book.ask("wait")).isEqualTo("0");
            assertThat(set.semaphore().tryAcquire()).isFalse();
            FutureTask<String> ours = set.startAcquiring();
            set.awaitWaiters(0, 1);
            assertThat(book.ask("deallocate")).isEqualTo("0");
            assertThat(errnoOf(ours)).isEqualTo(Errno.EIDRM);
        }
    }

    // Perl's class

    @Test
    void perlsIpcSemaphoreSeesAndChangesWhatJavaMade() throws Exception {
        String script = """
                use IPC::Semaphore;
                my $set = IPC::Semaphore->new($ARGV[0], 3, 0) or die $!;
                print join(" ", $set->id, $set->stat->nsems, $set->getall, $set->getpid(1)), "\\n";
                $set->op(0, -1, 0, 2, 4, 0) or die $!;
                $set->setval(1, 9) or die $!;
                """;
        try (TestSemaphores set = TestSemaphores.withKey(negativeKey(), 1, 2, 3)) {
            long here = ProcessHandle.current().pid();
            assertThat(Run.command(perl(script, set.key().value()), Map.of()).output())
                    .isEqualTo(set.id() + " 3 1 2 3 " + here + "\n");
            assertThat(set.values()).containsExactly(0, 9, 7);
        }
    }

    @Test
    void javaUsesWhatPerlsIpcSemaphoreMade() throws Exception {
        String script = """
                use IPC::SysV qw(IPC_CREAT IPC_EXCL);
                use IPC::Semaphore;
                my $set = IPC::Semaphore->new($ARGV[0], 2, IPC_CREAT | IPC_EXCL | 0600) or die $!;
                $set->setall(4, 2) or die $!;
                print $set->id;
                """;
        IpcKey key = negativeKey();
        try (TestSemaphores set = TestSemaphores.existing(
                Run.command(perl(script, key.value()), Map.of()).output())) {
            SemaphoreSet open = SemaphoreSet.builder().acceptUninitialized().open(key);
            assertThat(open.id()).isEqualTo(set.id());
            assertThat(open.values()).containsExactly(4, 2);
        }
    }

    // util-linux

    private static String tool(String... command) {
        Run.assumeInstalled(command[0]);
        return Run.command(command).output();
    }

    @Test
    void ipcsListsWhatJavaMade() throws Exception {
        try (TestSemaphores set = TestSemaphores.withRandomKey(1, 2, 3)) {
            set.open().setPermissions(PosixFilePermissions.fromString("rw-r-----"));
            assertThat(tool("ipcs", "-s").lines().map(line -> List.of(line.split("\\s+"))))
                    .anySatisfy(columns -> assertThat(columns)
                            .startsWith(set.key().toString(), Integer.toString(set.id()))
                            .endsWith("640", "3"));
            set.open().remove();
            assertThat(tool("ipcs", "-s").lines().map(line -> List.of(line.split("\\s+"))))
                    .noneSatisfy(columns -> assertThat(columns).contains(Integer.toString(set.id())));
        }
    }

    @Test
    void ipcsShowsValuesWaitersAndProcessesAsWeDo() throws Exception {
        Run.assumeInstalled("ipcs");
        try (TestSemaphores set = TestSemaphores.withRandomKey(0, 7, 0);
                Peer first = Partner.C.start(set);
                Peer second = Partner.C.start(set);
                Peer third = Partner.C.start(set)) {
            assertThat(first.ask("op 1 -1 0")).isEqualTo("0");
            first.tell("op 0 -1 0");
            second.tell("op 0 -1 0");
            third.tell("op 1 0 0");
            set.awaitWaiters(0, 2);
            set.awaitWaitersForZero(1, 1);
            List<SemaphoreStatus> shown = tool("ipcs", "-s", "-i", Integer.toString(set.id()))
                    .lines()
                    .map(line -> line.strip().split("\\s+"))
                    .filter(words -> words.length == 5 && words[0].matches("\\d+"))
                    .map(words ->
                            Arrays.stream(words).mapToInt(Integer::parseInt).toArray())
                    .map(row -> new SemaphoreStatus(row[1], row[4], row[2], row[3]))
                    .toList();
            SemaphoreSet open = set.open();
            assertThat(shown)
                    .containsExactly(
                            open.semaphore(0).status(),
                            open.semaphore(1).status(),
                            open.semaphore(2).status());
            int here = (int) ProcessHandle.current().pid();
            assertThat(shown)
                    .containsExactly(
                            new SemaphoreStatus(0, here, 2, 0),
                            new SemaphoreStatus(6, (int) first.pid(), 0, 1),
                            new SemaphoreStatus(0, here, 0, 0));
        }
    }

    @Test
    void whatIpcmkMadeHasNoFirstValuesAndIsOpenedOnRequest() throws Exception {
        String made = tool("ipcmk", "-S", "3", "-p", "0640");
        Matcher id = Pattern.compile("id: (\\d+)").matcher(made);
        assertThat(id.find()).as(made).isTrue();
        try (TestSemaphores set = TestSemaphores.existing(id.group(1))) {
            SemaphoreSetBuilder builder = SemaphoreSet.builder().initializationTimeout(Duration.ZERO);
            assertThatThrownBy(() -> builder.open(set.id())).isInstanceOf(UninitializedSemaphoreException.class);
            SemaphoreSet open = builder.acceptUninitialized().open(set.id());
            assertThat(open.values()).containsExactly(0, 0, 0);
            assertThat(PosixFilePermissions.toString(open.status().permissions().permissions()))
                    .isEqualTo("rw-r-----");
            open.setValues(1, 2, 3);
            assertThat(open.values()).containsExactly(1, 2, 3);
            open.semaphore(0).acquire();
            assertThat(SemaphoreSet.open(open.status().key()).id()).isEqualTo(set.id());
        }
    }

    @Test
    void ipcrmByIdentifierEndsAWait() throws Exception {
        Run.assumeInstalled("ipcrm");
        try (TestSemaphores set = TestSemaphores.withRandomKey(0)) {
            FutureTask<String> ours = set.startAcquiring();
            set.awaitWaiters(0, 1);
            tool("ipcrm", "-s", Integer.toString(set.id()));
            assertThat(errnoOf(ours)).isEqualTo(Errno.EIDRM);
            assertThat(set.exists()).isFalse();
        }
    }

    @Test
    void ipcrmByKeyEndsAWait() throws Exception {
        Run.assumeInstalled("ipcrm");
        try (TestSemaphores set = TestSemaphores.withRandomKey(0)) {
            FutureTask<String> ours = set.startAcquiring();
            set.awaitWaiters(0, 1);
            tool("ipcrm", "-S", set.key().toString());
            assertThat(errnoOf(ours)).isEqualTo(Errno.EIDRM);
            assertThat(set.exists()).isFalse();
        }
    }
}
