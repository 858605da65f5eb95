package org.chagres.waiting;

import java.time.Duration;
import java.util.Arrays;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.resource.SemaphoreWaits;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.testing.Peer;

/** A set whose values let nobody pass, until one of them is changed. */
final class SemaphoreScene implements Scene {
    /** The call. */
    @FunctionalInterface
    interface Call<T> {
        Object on(T resource, Duration timeout) throws Exception;
    }

    /** The values at first, and what is to be added to the first of them as the event. */
    record Values(int delta, int... blocked) {}

    private final SemaphoreSet set;
    private final Values values;
    private final Call<SemaphoreSet> call;

    private SemaphoreScene(Values values, Call<SemaphoreSet> call) {
        try {
            this.set = SemaphoreSet.create(IpcKey.PRIVATE, values.blocked());
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
        this.values = values;
        this.call = call;
    }

    static Scene ofSemaphore(Values values, Call<ProcessSemaphore> call) {
        return new SemaphoreScene(values, (set, timeout) -> call.on(set.semaphore(0), timeout));
    }

    static Scene ofSet(Values values, Call<SemaphoreSet> call) {
        return new SemaphoreScene(values, call);
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        return call.on(set, timeout);
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        return SemaphoreObject.waitingForIncrease(set.id(), 0) + SemaphoreObject.waitingForZero(set.id(), 0) == 1;
    }

    @Override
    public void event() {
        add(values.delta());
    }

    private void add(int delta) {
        int answer = new SemaphoreWaits(set.id()).attempt(SemaphoreWaits.operation(0, delta, false, false));
        if (answer != 0) {
            throw new AssertionError("semop answered " + answer);
        }
    }

    @Override
    public String state() {
        int[] now = new int[values.blocked().length];
        int answer = SemaphoreObject.values(set.id(), now);
        return answer < 0 ? "answer " + answer : Arrays.toString(now);
    }

    @Override
    public void closeResource(int which) {
        set.close();
    }

    @Override
    public void remove() throws Exception {
        SemaphoreSet.remove(set.id());
    }

    /** A process that holds what is missing, with {@code SEM_UNDO}. */
    @Override
    public Peer peer() {
        event();
        return Partner.holding(set.id(), -values.delta());
    }

    @Override
    public void close() {
        SemaphoreObject.remove(set.id()); // unless the test did
    }
}
