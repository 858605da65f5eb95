package org.chagres.waiting;

import java.time.Duration;
import org.chagres.testing.Peer;

/** One wait, set up: what it waits for is not there yet. */
interface Scene extends AutoCloseable {
    /**
     * Calls the method.
     *
     * @param timeout how long it may wait; a method that takes no time ignores it
     * @return what it returned, in a form that can be compared
     */
    Object await(Duration timeout) throws Exception;

    /** Whether somebody waits in it at this moment, as seen from outside. */
    boolean isWaiting(Attempt attempt);

    /** Lets come what is waited for, by other means than the object through which the method waits. */
    void event() throws Exception;

    /** What there is to take, as the kernel has it. */
    String state();

    /** How many objects there are of which each ends the wait when it is closed. */
    default int closable() {
        return 1;
    }

    /** Closes one of the objects through which the method waits. */
    default void closeResource(int which) throws Exception {
        throw new UnsupportedOperationException();
    }

    /** Removes from the kernel what is waited for. */
    default void remove() throws Exception {
        throw new UnsupportedOperationException();
    }

    /** Starts a process without which the wait does not go on: what comes when it is killed is what the row says. */
    default Peer peer() throws Exception {
        throw new UnsupportedOperationException();
    }

    /** Removes all that is left of it. */
    @Override
    void close();
}
