package org.chagres.waiting;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.chagres.socket.Message;
import org.chagres.socket.ReceivedMessage;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixDatagram;
import org.chagres.socket.UnixSeqPacket;
import org.chagres.socket.UnixSocket;
import org.chagres.socket.UnixStream;

/** The rows of sockets. */
final class SocketWaits {
    private static final String TO_ADDRESS = "to an address";
    private static final String CONNECTED = "connected to one whom others send to";
    private static final String NON_BLOCKING = "made non-blocking by somebody";

    private static final SocketScene.Pair<UnixStream> STREAM = UnixStream::pair;
    private static final SocketScene.Pair<UnixSeqPacket> SEQPACKET = UnixSeqPacket::pair;
    private static final SocketScene.Pair<UnixDatagram> DATAGRAM = UnixDatagram::pair;

    static final List<Wait> ALL = List.of(
            connecting("UnixStream", "connect(UnixAddress)", (address, timeout) -> UnixStream.connect(address)),
            connecting(
                    "UnixStream",
                    "connect(UnixAddress, UnixAddress)",
                    (address, timeout) -> UnixStream.connect(address, UnixAddress.unnamed())),
            connecting(
                            "UnixStream",
                            "tryConnect(UnixAddress, UnixAddress, Duration)",
                            (address, timeout) -> UnixStream.tryConnect(address, UnixAddress.unnamed(), timeout)
                                    .orElse(null))
                    .whenLate(Ending.returned("nobody")),
            connecting(
                            "UnixStream",
                            "tryConnect(UnixAddress, Duration)",
                            (address, timeout) ->
                                    UnixStream.tryConnect(address, timeout).orElse(null))
                    .whenLate(Ending.returned("nobody")),
            connecting("UnixSeqPacket", "connect(UnixAddress)", (address, timeout) -> UnixSeqPacket.connect(address)),
            connecting(
                    "UnixSeqPacket",
                    "connect(UnixAddress, UnixAddress)",
                    (address, timeout) -> UnixSeqPacket.connect(address, UnixAddress.unnamed())),
            connecting(
                            "UnixSeqPacket",
                            "tryConnect(UnixAddress, UnixAddress, Duration)",
                            (address, timeout) -> UnixSeqPacket.tryConnect(address, UnixAddress.unnamed(), timeout)
                                    .orElse(null))
                    .whenLate(Ending.returned("nobody")),
            connecting(
                            "UnixSeqPacket",
                            "tryConnect(UnixAddress, Duration)",
                            (address, timeout) ->
                                    UnixSeqPacket.tryConnect(address, timeout).orElse(null))
                    .whenLate(Ending.returned("nobody")),
            accepting("accept()", () -> ListenerScene.ofStreams((listener, timeout) -> listener.accept())),
            accepting(
                            "tryAccept(Duration)",
                            () -> ListenerScene.ofStreams((listener, timeout) ->
                                    listener.tryAccept(timeout).orElse(null)))
                    .whenLate(Ending.returned("nobody")),
            accepting("accept()", () -> ListenerScene.ofRecords((listener, timeout) -> listener.accept()))
                    .returns("UnixSeqPacket", "nobody")
                    .where("of records"),
            accepting(
                            "tryAccept(Duration)",
                            () -> ListenerScene.ofRecords((listener, timeout) ->
                                    listener.tryAccept(timeout).orElse(null)))
                    .returns("UnixSeqPacket", "nobody")
                    .whenLate(Ending.returned("nobody"))
                    .where("of records"),
            accepting("accept()", () -> ListenerScene.adopted((listener, timeout) -> listener.accept()))
                    .byHelper()
                    .where("adopted"),
            accepting(
                            "tryAccept(Duration)",
                            () -> ListenerScene.adopted((listener, timeout) ->
                                    listener.tryAccept(timeout).orElse(null)))
                    .byHelper()
                    .whenLate(Ending.returned("nobody"))
                    .where("adopted"),

            // Bytes.
            reading("read(MemorySegment)", "recv", 2L, (stream, memory, timeout) -> stream.read(memory)),
            reading(
                            "tryRead(MemorySegment, Duration)",
                            "recv",
                            2L,
                            (stream, memory, timeout) -> stream.tryRead(memory, timeout))
                    .whenLate(Ending.returned(0L)),
            reading("readFully(MemorySegment)", "recv", null, (stream, memory, timeout) -> {
                stream.readFully(memory);
                return null;
            }),
            reading("read(ByteBuffer)", "recv", 2, (stream, memory, timeout) -> stream.read(ByteBuffer.allocate(2))),
            writing("write(MemorySegment)", "send", 2L, (stream, memory, timeout) -> stream.write(memory)),
            writing(
                            "tryWrite(MemorySegment, Duration)",
                            "send",
                            2L,
                            (stream, memory, timeout) -> stream.tryWrite(memory, timeout))
                    .whenLate(Ending.returned(0L)),
            writing("writeFully(MemorySegment)", "send", null, (stream, memory, timeout) -> {
                stream.writeFully(memory);
                return null;
            }),
            reading("read(List)", "readv", 2L, (stream, memory, timeout) -> stream.read(halves(memory))),
            reading(
                            "tryRead(List, Duration)",
                            "readv",
                            2L,
                            (stream, memory, timeout) -> stream.tryRead(halves(memory), timeout))
                    .whenLate(Ending.returned(0L)),
            writing("write(List)", "writev", 2L, (stream, memory, timeout) -> stream.write(halves(memory))),
            writing(
                            "tryWrite(List, Duration)",
                            "writev",
                            2L,
                            (stream, memory, timeout) -> stream.tryWrite(halves(memory), timeout))
                    .whenLate(Ending.returned(0L)),

            // Datagrams and records in one piece.
            receiving(
                    "UnixSeqPacket.receive(MemorySegment)",
                    "recv",
                    SEQPACKET,
                    2L,
                    (socket, memory, timeout) -> socket.receive(memory)),
            receiving(
                            "UnixSeqPacket.tryReceive(MemorySegment, Duration)",
                            "recv",
                            SEQPACKET,
                            2L,
                            (socket, memory, timeout) -> socket.tryReceive(memory, timeout))
                    .whenLate(Ending.returned(-1L)),
            sending("UnixSeqPacket.send(MemorySegment)", "send", SEQPACKET, null, (socket, memory, timeout) -> {
                socket.send(memory);
                return null;
            }),
            sending(
                            "UnixSeqPacket.trySend(MemorySegment, Duration)",
                            "send",
                            SEQPACKET,
                            true,
                            (socket, memory, timeout) -> socket.trySend(memory, timeout))
                    .whenLate(Ending.returned(false)),
            receiving(
                    "UnixDatagram.receive(MemorySegment)",
                    "recv",
                    DATAGRAM,
                    2L,
                    (socket, memory, timeout) -> socket.receive(memory)),
            receiving(
                            "UnixDatagram.tryReceive(MemorySegment, Duration)",
                            "recv",
                            DATAGRAM,
                            2L,
                            (socket, memory, timeout) -> socket.tryReceive(memory, timeout))
                    .whenLate(Ending.returned(-1L)),
            sending("UnixDatagram.send(MemorySegment)", "send", DATAGRAM, null, (socket, memory, timeout) -> {
                socket.send(memory);
                return null;
            }),
            sending(
                            "UnixDatagram.trySend(MemorySegment, Duration)",
                            "send",
                            DATAGRAM,
                            true,
                            (socket, memory, timeout) -> socket.trySend(memory, timeout))
                    .whenLate(Ending.returned(false)),
            toOne("UnixDatagram.send(MemorySegment)", "send", null, (socket, to, memory, timeout) -> {
                socket.send(memory);
                return null;
            }),
            toOne(
                            "UnixDatagram.trySend(MemorySegment, Duration)",
                            "send",
                            true,
                            (socket, to, memory, timeout) -> socket.trySend(memory, timeout))
                    .whenLate(Ending.returned(false)),

            // Messages.
            sendingMessage("stream", STREAM),
            tryingMessage("stream", STREAM),
            sendingMessage("records", SEQPACKET),
            tryingMessage("records", SEQPACKET),
            sendingMessage("datagrams", DATAGRAM),
            tryingMessage("datagrams", DATAGRAM),
            toOne(
                    "UnixSocket.send(Message)",
                    "sendmsg",
                    2L,
                    (socket, to, memory, timeout) -> socket.send(Message.of(memory))),
            toAddress(
                    "UnixSocket.send(Message)",
                    "sendmsg",
                    2L,
                    (socket, to, memory, timeout) ->
                            socket.send(Message.of(memory).to(to))),
            toAddress(
                            "UnixSocket.trySend(Message, Duration)",
                            "sendmsg",
                            OptionalLong.of(2),
                            (socket, to, memory, timeout) ->
                                    socket.trySend(Message.of(memory).to(to), timeout))
                    .whenLate(Ending.returned(OptionalLong.empty())),
            sending(
                            "UnixSocket.send(Message)",
                            "sendmsg",
                            STREAM,
                            2L,
                            (socket, memory, timeout) ->
                                    socket.send(Message.of(memory).with(socket)))
                    .where("with a descriptor"),
            receivingMessage("stream", STREAM),
            receivingPieces("stream", STREAM),
            tryingToReceive("stream", STREAM),
            receivingMessage("records", SEQPACKET),
            receivingPieces("records", SEQPACKET),
            tryingToReceive("records", SEQPACKET),
            receivingMessage("datagrams", DATAGRAM),
            receivingPieces("datagrams", DATAGRAM),
            tryingToReceive("datagrams", DATAGRAM),

            // Several at once.
            sending(
                    "UnixSocket.sendMany(List)",
                    "sendmmsg",
                    SEQPACKET,
                    2,
                    (socket, memory, timeout) -> socket.sendMany(messages(memory))),
            sending(
                            "UnixSocket.trySendMany(List, Duration)",
                            "sendmmsg",
                            SEQPACKET,
                            2,
                            (socket, memory, timeout) -> socket.trySendMany(messages(memory), timeout))
                    .whenLate(Ending.returned(0)),
            toAddress(
                    "UnixSocket.sendMany(List)",
                    "sendmmsg",
                    1,
                    (socket, to, memory, timeout) ->
                            socket.sendMany(List.of(Message.of(memory).to(to)))),
            toAddress(
                            "UnixSocket.trySendMany(List, Duration)",
                            "sendmmsg",
                            1,
                            (socket, to, memory, timeout) -> socket.trySendMany(
                                    List.of(Message.of(memory).to(to)), timeout))
                    .whenLate(Ending.returned(0)),
            receivingMany("datagrams", DATAGRAM),
            tryingToReceiveMany("datagrams", DATAGRAM),
            receivingMany("records", SEQPACKET),
            tryingToReceiveMany("records", SEQPACKET),

            // What somebody who shares the description did to it.
            receiving(
                            "UnixSeqPacket.tryReceive(MemorySegment, Duration)",
                            "recv",
                            () -> SocketScene.empty(
                                            SEQPACKET, (socket, memory, timeout) -> socket.tryReceive(memory, timeout))
                                    .madeNonBlocking(),
                            2L)
                    .whenLate(Ending.returned(-1L))
                    .where(NON_BLOCKING),
            sending(
                            "UnixSeqPacket.trySend(MemorySegment, Duration)",
                            "send",
                            () -> SocketScene.full(
                                            SEQPACKET, (socket, memory, timeout) -> socket.trySend(memory, timeout))
                                    .madeNonBlocking(),
                            true)
                    .whenLate(Ending.returned(false))
                    .where(NON_BLOCKING),
            toAddress(
                            "UnixSocket.trySend(Message, Duration)",
                            "sendmsg",
                            () -> SocketScene.fullOfOthers(
                                            false,
                                            (socket, to, memory, timeout) -> socket.trySend(
                                                    Message.of(memory).to(to), timeout))
                                    .madeNonBlocking(),
                            OptionalLong.of(2))
                    .whenLate(Ending.returned(OptionalLong.empty()))
                    .by() // never in the kernel: it tries again and again
                    .where(TO_ADDRESS + ", " + NON_BLOCKING));

