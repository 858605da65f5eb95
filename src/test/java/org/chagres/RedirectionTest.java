package org.chagres;

import static java.nio.file.StandardOpenOption.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.internal.syscall.ScriptedAnswers.Answer;
import org.chagres.testing.Answers;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Standard streams that go elsewhere for a time: in processes of their own, as this one's belong to the test run. */
@ExtendWith(LeakCheck.class)
class RedirectionTest {
    /** Has it that a stream was turned, which it was not. */
    private static final Answer DONE = arguments -> 0;

    @TempDir
    private Path folder;

    @Test
    void theOutputOfJavaOfItsChildrenAndOfCGoesToTheFileUntilClosed() throws Exception {
        assertThat(program("output").output().lines())
                .containsExactly("before", "Redirection[OUTPUT, closed]", "child after", "child after", "after");
        assertThat(lines("file"))
                .containsExactly("inside", "of a child", "of a child", "inherited: true", "Redirection[OUTPUT]");
    }

    @Test
    void errorMessagesGoToTheFileUntilClosed() throws Exception {
        Run run = program("error");
        assertThat(run.output()).isEmpty();
        assertThat(run.err().lines()).containsExactly("before", "after");
        assertThat(lines("file")).containsExactly("inside", "of a child", "of a child");
    }

    @Test
    void childrenReadFromWhereTheInputWasRedirectedTo() {
        assertThat(program("input").output().lines()).containsExactly("by pipe", "restored: true");
    }

    @Test
    void whatIsInABufferOfJavasGoesWhereItWasPrintedTo() throws Exception {
        assertThat(program("buffered").output().lines()).containsExactly("before", "after");
        assertThat(lines("file")).containsExactly("inside");
    }

    @Test
    void anInnerOneGivesWayToTheOuterOne() throws Exception {
        assertThat(program("nested").output().lines()).containsExactly("last");
        assertThat(lines("outer")).containsExactly("first", "third");
        assertThat(lines("inner")).containsExactly("second");
    }

    @Test
    void aSecondCloseDoesNothing() throws Exception {
        assertThat(program("twice").output().lines()).containsExactly("restored");
        assertThat(lines("one")).isEmpty();
        assertThat(lines("other")).containsExactly("still redirected");
    }

    @Test
    void aStreamThatWasClosedIsClosedAgain() {
        assertThat(program("closedBefore").output().lines())
                .containsExactly("redirected: true, open afterwards: false");
    }

    @Test
    void theTargetMayBeClosedMeanwhile() throws Exception {
        assertThat(program("outlives").output().lines()).containsExactly("after");
        assertThat(lines("file")).containsExactly("inside");
    }

    @Test
    void aClosedDescriptorDoesNotTurnAStream() throws Exception {
        assertThat(program("closedTarget").output().lines()).containsExactly("closed, 0 left open");
        assertThat(lines("file")).isEmpty();
    }

    @Test
    void whatCPrintsCanBeRead() {
        assertThat(program("captured").output().lines()).containsExactly("read: by C", "then: ");
    }

    private Run program(String name) {
        return Run.command(
                Peer.javaCommand(
                        List.of("--enable-native-access=ALL-UNNAMED"),
                        RedirectionProgram.class,
                        name,
                        folder.toAbsolutePath()),
                Map.of());
    }

    private List<String> lines(String name) throws IOException {
        return TestDescriptors.lines(folder.resolve(name));
    }

    // Calls that fail; the kernel does not hear of them.

    @ParameterizedTest
    @EnumSource
    void nothingIsLeftOpenIfTheStreamCannotBeTurned(StandardStream stream) throws Exception {
        try (Descriptor file = open()) {
            Set<String> before = Kernel.descriptors();
            try (ScriptedAnswers script = ScriptedAnswers.to("dup3", Answers.refusing(Errno.EIO))) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> file.redirect(stream).close())
                        .withMessage("dup3: EIO (5), redirecting the standard stream " + stream + " to " + file);
                assertThat(script.remaining()).isZero();
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsLeftOpenIfTheStreamCannotBeTurnedBack(StandardStream stream) throws Exception {
        try (Descriptor file = open()) {
            Set<String> before = Kernel.descriptors();
            try (ScriptedAnswers script = ScriptedAnswers.to("dup3", DONE, Answers.refusing(Errno.EIO))) {
                Redirection redirection = file.redirect(stream);
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(redirection::close)
                        .withMessage("dup3: EIO (5), restoring the standard stream " + stream);
                assertThat(script.remaining()).isZero();
                redirection.close();
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }
    }

    @Test
    void noNumberLeftMeansNoRedirection() throws Exception {
        try (Descriptor file = open();
                ScriptedAnswers dup = ScriptedAnswers.to("dup3", DONE);
                ScriptedAnswers fcntl = ScriptedAnswers.to("fcntl", Answers.refusing(Errno.EMFILE))) {
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> file.redirect(StandardStream.ERROR).close())
                    .withMessage("fcntl: EMFILE (24), duplicating the standard stream ERROR");
            assertThat(dup.remaining()).as("the stream was let alone").isEqualTo(1);
            assertThat(fcntl.remaining()).isZero();
        }
    }

    @Test
    void noStreamIsNone() throws Exception {
        try (Descriptor file = open()) {
            assertThatNullPointerException()
                    .isThrownBy(() -> file.redirect(null).close())
                    .withMessage("stream");
        }
    }

    private Descriptor open() throws IOException {
        return Descriptor.open(Files.createFile(folder.resolve("file")), WRITE);
    }
}
