package org.chagres.socket;

import java.util.List;
import org.chagres.Descriptor;
import org.chagres.socket.SocketActivation.Inherited;
import org.chagres.testing.ThreadKind;

/** What a service manager or inetd starts with Internet sockets. */
final class ActivatedInetProgram {
    private ActivatedInetProgram() {}

    public static void main(String[] arguments) throws Exception {
        ThreadKind kind = ThreadKind.valueOf(arguments[1]);
        switch (arguments[0]) {
            case "serve" -> serve(kind);
            case "answer" -> answer(kind);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** Serves one of each: a connection, and a datagram. */
    private static void serve(ThreadKind kind) throws Exception {
        List<Inherited> sockets = SocketActivation.take();
        try (TcpListener listener = TcpListener.of(sockets.get(0).descriptor());
                UdpSocket datagrams = UdpSocket.of(sockets.get(1).descriptor())) {
            System.out.println(sockets.get(0).name() + " "
                    + listener.localAddress().getPort() + ", " + sockets.get(1).name() + " "
                    + datagrams.localAddress().getPort());
            System.out.println(kind.start(() -> {
                        try (TcpStream stream = listener.accept()) {
                            return LocalSockets.read(stream) + " from "
                                    + stream.peerAddress().getPort();
                        }
                    })
                    .get());
            System.out.println(kind.start(() -> {
                        var room = TestMessages.room(100);
                        ReceivedDatagram datagram = datagrams.receiveFrom(room);
                        return TestMessages.text(room, datagram.byteCount()) + " from "
                                + datagram.from().orElseThrow().getPort();
                    })
                    .get());
        }
    }

    /** Standard input is a connection. */
    private static void answer(ThreadKind kind) throws Exception {
        kind.start(() -> {
                    try (TcpStream stream = TcpStream.of(Descriptor.duplicateOf(0))) {
                        String question = LocalSockets.read(stream);
                        stream.writeFully(TestMessages.bytes(question + " answered"));
                        stream.shutdownOutput();
                        return null;
                    }
                })
                .get();
    }
}
