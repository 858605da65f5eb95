package org.chagres.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.process.TestChildren.*;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is started and with which arguments, where, in which group, and with which signals. */
@ExtendWith(LeakCheck.class)
class ChildStartTest {
    private static final String SCRIPT = "#!/bin/sh\necho \"$0\" \"$@\"\n";

    @TempDir
    private Path folder;

    private List<Integer> childrenBefore;

    @BeforeEach
    void lookForChildren() {
        childrenBefore = children();
    }

    /** A process that the JDK waits for may be there before, and gone now. */
    @AfterEach
    void noChildIsLeft() {
        assertThat(children()).isSubsetOf(childrenBefore);
    }

    // Arguments

    /** The words of a child, as the kernel keeps them. */
    private static List<String> words(String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("-c", "cat /proc/$$/cmdline; :", "sh"));
        all.addAll(List.of(arguments));
        String line = output(ChildProcess.command("/bin/sh", all.toArray(String[]::new)));
        List<String> words = new ArrayList<>(List.of(line.split("\0", -1)));
        assertThat(words.removeLast()).as("after the last zero").isEmpty();
        return words.subList(4, words.size());
    }

    @ParameterizedTest
    @EnumSource
    void argumentsArriveExactly(ThreadKind kind) throws Exception {
        String[] arguments = {
            "", " ", "a b", "\"", "'", "\\", "$HOME", "*", "~", "a\nb", "\t", "-", "--", "%s", "\u0001\u007f", "", ""
        };
        assertThat(on(kind, () -> words(arguments))).containsExactly(arguments);
    }

    @Test
    void manyArgumentsAndALongOneArrive() throws Exception {
        String[] arguments = new String[5000];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = Integer.toString(i);
        }
        arguments[17] = "x".repeat(100_000);
        assertThat(words(arguments)).containsExactly(arguments);
    }

    @Test
    void theProgramIsItsOwnFirstWordAsItWasGiven() throws Exception {
        assertThat(output(ChildProcess.command("cat", "/proc/self/cmdline"))).isEqualTo("cat\0/proc/self/cmdline\0");
        assertThat(output(ChildProcess.command("/bin/../bin/cat", "/proc/self/cmdline")))
                .isEqualTo("/bin/../bin/cat\0/proc/self/cmdline\0");
    }

    @Test
    void aZeroCharacterIsRefused() {
        for (ChildProcessBuilder builder : List.of(
                ChildProcess.command("/bin/echo", "a\0b"),
                ChildProcess.shell("echo a\0b"),
                ChildProcess.command("/bin/ec\0ho"),
                ChildProcess.command("ec\0ho"))) {
            assertThatIllegalArgumentException().isThrownBy(builder::start);
        }
    }

    @Test
    void thereMustBeAProgram() {
        assertThatIllegalArgumentException().isThrownBy(() -> ChildProcess.command("", "a"));
        assertThatNullPointerException().isThrownBy(() -> ChildProcess.command(null));
        assertThatNullPointerException().isThrownBy(() -> ChildProcess.command("echo", "a", null));
        assertThatNullPointerException().isThrownBy(() -> ChildProcess.command("echo", (String[]) null));
        assertThatNullPointerException().isThrownBy(() -> ChildProcess.shell(null));
    }

    @Test
    void argumentsThatAreTooLongAreToldWithoutAllOfThem() {
        String one = "x".repeat(200_000); // one alone may have 128 KiB
        for (ChildProcessBuilder builder :
                List.of(ChildProcess.command("echo", one), ChildProcess.shell("echo " + one))) {
            assertRefused(builder, Errno.E2BIG).message().hasSizeLessThan(1000);
        }
    }

    // The shell

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "exit 7|7",
                "exit 0|0",
                "exit 255|255",
                "/no/such/program|127",
                "no-such-program|127",
                "/etc/passwd|126",
                "/etc|126",
                "''|0",
                "-c|127",
                "-e; exit 3|3",
                "--; exit 3|3",
                "kill -9 $$|-9"
            })
    void theStatusIsThatOfTheShell(String line, int status) throws Exception {
        Termination expected =
                status >= 0 ? new Termination.Exited(status) : new Termination.Signaled(Signal.SIGKILL, false);
        assertThat(ChildProcess.shell(line).run().termination()).isEqualTo(expected);
    }

    @Test
    void aLineIsAProgramOfTheShell() throws Exception {
        assertThat(output(ChildProcess.shell("for i in 1 2 3; do echo $i; done | sort -r\necho $0 $#")))
                .isEqualTo("3\n2\n1\n/bin/sh 0\n");
    }

    // The program

    @Test
    void aPathIsTakenAsItIs() throws Exception {
        Path script = program(folder.resolve("with space"), SCRIPT);
        assertThat(output(ChildProcess.command(script.toString(), "a"))).isEqualTo(script + " a\n");
    }

    @Test
    void aNameIsLookedForInThePathOfTheChild() throws Exception {
        program(folder.resolve("a/only-in-a"), SCRIPT);
        program(folder.resolve("a/in-both"), SCRIPT);
        program(folder.resolve("b/in-both"), SCRIPT);
        String path = folder + "/missing:" + folder.resolve("b") + ":" + folder.resolve("a");
        for (ChildProcessBuilder builder : List.of(
                ChildProcess.command("only-in-a", "x").environment(Map.of("PATH", path)),
                ChildProcess.command("only-in-a", "x").variable("PATH", path))) {
            assertThat(output(builder)).isEqualTo(folder.resolve("a/only-in-a") + " x\n");
        }
        assertThat(output(ChildProcess.command("in-both").variable("PATH", path)))
                .isEqualTo(folder.resolve("b/in-both") + "\n");
        assertRefused(ChildProcess.command("only-in-a"), Errno.ENOENT)
                .hasMessageContaining("PATH=" + System.getenv("PATH"));
    }

    @Test
    void withoutAPathTheUsualDirectoriesAreLookedAt() throws Exception {
        assertThat(output(ChildProcess.command("cat", "/dev/null").environment(Map.of())))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":/nowhere", "/nowhere:", "/nowhere::/nowhere", "."})
    void anEmptyEntryIsTheDirectoryOfTheChild(String path) throws Exception {
        program(folder.resolve("here"), SCRIPT);
        ChildProcessBuilder builder = ChildProcess.command("here").variable("PATH", path);
        assertThat(output(builder.directory(folder))).isEqualTo("./here\n");
        assertRefused(ChildProcess.command("here").variable("PATH", path), Errno.ENOENT);
    }

    @Test
    void aRelativeEntryIsOneOfTheDirectoryOfTheChild() throws Exception {
        program(folder.resolve("bin/here"), SCRIPT);
        assertThat(output(ChildProcess.command("here").variable("PATH", "bin").directory(folder)))
                .isEqualTo("bin/here\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"./here", "bin/../here", "../x/here"})
    void aRelativeProgramIsOneOfTheDirectoryOfTheChild(String program) throws Exception {
        Path directory = folder.resolve("x");
        program(directory.resolve("here"), SCRIPT);
        Files.createDirectory(directory.resolve("bin"));
        assertThat(output(ChildProcess.command(program).directory(directory))).isEqualTo(program + "\n");
        assertRefused(ChildProcess.command(program), Errno.ENOENT).hasMessageContaining(program);
    }

    @Test
    void aMissingProgramIsToldWithWhereItWasLookedFor() {
        assertRefused(ChildProcess.command("no-such", "a b").variable("PATH", "/x:/y"), Errno.ENOENT)
                .hasMessageContaining("no-such")
                .hasMessageContaining("a b")
                .hasMessageContaining("PATH=/x:/y");
        assertRefused(ChildProcess.command("/no/such"), Errno.ENOENT).hasMessageContaining("/no/such");
        assertRefused(ChildProcess.command("/etc/passwd/x"), Errno.ENOTDIR).hasMessageContaining("/etc/passwd/x");
    }

    @Test
    void whatCannotBeExecutedIsToldUnlessAnotherOneCan() throws Exception {
        Path file = Files.writeString(Files.createDirectory(folder.resolve("a")).resolve("name"), SCRIPT);
        String path = folder.resolve("a") + ":/nowhere";
        assertRefused(ChildProcess.command(file.toString()), Errno.EACCES).hasMessageContaining(file.toString());
        assertRefused(ChildProcess.command("name").variable("PATH", path), Errno.EACCES)
                .hasMessageContaining("PATH=" + path);
        Path other = program(folder.resolve("b/name"), SCRIPT);
        assertThat(output(ChildProcess.command("name").variable("PATH", path + ":" + folder.resolve("b"))))
                .isEqualTo(other + "\n");
    }

    @Test
    void aDirectoryIsNoProgram() throws Exception {
        Files.createDirectories(folder.resolve("a/name"));
        assertRefused(ChildProcess.command(folder.toString()), Errno.EACCES);
        assertRefused(ChildProcess.command("name").variable("PATH", folder + "/a"), Errno.ENOENT);
        Path program = program(folder.resolve("b/name"), SCRIPT);
        assertThat(output(ChildProcess.command("name").variable("PATH", folder + "/a:" + folder + "/b")))
                .isEqualTo(program + "\n");
    }

    @Test
    void aLinkLeadsToItsProgram() throws Exception {
        Files.createSymbolicLink(folder.resolve("link"), program(folder.resolve("x/script"), SCRIPT));
        Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("nothing"));
        String path = folder.toString();
        assertThat(output(ChildProcess.command("link").variable("PATH", path))).isEqualTo(folder + "/link\n");
        assertRefused(ChildProcess.command("dangling").variable("PATH", path), Errno.ENOENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo no first line", "", "\u007fELF"})
    void whatIsNoProgramIsTold(String text) throws Exception {
        Path file = program(folder.resolve("text"), text);
        for (ChildProcessBuilder builder : List.of(
                ChildProcess.command(file.toString()),
                ChildProcess.command("text").variable("PATH", folder.toString()))) {
            assertRefused(builder, Errno.ENOEXEC)
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("#!");
        }
    }

    @Test
    void aMissingInterpreterIsTold() throws Exception {
        Path script = program(folder.resolve("script"), "#!/no/such/interpreter\n");
        assertRefused(ChildProcess.command(script.toString()), Errno.ENOENT).hasMessageContaining(script.toString());
    }

    // The directory

    @ParameterizedTest
    @EnumSource
    void theChildIsWhereItWasTold(ThreadKind kind) throws Exception {
        Path odd = Files.createDirectory(folder.resolve("with space"));
        assertThat(on(kind, () -> output(ChildProcess.command("pwd", "-P").directory(odd))))
                .isEqualTo(odd.toRealPath() + "\n");
        assertThat(output(ChildProcess.command("pwd", "-P")))
                .isEqualTo(Path.of("").toRealPath() + "\n");
        assertThat(output(ChildProcess.command("pwd", "-P").directory(Path.of("src/../src"))))
                .isEqualTo(Path.of("src").toRealPath() + "\n");
    }

    @Test
    void aDirectoryThatIsNoneIsTold() throws Exception {
        Path missing = folder.resolve("missing");
        Path file = Files.createFile(folder.resolve("file"));
        assertRefused(ChildProcess.command("/bin/pwd").directory(missing), Errno.ENOENT)
                .hasMessageContaining(missing.toString());
        assertRefused(ChildProcess.command("/bin/pwd").directory(file), Errno.ENOTDIR)
                .hasMessageContaining(file.toString());
        assertThatNullPointerException()
                .isThrownBy(() -> ChildProcess.shell(":").directory(null));
    }

    // Groups and sessions

    private static ChildProcess waiting(ChildProcessBuilder builder) throws IOException {
        return builder.input(Redirect.pipe()).start();
    }

    private static ChildProcessBuilder cat() {
        return ChildProcess.command("cat");
    }

    /** Ends {@code cat}, and waits for it, so that none is left. */
    private static void end(ChildProcess child) throws Exception {
        child.input().close();
        assertThat(child.await().isSuccess()).isTrue();
    }

    @Test
    void aChildIsInOurGroupAndSession() throws Exception {
        try (ChildProcess child = waiting(cat())) {
            assertThat(stat(child.pid()))
                    .isEqualTo(new Stat(
                            (int) ProcessHandle.current().pid(),
                            ownStat().group(),
                            ownStat().session()));
            end(child);
        }
    }

    @Test
    void aNewGroupIsLedByTheChildAndCanBeJoined() throws Exception {
        try (ChildProcess leader = waiting(cat().newProcessGroup())) {
            assertThat(stat(leader.pid()).group()).isEqualTo(leader.pid());
            assertThat(stat(leader.pid()).session()).isEqualTo(ownStat().session());
            try (ChildProcess member = waiting(cat().processGroupOf(leader))) {
                assertThat(stat(member.pid()).group()).isEqualTo(leader.pid());
                end(member);
            }
            end(leader);
        }
    }

    @Test
    void aNewSessionIsLedByTheChild() throws Exception {
        for (ChildProcessBuilder builder : List.of(
                cat().newSession(),
                cat().newSession().newProcessGroup(),
                cat().newProcessGroup().newSession())) {
            try (ChildProcess child = waiting(builder)) {
                assertThat(stat(child.pid()).session()).isEqualTo(child.pid());
                assertThat(stat(child.pid()).group()).isEqualTo(child.pid());
                end(child);
            }
        }
    }

    @Test
    void aGroupThatCannotBeJoinedIsTold() throws Exception {
        try (ChildProcess other = waiting(cat().newSession())) {
            assertRefused(cat().processGroupOf(other), Errno.EPERM);
            end(other);
        }
    }

    // Signals

    @Test
    void nothingIsBlockedOrIgnoredInAChild() throws Exception {
        Run.assumeInstalled("env");
        List<String> starter = List.of("env", "--block-signal=TERM,USR1", "--ignore-signal=PIPE,HUP,INT,USR2,RTMIN+5");
        Run trial =
                Run.command(Stream.concat(starter.stream(), Stream.of("true")).toList(), Map.of());
        Assumptions.assumeTrue(trial.status() == 0, () -> "env cannot block signals: " + trial.err());
        List<String> command = new ArrayList<>(starter);
        command.addAll(Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), ChildPrograms.Signals.class));
        List<String> told = Run.command(command, Map.of()).output().lines().toList();
        // The witness first: here some are, though a JVM lets TERM come. USR1 is the 10th, INT the 2nd.
        long blocked = HexFormat.fromHexDigitsToLong(mask(told.getFirst(), "SigBlk"));
        long ignored = HexFormat.fromHexDigitsToLong(mask(told.getFirst(), "SigIgn"));
        assertThat(blocked & 1L << 9).isNotZero();
        assertThat(ignored & 1L << 1).isNotZero();
        String none = "0".repeat(16);
        assertThat(told.subList(1, 3))
                .containsExactly(
                        "platform: {SigBlk=" + none + ", SigCgt=" + none + ", SigIgn=" + none + "}",
                        "virtual: {SigBlk=" + none + ", SigCgt=" + none + ", SigIgn=" + none + "}");
    }

    private static String mask(String line, String name) {
        return line.replaceFirst(".*" + name + "=(\\w+).*", "$1");
    }

    @Test
    void whoWritesIntoAClosedPipeDiesOfIt() throws Exception {
        try (ChildProcess yes =
                ChildProcess.command("yes").output(Redirect.pipe()).start()) {
            yes.output().readFully(new byte[4096]);
            yes.output().close();
            assertThat(yes.await()).isEqualTo(new Termination.Signaled(Signal.SIGPIPE, false));
        }
    }

    // Few numbers

    @Test
    void whereNumbersAreFewAStartFailsWholeOrNotAtAll() {
        int limit = 256;
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n " + limit + "; exec \"$@\"", "sh"));
        command.addAll(Peer.javaCommand(
                List.of("--enable-native-access=ALL-UNNAMED"),
                ChildPrograms.Scarce.class,
                limit,
                folder.toAbsolutePath()));
        assertThat(Run.command(command, Map.of()).output().lines())
                .containsExactly(
                        "0: posix_spawn EACCES",
                        "the last onto itself: " + folder.toAbsolutePath().resolve("file"),
                        "the last with another: 5",
                        "beyond the last: posix_spawn EBADF",
                        "far beyond: posix_spawn EBADF",
                        "until: fcntl EMFILE",
                        "none free: pidfd_open EMFILE, pipe2 EMFILE",
                        "one free: pipe2 EMFILE",
                        "two free: pidfd_open EMFILE",
                        "three free: Signaled[signal=SIGKILL, coreDumped=false]",
                        "children: 0");
    }

    // The builder

    @Test
    void aBuilderStartsAsManyAsOneLikes() throws Exception {
        ChildProcessBuilder builder = ChildProcess.command("echo", "a").variable("A", "1");
        assertThat(output(builder)).isEqualTo("a\n");
        assertThat(output(builder)).isEqualTo("a\n");
        try (ChildProcess first = waiting(cat());
                ChildProcess second = waiting(cat())) {
            assertThat(first.pid()).isNotEqualTo(second.pid());
            end(first);
            end(second);
        }
    }

    @Test
    void aRunLeavesTheBuilderAsItWas() throws Exception {
        ChildProcessBuilder builder = ChildProcess.shell(":");
        builder.run();
        builder.openForReading().close();
        builder.openForWriting().close();
        try (ChildProcess child = builder.start()) {
            child.await();
            assertThatThrownBy(child::input).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(child::output).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(child::error).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void theArgumentsAreThoseOfTheCall() throws Exception {
        String[] arguments = {"a"};
        ChildProcessBuilder builder = ChildProcess.command("echo", arguments);
        arguments[0] = "b";
        assertThat(output(builder)).isEqualTo("a\n");
    }

    @Test
    void textsTellWhatItIs() throws Exception {
        ChildProcessBuilder builder = ChildProcess.command("sort", "-r");
        assertThat(builder).hasToString("ChildProcessBuilder[sort, -r]");
        try (ChildProcess child = builder.input(Redirect.discard()).start()) {
            assertThat(child).hasToString("ChildProcess[pid=" + child.pid() + ", [sort, -r]]");
            assertThat(child.await().isSuccess()).isTrue();
        }
    }

    private static AbstractThrowableAssert<?, ?> assertRefused(ChildProcessBuilder builder, Errno errno) {
        return assertThatThrownBy(builder::start).isInstanceOfSatisfying(ErrnoException.class, refused -> {
            assertThat(refused.errno()).isEqualTo(errno);
            assertThat(refused.call()).isEqualTo("posix_spawn");
        });
    }
}
