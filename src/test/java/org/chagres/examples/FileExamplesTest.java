package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.chagres.memory.MappedMemory;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs what the documentation shows of mapped files and locks. */
@ExtendWith(LeakCheck.class)
class FileExamplesTest {
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");

    /** {@code write FILE NUMBER} and {@code read FILE}: what the listings do, with a number that can be chosen. */
    private static final String MAPPER = """
            #include <fcntl.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/mman.h>
            #include <unistd.h>

            int main(int count, char **words) {
                int writes = count == 4 && strcmp(words[1], "write") == 0;
                int file = open(words[2], writes ? O_RDWR | O_CREAT : O_RDWR, 0600);
                if (file < 0 || (writes && pwrite(file, "", 1, 257) != 1)) {
                    return 1;
                }
                char *text = mmap(NULL, 256, writes ? PROT_WRITE : PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
                close(file);
                if (text == MAP_FAILED) {
                    return 1;
                }
                int number = 0;
                if (writes) {
                    sprintf(text, "%d\\n", atoi(words[3]));
                } else if (sscanf(text, "%d", &number) == 1) {
                    printf("value: %d\\n", number);
                    sprintf(text, "%d\\n", 2 * number);
                }
                return munmap(text, 256);
            }
            """;

    @TempDir
    private Path folder;

    private static Run java(Class<?> main, Object... arguments) {
        return Run.command(Peer.javaCommand(NATIVE_ACCESS, main, arguments), Map.of());
    }

    @Test
    void listing5_5LeavesANumberInAFileOfItsOwnersAlone() throws Exception {
        Path file = folder.resolve("number");
        assertThat(java(Listings.class, "mmap-write", file).output()).isEmpty();
        assertThat(file).hasSize(258);
        assertThat(permissions(file)).isEqualTo("rw-------");
        String shown = Run.command("cat", file.toString()).output();
        assertThat(shown.substring(0, shown.indexOf('\0'))).matches("-?\\d+\n");
        assertThat(Integer.parseInt(shown.substring(0, shown.indexOf('\n')))).isBetween(-100, 100);
        assertThat(shown.substring(shown.indexOf('\0'))).matches("\0*");
    }

    @Test
    void theUmaskTakesFromThePermissionsOfListing5_5() throws Exception {
        Path file = folder.resolve("number");
        List<String> command = new ArrayList<>(List.of("sh", "-c", "umask 0277 && exec \"$@\"", "sh"));
        command.addAll(Peer.javaCommand(NATIVE_ACCESS, Listings.class, "mmap-write", file));
        assertThat(Run.command(command, Map.of()).output()).isEmpty();
        assertThat(permissions(file)).isEqualTo("r--------");
    }

    @Test
    void aProgramInCReadsWhatListing5_5Wrote() throws Exception {
        Path file = folder.resolve("number");
        try (CProgram mapper = CProgram.compile(MAPPER)) {
            assertThat(java(Listings.class, "mmap-write", file).output()).isEmpty();
            int number = number(file);
            assertThat(mapper.run("read", file).output()).isEqualTo("value: " + number + "\n");
            assertThat(java(Listings.class, "mmap-read", file).output()).isEqualTo("value: " + 2 * number + "\n");
            assertThat(number(file)).isEqualTo(4 * number);
        }
    }

    @Test
    void listing5_6ReadsAndLeavesWhatAProgramInCDoes() throws Exception {
        try (CProgram mapper = CProgram.compile(MAPPER)) {
            for (int number : new int[] {-100, -7, 0, 64, 100}) {
                Path one = folder.resolve("one");
                Path two = folder.resolve("two");
                assertThat(mapper.run("write", one, number).output()).isEmpty();
                assertThat(mapper.run("write", two, number).output()).isEmpty();
                String value = "value: " + number + "\n";
                assertThat(java(Listings.class, "mmap-read", one).output()).isEqualTo(value);
                assertThat(mapper.run("read", two).output()).isEqualTo(value);
                assertThat(one).hasSameBinaryContentAs(two);
            }
        }
    }

