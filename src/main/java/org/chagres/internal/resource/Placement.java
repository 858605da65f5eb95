package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.FileCalls.*;
import static org.chagres.internal.syscall.MappingCalls.*;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.chagres.internal.syscall.FileStat;
import org.chagres.internal.syscall.ProcessCalls;

/**
 * Where a mapping is in the address space, and which part of it was asked for. Filled by {@link #map} or
 * {@link #mapNew}; plain fields, as it is on the way of every mapping.
 *
 * <pre>
 *   address       + before                + byteSize        + length
 *   +-------------+-----------------------+-----------------+
 *   | to the page | what was asked for    | to the page     |   whole pages
 *   +-------------+-----------------------+-----------------+
 * </pre>
 */
public final class Placement {
    /** For a size: all that the file has behind the offset. */
    public static final long REST = -1;

    /** The file ends before what was to be mapped; {@link #fileByteSize} tells where. */
    public static final long TOO_SHORT = Waiter.CLOSED - 8;

    /** All of it was to be mapped, but it is no file that has a size. */
    public static final long NO_SIZE = Waiter.CLOSED - 9;

    /** Huge pages that are not set aside would end the JVM when touched. */
    public static final long NO_RESERVE = Waiter.CLOSED - 10;

    static final int PAGE_BYTE_SIZE = ProcessCalls.getpagesize();

    long address;
    long length;
    long before;
    long byteSize;
    long pageByteSize = PAGE_BYTE_SIZE;
    boolean ofFile;
    private long fileByteSize;

    /** The size of the file when it was mapped. */
    public long fileByteSize() {
        return fileByteSize;
    }

    /** Maps a part of a file; answers the address, {@code -errno}, or one of the constants. */
    public long map(OpenDescriptor file, long offset, long wantedByteSize, MappingOptions options) {
        if (!file.use()) {
            return OpenDescriptor.WAS_CLOSED;
        }
        try {
            int number = file.number();
            FileStat stat = new FileStat();
            int answer = stat(number, stat);
            if (answer < 0) {
                return answer;
            }
            ofFile = true;
            fileByteSize = stat.byteSize();
            if ((stat.mode() & S_IFMT) == S_IFDIR) {
                return -ENODEV; // as the kernel says of those that it is asked for
            }
            boolean hasSize = (stat.mode() & S_IFMT) == S_IFREG;
            if (hasSize && offset > fileByteSize - Math.max(wantedByteSize, 1)) { // what is behind the end faults
                return TOO_SHORT;
            }
            if (wantedByteSize == REST && !hasSize) {
                return NO_SIZE;
            }
            // Huge pages are the blocks of their file system; other file systems have large blocks too.
            long huge = stat.blockSize() > PAGE_BYTE_SIZE ? hugePageSize(number) : 0;
            if (huge > 0) {
                if (options.noReserve()) {
                    return NO_RESERVE;
                }
                pageByteSize = huge;
            }
            byteSize = wantedByteSize == REST ? fileByteSize - offset : wantedByteSize;
            before = offset & (pageByteSize - 1);
            return mapped(options, options.flags(), number, offset - before);
        } finally {
            file.unuse();
        }
    }

    /** Maps new memory, filled with zeros; answers the address or {@code -errno}. */
    public long mapNew(long wantedByteSize, MappingOptions options) {
        if (options.hasHugePages()) {
            if (options.noReserve()) {
                return NO_RESERVE;
            }
            pageByteSize = options.hugePageLog2() == SharedMemoryObject.DEFAULT_HUGE_PAGES
                    ? DefaultHugePage.BYTE_SIZE
                    : 1L << options.hugePageLog2();
        }
        byteSize = wantedByteSize;
        return mapped(options, options.flags() | MAP_ANONYMOUS, -1, 0);
    }

    private long mapped(MappingOptions options, int flags, int number, long offset) {
        long needed = lengthFor(byteSize);
        if (needed <= 0) {
            return -ENOMEM;
        }
        length = needed;
        address = mmap(options.address(), length, options.protection(), flags, number, offset);
        if (address > 0 && options.address() != 0 && address != options.address()) { // before Linux 4.17 it is a wish
            munmap(address, length);
            address = -EEXIST;
        }
        return address;
    }

    /** How many bytes the whole pages have; less than 1 if no number can tell. */
    long lengthFor(long wantedByteSize) {
        long exact = before + wantedByteSize;
        return exact < 0 ? exact : exact + pageByteSize - 1 & -pageByteSize;
    }

    private static final class DefaultHugePage {
        static final long BYTE_SIZE = read();

        private static long read() {
            try {
                for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                    if (line.startsWith("Hugepagesize:")) {
                        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
                    }
                }
            } catch (IOException unreadable) {
                // as most machines have it
            }
            return 2 << 20;
        }
    }
}
