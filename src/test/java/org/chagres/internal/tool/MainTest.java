package org.chagres.internal.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.IpcKey;
import org.chagres.memory.SharedMemory;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class MainTest {
    @Test
    void aProcessEndsWithTheStatusOfTheTool() throws Exception {
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 10)) {
            String id = Integer.toString(memory.id());
            try {
                Run details = Run.command(Tools.process("ipcs", "-m", "-i", id), Map.of());
                assertThat(details.output()).contains("shmid=" + id + "\n");
                assertThat(details.err()).isEmpty();

                Run removal = Run.command(Tools.process("ipcrm", "-v", "-m", id), Map.of());
                assertThat(removal).isEqualTo(new Run(0, "removing shared memory segment id `" + id + "'\n", ""));
                assertThat(Kernel.sharedMemory(memory.id()).orElseThrow().mode() & 01000)
                        .as("marked for removal")
                        .isNotZero();
            } finally {
                memory.remove();
            }
        }
        String gone = Tools.goneId(Kind.SHARED_MEMORY);
        assertThat(Run.command(Tools.process("ipcrm", "-m", gone), Map.of()))
                .isEqualTo(new Run(1, "", "ipcrm: invalid id (" + gone + ")\n"));
    }

    @Test
    void withoutAToolItSaysWhatThereIs() {
        Run run = Tools.ours();

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("Usage:", "ipcs [options]", "ipcrm [options]", "orphans [options]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-h", "--help"})
    void helpIsNoError(String option) {
        assertThat(Tools.ours(option)).isEqualTo(new Run(0, Tools.ours().err(), ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-V", "--version"})
    void versionIsOfTheLibrary(String option) {
        assertThat(Tools.ours(option).output()).matches("chagres( \\S+)?\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipcmk", "", "-m", "IPCS"})
    void anUnknownToolIsAnError(String tool) {
        assertThat(Tools.ours(tool))
                .isEqualTo(new Run(
                        1,
                        "",
                        "chagres: unknown command: " + tool
                                + "\nTry 'java -jar chagres.jar --help' for more information.\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipcs", "ipcs -s", "ipcrm -m 0", "ipcrm -s 0", "orphans"})
    void deniedNativeAccessIsOneLineThatNamesTheOption(String arguments) {
        assumeTrue(Runtime.version().feature() >= 24, "--illegal-native-access came with Java 24");
        List<String> deny = List.of("--illegal-native-access=deny");

        Run run = Run.command(Tools.process(deny, arguments.split(" ")), Map.of());

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).matches("(ipcs|ipcrm|orphans): [^\n]*--enable-native-access=ALL-UNNAMED\n");
        assertThat(Run.command(Tools.process(deny, "ipcs", "--help"), Map.of()).output())
                .contains("Usage:");
    }

    @Test
    void outputThatCannotBeWrittenIsAnError() {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" > /dev/full", "sh"));
        command.addAll(Tools.process("ipcs", "-m"));

        assertThat(Run.command(command, Map.of())).isEqualTo(new Run(1, "", "chagres: write error\n"));
    }
}
