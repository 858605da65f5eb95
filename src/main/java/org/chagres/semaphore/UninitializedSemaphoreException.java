package org.chagres.semaphore;

import java.io.IOException;
import java.time.Instant;

/**
 * Thrown when a semaphore set exists and nobody has ever done an operation on it: its creator died between creating it
 * and giving it its first values, or is a program that sets them with {@code SETVAL} or {@code SETALL} alone.
 *
 * <p>In the first case remove the set ({@link SemaphoreSet#remove(int)}) and create it anew; in the second open it with
 * {@link SemaphoreSetBuilder#acceptUninitialized()}. The library cannot tell the two apart.
 */
public final class UninitializedSemaphoreException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The identifier. */
    private final int id;

    /** When the set was created or its values were last set. */
    private final Instant lastChanged;

    UninitializedSemaphoreException(SemaphoreSetStatus status) {
        super("semaphore set id=" + status.id() + " key=" + status.key() + ", created by uid "
                + status.permissions().creatorUid() + " and last changed at " + status.lastChanged()
                + ", has had no operation yet: its creator died before it had given values, or only sets them (SETVAL,"
                + " SETALL); if it died, remove the set, and if not, open it with acceptUninitialized()");
        this.id = status.id();
        this.lastChanged = status.lastChanged();
    }

    /**
     * The set.
     *
     * @return its identifier
     */
    public int id() {
        return id;
    }

    /**
     * When the set was created or its values were last set.
     *
     * @return the moment, in whole seconds
     */
    public Instant lastChanged() {
        return lastChanged;
    }
}
