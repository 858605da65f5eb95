package org.chagres.examples;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.Descriptor;
import org.chagres.socket.TcpConnector;
import org.chagres.socket.TcpStream;

/**
 * Talks with any server: {@code Telnet HOST PORT} sends standard input, and prints what comes. At the end of the input
 * it ends sending and goes on printing, until the server has closed.
 */
public final class Telnet {
    private static final int BUFFER_BYTES = 1 << 16;

    private Telnet() {}

    // @start region="telnet"
    private static void talk(String host, String port) throws IOException, InterruptedException {
        try (TcpStream server = TcpConnector.to(host, port).connect();
                Descriptor input = Descriptor.duplicateOf(0);
                Descriptor output = Descriptor.duplicateOf(1)) {
            Thread.startVirtualThread(() -> send(input, server));
            copy(server, output);
        } // which ends waiting for input
    }

    private static void send(Descriptor input, TcpStream server) {
        try {
            copy(input, server);
            server.shutdownOutput(); // the server sees the end, and can answer still
        } catch (ClosedChannelException end) {
            // the server had nothing more to say
        } catch (IOException | InterruptedException failure) {
            System.err.println(failure);
        }
    }

    private static void copy(ByteSource from, ByteSink to) throws IOException, InterruptedException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(BUFFER_BYTES);
            long count = from.read(buffer);
            while (count >= 0) {
                to.writeFully(buffer.asSlice(0, count));
                count = from.read(buffer);
            }
        }
    }
    // @end

    /** Runs it. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            System.err.println("usage: Telnet HOST PORT");
            System.exit(2);
        }
        talk(arguments[0], arguments[1]);
    }
}
