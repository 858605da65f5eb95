package org.chagres.internal.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.resource.SharedMemoryObject;
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

    /** The identifier of an object that is no more, and is not given out again soon. */
    static String goneId(Kind kind) throws Exception {
        int id = create(kind, IpcKey.PRIVATE.value());
        kind.remove(id);
        return Integer.toString(id);
    }

    /** Creates an object that nobody has open; whoever calls this removes it. */
    static int create(Kind kind, int key) {
        Set<PosixFilePermission> permissions = PosixFilePermissions.fromString("rw-------");
        int id = switch (kind) {
            case SHARED_MEMORY ->
                SharedMemoryObject.create(key, 10, permissions, SharedMemoryObject.SMALL_PAGES, false);
            case SEMAPHORES -> SemaphoreObject.create(key, 1, permissions);
        };
        assertThat(id).as("identifier, or -errno").isNotNegative();
        return id;
    }

    /** Removes an object if it is still there. */
    static void removeQuietly(Kind kind, int id) {
        switch (kind) {
            case SHARED_MEMORY -> SharedMemoryObject.remove(id);
            case SEMAPHORES -> SemaphoreObject.remove(id);
        }
    }

    /** The object as the kernel's own table has it. */
    static Optional<Kernel.IpcRow> row(Kind kind, int id) {
        return switch (kind) {
            case SHARED_MEMORY -> Kernel.sharedMemory(id);
            case SEMAPHORES -> Kernel.semaphores(id);
        };
    }

    /** A key that nothing has; positive. */
    static int freeKey() {
        while (true) {
            int key = IpcKey.random().value() >>> 1;
            if (key != 0
                    && Stream.concat(Kernel.sharedMemory().stream(), Kernel.semaphores().stream())
                            .noneMatch(row -> (int) row.get("key") == key)) {
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
