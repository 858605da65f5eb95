package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.chagres.ErrnoException;
import org.chagres.socket.AddressQuery;
import org.chagres.socket.Datagram;
import org.chagres.socket.DatagramBatch;
import org.chagres.socket.Inet;
import org.chagres.socket.ReceivedDatagram;
import org.chagres.socket.SocketType;
import org.chagres.socket.TcpConnector;
import org.chagres.socket.TcpStream;
import org.chagres.socket.UdpSocket;

/**
 * Servers that send back what they get, and their clients: by TCP, by UDP, and by UDP with many datagrams in one call.
 *
 * <p>{@code Echo tcp|udp|udp-batch server [PORT]} prints its port, and serves this machine until its standard input
 * ends; {@code Echo tcp|udp|udp-batch client HOST PORT} sends each line of its standard input, and prints what comes
 * back.
 */
public final class Echo {
    private static final int MOST_BYTES = 65_507; // of a datagram
    private static final int MOST_DATAGRAMS = 64; // in one call
    private static final int TRIES = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private Echo() {}

    // TCP.

    private static void tcpServer(InetSocketAddress address) throws IOException, InterruptedException {
        TcpServer server = TcpServer.start(address, Echo::echo);
        untilInputEnds(server.address());
        server.stop(PATIENCE);
    }

