package org.chagres.internal.resource;

/** What a method that waits does on its way in, and whenever it is about to wait again. */
public final class Interruption {
    private Interruption() {}

    /** Throws if the calling thread is interrupted, and clears its interrupted status. */
    public static void check() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }
}
