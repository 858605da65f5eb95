package org.chagres.socket;

import static org.chagres.socket.LocalSockets.*;

import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.pipe.Pipe;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;

/**
 * Makes sockets where no, one or two numbers are free for descriptors. Tells what was seen, a line each. Argument: a
 * folder for the files of sockets.
 */
final class SocketScarcity {
    private final Path folder;
    private final Pipe pipe;
    private final ThreadKind kind;
    private final boolean isScarce;
    private final Deque<Descriptor> taken = new ArrayDeque<>();

    private SocketScarcity(Path folder, Pipe pipe, ThreadKind kind, boolean isScarce) {
        this.folder = folder;
        this.pipe = pipe;
        this.kind = kind;
        this.isScarce = isScarce;
    }

    public static void main(String[] arguments) throws Exception {
        loadTheLibrary();
        try (Pipe pipe = Pipe.create()) {
            for (boolean isScarce : new boolean[] {false, true}) { // first for what else takes numbers, once
                for (ThreadKind kind : ThreadKind.values()) {
                    new SocketScarcity(Path.of(arguments[0]), pipe, kind, isScarce).run();
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
                            name.replace(".class", "").replace('/', '.'), false, SocketScarcity.class.getClassLoader());
                }
            }
        }
    }

    private void run() throws Exception {
        for (int free = 0; free <= 2; free++) {
            pair(free);
        }
        for (int free = 0; free <= 1; free++) {
            bind(free);
        }
        replace();
        for (int free = 0; free <= 1; free++) {
            connect(free);
        }
        accept();
        lose();
        for (int free = 0; free <= 1; free++) {
            bindInet(free);
        }
        for (int free = 0; free <= 1; free++) {
            connectInet(free);
        }
        acceptInet();
        loseInet();
    }

    private void bindInet(int free) throws Exception {
        leave(free);
        tell(
                "bind of the Internet",
                free,
                List.of(
                        make(() -> TcpListener.bind(Inet.loopback(0))),
                        make(() -> UdpSocket.create(StandardProtocolFamily.INET)),
                        make(() -> UdpSocket.create(StandardProtocolFamily.INET6)),
                        make(() -> UdpSocket.bind(Inet.loopback(0))),
                        make(() -> UdpSocket.connectedTo(Inet.loopback(9)))));
    }

    private void connectInet(int free) throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
            InetSocketAddress address = listener.localAddress();
            leave(free);
            List<String> answers = new ArrayList<>();
            answers.add(make(() -> TcpStream.connect(address)));
            answers.add(make(() -> TcpConnector.to(List.of(address, address)).connect()));
            answers.add(make(
                    () -> TcpStream.tryConnect(address, Duration.ofMinutes(1)).orElseThrow()));
            tell("connect by TCP", free, answers);
        }
    }

    /** A connection that no number was free for waits on. */
    private void acceptInet() throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
            leave(1);
            try (TcpStream stream = TcpStream.connect(listener.localAddress())) {
                stream.writeFully("hello".getBytes(StandardCharsets.UTF_8));
                List<String> answers = new ArrayList<>();
                if (isScarce) {
                    answers.add(make(listener::accept));
                    answers.add(make(listener::accept));
                    answers.add(
                            make(() -> listener.tryAccept(Duration.ofMinutes(1)).orElseThrow()));
                    taken.pop().close();
                }
                answers.add(acceptAndRead(listener));
                tell("accept by TCP", 0, answers);
            }
        }
    }

    /** Somebody takes the last number while an accept waits. */
    private void loseInet() throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
            List<String> answers = new ArrayList<>();
            leave(1);
            Waiting<String> waiting = Waiting.start(kind, () -> makeHere(listener::accept));
            awaitWaiting(waiting);
            try (TcpStream stream = TcpStream.connect(listener.localAddress())) {
                answers.add(waiting.get());
                if (isScarce) {
                    stream.writeFully("hello".getBytes(StandardCharsets.UTF_8));
                    taken.pop().close();
                    answers.add(acceptAndRead(listener));
                }
                tell("a waiting accept by TCP", 0, answers);
            }
        }
    }

    private String acceptAndRead(TcpListener listener) throws Exception {
        return on(() -> {
            try (TcpStream accepted = listener.accept()) {
                byte[] bytes = new byte[5];
                accepted.readFully(bytes);
                return new String(bytes, StandardCharsets.UTF_8);
            }
        });
    }

    private void pair(int free) throws Exception {
        leave(free);
        tell("pair", free, List.of(make(UnixStream::pair), make(UnixSeqPacket::pair), make(UnixDatagram::pair)));
    }

    private void bind(int free) throws Exception {
        UnixAddress address = address("bound");
        leave(free);
        tell(
                "bind",
                free,
                List.of(
                        make(() -> UnixListener.bind(address, BindOption.UNLINK_ON_CLOSE)),
                        make(() -> UnixListener.bindSeqPacket(address, BindOption.UNLINK_ON_CLOSE)),
                        make(() -> UnixDatagram.bind(address, BindOption.UNLINK_ON_CLOSE)),
                        make(UnixDatagram::create),
                        exists(folder.resolve("bound")) ? "a file" : "no file"));
    }

    /** Of a file whose owner is gone, which takes a second number to find out. */
    private void replace() throws Exception {
        UnixAddress address = address("stale");
        UnixListener.bind(address).close();
        long before = inodeOf("stale");
        List<String> answers = new ArrayList<>();
        leave(1);
        answers.add(make(() -> UnixListener.bind(address, BindOption.REPLACE_STALE)));
        answers.add(inodeOf("stale") == before ? "the same file" : "another file");
        tell("replace", 1, answers);
        Files.delete(folder.resolve("stale"));
    }

    private void connect(int free) throws Exception {
        try (var streams = UnixListener.bind(address("streams"), BindOption.UNLINK_ON_CLOSE);
                var packets = UnixListener.bindSeqPacket(address("packets"), BindOption.UNLINK_ON_CLOSE)) {
            leave(free);
            List<String> answers = new ArrayList<>();
            answers.add(make(() -> UnixStream.connect(address("streams"))));
            answers.add(make(() -> UnixSeqPacket.connect(address("packets"))));
            leave(1);
            answers.add(tryAccept(streams)); // what failed has left no connection behind
            answers.add(tryAccept(packets));
            tell("connect and accept", free, answers);
        }
    }

    /** A connection that no number was free for waits on. */
    private void accept() throws Exception {
        try (var listener = UnixListener.bind(address("streams"), BindOption.UNLINK_ON_CLOSE)) {
            leave(1);
            try (UnixStream stream = UnixStream.connect(address("streams"))) {
                write(stream, "hello");
                List<String> answers = new ArrayList<>();
                if (isScarce) {
                    answers.add(make(listener::accept));
                    answers.add(make(listener::accept));
                    answers.add(tryAccept(listener));
                    taken.pop().close();
                }
                answers.add(acceptAndRead(listener));
                tell("accept", 0, answers);
            }
        }
    }

    /** Somebody takes the last number while an accept waits. */
    private void lose() throws Exception {
        try (var listener = UnixListener.bind(address("streams"), BindOption.UNLINK_ON_CLOSE)) {
            List<String> answers = new ArrayList<>();
            leave(1);
            Waiting<String> waiting = Waiting.start(kind, () -> makeHere(listener::accept));
            awaitWaiting(waiting);
            try (UnixStream stream = UnixStream.connect(address("streams"))) {
                answers.add(waiting.get());
                if (isScarce) {
                    write(stream, "hello");
                    taken.pop().close();
                    answers.add(acceptAndRead(listener));
                }
                tell("a waiting accept", 0, answers);
            }
        }
    }

    private String acceptAndRead(UnixListener<UnixStream> listener) throws Exception {
        return on(() -> {
            try (UnixStream accepted = listener.accept()) {
                return read(accepted);
            }
        });
    }

    private String tryAccept(UnixListener<? extends UnixSocket> listener) throws Exception {
        return on(() -> {
            try {
                var accepted = listener.tryAccept(Duration.ZERO);
                accepted.ifPresent(UnixSocket::close);
                return accepted.isPresent() ? "made" : "none";
            } catch (ErrnoException refused) {
                return refused.errno().toString();
            }
        });
    }

    private UnixAddress address(String name) {
        return UnixAddress.of(folder.resolve(name));
    }

    private long inodeOf(String name) throws Exception {
        return (long) Files.getAttribute(folder.resolve(name), "unix:ino");
    }

    private <T> T on(Callable<T> what) throws Exception {
        return Waiting.start(kind, what).get();
    }

    /** Makes something on a thread of the kind, and closes it. */
    private String make(Callable<? extends AutoCloseable> what) throws Exception {
        return on(() -> makeHere(what));
    }

    private static String makeHere(Callable<? extends AutoCloseable> what) throws Exception {
        try {
            what.call().close();
            return "made";
        } catch (ErrnoException refused) {
            return refused.errno().toString();
        }
    }

    private void leave(int free) throws Exception {
        if (isScarce) {
            takeAll();
            for (int i = 0; i < free; i++) {
                taken.pop().close();
            }
        }
    }

    /** Tells of it, and how many numbers are free now; then none is taken. */
    private void tell(String what, int free, List<String> answers) throws Exception {
        int left = takeAll();
        taken.forEach(Descriptor::close);
        taken.clear();
        if (isScarce) {
            System.out.println(kind + ", " + free + " free: " + what + " " + answers + ", then " + left + " free");
        }
    }

    /** Takes what is free; answers how many numbers that were. */
    private int takeAll() throws Exception {
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
