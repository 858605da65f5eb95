package org.chagres.socket;

import static java.util.Objects.requireNonNull;

/**
 * Two sockets connected with each other ({@code socketpair(2)}): what is sent on one is received on the other, both
 * ways. Closing it closes both.
 *
 * @param <S> the type of both
 * @param first the one
 * @param second the other
 */
public record SocketPair<S extends UnixSocket>(S first, S second) implements AutoCloseable {
    /** Refuses nulls. */
    public SocketPair {
        requireNonNull(first, "first");
        requireNonNull(second, "second");
    }

    @Override
    public void close() {
        first.close();
        second.close();
    }
}
