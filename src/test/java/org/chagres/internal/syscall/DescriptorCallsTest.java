package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.syscall.DescriptorCalls.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.chagres.Errno;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the kernel answers to what the library above never asks of descriptors, memory files and processes: numbers onto
 * themselves, flags, commands and signals that there are not, memory that is not there, processes that nobody is.
 */
@ExtendWith(LeakCheck.class)
class DescriptorCallsTest {
    private static final int NOT_OPEN = -1;
    private static final int UNKNOWN_FLAG = 1 << 20;
    private static final int UNKNOWN_COMMAND = 999;

    /** More than any process can have (PID_MAX_LIMIT). */
    private static final int NOBODY = 1 << 22 | 1;

    private int reader;
    private int writer;

    @BeforeEach
    void makeAPipe() {
        long ends = PipeCalls.pipe2Ends(FileCalls.O_CLOEXEC);
        assertThat(ends).isPositive();
        reader = (int) ends;
        writer = (int) (ends >>> Integer.SIZE);
    }

    @AfterEach
    void closeIt() {
        close(reader);
        close(writer);
    }

    private static int no(Errno errno) {
        return -errno.number();
    }

    @Test
    void aNumberOntoItselfAndFlagsThatThereAreNotAreInvalid() {
        assertThat(dup3(reader, reader, FileCalls.O_CLOEXEC)).isEqualTo(no(Errno.EINVAL));
        assertThat(dup3(reader, writer, UNKNOWN_FLAG)).isEqualTo(no(Errno.EINVAL));
        assertThat(dup3(NOT_OPEN, writer, FileCalls.O_CLOEXEC)).isEqualTo(no(Errno.EBADF));
        assertThat(dup3(reader, NOT_OPEN, FileCalls.O_CLOEXEC)).isEqualTo(no(Errno.EBADF));
        assertThat(fcntl(writer, F_GETFL, 0) & FileCalls.O_WRONLY)
                .as("it is what it was")
                .isNotZero();
    }

    @Test
    void aCommandThatThereIsNotIsInvalid() {
        assertThat(fcntl(reader, UNKNOWN_COMMAND, 0)).isEqualTo(no(Errno.EINVAL));
        assertThat(fcntl(NOT_OPEN, F_GETFL, 0)).isEqualTo(no(Errno.EBADF));
        assertThat(fcntl(reader, F_DUPFD_CLOEXEC, -1)).isEqualTo(no(Errno.EINVAL));
    }

    /** Of memory of the library's own, which may be anywhere. */
    @Test
    void theWrongEndIsABadDescriptorAndMemoryThatIsNotThereIsAFault() {
        MemorySegment nowhere = MemorySegment.ofAddress(8).reinterpret(1);
        MemorySegment memory = Arena.ofAuto().allocate(1);
        assertThat(write(reader, memory, 1)).isEqualTo(no(Errno.EBADF));
        assertThat(read(writer, memory, 1)).isEqualTo(no(Errno.EBADF));
        assertThat(write(writer, nowhere, 1)).isEqualTo(no(Errno.EFAULT));
        assertThat(write(writer, memory, 1)).isOne();
        assertThat(read(reader, nowhere, 1)).isEqualTo(no(Errno.EFAULT));
        assertThat(fionread(reader)).as("nothing is lost").isOne();
    }

    /** Those that were asked for, and 0 shows none. */
    @Test
    void aPipeHasTheFlagsThatItWasMadeWith() {
        for (int flags : new int[] {0, FileCalls.O_CLOEXEC, FileCalls.O_NONBLOCK, FileCalls.O_DIRECT}) {
            long ends = PipeCalls.pipe2Ends(flags);
            assertThat(ends).isPositive();
            int[] both = {(int) ends, (int) (ends >>> Integer.SIZE)};
            try {
                for (int end : both) {
                    assertThat(fcntl(end, F_GETFD, 0)).isEqualTo(flags == FileCalls.O_CLOEXEC ? FD_CLOEXEC : 0);
                    assertThat(fcntl(end, F_GETFL, 0) & FileCalls.O_NONBLOCK).isEqualTo(flags & FileCalls.O_NONBLOCK);
                }
                assertThat(fcntl(both[1], F_GETFL, 0) & FileCalls.O_DIRECT)
                        .as("of the end that makes packets")
                        .isEqualTo(flags & FileCalls.O_DIRECT);
            } finally {
                close(both[0]);
                close(both[1]);
            }
        }
        assertThat(PipeCalls.pipe2Ends(UNKNOWN_FLAG)).isEqualTo(no(Errno.EINVAL));
    }

    @ParameterizedTest
    @ValueSource(ints = {1 << 20, Integer.MIN_VALUE})
    void aMemoryFileOfUnknownFlagsIsInvalid(int flags) {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(MemoryFileCalls.memfd_create(arena.allocateFrom("flags"), flags | MemoryFileCalls.MFD_CLOEXEC))
                    .isEqualTo(no(Errno.EINVAL));
        }
    }

    @Test
    void aSignalThatThereIsNotIsInvalidAndNobodyGetsNone() {
        int own = ProcessCalls.getpid();
        assertThat(ChildCalls.kill(own, 65)).isEqualTo(no(Errno.EINVAL));
        assertThat(ChildCalls.kill(own, -1)).isEqualTo(no(Errno.EINVAL));
        assertThat(ChildCalls.kill(own, 0)).isZero(); // asks whether it is there
        assertThat(ChildCalls.kill(NOBODY, 0)).isEqualTo(no(Errno.ESRCH));
        assertThat(ChildCalls.kill(-NOBODY, 0)).isEqualTo(no(Errno.ESRCH));
        assertThat(ChildCalls.pidfd_open(NOBODY, 0)).isEqualTo(no(Errno.ESRCH));
        assertThat(ChildCalls.pidfd_send_signal(reader, 0)).isEqualTo(no(Errno.EBADF));
    }
}
