package org.chagres.waiting;

import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.testing.Peer;

/**
 * A set that was created and has no first values yet. Between its looks at the set, who opens it sleeps, which the
 * kernel does not show.
 */
final class OpeningScene implements Scene {
    /** The call: opens the set. */
    @FunctionalInterface
    interface Call {
        AutoCloseable open(IpcKey key, int id, Duration timeout) throws Exception;
    }

    private final IpcKey key = IpcKey.random();
    private final Call call;
    private int id;

    OpeningScene(Call call) {
        this.call = call;
        this.id = SemaphoreObject.create(key.value(), 1, PosixFilePermissions.fromString("rw-------"));
        if (id < 0) {
            throw new AssertionError("semget answered " + id);
        }
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        AutoCloseable opened = call.open(key, id, timeout);
        SemaphoreSet set = switch (opened) {
            case SemaphoreSet itself -> itself;
            case ProcessSemaphore semaphore -> semaphore.set();
            default -> throw new AssertionError(Objects.toString(opened));
        };
        return set.created() ? "a new set" : set.id() == id ? "the set" : "another set";
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        Thread waiter = attempt.thread();
        return waiter.getState() == Thread.State.TIMED_WAITING
                && Arrays.stream(waiter.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("awaitInitialization"));
    }

    @Override
    public void event() {
        int answer = SemaphoreObject.publish(id, 1);
        if (answer < 0) {
            throw new AssertionError("semop answered " + answer);
        }
    }

    @Override
    public String state() {
        int[] values = new int[1];
        int answer = SemaphoreObject.values(id, values);
        return answer < 0 ? "answer " + answer : Arrays.toString(values);
    }

    @Override
    public void remove() throws Exception {
        SemaphoreSet.remove(id);
    }

    /** A process that created the set, and has not given it first values. */
    @Override
    public Peer peer() throws Exception {
        remove();
        Peer peer = Partner.creating(key);
        id = SemaphoreObject.find(key.value(), 0);
        return peer;
    }

    @Override
    public void close() {
        SemaphoreObject.remove(id); // unless the test did
        int found = SemaphoreObject.find(key.value(), 0);
        if (found >= 0) {
            SemaphoreObject.remove(found); // created instead of a removed one
        }
    }
}
