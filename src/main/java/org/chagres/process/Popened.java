package org.chagres.process;

import java.io.IOException;
import java.util.Optional;

/** The end of a child whose stream is closed. */
final class Popened {
    private final ChildProcess child;
    private volatile Optional<Termination> termination = Optional.empty();

    Popened(ChildProcess child) {
        this.child = child;
    }

    Optional<Termination> termination() {
        return termination;
    }

    /** Closes all pipes, of which any could keep the child, and waits, unless this was done before. */
    void close() {
        if (!child.isOpen()) {
            return;
        }
        child.closePipes();
        try {
            termination = Optional.of(child.await());
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        } catch (IOException lost) {
            // Closed by another thread meanwhile, or its status was taken: then there is none to tell.
        }
        child.close();
    }
}
