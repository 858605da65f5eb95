package org.chagres.readiness;

import static java.util.Objects.requireNonNull;

import org.chagres.ErrnoException;
import org.chagres.internal.resource.DescriptorSignals;

/**
 * Whom the signals of a descriptor go to.
 *
 * <p><b>Another process</b> that does not handle the signal, block it or ignore it is <b>ended</b> by it: that is what
 * SIGIO and the real-time signals do by themselves. Let it be ready before it is made an owner.
 *
 * @param kind one process, a group, a thread, or nobody
 * @param id its number, more than 0; 0 of nobody
 * @see SignalSettings
 */
public record SignalOwner(Kind kind, int id) {
    /** Nobody: no signals are sent. */
    public static final SignalOwner NOBODY = new SignalOwner(Kind.NOBODY, 0);

    /** What an owner is. */
    public enum Kind {
        /** Nobody. */
        NOBODY,

        /** A thread ({@code F_OWNER_TID}). */
        THREAD,

        /** A process: any thread of it may get the signal ({@code F_OWNER_PID}). */
        PROCESS,

        /** A process group: each process of it gets the signal ({@code F_OWNER_PGRP}). */
        PROCESS_GROUP
    }

    /**
     * An owner.
     *
     * @throws IllegalArgumentException if {@code id} is not more than 0, or not 0 of nobody
     */
    public SignalOwner {
        requireNonNull(kind, "kind");
        if (kind == Kind.NOBODY ? id != 0 : id < 1) {
            throw new IllegalArgumentException("the number of " + kind + " cannot be " + id);
        }
    }

    /**
     * This process: the thread of this library that takes the signals, which runs from now on. Other threads of this
     * process cannot be owners.
     *
     * @return the same each time
     * @throws ErrnoException if this process may not block or take signals, such as {@code EPERM} in a sandbox
     */
    public static SignalOwner thisProcess() throws ErrnoException {
        int tid = DescriptorSignals.ownThread();
        if (tid < 0) {
            throw new ErrnoException("sigtimedwait", -tid, "starting the thread that takes signals");
        }
        return thread(tid);
    }

    /**
     * A thread of another process.
     *
     * @param tid its number
     * @return that
     * @throws IllegalArgumentException if {@code tid} is not more than 0
     */
    public static SignalOwner thread(int tid) {
        return new SignalOwner(Kind.THREAD, tid);
    }

    /**
     * Another process.
     *
     * @param pid its number
     * @return that
     * @throws IllegalArgumentException if {@code pid} is not more than 0
     */
    public static SignalOwner process(long pid) {
        return new SignalOwner(Kind.PROCESS, number(pid));
    }

    /**
     * A process group that this process is not in.
     *
     * @param pgid its number
     * @return that
     * @throws IllegalArgumentException if {@code pgid} is not more than 0
     */
    public static SignalOwner processGroup(long pgid) {
        return new SignalOwner(Kind.PROCESS_GROUP, number(pgid));
    }

    private static int number(long id) {
        if (id != (int) id) {
            throw new IllegalArgumentException("there is no process " + id);
        }
        return (int) id;
    }
}
