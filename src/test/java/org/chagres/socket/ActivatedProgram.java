package org.chagres.socket;

import java.io.IOException;
import java.util.List;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.socket.SocketActivation.Inherited;
import org.chagres.testing.Kernel;
import org.chagres.testing.ThreadKind;

/** What a service manager or inetd starts. */
final class ActivatedProgram {
    private ActivatedProgram() {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "serve" -> serve(ThreadKind.valueOf(arguments[1]));
            case "take" -> take();
            case "answer" -> answer(ThreadKind.valueOf(arguments[1]));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** Serves one of each: a connection of streams, one of records, and a datagram. */
    private static void serve(ThreadKind kind) throws Exception {
        List<Inherited> sockets = SocketActivation.take();
        for (Inherited socket : sockets) {
            System.out.println(socket.name() + " " + LocalSockets.number(socket.descriptor()) + " "
                    + TestMessages.isCloseOnExec(socket.descriptor()));
        }
        System.out.println("second time: " + SocketActivation.take().size());
        try (UnixListener<UnixStream> streams = UnixListener.of(sockets.get(0).descriptor());
                UnixListener<UnixSeqPacket> records =
                        UnixListener.ofSeqPacket(sockets.get(1).descriptor());
                UnixDatagram datagrams = UnixDatagram.of(sockets.get(2).descriptor())) {
            System.out.println(kind.start(() -> {
                        try (UnixStream stream = streams.accept()) {
                            return LocalSockets.read(stream);
                        }
                    })
                    .get());
            System.out.println(kind.start(() -> {
                        try (UnixSeqPacket connection = records.accept()) {
                            return LocalSockets.receive(connection);
                        }
                    })
                    .get());
            System.out.println(kind.start(() -> LocalSockets.receive(datagrams)).get());
        }
        System.out.println("sockets left: " + LocalSockets.openSockets());
    }

    /** Tells what was taken, or why nothing was, and whether anything was closed or opened meanwhile. */
    private static void take() {
        LocalSockets.openSockets(); // what looking itself opens once is open now
        Object before = Kernel.descriptors();
        String told;
        try {
            told = SocketActivation.take().stream()
                    .map(Inherited::name)
                    .toList()
                    .toString();
        } catch (IOException | IllegalStateException refused) {
            told = refused instanceof ErrnoException failure ? failure.errno().toString() : refused.getMessage();
        }
        System.out.println(told);
        System.out.println(
                "as before: " + Kernel.descriptors().equals(before) + ", sockets: " + LocalSockets.openSockets());
    }

    /** Standard input is a connection. */
    private static void answer(ThreadKind kind) throws Exception {
        kind.start(() -> {
                    try (UnixStream stream = UnixStream.of(Descriptor.duplicateOf(0))) {
                        LocalSockets.write(stream, LocalSockets.read(stream) + " answered");
                        return null;
                    }
                })
                .get();
        if (!TestMessages.isOpen(0)) {
            throw new AssertionError("standard input is closed");
        }
    }
}
