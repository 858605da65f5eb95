package org.chagres.memory;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.chagres.ErrnoException;

/** What a process gets that may lock only so many pages in memory. */
final class MemoryLockProgram {
    private static final long MANY = 16;

    private MemoryLockProgram() {}

    private interface Action {
        void run() throws IOException;
    }

    public static void main(String[] arguments) throws IOException {
        long allowed = Long.parseLong(arguments[0]);
        List<String> seen = new ArrayList<>();
        try (MappedMemory memory = MappedMemory.anonymous(MANY * PageSize.bytes())) {
            note(seen, memory::lockInMemory);
            note(seen, memory::lockInMemoryOnFault);
            note(seen, () -> MappedMemory.builder().locked().anonymous(MANY * PageSize.bytes()));
            if (allowed > 0) {
                memory.resize(allowed * PageSize.bytes());
                memory.lockInMemory();
                note(seen, () -> memory.resize(MANY * PageSize.bytes()));
            }
            seen.add(memory.byteSize() / PageSize.bytes() + " pages, locked "
                    + AddressSpace.locked() / PageSize.bytes());
        }
        System.out.println(String.join("; ", seen));
    }

    private static void note(List<String> seen, Action action) throws IOException {
        try {
            action.run();
            seen.add("done");
        } catch (ErrnoException refused) {
            seen.add(refused.call() + " " + refused.errno());
        }
    }
}
