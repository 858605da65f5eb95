package org.chagres.waiting;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A database that somebody goes through: the event is that they are done. The callers wait in Java, on whatever thread.
 */
final class ListingScene implements Scene {
    /** The call; a method that takes no time ignores it. */
    @FunctionalInterface
    interface Call {
        Optional<? extends Stream<?>> in(Duration timeout) throws Exception;
    }

    private final Call call;
    private final Stream<?> other;

    ListingScene(Call call) {
        this.call = call;
        try {
            this.other = call.in(Wait.LONG).orElseThrow();
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        Optional<? extends Stream<?>> stream = call.in(timeout);
        stream.ifPresent(Stream::close);
        return stream.isPresent() ? "a stream" : stream;
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        Thread.State state = attempt.thread().getState();
        return (state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING)
                && Arrays.stream(attempt.thread().getStackTrace())
                        .anyMatch(frame -> frame.getClassName().endsWith(".Semaphore"));
    }

    @Override
    public void event() {
        other.close();
    }

    /** Whoever comes out of the line with a stream closes it. */
    @Override
    public String state() {
        return "";
    }

    @Override
    public void close() {
        other.close();
    }
}
