package org.chagres.benchmarks;

import java.nio.file.Path;
import java.util.List;

/**
 * What a process with sockets is told: {@code server|client CPU SHAPE SIZE PATH KIND THREADS LIBRARY}, or as one that is
 * both, {@code both CPU OTHER_CPU SHAPE …}. A CPU of -1 is any.
 *
 * @param path a name that is theirs alone: where a server is found
 * @param kind by what; each kind of socket has its own
 */
record SocketTask(
        String role, int cpu, Shape shape, int byteSize, Path path, String kind, Threads threads, Path library) {
    /** What they do. */
    enum Shape {
        /** The client calls by a message and the server answers with one. */
        CALL,
        /** The client sends so many messages, and the server says when all have come. */
        POUR,
        /** One thread sends a message to itself. */
        SELF,
        /** One thread sends a block of messages to itself, and then receives them. */
        BLOCK,
        /** One thread connects to its own listener, accepts, and closes both. */
        CONNECT,
        /** One thread sends a descriptor to itself, and closes what came. */
        PASS
    }

    /** On what kind of threads. */
    enum Threads {
        PLATFORM,
        VIRTUAL
    }

    static SocketTask of(String... arguments) {
        List<String> rest = List.of(arguments).subList(arguments[0].equals("both") ? 3 : 2, arguments.length);
        return new SocketTask(
                arguments[0],
                Integer.parseInt(arguments[1]),
                Shape.valueOf(rest.get(0)),
                Integer.parseInt(rest.get(1)),
                Path.of(rest.get(2)),
                rest.get(3),
                Threads.valueOf(rest.get(4)),
                Path.of(rest.get(5)));
    }

    /** Does batches until there are no more. */
    void serve(Loop loop) throws Throwable {
        if (threads == Threads.VIRTUAL) {
            PairPeer.serveBoth(new VirtualLoop(loop));
        } else if (cpu < 0) {
            PairPeer.serveBoth(loop);
        } else {
            PairPeer.serve(cpu, loop);
        }
    }
}
