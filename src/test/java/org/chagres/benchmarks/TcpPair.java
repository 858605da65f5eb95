package org.chagres.benchmarks;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.chagres.benchmarks.SocketTask.Shape;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpSocketOptions;
import org.chagres.socket.TcpStream;

/**
 * TCP on this machine, by one process or two: see {@link SocketTask}; its path is a file that tells the server's port.
 * Connections that last send at once ({@code TCP_NODELAY}).
 */
final class TcpPair extends StreamPair {
    /** By what. */
    enum Kind {
        /** The C loops in this JVM. */
        C,
        CHAGRES,
        CALLS,
        NIO,
        JAVA_NET
    }

    private static final int BACKLOG = 50;

    private final Kind kind;

    private TcpPair(SocketTask task) {
        super(task);
        this.kind = Kind.valueOf(task.kind());
    }

    public static void main(String[] arguments) throws Throwable {
        Ports.useIPv4();
        new TcpPair(SocketTask.of(arguments)).serve();
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
        return self(from, accepting.accept());
    }

    /** Accepts a {@link TcpStream}, a {@link SocketChannel}, a {@link Socket} or a number. */
    @Override
    Accepting listen() throws Throwable {
        return switch (kind) {
            case CHAGRES -> {
                TcpListener listener = listener();
                yield () -> sendingAtOnce(listener.accept());
            }
            case C, CALLS -> {
                TcpListener listener = listener();
                yield () -> sendingAtOnce(listener.accept()).descriptor().release();
            }
            case NIO -> {
                ServerSocketChannel listener = channelThatListens();
                yield () -> listener.accept().setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            case JAVA_NET -> {
                ServerSocket listener = socketThatListens();
                yield () -> sendingAtOnce(listener.accept());
            }
        };
    }

    @Override
    Object connect() throws Throwable {
        InetSocketAddress address = Ports.loopback(Ports.told(task.path()));
        return switch (kind) {
            case CHAGRES -> sendingAtOnce(TcpStream.connect(address));
            case C, CALLS ->
                sendingAtOnce(TcpStream.connect(address)).descriptor().release();
            case NIO -> {
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET);
                channel.connect(address);
                yield channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            case JAVA_NET -> sendingAtOnce(new Socket(address.getAddress(), address.getPort()));
        };
    }

    private TcpListener listener() throws IOException {
        TcpListener listener = TcpListener.bind(Ports.loopback(0));
        Ports.tell(task.path(), listener.localAddress().getPort());
        return listener;
    }

    private ServerSocketChannel channelThatListens() throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.INET);
        listener.bind(Ports.loopback(0));
        Ports.tell(task.path(), ((InetSocketAddress) listener.getLocalAddress()).getPort());
        return listener;
    }

    private ServerSocket socketThatListens() throws IOException {
        ServerSocket listener = new ServerSocket(0, BACKLOG, Ports.loopback(0).getAddress());
        Ports.tell(task.path(), listener.getLocalPort());
        return listener;
    }

    private static TcpStream sendingAtOnce(TcpStream socket) throws IOException {
        socket.setOption(TcpSocketOptions.TCP_NODELAY, true);
        return socket;
    }

    private static Socket sendingAtOnce(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        return socket;
    }

    @Override
    StreamSocket wrap(Object socket) throws IOException {
        return switch (kind) {
            case CHAGRES -> new StreamSocket.OfChagres((TcpStream) socket, (TcpStream) socket, task.byteSize());
            case CALLS -> new StreamSocket.OfCalls((int) socket, task.byteSize());
            case NIO -> new StreamSocket.OfChannel((SocketChannel) socket, task.byteSize());
            case JAVA_NET -> new StreamSocket.OfStreams((Socket) socket, task.byteSize());
            case C -> throw new AssertionError("C has loops of its own");
        };
    }

    /** Who connected closes with a reset: else each port would be in use for a minute, and soon all of them. */
    private Loop connections() throws Throwable {
        return switch (kind) {
            case C -> {
                long listener =
                        CLibrary.loop(task.library(), "make_tcp_listener").run(1);
                long port = CLibrary.loop(task.library(), "port_of", listener).run(1);
                yield CLibrary.loop(task.library(), "loop_tcp_connect", listener, port);
            }
            case CHAGRES -> connectionsOfChagres();
            case NIO -> connectionsOfNio();
            case JAVA_NET -> connectionsOfJavaNet();
            case CALLS -> throw new AssertionError("no connections by " + kind);
        };
    }

    private Loop connectionsOfChagres() throws IOException {
        TcpListener listener = listener();
        InetSocketAddress address = listener.localAddress();
        return n -> {
            for (long i = 0; i < n; i++) {
                TcpStream client = TcpStream.connect(address);
                TcpStream server = listener.accept();
                client.reset();
                server.close();
            }
            return n;
        };
    }

    private Loop connectionsOfNio() throws IOException {
        ServerSocketChannel listener = channelThatListens();
        InetSocketAddress address = (InetSocketAddress) listener.getLocalAddress();
        return n -> {
            for (long i = 0; i < n; i++) {
                SocketChannel client = SocketChannel.open(StandardProtocolFamily.INET);
                client.connect(address);
                SocketChannel server = listener.accept();
                client.setOption(StandardSocketOptions.SO_LINGER, 0);
                client.close();
                server.close();
            }
            return n;
        };
    }

    private Loop connectionsOfJavaNet() throws IOException {
        ServerSocket listener = socketThatListens();
        return n -> {
            for (long i = 0; i < n; i++) {
                Socket client = new Socket(listener.getInetAddress(), listener.getLocalPort());
                Socket server = listener.accept();
                client.setSoLinger(true, 0);
                client.close();
                server.close();
            }
            return n;
        };
    }
}
