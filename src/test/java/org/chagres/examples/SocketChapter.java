package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSource;
import org.chagres.process.ChildProcess;
import org.chagres.process.Redirect;
import org.chagres.socket.BindOption;
import org.chagres.socket.Message;
import org.chagres.socket.ReceivedMessage;
import org.chagres.socket.SocketPair;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixDatagram;
import org.chagres.socket.UnixListener;
import org.chagres.socket.UnixSeqPacket;
import org.chagres.socket.UnixSocket;
import org.chagres.socket.UnixStream;

/** The tour's chapter on local sockets: the three types, listeners, and what travels besides bytes. */
final class SocketChapter implements Tour.Chapter {
    @Override
    public void walk(Tour tour) throws Exception {
        Path folder =
                Tour.make(() -> Files.createTempDirectory("chagres-tour"), made -> () -> Files.deleteIfExists(made));
        streams(tour, socketFile(folder, "echo"));
        records(tour);
        datagrams(tour, socketFile(folder, "post"));
        messages(tour);
        child(tour);
        listings(tour, socketFile(folder, "book"));
        broker(tour, socketFile(folder, "broker"), socketFile(folder, "note"));
        buffer(tour, socketFile(folder, "buffer"));
        upgrade(tour, socketFile(folder, "upgrade"));
    }

    private static Path socketFile(Path folder, String name) throws Exception {
        return Tour.make(() -> folder.resolve(name), made -> () -> Files.deleteIfExists(made));
    }

    private static void streams(Tour tour, Path path) throws Exception {
        tour.say("A listener at a path, a virtual thread for each connection; and a client.");
        FutureTask<String> serving = new FutureTask<>(() -> Tour.outcome(() -> serve(path)));
        Thread server = Thread.startVirtualThread(serving);
        awaitListener(path);
        Process ls = Tour.start(List.of("ls", "-l", path.toString()));
        tour.see("ls says of it", Tour.output(ls).substring(0, 10), "srw-------");
        tour.see("the answer", ask(path), "HOW ARE YOU?");
        server.interrupt();
        tour.see("an interrupt ends waiting to accept", result(serving), "InterruptedException");
        tour.see("connecting now", Tour.outcome(() -> ask(path)), "ENOENT");
    }

    private static void serve(Path path) throws IOException, InterruptedException {
        // @start region="listener"
        try (UnixListener<UnixStream> listener =
                UnixListener.bind(UnixAddress.of(path), BindOption.REPLACE_STALE, BindOption.UNLINK_ON_CLOSE)) {
            while (true) {
                UnixStream connection = listener.accept();
                Thread.startVirtualThread(() -> answer(connection)); // which closes it
            }
        }
        // @end
    }

