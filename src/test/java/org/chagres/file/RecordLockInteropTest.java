package org.chagres.file;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.file.LockKind.FLOCK;
import static org.chagres.file.LockKind.OPEN_FILE_DESCRIPTION;
import static org.chagres.file.LockKind.POSIX;
import static org.chagres.file.LockMode.EXCLUSIVE;
import static org.chagres.file.LockMode.SHARED;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.Descriptor;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Programs that lock files, and have never heard of this library. */
@ExtendWith(LeakCheck.class)
class RecordLockInteropTest {
    /** Runs each line it reads with the open file {@code f}; answers the result, or the name of the error. */
    private static final String PYTHON = """
            import errno, fcntl, os, sys
            f = open(sys.argv[1], 'r+b')
            for line in sys.stdin:
                try:
                    answer = eval(line)
                except OSError as error:
                    answer = errno.errorcode[error.errno]
                print(answer, flush=True)
            """;

    /** Runs each line it reads as SQL; answers the rows, or the message of the error. */
    private static final String SQLITE = """
            import sqlite3, sys
            base = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
            base.execute('pragma journal_mode=delete')
            for line in sys.stdin:
                try:
                    answer = base.execute(line).fetchall()
                except sqlite3.OperationalError as error:
                    answer = error
                print(answer, flush=True)
            """;

    // The bytes of the database file that SQLite's readers and writers lock, whatever is there: its file format.

    private static final long PENDING = 0x40000000;
    private static final long RESERVED = PENDING + 1;
    private static final long SHARED_FIRST = PENDING + 2;
    private static final long SHARED_SIZE = 510;

    @TempDir
    private Path folder;

    private Path path;

    @BeforeEach
    void makeFile() throws Exception {
        path = Files.writeString(folder.resolve("file"), "0123456789", US_ASCII);
    }

    private static Peer python(String program, Path path) {
        Run.assumeInstalled("python3");
        return Peer.start(List.of("python3", "-c", program, path.toString()));
    }

    @Test
    void lockfOfPythonSeesAndIsSeen() throws Exception {
        try (Peer python = python(PYTHON, path);
                Descriptor file = TestLocks.open(path)) {
            for (LockKind kind : new LockKind[] {POSIX, OPEN_FILE_DESCRIPTION}) {
                RecordLockBuilder builder = RecordLock.builder(file).kind(kind).range(2, 3);
                try (RecordLock lock = builder.lock(SHARED)) {
                    assertThat(python.ask("fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 4)"))
                            .isEqualTo("EAGAIN");
                    assertThat(python.ask("fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 0, 5)"))
                            .isEqualTo("None");
                    assertThat(python.ask("fcntl.lockf(f, fcntl.LOCK_SH | fcntl.LOCK_NB, 0, 2)"))
                            .isEqualTo("None");
                    assertThat(lock.isOpen()).isTrue();
                }
                assertThat(builder.tryLock(EXCLUSIVE)).isEmpty();
                assertThat(builder.holder(EXCLUSIVE))
                        .contains(new LockHolder(SHARED, 2, RecordLock.TO_THE_END, OptionalInt.of((int) python.pid())));
                assertThat(python.ask("fcntl.lockf(f, fcntl.LOCK_UN)")).isEqualTo("None");
            }
        }
    }

    @Test
    void flockOfPythonSeesAndIsSeen() throws Exception {
        try (Peer python = python(PYTHON, path);
                Descriptor file = TestLocks.open(path)) {
            RecordLockBuilder builder = RecordLock.builder(file).kind(FLOCK);
            try (RecordLock lock = builder.lock(EXCLUSIVE)) {
                assertThat(python.ask("fcntl.flock(f, fcntl.LOCK_SH | fcntl.LOCK_NB)"))
                        .isEqualTo("EAGAIN");
                assertThat(lock.isOpen()).isTrue();
            }
            assertThat(python.ask("fcntl.flock(f, fcntl.LOCK_SH | fcntl.LOCK_NB)"))
                    .isEqualTo("None");
            assertThat(builder.tryLock(EXCLUSIVE)).isEmpty();
            assertThat(builder.tryLock(SHARED)).isPresent();
        }
    }

