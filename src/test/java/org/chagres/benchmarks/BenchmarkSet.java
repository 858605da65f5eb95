package org.chagres.benchmarks;

import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.semaphore.SemaphoreSet;

/**
 * A set of semaphores for the time of a row. Unlike memory a set cannot be removed while it is in use, so it is removed
 * when the JVM is asked to end too, which also ends peers that wait for it.
 */
final class BenchmarkSet implements AutoCloseable {
    private final SemaphoreSet set;
    private final Thread atExit = new Thread(this::remove);

    BenchmarkSet(int... values) throws ErrnoException {
        set = SemaphoreSet.create(IpcKey.PRIVATE, values);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    int id() {
        return set.id();
    }

    ProcessSemaphore semaphore(int number) {
        return set.semaphore(number);
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(atExit);
        remove();
    }

    private void remove() {
        try {
            SemaphoreSet.remove(set.id()); // closed or not
        } catch (ErrnoException failure) {
            System.err.println(failure.getMessage());
        }
    }
}
