package org.chagres.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The independent witness: what the kernel says in {@code /proc}, read without the library. */
public final class Kernel {
    private Kernel() {}

    /** One line of a table in {@code /proc/sysvipc}: the words of its heading with their values. */
    public record IpcRow(Map<String, Long> columns, int mode) {
        public long get(String column) {
            Long value = columns.get(column);
            if (value == null) {
                throw new IllegalArgumentException("no column " + column + " in " + columns.keySet());
            }
            return value;
        }
    }

    /** All segments of this IPC namespace. */
    public static List<IpcRow> sharedMemory() {
        return table("shm");
    }

    /** All semaphore sets of this IPC namespace. */
    public static List<IpcRow> semaphores() {
        return table("sem");
    }

    private static List<IpcRow> table(String kind) {
        List<String> lines = lines(Path.of("/proc/sysvipc", kind));
        String[] names = lines.getFirst().trim().split("\\s+");
        List<IpcRow> rows = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] values = line.trim().split("\\s+");
            Map<String, Long> columns = new LinkedHashMap<>();
            int mode = 0;
            for (int i = 0; i < names.length; i++) {
                if (names[i].equals("perms")) {
                    mode = Integer.parseInt(values[i], 8);
                } else {
                    columns.put(names[i], Long.parseUnsignedLong(values[i].replaceFirst("^-", "")));
                    if (values[i].startsWith("-")) {
                        columns.compute(names[i], (name, value) -> -value);
                    }
                }
            }
            rows.add(new IpcRow(columns, mode));
        }
        return rows;
    }

    /** The segment of an identifier. */
    public static Optional<IpcRow> sharedMemory(int id) {
        return sharedMemory().stream().filter(row -> row.get("shmid") == id).findFirst();
    }

    /** The semaphore set of an identifier. */
    public static Optional<IpcRow> semaphores(int id) {
        return semaphores().stream().filter(row -> row.get("semid") == id).findFirst();
    }

    /** How many attachments a segment has; fails if there is no such segment. */
    public static long attachCount(int id) {
        return sharedMemory(id).orElseThrow().get("nattch");
    }

    /** Lines of {@code /proc/self/maps} that name a mechanism of ours; the JVM's own lines come and go. */
    public static List<String> mappings() {
        return mappings(ProcessHandle.current().pid());
    }

    /** The same of another process. */
    public static List<String> mappings(long pid) {
        return lines(Path.of("/proc/" + pid + "/maps")).stream()
                .filter(line -> line.contains("SYSV") || line.contains("memfd:") || line.contains("/dev/shm/"))
                .toList();
    }

    /**
     * This process's descriptors, as number and target; those of jar files, random numbers and the JVM's own come and
     * go and are left out.
     */
    public static TreeSet<String> descriptors() {
        TreeSet<String> descriptors = new TreeSet<>(Comparator.naturalOrder());
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            entries.forEach(entry -> {
                try {
                    String target = Files.readSymbolicLink(entry).toString();
                    if (!target.endsWith(".jar")
                            && !target.endsWith("/modules")
                            && !target.endsWith("random")
                            && !target.endsWith("[eventpoll]") // the library's own is kept once it is made
                            && !target.startsWith("/proc/")) {
                        descriptors.add(entry.getFileName() + " -> " + target);
                    }
                } catch (IOException gone) {
                    // The descriptor this listing itself was made with.
                }
            });
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return descriptors;
    }

    static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
