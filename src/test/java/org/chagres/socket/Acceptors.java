package org.chagres.socket;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.Descriptor;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;
import org.chagres.testing.Peer;
import org.chagres.testing.ThreadKind;

/**
 * Four platform and four virtual threads accept from one listener, which somebody keeps interrupting; on demand another
 * process does the same from the same listener, which it was sent. Each connection gets one byte, and no second one.
 */
final class Acceptors {
    private static final int EACH = 4;
    private static final byte OURS = 1;
    private static final byte RIVALS = 2;

    private final UnixListener<UnixStream> listener;
    private final byte name;
    private final List<Thread> threads = new ArrayList<>();
    private final List<FutureTask<Void>> tasks = new ArrayList<>();
    private final AtomicInteger closed = new AtomicInteger();

    private Acceptors(UnixListener<UnixStream> listener, byte name) {
        this.listener = listener;
        this.name = name;
        for (ThreadKind kind : ThreadKind.values()) {
            for (int i = 0; i < EACH; i++) {
                int number = i;
                FutureTask<Void> task = new FutureTask<>(() -> serve(number));
                tasks.add(task);
                threads.add(kind.builder().start(task));
            }
        }
    }

    /** How: own, adopted, rivals, or the address of whom to get a listener from. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 1) {
            rival(UnixAddress.abstractName(arguments[0]));
            return;
        }
        int connections = Integer.parseInt(arguments[1]);
        int descriptors = Kernel.descriptors().size();
        try (UnixListener<UnixStream> own = UnixListener.bind(UnixAddress.unnamed())) {
            switch (arguments[0]) {
                case "own" -> new Acceptors(own, OURS).run(own.localAddress(), connections, false);
                case "adopted" -> new Acceptors(shared(own), OURS).run(own.localAddress(), connections, false);
                default -> withRivals(own, connections);
            }
        }
        System.out.println("descriptors left: " + (Kernel.descriptors().size() - descriptors));
    }

    /** The same listener as one from elsewhere, where accepting blocks. */
    private static UnixListener<UnixStream> shared(UnixListener<UnixStream> own) throws IOException {
        own.descriptor().setStatusFlags(Set.of());
        return UnixListener.of(own.descriptor().duplicate());
    }

    private static void withRivals(UnixListener<UnixStream> own, int connections) throws Exception {
        String meeting = "chagres-" + UUID.randomUUID();
        UnixListener<UnixStream> shared = shared(own);
        List<String> options = List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.chagres.signal=" + Integer.getInteger("org.chagres.signal", 23));
        try (UnixListener<UnixStream> meetings = UnixListener.bind(UnixAddress.abstractName(meeting));
                Peer peer = Peer.start(Peer.javaCommand(options, Acceptors.class, meeting));
                UnixStream rival = meetings.tryAccept(Await.PATIENCE).orElseThrow()) {
            rival.send(Message.of(new byte[1]).with(own));
            rival.readFully(new byte[1]); // it accepts
            new Acceptors(shared, OURS).run(own.localAddress(), connections, true);
            rival.shutdownOutput();
            require(rival.read(new byte[1]) == -1, "the rival did not end well");
            require(peer.end() == 0, "the rival failed");
        }
    }

    private static void rival(UnixAddress meeting) throws Exception {
        try (UnixStream other = UnixStream.connect(meeting)) {
            Descriptor received;
            try (ReceivedMessage message = other.receive(MemorySegment.ofArray(new byte[1]), 1)) {
                received = message.takeDescriptor();
            }
            Acceptors acceptors = new Acceptors(UnixListener.of(received), RIVALS);
            other.writeFully(new byte[1]);
            other.read(new byte[1]); // until it is over
            acceptors.end();
        }
    }

    private Void serve(int number) throws Exception {
        while (true) {
            try {
                UnixStream connection = number % 2 == 0
                        ? listener.accept()
                        : listener.tryAccept(Duration.ofMillis(number)).orElse(null);
                if (connection != null) {
                    answer(connection);
                }
            } catch (InterruptedException goOn) {
                // Nothing is lost.
            } catch (ClosedChannelException end) {
                closed.incrementAndGet();
                return null;
            }
        }
    }

    /** Once, whatever comes: an interrupt may have been left from the accept, or come now. */
    private void answer(UnixStream connection) throws IOException {
        try (connection) {
            while (true) {
                try {
                    connection.writeFully(new byte[] {name});
                    return;
                } catch (InterruptedException again) {
                    // Nothing was written.
                }
            }
        }
    }

    private void run(UnixAddress address, int connections, boolean withRivals) throws Exception {
        int once = 0;
        int[] by = new int[3];
        for (int i = 0; i < connections; i++) {
            try (UnixStream client = UnixStream.connect(address)) {
                threads.get(i % threads.size()).interrupt();
                byte[] into = new byte[2];
                require(client.tryRead(MemorySegment.ofArray(into), Duration.ofSeconds(30)) == 1, "not served: " + i);
                by[into[0]]++;
                once += client.read(MemorySegment.ofArray(into)) == -1 ? 1 : 0;
            }
        }
        System.out.println("served once: " + once);
        if (withRivals) {
            System.out.println("by both: " + (by[OURS] > 0 && by[RIVALS] > 0));
        }
        end();
        System.out.println("acceptors that were closed: " + closed);
    }

    private void end() throws Exception {
        listener.close();
        for (FutureTask<Void> task : tasks) {
            task.get(30, TimeUnit.SECONDS);
        }
    }

    private static void require(boolean condition, String complaint) {
        if (!condition) {
            throw new AssertionError(complaint);
        }
    }
}
