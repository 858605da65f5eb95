package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.READ;
import static org.chagres.socket.IpSocketOptions.IP_RECVERR;
import static org.chagres.socket.Ipv6SocketOptions.IPV6_V6ONLY;
import static org.chagres.socket.LinuxSocketOptions.SO_KEEPALIVE;
import static org.chagres.socket.LinuxSocketOptions.SO_RCVBUF;
import static org.chagres.socket.LinuxSocketOptions.SO_REUSEADDR;
import static org.chagres.socket.LinuxSocketOptions.SO_RXQ_OVFL;
import static org.chagres.socket.SocketSetting.set;
import static org.chagres.socket.TcpSocketOptions.TCP_INFO;
import static org.chagres.socket.TcpSocketOptions.TCP_KEEPIDLE;
import static org.chagres.socket.TcpSocketOptions.TCP_KEEPINTVL;
import static org.chagres.socket.TcpSocketOptions.TCP_NODELAY;
import static org.chagres.socket.TcpSocketOptions.TCP_USER_TIMEOUT;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.nio.channels.AsynchronousCloseException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Readiness;
import org.chagres.socket.AddressInfo;
import org.chagres.socket.AddressQuery;
import org.chagres.socket.Datagram;
import org.chagres.socket.DatagramBatch;
import org.chagres.socket.DatagramReport;
import org.chagres.socket.Inet;
import org.chagres.socket.LookupException;
import org.chagres.socket.ReceiveOption;
import org.chagres.socket.ReceivedDatagram;
import org.chagres.socket.SocketType;
import org.chagres.socket.TcpConnector;
import org.chagres.socket.TcpInfo;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.socket.UdpSocket;

/** The tour's chapter on sockets of the Internet, on this machine's loopback. */
final class InetChapter implements Tour.Chapter {
    @Override
    public void walk(Tour tour) throws Exception {
        streams(tour);
        endings(tour);
        addresses(tour);
        options(tour);
        file(tour);
        datagrams(tour);
        batches(tour);
        errors(tour);
        losses(tour);
        multicast(tour);
    }

    // TCP.

    private static void streams(Tour tour) throws Exception {
        tour.say("A listener at a port that the kernel finds, a virtual thread for each connection; and a client.");
        CompletableFuture<InetSocketAddress> listening = new CompletableFuture<>();
        FutureTask<String> serving = new FutureTask<>(() -> Tour.outcome(() -> serve(Inet.loopback(0), listening)));
        Thread server = Thread.startVirtualThread(serving);
        InetSocketAddress address = listening.get(60, TimeUnit.SECONDS);
        tour.see("a port was found", address.getPort() > 0, true);
        tour.see("the answer", ask(address), "HOW ARE YOU?");
        try (TcpStream found = connect(address.getPort())) {
            tour.see("by name, the first address that answers", found.peerAddress(), address);
        }
        server.interrupt();
        tour.see("an interrupt ends waiting to accept", result(serving), "InterruptedException");
        tour.see("connecting now", Tour.outcome(() -> ask(address)), "ECONNREFUSED");
    }

    private static void serve(InetSocketAddress address, CompletableFuture<InetSocketAddress> listening)
            throws IOException, InterruptedException {
        // @start region="listener"
        try (TcpListener listener = TcpListener.bind(address)) {
            listening.complete(listener.localAddress()); // with the port that was found, if it was 0
            while (true) {
                TcpStream connection = listener.accept();
                Thread.startVirtualThread(() -> answer(connection)); // which closes it
            }
        }
        // @end
    }

