package org.chagres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.chagres.testing.CProgram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpcKeyTest {
    private static final String FTOK_PROGRAM = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <sys/ipc.h>

            int main(int argc, char **argv)
            {
                for (int i = 1; i + 1 < argc; i += 2)
                    printf("%d\\n", (int)ftok(argv[i], atoi(argv[i + 1])));
                return 0;
            }
            """;

    @TempDir
    Path directory;

    @Test
    void keyOfAPathIsThatOfFtok() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        Path otherFile = Files.createFile(directory.resolve("other file"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);

        List<String> arguments = new ArrayList<>();
        List<Integer> ours = new ArrayList<>();
        for (Path path :
                List.of(file, otherFile, link, directory, Path.of("/"), Path.of("/proc"), Path.of("/dev/null"))) {
            for (int projectId : new int[] {1, 'S', 127, 128, 200, 255}) {
                arguments.add(path.toString());
                arguments.add(String.valueOf(projectId));
                ours.add(IpcKey.ofPath(path, projectId).value());
            }
        }

        assertThat(ours).isEqualTo(ftokOfC(arguments));
        assertThat(ours).as("project ids from 128 on").anyMatch(value -> value < 0);
    }

    @Test
    void keyOfASymbolicLinkIsThatOfItsTarget() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);

        assertThat(IpcKey.ofPath(link, 'S')).isEqualTo(IpcKey.ofPath(file, 'S'));
    }

    @Test
    void aMissingFileHasNoKey() throws Exception {
        Path missing = directory.resolve("missing");
        Path dangling = Files.createSymbolicLink(directory.resolve("dangling"), missing);

        assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> IpcKey.ofPath(missing, 'S'));
        assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> IpcKey.ofPath(dangling, 'S'));
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 256, 257})
    void aProjectIdThatFtokWouldCutIsRefused(int projectId) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> IpcKey.ofPath(directory, projectId))
                .withMessageContaining("not " + projectId);
    }

    @Test
    void aPathOfAnotherFileSystemIsRefused() {
        Path path = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> IpcKey.ofPath(path, 'S'))
                .withMessageContaining(path.toUri().toString());
    }

    @Test
    void aChosenKeyKeepsItsValue() {
        assertThat(IpcKey.of(0x5eed).value()).isEqualTo(0x5eed);
        assertThat(IpcKey.of(-1).value()).isEqualTo(-1);
        assertThat(IpcKey.of(0x5eed).isPrivate()).isFalse();
    }

    @Test
    void zeroIsNotAChosenKey() {
        assertThatIllegalArgumentException().isThrownBy(() -> IpcKey.of(0)).withMessageContaining("IpcKey.PRIVATE");
    }

    @Test
    void theZeroOfTheKernelIsPrivate() {
        assertThat(new IpcKey(0)).isEqualTo(IpcKey.PRIVATE);
        assertThat(IpcKey.PRIVATE.isPrivate()).isTrue();
    }

    @Test
    void aRandomKeyIsDrawnAgainWhenItWouldBePrivate() {
        Iterator<Integer> draws = List.of(0, 0, 7).iterator();
        RandomGenerator source = () -> (long) draws.next() << 32; // nextInt() takes the upper half

        assertThat(IpcKey.random(source)).isEqualTo(IpcKey.of(7));
    }

    @Test
    void randomKeysDiffer() {
        Set<IpcKey> keys = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            keys.add(IpcKey.random());
        }

        assertThat(keys).hasSizeGreaterThan(990).doesNotContain(IpcKey.PRIVATE);
    }

    @Test
    void textIsThatOfIpcs() {
        assertThat(IpcKey.of(0x5eed)).hasToString("0x00005eed");
        assertThat(IpcKey.of(0xDEADBEEF)).hasToString("0xdeadbeef");
        assertThat(IpcKey.PRIVATE).hasToString("0x00000000");
    }

    private static List<Integer> ftokOfC(List<String> arguments) {
        try (CProgram program = CProgram.compile(FTOK_PROGRAM)) {
            return program.run(arguments.toArray())
                    .output()
                    .lines()
                    .map(Integer::valueOf)
                    .toList();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0x85eedeed, 0x85eedeed",
        "0x5eed, 0x00005eed",
        "24301, 0x00005eed",
        "-5, 0xfffffffb",
        "0xffffffff, 0xffffffff"
    })
    void aKeyIsReadBackFromItsText(String text, String key) {
        assertThat(IpcKey.parse(text)).hasToString(key);
        assertThat(IpcKey.parse(key)).isEqualTo(IpcKey.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "key", "0x", "0x1ffffffff", "0x-5", "-0x5", "#ff", "2147483648", "-2147483649", "0", "0x0"})
    void aTextThatIsNoKeyIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> IpcKey.parse(text));
    }
}
