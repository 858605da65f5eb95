package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.chagres.Descriptor;
import org.chagres.socket.BindOption;
import org.chagres.socket.Message;
import org.chagres.socket.ReceivedMessage;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixListener;
import org.chagres.socket.UnixSeqPacket;

/**
 * Keeps open files for processes that have nothing else in common: one puts a descriptor under a name, others get it,
 * whether or not they might open the file themselves, and after it was removed too.
 *
 * <p>{@code Broker serve PATH} serves until its standard input ends; {@code put PATH NAME FILE} puts an open file;
 * {@code get PATH NAME} prints what is in it.
 */
public final class Broker {
    private static final int MOST_BYTES = 256; // of a request

    private final Map<String, Descriptor> files = new ConcurrentHashMap<>();

    private Broker() {}

    private static void serve(Path path) throws IOException {
        Broker broker = new Broker();
        try (UnixListener<UnixSeqPacket> listener = UnixListener.bindSeqPacket(
                UnixAddress.of(path), BindOption.REPLACE_STALE, BindOption.UNLINK_ON_CLOSE)) {
            Thread.startVirtualThread(() -> broker.accept(listener));
            System.out.println("serving");
            System.in.readAllBytes();
        }
        broker.files.values().forEach(Descriptor::close);
    }

    private void accept(UnixListener<UnixSeqPacket> listener) {
        try {
            while (true) {
                UnixSeqPacket client = listener.accept();
                Thread.startVirtualThread(() -> serve(client));
            }
        } catch (ClosedChannelException end) {
            // as it should
        } catch (IOException | InterruptedException failure) {
            failure.printStackTrace();
        }
    }

    private void serve(UnixSeqPacket client) {
        MemorySegment room = MemorySegment.ofArray(new byte[MOST_BYTES]);
        try (client) {
            boolean atEnd = false;
            while (!atEnd) {
                try (ReceivedMessage request = client.receive(room, 1)) { // closes a descriptor that nobody took
                    atEnd = request.isAtEnd();
                    if (!atEnd) {
                        client.send(answer(request, room));
                    }
                }
            }
        } catch (IOException | InterruptedException failure) { // of this client
            System.err.println(failure);
        }
    }

    // @start region="broker"
    private Message answer(ReceivedMessage request, MemorySegment room) {
        if (request.isTruncated() || request.isControlTruncated()) {
            return Message.of("too much");
        }
        String[] words = SocketChapter.text(room, request.byteCount()).split(" ", 2);
        if (words[0].equals("put") && words.length == 2 && request.descriptorCount() == 1) {
            Descriptor before = files.put(words[1], request.takeDescriptor());
            if (before != null) {
                before.close();
            }
            return Message.of("done");
        }
        if (words[0].equals("get") && words.length == 2) {
            Descriptor file = files.get(words[1]);
            return file == null ? Message.of("none") : Message.of("here").with(file); // stays open here
        }
        return Message.of("what?");
    }
    // @end

    private static String put(Path path, String name, Path file) throws IOException, InterruptedException {
        // @start region="put"
        try (UnixSeqPacket broker = UnixSeqPacket.connect(UnixAddress.of(path))) {
            broker.send(Message.of("put " + name).giving(Descriptor.open(file, READ)));
            MemorySegment room = MemorySegment.ofArray(new byte[MOST_BYTES]);
            return SocketChapter.text(room, broker.receive(room));
        }
        // @end
    }

    private static String get(Path path, String name) throws IOException, InterruptedException {
        // @start region="get"
        try (UnixSeqPacket broker = UnixSeqPacket.connect(UnixAddress.of(path))) {
            broker.send(Message.of("get " + name));
            MemorySegment room = MemorySegment.ofArray(new byte[MOST_BYTES]);
            try (ReceivedMessage answer = broker.receive(room, 1)) {
                if (answer.descriptorCount() == 0) {
                    return SocketChapter.text(room, answer.byteCount());
                }
                try (Descriptor file = answer.takeDescriptor()) {
                    return content(file);
                }
            }
        }
        // @end
    }

    /** From its beginning: the position is shared by all who have the open file. */
    private static String content(Descriptor file) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(file.byteSize())];
        long count = file.readAt(MemorySegment.ofArray(bytes), 0);
        return new String(bytes, 0, (int) count, UTF_8);
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        switch (arguments.length == 0 ? "" : arguments[0] + arguments.length) {
            case "serve2" -> serve(Path.of(arguments[1]));
            case "put4" -> System.out.println(put(Path.of(arguments[1]), arguments[2], Path.of(arguments[3])));
            case "get3" -> System.out.println(get(Path.of(arguments[1]), arguments[2]));
            default -> {
                System.err.println("usage: Broker serve PATH | put PATH NAME FILE | get PATH NAME");
                System.exit(2);
            }
        }
    }
}
