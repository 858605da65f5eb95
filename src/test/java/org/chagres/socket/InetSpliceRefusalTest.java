package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.socket.TestMessages.room;

import java.time.Duration;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.socket.TestMessages.Running;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is wrong from the beginning is refused then, and not when bytes come. */
@ExtendWith(LeakCheck.class)
class InetSpliceRefusalTest {
    private interface Try {
        Object with(TcpStream one, TcpStream other) throws Exception;
    }

    private static Throwable failure(ThreadKind kind, Try what) throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0));
                TcpStream one = TcpStream.connect(listener.localAddress());
                TcpStream other = listener.accept()) {
            return Running.start(kind, () -> what.with(one, other)).failure();
        }
    }

    @ParameterizedTest
    @EnumSource
    void spliceWithoutAPipeIsRefusedAtOnce(ThreadKind kind) throws Exception {
        for (Try what : new Try[] {
            (one, other) -> one.splice(other, 1),
            (one, other) -> one.trySplice(other, 1, Duration.ofMinutes(1)),
            (one, other) -> one.trySplice(other, 1, Duration.ZERO)
        }) {
            assertThat(failure(kind, what))
                    .isInstanceOfSatisfying(
                            ErrnoException.class,
                            refused -> assertThat(refused.errno()).isEqualTo(Errno.EINVAL));
        }
    }

    /** As {@link TcpStream#read} of no bytes. */
    @ParameterizedTest
    @EnumSource
    void receiveOfNoBytesWaitsForNone(ThreadKind kind) throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0));
                TcpStream one = TcpStream.connect(listener.localAddress());
                TcpStream other = listener.accept()) {
            assertThat(other.isOpen()).isTrue();
            assertThat(Running.run(kind, () -> one.read(room(0)))).isZero();
            assertThat(Running.run(kind, () -> one.receive(room(0)))).isZero();
        }
    }
}
