package org.chagres.socket;

import static org.chagres.socket.LocalSockets.bytes;

import java.util.List;
import java.util.concurrent.Callable;
import org.chagres.ErrnoException;

/** Sends in every form to a peer that is closed; tells what each gets. */
final class BrokenPipe {
    private BrokenPipe() {}

    public static void main(String[] arguments) throws Exception {
        try (SocketPair<UnixStream> pair = UnixStream.pair();
                SocketPair<UnixSeqPacket> packets = UnixSeqPacket.pair()) {
            pair.second().close();
            packets.second().close();
            tell("write", () -> pair.first().write(bytes("x")));
            tell("gather", () -> pair.first().write(List.of(bytes("x"), bytes("y"))));
            tell("message", () -> pair.first().send(Message.of("x")));
            tell("messages", () -> pair.first().sendMany(List.of(Message.of("x"), Message.of("y"))));
            tell("record", () -> packets.first().send(Message.of("x")));
        }
    }

    private static void tell(String what, Callable<?> call) throws Exception {
        try {
            System.out.println(what + " " + call.call());
        } catch (ErrnoException refused) {
            System.out.println(what + " " + refused.errno());
        }
    }
}
