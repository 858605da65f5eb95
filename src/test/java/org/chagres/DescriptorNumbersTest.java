package org.chagres;

import static java.nio.file.StandardOpenOption.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.chagres.TestDescriptors.*;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.internal.Sources;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.pipe.Pipe;
import org.chagres.testing.Answers;
import org.chagres.testing.Garbage;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where numbers come in and go out: adopting, releasing, duplicating. */
@ExtendWith(LeakCheck.class)
class DescriptorNumbersTest {
    /** Nobody gets numbers as high as that by themselves. */
    private static final int HIGH = 900;

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void writeAFile() throws IOException {
        file = Files.writeString(folder.resolve("file"), "content");
    }

    // Adopting.

    @Test
    void whatOtherCodeOpenedIsAdoptedWithItsNumberAndMadeCloseOnExec() throws Exception {
        int number = foreign();
        assertThat(isCloseOnExec(number)).isFalse();
        try (Descriptor descriptor = Descriptor.adopt(number)) {
            assertThat(number(descriptor)).isEqualTo(number);
            assertThat(isCloseOnExec(number)).isTrue();
            assertThat(read(descriptor)).isEqualTo("content");
        }
        assertThat(isOpen(number)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, HIGH, Integer.MAX_VALUE})
    void aNumberThatIsNotOpenIsNeitherAdoptedNorDuplicated(int number) {
        assertRefused(Errno.EBADF, "fcntl", "adopting descriptor " + number, () -> Descriptor.adopt(number));
        assertRefused(Errno.EBADF, "fcntl", "duplicating descriptor " + number, () -> Descriptor.duplicateOf(number));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aStandardStreamIsNotAdopted(int number) {
        int flags = flags(number);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Descriptor.adopt(number))
                .withMessageContaining("descriptor " + number)
                .withMessageContaining("duplicateOf(" + number + ")");
        assertThat(flags(number)).isEqualTo(flags);
    }

    @Test
    void aNumberThatCannotBeMadeCloseOnExecIsNotAdopted() throws Exception {
        int number = foreign();
        try (ScriptedAnswers script = ScriptedAnswers.to("fcntl", Answers.KERNEL, Answers.refusing(Errno.EPERM))) {
            assertRefused(Errno.EPERM, "fcntl", "adopting", () -> Descriptor.adopt(number));
            assertThat(script.remaining()).isZero();
        }
        assertThat(isOpen(number)).as("it is still its owner's").isTrue();
        call("close", number);
    }

    // Releasing.

