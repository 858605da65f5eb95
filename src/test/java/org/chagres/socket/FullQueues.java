package org.chagres.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;

/**
 * Virtual threads send to receivers whose queues are full, more of them than there are helpers. One in three is
 * interrupted. The receivers make room the last one first.
 */
final class FullQueues {
    private static final int RECEIVERS = 4;
    private static final int SENDERS_EACH = 3;

    private FullQueues() {}

    public static void main(String[] arguments) throws Exception {
        int descriptors = Kernel.descriptors().size();
        List<UnixDatagram> receivers = new ArrayList<>();
        List<Thread> senders = new ArrayList<>();
        AtomicInteger sent = new AtomicInteger();
        AtomicInteger interrupted = new AtomicInteger();
        int filled = 0;
        try (UnixDatagram sender = UnixDatagram.create()) {
            for (int i = 0; i < RECEIVERS; i++) {
                receivers.add(UnixDatagram.bind(UnixAddress.unnamed()));
                Message filling = Message.of(new byte[1]).to(receivers.get(i).localAddress());
                while (sender.trySend(filling, Duration.ZERO).isPresent()) {
                    filled++;
                }
            }
            for (int i = 0; i < RECEIVERS * SENDERS_EACH; i++) {
                Message message = Message.of(new byte[] {(byte) (i + 1)})
                        .to(receivers.get(i % RECEIVERS).localAddress());
                senders.add(Thread.startVirtualThread(() -> {
                    try {
                        sender.send(message);
                        sent.incrementAndGet();
                    } catch (InterruptedException interrupt) {
                        interrupted.incrementAndGet();
                    } catch (Exception failure) {
                        throw new AssertionError(failure);
                    }
                }));
            }
            Await.until(() -> senders.stream().allMatch(FullQueues::isParked), "all wait");
            for (int i = 0; i < RECEIVERS; i++) {
                senders.get(i).interrupt();
                require(senders.get(i).join(Duration.ofSeconds(30)), "an interrupt ended nothing");
            }

            Set<Integer> came = new TreeSet<>();
            MemorySegment into = MemorySegment.ofArray(new byte[1]);
            int expected = filled / RECEIVERS + SENDERS_EACH - 1;
            for (UnixDatagram receiver : receivers.reversed()) {
                for (int i = 0; i < expected; i++) {
                    require(receiver.tryReceive(into, Duration.ofSeconds(30)) == 1, "no datagram came");
                    int number = into.get(JAVA_BYTE, 0);
                    require(number == 0 || came.add(number), number + " came twice");
                }
                require(receiver.tryReceive(into, Duration.ZERO) == -1, "more came than was sent");
            }
            for (Thread thread : senders) {
                thread.join(TimeUnit.SECONDS.toMillis(30));
            }
            System.out.println("sent: " + sent + ", interrupted: " + interrupted);
            System.out.println("came: " + came.size());
        } finally {
            receivers.forEach(UnixDatagram::close);
        }
        System.out.println("descriptors left: " + (Kernel.descriptors().size() - descriptors));
    }

    private static boolean isParked(Thread thread) {
        return thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING;
    }

    private static void require(boolean condition, String complaint) {
        if (!condition) {
            throw new AssertionError(complaint);
        }
    }
}
