package org.chagres.waiting;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.chagres.socket.Datagram;
import org.chagres.socket.DatagramBatch;
import org.chagres.socket.InetDatagramSocket;
import org.chagres.socket.ReceiveOption;
import org.chagres.socket.ReceivedDatagram;
import org.chagres.socket.SendOption;
import org.chagres.socket.TcpConnector;
import org.chagres.socket.TcpStream;

/** The rows of Internet sockets. */
final class InetWaits {
    private static final String OF_TCP = "of a TCP socket";
    private static final String TO_ADDRESS = "to an address";
    private static final String CONNECTED = "connected";
    private static final String NON_BLOCKING = "made non-blocking by somebody";
    private static final String NOBODY = "nobody";
    private static final String DATAGRAMS = "InetDatagramSocket.";
    private static final String RAW = "raw";

    /** Of two bytes with their header. */
    private static final long PACKET = 22L;

    /** A receive that found nothing in time, of those that return a record. */
    private static final Object NOTHING = -1L;

    static final List<Wait> ALL = List.of(
            connecting("TcpStream.connect(InetSocketAddress)", (address, timeout) -> TcpStream.connect(address))
                    .by("connect"),
            connecting(
                            "TcpStream.tryConnect(InetSocketAddress, Duration)",
                            (address, timeout) ->
                                    TcpStream.tryConnect(address, timeout).orElse(null))
                    .by("connect")
                    .whenLate(Ending.returned(NOBODY))
                    .neverAtOnce(),
            connecting(
                    "TcpConnector.connect()",
                    (address, timeout) -> TcpConnector.to(address).connect()),
            connecting(
                            "TcpConnector.tryConnect(Duration)",
                            (address, timeout) ->
                                    TcpConnector.to(address).tryConnect(timeout).orElse(null))
                    .whenLate(Ending.returned(NOBODY))
                    .neverAtOnce(),
            retrying("TcpConnector.connect()", (connector, timeout) -> connector.connect()),
            retrying(
                            "TcpConnector.tryConnect(Duration)",
                            (connector, timeout) ->
                                    connector.tryConnect(timeout).orElse(null))
                    .whenLate(Ending.returned(NOBODY))
                    .neverAtOnce(),
            accepting("accept()", () -> TcpListenerScene.own((listener, timeout) -> listener.accept())),
            accepting(
                            "tryAccept(Duration)",
                            () -> TcpListenerScene.own((listener, timeout) ->
                                    listener.tryAccept(timeout).orElse(null)))
                    .whenLate(Ending.returned(NOBODY)),
            accepting("accept()", () -> TcpListenerScene.adopted((listener, timeout) -> listener.accept()))
                    .byHelper()
                    .where("adopted"),
            accepting(
                            "tryAccept(Duration)",
                            () -> TcpListenerScene.adopted((listener, timeout) ->
                                    listener.tryAccept(timeout).orElse(null)))
                    .byHelper()
                    .whenLate(Ending.returned(NOBODY))
                    .where("adopted"),

            // Bytes.
            reading("ByteSource.read(MemorySegment)", "recv", 2L, (stream, memory, timeout) -> stream.read(memory)),
            reading(
                            "ByteSource.tryRead(MemorySegment, Duration)",
                            "recv",
                            2L,
                            (stream, memory, timeout) -> stream.tryRead(memory, timeout))
                    .whenLate(Ending.returned(0L)),
            reading("ByteSource.readFully(MemorySegment)", "recv", null, (stream, memory, timeout) -> {
                stream.readFully(memory);
                return null;
            }),
            reading(
                    "ByteSource.read(ByteBuffer)",
                    "recv",
                    2,
                    (stream, memory, timeout) -> stream.read(ByteBuffer.allocate(2))),
            reading("ByteSource.read(List)", "readv", 2L, (stream, memory, timeout) -> stream.read(halves(memory))),
            reading(
                            "ByteSource.tryRead(List, Duration)",
                            "readv",
                            2L,
                            (stream, memory, timeout) -> stream.tryRead(halves(memory), timeout))
                    .whenLate(Ending.returned(0L)),
            reading(
                            "ByteSource.tryRead(MemorySegment, Duration)",
                            () -> TcpScene.empty((stream, memory, timeout) -> stream.tryRead(memory, timeout))
                                    .madeNonBlocking(),
                            2L)
                    .by("recv")
                    .whenLate(Ending.returned(0L))
                    .where(OF_TCP + ", " + NON_BLOCKING),
            writing("ByteSink.write(MemorySegment)", "send", 2L, (stream, memory, timeout) -> stream.write(memory)),
            writing(
                            "ByteSink.tryWrite(MemorySegment, Duration)",
                            "send",
                            2L,
                            (stream, memory, timeout) -> stream.tryWrite(memory, timeout))
                    .whenLate(Ending.returned(0L)),
            writing("ByteSink.writeFully(MemorySegment)", "send", null, (stream, memory, timeout) -> {
                stream.writeFully(memory);
                return null;
            }),
            writing("ByteSink.write(List)", "writev", 2L, (stream, memory, timeout) -> stream.write(halves(memory))),
            writing(
                            "ByteSink.tryWrite(List, Duration)",
                            "writev",
                            2L,
                            (stream, memory, timeout) -> stream.tryWrite(halves(memory), timeout))
                    .whenLate(Ending.returned(0L)),
            writing(
                            "ByteSink.tryWrite(MemorySegment, Duration)",
                            () -> TcpScene.full((stream, memory, timeout) -> stream.tryWrite(memory, timeout))
                                    .madeNonBlocking(),
                            2L)
                    .by("send")
                    .whenLate(Ending.returned(0L))
                    .where(OF_TCP + ", " + NON_BLOCKING),
            reading(
                            "TcpStream.receive(MemorySegment, ReceiveOption[])",
                            "recv",
                            2L,
                            (stream, memory, timeout) -> stream.receive(memory))
                    .where(""),
            reading(
                            "TcpStream.receive(MemorySegment, ReceiveOption[])",
                            "recv",
                            2L,
                            (stream, memory, timeout) -> stream.receive(memory, ReceiveOption.WAIT_ALL))
                    .where("all of it"),
            reading(
                            "TcpStream.tryReceive(MemorySegment, Duration, ReceiveOption[])",
                            "recv",
                            2L,
                            (stream, memory, timeout) -> stream.tryReceive(memory, timeout))
                    .whenLate(Ending.returned(0L))
                    .where(""),
            reading(
                            "TcpStream.tryReceive(MemorySegment, Duration, ReceiveOption[])",
                            "recv",
                            2L,
                            (stream, memory, timeout) -> stream.tryReceive(memory, timeout, ReceiveOption.WAIT_ALL))
                    .whenLate(Ending.returned(0L))
                    .where("all of it"),
            reading(
                            "TcpStream.tryReceive(MemorySegment, Duration, ReceiveOption[])",
                            "recv",
                            2L,
                            (stream, memory, timeout) -> stream.tryReceive(memory, timeout, ReceiveOption.PEEK))
                    .returns(2L, "2 bytes")
                    .whenLate(Ending.returned(0L))
                    .where("to look at it"),
            urgent(
                    "TcpStream.receive(MemorySegment, ReceiveOption[])",
                    (stream, memory, timeout) -> stream.receive(memory, ReceiveOption.OUT_OF_BAND)),
            urgent(
                            "TcpStream.tryReceive(MemorySegment, Duration, ReceiveOption[])",
                            (stream, memory, timeout) -> stream.tryReceive(memory, timeout, ReceiveOption.OUT_OF_BAND))
                    .whenLate(Ending.returned(0L)),
            writing(
                            "TcpStream.send(MemorySegment, SendOption[])",
                            "send",
                            2L,
                            (stream, memory, timeout) -> stream.send(memory))
                    .where(""),
            writing(
                            "TcpStream.trySend(MemorySegment, Duration, SendOption[])",
                            "send",
                            2L,
                            (stream, memory, timeout) -> stream.trySend(memory, timeout, SendOption.MORE))
                    .whenLate(Ending.returned(0L))
                    .where("more to come"),

            // Datagrams.
            receiving("receive(MemorySegment)", "recv", 2L, (socket, memory, timeout) -> socket.receive(memory)),
            receiving(
                            "tryReceive(MemorySegment, Duration)",
                            "recv",
                            2L,
                            (socket, memory, timeout) -> socket.tryReceive(memory, timeout))
                    .whenLate(Ending.returned(-1L)),
            receiving(
                    "receiveFrom(MemorySegment, ReceiveOption[])",
                    "recvmsg",
                    2L,
                    (socket, memory, timeout) -> socket.receiveFrom(memory).byteCount()),
            receiving("tryReceiveFrom(MemorySegment, Duration, ReceiveOption[])", "recvmsg", 2L, InetWaits::byteCount)
                    .whenLate(Ending.returned(NOTHING)),
            datagrams(
                            "tryReceiveFrom(MemorySegment, Duration, ReceiveOption[])",
                            () -> UdpReceiveScene.ofDatagrams(InetWaits::byteCount)
                                    .madeNonBlocking(),
                            2L)
                    .by("recvmsg")
                    .whenLate(Ending.returned(NOTHING))
                    .where(NON_BLOCKING),
            reports(
                    "receiveFrom(MemorySegment, ReceiveOption[])",
                    (socket, memory, timeout) ->
                            error(Optional.of(socket.receiveFrom(memory, ReceiveOption.ERROR_QUEUE)))),
            reports(
                            "tryReceiveFrom(MemorySegment, Duration, ReceiveOption[])",
                            (socket, memory, timeout) ->
                                    error(socket.tryReceiveFrom(memory, timeout, ReceiveOption.ERROR_QUEUE)))
                    .whenLate(Ending.returned(NOTHING)),
            receiving("receiveMany(DatagramBatch)", "recvmmsg", List.of(1, 2L), (socket, memory, timeout) -> {
                DatagramBatch batch = batch();
                return List.of(socket.receiveMany(batch), batch.byteSize(0));
            }),
            receiving(
                            "tryReceiveMany(DatagramBatch, Duration)",
                            "recvmmsg",
                            List.of(1, 2L),
                            (socket, memory, timeout) -> {
                                DatagramBatch batch = batch();
                                int count = socket.tryReceiveMany(batch, timeout);
                                return count == 0 ? List.of() : List.of(count, batch.byteSize(0));
                            })
                    .whenLate(Ending.returned(List.of())),
            sending("send(MemorySegment)", "send", null, true, (sender, timeout) -> {
                sender.socket().send(sender.memory());
                return null;
            }),
            sending(
                            "trySend(MemorySegment, Duration)",
                            "send",
                            true,
                            true,
                            (sender, timeout) -> sender.socket().trySend(sender.memory(), timeout))
                    .whenLate(Ending.returned(false)),
            sending("send(Datagram)", "sendmsg", null, true, (sender, timeout) -> {
                sender.socket().send(Datagram.of(sender.memory()));
                return null;
            }),
            sending("send(Datagram)", "sendmsg", null, false, (sender, timeout) -> {
                sender.socket().send(Datagram.of(sender.memory()).to(sender.to()));
                return null;
            }),
            sending(
                            "trySend(Datagram, Duration)",
                            "sendmsg",
                            true,
                            false,
                            (sender, timeout) -> sender.socket()
                                    .trySend(Datagram.of(sender.memory()).to(sender.to()), timeout))
                    .whenLate(Ending.returned(false)),
            sending(
                    "sendMany(DatagramBatch, int, int)",
                    "sendmmsg",
                    1,
                    true,
                    (sender, timeout) -> sender.socket().sendMany(sender.batch(), 1, 1)),
            sending(
                    "sendMany(DatagramBatch, int, int)",
                    "sendmmsg",
                    1,
                    false,
                    (sender, timeout) -> sender.socket().sendMany(sender.batch(), 0, 1)),
            sending(
                            "trySendMany(DatagramBatch, int, int, Duration)",
                            "sendmmsg",
                            2,
                            false,
                            (sender, timeout) -> sender.socket().trySendMany(sender.batch(), 0, 2, timeout))
                    .returns(2, "2 datagrams more")
                    .whenLate(Ending.returned(0)),

            // Packets.
            packets("receive(MemorySegment)", "recv", PACKET, (socket, memory, timeout) -> socket.receive(memory)),
            packets("tryReceiveFrom(MemorySegment, Duration, ReceiveOption[])", "recvmsg", PACKET, InetWaits::byteCount)
                    .whenLate(Ending.returned(NOTHING)),
            packets("receiveMany(DatagramBatch)", "recvmmsg", List.of(1, PACKET), (socket, memory, timeout) -> {
                DatagramBatch batch = batch();
                return List.of(socket.receiveMany(batch), batch.byteSize(0));
            }),
            sendingPackets("send(MemorySegment)", "send", null, true, (sender, timeout) -> {
                sender.socket().send(sender.memory());
                return null;
            }),
            sendingPackets(
                            "trySend(Datagram, Duration)",
                            "sendmsg",
                            true,
                            false,
                            (sender, timeout) -> sender.socket()
                                    .trySend(Datagram.of(sender.memory()).to(sender.to()), timeout))
                    .whenLate(Ending.returned(false)),
            sendingPackets(
                    "sendMany(DatagramBatch, int, int)",
                    "sendmmsg",
                    1,
                    false,
                    (sender, timeout) -> sender.socket().sendMany(sender.batch(), 0, 1)));

