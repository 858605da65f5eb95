package org.chagres.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.chagres.ByteSource;
import org.chagres.Pollable;
import org.chagres.testing.Await;
import org.chagres.testing.Waiting;

/**
 * What the tests of local sockets have in common: bytes, and what the kernel says of a socket. Needs no library of
 * assertions, as child JVMs have none.
 */
final class LocalSockets {
    private static final int BYTE_SIZE = 1 << 12;

    private LocalSockets() {}

    /** A line of {@code /proc/net/unix}. */
    record Row(int type, boolean listens, int state, long inode, String name) {
        static final int UNCONNECTED = 1;
        static final int CONNECTED = 3;

        private static final long ACCEPTING = 0x10000;

        static Row of(String line) {
            String[] words = line.strip().split("\\s+", 8);
            return new Row(
                    Integer.parseInt(words[4], 16),
                    (Long.parseLong(words[3], 16) & ACCEPTING) != 0,
                    Integer.parseInt(words[5], 16),
                    Long.parseLong(words[6]),
                    words.length > 7 ? words[7] : "");
        }
    }

    /** What the kernel has of a socket. */
    static Row row(Pollable socket) {
        long inode = inode(socket);
        return rows().filter(row -> row.inode() == inode).findFirst().orElseThrow();
    }

    /** Sockets that the kernel has at a name. */
    static long count(String name) {
        return rows().filter(row -> row.name().equals(name)).count();
    }

    private static Stream<Row> rows() {
        try {
            // Names are any bytes, and a line feed in one is not looked for here.
            return Files.readAllLines(Path.of("/proc/net/unix"), StandardCharsets.ISO_8859_1).stream()
                    .skip(1)
                    .map(Row::of);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static long inode(Pollable socket) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + number(socket)))
                    .toString();
            return Long.parseLong(target.replaceFirst("socket:\\[(\\d+)]", "$1"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The number, as the text of a resource tells it. */
    static int number(Object resource) {
        return Integer.parseInt(resource.toString().replaceFirst("(?s).*fd=(\\d+).*", "$1"));
    }

    /** How many descriptors of this process are sockets. */
    static long openSockets() {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(LocalSockets::isSocket).count();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static boolean isSocket(Path entry) {
        try {
            return Files.readSymbolicLink(entry).toString().startsWith("socket:");
        } catch (IOException gone) {
            return false;
        }
    }

    /** Whether anything is at a path, a link that leads nowhere too. */
    static boolean exists(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** Returns once a thread blocks in accept4(2), connect(2) or ppoll(2), or is parked. */
    static void awaitWaiting(Waiting<?> waiting) {
        Await.until(() -> waiting.task().isDone() || waits(waiting));
        if (waiting.task().isDone()) {
            throw new AssertionError("it does not wait: " + waiting.task());
        }
    }

    private static boolean waits(Waiting<?> waiting) {
        if (waiting.thread().isVirtual()) {
            return waiting.thread().getState() == Thread.State.WAITING
                    || waiting.thread().getState() == Thread.State.TIMED_WAITING;
        }
        try {
            // accept4, connect, poll or ppoll, as x86-64 and aarch64 number them.
            return Files.readString(Path.of("/proc/self/task/" + waiting.tid() + "/syscall"))
                    .matches("(288|242|42|203|7|271|73) (?s:.*)");
        } catch (IOException notYet) {
            return false;
        }
    }

    /** On the heap. */
    static MemorySegment bytes(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
    }

    static String text(MemorySegment memory, long count) {
        return new String(memory.asSlice(0, count).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /** What one read gets; empty at the end. */
    static String read(ByteSource source) throws IOException, InterruptedException {
        MemorySegment memory = Waiting.memory(BYTE_SIZE);
        return text(memory, Math.max(0, source.read(memory)));
    }

    static void write(UnixStream stream, String text) throws IOException, InterruptedException {
        stream.writeFully(bytes(text));
    }

    static String receive(UnixSeqPacket socket) throws IOException, InterruptedException {
        MemorySegment memory = Waiting.memory(BYTE_SIZE);
        return text(memory, socket.receive(memory));
    }

    static String receive(UnixDatagram socket) throws IOException, InterruptedException {
        MemorySegment memory = Waiting.memory(BYTE_SIZE);
        return text(memory, socket.receive(memory));
    }

    /** An abstract name of this process's own. */
    static UnixAddress.Abstract ownName(String name) {
        return UnixAddress.abstractName("chagres-" + ProcessHandle.current().pid() + "-" + name);
    }

    /** The command of a Python program. */
    static List<String> python(String program, Object... arguments) {
        return Stream.concat(
                        Stream.of("python3", "-c", program),
                        Stream.of(arguments).map(String::valueOf))
                .toList();
    }

    /** The number that a file of {@code /proc} has; nothing if there is no such file. */
    static Optional<Integer> limit(String file) {
        try {
            return Optional.of(Integer.parseInt(Files.readString(Path.of(file)).strip()));
        } catch (IOException none) {
            return Optional.empty();
        }
    }
}
