package org.chagres.file;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.testing.Await;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;

/**
 * What the tests of locks have in common: the locks on a file as {@code /proc/locks} has them, and another process that
 * takes and asks for locks by Python's {@code fcntl}. Needs no other library, as child JVMs have none.
 */
final class TestLocks {
    /** Before a line of one who waits. */
    static final String WAITS = "-> ";

    /**
     * Reads a word a line: {@code lock, try, unlock, ask}, the kind, {@code SHARED} or {@code EXCLUSIVE}, offset and
     * size, of which 0 is to the end. Answers {@code ok}, the name of an error, or the lock in the way.
     */
    private static final String PEER = """
            import errno, fcntl, os, struct, sys

            fd = os.open(sys.argv[1], os.O_RDWR)
            print(os.getpid(), flush=True)
            F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW = 36, 37, 38
            FLOCK = 'hhqqi4x'

            def record(command, kind, mode, offset, size):
                type = fcntl.F_UNLCK if mode == 'UNLOCK' else fcntl.F_RDLCK if mode == 'SHARED' else fcntl.F_WRLCK
                number = {
                    ('lock', 'POSIX'): fcntl.F_SETLKW, ('lock', 'OPEN_FILE_DESCRIPTION'): F_OFD_SETLKW,
                    ('try', 'POSIX'): fcntl.F_SETLK, ('try', 'OPEN_FILE_DESCRIPTION'): F_OFD_SETLK,
                    ('ask', 'POSIX'): fcntl.F_GETLK, ('ask', 'OPEN_FILE_DESCRIPTION'): F_OFD_GETLK}[command, kind]
                found = struct.unpack(FLOCK, fcntl.fcntl(fd, number, struct.pack(FLOCK, type, 0, offset, size, 0)))
                if command != 'ask':
                    return 'ok'
                if found[0] == fcntl.F_UNLCK:
                    return 'free'
                mode = 'SHARED' if found[0] == fcntl.F_RDLCK else 'EXCLUSIVE'
                return '%s %d %d %d' % (mode, found[2], found[3], found[4])

            def whole(command, mode):
                number = fcntl.LOCK_UN if mode == 'UNLOCK' else fcntl.LOCK_SH if mode == 'SHARED' else fcntl.LOCK_EX
                fcntl.flock(fd, number | (fcntl.LOCK_NB if command == 'try' else 0))
                return 'ok'

            for line in sys.stdin:
                command, kind, mode, offset, size = line.split()
                try:
                    if kind == 'FLOCK':
                        answer = whole(command, mode)
                    else:
                        answer = record(command, kind, mode, int(offset), int(size))
                except OSError as error:
                    answer = errno.errorcode[error.errno]
                print(answer, flush=True)
            """;

    private TestLocks() {}

    /** For reading and writing. */
    static Descriptor open(Path path) throws IOException {
        return Descriptor.open(path, READ, WRITE);
    }

    /** Kind, mode, first and last byte, as the kernel calls them; who waits after the others. */
    static List<String> of(Path path) {
        try {
            String inode = ":" + Files.getAttribute(path, "unix:ino") + " ";
            return Files.readAllLines(Path.of("/proc/locks")).stream()
                    .filter(line -> line.contains(inode))
                    .map(line -> line.replaceFirst("^\\d+: (-> )?(\\w+) +ADVISORY +(\\w+) .*" + inode, "$1$2 $3 "))
                    .sorted((a, b) ->
                            a.startsWith(WAITS) == b.startsWith(WAITS) ? a.compareTo(b) : a.startsWith(WAITS) ? 1 : -1)
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Those that are held. */
    static List<String> held(Path path) {
        return of(path).stream().filter(line -> !line.startsWith(WAITS)).toList();
    }

    static void awaitWaiters(Path path, int count) {
        Await.until(
                () -> of(path).stream().filter(line -> line.startsWith(WAITS)).count() == count,
                () -> count + " waiting, there are " + of(path));
    }

    /** A process that has the file open, to be asked for locks. */
    static Other other(Path path) {
        Run.assumeInstalled("python3");
        Peer peer = Peer.start(List.of("python3", "-c", PEER, path.toString()));
        return new Other(peer, Integer.parseInt(peer.hear()));
    }

    record Other(Peer peer, int pid) implements AutoCloseable {
        String tries(LockKind kind, LockMode mode, long offset, long byteSize) {
            return peer.ask(words("try", kind, mode, offset, byteSize));
        }

        String tries(LockKind kind, LockMode mode) {
            return tries(kind, mode, 0, 0);
        }

        /** Answers what it gets once it has heard of it. */
        void beginsToLock(LockKind kind, LockMode mode, long offset, long byteSize) {
            peer.tell(words("lock", kind, mode, offset, byteSize));
        }

        String asks(LockKind kind, LockMode mode, long offset, long byteSize) {
            return peer.ask(words("ask", kind, mode, offset, byteSize));
        }

        String unlocks(LockKind kind, long offset, long byteSize) {
            return peer.ask(words("try", kind, "UNLOCK", offset, byteSize));
        }

        /** For each byte from 0 on, what it would meet: a letter of the mode, or a dot. */
        String map(LockKind kind, int bytes) {
            StringBuilder map = new StringBuilder();
            for (int i = 0; i < bytes; i++) {
                String answer = asks(kind, LockMode.EXCLUSIVE, i, 1);
                map.append(answer.equals("free") ? '.' : answer.charAt(0));
            }
            return map.toString();
        }

        private static String words(String command, LockKind kind, Object mode, long offset, long byteSize) {
            return Stream.of(command, kind, mode, offset, byteSize)
                    .map(String::valueOf)
                    .reduce((a, b) -> a + " " + b)
                    .orElseThrow();
        }

        @Override
        public void close() {
            peer.close();
        }
    }
}
