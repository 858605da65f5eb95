package org.chagres.file;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.chagres.file.LockKind.POSIX;
import static org.chagres.file.LockMode.EXCLUSIVE;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.FileRange;
import org.chagres.IpcKey;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.Redirection;
import org.chagres.StandardStream;
import org.chagres.StatusFlag;
import org.chagres.memory.Access;
import org.chagres.memory.MappedMemory;
import org.chagres.memory.MemoryFile;
import org.chagres.pipe.Pipe;
import org.chagres.process.ChildProcess;
import org.chagres.process.Redirect;
import org.chagres.readiness.Epoll;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A lock of the kind POSIX ends when this process closes any descriptor of the file. So the library must not open and
 * close one without being told: whatever is done with the locked file's own descriptor, the lock is there afterwards.
 */
@ExtendWith(LeakCheck.class)
class RecordLockKeptTest {
    private static final long SIZE = 3 * 4096;

    @TempDir
    private Path folder;

    private interface Use {
        void of(Descriptor file, Path path) throws Exception;
    }

    private static MemorySegment bytes(int count) {
        return MemorySegment.ofArray(new byte[count]);
    }

    private static Map<String, Use> uses() {
        Map<String, Use> uses = new LinkedHashMap<>();
        uses.put("status", (file, path) -> {
            file.isReadable();
            file.isWritable();
            file.isOpen();
            file.statusFlags();
            file.byteSize();
            file.position();
            file.available();
            file.toString();
        });
        uses.put("flags", (file, path) -> {
            file.setStatusFlags(EnumSet.of(StatusFlag.APPEND));
            file.setStatusFlags(Set.of());
        });
        uses.put("position and size", (file, path) -> {
            file.setPosition(5);
            file.truncate(100);
            file.truncate(SIZE);
        });
        for (FileRange range : FileRange.values()) {
            uses.put("allocate " + range, (file, path) -> {
                try {
                    file.allocate(range, 4096, 4096);
                } catch (ErrnoException notOfThisFileSystem) {
                    assertThat(notOfThisFileSystem.errno().name()).isIn("EOPNOTSUPP", "EINVAL");
                }
            });
        }
        uses.put("read", (file, path) -> {
            file.read(bytes(10));
            file.tryRead(bytes(10), Duration.ZERO);
            file.tryRead(bytes(10), Duration.ofSeconds(1));
            file.readFully(bytes(10));
            file.read(List.of(bytes(3), bytes(4)));
            file.tryRead(List.of(bytes(3), bytes(4)), Duration.ofSeconds(1));
            file.readFully(List.of(bytes(3), bytes(4)));
            file.read(ByteBuffer.allocate(3));
            file.readFully(ByteBuffer.allocate(3));
            file.read(new byte[3]);
            file.readFully(new byte[3]);
            file.readAt(bytes(10), 7);
        });
        uses.put("write", (file, path) -> {
            file.write(bytes(10));
            file.tryWrite(bytes(10), Duration.ZERO);
            file.writeFully(bytes(10));
            file.write(List.of(bytes(3), bytes(4)));
            file.writeFully(List.of(bytes(3), bytes(4)));
            file.write(ByteBuffer.allocate(3));
            file.write(new byte[3]);
            file.writeAt(bytes(10), 7);
        });
        uses.put("streams and channels", (file, path) -> { // not closed, as that closes the file
            file.inputStream().read(new byte[5]);
            file.outputStream().write(new byte[5]);
            file.reader(US_ASCII).read();
            file.writer(US_ASCII).append("text").flush();
        });
        uses.put("poll", (file, path) -> {
            file.poll(Set.of(Readiness.READABLE));
            file.tryPoll(Set.of(Readiness.WRITABLE), Duration.ofSeconds(1));
            Pollable.tryPoll(Map.of(file, Set.of(Readiness.READABLE)), Duration.ZERO);
        });
        uses.put("epoll", (file, path) -> {
            try (Epoll epoll = Epoll.create()) {
                assertThatExceptionOfType(IOException.class) // a file is always ready: EPERM
                        .isThrownBy(() -> epoll.add(file, Set.of(Readiness.READABLE)));
            }
        });
        uses.put("splice and sendfile", (file, path) -> {
            try (Pipe pipe = Pipe.create()) {
                file.setPosition(0);
                assertThat(file.splice(pipe.sink(), 10)).isEqualTo(10);
                assertThat(pipe.source().splice(file, 5)).isEqualTo(5);
                assertThat(file.trySplice(pipe.sink(), 10, Duration.ofSeconds(1)))
                        .isEqualTo(10);
                assertThat(file.sendFile(pipe.sink(), 0, 10)).isEqualTo(10);
                assertThat(file.trySendFile(pipe.sink(), 0, 10, Duration.ofSeconds(1)))
                        .isEqualTo(10);
            }
        });
        uses.put("map", (file, path) -> {
            try (MappedMemory memory = MappedMemory.map(file)) {
                memory.put(0, bytes(10));
                memory.get(0, bytes(10));
                memory.flush();
                memory.residentPages();
                memory.protect(Access.READ_ONLY);
                memory.protect(Access.READ_WRITE);
                memory.resize(4096);
                memory.resize(SIZE);
                memory.split(4096).close();
            }
            try (Arena arena = Arena.ofConfined()) {
                MappedMemory.map(file, arena);
            }
        });
        uses.put("the kernel's refusals", (file, path) -> {
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> file.truncate(Long.MAX_VALUE));
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> MemoryFile.take(file, 1));
            assertThat(file.isOpen()).isTrue();
        });
        uses.put(
                "a child that shares it",
                (file, path) -> ChildProcess.command("true")
                        .descriptor(0, Redirect.share(file))
                        .descriptor(7, Redirect.share(file))
                        .run());
        uses.put(
                "a child that cannot be started",
                (file, path) -> assertThatExceptionOfType(IOException.class)
                        .isThrownBy(() -> ChildProcess.command("/nowhere/nothing")
                                .descriptor(7, Redirect.take(file))
                                .start()));
        uses.put("questions by name", (file, path) -> {
            IpcKey.ofPath(path, 7);
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> MappedMemory.create(path, 100));
        });
        uses.put("other locks", (file, path) -> {
            for (LockKind kind : new LockKind[] {LockKind.FLOCK}) {
                RecordLock.builder(file).kind(kind).lock(EXCLUSIVE).close();
            }
            RecordLock.builder(file).holder(EXCLUSIVE);
            RecordLock.builder(file).kind(POSIX).holder(EXCLUSIVE);
            assertThat(RecordLock.builder(file).range(50, 1).tryLock(EXCLUSIVE)).isPresent();
            RecordLock.builder(file)
                    .range(50, 1)
                    .tryLock(EXCLUSIVE)
                    .orElseThrow()
                    .close();
        });
        return uses;
    }

    @TestFactory
    Stream<DynamicTest> theLockIsThereAfter() {
        return Stream.of(ThreadKind.values())
                .flatMap(kind -> uses().entrySet().stream()
                        .map(use -> DynamicTest.dynamicTest(
                                use.getKey() + ", " + kind, () -> checkKept(kind, use.getValue()))));
    }

    private void checkKept(ThreadKind kind, Use use) throws Exception {
        Path path = Files.write(folder.resolve("file"), new byte[(int) SIZE]);
        try (Descriptor file = TestLocks.open(path)) {
            RecordLock.builder(file).kind(POSIX).range(0, 10).lock(EXCLUSIVE);
            kind.start(() -> {
                        use.of(file, path);
                        return null;
                    })
                    .get();
            assertThat(TestLocks.of(path)).containsExactly("POSIX WRITE 0 9");
        } finally {
            Files.delete(path);
        }
    }

    // What opens it by name, or closes another descriptor of it, was told to.

    @Test
    void whatOpensTheFileByNameDropsTheLock() throws Exception {
        Map<String, Use> uses = new LinkedHashMap<>();
        uses.put("MappedMemory.open", (file, path) -> MappedMemory.open(path).close());
        uses.put(
                "MappedMemory.openOrCreate",
                (file, path) -> MappedMemory.openOrCreate(path, SIZE).close());
        uses.put(
                "Redirect.from",
                (file, path) ->
                        ChildProcess.command("true").input(Redirect.from(path)).run());
        uses.put("a closed duplicate", (file, path) -> file.duplicate().close());
        Path path = Files.write(folder.resolve("file"), new byte[(int) SIZE]);
        for (Map.Entry<String, Use> use : uses.entrySet()) {
            try (Descriptor file = TestLocks.open(path)) {
                RecordLock.builder(file).kind(POSIX).range(0, 10).lock(EXCLUSIVE);
                use.getValue().of(file, path);
                assertThat(TestLocks.of(path)).as(use.getKey()).isEmpty();
            }
        }
    }

    /** One of an open file description does not mind. */
    @Test
    void whatOpensTheFileByNameLeavesALockOfTheDescription() throws Exception {
        Path path = Files.write(folder.resolve("file"), new byte[(int) SIZE]);
        try (Descriptor file = TestLocks.open(path);
                RecordLock lock = RecordLock.lock(file, EXCLUSIVE)) {
            MappedMemory.open(path).close();
            file.duplicate().close();
            assertThat(TestLocks.of(path)).containsExactly("OFDLCK WRITE 0 EOF");
            assertThat(lock.isOpen()).isTrue();
        }
    }

    @Test
    void theEndOfARedirectionToTheFileDropsTheLock() throws Exception {
        Path path = Files.write(folder.resolve("file"), new byte[(int) SIZE]);
        Run run = Run.command(
                Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), Redirecting.class, path), Map.of());
        assertThat(run.output()).isEqualTo("[POSIX WRITE 0 EOF]\n[]\n");
    }

    /** Redirects its standard input to a locked file and back. */
    static final class Redirecting {
        private Redirecting() {}

        public static void main(String[] arguments) throws Exception {
            Path path = Path.of(arguments[0]);
            try (Descriptor file = TestLocks.open(path)) {
                RecordLock.builder(file).kind(POSIX).lock(EXCLUSIVE);
                Redirection redirection = file.redirect(StandardStream.INPUT);
                System.out.println(TestLocks.of(path));
                redirection.close();
                System.out.println(TestLocks.of(path));
            }
        }
    }

    // The same of the system calls.

    @Test
    void noDescriptorOfTheFileIsMadeOrClosedMeanwhile() throws Exception {
        Run.assumeInstalled("strace");
        Path path = Files.write(folder.resolve("strictly-watched"), new byte[(int) SIZE]);
        Path trace = folder.resolve("trace");
        List<String> command = Stream.concat(
                        Stream.of(
                                "strace",
                                "-f",
                                "-y",
                                "-qq",
                                "-e",
                                "trace=open,openat,close,dup,dup2,dup3,fcntl",
                                "-o",
                                trace.toString()),
                        Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), Watched.class, path).stream())
                .toList();
        Run run = Run.command(command, Map.of());
        assumeFalse(run.err().contains("ptrace"), "strace is not permitted");
        assertThat(run.output()).isEqualTo("done\n");

        assertThat(Files.readAllLines(trace).stream()
                        .filter(line -> line.contains("strictly-watched"))
                        .filter(line ->
                                line.matches(".* (open|openat|close|dup|dup2|dup3)\\(.*") || line.contains("F_DUPFD"))
                        .map(line -> line.replaceFirst("^\\d+ +(\\w+)\\(.*", "$1")))
                .containsExactly("openat", "close"); // the user's
    }

    /** Works on a file in all ways that need no library of assertions. */
    static final class Watched {
        private Watched() {}

        public static void main(String[] arguments) throws Exception {
            try (Descriptor file = TestLocks.open(Path.of(arguments[0]))) {
                RecordLock.builder(file).kind(POSIX).lock(EXCLUSIVE);
                for (ThreadKind kind : ThreadKind.values()) {
                    kind.start(() -> {
                                use(file);
                                return null;
                            })
                            .get();
                }
            }
            System.out.println("done");
        }

        private static void use(Descriptor file) throws Exception {
            file.statusFlags();
            file.byteSize();
            file.setPosition(0);
            file.read(bytes(10));
            file.read(List.of(bytes(3), bytes(4)));
            file.readAt(bytes(10), 7);
            file.write(bytes(10));
            file.writeAt(bytes(10), 7);
            file.inputStream().read(new byte[5]);
            file.outputStream().write(new byte[5]);
            file.poll(Set.of(Readiness.READABLE));
            try (Pipe pipe = Pipe.create()) {
                file.setPosition(0);
                file.splice(pipe.sink(), 10);
                pipe.source().splice(file, 5);
                file.sendFile(pipe.sink(), 0, 10);
            }
            try (MappedMemory memory = MappedMemory.map(file)) {
                memory.put(0, bytes(10));
                memory.get(0, bytes(10));
                memory.flush();
                memory.resize(4096);
                memory.resize(SIZE);
                memory.split(4096).close();
            }
            RecordLock.builder(file).holder(EXCLUSIVE);
            RecordLock.builder(file).kind(LockKind.FLOCK).lock(EXCLUSIVE).close();
        }
    }
}
