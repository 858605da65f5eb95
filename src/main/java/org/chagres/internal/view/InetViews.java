package org.chagres.internal.view;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.syscall.SockaddrIn6;
import org.chagres.socket.LinuxSocketOptions;
import org.chagres.socket.SocketSetting;

/** What Internet sockets have in common: answers become results and exceptions here. */
public final class InetViews {
    /** How often a connection is made anew that turned out to be one of the socket with itself. */
    private static final int MOST_SELF_CONNECTIONS = 10;

    private InetViews() {}

    // Making and naming.

    /** A socket with its settings. */
    public static Descriptor created(int family, int type, String kind, List<SocketSetting<?>> settings)
            throws IOException {
        Descriptor descriptor = owned(Sockets.create(family, type, 0), kind);
        if (family == Sockets.INET6) {
            DescriptorView.of(descriptor).ask(Sockets::allowBothVersions); // whatever bindv6only says
        }
        return set(descriptor, settings);
    }

    /** A socket of a protocol that only some may have one of, with its settings. */
    public static Descriptor createdOf(int family, int type, int protocol, String kind, List<SocketSetting<?>> settings)
            throws IOException {
        int number = Sockets.create(family, type, protocol);
        if (number < 0) {
            throw new ErrnoException(
                    "socket",
                    -number,
                    "making a " + kind + " of protocol " + protocol,
                    type == Sockets.RAW ? hintOfRaw(Errno.of(-number)) : hintOfIcmp(Errno.of(-number)));
        }
        return set(DescriptorView.ownSocket(number, kind), settings);
    }

    private static String hintOfRaw(Errno errno) {
        return switch (errno) {
            case EPERM, EACCES -> "a raw socket needs CAP_NET_RAW";
            default -> hintOfMaking(errno);
        };
    }

    private static String hintOfIcmp(Errno errno) {
        return switch (errno) {
            case EPERM, EACCES ->
                "net.ipv4.ping_group_range, which is " + SocketViews.sysctl("ipv4/ping_group_range", "not told")
                        + ", has no group of this process in it; a raw socket of ICMP needs CAP_NET_RAW instead";
            default -> hintOfMaking(errno);
        };
    }

    private static Descriptor owned(int number, String kind) throws ErrnoException {
        if (number < 0) {
            throw new ErrnoException("socket", -number, "making a " + kind, hintOfMaking(Errno.of(-number)));
        }
        return DescriptorView.ownSocket(number, kind);
    }

    private static String hintOfMaking(Errno errno) {
        return switch (errno) {
            case EAFNOSUPPORT -> "this kernel does not have this version of IP";
            case EPROTONOSUPPORT -> "this kernel does not have the protocol for this type of socket";
            default -> "";
        };
    }

    private static Descriptor set(Descriptor descriptor, List<SocketSetting<?>> settings) throws IOException {
        try {
            for (SocketSetting<?> setting : settings) {
                apply(setting, descriptor);
            }
            return descriptor;
        } catch (Throwable failure) {
            descriptor.close();
            throw failure;
        }
    }

    private static <T> void apply(SocketSetting<T> setting, Descriptor descriptor) throws IOException {
        SocketViews.setOption(descriptor, setting.option(), setting.value());
    }

    /** A socket that has an address. */
    public static Descriptor bound(InetSocketAddress address, int type, String kind, List<SocketSetting<?>> settings)
            throws IOException {
        Descriptor descriptor = created(InetAddresses.family(address), type, kind, settings);
        try {
            bind(DescriptorView.of(descriptor), address);
            return descriptor;
        } catch (Throwable failure) {
            descriptor.close();
            throw failure;
        }
    }

    private static void bind(OpenDescriptor socket, InetSocketAddress address) throws IOException {
        bind(socket, InetAddresses.family(address), address);
    }