    private SocketWaits() {}

    /** There is nothing to close as yet. */
    private static Wait connecting(String type, String method, ConnectScene.Call call) {
        return Wait.of(
                        type + "." + method,
                        () -> type.equals("UnixStream") ? ConnectScene.ofStream(call) : ConnectScene.ofRecords(call))
                .returns(type, "1 connections")
                .by("connect")
                .byHelper();
    }

    private static Wait accepting(String method, Supplier<Scene> scenes) {
        return closable("UnixListener." + method, scenes)
                .returns("UnixStream", "nobody")
                .by("accept4");
    }

    private static Wait reading(String method, String function, Object result, SocketScene.Call<UnixStream> call) {
        return receiving("ByteSource." + method, function, STREAM, result, call)
                .onVirtualThreadsBy(ofVirtual(function))
                .where("of a socket");
    }

    private static Wait writing(String method, String function, Object result, SocketScene.Call<UnixStream> call) {
        return sending("ByteSink." + method, function, STREAM, result, call)
                .onVirtualThreadsBy(ofVirtual(function))
                .where("of a socket");
    }

    /** Of several pieces there is another form for those that must not wait; how it fails is tried with terminals. */
    private static String[] ofVirtual(String function) {
        return function.endsWith("v") && !function.equals("recv") ? new String[0] : new String[] {function};
    }

