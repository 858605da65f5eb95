package org.chagres.internal.tool;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.chagres.IpcKey;
import org.chagres.memory.SharedMemory;
import org.chagres.testing.Kernel;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;

/** Runs a tool of ours and the one of the same name that is installed. */
final class Tools {
    private Tools() {}

    /** Ours, in this process. */
    static Run ours(String... command) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = Main.run(
                command,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Run(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    static Run ours(String tool, List<String> arguments) {
        return ours(join(List.of(tool), arguments).toArray(String[]::new));
    }

    /** The installed one; skips the test where there is none, or it speaks otherwise. */
    static Run installed(String tool, List<String> arguments) {
        assumeComparable(tool);
        return Run.command(join(List.of(tool), arguments).toArray(String[]::new));
    }

    static void assumeComparable(String tool) {
        Run.assumeInstalled(tool);
        String version = Run.command(tool, "--version").out();
        assumeTrue(
                version.startsWith(tool + " from util-linux 2.38"),
                () -> "answers are compared with util-linux 2.38, this is " + version.strip());
    }

    /** Ours as a process of its own. */
    static List<String> process(String... arguments) {
        return process(List.of("--enable-native-access=ALL-UNNAMED"), arguments);
    }

    static List<String> process(List<String> options, String... arguments) {
        return Peer.javaCommand(options, Main.class, (Object[]) arguments);
    }

    /** Runs a shell script as root of an IPC and mount namespace of its own; {@code "$@"} is our tool's command. */
    static Run inNamespace(String script, Map<String, String> environment) {
        return Run.inNamespace(script, process(), environment);
    }

    /** The identifier of a segment that is no more, and is not given out again soon. */
    static String goneId() throws Exception {
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 1)) {
            memory.remove();
            return Integer.toString(memory.id());
        }
    }

    /** A key that no segment has; positive. */
    static int freeKey() {
        while (true) {
            int key = IpcKey.random().value() >>> 1;
            if (key != 0 && Kernel.sharedMemory().stream().noneMatch(row -> (int) row.get("key") == key)) {
                return key;
            }
        }
    }

    private static List<String> join(List<String> first, List<String> second) {
        List<String> joined = new ArrayList<>(first);
        joined.addAll(second);
        return joined;
    }

    /** The words of a command line; {@code ''} is an empty one. */
    static List<String> words(String commandLine) {
        return Arrays.stream(commandLine.split(" "))
                .filter(word -> !word.isEmpty())
                .map(word -> word.equals("''") ? "" : word)
                .toList();
    }
}