    private InetWaits() {}

    /** There is nothing to close as yet. */
    private static Wait connecting(String method, TcpConnectScene.Call call) {
        return Wait.of(method, () -> new TcpConnectScene(call))
                .returns("TcpStream", "1 connections")
                .slowly();
    }

    private static Wait retrying(String method, TcpRetryScene.Call call) {
        return Wait.of(method, () -> new TcpRetryScene(call))
                .returns("TcpStream", "listens")
                .slowly()
                .where("trying again");
    }

    private static Wait accepting(String method, Supplier<Scene> scenes) {
        return closable("TcpListener." + method, scenes)
                .returns("TcpStream", NOBODY)
                .by("accept4");
    }

    private static Wait reading(String method, String function, Object result, TcpScene.Call call) {
        return reading(method, () -> TcpScene.empty(call), result)
                .by(function)
                .onVirtualThreadsBy(ofVirtual(function))
                .where(OF_TCP);
    }

    private static Wait reading(String method, Supplier<Scene> scenes, Object result) {
        return closable(method, scenes).returns(result, "0 bytes");
    }

    private static Wait urgent(String method, TcpScene.Call call) {
        return closable(method, () -> new UrgentScene(call))
                .returns(1L, "none")
                .by("recv")
                .where("an urgent byte that was announced");
    }

