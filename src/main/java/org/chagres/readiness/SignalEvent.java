package org.chagres.readiness;

import static java.util.Objects.requireNonNull;

import java.util.Set;
import org.chagres.Pollable;
import org.chagres.Readiness;

/**
 * What signals told of a resource. It may be over by the time the handler sees it: others may have been faster.
 *
 * @param source which: the object that was registered
 * @param readiness for what it is ready, or was when the signal was sent
 * @param signals how many signals told of it: more than 1 if they came faster than they were handled, 0 if a poll found
 *     it
 * @param polled whether a poll found some of it: when the resource was registered, as SIGIO and SIGURG do not tell
 *     which descriptor they are for, or as the queue of real-time signals was full
 */
public record SignalEvent(Pollable source, Set<Readiness> readiness, long signals, boolean polled) {
    /** Keeps a copy of the set. */
    public SignalEvent {
        requireNonNull(source, "source");
        readiness = Set.copyOf(requireNonNull(readiness, "readiness"));
    }

    /**
     * Whether there is, or was, something urgent.
     *
     * @return whether {@link #readiness} has {@link Readiness#URGENT}
     */
    public boolean isUrgent() {
        return readiness.contains(Readiness.URGENT);
    }
}
