package org.chagres.memory;

import static org.chagres.internal.generated.Linux.F_GET_SEALS;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.Run;

/** What the tests of memory files have in common: what the kernel and other programs see of one. */
final class TestMemoryFiles {
    private TestMemoryFiles() {}

    /** The number here, as the text of a descriptor tells it. */
    static int number(Descriptor descriptor) {
        return Integer.parseInt(descriptor.toString().replaceFirst("(?s).*fd=(\\d+).*", "$1"));
    }

    /** Where another process of this user finds it. */
    static Path path(Descriptor descriptor) {
        return Path.of("/proc/" + ProcessHandle.current().pid() + "/fd/" + number(descriptor));
    }

    static MemorySegment bytes(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
    }

    static String read(Descriptor descriptor, int byteSize) throws IOException {
        byte[] bytes = new byte[byteSize];
        long count = descriptor.readAt(MemorySegment.ofArray(bytes), 0);
        return new String(bytes, 0, (int) Math.max(count, 0), StandardCharsets.UTF_8);
    }

    static String read(MappedMemory memory, int byteSize) throws IOException {
        byte[] bytes = new byte[byteSize];
        memory.get(0, MemorySegment.ofArray(bytes));
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The word of its seals, as a program that knows nothing of Java reads it. */
    static int sealsThatPythonSees(Descriptor descriptor) {
        Run.assumeInstalled("python3");
        String script =
                "import fcntl, os, sys; print(fcntl.fcntl(os.open(sys.argv[1], os.O_RDONLY), int(sys.argv[2])))";
        return Integer.parseInt(
                Run.command("python3", "-c", script, path(descriptor).toString(), Integer.toString(F_GET_SEALS()))
                        .output()
                        .strip());
    }

    /** Where the administrator has all of them begin with {@link Seal#EXECUTABLE}, that says nothing of a test. */
    static Set<Seal> added(MemoryFile file) throws IOException {
        Set<Seal> seals = EnumSet.noneOf(Seal.class);
        seals.addAll(file.seals());
        Path habit = Path.of("/proc/sys/vm/memfd_noexec");
        if (Files.exists(habit) && !Files.readAllLines(habit).equals(List.of("0"))) {
            seals.remove(Seal.EXECUTABLE);
        }
        return seals;
    }

    /** Seals, or skips the test where this kernel does not know the seal. */
    static void sealIfKnown(MemoryFile file, Seal seal) throws IOException {
        try {
            file.seal(seal);
        } catch (ErrnoException failure) {
            assumeTrue(failure.errno() != Errno.EINVAL, "this kernel does not know the seal " + seal);
            throw failure;
        }
    }

    /** One that nobody can execute; skips the test where the kernel has none. */
    static MemoryFile notExecutable(MemoryFileBuilder builder, String name) throws IOException {
        try {
            return builder.notExecutable().create(name, 1);
        } catch (ErrnoException failure) {
            assumeTrue(failure.errno() != Errno.EINVAL, "this kernel has executable memory files only");
            throw failure;
        }
    }

    /** What of the kernel's list of mappings has the name. */
    static List<String> mapped(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.endsWith("/memfd:" + name + " (deleted)"))
                .toList();
    }
}
