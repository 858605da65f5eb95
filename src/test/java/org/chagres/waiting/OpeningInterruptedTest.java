package org.chagres.waiting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Those who find no set have nothing to wait for; an interrupt from before counts all the same, and comes before
 * anything is made.
 */
@ExtendWith(LeakCheck.class)
class OpeningInterruptedTest {
    private final IpcKey key = IpcKey.random();

    @TestFactory
    Stream<DynamicTest> anInterruptedThreadIsToldSoAndCreatesNothing() {
        return Stream.of(
                interrupted("ProcessSemaphore.open(IpcKey)", () -> ProcessSemaphore.open(key)),
                interrupted("SemaphoreSet.open(IpcKey)", () -> SemaphoreSet.open(key)),
                interrupted(
                        "SemaphoreSetBuilder.open(IpcKey)",
                        () -> SemaphoreSet.builder().open(key)),
                interrupted("ProcessSemaphore.open(int)", () -> ProcessSemaphore.open(-1)),
                interrupted("SemaphoreSet.open(int)", () -> SemaphoreSet.open(-1)),
                interrupted(
                        "SemaphoreSetBuilder.open(int)",
                        () -> SemaphoreSet.builder().open(-1)),
                interrupted("ProcessSemaphore.openOrCreate(IpcKey, int)", () -> ProcessSemaphore.openOrCreate(key, 1)),
                interrupted("SemaphoreSet.openOrCreate(IpcKey, int[])", () -> SemaphoreSet.openOrCreate(key, 1)),
                interrupted(
                        "SemaphoreSetBuilder.openOrCreate(IpcKey, int[])",
                        () -> SemaphoreSet.builder().openOrCreate(key, 1)));
    }

    private DynamicTest interrupted(String method, ThrowingCallable call) {
        return DynamicTest.dynamicTest(method, () -> {
            Thread.currentThread().interrupt();
            try {
                assertThatThrownBy(call).isInstanceOf(InterruptedException.class);
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
                assertThat(SemaphoreObject.find(key.value(), 0)).as("a set").isNegative();
            } finally {
                Thread.interrupted();
                int id = SemaphoreObject.find(key.value(), 0);
                if (id >= 0) {
                    SemaphoreObject.remove(id);
                }
            }
        });
    }
}
