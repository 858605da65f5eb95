package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.socket.InetSockets.*;

import java.util.Set;
import org.chagres.Errno;
import org.chagres.Readiness;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A connection that ends while all of something is waited for. */
@ExtendWith(LeakCheck.class)
class WaitAllEndTest {
    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void resetIsToldByTheNextCallAndNotTakenForTheEnd(ThreadKind kind) throws Exception {
        try (Connection both = Connection.make()) {
            write(both.client(), "abc");
            both.server().poll(Set.of(Readiness.READABLE));
            both.client().reset();
            kind.start(() -> {
                        assertThat(both.server().receive(Waiting.memory(10), ReceiveOption.WAIT_ALL))
                                .isEqualTo(3);
                        refused(Errno.ECONNRESET, () -> both.server().receive(Waiting.memory(10)));
                        return null;
                    })
                    .get();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void peekWaitsForAllToo(ThreadKind kind) throws Exception {
        try (Connection both = Connection.make()) {
            write(both.client(), "abc");
            both.server().poll(Set.of(Readiness.READABLE));
            Waiting<Long> peeking = Waiting.start(
                    kind,
                    () -> both.server()
                            .tryReceive(Waiting.memory(5), LONG, ReceiveOption.PEEK, ReceiveOption.WAIT_ALL));
            assertThat(both.server().tryPoll(Set.of(Readiness.URGENT), MOMENT)).isEmpty(); // time for it to wait
            write(both.client(), "de");
            assertThat(peeking.get()).isEqualTo(5);
        }
    }
}
