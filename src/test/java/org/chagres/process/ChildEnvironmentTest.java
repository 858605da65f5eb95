package org.chagres.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.process.TestChildren.*;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The environment of a child: that of this process, the whole of it told, or one variable. */
@ExtendWith(LeakCheck.class)
class ChildEnvironmentTest {
    @TempDir
    private Path folder;

    /** What a child has, without a shell that adds variables of its own. */
    private static Map<String, String> seen(ChildProcessBuilder builder) throws Exception {
        Map<String, String> variables = new HashMap<>();
        for (String line : output(builder).split("\0")) {
            if (!line.isEmpty()) {
                variables.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
            }
        }
        return variables;
    }

    private static ChildProcessBuilder env() {
        return ChildProcess.command("/usr/bin/env", "-0");
    }

    @ParameterizedTest
    @EnumSource
    void aChildHasTheEnvironmentOfThisProcess(ThreadKind kind) throws Exception {
        assertThat(on(kind, () -> seen(env()))).isEqualTo(System.getenv());
    }

    @Test
    void aWholeEnvironmentIsAllThatTheChildHas() throws Exception {
        Map<String, String> told = Map.of("A", "1", "B", "", "C", "x=y=z", "D D", " two\nlines ", "d-d", "\"'$A");
        assertThat(seen(env().environment(told))).isEqualTo(told);
    }

    @Test
    void anEmptyEnvironmentIsEmpty() throws Exception {
        assertThat(seen(env().environment(Map.of()))).isEmpty();
    }

    @Test
    void oneVariableComesBesideThoseThatAreThere() throws Exception {
        Map<String, String> expected = new HashMap<>(System.getenv());
        expected.put("CHAGRES_ONE", "1");
        expected.put("PATH", "/nowhere");
        assertThat(seen(env().variable("CHAGRES_ONE", "0")
                        .variable("CHAGRES_ONE", "1")
                        .variable("PATH", "/nowhere")))
                .isEqualTo(expected);
    }

    @Test
    void oneVariableComesBesideAWholeEnvironment() throws Exception {
        Map<String, String> told = new LinkedHashMap<>(Map.of("A", "1", "B", "2"));
        ChildProcessBuilder builder = env().environment(told).variable("B", "3").variable("C", "4");
        told.put("D", "not seen any more");
        assertThat(seen(builder)).isEqualTo(Map.of("A", "1", "B", "3", "C", "4"));
        assertThat(told).as("the caller's map").containsEntry("B", "2").doesNotContainKey("C");
    }

    @Test
    void aWholeEnvironmentReplacesWhatWasToldBefore() throws Exception {
        assertThat(seen(env().variable("A", "1").environment(Map.of("B", "2")))).isEqualTo(Map.of("B", "2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "=", "A=", "=A", "A=B"})
    void aNameThatIsNoneIsRefused(String name) {
        ChildProcessBuilder builder = env();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.variable(name, "x"))
                .withMessageContaining("\"" + name + "\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.environment(Map.of("B", "x", name, "x")))
                .withMessageContaining("\"" + name + "\"");
    }

    @Test
    void aRefusedEnvironmentChangesNothing() throws Exception {
        ChildProcessBuilder builder = env().environment(Map.of("A", "1"));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.environment(Map.of("=", "x")));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.variable("", "x"));
        assertThat(seen(builder)).isEqualTo(Map.of("A", "1"));
    }

    @Test
    void nullIsRefused() {
        ChildProcessBuilder builder = env();
        assertThatNullPointerException().isThrownBy(() -> builder.variable(null, "x"));
        assertThatNullPointerException().isThrownBy(() -> builder.variable("A", null));
        assertThatNullPointerException().isThrownBy(() -> builder.environment(null));
        Map<String, String> withNull = new HashMap<>();
        withNull.put("A", null);
        assertThatNullPointerException().isThrownBy(() -> builder.environment(withNull));
        Map<String, String> withoutName = new HashMap<>();
        withoutName.put(null, "x");
        assertThatNullPointerException().isThrownBy(() -> builder.environment(withoutName));
    }

    @Test
    void aZeroCharacterIsRefusedAtTheStart() {
        for (ChildProcessBuilder builder :
                List.of(env().variable("A\0B", "x"), env().environment(Map.of("A", "x\0y")))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(builder::start)
                    .withMessageContaining("zero character")
                    .withMessageContaining("\\0");
        }
    }

    @Test
    void anEnvironmentThatIsTooLongIsToldWithoutAllOfIt() {
        Map<String, String> told = new HashMap<>();
        for (int i = 0; i < 100; i++) {
            told.put(
                    "V" + i, "x".repeat(120_000)); // one alone may have 128 KiB, and all of them a quarter of the stack
        }
        assertThatThrownBy(() -> env().environment(told).start())
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        refused -> assertThat(refused.errno()).isEqualTo(Errno.E2BIG))
                .message()
                .hasSizeLessThan(1000);
    }

    /** Where the JVM's encoding has all characters, and where it has few. */
    @ParameterizedTest
    @ValueSource(strings = {"C.UTF-8", "C"})
    void textGoesToTheChildExactlyOrNotAtAll(String locale) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                "export X=$(printf '\\303\\251') PATH=\"/nowhere/$(printf '\\303\\251'):$PATH\"\n"
                        + "printf '#!/bin/sh\\necho it runs' > \"$0/$X\"; chmod 700 \"$0/$X\"; exec \"$@\"",
                folder.toString()));
        command.addAll(Peer.javaCommand(
                List.of("--enable-native-access=ALL-UNNAMED"), ChildPrograms.Texts.class, folder.toAbsolutePath()));
        List<String> told =
                Run.command(command, Map.of("LC_ALL", locale)).output().lines().toList();
        if (locale.equals("C")) {
            String refused =
                    "refused: .*cannot be written in .*, the encoding of names of this JVM: start it in a locale .*";
            assertThat(told).hasSize(6).element(2).asString().matches("argument: " + refused);
            assertThat(told.get(3)).matches("variable: " + refused);
            assertThat(told.get(4)).matches("program: " + refused);
        } else {
            assertThat(told).contains("argument: c3a9", "variable: c3a9", "program: it runs");
        }
        assertThat(told).contains("inherited: c3a9", "inherited beside another: c3a979", "beyond a directory: found");
    }
}
