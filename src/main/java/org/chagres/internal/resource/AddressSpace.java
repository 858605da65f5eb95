package org.chagres.internal.resource;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/** What is mapped where in this process, as the kernel lists it ({@code proc_pid_maps(5)}). */
final class AddressSpace {
    private AddressSpace() {}

    /** Whether it is all memory of this process alone, to read and write, and of no file: it then has all its pages. */
    static boolean isMemoryOfOurOwn(long address, long byteSize) {
        long next = address;
        long end = address + byteSize;
        try (BufferedReader maps = open()) {
            for (String line = maps.readLine(); line != null && next < end; line = maps.readLine()) {
                Region region = Region.of(line);
                if (region.last <= next) {
                    continue;
                }
                if (region.first > next || !region.permissions.equals("rw-p") || !region.inode.equals("0")) {
                    return false;
                }
                next = region.last;
            }
        } catch (IOException unreadable) {
            return false;
        }
        return next >= end;
    }

    /** Whether there is one mapping, of just this place and these permissions. */
    static boolean hasMapping(long address, long byteSize, String permissions) {
        try (BufferedReader maps = open()) {
            for (String line = maps.readLine(); line != null; line = maps.readLine()) {
                Region region = Region.of(line);
                if (region.first == address) {
                    return region.last == address + byteSize && region.permissions.equals(permissions);
                }
            }
        } catch (IOException unreadable) {
            return false;
        }
        return false;
    }

    private static BufferedReader open() throws IOException {
        return Files.newBufferedReader(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1);
    }

    /** From the first address to before the last. */
    private record Region(long first, long last, String permissions, String inode) {
        /** Such as {@code 7f0000000000-7f0000001000 rw-p 00000000 00:00 0 [heap]}. */
        static Region of(String line) {
            String[] fields = line.split(" ", 6);
            int dash = fields[0].indexOf('-');
            long first = HexFormat.fromHexDigitsToLong(fields[0], 0, dash);
            long last = HexFormat.fromHexDigitsToLong(fields[0], dash + 1, fields[0].length());
            return new Region(first, last, fields[1], fields[4]);
        }
    }
}
