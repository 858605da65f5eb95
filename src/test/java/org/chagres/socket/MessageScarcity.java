package org.chagres.socket;

import static org.chagres.socket.TestMessages.room;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.pipe.Pipe;

/** Receives descriptors where no, some or enough numbers are free for them. Tells what came, a line each. */
final class MessageScarcity {
    private static final int SENT = 3;

    private MessageScarcity() {}

    public static void main(String[] arguments) throws Exception {
        loadTheLibrary();
        try (Pipe pipe = Pipe.create()) {
            for (TestMessages.Kind kind : TestMessages.Kind.values()) {
                try (var pair = kind.pair()) {
                    receive(pair, pipe, "", SENT);
                    for (int free : new int[] {0, 2, 4}) {
                        Deque<Descriptor> taken = new ArrayDeque<>();
                        String line = kind.name() + " with " + free + " free: ";
                        takeAll(taken, pipe);
                        for (int i = 0; i < free; i++) {
                            taken.pop().close();
                        }
                        line = receive(pair, pipe, line, SENT);
                        int left = takeAll(taken, pipe);
                        taken.forEach(Descriptor::close);
                        System.out.println(line + ", then " + left + " free");
                    }
                }
            }
        }
    }

    /** Class files take numbers: before they are scarce. */
    private static void loadTheLibrary() throws Exception {
        Path root = Path.of(System.getProperty("java.class.path").split(":")[0]);
        try (Stream<Path> files = Files.walk(root.resolve("org"))) {
            for (Path file : files.toList()) {
                String name = root.relativize(file).toString();
                if (name.endsWith(".class") && !name.endsWith("-info.class")) {
                    Class.forName(
                            name.replace(".class", "").replace('/', '.'),
                            false,
                            MessageScarcity.class.getClassLoader());
                }
            }
        }
    }

    private static String receive(SocketPair<? extends UnixSocket> pair, Pipe pipe, String line, int most)
            throws Exception {
        pair.first().send(Message.of("x").with(pipe.source(), pipe.sink(), pipe.source()));
        try (ReceivedMessage message = pair.second().receive(room(4), most)) {
            return line + message.byteCount() + " byte, " + message.descriptorCount() + " descriptors, truncated "
                    + message.isControlTruncated();
        }
    }

    /** Takes what is free; answers how many numbers that were. */
    private static int takeAll(Deque<Descriptor> taken, Pipe pipe) throws Exception {
        for (int count = 0; ; count++) {
            try {
                taken.push(pipe.source().descriptor().duplicate());
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.EMFILE) {
                    throw failure;
                }
                return count;
            }
        }
    }
}