    @Test
    void aReleasedNumberIsOpenAndTheObjectIsClosed() throws Exception {
        Descriptor descriptor = Descriptor.open(file);
        int number = descriptor.release();
        assertThat(number).isEqualTo(number(descriptor));
        assertThat(target(number)).isEqualTo(file.toRealPath().toString());
        assertThat(isCloseOnExec(number)).isTrue();

        assertThat(descriptor.isOpen()).isFalse();
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(descriptor::release);
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> read(descriptor));
        descriptor.close();
        assertThat(isOpen(number)).isTrue();
        try (Descriptor again = Descriptor.adopt(number)) {
            assertThat(read(again)).isEqualTo("content");
        }
    }

    @Test
    void aReleasedNumberIsNotClosedByTheCollector() throws Exception {
        int released = releasedAndForgotten();
        int forgotten = number(Descriptor.open(file)); // the younger one: when it is gone, all was said of the other
        Garbage.collectUntil(() -> !isOpen(forgotten));
        assertThat(isOpen(released)).isTrue();
        call("close", released);
    }

    private int releasedAndForgotten() throws IOException {
        return Descriptor.open(file).release();
    }

    @ParameterizedTest
    @EnumSource
    void aDescriptorThatAThreadWaitsForIsNotReleased(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            Descriptor source = pipe.source().descriptor();
            Running<String> reader = Running.start(kind, () -> read(source)).untilWaiting();
            assertThatIllegalStateException()
                    .isThrownBy(source::release)
                    .withMessageContaining(source.toString())
                    .withMessageContaining("another thread");
            assertThat(source.isOpen()).isTrue();
            pipe.sink().write(text("goes on"));
            assertThat(reader.get()).isEqualTo("goes on");
            Descriptor.adopt(source.release()).close();
        }
    }

    @Test
    void whatVirtualThreadsOpenedBesidesIsClosedWhenTheNumberIsReleased() throws Exception {
        try (Pipe pipe = Pipe.create()) {
            String name = target(pipe.source());
            Running.run(ThreadKind.VIRTUAL, () -> pipe.sink().write(text("x")));
            Running.run(ThreadKind.VIRTUAL, () -> read(pipe.source()));
            assertThat(count(name)).isEqualTo(4);

            int source = pipe.source().descriptor().release();
            assertThat(count(name)).isEqualTo(3);
            int sink = pipe.sink().descriptor().release();
            assertThat(count(name)).isEqualTo(2);

            call("close", sink);
            try (Descriptor again = Descriptor.adopt(source)) {
                assertThat(read(again)).as("the end, as nobody writes any more").isEmpty();
            }
        }
    }

    // Duplicating.

    @ParameterizedTest
    @EnumSource
    void aDuplicateRefersToTheSameFile(Way way) throws Exception {
        try (Descriptor original = Descriptor.open(file);
                Descriptor duplicate = way.duplicate(original)) {
            assertThat(number(duplicate)).isNotEqualTo(number(original)).isGreaterThan(2);
            assertThat(target(duplicate)).isEqualTo(target(original));
            assertThat(info(number(duplicate), "ino")).isEqualTo(info(number(original), "ino"));
            assertThat(isCloseOnExec(number(duplicate))).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void duplicatesShareThePosition(Way way) throws Exception {
        try (Descriptor original = Descriptor.open(file);
                Descriptor duplicate = way.duplicate(original);
                Descriptor another = Descriptor.open(file)) {
            duplicate.setPosition(3);
            assertThat(original.position()).isEqualTo(3);
            assertThat(info(number(original), "pos")).isEqualTo("3");
            assertThat(read(original)).isEqualTo("tent");
            assertThat(duplicate.position()).isEqualTo(7);
            assertThat(another.position()).as("of a file opened by itself").isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void duplicatesShareTheStatusFlags(Way way) throws Exception {
        try (Descriptor original = Descriptor.open(file, WRITE);
                Descriptor duplicate = way.duplicate(original);
                Descriptor another = Descriptor.open(file, WRITE)) {
            duplicate.setStatusFlags(Set.of(StatusFlag.APPEND));
            assertThat(original.statusFlags()).containsExactly(StatusFlag.APPEND);
            assertThat(flags(original) & FileCalls.O_APPEND).isNotZero();
            assertThat(another.statusFlags()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void duplicatesDoNotShareCloseOnExec(Way way) throws Exception {
        try (Descriptor original = Descriptor.open(file);
                Descriptor duplicate = way.duplicate(original)) {
            call("fcntl", number(original), DescriptorCalls.F_SETFD, 0);
            assertThat(isCloseOnExec(number(original))).isFalse();
            assertThat(isCloseOnExec(number(duplicate))).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void duplicatesAreClosedEachByItself(Way way) throws Exception {
        Descriptor original = Descriptor.open(file);
        try (Descriptor duplicate = way.duplicate(original)) {
            original.close();
            assertThat(isOpen(number(original))).isFalse();
            assertThat(read(duplicate)).isEqualTo("content");
        }
    }

    @ParameterizedTest
    @EnumSource
    void theEndOfAPipeComesWhenTheLastDuplicateIsClosed(Way way) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            Descriptor duplicate = way.duplicate(pipe.sink().descriptor());
            pipe.sink().close();
            Running<String> reader = Running.start(ThreadKind.PLATFORM, () -> read(pipe.source()))
                    .untilWaiting();
            duplicate.close();
            assertThat(reader.get()).isEmpty();
        }
    }

    /** The ways to a duplicate. */
    enum Way {
        DUPLICATE,
        DUPLICATE_OF,
        DUPLICATE_ONTO;

        Descriptor duplicate(Descriptor original) throws IOException {
            return switch (this) {
                case DUPLICATE -> original.duplicate();
                case DUPLICATE_OF -> Descriptor.duplicateOf(number(original));
                case DUPLICATE_ONTO -> original.duplicateOnto(HIGH);
            };
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aDuplicateOfAStandardStreamIsClosedWithoutIt(int stream) throws Exception {
        String target = target(stream);
        try (Descriptor duplicate = Descriptor.duplicateOf(stream)) {
            assertThat(number(duplicate)).isGreaterThan(2);
            assertThat(target(duplicate)).isEqualTo(target);
        }
        assertThat(target(stream)).isEqualTo(target);
    }

    @Test
    void aDuplicateHasTheChosenNumber() throws Exception {
        try (Descriptor original = Descriptor.open(file);
                Descriptor duplicate = original.duplicateOnto(HIGH)) {
            assertThat(number(duplicate)).isEqualTo(HIGH);
        }
        assertThat(isOpen(HIGH)).isFalse();
    }

    @Test
    void whatHadTheChosenNumberIsClosed() throws Exception {
        try (Pipe pipe = Pipe.create();
                Descriptor original = Descriptor.open(file)) {
            int taken = pipe.sink().descriptor().release();
            Running<String> reader = Running.start(ThreadKind.PLATFORM, () -> read(pipe.source()))
                    .untilWaiting();
            try (Descriptor duplicate = original.duplicateOnto(taken)) {
                assertThat(reader.get()).as("the end of the pipe").isEmpty();
                assertThat(target(taken)).isEqualTo(target(original));
                assertThat(isCloseOnExec(taken)).isTrue();
                assertThat(read(duplicate)).isEqualTo("content");
            }
            assertThat(isOpen(taken)).isFalse();
        }
    }

    /** The kernel would say EINVAL. */
    @Test
    void itsOwnNumberAndThoseOfTheStandardStreamsAreRefused() throws Exception {
        try (Descriptor descriptor = Descriptor.open(file)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> descriptor.duplicateOnto(number(descriptor)))
                    .withMessageContaining(descriptor.toString());
            for (int number : new int[] {0, 1, 2}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> descriptor.duplicateOnto(number))
                        .withMessageContaining("redirect")
                        .withMessageContaining(" " + number);
            }
            for (int number : new int[] {-1, Integer.MIN_VALUE}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> descriptor.duplicateOnto(number))
                        .withMessageContaining(Integer.toString(number));
            }
            assertThat(read(descriptor)).isEqualTo("content");
        }
    }

    @Test
    void aNumberBeyondTheLimitIsRefused() throws Exception {
        try (Descriptor descriptor = Descriptor.open(file)) {
            assertRefused(
                    Errno.EBADF,
                    "dup3",
                    "duplicating " + descriptor + " onto " + Integer.MAX_VALUE,
                    () -> descriptor.duplicateOnto(Integer.MAX_VALUE));
        }
    }

    /** EBUSY: another thread is about to get the number from an open. */
    @Test
    void dup3IsRepeatedWhileTheNumberIsInTransit() throws Exception {
        try (ScriptedAnswers script = ScriptedAnswers.to(
                        "dup3",
                        Answers.refusing(Errno.EBUSY),
                        Answers.refusing(Errno.EINTR),
                        Answers.refusing(Errno.EBUSY));
                Descriptor original = Descriptor.open(file);
                Descriptor duplicate = original.duplicateOnto(HIGH)) {
            assertThat(script.remaining()).isZero();
            assertThat(number(duplicate)).isEqualTo(HIGH);
        }
    }

    @Test
    void aClosedDescriptorIsNotDuplicated() throws Exception {
        Descriptor descriptor = Descriptor.open(file);
        descriptor.close();
        Set<String> before = Kernel.descriptors();
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(descriptor::duplicate);
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> descriptor.duplicateOnto(HIGH));
        assertThatExceptionOfType(ClosedChannelException.class)
                .isThrownBy(() -> descriptor.redirect(StandardStream.INPUT));
        assertThat(Kernel.descriptors()).isEqualTo(before);
    }

    @Test
    void atTheLimitNothingIsOpenedAndNothingLost() {
        int limit = 64;
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n " + limit + "; exec \"$@\"", "sh"));
        command.addAll(Peer.javaCommand(
                List.of("--enable-native-access=ALL-UNNAMED"), DescriptorPrograms.Scarce.class, limit, file));
        assertThat(Run.command(command, Map.of()).output().lines())
                .containsExactly(
                        "until: fcntl EMFILE",
                        "free: 0",
                        "duplicate: fcntl EMFILE",
                        "duplicateOf: fcntl EMFILE",
                        "open: open EMFILE",
                        "redirect: fcntl EMFILE",
                        "onto the limit: dup3 EBADF",
                        "onto the last: done",
                        "free: 0",
                        "given back: 0",
                        "position: 0");
    }

    @Test
    void noReflectionGetsAtTheJdksOwnDescriptors() {
        Pattern reflection = Pattern.compile(
                "\\b(java\\.lang\\.reflect|SharedSecrets|setAccessible|getDeclared\\w+|privateLookupIn|Unsafe)\\b");
        assertThat(Sources.main())
                .isNotEmpty()
                .noneMatch(source -> reflection.matcher(source.code()).find());
    }

    /** As C opens files by default: children inherit it. */
    private int foreign() {
        return callWithText("open", file.toString(), 0);
    }

    private static void assertRefused(Errno errno, String call, String intent, ThrowingCallable what) {
        assertThatExceptionOfType(ErrnoException.class).isThrownBy(what).satisfies(refused -> {
            assertThat(refused.errno()).isEqualTo(errno);
            assertThat(refused.call()).isEqualTo(call);
            assertThat(refused.intent()).startsWith(intent);
        });
    }
}