    private static void answer(TcpStream connection) {
        try (connection;
                BufferedReader in = connection.reader(UTF_8);
                PrintWriter out = connection.writer(UTF_8)) {
            in.lines().forEach(line -> out.println(line.toUpperCase(Locale.ROOT)));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String ask(InetSocketAddress address) throws IOException, InterruptedException {
        // @start region="stream"
        try (TcpStream stream = TcpStream.connect(address)) {
            stream.writeFully("How are you?\n".getBytes(UTF_8));
            stream.shutdownOutput(); // the other side comes to the end, and can still answer
            String answer = stream.reader(UTF_8).readLine();
            return answer;
        }
        // @end
    }

    private static TcpStream connect(int port) throws IOException, InterruptedException {
        // @start region="connector"
        TcpConnector connector = TcpConnector.to("localhost", port) // all its addresses, one after the other
                .with(set(TCP_NODELAY, true))
                .retrying(Duration.ofMillis(10), Duration.ofSeconds(5)); // pauses of 10 ms, 20 ms … 5 s

        TcpStream stream = connector.tryConnect(Duration.ofSeconds(30)).orElseThrow();
        // @end
        return stream;
    }

    private static void endings(Tour tour) throws Exception {
        tour.say("How a connection ends: well, or by a reset.");
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
            TcpStream client = TcpStream.connect(listener.localAddress());
            try (TcpStream server = listener.accept()) {
                client.close();
                tour.see("closed: the other side reads the end", server.read(new byte[1]), -1);
            }
            TcpStream impatient = TcpStream.connect(listener.localAddress());
            try (TcpStream server = listener.accept()) {
                giveUp(impatient);
                tour.see("reset: the other side", Tour.outcome(() -> server.read(new byte[1])), "ECONNRESET");
            }
            FutureTask<String> waiting = new FutureTask<>(() -> Tour.outcome(listener::accept));
            Thread.startVirtualThread(waiting);
            listener.descriptor().close();
            tour.see(
                    "closing the listener ends waiting to accept",
                    List.of(AsynchronousCloseException.class.getSimpleName(), "ClosedChannelException")
                            .contains(result(waiting)),
                    true);
        }
    }

    private static void giveUp(TcpStream stream) throws IOException {
        // @start region="reset"
        stream.reset(); // instead of close(): what was sent and is still here is dropped
        // @end
    }

    // Addresses.

    private static void addresses(Tour tour) throws Exception {
        tour.say("Addresses, names and ports.");
        if (Files.exists(Path.of("/etc/services"))) {
            tour.see("the port of a service", Inet.port("http", "tcp"), 80);
        }
        tour.see("looked up", lookedUp("127.0.0.1", "http"), List.of("/127.0.0.1:80"));
        tour.see("no port", Tour.outcome(() -> AddressQuery.of("127.0.0.1", "70000")), "IllegalArgumentException");
        tour.see("htons", Inet.htons(80), 20480);
        tour.see("port 80 in a struct of C", List.of(portOfC(80)), List.of("0", "80"));
        try (TcpListener both = everywhere();
                TcpStream client =
                        TcpStream.connect(Inet.loopback(both.localAddress().getPort()));
                TcpStream accepted = both.accept()) {
            tour.see("who came by IPv4", accepted.peerAddress(), client.localAddress());
            tour.see(
                    "the same port once more",
                    Tour.outcome(() -> TcpListener.bind(both.localAddress()).close()),
                    "EADDRINUSE");
        }
        tour.see(
                "an address that no interface has",
                Tour.outcome(() -> TcpListener.bind(new InetSocketAddress(Inet.parse("192.0.2.1"), 0))
                        .close()),
                "EADDRNOTAVAIL");
    }

    private static List<String> lookedUp(String host, String service) throws IOException, InterruptedException {
        List<String> found = new ArrayList<>();
        // @start region="lookup"
        try {
            for (AddressInfo one :
                    AddressQuery.of(host, service).type(SocketType.STREAM).lookup()) {
                found.add(one.address().toString()); // in the order in which to try them
            }
        } catch (LookupException unknown) {
            switch (unknown.error()) {
                case EAI_NONAME -> found.add("there is no " + host);
                case EAI_SERVICE -> found.add("/" + host + ":80"); // no services database, say
                case EAI_AGAIN -> found.add("no answer; perhaps later");
                default -> throw unknown;
            }
        }
        // @end
        return found;
    }

    private static String[] portOfC(int port) {
        // @start region="byte-order"
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment member = arena.allocate(JAVA_SHORT); // sin_port
            member.set(JAVA_SHORT, 0, (short) Inet.htons(port));
            return new String[] {
                Byte.toString(member.get(JAVA_BYTE, 0)), Byte.toString(member.get(JAVA_BYTE, 1)),
            };
        }
        // @end
    }

