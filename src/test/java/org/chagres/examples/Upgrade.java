package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.chagres.ErrnoException;
import org.chagres.socket.BindOption;
import org.chagres.socket.Message;
import org.chagres.socket.ReceivedMessage;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixListener;
import org.chagres.socket.UnixStream;

/**
 * A server that can be replaced by a new version of itself, and no connection is lost: the new one gets the listener
 * from the old one. Whoever connects in between waits in the listener's queue, which is the same before and after.
 *
 * <p>{@code Upgrade PATH NAME} serves at a path, answering each connection with its name, until the next one comes, or
 * its standard input ends.
 */
public final class Upgrade {
    private Upgrade() {}

    // @start region="inherit"
    /** The listener of the version before, or a new one if there is none. */
    private static UnixListener<UnixStream> listener(Path path) throws IOException, InterruptedException {
        try (UnixStream before = UnixStream.connect(handover(path));
                ReceivedMessage message = before.receive(MemorySegment.ofArray(new byte[1]), 1)) {
            return message.takeDescriptor(UnixListener::of);
        } catch (ErrnoException nobody) {
            return switch (nobody.errno()) {
                case ENOENT, ECONNREFUSED -> UnixListener.bind(UnixAddress.of(path), BindOption.REPLACE_STALE);
                default -> throw nobody;
            };
        }
    }
    // @end

    private static UnixAddress handover(Path path) {
        return UnixAddress.of(Path.of(path + ".handover"));
    }

    /** Waits for the next version. */
    private static void handOver(UnixListener<UnixStream> listener, UnixListener<UnixStream> handover) {
        try {
            // @start region="hand-over"
            UnixStream next = handover.accept();
            handover.close(); // its place is free for the next one
            try (next) {
                next.send(Message.of("L").giving(listener)); // closed here, which ends our waiting to accept
            }
            // @end
        } catch (ClosedChannelException end) {
            // ended before
        } catch (IOException | InterruptedException failure) {
            failure.printStackTrace();
        }
    }

    private static void serve(UnixListener<UnixStream> listener, String name) throws IOException, InterruptedException {
        // @start region="serve"
        try {
            while (true) {
                try (UnixStream connection = listener.accept()) {
                    connection.writeFully(name.getBytes(UTF_8));
                }
            }
        } catch (ClosedChannelException handedOver) {
            // the next version goes on, and what was accepted here was served
        }
        // @end
    }

    /** Runs one version. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            System.err.println("usage: Upgrade PATH NAME");
            System.exit(2);
        }
        Path path = Path.of(arguments[0]);
        try (UnixListener<UnixStream> listener = listener(path);
                UnixListener<UnixStream> handover =
                        UnixListener.bind(handover(path), BindOption.REPLACE_STALE, BindOption.UNLINK_ON_CLOSE)) {
            Thread.startVirtualThread(() -> handOver(listener, handover));
            Thread.ofPlatform().daemon().start(() -> end(path, listener));
            System.out.println(arguments[1] + " serves");
            serve(listener, arguments[1]);
        }
    }

    private static void end(Path path, UnixListener<UnixStream> listener) {
        try {
            System.in.readAllBytes();
            if (listener.isOpen()) {
                Files.deleteIfExists(path); // nobody comes any more
                listener.close();
            }
        } catch (IOException failure) {
            failure.printStackTrace();
        }
    }
}
