package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.file.Path;
import org.chagres.memory.MappedMemory;
import org.chagres.memory.Sharing;

/**
 * Much memory for a while, given back at once: pieces of one mapping of nothing but zeros. {@code Scratch COUNT} takes
 * so many numbers from such a piece, and prints their sum and how many pages it took; {@code Scratch COUNT /dev/zero}
 * does so with the device that the book maps, for which there is anonymous memory today.
 */
public final class Scratch {
    private static final long BYTE_SIZE = 1L << 30; // of addresses; memory comes page by page, when it is touched

    private Scratch() {}

    static MappedMemory zeros(String device) throws IOException {
        if (device.isEmpty()) {
            return MappedMemory.builder().noReserve().anonymous(BYTE_SIZE);
        }
        // @start region="device"
        return MappedMemory.builder()
                .sharing(Sharing.PRIVATE)
                .byteSize(BYTE_SIZE)
                .open(Path.of(device));
        // @end
    }

    static String sum(String device, int count) throws IOException {
        // @start region="allocate"
        try (MappedMemory memory = zeros(device)) {
            SegmentAllocator allocator = SegmentAllocator.slicingAllocator(memory.segment());
            MemorySegment name = allocator.allocateFrom("numbers"); // pieces, one behind the other
            MemorySegment numbers = allocator.allocate(JAVA_LONG, count);
            for (int i = 0; i < count; i++) {
                numbers.setAtIndex(JAVA_LONG, i, i);
            }
            long sum = 0;
            for (int i = 0; i < count; i++) {
                sum += numbers.getAtIndex(JAVA_LONG, i);
            }
            int pages = memory.residentPages().cardinality();
            return "sum of " + count + " " + name.getString(0) + ": " + sum + ", in " + pages + " pages";
        } // all pieces at once; whoever kept one gets an exception
        // @end
    }

    /** Adds up. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 0) {
            System.err.println("usage: Scratch COUNT [DEVICE]");
            System.exit(2);
        }
        System.out.println(sum(arguments.length == 1 ? "" : arguments[1], Integer.parseInt(arguments[0])));
    }
}
