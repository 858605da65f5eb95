package org.chagres.examples;

import java.lang.foreign.MemorySegment;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.memory.SharedMemory;

/**
 * The listings of chapter 5 of <em>Advanced Linux Programming</em> in Java: {@code Listings ROLE ARGUMENT…}, with the
 * output of the book's programs. Roles: {@code shm} (Listing 5.1).
 */
public final class Listings {
    private Listings() {}

    /** Listing 5.1: write to a segment, detach, attach it elsewhere, and read. */
    private static void shm() throws ErrnoException {
        // @start region="shm"
        int id;
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 0x6400)) {
            id = memory.id();
            System.out.println("shared memory attached at address " + address(memory.segment()));
            System.out.println("segment size: " + memory.status().byteSize());
            memory.segment().setString(0, "Hello, world.");
        } // detaches; the segment stays

        try (SharedMemory memory = reopen(id)) {
            System.out.println("shared memory reattached at address " + address(memory.segment()));
            System.out.println(memory.segment().getString(0));
        } finally {
            SharedMemory.remove(id);
        }
        // @end
    }

    // @start region="reopen"
    /** At the book's address if it is free: in a JVM no fixed address is sure to be. */
    private static SharedMemory reopen(int id) throws ErrnoException {
        try {
            return SharedMemory.builder().at(0x5000000).open(id);
        } catch (ErrnoException occupied) {
            if (occupied.errno() != Errno.EINVAL) {
                throw occupied;
            }
            return SharedMemory.open(id);
        }
    }
    // @end

    private static String address(MemorySegment segment) {
        return "0x" + Long.toHexString(segment.address());
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        String role = arguments.length == 0 ? "" : arguments[0];
        switch (role) {
            case "shm" -> shm();
            default -> {
                System.err.println("usage: Listings shm");
                System.exit(2);
            }
        }
    }
}
