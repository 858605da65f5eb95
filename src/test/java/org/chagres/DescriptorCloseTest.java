package org.chagres;

import static java.nio.file.StandardOpenOption.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.chagres.TestDescriptors.*;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.pipe.Pipe;
import org.chagres.testing.Await;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Who closes a number, and when: the last one out, once, or the collector. */
@ExtendWith(LeakCheck.class)
class DescriptorCloseTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void writeAFile() throws IOException {
        file = Files.writeString(folder.resolve("file"), "content");
    }

    private interface Use {
        Object of(Descriptor descriptor) throws Exception;
    }

    static Stream<Arguments> uses() {
        return Stream.of(
                use("read", d -> d.read(new byte[1])),
                use("read nothing", d -> d.read(new byte[0])),
                use("tryRead", d -> d.tryRead(text("x"), Duration.ZERO)),
                use("write", d -> d.write(text("x"))),
                use("write nothing", d -> d.write(text(""))),
                use("available", Descriptor::available),
                use("readAt", d -> d.readAt(text("x"), 0)),
                use("writeAt", d -> d.writeAt(text("x"), 0)),
                use("release", Descriptor::release),
                use("duplicate", Descriptor::duplicate),
                use("duplicateOnto", d -> d.duplicateOnto(900)),
                use("redirect", d -> d.redirect(StandardStream.INPUT)),
                use("isReadable", Descriptor::isReadable),
                use("isWritable", Descriptor::isWritable),
                use("statusFlags", Descriptor::statusFlags),
                use("byteSize", Descriptor::byteSize),
                use("position", Descriptor::position),
                use("sendFile", d -> d.sendFile(d, 0, 1)),
                use("poll", d -> d.tryPoll(Set.of(Readiness.READABLE), Duration.ZERO)),
                use("setStatusFlags", d -> {
                    d.setStatusFlags(Set.of());
                    return null;
                }),
                use("setPosition", d -> {
                    d.setPosition(0);
                    return null;
                }),
                use("truncate", d -> {
                    d.truncate(0);
                    return null;
                }),
                use("allocate", d -> {
                    d.allocate(FileRange.ALLOCATE, 0, 1);
                    return null;
                }));
    }

    private static Arguments use(String name, Use use) {
        return arguments(name, use);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("uses")
    void nothingCanBeDoneOnceItIsClosed(String name, Use use) throws Exception {
        Descriptor descriptor = Descriptor.open(file, READ, WRITE);
        descriptor.close();
        assertThat(descriptor.isOpen()).isFalse();
        for (ThreadKind kind : ThreadKind.values()) {
            assertThat(Running.start(kind, () -> use.of(descriptor)).failure())
                    .isExactlyInstanceOf(ClosedChannelException.class);
        }
        assertThat(file).hasContent("content");
    }

    @Test
    void aSecondCloseDoesNotTouchTheNumberThatIsAnothersByThen() throws Exception {
        int number = 900; // nobody gets such a high one by chance
        try (Descriptor original = Descriptor.open(file)) {
            Descriptor first = original.duplicateOnto(number);
            first.close();
            assertThat(isOpen(number)).isFalse();
            try (Descriptor second = original.duplicateOnto(number)) {
                first.close();
                assertThat(read(second)).isEqualTo("content");
            }
        }
    }

    @Test
    void aDescriptorIsItsOwnAndAPipeEndSharesItsOwn() throws Exception {
        try (Descriptor descriptor = Descriptor.open(file);
                Pipe pipe = Pipe.create()) {
            assertThat(descriptor.descriptor()).isSameAs(descriptor);
            assertThat(pipe.source().descriptor()).isSameAs(pipe.source().descriptor());
            pipe.source().descriptor().close();
            assertThat(pipe.source().isOpen()).isFalse();
            assertThat(pipe.sink().isOpen()).isTrue();
        }
    }

    @Test
    void theTextTellsTheNumberAndWhetherItIsClosed() throws Exception {
        Descriptor descriptor = Descriptor.open(file);
        int number = number(descriptor);
        assertThat(descriptor).hasToString("Descriptor[fd=" + number + "]");
        descriptor.close();
        assertThat(descriptor).hasToString("Descriptor[fd=" + number + ", closed]");
    }

    // The last one out.

    @ParameterizedTest
    @EnumSource
    void closingEndsAWaitAndTheWaiterClosesTheNumber(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            Descriptor source = pipe.source().descriptor();
            String name = target(source);
            Running<String> reader = Running.start(kind, () -> read(source)).untilWaiting();
            Running<String> other = Running.start(kind, () -> read(source)).untilWaiting();
            source.close();
            assertThat(source.isOpen()).isFalse();
            assertThat(reader.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
            assertThat(other.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
            Await.until(() -> count(name) == 1, "only the other end is open");
        }
    }

    @Test
    void aNumberStaysOpenUntilItsLastUserHasLeft() throws Exception {
        Descriptor descriptor = Descriptor.open(file);
        int number = number(descriptor);
        boolean[] openMeanwhile = new boolean[1];
        try (ScriptedAnswers script = ScriptedAnswers.to("lseek", arguments -> {
            descriptor.close(); // as another thread would, in the middle of the call
            openMeanwhile[0] = isOpen(number);
            return ScriptedAnswers.ASK_THE_KERNEL;
        })) {
            assertThat(descriptor.position()).isZero();
            assertThat(script.remaining()).isZero();
        }
        assertThat(openMeanwhile).containsExactly(true);
        assertThat(isOpen(number)).isFalse();
    }

    @Test
    void aFailedCallLeavesToo() throws Exception {
        Descriptor descriptor = Descriptor.open(file);
        assertThatExceptionOfType(ErrnoException.class).isThrownBy(() -> descriptor.truncate(0));
        assertThatExceptionOfType(ErrnoException.class).isThrownBy(() -> descriptor.write(text("x")));
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> {
            Thread.currentThread().interrupt();
            read(descriptor);
        });
        descriptor.close();
        assertThat(isOpen(number(descriptor))).isFalse();
    }

    // The collector.

    @Test
    void aForgottenOneIsClosedByTheCollector() throws Exception {
        int number = forget();
        Garbage.collectUntil(() -> !isOpen(number));
    }

    private int forget() throws IOException {
        return number(Descriptor.open(file));
    }

    @Test
    void aForgottenDuplicateLeavesTheOriginalOpen() throws Exception {
        try (Descriptor descriptor = Descriptor.open(file)) {
            int number = number(forgottenDuplicate(descriptor));
            Garbage.collectUntil(() -> !isOpen(number));
            assertThat(read(descriptor)).isEqualTo("content");
        }
    }

    private static String forgottenDuplicate(Descriptor descriptor) throws IOException {
        return descriptor.duplicate().toString();
    }

    @Test
    void whatVirtualThreadsOpenedBesidesIsClosedWithAForgottenOne() throws Exception {
        String name = forgottenPipe();
        Garbage.collectUntil(() -> count(name) == 0);
    }

    private static String forgottenPipe() throws Exception {
        Pipe pipe = Pipe.create();
        Running.run(ThreadKind.VIRTUAL, () -> pipe.sink().write(text("x")));
        Running.run(ThreadKind.VIRTUAL, () -> read(pipe.source()));
        assertThat(count(target(pipe.source()))).isEqualTo(4);
        return target(pipe.source());
    }

    @ParameterizedTest
    @EnumSource
    void theCollectorDoesNotCloseWhatAThreadWaitsFor(ThreadKind kind) throws Exception {
        Descriptor[] sink = new Descriptor[1];
        Running<String> reader = readerOfForgotten(kind, sink).untilWaiting();
        int forgotten = forget(); // the younger one
        Garbage.collectUntil(() -> !isOpen(forgotten));
        sink[0].write(text("come"));
        assertThat(reader.get()).isEqualTo("come");
        sink[0].close();
    }

    /** Only the reading thread has the source. */
    private static Running<String> readerOfForgotten(ThreadKind kind, Descriptor[] sink) throws IOException {
        Pipe pipe = Pipe.create();
        sink[0] = pipe.sink().descriptor();
        Descriptor source = pipe.source().descriptor();
        return Running.start(kind, () -> {
            try (source) {
                return read(source);
            }
        });
    }

    @Test
    void anAdapterKeepsItsDescriptorOpen() throws Exception {
        var stream = Descriptor.open(file).inputStream();
        int forgotten = forget();
        Garbage.collectUntil(() -> !isOpen(forgotten));
        assertThat(stream.readAllBytes()).asString().isEqualTo("content");
        stream.close();
        Reference.reachabilityFence(stream);
    }

    @Test
    void whoForgotItIsLoggedIfAskedFor() {
        List<String> command = Peer.javaCommand(
                List.of("--enable-native-access=ALL-UNNAMED", "-Dorg.chagres.leaks=log"),
                DescriptorPrograms.Forgetful.class,
                file);
        Run run = Run.command(command, Map.of());
        run.output();
        assertThat(run.err())
                .containsPattern("Descriptor fd=\\d+ was never closed")
                .contains("Forgetful.forget");
    }
}
