package org.chagres.waiting;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.socket.Message;
import org.chagres.socket.RawSocket;
import org.chagres.socket.ReceivedMessage;
import org.chagres.socket.UdpSocket;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixSeqPacket;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;

/**
 * A network namespace of its own with a link at whose other end nobody answers: what is sent there stays in the send
 * buffer, for as long as the kernel asks who has the address. On the loopback interface a datagram is with its receiver
 * or lost at once, and no send ever waits. Sockets are made by a process in there, and passed on.
 */
final class SilentNetwork {
    /** The kernel goes on asking for longer than any test takes. */
    private static final String LINK = """
            ip link add near type veth peer name far
            ip link set near up
            ip link set far up
            ip addr add 10.0.0.1/8 dev near
            ip ntable change name arp_cache dev near mcast_probes 1000000
            exec "$@"
            """;

    private static final int PORT = 9;

    private static SilentNetwork network; // guarded by the class, as are the next two
    private static String obstacle;
    private static int hosts;

    private final Peer maker;
    private final UnixSeqPacket line;

    private SilentNetwork(List<String> starter) {
        List<String> command = new ArrayList<>(starter);
        command.addAll(List.of("sh", "-eu", "-c", LINK, "sh"));
        try {
            Path folder = Files.createTempDirectory("chagres-silent");
            Path name = folder.resolve("line");
            command.addAll(
                    Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), SilentNetworkProgram.class, name));
            maker = Peer.start(command);
            try {
                String word = maker.hear();
                if (!word.equals("ready")) {
                    throw new AssertionError("the maker of sockets says " + word);
                }
                line = UnixSeqPacket.connect(UnixAddress.of(name));
            } catch (Exception failure) {
                maker.close();
                throw failure;
            } finally {
                Files.deleteIfExists(name);
                Files.delete(folder);
            }
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    /** Why there can be none; empty if there can. */
    static synchronized String obstacle() {
        if (obstacle == null) {
            obstacle = starter().isEmpty() ? "no network namespace of our own, or no ip" : "";
        }
        return obstacle;
    }

    /** What makes the namespace; empty if nothing does. */
    private static List<String> starter() {
        for (List<String> starter :
                List.of(List.of("unshare", "--net"), List.of("unshare", "--user", "--map-root-user", "--net"))) {
            List<String> trial = new ArrayList<>(starter);
            trial.addAll(List.of("sh", "-eu", "-c", LINK, "sh", "true"));
            if (Run.isInstalled("unshare")
                    && Run.isInstalled("ip")
                    && Run.command(trial, Map.of()).status() == 0) {
                return starter;
            }
        }
        return List.of();
    }

    private static synchronized SilentNetwork network() {
        if (network == null) {
            network = new SilentNetwork(starter());
        }
        return network;
    }

    /** A socket in there. */
    static UdpSocket socket() {
        return network().made(SilentNetworkProgram.MAKE, UdpSocket::of);
    }

    /** A raw one in there, of packets with their header. */
    static RawSocket rawSocket() {
        return network().made(SilentNetworkProgram.MAKE_RAW, RawSocket::of);
    }

    /** An address in there that nobody has, and no other scene sends to. */
    static synchronized InetSocketAddress nobody() {
        int host = ++hosts;
        try {
            byte[] address = {10, (byte) (1 + host / 250 / 250), (byte) (host / 250 % 250), (byte) (2 + host % 250)};
            return new InetSocketAddress(InetAddress.getByAddress(address), PORT);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    /** Has the kernel drop what is still to be sent to an address. */
    static void drop(InetSocketAddress address) {
        network().tell(address.getAddress().getHostAddress());
    }

    private synchronized <T> T made(String word, ReceivedMessage.Kind<T> kind) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(1);
            tell(word);
            try (ReceivedMessage message = line.receive(memory, 1)) {
                return message.takeDescriptor(kind);
            }
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    private synchronized void tell(String words) {
        try {
            line.send(Message.of(words));
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    /** Ends it, if there ever was one. */
    static synchronized void forget() {
        if (network != null) {
            network.line.close();
            network.maker.close();
            network = null;
        }
    }
}
