package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.memory.TestMemoryFiles.*;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.Descriptor;
import org.chagres.process.ChildProcess;
import org.chagres.process.ChildProcessBuilder;
import org.chagres.process.Completed;
import org.chagres.process.Redirect;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Memory files that go to a child, or are opened by another process through this one's descriptor. */
@ExtendWith(LeakCheck.class)
class MemoryFileProcessesTest {
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");

    /** Maps what it is given, tells the text and its seals, and tries all that a seal may forbid. */
    private static final String PYTHON_PEER = """
            import errno, fcntl, mmap, os, sys
            where = sys.argv[1]
            fd = int(where) if where.isdigit() else os.open(where, os.O_RDWR)
            shown = mmap.mmap(fd, 0, mmap.MAP_PRIVATE, mmap.PROT_READ)
            print(shown[:].split(b"\\0")[0].decode(), fcntl.fcntl(fd, 1034))
            def attempt(what):
                try:
                    what()
                    print("done")
                except OSError as e:
                    print(errno.errorcode[e.errno])
            def write():
                shared = mmap.mmap(fd, 0)
                shared[0:7] = b"Python\\0"
            attempt(write)
            attempt(lambda: os.pwrite(fd, b"P", 0))
            attempt(lambda: os.ftruncate(fd, 1))
            attempt(lambda: os.ftruncate(fd, 10000))
            """;

    private static final String C_PEER = """
            #include <ctype.h>
            #include <errno.h>
            #include <fcntl.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/mman.h>
            #include <sys/stat.h>
            #include <unistd.h>

            static void tell(int failed) {
                puts(!failed ? "done" : errno == EPERM ? "EPERM" : strerror(errno));
            }

            int main(int argc, char **argv) {
                int fd = isdigit(argv[1][0]) ? atoi(argv[1]) : open(argv[1], O_RDWR);
                struct stat file;
                if (fd < 0 || fstat(fd, &file) < 0) {
                    perror(argv[1]);
                    return 1;
                }
                char *shown = mmap(NULL, file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
                if (shown == MAP_FAILED) {
                    perror("mmap");
                    return 1;
                }
                printf("%s %d\\n", shown, fcntl(fd, F_GET_SEALS));
                char *shared = mmap(NULL, file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
                tell(shared == MAP_FAILED);
                if (shared != MAP_FAILED) {
                    strcpy(shared, "C");
                }
                tell(pwrite(fd, "P", 1, 0) < 0);
                tell(ftruncate(fd, 1) < 0);
                tell(ftruncate(fd, 10000) < 0);
                return 0;
            }
            """;

    private static MemoryFile lake() throws Exception {
        MemoryFile file = MemoryFile.create("lake", 5000);
        file.descriptor().writeAt(bytes("Gatun"), 0);
        return file;
    }

    private static String output(ChildProcessBuilder child) throws Exception {
        Completed completed = child.run();
        assertThat(completed.termination().isSuccess()).as("%s", completed).isTrue();
        return completed.text();
    }

    private static ChildProcessBuilder child(List<String> command) {
        return ChildProcess.command(
                command.getFirst(), command.subList(1, command.size()).toArray(String[]::new));
    }

    /** A child gets the number, another process the path. */
    private static String toldOf(MemoryFile file, boolean toChild, List<String> program) throws Exception {
        List<String> command = new ArrayList<>(program);
        command.add(toChild ? "9" : path(file.descriptor()).toString());
        return toChild
                ? output(child(command).descriptor(9, Redirect.share(file.descriptor())))
                : Run.command(command, Map.of()).output();
    }

    private static void everySealHolds(boolean toChild, List<String> program) throws Exception {
        try (MemoryFile file = lake()) {
            file.seal(Seal.SHRINK, Seal.GROW, Seal.WRITE);
            int seals = sealsThatPythonSees(file.descriptor());
            assertThat(toldOf(file, toChild, program).lines())
                    .containsExactly("Gatun " + seals, "EPERM", "EPERM", "EPERM", "EPERM");
            assertThat(read(file.descriptor(), 6000)).startsWith("Gatun\0").hasSize(5000);
        }
    }

