package org.chagres.benchmarks;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import org.chagres.Descriptor;
import org.chagres.internal.syscall.ControlMessages;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.Iovecs;
import org.chagres.internal.syscall.MessageCalls;
import org.chagres.internal.syscall.Msghdr;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.socket.Message;
import org.chagres.socket.ReceivedMessage;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixListener;
import org.chagres.socket.UnixStream;

/**
 * Local sockets, as one of two processes, {@code server|client CPU SHAPE SIZE PATH KIND THREADS LIBRARY}, or as one that
 * is both, {@code both CPU OTHER_CPU SHAPE …}. Twin: {@code pairs/socket.c}. A CPU of -1 is any.
 */
final class LocalSocketPair {
    /** What they do. */
    enum Shape {
        /** The client calls by a message and the server answers with one. */
        CALL,
        /** The client sends so many messages, and the server says when all have come. */
        POUR,
        /** One thread sends a message to itself. */
        SELF,
        /** One thread connects to its own listener, accepts, and closes both. */
        CONNECT,
        /** One thread sends a descriptor to itself, and closes what came. */
        PASS
    }

    /** By what. */
    enum Kind {
        /** The C loops in this JVM. */
        C,
        CHAGRES,
        CALLS,
        NIO,
        JUNIXSOCKET,
        JUNIXSOCKET_STREAMS,
        JNR,
        JNA;

        LocalSocketLibrary library() {
            return switch (this) {
                case NIO -> LocalSocketLibrary.NIO;
                case JUNIXSOCKET, JUNIXSOCKET_STREAMS -> LocalSocketLibrary.JUNIXSOCKET;
                case JNR -> LocalSocketLibrary.JNR;
                case C, CHAGRES, CALLS, JNA -> throw new AssertionError("no channels: " + this);
            };
        }

        boolean isPresent() {
            return switch (this) {
                case C, CHAGRES, CALLS -> true;
                case JNA -> Jna.isPresent();
                case NIO, JUNIXSOCKET, JUNIXSOCKET_STREAMS, JNR -> library().isPresent();
            };
        }
    }

    /** On what kind of threads. */
    enum Threads {
        PLATFORM,
        VIRTUAL
    }

    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;

    private final int byteSize;
    private final Path path;
    private final Kind kind;
    private final Path library;

    private LocalSocketPair(int byteSize, Path path, Kind kind, Path library) {
        this.byteSize = byteSize;
        this.path = path;
        this.kind = kind;
        this.library = library;
    }

    public static void main(String[] arguments) throws Throwable {
        List<String> rest = List.of(arguments).subList(arguments[0].equals("both") ? 3 : 2, arguments.length);
        Shape shape = Shape.valueOf(rest.get(0));
        LocalSocketPair pair = new LocalSocketPair(
                Integer.parseInt(rest.get(1)), Path.of(rest.get(2)), Kind.valueOf(rest.get(3)), Path.of(rest.get(5)));
        Loop loop = switch (arguments[0]) {
            case "server" -> pair.server(shape == Shape.POUR);
            case "client" -> pair.client(shape == Shape.POUR);
            default -> pair.alone(shape);
        };
        int cpu = Integer.parseInt(arguments[1]);
        if (Threads.valueOf(rest.get(4)) == Threads.VIRTUAL) {
            PairPeer.serveBoth(new VirtualLoop(loop));
        } else if (cpu < 0) {
            PairPeer.serveBoth(loop);
        } else {
            PairPeer.serve(cpu, loop);
        }
    }

    private Loop server(boolean drains) throws Throwable {
        Accepting accepting = listen();
        return new Loop() {
            private Loop exchanges; // from the first batch on: the client connects when the server is ready

            @Override
            public long run(long n) throws Throwable {
                if (exchanges == null) {
                    exchanges = exchanges(accepting.accept());
                }
                return exchanges.run(n);
            }

            private Loop exchanges(Object accepted) throws Throwable {
                if (kind == Kind.C) {
                    String function = drains ? "loop_socket_drain" : "loop_socket_answer";
                    return CLibrary.loop(library, function, (int) accepted, byteSize);
                }
                LocalSocket socket = wrap(accepted);
                return drains ? n -> drain(n, socket, byteSize) : n -> answer(n, socket);
            }
        };
    }

