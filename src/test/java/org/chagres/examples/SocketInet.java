package org.chagres.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import org.chagres.ErrnoException;
import org.chagres.socket.AddressInfo;
import org.chagres.socket.AddressQuery;
import org.chagres.socket.LookupException;
import org.chagres.socket.SocketType;
import org.chagres.socket.TcpConnector;
import org.chagres.socket.TcpStream;

/**
 * Listing 5.12 of <em>Advanced Linux Programming</em>: {@code SocketInet HOST [PORT]} prints the home page of a web
 * server, byte for byte. It asks in HTTP/0.9, which some servers no longer answer.
 *
 * <p>As the book's program it ends with status 1 if there is no such host, without a word, and if a call fails, which
 * it names. Other than that one it tries all addresses of the host, and those of IPv6 too.
 */
public final class SocketInet {
    private static final String WEB_PORT = "80"; // the name "http" would do, where there is a services database

    private SocketInet() {}

    // @start region="socket-inet"
    /** Prints the home page; answers the status to exit with. */
    static int printHomePage(String host, String port) throws IOException, InterruptedException {
        List<InetSocketAddress> addresses;
        try {
            addresses = AddressQuery.of(host, port).type(SocketType.STREAM).lookup().stream()
                    .map(AddressInfo::address)
                    .toList();
        } catch (LookupException unknown) {
            return 1;
        }
        try (TcpStream socket = TcpConnector.to(addresses).connect()) {
            printHomePage(socket);
            return 0;
        } catch (ErrnoException failure) {
            System.err.println(failure.getMessage()); // as perror: the call, a colon, and what was wrong
            return 1;
        }
    }

    private static void printHomePage(TcpStream socket) throws IOException, InterruptedException {
        socket.writeFully("GET /\n".getBytes(US_ASCII));
        try {
            socket.inputStream().transferTo(System.out); // until the server closes
        } finally {
            System.out.flush();
        }
    }
    // @end

    /** Runs it. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("usage: SocketInet HOST [PORT]");
            System.exit(2);
        }
        System.exit(printHomePage(arguments[0], arguments.length > 1 ? arguments[1] : WEB_PORT));
    }
}
