package org.chagres.benchmarks;

import java.io.IOException;
import org.chagres.benchmarks.SocketTask.Shape;

/** Two stream sockets that are connected, of one process or of two. Twin: {@code pairs/socket.c}. */
abstract class StreamPair {
    final SocketTask task;

    StreamPair(SocketTask task) {
        this.task = task;
    }

    /** Answers what {@link #wrap} takes. */
    @FunctionalInterface
    interface Accepting {
        Object accept() throws Throwable;
    }

    /** Whether the C loops do it, with the numbers of the sockets. */
    abstract boolean isByC();

    abstract Accepting listen() throws Throwable;

    /** A new connection to what listens; a number, or what the library calls it. */
    abstract Object connect() throws Throwable;

    abstract StreamSocket wrap(Object socket) throws IOException;

    /** One thread with both ends. */
    abstract Loop alone() throws Throwable;

    final void serve() throws Throwable {
        boolean pours = task.shape() == Shape.POUR;
        task.serve(
                switch (task.role()) {
                    case "server" -> server(pours);
                    case "client" -> client(pours);
                    default -> alone();
                });
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
                if (isByC()) {
                    String function = drains ? "loop_socket_drain" : "loop_socket_answer";
                    return CLibrary.loop(task.library(), function, (int) accepted, task.byteSize());
                }
                StreamSocket socket = wrap(accepted);
                return drains ? n -> drain(n, socket, task.byteSize()) : n -> answer(n, socket);
            }
        };
    }

    private Loop client(boolean pours) throws Throwable {
        Object connected = connect();
        if (isByC()) {
            int number = (int) connected;
            return pours
                    ? CLibrary.loop(task.library(), "loop_socket_pour", number, task.byteSize())
                    : CLibrary.loop(task.library(), "loop_socket", number, number, task.byteSize());
        }
        StreamSocket socket = wrap(connected);
        return pours ? n -> pour(n, socket) : n -> call(n, socket, socket);
    }

    /** One thread that sends to itself. */
    final Loop self(Object from, Object to) throws Throwable {
        if (isByC()) {
            return CLibrary.loop(task.library(), "loop_socket", (int) from, (int) to, task.byteSize());
        }
        StreamSocket sender = wrap(from);
        StreamSocket receiver = wrap(to);
        return n -> call(n, sender, receiver);
    }

    private static long call(long n, StreamSocket to, StreamSocket from) throws Exception {
        for (long i = 0; i < n; i++) {
            to.send();
            from.receive();
        }
        return n;
    }

    private static long answer(long n, StreamSocket socket) throws Exception {
        for (long i = 0; i < n; i++) {
            socket.receive();
            socket.send();
        }
        return n;
    }

    private static long pour(long n, StreamSocket socket) throws Exception {
        for (long i = 0; i < n; i++) {
            socket.send();
        }
        socket.awaitConfirmation();
        return n;
    }

    private static long drain(long n, StreamSocket socket, long byteSize) throws Exception {
        for (long rest = n * byteSize; rest > 0; ) {
            rest -= socket.receiveSome();
        }
        socket.confirm();
        return n;
    }
}
