package org.chagres.socket;

import static org.chagres.socket.InetSockets.LONG;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.chagres.Readiness;
import org.chagres.testing.Waiting;

/** Two streams that are connected with each other, of either kind, of which one sends urgent bytes to the other. */
record OutOfBand(StreamSocket sender, StreamSocket receiver) implements AutoCloseable {
    /** The kinds of streams. */
    enum Kind {
        TCP,
        LOCAL;

        OutOfBand pair() throws IOException, InterruptedException {
            if (this == TCP) {
                var both = InetSockets.Connection.make();
                return new OutOfBand(both.client(), both.server());
            }
            SocketPair<UnixStream> pair = UnixStream.pair();
            return new OutOfBand(pair.first(), pair.second());
        }
    }

    /** Sends data. */
    void send(String data) throws IOException, InterruptedException {
        sender.writeFully(data.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends data of which the last byte is urgent, and returns once the receiver has it. */
    void sendUrgent(String data) throws IOException, InterruptedException {
        sendUrgent(sender, data);
        receiver.poll(Set.of(Readiness.URGENT));
    }

    static void sendUrgent(StreamSocket by, String data) throws IOException, InterruptedException {
        MemorySegment bytes = MemorySegment.ofArray(data.getBytes(StandardCharsets.UTF_8));
        switch (by) {
            case TcpStream stream -> stream.send(bytes, SendOption.OUT_OF_BAND);
            case UnixStream stream -> stream.send(Message.of(bytes).with(SendOption.OUT_OF_BAND));
        }
    }

    /** The urgent byte, as a character; no text at the end. */
    String urgent(ReceiveOption... options) throws IOException, InterruptedException {
        return urgent(receiver, options);
    }

    static String urgent(StreamSocket by, ReceiveOption... options) throws IOException, InterruptedException {
        MemorySegment into = Waiting.memory(8);
        ReceiveOption[] all = new ReceiveOption[options.length + 1];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = ReceiveOption.OUT_OF_BAND;
        long count = switch (by) {
            case TcpStream stream -> stream.receive(into, all);
            case UnixStream stream -> stream.receive(into, 0, all).byteCount();
        };
        return text(into, count);
    }

    /** What one read returns; no text at the end. */
    String read() throws IOException, InterruptedException {
        MemorySegment into = Waiting.memory(100);
        return text(into, receiver.tryRead(into, LONG));
    }

    /** What there is to read now. */
    String tryRead() throws IOException, InterruptedException {
        MemorySegment into = Waiting.memory(100);
        return text(into, receiver.tryRead(into, Duration.ZERO));
    }

    Set<Readiness> ready() throws IOException, InterruptedException {
        return receiver.tryPoll(Set.of(Readiness.values()), Duration.ZERO);
    }

    private static String text(MemorySegment memory, long count) {
        return new String(
                (byte[]) memory.heapBase().orElseThrow(), 0, (int) Math.max(count, 0), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        sender.close();
        receiver.close();
    }
}
