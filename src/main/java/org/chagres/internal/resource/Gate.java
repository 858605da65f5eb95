package org.chagres.internal.resource;

/**
 * What a wait belongs to: open until it is closed, once and for ever. Closing it ends every wait that goes on behind
 * it, of platform and virtual threads alike.
 */
public class Gate {
    private volatile boolean closed;

    public boolean isClosed() {
        return closed;
    }

    /** Refuses new waits and wakes those in progress; waits for nobody. */
    public void close() {
        closed = true;
        Waiter.cancelAllClosed(); // each time: should the first have failed half-way, the next one mends it
    }
}
