package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.syscall.ReadinessCalls.*;

import org.junit.jupiter.api.Test;

class ReadinessCallsTest {
    @Test
    void pollAndEpollAgreeOnTheBits() {
        assertThat(new int[] {EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP, EPOLLHUP, EPOLLERR})
                .containsExactly(POLLIN, POLLOUT, POLLPRI, POLLRDHUP, POLLHUP, POLLERR);
    }
}