    private static void answer(UnixStream connection) {
        try (connection;
                BufferedReader in = connection.reader(UTF_8);
                PrintWriter out = connection.writer(UTF_8)) {
            in.lines().forEach(line -> out.println(line.toUpperCase(Locale.ROOT)));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String ask(Path path) throws IOException, InterruptedException {
        // @start region="stream"
        try (UnixStream stream = UnixStream.connect(UnixAddress.of(path))) {
            stream.writeFully("How are you?\n".getBytes(UTF_8));
            stream.shutdownOutput(); // the other side comes to the end, and can still answer
            String answer = stream.reader(UTF_8).readLine();
            return answer;
        }
        // @end
    }

    private static void records(Tour tour) throws Exception {
        tour.say("Sequenced packets: connected as a stream, and each record is received whole, or cut.");
        try (SocketPair<UnixSeqPacket> pair = UnixSeqPacket.pair()) {
            tour.see("received", records(pair.first(), pair.second()), List.of("one", "two and", "the end"));
        }
    }

    private static List<String> records(UnixSeqPacket sender, UnixSeqPacket receiver)
            throws IOException, InterruptedException {
        List<String> seen = new ArrayList<>();
        // @start region="seqpacket"
        sender.send(Message.of("one"));
        sender.send(Message.of("two and a half"));
        sender.shutdownOutput();

        MemorySegment room = MemorySegment.ofArray(new byte["two and".length()]);
        while (true) {
            ReceivedMessage record = receiver.receive(room, 0);
            if (record.isAtEnd()) {
                break;
            }
            seen.add(text(room, record.byteCount())); // "one", "two and": record.isTruncated() tells
        }
        // @end
        seen.add("the end");
        return seen;
    }

    private static void datagrams(Tour tour, Path path) throws Exception {
        tour.say("Datagrams: no connection, each goes to an address, or to nobody.");
        UnixAddress address = UnixAddress.of(path);
        tour.see("question and answer", datagrams(address), "What time is it? Late.");
        tour.see("nobody there", Tour.outcome(() -> post(UnixAddress.of(Path.of(path + ".none")))), "ENOENT");
    }

    private static String datagrams(UnixAddress address) throws IOException, InterruptedException {
        // @start region="datagram"
        try (UnixDatagram server = UnixDatagram.bind(address, BindOption.UNLINK_ON_CLOSE);
                UnixDatagram client = UnixDatagram.bind(UnixAddress.unnamed())) { // a name, for answers to go to
            client.send(Message.of("What time is it?").to(address));

            MemorySegment room = MemorySegment.ofArray(new byte[1000]);
            ReceivedMessage question = server.receive(room, 0);
            String asked = text(room, question.byteCount());
            server.send(Message.of("Late.").to(question.from()));

            return asked + " " + text(room, client.receive(room));
        }
        // @end
    }

    private static void post(UnixAddress address) throws IOException, InterruptedException {
        try (UnixDatagram client = UnixDatagram.create()) {
            client.send(Message.of("Hello?").to(address));
        }
    }

    private static void messages(Tour tour) throws Exception {
        tour.say("A message that carries the end of a pipe.");
        try (SocketPair<UnixStream> pair = UnixStream.pair();
                Pipe pipe = Pipe.create()) {
            pipe.sink().writeFully("from the pipe\n".getBytes(UTF_8));
            give(pair.first(), pipe);
            tour.see("the end is closed here", pipe.source().isOpen(), false);
            tour.see("and works there", take(pair.second()), "from the pipe");
        }
    }

    private static void give(UnixSocket sender, Pipe pipe) throws IOException, InterruptedException {
        // @start region="message"
        sender.send(Message.of("a pipe").giving(pipe.source())); // closed here once it is sent
        // @end
    }

    private static String take(UnixSocket receiver) throws IOException, InterruptedException {
        MemorySegment room = MemorySegment.ofArray(new byte[100]);
        // @start region="received"
        try (ReceivedMessage message = receiver.receive(room, 1); // with one descriptor at most
                PipeSource source = message.takeDescriptor(PipeSource::of)) {
            return source.reader(UTF_8).readLine();
        } // closes what nobody took
        // @end
    }

    private static void child(Tour tour) throws Exception {
        tour.say("A child whose input and output are one socket.");
        tour.see("sorted by sort", sorted("pear\napple\nfig\n"), List.of("apple", "fig", "pear"));
    }

    private static List<String> sorted(String lines) throws Exception {
        // @start region="child"
        try (SocketPair<UnixStream> pair = UnixStream.pair();
                ChildProcess sort = ChildProcess.command("sort")
                        .input(Redirect.share(pair.second()))
                        .output(Redirect.share(pair.second()))
                        .start()) {
            pair.second().close(); // the child has it; while we had it too, there would be no end to what we read
            pair.first().writeFully(lines.getBytes(UTF_8));
            pair.first().shutdownOutput(); // the end of its input
            List<String> sorted = pair.first().reader(UTF_8).lines().toList();
            sort.await();
            return sorted;
        }
        // @end
    }

    private static void listings(Tour tour, Path path) throws Exception {
        tour.say("The book's server and client, each a JVM.");
        Process server = Tour.java(Listings.class, "server", path);
        awaitListener(path);
        tour.see("client", Tour.output(Tour.java(Listings.class, "client", path, "Hello, world.")), "");
        UnixStream.connect(UnixAddress.of(path)).close(); // somebody who comes and goes
        tour.see("client", Tour.output(Tour.java(Listings.class, "client", path, "quit")), "");
        tour.see("server", Tour.output(server).lines().toList(), List.of("Hello, world.", "quit"));
        tour.see("the socket file is gone", Files.exists(path), false);
    }

    /** Until it is there, and somebody listens: connections wait from then on. */
    private static void awaitListener(Path path) throws Exception {
        long begin = System.nanoTime();
        while (!Tour.outcome(() -> UnixStream.connect(UnixAddress.of(path)).close())
                .equals("it worked")) {
            if (System.nanoTime() - begin > TimeUnit.SECONDS.toNanos(60)) {
                throw new IOException("nobody listens at " + path);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static void broker(Tour tour, Path path, Path note) throws Exception {
        tour.say("A broker keeps an open file for processes that have nothing else in common.");
        Process broker = Tour.java(Broker.class, "serve", path);
        tour.see("the broker", broker.inputReader().readLine(), "serving");
        Files.writeString(note, "all is well");
        tour.see("put", Tour.output(Tour.java(Broker.class, "put", path, "note", note)), "done");
        Files.delete(note);
        tour.see("got, though it is removed", Tour.output(Tour.java(Broker.class, "get", path, "note")), "all is well");
        broker.getOutputStream().close();
        tour.see("the broker ends well", Tour.output(broker), "");
    }

    private static void buffer(Tour tour, Path path) throws Exception {
        tour.say("A memory file and its doorbells go over a socket: a buffer that two JVMs share.");
        Process writer = Tour.java(SharedBuffer.class, "write", path, "one", "two", "three");
        tour.see("the writer", writer.inputReader().readLine(), "waiting for a reader");
        Process reader = Tour.java(SharedBuffer.class, "read", path);
        tour.see("read", Tour.output(reader).lines().toList(), List.of("one", "two", "three"));
        tour.see("the writer ends well", Tour.output(writer), "");
    }

    private static void upgrade(Tour tour, Path path) throws Exception {
        tour.say("A server is replaced by its next version, and no connection is lost.");
        Process one = Tour.java(Upgrade.class, path, "one");
        tour.see("started", one.inputReader().readLine(), "one serves");
        tour.see("who answers", name(path), "one");
        Process two = Tour.java(Upgrade.class, path, "two");
        List<String> names = new ArrayList<>(List.of(name(path)));
        while (!names.getLast().equals("two")) {
            names.add(name(path));
        }
        tour.see("who answered meanwhile", names.stream().distinct().toList(), List.of("one", "two"));
        tour.see("the first one ends well", Tour.output(one), "");
        two.getOutputStream().close();
        tour.see("the second one too", Tour.output(two), "two serves");
    }

    static String name(Path path) throws IOException, InterruptedException {
        try (UnixStream stream = UnixStream.connect(UnixAddress.of(path))) {
            return new String(stream.inputStream().readAllBytes(), UTF_8);
        }
    }

    static String text(MemorySegment memory, long byteCount) {
        return new String(memory.asSlice(0, byteCount).toArray(ValueLayout.JAVA_BYTE), UTF_8);
    }

    private static <T> T result(FutureTask<T> task) throws Exception {
        return task.get(60, TimeUnit.SECONDS);
    }
}
