package org.chagres.semaphore;

import org.chagres.ErrnoException;

/**
 * Permits that this process holds, to be given back by {@link #close()}; or by the kernel, should the process end
 * before.
 *
 * {@snippet class = "org.chagres.examples.SharedLock" region = "hold"}
 *
 * <p>Any thread may close it.
 *
 * @see ProcessSemaphore#hold()
 */
public final class Permit implements AutoCloseable {
    private final ProcessSemaphore semaphore;
    private final int permits;
    private boolean closed; // guarded by this

    Permit(ProcessSemaphore semaphore, int permits) {
        this.semaphore = semaphore;
        this.permits = permits;
    }

    /**
     * How many permits these are.
     *
     * @return 1 or more
     */
    public int permits() {
        return permits;
    }

    /**
     * Gives the permits back; the second and later times do nothing. It does so too when the semaphore was closed in
     * this process meanwhile: closing it takes nothing from those who hold permits.
     *
     * @throws ErrnoException {@code EINVAL} or {@code EIDRM} if the set was removed meanwhile, {@code EACCES} if its
     *     permissions were changed and no longer let this process, {@code ERANGE} if the value would exceed 32767
     */
    @Override
    public void close() throws ErrnoException {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        semaphore.giveBack(permits);
    }

    @Override
    public String toString() {
        return "Permit[" + permits + " of " + semaphore + "]";
    }
}