    private Loop client(boolean pours) throws Throwable {
        Object connected = connect();
        if (kind == Kind.C) {
            int number = (int) connected;
            return pours
                    ? CLibrary.loop(library, "loop_socket_pour", number, byteSize)
                    : CLibrary.loop(library, "loop_socket", number, number, byteSize);
        }
        LocalSocket socket = wrap(connected);
        return pours ? n -> pour(n, socket) : n -> call(n, socket, socket);
    }

    private Loop alone(Shape shape) throws Throwable {
        if (shape == Shape.CONNECT) {
            return connections();
        }
        Accepting accepting = listen();
        Object from = connect();
        Object to = accepting.accept();
        if (shape == Shape.PASS) {
            return passes(from, to);
        }
        if (kind == Kind.C) {
            return CLibrary.loop(library, "loop_socket", (int) from, (int) to, byteSize);
        }
        LocalSocket sender = wrap(from);
        LocalSocket receiver = wrap(to);
        return n -> call(n, sender, receiver);
    }

    private static long call(long n, LocalSocket to, LocalSocket from) throws Exception {
        for (long i = 0; i < n; i++) {
            to.send();
            from.receive();
        }
        return n;
    }

    private static long answer(long n, LocalSocket socket) throws Exception {
        for (long i = 0; i < n; i++) {
            socket.receive();
            socket.send();
        }
        return n;
    }

    private static long pour(long n, LocalSocket socket) throws Exception {
        for (long i = 0; i < n; i++) {
            socket.send();
        }
        socket.awaitConfirmation();
        return n;
    }

    private static long drain(long n, LocalSocket socket, long byteSize) throws Exception {
        for (long rest = n * byteSize; rest > 0; ) {
            rest -= socket.receiveSome();
        }
        socket.confirm();
        return n;
    }

    /** Answers a {@link UnixStream}, a {@link SocketChannel} or a number. */
    @FunctionalInterface
    private interface Accepting {
        Object accept() throws Throwable;
    }

    private Accepting listen() throws Throwable {
        return switch (kind) {
            case CHAGRES -> UnixListener.bind(UnixAddress.of(path))::accept;
            case C, CALLS, JNA -> {
                UnixListener<UnixStream> listener = UnixListener.bind(UnixAddress.of(path));
                yield () -> listener.accept().descriptor().release();
            }
            case NIO, JUNIXSOCKET, JUNIXSOCKET_STREAMS, JNR -> kind.library().listen(path)::accept;
        };
    }

    private Object connect() throws Throwable {
        return switch (kind) {
            case CHAGRES -> UnixStream.connect(UnixAddress.of(path));
            case C, CALLS, JNA ->
                UnixStream.connect(UnixAddress.of(path)).descriptor().release();
            case NIO, JUNIXSOCKET, JUNIXSOCKET_STREAMS, JNR -> {
                SocketChannel channel = kind.library().opening().open();
                channel.connect(kind.library().address(path));
                yield channel;
            }
        };
    }

    private LocalSocket wrap(Object socket) throws IOException {
        return switch (kind) {
            case CHAGRES -> new LocalSocket.OfChagres((UnixStream) socket, byteSize);
            case CALLS -> new LocalSocket.OfCalls((int) socket, byteSize);
            case JNA -> new LocalSocket.OfJna((int) socket, byteSize);
            case NIO, JUNIXSOCKET, JNR -> new LocalSocket.OfChannel((SocketChannel) socket, byteSize);
            case JUNIXSOCKET_STREAMS -> new LocalSocket.OfStreams((SocketChannel) socket, byteSize);
            case C -> throw new AssertionError("C has loops of its own");
        };
    }

    private Loop connections() throws Throwable {
        return switch (kind) {
            case CHAGRES -> connectionsOfChagres();
            case NIO, JUNIXSOCKET, JUNIXSOCKET_STREAMS, JNR -> connectionsOfChannels();
            case C -> {
                MemorySegment name = Arena.global().allocateFrom(path.toString());
                long listener =
                        CLibrary.loop(library, "make_listener", name.address()).run(1);
                yield CLibrary.loop(library, "loop_socket_connect", listener, name.address());
            }
            case CALLS, JNA -> throw new AssertionError("no connections by " + kind);
        };
    }

