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
import org.chagres.benchmarks.SocketTask.Shape;
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

/** Local sockets that are connected, of one process or of two: see {@link SocketTask}. */
final class LocalSocketPair extends StreamPair {
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

    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;

    private final Path path;
    private final Kind kind;

    private LocalSocketPair(SocketTask task) {
        super(task);
        this.path = task.path();
        this.kind = Kind.valueOf(task.kind());
    }

    public static void main(String[] arguments) throws Throwable {
        new LocalSocketPair(SocketTask.of(arguments)).serve();
    }

    @Override
    boolean isByC() {
        return kind == Kind.C;
    }

    @Override
    Loop alone() throws Throwable {
        if (task.shape() == Shape.CONNECT) {
            return connections();
        }
        Accepting accepting = listen();
        Object from = connect();
        Object to = accepting.accept();
        return task.shape() == Shape.PASS ? passes(from, to) : self(from, to);
    }

    /** Accepts a {@link UnixStream}, a {@link SocketChannel} or a number. */
    @Override
    Accepting listen() throws Throwable {
        return switch (kind) {
            case CHAGRES -> UnixListener.bind(UnixAddress.of(path))::accept;
            case C, CALLS, JNA -> {
                UnixListener<UnixStream> listener = UnixListener.bind(UnixAddress.of(path));
                yield () -> listener.accept().descriptor().release();
            }
            case NIO, JUNIXSOCKET, JUNIXSOCKET_STREAMS, JNR -> kind.library().listen(path)::accept;
        };
    }

    @Override
    Object connect() throws Throwable {
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

    @Override
    StreamSocket wrap(Object socket) throws IOException {
        return switch (kind) {
            case CHAGRES -> new StreamSocket.OfChagres((UnixStream) socket, (UnixStream) socket, task.byteSize());
            case CALLS -> new StreamSocket.OfCalls((int) socket, task.byteSize());
            case JNA -> new StreamSocket.OfJna((int) socket, task.byteSize());
            case NIO, JUNIXSOCKET, JNR -> new StreamSocket.OfChannel((SocketChannel) socket, task.byteSize());
            case JUNIXSOCKET_STREAMS -> new StreamSocket.OfStreams(((SocketChannel) socket).socket(), task.byteSize());
            case C -> throw new AssertionError("C has loops of its own");
        };
    }

    private Loop connections() throws Throwable {
        return switch (kind) {
            case CHAGRES -> connectionsOfChagres();
            case NIO, JUNIXSOCKET, JUNIXSOCKET_STREAMS, JNR -> connectionsOfChannels();
            case C -> {
                MemorySegment name = Arena.global().allocateFrom(path.toString());
                long listener = CLibrary.loop(task.library(), "make_listener", name.address())
                        .run(1);
                yield CLibrary.loop(task.library(), "loop_socket_connect", listener, name.address());
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
            case C -> CLibrary.loop(task.library(), "loop_socket_pass", (int) from, (int) to, number);
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
