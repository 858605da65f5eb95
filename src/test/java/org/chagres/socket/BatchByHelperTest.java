package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.testing.Answers.refusing;

import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.Collections;
import org.chagres.Errno;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.internal.syscall.ScriptedAnswers.Answer;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Where epoll takes no more a helper waits for a virtual thread, also with memory of that thread alone. */
@ExtendWith(LeakCheck.class)
class BatchByHelperTest {
    @Test
    void aBatchOfOneVirtualThreadIsReceivedByAHelper() throws Exception {
        Answer[] refusals = Collections.nCopies(100, refusing(Errno.ENOSPC)).toArray(Answer[]::new);
        try (UdpSocket socket = UdpSocket.bind(Inet.loopback(0));
                UdpSocket sender = UdpSocket.connectedTo(socket.localAddress());
                ScriptedAnswers script = ScriptedAnswers.toThreads(thread -> true, "epoll_ctl", refusals)) {
            Waiting<Long> receiving = Waiting.start(ThreadKind.VIRTUAL, () -> {
                try (Arena arena = Arena.ofConfined()) {
                    DatagramBatch batch = DatagramBatch.allocate(arena, 2, 8);
                    return socket.tryReceiveMany(batch, Duration.ofSeconds(20)) == 1 ? batch.byteSize(0) : -1;
                }
            });
            Await.until(() -> script.remaining() < refusals.length, "epoll was asked");
            sender.send(Datagram.of("held"));
            assertThat(receiving.get()).isEqualTo(4);
        }
    }
}
