package org.chagres.internal.view;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.SocketOption;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.FileModes;
import org.chagres.internal.resource.Messages;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.syscall.SockaddrUn;
import org.chagres.socket.BindOption;
import org.chagres.socket.UnixAddress;

/** What sockets, and local ones above all, have in common: answers become results and exceptions here. */
public final class SocketViews {
    private static final Path SYSCTL = Path.of("/proc/sys/net");

    private SocketViews() {}

    // Making and naming.

    public static Descriptor created(int type, String kind) throws ErrnoException {
        int number = Sockets.create(Sockets.LOCAL, type, 0);
        if (number < 0) {
            throw new ErrnoException("socket", -number, "making a " + kind);
        }
        return DescriptorView.ownSocket(number, kind);
    }

    public static Descriptor[] pair(int type, String kind) throws ErrnoException {
        long both = Sockets.pair(Sockets.LOCAL, type, 0);
        if (both < 0) {
            throw new ErrnoException("socketpair", (int) -both, "making a pair of " + kind);
        }
        Descriptor first = DescriptorView.ownSocket((int) both, kind);
        return new Descriptor[] {first, DescriptorView.ownSocket((int) (both >>> Integer.SIZE), kind)};
    }

    /** A socket that has an address; the file of a path has its permissions from its first moment. */
    public static Descriptor bound(
            UnixAddress address, int type, String kind, Set<PosixFilePermission> permissions, BindOption... options)
            throws IOException {
        int mode = FileModes.toMode(permissions); // wrong ones fail before anything is made
        boolean replaces = List.of(requireNonNull(options, "options")).contains(BindOption.REPLACE_STALE);
        Descriptor descriptor = created(type, kind);
        try (Arena arena = Arena.ofConfined()) {
            UnixAddresses.Written name = UnixAddresses.write(address, arena);
            OpenDescriptor open = DescriptorView.of(descriptor);
            int answer = open.ask(number -> {
                int set = address instanceof UnixAddress.Pathname ? Sockets.setMode(number, mode) : 0;
                return set < 0 ? set : Sockets.bind(number, name.memory(), name.length());
            });
            if (answer == -Errno.EADDRINUSE.number()
                    && replaces
                    && address instanceof UnixAddress.Pathname named
                    && isSocket(named.path())
                    && isStale(name, type)) {
                Files.deleteIfExists(named.path());
                answer = open.ask(number -> Sockets.bind(number, name.memory(), name.length()));
            }
            checked(answer, "bind", descriptor, "binding to " + address + " by");
            return descriptor;
        } catch (Throwable failure) {
            descriptor.close();
            throw failure;
        }
    }

    /** Whether a path is of a socket's file: connecting is refused at a file of any other kind too. */
    private static boolean isSocket(Path path) throws IOException {
        try {
            int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            return Sockets.isSocketFile(mode);
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    /** Whether a path is of a socket that nobody has any more: connecting is refused, and not for another reason. */
    private static boolean isStale(UnixAddresses.Written name, int type) throws IOException {
        try (Descriptor probe = created(type, "probe")) {
            int answer = DescriptorView.of(probe)
                    .ask(number -> Sockets.connectNowOrNot(number, name.memory(), name.length()));
            return answer == -Errno.ECONNREFUSED.number();
        }
    }

    /** Has a socket accept connections; answers how many may wait for that: the system has a limit, that of negatives. */
    public static int listen(OpenDescriptor socket, int backlog) throws IOException {
        int asked = backlog < 0 ? Integer.MAX_VALUE : backlog;
        int effective = (int) Math.min(asked, sysctl("core/somaxconn", asked));
        checked(socket.ask(number -> Sockets.listen(number, asked)), "listen", socket, "listening with");
        return effective;
    }

    /** A number that the kernel tells of its networks; the other one if it does not. */
    static long sysctl(String name, long otherwise) {
        try {
            return Long.parseLong(sysctl(name, ""));
        } catch (NumberFormatException notTold) {
            return otherwise;
        }
    }

    /** The same of more than one number. */
    static String sysctl(String name, String otherwise) {
        try {
            return Files.readAllLines(SYSCTL.resolve(name)).getFirst().trim().replaceAll("\\s+", " ");
        } catch (IOException | RuntimeException notTold) {
            return otherwise;
        }
    }

    public static UnixAddress localAddress(OpenDescriptor socket) throws IOException {
        return name(socket, true);
    }

    public static UnixAddress peerAddress(OpenDescriptor socket) throws IOException {
        return name(socket, false);
    }

    private static UnixAddress name(OpenDescriptor socket, boolean own) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = SockaddrUn.allocate(arena).segment();
            int length = socket.ask(number -> own ? Sockets.name(number, name) : Sockets.nameOfPeer(number, name));
            checked(length, own ? "getsockname" : "getpeername", socket, "asking the address of");
            return UnixAddresses.read(name, length);
        }
    }

