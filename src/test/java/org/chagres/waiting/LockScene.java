package org.chagres.waiting;

import static org.chagres.file.LockKind.FLOCK;
import static org.chagres.file.LockMode.SHARED;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.file.LockKind;
import org.chagres.file.RecordLock;
import org.chagres.file.RecordLockBuilder;
import org.chagres.testing.Helpers;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;

/**
 * A file that another open file description has locked for reading, so that nobody gets it for writing. What there is
 * to take are the locks, as {@code /proc/locks} has them, which also tells who waits.
 */
final class LockScene implements Scene {
    /** The call that locks. */
    @FunctionalInterface
    interface Call {
        Object on(Descriptor file, Duration timeout) throws Exception;
    }

    /** The call that changes a lock from shared to exclusive. */
    @FunctionalInterface
    interface Conversion {
        Object on(RecordLock lock, Duration timeout) throws Exception;
    }

    private static final String WAITS = ": -> ";

    private static final String PEER = """
            import fcntl, sys
            file = open(sys.argv[1], 'r+b')
            (fcntl.flock if sys.argv[2] == 'FLOCK' else fcntl.lockf)(file, fcntl.LOCK_SH)
            print('locked', flush=True)
            sys.stdin.read()
            """;

    private final LockKind kind;
    private final Path path;
    private final String inode;
    private final Descriptor file;
    private final Descriptor other;
    private final RecordLock inTheWay;
    private final Call call;

    private LockScene(LockKind kind, Call call, Conversion conversion) {
        this.kind = kind;
        try {
            path = Files.createTempFile("chagres-waiting", null);
            inode = ":" + Files.getAttribute(path, "unix:ino") + " ";
            file = Descriptor.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            other = Descriptor.open(path, StandardOpenOption.READ);
            // A lock of this process is in the way of no thread of it, but one of another description is.
            RecordLockBuilder others = RecordLock.builder(other);
            inTheWay = locked(kind == FLOCK ? others.kind(FLOCK) : others.range(0, 1));
            if (conversion == null) {
                this.call = call;
            } else {
                RecordLock converted = locked(RecordLock.builder(file).kind(kind));
                this.call = (sameFile, timeout) -> conversion.on(converted, timeout);
            }
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static RecordLock locked(RecordLockBuilder builder) throws IOException {
        return builder.tryLock(SHARED).orElseThrow();
    }

    static LockScene of(LockKind kind, Call call) {
        return new LockScene(kind, call, null);
    }

    /** Waits in the change of a lock that is shared to one that is exclusive. */
    static LockScene ofConversion(LockKind kind, Conversion conversion) {
        return new LockScene(kind, null, conversion);
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        return call.on(file, timeout);
    }

    /** Where waits are sliced, or no helper is to be had, it tries again after a pause. */
    @Override
    public boolean isWaiting(Attempt attempt) {
        if (locks().anyMatch(line -> line.contains(WAITS))) {
            return true;
        }
        StackTraceElement[] stack = attempt.thread().getStackTrace();
        return isAnyIn(stack, ".Lines$Errand")
                ? isAnyHelperInPause()
                : isInPause(attempt.thread(), stack) && (isAnyIn(stack, ".FileLocks") || isAnyIn(stack, ".Lines"));
    }

    /** A helper that has nothing to do is parked too, but not there. */
    private static boolean isAnyHelperInPause() {
        return Thread.getAllStackTraces().entrySet().stream()
                .anyMatch(entry -> Helpers.isHelper(entry.getKey())
                        && isAnyIn(entry.getValue(), ".FileLocks")
                        && isInPause(entry.getKey(), entry.getValue()));
    }

    private static boolean isInPause(Thread waiter, StackTraceElement[] stack) {
        return waiter.getState() == Thread.State.TIMED_WAITING && isAnyIn(stack, ".Pause");
    }

    private static boolean isAnyIn(StackTraceElement[] stack, String type) {
        return Arrays.stream(stack).anyMatch(frame -> frame.getClassName().contains(type));
    }

    @Override
    public void event() {
        inTheWay.close();
    }

    /**
     * The exclusive locks, and the one in the way: a shared one that is to be changed goes with its file. Told twice the
     * same: the kernel tells a page at a time, and where others lock meanwhile it tells lines twice, or leaves some out.
     */
    @Override
    public String state() {
        String before = read();
        for (String now = read(); ; now = read()) {
            if (now.equals(before)) {
                return now;
            }
            before = now;
        }
    }

    private String read() {
        return locks().filter(line -> !line.contains(WAITS))
                .filter(line -> kind == FLOCK || line.contains(" WRITE ") || line.endsWith(" 0 0"))
                .map(line -> line.replaceFirst("^\\d+: (\\w+) +ADVISORY +(\\w+) .*" + inode, "$1 $2 "))
                .distinct()
                .sorted()
                .collect(Collectors.joining(", "));
    }

    private Stream<String> locks() {
        try {
            return Files.readAllLines(Path.of("/proc/locks")).stream().filter(line -> line.contains(inode));
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Override
    public void closeResource(int which) {
        file.close();
    }

    @Override
    public Peer peer() {
        Run.assumeInstalled("python3");
        Peer peer = Peer.start(List.of("python3", "-c", PEER, path.toString(), kind.name()));
        if (!peer.hear().equals("locked")) {
            peer.close();
            throw new AssertionError("the peer did not lock");
        }
        event();
        return peer;
    }

    @Override
    public void close() {
        other.close();
        file.close();
        try {
            Files.delete(path);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }
}
