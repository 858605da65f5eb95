package org.chagres.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.chagres.process.TestChildren.*;
import static org.chagres.testing.Answers.KERNEL;
import static org.chagres.testing.Answers.refusing;

import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.internal.generated.Linux;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.internal.syscall.ScriptedAnswers.Answer;
import org.chagres.pipe.Pipe;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the numbers of a child refer to: what it was told, and nothing else; and what becomes of ours. */
@ExtendWith(LeakCheck.class)
class ChildDescriptorsTest {
    private static final Duration MOMENT = Duration.ofMillis(50);

    @TempDir
    private Path folder;

    private Path list;
    private List<Integer> childrenBefore;

    @BeforeEach
    void lookForChildren() {
        list = folder.resolve("list");
        childrenBefore = children();
    }

    /** A process that the JDK waits for may be there before, and gone now. */
    @AfterEach
    void noChildIsLeft() {
        assertThat(children()).isSubsetOf(childrenBefore);
    }

    private Map<Integer, String> listed(ChildProcessBuilder lister) throws Exception {
        return TestChildren.listed(lister, list);
    }

    private ChildProcessBuilder lister() {
        return TestChildren.lister(list);
    }

    private static Map<Integer, String> standardHere() {
        return Map.of(0, target(0), 1, target(1), 2, target(2));
    }

    // What it sees

    @ParameterizedTest
    @EnumSource
    void aChildSeesTheStandardStreamsAndNothingElse(ThreadKind kind) throws Exception {
        try (Careless careless = new Careless(1000);
                Pipe pipe = Pipe.create();
                Descriptor descriptor = Descriptor.open(Path.of("/dev/null"))) {
            assertThat(careless.count()).isEqualTo(1000);
            assertThat(on(kind, () -> listed(lister()))).isEqualTo(standardHere());
            assertThat(on(kind, () -> listed(lister().descriptor(1500, Redirect.share(descriptor))))
                            .keySet())
                    .containsExactly(0, 1, 2, 1500);
            assertThat(pipe.source().isOpen()).isTrue();
        }
    }

    @Test
    void aStandardStreamCanBeInheritedByName() throws Exception {
        assertThat(listed(lister().input(Redirect.discard())
                        .input(Redirect.inherit())
                        .output(Redirect.inherit())
                        .error(Redirect.inherit())))
                .isEqualTo(standardHere());
    }

