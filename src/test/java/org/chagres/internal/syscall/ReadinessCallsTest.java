package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.syscall.ReadinessCalls.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.chagres.Errno;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LeakCheck.class)
class ReadinessCallsTest {
    private static int no(Errno errno) {
        return -errno.number();
    }

    @Test
    void pollAndEpollAgreeOnTheBits() {
        assertThat(new int[] {EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP, EPOLLHUP, EPOLLERR})
                .containsExactly(POLLIN, POLLOUT, POLLPRI, POLLRDHUP, POLLHUP, POLLERR);
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "0, -1", "0, 1000000000"})
    void aTimeThatIsNoneIsInvalid(long seconds, long nanos) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment time = arena.allocateFrom(ValueLayout.JAVA_LONG, seconds, nanos);
            assertThat(ppoll(MemorySegment.NULL, 0, time.address(), 0)).isEqualTo(no(Errno.EINVAL));
        }
    }

    /** A process that may have so many descriptors cannot ask for more at a time. */
    @Test
    void moreThanAProcessMayHaveAreInvalid() throws Exception {
        String most = Files.readAllLines(Path.of("/proc/self/limits")).stream()
                .filter(line -> line.startsWith("Max open files"))
                .findFirst()
                .orElseThrow()
                .split("\\s+")[3];
        Assumptions.assumeTrue(most.matches("\\d{1,8}"), "as many open files as one likes: " + most);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment none = arena.allocateFrom(ValueLayout.JAVA_LONG, 0, 0);
            long tooMany = Long.parseLong(most) + 1; // they are counted before they are looked at
            assertThat(ppoll(none, tooMany, none.address(), 0)).isEqualTo(no(Errno.EINVAL));
        }
    }

    /** The mask goes where the kernel takes it from. */
    @Test
    void aSignalMaskThatIsNotThereIsAFault() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment none = arena.allocateFrom(ValueLayout.JAVA_LONG, 0, 0);
            assertThat(ppoll(MemorySegment.NULL, 0, none.address(), 8)).isEqualTo(no(Errno.EFAULT));
            assertThat(ppoll(MemorySegment.NULL, 0, none.address(), 0)).isZero();
        }
    }

    /** What is not open is told of, and does not keep the others from being. */
    @Test
    void whatIsNotOpenIsToldOfBesideTheOthers() {
        int counter = eventfd(1, EFD_CLOEXEC);
        try (Arena arena = Arena.ofConfined()) {
            PollFds both = PollFds.allocate(arena, 3);
            both.set(0, 1_000_000_000, POLLIN);
            both.set(1, counter, POLLIN | POLLPRI);
            both.set(2, -1, POLLIN); // is passed over
            assertThat(pollFor(both, Long.MAX_VALUE)).isEqualTo(2);
            assertThat(both.ready(0)).isEqualTo(POLLNVAL);
            assertThat(both.ready(1)).isEqualTo(POLLIN);
            assertThat(both.ready(2)).isZero();
        } finally {
            DescriptorCalls.close(counter);
        }
    }
}
