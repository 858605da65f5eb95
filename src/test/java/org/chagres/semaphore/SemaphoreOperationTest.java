package org.chagres.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operation may be: all of a {@code struct sembuf}, and nothing that would be cut to fit. */
class SemaphoreOperationTest {

    @Test
    void sayTheirMeaning() {
        assertThat(SemaphoreOperation.acquire(3)).isEqualTo(new SemaphoreOperation(3, -1, false, false));
        assertThat(SemaphoreOperation.acquire(3, 5)).isEqualTo(new SemaphoreOperation(3, -5, false, false));
        assertThat(SemaphoreOperation.release(3)).isEqualTo(new SemaphoreOperation(3, 1, false, false));
        assertThat(SemaphoreOperation.release(3, 5)).isEqualTo(new SemaphoreOperation(3, 5, false, false));
        assertThat(SemaphoreOperation.awaitZero(3)).isEqualTo(new SemaphoreOperation(3, 0, false, false));
    }

    @Test
    void keepTheRestWhereOneThingIsAdded() {
        SemaphoreOperation operation = SemaphoreOperation.acquire(3, 5);
        assertThat(operation.withUndo()).isEqualTo(new SemaphoreOperation(3, -5, true, false));
        assertThat(operation.withNoWait()).isEqualTo(new SemaphoreOperation(3, -5, false, true));
        assertThat(operation.withUndo().withNoWait())
                .isEqualTo(operation.withNoWait().withUndo())
                .isEqualTo(new SemaphoreOperation(3, -5, true, true));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "65535, 32767", "0, -32768", "65535, -32768", "32768, 1"})
    void mayBeAnythingThatSixteenBitsHold(int number, int delta) {
        SemaphoreOperation operation = new SemaphoreOperation(number, delta, false, false);
        assertThat(operation.number()).isEqualTo(number);
        assertThat(operation.delta()).isEqualTo(delta);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65536, 65537, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void areOfNoOtherNumber(int number) {
        String message = "the number of a semaphore is 0 to 65535, not " + number;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SemaphoreOperation(number, 1, false, false))
                .withMessage(message);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SemaphoreOperation.acquire(number))
                .withMessage(message);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SemaphoreOperation.release(number))
                .withMessage(message);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SemaphoreOperation.awaitZero(number))
                .withMessage(message);
    }

    @ParameterizedTest
    @ValueSource(ints = {32768, -32769, 65535, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void haveNoOtherDelta(int delta) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SemaphoreOperation(0, delta, false, false))
                .withMessage("a delta is -32768 to 32767, not " + delta);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 32768, 65536, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void areOfOnePermitOrMore(int permits) {
        String message = "permits must be 1 to 32767, not " + permits;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SemaphoreOperation.acquire(0, permits))
                .withMessage(message);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SemaphoreOperation.release(0, permits))
                .withMessage(message);
    }
}