    public static Descriptor peerProcess(OpenDescriptor socket) throws IOException {
        long number = checked(socket.askLong(Sockets::peerProcess), "getsockopt", socket, "asking the process of");
        return DescriptorView.own((int) number, "Descriptor");
    }

    /** That a descriptor is what it is to be used as. */
    public static void requireType(Descriptor descriptor, int type, boolean listening, String what) throws IOException {
        OpenDescriptor open = DescriptorView.of(requireNonNull(descriptor, "descriptor"));
        int present = open.ask(number -> Sockets.type(number, Sockets.LOCAL));
        int listens = present == type ? open.ask(Sockets::isListening) : 0;
        if (present == OpenDescriptor.WAS_CLOSED || listens == OpenDescriptor.WAS_CLOSED) {
            throw new ClosedChannelException();
        }
        if (present != type || (listens == 1) != listening) {
            throw new IllegalArgumentException(descriptor + " is no " + what + " of the local namespace");
        }
    }

    // Connecting and accepting.

    /**
     * Connects; empty if the time was over. Whenever it does not succeed nothing is left open, and no file.
     *
     * @param from its own address, if it is to have one
     */
    public static Optional<Descriptor> connected(
            UnixAddress address, Optional<UnixAddress> from, int type, String kind, long nanos)
            throws IOException, InterruptedException {
        requireName(address);
        Descriptor descriptor =
                from.isPresent() ? bound(from.get(), type, kind, SystemV.OWNER_ONLY) : created(type, kind);
        BoundFile file = BoundFile.NONE;
        boolean done = false;
        try (Arena arena = Arena.ofConfined()) {
            if (from.isPresent()) {
                file = BoundFile.of(from.get(), BindOption.UNLINK_ON_CLOSE);
            }
            UnixAddresses.Written name = UnixAddresses.write(address, arena);
            int answer = Sockets.connect(DescriptorView.of(descriptor), name.memory(), name.length(), nanos);
            if (answer == OpenDescriptor.TIMED_OUT) {
                return Optional.empty();
            }
            checked(answer, "connect", descriptor, "connecting to " + address + " by");
            done = true;
            return Optional.of(descriptor);
        } finally {
            if (!done) {
                file.remove();
                descriptor.close();
            }
        }
    }

    private static void requireName(UnixAddress address) {
        if (address instanceof UnixAddress.Unnamed) {
            throw new IllegalArgumentException("nobody can be found at an unnamed address");
        }
    }

    public static void connectNow(OpenDescriptor socket, UnixAddress address) throws IOException {
        requireName(address);
        try (Arena arena = Arena.ofConfined()) {
            UnixAddresses.Written name = UnixAddresses.write(address, arena);
            int answer = socket.ask(number -> Sockets.connectDatagrams(number, name.memory(), name.length()));
            checked(answer, "connect", socket, "connecting to " + address + " by");
        }
    }

    public static void disconnect(OpenDescriptor socket) throws IOException {
        checked(socket.ask(Sockets::disconnect), "connect", socket, "disconnecting");
    }

    public static Optional<Descriptor> accepted(OpenDescriptor listener, boolean ours, String kind, long nanos)
            throws IOException, InterruptedException {
        int answer = Sockets.accept(listener, ours, MemorySegment.NULL, nanos);
        if (answer == OpenDescriptor.TIMED_OUT) {
            return Optional.empty();
        }
        checked(answer, "accept4", listener, "accepting a connection by");
        return Optional.of(DescriptorView.ownSocket(answer, kind));
    }

    // Datagrams and records in one piece.

    /** Whether it was sent in time. */
    public static boolean send(OpenDescriptor socket, MemorySegment piece, long nanos)
            throws IOException, InterruptedException {
        if (!piece.isNative()) {
            try (Arena arena = Arena.ofConfined()) {
                return send(socket, arena.allocate(piece.byteSize()).copyFrom(piece), nanos);
            }
        }
        long answer = Messages.send(socket, piece, nanos);
        if (answer == OpenDescriptor.TIMED_OUT) {
            return false;
        }
        checked(answer, "send", socket, "sending by");
        return true;
    }

