package org.chagres.internal.resource;

import static org.chagres.internal.syscall.CopyCalls.*;
import static org.chagres.internal.syscall.Errnos.*;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.chagres.internal.syscall.ProcessCalls;

/** Copies between pieces of native memory that do not die of a page that is missing. */
public final class Copies {
    /**
     * From here on copying is so slow that a look at the address space does not count. Of hundreds of megabytes the
     * kernel's copy takes half as long again as that of the C library, which then writes past the caches, and so does
     * the JVM's.
     */
    private static final long LARGE = 8 << 20;

    private static final int SELF = ProcessCalls.getpid();

    private Copies() {}

    /** Copies all; {@code -EFAULT} if a page on either side is missing. */
    public static int checked(MemorySegment from, MemorySegment into) {
        long size = from.byteSize();
        long done = 0;
        while (done < size) {
            long answer = done == 0
                    ? process_vm_readv(SELF, into, 1, from, 1, 0)
                    : process_vm_readv(SELF, into.asSlice(done), 1, from.asSlice(done), 1, 0);
            if (answer < 0 && answer != -EINTR) {
                return (int) answer;
            }
            done += Math.max(answer, 0); // less than 2 GiB at a time, and up to a page that is missing
        }
        return 0;
    }

    /** The same where one side is known to have all its pages, and the other may. */
    static int fast(MemorySegment from, MemorySegment into, MemorySegment unknown) {
        if (from.byteSize() < LARGE || !isOwn(unknown)) {
            return checked(from, into);
        }
        memcpy(into, from, from.byteSize());
        return 0;
    }

    /** Whether it is all memory of this process alone, to read and write, and of no file: it then has all its pages. */
    private static boolean isOwn(MemorySegment memory) {
        long next = memory.address();
        long end = next + memory.byteSize();
        try (BufferedReader maps = Files.newBufferedReader(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            for (String line = maps.readLine(); line != null && next < end; line = maps.readLine()) {
                String[] fields = line.split(" ", 6); // 7f00-7f10 rw-p 00000000 00:00 0
                int dash = fields[0].indexOf('-');
                long first = HexFormat.fromHexDigitsToLong(fields[0], 0, dash);
                long last = HexFormat.fromHexDigitsToLong(fields[0], dash + 1, fields[0].length());
                if (last <= next) {
                    continue;
                }
                if (first > next || !fields[1].startsWith("rw-p") || !fields[4].equals("0")) {
                    return false;
                }
                next = last;
            }
        } catch (IOException unreadable) {
            return false;
        }
        return next >= end;
    }
}
