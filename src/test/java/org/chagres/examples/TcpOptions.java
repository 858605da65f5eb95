package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.chagres.socket.LinuxSocketOptions.SO_KEEPALIVE;
import static org.chagres.socket.LinuxSocketOptions.SO_RCVBUF;
import static org.chagres.socket.LinuxSocketOptions.SO_REUSEADDR;
import static org.chagres.socket.SocketSetting.set;
import static org.chagres.socket.TcpSocketOptions.TCP_NODELAY;

import java.io.EOFException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import org.chagres.Readiness;
import org.chagres.process.Signal;
import org.chagres.readiness.SignalEvents;
import org.chagres.socket.ReceiveOption;
import org.chagres.socket.SendOption;
import org.chagres.socket.TcpConnector;
import org.chagres.socket.TcpStream;

/**
 * What else TCP can do, with a server at the other end. {@code TcpOptions ROLE HOST PORT}, of which the role is
 *
 * <ul>
 *   <li>{@code oob-send}: sends an urgent byte among others, and waits until the server closes;
 *   <li>{@code oob-recv}: prints what comes before an urgent byte, that byte, and what comes behind it;
 *   <li>{@code sigio}: prints what comes, of which a signal tells;
 *   <li>{@code reset}: ends the connection by a reset;
 *   <li>{@code full}: sends until there is no room, without waiting, and then waits until there is;
 *   <li>{@code keep}: sets options, and prints what the kernel has of them.
 * </ul>
 */
public final class TcpOptions {
    private static final int PIECE = 1 << 16;

    private TcpOptions() {}

    // @start region="urgent"
    /** Of several bytes that are sent out of band the last one is urgent. */
    static void sendUrgent(TcpStream stream) throws Exception {
        stream.writeFully("abc".getBytes(UTF_8));
        stream.send(MemorySegment.ofArray("de!".getBytes(UTF_8)), SendOption.OUT_OF_BAND);
        stream.writeFully("fgh".getBytes(UTF_8));
    }
    // @end

    private static void receiveUrgent(TcpStream stream) throws Exception {
        // @start region="mark"
        stream.poll(Set.of(Readiness.URGENT)); // it has come, though what is before it is unread
        StringBuilder before = new StringBuilder();
        while (!stream.atMark()) {
            before.append(read(stream)); // stops at the mark
        }
        byte[] urgent = new byte[1];
        stream.receive(MemorySegment.ofArray(urgent), ReceiveOption.OUT_OF_BAND); // here, or at once
        // @end
        print(before);
        print("mark");
        print("urgent " + new String(urgent, UTF_8));
        print(readAll(stream));
    }

    private static String read(TcpStream stream) throws Exception {
        byte[] bytes = new byte[100];
        long count = stream.read(MemorySegment.ofArray(bytes));
        if (count < 0) {
            throw new EOFException("the server has closed"); // without what was waited for
        }
        return new String(bytes, 0, (int) count, UTF_8);
    }

    private static String readAll(TcpStream stream) throws Exception {
        return new String(stream.inputStream().readAllBytes(), UTF_8);
    }

    private static void awaitSignal(TcpStream stream) throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        SignalEvents events = SignalEvents.on(
                stream, Set.of(Readiness.READABLE), ForkJoinPool.commonPool(), event -> told.countDown(), Signal.SIGIO);
        try (events) {
            print("armed");
            told.await();
            print("sigio");
            print(read(stream));
        }
    }

    private static void fill(TcpStream stream) throws Exception {
        // @start region="full"
        MemorySegment piece = MemorySegment.ofArray(new byte[PIECE]);
        long sent;
        do {
            sent = stream.trySend(piece, Duration.ZERO); // as many as there is room for, and does not wait
        } while (sent > 0);
        print("full");
        stream.poll(Set.of(Readiness.WRITABLE)); // until the server reads
        print("writable");
        // @end
    }

    private static void keep(String host, int port) throws Exception {
        try (TcpStream stream = TcpConnector.to(host, port)
                .with(
                        set(SO_KEEPALIVE, true),
                        set(TCP_NODELAY, true),
                        set(SO_RCVBUF, 50_000), // the kernel doubles it, for what it needs itself
                        set(SO_REUSEADDR, true))
                .connect()) {
            print("keepalive " + number(stream.option(SO_KEEPALIVE)) + " nodelay "
                    + number(stream.option(TCP_NODELAY)) + " rcvbuf " + stream.option(SO_RCVBUF) + " reuse "
                    + number(stream.option(SO_REUSEADDR)));
        }
    }

    private static int number(boolean on) {
        return on ? 1 : 0;
    }

    private static void print(Object what) {
        System.out.println(what);
        System.out.flush();
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 3) {
            System.err.println("usage: TcpOptions oob-send | oob-recv | sigio | reset | full | keep HOST PORT");
            System.exit(2);
        }
        int port = Integer.parseInt(arguments[2]);
        if (arguments[0].equals("keep")) { // before it connects
            keep(arguments[1], port);
            return;
        }
        try (TcpStream stream = TcpConnector.to(arguments[1], port).connect()) {
            switch (arguments[0]) {
                case "oob-send" -> {
                    sendUrgent(stream);
                    stream.shutdownOutput();
                    readAll(stream);
                }
                case "oob-recv" -> receiveUrgent(stream);
                case "sigio" -> awaitSignal(stream);
                case "reset" -> stream.reset();
                case "full" -> fill(stream);
                default -> throw new IllegalArgumentException("no role " + arguments[0]);
            }
        }
    }
}