    private static TcpListener everywhere() throws IOException {
        // @start region="dual-stack"
        TcpListener both = TcpListener.bind(Inet.any(0)); // ::, and 0.0.0.0 with it
        TcpListener six = TcpListener.bind(Inet.any(0), set(IPV6_V6ONLY, true)); // ::, and nothing else
        // @end
        six.close();
        return both;
    }

    // Options.

    private static void options(Tour tour) throws Exception {
        tour.say("Options, set before a connection is made; and what the kernel knows of it.");
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0), set(SO_REUSEADDR, true));
                TcpStream stream = noticingTheDead(listener.localAddress());
                TcpStream server = listener.accept()) {
            tour.see("keep-alive", stream.option(SO_KEEPALIVE), true);
            tour.see("user time-out", stream.option(TCP_USER_TIMEOUT), Duration.ofSeconds(60));
            stream.writeFully("12345".getBytes(UTF_8));
            server.readFully(MemorySegment.ofArray(new byte[5]));
            tour.see("bytes received, of TCP_INFO", bytesReceived(server), 5L);
        }
    }

    private static TcpStream noticingTheDead(InetSocketAddress address) throws IOException, InterruptedException {
        // @start region="keep-alive"
        TcpStream stream = TcpConnector.to(address)
                .with(
                        set(SO_KEEPALIVE, true),
                        set(TCP_KEEPIDLE, Duration.ofSeconds(30)), // idle so long: the kernel asks
                        set(TCP_KEEPINTVL, Duration.ofSeconds(10)), // and again
                        set(TCP_USER_TIMEOUT, Duration.ofSeconds(60))) // no answer for so long: ETIMEDOUT
                .connect();
        // @end
        return stream;
    }

    private static long bytesReceived(TcpStream stream) throws IOException {
        // @start region="tcp-info"
        TcpInfo info = stream.option(TCP_INFO);
        System.out.println("    " + info.state() + ", round trip " + info.roundTripTime() + ", sent again "
                + info.totalRetransmitted());
        // @end
        return info.bytesReceived();
    }

    private static void file(Tour tour) throws Exception {
        tour.say("A file goes to a socket inside the kernel.");
        Path path = Tour.make(() -> Files.createTempFile("chagres-tour", ".txt"), it -> () -> Files.delete(it));
        Files.writeString(path, "all is well\n");
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0));
                TcpStream stream = TcpStream.connect(listener.localAddress());
                TcpStream reader = listener.accept()) {
            sendFile(stream, path);
            stream.shutdownOutput();
            tour.see("it arrives", reader.reader(UTF_8).readLine(), "all is well");
        }
    }

    private static void sendFile(TcpStream stream, Path path) throws IOException, InterruptedException {
        // @start region="file"
        try (Descriptor file = Descriptor.open(path, READ)) {
            long sent = 0;
            long count = file.sendFile(stream, sent, 1 << 20);
            while (count > 0) { // -1 at the end of the file
                sent += count;
                count = file.sendFile(stream, sent, 1 << 20);
            }
        }
        // @end
    }

    // UDP.

    private static void datagrams(Tour tour) throws Exception {
        tour.say("Datagrams: each goes by itself, and may be lost.");
        tour.see("question and answer", talk(Inet.loopback(0)), "What time is it? Late.");
        try (UdpSocket nobody = UdpSocket.bind(Inet.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(nobody.localAddress())) {
            tour.see("nobody answers", askAgain(client, "Hello?", 3), "no answer");
            long asked = 0;
            while (nobody.tryReceive(MemorySegment.ofArray(new byte[100]), Duration.ZERO) >= 0) {
                asked++;
            }
            tour.see("asked how often", asked, 3L);
        }
    }

    private static String talk(InetSocketAddress address) throws IOException, InterruptedException {
        // @start region="udp"
        try (UdpSocket server = UdpSocket.bind(address);
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            client.send(Datagram.of("What time is it?"));

            MemorySegment room = MemorySegment.ofArray(new byte[1500]);
            ReceivedDatagram question = server.receiveFrom(room);
            String asked = SocketChapter.text(room, question.byteCount());
            server.send(Datagram.of("Late.").to(question.from().orElseThrow()));

            long length = client.tryReceive(room, Duration.ofSeconds(10)); // -1: lost, so ask again
            return asked + " " + SocketChapter.text(room, length);
        }
        // @end
    }

    /** Asks again and again, with pauses that double. */
    private static String askAgain(UdpSocket socket, String question, int times)
            throws IOException, InterruptedException {
        MemorySegment room = MemorySegment.ofArray(new byte[1500]);
        // @start region="ask-again"
        Duration patience = Duration.ofMillis(10);
        for (int i = 0; i < times; i++) {
            try {
                socket.send(Datagram.of(question));
                long length = socket.tryReceive(room, patience);
                if (length >= 0) {
                    return SocketChapter.text(room, length);
                }
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.ECONNREFUSED) {
                    throw failure; // that one is of an earlier question: nobody is there now
                }
                Thread.sleep(patience);
            }
            patience = patience.multipliedBy(2);
        }
        return "no answer";
        // @end
    }

    private static void batches(Tour tour) throws Exception {
        tour.say("Many datagrams in a call, each with its address; and one that the kernel cuts into many.");
        try (UdpSocket server = UdpSocket.bind(Inet.loopback(0));
                UdpSocket client = UdpSocket.bind(Inet.loopback(0))) {
            for (int i = 0; i < 10; i++) {
                send(client, server.localAddress());
            }
            int answered = 0;
            while (answered < 10) {
                answered += answerMany(server);
            }
            MemorySegment room = MemorySegment.ofArray(new byte[100]);
            ReceivedDatagram first =
                    client.tryReceiveFrom(room, Duration.ofSeconds(10)).orElseThrow();
            tour.see("all were answered; the first", SocketChapter.text(room, first.byteCount()), "WHAT TIME IS IT?");

            sendSegments(server, client.localAddress(), "onetwosix");
            List<String> seen = new ArrayList<>();
            for (int i = 0; i < 9 + 3; i++) { // nine answers, and then the segments
                seen.add(SocketChapter.text(room, client.tryReceive(room, Duration.ofSeconds(10))));
            }
            tour.see("cut by the kernel", seen.subList(9, 12), List.of("one", "two", "six"));
        }
    }

    private static void send(UdpSocket socket, InetSocketAddress server) throws IOException, InterruptedException {
        // @start region="datagram"
        Datagram question = Datagram.of("What time is it?").to(server).hopLimit(1); // does not leave the network
        socket.send(question);
        // @end
    }

    private static int answerMany(UdpSocket server) throws IOException, InterruptedException {
        // @start region="batch"
        try (Arena arena = Arena.ofConfined()) {
            DatagramBatch batch = DatagramBatch.allocate(arena, 64, 1500); // once, and used again and again

            int count = server.receiveMany(batch); // as many as there are, and at least one
            for (int i = 0; i < count; i++) {
                toUpperCase(batch.bytes(i));
            }
            for (int sent = 0; sent < count; ) { // to where each came from
                sent += server.sendMany(batch, sent, count - sent);
            }
            return count;
        }
        // @end
    }

    private static void toUpperCase(MemorySegment text) {
        for (long i = 0; i < text.byteSize(); i++) {
            text.set(JAVA_BYTE, i, (byte) Character.toUpperCase(text.get(JAVA_BYTE, i)));
        }
    }

    private static void sendSegments(UdpSocket socket, InetSocketAddress to, String text)
            throws IOException, InterruptedException {
        // @start region="segments"
        socket.send(Datagram.of(text).to(to).segments(3)); // as if each three bytes had been sent by themselves
        // @end
    }

    private static void errors(Tour tour) throws Exception {
        tour.say("A datagram to nobody: the error is told of a later one, or by the error queue.");
        InetSocketAddress nobody = freePort();
        try (UdpSocket socket = UdpSocket.connectedTo(nobody)) {
            tour.see("the first is sent", Tour.outcome(() -> socket.send(Datagram.of("Hello?"))), "it worked");
            tour.see("then", socket.tryPoll(Set.of(), Duration.ofSeconds(10)), Set.of(Readiness.ERROR));
            tour.see("the second", Tour.outcome(() -> socket.send(Datagram.of("Hello!"))), "ECONNREFUSED");
        }
        tour.see("by the error queue", refused(nobody), "Hello? to " + nobody + ": ECONNREFUSED, ICMP");
    }

    private static String refused(InetSocketAddress nobody) throws IOException, InterruptedException {
        // @start region="error-queue"
        try (UdpSocket socket = UdpSocket.create(StandardProtocolFamily.INET, set(IP_RECVERR, true))) {
            socket.send(Datagram.of("Hello?").to(nobody)); // not connected, and told nevertheless

            MemorySegment room = MemorySegment.ofArray(new byte[100]);
            ReceivedDatagram back = socket.receiveFrom(room, ReceiveOption.ERROR_QUEUE); // waits for a report
            DatagramReport report = back.report().orElseThrow();
            return SocketChapter.text(room, back.byteCount()) + " to "
                    + back.from().orElseThrow() + ": " + report.errno() + ", " + report.origin();
        }
        // @end
    }

    private static void losses(Tour tour) throws Exception {
        tour.say("A receiver that is too slow loses datagrams, and the kernel counts them.");
        try (UdpSocket slow = UdpSocket.bind(Inet.loopback(0), set(SO_RCVBUF, 0), set(SO_RXQ_OVFL, true));
                UdpSocket sender = UdpSocket.connectedTo(slow.localAddress())) {
            for (int i = 0; i < 100; i++) {
                sender.send(Datagram.of("one of a hundred"));
            }
            MemorySegment room = MemorySegment.ofArray(new byte[100]);
            long received = 0;
            while (slow.tryReceive(room, Duration.ZERO) >= 0) {
                received++;
            }
            sender.send(Datagram.of("and one more"));
            tour.see("received and dropped", received + 1 + dropped(slow, room), 101L);
            tour.see("some were dropped", received < 100, true);
        }
    }

    private static long dropped(UdpSocket slow, MemorySegment room) throws IOException, InterruptedException {
        // @start region="losses"
        ReceivedDatagram datagram = slow.receiveFrom(room); // of a socket with SO_RXQ_OVFL
        long dropped = datagram.dropped().orElse(0); // since the socket was made
        // @end
        return dropped;
    }

    private static void multicast(Tour tour) throws Exception {
        tour.say("A group: all who joined receive what is sent to it.");
        NetworkInterface loopback = NetworkInterface.getByName("lo");
        InetAddress group = Inet.parse("239.255.67.67");
        try (UdpSocket first = inGroup(group, 0, loopback);
                UdpSocket second = inGroup(group, first.localAddress().getPort(), loopback);
                UdpSocket sender = UdpSocket.create(StandardProtocolFamily.INET)) {
            InetSocketAddress all =
                    new InetSocketAddress(group, first.localAddress().getPort());
            sender.send(Datagram.of("to all").to(all).by(loopback).hopLimit(1));
            MemorySegment room = MemorySegment.ofArray(new byte[100]);
            tour.see("first", SocketChapter.text(room, first.tryReceive(room, Duration.ofSeconds(10))), "to all");
            tour.see("second", SocketChapter.text(room, second.tryReceive(room, Duration.ofSeconds(10))), "to all");
        }
    }

    private static UdpSocket inGroup(InetAddress group, int port, NetworkInterface by) throws IOException {
        // @start region="multicast"
        InetSocketAddress address = new InetSocketAddress(group, port); // so it gets nothing that was sent elsewhere
        UdpSocket socket = UdpSocket.bind(address, set(SO_REUSEADDR, true)); // others on this machine join too
        socket.join(group, by);
        // @end
        return socket;
    }

    /** A port of UDP that nobody has, for the moment. */
    private static InetSocketAddress freePort() throws IOException {
        try (UdpSocket socket = UdpSocket.bind(Inet.loopback(0))) {
            return socket.localAddress();
        }
    }

    private static <T> T result(FutureTask<T> task) throws Exception {
        return task.get(60, TimeUnit.SECONDS);
    }
}
