package org.chagres.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A semaphore as one would write it with {@link Jna}: its two operations lie ready in memory. */
final class JnaSemaphore {
    private final int id;
    private final long take;
    private final long give;

    JnaSemaphore(int id, int number) {
        this.id = id;
        this.take = operation(number, -1);
        this.give = operation(number, 1);
    }

    void acquire() throws IOException {
        change(take);
    }

    void release() throws IOException {
        change(give);
    }

    private void change(long operation) throws IOException {
        if (Jna.semop(id, operation, 1) != 0) {
            throw new IOException("semop failed, id=" + id);
        }
    }

    private static long operation(int number, int delta) {
        MemorySegment sembuf = Arena.global().allocate(JAVA_SHORT, 3);
        sembuf.setAtIndex(JAVA_SHORT, 0, (short) number);
        sembuf.setAtIndex(JAVA_SHORT, 1, (short) delta);
        return sembuf.address();
    }
}
