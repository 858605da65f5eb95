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
import org.chagres.ByteSink;
import org.chagres.ByteSource;
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

    /** One end of a connection. */
    private record Connection(ByteSource in, ByteSink out) implements AutoCloseable {
        @Override
        public void close() {
            in.close();
        }
    }

    /** Where connections are made. */
    private interface Listener extends AutoCloseable {
        Connection accept() throws IOException, InterruptedException;

        Connection connect() throws IOException, InterruptedException;

        @Override
        void close();
    }

    private record Local(UnixListener<UnixStream> listener) implements Listener {
        @Override
        public Connection accept() throws IOException, InterruptedException {
            UnixStream stream = listener.accept();
            return new Connection(stream, stream);
        }

        @Override
        public Connection connect() throws IOException, InterruptedException {
            UnixStream stream = UnixStream.connect(listener.localAddress());
            return new Connection(stream, stream);
        }

        @Override
        public void close() {
            listener.close();
        }
    }

    private record Tcp(TcpListener listener) implements Listener {
        @Override
        public Connection accept() throws IOException, InterruptedException {
            TcpStream stream = listener.accept();
            return new Connection(stream, stream);
        }

        @Override
        public Connection connect() throws IOException, InterruptedException {
            TcpStream stream = TcpStream.connect(listener.localAddress());
            return new Connection(stream, stream);
        }

        @Override
        public void close() {
            listener.close();
        }
    }

    /** How many, and of which kind: local or TCP. */
    public static void main(String[] arguments) throws Exception {
        new SocketCrowd().run(Integer.parseInt(arguments[0]), arguments[1].equals("TCP"));
    }

    private void run(int count, boolean byTcp) throws Exception {
        int descriptors = Kernel.descriptors().size();
        Connection[] sockets = new Connection[count];
        List<Thread> clients = new ArrayList<>();
        Thread acceptor;
        try (Listener listener = byTcp
                ? new Tcp(TcpListener.bind(Inet.loopback(0)))
                : new Local(UnixListener.bind(UnixAddress.unnamed()))) {
            acceptor = Thread.startVirtualThread(() -> acceptAll(listener));
            for (int i = 0; i < count; i++) {
                int number = i;
                clients.add(Thread.startVirtualThread(() -> ask(listener, number, sockets)));
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

    private void acceptAll(Listener listener) {
        try {
            while (true) {
                Connection connection = listener.accept();
                accepted.incrementAndGet();
                Thread.startVirtualThread(() -> answer(connection));
            }
        } catch (ClosedChannelException end) {
            // So it is to end.
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    private void answer(Connection connection) {
        try (connection;
                Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(JAVA_INT);
            connection.in().readFully(number);
            mayAnswer.await();
            connection.out().writeFully(number);
            connection.in().read(number); // until the client closes
        } catch (IOException gone) {
            // The client was closed: told as EPIPE or ECONNRESET.
        } catch (InterruptedException failure) {
            throw new AssertionError(failure);
        } finally {
            ends.incrementAndGet();
        }
    }

    private void ask(Listener listener, int number, Connection[] sockets) {
        try (Connection socket = listener.connect();
                Arena arena = Arena.ofConfined()) {
            sockets[number] = socket;
            MemorySegment memory = arena.allocate(JAVA_INT);
            memory.set(JAVA_INT, 0, number);
            socket.out().writeFully(memory);
            memory.set(JAVA_INT, 0, -1);
            waits.incrementAndGet();
            try {
                socket.in().readFully(memory);
            } catch (InterruptedException goOn) {
                interrupted.incrementAndGet();
                socket.in().readFully(memory);
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
