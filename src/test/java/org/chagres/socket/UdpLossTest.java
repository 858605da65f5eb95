package org.chagres.socket;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Datagrams for which the receiver has no room: they are lost, and each of them is counted. */
@ExtendWith(LeakCheck.class)
class UdpLossTest {
    private static final int COUNT = 100_000;
    private static final int BATCH = 50;

    private static final int SOL_SOCKET = 1;
    private static final int SO_RXQ_OVFL = 40;

    /** After so many the receiver rests. */
    private static final int AT_ONCE = 200;

    private static final long REST_NANOS = 200_000;

    /** Of a datagram that is sent when all is over. */
    private static final int LAST = -1;

    /** What came: how many datagrams, and what the kernel says how many did not. */
    private record Seen(int came, long dropped) {}

    @ParameterizedTest
    @EnumSource
    void ofAHundredThousandTheKernelCountsAsManyLostAsDoNotCome(ThreadKind kind) throws Exception {
        try (UdpSocket receiver = UdpSocket.bind(Inet.loopback(0));
                UdpSocket sender = UdpSocket.connectedTo(receiver.localAddress())) {
            receiver.setRawOption(SOL_SOCKET, SO_RXQ_OVFL, new byte[] {1, 0, 0, 0});
            receiver.setOption(LinuxSocketOptions.SO_RCVBUF, 65536);
            Waiting<Seen> receiving = Waiting.start(kind, () -> receiveAll(receiver));

            Waiting.start(kind, () -> sendAll(sender)).get();
            // All that is not lost was taken, so for this one there is room.
            Await.until(() -> receiving.task().isDone() || isEmpty(receiver), "all were taken");
            try (Arena arena = Arena.ofConfined()) {
                sender.send(number(arena, LAST));
            }

            Seen seen = receiving.get();
            assertThat(seen.came()).isPositive().isLessThan(COUNT);
            assertThat(seen.dropped()).as("lost, as SO_RXQ_OVFL has it").isEqualTo(COUNT - seen.came());
            assertThat(drops(receiver)).as("lost, as /proc/net/udp has it").isEqualTo(COUNT - seen.came());
        }
    }

    private static boolean isEmpty(UdpSocket receiver) {
        try {
            return receiver.available() == 0;
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    /** Each has its number. */
    private static Void sendAll(UdpSocket sender) throws Exception {
        try (Arena arena = Arena.ofShared()) {
            DatagramBatch batch = DatagramBatch.allocate(arena, BATCH, Integer.BYTES);
            for (int next = 0; next < COUNT; next += BATCH) {
                for (int i = 0; i < BATCH; i++) {
                    batch.memory(i).set(JAVA_INT, 0, next + i);
                    batch.setByteSize(i, Integer.BYTES);
                }
                for (int sent = 0; sent < BATCH; ) {
                    sent += sender.sendMany(batch, sent, BATCH - sent);
                }
            }
            return null;
        }
    }

    /** Until the last comes; those that come do so in order, as on one machine nothing overtakes. */
    private static Seen receiveAll(UdpSocket receiver) throws Exception {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(JAVA_INT);
            int came = 0;
            int before = -1;
            while (true) {
                Optional<ReceivedDatagram> received = receiver.tryReceiveFrom(memory, Duration.ofSeconds(20));
                assertThat(received).as("the last after %s", before).isPresent();
                assertThat(received.get().byteCount()).isEqualTo(Integer.BYTES);
                int number = memory.get(JAVA_INT, 0);
                long dropped = received.get().dropped().orElse(0);
                if (number == LAST) {
                    return new Seen(came, dropped);
                }
                if (number <= before || number > COUNT) {
                    throw new AssertionError(number + " came after " + before);
                }
                if (dropped > COUNT) {
                    throw new AssertionError(dropped + " lost");
                }
                before = number;
                if (++came % AT_ONCE == 0) {
                    LockSupport.parkNanos(REST_NANOS);
                }
            }
        }
    }

    private static MemorySegment number(Arena arena, int number) {
        MemorySegment memory = arena.allocate(JAVA_INT);
        memory.set(JAVA_INT, 0, number);
        return memory;
    }

    /** The last column. */
    private static long drops(UdpSocket socket) throws Exception {
        String address = ":%04X".formatted(socket.localAddress().getPort());
        String line = Files.readAllLines(Path.of("/proc/net/udp")).stream()
                .filter(candidate -> candidate.trim().split("\\s+")[1].endsWith(address))
                .findFirst()
                .orElseThrow();
        String[] words = line.trim().split("\\s+");
        return Long.parseLong(words[words.length - 1]);
    }
}
