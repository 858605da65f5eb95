package org.chagres.internal.view;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketOption;
import java.nio.channels.ClosedChannelException;
import java.util.Optional;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.OptionCalls;
import org.chagres.internal.syscall.SocketCalls;

/** Asks and sets options of a socket. */
public final class SocketOptions {
    /** More than any option has: 65536 groups of four bytes. */
    private static final long MOST_BYTES = 1 << 18;

    private SocketOptions() {}

    /**
     * The value of an option.
     *
     * @throws IllegalArgumentException if it is not known, or can only be set
     */
    public static <T> T get(OpenDescriptor socket, SocketOption<T> option) throws IOException {
        LinuxSocketOption<T> known = LinuxSocketOption.of(requireNonNull(option, "option"));
        if (!known.isReadable()) {
            throw new IllegalArgumentException(known + " can only be set");
        }
        Optional<LinuxSocketOption<T>> inIpv6 = LinuxSocketOption.inIpv6(option);
        return ask(socket, inIpv6.isPresent() && isIpv6(socket) ? inIpv6.get() : known);
    }

    private static <T> T ask(OpenDescriptor socket, LinuxSocketOption<T> known) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            for (long byteSize = known.byteSize(); ; byteSize *= 2) {
                MemorySegment memory = arena.allocate(byteSize, Long.BYTES);
                int result = OptionCalls.get(socket, known.level(), known.number(), memory);
                if (result >= 0) {
                    return known.decode(memory.asSlice(0, Math.min(result, byteSize)));
                }
                if (-result != Errno.ERANGE.number() || byteSize >= MOST_BYTES) {
                    throw failed("getsockopt", result, "asking " + known + " of " + socket);
                }
            }
        }
    }

    /**
     * Sets an option.
     *
     * @throws IllegalArgumentException if it is not known, or can only be asked; if the value is none that can be
     */
    public static <T> void set(OpenDescriptor socket, SocketOption<T> option, T value) throws IOException {
        LinuxSocketOption<T> known = LinuxSocketOption.of(requireNonNull(option, "option"));
        requireNonNull(value, "value");
        if (!known.isWritable()) {
            throw new IllegalArgumentException(known + " can only be asked");
        }
        Optional<LinuxSocketOption<T>> inIpv6 = LinuxSocketOption.inIpv6(option);
        if (inIpv6.isPresent() && isIpv6(socket)) {
            put(socket, inIpv6.get(), value);
        }
        put(socket, known, value); // of IPv6 sockets too: they may send to IPv4 addresses
    }

    private static boolean isIpv6(OpenDescriptor socket) throws IOException {
        return ask(socket, LinuxSocketOption.FAMILY) == SocketCalls.AF_INET6;
    }

    private static <T> void put(OpenDescriptor socket, LinuxSocketOption<T> known, T value) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(known.byteSize(), Long.BYTES);
            known.encode(value, memory);
            int result = OptionCalls.set(socket, known.level(), known.number(), memory);
            if (result < 0) {
                throw failed("setsockopt", result, "setting " + known + " of " + socket + " to " + value);
            }
        }
    }

    /** The value of any option, as it is in memory: as many bytes as the kernel wrote. */
    public static byte[] getRaw(OpenDescriptor socket, int level, int option, int byteSize) throws IOException {
        if (byteSize < 0) {
            throw new IllegalArgumentException("byteSize is negative: " + byteSize);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(byteSize, Long.BYTES);
            int result = OptionCalls.get(socket, level, option, memory);
            if (result < 0) {
                throw failed("getsockopt", result, "asking " + raw(level, option) + " of " + socket);
            }
            return memory.asSlice(0, Math.min(result, byteSize)).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Sets any option. */
    public static void setRaw(OpenDescriptor socket, int level, int option, byte[] value) throws IOException {
        requireNonNull(value, "value");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(value.length, Long.BYTES).copyFrom(MemorySegment.ofArray(value));
            int result = OptionCalls.set(socket, level, option, memory);
            if (result < 0) {
                throw failed(
                        "setsockopt",
                        result,
                        "setting " + raw(level, option) + " of " + socket + " to " + value.length + " bytes");
            }
        }
    }

    private static String raw(int level, int option) {
        return "option " + option + " of level " + level;
    }

    private static IOException failed(String call, int answer, String intent) {
        return answer == OpenDescriptor.WAS_CLOSED
                ? new ClosedChannelException()
                : new ErrnoException(call, -answer, intent, hint(call, Errno.of(-answer)));
    }

    private static String hint(String call, Errno errno) {
        return switch (errno) {
            case ENOPROTOOPT, EOPNOTSUPP -> "this kernel does not know it, or not of this kind of socket";
            case EPERM -> "it needs CAP_NET_ADMIN, of some options CAP_NET_RAW";
            case ENODATA, ENOTCONN -> "the socket is not connected";
            case ENODEV -> "there is no such network interface";
            case ENOENT -> "this kernel has none of that name";
            case EADDRNOTAVAIL -> "it is none of this host's";
            case EINVAL -> call.equals("setsockopt") ? "the value is none that can be" : "";
            default -> "";
        };
    }
}