    @Test
    void aFileThatIsLongerKeepsWhatListing5_5DoesNotWrite() throws Exception {
        Path file = Files.writeString(folder.resolve("long"), "x".repeat(300));
        assertThat(java(Listings.class, "mmap-write", file).output()).isEmpty();
        String text = Files.readString(file);
        assertThat(text).hasSize(300).endsWith("x".repeat(42));
        assertThat(text.charAt(257)).isEqualTo('\0');
        assertThat(number(file)).isBetween(-100, 100);
    }

    private static int number(Path file) throws IOException {
        String text = Files.readString(file);
        return Integer.parseInt(text.substring(0, text.indexOf('\n')));
    }

    private static String permissions(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void notesStayInTheirFileAndGrow() throws Exception {
        Path file = folder.resolve("notes");
        assertThat(java(Notes.class, "add", file, "one", "two", "").output()).isEmpty();
        List<String> expected = new ArrayList<>(List.of("one", "two", ""));
        try (Notes notes = Notes.open(file)) {
            assertThat(notes.all()).isEqualTo(expected.reversed());
            for (int i = 0; i < 300; i++) {
                expected.add("note " + i + " " + "x".repeat(i));
                notes.add(expected.getLast());
            }
            assertThat(notes.byteSize()).isGreaterThan(40_000).isEqualTo(Files.size(file));
            assertThat(notes.all()).isEqualTo(expected.reversed());
        }
        assertThat(java(Notes.class, "list", file).output().lines().toList()).isEqualTo(expected.reversed());
        try (Notes notes = Notes.open(file)) {
            notes.add("caf\u00e9");
            assertThat(notes.all().getFirst()).isEqualTo("caf\u00e9");
        }
    }

    @Test
    void oneProcessHasTheNotes() throws Exception {
        Path file = folder.resolve("notes");
        try (Notes notes = Notes.open(file)) {
            notes.add("mine");
            Run other = java(Notes.class, "add", file, "theirs");
            assertThat(other.status()).isEqualTo(1);
            assertThat(other.err()).contains("somebody else has " + file + " open");
            assertThat(notes.all()).containsExactly("mine");
        }
        assertThat(java(Notes.class, "add", file, "theirs").output()).isEmpty();
    }

    @Test
    void notesThatWereHalfWrittenAreNotThere() throws Exception {
        Path file = folder.resolve("notes");
        try (Notes notes = Notes.open(file)) {
            notes.add("one");
            notes.add("two");
        }
        try (MappedMemory memory = MappedMemory.open(file)) {
            memory.segment().set(JAVA_LONG, 8, 16); // as if it had ended before the second was made the newest
        }
        try (Notes notes = Notes.open(file)) {
            assertThat(notes.all()).containsExactly("one");
            notes.add("another");
            assertThat(notes.all()).containsExactly("another", "one");
        }
    }

    @Test
    void anOffsetThatLeadsOutOfTheFileIsAnException() throws Exception {
        Path file = folder.resolve("notes");
        Notes.open(file).close();
        try (MappedMemory memory = MappedMemory.open(file)) {
            memory.segment().set(JAVA_LONG, 8, 1L << 40);
        }
        try (Notes notes = Notes.open(file)) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(notes::all);
        }
    }

    @Test
    void aFileWithAddressesIsMappedWhereItWas() throws Exception {
        Path file = folder.resolve("notes");
        assertThat(java(NotesAtAnAddress.class, "add", file, "one", "two").output())
                .isEmpty();
        try (NotesAtAnAddress notes = NotesAtAnAddress.open(file)) {
            notes.add("three");
            assertThat(notes.all()).containsExactly("three", "two", "one");
        }
        assertThat(java(NotesAtAnAddress.class, "list", file).output()).isEqualTo("three\ntwo\none\n");
    }

