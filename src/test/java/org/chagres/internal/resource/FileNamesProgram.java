package org.chagres.internal.resource;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.Descriptor;

/**
 * Opens every file that it finds in a folder, in whatever locale it was started, and tells what is in those that it
 * could, and how many were refused.
 */
final class FileNamesProgram {
    private FileNamesProgram() {}

    public static void main(String[] arguments) throws Exception {
        List<Path> files;
        try (Stream<Path> found = Files.list(Path.of(arguments[0]))) {
            files = found.toList();
        }
        TreeSet<String> contents = new TreeSet<>();
        int refused = 0;
        for (Path file : files) {
            try {
                contents.add(read(file));
            } catch (IllegalArgumentException unmappable) {
                if (!unmappable.getMessage().contains("encoding of names")) {
                    throw unmappable;
                }
                refused++;
            }
        }
        System.out.println("opened: " + contents.stream().collect(Collectors.joining(", ")));
        System.out.println("refused: " + refused);
    }

    private static String read(Path file) throws IOException, InterruptedException {
        byte[] bytes = new byte[64];
        try (Descriptor descriptor = Descriptor.open(file)) {
            long count = descriptor.read(MemorySegment.ofArray(bytes));
            return new String(bytes, 0, (int) count, StandardCharsets.US_ASCII).strip();
        }
    }
}
