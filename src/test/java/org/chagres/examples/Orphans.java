package org.chagres.examples;

import org.chagres.inspect.SharedMemoryTable;
import org.chagres.memory.SharedMemoryStatus;

/** Lists the segments that nobody is attached to any more and nobody removed. */
public final class Orphans {
    private Orphans() {}

    /** Prints one line a segment. */
    public static void main(String[] arguments) throws Exception {
        // @start region="list"
        for (SharedMemoryStatus segment : SharedMemoryTable.orphans()) {
            System.out.println(
                    segment.id() + ": " + segment.byteSize() + " bytes, last used by process " + segment.lastPid());
        }
        // @end
    }
}
