package org.chagres.socket;

import static org.chagres.socket.LocalSockets.python;
import static org.chagres.socket.TestMessages.room;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.chagres.testing.Peer;
import org.chagres.testing.ThreadKind;

/** What this library and Python send to a group by way of an interface, and who receives it. */
final class GroupProgram {
    static final List<String> EXPECTED = List.of("to all", "nothing after leaving", "by an interface true");

    /** Joins a group on an interface, and tells what is sent to it; or sends to it. */
    private static final String PYTHON = """
            import socket, struct, sys
            role, group, port, name = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
            index = socket.if_nametoindex(name)
            v6 = ':' in group
            level = socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP
            made = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
            packed = socket.inet_pton(made.family, group)
            if role == 'join':
                made.bind((group, 0, 0, index) if v6 else (group, 0))
                if v6:
                    made.setsockopt(level, socket.IPV6_JOIN_GROUP, packed + struct.pack('i', index))
                else:
                    made.setsockopt(level, socket.IP_ADD_MEMBERSHIP, packed + struct.pack('=4si', bytes(4), index))
                print(made.getsockname()[1], flush=True)
                data, sender = made.recvfrom(1000)
                print(data.decode(), sender[1], flush=True)
            else:
                if v6:
                    made.setsockopt(level, socket.IPV6_MULTICAST_IF, index)
                else:
                    made.setsockopt(level, socket.IP_MULTICAST_IF, struct.pack('=4s4si', bytes(4), bytes(4), index))
                made.sendto(b'to all', (group, port, 0, index) if v6 else (group, port))
                print('sent', flush=True)
            """;

    private GroupProgram() {}

    public static void main(String[] arguments) throws Exception {
        seen(arguments[0], arguments[1], ThreadKind.valueOf(arguments[2])).forEach(System.out::println);
    }

    static List<String> seen(String group, String name, ThreadKind kind) throws Exception {
        List<String> seen = new ArrayList<>();
        InetAddress address = Inet.parse(group);
        NetworkInterface by = Objects.requireNonNull(NetworkInterface.getByName(name));
        String wildcard = group.contains(":") ? "::" : "0.0.0.0";
        try (UdpSocket socket = UdpSocket.bind(new InetSocketAddress(Inet.parse(wildcard), 0))) {
            socket.join(address, by);
            send(group, name, socket.localAddress().getPort());
            MemorySegment room = room(100);
            ReceivedDatagram datagram = kind.start(() ->
                            socket.tryReceiveFrom(room, Duration.ofSeconds(30)).orElseThrow())
                    .get();
            seen.add(TestMessages.text(room, datagram.byteCount()));
            socket.leave(address, by);
            send(group, name, socket.localAddress().getPort());
            Optional<ReceivedDatagram> none = socket.tryReceiveFrom(room, Duration.ZERO); // it would be here by now
            seen.add(none.isEmpty() ? "nothing after leaving" : "something after leaving");
            try (Peer python = Peer.start(python(PYTHON, "join", group, 0, name))) {
                InetSocketAddress to = new InetSocketAddress(address, Integer.parseInt(python.hear()));
                socket.send(Datagram.of("by an interface").to(to).by(by));
                seen.add(python.hear().replaceFirst(" " + socket.localAddress().getPort() + "$", " true"));
            }
        }
        return seen;
    }

    private static void send(String group, String name, int port) {
        try (Peer python = Peer.start(python(PYTHON, "send", group, port, name))) {
            if (!python.hear().equals("sent") || python.end() != 0) {
                throw new AssertionError("Python did not send to " + group);
            }
        }
    }
}
