package org.chagres.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the kernel says of processes; needs no other library, as it is used in JVMs that have none. */
final class Processes {
    private static final Path PROC = Path.of("/proc");

    /** A state that {@link #state} answers besides those of {@code proc(5)}. */
    static final char GONE = '-';

    private Processes() {}

    /** A state of {@code proc(5)}, or {@link #GONE}. */
    static char state(long pid) {
        return stat(PROC.resolve(Long.toString(pid)))
                .map(words -> words[0].charAt(0))
                .orElse(GONE);
    }

    /** Whether it has ended; of one that is not ours it is not ours to see that no zombie is left. */
    static boolean hasEnded(long pid) {
        char state = state(pid);
        return state == GONE || state == 'Z' || state == 'X';
    }

    /** Children of this process that have ended and were not waited for, by their pids. */
    static List<String> zombies() {
        return children(words -> words[0].equals("Z"));
    }

    /** Children of this process whose command has a word. */
    static List<String> childrenWith(String word) {
        return children(words -> true).stream()
                .filter(pid -> List.of(
                                text(PROC.resolve(pid).resolve("cmdline")).split("\0"))
                        .contains(word))
                .toList();
    }

    private static List<String> children(Predicate<String[]> which) {
        String self = Long.toString(ProcessHandle.current().pid());
        return entries(PROC).stream()
                .filter(entry ->
                        Character.isDigit(entry.getFileName().toString().charAt(0)))
                .filter(entry -> stat(entry)
                        .filter(words -> words[1].equals(self) && which.test(words))
                        .isPresent())
                .map(entry -> entry.getFileName().toString())
                .toList();
    }

    /** Descriptors of this process that refer to processes, by their numbers with the pids; -1 of those waited for. */
    static Map<String, String> pidDescriptors() {
        return entries(PROC.resolve("self/fdinfo")).stream()
                .flatMap(entry -> text(entry)
                        .lines()
                        .filter(line -> line.startsWith("Pid:"))
                        .map(line -> Map.entry(
                                entry.getFileName().toString(),
                                line.substring("Pid:".length()).strip())))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** Whether an epoll instance of this process watches a descriptor of a process: somebody is parked for its end. */
    static boolean isWatched(long pid) {
        Map<String, String> descriptors = pidDescriptors();
        return entries(PROC.resolve("self/fdinfo")).stream()
                .flatMap(entry -> text(entry).lines())
                .filter(line -> line.startsWith("tfd:"))
                .map(line -> line.substring("tfd:".length()).strip().split(" ")[0])
                .anyMatch(number -> Long.toString(pid).equals(descriptors.get(number)));
    }

    /** State, parent, ... */
    private static Optional<String[]> stat(Path process) {
        String line = text(process.resolve("stat"));
        return line.isEmpty()
                ? Optional.empty()
                : Optional.of(line.substring(line.lastIndexOf(')') + 2).split(" "));
    }

    private static List<Path> entries(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Empty if it is gone. */
    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException gone) {
            return "";
        }
    }
}