    private static <S extends UnixSocket> Wait receiving(
            String method, String function, SocketScene.Pair<S> pair, Object result, SocketScene.Call<S> call) {
        return receiving(method, function, () -> SocketScene.empty(pair, call), result);
    }

    private static Wait receiving(String method, String function, Supplier<Scene> scenes, Object result) {
        return closable(method, scenes).returns(result, "0 bytes").by(function);
    }

    private static <S extends UnixSocket> Wait sending(
            String method, String function, SocketScene.Pair<S> pair, Object result, SocketScene.Call<S> call) {
        return sending(method, function, () -> SocketScene.full(pair, call), result);
    }

    private static Wait sending(String method, String function, Supplier<Scene> scenes, Object result) {
        return closable(method, scenes).returns(result, "2 bytes, sent here").by(function);
    }

    /** A poll tells of the other one's queue. */
    private static Wait toOne(String method, String function, Object result, SocketScene.CallTo call) {
        return sending(method, function, () -> SocketScene.fullOfOthers(true, call), result)
                .where(CONNECTED);
    }

    /** No poll tells of the other one's queue. */
    private static Wait toAddress(String method, String function, Object result, SocketScene.CallTo call) {
        return toAddress(method, function, () -> SocketScene.fullOfOthers(false, call), result);
    }

