package org.chagres.examples;

import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.semaphore.ProcessSemaphore;

/**
 * Listings 5.2 to 5.4 of <em>Advanced Linux Programming</em>: a semaphore that is 1 or 0, in the book's five steps. New
 * programs need none of this: {@link SharedLock} is the same without the traps that the comments tell of.
 */
public final class BinarySemaphore {
    private final ProcessSemaphore semaphore;

    private BinarySemaphore(ProcessSemaphore semaphore) {
        this.semaphore = semaphore.withUndo();
    }

    // @start region="allocate"
    /**
     * Listing 5.2: obtains the semaphore of a key, making it if need be. The book's is 0 until {@code initialize}, and
     * who finds it in between waits for ever, or takes it as it is. Here it is 1 before anyone else can open it.
     */
    public static BinarySemaphore allocate(IpcKey key) throws Exception {
        return new BinarySemaphore(ProcessSemaphore.openOrCreate(key, 1));
    }

    /** Listing 5.2: ends it for everybody. Those who wait for it, in whatever process, are told: {@code EIDRM}. */
    public void deallocate() throws ErrnoException {
        semaphore.remove();
    }
    // @end

    // @start region="initialize"
    /**
     * Listing 5.3: sets it to 1. Called by every process that starts, as the book's functions invite to do, it would
     * free the semaphore of the one that is using it, and have the kernel forget what it was to undo. So it is for
     * repair alone.
     */
    public void initialize() throws ErrnoException {
        semaphore.set().setValues(1);
    }
    // @end

    // @start region="wait"
    /**
     * Listing 5.4: waits until it is 1, and makes it 0. In the book a signal ends {@code semop} with {@code EINTR};
     * whoever does not look at the result goes on without the semaphore. Here there is no such result: either it was
     * taken, or this method throws. With undo, as in the book: for the process, not for the thread.
     */
    public void waitFor() throws ErrnoException, InterruptedException {
        semaphore.acquire();
    }

    /**
     * Listing 5.4: makes it 1. With undo too, and by the process that waited: what the kernel remembers is the sum of
     * both, 0. Nothing keeps a mistaken second call from making it 2, in the book or here; a permit of
     * {@link SharedLock} does.
     */
    public void post() throws ErrnoException {
        semaphore.release();
    }
    // @end
}