    @Test
    void flockOfTheShellWaitsForUsAndWeForIt() throws Exception {
        Run.assumeInstalled("flock");
        try (Descriptor file = TestLocks.open(path)) {
            RecordLockBuilder builder = RecordLock.builder(file).kind(FLOCK);
            RecordLock lock = builder.lock(EXCLUSIVE);
            assertThat(Run.command("flock", "-n", "-E", "42", path.toString(), "true")
                            .status())
                    .isEqualTo(42);
            try (Peer shell =
                    Peer.start(List.of("flock", path.toString(), "sh", "-c", "echo locked; exec cat >/dev/null"))) {
                TestLocks.awaitWaiters(path, 1);
                lock.close();
                assertThat(shell.hear()).isEqualTo("locked");

                assertThat(builder.tryLock(SHARED)).isEmpty();
                FutureTask<RecordLock> waiting = ThreadKind.VIRTUAL.start(() -> builder.lock(SHARED));
                TestLocks.awaitWaiters(path, 1);
                assertThat(shell.end()).isZero();
                waiting.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS).close();
            }
        }
    }

    @Test
    void sqliteSeesOurLocks() throws Exception {
        Path base = folder.resolve("base");
        try (Peer sqlite = python(SQLITE, base)) {
            assertThat(sqlite.ask("create table t(x)")).isEqualTo("[]");
            assertThat(sqlite.ask("insert into t values(7)")).isEqualTo("[]");
            for (LockKind kind : new LockKind[] {POSIX, OPEN_FILE_DESCRIPTION}) {
                try (Descriptor file = TestLocks.open(base)) {
                    RecordLockBuilder builder = RecordLock.builder(file).kind(kind);
                    // As a reader does: others read, and do not commit.
                    try (RecordLock reader =
                            builder.range(SHARED_FIRST, SHARED_SIZE).lock(SHARED)) {
                        assertThat(sqlite.ask("select x from t")).isEqualTo("[(7,)]");
                        assertThat(sqlite.ask("update t set x = 8")).isEqualTo("database is locked");
                        assertThat(reader.mode()).isEqualTo(SHARED);
                    }
                    // As a writer does before it commits: others read, and do not begin to write.
                    try (RecordLock writer = builder.range(RESERVED, 1).lock(EXCLUSIVE)) {
                        assertThat(sqlite.ask("select x from t")).isEqualTo("[(7,)]");
                        assertThat(sqlite.ask("begin immediate")).isEqualTo("database is locked");
                        assertThat(writer.mode()).isEqualTo(EXCLUSIVE);
                    }
                    // And when it commits: nobody else.
                    try (RecordLock commit =
                            builder.range(PENDING, SHARED_SIZE + 2).lock(EXCLUSIVE)) {
                        assertThat(sqlite.ask("select x from t")).isEqualTo("database is locked");
                        assertThat(commit.mode()).isEqualTo(EXCLUSIVE);
                    }
                }
                assertThat(sqlite.ask("update t set x = 7")).isEqualTo("[]");
            }
        }
    }

    @Test
    void weSeeTheLocksOfSqlite() throws Exception {
        Path base = folder.resolve("base");
        try (Peer sqlite = python(SQLITE, base)) {
            assertThat(sqlite.ask("create table t(x)")).isEqualTo("[]");
            int pid = (int) sqlite.pid();
            try (Descriptor file = TestLocks.open(base)) {
                for (LockKind kind : new LockKind[] {POSIX, OPEN_FILE_DESCRIPTION}) {
                    RecordLockBuilder builder = RecordLock.builder(file).kind(kind);
                    assertThat(builder.holder(EXCLUSIVE)).isEmpty();

                    assertThat(sqlite.ask("begin immediate")).isEqualTo("[]");
                    assertThat(builder.range(RESERVED, 1).holder(SHARED))
                            .contains(new LockHolder(EXCLUSIVE, RESERVED, 1, OptionalInt.of(pid)));
                    assertThat(builder.range(SHARED_FIRST, SHARED_SIZE).holder(EXCLUSIVE))
                            .contains(new LockHolder(SHARED, SHARED_FIRST, SHARED_SIZE, OptionalInt.of(pid)));
                    assertThat(builder.range(RESERVED, 1).tryLock(EXCLUSIVE)).isEmpty();
                    assertThat(sqlite.ask("commit")).isEqualTo("[]");

                    assertThat(sqlite.ask("begin exclusive")).isEqualTo("[]");
                    assertThat(builder.range(SHARED_FIRST, SHARED_SIZE).tryLock(SHARED))
                            .isEmpty();
                    assertThat(sqlite.ask("rollback")).isEqualTo("[]");

                    assertThat(builder.range(0, RecordLock.TO_THE_END).holder(EXCLUSIVE))
                            .isEmpty();
                }
            }
        }
    }

    @Test
    void theLocksOfTheJdkInAnotherJvmSeeAndAreSeen() throws Exception {
        try (Peer other = Peer.java(JdkLocks.class, path);
                Descriptor file = TestLocks.open(path)) {
            for (LockKind kind : new LockKind[] {POSIX, OPEN_FILE_DESCRIPTION}) {
                RecordLockBuilder builder = RecordLock.builder(file).kind(kind).range(2, 3);
                try (RecordLock lock = builder.lock(SHARED)) {
                    assertThat(other.ask("4 4 false")).isEqualTo("none");
                    assertThat(other.ask("4 4 true")).isEqualTo("locked");
                    assertThat(lock.isOpen()).isTrue();
                }
                assertThat(builder.tryLock(SHARED)).isPresent();
                assertThat(builder.tryLock(EXCLUSIVE)).isEmpty();
                assertThat(builder.holder(EXCLUSIVE))
                        .contains(new LockHolder(SHARED, 4, 4, OptionalInt.of((int) other.pid())));
                RecordLock.builder(file).kind(kind).lock(SHARED).close();
                assertThat(other.ask("release")).isEqualTo("released");
                assertThat(other.ask("4 4 false")).isEqualTo("locked");
                assertThat(builder.tryLock(SHARED)).isEmpty();
                assertThat(other.ask("release")).isEqualTo("released");
            }
        }
    }

    /** The JDK has only those of the process; it refuses a second one of the same JVM on its own. */
    @Test
    void inThisJvmTheJdkKeepsNoLockOfOursOutButOneOfADescription() throws Exception {
        try (Descriptor file = TestLocks.open(path);
                FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            RecordLock.builder(file).kind(POSIX).lock(EXCLUSIVE);
            channel.tryLock().release(); // one process: it is no other's, and takes ours with it
            assertThat(TestLocks.of(path)).isEmpty();

            try (RecordLock lock = RecordLock.lock(file, EXCLUSIVE)) {
                assertThat(channel.tryLock()).isNull();
                assertThat(lock.isOpen()).isTrue();
            }
        }
    }

    /** Reads offset, size and whether shared; or that the lock is to be released. */
    static final class JdkLocks {
        private JdkLocks() {}

        public static void main(String[] arguments) throws Exception {
            FileLock lock = null;
            try (FileChannel channel =
                            FileChannel.open(Path.of(arguments[0]), StandardOpenOption.READ, StandardOpenOption.WRITE);
                    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, US_ASCII))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    if (line.equals("release")) {
                        lock.release();
                        System.out.println("released");
                        continue;
                    }
                    String[] words = line.split(" ");
                    lock = channel.tryLock(
                            Long.parseLong(words[0]), Long.parseLong(words[1]), Boolean.parseBoolean(words[2]));
                    System.out.println(lock == null ? "none" : "locked");
                }
            }
        }
    }
}
