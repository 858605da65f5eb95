package org.chagres.internal.resource;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A path that the JVM cannot put into the very bytes of the file's name is refused, never changed. */
@ExtendWith(LeakCheck.class)
class FileNamesTest {
    private static final String UTF_8 = "C.UTF-8";

    /** Not JUnit's, which would have to delete files of all names. */
    private Path folder;

    @BeforeEach
    void makeAFolder() throws IOException {
        folder = Files.createTempDirectory("chagres-names");
    }

    @AfterEach
    void deleteTheFolder() {
        Run.command("rm", "-r", folder.toString()).output();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "/a/b", "a b", "a\\b", "a?b", "\u0001", "", "../a"})
    void theNameIsItsBytesAndAZero(String text) {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(FileNames.of(Path.of(text), arena).toArray(JAVA_BYTE))
                    .isEqualTo((text + "\0").getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Test
    void aLongNameIsNotCut() {
        String text = "x".repeat(100_000);
        try (Arena arena = Arena.ofConfined()) {
            assertThat(FileNames.of(Path.of(text), arena).getString(0)).isEqualTo(text);
        }
    }

    @Test
    void aFileOfAnotherFileSystemHasNoName() throws IOException {
        try (FileSystem zip = FileSystems.newFileSystem(folder.resolve("file.zip"), Map.of("create", "true"));
                Arena arena = Arena.ofConfined()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> FileNames.of(zip.getPath("/file"), arena))
                    .withMessageContaining("default file system");
            FileSystem runtime = FileSystems.getFileSystem(URI.create("jrt:/"));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> FileNames.of(runtime.getPath("/modules"), arena))
                    .withMessageContaining("jrt:/");
        }
    }

    @Test
    void inALocaleOfUtf8OnlyBytesThatAreNoTextAreRefused() {
        assumeTrue(
                Run.command("locale", "-a").out().toLowerCase().lines().anyMatch("c.utf8"::equals),
                "there is no locale " + UTF_8);
        makeFiles();
        assertThat(openAll(UTF_8)).containsExactly("opened: a replacement, a word, latin, question mark", "refused: 2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", "POSIX"})
    void inALocaleOfAsciiEverythingElseIsRefused(String locale) {
        makeFiles();
        assertThat(openAll(locale)).containsExactly("opened: question mark", "refused: 5");
    }

    /**
     * Names that one could be taken for another when they become text and bytes again: what is invalid becomes a
     * question mark or the replacement character. What is in the files tells which one it is.
     */
    private void makeFiles() {
        makeFile("a?b", "question mark");
        makeFile("a\\377b", "invalid");
        makeFile("a\\303b", "cut short");
        makeFile("a\\357\\277\\275b", "a replacement"); // U+FFFD, as UTF-8 has it
        makeFile("a\\303\\251b", "latin"); // U+00E9
        makeFile("\\346\\227\\245\\346\\234\\254", "a word"); // two characters beyond Latin
    }

    /** The bytes that are no ASCII as {@code printf} has them. */
    private void makeFile(String name, String content) {
        Run.command(
                        "sh",
                        "-euc",
                        "printf '%s' \"$3\" > \"$1/$(printf \"$2\")\"",
                        "sh",
                        folder.toString(),
                        name,
                        content)
                .output();
    }

    private List<String> openAll(String locale) {
        return Run.command(
                        Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), FileNamesProgram.class, folder),
                        Map.of("LC_ALL", locale))
                .output()
                .lines()
                .toList();
    }
}
