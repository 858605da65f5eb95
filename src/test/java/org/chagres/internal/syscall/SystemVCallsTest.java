package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.syscall.SharedMemoryCalls.IPC_CREAT;
import static org.chagres.internal.syscall.SharedMemoryCalls.IPC_RMID;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.chagres.Errno;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the kernel answers to what the library above never asks of System V memory and semaphores: sizes of nothing,
 * uneven addresses, steps of no operation, values that a semaphore cannot have, commands that there are not.
 */
@ExtendWith(LeakCheck.class)
class SystemVCallsTest {
    private static final int INVALID = -Errno.EINVAL.number();
    private static final int UNKNOWN = -1;

    private int segment;
    private int set;

    @BeforeEach
    void create() {
        segment = SharedMemoryCalls.shmget(0, 4, IPC_CREAT | 0600);
        set = SemaphoreCalls.semget(0, 2, IPC_CREAT | 0600);
        assertThat(segment).isNotNegative();
        assertThat(set).isNotNegative();
        // by which the check for leaks knows whose it is
        assertThat(SemaphoreCalls.semctl(set, 0, SemaphoreCalls.SETVAL, 0)).isZero();
    }

    @AfterEach
    void remove() {
        SharedMemoryCalls.shmctl(segment, IPC_RMID, MemorySegment.NULL);
        SemaphoreCalls.semctl(set, 0, IPC_RMID, 0);
    }

    // Memory.

    @Test
    void aSegmentOfNothingIsInvalid() {
        assertThat(SharedMemoryCalls.shmget(0, 0, IPC_CREAT | 0600)).isEqualTo(INVALID);
    }

    @Test
    void anUnevenAddressIsInvalidUnlessItIsToBeRounded() {
        long page = ProcessCalls.getpagesize();
        long free = SharedMemoryCalls.shmat(segment, 0, 0);
        assertThat(free).isPositive();
        assertThat(SharedMemoryCalls.shmdt(free)).isZero();
        long far = free - (1L << 36); // where the kernel puts nothing of others meanwhile
        assertThat(SharedMemoryCalls.shmat(segment, far + 1, 0)).isEqualTo(INVALID);
        assertThat(SharedMemoryCalls.shmat(segment, far + page - 1, SharedMemoryCalls.SHM_RND))
                .isEqualTo(far);
        assertThat(Kernel.attachCount(segment)).isOne();
        assertThat(SharedMemoryCalls.shmdt(far)).isZero();
        assertThat(SharedMemoryCalls.shmat(-1, 0, 0)).isEqualTo(INVALID);
        assertThat(Kernel.attachCount(segment)).isZero();
    }

    /** Each attachment is detached once. */
    @Test
    void eachAttachmentIsDetachedByItself() {
        long first = SharedMemoryCalls.shmat(segment, 0, 0);
        long second = SharedMemoryCalls.shmat(segment, 0, 0);
        assertThat(second).isPositive().isNotEqualTo(first);
        assertThat(Kernel.attachCount(segment)).isEqualTo(2);
        assertThat(SharedMemoryCalls.shmdt(first)).isZero();
        assertThat(SharedMemoryCalls.shmdt(second)).isZero();
        assertThat(Kernel.attachCount(segment)).isZero();
        assertThat(SharedMemoryCalls.shmdt(first)).isEqualTo(INVALID);
    }

    // Semaphores.

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void aSetOfNothingIsInvalid(int count) {
        assertThat(SemaphoreCalls.semget(0, count, IPC_CREAT | 0600)).isEqualTo(INVALID);
    }

    /** Of a set that nobody gave values. */
    @Test
    void aNewSetHasNothing() {
        for (int number = 0; number < 2; number++) {
            assertThat(SemaphoreCalls.semctl(set, number, SemaphoreCalls.GETVAL, 0))
                    .isZero();
        }
    }

    @Test
    void aStepOfNoOperationAndASetThatIsNoneAreInvalid() {
        try (Arena arena = Arena.ofConfined()) {
            Sembufs operations = Sembufs.allocate(arena, 1);
            operations.set(0, SemaphoreCalls.sembuf(0, 1, 0));
            assertThat(SemaphoreCalls.semop(set, operations.segment(), 0)).isEqualTo(INVALID);
            assertThat(SemaphoreCalls.semop(-1, operations.segment(), 1)).isEqualTo(INVALID);
            assertThat(SemaphoreCalls.semop(set, operations.segment(), 1)).isZero();
            assertThat(SemaphoreCalls.semctl(set, 0, SemaphoreCalls.GETVAL, 0)).isOne();
        }
    }

    @Test
    void aCommandThatThereIsNotIsInvalid() {
        assertThat(SemaphoreCalls.semctl(set, 0, UNKNOWN, 0)).isEqualTo(INVALID);
        assertThat(SemaphoreCalls.semctl(-1, 0, SemaphoreCalls.GETVAL, 0)).isEqualTo(INVALID);
        assertThat(SemaphoreCalls.semctl(set, 2, SemaphoreCalls.GETVAL, 0)).isEqualTo(INVALID);
        assertThat(SharedMemoryCalls.shmctl(segment, UNKNOWN, MemorySegment.NULL))
                .isEqualTo(INVALID);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 32768, Integer.MAX_VALUE})
    void aValueThatASemaphoreCannotHaveIsOutOfRange(int value) {
        assertThat(SemaphoreCalls.semctl(set, 0, SemaphoreCalls.SETVAL, value)).isEqualTo(-Errno.ERANGE.number());
        assertThat(SemaphoreCalls.semctl(set, 0, SemaphoreCalls.GETVAL, 0)).isZero();
    }
}