    private Loop connectionsOfChagres() throws IOException {
        UnixAddress address = UnixAddress.of(path);
        UnixListener<UnixStream> listener = UnixListener.bind(address);
        return n -> {
            for (long i = 0; i < n; i++) {
                UnixStream client = UnixStream.connect(address);
                listener.accept().close();
                client.close();
            }
            return n;
        };
    }

    private Loop connectionsOfChannels() throws Throwable {
        SocketAddress address = kind.library().address(path);
        LocalSocketLibrary.Accepting accepting = kind.library().listen(path);
        LocalSocketLibrary.Opening opening = kind.library().opening();
        return n -> {
            for (long i = 0; i < n; i++) {
                try (SocketChannel client = opening.open()) {
                    client.connect(address);
                    accepting.accept().close();
                }
            }
            return n;
        };
    }

    private Loop passes(Object from, Object to) throws Throwable {
        Path passed = Path.of("/dev/null");
        int number = Descriptor.open(passed).release();
        return switch (kind) {
            case C -> CLibrary.loop(library, "loop_socket_pass", (int) from, (int) to, number);
            case CHAGRES -> passesOfChagres((UnixStream) from, (UnixStream) to, Descriptor.adopt(number));
            case CALLS -> {
                Passed message = new Passed(number);
                yield n -> {
                    for (long i = 0; i < n; i++) {
                        message.checked(MessageCalls.sendmsg((int) from, message.sent, SocketCalls.MSG_NOSIGNAL));
                        message.makeRoom();
                        message.checked(MessageCalls.recvmsg((int) to, message.received, SocketCalls.MSG_CMSG_CLOEXEC));
                        DescriptorCalls.close(message.came());
                    }
                    return n;
                };
            }
            case JUNIXSOCKET -> passesOfJunixsocket((SocketChannel) from, (SocketChannel) to, passed);
            case JUNIXSOCKET_STREAMS, NIO, JNR, JNA -> throw new AssertionError("no descriptors by " + kind);
        };
    }

    private static Loop passesOfChagres(UnixStream from, UnixStream to, Descriptor passed) {
        MemorySegment out = Arena.global().allocate(1);
        MemorySegment in = Arena.global().allocate(1);
        return n -> {
            for (long i = 0; i < n; i++) {
                from.send(Message.of(out).with(passed));
                try (ReceivedMessage message = to.receive(in, 1)) {
                    message.takeDescriptor().close();
                }
            }
            return n;
        };
    }

    private static Loop passesOfJunixsocket(SocketChannel from, SocketChannel to, Path passed) throws Throwable {
        LocalSocketLibrary.Passing passing = new LocalSocketLibrary.Passing(from, to);
        FileOutputStream file = new FileOutputStream(passed.toFile()); // open as long as the process
        FileDescriptor[] descriptors = {file.getFD()};
        ByteBuffer out = Conduit.buffer(1);
        ByteBuffer in = Conduit.buffer(1);
        return n -> {
            for (long i = 0; i < n; i++) {
                passing.give(descriptors);
                from.write(out.clear());
                to.read(in.clear());
                new FileOutputStream(passing.takeOne()).close();
            }
            return n;
        };
    }

    /** A byte with a descriptor, made once, and room for another. */
    private static final class Passed {
        final Msghdr sent;
        final Msghdr received;
        private final MemorySegment room;

        Passed(int number) {
            Arena arena = Arena.global();
            sent = Msghdr.allocate(arena);
            sent.setPieces(Iovecs.of(List.of(arena.allocate(1)), arena));
            MemorySegment control = arena.allocate(ControlMessages.space(Integer.BYTES), Long.BYTES);
            ControlMessages.in(control)
                    .append(SOL_SOCKET, SCM_RIGHTS, Integer.BYTES)
                    .set(ValueLayout.JAVA_INT, 0, number);
            sent.setControl(control, control.byteSize());
            received = Msghdr.allocate(arena);
            received.setPieces(Iovecs.of(List.of(arena.allocate(1)), arena));
            room = arena.allocate(control.byteSize(), Long.BYTES);
        }

        void makeRoom() {
            received.setControl(room, room.byteSize());
        }

        int came() {
            ControlMessages control = ControlMessages.of(room, received.controlByteSize());
            return control.next() ? control.data().get(ValueLayout.JAVA_INT, 0) : -1;
        }

        void checked(long answer) throws IOException {
            if (answer != 1) {
                throw new IOException("a message fails: " + answer);
            }
        }
    }
}
