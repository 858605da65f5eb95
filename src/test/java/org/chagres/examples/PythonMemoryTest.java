package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.IpcKey;
import org.chagres.memory.PageSize;
import org.chagres.memory.SharedMemory;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The roles of the example, with Python as the partner or as a witness. */
@ExtendWith(LeakCheck.class)
class PythonMemoryTest {
    private final String name = "chagres-python-" + ProcessHandle.current().pid();
    private final Path file = Path.of("/dev/shm", name);

    @BeforeEach
    void python() {
        Run.assumeInstalled("python3");
    }

    @AfterEach
    void remove() throws Exception {
        Files.deleteIfExists(file);
    }

    private static List<String> python(String script, Object... arguments) {
        List<String> command = new ArrayList<>(List.of("python3", "-W", "ignore", "-c", script));
        for (Object argument : arguments) {
            command.add(String.valueOf(argument));
        }
        return command;
    }

    private static Run java(Object... arguments) {
        return Run.command(
                Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), PythonMemory.class, arguments),
                Map.of());
    }

    @Test
    void answersInMemoryThatPythonMade() {
        String script = """
                import sys
                from multiprocessing import shared_memory
                shared = shared_memory.SharedMemory(sys.argv[1], create=True, size=8192)
                shared.buf[100:106] = b"python"
                print("up", flush=True)
                sys.stdin.readline()
                print(bytes(shared.buf[200:204]).decode())
                shared.close()
                shared.unlink()
                """;
        try (Peer python = Peer.start(python(script, name))) {
            assertThat(python.hear()).isEqualTo("up");
            assertThat(java("shm", name).output()).isEqualTo("python\nwritten\n");
            assertThat(python.ask("go")).isEqualTo("java");
            assertThat(python.end()).isZero();
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void makesMemoryThatPythonOpens() throws Exception {
        String script = """
                import sys
                from multiprocessing import resource_tracker, shared_memory
                resource_tracker.register = lambda *arguments: None
                shared = shared_memory.SharedMemory(sys.argv[1])
                print(bytes(shared.buf[:8]).decode(), shared.size)
                shared.close()
                """;
        try (Peer java = Peer.java(PythonMemory.class, "shmcreate", name)) {
            assertThat(java.hear()).isEqualTo("created");
            assertThat(Run.command(python(script, name), Map.of()).output()).isEqualTo("from uut 4096\n");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            java.tell("go");
            assertThat(java.end()).isZero();
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void hasMemoryWithSealsThatPythonSees() {
        String script = "import fcntl, os, sys; print(fcntl.fcntl(os.open(sys.argv[1], os.O_RDWR), 1034) & 15)";
        try (Peer java = Peer.java(PythonMemory.class, "sealed")) {
            String number = java.hear();
            assertThat(number).matches("fd \\d+");
            String path = "/proc/" + java.pid() + "/fd/" + number.substring(3);
            assertThat(Run.command(python(script, path), Map.of()).output()).isEqualTo("14\n");
            assertThat(java.ask("go")).isEqualTo("EPERM");
            assertThat(java.hear()).isEqualTo("EPERM");
            assertThat(java.hear()).isEqualTo("EPERM");
            assertThat(java.hear()).isEqualTo("readable s");
            assertThat(java.end()).isZero();
        }
    }

    @Test
    void locksSoManyPages() throws Exception {
        try (Peer java = Peer.java(PythonMemory.class, "lock", 10)) {
            String first = java.hear();
            assertThat(first).isEqualTo("locked");
            long locked = lockedBytes(java.pid());
            assertThat(java.ask("go")).isEqualTo("unlocked");
            assertThat(locked - lockedBytes(java.pid())).isEqualTo(10L * PageSize.bytes());
            java.tell("go");
            assertThat(java.end()).isZero();
        }
    }

    private static long lockedBytes(long pid) throws Exception {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmLck:"))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void losesNoCountOfThree() throws Exception {
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4096)) {
            try (Peer one = Peer.java(PythonMemory.class, "attach", memory.id());
                    Peer two = Peer.java(PythonMemory.class, "attach", memory.id());
                    Peer three = Peer.java(PythonMemory.class, "attach", memory.id())) {
                for (Peer peer : List.of(one, two, three)) {
                    assertThat(peer.hear()).matches("\\d+");
                    assertThat(peer.end()).isZero();
                }
                assertThat(memory.segment().get(JAVA_LONG, 0)).isEqualTo(300_000);
            } finally {
                memory.remove();
            }
        }
    }

    @Test
    void aRoleThatIsNoneIsAUsageError() {
        assertThat(java().status()).isEqualTo(2);
        assertThat(java("shm").status()).isEqualTo(2);
        assertThat(java("none", 1).status()).isEqualTo(2);
    }
}
