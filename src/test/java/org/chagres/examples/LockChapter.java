package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.BufferedReader;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.Descriptor;
import org.chagres.file.LockKind;
import org.chagres.file.LockMode;
import org.chagres.file.RecordLock;
import org.chagres.file.RecordLockBuilder;

/** The tour's chapter on locks: of files and ranges of them. */
final class LockChapter implements Tour.Chapter {
    private static final int RECORD = 32; // bytes

    /** Locks a range, says so, and keeps it until its input ends. */
    private static final String PYTHON = """
            import fcntl, sys
            with open(sys.argv[1], "r+b") as file:
                fcntl.lockf(file, fcntl.LOCK_EX, 32, 64)
                print("locked", flush=True)
                sys.stdin.read()
            """;

    @Override
    public void walk(Tour tour) throws Exception {
        Path folder =
                Tour.make(() -> Files.createTempDirectory("chagres-tour"), made -> () -> Files.deleteIfExists(made));
        Path file = Tour.make(() -> folder.resolve("records"), made -> () -> Files.deleteIfExists(made));
        whole(tour, file);
        waits(tour, file);
        others(tour, file);
        accounts(tour, Tour.make(() -> folder.resolve("accounts"), made -> () -> Files.deleteIfExists(made)));
    }

    private static void whole(Tour tour, Path path) throws Exception {
        tour.say("A file is opened twice. What the one has locked the other does not get, in one process as in two.");
        append(path, "a line\n");
        tour.see("bytes written under the lock", Files.size(path), 7L);
        try (Descriptor one = Descriptor.open(path, READ, WRITE);
                Descriptor two = Descriptor.open(path, READ, WRITE);
                RecordLock lock = RecordLock.lock(one, LockMode.SHARED)) {
            tour.see("shared", RecordLock.tryLock(two, LockMode.SHARED).map(LockChapter::closed), Optional.of(true));
            tour.see("exclusive", RecordLock.tryLock(two, LockMode.EXCLUSIVE).isPresent(), false);
            lock.convert(LockMode.EXCLUSIVE);
            tour.see(
                    "shared, once the first is exclusive",
                    RecordLock.tryLock(two, LockMode.SHARED).isPresent(),
                    false);
        }
    }

    private static boolean closed(RecordLock lock) {
        lock.close();
        return !lock.isOpen();
    }

    @SuppressWarnings("try") // a lock is held, and not used
    static void append(Path path, String line) throws Exception {
        // @start region="lock"
        try (Descriptor file = Descriptor.open(path, CREATE, WRITE);
                RecordLock lock = RecordLock.lock(file, LockMode.EXCLUSIVE)) { // waits while somebody else has one
            file.setPosition(file.byteSize());
            file.writeFully(line.getBytes(UTF_8)); // what only one may do at a time
        } // given up; by the kernel, should this process be killed
        // @end
    }

    private static void waits(Tour tour, Path path) throws Exception {
        tour.say("What ends a wait for a lock, but the lock:");
        try (Descriptor one = Descriptor.open(path, READ, WRITE);
                Descriptor two = Descriptor.open(path, READ, WRITE);
                RecordLock lock = RecordLock.lock(one, LockMode.EXCLUSIVE)) {
            tour.see(
                    "the time (50 ms)",
                    RecordLock.builder(two)
                            .tryLock(lock.mode(), Duration.ofMillis(50))
                            .isPresent(),
                    false);
            tour.see("an interrupt", interrupted(Thread.ofPlatform(), two), "InterruptedException");
            tour.see("an interrupt, of a virtual thread", interrupted(Thread.ofVirtual(), two), "InterruptedException");
        }
    }

    /** Whether it is interrupted before or in the wait: it comes to the same. */
    private static String interrupted(Thread.Builder kind, Descriptor file) throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        FutureTask<String> waiter = new FutureTask<>(() -> {
            begun.countDown();
            return Tour.outcome(() -> RecordLock.lock(file, LockMode.EXCLUSIVE).close());
        });
        Thread thread = kind.start(waiter);
        begun.await();
        thread.interrupt();
        return waiter.get(60, TimeUnit.SECONDS);
    }

    private static void others(Tour tour, Path path) throws Exception {
        tour.say("Records of 32 bytes, each with a lock of its own.");
        try (Descriptor file = Descriptor.open(path, READ, WRITE)) {
            tour.see("record 2", record(file, 2), "free");
            if (!Tour.isInstalled("python3")) {
                tour.say("(There is no python3 here, so no Python process joins.)");
                return;
            }
            Process python = Tour.python(PYTHON, path);
            BufferedReader heard = python.inputReader();
            tour.see("Python has record 2", heard.readLine(), "locked");
            tour.see(
                    "record 2",
                    record(file, 2),
                    "taken: Optional[LockHolder[mode=EXCLUSIVE, offset=64, byteSize=32, pid=OptionalInt[" + python.pid()
                            + "]]]");
            tour.see("record 3", record(file, 3), "free");
            python.destroyForcibly().waitFor(); // kill -9, by its pid
            tour.see("record 2, after the kill", record(file, 2), "free");
        }
    }

    private static String record(Descriptor file, long number) throws Exception {
        MemorySegment bytes = MemorySegment.ofArray(new byte[RECORD]);
        // @start region="range"
        RecordLockBuilder record = RecordLock.builder(file)
                .kind(LockKind.POSIX) // as other programs have it
                .range(number * RECORD, RECORD);
        try (RecordLock lock = record.tryLock(LockMode.EXCLUSIVE).orElse(null)) {
            if (lock == null) {
                return "taken: " + record.holder(LockMode.EXCLUSIVE);
            }
            file.readAt(bytes, lock.offset()); // nobody else who asks for a lock is there now
        }
        // @end
        return "free";
    }

    private static void accounts(Tour tour, Path file) throws Exception {
        tour.say("Ten accounts in a file, with 100 each. Two JVMs move money between them, 2000 times each.");
        Accounts.create(file, 10, 100);
        Process one = Tour.java(Accounts.class, "move", file, 1, 2000);
        Process two = Tour.java(Accounts.class, "move", file, 2, 2000);
        tour.see("the first ends well", Tour.output(one), "");
        tour.see("the second too", Tour.output(two), "");
        tour.see("the sum", Accounts.total(file), 1000L);
    }
}