    /** Binds a socket of a family. */
    public static void bind(OpenDescriptor socket, int family, InetSocketAddress address) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            InetAddresses.Written name = InetAddresses.write(address, family, arena);
            int answer = socket.ask(number -> Sockets.bind(number, name.memory(), name.length()));
            checked(answer, "bind", socket, "binding to " + address + " by", address);
        }
    }

    public static InetSocketAddress localAddress(OpenDescriptor socket) throws IOException {
        return name(socket, true);
    }

    public static InetSocketAddress peerAddress(OpenDescriptor socket) throws IOException {
        return name(socket, false);
    }

    private static InetSocketAddress name(OpenDescriptor socket, boolean own) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(SockaddrIn6.BYTE_SIZE, Long.BYTES);
            int length = socket.ask(number -> own ? Sockets.name(number, name) : Sockets.nameOfPeer(number, name));
            SocketViews.checked(length, own ? "getsockname" : "getpeername", socket, "asking the address of");
            return InetAddresses.read(name, length);
        }
    }

    /** That a descriptor is what it is to be used as; answers the family of its addresses. */
    public static int requireType(Descriptor descriptor, int type, boolean listening, String what) throws IOException {
        OpenDescriptor open = DescriptorView.of(descriptor);
        for (int family : new int[] {Sockets.INET, Sockets.INET6}) {
            int present = open.ask(number -> Sockets.type(number, family));
            int listens = present == type ? open.ask(Sockets::isListening) : 0;
            if (present == OpenDescriptor.WAS_CLOSED || listens == OpenDescriptor.WAS_CLOSED) {
                throw new ClosedChannelException();
            }
            if (present == type
                    && (listens == 1) == listening
                    && open.ask(type == Sockets.STREAM ? Sockets::isTcp : Sockets::isUdp) == 1) {
                return family;
            }
        }
        throw new IllegalArgumentException(descriptor + " is no " + what);
    }

    /** What a raw socket is. */
    public record RawKind(int family, int type, int protocol) {}

    /** That a descriptor is a raw socket, or one of datagrams of ICMP. */
    public static RawKind requireRaw(Descriptor descriptor) throws IOException {
        OpenDescriptor open = DescriptorView.of(descriptor);
        for (int family : new int[] {Sockets.INET, Sockets.INET6}) {
            int type = open.ask(number -> Sockets.type(number, family));
            int protocol = type >= 0 ? open.ask(Sockets::protocol) : type;
            if (type == OpenDescriptor.WAS_CLOSED || protocol == OpenDescriptor.WAS_CLOSED) {
                throw new ClosedChannelException();
            }
            boolean isIcmp = protocol == (family == Sockets.INET ? Sockets.ICMP : Sockets.ICMP_V6);
            if (type == Sockets.RAW || (type == Sockets.DATAGRAM && isIcmp)) {
                return new RawKind(family, type, protocol);
            }
        }
        throw new IllegalArgumentException(descriptor + " is no raw socket");
    }

    // Connecting and accepting.

    /**
     * Connects a stream; empty if the time was over. Whenever it does not succeed nothing is left open.
     *
     * @param from its own address, or of port 0 an address with any port; empty for any
     */
    public static Optional<Descriptor> connected(
            InetSocketAddress address,
            Optional<InetSocketAddress> from,
            List<SocketSetting<?>> settings,
            String kind,
            long nanos)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        for (int i = 0; ; i++) {
            long rest = nanos == OpenDescriptor.FOREVER ? nanos : nanos - (System.nanoTime() - start);
            Optional<Descriptor> connected = connectedOnce(address, from, settings, kind, i == 0 ? nanos : rest);
            boolean portIsAsked = from.isPresent() && from.get().getPort() != 0;
            if (connected.isEmpty() || portIsAsked || !isConnectedToItself(connected.get(), address.getPort())) {
                return connected;
            }
            // Nobody listens there: it was given that very port, and met itself. A reset, as the port would stay in
            // use for a minute otherwise.
            try (Descriptor itself = connected.get()) {
                SocketViews.setOption(itself, LinuxSocketOptions.SO_LINGER, Optional.of(Duration.ZERO));
            }
            if (i == MOST_SELF_CONNECTIONS) {
                throw failure(
                        -Errno.ECONNREFUSED.number(), "connect", kind, "connecting to " + address + " by a", address);
            }
        }
    }

    private static Optional<Descriptor> connectedOnce(
            InetSocketAddress address,
            Optional<InetSocketAddress> from,
            List<SocketSetting<?>> settings,
            String kind,
            long nanos)
            throws IOException, InterruptedException {
        int family = from.isPresent() ? InetAddresses.family(from.get()) : InetAddresses.family(address);
        Descriptor descriptor = owned(Sockets.createToConnect(family, Sockets.STREAM), kind);
        if (family == Sockets.INET6 && from.isPresent()) {
            DescriptorView.of(descriptor).ask(Sockets::allowBothVersions); // for an address of its own of either
        }
        set(descriptor, settings);
        boolean done = false;
        try (Arena arena = Arena.ofConfined()) {
            InetAddresses.Written name = InetAddresses.write(address, family, arena);
            OpenDescriptor open = DescriptorView.of(descriptor);
            if (from.isPresent()) {
                bind(open, from.get());
            }
            int answer = Sockets.connectInet(open, name.memory(), name.length(), nanos);
            if (answer == OpenDescriptor.TIMED_OUT) {
                return Optional.empty();
            }
            checked(answer, "connect", descriptor, "connecting to " + address + " by", address);
            done = true;
            return Optional.of(descriptor);
        } finally {
            if (!done) {
                descriptor.close();
            }
        }
    }

    /** Both ends of a connection within this machine may get the same port, if nobody listens there. */
    private static boolean isConnectedToItself(Descriptor descriptor, int portOfPeer) throws IOException {
        OpenDescriptor open = DescriptorView.of(descriptor);
        try {
            InetSocketAddress local = localAddress(open);
            return local.getPort() == portOfPeer && local.equals(peerAddress(open));
        } catch (ErrnoException alreadyGone) {
            return false;
        }
    }

    /** Connects a socket of datagrams of a family. */
    public static void connectNow(OpenDescriptor socket, int family, InetSocketAddress address) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            InetAddresses.Written name = InetAddresses.write(address, family, arena);
            int answer = socket.ask(number -> Sockets.connectDatagrams(number, name.memory(), name.length()));
            checked(answer, "connect", socket, "connecting to " + address + " by", address);
        }
    }

    /** A connection, and who made it. */
    public record Accepted(Descriptor descriptor, InetSocketAddress peer) {}

    public static Optional<Accepted> accepted(OpenDescriptor listener, boolean ours, String kind, long nanos)
            throws IOException, InterruptedException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment peer = arena.allocate(SockaddrIn6.BYTE_SIZE + Integer.BYTES, Long.BYTES);
            int answer = Sockets.accept(listener, ours, peer, nanos);
            if (answer == OpenDescriptor.TIMED_OUT) {
                return Optional.empty();
            }
            SocketViews.checked(answer, "accept4", listener, "accepting a connection by");
            Descriptor descriptor = DescriptorView.ownSocket(answer, kind);
            return Optional.of(new Accepted(descriptor, InetAddresses.read(peer, SockaddrIn6.BYTE_SIZE)));
        }
    }

    // Answers.

    /** Answers a number that is good, and throws for one that is not. */
    public static long checked(long answer, String call, Object socket, String intent, InetSocketAddress address)
            throws IOException {
        if (answer < 0) {
            throw failure(answer, call, socket, intent, address);
        }
        return answer;
    }

    private static IOException failure(
            long answer, String call, Object socket, String intent, InetSocketAddress address) {
        return SocketViews.failure(answer, call, socket, intent, hint(call, Errno.of((int) -answer), address));
    }

    private static String hint(String call, Errno errno, InetSocketAddress address) {
        return call.equals("bind") ? hintOfBind(errno, address) : hintOfConnect(errno);
    }

    private static String hintOfBind(Errno errno, InetSocketAddress address) {
        return switch (errno) {
            case EADDRINUSE ->
                address.getPort() == 0
                        ? "every port of net.ipv4.ip_local_port_range is in use"
                        : "another socket has the port, or one of TCP had a connection by it a minute ago: SO_REUSEADDR"
                                + " lets a listener not care for those; SO_REUSEPORT, set on both before they are"
                                + " bound, lets sockets of one user share it";
            case EADDRNOTAVAIL -> "no interface of this machine has that address; IP_FREEBIND would bind to it";
            case EACCES ->
                "ports below " + SocketViews.sysctl("ipv4/ip_unprivileged_port_start", 1024)
                        + " need CAP_NET_BIND_SERVICE";
            case EINVAL ->
                "it has an address already, or is connected; or a link-local address or group needs the number of its"
                        + " interface";
            default -> "";
        };
    }

    private static String hintOfConnect(Errno errno) {
        return switch (errno) {
            case ECONNREFUSED -> "nobody listens there";
            case ETIMEDOUT -> "nothing answered";
            case EHOSTUNREACH, ENETUNREACH -> "no way leads there";
            case EADDRNOTAVAIL -> "no port is free for it, or the address is of no interface";
            case EACCES ->
                "to a broadcast address only with SO_BROADCAST; or a route, a router or a filter of packets forbids it";
            case EINVAL -> "a link-local address needs the number of its interface; or a route drops what goes there";
            default -> "";
        };
    }
}