    private static Wait writing(String method, String function, Object result, TcpScene.Call call) {
        return writing(method, () -> TcpScene.full(call), result)
                .by(function)
                .onVirtualThreadsBy(ofVirtual(function))
                .where(OF_TCP);
    }

    private static Wait writing(String method, Supplier<Scene> scenes, Object result) {
        return closable(method, scenes).returns(result, "2 bytes written");
    }

    /** Of several pieces there is another form for those that must not wait; how it fails is tried with terminals. */
    private static String[] ofVirtual(String function) {
        return function.equals("readv") || function.equals("writev") ? new String[0] : new String[] {function};
    }

    private static Wait receiving(String method, String function, Object result, UdpReceiveScene.Call call) {
        return datagrams(method, () -> UdpReceiveScene.ofDatagrams(call), result)
                .by(function);
    }

    private static Wait datagrams(String method, Supplier<Scene> scenes, Object result) {
        return closable(DATAGRAMS + method, scenes).returns(result, "0 bytes");
    }

    private static Wait reports(String method, UdpReceiveScene.Call call) {
        return closable(DATAGRAMS + method, () -> UdpReceiveScene.ofReports(call))
                .returns("ECONNREFUSED", "nothing")
                .by("recvmsg")
                .where("for a report");
    }

    private static Wait sending(
            String method, String function, Object result, boolean connected, UdpSendScene.Call call) {
        return closable(DATAGRAMS + method, () -> new UdpSendScene(connected, call))
                .returns(result, "1 datagrams more")
                .by(function)
                .where(connected ? CONNECTED : TO_ADDRESS)
                .unless(SilentNetwork::obstacle);
    }

