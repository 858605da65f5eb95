package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.resource.SemaphoreWaits.operation;

import java.nio.file.attribute.PosixFilePermissions;
import org.chagres.testing.Await;

/**
 * A private set of semaphores, made and used below the public classes; gone after the test, which wakes whoever still
 * waits.
 */
record TestSet(int id) implements AutoCloseable {
    static final long TAKE = operation(0, -1, false, false);
    static final long GIVE = operation(0, 1, false, false);

    private static final int PRIVATE = 0;

    static TestSet of(int... values) {
        int id = SemaphoreObject.create(PRIVATE, values.length, PosixFilePermissions.fromString("rw-------"));
        assertThat(id).as("semget").isNotNegative();
        TestSet set = new TestSet(id);
        int answer = SemaphoreObject.setValues(id, values);
        if (answer < 0) {
            set.close();
        }
        assertThat(answer).as("SETALL").isNotNegative();
        return set;
    }

    SemaphoreWaits waits() {
        return new SemaphoreWaits(id);
    }

    void give() {
        assertThat(waits().attempt(GIVE)).isZero();
    }

    int value() {
        return SemaphoreObject.value(id, 0);
    }

    /** Waits until so many threads wait in the kernel for permits of semaphore 0. */
    void awaitWaiters(int count) {
        Await.waiters(id, 0, count);
    }

    @Override
    public void close() {
        int answer = SemaphoreObject.remove(id);
        assertThat(answer == 0 || SemaphoreObject.isGone(answer))
                .as("semctl answered %d", answer)
                .isTrue();
    }
}
