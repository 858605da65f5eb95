package org.chagres.socket;

/**
 * How a message is received; {@code MSG_CMSG_CLOEXEC} always is, so that no child inherits a descriptor by accident.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/recv.2.html">recv(2)</a>
 */
public enum ReceiveOption {
    /** What is received stays to be received again ({@code MSG_PEEK}); descriptors come as duplicates. */
    PEEK,

    /**
     * Waits until the memory is full ({@code MSG_WAITALL}), of streams; it is not at the end of the stream, at an
     * error, or at what travels with the bytes, such as descriptors or credentials. No effect on datagrams and
     * records.
     */
    WAIT_ALL,

    /**
     * {@link ReceivedMessage#byteCount()} is the length of the whole datagram or record, even if it did not fit
     * ({@code MSG_TRUNC}). {@link UdpSocket} always tells it, and {@link TcpStream} refuses this: of TCP the kernel
     * would throw the bytes away.
     */
    REAL_LENGTH,

    /**
     * The byte that came out of band ({@code MSG_OOB}), of {@linkplain StreamSocket streams}. {@code EINVAL} if there is
     * none. {@code EOPNOTSUPP} of local datagrams and records; UDP does not look at it.
     */
    OUT_OF_BAND,

    /**
     * What the kernel reports of errors ({@code MSG_ERRQUEUE}), which {@link ReceivedDatagram#report()} tells; local
     * sockets have none.
     */
    ERROR_QUEUE
}