    @Test
    void aFileWithAddressesSaysThatItsPlaceIsTaken() throws Exception {
        Path file = folder.resolve("notes");
        assertThat(java(NotesAtAnAddress.class, "add", file, "one").output()).isEmpty();
        try (MappedMemory other =
                MappedMemory.builder().at(NotesAtAnAddress.ADDRESS).anonymous(1)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> NotesAtAnAddress.open(file))
                    .withMessageContaining(
                            "0x" + Long.toHexString(other.segment().address()))
                    .withMessageContaining("something else");
        }
        try (NotesAtAnAddress notes = NotesAtAnAddress.open(file)) {
            assertThat(notes.all()).containsExactly("one");
        }
    }

    @Test
    void linesAreCountedByMappingAsByReading() throws Exception {
        Path file = folder.resolve("lines");
        Files.writeString(file, "a line\n\n".repeat(50_000) + "one without an end"); // more than a buffer
        assertThat(java(LineCount.class, file).output())
                .matches("100000 lines by mapping, in \\S+\n100000 lines by reading, in \\S+\n");
        Files.writeString(file, "");
        assertThat(java(LineCount.class, file).output()).matches("0 lines .*\n0 lines .*\n");
    }

    @Test
    void scratchMemoryTakesThePagesThatAreTouched() throws Exception {
        Pattern result = Pattern.compile("sum of 1000 numbers: 499500, in (\\d+) pages");
        for (String device : List.of("", "/dev/zero")) {
            Matcher matcher = result.matcher(Scratch.sum(device, 1000));
            assertThat(matcher.matches()).isTrue();
            // Of a gigabyte: as many as the numbers need, or a huge one's worth where the system hands out such.
            assertThat(Integer.parseInt(matcher.group(1))).isBetween(1, 1024);
        }
        assertThat(java(Scratch.class, 1000, "/dev/zero").output()).startsWith("sum of 1000 numbers: 499500");
    }

    @Test
    void twoProcessesTakeTurnsOnAFile() throws Exception {
        Path file = folder.resolve("number");
        try (MappedMemory memory = MappedMemory.create(file, 8);
                ProcessSemaphore turn = TurnsOnAFile.turn(file)) {
            try (Peer one = Peer.java(TurnsOnAFile.class, "count", file, 2000);
                    Peer two = Peer.java(TurnsOnAFile.class, "count", file, 2000)) {
                assertThat(one.end()).isZero();
                assertThat(two.end()).isZero();
            } finally {
                TurnsOnAFile.remove(file);
            }
            assertThat(memory.segment().get(JAVA_LONG, 0)).isEqualTo(4000);
            assertThat(turn.set().isOpen()).isTrue();
        }
        assertThat(java(TurnsOnAFile.class, "read", file).output()).isEqualTo("4000\n");
    }

    @Test
    void whoeverMovesMoneyTheTotalStays() throws Exception {
        Path file = folder.resolve("accounts");
        assertThat(java(Accounts.class, "create", file, 5, 100).output()).isEmpty();
        try (Peer one = Peer.java(Accounts.class, "move", file, 1, 3000);
                Peer two = Peer.java(Accounts.class, "move", file, 2, 3000)) {
            while (one.process().isAlive() || two.process().isAlive()) {
                assertThat(Accounts.total(file)).isEqualTo(500);
            }
            assertThat(one.end()).isZero();
            assertThat(two.end()).isZero();
        }
        assertThat(java(Accounts.class, "total", file).output()).isEqualTo("500\n");
        List<Long> amounts =
                IntStream.range(0, 5).mapToObj(i -> amount(file, i)).toList();
        assertThat(amounts).doesNotContainSequence(100L, 100L, 100L, 100L, 100L);
    }

    private static long amount(Path file, int account) {
        try (MappedMemory memory = MappedMemory.open(file)) {
            return memory.segment().getAtIndex(JAVA_LONG, account);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }
}