    /** How long it was; -1 if the time was over. */
    public static long receive(OpenDescriptor socket, MemorySegment into, long nanos)
            throws IOException, InterruptedException {
        requireWritable(into);
        if (!into.isNative()) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment copy = arena.allocate(into.byteSize());
                long count = receive(socket, copy, nanos);
                MemorySegment.copy(copy, 0, into, 0, Math.clamp(count, 0, into.byteSize()));
                return count;
            }
        }
        long answer = Messages.receive(socket, into, nanos);
        return answer == OpenDescriptor.TIMED_OUT ? -1 : checked(answer, "recv", socket, "receiving by");
    }

    public static void requireWritable(MemorySegment into) {
        if (requireNonNull(into, "into").isReadOnly()) {
            throw new IllegalArgumentException("the memory is read-only, so nothing can be received into it");
        }
    }

    public static void shutdown(OpenDescriptor socket, Sockets.Direction direction) throws IOException {
        checked(Sockets.shutdown(socket, direction), "shutdown", socket, "shutting down " + direction + " of");
    }

    // Options.

    public static <T> T option(Descriptor socket, SocketOption<T> option) throws IOException {
        return SocketOptions.get(DescriptorView.of(socket), option);
    }

    public static <T> void setOption(Descriptor socket, SocketOption<T> option, T value) throws IOException {
        SocketOptions.set(DescriptorView.of(socket), option, value);
    }

    public static byte[] rawOption(Descriptor socket, int level, int option, int byteSize) throws IOException {
        return SocketOptions.getRaw(DescriptorView.of(socket), level, option, byteSize);
    }

    public static void setRawOption(Descriptor socket, int level, int option, byte[] value) throws IOException {
        SocketOptions.setRaw(DescriptorView.of(socket), level, option, value);
    }

    // Answers.

    /** Answers a number that is good, and throws for one that is not. */
    public static int checked(int answer, String call, Object socket, String intent) throws IOException {
        return (int) checked((long) answer, call, socket, intent);
    }

    /** {@link #checked(int, String, Object, String)} of a {@code long}. */
    public static long checked(long answer, String call, Object socket, String intent) throws IOException {
        if (answer < 0) {
            throw failure(answer, call, socket, intent);
        }
        return answer;
    }

    /** What is thrown for an answer. */
    public static IOException failure(long answer, String call, Object socket, String intent) {
        return failure(answer, call, socket, intent, hint(call, Errno.of((int) -answer)));
    }

    /** The same with a hint of the caller's. */
    static IOException failure(long answer, String call, Object socket, String intent, String hint) {
        if (answer == OpenDescriptor.WAS_CLOSED) {
            return new ClosedChannelException();
        }
        if (answer == OpenDescriptor.CLOSED) {
            return new AsynchronousCloseException();
        }
        return new ErrnoException(call, (int) -answer, intent + " " + socket, hint);
    }

    private static String hint(String call, Errno errno) {
        return switch (call) {
            case "bind" ->
                switch (errno) {
                    case EADDRINUSE ->
                        "a file has that path, or a socket the abstract name; REPLACE_STALE replaces a"
                                + " socket file whose owner is gone";
                    case EACCES -> "to bind needs write and search permission on the directory";
                    default -> "";
                };
            case "connect" ->
                switch (errno) {
                    case ECONNREFUSED -> "nobody listens there; a path may be left over from one who did";
                    case EACCES ->
                        "to connect needs write permission on the socket's file, and search permission on the"
                                + " directories on the way";
                    case EPROTOTYPE -> "it is a socket of another type: stream, datagram, or sequenced packets";
                    case EPERM -> "it is connected to another, and takes nothing from this one";
                    default -> "";
                };
            case "sendmsg", "send" ->
                switch (errno) {
                    case EPIPE -> "nobody receives any more, or sending was shut down";
                    case EMSGSIZE -> "a datagram or record must fit into the send buffer (SO_SNDBUF)";
                    case ENOTCONN, EDESTADDRREQ -> "it is connected to nobody, and no address was given";
                    case EPERM ->
                        "the receiver is connected to another, or takes no descriptors (SO_PASSRIGHTS); or the credentials are not this process's, which needs a privilege";
                    case ESRCH -> "no process has the number of the credentials";
                    case ECONNREFUSED, ENOENT -> "nobody has that address, or no longer";
                    case ETOOMANYREFS -> "too many descriptors are on their way (RLIMIT_NOFILE)";
                    default -> "";
                };
            default -> "";
        };
    }
}
