package org.chagres.waiting;

import java.time.Duration;
import java.util.Arrays;
import org.chagres.testing.HeldLookups;

/**
 * A lookup that is not answered: the event is that it is. The caller waits in Java, on whatever thread: what is in the C
 * library on its behalf cannot be ended.
 */
final class LookupScene implements Scene {
    /** The call, of a port that is held; answers the one it was told. */
    @FunctionalInterface
    interface Call {
        Object on(int port, Duration timeout) throws Exception;
    }

    private final HeldLookups held = HeldLookups.create();
    private final Call call;

    LookupScene(Call call) {
        this.call = call;
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        Object answer = call.on(held.port(), timeout);
        return answer.equals(held.port()) ? "its port" : answer;
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        Thread.State state = attempt.thread().getState();
        return held.asked() > 0
                && (state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING)
                && Arrays.stream(attempt.thread().getStackTrace())
                        .anyMatch(frame -> frame.getClassName().endsWith(".Background"));
    }

    @Override
    public void event() {
        held.release();
    }

    /** An answer is for one caller, and nobody else's. */
    @Override
    public String state() {
        return "";
    }

    @Override
    public void close() {
        held.close();
    }
}