    private static void nothingHoldsWithoutSeals(boolean toChild, List<String> program, String written)
            throws Exception {
        try (MemoryFile file = lake();
                MappedMemory memory = file.map()) {
            int seals = sealsThatPythonSees(file.descriptor());
            assertThat(toldOf(file, toChild, program).lines())
                    .containsExactly("Gatun " + seals, "done", "done", "done", "done");
            assertThat(read(memory, 1)).isEqualTo(written);
            assertThat(file.byteSize()).isEqualTo(10_000);
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void pythonIsHeldByTheSeals(boolean asAChild) throws Exception {
        Run.assumeInstalled("python3");
        everySealHolds(asAChild, List.of("python3", "-c", PYTHON_PEER));
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void pythonDoesAllThatNoSealForbids(boolean asAChild) throws Exception {
        Run.assumeInstalled("python3");
        nothingHoldsWithoutSeals(asAChild, List.of("python3", "-c", PYTHON_PEER), "P");
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aProgramInCIsHeldByTheSeals(boolean asAChild) throws Exception {
        try (CProgram program = CProgram.compile(C_PEER)) {
            everySealHolds(asAChild, program.command());
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aProgramInCDoesAllThatNoSealForbids(boolean asAChild) throws Exception {
        try (CProgram program = CProgram.compile(C_PEER)) {
            nothingHoldsWithoutSeals(asAChild, program.command(), "P");
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void anotherJvmTakesItAndAnswers(boolean asAChild) throws Exception {
        try (MemoryFile file = lake();
                MappedMemory memory = file.map()) {
            file.seal(Seal.SHRINK);
            String where = asAChild ? "9" : path(file.descriptor()).toString();
            List<String> command =
                    Peer.javaCommand(NATIVE_ACCESS, MemoryFilePrograms.Receiver.class, where, 5000, Seal.SHRINK);
            assertThat(
                            asAChild
                                    ? output(child(command).descriptor(9, Redirect.share(file.descriptor())))
                                    : Run.command(command, Map.of()).output())
                    .isEqualTo("lake 5000 READ_WRITE Gatun\n");
            assertThat(memory.segment().getString(0)).isEqualTo("from the receiver");
        }
    }

    @Test
    void anotherJvmRefusesWhatIsNotSealedAsItDemands() throws Exception {
        try (MemoryFile file = lake()) {
            Run run = Run.command(
                    Peer.javaCommand(
                            NATIVE_ACCESS,
                            MemoryFilePrograms.Receiver.class,
                            path(file.descriptor()),
                            5000,
                            Seal.SHRINK),
                    Map.of());
            assertThat(run.output()).startsWith("refused: MemoryFile[lake] lacks the seals [SHRINK]");
        }
    }

    @Test
    void aJvmReadsOnlyWhatIsSealedAgainstWriting() throws Exception {
        try (MemoryFile file = lake()) {
            file.seal(Seal.SHRINK, Seal.WRITE);
            Run run = Run.command(
                    Peer.javaCommand(
                            NATIVE_ACCESS,
                            MemoryFilePrograms.Receiver.class,
                            path(file.descriptor()),
                            5000,
                            Seal.WRITE),
                    Map.of());
            assertThat(run.output()).isEqualTo("lake 5000 READ_ONLY Gatun\n");
        }
    }

    /** Made by Python, which stays alive, and taken by its number there. */
    @Test
    void weTakeWhatPythonMade() throws Exception {
        Run.assumeInstalled("python3");
        String script = """
                import fcntl, os, sys
                fd = os.memfd_create("snake", os.MFD_ALLOW_SEALING)
                os.write(fd, b"from Python\\0")
                fcntl.fcntl(fd, 1033, int(sys.argv[1]))
                print(fd, flush=True)
                sys.stdin.readline()
                os.lseek(fd, 0, 0)
                print(os.read(fd, 4).decode(), flush=True)
                """;
        try (Peer python = Peer.start(List.of("python3", "-c", script, "6"))) { // shrink and grow
            Path path = Path.of("/proc/" + python.pid() + "/fd/" + python.hear());
            try (MemoryFile file = MemoryFile.take(
                            Descriptor.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE),
                            12,
                            Seal.SHRINK,
                            Seal.GROW);
                    MappedMemory memory = file.map()) {
                assertThat(file.name()).isEqualTo("snake");
                assertThat(memory.byteSize()).isEqualTo(12);
                assertThat(memory.segment().getString(0)).isEqualTo("from Python");
                memory.segment().setString(0, "Java");
                assertThat(python.ask("read")).isEqualTo("Java");
                assertThatThrownBy(() -> file.resize(1)).hasMessageContaining("EPERM");
            }
            assertThat(python.end()).isZero();
        }
    }

    @Test
    void whatPythonDidNotLetBeSealedSaysSo() throws Exception {
        Run.assumeInstalled("python3");
        String script = """
                import os, sys
                fd = os.memfd_create("plain", 0)
                os.write(fd, b"from Python")
                print(fd, flush=True)
                sys.stdin.readline()
                """;
        try (Peer python = Peer.start(List.of("python3", "-c", script))) {
            Path path = Path.of("/proc/" + python.pid() + "/fd/" + python.hear());
            try (Descriptor received = Descriptor.open(path);
                    MemoryFile file = MemoryFile.take(received, 11)) {
                assertThat(added(file)).containsExactly(Seal.SEAL);
                assertThatThrownBy(() -> MemoryFile.take(received, 11, Seal.SHRINK))
                        .isInstanceOf(UntrustedMemoryFileException.class)
                        .hasMessageContaining("lacks the seals [SHRINK] and has [SEAL");
            }
            assertThat(python.end()).isZero();
        }
    }

    /** The file outlives who made it, with whoever has it. */
    @Test
    void whatAChildMappedSurvivesItsCloseHere() throws Exception {
        Run.assumeInstalled("python3");
        String script = """
                import mmap, os, sys
                memory = mmap.mmap(9, 0)
                os.close(9)
                print("mapped", flush=True)
                sys.stdin.readline()
                print(int.from_bytes(memory[0:4], sys.byteorder))
                """;
        ChildProcessBuilder builder = ChildProcess.command("python3", "-c", script);
        MemoryFile file = MemoryFile.create("inherited", 4096);
        try (MappedMemory memory = file.map();
                ChildProcess child = builder.input(Redirect.pipe())
                        .output(Redirect.pipe())
                        .descriptor(9, Redirect.take(file.descriptor()))
                        .start()) {
            assertThat(file.isOpen()).isFalse();
            BufferedReader lines = child.output().reader(StandardCharsets.UTF_8);
            assertThat(lines.readLine()).isEqualTo("mapped");
            memory.segment().set(JAVA_INT, 0, 4711);
            child.input().writeFully(new byte[] {'\n'});
            assertThat(lines.readLine()).isEqualTo("4711");
            assertThat(child.await().isSuccess()).isTrue();
        }
    }

    @Test
    void aChildThatIsNotGivenItDoesNotHaveIt() throws Exception {
        Run.assumeInstalled("ls");
        try (MemoryFile file = lake()) {
            assertThat(Files.exists(path(file.descriptor()))).isTrue();
            assertThat(output(ChildProcess.shell("ls -l /proc/$$/fd"))).doesNotContain("memfd");
        }
    }
}
