package org.chagres.waiting;

import org.chagres.Errno;
import org.chagres.ErrnoException;

/** How a call ended, in words that can be compared, and told to another process. */
record Ending(String words) {
    static Ending returned(Object value) {
        return new Ending("returned " + value);
    }

    /** The exception of a failed system call. */
    static Ending threw(Errno errno) {
        return new Ending("threw ErrnoException " + errno);
    }

    static Ending threw(Class<? extends Throwable> type) {
        return new Ending("threw " + type.getSimpleName());
    }

    static Ending of(Throwable thrown) {
        return thrown instanceof ErrnoException failure ? threw(failure.errno()) : threw(thrown.getClass());
    }

    @Override
    public String toString() {
        return words;
    }
}
