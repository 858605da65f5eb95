package org.chagres.socket;

import java.io.IOException;
import java.nio.channels.ByteChannel;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.view.DescriptorChannel;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.SocketViews;

/**
 * A connected socket whose bytes have an order and no boundaries, and of which one byte at a time may be urgent.
 *
 * <p><b>Urgent data.</b> Of what is sent with {@link SendOption#OUT_OF_BAND} the last byte is urgent, and the others are
 * data. It overtakes nothing on its way: only the word that there is one goes ahead. The receiver is told by {@link
 * org.chagres.Readiness#URGENT}, when the byte has come, and takes it with {@link ReceiveOption#OUT_OF_BAND}, whatever
 * data before it is still unread. Its place in the stream is the mark:
 *
 * <ul>
 *   <li>A read that has bytes to give stops at the mark, and {@link #atMark} tells so. The next one goes past it.
 *   <li>Who reads past the mark without having taken the byte has lost it.
 *   <li>When another urgent byte comes, the mark moves on. The one before it is then data, and is read where it was
 *       sent: of TCP also if it had been taken. If all before it had been read it is gone, of TCP.
 *   <li>With {@link LinuxSocketOptions#SO_OOBINLINE} it is data from the beginning, the first byte behind the mark, and
 *       {@link ReceiveOption#OUT_OF_BAND} finds none ({@code EINVAL}).
 * </ul>
 *
 * <p>Local streams have had urgent bytes since Linux 5.15, if the kernel was built so; otherwise {@code EOPNOTSUPP}.
 *
 * {@snippet class = "org.chagres.examples.TcpOptions" region = "mark"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/tcp.7.html">tcp(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/sockatmark.3.html">sockatmark(3)</a>
 */
public sealed interface StreamSocket extends LinuxSocket, ByteSource, ByteSink permits TcpStream, UnixStream {
    /**
     * Whether all that was sent before the urgent byte has been read, and nothing behind it ({@code SIOCATMARK}, as
     * {@code sockatmark(3)}). It stays so when the byte is taken, until something is read.
     *
     * @return {@code false} also if no byte is urgent, or the urgent one has not come yet and there are others before it
     * @throws ErrnoException {@code ENOTTY} if this kernel has no urgent bytes of local streams
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    default boolean atMark() throws IOException {
        return SocketViews.checked(
                        DescriptorView.of(this).ask(Sockets::isAtMark), "ioctl", this, "asking for the mark of")
                > 0;
    }

    /**
     * This stream as a channel, without a buffer: as {@link org.chagres.Descriptor#channel()}.
     *
     * @return a new channel
     */
    @Override
    default ByteChannel channel() {
        return new DescriptorChannel(descriptor());
    }
}
