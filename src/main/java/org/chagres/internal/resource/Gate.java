package org.chagres.internal.resource;

/**
 * What a wait belongs to: open until it is closed, once and for ever. Closing it ends every wait that goes on behind it,
 * of platform and virtual threads alike.
 */
public class Gate {
    private volatile boolean closed;

    public boolean isClosed() {
        return closed;
    }

    /** Refuses new waits and wakes those in progress; answers whether this was the first time. Waits for nobody. */
    public final boolean close() {
        // A race of two closers wakes the waiters twice, which they do not notice.
        boolean first = !closed;
        closed = true;
        if (first) {
            Waiter.cancelAllClosed();
        }
        return first;
    }
}
