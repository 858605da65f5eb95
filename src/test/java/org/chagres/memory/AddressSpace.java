package org.chagres.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** The independent witness of mappings: what {@code /proc/self} says of them, read without the library. */
final class AddressSpace {
    private static final AtomicLong NEXT_FREE = new AtomicLong();

    private AddressSpace() {}

    /**
     * What {@code /proc/self/smaps} says of one stretch of addresses.
     *
     * @param permissions such as {@code rw-s}: readable, writable, not executable, shared
     * @param offset in the file
     * @param name the file; {@code " (deleted)"} follows if it has no name any more
     * @param kilobytes the lines below it that tell sizes
     * @param flags the two-letter words of {@code VmFlags}
     */
    record Area(
            long start,
            long end,
            String permissions,
            long offset,
            String name,
            Map<String, Long> kilobytes,
            List<String> flags) {

        boolean holds(long address) {
            return start <= address && address < end;
        }

        long byteSize() {
            return end - start;
        }

        /** One of the sizes, in bytes. */
        long bytes(String size) {
            return kilobytes.get(size) << 10;
        }
    }

    static List<Area> areas() {
        List<Area> areas = new ArrayList<>();
        for (String line : lines("smaps")) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                String[] words = line.split("\\s+", 6);
                String[] range = words[0].split("-");
                areas.add(new Area(
                        Long.parseUnsignedLong(range[0], 16),
                        Long.parseUnsignedLong(range[1], 16),
                        words[1],
                        Long.parseUnsignedLong(words[2], 16),
                        words.length > 5 ? words[5] : "",
                        new HashMap<>(),
                        new ArrayList<>()));
            } else if (line.startsWith("VmFlags:")) {
                areas.getLast().flags().addAll(List.of(line.substring(8).trim().split(" ")));
            } else if (line.endsWith(" kB")) {
                areas.getLast()
                        .kilobytes()
                        .put(line.substring(0, line.indexOf(':')), Long.parseLong(line.replaceAll("^.*:|\\D", "")));
            }
        }
        return areas;
    }

    /** The one that holds an address; fails if nothing is mapped there. */
    static Area at(long address) {
        return areas().stream()
                .filter(area -> area.holds(address))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing at 0x" + Long.toHexString(address)));
    }

    /** The one where a mapping begins. */
    static Area of(MappedMemory memory) {
        return at(memory.segment().address());
    }

    /** Those that are parts of a file, whether it still has its name or not. */
    static List<Area> of(Path file) {
        return areas().stream()
                .filter(area -> area.name().replace(" (deleted)", "").equals(file.toString()))
                .toList();
    }

    static boolean isMapped(long address) {
        return areas().stream().anyMatch(area -> area.holds(address));
    }

    /** How much of this process is locked in memory, in bytes. */
    static long locked() {
        return lines("status").stream()
                        .filter(line -> line.startsWith("VmLck:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .sum()
                << 10;
    }

    /**
     * An address with nothing at it, nor within the next 64 MiB. The kernel hands out addresses from the top, so the
     * JVM's next mapping would go elsewhere: this lies far below the one it has just given, and each lies apart from the
     * one before.
     */
    static long free() throws IOException {
        try (MappedMemory memory = MappedMemory.anonymous(1)) {
            return memory.segment().address() - (1L << 36) - (NEXT_FREE.getAndIncrement() % 256 << 26);
        }
    }

    private static List<String> lines(String name) {
        try {
            return Files.readAllLines(Path.of("/proc/self", name));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
