package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.chagres.internal.view.UnixAddresses;

/**
 * The address of a socket in the local namespace ({@code struct sockaddr_un}): a path, an abstract name, or none. It
 * names a socket of this machine only, on a shared file system too.
 *
 * <pre>{@code
 * switch (socket.peerAddress()) {
 *     case UnixAddress.Pathname(Path path) -> …
 *     case UnixAddress.Abstract name -> …
 *     case UnixAddress.Unnamed() -> …
 * }
 * }</pre>
 *
 * <p>Immutable.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
 */
public sealed interface UnixAddress {

    /**
     * The address of a path: of the file that {@code bind(2)} makes, and {@code connect(2)} looks up.
     *
     * @param path as the kernel is to get it; a relative one starts from the directory the JVM was started in
     * @return the address
     * @throws IllegalArgumentException as for {@link Pathname}
     */
    static Pathname of(Path path) {
        return new Pathname(path);
    }

    /**
     * What the JDK takes for an address. An empty path is the unnamed one, as there.
     *
     * @param address the JDK's
     * @return the same address
     * @throws IllegalArgumentException as for {@link Pathname}
     */
    static UnixAddress of(UnixDomainSocketAddress address) {
        Path path = requireNonNull(address, "address").getPath();
        return path.toString().isEmpty() ? unnamed() : of(path);
    }

    /**
     * An abstract name that is a text, in UTF-8.
     *
     * @param name without the zero byte in front, which is added; {@code toString()} shows it as {@code @}
     * @return the address
     * @throws IllegalArgumentException if it has more than 107 bytes
     */
    static Abstract abstractName(String name) {
        return new Abstract(requireNonNull(name, "name").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * An abstract name of any bytes.
     *
     * @param name without the zero byte in front, which is added
     * @return the address
     * @throws IllegalArgumentException if it has more than 107 bytes
     */
    static Abstract abstractName(byte[] name) {
        return new Abstract(name);
    }

    /**
     * No name: that of a socket that was not bound. A socket that is bound to this gets an abstract name that the
     * kernel chooses, of five hexadecimal digits (<i>autobind</i>).
     *
     * @return the one address of that kind
     */
    static Unnamed unnamed() {
        return UnixAddresses.UNNAMED;
    }

    /**
     * What the JDK takes for the same address.
     *
     * @return of a path, or with an empty path of the unnamed one; nothing of an abstract name, which the JDK does not
     *     know
     */
    Optional<UnixDomainSocketAddress> toSocketAddress();

    /**
     * The path of a socket file.
     *
     * @param path as the kernel has it, or is to get it
     */
    record Pathname(Path path) implements UnixAddress {
        /**
         * Checks the length.
         *
         * @throws IllegalArgumentException if it is empty, has more than 108 bytes, or is not of the default file
         *     system
         */
        public Pathname {
            UnixAddresses.check(requireNonNull(path, "path"));
        }

        @Override
        public Optional<UnixDomainSocketAddress> toSocketAddress() {
            return Optional.of(UnixDomainSocketAddress.of(path));
        }

        /** The path. */
        @Override
        public String toString() {
            return path.toString();
        }
    }

    /**
     * An abstract name: it is in no file system and has no permissions, anybody in the same network namespace can take
     * it first or connect to it, and it is gone with the last descriptor of the socket. All bytes count, zeros too: a
     * name is not the same as one with a zero at the end, as some C programs have it.
     *
     * @param name the bytes behind the zero byte in front; at most 107, and none is a name as well
     */
    @SuppressWarnings("ArrayRecordComponent") // is copied on its way in and out, and compared by content
    record Abstract(byte[] name) implements UnixAddress {
        /**
         * Keeps a copy of the bytes.
         *
         * @throws IllegalArgumentException if there are more than 107
         */
        public Abstract {
            name = UnixAddresses.checkAbstract(requireNonNull(name, "name")).clone();
        }

        /**
         * The bytes of the name.
         *
         * @return a copy, without the zero byte in front
         */
        @Override
        public byte[] name() {
            return name.clone();
        }

        @Override
        public Optional<UnixDomainSocketAddress> toSocketAddress() {
            return Optional.empty();
        }

        /** Whether the other is an abstract name of the same bytes. */
        @Override
        public boolean equals(Object other) {
            return other instanceof Abstract that && Arrays.equals(name, that.name);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(name);
        }

        /**
         * The name as {@code /proc/net/unix} and {@code ss} show it, with {@code @} for each zero byte, the one in
         * front too. Of bytes that are no UTF-8, {@code \x} and two hexadecimal digits for each that is no ASCII.
         */
        @Override
        public String toString() {
            String text;
            try {
                text = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(name))
                        .toString();
            } catch (CharacterCodingException noText) {
                StringBuilder bytes = new StringBuilder();
                for (byte b : name) {
                    bytes.append(b >= 0 ? (char) b : "\\x" + HexFormat.of().toHexDigits(b));
                }
                text = bytes.toString();
            }
            return "@" + text.replace('\0', '@');
        }
    }

    /** No name. */
    record Unnamed() implements UnixAddress {
        @Override
        public Optional<UnixDomainSocketAddress> toSocketAddress() {
            return Optional.of(UnixDomainSocketAddress.of(""));
        }

        /** Says so. */
        @Override
        public String toString() {
            return "unnamed";
        }
    }
}
