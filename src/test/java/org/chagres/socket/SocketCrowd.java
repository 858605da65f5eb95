package org.chagres.socket;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;

/**
 * As many connections as are asked for, with a virtual thread at either end, all waiting at once. Of each twenty
 * clients one is interrupted and goes on, and one is closed; all others get their own number back. Tells what was seen,
 * a line each.
 */
final class SocketCrowd {
    private final AtomicInteger waits = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger served = new AtomicInteger();
    private final AtomicInteger interrupted = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private final AtomicInteger ends = new AtomicInteger();
    private final CountDownLatch mayAnswer = new CountDownLatch(1);

    private SocketCrowd() {}

    public static void main(String[] arguments) throws Exception {
        new SocketCrowd().run(Integer.parseInt(arguments[0]));
    }

    private void run(int count) throws Exception {
        int descriptors = Kernel.descriptors().size();
        UnixStream[] sockets = new UnixStream[count];
        List<Thread> clients = new ArrayList<>();
        Thread acceptor;
        try (UnixListener<UnixStream> listener = UnixListener.bind(UnixAddress.unnamed())) {
            UnixAddress address = listener.localAddress();
            acceptor = Thread.startVirtualThread(() -> acceptAll(listener));
            for (int i = 0; i < count; i++) {
                int number = i;
                clients.add(Thread.startVirtualThread(() -> ask(address, number, sockets)));
            }
            Await.until(
                    () -> waits.get() == count
                            && accepted.get() == count
                            && clients.stream().allMatch(client -> client.getState() == Thread.State.WAITING),
                    () -> "all wait, not only " + waits + " of " + accepted);
            System.out.println("connections that wait: " + waits);
            for (int i = 0; i < count; i += 20) {
                clients.get(i).interrupt();
                sockets[i + 10].close();
                if (i == 0) { // these two surely wait, and the others perhaps
                    Await.until(() -> interrupted.get() > 0 && closed.get() > 0, () -> "two are hit");
                    mayAnswer.countDown();
                }
            }
            for (Thread client : clients) {
                if (!client.join(Duration.ofSeconds(30))) {
                    throw new AssertionError("a client still waits");
                }
            }
            Await.until(() -> ends.get() == count, () -> "all handlers end, not only " + ends);
        }
        acceptor.join(TimeUnit.SECONDS.toMillis(30));
        // One that is hit may have its answer already.
        boolean all = served.get() + closed.get() == count && closed.get() <= count / 20;
        System.out.println("all others served: " + all + ", hit while they waited: "
                + (interrupted.get() > 0 && closed.get() > 0));
        System.out.println("descriptors left: " + (Kernel.descriptors().size() - descriptors));
    }

    private void acceptAll(UnixListener<UnixStream> listener) {
        try {
            while (true) {
                UnixStream connection = listener.accept();
                accepted.incrementAndGet();
                Thread.startVirtualThread(() -> answer(connection));
            }
        } catch (ClosedChannelException end) {
            // So it is to end.
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    private void answer(UnixStream connection) {
        try (connection;
                Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(JAVA_INT);
            connection.readFully(number);
            mayAnswer.await();
            connection.writeFully(number);
            connection.read(number); // until the client closes
        } catch (IOException gone) {
            // The client was closed: told as EPIPE or ECONNRESET.
        } catch (InterruptedException failure) {
            throw new AssertionError(failure);
        } finally {
            ends.incrementAndGet();
        }
    }

    private void ask(UnixAddress address, int number, UnixStream[] sockets) {
        try (UnixStream socket = UnixStream.connect(address);
                Arena arena = Arena.ofConfined()) {
            sockets[number] = socket;
            MemorySegment memory = arena.allocate(JAVA_INT);
            memory.set(JAVA_INT, 0, number);
            socket.writeFully(memory);
            memory.set(JAVA_INT, 0, -1);
            waits.incrementAndGet();
            try {
                socket.readFully(memory);
            } catch (InterruptedException goOn) {
                interrupted.incrementAndGet();
                socket.readFully(memory);
            }
            if (memory.get(JAVA_INT, 0) == number) {
                served.incrementAndGet();
            }
        } catch (ClosedChannelException end) {
            closed.incrementAndGet();
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }
}
