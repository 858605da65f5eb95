package org.chagres.socket;

import java.io.IOException;
import java.net.SocketOption;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.internal.view.SocketViews;

/**
 * A socket of any kind: what all have in common is options.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/socket.7.html">socket(7)</a>
 */
public sealed interface LinuxSocket extends Pollable
        permits UnixSocket, UnixListener, InetSocket, TcpListener, StreamSocket {
    /**
     * Asks an option ({@code getsockopt(2)}).
     *
     * @param <T> the type of its value
     * @param option one of {@link LinuxSocketOptions}, or of {@link java.net.StandardSocketOptions} that is among them
     * @return its value as the kernel has it
     * @throws ErrnoException {@code ENOPROTOOPT}, {@code EOPNOTSUPP} if this kernel or socket does not have it
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it can only be set, or is none that this library knows
     */
    default <T> T option(SocketOption<T> option) throws IOException {
        return SocketViews.option(descriptor(), option);
    }

    /**
     * Sets an option ({@code setsockopt(2)}).
     *
     * @param <T> the type of its value
     * @param option as for {@link #option}
     * @param value its new value; the kernel may change it, and {@link #option} tells
     * @throws ErrnoException {@code ENOPROTOOPT}, {@code EOPNOTSUPP} if this kernel or socket does not have it;
     *     {@code EPERM} if it needs a privilege; {@code EINVAL}, {@code EDOM} if the value is none
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it can only be asked, or is none that this library knows, or the value is out
     *     of range
     */
    default <T> void setOption(SocketOption<T> option, T value) throws IOException {
        SocketViews.setOption(descriptor(), option, value);
    }

    /**
     * Asks any option, by its numbers ({@code getsockopt(2)}): for what {@link LinuxSocketOptions} does not have.
     *
     * @param level as {@code SOL_SOCKET} is 1
     * @param option its number
     * @param byteSize how many bytes it has at most
     * @return its bytes, as many as the kernel wrote
     * @throws IOException as for {@link #option}
     * @throws IllegalArgumentException if {@code byteSize} is negative
     */
    default byte[] rawOption(int level, int option, int byteSize) throws IOException {
        return SocketViews.rawOption(descriptor(), level, option, byteSize);
    }

    /**
     * Sets any option, by its numbers ({@code setsockopt(2)}).
     *
     * @param level as {@code SOL_SOCKET} is 1
     * @param option its number
     * @param value its bytes
     * @throws IOException as for {@link #setOption}
     */
    default void setRawOption(int level, int option, byte[] value) throws IOException {
        SocketViews.setRawOption(descriptor(), level, option, value);
    }

    /**
     * Itself as any descriptor.
     *
     * @return the same object each time
     */
    @Override
    Descriptor descriptor();
}