    private static Wait packets(String method, String function, Object result, UdpReceiveScene.Call call) {
        return datagrams(method, () -> UdpReceiveScene.ofPackets(call), result)
                .by(function)
                .where(RAW)
                .unless(UdpReceiveScene::obstacleOfPackets);
    }

    private static Wait sendingPackets(
            String method, String function, Object result, boolean connected, UdpSendScene.Call call) {
        return closable(DATAGRAMS + method, () -> UdpSendScene.ofPackets(connected, call))
                .returns(result, "1 datagrams more")
                .by(function)
                .where(RAW)
                .unless(SilentNetwork::obstacle);
    }

    private static Wait closable(String method, Supplier<Scene> scenes) {
        return Wait.of(method, scenes).whenClosed(ClosedChannelException.class, AsynchronousCloseException.class);
    }

    private static Object byteCount(InetDatagramSocket socket, MemorySegment memory, Duration timeout)
            throws Exception {
        return socket.tryReceiveFrom(memory, timeout)
                .<Object>map(ReceivedDatagram::byteCount)
                .orElse(NOTHING);
    }

    private static Object error(Optional<ReceivedDatagram> report) {
        return report.<Object>map(
                        received -> received.report().orElseThrow().errno().toString())
                .orElse(NOTHING);
    }

    private static DatagramBatch batch() {
        return DatagramBatch.allocate(Arena.ofAuto(), 2, 2);
    }

    private static List<MemorySegment> halves(MemorySegment memory) {
        return List.of(memory.asSlice(0, 1), memory.asSlice(1));
    }
}