    // @start region="tcp-server"
    private static void echo(TcpStream connection) throws IOException, InterruptedException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(1 << 16);
            long count = connection.read(buffer);
            while (count >= 0) {
                connection.writeFully(buffer.asSlice(0, count));
                count = connection.read(buffer);
            }
        }
    }
    // @end

    // @start region="tcp-client"
    private static void tcpClient(String host, String port) throws IOException, InterruptedException {
        try (TcpStream server = TcpConnector.to(host, port).connect()) {
            PrintWriter out = server.writer(UTF_8);
            BufferedReader in = server.reader(UTF_8);
            for (String line : lines()) {
                out.print(line + "\n");
                out.flush();
                String answer = in.readLine();
                if (answer == null) {
                    throw new EOFException("the server has closed");
                }
                print(answer);
            }
        }
    }
    // @end

    // UDP.

    private static void udpServer(InetSocketAddress address) throws IOException {
        try (UdpSocket socket = UdpSocket.bind(address)) {
            serveDatagrams(() -> answerOne(socket), socket);
        }
    }

    // @start region="udp-server"
    private static void answerOne(UdpSocket socket) throws IOException, InterruptedException {
        MemorySegment room = MemorySegment.ofArray(new byte[MOST_BYTES]);
        ReceivedDatagram question = socket.receiveFrom(room);
        socket.send(Datagram.of(room.asSlice(0, question.byteCount()))
                .to(question.from().orElseThrow()));
    }
    // @end

    // @start region="udp-client"
    private static void udpClient(String host, String port) throws IOException, InterruptedException {
        try (UdpSocket server = UdpSocket.connectedTo(address(host, port))) { // so that we hear of it if there is none
            for (String line : lines()) {
                print(ask(server, line));
            }
        }
    }

    /** Asks again if nothing comes: the question may be lost on its way, or the answer. */
    private static String ask(UdpSocket server, String question) throws IOException, InterruptedException {
        for (int i = 0; i < TRIES; i++) {
            server.send(Datagram.of(question));
            MemorySegment room = MemorySegment.ofArray(new byte[MOST_BYTES]);
            Optional<ReceivedDatagram> answer = server.tryReceiveFrom(room, PATIENCE);
            while (answer.isPresent()) {
                String text = text(room, answer.get().byteCount());
                if (text.equals(question)) {
                    return text;
                }
                answer = server.tryReceiveFrom(room, PATIENCE); // that was a late one to an earlier question
            }
        }
        throw new SocketTimeoutException("no answer");
    }
    // @end

    // UDP, many at once.

    private static void udpBatchServer(InetSocketAddress address) throws IOException {
        try (Arena arena = Arena.ofShared();
                UdpSocket socket = UdpSocket.bind(address)) {
            DatagramBatch batch = DatagramBatch.allocate(arena, MOST_DATAGRAMS, MOST_BYTES);
            serveDatagrams(() -> answerMany(socket, batch), socket);
        }
    }

    // @start region="batch-server"
    private static void answerMany(UdpSocket socket, DatagramBatch batch) throws IOException, InterruptedException {
        sendAll(socket, batch, socket.receiveMany(batch)); // each has the address that it came from
    }

    private static void sendAll(UdpSocket socket, DatagramBatch batch, int count)
            throws IOException, InterruptedException {
        int sent = 0;
        while (sent < count) {
            sent += socket.sendMany(batch, sent, count - sent);
        }
    }
    // @end

    // @start region="batch-client"
    private static void udpBatchClient(String host, String port) throws IOException, InterruptedException {
        List<String> lines = lines();
        try (Arena arena = Arena.ofConfined();
                UdpSocket server = UdpSocket.connectedTo(address(host, port))) {
            DatagramBatch batch = DatagramBatch.allocate(arena, MOST_DATAGRAMS, MOST_BYTES);
            for (int i = 0; i < lines.size(); i += MOST_DATAGRAMS) {
                List<String> some = lines.subList(i, Math.min(lines.size(), i + MOST_DATAGRAMS));
                for (int j = 0; j < some.size(); j++) {
                    byte[] bytes = some.get(j).getBytes(UTF_8);
                    batch.setByteSize(j, bytes.length);
                    batch.bytes(j).copyFrom(MemorySegment.ofArray(bytes));
                    batch.clearAddress(j); // to whom the socket is connected
                }
                sendAll(server, batch, some.size());
                printAnswers(server, batch, some.size());
            }
        }
    }

    private static void printAnswers(UdpSocket server, DatagramBatch batch, int count)
            throws IOException, InterruptedException {
        int missing = count;
        while (missing > 0) {
            int came = server.tryReceiveMany(batch, PATIENCE);
            if (came == 0) {
                throw new SocketTimeoutException(missing + " of " + count + " were lost");
            }
            for (int i = 0; i < came; i++) {
                print(text(batch.bytes(i), batch.byteSize(i)));
            }
            missing -= came;
        }
    }
    // @end

    /** Answers those who ask at a socket, which the end of the input closes. */
    private interface Answerer {
        void answer() throws IOException, InterruptedException;
    }

    private static void serveDatagrams(Answerer answerer, UdpSocket socket) throws IOException {
        Thread.startVirtualThread(() -> serve(answerer));
        untilInputEnds(socket.localAddress());
    }

    private static void serve(Answerer answerer) {
        try {
            while (true) {
                try {
                    answerer.answer();
                } catch (ErrnoException failure) { // of this answer: perhaps no way leads there
                    System.err.println(failure.getMessage());
                }
            }
        } catch (ClosedChannelException | InterruptedException end) {
            // as it should
        } catch (IOException failure) {
            failure.printStackTrace();
        }
    }

    private static InetSocketAddress address(String host, String port) throws IOException, InterruptedException {
        return AddressQuery.of(host, port)
                .type(SocketType.DATAGRAM)
                .lookup()
                .getFirst()
                .address();
    }

    private static void untilInputEnds(InetSocketAddress address) throws IOException {
        System.out.println(address.getPort());
        System.in.readAllBytes();
    }

    private static List<String> lines() {
        return new BufferedReader(new InputStreamReader(System.in, UTF_8))
                .lines()
                .toList();
    }

    private static String text(MemorySegment memory, long byteCount) {
        return new String(memory.asSlice(0, byteCount).toArray(ValueLayout.JAVA_BYTE), UTF_8);
    }

    private static void print(String line) {
        System.out.writeBytes((line + "\n").getBytes(UTF_8)); // whatever the locale
        System.out.flush();
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        String role = arguments.length < 2 ? "" : arguments[0] + " " + arguments[1];
        boolean isServer = role.endsWith(" server");
        if (isServer ? arguments.length > 3 : arguments.length != 4) {
            role = "";
        }
        InetSocketAddress here = Inet.loopback(isServer && arguments.length == 3 ? Integer.parseInt(arguments[2]) : 0);
        switch (role) {
            case "tcp server" -> tcpServer(here);
            case "udp server" -> udpServer(here);
            case "udp-batch server" -> udpBatchServer(here);
            case "tcp client" -> tcpClient(arguments[2], arguments[3]);
            case "udp client" -> udpClient(arguments[2], arguments[3]);
            case "udp-batch client" -> udpBatchClient(arguments[2], arguments[3]);
            default -> {
                System.err.println(
                        "usage: Echo tcp|udp|udp-batch server [PORT]" + " | tcp|udp|udp-batch client HOST PORT");
                System.exit(2);
            }
        }
    }
}