    @Test
    void otherNumbersAreNotInherited() throws Exception {
        try (Careless careless = new Careless(1)) {
            assertThat(careless.count()).isEqualTo(1);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> lister().descriptor(3, Redirect.inherit()).start())
                    .withMessageContaining("descriptor 3");
        }
    }

    @Test
    void wrongArgumentsAreRefused() {
        ChildProcessBuilder builder = lister();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.descriptor(-1, Redirect.discard()))
                .withMessageContaining("-1");
        assertThatNullPointerException().isThrownBy(() -> builder.input(null));
        assertThatNullPointerException().isThrownBy(() -> builder.output(null));
        assertThatNullPointerException().isThrownBy(() -> builder.error(null));
        assertThatNullPointerException().isThrownBy(() -> builder.descriptor(3, null));
        assertThatNullPointerException().isThrownBy(() -> Redirect.take(null));
        assertThatNullPointerException().isThrownBy(() -> Redirect.share(null));
        assertThatNullPointerException().isThrownBy(() -> Redirect.from(null));
        assertThatNullPointerException().isThrownBy(() -> Redirect.to(null));
        assertThatNullPointerException().isThrownBy(() -> Redirect.appendTo(null));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 9, 200})
    void nothingIsReadFromDevNullAndNothingIsKept(int number) throws Exception {
        Map<Integer, String> expected = new HashMap<>(standardHere());
        expected.put(number, "/dev/null");
        assertThat(listed(lister().descriptor(number, Redirect.discard()))).isEqualTo(expected);
        assertThat(output(ChildProcess.shell("cat; echo lost >&0; echo lost >&2; cat <&2")
                        .input(Redirect.discard())
                        .error(Redirect.discard())))
                .isEmpty();
    }

    @Test
    void aStandardStreamThatIsClosedHereIsClosedThere() {
        List<String> command = Peer.javaCommand(
                List.of("--enable-native-access=ALL-UNNAMED"), ChildPrograms.Closed.class, list.toAbsolutePath());
        assertThat(Run.command(command, Map.of()).output().lines())
                .containsExactly("before: [0, 1, 2, 7, 8]", "after: [1, 2, 7, 8]");
    }

    // Files

    @Test
    void filesAreReadTruncatedAndAppendedTo() throws Exception {
        Path in = Files.writeString(folder.resolve("in"), "input\n");
        Path out = Files.writeString(folder.resolve("out"), "much longer than what comes\n");
        Path log = Files.writeString(folder.resolve("log"), "before\n");
        ChildProcessBuilder builder = ChildProcess.shell("cat; echo error >&2")
                .input(Redirect.from(in))
                .output(Redirect.to(out))
                .error(Redirect.appendTo(log));
        for (int i = 0; i < 2; i++) {
            try (ChildProcess child = builder.start()) {
                assertThat(child.await().isSuccess()).isTrue();
            }
        }
        assertThat(in).hasContent("input\n");
        assertThat(out).hasContent("input\n");
        assertThat(log).hasContent("before\nerror\nerror\n");
    }

    @Test
    void filesThatAreMadeAreTheOwners() throws Exception {
        Path out = folder.resolve("out");
        Path log = folder.resolve("log");
        output(ChildProcess.shell("echo x >&3; echo y >&4")
                .descriptor(3, Redirect.to(out))
                .descriptor(4, Redirect.appendTo(log)));
        assertThat(out).hasContent("x\n");
        assertThat(log).hasContent("y\n");
        for (Path file : List.of(out, log)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void aFileThatCannotBeOpenedIsTold() {
        for (Redirect redirect : List.of(
                Redirect.from(folder.resolve("missing")),
                Redirect.to(folder.resolve("missing/x")),
                Redirect.appendTo(folder.resolve("missing/x")))) {
            assertThatThrownBy(() -> lister().input(redirect).start())
                    .isInstanceOfSatisfying(ErrnoException.class, refused -> {
                        assertThat(refused.call()).isEqualTo("open");
                        assertThat(refused.errno()).isEqualTo(Errno.ENOENT);
                    })
                    .hasMessageContaining("missing");
        }
        assertThatThrownBy(() -> lister().output(Redirect.to(folder)).start())
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        refused -> assertThat(refused.errno()).isEqualTo(Errno.EISDIR));
    }

    @Test
    void twoNumbersOfOneFileHaveTwoPositionsUnlessTheyAreTheSame() throws Exception {
        Path out = folder.resolve("out");
        output(ChildProcess.shell("echo one >&3; echo x >&4")
                .descriptor(3, Redirect.to(out))
                .descriptor(4, Redirect.to(out)));
        assertThat(out).hasContent("x\ne\n");
        output(ChildProcess.shell("echo one >&3; echo x >&4")
                .descriptor(3, Redirect.to(out))
                .descriptor(4, Redirect.sameAs(3)));
        assertThat(out).hasContent("one\nx\n");
    }

    // Pipes

    @ParameterizedTest
    @EnumSource
    void pipesLeadToTheStandardStreams(ThreadKind kind) throws Exception {
        on(kind, () -> {
            try (ChildProcess child = ChildProcess.shell("read line; echo out $line; echo error $line >&2")
                    .input(Redirect.pipe())
                    .output(Redirect.pipe())
                    .error(Redirect.pipe())
                    .start()) {
                child.input().writeFully("in\n".getBytes());
                assertThat(readAll(child.output())).isEqualTo("out in\n");
                assertThat(readAll(child.error())).isEqualTo("error in\n");
                assertThat(child.source(1)).isSameAs(child.output());
                assertThat(child.source(2)).isSameAs(child.error());
                assertThat(child.sink(0)).isSameAs(child.input());
                return child.await();
            }
        });
    }

    @Test
    void pipesLeadToOtherNumbersInBothDirections() throws Exception {
        try (ChildProcess child = ChildProcess.shell("cat <&7 >&9")
                .descriptor(7, Redirect.pipeToChild())
                .descriptor(9, Redirect.pipe())
                .start()) {
            child.sink(7).writeFully("through".getBytes());
            child.sink(7).close();
            assertThat(readAll(child.source(9))).isEqualTo("through");
            assertThat(child.await().isSuccess()).isTrue();
            assertThatThrownBy(() -> child.source(7))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("7");
            assertThatThrownBy(() -> child.sink(9))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("9");
            assertThatThrownBy(child::input).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aPipeToTheChildCanBeItsInputByEitherName() throws Exception {
        try (ChildProcess child = ChildProcess.command("cat")
                .input(Redirect.pipeToChild())
                .output(Redirect.pipe())
                .start()) {
            child.input().writeFully("x".getBytes());
            child.input().close();
            assertThat(readAll(child.output())).isEqualTo("x");
            child.await();
        }
    }

    @Test
    void ourEndOfAPipeIsNotTheChilds() throws Exception {
        ChildProcessBuilder builder = lister();
        for (int number = 0; number < 8; number++) {
            builder.descriptor(number, number % 2 == 0 ? Redirect.pipe() : Redirect.pipeToChild());
        }
        Map<Integer, String> seen = listed(builder);
        assertThat(seen.keySet()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        assertThat(seen.values()).doesNotHaveDuplicates().allMatch(target -> target.startsWith("pipe:"));
    }

    // The same as another number

    @Test
    void errorsGoWhereTheOutputGoes() throws Exception {
        ChildProcessBuilder builder = ChildProcess.shell("echo out; echo error >&2; echo out");
        assertThat(output(builder.error(Redirect.sameAs(1)).output(Redirect.pipe())))
                .isEqualTo("out\nerror\nout\n");
        Path out = folder.resolve("out");
        try (ChildProcess child = builder.output(Redirect.to(out)).start()) {
            child.await();
        }
        assertThat(out).hasContent("out\nerror\nout\n");
    }

    @Test
    void outputCanGoWhereTheErrorsGo() throws Exception {
        try (ChildProcess child = ChildProcess.shell("echo out; echo error >&2")
                .output(Redirect.sameAs(2))
                .error(Redirect.pipe())
                .start()) {
            assertThat(readAll(child.error())).isEqualTo("out\nerror\n");
            child.await();
        }
    }

    @Test
    void aStreamThatIsNotToldCanBeTheOther() throws Exception {
        assertThat(listed(lister().output(Redirect.sameAs(2)).descriptor(5, Redirect.sameAs(0))))
                .isEqualTo(Map.of(0, target(0), 1, target(2), 2, target(2), 5, target(0)));
        assertThat(listed(lister().output(Redirect.inherit()).descriptor(5, Redirect.sameAs(1))))
                .isEqualTo(Map.of(0, target(0), 1, target(1), 2, target(2), 5, target(1)));
    }

    @Test
    void whatTheOtherWasGivenIsTheSame() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        try (Descriptor descriptor = Descriptor.open(file)) {
            Map<Integer, String> seen = listed(lister().input(Redirect.sameAs(4))
                    .descriptor(3, Redirect.sameAs(4))
                    .descriptor(4, Redirect.take(descriptor)));
            assertThat(seen)
                    .isEqualTo(Map.of(
                            0, file.toString(), 1, target(1), 2, target(2), 3, file.toString(), 4, file.toString()));
            assertThat(descriptor.isOpen()).isFalse();
        }
    }

    @Test
    void aChainEndsWhereItsEndIs() throws Exception {
        Path file = folder.resolve("file");
        assertThat(listed(lister().descriptor(3, Redirect.to(file))
                        .descriptor(4, Redirect.sameAs(3))
                        .descriptor(5, Redirect.sameAs(4))))
                .containsEntry(4, file.toString())
                .containsEntry(5, file.toString());
        assertThat(listed(lister().descriptor(3, Redirect.sameAs(4))
                        .descriptor(4, Redirect.sameAs(5))
                        .descriptor(5, Redirect.to(file))))
                .containsEntry(3, file.toString())
                .containsEntry(4, file.toString());
    }

    @Test
    void whatIsTheSameAsNothingIsRefused() {
        for (ChildProcessBuilder builder : List.of(
                lister().output(Redirect.sameAs(1)),
                lister().output(Redirect.sameAs(2)).error(Redirect.sameAs(1)),
                lister().descriptor(5, Redirect.sameAs(6)),
                lister().descriptor(5, Redirect.sameAs(5)))) {
            assertThatIllegalArgumentException().isThrownBy(builder::start).withMessageContaining("same as");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> lister().output(Redirect.sameAs(-1)).start());
    }

    // Any map

    /** Numbers of the child to numbers of ours. No JVM has these, and what moves past each other does so here too. */
    static Stream<Map<Integer, Integer>> maps() {
        return Stream.of(
                        Map.of(503, 505, 505, 503),
                        Map.of(503, 504, 504, 505, 505, 503),
                        Map.of(503, 505, 504, 503, 505, 504),
                        Map.of(503, 504, 504, 505),
                        Map.of(504, 503, 505, 504),
                        Map.of(503, 503),
                        Map.of(503, 503, 504, 504, 505, 505),
                        Map.of(503, 503, 3, 503, 700, 503),
                        Map.of(503, 505, 504, 505, 505, 505),
                        Map.of(503, 505, 504, 505, 505, 503),
                        Map.of(0, 505, 1, 504, 2, 503),
                        Map.of(0, 503, 503, 504, 504, 503),
                        Map.of(2, 503, 503, 504),
                        Map.of(3, 505, 5, 503),
                        Map.of(3, 503, 4, 504, 5, 505, 6, 503, 7, 504, 8, 505),
                        Map.of(3, 503, 10, 504, 1999, 505),
                        Map.of(1999, 503))
                .map(TreeMap::new);
    }

    @ParameterizedTest
    @MethodSource("maps")
    void anyMapOfNumbersIsTheChilds(Map<Integer, Integer> map) throws Exception {
        assertMapped(map);
    }

    @ParameterizedTest
    @MethodSource("maps")
    void anyMapOfNumbersIsTheChildsWithAnOlderLibrary(Map<Integer, Integer> map) throws Exception {
        try (Careless careless = new Careless(20);
                var script = ScriptedAnswers.to("posix_spawn_file_actions_addclosefrom_np", arguments -> {
                    throw new UnsupportedOperationException("glibc 2.33");
                })) {
            assertThat(careless.count()).isEqualTo(20);
            assertMapped(map);
            assertThat(script.remaining()).isZero();
        }
    }

    private void assertMapped(Map<Integer, Integer> map) throws Exception {
        Map<Integer, Descriptor> ours = new TreeMap<>();
        try {
            Map<Integer, String> expected = new TreeMap<>(standardHere());
            ChildProcessBuilder builder = lister();
            for (int number : Set.copyOf(map.values())) {
                assertThat(isOpen(number)).as("%d is free", number).isFalse();
                try (Descriptor file = Descriptor.open(
                        folder.resolve("file" + number), StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
                    ours.put(number, file.duplicateOnto(number));
                }
            }
            map.forEach((child, number) -> {
                builder.descriptor(child, Redirect.share(ours.get(number)));
                expected.put(child, folder.resolve("file" + number).toString());
            });
            assertThat(listed(builder)).isEqualTo(expected);
            ours.forEach((number, descriptor) -> assertThat(target(number))
                    .isEqualTo(folder.resolve("file" + number).toString()));
        } finally {
            ours.values().forEach(Descriptor::close);
        }
    }

    // Taken and shared

    @ParameterizedTest
    @EnumSource
    void whoReadsFromAChildComesToTheEndOnlyIfItsEndWasTaken(ThreadKind kind) throws Exception {
        for (boolean taken : List.of(true, false)) {
            try (Pipe pipe = Pipe.create()) {
                Redirect redirect = taken ? Redirect.take(pipe.sink()) : Redirect.share(pipe.sink());
                String read = on(kind, () -> {
                    try (ChildProcess child = ChildProcess.command("echo", "hello")
                            .output(redirect)
                            .start()) {
                        assertThat(pipe.sink().isOpen()).isEqualTo(!taken);
                        assertThat(child.await().isSuccess()).isTrue();
                    }
                    byte[] bytes = new byte[6];
                    pipe.source().readFully(bytes);
                    return new String(bytes);
                });
                assertThat(read).isEqualTo("hello\n");
                if (!taken) {
                    Waiting<Long> reader =
                            Waiting.startAndAwait(kind, () -> pipe.source().read(Waiting.memory(1)));
                    assertThat(reader.task().isDone()).as("the hang").isFalse();
                    pipe.sink().close();
                    assertThat(reader.get()).isEqualTo(-1);
                }
                assertThat(on(kind, () -> pipe.source().read(Waiting.memory(1))))
                        .isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoWritesToAChildGetsEpipeOnlyIfItsEndWasTaken(ThreadKind kind) throws Exception {
        MemorySegment much = Waiting.memory(1 << 20);
        for (boolean taken : List.of(true, false)) {
            try (Pipe pipe = Pipe.create()) {
                Redirect redirect = taken ? Redirect.take(pipe.source()) : Redirect.share(pipe.source());
                on(kind, () -> {
                    try (ChildProcess child =
                            ChildProcess.shell("exit 0").input(redirect).start()) {
                        assertThat(pipe.source().isOpen()).isEqualTo(!taken);
                        return child.await();
                    }
                });
                Waiting<Void> writer = Waiting.start(kind, () -> {
                    pipe.sink().writeFully(much);
                    return null;
                });
                if (!taken) {
                    writer.awaitWaiting();
                    assertThat(writer.task().isDone()).as("the hang").isFalse();
                    pipe.source().close();
                }
                Throwable failure = writer.failure();
                while (failure.getCause() instanceof ErrnoException cause) { // after some bytes were written
                    failure = cause;
                }
                assertThat(failure)
                        .isInstanceOfSatisfying(
                                ErrnoException.class,
                                broken -> assertThat(broken.errno()).isEqualTo(Errno.EPIPE));
            }
        }
    }

    /** A virtual thread uses a description of its own, which must go too. */
    @ParameterizedTest
    @EnumSource
    void anEndThatWasUsedBeforeIsTakenAsWell(ThreadKind kind) throws Exception {
        try (Pipe toChild = Pipe.create();
                Pipe fromChild = Pipe.create()) {
            on(kind, () -> {
                fromChild.sink().writeFully("before ".getBytes());
                toChild.sink().writeFully("12".getBytes());
                toChild.source().tryRead(Waiting.memory(1), MOMENT);
                toChild.source().tryRead(Waiting.memory(1), MOMENT);
                assertThat(toChild.source().tryRead(Waiting.memory(1), MOMENT)).isZero();
                return null;
            });
            try (ChildProcess child = ChildProcess.shell("read line; echo $line")
                    .input(Redirect.take(toChild.source()))
                    .output(Redirect.take(fromChild.sink()))
                    .start()) {
                toChild.sink().writeFully("after\n".getBytes()); // which it waits for
                assertThat(child.await().isSuccess()).isTrue();
                assertThat(readAll(fromChild.source())).isEqualTo("before after\n");
                assertThatThrownBy(() -> toChild.sink().write("x".getBytes()))
                        .isInstanceOfSatisfying(
                                ErrnoException.class,
                                broken -> assertThat(broken.errno()).isEqualTo(Errno.EPIPE));
            }
        }
    }

    @Test
    void oneEndForTwoNumbersIsTakenOnce() throws Exception {
        try (Pipe pipe = Pipe.create()) {
            try (ChildProcess child = ChildProcess.shell("echo out; echo error >&2")
                    .output(Redirect.take(pipe.sink()))
                    .error(Redirect.take(pipe.sink()))
                    .start()) {
                assertThat(readAll(pipe.source())).isEqualTo("out\nerror\n");
                child.await();
            }
        }
    }

    @Test
    void whatWasTakenCannotBeGivenAgainAndWhatIsSharedCan() throws Exception {
        Path out = folder.resolve("out");
        try (Descriptor taken = Descriptor.open(out, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
                Descriptor shared = Descriptor.open(out, StandardOpenOption.APPEND)) {
            ChildProcessBuilder taking = ChildProcess.command("echo", "1").output(Redirect.take(taken));
            ChildProcessBuilder sharing = ChildProcess.command("echo", "2").output(Redirect.share(shared));
            for (ChildProcessBuilder builder : List.of(taking, sharing, sharing)) {
                try (ChildProcess child = builder.start()) {
                    assertThat(child.await().isSuccess()).isTrue();
                }
            }
            assertThatThrownBy(taking::start).isInstanceOf(ClosedChannelException.class);
            assertThat(shared.isOpen()).isTrue();
        }
        assertThat(out).hasContent("1\n2\n2\n");
    }

    @Test
    void whatIsClosedCannotBeGiven() throws Exception {
        Pipe pipe = Pipe.create();
        pipe.close();
        try (Pipe open = Pipe.create()) {
            for (Redirect redirect : List.of(Redirect.take(pipe.source()), Redirect.share(pipe.source()))) {
                ChildProcessBuilder builder = lister().input(redirect).output(Redirect.take(open.sink()));
                assertThatThrownBy(builder::start).isInstanceOf(ClosedChannelException.class);
                assertThat(open.sink().isOpen()).isTrue();
            }
        }
    }

    // Starts that fail

    /** Everything that can be told, so that each step has something to do. */
    private ChildProcessBuilder all(Pollable taken, String... command) {
        return ChildProcess.command(
                        command[0], List.of(command).subList(1, command.length).toArray(String[]::new))
                .input(Redirect.pipe())
                .output(Redirect.pipe())
                .error(Redirect.sameAs(1))
                .descriptor(4, Redirect.sameAs(3)) // a gap, and a standard stream that is told elsewhere
                .descriptor(3, Redirect.discard())
                .descriptor(7, Redirect.take(taken))
                .descriptor(8, Redirect.to(folder.resolve("out")))
                .descriptor(9, Redirect.pipeToChild())
                .directory(folder)
                .newProcessGroup();
    }

    @ParameterizedTest
    @EnumSource
    void aHundredStartsThatFailLeakNothing(ThreadKind kind) throws Exception {
        Path directory = Files.createDirectory(folder.resolve("directory"));
        try (Pipe pipe = Pipe.create()) {
            List<ChildProcessBuilder> builders = List.of(
                    all(pipe.sink(), "/no/such/program"),
                    all(pipe.sink(), "no-such-program"),
                    all(pipe.sink(), directory.toString()),
                    all(pipe.sink(), "/bin/true").directory(folder.resolve("missing")),
                    all(pipe.sink(), "/bin/true", "a\0b"),
                    all(pipe.sink(), "/bin/true").descriptor(10, Redirect.sameAs(11)),
                    all(pipe.sink(), "/bin/true").descriptor(10, Redirect.inherit()),
                    all(pipe.sink(), "/bin/true").descriptor(10, Redirect.from(folder.resolve("missing"))));
            Set<String> before = Kernel.descriptors();
            on(kind, () -> {
                for (int i = 0; i < 100; i++) {
                    ChildProcessBuilder builder = builders.get(i % builders.size());
                    assertThatThrownBy(builder::start)
                            .isInstanceOfAny(ErrnoException.class, IllegalArgumentException.class);
                }
                return null;
            });
            assertThat(Kernel.descriptors()).isEqualTo(before);
            assertThat(pipe.sink().isOpen()).isTrue();
            assertWorks(pipe);
        }
    }

    /** That it works as if nothing had been. */
    private void assertWorks(Pipe pipe) throws Exception {
        try (ChildProcess child = all(pipe.sink(), "sh", "-c", "echo taken >&7").start()) {
            assertThat(child.await().isSuccess()).isTrue();
        }
        assertThat(pipe.sink().isOpen()).isFalse();
        assertThat(readAll(pipe.source())).isEqualTo("taken\n");
    }

    /** These functions answer the number itself. */
    private static Answer answering(Errno errno) {
        return arguments -> errno.number();
    }

    private static Answer pidfdOpen(Errno errno) {
        return arguments -> arguments[0] == Linux.SYS_pidfd_open() ? -errno.number() : ScriptedAnswers.ASK_THE_KERNEL;
    }

    static Stream<Arguments> steps() {
        return Stream.of(
                Arguments.of("pipe2", Errno.EMFILE, List.of(refusing(Errno.EMFILE))),
                Arguments.of("pipe2", Errno.ENFILE, List.of(KERNEL, KERNEL, refusing(Errno.ENFILE))),
                Arguments.of("open", Errno.EMFILE, List.of(refusing(Errno.EMFILE))),
                Arguments.of("open", Errno.ENFILE, List.of(KERNEL, refusing(Errno.ENFILE))),
                Arguments.of("posix_spawn_file_actions_init", Errno.ENOMEM, List.of(answering(Errno.ENOMEM))),
                Arguments.of("posix_spawnattr_init", Errno.ENOMEM, List.of(answering(Errno.ENOMEM))),
                Arguments.of("posix_spawn_file_actions_adddup2", Errno.ENOMEM, List.of(answering(Errno.ENOMEM))),
                Arguments.of(
                        "posix_spawn_file_actions_adddup2",
                        Errno.EBADF,
                        List.of(KERNEL, KERNEL, KERNEL, KERNEL, answering(Errno.EBADF))),
                Arguments.of("posix_spawn_file_actions_addclose", Errno.ENOMEM, List.of(answering(Errno.ENOMEM))),
                Arguments.of(
                        "posix_spawn_file_actions_addclosefrom_np", Errno.ENOMEM, List.of(answering(Errno.ENOMEM))),
                Arguments.of("posix_spawn_file_actions_addchdir_np", Errno.ENOMEM, List.of(answering(Errno.ENOMEM))),
                Arguments.of("posix_spawnattr_setsigmask", Errno.EINVAL, List.of(answering(Errno.EINVAL))),
                Arguments.of("posix_spawnattr_setsigdefault", Errno.EINVAL, List.of(answering(Errno.EINVAL))),
                Arguments.of("posix_spawnattr_setpgroup", Errno.EINVAL, List.of(answering(Errno.EINVAL))),
                Arguments.of("posix_spawnattr_setflags", Errno.EINVAL, List.of(answering(Errno.EINVAL))),
                Arguments.of("posix_spawn", Errno.EMFILE, List.of(answering(Errno.EMFILE))),
                Arguments.of("posix_spawn", Errno.EAGAIN, List.of(answering(Errno.EAGAIN))),
                Arguments.of("posix_spawn", Errno.ENOMEM, List.of(answering(Errno.ENOMEM))));
    }

    @ParameterizedTest
    @MethodSource("steps")
    void aStepThatFailsUndoesThoseBefore(String function, Errno errno, List<Answer> answers) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            Set<String> before = Kernel.descriptors();
            try (var script = ScriptedAnswers.to(function, answers.toArray(Answer[]::new))) {
                assertThatThrownBy(all(pipe.sink(), "/bin/true")::start)
                        .isInstanceOfSatisfying(
                                ErrnoException.class,
                                refused -> assertThat(refused.errno()).isEqualTo(errno));
                assertThat(script.remaining()).isZero();
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
            assertThat(pipe.sink().isOpen()).isTrue();
            assertThat(children()).isSubsetOf(childrenBefore);
            assertWorks(pipe);
        }
    }

    @Test
    void aStreamThatCannotBeDuplicatedIsTold() throws Exception {
        try (Pipe pipe = Pipe.create()) {
            Set<String> before = Kernel.descriptors();
            try (var script = ScriptedAnswers.to("fcntl", refusing(Errno.EMFILE))) {
                assertThatThrownBy(lister().input(Redirect.take(pipe.source()))
                                .output(Redirect.pipe())
                                .descriptor(5, Redirect.sameAs(2))::start)
                        .isInstanceOfSatisfying(
                                ErrnoException.class,
                                refused -> assertThat(refused.errno()).isEqualTo(Errno.EMFILE));
                assertThat(script.remaining()).isZero();
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
            assertThat(pipe.source().isOpen()).isTrue();
        }
    }

    /** It runs already when it turns out that it cannot be watched. */
    @ParameterizedTest
    @EnumSource(names = {"EMFILE", "ENFILE", "ENOMEM", "ENOSYS"})
    void aChildThatCannotBeWatchedIsKilled(Errno errno) throws Exception {
        for (ThreadKind kind : ThreadKind.values()) {
            try (Pipe pipe = Pipe.create()) {
                Set<String> before = Kernel.descriptors();
                Throwable failure = on(kind, () -> {
                    try (var script = ScriptedAnswers.to("syscall", repeated(pidfdOpen(errno)))) {
                        Throwable thrown = catchThrowable(all(pipe.sink(), "sleep", "1000")::start);
                        assertThat(script.remaining()).isLessThan(repeated(KERNEL).length);
                        return thrown;
                    }
                });
                assertThat(failure).isInstanceOfSatisfying(ErrnoException.class, refused -> {
                    assertThat(refused.errno()).isEqualTo(errno);
                    assertThat(refused.call()).isEqualTo("pidfd_open");
                    assertThat(refused).hasMessageContaining("sleep");
                });
                assertThat(children()).isSubsetOf(childrenBefore);
                assertThat(Kernel.descriptors()).isEqualTo(before);
                assertThat(pipe.sink().isOpen()).isTrue();
                assertWorks(pipe);
            }
        }
    }

    /** The thread may make other calls by number too. */
    private static Answer[] repeated(Answer answer) {
        return Stream.generate(() -> answer).limit(10).toArray(Answer[]::new);
    }
}