    private static Wait toAddress(String method, String function, Supplier<Scene> scenes, Object result) {
        return sending(method, function, scenes, result).byHelper().where(TO_ADDRESS);
    }

    private static <S extends UnixSocket> Wait sendingMessage(String where, SocketScene.Pair<S> pair) {
        return sending(
                        "UnixSocket.send(Message)",
                        "sendmsg",
                        pair,
                        2L,
                        (socket, memory, timeout) -> socket.send(Message.of(memory.asSlice(0, 1), memory.asSlice(1))))
                .where(where);
    }

    private static <S extends UnixSocket> Wait tryingMessage(String where, SocketScene.Pair<S> pair) {
        return sending(
                        "UnixSocket.trySend(Message, Duration)",
                        "sendmsg",
                        pair,
                        OptionalLong.of(2),
                        (socket, memory, timeout) -> socket.trySend(Message.of(memory), timeout))
                .whenLate(Ending.returned(OptionalLong.empty()))
                .where(where);
    }

    private static <S extends UnixSocket> Wait receivingMessage(String where, SocketScene.Pair<S> pair) {
        return receiving(
                        "UnixSocket.receive(MemorySegment, int, ReceiveOption[])",
                        "recvmsg",
                        pair,
                        2L,
                        (socket, memory, timeout) -> count(socket.receive(memory, 1)))
                .where(where);
    }

    private static <S extends UnixSocket> Wait receivingPieces(String where, SocketScene.Pair<S> pair) {
        return receiving(
                        "UnixSocket.receive(List, int, ReceiveOption[])",
                        "recvmsg",
                        pair,
                        2L,
                        (socket, memory, timeout) -> count(socket.receive(halves(memory), 0)))
                .where(where);
    }

    private static <S extends UnixSocket> Wait tryingToReceive(String where, SocketScene.Pair<S> pair) {
        return receiving(
                        "UnixSocket.tryReceive(MemorySegment, int, Duration, ReceiveOption[])",
                        "recvmsg",
                        pair,
                        2L,
                        (socket, memory, timeout) -> socket.tryReceive(memory, 1, timeout)
                                .map(SocketWaits::count)
                                .orElse(-1L))
                .whenLate(Ending.returned(-1L))
                .where(where);
    }

    private static <S extends UnixSocket> Wait receivingMany(String where, SocketScene.Pair<S> pair) {
        return receiving(
                        "UnixSocket.receiveMany(List, int, ReceiveOption[])",
                        "recvmmsg",
                        pair,
                        List.of(2L),
                        (socket, memory, timeout) -> counts(socket.receiveMany(List.of(memory, memory), 1)))
                .where(where);
    }

    private static <S extends UnixSocket> Wait tryingToReceiveMany(String where, SocketScene.Pair<S> pair) {
        return receiving(
                        "UnixSocket.tryReceiveMany(List, int, Duration, ReceiveOption[])",
                        "recvmmsg",
                        pair,
                        List.of(2L),
                        (socket, memory, timeout) -> counts(socket.tryReceiveMany(List.of(memory, memory), 1, timeout)))
                .whenLate(Ending.returned(List.of()))
                .where(where);
    }

    private static Wait closable(String method, Supplier<Scene> scenes) {
        return Wait.of(method, scenes).whenClosed(ClosedChannelException.class, AsynchronousCloseException.class);
    }

    private static long count(ReceivedMessage message) {
        try (message) {
            return message.byteCount();
        }
    }

    private static List<Long> counts(List<ReceivedMessage> messages) {
        return messages.stream().map(SocketWaits::count).toList();
    }

    private static List<Message> messages(MemorySegment memory) {
        return halves(memory).stream().map(Message::of).toList();
    }

    private static List<MemorySegment> halves(MemorySegment memory) {
        return List.of(memory.asSlice(0, 1), memory.asSlice(1));
    }
}
